# Machines as files: -m FILE and --print-machine.

== a built-in machine as a file
$ kmemtool replay -m x86-32-1g --print-machine
> # A machine of kmemtool: see kmemtool-machine(5).
> 
> [machine]
> name = x86-32-1g
> cpus = 2
> possible_cpus = 2
> nodes = 1
> page_shift = 12
> address_bits = 32
> cacheline = 64
> pageblock_order = 10
> era = 6.18
> 
> [memory]
> size = 1G
> # zone DMA 0: 0x0 to 0x1000000, 4096 pages
> # zone Normal 0: 0x1000000 to 0x38000000, 225280 pages
> # zone HighMem 0: 0x38000000 to 0x40000000, 32768 pages
> 
> [sysctl]
> watermark_scale_factor = 10
> watermark_boost_factor = 15000
> lowmem_reserve_ratio = DMA 256, DMA32 256, Normal 32, HighMem 0, Movable 0
> 
> [percpu]
> reserved = 8k
> dynamic = 20k
> 
> # direct map, 2-level paging: 223 of 4 MiB, 1024 of 4 KiB
> # page tables: 1 and the root; TLB entries that hold all of it: 1247

== two nodes, and settings
$ kmemtool replay -m x86-64-2node -s vm.min_free_kbytes=5000 -s cpus=2 --print-machine
> # A machine of kmemtool: see kmemtool-machine(5).
> 
> [machine]
> name = x86-64-2node
> cpus = 2
> possible_cpus = 2
> nodes = 2
> page_shift = 12
> address_bits = 64
> cacheline = 64
> pageblock_order = 9
> era = 6.18
> 
> [memory]
> size = 16G
> # zone DMA 0: 0x0 to 0x1000000, 4096 pages
> # zone DMA32 0: 0x1000000 to 0x100000000, 782336 pages
> # zone Normal 0: 0x100000000 to 0x240000000, 1310720 pages
> # zone Normal 1: 0x240000000 to 0x440000000, 2097152 pages
> 
> [sysctl]
> min_free_kbytes = 5000
> watermark_scale_factor = 10
> watermark_boost_factor = 15000
> lowmem_reserve_ratio = DMA 256, DMA32 256, Normal 32, HighMem 0, Movable 0
> 
> [percpu]
> reserved = 8k
> dynamic = 28k
> 
> # direct map, 4-level paging: 15 of 1 GiB, 511 of 2 MiB, 512 of 4 KiB
> # page tables: 3 and the root; TLB entries that hold all of it: 1038

== more settings, and memory of another size
$ kmemtool replay -m x86-64-4g -s mem.size=1G -s vm.watermark_scale_factor=20 -s vm.lowmem_reserve_ratio=1,2 -s vm.percpu_pagelist_high_fraction=8 --print-machine
> # A machine of kmemtool: see kmemtool-machine(5).
> 
> [machine]
> name = x86-64-4g
> cpus = 4
> possible_cpus = 4
> nodes = 1
> page_shift = 12
> address_bits = 64
> cacheline = 64
> pageblock_order = 9
> era = 6.18
> 
> [memory]
> size = 1G
> # zone DMA 0: 0x0 to 0x1000000, 4096 pages
> # zone DMA32 0: 0x1000000 to 0x40000000, 258048 pages
> 
> [sysctl]
> watermark_scale_factor = 20
> watermark_boost_factor = 15000
> lowmem_reserve_ratio = DMA 1, DMA32 2, Normal 32, HighMem 0, Movable 0
> percpu_pagelist_high_fraction = 8
> 
> [percpu]
> reserved = 8k
> dynamic = 28k
> 
> # direct map, 4-level paging: 0 of 1 GiB, 511 of 2 MiB, 512 of 4 KiB
> # page tables: 3 and the root; TLB entries that hold all of it: 1023

