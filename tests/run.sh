#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Run every test and count:  tests/run.sh OBJ KMEMTOOL PROGRAM...
#
# A unit suite is a Check program: its closing line has the numbers, and a line
# "SKIP: suite/case: reason" for what could not be tested.  A fuzz target replays its
# corpus and mutations of it.  tests/cli/run.sh ends in "cli: N passed, N failed, N
# skipped".  A scenario (independent decoder, this host, other kernels) exits with 77
# when it cannot be done here.
set -u
cd "$(dirname "$0")/.."
obj=$1
KMEMTOOL=$(realpath "$2")
export KMEMTOOL
shift 2
passed=0 failed=0 skipped=0
log=$(mktemp)
logs=$(mktemp -d)
export logs
trap 'rm -rf "$log" "$logs"' EXIT

# Suites and fuzz targets touch nothing that is shared: as many at once as there are CPUs.
# What PROGRAM printed is in $logs/NUMBER, its status in $logs/NUMBER.status.
run_all() {
	number=0
	for program in "$@"; do
		number=$((number + 1))
		printf '%s %s\n' "$number" "$program"
	done | xargs -P "$(nproc)" -L 1 sh -c '
		case $2 in
		*/fuzz_*) set -- "$1" "$2" "tests/corpus/${2##*/fuzz_}" ;;
		esac
		number=$1
		shift
		"$@" >"$logs/$number" 2>&1
		echo $? >"$logs/$number.status"' run
}

# unit SUITE NUMBER
unit() {
	status=$(cat "$logs/$2.status")
	line=$(grep -E '^[0-9]+%: Checks: ' "$logs/$2" | tail -n 1)
	checks=$(echo "$line" | sed -n 's/.*Checks: \([0-9]*\),.*/\1/p')
	bad=$(echo "$line" | sed -n 's/.*Failures: \([0-9]*\), Errors: \([0-9]*\)/\1 + \2/p')
	bad=$((${bad:-0}))
	skips=$(grep -c '^SKIP' "$logs/$2")
	if [ -z "$checks" ] || { [ "$status" != 0 ] && [ "$bad" = 0 ]; }; then
		checks=${checks:-1} bad=1
	fi
	grep '^SKIP' "$logs/$2"
	if [ "$bad" != 0 ]; then
		echo "FAIL ${1#"$obj"/}"
		cat "$logs/$2"
	fi
	passed=$((passed + checks - bad - skips)) failed=$((failed + bad)) skipped=$((skipped + skips))
}

# fuzz TARGET NUMBER
fuzz() {
	if [ "$(cat "$logs/$2.status")" = 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL $(basename "$1")"
		cat "$logs/$2"
	fi
}

run_all "$@"
number=0
for program in "$@"; do
	number=$((number + 1))
	case $program in
	*/fuzz_*) fuzz "$program" "$number" ;;
	*) unit "$program" "$number" ;;
	esac
done

# The last line of a run of many is "NAME: N passed, N failed, N skipped".
tally() {
	line=$(grep -E "^$1: [0-9]+ passed" "$log" | tail -n 1)
	if [ -n "$line" ]; then
		# shellcheck disable=SC2086
		set -- $line
		passed=$((passed + $2)) failed=$((failed + $4)) skipped=$((skipped + $6))
	else
		failed=$((failed + 1))
	fi
}

tests/cli/run.sh >"$log" 2>&1
grep -vE '^ok ' "$log"
tally cli
tests/scenarios.sh tests/independent/[0-9]*.sh tests/privileged/[0-9]*.sh tests/kernels/[0-9]*.sh \
	>"$log" 2>&1
grep -v '^scenarios: ' "$log"
tally scenarios

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
