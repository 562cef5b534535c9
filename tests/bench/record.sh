#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# make bench-record: what recording costs a load, and whether anything is lost, measured
# here and now beside perf, a program that only counts, and no tracing.
#
#   record.sh KMEMTOOL RUSAGE [COUNT_EVENTS]
#
#   ROUNDS=5   of everything, alternating, so that a noisy machine is noisy for all
#   QUICK=1    one round
#   WALKS=8    of the load, through the file tree
#   MIXED=600  seconds of the mixed load; 0 leaves it out
#
# Wall times are the load's own: a recorder's start and end are not in them, but are in its
# CPU seconds, which are those of the whole command less those of the load.  What its eBPF
# programs take is in the load's, which hardly tell of other work on the host.  Events are
# those of the whole host.  Ratios are of medians, and from least to most of the single rounds.
# The exit status is 1 if a run failed or a figure is not what was promised.
set -eu
kmemtool=$(realpath "$1")
rusage=$(realpath "$2")
count_events=
[ ! -x "${3:-}" ] || count_events=$(realpath "$3")
here=$(realpath "$(dirname "$0")")
. "$here/lib.sh"
rounds=${ROUNDS:-5}
[ "${QUICK:-0}" = 0 ] || rounds=1
mixed=${MIXED:-600}
max_ratio=1.25
max_own_kib=65536
status=0

bench_enter bench-record
find_perf

# The mixed load ends without its file; the recorder runs in the background, and hears no ^C.
leave() {
	rm -f running
	[ ! -s pid ] || kill "$(cat pid)" 2>/dev/null || true
	wait
	rm -rf "$dir"
}
trap leave EXIT

# FILE...: the line that most probably tells why a command failed.
reason() {
	grep -hm 1 -E '^kmemtool: |[Ee]rror|[Ff]ailed' "$@" || cat "$@" | grep . | tail -n 1 ||
		echo "no reason given"
}

# NAME: whether its last run ended well; else NAME.failed says why not.
check_run() {
	[ "$(tail -n 1 "$1.whole" | cut -d' ' -f3)" != 0 ] || return 0
	reason "$1.err" "$1.out" >"$1.failed"
	return 1
}

# NAME: CPU seconds of a command that ran its load, without those of the load.
note_cpu() {
	tail -qn 1 "$1.whole" "$1.load" | awk '{ s = $4 + $5 - s } END { print -s }' >>"$1.cpu"
}

# NAME COMMAND...: the load under COMMAND once.
run() {
	name=$1
	shift
	"$rusage" "$name.whole" "$@" "$rusage" "$name.load" sh -c "$load" >"$name.out" 2>"$name.err"
	check_run "$name" && note_cpu "$name"
}

run_kmemtool() { # NAME OPTION...
	name=$1
	shift
	run "$name" "$kmemtool" record -o trace.kmt --json "$@" -- || return 0
	note_summary "$name.out" "$name."
}

run_perf() { # NAME ARGUMENT..., with -o perf.data
	[ -n "$perf" ] || return 0
	name=$1
	shift
	run "$name" "$perf" "$@" || return 0
	seen=$(perf_seen perf.data)
	echo "$seen" >>"$name.events"
	[ "$seen" = 0 ] || calc '%.4f\n' "$(stat -c %s perf.data) / $seen" >>"$name.bytes"
	perf_lost perf.data >>"$name.lost"
	# So that it is not written to the disk while the next is measured.
	rm -f perf.data
}

run_counting() {
	[ -n "$count_events" ] || return 0
	[ -e counting.in ] || mkfifo counting.in
	"$rusage" counting.whole "$count_events" all <counting.in >counting.out 2>counting.err &
	counter=$!
	exec 3>counting.in
	until grep -q '^counting$' counting.out; do
		kill -0 "$counter" 2>/dev/null || break
		sleep 0.1
	done
	"$rusage" counting.load sh -c "$load" 3>&-
	exec 3>&-
	wait "$counter"
	check_run counting || return 0
	tail -n 1 counting.whole | awk '{ print $4 + $5 }' >>counting.cpu
	awk '$1 == "missed" { print $2 }' counting.out >>counting.lost
	awk 'NF == 2 && !/^(kmalloc_large|page_alloc_failed|missed) / { n += $2 } END { print n }' \
		counting.out >>counting.events
}

