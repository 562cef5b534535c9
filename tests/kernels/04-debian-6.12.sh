#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The recorder on Debian's 6.12, on a machine of two nodes.
here=$(dirname "$0")
. "$here/../privileged/scenario.sh"
. "$here/compare.sh"
. "$here/check.sh"

boot_recorder -k linux-image-amd64/bookworm-backports -n 2 -s record
cd guest || fail "no guest"
expect_recorded
json info.json host.release | grep -q '^6\.12\.' || fail "another kernel: $(json info.json host.release)"
expect_nodes load
keep debian-6.12
exit 0
