# kmemtool dump: one event a line.

== the first events
$ kmemtool dump --limit 3 base.kmt
> 0.000000000 [000]      0            mark            snapshot 0
> 0.000001000 [001]    200 task       kmalloc         0xffff888002710000 req=100 alloc=128 GFP_KERNEL kmalloc-128 ring_grow+0x42
> 0.000002000 [001]    200 task       kmalloc         0xffff888002710100 req=100 alloc=128 GFP_KERNEL kmalloc-128 ring_grow+0x42

== pages: an order that cannot be had, and a block that is freed in pieces
$ kmemtool dump --from 800100us --to 800112us base.kmt
> 0.800100000 [001]    400 task       page_alloc      pfn=14336 order=3 GFP_KERNEL type=0 owner=other pool_grow+0x21 [nicdrv]
> 0.800101000 [001]    400 task       page_free       pfn=14336 order=0 owner=other pool_grow+0x21 [nicdrv]
> 0.800102000 [001]    400 task       page_free       pfn=14337 order=0 owner=other pool_grow+0x21 [nicdrv]
> 0.800103000 [001]    400 task       page_free       pfn=14338 order=0 owner=other pool_grow+0x21 [nicdrv]
> 0.800104000 [001]    400 task       page_free       pfn=14339 order=0 owner=other pool_grow+0x21 [nicdrv]
> 0.800105000 [001]    400 task       page_free       pfn=14340 order=0 owner=other pool_grow+0x21 [nicdrv]
> 0.800106000 [001]    400 task       page_free       pfn=14341 order=0 owner=other pool_grow+0x21 [nicdrv]
> 0.800107000 [001]    400 task       page_free       pfn=14342 order=0 owner=other pool_grow+0x21 [nicdrv]
> 0.800108000 [001]    400 task       page_free       pfn=14343 order=0 owner=other pool_grow+0x21 [nicdrv]
> 0.800109000 [001]    400 task       page_alloc      FAILED order=10 GFP_ATOMIC|COMP type=0 owner=other pool_grow+0x21 [nicdrv]
> 0.800110000 [001]    400 task       page_free       pfn=14000 order=0 owner=other do_anonymous_page+0x55
> 0.800111000 [001]    400 task       page_free_batch pfn=14000 owner=unknown

== percpu
$ kmemtool dump --type percpu_alloc,percpu_free,percpu_fail base.kmt
> 1.200050000 [001]    600 task       percpu_alloc    0x607f00000000 req=24 alloc=64 align=8 GFP_KERNEL alloc_stats+0x11
> 1.200051000 [001]    600 task       percpu_alloc    0x607f00000040 req=24 alloc=64 align=8 GFP_KERNEL alloc_stats+0x11
> 1.200052000 [001]    600 task       percpu_alloc    0x607f00000080 req=24 alloc=64 align=8 GFP_KERNEL alloc_stats+0x11
> 1.200053000 [001]    600 task       percpu_alloc    0x607f000000c0 req=24 alloc=64 align=8 GFP_KERNEL alloc_stats+0x11
> 1.200054000 [001]    600 task       percpu_alloc    0x607f00000100 req=24 alloc=64 align=8 GFP_KERNEL alloc_stats+0x11
> 1.200055000 [001]    600 task       percpu_alloc    0x607f00000140 req=24 alloc=64 align=8 GFP_KERNEL alloc_stats+0x11
> 1.200056000 [001]    600 task       percpu_free     0x607f00000000
> 1.200057000 [001]    600 task       percpu_free     0x607f00000040
> 1.200058000 [001]    600 task       percpu_free     0x607f00000080
> 1.200059000 [001]    600 task       percpu_free     0x607f000000c0
> 1.200060000 [001]    600 task       percpu_fail     FAILED req=65536 align=8

== areas
$ kmemtool dump --type vmap_alloc,vmap_free base.kmt
> 1.000050000 [000]    500 task       vmap_alloc      0xffffc90000008000 req=20480 align=16384 owner=vmalloc dup_task_struct+0x63
> 1.000055000 [000]    500 task       vmap_alloc      0xffffc90000020000 req=8192 align=4096 owner=other nic_probe+0x17 [nicdrv]
> 1.000056000 [000]    500 task       vmap_free       0xffffc90000008000 owner=vmalloc dup_task_struct+0x63

