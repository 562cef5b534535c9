#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# How each class of events was captured, a row a trace:  table.sh [-m] TRACE...
#
# From the facts of the traces alone; -m writes the rows of an mdoc list for the manual page.
# The scenarios here leave their traces in $KMEMTOOL_TRACES.
. "$(dirname "$0")/../privileged/scenario.sh"

style=plain
if [ "${1:-}" = -m ]; then
	style=mdoc
	shift
fi
[ $# -gt 0 ] || fail "no trace given"

# cell CLASS
cell() {
	how=$(json info.json "record.class.$1")
	case $how in
	tp_btf) echo tracepoints ;;
	fexit) echo 'fentry, fexit' ;;
	'' | 'not asked for') echo '?' ;;
	*) echo "no: ${how%%;*}" ;;
	esac
}

# Paths that have no tracepoint: how each is had, or why not.
hooks() {
	sed -n 's/^ *"hook\.\([^"]*\)": "\([^"]*\)".*/\1 \2/p' info.json |
		awk '$1 ~ /vmap_area/ || /no such function$/ { next }
			{ name = $1; sub(/^[^ ]* /, ""); list[$0] = list[$0] (list[$0] ? ", " : "") name }
			END {
				for (how in list) {
					printf "%s%s: %s", sep, how, list[how]
					sep = "; "
				}
			}'
}

row() {
	if [ $style = mdoc ]; then
		printf '.It %s' "$1"
		shift
		# In short: a row that does not fit into its line cannot be read.
		printf ' Ta %s' "$@" | sed 's/tracepoints/tp/g; s/: [^;]*//g'
	else
		printf '%s' "$1"
		shift
		printf ' | %s' "$@"
	fi
	echo
}

[ $style = mdoc ] || row kernel slab page vmalloc percpu transitions 'untraced paths'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for trace; do
	trace=$(realpath "$trace")
	(
		cd "$work" && read_info "$trace"
		row "$(json info.json host.release)" "$(cell slab)" "$(cell page)" "$(cell vmalloc)" \
			"$(cell percpu)" "$(cell transitions)" "$(hooks)"
	) || exit
done
