#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A real load from recording to report: nothing lost, names known, figures of this host sane.
. "$(dirname "$0")/scenario.sh"
need_collector

cat > load <<'END'
ls -lR /usr/lib > /dev/null
i=0
while [ $i -lt 60 ]; do
	/bin/true
	i=$((i + 1))
done
mkdir many # inodes and dentries beyond what the caches have in stock
(cd many && seq 5000 | xargs touch)
rm -r many
head -c 8000000 /dev/zero > written
cat written > /dev/null
rm written
END
# Where others keep all CPUs busy a recorder may come too late: it has three attempts.
for attempt in 1 2 3; do
	"$KMEMTOOL" record --json -o a.kmt -- sh load > record.json 2> err
	status=$?
	: > out
	[ "$status" = 0 ] || fail "record: status $status"
	[ "$(json record.json lost.total)" = 0 ] && break
	echo "note: attempt $attempt: $(sed -n 2p err)"
done
[ "$(grep -c "$(printf '\r')" err)" = 0 ] || fail "a progress line although stderr is no terminal"
expect_line '^a\.kmt: .* events in .*none lost$'
expect_good_trace a.kmt
expect_number info.json lost.total -eq 0
expect_number record.json lost.total -eq 0

# Everything was seen that such a load must do.
for kind in kmalloc kfree cache_alloc cache_free page_alloc page_free; do
	expect_number info.json events.by_type.$kind -gt 1000
	expect_number record.json events.by_type.$kind -eq "$(json info.json events.by_type.$kind)"
done
expect_number record.json events.total -eq "$(json info.json events.total)"
expect_number record.json file_bytes -eq "$(wc -c < a.kmt)"
lines=$("$KMEMTOOL" dump a.kmt --format csv | wc -l)
[ "$lines" = $((1 + $(json info.json events.total) + $(json info.json events.by_type.mark) + \
	$(json info.json events.by_type.gap))) ] || fail "dump has $lines lines"

# The host: calibrated, its own release, both bases where this machine has a direct map.
[ "$(json info.json host.release)" = "$(uname -r)" ] || fail "the release is another"
for fact in calib.vmemmap_base calib.page_offset_base; do
	json info.json $fact | grep -qE '^0xffff[0-9a-f]{12}$' || fail "$fact: $(json info.json $fact)"
done
[ "$(json info.json calib.preempt)" != unknown ] || fail "contexts are unknown"
for class in slab page vmalloc percpu; do
	[ "$(json info.json record.class.$class)" = tp_btf ] || echo "note: $class is not whole"
done

# Every object of a cache knows its cache, sizes and call site; 60 processes were made.
"$KMEMTOOL" dump a.kmt --type cache_alloc --format csv > cache.csv || fail "dump"
all=$(column cache < cache.csv | wc -l)
named=$(column cache < cache.csv | grep -c .)
[ "$named" = "$all" ] || fail "$((all - named)) of $all cache allocations have no cache"
[ "$(column bytes_alloc < cache.csv | grep -cx 0)" = 0 ] || fail "cache allocations without a size"
symbols=$(column symbol < cache.csv | grep -c .)
[ "$symbols" = "$all" ] || fail "$((all - symbols)) of $all call sites have no symbol"
tasks=$(column cache < cache.csv | grep -cx task_struct)
[ "$tasks" -ge 60 ] || fail "only $tasks of 60 processes"
contexts=$(column context < cache.csv | grep -cE 'softirq|hardirq|task')
[ "$contexts" = "$all" ] || fail "$((all - contexts)) of $all events have no context"

# Pages have owners; those of the file, 8 MB, are in the page cache.
dump_column a.kmt page_alloc owner > owners
for owner in slab page_cache; do
	grep -qx $owner owners || fail "no page of owner $owner"
done
[ "$(grep -cx unknown owners)" = 0 ] || fail "pages without a stack"
pages=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
	$at["owner"] == "page_cache" { sum += 2 ^ $at["order"] } END { print sum + 0 }' dump.csv)
[ "$pages" -ge 1900 ] || fail "only $pages pages taken by the page cache"
limit=$(awk '/^MemTotal:/ { print $2 * 2 }' /proc/meminfo)
top=$(column pfn < dump.csv | grep . | sort -n | tail -n 1)
[ "$top" -lt "$limit" ] || fail "page frame $top, far beyond the memory there is"

# Replayed twice: the same bytes, and every size of a kmalloc as the host gave it.
expect 0 "$KMEMTOOL" replay a.kmt -o a.json
expect 0 "$KMEMTOOL" replay a.kmt -o b.json
cmp a.json b.json || fail "two replays differ"
match=$(sed -n 's/^  "bytes_alloc_match_pct": \([0-9.]*\),$/\1/p' a.json)
[ "$match" = 100.0 ] || fail "bytes_alloc_match_pct is '$match'"
expect_number a.json events.seen -eq "$(json info.json events.total)"
expect_number a.json trace.lost -eq 0

for view in summary waste caches call-sites zones failures misuse fidelity; do
	expect 0 "$KMEMTOOL" report a.json --view $view
	[ -s out ] || fail "report --view $view is empty"
	[ -s err ] && fail "report --view $view complains"
	expect 0 "$KMEMTOOL" report a.json --view $view --format json
done
expect 0 "$KMEMTOOL" compare a.json a.json
expect 0 "$KMEMTOOL" compare a.json b.json --gate 'live.bytes_peak<=+0%'
exit 0
