# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What the scenarios share; each begins with:  . "$(dirname "$0")/scenario.sh"
#
# A scenario is run in an empty directory of its own, with KMEMTOOL naming the program.
# It exits with 0 if all is well, 1 with the reason as its last line, 77 with the reason
# if this host cannot do it.

set -u
export LC_ALL=C
: "${KMEMTOOL:?names the program under test}"

fail() {
	echo "FAIL: $*"
	for report in out err; do
		[ -s "$report" ] && sed "s/^/  $report: /" "$report" | tail -n 20
	done
	echo "FAIL: $*"
	exit 1
}

skip() {
	echo "$*"
	exit 77
}

# Leave with 77 where the kernel or the user cannot record at all.
need_collector() {
	"$KMEMTOOL" record -o probe.kmt -d 1ms > out 2> err
	status=$?
	rm -f probe.kmt
	[ "$status" = 4 ] && skip "$(head -n 1 err)"
	[ "$status" = 0 ] || fail "a first recording ended with status $status"
}

# The program under test is built with sanitizers, whose own memory is many times the program's.
sanitized() {
	ldd "$KMEMTOOL" | grep -q libasan
}

# expect STATUS COMMAND...: its output is in the files out and err.
expect() {
	expected=$1
	shift
	"$@" > out 2> err < /dev/null
	status=$?
	[ "$status" = "$expected" ] || fail "status $status instead of $expected: $*"
}

# expect_line PATTERN: a line of stderr is like this.
expect_line() {
	grep -qE -e "$1" err || fail "nothing like '$1' on stderr"
}

# expect_one_error REASON: stderr has one line of ours, and it tells that reason.
expect_one_error() {
	[ "$(grep -c '^kmemtool: ' err)" = 1 ] || fail "not one line of error"
	grep -q "^kmemtool: record: .*$1" err || fail "the error does not tell of '$1'"
}

# json FILE KEY: the value at a path like events.by_type.kfree, objects only; empty if absent.
json() {
	awk -v want="$2" '
		match($0, /^ *"[^"]*": /) {
			match($0, /^ */)
			depth = RLENGTH
			line = substr($0, depth + 2)
			key[depth] = substr(line, 1, index(line, "\"") - 1)
			path = key[1]
			for (i = 2; i <= depth; i++)
				path = path "." key[i]
			if (path == want) {
				sub(/^[^"]*": /, "", line)
				sub(/,$/, "", line)
				gsub(/^"|"$/, "", line)
				print line
				exit
			}
		}' "$1"
}

# expect_number FILE KEY OP NUMBER: OP as for test, e.g. -gt.
expect_number() {
	value=$(json "$1" "$2")
	case $value in
	'' | *[!0-9]*) fail "$2 is '$value', not a number" ;;
	esac
	test "$value" "$3" "$4" || fail "$2 is $value, expected $3 $4"
}

# Facts of a trace into the file info.json; a trace that is whole, unless told otherwise.
read_info() {
	"$KMEMTOOL" info --json "$1" > info.json 2> err
	status=$?
	[ "$status" = "${2:-0}" ] || fail "info of $1: status $status"
}

# A trace that was ended as it should be: whole, with a footer and both snapshots.
expect_good_trace() {
	expect 0 "$KMEMTOOL" verify "$1"
	read_info "$1"
	[ "$(json info.json complete)" = true ] || fail "$1 is not complete"
	expect_number info.json snapshots -eq 2
}

# column NAME: that column of CSV on stdin, without its head.
column() {
	awk -F, -v name="$1" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i; if (!at) exit 1; next }
		{ print $at }'
}

# dump_column FILE TYPES COLUMN
dump_column() {
	"$KMEMTOOL" dump "$1" --type "$2" --format csv > dump.csv || fail "dump of $1"
	column "$3" < dump.csv
}

# The recorder has got as far as creating its file; from then on it takes signals.
wait_for_file() {
	tries=0
	until [ -e "$1" ]; do
		tries=$((tries + 1))
		[ "$tries" -gt 1200 ] && fail "the recorder has not created $1"
		kill -0 "$2" 2> /dev/null || fail "the recorder ended before it created $1"
		sleep 0.05
	done
}

# forks NR: that many processes, one after the other, each with its own task_struct.
forks() {
	count=0
	while [ "$count" -lt "$1" ]; do
		(:)
		count=$((count + 1))
	done
}
