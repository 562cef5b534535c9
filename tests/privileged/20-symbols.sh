#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A host whose /proc/kallsyms hides its addresses: what is said, and names from an ELF file,
# while recording and afterwards.
#
# A vmlinux of this kernel is not at hand, so one is made: its functions as /proc/kallsyms
# tells them, 16 MiB lower, with calls before the call sites that a first recording has met.
. "$(dirname "$0")/scenario.sh"
need_collector
for tool in as ld objcopy unshare; do
	command -v $tool > /dev/null || skip "no $tool"
done
[ "$(uname -m)" = x86_64 ] || skip "not x86-64"
grep -q '^[0-9a-f]*[1-9a-f][0-9a-f]* . _stext$' /proc/kallsyms || skip "/proc/kallsyms hides its addresses"
sed 's/^[0-9a-f]*/0000000000000000/' /proc/kallsyms > hidden
unshare -m mount --bind hidden /proc/kallsyms 2> /dev/null || skip "no mount namespace of its own"

load='ls -lR /usr/share/doc/a* > /dev/null; find /proc/self > /dev/null; true | cat | cat'
# hidden COMMAND...: with the addresses of kallsyms hidden.
hidden() {
	unshare -m sh -c 'mount --bind hidden /proc/kallsyms && exec "$@"' sh "$@"
}

# sites FILE: "address name+offset" of each call site and frame, "address null" without a name.
sites() {
	"$KMEMTOOL" dump "$1" --stacks --format jsonl |
		grep -o '"call_site": "0x[0-9a-f]*", "symbol": [^,}]*' | tr -d '",' | cut -d' ' -f2,4 | sort -u
}

expect 0 "$KMEMTOOL" record -g -o shown.kmt -- sh -c "$load"
read_info shown.kmt
[ "$(json info.json record.symbols)" = kallsyms ] || fail "symbols: $(json info.json record.symbols)"
sites shown.kmt > shown
# And those of a recorder that calibrates: its own are the first that it knows.
expect 0 "$KMEMTOOL" record -e page -g -o outer.kmt -- "$KMEMTOOL" record --ring 64k -o inner.kmt -d 1ms
sites outer.kmt | sort -u - shown > all
mv all shown
[ "$(wc -l < shown)" -ge 50 ] || fail "only $(wc -l < shown) call sites"
id=$(json info.json host.build_id)

# The first name of each address of the text (an assembler takes a name but once: others are
# named again.N), and a call before each call site there; awk has no numbers of 64 bits, but the
# text is in the last 2 GiB.
awk -v shift=16777216 '
	function hex(s,    n, i) {
		for (i = length(s) - 7; i <= length(s); i++)
			n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
		return n
	}
	FNR == NR {
		if ($3 == "_stext") start = hex($1)
		if ($3 == "_etext") end = hex($1)
		next
	}
	FNR == 1 { file++ }
	{ at = hex($1) - start }
	at < 0 || at >= end - start { next }
	file == 1 && $3 != "_stext" && $2 ~ /[tTwW]/ && NF == 3 && at != last {
		name = seen[$3]++ ? "again." FNR : $3
		printf "%d .type \"%s\", @function; \"%s\":\n", at, name, name
		last = at
	}
	file == 2 && at > 5 { printf "%d .byte 0xe8; .long 0x1000\n", at - 5 }
	END {
		printf "%d # the end\n", end - start
		printf "-1 .globl _stext; _stext: # 0xffffffff%08x\n", start - shift
	}' /proc/kallsyms /proc/kallsyms shown | sort -s -n -k 1,1 > code
# What was interrupted right behind the beginning of a function is behind no call.
awk '{ at = $1; $1 = "" }
	held != "" && at >= held_at + 5 { print held }
	{ held = "" }
	at < 0 { print; next }
	/ \.byte / { held = ".org " at ";" $0; held_at = at; next }
	{ print ".org " at ";" $0 }' code > vmlinux.s
base=$(sed -n '1s/.* # //p' vmlinux.s)
as -o vmlinux.o vmlinux.s > as.log 2>&1 || fail "as: $(head -n 2 as.log | tail -n 1)"
ld -e 0 -Ttext="$base" ${id:+--build-id=0x$id} -o vmlinux vmlinux.o || fail "ld"
ld -e 0 -Ttext="$base" --build-id=0x00ff00ff00ff -o other vmlinux.o || fail "ld"

# Hidden: said, and no names.
expect 0 hidden "$KMEMTOOL" record -g -o bare.kmt -- sh -c "$load"
read_info bare.kmt
json info.json record.symbols | grep -q '^none: .*--vmlinux' || fail "$(json info.json record.symbols)"
expect_number info.json symbols -eq 0

# expect_names FILE: the names are those that kallsyms gave the same call sites.
expect_names() {
	read_info "$1"
	json info.json record.symbols | grep -q '^vmlinux, ' || fail "$1: $(json info.json record.symbols)"
	[ "$(json info.json calib.kaslr_offset)" = 0x1000000 ] ||
		fail "$1: offset $(json info.json calib.kaslr_offset)"
	sites "$1" > named
	join shown named | grep -v null > both
	[ "$(wc -l < both)" -ge 30 ] || fail "$1: only $(wc -l < both) call sites have names"
	awk '$2 != $3 && $3 !~ /^again/' both | head -n 5 > out
	[ -s out ] && fail "$1: other names than kallsyms has"
}

# Afterwards, from the trace alone.
expect 0 "$KMEMTOOL" pack bare.kmt --vmlinux vmlinux -o packed.kmt
expect_line '^[0-9]* of [0-9]* call sites named'
expect_names packed.kmt
expect 0 "$KMEMTOOL" verify packed.kmt

# While recording: owners of pages are known, too, once there are addresses enough.
expect 0 hidden "$KMEMTOOL" record -g --vmlinux vmlinux -o recorded.kmt -- \
	sh -c "$load; sleep 2; $load"
expect_names recorded.kmt
dump_column recorded.kmt page_alloc owner | sort -u > out
grep -qx anon out || fail "no page of anon: names of functions tell it"

# With kallsyms shown its offset is taken.
expect 0 "$KMEMTOOL" record --vmlinux vmlinux -o shown.kmt -d 200ms
read_info shown.kmt
json info.json record.symbols | grep -q '^vmlinux, ' || fail "$(json info.json record.symbols)"

# Another build is refused, with both ids.
if [ -n "$id" ]; then
	expect 3 "$KMEMTOOL" pack bare.kmt --vmlinux other -o no.kmt
	grep -q "its build id is 00ff00ff00ff, but that of the recorded kernel $id" err || fail "ids"
	expect 2 "$KMEMTOOL" record --vmlinux other -o no.kmt -d 100ms
	expect_one_error "its build id is 00ff00ff00ff, but that of the running kernel $id"
fi
expect 4 "$KMEMTOOL" record --vmlinux no-file -o no.kmt -d 100ms
expect_one_error 'no-file: cannot open: No such file or directory'
exit 0
