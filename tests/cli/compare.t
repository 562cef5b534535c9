# kmemtool compare: two results side by side, and gates.

== with itself
$ kmemtool replay base.kmt -o base.json && kmemtool replay head.kmt -o head.json
$ kmemtool compare base.json base.json
> base  host, warm start
> head  host, warm start
> 
> metric                                 base    head  change  in %
> live.bytes_peak                      252928  252928       -     -
> live.objects_peak                       330     330       -     -
> waste.internal_bytes_peak             14080   14080       -     -
> waste.internal_byte_seconds            5883    5883       -     -
> waste.slab_partial_bytes_end         130560  130560       -     -
> slab.pages_peak                         228     228       -     -
> slab.pages_end                          228     228       -     -
> page.free_pages_min                    6090    6090       -     -
> page.unusable_index_order9_max          905     905       -     -
> page.fragmentation_index_order9_max   -1000   -1000       -     -
> vmalloc.bytes_peak                    49152   49152       -     -
> vmalloc.waste_bytes_peak              53248   53248       -     -
> percpu.bytes_peak                    491520  491520       -     -
> percpu.waste_bytes_peak               40912   40912       -     -
> fail.total                                2       2       -     -
> fail.order_ge_3                           1       1       -     -
> fail.atomic                               2       2       -     -
> misuse.total                              4       4       -     -
> leak.suspect_bytes                    12800   12800       -     -
> divergence.total                          2       2       -     -
> lost.total                                0       0       -     -
> 
> caches that changed most
>   no cache changed
> 
> call sites that changed most
>   no call site changed

== two traces
$ kmemtool compare base.kmt head.kmt
> base  host, warm start
> head  host, warm start
> 
> metric                                 base    head  change     in %
> live.bytes_peak                      252928  264448  +11520    +4.55
> live.objects_peak                       330     330       -        -
> waste.internal_bytes_peak             14080   19680   +5600   +39.77
> waste.internal_byte_seconds            5883   11763   +5880   +99.95
> waste.slab_partial_bytes_end         130560  133632   +3072    +2.35
> slab.pages_peak                         228     235      +7    +3.07
> slab.pages_end                          228     235      +7    +3.07
> page.free_pages_min                    6090    6083      -7    -0.11
> page.unusable_index_order9_max          905     905       -        -
> page.fragmentation_index_order9_max   -1000   -1000       -        -
> vmalloc.bytes_peak                    49152   49152       -        -
> vmalloc.waste_bytes_peak              53248   53248       -        -
> percpu.bytes_peak                    491520  491520       -        -
> percpu.waste_bytes_peak               40912   40912       -        -
> fail.total                                2       2       -        -
> fail.order_ge_3                           1       1       -        -
> fail.atomic                               2       2       -        -
> misuse.total                              4       4       -        -
> leak.suspect_bytes                    12800   25600  +12800  +100.00
> divergence.total                          2       2       -        -
> lost.total                                0       0       -        -
> 
> caches that changed most
>   cache        pages peak  head  pages end  head      free      head
>   kmalloc-256          20    31         20    31  9.00 KiB  3.00 KiB
>   kmalloc-128          34    30         34    30  2.50 KiB  11.5 KiB
> 
> call sites that changed most
>   call site       kind     live peak      head  waste peak      head  allocs  head
>   ring_grow+0x42  kmalloc   25.0 KiB  50.0 KiB    5.47 KiB  10.9 KiB     200   200

== results and traces are alike
$ kmemtool compare base.json head.json > a; kmemtool compare base.kmt head.kmt | cmp - a; kmemtool compare - head.json < base.kmt | cmp - a

== two settings on one trace
$ kmemtool replay base.kmt -s slab.max_order=0 -o order0.json && kmemtool compare base.json order0.json | sed -n '1,3p;/^caches/,$p'
> base  host, warm start
> head  host, warm start, slab.max_order=0
> 
> caches that changed most
>   cache       pages peak  head  pages end  head      free      head
>   kmalloc-1k          24    22         24    22  42.0 KiB  22.0 KiB
> 
> call sites that changed most
>   no call site changed

