#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Checkpoints of a real load: they are there, and a replay that starts at one has the lives
# that the whole one has.
. "$(dirname "$0")/scenario.sh"
need_collector

listing='for i in 1 2 3; do ls -lR /usr/lib; done > /dev/null'
expect 0 "$KMEMTOOL" record --checkpoint 100000 -o with.kmt -- sh -c "$listing"
expect_good_trace with.kmt
expect_number info.json checkpoints.count -gt 0
expect_number info.json checkpoints.bytes -gt 0
bytes=$(json info.json checkpoints.bytes)
[ "$bytes" -lt $(($(json info.json file_bytes) / 4)) ] || fail "checkpoints take $bytes bytes"

expect 0 "$KMEMTOOL" record --checkpoint 0 -o without.kmt -- ls -lR /usr/lib
expect_good_trace without.kmt
expect_number info.json checkpoints.count -eq 0
exit 0
