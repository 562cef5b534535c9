#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Commands that do not exist, fail, die, or say something.
. "$(dirname "$0")/scenario.sh"
need_collector

expect 2 "$KMEMTOOL" record -o none.kmt -- ./does-not-exist --option
expect_one_error './does-not-exist: No such file or directory'
[ "$(wc -l < err)" = 1 ] || fail "more than one line"
[ -s out ] && fail "something on stdout"
[ -e none.kmt ] && fail "a trace of nothing was left"
: > not-executable
expect 2 "$KMEMTOOL" record -o none.kmt -- ./not-executable
expect_one_error './not-executable: Permission denied'
[ -e none.kmt ] && fail "a trace of nothing was left"

# What stood there before stays as it was: a file, a device, a pipe.
echo precious > precious
expect 2 "$KMEMTOOL" record -o precious -- does-not-exist
[ "$(cat precious)" = precious ] || fail "a mistyped command destroyed a file"
mknod null c 1 3
expect 2 "$KMEMTOOL" record -o null -- does-not-exist
[ -c null ] || fail "a mistyped command removed a device"

# One that does not listen is left behind after two seconds.
expect 0 "$KMEMTOOL" record -d 200ms -o deaf.kmt -- sh -c 'trap "" TERM; for i in 1 2 3 4 5 6; do sleep 1; done'
expect_line '^kmemtool: record: sh \(pid [0-9]+\) does not end, and is left running$'
expect_good_trace deaf.kmt

expect 0 "$KMEMTOOL" record -o three.kmt -- sh -c 'exit 3'
expect_line '^kmemtool: record: sh: ended with status 3$'
expect_good_trace three.kmt

expect 0 "$KMEMTOOL" record -o died.kmt -- sh -c 'kill -SEGV $$'
expect_line '^kmemtool: record: sh: killed by signal 11 \(Segmentation fault\)$'
expect_good_trace died.kmt

# Its options are its own, its output is not touched, and it is in the trace from its first
# breath.
expect 0 "$KMEMTOOL" record -o said.kmt -- sh -c 'echo "$0 $*"; echo $$ > pid' -o x --json
[ "$(cat out)" = "-o x --json" ] || fail "the command said something else"
grep -q 'ended with status' err && fail "a good end is none to tell of"
expect_good_trace said.kmt
[ "$(json info.json record.command)" = 'sh -c echo \"$0 $*\"; echo $$ > pid -o x --json' ] ||
	fail "record.command is $(json info.json record.command)"
dump_column said.kmt cache_alloc,kmalloc pid | grep -qx "$(cat pid)" ||
	fail "nothing in the trace is of the command"
exit 0