== a gate that holds
$ kmemtool compare base.json head.json --gate 'slab.pages_end<=+5%' | sed -n '4,6p'
> gate                 base  head  bound  verdict
> slab.pages_end<=+5%   228   235    239  ok
> 

== a gate that is crossed
$ kmemtool compare base.json head.json --gate 'slab.pages_end<=+5%' --gate 'waste.internal_bytes_peak<=+10%' | sed -n '4,7p'; exit ${PIPESTATUS[0]}
> gate                              base   head  bound  verdict
> slab.pages_end<=+5%                228    235    239  ok
> waste.internal_bytes_peak<=+10%  14080  19680  15488  CROSSED
> 
= 1

== the other way round both hold
$ kmemtool compare head.json base.json --gate 'slab.pages_end<=+5%' --gate 'waste.internal_bytes_peak<=+10%' > /dev/null

== a gate that wants more
$ kmemtool compare base.json head.json --gate 'page.free_pages_min>=-0' | sed -n '4,5p'
> gate                     base  head  bound  verdict
> page.free_pages_min>=-0  6090  6083   6090  CROSSED

== an absolute gate
$ kmemtool compare base.json head.json --gate 'misuse.total<=0' > /dev/null
= 1

== gates from a file
$ printf '# what must hold\n\nslab.pages_end<=+5%%\nfail.total <= 2 # known\n' > gates
$ kmemtool compare base.json head.json --gates gates | sed -n '4,6p'
> gate                 base  head  bound  verdict
> slab.pages_end<=+5%   228   235    239  ok
> fail.total <= 2         2     2      2  ok

== gates from a file and from the command line
$ kmemtool compare base.json head.json --gates gates --gate 'leak.suspect_bytes<=+0' --format json | sed -n '/^ "gates"/,/^ \]/p; 3p'; exit ${PIPESTATUS[0]}
>  "ok": false,
>  "gates": [
>   {
>    "gate": "slab.pages_end<=+5%",
>    "metric": "slab.pages_end",
>    "base": 228,
>    "head": 235,
>    "bound": 239,
>    "ok": true
>   },
>   {
>    "gate": "fail.total <= 2",
>    "metric": "fail.total",
>    "base": 2,
>    "head": 2,
>    "bound": 2,
>    "ok": true
>   },
>   {
>    "gate": "leak.suspect_bytes<=+0",
>    "metric": "leak.suspect_bytes",
>    "base": 12800,
>    "head": 25600,
>    "bound": 12800,
>    "ok": false
>   }
>  ],
= 1

== JSON
$ kmemtool compare base.json head.json --format json | sed -n '1,4p;/^ "caches"/,$p'
> {
>  "schema": "kmemtool-compare/1",
>  "ok": true,
>  "same_trace": true,
>  "caches": [
>   {
>    "name": "kmalloc-256",
>    "base": {
>     "pages_peak": 20,
>     "pages_end": 20,
>     "free_bytes_end": 9216,
>     "waste_internal_bytes_end": 0
>    },
>    "head": {
>     "pages_peak": 31,
>     "pages_end": 31,
>     "free_bytes_end": 3072,
>     "waste_internal_bytes_end": 11200
>    }
>   },
>   {
>    "name": "kmalloc-128",
>    "base": {
>     "pages_peak": 34,
>     "pages_end": 34,
>     "free_bytes_end": 2560,
>     "waste_internal_bytes_end": 5600
>    },
>    "head": {
>     "pages_peak": 30,
>     "pages_end": 30,
>     "free_bytes_end": 11776,
>     "waste_internal_bytes_end": 0
>    }
>   }
>  ],
>  "call_sites": [
>   {
>    "symbol": "ring_grow+0x42",
>    "kind": "kmalloc",
>    "base": {
>     "live_bytes_peak": 25600,
>     "waste_bytes_peak": 5600,
>     "bytes_alloc": 25600,
>     "allocs": 200
>    },
>    "head": {
>     "live_bytes_peak": 51200,
>     "waste_bytes_peak": 11200,
>     "bytes_alloc": 51200,
>     "allocs": 200
>    }
>   }
>  ]
> }