== caches
$ kmemtool dump --type cache_alloc,cache_free base.kmt | sed -n '1p;300,302p;590p'
> 0.200051000 [000]    100 task       cache_alloc     0xffff888002000000 req=192 alloc=192 GFP_KERNEL dentry __d_alloc+0x12
> 0.200364000 [000]    100 task       cache_alloc     0xffff88800200e3c0 req=192 alloc=192 GFP_KERNEL dentry __d_alloc+0x12
> 0.200365000 [000]    100 task       cache_free      0xffff888002000000 dentry __d_free+0x34
> 0.200366000 [000]    100 task       cache_free      0xffff8880020000c0 dentry __d_free+0x34
> 0.200654000 [000]    100 task       cache_free      0xffff8880023286c0 dentry __d_free+0x34

== told twice
$ kmemtool dump --from 0.6s --type kmalloc,kfree base.kmt | grep -A1 -B1 req=10240
> 0.600049000 [000]    300 softirq    kfree           0xffff888002afcc00 free_msg+0x8
> 0.600051000 [000]    100 task       kmalloc         0xffff8880032c8000 req=10240 alloc=16384 GFP_KERNEL __kmalloc_large_node+0x10
> 0.600052000 [000]    100 task       kmalloc         0xffff8880032c8000 req=10240 alloc=16384 GFP_KERNEL pipe_resize_ring+0x99
> 0.600053000 [000]    100 task       kfree           0xffff8880032c8000 pipe_resize_ring+0x99

== in a softirq that cannot sleep
$ kmemtool dump --from 400ms --to 500ms base.kmt | grep softirq/1
> 0.400050000 [001]      7 softirq/1  kmalloc         0xffff888002ee0000 req=40 alloc=64 GFP_KERNEL kmalloc-64 poll_timer+0x77 [nicdrv]
> 0.400051000 [001]      7 softirq/1  kmalloc         0xffff888002ee0040 req=40 alloc=64 GFP_KERNEL kmalloc-64 poll_timer+0x77 [nicdrv]
> 0.400052000 [001]      7 softirq/1  kmalloc         0xffff888002ee0080 req=40 alloc=64 GFP_KERNEL kmalloc-64 poll_timer+0x77 [nicdrv]
> 0.400053000 [001]      7 softirq/1  kmalloc         0xffff888002ee00c0 req=64 alloc=64 GFP_ATOMIC kmalloc-64 poll_timer+0x77 [nicdrv]
> 0.400054000 [001]      7 softirq/1  kfree           0xffff888002ee0000 poll_timer+0x77 [nicdrv]
> 0.400055000 [001]      7 softirq/1  kfree           0xffff888002ee0040 poll_timer+0x77 [nicdrv]
> 0.400056000 [001]      7 softirq/1  kfree           0xffff888002ee0080 poll_timer+0x77 [nicdrv]
> 0.400057000 [001]      7 softirq/1  kfree           0xffff888002ee00c0 poll_timer+0x77 [nicdrv]

== a gap
$ kmemtool dump --type gap loss.kmt
> 1.600050000 [001]      0            gap             25 events lost

== marks
$ kmemtool dump --type mark base.kmt
> 0.000000000 [000]      0            mark            snapshot 0
> 2.000000000 [000]      0            mark            snapshot 1

== how many lines
$ kmemtool dump base.kmt | wc -l
> 1787

