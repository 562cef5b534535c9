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

expect 0 "$KMEMTOOL" record -o three.kmt -- sh -c 'exit 3'
expect_line '^sh: ended with status 3$'
expect_good_trace three.kmt

expect 0 "$KMEMTOOL" record -o died.kmt -- sh -c 'kill -SEGV $$'
expect_line '^sh: killed by signal 11 \(Segmentation fault\)$'
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
