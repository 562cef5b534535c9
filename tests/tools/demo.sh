#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# make demo: a few seconds of this host's kernel, from recording to report.
# Where the host does not let itself be recorded, the same on a real trace that was
# recorded elsewhere.
set -eu
kmemtool=$1
dir=$2/demo
mkdir -p "$dir"
trace=$dir/demo.kmt

workload='for i in 1 2 3; do ls -lR /usr/lib >/dev/null; done; for i in 1 2 3 4 5 6 7 8 9 10; do sh -c "cat /proc/self/maps; true" >/dev/null; done; head -c 64M /dev/zero >"$0" && cat "$0" >/dev/null && rm "$0"'
sudo=
[ "$(id -u)" = 0 ] || ! command -v sudo >/dev/null 2>&1 || sudo=sudo

echo "recording this host for a few seconds ..."
status=0
$sudo "$kmemtool" record -o "$trace" -- sh -c "$workload" "$dir/scratch" || status=$?
if [ "$status" = 4 ]; then
	trace=tests/data/demo.kmt
	echo "this host cannot be recorded; going on with $trace, a real trace of another"
elif [ "$status" != 0 ]; then
	exit "$status"
fi
[ -z "$sudo" ] || [ ! -f "$dir/demo.kmt" ] || sudo chown "$(id -u)" "$dir/demo.kmt"

"$kmemtool" replay "$trace" -o "$dir/demo.json"
echo
"$kmemtool" report "$dir/demo.json"
echo
echo "more:  $kmemtool report $dir/demo.json --view caches   (or waste, call-sites, zones, failures, misuse, fidelity)"
echo "       $kmemtool dump $trace --limit 20"