== JSON lines
$ kmemtool dump --format jsonl --type mark,vmap_alloc,percpu_fail base.kmt
> {"ts_ns": 0, "cpu": 0, "type": "mark", "ptr": null, "pfn": null, "order": null, "bytes_req": null, "bytes_alloc": null, "gfp": null, "call_site": null, "symbol": null, "cache": null, "pid": null, "context": null, "preempt": null, "irqs_off": null, "owner": null, "lost": null, "failed": false, "stack": null, "rcu": null, "scopes": null, "hooked": null, "migratetype": null, "fallback_order": null, "fallback_migratetype": null, "percpu_refill": null}
> {"ts_ns": 1000050000, "cpu": 0, "type": "vmap_alloc", "ptr": "0xffffc90000008000", "pfn": null, "order": null, "bytes_req": 20480, "bytes_alloc": null, "gfp": null, "call_site": "0xffffffff81800063", "symbol": "dup_task_struct+0x63", "cache": null, "pid": 500, "context": "task", "preempt": 0, "irqs_off": null, "owner": "vmalloc", "lost": null, "failed": false, "stack": null, "rcu": null, "scopes": null, "hooked": false, "migratetype": null, "fallback_order": null, "fallback_migratetype": null, "percpu_refill": null}
> {"ts_ns": 1000055000, "cpu": 0, "type": "vmap_alloc", "ptr": "0xffffc90000020000", "pfn": null, "order": null, "bytes_req": 8192, "bytes_alloc": null, "gfp": null, "call_site": "0xffffffff81900017", "symbol": "nic_probe+0x17 [nicdrv]", "cache": null, "pid": 500, "context": "task", "preempt": 0, "irqs_off": null, "owner": "other", "lost": null, "failed": false, "stack": null, "rcu": null, "scopes": null, "hooked": false, "migratetype": null, "fallback_order": null, "fallback_migratetype": null, "percpu_refill": null}
> {"ts_ns": 1200060000, "cpu": 1, "type": "percpu_fail", "ptr": null, "pfn": null, "order": null, "bytes_req": 65536, "bytes_alloc": null, "gfp": null, "call_site": null, "symbol": null, "cache": null, "pid": 600, "context": "task", "preempt": 0, "irqs_off": null, "owner": null, "lost": null, "failed": true, "stack": null, "rcu": null, "scopes": null, "hooked": false, "migratetype": null, "fallback_order": null, "fallback_migratetype": null, "percpu_refill": null}
> {"ts_ns": 2000000000, "cpu": 0, "type": "mark", "ptr": null, "pfn": null, "order": null, "bytes_req": null, "bytes_alloc": null, "gfp": null, "call_site": null, "symbol": null, "cache": null, "pid": null, "context": null, "preempt": null, "irqs_off": null, "owner": null, "lost": null, "failed": false, "stack": null, "rcu": null, "scopes": null, "hooked": null, "migratetype": null, "fallback_order": null, "fallback_migratetype": null, "percpu_refill": null}

== JSON lines: page events
$ kmemtool dump --format jsonl --type page_alloc --from 800100us --limit 2 base.kmt
> {"ts_ns": 800100000, "cpu": 1, "type": "page_alloc", "ptr": null, "pfn": 14336, "order": 3, "bytes_req": null, "bytes_alloc": null, "gfp": "GFP_KERNEL", "call_site": "0xffffffff81700021", "symbol": "pool_grow+0x21 [nicdrv]", "cache": null, "pid": 400, "context": "task", "preempt": 0, "irqs_off": null, "owner": "other", "lost": null, "failed": false, "stack": null, "rcu": null, "scopes": null, "hooked": false, "migratetype": 0, "fallback_order": null, "fallback_migratetype": null, "percpu_refill": null}
> {"ts_ns": 800109000, "cpu": 1, "type": "page_alloc", "ptr": null, "pfn": null, "order": 10, "bytes_req": null, "bytes_alloc": null, "gfp": "GFP_ATOMIC|COMP", "call_site": "0xffffffff81700021", "symbol": "pool_grow+0x21 [nicdrv]", "cache": null, "pid": 400, "context": "task", "preempt": 0, "irqs_off": null, "owner": "other", "lost": null, "failed": true, "stack": null, "rcu": null, "scopes": null, "hooked": false, "migratetype": 0, "fallback_order": null, "fallback_migratetype": null, "percpu_refill": null}

