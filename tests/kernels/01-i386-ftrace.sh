#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A 32-bit kernel with HighMem, traced with ftrace alone: imported, verified, dumped line for line.
here=$(dirname "$0")
. "$here/../privileged/scenario.sh"
. "$here/compare.sh"

boot -a i386 -k linux-image-686-pae -m 1500 -s ftrace
grep -q 'zone *HighMem' guest/host/start/zoneinfo || fail "the guest has no HighMem"
grep -q 'overrun: [1-9]' guest/stats && fail "the guest's ring buffer was too small"

# Every event of the kernel's text is in the dump as it was, and no other: with plain pointers,
# with hashed ones, and with call chains.
for name in trace hashed stacks; do
	expect 0 "$KMEMTOOL" import --format ftrace --host guest/host guest/$name.txt -o $name.kmt
	expect_good_trace $name.kmt
	expect_number info.json lost.total -eq 0
	[ "$(json info.json host.machine)" = i686 ] || fail "the machine is '$(json info.json host.machine)'"
	"$KMEMTOOL" dump $name.kmt > dump.txt || fail "dump of $name.kmt"
	for cache in told ignore; do
		lines ftrace guest/$name.txt want.$cache -v cache=$cache
		lines dump dump.txt got.$cache -v cache=$cache
	done
	same want.ignore got.ignore
	expect_number info.json events.total -eq "$(wc -l < want.told)"
	# An object that was freed untold and allocated again from elsewhere, untold, is taken for the
	# first when it is freed: its cache is then another than told.
	frees=$(grep -c ' cache_free ' want.told)
	wrong=$(diff want.told got.told | grep -c '^>')
	[ "$wrong" -le $((1 + frees / 500)) ] || fail "$wrong of $frees frees are of another cache than told"
	echo "$name: $(wc -l < want.told) events, $wrong of $frees frees of another cache than told"
done

# What the load must have done, on both processors, with pages of HighMem.
"$KMEMTOOL" dump trace.kmt --format csv > dump.csv || fail "dump"
for kind in kmalloc kfree cache_alloc cache_free page_alloc page_free page_free_batch percpu_alloc \
	percpu_free; do
	[ "$(column type < dump.csv | grep -cx $kind)" -gt 5 ] || fail "hardly any $kind"
done
[ "$(column cpu < dump.csv | sort -u | wc -l)" = 2 ] || fail "not two processors"
first=$(awk '/zone *HighMem/ { on = 1 } on && /start_pfn:/ { print $2; exit }' guest/host/start/zoneinfo)
[ "$(column pfn < dump.csv | awk -v first="$first" '$1 >= first' | wc -l)" -gt 100 ] ||
	fail "hardly any page of HighMem, which begins at $first"
exit 0
