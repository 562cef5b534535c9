# kmemtool import: texts of ftrace, trace-cmd report and perf script.

== ftrace of a 32-bit kernel, with copies of its files
$ kmemtool import --host $top/tests/import/i386-6.1.host $top/tests/import/i386-6.1.ftrace.txt -o t.kmt 2>&1 | sed 's/, [0-9.]* KiB ([^)]*)//'
$ kmemtool verify t.kmt
$ kmemtool info t.kmt | sed '1d; s/, [0-9.]* bytes an event//'
> t.kmt: 334 events from 373 lines, none lost
> not used: 27 rss_stat
> call sites with a name alone, whose addresses are made up: 84
> cache allocations without a name, whose caches are guessed: 122
> ok: 8 blocks, 0 damaged
> host       6.1.0-50-686-pae i686, 2 CPUs, 1 NUMA node
> machine    i386, 32-bit little-endian, pages of 4096 bytes
> span       9.69 ms, 334 events, 34.5 k a second
> lost       none
> CPUs       0-1
> metadata   32 caches, 84 symbols, 0 stacks, 2 snapshots
> checkpoint none
> events by type
>   kmalloc          17
>   kfree            25
>   cache_alloc      122
>   cache_free       85
>   page_alloc       40
>   page_free        21
>   page_free_batch  19
>   percpu_alloc     5
>   mark             2
> snapshot 0 at 0 ns, 7 files
> snapshot 1 at 9.69 ms, 7 files
> captured by
>   page             ftrace
>   percpu           ftrace
>   slab             ftrace
>   vmalloc          not in the imported trace

== its events, as they were
$ kmemtool dump --limit 8 t.kmt
$ kmemtool dump --type page_free --limit 2 t.kmt
$ kmemtool dump --type percpu_alloc --limit 2 t.kmt
> 0.000000000 [000]      0            mark            snapshot 0
> 0.000000000 [001]    108 task       page_alloc      pfn=383030 order=0 GFP_HIGHUSER_MOVABLE|COMP type=1 owner=unknown
> 0.000015000 [001]    108 task       page_alloc      pfn=382093 order=0 GFP_KERNEL_ACCOUNT|HIGHMEM|ZERO type=0 owner=unknown
> 0.000054000 [001]    108 task       cache_alloc     0xc198a7d0 req=80 alloc=80 GFP_KERNEL vm_area_struct#1 vm_area_alloc+0x1b
> 0.000059000 [001]    108 task       cache_alloc     0xc1aa0900 req=256 alloc=256 GFP_NOWAIT maple_node mas_alloc_nodes+0x55
> 0.000065000 [001]    108 task       kfree           0xc1a64600 load_elf_binary+0x9b6
> 0.000073000 [001]    108 task       cache_alloc     0xc198a730 req=80 alloc=80 GFP_KERNEL vm_area_struct#1 vm_area_alloc+0x1b
> 0.000076000 [001]    108 task       cache_alloc     0xc1aa0f00 req=256 alloc=256 GFP_KERNEL maple_node mas_alloc_nodes+0x55
> 0.002107000 [001]    108 task       page_free       pfn=6766 order=0 owner=unknown
> 0.002112000 [001]    108 task       page_free       pfn=382095 order=0 owner=unknown
> 0.001607000 [001]    108 task       percpu_alloc    0xd2e90b30 req=4 alloc=12 align=4 GFP_KERNEL __alloc_percpu+0x14
> 0.001654000 [001]    108 task       percpu_alloc    0xd2e90b34 req=4 alloc=12 align=4 GFP_KERNEL __alloc_percpu+0x14