== the host of a trace
$ kmemtool replay base.kmt --print-machine
> # A machine of kmemtool: see kmemtool-machine(5).
> 
> [machine]
> name = host
> cpus = 2
> possible_cpus = 2
> nodes = 1
> page_shift = 12
> address_bits = 64
> cacheline = 64
> pageblock_order = 9
> era = 6.12
> features = -kmalloc-cgroup
> 
> [address_space]
> page_offset = 0xffff888000000000
> vmalloc_start = 0xffffc90000000000
> vmalloc_end = 0xffffe90000000000
> 
> [zone DMA 0]
> start = 0x1000
> spanned = 4095
> present = 3998
> managed = 3900
> watermarks = 20, 25, 30
> protection = DMA 0, DMA32 109, Normal 109, HighMem 109, Movable 109
> pcp_batch = 1
> 
> [zone DMA32 0]
> start = 0x1000000
> spanned = 28672
> present = 28672
> managed = 28000
> watermarks = 200, 250, 300
> protection = DMA 0, DMA32 0, Normal 0, HighMem 0, Movable 0
> pcp_batch = 7
> 
> [sysctl]
> min_free_kbytes = 880
> watermark_scale_factor = 10
> watermark_boost_factor = 15000
> lowmem_reserve_ratio = DMA 256, DMA32 256, Normal 32, HighMem 0, Movable 0
> 
> [percpu]
> reserved = 8k
> dynamic = 28k
> 
> # direct map, 4-level paging: 0 of 1 GiB, 63 of 2 MiB, 512 of 4 KiB
> # page tables: 3 and the root; TLB entries that hold all of it: 575

== a direct map of five levels, and one that four have not
$ printf '[machine]\npaging = 5-level\n[memory]\nsize = 4G\n[address_space]\npage_offset = 0xff11000000000000\n' > five
$ kmemtool replay -m five --print-machine | grep -E '^(paging|# (direct|page))'
$ sed 's/5-level/4-level/' five | kmemtool replay -m - --print-machine | grep -E '^(paging|# (direct|page))'
> paging = 5-level
> # direct map, 5-level paging: 3 of 1 GiB, 511 of 2 MiB, 512 of 4 KiB
> # page tables: 4 and the root; TLB entries that hold all of it: 1026
> paging = 4-level
> # direct map: 4-level paging has none like it

== how far page tables of 32 bits reach
$ kmemtool replay -m x86-32-1g -s mem.size=8G --print-machine
$ kmemtool replay -m x86-32-4g-pae -s mem.size=8G --print-machine | tail -2
> # direct map, pae paging: 447 of 2 MiB, 512 of 4 KiB
> # page tables: 2 and the root; TLB entries that hold all of it: 959
! kmemtool: replay: memory lies above 4 GiB, for which 32 bit needs paging = pae (see kmemtool replay --help)

== settings go over what the host's kernel had computed
$ kmemtool replay base.kmt -s vm.min_free_kbytes=2000 --print-machine | sed -n '/zone DMA32/,/sysctl/p'
> [zone DMA32 0]
> start = 0x1000000
> spanned = 28672
> present = 28672
> managed = 28000
> protection = DMA 0, DMA32 0, Normal 0, HighMem 0, Movable 0
> pcp_batch = 7
> 
> [sysctl]

== every machine comes back as it was written
$ for machine in x86-32-64m x86-32-1g x86-32-4g-pae x86-64-4g x86-64-2node host; do
$   kmemtool replay -m $machine base.kmt --print-machine -o m.ini
$   kmemtool replay -m m.ini --print-machine | cmp - m.ini && echo $machine
$ done
> x86-32-64m
> x86-32-1g
> x86-32-4g-pae
> x86-64-4g
> x86-64-2node
> host

== the host written and read, from a pipe
$ kmemtool replay base.kmt --print-machine | kmemtool replay -m - --print-machine | sed -n 3,5p
> [machine]
> name = host
> cpus = 2

== a trace that does not describe its host
$ kmemtool replay bare.kmt --print-machine | sed -n 3,5p
> [machine]
> name = x86-64-4g
> cpus = 4
! kmemtool: replay: bare.kmt: the trace does not describe its host: replayed on a machine like it

== a trace on a machine of five lines
$ printf '[machine]\nname = mine\ncpus = 2\n[memory]\nsize = 256M\n' > mine
$ kmemtool replay -m mine base.kmt | sed -n '/^ "machine"/,/^ }/p'
>  "machine": {
>   "name": "mine",
>   "cpus": 2,
>   "possible_cpus": 2,
>   "nodes": 1,
>   "pages": 65536,
>   "is_host": false,
>   "warm": false
>  },

