#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Each class of events alone: its kinds, and no others.
. "$(dirname "$0")/scenario.sh"
need_collector

# Forty processes at once need more kernel stacks than are kept in stock.
cat > load <<'END'
i=0
while [ $i -lt 40 ]; do
	sleep 0.2 &
	i=$((i + 1))
done
wait
END

kinds="kmalloc kfree cache_alloc cache_free page_alloc page_free page_free_batch percpu_alloc
percpu_free percpu_fail vmap_alloc vmap_free"

# class CLASS KINDS MUST: kinds that may appear, and those that have to.
class() {
	expect 0 "$KMEMTOOL" record -e "$1" -o "$1.kmt" -- sh load
	expect_good_trace "$1.kmt"
	how=$(json info.json "record.class.$1")
	if [ "$how" != tp_btf ]; then
		expect_line "^not recorded in full: $1"
		echo "note: $1: $how"
		return
	fi
	for kind in $kinds; do
		case " $2 " in
		*" $kind "*) ;;
		*) expect_number info.json "events.by_type.$kind" -eq 0 ;;
		esac
	done
	for kind in $3; do
		expect_number info.json "events.by_type.$kind" -gt 0
	done
	for other in slab page vmalloc percpu; do
		[ "$other" = "$1" ] || [ "$(json info.json "record.class.$other")" = "not asked for" ] ||
			fail "with -e $1, $other is said to be $(json info.json "record.class.$other")"
	done
}

class slab "kmalloc kfree cache_alloc cache_free" "kmalloc kfree cache_alloc cache_free"
class page "page_alloc page_free page_free_batch" "page_alloc page_free"
class vmalloc "vmap_alloc vmap_free" "vmap_alloc"
class percpu "percpu_alloc percpu_free percpu_fail" "percpu_alloc percpu_free"

# Two of them.
expect 0 "$KMEMTOOL" record -e percpu,vmalloc -o two.kmt -- sh load
read_info two.kmt
expect_number info.json events.by_type.percpu_alloc -gt 0
expect_number info.json events.by_type.kmalloc -eq 0
expect_number info.json events.by_type.page_alloc -eq 0

# Pages alone are page frames too, and know where they were taken.
top=$(dump_column page.kmt page_alloc pfn | sort -n | tail -n 1)
[ "$top" -lt "$(awk '/^MemTotal:/ { print $2 * 2 }' /proc/meminfo)" ] || fail "page frame $top"
exit 0