# NAME: each run's ratio to the untraced one of its round; untraced ones to their median, which
# tells how noisy it is here.
ratios() {
	case $1 in
	untraced) awk -v m="$untraced" '{ print $1 / m }' untraced.load ;;
	ring-*) ;; # after the rounds
	*) paste untraced.load "$1.load" | awk 'NF == 10 { print $6 / $1 }' ;;
	esac >"$1.ratio"
}
cell() { # FORMAT FILE
	if [ -s "$2" ]; then calc "$1" "$(median "$2")"; else echo -; fi
}

line='  %-32s %7s %6s %15s %9s %8s %11s %9s %s\n'
# shellcheck disable=SC2059
row() { # NAME TITLE
	if [ -e "$1.failed" ]; then
		printf '  %-32s failed: %s\n' "$2" "$(cat "$1.failed")"
		status=1
	elif [ -e "$1.load" ]; then
		ratios "$1"
		awk '{ print $4 + $5 }' "$1.load" >"$1.load-cpu"
		lost=- of_rounds=-
		[ ! -s "$1.lost" ] || lost=$(most "$1.lost")
		[ ! -s "$1.ratio" ] ||
			of_rounds=$(calc "%.2f to %.2f" "$(least "$1.ratio"), $(most "$1.ratio")")
		printf "$line" "$2" "$(cell %.2f "$1.load")" \
			"$(calc %.2f "$(median "$1.load") / $untraced")" \
			"$of_rounds" "$(cell %.2f "$1.load-cpu")" "$(cell %.2f "$1.cpu")" \
			"$(cell %d "$1.events")" "$(cell %.2f "$1.bytes")" "$lost"
	fi
}

promise() { # WHAT IS-MET
	if [ "$2" = 1 ]; then
		echo "  promised: $1: met"
	else
		echo "  promised: $1: NOT MET"
		status=1
	fi
}

# FILE: what the recorder itself says of its last loss.
print_loss() { sed -n 's/^lost /    of the last run: &/p' "$1"; }

measure_load() {
	sh -c "$load"
	round=0
	while [ "$round" -lt "$rounds" ]; do
		round=$((round + 1))
		"$rusage" untraced.load sh -c "$load"
		run_counting
		run_kmemtool default
		run_kmemtool slab -e slab
		run_kmemtool stacks -g16
		run_perf perf-kmem kmem --slab record -o perf.data
		# shellcheck disable=SC2086
		run_perf perf-z record -q -z -a $slab_events -o perf.data
		[ "$round" != 1 ] || run_perf perf-page kmem --slab --page record -o perf.data
	done
	for ring in 256k 1M 4M 16M; do
		run_kmemtool "ring-$ring" --ring "$ring"
	done
	untraced=$(median untraced.load)
}

print_load() {
	echo "ls -lR /usr/lib, $walks times, on $(nproc) CPUs, $(uname -r): medians, rounds: $rounds; lost: the most of a round"
	# shellcheck disable=SC2059
	printf "$line" "" "wall s" ratio "of rounds" "load CPU" "own CPU" events bytes/ev lost
	row untraced "untraced"
	row counting "counting alone"
	row default "kmemtool record"
	row slab "kmemtool record -e slab"
	row stacks "kmemtool record -g16"
	row perf-kmem "perf kmem --slab record"
	row perf-z "perf record -z (slab)"
	row perf-page "perf kmem --slab --page, 1 round"
	[ -n "$perf" ] || echo "  perf: not to be had here (package linux-perf, tracefs)"
	echo
	echo "kmemtool record --ring SIZE (of each CPU), 1 round each"
	for ring in 256k 1M 4M 16M; do
		row "ring-$ring" "--ring $ring"
	done
	echo
	[ -s default.events ] || return 0
	echo "  rate: untraced $(calc %.2f "$(median default.events) / $untraced / 1e6") M events/s," \
		"recorded $(calc %.2f "$(median default.events) / $(median default.load) / 1e6") M/s"
	ratio=$(calc %.2f "$(median default.load) / $untraced")
	promise "at most $max_ratio times untraced, measured $ratio" "$(calc %d "$ratio <= $max_ratio")"
	promise "0 lost, measured $(most default.lost)" "$(calc %d "$(most default.lost) == 0")"
	print_loss default.err
}

