#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A recorder that is stopped for three seconds under load: what its rings could not hold is lost,
# counted, and told at its place; before and after that it has everything.
. "$(dirname "$0")/scenario.sh"
need_collector

sh -c 'while ls -lR /usr/lib; do :; done' > /dev/null 2>&1 &
load=$!
trap 'kill $load' EXIT
"$KMEMTOOL" record --json --ring 1M -o stopped.kmt > record.json 2> err < /dev/null &
recorder=$!
wait_for_file stopped.kmt $recorder
sleep 2
kill -STOP $recorder
sleep 3
kill -CONT $recorder
sleep 1
kill -INT $recorder
wait $recorder || fail "status $?"
: > out
expect_number record.json lost.total -gt 0
lost=$(json record.json lost.total)
expect_line "^lost $lost events: CPU [0-9]+: [0-9]+"
expect_line '^  [0-9]+ found no room: give a larger --ring \(now 1\.00 MiB for each CPU\), or --realtime, or record fewer classes \(-e\)$'

# Lost is the same number for everybody: recorder, its CPUs, index, gaps, replay.
expect_good_trace stopped.kmt
expect_number info.json lost.total -eq "$lost"
expect_number info.json events.total -eq "$(json record.json events.total)"
sum=0
for cpu in $(seq 0 $(($(getconf _NPROCESSORS_CONF) - 1))); do
	of_cpu=$(json record.json "lost.by_cpu.$cpu")
	sum=$((sum + ${of_cpu:-0}))
done
[ $((sum + $(json record.json lost.missed))) = "$lost" ] ||
	fail "CPUs lost $sum, $(json record.json lost.missed) were missed, not $lost"
told=$(dump_column stopped.kmt gap lost | awk '{ sum += $1 } END { print sum + 0 }')
[ "$told" = "$lost" ] || fail "gaps tell of $told lost events, the recorder of $lost"

# There are events before it was stopped and after it went on, and a hole between; time goes on
# in it.
expect_number record.json duration_ns -ge 5000000000
"$KMEMTOOL" dump stopped.kmt --type kmalloc,cache_alloc --format csv |
	awk -F, 'NR > 2 && $1 - last > widest { widest = $1 - last; before = NR - 2 }
		NR > 1 { last = $1 }
		END { printf "%d %d %d\n", widest / 1e6, before, NR - 1 - before }' > hole
read -r ms before after < hole
[ "$ms" -ge 1000 ] || fail "nothing is missing of the time it was stopped: $ms ms"
[ "$before" -gt 1000 ] || fail "only $before events before it was stopped"
[ "$after" -gt 1000 ] || fail "only $after events after it went on"
expect 0 "$KMEMTOOL" replay stopped.kmt -o stopped.json
expect_number stopped.json trace.lost -eq "$lost"

exit 0
