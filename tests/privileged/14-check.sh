#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# record --check tells what a recording then is; where nothing can be recorded, both say so in
# one line.
. "$(dirname "$0")/scenario.sh"
need_collector

# row WHAT: its line of the table in the file table, without what is before it.
row() {
	grep -oE "(^|  )$1  .*" table | head -n 1
}

mkdir empty
(
	cd empty || exit 1
	"$KMEMTOOL" record --check > ../table 2> ../err
) || fail "record --check: status $?"
[ -s err ] && fail "something on stderr"
[ -z "$(ls -A empty)" ] || fail "something was written"
: > out
expect 0 "$KMEMTOOL" record --check --json
cp out check.json
[ "$(json check.json can_record)" = true ] || fail "can_record is $(json check.json can_record)"
for class in slab page vmalloc percpu transitions; do
	row $class | grep -q . || fail "nothing about $class"
	how=$(json check.json classes.$class.how)
	row $class | grep -qF "$how" || fail "table and JSON differ about $class"
done

# A trace has the same of each class, of the symbols, of contexts and addresses.
expect 0 "$KMEMTOOL" record -e slab,page,vmalloc,percpu,transitions -o told.kmt -- true
read_info told.kmt
for class in slab page vmalloc percpu transitions; do
	[ "$(json check.json classes.$class.how)" = "$(json info.json record.class.$class)" ] ||
		fail "--check and the trace differ about $class"
done
if [ "$(json info.json calib.vmemmap_base)" ]; then
	json check.json "calibration.page frames.how" | grep -q "$(json info.json calib.vmemmap_base)" ||
		fail "--check and the trace differ about vmemmap"
fi
json check.json calibration.contexts.how | grep -q "$(json info.json calib.preempt)" ||
	fail "--check and the trace differ about contexts"
there=$("$KMEMTOOL" info told.kmt | sed -n 's/^snapshot 0 .*, \([0-9]*\) files$/\1/p')
listed=$(json check.json snapshot.files.how | cut -d' ' -f1)
[ "$listed" -gt 0 ] && [ "$listed" -le "$there" ] || fail "$listed files of a snapshot that has $there"

# The memory is that of the rings that a recording would have.
bytes() {
	"$KMEMTOOL" record --check --json --ring "$1" > sized.json || fail "--check --ring $1"
	json sized.json collector.memory.how
}
[ "$(bytes 1M)" != "$(bytes 64M)" ] || fail "the rings take no memory: $(bytes 1M)"

# Classes that were not asked for are not tried.
expect 0 "$KMEMTOOL" record --check -e slab --json
cp out check.json
[ "$(json check.json classes.slab.offered)" = yes ] || fail "slab alone"
[ -z "$(json check.json classes.page.offered)" ] || fail "page was not asked for"

# Without BTF.
if unshare -m sh -c 'mount --bind empty /sys/kernel/btf' 2> err; then
	hide='mount --bind empty /sys/kernel/btf && exec "$@"'
	for arguments in --check "-o no.kmt"; do
		# shellcheck disable=SC2086
		expect 4 unshare -m sh -c "$hide" sh "$KMEMTOOL" record $arguments
		[ "$(wc -l < err)" = 1 ] || fail "more than one line without BTF"
		expect_one_error 'BTF.*CONFIG_DEBUG_INFO_BTF'
	done
	[ -e no.kmt ] && fail "a trace of nothing was left"
	expect 4 unshare -m sh -c "$hide" sh "$KMEMTOOL" record --check --json
	cp out check.json
	[ "$(json check.json can_record)" = false ] || fail "can record without BTF"
	json check.json reason | grep -q BTF || fail "the reason is $(json check.json reason)"
	[ "$(json check.json classes.slab.offered)" = no ] || fail "slab without BTF"
else
	echo "note: BTF cannot be hidden: $(head -n 1 err)"
fi

# Lockdown as --check sees it; a file tells of it here, a guest of tests/kernels is locked.
cat > locked <<'END'
mount -t tmpfs none /sys/kernel/security &&
echo 'none integrity [confidentiality]' > /sys/kernel/security/lockdown &&
mount --bind empty /sys/kernel/btf && exec "$@"
END
if unshare -m sh locked true 2> err; then
	expect 4 unshare -m sh locked "$KMEMTOOL" record --check --json
	expect_one_error 'BTF.*; the kernel is locked down (confidentiality)'
	cp out check.json
	[ "$(json check.json "host.kernel memory.offered")" = no ] || fail "lockdown is no reason"
else
	echo "note: lockdown cannot be played: $(head -n 1 err)"
fi

# Another clock than that of events.
if unshare -T --monotonic 1000 true 2> /dev/null; then
	for arguments in --check "-o no.kmt"; do
		# shellcheck disable=SC2086
		expect 4 unshare -T --monotonic 1000 "$KMEMTOOL" record $arguments
		expect_one_error 'time namespace.* 1000 s'
	done
	[ -e no.kmt ] && fail "a trace of another clock was left"
else
	echo "note: no time namespaces here"
fi
exit 0
