# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What the scenarios with guests share, beyond tests/privileged/scenario.sh.

# boot GUEST-OPTION...: the guest's files are in the folder guest afterwards.
boot() {
	# shellcheck disable=SC2154 # set by the scenario
	sh "$here/guest.sh" "$@" -o guest > guest.log 2>&1
	case $? in
	0) ;;
	77) skip "$(tail -n 1 guest.log)" ;;
	*) fail "$(tail -n 1 guest.log)" ;;
	esac
}

# lines TEXT FILE OUT: FILE in the plain spelling of lines.awk; further arguments are its variables.
lines() {
	text=$1 from=$2 to=$3
	shift 3
	awk "$@" -v text="$text" -f "$here/lines.awk" "$from" > "$to" || fail "$from cannot be translated"
}

# same A B: or fail with the first lines that differ.
same() {
	cmp "$1" "$2" > cmp.log 2>&1 ||
		fail "$(cat cmp.log): $(diff "$1" "$2" | head -n 4 | tr '\n' ' ')"
}
