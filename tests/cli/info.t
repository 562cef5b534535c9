# kmemtool info: what a trace holds.

== a good trace
$ kmemtool info base.kmt
> format     0.1, 6.19 KiB in 4 blocks, complete
> host       6.12.0-golden x86_64, 2 CPUs, 1 NUMA node
> command    golden workload
> span       2.00 s, 1785 events, 892 a second, 3.55 bytes an event
> lost       none
> metadata   5 caches, 13 symbols, 2 snapshots
> events by type
>   kmalloc          608
>   kfree            407
>   cache_alloc      300
>   cache_free       290
>   page_alloc       72
>   page_free        54
>   page_free_batch  40
>   percpu_alloc     6
>   percpu_free      4
>   percpu_fail      1
>   vmap_alloc       2
>   vmap_free        1
>   mark             2
> snapshot 0 at -1.00 us, 10 files
> snapshot 1 at 2.00 s, 10 files
> captured by
>   page             tp_btf
>   percpu           tp_btf
>   slab             tp_btf
>   vmalloc          tp_btf

== as JSON
$ kmemtool info --json base.kmt
> {
>  "format_version": "0.1",
>  "complete": true,
>  "file_bytes": 6338,
>  "bytes_per_event": 3.5507,
>  "duration_ns": 2000000000,
>  "events": {
>   "total": 1785,
>   "by_type": {
>    "kmalloc": 608,
>    "kfree": 407,
>    "cache_alloc": 300,
>    "cache_free": 290,
>    "page_alloc": 72,
>    "page_free": 54,
>    "page_free_batch": 40,
>    "percpu_alloc": 6,
>    "percpu_free": 4,
>    "percpu_fail": 1,
>    "vmap_alloc": 2,
>    "vmap_free": 1,
>    "gap": 0,
>    "mark": 2
>   }
>  },
>  "lost": {
>   "total": 0
>  },
>  "blocks": 4,
>  "caches": 5,
>  "symbols": 13,
>  "snapshots": 2,
>  "host": {
>   "cpus_online": "2",
>   "cpus_possible": "2",
>   "machine": "x86_64",
>   "numa_nodes": "1",
>   "page_size": "4096",
>   "release": "6.12.0-golden"
>  },
>  "record": {
>   "class.page": "tp_btf",
>   "class.percpu": "tp_btf",
>   "class.slab": "tp_btf",
>   "class.vmalloc": "tp_btf",
>   "command": "golden workload"
>  },
>  "calib": {
>   "page_offset_base": "0xffff888000000000"
>  },
>  "gfp": {
>   "ACCOUNT": "22",
>   "COMP": "18",
>   "DIRECT_RECLAIM": "10",
>   "DMA": "0",
>   "DMA32": "2",
>   "FS": "7",
>   "HARDWALL": "20",
>   "HIGH": "5",
>   "HIGHMEM": "1",
>   "IO": "6",
>   "KSWAPD_RECLAIM": "11",
>   "MEMALLOC": "17",
>   "MOVABLE": "3",
>   "NOFAIL": "15",
>   "NOMEMALLOC": "19",
>   "NORETRY": "16",
>   "NOWARN": "13",
>   "RECLAIMABLE": "4",
>   "RETRY_MAYFAIL": "14",
>   "THISNODE": "21",
>   "WRITE": "12",
>   "ZERO": "8"
>  }
> }

== events were lost
$ kmemtool info loss.kmt | grep lost
> lost       25 EVENTS (1.38 % of all)

== no event at all
$ kmemtool info empty.kmt
> format     0.1, 3.82 KiB in 0 blocks, complete
> host       6.12.0-golden x86_64, 2 CPUs, 1 NUMA node
> command    golden workload
> span       0 ns, 0 events
> lost       none
> metadata   5 caches, 13 symbols, 2 snapshots
> events by type
> snapshot 0 at 0 ns, 10 files
> snapshot 1 at 0 ns, 10 files
> captured by
>   page             tp_btf
>   percpu           tp_btf
>   slab             tp_btf
>   vmalloc          tp_btf