== JSON lines: kmalloc and kfree
$ kmemtool dump --format jsonl --from 400050us --limit 2 --type kmalloc,kfree base.kmt
> {"ts_ns": 400050000, "cpu": 1, "type": "kmalloc", "ptr": "0xffff888002ee0000", "pfn": null, "order": null, "bytes_req": 40, "bytes_alloc": 64, "gfp": "GFP_KERNEL", "call_site": "0xffffffffc0400077", "symbol": "poll_timer+0x77 [nicdrv]", "cache": "kmalloc-64", "pid": 7, "context": "softirq", "preempt": 1, "irqs_off": null, "owner": null, "lost": null, "failed": false, "stack": null, "rcu": null, "scopes": null, "hooked": false, "migratetype": null, "fallback_order": null, "fallback_migratetype": null, "percpu_refill": null}
> {"ts_ns": 400051000, "cpu": 1, "type": "kmalloc", "ptr": "0xffff888002ee0040", "pfn": null, "order": null, "bytes_req": 40, "bytes_alloc": 64, "gfp": "GFP_KERNEL", "call_site": "0xffffffffc0400077", "symbol": "poll_timer+0x77 [nicdrv]", "cache": "kmalloc-64", "pid": 7, "context": "softirq", "preempt": 1, "irqs_off": null, "owner": null, "lost": null, "failed": false, "stack": null, "rcu": null, "scopes": null, "hooked": false, "migratetype": null, "fallback_order": null, "fallback_migratetype": null, "percpu_refill": null}

== CSV
$ kmemtool dump --format csv --limit 3 base.kmt
> ts_ns,cpu,type,ptr,pfn,order,bytes_req,bytes_alloc,gfp,call_site,symbol,cache,pid,context,preempt,owner,lost,failed,stack,irqs_off,rcu,scopes,hooked,migratetype,fallback_order,fallback_migratetype,percpu_refill
> 0,0,mark,,,,,,,,,,,,,,,0,,,,,,,,,
> 1000,1,kmalloc,0xffff888002710000,,,100,128,GFP_KERNEL,0xffffffff81200042,ring_grow+0x42,kmalloc-128,200,task,0,,,0,,,,,0,,,,
> 2000,1,kmalloc,0xffff888002710100,,,100,128,GFP_KERNEL,0xffffffff81200042,ring_grow+0x42,kmalloc-128,200,task,0,,,0,,,,,0,,,,

== CSV: page events
$ kmemtool dump --format csv --type page_alloc --from 800100us --limit 2 base.kmt
> ts_ns,cpu,type,ptr,pfn,order,bytes_req,bytes_alloc,gfp,call_site,symbol,cache,pid,context,preempt,owner,lost,failed,stack,irqs_off,rcu,scopes,hooked,migratetype,fallback_order,fallback_migratetype,percpu_refill
> 800100000,1,page_alloc,,14336,3,,,GFP_KERNEL,0xffffffff81700021,pool_grow+0x21 [nicdrv],,400,task,0,other,,0,,,,,0,0,,,
> 800109000,1,page_alloc,,,10,,,GFP_ATOMIC|COMP,0xffffffff81700021,pool_grow+0x21 [nicdrv],,400,task,0,other,,1,,,,,0,0,,,

== CSV: a gap
$ kmemtool dump --format csv --type gap loss.kmt
> ts_ns,cpu,type,ptr,pfn,order,bytes_req,bytes_alloc,gfp,call_site,symbol,cache,pid,context,preempt,owner,lost,failed,stack,irqs_off,rcu,scopes,hooked,migratetype,fallback_order,fallback_migratetype,percpu_refill
> 1600050000,1,gap,,,,,,,,,,,,,,25,0,,,,,,,,,

== call chains, by number
$ kmemtool dump --limit 2 --type kmalloc,page_alloc chains.kmt
> 0.000001000 [001]    200 task       kmalloc         0xffff888002710000 req=100 alloc=128 GFP_KERNEL kmalloc-128 stack=6 ring_grow+0x42
> 0.000002000 [001]    200 task       kmalloc         0xffff888002710100 req=100 alloc=128 GFP_KERNEL kmalloc-128 stack=6 ring_grow+0x42