# PID: a line a second of KiB: VmRSS, of these anonymous, of files, shared, rings, all but
# rings.  The recorder maps its rings, so the kernel counts them as memory of the process.
sample() {
	while cat "/proc/$1/status" "/proc/$1/smaps" 2>/dev/null >sample.now && [ -s sample.now ]; do
		awk '
			/^VmRSS:/ { rss = $2 }
			/^RssAnon:/ { anon = $2 }
			/^RssFile:/ { file = $2 }
			/^RssShmem:/ { shmem = $2 }
			/^[0-9a-f]+-[0-9a-f]+ / { is_ring = /bpf-map/ }
			/^Rss:/ && is_ring { rings += $2 }
			END { if (rss) print rss, anon, file, shmem, rings + 0, rss - rings }' sample.now >>samples
		sleep 1
	done
}

memory_row() { # TITLE COLUMN
	nr=$(wc -l <samples)
	tenth=$(((nr + 9) / 10))
	# The first tenth of a recording is its start: of ten minutes, the first.
	sed -n "$((tenth + 1)),$((2 * tenth))p" samples >second
	tail -n "$tenth" samples >last
	printf '  %-32s %8s %8s %8s %8s\n' "$1" "$(calc %.1f "$(least samples "$2") / 1024")" \
		"$(calc %.1f "$(median samples "$2") / 1024")" "$(calc %.1f "$(most samples "$2") / 1024")" \
		"$(calc %+.1f "($(median last "$2") - $(median second "$2")) / 1024")"
}

measure_mixed() {
	"$rusage" mixed.whole sh -c 'echo $$ >pid; exec "$@"' sh "$kmemtool" record -o mixed.kmt --json -- \
		"$rusage" mixed.load "$here/mixed.sh" "$mixed" "$here/../.." >mixed.json 2>mixed.err &
	command=$!
	while [ ! -s pid ]; do sleep 0.1; done
	sample "$(cat pid)"
	rm pid
	wait "$command"
}

print_mixed() {
	echo "mixed load for $mixed s, until each ended its round: file tree, compiler, sqlite, loopback"
	if [ "$(cut -d' ' -f3 mixed.whole mixed.load | sort -u)" != 0 ] || ! [ -s samples ]; then
		echo "  failed: $(reason mixed.err)"
		status=1
		return 0
	fi
	note_summary mixed.json mixed.
	note_cpu mixed
	seconds=$(calc %.3f "$(json duration_ns mixed.json) / 1e9")
	echo "  done meanwhile: $(grep -E '^[0-9]+ [a-z ]+$' mixed.json | paste -sd, | sed 's/,/, /g')"
	echo "  $(cat mixed.events) events in $(calc %.1f "$seconds") s, $(calc %.0f "$(cat mixed.events) / $seconds") events/s, $(cat mixed.bytes) bytes/event, $(cat mixed.lost) lost"
	echo "  recorder's CPU: $(calc %.2f "$(cat mixed.cpu)") s, $(calc %.2f "$(cat mixed.cpu) * 100 / $seconds") % of one, $(calc %.2f "$(cat mixed.cpu) * 100 / $seconds / $(nproc)") % of all"
	printf '  %-32s %8s %8s %8s %8s\n' "memory, MiB, $(wc -l <samples) samples" min median max growth
	memory_row "resident" 1
	memory_row "  anonymous" 2
	memory_row "  of files and maps" 3
	memory_row "  shared" 4
	memory_row "  rings" 5
	memory_row "all but the rings" 6
	echo "  growth: median of the last tenth of the time less that of the second tenth"
	own=$(most samples 6)
	promise "0 lost, measured $(cat mixed.lost)" "$(calc %d "$(cat mixed.lost) == 0")"
	print_loss mixed.err
	promise "at most $((max_own_kib / 1024)) MiB and the rings, measured $(calc %.1f "$own / 1024")" \
		"$(calc %d "$own <= $max_own_kib")"
}

measure_load
print_load
if [ "$mixed" -gt 0 ]; then
	echo
	measure_mixed
	print_mixed
fi
exit "$status"
