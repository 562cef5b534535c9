#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# kill -9: no footer, but everything that was older than a second or so is there.
. "$(dirname "$0")/scenario.sh"
need_collector

"$KMEMTOOL" record -o killed.kmt > out 2> err < /dev/null &
recorder=$!
wait_for_file killed.kmt $recorder
sleep 0.3
forks 100
sleep 1.5
forks 10
kill -KILL $recorder
wait $recorder 2> /dev/null

read_info killed.kmt 3
[ "$(json info.json complete)" = false ] || fail "a killed recorder's trace says it is complete"
expect_number info.json snapshots -eq 1
expect 3 "$KMEMTOOL" info killed.kmt
grep -q INCOMPLETE out || fail "info does not say INCOMPLETE"
expect 1 "$KMEMTOOL" verify killed.kmt
grep -q '^NOT OK: .* incomplete$' out || fail "verify does not say what is missing"

"$KMEMTOOL" dump killed.kmt --type cache_alloc --format csv > dump.csv 2> err
tasks=$(column cache < dump.csv | grep -cx task_struct)
[ "$tasks" -ge 100 ] || fail "of 100 processes, 1.5 s old, only $tasks are in the trace"

# What is whole can be saved, and replayed.
events=$(json info.json events.total)
expect 1 "$KMEMTOOL" verify killed.kmt --salvage saved.kmt
expect 0 "$KMEMTOOL" verify saved.kmt
read_info saved.kmt
expect_number info.json events.total -eq "$events"
expect 0 "$KMEMTOOL" replay saved.kmt -o saved.json
expect 3 "$KMEMTOOL" replay killed.kmt -o killed.json
expect_number killed.json events.seen -eq "$events"

# CLOCK_MONOTONIC in nanoseconds; the other one agrees on hosts that never slept.
now() {
	awk '/^now at/ { print $3; exit }' /proc/timer_list 2> /dev/null | grep . ||
		awk '{ printf "%.0f\n", $1 * 1e9 }' /proc/uptime
}

# Under load, which goes on until the end: no more than the last second is missing.
sh -c 'while ls -lR /usr/lib; do :; done' > /dev/null 2>&1 &
load=$!
"$KMEMTOOL" record -o busy.kmt > out 2> err < /dev/null &
recorder=$!
wait_for_file busy.kmt $recorder
sleep 3.3
killed=$(now)
kill -KILL $recorder
kill $load
wait $recorder $load 2> /dev/null
read_info busy.kmt 3
expect_number info.json events.total -gt 100000
# Times that dump prints begin with the first record's, which is in the header of its block.
at=$(grep -aobP -m 1 '\xb5KMTBLK\x1c\x05\x00' busy.kmt | head -n 1 | cut -d: -f1)
first=$(od -An -t u8 -j $((at + 40)) -N 8 busy.kmt | tr -d ' ')
last=$("$KMEMTOOL" dump busy.kmt --format csv 2> err | tail -n 1 | cut -d, -f1)
missing=$((killed - first - last))
[ "$missing" -lt 1000000000 ] || fail "the last $((missing / 1000000)) ms are missing"
exit 0
