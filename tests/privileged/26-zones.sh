#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Zones, watermarks, protection and per-cpu list sizes that the model derives are those of this
# kernel.
. "$(dirname "$0")/scenario.sh"
need_collector

zone_check=$(dirname "$(realpath "$KMEMTOOL")")/tests/tools/zone_check
[ -x "$zone_check" ] || skip "no $zone_check: make check builds it"
[ "$(id -u)" = 0 ] || skip "the addresses of /proc/iomem are for root"
[ "$(uname -m)" = x86_64 ] || skip "the zones of $(uname -m) are not those of x86"

# Pages that a kernel frees after it has come up are in no watermark until it computes them again,
# which a written min_free_kbytes makes it do; the value stays.  Zones that grow are computed anew
# by the kernel itself, but not in the same moment: there are three attempts.
limit=/proc/sys/vm/min_free_kbytes
for _ in 1 2 3; do
	"$KMEMTOOL" record -e page -d 1s -o zones.kmt > out 2> err || fail "record"
	"$zone_check" zones.kmt > out 2> err
	status=$?
	[ "$status" = 1 ] || break
	cat out $limit
	cat $limit > value
	cat value 2> /dev/null > $limit || skip "$limit cannot be written"
done
[ "$status" = 0 ] || fail "zone_check: status $status"
grep '^zones: [0-9]* fields compared' out || fail "nothing was compared"
[ "$(sed -n 's/^zones: \([0-9]*\) fields.*/\1/p' out)" -ge 28 ] || fail "too little was compared"

# Another machine is told apart.
"$zone_check" zones.kmt 1000000000:1 > out 2> err
[ $? = 2 ] || fail "late pages outside of memory were taken"
first=$("$KMEMTOOL" info --snapshot 0:/proc/zoneinfo zones.kmt | awk '/start_pfn:/ { start = $2 } END { print start }')
"$zone_check" zones.kmt "$first:100000" > out 2> err
[ $? = 1 ] || fail "a zone of 100000 pages less made no difference"
exit 0
