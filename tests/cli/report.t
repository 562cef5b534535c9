# kmemtool report: the views of a result.

== summary
$ kmemtool replay base.kmt -o base.json && kmemtool report base.json
> trace     Linux 6.12.0-golden x86_64, 2 CPUs; 1785 events in 2.00 s, none lost
> command   golden workload
> machine   host, 2 CPUs, 1 NUMA node, 125 MiB, warm start
> model     error on the recorded machine: slab pages 0.877 %, free pages 0.425 %, vmalloc 0 %, percpu 0 %
>           of what changed: slab pages 13.3 %, free blocks 5 %
>           right: kmalloc sizes 100 %, zones of pages 100 %
> 
> memory                                 peak       end
> live, allocated in the trace        247 KiB  68.8 KiB
>   given but not asked for          13.8 KiB  5.47 KiB
> slabs                               912 KiB   912 KiB
>   free objects                            -   128 KiB
> vmalloc                            48.0 KiB  28.0 KiB
>   guards, lazy areas, page tables  52.0 KiB         -
> percpu                              480 KiB   480 KiB
>   populated and free               40.0 KiB         -
> free memory fell to 23.8 MiB; unusable for order 9: 0.905 at worst
> 
> waste by call site, at its peak
>   call site                 kind     cache        waste peak  waste over time  live peak  allocs
>   alloc_msg+0x20            kmalloc  kmalloc-1k     8.28 KiB            3 B s   20.0 KiB     400
>   pipe_resize_ring+0x99     kmalloc  -              6.00 KiB            0 B s   16.0 KiB       1
>   ring_grow+0x42            kmalloc  kmalloc-128    5.47 KiB       5.74 KiB s   25.0 KiB     200
>   poll_timer+0x77 [nicdrv]  kmalloc  kmalloc-64         72 B            0 B s      256 B       4
> 
> waste by cache, at the end
>   cache        size  order  pages  in use  free objects  internal
>   dentry        192      0    110    1990      60.0 KiB       0 B
>   kmalloc-1k   1024      2     24      54      42.0 KiB       0 B
>   kmalloc-64     64      0     40    2336      14.0 KiB       0 B
>   kmalloc-256   256      0     20     284      9.00 KiB       0 B
>   kmalloc-128   128      0     34    1068      2.50 KiB  5.47 KiB
> 
> failures    2 in the model (1 of order 3 and more, 2 atomic), 2 on the host
> misuse      4 errors and warnings; E sleep-in-atomic 3; W costly-order 1
> leaks       12.5 KiB at call sites that only grew, first of all ring_grow+0x42
> divergence  2 of 1716 events: 1 unknown_free, 1 implied_free; explained and not counted: 11 warm_free, 1 split_free, 1 doubled

== a trace is replayed first
$ kmemtool report base.json > a && kmemtool report base.kmt > b && cmp a b

== what a file is does not depend on its name
$ cp base.json result.kmt; cp base.kmt trace.json
$ kmemtool report result.kmt | cmp - a; kmemtool report trace.json | cmp - a

== either from standard input
$ kmemtool report - < base.json | cmp - a; kmemtool report - < base.kmt | cmp - a; cat base.kmt | kmemtool report - | cmp - a

== to a file
$ kmemtool report base.json -o out && cmp out a

== waste
$ kmemtool report --view waste base.json
> given but not asked for, at its peak          13.8 KiB
> the same over the whole trace               5.75 KiB s
> free objects in slabs at the end               128 KiB
> vmalloc: guards, lazy areas, page tables      52.0 KiB
> percpu: populated and free                    40.0 KiB
> 
> call sites
>   call site                 kind     cache        waste peak  waste over time  live peak  allocs
>   alloc_msg+0x20            kmalloc  kmalloc-1k     8.28 KiB            3 B s   20.0 KiB     400
>   pipe_resize_ring+0x99     kmalloc  -              6.00 KiB            0 B s   16.0 KiB       1
>   ring_grow+0x42            kmalloc  kmalloc-128    5.47 KiB       5.74 KiB s   25.0 KiB     200
>   poll_timer+0x77 [nicdrv]  kmalloc  kmalloc-64         72 B            0 B s      256 B       4
> 
> caches at the end
>   cache        size  order  pages  in use  free objects  internal
>   dentry        192      0    110    1990      60.0 KiB       0 B
>   kmalloc-1k   1024      2     24      54      42.0 KiB       0 B
>   kmalloc-64     64      0     40    2336      14.0 KiB       0 B
>   kmalloc-256   256      0     20     284      9.00 KiB       0 B
>   kmalloc-128   128      0     34    1068      2.50 KiB  5.47 KiB

