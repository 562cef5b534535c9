#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --cgroup: the processes of a cgroup of version 2, and of those below it.
. "$(dirname "$0")/scenario.sh"
need_collector

# Where version 2 is mounted, else a mount of our own.
root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
mounted=
if [ -z "$root" ]; then
	root=$PWD/cgroup
	mkdir cgroup
	mount -t cgroup2 none cgroup 2> /dev/null || skip "no cgroup of version 2 can be mounted"
	mounted=yes
fi
group=$root/kmemtool-test-$$
worker=
leave() {
	[ -n "$worker" ] && kill "$worker" 2> /dev/null && wait "$worker"
	rmdir "$group/below" "$group" 2> /dev/null
	[ -n "$mounted" ] && umount "$root"
}
trap leave EXIT
mkdir "$group" "$group/below" 2> /dev/null || skip "no cgroup of version 2 can be made in $root"

# In the cgroup below, and what it starts, too.
cat > member <<'END'
echo $$ > "$1/cgroup.procs" || exit 1
touch joined
read -r go
i=0
while [ $i -lt 100 ]; do
	(:)
	cat /proc/stat > /dev/null
	sh -c 'echo $$' >> pids
	i=$((i + 1))
done
END
mkfifo go
sh member "$group/below" < go > /dev/null 2>&1 &
worker=$!
exec 9> go
tries=0
until [ -e joined ]; do
	tries=$((tries + 1))
	[ "$tries" -gt 100 ] && skip "no process can be put into a cgroup of version 2"
	sleep 0.05
done

"$KMEMTOOL" record --cgroup "$group" -o group.kmt > out 2> err < /dev/null &
recorder=$!
wait_for_file group.kmt $recorder
sleep 0.3
forks 20
echo go >&9
exec 9>&-
wait $worker || fail "status $? of the member"
inside=$worker
worker=
kill -INT $recorder
wait $recorder || fail "status $? with --cgroup"
expect_good_trace group.kmt
[ "$(json info.json record.filter.cgroup)" = "$group" ] || fail "no fact record.filter.cgroup"

dump_column group.kmt kmalloc,kfree,cache_alloc,cache_free,page_alloc,page_free context > contexts
[ "$(wc -l < contexts)" -gt 1000 ] || fail "$(wc -l < contexts) events of a cgroup that forks"
grep -qE 'softirq|hardirq|nmi' contexts && fail "events of interrupts with --cgroup"
dump_column group.kmt kmalloc,kfree,cache_alloc,cache_free pid | sort -u > seen
grep -qx "$inside" seen || fail "nothing of process $inside, which was in the cgroup"
sort -u pids > members
[ "$(comm -12 seen members | wc -l)" -ge 90 ] || fail "what the member has started is missing"
grep -qx $$ seen && fail "events of process $$, which is not in the cgroup"
grep -qx "$recorder" seen && fail "events of the recorder"

# What is no cgroup.
expect 2 "$KMEMTOOL" record --cgroup "$PWD" -o none.kmt -d 100ms
expect_one_error '--cgroup: .* is no cgroup of version 2'
[ -e none.kmt ] && fail "a trace without a recording"
exit 0