== hashed pointers
$ kmemtool import $top/tests/import/i386-6.1.hashed.ftrace.txt -o t.kmt 2> /dev/null
$ kmemtool info --json t.kmt | grep -E 'pointers|machine|"source"'
>  "machine": {
>   "machine": "i686"
>   "machine": "guessed from its pointers",
>   "pointers": "hashed",
>   "source": "ftrace",

== ftrace with stacks: owners and call sites of pages
$ kmemtool import $top/tests/import/i386-6.1.stacks.ftrace.txt -o t.kmt 2>&1 | sed 's/, [0-9.]* KiB ([^)]*)//'
$ kmemtool dump --type page_alloc,kmalloc,cache_alloc --limit 4 t.kmt
> t.kmt: 11 events from 150 lines, none lost
> call sites with a name alone, whose addresses are made up: 49
> cache allocations without a name, whose caches are guessed: 5
> 0.002711000 [001]     94 task       cache_alloc     0xc1237000 req=4096 alloc=4096 GFP_KERNEL names_cache stack=2 getname_flags.part.0+0x24
> 0.002729000 [001]     94 task       cache_alloc     0xc1a6e840 req=168 alloc=192 GFP_KERNEL|ZERO unnamed-168-192 stack=3 __alloc_file+0x1e
> 0.002737000 [001]     94 task       cache_alloc     0xc1aa63e0 req=16 alloc=16 GFP_KERNEL|ZERO unnamed-16-16 stack=4 security_file_alloc+0x24
> 0.002850000 [001]     94 task       cache_alloc     0xc18a1780 req=3008 alloc=3008 GFP_KERNEL unnamed-3008-3008 stack=7 copy_process+0x278

== trace-cmd report, in its latency format
$ kmemtool import $top/tests/import/amd64-6.12.trace-cmd.txt -o t.kmt 2>&1 | sed 's/, [0-9.]* KiB ([^)]*)//'
$ kmemtool dump --limit 3 t.kmt
> t.kmt: 402 events from 403 lines, none lost
> call sites with a name alone, whose addresses are made up: 55
> cache allocations without a name, whose caches are guessed: 55
> 0.000000000 [000]    169 task       cache_alloc     0xffff8d2241844000 req=4096 alloc=4096 GFP_KERNEL names_cache#1 getname_flags.part.0+0x26
> 0.000018828 [000]    169 task       cache_alloc     0xffff8d226b31c9c0 req=184 alloc=192 GFP_KERNEL|ZERO filp alloc_empty_file+0x4e
> 0.000020561 [000]    169 task       cache_alloc     0xffff8d226b31d2d0 req=40 alloc=40 GFP_KERNEL|ZERO lsm_file_cache security_file_alloc+0x2b

== the same without flags
$ kmemtool import $top/tests/import/amd64-6.12.plain.trace-cmd.txt -o t.kmt 2>&1 | sed 's/, [0-9.]* KiB ([^)]*)//'
$ kmemtool dump --limit 3 t.kmt
> t.kmt: 59 events from 60 lines, none lost
> call sites with a name alone, whose addresses are made up: 30
> cache allocations without a name, whose caches are guessed: 11
> 0.000000000 [000]    169 unknown    cache_alloc     0xffff8d2241844000 req=4096 alloc=4096 GFP_KERNEL unnamed-4096-4096 getname_flags.part.0+0x26
> 0.000019000 [000]    169 unknown    cache_alloc     0xffff8d226b31c9c0 req=184 alloc=192 GFP_KERNEL|ZERO unnamed-184-192 alloc_empty_file+0x4e
> 0.000020000 [000]    169 unknown    cache_alloc     0xffff8d226b31d2d0 req=40 alloc=40 GFP_KERNEL|ZERO unnamed-40-40 security_file_alloc+0x2b

== perf script, with call chains
$ kmemtool import $top/tests/import/amd64-6.18.perf-script.txt -o t.kmt 2>&1 | sed 's/, [0-9.]* KiB ([^)]*)//'
$ kmemtool dump --type page_alloc,percpu_alloc --limit 4 t.kmt
$ kmemtool dump --type kmalloc --limit 2 t.kmt
> t.kmt: 19 events from 355 lines, none lost
> not used: 3 rss_stat, 1 mm_page_alloc_zone_locked
> 0.000446000 [001]  12230 unknown    page_alloc      pfn=1089946 order=0 GFP_HIGHUSER|ACCOUNT type=0 owner=other stack=13 anon_pipe_write+0x1a8
> 0.002183000 [001]  12232 unknown    percpu_alloc    0x60795bb000e0 req=16 alloc=64 align=8 GFP_KERNEL stack=14 mm_init+0x2bf
> 0.002201000 [001]  12232 unknown    percpu_alloc    0x60795bb001a8 req=16 alloc=64 align=4 GFP_KERNEL_ACCOUNT stack=15 __percpu_counter_init_many+0x27
> 0.000000000 [000]  12230 unknown    kmalloc         0xffff8881046a4d00 req=32 alloc=32 GFP_KERNEL stack=1 sched_setaffinity+0x10c
> 0.000360000 [001]  12230 unknown    kmalloc         0xffff888100c2a140 req=32 alloc=32 GFP_KERNEL_ACCOUNT stack=6 single_open+0x2a

== 2.6.32: no flags, old names, pages freed twice
$ kmemtool import $top/tests/import/i386-2.6.32.ftrace.txt -o t.kmt 2>&1 | sed 's/, [0-9.]* KiB ([^)]*)//'
$ kmemtool dump t.kmt
> t.kmt: 14 events from 20 lines, none lost
> not used: 1 mm_page_alloc_zone_locked
> told twice and kept once: 1
> cache allocations without a name, whose caches are guessed: 2
> 0.000000000 [001]   2765 unknown    kmalloc         0xf6a0b600 req=32 alloc=32 GFP_KERNEL|ZERO 0xc10c8c2a
> 0.000006000 [001]   2765 unknown    cache_alloc     0xf69d2c80 req=1308 alloc=1312 GFP_KERNEL unnamed-1308-1312 0xc1034d1c
> 0.000009000 [001]   2765 unknown    page_alloc      pfn=367910 order=1 GFP_KERNEL|ZERO type=0 owner=unknown
> 0.000015000 [001]   2765 unknown    cache_alloc     0xf6bb9a40 req=428 alloc=448 GFP_KERNEL unnamed-428-448 0xc10353f6
> 0.000028000 [001]   2765 unknown    page_alloc      pfn=368021 order=0 GFP_HIGHUSER_MOVABLE|ZERO type=2 owner=unknown
> 0.000090000 [001]     30 unknown    kmalloc         0xf6a10e00 req=480 alloc=512 GFP_ATOMIC|NOWARN node=0 0xc11d3f0e
> 0.000099000 [000]      0 unknown    kfree           0xf6a10e00 0xc11d3b92
> 0.000101000 [000]      0 unknown    cache_free      0xf6bb9a40 0xc11d3bb0
> 0.000138000 [001]   2765 unknown    page_free       pfn=368021 order=0 owner=unknown
> 0.000145000 [001]   2765 unknown    page_free       pfn=367910 order=1 owner=unknown
> 0.000148000 [001]   2765 unknown    page_free       pfn=368128 order=0 owner=unknown
> 0.000149000 [001]   2765 unknown    page_free       pfn=368129 order=0 owner=unknown
> 0.000162000 [001]   2765 unknown    page_alloc      FAILED order=4 GFP_KERNEL|NOWARN|NORETRY|COMP type=0 owner=unknown
> 0.000168000 [001]   2765 unknown    kmalloc         FAILED req=65536 alloc=65536 GFP_KERNEL|NOWARN|NORETRY 0xc10c9a11

== what the made trace says of the import
$ kmemtool import --json $top/tests/import/i386-2.6.32.ftrace.txt -o t.kmt 2> /dev/null | sed -n '/"import"/,$p'
>  "import": {
>   "doubled": "1",
>   "dropped": "0",
>   "ignored": "1",
>   "ignored.mm_page_alloc_zone_locked": "1",
>   "lines": "20",
>   "machine": "guessed from its pointers",
>   "malformed": "0",
>   "not_events": "0",
>   "pointers": "plain",
>   "records": "15",
>   "source": "ftrace",
>   "steps_back": "0",
>   "unnamed_allocs": "2"
>  }
> }