== events were lost
$ kmemtool compare base.kmt loss.kmt | head -n 4
> WARNING: head: 25 events were lost (1.38 %): figures are too low
> base  host, warm start
> head  host, warm start
> base and head are of different traces

== a trace is incomplete
$ head -c 3178 base.kmt > short.kmt
$ kmemtool compare base.kmt short.kmt | head -n 4; exit ${PIPESTATUS[0]}
> WARNING: head: the trace is incomplete: it ends with its last whole block
> base  host, warm start
> head  host, warm start
> base and head are of different traces
! kmemtool: compare: short.kmt: incomplete: no footer, read up to its last whole block
= 3

== incomplete, and a gate is crossed: the gate is the answer
$ kmemtool compare base.kmt short.kmt --gate 'live.objects_peak<=0' > /dev/null
! kmemtool: compare: short.kmt: incomplete: no footer, read up to its last whole block
= 1

== no such metric
$ kmemtool compare base.json head.json --gate 'slab.pages<=+5%'
! kmemtool: compare: gate 'slab.pages<=+5%': no metric 'slab.pages' (see kmemtool compare --help)
= 2

== no gate
$ kmemtool compare base.json head.json --gate 'slab.pages_end=5'
! kmemtool: compare: gate 'slab.pages_end=5': no <= or >= (see kmemtool compare --help)
= 2

== a percentage without sign
$ kmemtool compare base.json head.json --gate 'slab.pages_end<=5%'
! kmemtool: compare: gate 'slab.pages_end<=5%': a percentage is a change: write +N% or -N% (see kmemtool compare --help)
= 2

== a bad line in a file of gates
$ printf 'slab.pages_end<=+5%%\nfail.total<2\n' > bad-gates; kmemtool compare base.json head.json --gates bad-gates
! kmemtool: compare: --gates: bad-gates: line 2: gate 'fail.total<2': no <= or >= (see kmemtool compare --help)
= 2

== no such file of gates
$ kmemtool compare base.json head.json --gates absent
! kmemtool: compare: --gates: absent: No such file or directory (see kmemtool compare --help)
= 2

== one file
$ kmemtool compare base.json
! kmemtool: compare: two results or traces are needed (see kmemtool compare --help)
= 2

== three files
$ kmemtool compare base.json head.json base.json
! kmemtool: compare: 'base.json' is one file too many (see kmemtool compare --help)
= 2

== both from standard input
$ kmemtool compare - - < base.json
! kmemtool: compare: only one of the two can be standard input (see kmemtool compare --help)
= 2

== formats that do not exist
$ for f in junit markdown csv; do kmemtool compare --format $f base.json head.json; done
! kmemtool: compare: --format: no format 'junit'; there are text, json (see kmemtool compare --help)
! kmemtool: compare: --format: no format 'markdown'; there are text, json (see kmemtool compare --help)
! kmemtool: compare: --format: no format 'csv'; there are text, json (see kmemtool compare --help)
= 2

== no such file
$ kmemtool compare base.json absent.json
! kmemtool: compare: absent.json: No such file or directory
= 3

== the first is damaged
$ echo '{' > broken.json; kmemtool compare broken.json base.json
! kmemtool: compare: broken.json: not JSON: line 2: string or '}' expected near end of file
= 3

== another host's architecture
$ kmemtool compare base.kmt foreign.kmt
! kmemtool: compare: foreign.kmt: offset 12: recorded on a big-endian 64-bit host (s390x) with pages of 4096 bytes; only little-endian, 64 bits, 4096 bytes can be replayed
= 3

== full disk
? test -c /dev/full # no /dev/full
$ kmemtool compare base.json head.json > /dev/full
! kmemtool: compare: standard output: No space left on device
= 4
