#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# make bench: the figures that kmemtool promises, measured here and now, beside perf.
#
#   bench.sh KMEMTOOL RUSAGE [ROUNDS]
#
# The load walks a file tree (ls -lR /usr/lib, repeated): metadata only, millions of
# slab events a second.  Untraced and recorded runs alternate, so that a noisy machine
# is noisy for both; ratios are of medians.  perf runs once a round on the same load.
set -eu
kmemtool=$(realpath "$1")
rusage=$(realpath "$2")
rounds=${3:-5}
. "$(dirname "$0")/lib.sh"
bench_enter bench
find_perf

sh -c "$load"
round=0
while [ "$round" -lt "$rounds" ]; do
	round=$((round + 1))
	"$rusage" untraced sh -c "$load"
	"$rusage" command "$kmemtool" record -o t.kmt --json -- "$rusage" recorded sh -c "$load" \
		>summary.json 2>record.err
	note_summary summary.json ""
done
if [ -n "$perf" ]; then
	"$rusage" perf-kmem $perf kmem --slab record -o kmem.data sh -c "$load" >/dev/null 2>perf-kmem.err || true
	# shellcheck disable=SC2086
	"$rusage" perf-z $perf record -q -z -a $slab_events -o z.data sh -c "$load" >/dev/null 2>perf-z.err || true
fi

untraced=$(median untraced)
recorded=$(median recorded)
events=$(median events)
echo "record: ls -lR /usr/lib $walks times, $rounds rounds, medians"
printf '  %-34s %8s %8s %14s %10s %s\n' "" "wall s" "ratio" "events" "bytes/ev" lost
printf '  %-34s %8.2f %8s %14s %10s %s\n' untraced "$untraced" 1.00 - - -
printf '  %-34s %8.2f %8s %14.0f %10.2f %s\n' "kmemtool record (everything)" "$recorded" \
	"$(calc %.2f "$recorded / $untraced")" "$events" "$(median bytes)" "$(most lost)"
spread() { calc "%.2f to %.2f s" "$(least "$1"), $(most "$1")"; }
perf_row() {
	[ -s "$2" ] && [ -s "$3" ] || return 0
	size=$(stat -c %s "$3")
	seen=$(perf_seen "$3")
	[ "$seen" -gt 0 ] || seen=1
	printf '  %-34s %8.2f %8s %14s %10s %s\n' "$1" "$(median "$2")" \
		"$(calc %.2f "$(median "$2") / $untraced")" "$seen" "$(calc %.2f "$size / $seen")" "$(perf_lost "$3")"
}
if [ -n "$perf" ]; then
	perf_row "perf kmem --slab record" perf-kmem kmem.data
	perf_row "perf record -z (slab events)" perf-z z.data
else
	echo "  perf: not to be had here (package linux-perf, tracefs)"
fi
echo "  untraced $(spread untraced); recorded $(spread recorded)"
echo "  starting and ending kmemtool record, outside the load: $(calc %.2f "$(median command) - $recorded") s"
echo "  rate while recorded: $(calc %.2f "$events / $recorded / 1e6") M events/s; untraced it would be $(calc %.2f "$events / $untraced / 1e6") M/s"
echo

# Replay: of one trace, and of one several times as long with as much alive.
long='for i in $(seq 40); do ls -lR /usr/lib; done > /dev/null'
"$kmemtool" record -o long.kmt -- sh -c "$long" 2>/dev/null
round=0
while [ "$round" -lt 3 ]; do
	round=$((round + 1))
	"$rusage" replay "$kmemtool" replay t.kmt -o a.json
	"$rusage" replay-long "$kmemtool" replay long.kmt -o b.json
	"$rusage" decode "$kmemtool" verify t.kmt >/dev/null
done
events=$(json seen a.json)
long_events=$(json seen b.json)
row() {
	printf '  %-34s %8.2f %14.0f %14.2f %14.1f\n' "$1" "$(median "$2")" "$3" \
		"$(calc %.4f "$3 / $(median "$2") / 1e6")" "$(calc %.4f "$(median "$2" 2) / 1024")"
}
echo "replay: all analyses on, medians of 3"
printf '  %-34s %8s %14s %14s %14s\n' "" "wall s" events "M events/s" "max RSS MiB"
row "verify (checksums and decode)" decode "$events"
row "replay" replay "$events"
row "replay, a longer trace" replay-long "$long_events"
if [ -n "$perf" ] && [ -s kmem.data ]; then
	"$rusage" perf-stat perf kmem --slab -i kmem.data stat >/dev/null 2>&1 || true
	seen=$(perf_seen kmem.data)
	row "perf kmem --slab stat" perf-stat "$seen"
fi
echo
echo "model error on this machine:"
grep -E '^ *"[a-z_]*_pct":' a.json | tr -d '",'
