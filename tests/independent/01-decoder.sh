#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A decoder that was written from kmemtool-trace(5) alone accepts every golden trace, agrees
# with each checkpoint, and prints the same bytes as kmemtool dump.
#
# KMEMTOOL, or the first argument, names the program.  Exits with 0 if all is well, 1 with the
# reason as its last line, 77 with the reason if this host cannot do it.  Further arguments are
# traces to compare in place of those of tests/.
set -u
export LC_ALL=C
tests=$(cd "$(dirname "$0")/.." && pwd)
KMEMTOOL=${1:-${KMEMTOOL:?names the program under test}}
[ $# -eq 0 ] || shift

fail() {
	echo "FAIL: $*"
	exit 1
}

# The first Python that has both packages: the one in PATH may be another than Debian's.
for python in python3 /usr/bin/python3 ''; do
	[ -z "$python" ] || "$python" -c 'import xxhash, zstandard' 2> /dev/null || continue
	break
done
if [ -z "$python" ]; then
	echo "no Python with zstandard and xxhash (packages python3-zstandard, python3-xxhash)"
	exit 77
fi

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
decode() {
	"$python" -B "$tests/tools/kmt_decode.py" "$@"
}

[ $# -gt 0 ] || set -- "$tests"/golden/*.kmt "$tests"/data/*.kmt
compared=0
for trace; do
	[ -e "$trace" ] || fail "$trace: not there"
	name=$(basename "$trace")
	decode --jsonl "$trace" > "$work/page" 2> "$work/err" || fail "$name: $(tail -n 1 "$work/err")"
	"$KMEMTOOL" dump --format jsonl "$trace" > "$work/tool" 2> "$work/err" ||
		fail "$name: dump: $(tail -n 1 "$work/err")"
	cmp -s "$work/page" "$work/tool" ||
		fail "$name: $(cmp "$work/page" "$work/tool" 2>&1 | sed 's/.*: *//'): the page's records are not those of dump"
	compared=$((compared + 1))
done

# It is no witness if it takes anything: every byte of a file is covered.
size=$(wc -c < "$1")
for offset in 9 40 70 250 $((size / 2)) $((size - 40)) $((size - 20)); do
	cp "$1" "$work/flip.kmt"
	byte=$(od -An -tu1 -j "$offset" -N 1 "$1" | tr -d ' ')
	printf '%b' "\\0$(printf %o $((byte ^ 16)))" | dd of="$work/flip.kmt" bs=1 seek="$offset" conv=notrunc status=none
	decode "$work/flip.kmt" > "$work/page" 2> "$work/err" && fail "a trace with byte $offset changed is accepted"
	grep -q "offset [0-9]*: " "$work/err" || fail "byte $offset changed: $(tail -n 1 "$work/err")"
done
echo "$compared traces"
exit 0
