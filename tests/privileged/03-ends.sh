#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A time, a signal or the command's end: each leaves a whole trace and status 0.
. "$(dirname "$0")/scenario.sh"
need_collector

expect 0 "$KMEMTOOL" record -d 300ms -o time.kmt
expect_line '^stopped by --duration$'
expect_good_trace time.kmt
expect_number info.json events.total -gt 0
expect 0 "$KMEMTOOL" record -d 300ms --json -o time.kmt
cp out record.json
expect_number record.json duration_ns -ge 300000000

# A time that ends before the command: that one is told to stop.
expect 0 "$KMEMTOOL" record -d 300ms -o both.kmt -- sh -c 'echo $$ > pid; exec sleep 60'
expect_line '^stopped by --duration$'
expect_good_trace both.kmt
kill -0 "$(cat pid)" 2> /dev/null && fail "the command still runs"

for signal in INT TERM HUP; do
	"$KMEMTOOL" record -o $signal.kmt > out 2> err < /dev/null &
	recorder=$!
	wait_for_file $signal.kmt $recorder
	forks 20
	sleep 0.1
	kill -$signal $recorder
	wait $recorder
	status=$?
	[ "$status" = 0 ] || fail "SIG$signal: status $status"
	expect_line '^stopped by a signal$'
	expect_good_trace $signal.kmt
	expect_number info.json events.total -gt 0
done

# The same while a command runs.
"$KMEMTOOL" record -o running.kmt -- sh -c 'echo $$ > pid; exec sleep 60' > out 2> err < /dev/null &
recorder=$!
wait_for_file running.kmt $recorder
sleep 0.3
kill -TERM $recorder
wait $recorder || fail "status $? of a recorder whose command ran"
expect_line '^stopped by a signal$'
expect_good_trace running.kmt
kill -0 "$(cat pid)" 2> /dev/null && fail "the command still runs"
exit 0
