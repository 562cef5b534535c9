#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Light snapshots: how many, where they are among the events, what they show, and that a
# replay is the same without them.
. "$(dirname "$0")/scenario.sh"
need_collector

# file_times FILE N: when the files of snapshot N were read.
file_times() {
	"$KMEMTOOL" info --snapshot "$2:times" "$1" 2> err | awk '{ print $2 }'
}

expect 0 "$KMEMTOOL" record -o light.kmt -d 3s --snapshots 500ms -- \
	sh -c 'while :; do ls -lR /usr/lib; done > /dev/null'
expect 0 "$KMEMTOOL" verify light.kmt
read_info light.kmt
[ "$(json info.json complete)" = true ] || fail "light.kmt is not complete"
expect_number info.json events.total -gt 50000
# At 0.5, 1.0 ... 2.5 s, and perhaps at 3.0; a host that is very busy may leave one or two out.
nr=$(json info.json snapshots)
light=$(json info.json light_snapshots)
[ "$nr" = $((light + 2)) ] || fail "of $nr snapshots $light are light, not all but two"
{ [ "$light" -ge 3 ] && [ "$light" -le 7 ]; } || fail "$light light snapshots in 3 s"
expect_number info.json events.by_type.mark -eq "$nr"
[ -n "$(json info.json record.cache_iterator)" ] || fail "not told whether caches could be listed"

expect 0 "$KMEMTOOL" info light.kmt
grep -q "^metadata .* $nr snapshots, $light of them light\$" out || fail "info does not tell of light ones"

# Every snapshot has its mark, in their order, at about the time that it was due.
"$KMEMTOOL" dump --type mark light.kmt > marks || fail "dump of the marks"
seq 0 $((nr - 1)) > want
awk '{ print $NF }' marks > got
cmp -s want got || fail "the marks name $(tr '\n' ' ' < got)"
awk -v last="$light" '
	NR > 1 && $1 <= before { print "mark " NR - 1 " is not behind the one before"; exit }
	$NF > 0 && $NF <= last { late = $1 % 0.5; if (late > 0.3) { print "mark " $NF " at " $1; exit } }
	{ before = $1 }' marks > wrong
[ -s wrong ] && fail "$(cat wrong)"

# And lies among the events of its time, but for what the recorder had written when it was read.
"$KMEMTOOL" dump light.kmt --format csv > dump.csv || fail "dump"
awk -F, '
	NR == 1 { for (i = 1; i <= NF; i++) { if ($i == "ts_ns") ts = i; if ($i == "type") type = i } next }
	$type == "mark" {
		if (nr++ && max > $ts + 50000000)
			print "mark " nr - 1 ": events up to " max " are before " $ts
		mark = $ts
		older = 0
		next
	}
	$ts > max { max = $ts }
	nr > 1 && $ts < mark - 1000000 && ++older == 100 { print "mark " nr - 1 ": older events follow" }
	' dump.csv > wrong
[ -s wrong ] && fail "$(head -n 1 wrong)"

# The files of one, and when they were read: between the one before and its mark.
expect 0 "$KMEMTOOL" info --snapshot 1 light.kmt
awk '{ print $2 }' out > got
printf '%s\n' kind light/proc/buddyinfo light/proc/slabinfo light/proc/vmstat times > want
cmp -s want got || fail "a light snapshot has the files $(tr '\n' ' ' < got)"
for n in $(seq 0 $((nr - 1))); do
	file_times light.kmt "$n"
done > read
sort -n read | cmp -s - read || fail "files were read in another order than that of the snapshots"

# Drift: free lists and counters are others from one to the next.
for n in $(seq 1 "$light"); do
	"$KMEMTOOL" info --snapshot "$n:/proc/buddyinfo" light.kmt > "buddyinfo.$n" || fail "buddyinfo"
	"$KMEMTOOL" info --snapshot "$n:/proc/vmstat" light.kmt | awk '$1 == "pgfault" { print $2 }' >> faults
	"$KMEMTOOL" info --snapshot "$n:/proc/slabinfo" light.kmt > "slabinfo.$n" || fail "slabinfo"
	head -n 1 "slabinfo.$n" | grep -q '^slabinfo - version' || fail "slabinfo without its head"
