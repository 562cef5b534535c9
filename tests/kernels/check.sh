# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # here is set by the scenario
# What a recording of any kernel must hold: for the scenarios with kmemtool record in guests, and
# for the host.  Beyond tests/privileged/scenario.sh and compare.sh.

tools=${KMEMTOOL_TOOLS:-$(dirname "$(realpath "$KMEMTOOL")")/tests/tools}

need_recorder() {
	for tool in count_events alloc_load fragment_load; do
		[ -x "$tools/$tool" ] || skip "no $tools/$tool: make check builds it"
	done
}

# boot_recorder GUEST-OPTION...: a guest of this processor that has the recorder.  A sanitizer's
# memory does not fit there.
boot_recorder() {
	need_recorder
	[ "$(uname -m)" = x86_64 ] || skip "the recorder runs on $(uname -m), the guest is x86_64"
	sanitized && skip "kmemtool is built with sanitizers"
	ldd "$KMEMTOOL" | grep -q 'not found' && fail "a library of kmemtool is missing"
	cp "$KMEMTOOL" kmemtool
	boot -a amd64 -f "$PWD/kmemtool $tools/count_events $tools/alloc_load $tools/fragment_load" "$@"
}

# counted NAME KEY: what the counting program says, 0 of what the kernel has no tracepoint for.
counted() {
	awk -v key="$2" '$1 == key { sum = $2 } END { print sum + 0 }' "$1.counts"
}

# recorded KIND WHAT: of the last tally: all, hooked, failed, interrupts, others.
recorded() {
	awk -v kind="$1" -v what="$2" '$1 == kind && $2 == what { sum = $3 } END { print sum + 0 }' tally
}

# tally FILE: lines KIND WHAT NUMBER into the file tally.
tally() {
	"$KMEMTOOL" dump "$1" --format csv > dump.csv || fail "dump of $1"
	awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		{
			kind = $at["type"]
			n[kind " all"]++
			if ($at["hooked"] == 1)
				n[kind " hooked"]++
			if ($at["failed"] == 1)
				n[kind " failed"]++
			if ($at["context"] ~ /irq|nmi/)
				n[kind " interrupts"]++
		}
		END { for (i in n) print i, n[i] }' dump.csv > tally
}

kinds="kmalloc kfree cache_alloc cache_free page_alloc page_free percpu_alloc percpu_free vmap_alloc
vmap_free"

# Events that had a tracepoint and found no room; those that no program was run for were in
# interrupts, which are not of the process.
lost_in_rings() {
	echo $(($(json info.json lost.total) - $(json info.json record.missed)))
}

# want NAME KIND: what the tracepoints must have given.  kfree() of nothing is no event, and a
# request that is told twice is one, where the recorder has seen that it is the same.
want() {
	case $2 in
	kfree) echo $(($(counted "$1" kfree) - $(counted "$1" kfree_nothing))) ;;
	kmalloc) echo $(($(counted "$1" kmalloc) - $(json info.json record.doubled))) ;;
	*) counted "$1" "$2" ;;
	esac
}

# expect_alone NAME: one process, in task context.
expect_alone() {
	expect_good_trace "$1.kmt"
	[ "$(counted "$1" unknown)" = 0 ] || fail "$1: the counting program knows no contexts"
	tally "$1.kmt"
	for kind in $kinds; do
		[ "$(recorded "$kind" interrupts)" = 0 ] ||
			fail "$1: $(recorded "$kind" interrupts) $kind in interrupts, with --pid"
	done
}

