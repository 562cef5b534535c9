# SPDX-License-Identifier: GPL-2.0-only
#
# One plain spelling of an event for three texts, to compare them line for line:
#
#	awk -v text=ftrace -f lines.awk trace		the kernel's own
#	awk -v text=trace-cmd -f lines.awk report	trace-cmd report -t -l
#	awk -v text=dump -f lines.awk dump		kmemtool dump of a trace made from either
#
# What a kernel's line means is written down here a second time, apart from the importer:
#
#	time cpu thread context[/depth] kind what follows in the order of the dump
#
# Of the dump nothing is taken out but what the kernel did not say in that line: which cache an
# allocation is from, what follows from call chains, gaps and snapshots.  Flags are sets of
# single names, sorted, for composites change with the release: in 6.1, which writes the
# ftrace text, GFP_ATOMIC has a bit of its own and GFP_NOWAIT warns.  -v bh=ignore for trace-cmd, whose
# report has no letter for bottom halves that are off; -v cache=ignore leaves out the caches
# of frees, too.

function fail(why) {
	print FILENAME ":" FNR ": " why > "/dev/stderr"
	bad = 1
	exit 1
}

function hex(digits,    i, value) {
	for (i = 1; i <= length(digits); i++)
		value = value * 16 + index("0123456789abcdef", substr(digits, i, 1)) - 1
	return value + 0
}

# Decimal digits to hex, by long division: 64 bits are too many for a number of awk.
function hex_of(digits,    i, rest, quotient, word) {
	do {
		quotient = ""
		rest = 0
		for (i = 1; i <= length(digits); i++) {
			rest = rest * 10 + substr(digits, i, 1)
			quotient = quotient int(rest / 16)
			rest %= 16
		}
		word = substr("0123456789abcdef", rest + 1, 1) word
		sub(/^0+/, "", quotient)
		digits = quotient
	} while (digits != "")
	return "0x" word
}

# A pointer of either spelling: 0x, no zeros in front.
function pointer(word) {
	if (word == "(nil)")
		return "0x0"
	sub(/^0x/, "", word)
	sub(/^0+/, "", word)
	return "0x" (word == "" ? "0" : word)
}

function flags(word,    names, n, i, j, name, set) {
	if (word == "none" || word == "0")
		return "none"
	n = split(word, names, "|")
	for (i = 1; i <= n; i++) {
		name = names[i]
		if (name in composite)
			set = set " " composite[name]
		else if (name ~ /^__GFP_/)
			set = set " " substr(name, 7)
		else if (text == "dump" && name ~ /^[A-Z0-9_]+$/)
			set = set " " name
		else
			fail("flag " name)
	}
	n = split(set, names, " ")
	for (i = 2; i <= n; i++) {
		name = names[i]
		for (j = i - 1; j > 0 && names[j] > name; j--)
			names[j + 1] = names[j]
		names[j + 1] = name
	}
	set = names[1]
	for (i = 2; i <= n; i++)
		if (names[i] != names[i - 1])
			set = set "|" names[i]
	return set
}

# "d..1." or, with BH off, "b....": interrupts, reschedule, context, depth of preemption.
function context(letters,    where, depth) {
	where = substr(letters, 3, 1)
	depth = substr(letters, 4, 1)
	where = where ~ /[zZ]/ ? "nmi" : where ~ /[hH]/ ? "hardirq" : where == "s" ? "softirq" : "task"
	if (substr(letters, 1, 1) ~ /[dD]/)
		where = where "+irq"
	if (substr(letters, 1, 1) ~ /[bD]/)
		where = where "+bh"
	return where (depth == "." ? "" : "/" hex(depth))
}

# The values of "key=value key=value", in has[].
function read_values(rest,    words, n, i, at) {
	split("", has)
	n = split(rest, words, " ")
	for (i = 1; i <= n; i++) {
		at = index(words[i], "=")
		if (at)
			has[substr(words[i], 1, at - 1)] = substr(words[i], at + 1)
		else if (words[i] == "va_start:") # of alloc_vmap_area, in decimal
			has["addr"] = hex_of(words[i + 1])
	}
}

function site(    word) {
	word = has["call_site"]
	sub(/\/0x[0-9a-f]+$/, "", word)
	return word == "" ? "" : " " word
}

function sizes() {
	return " req=" has["bytes_req"] " alloc=" has["bytes_alloc"]
}

function node() {
	return has["node"] == "-1" ? "" : " node=" has["node"]
}

# Events that are not the allocators' come to nothing.
function translate(event) {
	if (event ~ /^(kmalloc|kmem_cache_alloc)(_node)?$/)
		return (event ~ /^kmalloc/ ? "kmalloc " : "cache_alloc ") pointer(has["ptr"]) sizes() \
			" " flags(has["gfp_flags"]) node() site()
	if (event == "kfree")
		return "kfree " pointer(has["ptr"]) site()
	if (event == "kmem_cache_free")
		return "cache_free " pointer(has["ptr"]) (cache == "ignore" ? "" : " " has["name"]) site()
	if (event == "mm_page_alloc") {
		if (has["page"] ~ /^(0+|\(nil\))$/)
			return "page_alloc FAILED order=" has["order"] " " flags(has["gfp_flags"]) \
				" type=" has["migratetype"]
		return "page_alloc pfn=" hex(substr(has["pfn"], 3)) " order=" has["order"] " " \
			flags(has["gfp_flags"]) " type=" has["migratetype"]
	}
	if (event == "mm_page_free")
		return "page_free pfn=" hex(substr(has["pfn"], 3)) " order=" has["order"]
	if (event == "mm_page_free_batched")
		return "page_free_batch pfn=" hex(substr(has["pfn"], 3))
	if (event == "percpu_alloc_percpu")
		return "percpu_alloc " pointer(has["ptr"]) " req=" has["size"] " alloc=" \
			has["bytes_alloc"] " align=" has["align"] " " flags(has["gfp_flags"]) site()
	if (event == "percpu_free_percpu")
		return "percpu_free " pointer(has["ptr"])
	if (event == "alloc_vmap_area")
		return "vmap_alloc " (has["failed"] == "0" ? has["addr"] : "FAILED") \
			" req=" has["size"] " align=" has["align"]
	if (event == "free_vmap_area_noflush")
		return "vmap_free " pointer(has["va_start"])
	return ""
}