== from a pipe to a pipe
$ cat $top/tests/import/i386-2.6.32.ftrace.txt | kmemtool import --format ftrace - -o - 2> /dev/null | kmemtool dump --limit 2 -
> 0.000000000 [001]   2765 unknown    kmalloc         0xf6a0b600 req=32 alloc=32 GFP_KERNEL|ZERO 0xc10c8c2a
> 0.000006000 [001]   2765 unknown    cache_alloc     0xf69d2c80 req=1308 alloc=1312 GFP_KERNEL unnamed-1308-1312 0xc1034d1c

== events were lost
$ printf ' sh-1 [000] 1.5: kfree: ptr=ffff880000000000\nCPU:0 [LOST 7 EVENTS]\n sh-1 [000] 1.6: kfree: ptr=ffff880000000000\n' > lost
$ kmemtool import lost -o t.kmt --max-loss 6 2>&1 | sed 's/, [0-9.]* KiB ([^)]*)//'; s=${PIPESTATUS[0]}
$ kmemtool dump t.kmt; exit $s
> t.kmt: 2 events from 3 lines
> lost: 7
> kmemtool: import: lost: 7 events lost, --max-loss allows 6
> 0.000000000 [000]      1 unknown    kfree           0xffff880000000000
> 0.000000000 [000]      0            gap             7 events lost
> 0.100000000 [000]      1 unknown    kfree           0xffff880000000000
= 1

