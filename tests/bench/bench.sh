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
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
load='for i in 1 2 3 4 5 6 7 8; do ls -lR /usr/lib; done > /dev/null'

[ "$(id -u)" = 0 ] || { echo "bench: recording needs root" >&2; exit 1; }

column() { awk -v c="$2" '{ print $c }' "$1" | sort -n; }
median() { column "$1" "${2:-1}" | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
spread() { column "$1" 1 | awk 'NR == 1 { a = $1 } { b = $1 } END { printf "%.2f to %.2f s", a, b }'; }
json() { sed -n "s/^ *\"$1\": *\([0-9.]*\),*$/\1/p" "$2" | head -n 1; }
calc() { awk "BEGIN { printf \"$1\", $2 }"; }
# In an object of the result or the summary: key after the line that opens it.
within() { sed -n "/\"$1\": {/,/}/p" "$3" | sed -n "s/^ *\"$2\": *\([0-9.]*\),*$/\1/p" | head -n 1; }

perf=
if command -v perf >/dev/null 2>&1; then
	mountpoint -q /sys/kernel/tracing 2>/dev/null || mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null || true
	[ -e /sys/kernel/tracing/events/kmem ] && perf=perf
fi

sh -c "$load"
round=0
while [ "$round" -lt "$rounds" ]; do
	round=$((round + 1))
	"$rusage" untraced sh -c "$load"
	"$rusage" command "$kmemtool" record -o t.kmt --json -- "$rusage" recorded sh -c "$load" \
		>summary.json 2>record.err
	within lost total summary.json >>lost
	json bytes_per_event summary.json >>bytes
	within events total summary.json >>events
done
if [ -n "$perf" ]; then
	"$rusage" perf-kmem $perf kmem --slab record -o kmem.data sh -c "$load" >/dev/null 2>perf-kmem.err || true
	"$rusage" perf-z $perf record -q -z -a -e kmem:kmalloc -e kmem:kfree -e kmem:kmem_cache_alloc \
		-e kmem:kmem_cache_free -o z.data sh -c "$load" >/dev/null 2>perf-z.err || true
fi

untraced=$(median untraced)
recorded=$(median recorded)
events=$(median events)
echo "record: ls -lR /usr/lib 8 times, $rounds rounds, medians"
printf '  %-34s %8s %8s %14s %10s %s\n' "" "wall s" "ratio" "events" "bytes/ev" lost
printf '  %-34s %8.2f %8s %14s %10s %s\n' untraced "$untraced" 1.00 - - -
printf '  %-34s %8.2f %8s %14.0f %10.2f %s\n' "kmemtool record (everything)" "$recorded" \
	"$(calc %.2f "$recorded / $untraced")" "$events" "$(median bytes)" "$(sort -n lost | tail -n 1)"
perf_row() {
	[ -s "$2" ] && [ -s "$3" ] || return 0
	size=$(stat -c %s "$3")
	seen=$(perf report -i "$3" --stats 2>/dev/null | awk '/SAMPLE events:/ && !n { n = $3 } END { print n + 0 }')
	lost=$(perf report -i "$3" --stats 2>/dev/null | awk '/LOST_SAMPLES|LOST events:/ { n += $3 } END { print n + 0 }')
	[ "$seen" -gt 0 ] || seen=1
	printf '  %-34s %8.2f %8s %14s %10s %s\n' "$1" "$(median "$2")" \
		"$(calc %.2f "$(median "$2") / $untraced")" "$seen" "$(calc %.2f "$size / $seen")" "$lost (lost records)"
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
	seen=$(perf report -i kmem.data --stats 2>/dev/null | awk '/SAMPLE events:/ && !n { n = $3 } END { print n + 0 }')
	row "perf kmem --slab stat" perf-stat "$seen"
fi
echo
echo "model error on this machine:"
grep -E '^ *"[a-z_]*_pct":' a.json | tr -d '",'