== no event at all, as JSON
$ kmemtool info -j empty.kmt | head -9
> {
>  "format_version": "0.1",
>  "complete": true,
>  "file_bytes": 3908,
>  "bytes_per_event": null,
>  "duration_ns": 0,
>  "events": {
>   "total": 0,
>   "by_type": {

== no snapshots, no symbols
$ kmemtool info bare.kmt | tail -6
>   mark             2
> captured by
>   page             tp_btf
>   percpu           tp_btf
>   slab             tp_btf
>   vmalloc          tp_btf

== from standard input
$ kmemtool info - < base.kmt | head -2
> format     0.1, 6.19 KiB in 4 blocks, complete
> host       6.12.0-golden x86_64, 2 CPUs, 1 NUMA node

== another host's architecture
$ kmemtool info foreign.kmt
! kmemtool: info: foreign.kmt: offset 12: recorded on a big-endian 64-bit host (s390x) with pages of 4096 bytes; only little-endian, 64 bits, 4096 bytes can be read
= 3

== killed recorder: no footer
$ head -c 3000 base.kmt > short.kmt
$ kmemtool info short.kmt | head -4; exit ${PIPESTATUS[0]}
> format     0.1, 2.93 KiB in 1 blocks, INCOMPLETE: no footer, readable up to its last whole block
> host       6.12.0-golden x86_64, 2 CPUs, 1 NUMA node
> command    golden workload
> span       200 ms, 511 events, 2.55 k a second, 5.87 bytes an event
= 3

== killed recorder, as JSON
$ kmemtool info --json short.kmt | head -4; exit ${PIPESTATUS[0]}
> {
>  "format_version": "0.1",
>  "complete": false,
>  "file_bytes": 3000,
= 3

== metadata damaged
$ cp base.kmt flip.kmt; printf '\377' | dd of=flip.kmt bs=1 seek=4800 conv=notrunc status=none
$ kmemtool info flip.kmt | grep snapshot; exit ${PIPESTATUS[0]}
> metadata   5 caches, 13 symbols, 1 snapshots
> snapshot 0 at -1.00 us, 10 files
! kmemtool: info: flip.kmt: offset 4319: damaged block: wrong checksum
= 3

== empty file
$ : > nothing
$ kmemtool info nothing
! kmemtool: info: nothing: offset 0: empty file
= 3

== a text
$ echo hello > text
$ kmemtool info text
! kmemtool: info: text: offset 0: not a kmemtool trace
= 3

== a result
$ kmemtool replay base.kmt -o base.json && kmemtool info base.json
! kmemtool: info: base.json: offset 0: not a kmemtool trace
= 3

== header damaged
$ cp base.kmt head-flip.kmt; printf '\377' | dd of=head-flip.kmt bs=1 seek=20 conv=notrunc status=none
$ kmemtool info head-flip.kmt
! kmemtool: info: head-flip.kmt: offset 56: damaged header: wrong checksum
= 3

== no such file
$ kmemtool info absent.kmt
! kmemtool: info: absent.kmt: cannot open: No such file or directory
= 3

== a directory
$ mkdir directory
$ kmemtool info directory
! kmemtool: info: directory: offset 0: cannot read: Is a directory
= 3

== a file that may not be read
? test $(id -u) != 0 # root may read everything
$ cp base.kmt secret.kmt; chmod 0 secret.kmt
$ kmemtool info secret.kmt
! kmemtool: info: secret.kmt: cannot open: Permission denied
= 3

== no file named
$ kmemtool info
! kmemtool: info: no trace given (see kmemtool info --help)
= 2

== two files named
$ kmemtool info base.kmt base.kmt
! kmemtool: info: 'base.kmt' is one file too many (see kmemtool info --help)
= 2

== wrong option
$ kmemtool info --yaml base.kmt
! kmemtool: info: unrecognized option '--yaml'
= 2

== full disk
? test -c /dev/full # no /dev/full
$ kmemtool info base.kmt > /dev/full
! kmemtool: info: standard output: No space left on device
= 4

== full disk, as JSON
? test -c /dev/full # no /dev/full
$ kmemtool info --json base.kmt > /dev/full
! kmemtool: info: standard output: No space left on device
= 4
