#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --max-size, --max-loss with a ring too small on purpose, -o -, --json, --include-self.
. "$(dirname "$0")/scenario.sh"
need_collector

listing='while ls -lR /usr/lib; do :; done > /dev/null'
expect 0 "$KMEMTOOL" record --max-size 2M -o size.kmt -- sh -c "$listing"
expect_line '^stopped by --max-size$'
expect_good_trace size.kmt
expect_number info.json file_bytes -ge 1000000
expect_number info.json file_bytes -le 2097152

# A limit of the process is one of the disk's kind, but known before.
(
	ulimit -f 4000 # in units of 512 bytes
	expect 4 "$KMEMTOOL" record -o limit.kmt -- sh -c "$listing"
	expect_one_error 'limit.kmt: cannot write: File too large: the trace ends here, and is whole'
) || exit 1
expect_good_trace limit.kmt
expect_number info.json file_bytes -le 2048000

# A recorder that sleeps while its ring fills: what it misses is counted, and where.
"$KMEMTOOL" record --json --ring 4k -o lossy.kmt -- ls -lR /usr/lib > record.out 2> err < /dev/null &
recorder=$!
wait_for_file lossy.kmt $recorder
sleep 0.2
kill -STOP $recorder
sleep 0.3
kill -CONT $recorder
wait $recorder || fail "status $? of a recorder that lost events"
sed -n '/^{$/,$p' record.out > record.json
: > out
expect_number record.json lost.total -gt 0
lost=$(json record.json lost.total)
expect_line "^lost $lost events: .*CPU [0-9]+: [0-9]+"
grep -q 'none lost' err && fail "the summary says that none were lost"
expect_good_trace lossy.kmt
expect_number info.json lost.total -eq "$lost"
expect_number info.json events.by_type.gap -gt 0
told=$(dump_column lossy.kmt gap lost | awk '{ sum += $1 } END { print sum + 0 }')
[ "$told" = "$lost" ] || fail "gap records tell of $told lost events, the recorder of $lost"
expect 0 "$KMEMTOOL" replay lossy.kmt -o lossy.json
expect_number lossy.json trace.lost -eq "$lost"
expect 0 "$KMEMTOOL" report lossy.json
grep -q "$lost" out || fail "the report does not tell of $lost lost events"

# --max-loss makes a failure of it, after the trace is written.
"$KMEMTOOL" record --max-loss 0 --ring 4k -o loss.kmt -- ls -lR /usr/lib > out 2> err < /dev/null &
recorder=$!
wait_for_file loss.kmt $recorder
sleep 0.2
kill -STOP $recorder
sleep 0.3
kill -CONT $recorder
wait $recorder
status=$?
: > out
[ "$status" = 1 ] || fail "status $status instead of 1 with --max-loss 0"
expect_one_error 'loss.kmt: [0-9]* events lost, --max-loss allows 0$'
expect_good_trace loss.kmt
expect 0 "$KMEMTOOL" record --max-loss 1000000000 -d 100ms -o few.kmt

# To a pipe: a trace and nothing else.
{
	"$KMEMTOOL" record -o - -d 200ms 2> err
	echo $? > status
} | "$KMEMTOOL" verify - > out
verified=$?
[ "$(cat status)" = 0 ] || fail "record -o -: status $(cat status)"
[ "$verified" = 0 ] || fail "verify -: status $verified"
expect_line '^standard output: .* events in '
expect 2 "$KMEMTOOL" record --json -o - -d 100ms

# The keys that scripts read.
expect 0 "$KMEMTOOL" record --json -o keys.kmt -d 200ms
cp out record.json
read_info keys.kmt
expect_number record.json events.total -eq "$(json info.json events.total)"
sum=0
for kind in kmalloc kfree cache_alloc cache_free page_alloc page_free page_free_batch \
	percpu_alloc percpu_free percpu_fail vmap_alloc vmap_free; do
	expect_number record.json events.by_type.$kind -eq "$(json info.json events.by_type.$kind)"
	sum=$((sum + $(json record.json events.by_type.$kind)))
done
expect_number record.json events.total -eq $sum
expect_number record.json lost.total -eq "$(json info.json lost.total)"
expect_number record.json file_bytes -eq "$(wc -c < keys.kmt)"
expect_number record.json duration_ns -gt 0
json record.json bytes_per_event | grep -qE '^[0-9]+\.[0-9]+$' || fail "no bytes_per_event"

# Its own doing is left out and counted, or recorded if asked for.  What interrupts do while
# they happen to interrupt the recorder is not its own.
for self in "" --include-self; do
	# shellcheck disable=SC2086
	"$KMEMTOOL" record $self -o self.kmt -d 300ms > out 2> err < /dev/null &
	recorder=$!
	wait $recorder || fail "status $? of a recorder of itself"
	"$KMEMTOOL" dump self.kmt --format csv > self.csv
	own=$(awk -F, -v pid=$recorder 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["pid"] == pid && $at["context"] ~ /^task/ { n++ } END { print n + 0 }' self.csv)
	if [ -n "$self" ]; then
		[ "$own" -gt 0 ] || fail "nothing of its own with --include-self"
	else
		[ "$own" = 0 ] || fail "$own events of its own"
	fi
done
exit 0
