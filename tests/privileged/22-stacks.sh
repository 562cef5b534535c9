#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Call chains: -g8, and --stack-every.
. "$(dirname "$0")/scenario.sh"
need_collector

cat > load <<'END'
i=0
while [ $i -lt 100 ]; do
	cat /proc/stat
	i=$((i + 1))
done > /dev/null
seq 1000 | xargs touch
seq 1000 | xargs rm
END
mkdir files
slab=kmalloc,kfree,cache_alloc,cache_free

# chains FILE: "events chains longest frames named" of the slab events.
chains() {
	"$KMEMTOOL" dump "$1" --type $slab --stacks > text || fail "dump --stacks of $1"
	awk '
		/^\t/ {
			deep++
			frames++
			if ($2 ~ /^[A-Za-z_].*\+0x/)
				named++
			if (deep == 1)
				chains++
			if (deep > longest)
				longest = deep
			next
		}
		{ events++; deep = 0 }
		END { print events + 0, chains + 0, longest + 0, frames + 0, named + 0 }' text > numbers
	read -r events chains longest frames named < numbers
}

expect 0 "$KMEMTOOL" record -g8 -o deep.kmt -- sh -c 'cd files; sh ../load'
expect_good_trace deep.kmt
expect_number info.json record.stack_depth -eq 8
[ -z "$(json info.json record.stack_every)" ] || fail "record.stack_every where every event has one"
chains deep.kmt
[ "$events" -gt 5000 ] || fail "$events slab events of that load"
[ "$chains" = "$events" ] || fail "$chains of $events slab events have a chain"
[ "$longest" = 8 ] || fail "the longest chain has $longest frames, not 8"
# Code of eBPF programs and the like has no name.
[ $((named * 100)) -ge $((frames * 99)) ] || fail "$named of $frames frames have a name"
grep -qE '^	.* do_syscall_64\+0x|^	.* entry_SYSCALL|^	.* ksys_|^	.* __x64_sys_' text ||
	fail "no chain goes back to a system call"
# The innermost frame is the allocator's, no program's.
grep -A 1 ' kfree ' text | grep '^	' | grep -v ' kfree' > strange
[ "$(wc -l < strange)" -le $(($(grep -c ' kfree ' text) / 20)) ] ||
	fail "a kfree whose chain begins elsewhere: $(head -n 1 strange)"

# Pages, with and without -g: their chain tells the owner.
expect 0 "$KMEMTOOL" record -e slab -g8 --stack-every 100 -o rare.kmt -- sh -c 'cd files; sh ../load'
expect_good_trace rare.kmt
expect_number info.json record.stack_every -eq 100
chains rare.kmt
if [ $((chains * 50)) -gt "$events" ] || [ $((chains * 200)) -lt "$events" ]; then
	fail "$chains of $events slab events have a chain, not one in 100"
fi

# Two and three, that programs which run in pairs would count wrong.
for every in 2 3; do
	expect 0 "$KMEMTOOL" record -e slab -g4 --stack-every $every -o every.kmt -- \
		sh -c 'cd files; sh ../load'
	chains every.kmt
	if [ $((chains * every * 10)) -gt $((events * 11)) ] ||
		[ $((chains * every * 10)) -lt $((events * 9)) ]; then
		fail "$chains of $events slab events have a chain, not one in $every"
	fi
done

# None unless asked for, as deep as asked for.
expect 0 "$KMEMTOOL" record -e slab -o bare.kmt -- sh -c 'cd files; sh ../load'
read_info bare.kmt
[ -z "$(json info.json record.stack_depth)" ] || fail "record.stack_depth without -g"
chains bare.kmt
[ "$chains" = 0 ] || fail "$chains chains without -g"
expect 0 "$KMEMTOOL" record -e slab -g1 -o flat.kmt -- sh -c 'cd files; sh ../load'
chains flat.kmt
[ "$longest" = 1 ] || fail "a chain of $longest frames with -g1"
exit 0