== call chains, in full
$ kmemtool dump --stacks --limit 2 --type kmalloc chains.kmt
> 0.000001000 [001]    200 task       kmalloc         0xffff888002710000 req=100 alloc=128 GFP_KERNEL kmalloc-128 stack=6 ring_grow+0x42
> 	0xffffffff81200042 ring_grow+0x42
> 	0xffffffff81c0002c vfs_ioctl+0x2c
> 	0xffffffff81e000d1 kthread+0xd1
> 0.000002000 [001]    200 task       kmalloc         0xffff888002710100 req=100 alloc=128 GFP_KERNEL kmalloc-128 stack=6 ring_grow+0x42
> 	0xffffffff81200042 ring_grow+0x42
> 	0xffffffff81c0002c vfs_ioctl+0x2c
> 	0xffffffff81e000d1 kthread+0xd1

== call chains as JSON lines: by number, in full, and of what has none
$ kmemtool dump --format jsonl --limit 1 --type kmalloc chains.kmt
$ kmemtool dump --format jsonl --stacks --limit 1 --type vmap_alloc chains.kmt
$ kmemtool dump --format jsonl --stacks --limit 1 --type kfree chains.kmt
> {"ts_ns": 1000, "cpu": 1, "type": "kmalloc", "ptr": "0xffff888002710000", "pfn": null, "order": null, "bytes_req": 100, "bytes_alloc": 128, "gfp": "GFP_KERNEL", "call_site": "0xffffffff81200042", "symbol": "ring_grow+0x42", "cache": "kmalloc-128", "pid": 200, "context": "task", "preempt": 0, "irqs_off": null, "owner": null, "lost": null, "failed": false, "stack": 6, "rcu": null, "scopes": null, "hooked": false, "migratetype": null, "fallback_order": null, "fallback_migratetype": null, "percpu_refill": null}
> {"ts_ns": 1000050000, "cpu": 0, "type": "vmap_alloc", "ptr": "0xffffc90000008000", "pfn": null, "order": null, "bytes_req": 20480, "bytes_alloc": null, "gfp": null, "call_site": "0xffffffff81800063", "symbol": "dup_task_struct+0x63", "cache": null, "pid": 500, "context": "task", "preempt": 0, "irqs_off": null, "owner": "vmalloc", "lost": null, "failed": false, "stack": 21, "rcu": null, "scopes": null, "hooked": false, "migratetype": null, "fallback_order": null, "fallback_migratetype": null, "percpu_refill": null, "frames": [{"call_site": "0xffffffff81800063", "symbol": "dup_task_struct+0x63"}, {"call_site": "0xffffffff81c0002c", "symbol": "vfs_ioctl+0x2c"}, {"call_site": "0xffffffff81d0005d", "symbol": "do_syscall_64+0x5d"}]}
> {"ts_ns": 31000, "cpu": 0, "type": "kfree", "ptr": "0xffff888002af8000", "pfn": null, "order": null, "bytes_req": null, "bytes_alloc": null, "gfp": null, "call_site": "0xffffffff81300088", "symbol": "free_msg+0x8", "cache": null, "pid": 300, "context": "softirq", "preempt": 0, "irqs_off": null, "owner": null, "lost": null, "failed": false, "stack": null, "rcu": null, "scopes": null, "hooked": false, "migratetype": null, "fallback_order": null, "fallback_migratetype": null, "percpu_refill": null}

== call chains as CSV: by number
$ kmemtool dump --format csv --limit 1 --type kmalloc chains.kmt
> ts_ns,cpu,type,ptr,pfn,order,bytes_req,bytes_alloc,gfp,call_site,symbol,cache,pid,context,preempt,owner,lost,failed,stack,irqs_off,rcu,scopes,hooked,migratetype,fallback_order,fallback_migratetype,percpu_refill
> 1000,1,kmalloc,0xffff888002710000,,,100,128,GFP_KERNEL,0xffffffff81200042,ring_grow+0x42,kmalloc-128,200,task,0,,,0,6,,,,0,,,,

== call chains as CSV: in full
$ kmemtool dump --format csv --stacks chains.kmt
! kmemtool: dump: --stacks: a line of CSV holds no call chain (see kmemtool dump --help)
= 2