# expect_exact NAME: kind by kind, nothing lost.
expect_exact() {
	expect_alone "$1"
	[ "$(lost_in_rings)" = 0 ] || fail "$1: $(lost_in_rings) events found no room"
	# It waits for the second for some time only, and an emulated processor may stand still for longer.
	twice=$(counted "$1" kmalloc_twice)
	doubled=$(json info.json record.doubled)
	[ "$doubled" -le "$twice" ] && [ $((twice - doubled)) -le $((1 + twice / 50)) ] ||
		fail "$1: of $twice requests that were told twice $doubled became one"
	for kind in $kinds; do
		grep -q "^$kind " "$1.counts" || continue
		[ "$kind" = percpu_free ] || [ "$(want "$1" $kind)" -gt 0 ] || fail "$1: no $kind was counted"
		got=$(($(recorded $kind all) - $(recorded $kind hooked)))
		[ "$(want "$1" $kind)" = $got ] ||
			fail "$1: $(want "$1" $kind) $kind were counted, $got recorded"
	done
	[ "$(counted "$1" page_alloc_failed)" = "$(recorded page_alloc failed)" ] ||
		fail "$1: $(counted "$1" page_alloc_failed) pages were refused, $(recorded page_alloc failed) recorded"
	echo "$1: counted $(sum_wanted "$1") = recorded, lost 0"
}

sum_wanted() {
	for kind in $kinds; do
		want "$1" "$kind"
	done | awk '{ sum += $1 } END { print sum }'
}

# expect_lossy NAME: in all.  Of a request that is told twice one event may be lost, so the trace
# tells how many of the others became one.  No hooks are active, for what they lose is in no count.
expect_lossy() {
	expect_alone "$1"
	lost=$(lost_in_rings)
	[ "$lost" -gt 100 ] || fail "$1: only $lost events were lost, although the rings were small"
	all=0
	for kind in $kinds; do
		[ "$(recorded "$kind" hooked)" = 0 ] || fail "$1: hooks were active"
		all=$((all + $(recorded "$kind" all)))
	done
	expect_number info.json record.doubled -le "$(counted "$1" kmalloc_twice)"
	doubled=$(json info.json record.doubled)
	told=$(($(sum_wanted "$1") + doubled))
	[ "$told" = $((all + doubled + lost)) ] ||
		fail "$1: $told events were counted, $all recorded, $doubled doubled and $lost lost"
	echo "$1: counted $told = $all recorded + $doubled doubled + $lost lost"
}

# class CLASS KIND...: was captured, or a fact says why not.
class() {
	class=$1 how=$(json info.json "record.class.$1")
	shift
	case $how in
	'' | 'not asked for') fail "no fact tells how $class was captured" ;;
	tp_btf | fexit) ;;
	*)
		echo "$class: $how"
		return
		;;
	esac
	for kind; do
		[ "$(recorded "$kind" all)" -gt 0 ] || fail "no $kind, although $class was captured"
	done
}

# expect_whole NAME: a load of all classes: nothing lost, snapshots that replay begins and ends
# with.
expect_whole() {
	expect_good_trace "$1.kmt"
	expect_number info.json lost.total -eq 0
	[ "$(json info.json calib.preempt)" = counted ] || fail "contexts: $(json info.json calib.preempt)"
	for fact in calib.vmemmap_base calib.page_offset_base; do
		json info.json $fact | grep -qE '^0x[0-9a-f]{16}$' || fail "$fact: $(json info.json $fact)"
	done
	tally "$1.kmt"
	class slab kmalloc kfree cache_alloc cache_free
	class page page_alloc page_free
	class percpu percpu_alloc percpu_free
	class vmalloc vmap_alloc
	class transitions zone_locked
	expect 0 "$KMEMTOOL" replay "$1.kmt" -o "$1.json"
	match=$(json "$1.json" fidelity.bytes_alloc_match_pct)
	[ "$match" = 100.0 ] || fail "$1: sizes of kmalloc that the model has right: $match %"
	expect_number "$1.json" fidelity.slab_pages_real -gt 100
	expect 0 "$KMEMTOOL" report "$1.json" --view fidelity
	grep -q '^slab pages, of what changed' out || fail "no line of fidelity"
	echo "$1: $(json info.json events.total) events, $(share) % of them by hooks, $(json "$1.json" \
		fidelity.implied_frees) frees and $(json "$1.json" fidelity.implied_allocs) allocations unseen;" \
		"slab pages $(json "$1.json" fidelity.slab_pages_error_pct) % off," \
		"free pages $(json "$1.json" fidelity.free_pages_error_pct) %"
}

