#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --rotate and --keep: several files, one trace.
. "$(dirname "$0")/scenario.sh"
need_collector

listing='for i in 1 2 3; do ls -lR /usr/lib; done > /dev/null'

# By size: each within it, all of them one trace, each but the first one by itself, too.
expect 0 "$KMEMTOOL" record --json --rotate 700k -o big.kmt -- sh -c "$listing"
cp out record.json
expect_number record.json segments -gt 2
segments=$(json record.json segments)
[ ! -e "big.kmt.$segments" ] || fail "more files than the $segments that record tells of"
expect_good_trace big.kmt
expect_number info.json segments -eq "$segments"
expect_number info.json events.total -eq "$(json record.json events.total)"
expect_number info.json file_bytes -eq "$(json record.json file_bytes)"
[ "$(cat big.kmt big.kmt.* | wc -c)" = "$(json info.json file_bytes)" ] ||
	fail "the files have not as many bytes as info tells"
n=0
while [ "$n" -lt "$segments" ]; do
	part=big.kmt$([ "$n" = 0 ] || echo ".$n")
	n=$((n + 1))
	[ "$(wc -c < "$part")" -le 716800 ] || fail "$part is too large"
	[ "$(stat -c %a "$part")" = 600 ] || fail "$part can be read by others"
	[ "$part" = big.kmt ] || expect 0 "$KMEMTOOL" verify "$part"
done
expect 0 "$KMEMTOOL" replay big.kmt -o big.json

# By time, the oldest deleted.
expect 0 "$KMEMTOOL" record --json --rotate 500ms --keep 2 -d 3s -o short.kmt -- \
	sh -c 'while ls -lR /usr/lib; do :; done > /dev/null'
cp out record.json
expect_number record.json segments -eq 2
[ ! -e short.kmt ] || fail "the first file is still there"
[ "$(ls short.kmt.* | wc -l)" = 2 ] || fail "not two files: $(ls short.kmt.*)"
read_info short.kmt
expect_number info.json segments -eq 2
expect_number info.json first_record -gt 1000
expect_number info.json caches -gt 10
[ "$(cat short.kmt.* | wc -c)" = "$(json record.json file_bytes)" ] || fail "wrong file_bytes"

# Somebody else's file of such a name stays as it is.
echo precious > taken.kmt.1
expect 4 "$KMEMTOOL" record --rotate 200ms -d 3s -o taken.kmt -- \
	sh -c 'while ls -lR /usr/lib; do :; done > /dev/null'
expect_one_error 'taken.kmt: cannot create taken.kmt.1: it exists, and is no segment of a trace: the trace ends'
[ "$(cat taken.kmt.1)" = precious ] || fail "a file that is no trace was overwritten"
expect_good_trace taken.kmt

# All files together have a limit, too; the oldest would make room only with --keep.
expect 0 "$KMEMTOOL" record --rotate 500k --max-size 2M -o limit.kmt -- \
	sh -c 'while ls -lR /usr/lib; do :; done > /dev/null'
expect_line '^stopped by --max-size$'
[ "$(cat limit.kmt limit.kmt.* | wc -c)" -le 2097152 ] || fail "more than --max-size"
expect_good_trace limit.kmt
exit 0
