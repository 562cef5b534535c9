#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# make bench-tracefmt: what a trace costs in bytes and time, measured here and now on
# a trace recorded on the spot, beside what other tools write of the same load.
#
#   tracefmt.sh KMEMTOOL RUSAGE TRACE_BENCH
#
# The load walks a file tree (ls -lR /usr/lib, eight times): some eight million slab
# events.  perf records it in runs of its own.  ftrace is refused on some hosts, so
# trace.dat is recorded in a guest, if tests/kernels can boot one.
set -eu
kmemtool=$(realpath "$1")
rusage=$(realpath "$2")
bench=$(realpath "$3")
kernels=$(realpath "$(dirname "$0")/../kernels")
big=${BIG:-1073741824}
. "$(dirname "$0")/lib.sh"
bench_enter bench-tracefmt

row() { printf '  %-48s %12s %14s %10s\n' "$1" "$2" "$3" "$(calc %.2f "$2 / $3")"; }

perf_row() { # name file
	[ -s "$2" ] || return 0
	seen=$(perf_seen "$2")
	[ "$seen" = 0 ] || row "$1" "$(stat -c %s "$2")" "$seen"
}

sh -c "$load"
"$kmemtool" record -o live.kmt --json -- sh -c "$load" >summary.json
events=$(within events total summary.json)
cpu_pack() { "$rusage" "pack-$1" "$kmemtool" pack --level "$1" live.kmt -o "pack-$1.kmt" 2>/dev/null; }
cpu_pack 1
cpu_pack 19

find_perf
if [ -n "$perf" ]; then
	# shellcheck disable=SC2086
	$perf record -q -a $slab_events -o plain.data sh -c "$load" >/dev/null 2>&1 || true
	# shellcheck disable=SC2086
	$perf record -q -z -a $slab_events -o z.data sh -c "$load" >/dev/null 2>&1 || true
fi
# The first two million: zstd -19 on all of them would take minutes.
"$bench" raw live.kmt 2000000 raw >raw.nr
zstd -q -19 -T0 raw -o raw.19
zstd -q -1 raw -o raw.1

echo "bytes of $events events (ls -lR /usr/lib $walks times); others: the same load, their own count"
printf '  %-48s %12s %14s %10s\n' "" bytes events bytes/ev
row "kmemtool record" "$(stat -c %s live.kmt)" "$events"
row "kmemtool pack --level 19" "$(stat -c %s pack-19.kmt)" "$events"
row "fixed records of 40 bytes, zstd -1" "$(stat -c %s raw.1)" "$(cat raw.nr)"
row "fixed records of 40 bytes, zstd -19" "$(stat -c %s raw.19)" "$(cat raw.nr)"
perf_row "perf record (slab events)" plain.data
perf_row "perf record -z (slab events)" z.data
if sh "$kernels/guest.sh" -a amd64 -k linux-image-cloud-amd64/bookworm-backports -m 1500 \
	-s trace-cmd-long -p 'trace-cmd libc6 libtraceevent1 libtracefs1 libzstd1' -o guest >guest.log 2>&1 &&
	"$kmemtool" import guest/trace.dat -o guest.kmt --json >guest.json 2>/dev/null; then
	# What is not imported takes its bytes of the file, too.
	records=$(sed -n 's/^ *"\(records\|ignored\)": "\([0-9]*\)",*$/\2/p' guest.json | awk '{ n += $1 } END { print n }')
	row "trace-cmd record --compression zstd, in a guest" "$(stat -c %s guest/trace.dat)" "$records"
	row "  the same imported" "$(stat -c %s guest.kmt)" "$(within events total guest.json)"
else
	echo "  trace-cmd: $(tail -n 1 guest.log)"
fi
"$kmemtool" info --json live.kmt >info.json || true
checkpoints=$(within checkpoints count info.json)
echo "  of these, ${checkpoints:-0} checkpoints: $(calc %.3f "$(within checkpoints bytes info.json) / $events") bytes an event"
echo

speed() { # name what
	line=$("$bench" "$2" "$3" | sort -n -k2 | sed -n 2p)
	# shellcheck disable=SC2086
	set -- "$1" $line
	printf '  %-48s %10s %12s %12s\n' "$1" "$3" "$(calc %.1f "1e3 / $3")" "$(calc %.1f "1e3 / $4")"
}
echo "speed, medians of 3; one core: events over the CPU time of all threads together"
printf '  %-48s %10s %12s %12s\n' "" "CPU ns/ev" "M/s one core" "M/s by clock"
speed "encode, zstd level 1" encode live.kmt
speed "decode" decode live.kmt
speed "decode of pack --level 19" decode pack-19.kmt
speed "decode without times and addresses" want live.kmt
echo

if [ -s plain.data ]; then
	perf script -i plain.data 2>/dev/null | head -n 2000000 >script.txt || true
	for i in 1 2 3; do "$rusage" import "$kmemtool" import script.txt -o script.kmt 2>/dev/null; done
	lines=$(wc -l <script.txt)
	echo "import of perf script: $lines lines, $(calc %.1f "$lines / $(median import) / 1e6") M lines a second by the clock (median of 3)"
	echo
fi

"$bench" repeat live.kmt "$big" big.kmt >big.nr
size=$(stat -c %s big.kmt)
for i in 1 2 3 4 5; do
	"$rusage" info "$kmemtool" info big.kmt >/dev/null
done
"$kmemtool" info --json big.kmt >info.json
span=$(json duration_ns info.json)
middle=$(calc %d "$span / 2e9")
# What is left in the page cache of a file that was thrown out of it is what was read.
sync big.kmt
dd if=big.kmt iflag=nocache count=0 status=none
before=$(fincore -n -b -o RES big.kmt | tr -d ' ')
"$rusage" cut "$kmemtool" dump --from "${middle}s" --to "$((middle + 1))s" big.kmt | wc -l >lines
after=$(fincore -n -b -o RES big.kmt | tr -d ' ')
echo "a trace of $size bytes, $(cat big.nr) events in $(calc %.0f "$span / 1e9") s"
echo "  info: $(calc %.0f "$(median info) * 1000") ms (median of 5)"
echo "  dump of one second from the middle: $(cat lines) events, $((after - before)) bytes read: $(calc %.2f "($after - $before) * 100 / $size") % of the file"
