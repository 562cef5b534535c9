# kmemtool info: what a trace holds.

== a good trace
$ kmemtool info base.kmt
> format     1.0, 6.52 KiB in 4 blocks, complete
> host       6.12.0-golden x86_64, 2 CPUs, 1 NUMA node
> machine    x86_64, 64-bit little-endian, pages of 4096 bytes
> command    golden workload
> span       2.00 s, 1785 events, 892 a second, 3.74 bytes an event
> lost       none
> CPUs       0-1
> metadata   5 caches, 16 symbols, 0 stacks, 2 snapshots
> checkpoint none
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
>  "format_version": "1.0",
>  "complete": true,
>  "anonymized": false,
>  "segments": 1,
>  "file_bytes": 6676,
>  "bytes_per_event": 3.74006,
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
>    "mark": 2,
>    "zone_locked": 0,
>    "pcpu_drain": 0,
>    "extfrag": 0
>   }
>  },
>  "lost": {
>   "total": 0
>  },
>  "first_record": 0,
>  "missing_records": 0,
>  "cpus": [
>   0,
>   1
>  ],
>  "blocks": 4,
>  "checkpoints": {
>   "count": 0,
>   "bytes": 0
>  },
>  "caches": 5,
>  "symbols": 16,
>  "stacks": 0,
>  "snapshots": 2,
>  "light_snapshots": 0,
>  "machine": {
>   "name": "x86_64",
>   "pointer_bytes": 8,
>   "page_bytes": 4096,
>   "big_endian": false
>  },
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

== the files of a snapshot
$ kmemtool info --snapshot 0 base.kmt
$ kmemtool info base.kmt --snapshot=1:/proc/sys/vm/min_free_kbytes
>       55  /proc/meminfo
>      653  /proc/pagetypeinfo
>      640  /proc/slabinfo
>       15  /proc/sys/vm/lowmem_reserve_ratio
>        4  /proc/sys/vm/min_free_kbytes
>        2  /proc/sys/vm/percpu_pagelist_high_fraction
>        3  /proc/sys/vm/watermark_scale_factor
>      172  /proc/vmallocinfo
>      854  /proc/zoneinfo
>      771  /sys/kernel/slab
> 880

== a snapshot that is not there
$ kmemtool info --snapshot 2 base.kmt
! kmemtool: info: base.kmt: no snapshot 2: there are 2, from 0 on
= 2

== a snapshot of a trace without any
$ kmemtool info --snapshot 0:/proc/zoneinfo bare.kmt
! kmemtool: info: bare.kmt: no snapshot 0: there are 0, from 0 on
= 2

== a file that is not there
$ kmemtool info --snapshot 0:/etc/passwd base.kmt
! kmemtool: info: base.kmt: snapshot 0 has no file /etc/passwd
= 2

== no number of a snapshot
$ for n in first 1x -1 1: 99999999999999999999 ''; do kmemtool info --snapshot "$n" base.kmt; done
! kmemtool: info: --snapshot: 'first' is neither a number nor NUMBER:PATH (see kmemtool info --help)
! kmemtool: info: --snapshot: '1x' is neither a number nor NUMBER:PATH (see kmemtool info --help)
! kmemtool: info: --snapshot: '-1' is neither a number nor NUMBER:PATH (see kmemtool info --help)
! kmemtool: info: --snapshot: '1:' is neither a number nor NUMBER:PATH (see kmemtool info --help)
! kmemtool: info: --snapshot: '99999999999999999999' is neither a number nor NUMBER:PATH (see kmemtool info --help)
! kmemtool: info: --snapshot: '' is neither a number nor NUMBER:PATH (see kmemtool info --help)
= 2

== a snapshot as JSON
$ kmemtool info --json --snapshot 0 base.kmt
! kmemtool: info: --json does not go with --snapshot (see kmemtool info --help)
= 2

== events were lost
$ kmemtool info loss.kmt | grep lost
> lost       25 EVENTS (1.38 % of all)

== no event at all
$ kmemtool info empty.kmt
> format     1.0, 4.00 KiB in 0 blocks, complete
> host       6.12.0-golden x86_64, 2 CPUs, 1 NUMA node
> machine    x86_64, 64-bit little-endian, pages of 4096 bytes
> command    golden workload
> span       0 ns, 0 events
> lost       none
> metadata   5 caches, 16 symbols, 0 stacks, 2 snapshots
> checkpoint none
> events by type
> snapshot 0 at 0 ns, 10 files
> snapshot 1 at 0 ns, 10 files
> captured by
>   page             tp_btf
>   percpu           tp_btf
>   slab             tp_btf
>   vmalloc          tp_btf