# Of all allocations and frees, those that had no tracepoint.
share() {
	awk '$1 !~ /^(mark|gap|zone_locked|pcpu_drain|extfrag)$/ && $2 == "all" { all += $3 }
		$2 == "hooked" { hooked += $3 }
		END { printf "%.2f", 100 * hooked / all }' tally
}

# expect_hooks NAME...: this kernel lets them in.
expect_hooks() {
	for hook; do
		json info.json "record.hook.$hook" | grep -qE '^(fentry|fexit)$' ||
			fail "hook of $hook: $(json info.json "record.hook.$hook")"
	done
	for kind in cache_free kfree page_alloc; do
		[ "$(recorded $kind hooked)" -gt 0 ] || fail "no $kind came by a hook"
	done
}

# A processor went and came back while all was recorded.
expect_hotplug() {
	expect_good_trace hotplug.kmt
	expect_number info.json lost.total -eq 0
	[ "$(cat hotplug.online)" = 1 ] || fail "the processor has not come back"
	"$KMEMTOOL" dump hotplug.kmt --format csv > dump.csv || fail "dump of hotplug.kmt"
	column cpu < dump.csv | sort | uniq -c > cpus
	[ "$(awk '$2 == 1 { print $1 }' cpus)" -gt 1000 ] || fail "hardly any event of the processor"
}

# expect_refusal NAME PATTERN: status 4, one clear line, nothing left and nothing run.
expect_refusal() {
	[ "$(cat "$1.status")" = 4 ] || fail "$1: status $(cat "$1.status") instead of 4"
	[ "$(wc -l < "$1.err")" = 1 ] || fail "$1: not one line: $(cat "$1.err")"
	grep -q "^kmemtool: record: .*$2" "$1.err" || fail "$1: $(cat "$1.err")"
	[ ! -e "$1.kmt" ] || fail "$1: an empty trace was left"
	[ ! -e "$1.ran" ] || fail "$1: the command was run"
}

# Two nodes: their zones are in the snapshot, and the model's machine has them.
expect_nodes() {
	[ "$(json "$1.json" machine.nodes)" = 2 ] ||
		fail "$1: the machine has $(json "$1.json" machine.nodes) nodes"
	for node in 0 1; do
		grep -q "\"node\": $node,\$" "$1.json" || fail "$1: no zone of node $node"
	done
	"$KMEMTOOL" dump "$1.kmt" --type page_alloc --format csv > dump.csv || fail "dump of $1.kmt"
	border=$(awk '/^Node 1,/ { on = 1 } on && /start_pfn:/ { print $2; exit }' zoneinfo)
	for node in 0 1; do
		pages=$(column pfn < dump.csv |
			awk -v node=$node -v border="$border" '$1 != "" && ($1 >= border) == node' | wc -l)
		[ "$pages" -gt 100 ] || fail "$1: only $pages pages of node $node, which ends at $border"
	done
}

# keep NAME: the trace of the load, for table.sh.
keep() {
	[ -z "${KMEMTOOL_TRACES:-}" ] || cp load.kmt "$KMEMTOOL_TRACES/$1.kmt" ||
		fail "no folder $KMEMTOOL_TRACES"
}

# expect_recorded HOOK...: all that guest/record leaves, with these hooks beyond the usual ones.
expect_recorded() {
	expect_exact exact
	expect_lossy lossy
	expect_whole load
	expect_hooks alloc_pages_bulk kmem_cache_alloc_bulk kmem_cache_free_bulk "$@"
	expect_hotplug
	expect_refusal nobtf BTF
	[ -s check.txt ] || fail "record --check says nothing"
}
