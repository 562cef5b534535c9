#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A guest with 48 MiB of free memory: every page that the kernel refuses is in the trace.  (Of
# 120 MiB the kernel's own image takes the rest; with 48 in all it does not boot.)
here=$(dirname "$0")
. "$here/../privileged/scenario.sh"
. "$here/compare.sh"
. "$here/check.sh"

boot_recorder -k linux-image-cloud-amd64/bookworm-backports -m 120 -s small
cd guest || fail "no guest"
free=$(awk '/^MemFree:/ { print int($2 / 1024) }' meminfo)
[ "$free" -le 56 ] || fail "$free MiB were free"
expect_exact failures
failed=$(recorded page_alloc failed)
[ "$failed" -ge 5 ] || fail "only $failed pages were refused"
# Each was preceded by reclaim or compaction that brought nothing.
stalls=$(awk '/^allocstall_|^compact_fail/ { sum += $2 } END { print sum + 0 }' vmstat)
[ "$stalls" -ge "$failed" ] || fail "$failed requests failed, the kernel tells of $stalls stalls"
expect 0 "$KMEMTOOL" replay failures.kmt -o failures.json
[ "$(json failures.json fidelity.failures_real)" -ge "$failed" ] ||
	fail "replay knows of $(json failures.json fidelity.failures_real) failures"
echo "$free MiB free: $failed requests for pages failed, told and counted"
exit 0