# Nanoseconds since the first event, as the dump counts: "0.000001000".
function since_first(word,    at, ns) {
	at = index(word, ".")
	ns = substr(word "000", at + 1, 9)
	ns = substr(word, 1, at - 1) * 1000000000 + ns
	if (first == "")
		first = ns
	ns -= first
	if (ns < 0)
		return sprintf("-%d.%09d", int(-ns / 1000000000), -ns % 1000000000)
	return sprintf("%d.%09d", int(ns / 1000000000), ns % 1000000000)
}

function kernel_line(    head, words, n, event, what, letters, cpu, thread) {
	if (!match($0, where))
		fail("a line that is no event")
	head = substr($0, RSTART + 1, RLENGTH - 3)
	event = substr($0, RSTART + RLENGTH)
	n = split(head, words, " ")
	thread = words[1]
	if (text == "ftrace") {
		cpu = substr(words[2], 2, length(words[2]) - 2)
		letters = words[3]
	} else {
		match(words[2], /^[0-9]+/)
		cpu = sprintf("%03d", substr(words[2], 1, RLENGTH))
		letters = substr(words[2], RLENGTH + 1)
	}
	match(event, /^[a-z_]+: */)
	read_values(substr(event, RLENGTH + 1))
	event = substr(event, 1, RLENGTH)
	sub(/: *$/, "", event)
	what = translate(event)
	if (what == "")
		return
	print since_first(words[n]), "[" cpu "]", thread, lines_context(context(letters)), what
}

function lines_context(where) {
	if (bh == "ignore")
		sub(/\+bh/, "", where)
	return where
}

function dump_line(    i, line, has_stack) {
	if ($4 == "mark" || $4 == "gap")
		return
	$4 = lines_context($4)
	for (i = 6; i <= NF; i++) {
		if ($i == "none" || $i ~ /^[A-Z][A-Z0-9_|]*$/ && $i != "FAILED")
			$i = flags($i)
		has_stack = has_stack || $i ~ /^stack=/
		if ($i ~ /^(owner|stack)=/)
			$i = ""
	}
	# Call sites of these come from the call chain.
	if (has_stack && $5 ~ /^(page_|vmap_|percpu_free)/ && $NF ~ /[+]0x/)
		$NF = ""
	$0 = $0
	# pointer, req, alloc, flags, node?, cache, call site
	if ($5 == "cache_alloc") {
		i = $10 ~ /^node=/ ? 11 : 10
		if (NF == i + 1)
			$i = ""
	}
	if ($5 == "cache_free" && cache == "ignore" && NF == 8)
		$7 = ""
	# Allocated before the name of its cache was known.
	if ($5 == "cache_free")
		sub(/#[0-9]+$/, "", $7)
	line = $0
	gsub(/  +/, " ", line)
	sub(/ +$/, "", line)
	print line
}

BEGIN {
	# Between the command's name, which may hold anything, and the event.
	where = "-[0-9]+ +" (text == "ftrace" ? "[[][0-9]+[]] " : "[0-9]+") "[^ ]+ +[0-9]+[.][0-9]+: "
	kernel = "DIRECT_RECLAIM KSWAPD_RECLAIM IO FS"
	composite["GFP_KERNEL"] = kernel
	composite["GFP_KERNEL_ACCOUNT"] = kernel " ACCOUNT"
	composite["GFP_NOFS"] = "DIRECT_RECLAIM KSWAPD_RECLAIM IO"
	composite["GFP_NOIO"] = composite["__GFP_RECLAIM"] = "DIRECT_RECLAIM KSWAPD_RECLAIM"
	composite["GFP_USER"] = kernel " HARDWALL"
	composite["GFP_HIGHUSER"] = kernel " HARDWALL HIGHMEM"
	composite["GFP_HIGHUSER_MOVABLE"] = kernel " HARDWALL HIGHMEM MOVABLE"
	composite["GFP_TRANSHUGE_LIGHT"] = "IO FS HARDWALL HIGHMEM MOVABLE COMP NOMEMALLOC NOWARN"
	composite["GFP_TRANSHUGE"] = composite["GFP_TRANSHUGE_LIGHT"] " DIRECT_RECLAIM"
	composite["GFP_ATOMIC"] = "HIGH KSWAPD_RECLAIM" (text == "ftrace" ? " ATOMIC" : "")
	composite["GFP_NOWAIT"] = "KSWAPD_RECLAIM" (text == "ftrace" ? "" : " NOWARN")
	composite["GFP_DMA"] = "DMA"
	composite["GFP_DMA32"] = "DMA32"
}

text == "dump" {
	dump_line()
	next
}

# Heads, call chains, losses.
/^#/ || /^ *=>/ || /^\t=>/ || /<stack trace>/ || /^cpus=/ || /^CPU:[0-9]+ \[/ || /^$/ { next }
/: kernel_stack: / { next }

{ kernel_line() }

END { exit bad }
