#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What is left out in the kernel: --pid, --cpu, --min-size, --sample-sites.
. "$(dirname "$0")/scenario.sh"
need_collector

# A process that forks and reads files when it is told to; what it starts is not it.
cat > worker <<'END'
read -r go
while [ "$go" = go ]; do
	i=0
	while [ $i -lt 100 ]; do
		(:)
		read -r line < /proc/stat
		i=$((i + 1))
	done
	read -r go || exit 0
done
END

# rows KINDS: the columns "type ptr-or-pfn bytes_req call_site cpu pid context" of what is in all.csv.
rows() {
	awk -F, -v kinds=" $1 " '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		kinds == "  " ? $at["type"] != "mark" : index(kinds, " " $at["type"] " ") {
			place = $at["ptr"] != "" ? $at["ptr"] : $at["pfn"]
			print $at["type"], place == "" ? "-" : place,
				$at["bytes_req"] == "" ? "-" : $at["bytes_req"],
				$at["call_site"] == "" ? "-" : $at["call_site"],
				$at["cpu"], $at["pid"], $at["context"]
		}' all.csv
}

dump_all() {
	"$KMEMTOOL" dump "$1" --format csv > all.csv || fail "dump of $1"
}

# Processes: their own events, and no interrupts, though they interrupt them, and us.
mkfifo one two
sh worker < one &
first=$!
exec 8> one
sh worker < two &
second=$!
exec 9> two
"$KMEMTOOL" record --pid "$first" -o pid.kmt > out 2> err < /dev/null &
recorder=$!
wait_for_file pid.kmt $recorder
sleep 0.3
echo go >&8
echo go >&9
sleep 1
kill -INT $recorder
wait $recorder || fail "status $? with --pid"
expect_good_trace pid.kmt
[ "$(json info.json record.filter.pid)" = "$first" ] || fail "no fact record.filter.pid"
dump_all pid.kmt
[ "$(rows "" | wc -l)" -gt 1000 ] || fail "$(rows "" | wc -l) events of a process that forks"
others=$(rows "" | awk -v pid="$first" '$6 != pid' | wc -l)
[ "$others" = 0 ] || fail "$others events of other processes with --pid"
interrupts=$(rows "" | grep -cE ' (softirq|hardirq|nmi)')
[ "$interrupts" = 0 ] || fail "$interrupts events of interrupts with --pid"

"$KMEMTOOL" record --pid "$first,$second" -o pids.kmt > out 2> err < /dev/null &
recorder=$!
wait_for_file pids.kmt $recorder
sleep 0.3
echo go >&8
echo go >&9
sleep 1
kill -INT $recorder
wait $recorder || fail "status $? with two processes"
exec 8>&- 9>&-
wait "$first" "$second"
read_info pids.kmt
[ "$(json info.json record.filter.pid)" = "$first,$second" ] || fail "record.filter.pid is another"
dump_all pids.kmt
[ "$(rows "" | awk '{ print $6 }' | sort -u | tr '\n' ' ')" = \
	"$(printf '%s\n' "$first" "$second" | sort | tr '\n' ' ')" ] || fail "not those two processes"

# Loads that ask for much and for little.
cat > load <<'END'
i=0
while [ $i -lt 200 ]; do
	cat /proc/stat
	i=$((i + 1))
done > /dev/null
seq 1000 | xargs touch
seq 1000 | xargs rm
END

# CPUs: the files lie elsewhere, so that the names are nobody else's.
mkdir files
expect 0 "$KMEMTOOL" record --cpu 0 -o cpu.kmt -- sh -c 'cd files; sh ../load'
expect_good_trace cpu.kmt
[ "$(json info.json record.filter.cpu)" = 0 ] || fail "no fact record.filter.cpu"
dump_all cpu.kmt
# Freeing on another CPU is as much an event of that CPU.
[ "$(rows "" | grep -v '^gap ' | awk '{ print $5 }' | sort -u)" = 0 ] || fail "events of other CPUs"

# Sizes.  expect_pairs ALLOC FREE PERCENT NR: of what was recorded, NR at least, so much was freed,
# and nothing else.
expect_pairs() {
	rows "$1 $2" | awk -v alloc="$1" -v least="$3" -v wanted="$4" '
		$1 == alloc { asked[$2]++; nr++ }
		$1 != alloc { freed[$2]++; frees++ }
		END {
			for (place in freed)
				if (freed[place] > asked[place])
					unknown++
			if (unknown)
				print unknown " unknown ones freed"
			else if (nr < wanted || frees * 100 < nr * least)
				print nr " taken, " frees + 0 " freed"
		}' > pairs
	[ -s pairs ] && fail "$1: $(cat pairs)"
}

expect 0 "$KMEMTOOL" record --min-size 1k -o size.kmt -- sh -c 'cd files; sh ../load'
expect_good_trace size.kmt
expect_number info.json record.filter.min_bytes -eq 1024
dump_all size.kmt
small=$(rows "kmalloc cache_alloc percpu_alloc vmap_alloc" | awk '$3 < 1024' | wc -l)
[ "$small" = 0 ] || fail "$small requests below 1 KiB with --min-size 1k"
expect_pairs kmalloc kfree 80 100
expect_pairs cache_alloc cache_free 50 100
rows page_alloc | grep -q . || fail "no pages: they are larger than 1 KiB"

# Call sites: their share.
sites() {
	rows "kmalloc cache_alloc" | awk '$4 != "-" { print $4 }' | sort -u
}

expect 0 "$KMEMTOOL" record -e slab -o full.kmt -- sh -c 'cd files; sh ../load'
read_info full.kmt
[ -z "$(json info.json record.weight)" ] || fail "a weight where all was recorded"
dump_all full.kmt
sites > full.sites
expect 0 "$KMEMTOOL" record -e slab --sample-sites 10 -o tenth.kmt -- sh -c 'cd files; sh ../load'
expect_good_trace tenth.kmt
expect_number info.json record.weight -eq 10
dump_all tenth.kmt
sites > tenth.sites
# Sites that only take what lives on may be among them: no share of frees is known.
expect_pairs kmalloc kfree 0 0
expect_pairs cache_alloc cache_free 0 0
all=$(wc -l < full.sites)
some=$(wc -l < tenth.sites)
[ "$all" -ge 50 ] || fail "$all call sites are too few to tell"
if [ $((some * 30)) -lt "$all" ] || [ $((some * 4)) -gt "$all" ]; then
	fail "$some of $all call sites are not a tenth"
fi
exit 0
