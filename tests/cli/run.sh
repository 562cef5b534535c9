#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Command-line tests: tests/cli/run.sh [-u] [FILE.t...]
#
# A .t file is a list of cases with the exact output that is expected:
#
#   == name of the case
#   ? shell command           skip the case if this fails; what follows # says why
#   $ shell command           one or more lines, run together by bash
#   > a line of stdout
#   ! a line of stderr
#   = exit status             0 if left out
#
# Other lines are comments.  The cases of a file share one empty directory with links to
# the golden traces; "kmemtool" is $KMEMTOOL (default build/kmemtool).  -u writes what
# really came out into the files: read the diff before you believe it.

export LC_ALL=C
unset ARGP_HELP_FMT COLUMNS
top=$(cd "$(dirname "$0")/../.." && pwd)
export top
KMEMTOOL=$(realpath "${KMEMTOOL:-$top/build/kmemtool}")
export KMEMTOOL
update=
if [ "$1" = -u ]; then
	update=1
	shift
fi
if [ ! -x "$KMEMTOOL" ]; then
	echo "run.sh: $KMEMTOOL: not there; make it first" >&2
	exit 2
fi
passed=0 failed=0 skipped=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The case that is being read.
begin_case() {
	name=$1 condition= status=0 has_case=1
	echo 'kmemtool() { "$KMEMTOOL" "$@"; }' > "$work/script"
	: > "$work/stdout.want"
	: > "$work/stderr.want"
}

# In a shell of its own, so that a command that hangs is a failure and no more.
run_script() {
	(
		cd "$work/dir" || exit 99
		exec timeout -k 5 120 bash "$work/script"
	) > "$work/stdout" 2> "$work/stderr" < /dev/null
	got=$?
}

is_skipped() {
	[ -n "$condition" ] && ! (cd "$work/dir" && eval "$condition") > /dev/null 2>&1
}

check_case() {
	local label="$suite: $name"

	if is_skipped; then
		echo "skip  $label (${condition#*# })"
		skipped=$((skipped + 1))
		return
	fi
	run_script
	if [ "$got" = "$status" ] && cmp -s "$work/stdout" "$work/stdout.want" &&
		cmp -s "$work/stderr" "$work/stderr.want"; then
		echo "ok    $label"
		passed=$((passed + 1))
		return
	fi
	echo "FAIL  $label"
	[ "$got" = "$status" ] || echo "      exit status $got, expected $status"
	diff -u --label expected --label stdout "$work/stdout.want" "$work/stdout"
	diff -u --label expected --label stderr "$work/stderr.want" "$work/stderr"
	failed=$((failed + 1))
}

# What the case printed, in place of what the file said; a skipped one stays.
update_case() {
	if is_skipped; then
		cp "$work/stdout.want" "$work/stdout"
		cp "$work/stderr.want" "$work/stderr"
		got=$status
	else
		run_script
	fi
	sed 's/^/> /' "$work/stdout" >> "$work/new"
	sed 's/^/! /' "$work/stderr" >> "$work/new"
	[ "$got" = 0 ] || echo "= $got" >> "$work/new"
}

end_case() {
	[ -n "$has_case" ] || return
	has_case=
	if [ -n "$update" ]; then update_case; else check_case; fi
}

keep() {
	[ -z "$update" ] || printf '%s\n' "$line" >> "$work/new"
}

run_file() {
	suite=$(basename "$1" .t)
	has_case=
	rm -rf "$work/dir"
	mkdir "$work/dir"
	ln -s "$top"/tests/golden/*.kmt "$work/dir"
	: > "$work/new"
	while IFS= read -r line; do
		case $line in
		'== '*) end_case; keep; begin_case "${line#== }" ;;
		'? '*) keep; condition=${line#\? } ;;
		'$ '*) keep; printf '%s\n' "${line#\$ }" >> "$work/script" ;;
		'> '* | '>') line=${line#>}; printf '%s\n' "${line# }" >> "$work/stdout.want" ;;
		'! '* | '!') line=${line#!}; printf '%s\n' "${line# }" >> "$work/stderr.want" ;;
		'= '*) status=${line#= } ;;
		*) end_case; keep ;;
		esac
	done < "$1"
	end_case
	[ -z "$update" ] || cp "$work/new" "$1"
}

[ $# -gt 0 ] || set -- "$top"/tests/cli/*.t
for file; do
	run_file "$file"
done
[ -z "$update" ] || exit 0
echo "cli: $passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
