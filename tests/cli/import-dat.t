# kmemtool import: trace.dat of trace-cmd.  The small ones are of a 6.12 guest:
# guest.sh of tests/kernels/ made them with its script samples.

== version 7, compressed, seen by its first bytes
$ cp $top/tests/import/amd64-6.12.trace.dat t.dat
$ kmemtool import t.dat -o t.kmt 2>&1 | sed 's/, [0-9.]* KiB ([^)]*)//'
$ kmemtool verify t.kmt | sed 's/[0-9]* blocks/N blocks/'
$ kmemtool dump t.kmt | sed -n '1,4p; 170,174p; 402p'
> t.kmt: 402 events, none lost
> cache allocations without a name, whose caches are guessed: 55
> ok: N blocks, 0 damaged
> 0.000000000 [000]    169 task       cache_alloc     0xffff8d2241844000 req=4096 alloc=4096 GFP_KERNEL names_cache#1 getname_flags.part.0+0x26
> 0.000018828 [000]    169 task       cache_alloc     0xffff8d226b31c9c0 req=184 alloc=192 GFP_KERNEL|ZERO filp alloc_empty_file+0x4e
> 0.000020561 [000]    169 task       cache_alloc     0xffff8d226b31d2d0 req=40 alloc=40 GFP_KERNEL|ZERO lsm_file_cache security_file_alloc+0x2b
> 0.000068702 [000]    169 task       kmalloc         0xffff8d226b3ee800 req=416 alloc=512 GFP_KERNEL|ZERO alloc_bprm+0x46
> 0.001565964 [001]    169 task       cache_free      0xffff8d226a1fe028 vma_lock#14 __vm_area_free+0x29
> 0.001566836 [001]    169 task       cache_free      0xffff8d2241e7d420 vm_area_struct#15 exit_mmap+0x1c7
> 0.001567917 [001]    169 task       kfree           0x0 __vm_area_free+0x19
> 0.001568669 [001]    169 task       cache_free      0xffff8d226a1fe640 vma_lock#14 __vm_area_free+0x29
> 0.001569550 [001]    169 task       cache_free      0xffff8d2241e7d0b0 vm_area_struct#15 exit_mmap+0x1c7
> 0.004439118 [000]    165 task+irq/1 cache_free      0xffff8d2241c95ac0 sighand_cache release_task+0x30d

== what it tells of its host and of the import
$ kmemtool info --json t.kmt | sed -n '/"host"/,/}/p; /"import"/,/}/p'
>  "host": {
>   "cpus_online": "2",
>   "machine": "x86_64",
>   "page_size": "4096",
>   "release": "6.12.95+deb12-cloud-amd64"
>  },
>  "import": {
>   "clock": "local",
>   "doubled": "0",
>   "dropped": "0",
>   "ignored": "0",
>   "malformed": "0",
>   "not_events": "0",
>   "pointers": "plain",
>   "records": "402",
>   "source": "trace.dat",
>   "steps_back": "0",
>   "unnamed_allocs": "55"
>  }

== the same events as in its report, addresses of call sites aside
$ kmemtool import $top/tests/import/amd64-6.12.trace-cmd.txt -o r.kmt 2> /dev/null
$ kmemtool dump --format csv r.kmt | cut -d, -f1-9,11- > report
$ kmemtool dump --format csv t.kmt | cut -d, -f1-9,11- > dat
$ wc -l < dat; cmp report dat
> 403

== version 6, with call chains
$ kmemtool import --format trace-dat $top/tests/import/amd64-6.12.stacks.trace.dat -o s.kmt 2>&1 | sed 's/, [0-9.]* KiB ([^)]*)//'
$ kmemtool dump s.kmt | sed -n '2,5p'
$ kmemtool dump --type page_alloc --format csv s.kmt | cut -d, -f16 | sort | uniq -c
> s.kmt: 107 events, none lost
> not used: 199 rss_stat
> 0.000780063 [000]    185 task       page_alloc      pfn=14934 order=0 GFP_HIGHUSER_MOVABLE|COMP type=1 owner=anon stack=2 do_wp_page+0x287
> 0.000919601 [000]    185 task       page_alloc      pfn=14932 order=0 GFP_HIGHUSER_MOVABLE|COMP type=1 owner=anon stack=2 do_wp_page+0x287
> 0.001035053 [000]    185 task       page_alloc      pfn=14933 order=0 GFP_HIGHUSER_MOVABLE|COMP type=1 owner=anon stack=2 do_wp_page+0x287
> 0.001062524 [000]    185 task       page_alloc      pfn=14929 order=0 GFP_HIGHUSER_MOVABLE|COMP type=1 owner=anon stack=2 do_wp_page+0x287
>      45 anon
>       5 other
>       1 owner
>      38 page_table
>       1 slab

== from standard input, which is a file
$ kmemtool import - -o u.kmt < t.dat 2> /dev/null; cmp t.kmt u.kmt

== from a pipe
$ cat t.dat | kmemtool import --format trace-dat - -o new.kmt; echo $?; ls new.kmt
> 3
! kmemtool: import: standard input: a trace.dat cannot be read from a pipe: give its file
! ls: cannot access 'new.kmt': No such file or directory
= 2

== cut short, and something else altogether
$ for n in 5 11 1000 15000; do head -c $n t.dat > cut.dat; kmemtool import --format trace-dat cut.dat -o new.kmt; echo $?; done
$ ls new.kmt
> 3
> 3
> 3
> 3
! kmemtool: import: cut.dat: offset 0: not a trace.dat of trace-cmd
! kmemtool: import: cut.dat: offset 11: the file ends in its header
! kmemtool: import: cut.dat: libtracecmd cannot read this file
! kmemtool: import: cut.dat: libtracecmd cannot read this file
! ls: cannot access 'new.kmt': No such file or directory
= 2

== a version to come
$ (head -c 10 t.dat; printf '8\0'; tail -c +13 t.dat) > new.dat
$ kmemtool import new.dat -o new.kmt
! kmemtool: import: new.dat: offset 10: trace.dat of another version than 6 and 7
= 3

== libtracecmd crashes on it
$ head -c 80000 $top/tests/import/amd64-6.12.stacks.trace.dat > broken.dat
$ kmemtool import broken.dat -o new.kmt 2>&1 | sed 's/signal [0-9]*/signal N/'; echo ${PIPESTATUS[0]}; ls new.kmt
> kmemtool: import: broken.dat: libtracecmd broke (signal N): the file is damaged or cut short
> 3
! ls: cannot access 'new.kmt': No such file or directory
= 2