== of a trace without call chains
$ kmemtool dump --stacks base.kmt > a; kmemtool dump base.kmt > b; cmp a b

== some CPUs
$ for cpus in 0 1 0,1 0-1 1-65535 2; do kmemtool dump --cpu $cpus base.kmt | wc -l; done
$ kmemtool dump --cpu 0 base.kmt | grep -c '\[001\]'
> 1427
> 360
> 1787
> 1787
> 360
> 0
> 0
= 1

== skipping
$ kmemtool dump base.kmt > all
$ for n in 0 1 511 512 513 1786 1787 99999; do kmemtool dump --skip $n base.kmt | diff - <(tail -n +$((n + 1)) all) && echo same; done
$ kmemtool dump --skip 512 --limit 1 --type kfree base.kmt
> same
> same
> same
> same
> same
> same
> same
> same
> 0.300030000 [000]    300 softirq    kfree           0xffff888002af8000 free_msg+0x8

== of several files: line for line as of one
$ for n in "" .1; do cp "$top/tests/golden/segments.kmt$n" s.kmt$n; done
$ kmemtool dump s.kmt | cmp - <(kmemtool dump base.kmt) && kmemtool dump --from 1.2s s.kmt | cmp - <(kmemtool dump --from 1.2s base.kmt) && echo same
> same

== of several files: behind so many records
$ kmemtool dump --skip 1700 s.kmt | cmp - <(kmemtool dump --skip 1700 base.kmt) && echo same
$ kmemtool dump --skip 100 s.kmt.1 | cmp - <(kmemtool dump s.kmt.1 | tail -n +101) && echo same
> same
> same

== of several files: a part is missing
$ head -c 3178 s.kmt > cut.kmt; cp s.kmt.1 cut.kmt.1
$ kmemtool dump cut.kmt | wc -l; exit ${PIPESTATUS[0]}
> 763
! kmemtool: dump: cut.kmt: offset 0: in cut.kmt.1: a part of the file before it is missing, with 1024 records
= 3

== of several files: damage is told with the name of its file
$ cp s.kmt bad.kmt; cp s.kmt.1 bad.kmt.1; printf '\377' | dd of=bad.kmt.1 bs=1 seek=2300 conv=notrunc status=none
$ kmemtool dump bad.kmt | wc -l; exit ${PIPESTATUS[0]}
> 1536
! kmemtool: dump: bad.kmt: offset 1973: in bad.kmt.1: damaged block: wrong checksum
= 3

== without symbols
$ kmemtool dump --limit 2 --type kmalloc bare.kmt
> 0.000001000 [001]    200 task       kmalloc         0xffff888002710000 req=100 alloc=128 GFP_KERNEL kmalloc-128 0xffffffff81200042
> 0.000002000 [001]    200 task       kmalloc         0xffff888002710100 req=100 alloc=128 GFP_KERNEL kmalloc-128 0xffffffff81200042

== no events
$ kmemtool dump empty.kmt

== beyond the end
$ kmemtool dump --from 1m base.kmt

== zero lines
$ kmemtool dump --limit 0 base.kmt

== from standard input
$ kmemtool dump --limit 1 - < base.kmt
> 0.000000000 [000]      0            mark            snapshot 0

== no footer
$ head -c 3178 base.kmt > short.kmt
$ kmemtool dump --limit 1 short.kmt
> 0.000000000 [000]      0            mark            snapshot 0
! kmemtool: dump: short.kmt: incomplete: no footer, read up to its last whole block
= 3

== a block of events damaged: the others are printed
$ cp base.kmt flip.kmt; printf '\377' | dd of=flip.kmt bs=1 seek=3400 conv=notrunc status=none
$ kmemtool dump flip.kmt | wc -l; exit ${PIPESTATUS[0]}
> 1275
! kmemtool: dump: flip.kmt: offset 3156: damaged block: wrong checksum
= 3

== another host's architecture
$ kmemtool dump foreign.kmt > a && kmemtool dump base.kmt > b && cmp a b

