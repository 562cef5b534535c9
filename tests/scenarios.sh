#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Run scripts, each in an empty folder of its own, and count:  tests/scenarios.sh SCRIPT...
# One that cannot be done here exits with 77, its last line being the reason.  What one prints
# that passes are its figures.
# $KMEMTOOL is the program under test.
set -u
passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

for script in "$@"; do
	dir=$(mktemp -d)
	script=$(realpath "$script")
	(cd "$dir" && sh "$script") >"$log" 2>&1
	case $? in
	0)
		passed=$((passed + 1))
		sed "s/^/$(basename "$script" .sh): /" "$log"
		;;
	77)
		skipped=$((skipped + 1))
		echo "SKIP: $(basename "$script"): $(tail -n 1 "$log")"
		;;
	*)
		failed=$((failed + 1))
		echo "FAIL $(basename "$script")"
		cat "$log"
		;;
	esac
	rm -rf "$dir"
done

echo "scenarios: $passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
