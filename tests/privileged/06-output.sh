#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Outputs that cannot be written: status 4, one line; what was captured until then can be read.
. "$(dirname "$0")/scenario.sh"
need_collector

expect 4 "$KMEMTOOL" record -o no/such/folder/t.kmt -- touch ran
expect_one_error 'no/such/folder/t.kmt: .*No such file or directory'
[ "$(wc -l < err)" = 1 ] || fail "more than one line"
[ -e ran ] && fail "the command ran although nothing could be recorded"
mkdir folder
expect 4 "$KMEMTOOL" record -o folder -d 1s
expect_one_error 'folder: .*Is a directory'

if [ -w /dev/full ]; then
	expect 4 "$KMEMTOOL" record -o /dev/full -d 10s
	expect_one_error '/dev/full: .*No space left on device'
fi

# A reader that goes away.
{
	"$KMEMTOOL" record -d 10s -o - 2> err
	echo $? > status
} | head -c 100 > /dev/null
[ "$(cat status)" = 4 ] || fail "status $(cat status) when nobody reads the pipe"
expect_one_error 'Broken pipe'

# A disk that fills up.
mkdir disk
if ! mount -t tmpfs -o size=1m kmemtool-test disk 2> err; then
	echo "note: no tmpfs can be mounted: $(head -n 1 err)"
	exit 0
fi
trap 'umount disk' EXIT
expect 4 "$KMEMTOOL" record --json -o disk/full.kmt -- \
	sh -c 'while ls -lR /usr/lib; do :; done > /dev/null'
expect_one_error 'disk/full.kmt: .*No space left on device: the trace ends here, and is whole'
cp out record.json
# What was kept free takes the closing snapshot, and a gap that tells of what came too late.
cp disk/full.kmt full.kmt
expect_good_trace full.kmt
expect_number info.json events.total -gt 50000
expect_number record.json events.total -eq "$(json info.json events.total)"
expect_number record.json lost.total -eq "$(json info.json lost.total)"
expect_number record.json file_bytes -eq "$(wc -c < full.kmt)"
expect 0 "$KMEMTOOL" replay full.kmt -o full.json

# Not even room for the opening snapshot.
rm disk/full.kmt
head -c 1000000 /dev/zero > disk/other
expect 4 "$KMEMTOOL" record -o disk/none.kmt -d 10s
expect_one_error 'disk/none.kmt: .*No space left on device'
exit 0
