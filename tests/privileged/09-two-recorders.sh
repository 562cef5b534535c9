#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Two recorders at once do not disturb each other.
. "$(dirname "$0")/scenario.sh"
need_collector

for name in one two; do
	"$KMEMTOOL" record -o $name.kmt > $name.out 2> $name.err < /dev/null &
	eval "$name=\$!"
done
# shellcheck disable=SC2154
wait_for_file one.kmt "$one"
# shellcheck disable=SC2154
wait_for_file two.kmt "$two"
sleep 0.3
forks 50
ls -lR /usr/lib > /dev/null
# One after the other: the second goes on after the first has taken its programs away.
kill -INT "$one"
wait "$one" || fail "status $? of the first: $(cat one.err)"
forks 50
kill -INT "$two"
wait "$two" || fail "status $? of the second: $(cat two.err)"
for name in one two; do
	expect_good_trace $name.kmt
	expect_number info.json lost.total -eq 0
	dump_column $name.kmt cache_alloc cache | grep -cx task_struct > tasks
	[ "$(cat tasks)" -ge 50 ] || fail "$name has seen $(cat tasks) of 50 processes"
done
[ "$(cat tasks)" -ge 100 ] || fail "two has seen $(cat tasks) of 100 processes"
exit 0
