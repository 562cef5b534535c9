#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The page map of the opening snapshot beside the free lists of the same snapshot: as many free
# pages, in blocks of the same orders; and when there is none.
. "$(dirname "$0")/scenario.sh"
need_collector
[ -r /proc/kpageflags ] || skip "/proc/kpageflags cannot be read here"

# blocks MAP: the blocks by order that its free runs must be in, one line an order, and the sum.
blocks() {
	awk '
		function hex(text,   value, i) {
			value = 0
			for (i = 1; i <= length(text); i++)
				value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
			return value
		}
		function cut(   order, pages) {
			while (free) {
				order = 0
				pages = 1
				while (order < 10 && start % (2 * pages) == 0 && free >= 2 * pages) {
					order++
					pages *= 2
				}
				nr[order]++
				sum += pages
				start += pages
				free -= pages
			}
		}
		/^page_map/ { next }
		/^@/ { at = hex(substr($1, 2)); next }
		/^cut/ { next }
		$2 == "F" {
			if (start + free != at) { cut(); start = at }
			free += $1
		}
		{ at += $1 }
		END {
			cut()
			for (order = 0; order <= 10; order++)
				print order, nr[order] + 0
			print "pages", sum + 0
		}' "$1"
}

# The same of /proc/buddyinfo.
buddies() {
	awk '
		{ for (order = 0; order <= 10; order++) nr[order] += $(5 + order) }
		END {
			for (order = 0; order <= 10; order++) {
				print order, nr[order] + 0
				sum += nr[order] * 2 ^ order
			}
			print "pages", sum + 0
		}' "$1"
}

expect 0 "$KMEMTOOL" record --page-map yes -e page -o map.kmt -- true
expect_good_trace map.kmt
case $(json info.json record.page_map) in
"taken in "*[0-9]" s") ;;
*) fail "record.page_map is '$(json info.json record.page_map)'" ;;
esac
expect_number info.json record.page_map_ns -gt 0
expect 0 "$KMEMTOOL" info map.kmt
grep -q '^page map   taken in ' out || fail "info does not tell of the map"
expect 0 "$KMEMTOOL" info --snapshot 0:page_map map.kmt
cp out map.txt
expect 0 "$KMEMTOOL" info --snapshot 0:/proc/buddyinfo map.kmt
cp out buddyinfo.txt

# Nothing but the lines that there are.
head -n 1 map.txt | grep -qx 'page_map 1' || fail "the map begins with $(head -n 1 map.txt)"
sed 1d map.txt | grep -vxE '@[0-9a-f]+|[1-9][0-9]* [FUSAaPpDdLHGRX]|[1-9][0-9]* [USAaPpDdLHGRX][1-9][0-9]?' > wrong
[ -s wrong ] && fail "the map has a line '$(head -n 1 wrong)'"
for kind in F S P p A; do
	grep -q "^[0-9]* $kind" map.txt || fail "the map has no page of kind $kind"
done

# All frames of System RAM, whole ones, are in it.
"$KMEMTOOL" info --snapshot 0:/proc/iomem map.kmt | awk '
	function hex(text,   value, i) {
		value = 0
		for (i = 1; i <= length(text); i++)
			value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
		return value
	}
	/^[0-9a-f]+-[0-9a-f]+ : System RAM/ {
		split($1, range, "-")
		first = int((hex(range[1]) + 4095) / 4096)
		last = int((hex(range[2]) + 1) / 4096)
		if (last > first)
			sum += last - first
	}
	END { print sum + 0 }' > ram
awk '/^[0-9]/ { sum += $1 } END { print sum }' map.txt > mapped
cmp -s ram mapped || fail "the map has $(cat mapped) pages, System RAM $(cat ram)"

# The lists were read before the map, on a host that goes on living, and the recorder itself takes
# some pages to read it: a hundredth of the pages may have been taken or freed, and two hundredths
# be in blocks of another order.
blocks map.txt > got
buddies buddyinfo.txt > want
paste -d ' ' want got | awk '
	{ printf "order %-6s buddyinfo %9d  map %9d\n", $1, $2, $4 }
	$1 != "pages" { want[$1] = $2; got[$1] = $4 }
	$1 == "pages" { pages = $2; other = $4 - $2 }
	END {
		if (other < 0)
			other = -other
		if (other > pages / 100)
			print "WRONG free pages differ by " other
		for (order = 0; order <= 10; order++) {
			d = (got[order] - want[order]) * 2 ^ order
			sum += d < 0 ? -d : d
		}
		printf "in blocks of another order: %d of %d pages\n", sum, pages
		if (sum > pages / 50)
			print "WRONG " sum " pages are in blocks of another order"
	}' > compared
cat compared
grep -q WRONG compared && fail "$(grep WRONG compared | head -n 1)"

# A replay takes it, and so does an anonymous copy.
expect 0 "$KMEMTOOL" replay map.kmt -o result.json
expect 0 "$KMEMTOOL" pack --anonymize map.kmt -o anonymous.kmt
expect 0 "$KMEMTOOL" info --snapshot 0:page_map anonymous.kmt
cmp -s out map.txt || fail "the map of the anonymous trace is another"

# A trace of limited size has a part of it, which says so.
expect 0 "$KMEMTOOL" record --page-map yes --max-size 128k -e page -o cut.kmt -- true
expect_good_trace cut.kmt
expect 0 "$KMEMTOOL" info --snapshot 0:page_map cut.kmt
[ "$(wc -c < out)" -le 16384 ] || fail "a map of $(wc -c < out) bytes"
[ "$(wc -c < map.txt)" -gt 16384 ] && { tail -n 1 out | grep -qxE 'cut [0-9a-f]+' ||
	fail "it ends with $(tail -n 1 out)"; }

# Not taken: not asked for, without page events; the closing snapshot has none either.
for options in '--page-map no' '-e slab' '--page-map yes -e slab,vmalloc'; do
	# shellcheck disable=SC2086
	expect 0 "$KMEMTOOL" record $options -o none.kmt -- true
	expect_good_trace none.kmt
	expect 0 "$KMEMTOOL" info --snapshot 0 none.kmt
	grep -q page_map out && fail "a map with $options"
	[ -n "$(json info.json record.page_map)" ] || fail "not told why there is no map with $options"
done
expect 0 "$KMEMTOOL" info --snapshot 1 map.kmt
grep -q page_map out && fail "the closing snapshot has a map"
[ -s out ] || fail "no closing snapshot"

# In a flight it is kept until the landing.
expect 0 "$KMEMTOOL" record --page-map yes --last 10s -e page -o flight.kmt -- true
expect 0 "$KMEMTOOL" info --snapshot 0:page_map flight.kmt
[ "$(wc -l < out)" -gt 100 ] || fail "a flight has a map of $(wc -l < out) lines"

# A signal ends it; what was recorded until then is there.
"$KMEMTOOL" record --page-map yes -o signal.kmt > out 2> err < /dev/null &
recorder=$!
wait_for_file signal.kmt $recorder
kill -INT $recorder
wait $recorder || fail "status $? of a recorder that was asked to stop"
expect_good_trace signal.kmt
exit 0
