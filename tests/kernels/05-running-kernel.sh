#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What the guests must do, on this host: the counts equation, all classes, no BTF.
here=$(dirname "$0")
. "$here/../privileged/scenario.sh"
. "$here/compare.sh"
. "$here/check.sh"
. "$here/guest/counts.sh"

need_recorder
need_collector
[ "$(id -u)" = 0 ] || skip "counting needs root"
RELEASE=$(realpath "$here/guest/release")
PATH=$(dirname "$KMEMTOOL"):$tools:$PATH

# count NAME keep|hold OPTION...
count() {
	what=$1 hold=$2
	shift 2
	counts "$what" "$hold" '1000 2' "$@" && return
	status=$?
	[ $status = 77 ] && skip "$(tail -n 1 "$what.counts")"
	fail "$what: status $status: $(tail -n 1 "$what.err")"
}

count exact keep
expect_exact exact
count lossy hold --ring 4k
if json info.json record.hook.kmem_cache_free_bulk | grep -q '^f'; then
	echo "note: this kernel has hooks, which a host's ftrace is not turned off for"
else
	expect_lossy lossy
fi

# The guest's load without its mounts.
cat > load <<'END'
find /proc/1 /proc/sys > /dev/null 2>&1 &
for _ in 1 2 3; do
	head -c 64M /dev/zero | tail -c 64M > /dev/null # more pages than per-CPU lists have
	for k in 1 2 3 4 5; do
		cat /proc/self/maps | grep stack
	done > /dev/null
	alloc_load 100 2 < /dev/zero > /dev/null
done
wait
END
# Where others keep all CPUs busy a recorder may come too late: it has three attempts.
for attempt in 1 2 3; do
	expect 0 "$KMEMTOOL" record -e slab,page,vmalloc,percpu,transitions -o load.kmt -- sh load
	grep -q 'none lost' err && break
	echo "note: attempt $attempt: $(tail -n 1 err)"
done
expect_whole load
keep "running-$(uname -r | cut -d. -f1,2)"

if command -v unshare > /dev/null; then
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m sh -c 'mount -t tmpfs none /sys/kernel/btf || exit
		"$0" record -o nobtf.kmt -- touch nobtf.ran 2> nobtf.err
		echo $? > nobtf.status' "$KMEMTOOL" || fail "no namespace of mounts"
	expect_refusal nobtf BTF
fi
exit 0
