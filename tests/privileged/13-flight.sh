#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The flight recorder: --last keeps the newest events, --trigger writes them.
. "$(dirname "$0")/scenario.sh"
need_collector

load='while ls -lR /usr/lib; do :; done > /dev/null'

# What the recorder said of the trace and what is in it agree.
expect_flight() {
	expect_good_trace "$1"
	[ "$(json record.json flight.written)" = true ] || fail "the flight was not written"
	expect_number info.json events.total -eq "$(json record.json flight.kept)"
	expect_number info.json file_bytes -eq "$(json record.json file_bytes)"
	expect_number record.json flight.recorded -ge "$(json record.json flight.kept)"
	expect 0 "$KMEMTOOL" replay "$1" -o replay.json
}

# The youngest event as dump prints it.
last_event() {
	"$KMEMTOOL" dump "$1" --type kmalloc,kfree,cache_alloc,cache_free,page_alloc,page_free |
		tail -n 1
}

# Without a trigger: the last second of four, and what lived when it began.
expect 0 "$KMEMTOOL" record --json --last 1s -d 4s -o last.kmt -- sh -c "$load"
cp out record.json
expect_line '^last\.kmt: the last .* of .* events in '
expect_flight last.kmt
expect_number info.json first_record -gt 1000
[ "$(json record.json flight.recorded)" -gt $(($(json record.json flight.kept) * 2)) ] ||
	fail "most of what was recorded was kept"
# A block is closed 0.8 s after the one before, or some time later on a busy host.
expect_number info.json duration_ns -ge 800000000
expect_number info.json duration_ns -le 3000000000
expect_number info.json checkpoints.count -le 1
"$KMEMTOOL" info last.kmt > info.txt
grep -q '^flight     last 1s, written by: none: its end$' info.txt || fail "info does not tell"
# The opening snapshot is older than the first event.
grep -qE '^snapshot 0 at -[0-9.]+ s, ' info.txt || fail "snapshot 0 is not older than the events"
[ "$(json info.json checkpoints.count)" = 0 ] ||
	"$KMEMTOOL" replay --cold last.kmt -o cold.json || fail "no cold replay"

# By size: flat, however long it takes.
"$KMEMTOOL" record --json --page-map no --last 1M -o size.kmt -- sh -c "$load" > record.json 2> err &
recorder=$!
sleep 2
[ ! -e size.kmt ] || fail "there is a file before there is anything to be written"
before=$(awk '/^RssAnon/ { print $2 }' "/proc/$recorder/status")
sleep 3
after=$(awk '/^RssAnon/ { print $2 }' "/proc/$recorder/status")
kill -INT "$recorder"
wait "$recorder" || fail "it ended with status $?"
# What is freed stays with a sanitizer for a while, 256 MiB of it at most.
if ! sanitized; then
	[ "$after" -le 65536 ] || fail "the recorder has $after KiB of memory"
	[ "$after" -le $((before + 16384)) ] || fail "its memory grew from $before to $after KiB"
fi
expect_flight size.kmt
expect_number record.json flight.kept_bytes -le 1048576
expect_number record.json flight.kept_bytes -ge 524288

# By a signal, which is no end of its own.
"$KMEMTOOL" record --json --last 10s --last 4M --trigger failure,signal -o signal.kmt -- \
	sh -c "$load" > record.json 2> err &
recorder=$!
sleep 2
kill -USR1 "$recorder"
wait "$recorder" || fail "it ended with status $?"
expect_line '^triggered [0-9.]+ s after the start by a signal$'
expect_flight signal.kmt
[ "$(json record.json flight.trigger)" = signal ] || fail "the trigger is not told"

# By a large block, the last event of the trace.  A pipe of 1 MiB has an array of 10 KiB.
command -v python3 > /dev/null || skip "everything but order>=: there is no python3"
cat > pipe.py << 'PYTHON'
import fcntl, os, time
for turn in range(100):
    time.sleep(0.3)
    r, w = os.pipe()
    fcntl.fcntl(w, 1031, 1 << 20)  # F_SETPIPE_SZ
    os.close(r)
    os.close(w)
PYTHON
python3 pipe.py &
python=$!
expect 0 "$KMEMTOOL" record --json --last 10s --trigger 'order>=2' --pid $python -d 20s -o order.kmt
cp out record.json
kill $python
wait $python
expect_line "^triggered [0-9.]+ s after the start by page_alloc of order 2 by python3 \\($python\\) at "
expect_flight order.kmt
[ "$(json record.json flight.trigger)" = 'order>=2' ] || fail "the trigger is not told"
last_event order.kmt > last.txt
grep -q " $python .* page_alloc .*order=2 " last.txt || fail "it is not the last event: $(cat last.txt)"

# By a failure: pipes in a cgroup that has no more memory, and kills nobody for it.  Only cgroups
# of version 1 can be told that.
cgroup=/sys/fs/cgroup/memory/kmemtool-test-$$
if mkdir $cgroup 2> /dev/null && echo 1 2> /dev/null > $cgroup/memory.oom_control; then
	# Whoever waits there for memory is killed.
	trap 'kill -9 $(cat $cgroup/cgroup.procs) 2> /dev/null; sleep 1; rmdir $cgroup' EXIT
	echo 8M > $cgroup/memory.limit_in_bytes
	cat > fill.py << 'PYTHON'
import os, sys, time
open(sys.argv[1] + "/cgroup.procs", "w").write(str(os.getpid()))
pipes = []
try:
    while True:
        pipes.append(os.pipe())
except OSError as error:
    print(error)
time.sleep(5)
PYTHON
	expect 0 "$KMEMTOOL" record -d 20s --json --last 64M --last 10s --trigger failure \
		-o failure.kmt -- python3 fill.py $cgroup
	# Memory of its own can come to an end first: then it waits in a page fault.
	if ! grep -q '^nothing triggered' err; then
		# What the command printed comes before what the recorder did.
		sed -n '/^{/,$p' out > record.json
		expect_line '^triggered [0-9.]+ s after the start by .* failed by python3 \([0-9]+\) at '
		expect_flight failure.kmt
		[ "$(json record.json flight.trigger)" = failure ] || fail "the trigger is not told"
		last_event failure.kmt > last.txt
		grep -q ' FAILED ' last.txt || fail "it is not the last event: $(cat last.txt)"
	fi
	sleep 1
fi

# Nothing triggers: no file, whatever ends it.
expect 0 "$KMEMTOOL" record --json --last 1M --trigger 'order>=31' -d 1s -o none.kmt
[ "$(json out flight.written)" = false ] || fail "JSON tells of a trace"
expect_line '^nothing triggered \(order>=31\): no trace of .* events in .* s was written$'
"$KMEMTOOL" record --last 1s --trigger signal -o none.kmt > out 2> err &
recorder=$!
sleep 1.5
kill -TERM "$recorder"
wait "$recorder" || fail "it ended with status $?"
expect_line '^nothing triggered \(signal\): '
expect_line '^stopped by a signal$'
expect 0 "$KMEMTOOL" record --last 1s --trigger 'order>=31' -o none.kmt -- true
[ ! -e none.kmt ] || fail "a trace was written that nothing had triggered"

# The path is looked at before anything is recorded, and may still be lost.
expect 4 "$KMEMTOOL" record --last 1s -d 1s -o nowhere/none.kmt
expect_one_error 'nowhere/none.kmt: cannot create: No such file or directory'
mkdir gone
expect 4 "$KMEMTOOL" record --last 1s -o gone/none.kmt -- rmdir gone
expect_one_error 'gone/none.kmt: cannot create: No such file or directory: what was kept is lost'
exit 0