== lines that are no events, and events that cannot be read
$ printf ' sh-1 [000] 1.5: kfree: ptr=ffff880000000000\nwhat\n sh-1 [000] 1.5: kfree: ptr=\n sh-1 [000] 1.5: signal_generate: sig=9\n sh-1 [000] 1.6: kfree: ptr=ffff88' > odd
$ kmemtool import odd -o t.kmt 2>&1 | sed 's/, [0-9.]* KiB ([^)]*)//'; exit ${PIPESTATUS[0]}
> t.kmt: 1 events from 5 lines, none lost
> not used: 1 signal_generate
> NOT READ: 2 of the allocators' events
> no events: 1 of the lines
> kmemtool: import: odd: line 2: no task, process and CPU
> kmemtool: import: odd: line 3: ptr is no pointer
> kmemtool: import: odd: line 5: cut off: the text ends within the line
= 3

== more of them than are told
$ (echo ' sh-1 [000] 1.5: kfree: ptr=ffff880000000000'; seq 7) > odd
$ kmemtool import odd -o t.kmt 2>&1 | sed 's/, [0-9.]* KiB ([^)]*)//'; exit ${PIPESTATUS[0]}
> t.kmt: 1 events from 8 lines, none lost
> no events: 7 of the lines
> kmemtool: import: odd: line 2: no task, process and CPU
> kmemtool: import: odd: line 3: no task, process and CPU
> kmemtool: import: odd: line 4: no task, process and CPU
> kmemtool: import: odd: line 5: no task, process and CPU
> kmemtool: import: odd: line 6: no task, process and CPU
> kmemtool: import: odd: and 2 lines more

== no events
$ printf 'hello\nworld\n' > text
$ kmemtool import text -o new.kmt; echo $?; ls new.kmt
> 3
! kmemtool: import: text: no line of it is an event of ftrace or perf script
! ls: cannot access 'new.kmt': No such file or directory
= 2

== an empty file
$ : > nothing
$ kmemtool import nothing -o new.kmt; echo $?; ls new.kmt
> 3
! kmemtool: import: nothing: no line of it is an event of ftrace or perf script
! ls: cannot access 'new.kmt': No such file or directory
= 2

== one of ours
$ kmemtool import base.kmt -o new.kmt
! kmemtool: import: base.kmt: no line of it is an event of ftrace or perf script
= 3

== the other format
$ cp $top/tests/import/i386-2.6.32.ftrace.txt mine
$ kmemtool import --format perf-script mine -o new.kmt
! kmemtool: import: mine: no line of it is an event of perf script
= 3

