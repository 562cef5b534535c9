#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The recorder on Debian's 6.1: no tracepoints of vmalloc, hooks where the kernel lets them in.
here=$(dirname "$0")
. "$here/../privileged/scenario.sh"
. "$here/compare.sh"
. "$here/check.sh"

boot_recorder -k linux-image-amd64 -s record
cd guest || fail "no guest"
expect_recorded alloc_vmap_area free_vmap_area_noflush
[ "$(json info.json record.class.vmalloc)" = fexit ] || fail "areas: $(json info.json record.class.vmalloc)"
json info.json host.release | grep -q '^6\.1\.' || fail "another kernel: $(json info.json host.release)"
keep debian-6.1
exit 0
