#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# -e transitions: what the page allocator does inside, on request alone.
. "$(dirname "$0")/scenario.sh"
need_collector

# More pages than the lists of one CPU hold, taken and given back.  The kernel lets the lists
# grow with what they are used for: here they are kept short.
fraction=/proc/sys/vm/percpu_pagelist_high_fraction
before=$(cat $fraction)
trap 'echo "$before" > $fraction' EXIT
echo 10000 > $fraction
cat > load <<'END'
i=0
while [ $i -lt 4 ]; do
	head -c 60000000 /dev/zero > pages
	cat pages > /dev/null
	rm pages
	i=$((i + 1))
done
END

expect 0 "$KMEMTOOL" record -e transitions -o inside.kmt -- sh load
expect_good_trace inside.kmt
how=$(json info.json record.class.transitions)
[ "$how" = tp_btf ] || skip "this kernel has not all transitions: $how"
[ "$(json info.json format_version)" = 1.1 ] || fail "transitions in a file of an older version"
expect_number info.json lost.total -eq 0
expect_number info.json events.by_type.zone_locked -gt 1000
expect_number info.json events.by_type.pcpu_drain -gt 100
for kind in kmalloc kfree cache_alloc cache_free page_alloc page_free percpu_alloc vmap_alloc; do
	expect_number info.json events.by_type.$kind -eq 0
done

# Page frames of this host, of an order that there is.
"$KMEMTOOL" dump inside.kmt --type zone_locked,pcpu_drain --format csv > dump.csv || fail "dump"
for column in pfn order migratetype; do
	column $column < dump.csv > values
	[ "$(wc -l < values)" -gt 1000 ] || fail "no column $column"
	grep -qvE '^[0-9]+$' values && fail "$column is '$(grep -vE '^[0-9]+$' values | head -n 1)'"
done
top=$(column order < dump.csv | sort -n | tail -n 1)
[ "$top" -le 10 ] || fail "a block of order $top"

# With pages: what the lists of a CPU give out was taken from the free lists at some time.
expect 0 "$KMEMTOOL" record -e page,transitions -o both.kmt -- sh load
expect_good_trace both.kmt
for kind in page_alloc page_free zone_locked pcpu_drain; do
	expect_number info.json events.by_type.$kind -gt 100
done
expect_number info.json events.by_type.kmalloc -eq 0
expect 0 "$KMEMTOOL" replay both.kmt -o both.json

# Not unless they are asked for.
expect 0 "$KMEMTOOL" record -o plain.kmt -- sh load
read_info plain.kmt
[ "$(json info.json record.class.transitions)" = "not asked for" ] ||
	fail "transitions: $(json info.json record.class.transitions)"
for kind in zone_locked pcpu_drain extfrag; do
	expect_number info.json events.by_type.$kind -eq 0
done

# kfree() of NULL, which every exit does, is no event.
dump_column plain.kmt kfree ptr > pointers
[ "$(wc -l < pointers)" -gt 100 ] || fail "$(wc -l < pointers) frees"
grep -qvE '^0xf' pointers && fail "kfree of $(grep -vE '^0xf' pointers | head -n 1)"
exit 0
