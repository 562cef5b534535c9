#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Memory filled and fragmented with a file on tmpfs, then asked for huge pages: the model gets
# about as many as the kernel did.
here=$(dirname "$0")
. "$here/../privileged/scenario.sh"
. "$here/compare.sh"
. "$here/check.sh"

boot_recorder -k linux-image-cloud-amd64/bookworm-backports -m 384 -s fragment
cd guest || fail "no guest"
grep -q 'none lost' record.err || fail "the recording: $(cat record.err)"
got=$(tail -n 1 huge)
moved=$(awk '/^pgmigrate_success / { print $2 }' vmstat)
[ "$got" -ge 10 ] || fail "the kernel got only $got huge pages"
[ "$moved" -ge 1000 ] || fail "the kernel moved only $moved pages for them"

# One request each, and one in vain each time that there were no more.
expect 0 "$tools/huge_check" fragment.kmt
read -r _ _ _ host _ model < out
host=${host%,}
[ "$host" = "$got" ] || fail "the trace has $host huge pages, the kernel got $got"
off=$((host > model ? host - model : model - host))
echo "huge pages: the kernel got $host and moved $moved pages, the model has $model"
# The kernel's own number is 53 to 59 from one run to the next.
[ $((off * 100)) -le $((host * 15)) ] || fail "the model is off by more than 15 %"
exit 0
