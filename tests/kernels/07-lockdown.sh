#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A kernel that locks its memory away (lockdown=confidentiality): a trace that is whole, or one
# line that says why there is none.
here=$(dirname "$0")
. "$here/../privileged/scenario.sh"
. "$here/compare.sh"
. "$here/check.sh"

boot_recorder -k linux-image-amd64/bookworm-backports -m 384 -c lockdown=confidentiality -s lockdown
cd guest || fail "no guest"
grep -q '\[confidentiality\]' lockdown || skip "this kernel has no lockdown: $(cat lockdown)"
if [ "$(cat lockdown.status)" = 0 ]; then
	expect_good_trace lockdown.kmt
	expect_number info.json lost.total -eq 0
	tally lockdown.kmt
	class slab kmalloc kfree cache_alloc cache_free
	class page page_alloc page_free
	echo "recorded: $(cat lockdown.err)"
else
	expect_refusal lockdown lockdown
	cat lockdown.err
fi
exit 0
