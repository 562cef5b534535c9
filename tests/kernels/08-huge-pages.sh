#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Memory filled and fragmented with a file on tmpfs, then asked for huge pages: the model gets as
# many as the kernel did.
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
dump_column fragment.kmt page_alloc order > orders
asked=$(grep -cx 9 orders)
[ "$asked" -gt "$got" ] || fail "$asked requests for $got huge pages"
expect 0 "$KMEMTOOL" replay --check fragment.kmt -o fragment.json
expect 0 "$KMEMTOOL" report --view failures --format json fragment.json
cp out failures.json
awk '/"order": / { gsub(",", "", $2); order = $2 }
	/"host_failed": / { host = /true/ }
	/"model_failed": / { if (order == 9 && host && /false/) more++; if (order == 9 && !host) less++ }
	END { print more + 0, less + 0 }' failures.json > differ
read -r more less < differ
echo "huge pages: the kernel got $got of $asked asked for, and moved $moved pages;" \
	"the model got $((got + more - less))"
[ $(((more + less) * 100)) -le $((got * 5)) ] ||
	fail "$more of those that the kernel refused were served, $less of the others refused"
exit 0