done
[ "$(cksum buddyinfo.* | awk '{ print $1 }' | sort -u | wc -l)" -gt 1 ] || fail "no drift in buddyinfo"
sort -nu faults | cmp -s - faults || fail "page faults did not increase: $(tr '\n' ' ' < faults)"
"$KMEMTOOL" info --snapshot 0:/proc/slabinfo light.kmt > slabinfo.0 || fail "slabinfo of the start"
[ "$(wc -l < slabinfo.2)" -lt "$(wc -l < slabinfo.0)" ] || fail "slabinfo has lines that did not change"

# The opening lines, with those of light ones over them, are the lines of that time: what the
# closing snapshot has besides did not change since, or changed after the last light one.
names() {
	awk '!/^#/ && !/^slabinfo/ { print $1 }' "$@" | sort -u
}
for n in $(seq 1 "$light"); do
	names "slabinfo.$n"
done | sort -u > changed
names slabinfo.0 > known
"$KMEMTOOL" info --snapshot "$((nr - 1)):/proc/slabinfo" light.kmt > slabinfo.end || fail "slabinfo of the end"
grep -qx dentry changed || grep -qx kmalloc-64 changed || fail "neither dentry nor kmalloc-64 changed"
names slabinfo.end | sort > end
[ "$(comm -23 end known | comm -23 - changed | wc -l)" -le 3 ] || fail "caches that no snapshot told of"

# Without what light snapshots hold, a replay is the same: damage their blocks, save the rest.
cp light.kmt damaged.kmt
grep -aobP '\xb5KMTBLK\x1c\x04\x00' light.kmt | cut -d: -f1 > blocks
cut_some=0
while read -r at; do
	number=$(od -An -t u4 -j $((at + 12)) -N 4 light.kmt | tr -d ' ')
	# The opening and the closing one are ten times as large.
	[ "$number" -gt 8000 ] && continue
	printf '\377\377\377\377' | dd of=damaged.kmt bs=1 seek=$((at + 192)) conv=notrunc status=none
	cut_some=$((cut_some + 1))
done < blocks
[ "$cut_some" = "$light" ] || fail "$cut_some blocks of light snapshots, not $light"
"$KMEMTOOL" verify damaged.kmt --salvage without.kmt > out 2> err
[ $? = 1 ] || fail "the damage was not seen"
read_info without.kmt
expect_number info.json light_snapshots -eq 0
expect 0 "$KMEMTOOL" replay light.kmt -o light.json
expect 0 "$KMEMTOOL" replay without.kmt -o without.json
cmp -s light.json without.json ||
	fail "light snapshots change the replay: $(diff light.json without.json | head -n 3 | tr '\n' ' ')"

# Without names and addresses they are still there.
expect 0 "$KMEMTOOL" pack --anonymize light.kmt -o anonymous.kmt
read_info anonymous.kmt
expect_number info.json light_snapshots -eq "$light"
"$KMEMTOOL" info --snapshot 1:/proc/slabinfo anonymous.kmt > slabinfo.anonymous || fail "slabinfo"
[ "$(names slabinfo.1 | wc -l)" = "$(names slabinfo.anonymous | wc -l)" ] || fail "caches are missing"

# No end is so near that the trace is not whole, with light ones and without.
expect 0 "$KMEMTOOL" record -o small.kmt --max-size 1M --snapshots 100ms -- \
	sh -c 'while :; do ls -lR /usr/lib; done > /dev/null'
expect 0 "$KMEMTOOL" verify small.kmt
read_info small.kmt
[ "$(json info.json complete)" = true ] || fail "small.kmt is not complete"
[ "$(json info.json snapshots)" = $(($(json info.json light_snapshots) + 2)) ] ||
	fail "small.kmt lacks its closing snapshot"

# A recorder that is killed has no closing snapshot, whatever its last one is.
"$KMEMTOOL" record -o killed.kmt --snapshots 200ms > out 2> err < /dev/null &
recorder=$!
wait_for_file killed.kmt $recorder
sleep 2.5
kill -KILL $recorder
wait $recorder 2> /dev/null
read_info killed.kmt 3
expect_number info.json light_snapshots -gt 2
expect_number info.json snapshots -eq $(($(json info.json light_snapshots) + 1))
expect 3 "$KMEMTOOL" replay killed.kmt -o killed.json
grep -q '"slab_pages_real": null' killed.json || fail "a light snapshot was taken for the closing one"
exit 0