== caches
$ kmemtool report --view caches base.json
> cache        object  size  order  per slab  allocs  frees  slabs start  peak  end  pages end  in use      free  internal
> dentry          192   192      0        21     300    290          100   110  110        110    1990  60.0 KiB       0 B
> kmalloc-64       64    64      0        64       6      6           40    40   40         40    2336  14.0 KiB       0 B
> kmalloc-128     128   128      0        32     200      0           30    34   34         34    1068  2.50 KiB  5.47 KiB
> kmalloc-1k     1024  1024      2        16     400    400            5     6    6         24      54  42.0 KiB       0 B
> kmalloc-256     256   256      0        16       0      0           20    20   20         20     284  9.00 KiB       0 B

== call sites
$ kmemtool report --view call-sites base.json
> call site                 kind          cache        allocs  frees  fails  asked for     given  live end  live peak
> alloc_msg+0x20            kmalloc       kmalloc-1k      400    400      0    234 KiB   400 KiB       0 B   20.0 KiB
> do_anonymous_page+0x55    page_alloc    -                50     40      0    200 KiB   200 KiB  40.0 KiB    200 KiB
> __d_alloc+0x12            cache_alloc   dentry          300    280      0   56.2 KiB  56.2 KiB  3.75 KiB   56.2 KiB
> pool_grow+0x21 [nicdrv]   page_alloc    -                 1      8      1   32.0 KiB  32.0 KiB       0 B   32.0 KiB
> ring_grow+0x42            kmalloc       kmalloc-128     200      0      0   19.5 KiB  25.0 KiB  25.0 KiB   25.0 KiB
> pipe_resize_ring+0x99     kmalloc       -                 1      1      0   10.0 KiB  16.0 KiB       0 B   16.0 KiB
> dup_task_struct+0x63      vmap_alloc    -                 1      1      0   16.0 KiB  16.0 KiB       0 B   16.0 KiB
> alloc_stats+0x11          percpu_alloc  -                 6      4      0      288 B     288 B      96 B      288 B
> poll_timer+0x77 [nicdrv]  kmalloc       kmalloc-64        4      4      0      184 B     256 B       0 B      256 B
> 0xffffffff81b00033        kmalloc       kmalloc-64        2      2      0      128 B     128 B       0 B       64 B
> -                         percpu_alloc  -                 0      0      1        0 B       0 B       0 B        0 B
> nic_probe+0x17 [nicdrv]   vmap_alloc    -                 1      0      0        0 B       0 B       0 B        0 B

== zones
$ kmemtool report --view zones base.json
> node  zone   managed  min  low  high  free start  lowest   end  host end  fallbacks  unusable  fragmented
>    0  DMA       3900   20   25    30         768     768   768       768          0     1.000       0.844
>    0  DMA32    28000  200  250   300        5416    5322  5322      5348          1     0.905      -1.000
> 
> at the end, by order
>   zone     order                   0      1      2      3      4      5      6      7      8      9     10
>   0 DMA    free blocks, model      0      0      0      0      0      8      8      0      0      0      0
>   0 DMA    free blocks, host       0      0      0      0      0      8      8      0      0      0      0
>   0 DMA    unusable index      0.000  0.000  0.000  0.000  0.000  0.000  0.333  1.000  1.000  1.000  1.000
>   0 DMA32  free blocks, model     58     50     41     61     30     20     11      7      5      1      0
>   0 DMA32  free blocks, host      78     51     40     60     31     20     11      7      5      1      0
>   0 DMA32  unusable index      0.000  0.010  0.029  0.060  0.152  0.242  0.362  0.494  0.663  0.903  1.000