== no such file
$ kmemtool import absent -o new.kmt
! kmemtool: import: absent: cannot open: No such file or directory
= 3

== a directory
$ mkdir directory
$ kmemtool import directory -o new.kmt
! kmemtool: import: directory: cannot read: Is a directory
= 3

== onto itself
$ kmemtool import mine -o mine; echo $?; cmp mine $top/tests/import/i386-2.6.32.ftrace.txt
> 3
! kmemtool: import: mine: is the output, too

== no such host
$ kmemtool import --host absent mine -o new.kmt
! kmemtool: import: absent: there is no directory 'start' in it
= 3

== the output cannot be made
$ kmemtool import mine -o absent/new.kmt
! kmemtool: import: absent/new.kmt: cannot create: No such file or directory
= 4

== full disk
? test -c /dev/full # no /dev/full
$ kmemtool import mine -o /dev/full
! kmemtool: import: /dev/full: cannot write: No space left on device
= 4

== a file that was there stays if nothing comes of it, and nothing is left beside it
$ cp base.kmt was.kmt; chmod 600 was.kmt
$ kmemtool import text -o was.kmt; echo $?
$ kmemtool import --json nothing -o was.kmt; echo $?
$ kmemtool import --host absent mine -o was.kmt; echo $?
$ (trap '' XFSZ; ulimit -f 4; kmemtool import $top/tests/import/i386-6.1.ftrace.txt -o was.kmt); echo $?
$ cmp was.kmt base.kmt; ls | grep partial
> 3
> 3
> 3
> 4
! kmemtool: import: text: no line of it is an event of ftrace or perf script
! kmemtool: import: nothing: no line of it is an event of ftrace or perf script
! kmemtool: import: absent: there is no directory 'start' in it
! kmemtool: import: was.kmt: cannot write: File too large
= 1

== else it is replaced
$ kmemtool import mine -o was.kmt 2> /dev/null; echo $?
$ kmemtool dump was.kmt | wc -l; stat -c %A was.kmt; ls | grep partial
> 0
> 14
> -rw-------
= 1

== no output named
$ kmemtool import mine
! kmemtool: import: no output given: -o FILE (see kmemtool import --help)
= 2

== no input named
$ kmemtool import -o new.kmt
! kmemtool: import: no file to import given (see kmemtool import --help)
= 2

== two inputs
$ kmemtool import mine mine -o new.kmt
! kmemtool: import: 'mine' is one file too many (see kmemtool import --help)
= 2

== no such format
$ kmemtool import --format csv mine -o new.kmt
! kmemtool: import: no format 'csv': ftrace, trace-dat, perf-script, auto (see kmemtool import --help)
= 2

== no such level
$ kmemtool import --level 20 mine -o new.kmt
! kmemtool: import: --level: 1 to 19 (see kmemtool import --help)
= 2

== two outputs to one place
$ kmemtool import --json mine -o -
! kmemtool: import: --json and -o - both want standard output (see kmemtool import --help)
= 2

== help
$ kmemtool import --help
> Usage: kmemtool import [OPTION...] IN -o FILE
> Import IN, the text of ftrace, trace-cmd report or perf script, or a trace.dat
> of trace-cmd, into the trace FILE.
> 
>       --format=FORMAT        What IN is: ftrace, trace-dat, perf-script, or
>                              auto (the default): see what it looks like
>       --host=DIR             Take snapshots from DIR/start and DIR/end, copies
>                              of the host's files
>       --json                 Print what info --json says of the new trace
>       --level=N              zstd level, 1 to 19 (default 1)
>       --max-loss=N           Status 1 if more than N events were lost
>   -o, --output=FILE          Write the trace to FILE (- is standard output)
>   -?, --help                 Give this help list
>       --usage                Give a short usage message
>   -V, --version              Print program version
> 
> Mandatory or optional arguments to long options are also mandatory or optional
> for any corresponding short options.
