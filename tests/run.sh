#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Run every test and count:  tests/run.sh OBJ KMEMTOOL SUITE... -- FUZZ...
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
trap 'rm -f "$log"' EXIT

unit() {
	"$1" >"$log" 2>&1
	status=$?
	line=$(grep -E '^[0-9]+%: Checks: ' "$log" | tail -n 1)
	checks=$(echo "$line" | sed -n 's/.*Checks: \([0-9]*\),.*/\1/p')
	bad=$(echo "$line" | sed -n 's/.*Failures: \([0-9]*\), Errors: \([0-9]*\)/\1 + \2/p')
	bad=$((${bad:-0}))
	skips=$(grep -c '^SKIP' "$log")
	if [ -z "$checks" ] || { [ "$status" != 0 ] && [ "$bad" = 0 ]; }; then
		checks=${checks:-1} bad=1
	fi
	grep '^SKIP' "$log"
	if [ "$bad" != 0 ]; then
		echo "FAIL ${1#"$obj"/}"
		cat "$log"
	fi
	passed=$((passed + checks - bad - skips)) failed=$((failed + bad)) skipped=$((skipped + skips))
}

fuzz() {
	name=$(basename "$1")
	if "$1" "tests/corpus/${name#fuzz_}" >"$log" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL $name"
		cat "$log"
	fi
}

while [ $# -gt 0 ] && [ "$1" != -- ]; do
	unit "$1"
	shift
done
shift
for target in "$@"; do
	fuzz "$target"
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