== failures
$ kmemtool report --view failures base.json
> time (s)  cpu  pid  context  kind          call site                order      size  gfp              model  host
> 0.800109    1  400  task     page_alloc    pool_grow+0x21 [nicdrv]     10  4.00 MiB  GFP_ATOMIC|COMP  yes    yes
> 1.200060    1  600  task     percpu_alloc  -                            0  64.0 KiB  -                yes    yes
> 
> why, row by row (only what the model refused)
>   1  page allocation failure: order:10, mode:0x40820(GFP_ATOMIC|COMP), cpu 1, may sleep
>        why: memory is fragmented: enough free pages, no block of the order
>        tried: kswapd woken
>        gave up: the caller may not wait, so nothing was reclaimed for it
>        node 0 DMA: 373 pages short of its mark
>          free 768, to exceed 1140 = 8 of the min mark + 109 reserve + 1023 not usable; reclaimable 3132
>          fragmentation index 0.891, unusable 1.000; free blocks by order: 0 0 0 0 0 8 8 0 0 0 0
>        node 0 DMA32: pages enough, but no block of order 10
>          free 5322, to exceed 1098 = 75 of the min mark + 0 reserve + 1023 not usable; reclaimable 22229
>          fragmentation index 0.979, unusable 1.000; free blocks by order: 58 50 41 61 30 20 11 7 5 1 0
>   2  no room in the chunks, or its size is not possible

== misuse
$ kmemtool report --view misuse base.json
> E sleep-in-atomic: may sleep where sleeping is forbidden (3 events)
>   events  call site                 context  preempt  gfp
>        3  poll_timer+0x77 [nicdrv]  softirq        1  GFP_KERNEL
> 
> W costly-order: more than eight pages at a time with no fallback (1 event)
>   events  call site                context  preempt  gfp
>        1  pool_grow+0x21 [nicdrv]  task           0  GFP_ATOMIC|COMP

== leaks
$ kmemtool report --view leaks base.json
> call site       kind         cache        objects     bytes  oldest  of allocs  growing
> ring_grow+0x42  kmalloc      kmalloc-128      100  12.5 KiB  2.00 s        200  yes
> __d_alloc+0x12  cache_alloc  dentry            20  3.75 KiB  1.80 s        300  no

== fidelity
$ kmemtool report --view fidelity base.json
> error of the model, against the host's closing snapshot
> slab pages, of what the host had                         0.877 %
> free pages, of what the host had                         0.425 %
> vmalloc bytes, of what the host had                          0 %
> percpu pages, of what the host had                           0 %
> slab pages, of what changed                               13.3 %
> free blocks, of what changed                                 5 %
> 
> where the model was right, event by event
> size given by kmalloc                                      100 %
> zone of a page allocation                                  100 %
> 
> counts
> slab pages at the start                                      210
> slab pages at the end, model                                 228
> slab pages at the end, host                                  228
> failed requests, model                                         2
> failed requests, host                                          2
> frees that were not seen                                       1
> allocations that were not seen                                 0
> 
> caches, greatest difference first
>   cache        slabs start  model  host  objects model  host  pages model  host
>   dentry               100    110   109           2085  2070          110   109
>   kmalloc-128           30     34    35           1088  1090           34    35
>   kmalloc-1k             5      6     6             96    80           24    24
>   kmalloc-256           20     20    20            300   300           20    20
>   kmalloc-64            40     40    40           2400  2401           40    40

== timeline
$ kmemtool report --view timeline base.json
> time (s)      live  internal waste  slab pages  free pages   vmalloc   percpu
> 0.093750  1.25 KiB           280 B         214        6176  20.0 KiB  456 KiB
> 0.195312  2.50 KiB           560 B         214        6176  20.0 KiB  456 KiB
> 0.296875  7.50 KiB           840 B         224        6155  20.0 KiB  456 KiB
> 0.398438  8.75 KiB        1.09 KiB         224        6155  20.0 KiB  456 KiB
> 0.500000  10.0 KiB        1.37 KiB         224        6155  20.0 KiB  456 KiB
> 0.593750  11.2 KiB        1.64 KiB         224        6155  20.0 KiB  456 KiB
> 0.695312  12.5 KiB        1.91 KiB         224        6155  20.0 KiB  456 KiB
> 0.796875  13.8 KiB        2.19 KiB         225        6148  20.0 KiB  456 KiB
> 0.898438  55.0 KiB        2.46 KiB         225        6090  20.0 KiB  456 KiB
> 1.000000  56.2 KiB        2.73 KiB         225        6090  20.0 KiB  456 KiB
> 1.093750  57.5 KiB        3.01 KiB         226        6090  28.0 KiB  456 KiB
> 1.195312  58.8 KiB        3.28 KiB         226        6090  28.0 KiB  456 KiB
> 1.296875  60.1 KiB        3.55 KiB         226        6090  28.0 KiB  480 KiB
> 1.398438  61.3 KiB        3.83 KiB         226        6090  28.0 KiB  480 KiB
> 1.500000  62.6 KiB        4.10 KiB         227        6090  28.0 KiB  480 KiB
> 1.593750  63.8 KiB        4.38 KiB         227        6090  28.0 KiB  480 KiB
> 1.695312  65.1 KiB        4.65 KiB         227        6090  28.0 KiB  480 KiB
> 1.796875  66.3 KiB        4.92 KiB         228        6090  28.0 KiB  480 KiB
> 1.898438  67.6 KiB        5.20 KiB         228        6090  28.0 KiB  480 KiB
> 2.000000  68.8 KiB        5.47 KiB         228        6090  28.0 KiB  480 KiB
> 2.000000  68.8 KiB        5.47 KiB         228        6090  28.0 KiB  480 KiB

