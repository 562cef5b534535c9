#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The folder of the trace is removed while it is written: status 4 and one line, never silence.
. "$(dirname "$0")/scenario.sh"
need_collector

mkdir folder
"$KMEMTOOL" record -o folder/one.kmt > out 2> err < /dev/null &
recorder=$!
wait_for_file folder/one.kmt $recorder
sleep 0.3
rm -r folder
sleep 0.3
kill -INT $recorder
wait $recorder
status=$?
[ "$status" = 4 ] || fail "status $status of a trace that was removed"
expect_one_error 'folder/one.kmt: it was removed, or renamed, while it was written$'
[ -e folder ] && fail "the folder was made again"

# With several files the next cannot be made.
mkdir folder
"$KMEMTOOL" record --rotate 300ms -o folder/parts.kmt -- \
	sh -c 'while ls -lR /usr/lib; do :; done > /dev/null' > out 2> err < /dev/null &
recorder=$!
wait_for_file folder/parts.kmt $recorder
sleep 0.5
rm -r folder
wait $recorder
status=$?
[ "$status" = 4 ] || fail "status $status when there is no folder for the next file"
expect_one_error 'folder/parts.kmt: cannot create parts.kmt.[0-9]*: No such file or directory'

# A file of that name that is not the one: what is there is left alone.
mkdir folder
"$KMEMTOOL" record -o folder/moved.kmt > out 2> err < /dev/null &
recorder=$!
wait_for_file folder/moved.kmt $recorder
sleep 0.3
mv folder/moved.kmt folder/kept.kmt
kill -INT $recorder
wait $recorder
status=$?
[ "$status" = 4 ] || fail "status $status of a trace that was renamed"
expect_one_error 'folder/moved.kmt: it was removed, or renamed'
expect_good_trace folder/kept.kmt
exit 0