== a text
$ echo hello > text; kmemtool dump text
! kmemtool: dump: text: offset 0: not a kmemtool trace
= 3

== no such file
$ kmemtool dump absent.kmt
! kmemtool: dump: absent.kmt: cannot open: No such file or directory
= 3

== no file named
$ kmemtool dump --limit 1
! kmemtool: dump: no trace given (see kmemtool dump --help)
= 2

== wrong time
$ kmemtool dump --from 3h base.kmt
! kmemtool: dump: --from: '3h' is not a time (like 1.5s, 20ms, 300us, 2m) (see kmemtool dump --help)
= 2

== wrong type
$ kmemtool dump --type kmalloc,page base.kmt
! kmemtool: dump: --type: no event type 'page'; there are kmalloc, kfree, cache_alloc, cache_free, page_alloc, page_free, page_free_batch, percpu_alloc, percpu_free, percpu_fail, vmap_alloc, vmap_free, gap, mark, zone_locked, pcpu_drain, extfrag (see kmemtool dump --help)
= 2

== no type
$ kmemtool dump --type , base.kmt
! kmemtool: dump: --type: no event type ''; there are kmalloc, kfree, cache_alloc, cache_free, page_alloc, page_free, page_free_batch, percpu_alloc, percpu_free, percpu_fail, vmap_alloc, vmap_free, gap, mark, zone_locked, pcpu_drain, extfrag (see kmemtool dump --help)
= 2

== wrong list of CPUs
$ for cpus in '' , x 1- -1 2-1 0,,1 0, 65536 0-65536 99999999999; do kmemtool dump --cpu "$cpus" base.kmt; done
! kmemtool: dump: --cpu: '' is not a list of CPUs (like 0,2-3) (see kmemtool dump --help)
! kmemtool: dump: --cpu: ',' is not a list of CPUs (like 0,2-3) (see kmemtool dump --help)
! kmemtool: dump: --cpu: 'x' is not a list of CPUs (like 0,2-3) (see kmemtool dump --help)
! kmemtool: dump: --cpu: '1-' is not a list of CPUs (like 0,2-3) (see kmemtool dump --help)
! kmemtool: dump: --cpu: '-1' is not a list of CPUs (like 0,2-3) (see kmemtool dump --help)
! kmemtool: dump: --cpu: '2-1' is not a list of CPUs (like 0,2-3) (see kmemtool dump --help)
! kmemtool: dump: --cpu: '0,,1' is not a list of CPUs (like 0,2-3) (see kmemtool dump --help)
! kmemtool: dump: --cpu: '0,' is not a list of CPUs (like 0,2-3) (see kmemtool dump --help)
! kmemtool: dump: --cpu: '65536' is not a list of CPUs (like 0,2-3) (see kmemtool dump --help)
! kmemtool: dump: --cpu: '0-65536' is not a list of CPUs (like 0,2-3) (see kmemtool dump --help)
! kmemtool: dump: --cpu: '99999999999' is not a list of CPUs (like 0,2-3) (see kmemtool dump --help)
= 2

== wrong number to skip
$ kmemtool dump --skip some base.kmt
! kmemtool: dump: --skip: 'some' is not a number (see kmemtool dump --help)
= 2

== wrong format
$ kmemtool dump --format html base.kmt
! kmemtool: dump: --format: 'html' is not text, jsonl or csv (see kmemtool dump --help)
= 2

== wrong limit
$ kmemtool dump --limit -1 base.kmt
! kmemtool: dump: --limit: '-1' is not a number (see kmemtool dump --help)
= 2

== option without its argument
$ kmemtool dump base.kmt --from
! kmemtool: dump: option '--from' requires an argument
= 2

== full disk
? test -c /dev/full # no /dev/full
$ kmemtool dump base.kmt > /dev/full
! kmemtool: dump: standard output: No space left on device
= 4

== closed pipe
$ { kmemtool dump base.kmt; echo "status $?" >&2; } | head -1
> 0.000000000 [000]      0            mark            snapshot 0
! kmemtool: dump: standard output: Broken pipe
! status 4