== sorted by another key
$ kmemtool report --view caches --sort frees --top 3 base.json
> cache       object  size  order  per slab  allocs  frees  slabs start  peak  end  pages end  in use      free  internal
> kmalloc-1k    1024  1024      2        16     400    400            5     6    6         24      54  42.0 KiB       0 B
> dentry         192   192      0        21     300    290          100   110  110        110    1990  60.0 KiB       0 B
> kmalloc-64      64    64      0        64       6      6           40    40   40         40    2336  14.0 KiB       0 B
> ... and 2 more

== sorted by name
$ kmemtool report --view caches --sort name base.json
> cache        object  size  order  per slab  allocs  frees  slabs start  peak  end  pages end  in use      free  internal
> dentry          192   192      0        21     300    290          100   110  110        110    1990  60.0 KiB       0 B
> kmalloc-128     128   128      0        32     200      0           30    34   34         34    1068  2.50 KiB  5.47 KiB
> kmalloc-1k     1024  1024      2        16     400    400            5     6    6         24      54  42.0 KiB       0 B
> kmalloc-256     256   256      0        16       0      0           20    20   20         20     284  9.00 KiB       0 B
> kmalloc-64       64    64      0        64       6      6           40    40   40         40    2336  14.0 KiB       0 B

== CSV
$ kmemtool report --view caches --format csv base.json
> name,object_size,size,order,objects_per_slab,allocs,frees,slabs_start,slabs_peak,slabs_end,pages_peak,pages_end,objects_end,active_end,free_bytes_end,live_bytes_req_end,waste_internal_bytes_end
> dentry,192,192,0,21,300,290,100,110,110,110,110,1990,2085,61440,3840,0
> kmalloc-64,64,64,0,64,6,6,40,40,40,40,40,2336,2400,14336,0,0
> kmalloc-128,128,128,0,32,200,0,30,34,34,34,34,1068,1088,2560,20000,5600
> kmalloc-1k,1024,1024,2,16,400,400,5,6,6,24,24,54,96,43008,0,0
> kmalloc-256,256,256,0,16,0,0,20,20,20,20,20,284,300,9216,0,0

== CSV of call sites
$ kmemtool report --view call-sites --format csv --top 4 base.json
> symbol,site,kind,cache,allocs,frees,fails,bytes_req,bytes_alloc,live_objects_end,live_bytes_end,live_bytes_peak,waste_bytes_peak,waste_byte_seconds,gfp,contexts.task,contexts.softirq,contexts.hardirq,contexts.nmi,contexts.unknown
> alloc_msg+0x20,0xffffffff81300020,kmalloc,kmalloc-1k,400,400,0,240000,409600,0,0,20480,8480,3.392,GFP_KERNEL|ZERO,400,0,0,0,0
> do_anonymous_page+0x55,0xffffffff81600055,page_alloc,,50,40,0,204800,204800,10,40960,204800,0,0,GFP_HIGHUSER_MOVABLE,50,0,0,0,0
> __d_alloc+0x12,0xffffffff81100012,cache_alloc,dentry,300,280,0,57600,57600,20,3840,57600,0,0,GFP_KERNEL,300,0,0,0,0
> pool_grow+0x21 [nicdrv],0xffffffff81700021,page_alloc,,1,8,1,32768,32768,0,0,32768,0,0,GFP_KERNEL|HIGH|COMP,2,0,0,0,0

