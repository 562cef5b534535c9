#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Page events alone, from this host's own memory as the page map shows it: at the end the model
# has as many free pages and large blocks as the host, and took each page from the same zone.
. "$(dirname "$0")/scenario.sh"
need_collector
[ -r /proc/kpageflags ] || skip "no /proc/kpageflags: nobody knows where the pages are"

cat > load << 'END'
ls -lR /usr/lib > /dev/null
i=0
while [ $i -lt 300 ]; do
	i=$((i + 1))
	head -c 2000000 /dev/zero > file.$i
	cat file.* | tail -c 1 > /dev/null
	[ $((i % 7)) = 0 ] || rm file.$i
	[ $((i % 50)) != 0 ] || rm -f file.*
done
END
# What the recorder itself takes is a part of the host's memory too.
expect 0 "$KMEMTOOL" record -e page --include-self --page-map yes -o pages.kmt -- sh ./load
grep -q 'none lost' err || fail "events were lost"
expect 0 "$KMEMTOOL" replay --check pages.kmt -o pages.json

# Free blocks of orders 9 and 10, in all zones.
awk '/"blocks_(end|real)": / { which = /end/ ? 1 : 2; n = 0; next }
	which && /\]/ { which = 0 }
	which { gsub("[ ,]", ""); if (n >= 9) { sum[which] += $0 * 2 ^ n
			if (which == 1) model[zones, n] = $0; else { off += ($0 > model[zones, n] ? $0 - model[zones, n] : model[zones, n] - $0) * 2 ^ n; if (n == 10) zones++ } }
		n++ }
	END { printf "%.2f\n", sum[2] ? 100 * off / sum[2] : 100 }' pages.json > large
large=$(cat large)
free=$(json pages.json fidelity.free_pages_error_pct)
match=$(json pages.json fidelity.zone_match_pct)
events=$(json pages.json events.replayed)
echo "$events page events: free pages $free % off, blocks of orders 9 and 10 $large %, zones $match % right"
holds() {
	awk "BEGIN { exit !($1) }" || fail "$1"
}
holds "$free <= 1"
holds "$large <= 10"
holds "$match >= 99"
exit 0