== a range with nothing in it
$ kmemtool dump --from 2s --to 1s base.kmt
! kmemtool: dump: --from is not before --to (see kmemtool dump --help)
= 2

== version 1.1: pages on their way, what a task was in, paths without tracepoint
$ kmemtool dump transitions.kmt
> 0.000000000 [000]      0            mark            snapshot 0
> 0.000001000 [001]    400 task       zone_locked     pfn=14000 order=0 type=0 refill
> 0.000002000 [001]    400 task       zone_locked     pfn=14001 order=0 type=0 refill
> 0.000003000 [001]    400 task       zone_locked     pfn=14002 order=0 type=0 refill
> 0.000004000 [001]    400 task       extfrag         pfn=16384 order=3 type=1 from order=10 type=2
> 0.000005000 [001]    400 task       zone_locked     pfn=16384 order=3 type=1
> 0.000006000 [001]    400 task       page_alloc      pfn=14000 order=0 GFP_KERNEL type=0 owner=other do_anonymous_page+0x55
> 0.000007000 [001]    400 softirq    pcpu_drain      pfn=14001 order=0 type=0
> 0.000008000 [001]    400 softirq    pcpu_drain      pfn=14002 order=0 type=0
> 0.000009000 [000]    500 task       cache_alloc     0xffff888002000000 req=192 alloc=192 GFP_KERNEL dentry nofs hooked __d_alloc+0x12
> 0.000010000 [000]    500 task       cache_alloc     0xffff8880020000c0 req=192 alloc=192 GFP_KERNEL dentry nofs hooked __d_alloc+0x12
> 0.000011000 [000]    500 task       cache_alloc     0xffff888002000180 req=192 alloc=192 GFP_KERNEL dentry nofs hooked __d_alloc+0x12
> 0.000012000 [000]    500 task+rcu   cache_free      0xffff888002000000 dentry hooked __d_free+0x34
> 0.000013000 [000]    500 task+rcu   cache_free      0xffff8880020000c0 dentry hooked __d_free+0x34
> 0.000014000 [000]    500 task+rcu   cache_free      0xffff888002000180 dentry memalloc|noio __d_free+0x34
> 2.000000000 [000]      0            mark            snapshot 1

== its keys in JSON lines and CSV
$ kmemtool dump --type zone_locked,extfrag,pcpu_drain --cpu 1 --skip 3 --format jsonl --limit 2 transitions.kmt
$ kmemtool dump --skip 11 --limit 1 --format csv transitions.kmt
> {"ts_ns": 3000, "cpu": 1, "type": "zone_locked", "ptr": null, "pfn": 14002, "order": 0, "bytes_req": null, "bytes_alloc": null, "gfp": null, "call_site": null, "symbol": null, "cache": null, "pid": 400, "context": "task", "preempt": 0, "irqs_off": null, "owner": null, "lost": null, "failed": false, "stack": null, "rcu": false, "scopes": null, "hooked": false, "migratetype": 0, "fallback_order": null, "fallback_migratetype": null, "percpu_refill": true}
> {"ts_ns": 4000, "cpu": 1, "type": "extfrag", "ptr": null, "pfn": 16384, "order": 3, "bytes_req": null, "bytes_alloc": null, "gfp": null, "call_site": null, "symbol": null, "cache": null, "pid": 400, "context": "task", "preempt": 0, "irqs_off": null, "owner": null, "lost": null, "failed": false, "stack": null, "rcu": false, "scopes": null, "hooked": false, "migratetype": 1, "fallback_order": 10, "fallback_migratetype": 2, "percpu_refill": null}
> ts_ns,cpu,type,ptr,pfn,order,bytes_req,bytes_alloc,gfp,call_site,symbol,cache,pid,context,preempt,owner,lost,failed,stack,irqs_off,rcu,scopes,hooked,migratetype,fallback_order,fallback_migratetype,percpu_refill
> 11000,0,cache_alloc,0xffff888002000180,,,192,192,GFP_KERNEL,0xffffffff81100012,__d_alloc+0x12,dentry,500,task,0,,,0,,,0,nofs,1,,,,