== CSV of the summary
$ kmemtool report --format csv base.json
> metric,value
> live.bytes_peak,252928
> live.objects_peak,330
> waste.internal_bytes_peak,14080
> waste.internal_byte_seconds,5883
> waste.slab_partial_bytes_end,130560
> slab.pages_peak,228
> slab.pages_end,228
> page.free_pages_min,6090
> page.unusable_index_order9_max,905
> page.fragmentation_index_order9_max,-1000
> vmalloc.bytes_peak,49152
> vmalloc.waste_bytes_peak,53248
> percpu.bytes_peak,491520
> percpu.waste_bytes_peak,40912
> fail.total,2
> fail.order_ge_3,1
> fail.atomic,2
> misuse.total,4
> leak.suspect_bytes,12800
> divergence.total,2
> lost.total,0

== CSV of the fidelity
$ kmemtool report --view fidelity --format csv base.json
> fidelity,value
> bytes_alloc_match_pct,100
> slab_pages_start,210
> slab_pages_model,228
> slab_pages_real,228
> slab_pages_error_pct,0.877193
> slab_churn_error_pct,13.3333
> free_pages_error_pct,0.425114
> free_blocks_error_pct,5
> zone_match_pct,100
> vmalloc_error_pct,0
> percpu_error_pct,0
> failures_model,2
> failures_real,2
> implied_frees,1
> implied_allocs,0

== CSV of failures
$ kmemtool report --view failures --format csv base.json
> ts_ns,cpu,pid,context,kind,symbol,site,order,bytes,gfp,model_failed,host_failed,reason
> 800109000,1,400,task,page_alloc,pool_grow+0x21 [nicdrv],0xffffffff81700021,10,4194304,GFP_ATOMIC|COMP,1,1,"memory is fragmented: enough free pages, no block of the order"
> 1200060000,1,600,task,percpu_alloc,,0x0,0,65536,,1,1,"no room in the chunks, or its size is not possible"

== JSON of one view
$ kmemtool report --view misuse --format json base.json | sed -n '/^ "misuse"/,$p'
>  "misuse": [
>   {
>    "rule": "sleep-in-atomic",
>    "severity": "E",
>    "title": "may sleep where sleeping is forbidden",
>    "count": 3,
>    "nr_call_sites": 1,
>    "call_sites": [
>     {
>      "site": "0xffffffffc0400077",
>      "symbol": "poll_timer+0x77 [nicdrv]",
>      "kind": "kmalloc",
>      "count": 3,
>      "first_ns": 400050000,
>      "gfp": "GFP_KERNEL",
>      "context": "softirq",
>      "preempt": 1
>     }
>    ]
>   },
>   {
>    "rule": "costly-order",
>    "severity": "W",
>    "title": "more than eight pages at a time with no fallback",
>    "count": 1,
>    "nr_call_sites": 1,
>    "call_sites": [
>     {
>      "site": "0xffffffff81700021",
>      "symbol": "pool_grow+0x21 [nicdrv]",
>      "kind": "page_alloc",
>      "count": 1,
>      "first_ns": 800109000,
>      "gfp": "GFP_ATOMIC|COMP",
>      "context": "task",
>      "preempt": 0
>     }
>    ]
>   }
>  ]
> }

== JSON, sorted and cut
$ kmemtool report --view caches --format json --sort name --top 2 base.json | grep '"name"'
>    "name": "dentry",
>    "name": "kmalloc-128",

== keys of every view in JSON
$ for v in summary waste caches call-sites zones failures misuse leaks fidelity timeline; do
$ 	echo $v: $(kmemtool report --view $v --format json base.json | sed -n 's/^ "\([a-z_]*\)".*/\1/p')
$ done
> summary: schema trace events machine settings metrics fidelity
> waste: schema trace events metrics call_sites caches
> caches: schema trace events caches
> call-sites: schema trace events call_sites
> zones: schema trace events zones
> failures: schema trace events failures
> misuse: schema trace events misuse
> leaks: schema trace events leaks
> fidelity: schema trace events fidelity
> timeline: schema trace events timeline

== JSON of a view is what the result has
? command -v jq # no jq
$ for k in caches call_sites zones failures misuse leaks fidelity timeline; do
$ 	jq ".$k" base.json > x; kmemtool report --view ${k/_/-} --format json base.json | jq ".$k" > y; cmp x y
$ done