== settings on a machine from a file
$ kmemtool replay -m mine -s mem.size=512M -s cpus=8 base.kmt | sed -n '/^ "machine"/,/^ }/p'
>  "machine": {
>   "name": "mine",
>   "cpus": 8,
>   "possible_cpus": 8,
>   "nodes": 1,
>   "pages": 131072,
>   "is_host": false,
>   "warm": false
>  },

== the examples of the manual page
$ awk '/^\.Bd -literal/ { file = "example" ++n; next } /^\.Ed/ { file = ""; next } file { print > file }' "$top/man/kmemtool-machine.5"
$ for example in example*; do kmemtool replay -m $example --print-machine | grep -E '^(name|.*zone)'; done
> name = mine
> # zone DMA 0: 0x0 to 0x1000000, 4096 pages
> # zone DMA32 0: 0x1000000 to 0x100000000, 782336 pages
> # zone Normal 0: 0x100000000 to 0x140000000, 262144 pages
> name = textbook
> # zone DMA 0: 0x0 to 0x1000000, 4096 pages
> # zone Normal 0: 0x1000000 to 0x38000000, 225280 pages
> # zone HighMem 0: 0x38000000 to 0x40000000, 32768 pages
> name = numa
> [zone DMA 0]
> [zone DMA32 0]
> [zone Normal 0]
> [zone Normal 1]

== without a trace, host is nobody
$ kmemtool replay --print-machine
! kmemtool: replay: no trace given (see kmemtool replay --help)
= 2

== host by name is nobody either
$ kmemtool replay -m host --print-machine
! kmemtool: replay: no trace given (see kmemtool replay --help)
= 2

== no such machine
$ kmemtool replay -m vax base.kmt
! kmemtool: replay: no machine 'vax'; there are host, x86-32-64m, x86-32-1g, x86-32-4g-pae, x86-64-4g, x86-64-2node, or the name of a file (see kmemtool replay --help)
= 2

== no such file
$ kmemtool replay -m ./vax --print-machine
! kmemtool: replay: ./vax: No such file or directory
= 2

== no such file, by its dot
$ kmemtool replay -m vax.ini base.kmt
! kmemtool: replay: vax.ini: No such file or directory
= 2

== a mistake has its line
$ printf '[machine]\ncpu = 2\n' > bad.ini
$ kmemtool replay -m bad.ini base.kmt
! kmemtool: replay: bad.ini:2: unknown key 'cpu' in [machine]; did you mean 'cpus'?
= 2

== a mistake on standard input
$ printf '[memory]\nsize = 64\n' | kmemtool replay -m - base.kmt
! kmemtool: replay: standard input:2: size: '64' is not a size from 4M to 12T
= 2

== standard input is one thing
$ kmemtool replay -m - - < base.kmt
! kmemtool: replay: standard input cannot be both trace and machine (see kmemtool replay --help)
= 2

== a machine without memory
$ printf '[machine]\ncpus = 2\n' | kmemtool replay -m - --print-machine
! kmemtool: replay: standard input: no memory: give [memory] size, ranges or zones, or all but size
= 2

== a trace is no machine
$ kmemtool replay -m base.kmt --print-machine
! kmemtool: replay: base.kmt:1: neither [section] nor key = value
= 2

== a folder is no machine
$ kmemtool replay -m . --print-machine
! kmemtool: replay: .: Is a directory
= 2

== settings that the machine cannot have
$ kmemtool replay -m x86-64-2node -s mem.size=4M --print-machine
! kmemtool: replay: this machine cannot be booted (see kmemtool replay --help)
= 2

== a full disk
? test -c /dev/full # no /dev/full
$ kmemtool replay -m x86-64-4g --print-machine -o /dev/full
! kmemtool: replay: /dev/full: No space left on device
= 4

== too little memory for a kernel
$ printf '[zone DMA 0]\nstart = 0\nspanned = 16\n' | kmemtool replay -m - base.kmt
! kmemtool: replay: this machine has too little memory to boot (see kmemtool replay --help)
= 2
