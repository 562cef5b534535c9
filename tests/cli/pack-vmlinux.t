# kmemtool pack --vmlinux: names for a trace that was recorded without, from an ELF file.
#
# bare.kmt is base.kmt without symbols.  The kernels here have the functions that base.kmt
# names (those of its modules, too) less an offset, and calls before its call sites.

== kernels: 16 MiB below where it ran, likewise in part, and where it ran
? command -v as ld objcopy strip # no binutils
$ kmemtool dump base.kmt --format csv > base.csv
$ sites() { awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } $at["call_site"] ~ /^0xffffffff8/ { print $at["call_site"], $at["symbol"] }' base.csv | sort -u; }
$ # assemble MOVED: what lies above 7 MiB is MOVED bytes further on
$ assemble() {
$ 	sites | while read -r site symbol _; do
$ 		at=$((site - 0xffffffff81000000 + (site > 0xffffffff81700000 ? $1 : 0)))
$ 		symbol=${symbol:-nameless+0x33}
$ 		echo "$((at - ${symbol#*+})) .type ${symbol%+*}, @function; ${symbol%+*}:"
$ 		echo "$((at - 5)) .byte 0xe8; .long 0x100"
$ 	done | sort -n | sed 's/^\([0-9]*\) /.org \1; /'
$ 	echo '.org 0x1000000'
$ }
$ link() { as -o k.o && ld -e 0 -Ttext="$1" --build-id=0x0011223344556677 -o "$2" k.o; }
$ assemble 0 | link 0xffffffff80000000 vmlinux
$ assemble 16 | link 0xffffffff80000000 other
$ assemble 0 | link 0xffffffff81000000 still
$ strip -o stripped vmlinux; objcopy --only-keep-debug vmlinux debug
$ nm vmlinux | wc -l
> 16

== the names are those that a recorder would have found
? test -f vmlinux # no binutils
$ kmemtool pack bare.kmt --vmlinux vmlinux -o new.kmt 2> err; echo $?; head -n 1 err
$ kmemtool dump new.kmt > new
$ kmemtool dump base.kmt | sed -e 's/ \[[a-z]*\]//' -e 's/0xffffffff81b00033/nameless+0x33/' | diff - new | grep '^[<>]' | grep -o '[^ ]*$' | sort | uniq -c
$ kmemtool info new.kmt | grep ^metadata; kmemtool verify new.kmt
> 0
> 13 of 14 call sites named
>       8 0xffffffffc0400077
>       8 poll_timer+0x77
> metadata   5 caches, 13 symbols, 0 stacks, 0 snapshots
> ok: 5 blocks, 0 damaged

== and without an offset
? test -f vmlinux # no binutils
$ kmemtool pack bare.kmt --vmlinux still -o still.kmt 2> err; kmemtool dump still.kmt | cmp - new

== it is told where they are from
? test -f vmlinux # no binutils
$ kmemtool info --json new.kmt | grep -E '"(symbols|kaslr_offset)"'; kmemtool info --json still.kmt | grep '"kaslr_offset"'
>  "symbols": 13,
>   "symbols": "vmlinux, without modules"
>   "kaslr_offset": "0x1000000",
>   "kaslr_offset": "0x0",

== a trace that has them is left with them
? test -f vmlinux # no binutils
$ kmemtool pack base.kmt --vmlinux vmlinux -o same.kmt 2> err; head -n 1 err
$ kmemtool dump same.kmt > new; kmemtool dump base.kmt | diff - new | grep '^[<>]' | grep -o '[^ ]*$' | sort | uniq -c
> 1 of 14 call sites named, 13 had a name
>       4 0xffffffff81b00033
>       4 nameless+0x33

== so is one that got them, and the offset is known then: no bytes of the code are needed
? test -f vmlinux # no binutils
$ kmemtool pack new.kmt --vmlinux debug -o twice.kmt 2> err; echo $?; head -n 1 err
$ kmemtool dump new.kmt > new; kmemtool dump twice.kmt | cmp - new
> 0
> 0 of 14 call sites named, 13 had a name

== call chains
? test -f vmlinux # no binutils
$ kmemtool pack chains.kmt --vmlinux vmlinux -o new.kmt 2> err; head -n 1 err
> 1 of 17 call sites named, 16 had a name

== cut, and as JSON
? test -f vmlinux # no binutils
$ kmemtool pack bare.kmt --vmlinux vmlinux --to 1ms -o new.kmt --json 2> err | grep -E '"(symbols|total)"' | head -n 3
>   "total": 50,
>   "total": 0
>  "symbols": 13,

== nothing to name
? test -f vmlinux # no binutils
$ kmemtool pack empty.kmt --vmlinux vmlinux -o new.kmt 2> err; echo $?; head -n 1 err
> 0
> 0 of 0 call sites named

== an ELF file of another kernel, or too little of one
? test -f vmlinux # no binutils
$ for elf in other debug stripped no-file hello base.kmt; do
$ 	echo hello > hello
$ 	kmemtool pack bare.kmt --vmlinux $elf -o no.kmt; echo $?
$ done
$ ls no.kmt*
> 3
> 3
> 3
> 3
> 3
> 3
! kmemtool: pack: bare.kmt: --vmlinux: 14 call sites do not tell the offset of the kernel to vmlinux (KASLR): they are too few, or it is another kernel's
! kmemtool: pack: bare.kmt: --vmlinux: 14 call sites do not tell the offset of the kernel to vmlinux (KASLR): the file has no bytes of the code, and they are too few
! kmemtool: pack: bare.kmt: --vmlinux: stripped: no symbols of functions (stripped): the vmlinux of its build or of its debug package is needed
! kmemtool: pack: bare.kmt: --vmlinux: no-file: cannot open: No such file or directory
! kmemtool: pack: bare.kmt: --vmlinux: hello: not an ELF file
! kmemtool: pack: bare.kmt: --vmlinux: base.kmt: not an ELF file
! ls: cannot access 'no.kmt*': No such file or directory
= 2

== the file of /boot
$ { head -c 514 /dev/zero; printf HdrS; head -c 1000 /dev/zero; } > vmlinuz
$ kmemtool pack bare.kmt --vmlinux vmlinuz -o no.kmt
! kmemtool: pack: bare.kmt: --vmlinux: vmlinuz: a boot image, not an ELF file: the vmlinux of its build or of its debug package is needed
= 3

== a trace without its own addresses
? test -f vmlinux # no binutils
$ kmemtool pack bare.kmt --anonymize -o anon.kmt 2> err
$ kmemtool pack anon.kmt --vmlinux vmlinux -o no.kmt
$ kmemtool pack bare.kmt --vmlinux vmlinux --anonymize -o no.kmt
! kmemtool: pack: anon.kmt: --vmlinux: it is anonymized: its call sites are made up
! kmemtool: pack: --anonymize takes away the names that --vmlinux adds (see kmemtool pack --help)
= 2
