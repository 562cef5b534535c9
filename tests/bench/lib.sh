# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034
# What the benchmarks share; sourced by them.
#
# Measures are files of one line a run, in columns: rusage writes them, and the functions
# below work on them.

# Walks a file tree: metadata only, a million slab events each time.
walks=${WALKS:-8}
load="for i in \$(seq $walks); do ls -lR /usr/lib; done > /dev/null"
slab_events='-e kmem:kmalloc -e kmem:kfree -e kmem:kmem_cache_alloc -e kmem:kmem_cache_free'

# NAME: a room of its own, which becomes the current directory and goes at the end.
bench_enter() {
	[ "$(id -u)" = 0 ] || {
		echo "$1: recording needs root" >&2
		exit 1
	}
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
	trap 'exit 1' INT TERM HUP
	cd "$dir" || exit 1
}

calc() { awk "BEGIN { printf \"$1\", $2 }"; }

# FILE [COLUMN], for each of these.
column() { awk -v c="${2:-1}" '{ print $c }' "$1" | sort -n; }
median() { column "$@" | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
least() { column "$@" | head -n 1; }
most() { column "$@" | tail -n 1; }

# KEY FILE: a number of JSON as kmemtool prints it.
json() { sed -n "s/^ *\"$1\": *\([0-9.]*\),*$/\1/p" "$2" | head -n 1; }
# OBJECT KEY FILE: the same, after the line that opens the object.
within() { sed -n "/\"$1\": {/,/}/p" "$3" | sed -n "s/^ *\"$2\": *\([0-9.]*\),*$/\1/p" | head -n 1; }

# SUMMARY PREFIX: one more line of PREFIXevents, PREFIXbytes (an event) and PREFIXlost.
note_summary() {
	within events total "$1" >>"$2events"
	json bytes_per_event "$1" >>"$2bytes"
	within lost total "$1" >>"$2lost"
}

# Sets perf to its name, or to nothing where it is missing or has no tracepoints.
find_perf() {
	perf=
	command -v perf >/dev/null 2>&1 || return 0
	mountpoint -q /sys/kernel/tracing 2>/dev/null ||
		mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null || true
	[ ! -e /sys/kernel/tracing/events/kmem ] || perf=perf
}

# FILE: samples that perf wrote to it.
perf_seen() { perf report -i "$1" --stats 2>/dev/null | awk '/SAMPLE events:/ && !n { n = $3 } END { print n + 0 }'; }
# FILE: events that perf lost.  The first table counts the records that tell of losses, those
# of each event what they tell, which older kernels and perfs cannot.
perf_lost() {
	perf report -i "$1" --stats 2>/dev/null | awk '
		/ stats:$/ { per_event = !/^Aggregated/ }
		/LOST_SAMPLES events:/ && per_event { lost += $3 }
		/LOST events:/ && !per_event { records += $3 }
		END { if (lost || !records) print lost + 0; else print "in " records " places" }'
}