== events were lost: every view says so
$ kmemtool replay loss.kmt -o loss.json
$ for v in summary waste caches call-sites zones failures misuse leaks fidelity timeline; do
$ 	kmemtool report --view $v loss.json | head -1
$ done
> WARNING: 25 events were lost (1.38 %): figures are too low
> WARNING: 25 events were lost (1.38 %): figures are too low
> WARNING: 25 events were lost (1.38 %): figures are too low
> WARNING: 25 events were lost (1.38 %): figures are too low
> WARNING: 25 events were lost (1.38 %): figures are too low
> WARNING: 25 events were lost (1.38 %): figures are too low
> WARNING: 25 events were lost (1.38 %): figures are too low
> WARNING: 25 events were lost (1.38 %): figures are too low
> WARNING: 25 events were lost (1.38 %): figures are too low
> WARNING: 25 events were lost (1.38 %): figures are too low
! kmemtool: replay: loss.kmt: 25 events were lost when it was recorded: figures are too low

== events were lost: CSV says it on stderr
$ kmemtool report --view misuse --format csv loss.json
> severity,rule,count,title
> E,sleep-in-atomic,3,may sleep where sleeping is forbidden
> W,costly-order,1,more than eight pages at a time with no fallback
! kmemtool: report: loss.json: 25 events were lost (1.38 %): figures are too low

== no footer
$ head -c 3178 base.kmt > short.kmt
$ kmemtool report short.kmt | head -2; exit ${PIPESTATUS[0]}
> WARNING: the trace is incomplete: it ends with its last whole block
> trace     Linux 6.12.0-golden x86_64, 2 CPUs; 511 events in 200 ms, none lost
! kmemtool: report: short.kmt: incomplete: no footer, read up to its last whole block
= 3

== its result says so too
$ kmemtool replay short.kmt -o short.json; kmemtool report short.json | head -2
> WARNING: the trace is incomplete: it ends with its last whole block
> trace     Linux 6.12.0-golden x86_64, 2 CPUs; 511 events in 200 ms, none lost
! kmemtool: replay: short.kmt: incomplete: no footer, read up to its last whole block

== a damaged block
$ cp base.kmt flip.kmt; printf '\377' | dd of=flip.kmt bs=1 seek=3400 conv=notrunc status=none
$ kmemtool report flip.kmt | head -2; exit ${PIPESTATUS[0]}
> WARNING: 1 damaged block of the trace left out
> trace     Linux 6.12.0-golden x86_64, 2 CPUs; 1785 events in 2.00 s, none lost
! kmemtool: report: flip.kmt: offset 3156: damaged block: wrong checksum
= 3

== a trace without events
$ kmemtool report empty.kmt
> trace     Linux 6.12.0-golden x86_64, 2 CPUs; 0 events in 0 ns, none lost
> command   golden workload
> machine   host, 2 CPUs, 1 NUMA node, 125 MiB, warm start
> model     error on the recorded machine: slab pages 0 %, free pages 0 %, vmalloc 0 %, percpu 0 %
>           of what changed: slab pages 0 %, free blocks 0 %
>           right: kmalloc sizes -, zones of pages -
> 
> memory                                 peak       end
> live, allocated in the trace            0 B       0 B
>   given but not asked for               0 B       0 B
> slabs                               840 KiB   840 KiB
>   free objects                            -  83.0 KiB
> vmalloc                            20.0 KiB  20.0 KiB
>   guards, lazy areas, page tables  16.0 KiB         -
> percpu                              456 KiB   456 KiB
>   populated and free               16.0 KiB         -
> free memory fell to 24.2 MiB; unusable for order 9: 0.810 at worst
> 
> waste by call site, at its peak
>   nothing was given that was not asked for
> 
> waste by cache, at the end
>   cache        size  order  pages  in use  free objects  internal
>   kmalloc-1k   1024      2     20      54      26.0 KiB       0 B
>   dentry        192      0    100    1980      22.5 KiB       0 B
>   kmalloc-64     64      0     40    2336      14.0 KiB       0 B
>   kmalloc-128   128      0     30     868      11.5 KiB       0 B
>   kmalloc-256   256      0     20     284      9.00 KiB       0 B
> 
> failures    0 in the model (0 of order 3 and more, 0 atomic), 0 on the host
> misuse      0 errors and warnings
> leaks       0 B at call sites that only grew
> divergence  0 of 0 events

== nothing to show
$ kmemtool replay empty.kmt -o empty.json
$ for v in call-sites failures misuse leaks; do kmemtool report --view $v empty.json; done
> nothing was allocated
> no request failed, in the model or on the host
> no rule was broken
> nothing older than half the trace is still there

