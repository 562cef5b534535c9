#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# trace-cmd in a 64-bit guest: its trace.dat and its report come to the same trace.
here=$(dirname "$0")
. "$here/../privileged/scenario.sh"
. "$here/compare.sh"

boot -a amd64 -k linux-image-cloud-amd64/bookworm-backports -m 768 -s trace-cmd \
	-p 'trace-cmd libc6 libtraceevent1 libtracefs1 libzstd1'

for name in trace lossy; do
	for from in dat txt; do
		expect 0 "$KMEMTOOL" import --host guest/host guest/$name.$from -o $name-$from.kmt
		expect_good_trace $name-$from.kmt
		[ "$(json info.json host.machine)" = x86_64 ] || fail "the machine is another"
		mv info.json $name-$from.json
		"$KMEMTOOL" dump $name-$from.kmt > $name-$from.dump || fail "dump of $name-$from.kmt"
		lines dump $name-$from.dump $name-$from.lines -v bh=ignore
	done
	same $name-dat.lines $name-txt.lines
	# A large kmalloc of this kernel is told twice, and is one event.
	doubled=$(json $name-dat.json import.doubled)
	lines trace-cmd guest/$name.txt want -v bh=ignore -v cache=ignore
	lines dump $name-dat.dump got -v bh=ignore -v cache=ignore
	diff want got > differences
	[ "$(grep -c '^>' differences)" = 0 ] || fail "$(head -n 4 differences | tr '\n' ' ')"
	[ "$(grep -c '^<' differences)" = "$doubled" ] ||
		fail "$(grep -c '^<' differences) events are missing, $doubled are told twice"
	grep '^<' differences | grep -qv ' kmalloc ' && fail "more is missing than large kmallocs"
	expect_number $name-dat.json events.total -eq "$(wc -l < got)"
	echo "$name: $(wc -l < want) events, $(json $name-dat.json lost.total) lost"
done

# Losses are told as the report tells them.
expect_number trace-dat.json lost.total -eq 0
lost=$(awk '/^CPU:[0-9]+ \[[0-9]+ EVENTS DROPPED\]/ { sum += substr($2, 2) }
	/^CPU:[0-9]+ \[EVENTS DROPPED\]/ { sum++ } # nobody knows how many
	END { print sum + 0 }' guest/lossy.txt)
[ "$lost" -gt 0 ] || fail "nothing was lost, although the ring buffer was small"
expect_number lossy-dat.json lost.total -eq "$lost"
expect_number lossy-txt.json lost.total -eq "$lost"

# Call chains tell who took a page.
"$KMEMTOOL" dump lossy-dat.kmt --type page_alloc --format csv > dump.csv || fail "dump"
pages=$(column owner < dump.csv | wc -l)
known=$(column owner < dump.csv | grep -cvx unknown)
[ "$pages" -gt 20 ] || fail "hardly any page"
[ "$known" -ge $((pages * 9 / 10)) ] || fail "$known of $pages pages have an owner"
exit 0