== no event at all, as JSON
$ kmemtool info -j empty.kmt | head -11
> {
>  "format_version": "1.0",
>  "complete": true,
>  "anonymized": false,
>  "segments": 1,
>  "file_bytes": 4096,
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
> format     1.0, 6.52 KiB in 4 blocks, complete
> host       6.12.0-golden x86_64, 2 CPUs, 1 NUMA node

== another host's architecture
$ kmemtool info foreign.kmt | sed -n 2,3p
> host       6.12.0-golden s390x, 2 CPUs, 1 NUMA node
> machine    s390x, 64-bit big-endian, pages of 4096 bytes

== call chains
$ kmemtool info chains.kmt | grep stacks
> metadata   5 caches, 16 symbols, 32 stacks, 2 snapshots

== checkpoints, and several files
$ for n in "" .1; do cp "$top/tests/golden/segments.kmt$n" s.kmt$n; done
$ kmemtool info s.kmt | grep -E 'format|span|checkpoint|missing|begins'
$ kmemtool info --json s.kmt | grep -A4 -E '"segments"|"first_record|"checkpoints"'
> format     1.0, 8.73 KiB in 4 blocks of 2 files, complete
> span       2.00 s, 1785 events, 892 a second, 5.01 bytes an event
> checkpoint 1 in 553 B
>  "segments": 2,
>  "file_bytes": 8940,
>  "bytes_per_event": 5.0084,
>  "duration_ns": 2000000000,
>  "events": {
> --
>  "first_record": 0,
>  "missing_records": 0,
>  "cpus": [
>   0,
>   1
> --
>  "checkpoints": {
>   "count": 1,
>   "bytes": 553
>  },
>  "caches": 5,

== the oldest was deleted
$ mkdir later && cp "$top/tests/golden/segments.kmt.1" later/s.kmt.1; kmemtool info later/s.kmt | grep -E 'format|begins|span'
> format     1.0, 2.64 KiB in 1 blocks, complete
> begins     with record 1536: older files are not here
> span       500 ms, 250 events, 500 a second, 10.82 bytes an event

== the later one alone
$ kmemtool info s.kmt.1 | grep -E 'format|begins|span'
> format     1.0, 2.64 KiB in 1 blocks, complete
> begins     with record 1536: older files are not here
> span       500 ms, 250 events, 500 a second, 10.82 bytes an event

== the end of the first is missing
$ head -c 3178 s.kmt > cut.kmt; cp s.kmt.1 cut.kmt.1
$ kmemtool info cut.kmt | grep -E 'format|missing|span'; exit ${PIPESTATUS[0]}
> format     1.0, 5.75 KiB in 2 blocks of 2 files, INCOMPLETE: a file is missing, or has no footer
> missing    1024 RECORDS, in files that are not here or not whole
> span       2.00 s, 761 events, 380 a second, 7.73 bytes an event
= 3

== another recording's file of that name is none of it
$ cp base.kmt other.kmt; cp s.kmt.1 other.kmt.1; kmemtool info other.kmt | head -1
> format     1.0, 6.52 KiB in 4 blocks, complete

== killed recorder: no footer
$ head -c 3178 base.kmt > short.kmt
$ kmemtool info short.kmt | head -5; exit ${PIPESTATUS[0]}
> format     1.0, 3.10 KiB in 1 blocks, INCOMPLETE: no footer, readable up to its last whole block
> host       6.12.0-golden x86_64, 2 CPUs, 1 NUMA node
> machine    x86_64, 64-bit little-endian, pages of 4096 bytes
> command    golden workload
> span       200 ms, 511 events, 2.55 k a second, 6.22 bytes an event
= 3

== killed recorder, as JSON
$ kmemtool info --json short.kmt | head -6; exit ${PIPESTATUS[0]}
> {
>  "format_version": "1.0",
>  "complete": false,
>  "anonymized": false,
>  "segments": 1,
>  "file_bytes": 3178,
= 3

== metadata damaged
$ cp base.kmt flip.kmt; printf '\377' | dd of=flip.kmt bs=1 seek=4800 conv=notrunc status=none
$ kmemtool info flip.kmt | grep snapshot; exit ${PIPESTATUS[0]}
> metadata   5 caches, 16 symbols, 0 stacks, 1 snapshots
> snapshot 0 at -1.00 us, 10 files
! kmemtool: info: flip.kmt: offset 4593: damaged block: wrong checksum
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