== a trace without snapshots
$ kmemtool report bare.kmt | sed -n '1,4p'
> trace     Linux 6.12.0-golden x86_64, 2 CPUs; 1785 events in 2.00 s, none lost
> command   golden workload
> machine   x86-64-4g, 4 CPUs, 1 NUMA node, 4.00 GiB, cold start
> model     error unknown: not the recorded machine, or no snapshots
! kmemtool: report: bare.kmt: the trace does not describe its host: replayed on a machine like it

== without snapshots nothing is claimed
$ kmemtool replay bare.kmt -o bare.json 2> /dev/null; kmemtool report --view fidelity bare.json
> unknown: the model is not the recorded machine, or the trace has no snapshots

== another host's architecture
$ kmemtool report foreign.kmt
! kmemtool: report: foreign.kmt: offset 12: recorded on a big-endian 64-bit host (s390x) with pages of 4096 bytes; only little-endian, 64 bits, 4096 bytes can be replayed
= 3

== no result: broken JSON
$ head -c 2000 base.json > broken.json; kmemtool report broken.json
! kmemtool: report: broken.json: not JSON: line 97: '}' expected near end of file
= 3

== no result: other JSON
$ echo '{"schema": "other/1"}' > other.json; kmemtool report other.json
! kmemtool: report: other.json: a result of schema "other/1", this version reads "kmemtool-result/1"
= 3

== no result: a key is missing
$ sed 's/"wmark_low"/"wmark_lo"/' base.json > odd.json; kmemtool report odd.json
! kmemtool: report: odd.json: not a result: zones[0].wmark_low: missing
= 3

== no result: a type is wrong
$ sed 's/"name": "dentry"/"name": [1]/' base.json > odd.json; kmemtool report odd.json
! kmemtool: report: odd.json: not a result: caches[0].name: not a string
= 3

== control characters in a name do not reach the terminal
$ sed 's/"name": "dentry"/"name": "\\u001b[2Jdentry"/' base.json > evil.json; kmemtool report --view caches evil.json | grep dentry
> ?[2Jdentry      192   192      0        21     300    290          100   110  110        110    1990  60.0 KiB       0 B

== an empty file
$ : > nothing; kmemtool report nothing
! kmemtool: report: nothing: offset 0: empty file
= 3

== a text
$ echo hello > text; kmemtool report text
! kmemtool: report: text: offset 0: not a kmemtool trace
= 3

== no such file
$ kmemtool report absent.json
! kmemtool: report: absent.json: No such file or directory
= 3

== a directory
$ mkdir directory; kmemtool report directory
! kmemtool: report: directory: Is a directory
= 3

== no file named
$ kmemtool report
! kmemtool: report: no result or trace given (see kmemtool report --help)
= 2

== no such view
$ kmemtool report --view advice base.json
! kmemtool: report: --view: no view 'advice'; there are summary, waste, caches, call-sites, zones, failures, misuse, leaks, fidelity, timeline (see kmemtool report --help)
= 2

== formats that do not exist
$ for f in html folded markdown; do kmemtool report --format $f base.json; done
! kmemtool: report: --format: no format 'html'; there are text, json, csv (see kmemtool report --help)
! kmemtool: report: --format: no format 'folded'; there are text, json, csv (see kmemtool report --help)
! kmemtool: report: --format: no format 'markdown'; there are text, json, csv (see kmemtool report --help)
= 2

== no such key
$ kmemtool report --view leaks --sort age base.json
! kmemtool: report: --sort: no key 'age' in the view leaks; there are symbol, site, kind, cache, objects, bytes, oldest_age_ns, allocs, suspect (see kmemtool report --help)
= 2

== the summary has no order
$ kmemtool report --sort name base.json
! kmemtool: report: --sort: the view summary has no order to choose (see kmemtool report --help)
= 2

== no rows
$ kmemtool report --top 0 base.json
! kmemtool: report: --top: at least 1 (see kmemtool report --help)
= 2

== full disk
? test -c /dev/full # no /dev/full
$ kmemtool report base.json > /dev/full
! kmemtool: report: standard output: No space left on device
= 4

== full disk, named
? test -c /dev/full # no /dev/full
$ kmemtool report base.json -o /dev/full
! kmemtool: report: /dev/full: No space left on device
= 4

== output to where nothing can be
$ kmemtool report base.json -o absent/out
! kmemtool: report: absent/out: No such file or directory
= 4
