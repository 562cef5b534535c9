# kmemtool replay: the model on a trace, and the result as JSON.

== the result of the golden trace
$ kmemtool replay base.kmt
> {
>  "schema": "kmemtool-result/1",
>  "trace": {
>   "release": "6.12.0-golden",
>   "machine": "x86_64",
>   "cpus": 2,
>   "nodes": 1,
>   "command": "golden workload",
>   "duration_ns": 2000000000,
>   "events": 1785,
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
>    "mark": 2
>   },
>   "lost": 0,
>   "complete": true,
>   "damaged_blocks": 0
>  },
>  "machine": {
>   "name": "host",
>   "cpus": 2,
>   "possible_cpus": 2,
>   "nodes": 1,
>   "pages": 31900,
>   "is_host": true,
>   "warm": true
>  },
>  "settings": {},
>  "events": {
>   "seen": 1785,
>   "replayed": 1716,
>   "divergence": {
>    "warm_free": 11,
>    "unknown_free": 1,
>    "implied_free": 1,
>    "implied_alloc": 0,
>    "moved_free": 0,
>    "overlap": 0,
>    "split_free": 1,
>    "free_order": 0,
>    "wrong_cache": 0,
>    "model_failed": 0,
>    "host_failed": 0,
>    "doubled": 1,
>    "total": 2
>   }
>  },
>  "metrics": {
>   "live.bytes_peak": 252928,
>   "live.objects_peak": 330,
>   "waste.internal_bytes_peak": 14080,
>   "waste.internal_byte_seconds": 5883,
>   "waste.slab_partial_bytes_end": 130560,
>   "slab.pages_peak": 228,
>   "slab.pages_end": 228,
>   "page.free_pages_min": 6090,
>   "page.unusable_index_order9_max": 905,
>   "page.fragmentation_index_order9_max": -1000,
>   "vmalloc.bytes_peak": 49152,
>   "vmalloc.waste_bytes_peak": 53248,
>   "percpu.bytes_peak": 491520,
>   "percpu.waste_bytes_peak": 40912,
>   "fail.total": 2,
>   "fail.order_ge_3": 1,
>   "fail.atomic": 2,
>   "misuse.total": 4,
>   "leak.suspect_bytes": 12800,
>   "divergence.total": 2,
>   "lost.total": 0
>  },
>  "caches": [
>   {
>    "name": "dentry",
>    "object_size": 192,
>    "size": 192,
>    "order": 0,
>    "objects_per_slab": 21,
>    "allocs": 300,
>    "frees": 290,
>    "slabs_start": 100,
>    "slabs_peak": 110,
>    "slabs_end": 110,
>    "pages_peak": 110,
>    "pages_end": 110,
>    "objects_end": 1990,
>    "active_end": 2085,
>    "free_bytes_end": 61440,
>    "live_bytes_req_end": 3840,
>    "waste_internal_bytes_end": 0
>   },
>   {
>    "name": "kmalloc-64",
>    "object_size": 64,
>    "size": 64,
>    "order": 0,
>    "objects_per_slab": 64,
>    "allocs": 6,
>    "frees": 6,
>    "slabs_start": 40,
>    "slabs_peak": 40,
>    "slabs_end": 40,
>    "pages_peak": 40,
>    "pages_end": 40,
>    "objects_end": 2336,
>    "active_end": 2400,
>    "free_bytes_end": 14336,
>    "live_bytes_req_end": 0,
>    "waste_internal_bytes_end": 0
>   },
>   {
>    "name": "kmalloc-128",
>    "object_size": 128,
>    "size": 128,
>    "order": 0,
>    "objects_per_slab": 32,
>    "allocs": 200,
>    "frees": 0,
>    "slabs_start": 30,
>    "slabs_peak": 34,
>    "slabs_end": 34,
>    "pages_peak": 34,
>    "pages_end": 34,
>    "objects_end": 1068,
>    "active_end": 1088,
>    "free_bytes_end": 2560,
>    "live_bytes_req_end": 20000,
>    "waste_internal_bytes_end": 5600
>   },
>   {
>    "name": "kmalloc-1k",
>    "object_size": 1024,
>    "size": 1024,
>    "order": 2,
>    "objects_per_slab": 16,
>    "allocs": 400,
>    "frees": 400,
>    "slabs_start": 5,
>    "slabs_peak": 6,
>    "slabs_end": 6,
>    "pages_peak": 24,
>    "pages_end": 24,
>    "objects_end": 54,
>    "active_end": 96,
>    "free_bytes_end": 43008,
>    "live_bytes_req_end": 0,
>    "waste_internal_bytes_end": 0
>   },
>   {
>    "name": "kmalloc-256",
>    "object_size": 256,
>    "size": 256,
>    "order": 0,
>    "objects_per_slab": 16,
>    "allocs": 0,
>    "frees": 0,
>    "slabs_start": 20,
>    "slabs_peak": 20,
>    "slabs_end": 20,
>    "pages_peak": 20,
>    "pages_end": 20,
>    "objects_end": 284,
>    "active_end": 300,
>    "free_bytes_end": 9216,
>    "live_bytes_req_end": 0,
>    "waste_internal_bytes_end": 0
>   }
>  ],
>  "call_sites": [
>   {
>    "site": "0xffffffff81300020",
>    "symbol": "alloc_msg+0x20",
>    "kind": "kmalloc",
>    "cache": "kmalloc-1k",
>    "allocs": 400,
>    "frees": 400,
>    "fails": 0,
>    "bytes_req": 240000,
>    "bytes_alloc": 409600,
>    "live_objects_end": 0,
>    "live_bytes_end": 0,
>    "live_bytes_peak": 20480,
>    "waste_bytes_peak": 8480,
>    "waste_byte_seconds": 3.392,
>    "gfp": "GFP_KERNEL|ZERO",
>    "contexts": {
>     "task": 400,
>     "softirq": 0,
>     "hardirq": 0,
>     "nmi": 0,
>     "unknown": 0
>    }
>   },
>   {
>    "site": "0xffffffff81600055",
>    "symbol": "do_anonymous_page+0x55",
>    "kind": "page_alloc",
>    "cache": null,
>    "allocs": 50,
>    "frees": 40,
>    "fails": 0,
>    "bytes_req": 204800,
>    "bytes_alloc": 204800,
>    "live_objects_end": 10,
>    "live_bytes_end": 40960,
>    "live_bytes_peak": 204800,
>    "waste_bytes_peak": 0,
>    "waste_byte_seconds": 0.0,
>    "gfp": "GFP_HIGHUSER_MOVABLE",
>    "contexts": {
>     "task": 50,
>     "softirq": 0,
>     "hardirq": 0,
>     "nmi": 0,
>     "unknown": 0
>    }
>   },
>   {
>    "site": "0xffffffff81100012",
>    "symbol": "__d_alloc+0x12",
>    "kind": "cache_alloc",
>    "cache": "dentry",
>    "allocs": 300,
>    "frees": 280,
>    "fails": 0,
>    "bytes_req": 57600,
>    "bytes_alloc": 57600,
>    "live_objects_end": 20,
>    "live_bytes_end": 3840,
>    "live_bytes_peak": 57600,
>    "waste_bytes_peak": 0,
>    "waste_byte_seconds": 0.0,
>    "gfp": "GFP_KERNEL",
>    "contexts": {
>     "task": 300,
>     "softirq": 0,
>     "hardirq": 0,
>     "nmi": 0,
>     "unknown": 0
>    }
>   },
>   {
>    "site": "0xffffffff81700021",
>    "symbol": "pool_grow+0x21 [nicdrv]",
>    "kind": "page_alloc",
>    "cache": null,
>    "allocs": 1,
>    "frees": 8,
>    "fails": 1,
>    "bytes_req": 32768,
>    "bytes_alloc": 32768,
>    "live_objects_end": 0,
>    "live_bytes_end": 0,
>    "live_bytes_peak": 32768,
>    "waste_bytes_peak": 0,
>    "waste_byte_seconds": 0.0,
>    "gfp": "GFP_KERNEL|HIGH|COMP",
>    "contexts": {
>     "task": 2,
>     "softirq": 0,
>     "hardirq": 0,
>     "nmi": 0,
>     "unknown": 0
>    }
>   },
>   {
>    "site": "0xffffffff81200042",
>    "symbol": "ring_grow+0x42",
>    "kind": "kmalloc",
>    "cache": "kmalloc-128",
>    "allocs": 200,
>    "frees": 0,
>    "fails": 0,
>    "bytes_req": 20000,
>    "bytes_alloc": 25600,
>    "live_objects_end": 200,
>    "live_bytes_end": 25600,
>    "live_bytes_peak": 25600,
>    "waste_bytes_peak": 5600,
>    "waste_byte_seconds": 5879.97,
>    "gfp": "GFP_KERNEL",
>    "contexts": {
>     "task": 200,
>     "softirq": 0,
>     "hardirq": 0,
>     "nmi": 0,
>     "unknown": 0
>    }
>   },
>   {
>    "site": "0xffffffff81500099",
>    "symbol": "pipe_resize_ring+0x99",
>    "kind": "kmalloc",
>    "cache": null,
>    "allocs": 1,
>    "frees": 1,
>    "fails": 0,
>    "bytes_req": 10240,
>    "bytes_alloc": 16384,
>    "live_objects_end": 0,
>    "live_bytes_end": 0,
>    "live_bytes_peak": 16384,
>    "waste_bytes_peak": 6144,
>    "waste_byte_seconds": 0.012288,
>    "gfp": "GFP_KERNEL",
>    "contexts": {
>     "task": 1,
>     "softirq": 0,
>     "hardirq": 0,
>     "nmi": 0,
>     "unknown": 0
>    }
>   },
>   {
>    "site": "0xffffffff81800063",
>    "symbol": "dup_task_struct+0x63",
>    "kind": "vmap_alloc",
>    "cache": null,
>    "allocs": 1,
>    "frees": 1,
>    "fails": 0,
>    "bytes_req": 16384,
>    "bytes_alloc": 16384,
>    "live_objects_end": 0,
>    "live_bytes_end": 0,
>    "live_bytes_peak": 16384,
>    "waste_bytes_peak": 0,
>    "waste_byte_seconds": 0.0,
>    "gfp": "",
>    "contexts": {
>     "task": 1,
>     "softirq": 0,
>     "hardirq": 0,
>     "nmi": 0,
>     "unknown": 0
>    }
>   },
>   {
>    "site": "0xffffffff81a00011",
>    "symbol": "alloc_stats+0x11",
>    "kind": "percpu_alloc",
>    "cache": null,
>    "allocs": 6,
>    "frees": 4,
>    "fails": 0,
>    "bytes_req": 288,
>    "bytes_alloc": 288,
>    "live_objects_end": 2,
>    "live_bytes_end": 96,
>    "live_bytes_peak": 288,
>    "waste_bytes_peak": 0,
>    "waste_byte_seconds": 0.0,
>    "gfp": "GFP_KERNEL",
>    "contexts": {
>     "task": 6,
>     "softirq": 0,
>     "hardirq": 0,
>     "nmi": 0,
>     "unknown": 0
>    }
>   },
>   {
>    "site": "0xffffffffc0400077",
>    "symbol": "poll_timer+0x77 [nicdrv]",
>    "kind": "kmalloc",
>    "cache": "kmalloc-64",
>    "allocs": 4,
>    "frees": 4,
>    "fails": 0,
>    "bytes_req": 184,
>    "bytes_alloc": 256,
>    "live_objects_end": 0,
>    "live_bytes_end": 0,
>    "live_bytes_peak": 256,
>    "waste_bytes_peak": 72,
>    "waste_byte_seconds": 0.000288,
>    "gfp": "GFP_KERNEL|HIGH",
>    "contexts": {
>     "task": 0,
>     "softirq": 4,
>     "hardirq": 0,
>     "nmi": 0,
>     "unknown": 0
>    }
>   },
>   {
>    "site": "0xffffffff81b00033",
>    "symbol": null,
>    "kind": "kmalloc",
>    "cache": "kmalloc-64",
>    "allocs": 2,
>    "frees": 2,
>    "fails": 0,
>    "bytes_req": 128,
>    "bytes_alloc": 128,
>    "live_objects_end": 0,
>    "live_bytes_end": 0,
>    "live_bytes_peak": 64,
>    "waste_bytes_peak": 0,
>    "waste_byte_seconds": 0.0,
>    "gfp": "GFP_KERNEL",
>    "contexts": {
>     "task": 2,
>     "softirq": 0,
>     "hardirq": 0,
>     "nmi": 0,
>     "unknown": 0
>    }
>   },
>   {
>    "site": "0x0",
>    "symbol": null,
>    "kind": "percpu_alloc",
>    "cache": null,
>    "allocs": 0,
>    "frees": 0,
>    "fails": 1,
>    "bytes_req": 0,
>    "bytes_alloc": 0,
>    "live_objects_end": 0,
>    "live_bytes_end": 0,
>    "live_bytes_peak": 0,
>    "waste_bytes_peak": 0,
>    "waste_byte_seconds": 0.0,
>    "gfp": "",
>    "contexts": {
>     "task": 1,
>     "softirq": 0,
>     "hardirq": 0,
>     "nmi": 0,
>     "unknown": 0
>    }
>   },
>   {
>    "site": "0xffffffff81900017",
>    "symbol": "nic_probe+0x17 [nicdrv]",
>    "kind": "vmap_alloc",
>    "cache": null,
>    "allocs": 1,
>    "frees": 0,
>    "fails": 0,
>    "bytes_req": 0,
>    "bytes_alloc": 0,
>    "live_objects_end": 1,
>    "live_bytes_end": 0,
>    "live_bytes_peak": 0,
>    "waste_bytes_peak": 0,
>    "waste_byte_seconds": 0.0,
>    "gfp": "",
>    "contexts": {
>     "task": 1,
>     "softirq": 0,
>     "hardirq": 0,
>     "nmi": 0,
>     "unknown": 0
>    }
>   }
>  ],
>  "zones": [
>   {
>    "node": 0,
>    "zone": "DMA",
>    "managed_pages": 3900,
>    "wmark_min": 20,
>    "wmark_low": 25,
>    "wmark_high": 30,
>    "free_pages_start": 768,
>    "free_pages_min": 768,
>    "free_pages_end": 768,
>    "free_pages_real": 768,
>    "fallbacks": 0,
>    "unusable_index_order9_max": 1000,
>    "fragmentation_index_order9_max": 844,
>    "unusable_index_end": [
>     0,
>     0,
>     0,
>     0,
>     0,
>     0,
>     333,
>     1000,
>     1000,
>     1000,
>     1000
>    ],
>    "blocks_end": [
>     0,
>     0,
>     0,
>     0,
>     0,
>     8,
>     8,
>     0,
>     0,
>     0,
>     0
>    ],
>    "blocks_real": [
>     0,
>     0,
>     0,
>     0,
>     0,
>     8,
>     8,
>     0,
>     0,
>     0,
>     0
>    ]
>   },
>   {
>    "node": 0,
>    "zone": "DMA32",
>    "managed_pages": 28000,
>    "wmark_min": 200,
>    "wmark_low": 250,
>    "wmark_high": 300,
>    "free_pages_start": 5416,
>    "free_pages_min": 5322,
>    "free_pages_end": 5322,
>    "free_pages_real": 5348,
>    "fallbacks": 1,
>    "unusable_index_order9_max": 905,
>    "fragmentation_index_order9_max": -1000,
>    "unusable_index_end": [
>     0,
>     10,
>     29,
>     60,
>     152,
>     242,
>     362,
>     494,
>     663,
>     903,
>     1000
>    ],
>    "blocks_end": [
>     58,
>     50,
>     41,
>     61,
>     30,
>     20,
>     11,
>     7,
>     5,
>     1,
>     0
>    ],
>    "blocks_real": [
>     78,
>     51,
>     40,
>     60,
>     31,
>     20,
>     11,
>     7,
>     5,
>     1,
>     0
>    ]
>   }
>  ],
>  "failures": [
>   {
>    "ts_ns": 800109000,
>    "cpu": 1,
>    "pid": 400,
>    "context": "task",
>    "kind": "page_alloc",
>    "site": "0xffffffff81700021",
>    "symbol": "pool_grow+0x21 [nicdrv]",
>    "order": 10,
>    "bytes": 4194304,
>    "gfp": "GFP_ATOMIC|COMP",
>    "reason": "memory is fragmented: enough free pages, no block of the order",
>    "host_failed": true,
>    "model_failed": true,
>    "zones": [
>     {
>      "node": 0,
>      "zone": "DMA",
>      "refusal": "watermark",
>      "free_pages": 768,
>      "mark": 1140,
>      "shortfall": 373,
>      "fragmentation_index": 891,
>      "unusable_index": 1000
>     },
>     {
>      "node": 0,
>      "zone": "DMA32",
>      "refusal": "no-block",
>      "free_pages": 5322,
>      "mark": 1098,
>      "shortfall": 0,
>      "fragmentation_index": 979,
>      "unusable_index": 1000
>     }
>    ],
>    "explanation": [
>     "page allocation failure: order:10, mode:0x40820(GFP_ATOMIC|COMP), cpu 1, may sleep",
>     "  why: memory is fragmented: enough free pages, no block of the order",
>     "  tried: kswapd woken",
>     "  gave up: the caller may not wait, so nothing was reclaimed for it",
>     "  node 0 DMA: 373 pages short of its mark",
>     "    free 768, to exceed 1140 = 8 of the min mark + 109 reserve + 1023 not usable; reclaimable 3132",
>     "    fragmentation index 0.891, unusable 1.000; free blocks by order: 0 0 0 0 0 8 8 0 0 0 0",
>     "  node 0 DMA32: pages enough, but no block of order 10",
>     "    free 5322, to exceed 1098 = 75 of the min mark + 0 reserve + 1023 not usable; reclaimable 22229",
>     "    fragmentation index 0.979, unusable 1.000; free blocks by order: 58 50 41 61 30 20 11 7 5 1 0"
>    ]
>   },
>   {
>    "ts_ns": 1200060000,
>    "cpu": 1,
>    "pid": 600,
>    "context": "task",
>    "kind": "percpu_alloc",
>    "site": "0x0",
>    "symbol": null,
>    "order": 0,
>    "bytes": 65536,
>    "gfp": "",
>    "reason": "no room in the chunks, or its size is not possible",
>    "host_failed": true,
>    "model_failed": true,
>    "zones": [],
>    "explanation": []
>   }
>  ],
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
>  ],
>  "leaks": [
>   {
>    "site": "0xffffffff81200042",
>    "symbol": "ring_grow+0x42",
>    "kind": "kmalloc",
>    "cache": "kmalloc-128",
>    "objects": 100,
>    "bytes": 12800,
>    "oldest_age_ns": 1999999000,
>    "allocs": 200,
>    "suspect": true
>   },
>   {
>    "site": "0xffffffff81100012",
>    "symbol": "__d_alloc+0x12",
>    "kind": "cache_alloc",
>    "cache": "dentry",
>    "objects": 20,
>    "bytes": 3840,
>    "oldest_age_ns": 1799656000,
>    "allocs": 300,
>    "suspect": false
>   }
>  ],
>  "advice": [],
>  "fidelity": {
>   "bytes_alloc_match_pct": 100.0,
>   "slab_pages_start": 210,
>   "slab_pages_model": 228,
>   "slab_pages_real": 228,
>   "slab_pages_error_pct": 0.877193,
>   "slab_churn_error_pct": 13.3333,
>   "caches": [
>    {
>     "name": "dentry",
>     "slabs_start": 100,
>     "slabs_model": 110,
>     "slabs_real": 109,
>     "objects_model": 2085,
>     "objects_real": 2070,
>     "pages_model": 110,
>     "pages_real": 109
>    },
>    {
>     "name": "kmalloc-128",
>     "slabs_start": 30,
>     "slabs_model": 34,
>     "slabs_real": 35,
>     "objects_model": 1088,
>     "objects_real": 1090,
>     "pages_model": 34,
>     "pages_real": 35
>    },
>    {
>     "name": "kmalloc-1k",
>     "slabs_start": 5,
>     "slabs_model": 6,
>     "slabs_real": 6,
>     "objects_model": 96,
>     "objects_real": 80,
>     "pages_model": 24,
>     "pages_real": 24
>    },
>    {
>     "name": "kmalloc-256",
>     "slabs_start": 20,
>     "slabs_model": 20,
>     "slabs_real": 20,
>     "objects_model": 300,
>     "objects_real": 300,
>     "pages_model": 20,
>     "pages_real": 20
>    },
>    {
>     "name": "kmalloc-64",
>     "slabs_start": 40,
>     "slabs_model": 40,
>     "slabs_real": 40,
>     "objects_model": 2400,
>     "objects_real": 2401,
>     "pages_model": 40,
>     "pages_real": 40
>    }
>   ],
>   "free_pages_error_pct": 0.425114,
>   "free_blocks_error_pct": 5.0,
>   "zone_match_pct": 100.0,
>   "vmalloc_error_pct": 0.0,
>   "percpu_error_pct": 0.0,
>   "failures_model": 2,
>   "failures_real": 2,
>   "implied_frees": 1,
>   "implied_allocs": 0
>  },
>  "timeline": [
>   {
>    "ts_ns": 93750000,
>    "live_bytes": 1280,
>    "waste_internal_bytes": 280,
>    "slab_pages": 214,
>    "free_pages": 6176,
>    "vmalloc_bytes": 20480,
>    "percpu_bytes": 466944
>   },
>   {
>    "ts_ns": 195312500,
>    "live_bytes": 2560,
>    "waste_internal_bytes": 560,
>    "slab_pages": 214,
>    "free_pages": 6176,
>    "vmalloc_bytes": 20480,
>    "percpu_bytes": 466944
>   },
>   {
>    "ts_ns": 296875000,
>    "live_bytes": 7680,
>    "waste_internal_bytes": 840,
>    "slab_pages": 224,
>    "free_pages": 6155,
>    "vmalloc_bytes": 20480,
>    "percpu_bytes": 466944
>   },
>   {
>    "ts_ns": 398437500,
>    "live_bytes": 8960,
>    "waste_internal_bytes": 1120,
>    "slab_pages": 224,
>    "free_pages": 6155,
>    "vmalloc_bytes": 20480,
>    "percpu_bytes": 466944
>   },
>   {
>    "ts_ns": 500000000,
>    "live_bytes": 10240,
>    "waste_internal_bytes": 1400,
>    "slab_pages": 224,
>    "free_pages": 6155,
>    "vmalloc_bytes": 20480,
>    "percpu_bytes": 466944
>   },
>   {
>    "ts_ns": 593750000,
>    "live_bytes": 11520,
>    "waste_internal_bytes": 1680,
>    "slab_pages": 224,
>    "free_pages": 6155,
>    "vmalloc_bytes": 20480,
>    "percpu_bytes": 466944
>   },
>   {
>    "ts_ns": 695312500,
>    "live_bytes": 12800,
>    "waste_internal_bytes": 1960,
>    "slab_pages": 224,
>    "free_pages": 6155,
>    "vmalloc_bytes": 20480,
>    "percpu_bytes": 466944
>   },
>   {
>    "ts_ns": 796875000,
>    "live_bytes": 14080,
>    "waste_internal_bytes": 2240,
>    "slab_pages": 225,
>    "free_pages": 6148,
>    "vmalloc_bytes": 20480,
>    "percpu_bytes": 466944
>   },
>   {
>    "ts_ns": 898437500,
>    "live_bytes": 56320,
>    "waste_internal_bytes": 2520,
>    "slab_pages": 225,
>    "free_pages": 6090,
>    "vmalloc_bytes": 20480,
>    "percpu_bytes": 466944
>   },
>   {
>    "ts_ns": 1000000000,
>    "live_bytes": 57600,
>    "waste_internal_bytes": 2800,
>    "slab_pages": 225,
>    "free_pages": 6090,
>    "vmalloc_bytes": 20480,
>    "percpu_bytes": 466944
>   },
>   {
>    "ts_ns": 1093750000,
>    "live_bytes": 58880,
>    "waste_internal_bytes": 3080,
>    "slab_pages": 226,
>    "free_pages": 6090,
>    "vmalloc_bytes": 28672,
>    "percpu_bytes": 466944
>   },
>   {
>    "ts_ns": 1195312500,
>    "live_bytes": 60160,
>    "waste_internal_bytes": 3360,
>    "slab_pages": 226,
>    "free_pages": 6090,
>    "vmalloc_bytes": 28672,
>    "percpu_bytes": 466944
>   },
>   {
>    "ts_ns": 1296875000,
>    "live_bytes": 61536,
>    "waste_internal_bytes": 3640,
>    "slab_pages": 226,
>    "free_pages": 6090,
>    "vmalloc_bytes": 28672,
>    "percpu_bytes": 491520
>   },
>   {
>    "ts_ns": 1398437500,
>    "live_bytes": 62816,
>    "waste_internal_bytes": 3920,
>    "slab_pages": 226,
>    "free_pages": 6090,
>    "vmalloc_bytes": 28672,
>    "percpu_bytes": 491520
>   },
>   {
>    "ts_ns": 1500000000,
>    "live_bytes": 64096,
>    "waste_internal_bytes": 4200,
>    "slab_pages": 227,
>    "free_pages": 6090,
>    "vmalloc_bytes": 28672,
>    "percpu_bytes": 491520
>   },
>   {
>    "ts_ns": 1593750000,
>    "live_bytes": 65376,
>    "waste_internal_bytes": 4480,
>    "slab_pages": 227,
>    "free_pages": 6090,
>    "vmalloc_bytes": 28672,
>    "percpu_bytes": 491520
>   },
>   {
>    "ts_ns": 1695312500,
>    "live_bytes": 66656,
>    "waste_internal_bytes": 4760,
>    "slab_pages": 227,
>    "free_pages": 6090,
>    "vmalloc_bytes": 28672,
>    "percpu_bytes": 491520
>   },
>   {
>    "ts_ns": 1796875000,
>    "live_bytes": 67936,
>    "waste_internal_bytes": 5040,
>    "slab_pages": 228,
>    "free_pages": 6090,
>    "vmalloc_bytes": 28672,
>    "percpu_bytes": 491520
>   },
>   {
>    "ts_ns": 1898437500,
>    "live_bytes": 69216,
>    "waste_internal_bytes": 5320,
>    "slab_pages": 228,
>    "free_pages": 6090,
>    "vmalloc_bytes": 28672,
>    "percpu_bytes": 491520
>   },
>   {
>    "ts_ns": 2000000000,
>    "live_bytes": 70496,
>    "waste_internal_bytes": 5600,
>    "slab_pages": 228,
>    "free_pages": 6090,
>    "vmalloc_bytes": 28672,
>    "percpu_bytes": 491520
>   },
>   {
>    "ts_ns": 2000000000,
>    "live_bytes": 70496,
>    "waste_internal_bytes": 5600,
>    "slab_pages": 228,
>    "free_pages": 6090,
>    "vmalloc_bytes": 28672,
>    "percpu_bytes": 491520
>   }
>  ]
> }

== it goes where it is told, and twice the same
$ kmemtool replay base.kmt -o a.json && kmemtool replay base.kmt -o b.json && cmp a.json b.json
$ kmemtool replay base.kmt | cmp - a.json
$ kmemtool replay - -o - < base.kmt | cmp - a.json

== another name, another day: the same bytes
$ cp base.kmt other-name && touch -d 2001-01-01 other-name && kmemtool replay other-name | cmp - a.json

== checked while it runs
$ kmemtool replay --check base.kmt -o checked.json && cmp a.json checked.json

== its keys
$ kmemtool replay base.kmt | sed -n 's/^ "\([a-z_]*\)".*/\1/p' | xargs
> schema trace machine settings events metrics caches call_sites zones failures misuse leaks advice fidelity timeline
== its metrics
$ kmemtool replay base.kmt | sed -n '/^ "metrics"/,/^ }/p'
>  "metrics": {
>   "live.bytes_peak": 252928,
>   "live.objects_peak": 330,
>   "waste.internal_bytes_peak": 14080,
>   "waste.internal_byte_seconds": 5883,
>   "waste.slab_partial_bytes_end": 130560,
>   "slab.pages_peak": 228,
>   "slab.pages_end": 228,
>   "page.free_pages_min": 6090,
>   "page.unusable_index_order9_max": 905,
>   "page.fragmentation_index_order9_max": -1000,
>   "vmalloc.bytes_peak": 49152,
>   "vmalloc.waste_bytes_peak": 53248,
>   "percpu.bytes_peak": 491520,
>   "percpu.waste_bytes_peak": 40912,
>   "fail.total": 2,
>   "fail.order_ge_3": 1,
>   "fail.atomic": 2,
>   "misuse.total": 4,
>   "leak.suspect_bytes": 12800,
>   "divergence.total": 2,
>   "lost.total": 0
>  },

== what was given is in the result
$ kmemtool replay base.kmt -s slab.max_order=0 -s vm.min_free_kbytes=2048 | sed -n '/^ "settings"/,/^ }/p'
>  "settings": {
>   "slab.max_order": "0",
>   "vm.min_free_kbytes": "2048"
>  },

== a cold start
$ kmemtool replay --cold base.kmt | sed -n '/^ "machine"/,/^ }/p'
>  "machine": {
>   "name": "host",
>   "cpus": 2,
>   "possible_cpus": 2,
>   "nodes": 1,
>   "pages": 31900,
>   "is_host": true,
>   "warm": false
>  },

== another machine: nothing is said of the host
$ kmemtool replay -m x86-32-64m base.kmt | sed -n '/^ "machine"/,/^ }/p; /"fidelity"/p'
>  "machine": {
>   "name": "x86-32-64m",
>   "cpus": 1,
>   "possible_cpus": 1,
>   "nodes": 1,
>   "pages": 16384,
>   "is_host": false,
>   "warm": false
>  },
>  "fidelity": null,

== every built-in machine
$ for m in host x86-32-64m x86-32-1g x86-32-4g-pae x86-64-4g x86-64-2node; do
$ 	kmemtool replay --check -m $m base.kmt -o m.json && grep -c slab.pages_end m.json
$ done
> 1
> 1
> 1
> 1
> 1
> 1

== a part of the trace
$ kmemtool replay --from 500ms --to 1s base.kmt | grep -e '"from_ns"' -e '"to_ns"' -e '"seen"' -e '"ts_ns": 8'
>   "from_ns": 500000000,
>   "to_ns": 1000000000
>   "seen": 396,
>    "ts_ns": 800109000,
>    "ts_ns": 898437500,

== nothing of the trace
$ kmemtool replay --from 5s base.kmt | grep -e '"seen"' -e '"live.bytes_peak"'
>   "seen": 0,
>   "live.bytes_peak": 0,

== a trace without events
$ kmemtool replay empty.kmt | sed -n '/^ "events"/,/^ }/p; /^ "failures"/p'
>  "events": {
>   "seen": 0,
>   "replayed": 0,
>   "divergence": {
>    "warm_free": 0,
>    "unknown_free": 0,
>    "implied_free": 0,
>    "implied_alloc": 0,
>    "moved_free": 0,
>    "overlap": 0,
>    "split_free": 0,
>    "free_order": 0,
>    "wrong_cache": 0,
>    "model_failed": 0,
>    "host_failed": 0,
>    "doubled": 0,
>    "total": 0
>   }
>  },
>  "failures": [],

== a trace without snapshots
$ kmemtool replay bare.kmt | sed -n '/^ "machine"/,/^ }/p'
>  "machine": {
>   "name": "x86-64-4g",
>   "cpus": 4,
>   "possible_cpus": 4,
>   "nodes": 1,
>   "pages": 1048576,
>   "is_host": false,
>   "warm": false
>  },
! kmemtool: replay: bare.kmt: the trace does not describe its host: replayed on a machine like it

== events were lost
$ kmemtool replay loss.kmt | grep '"lost'
>   "lost": 25,
>   "lost.total": 25
! kmemtool: replay: loss.kmt: 25 events were lost when it was recorded: figures are too low

== no more than that may be lost
$ kmemtool replay --max-loss 25 loss.kmt -o loss.json
! kmemtool: replay: loss.kmt: 25 events were lost when it was recorded: figures are too low

== more were lost than allowed: the result is there all the same
$ kmemtool replay --max-loss 24 loss.kmt -o loss2.json; echo $?; cmp loss.json loss2.json
> 1
! kmemtool: replay: loss.kmt: 25 events were lost when it was recorded: figures are too low

== --max-loss of a trace without loss
$ kmemtool replay --max-loss 0 base.kmt -o a.json

== no footer
$ head -c 3178 base.kmt > short.kmt
$ kmemtool replay short.kmt | grep -e '"complete"' -e '"seen"'; exit ${PIPESTATUS[0]}
>   "complete": false,
>   "seen": 511,
! kmemtool: replay: short.kmt: incomplete: no footer, read up to its last whole block
= 3

== a damaged block: the rest was replayed
$ cp base.kmt flip.kmt; printf '\377' | dd of=flip.kmt bs=1 seek=3400 conv=notrunc status=none
$ kmemtool replay flip.kmt | grep -e '"complete"' -e '"damaged_blocks"' -e '"seen"'; exit ${PIPESTATUS[0]}
>   "complete": false,
>   "damaged_blocks": 1
>   "seen": 1273,
! kmemtool: replay: flip.kmt: offset 3156: damaged block: wrong checksum
= 3

== another host's architecture
$ kmemtool replay foreign.kmt
! kmemtool: replay: foreign.kmt: offset 12: recorded on a big-endian 64-bit host (s390x) with pages of 4096 bytes; only little-endian, 64 bits, 4096 bytes can be replayed
= 3

== a text
$ echo hello > text; kmemtool replay text
! kmemtool: replay: text: offset 0: not a kmemtool trace
= 3

== a result is no trace
$ kmemtool replay a.json
! kmemtool: replay: a.json: offset 0: not a kmemtool trace
= 3

== no such file
$ kmemtool replay absent.kmt
! kmemtool: replay: absent.kmt: cannot open: No such file or directory
= 3

== no file named
$ kmemtool replay
! kmemtool: replay: no trace given (see kmemtool replay --help)
= 2

== no such machine
$ kmemtool replay -m vax base.kmt
! kmemtool: replay: no machine 'vax'; there are host, x86-32-64m, x86-32-1g, x86-32-4g-pae, x86-64-4g, x86-64-2node, or the name of a file (see kmemtool replay --help)
= 2

== a setting without value
$ kmemtool replay -s slab.max_order base.kmt
! kmemtool: replay: slab.max_order: no value: write slab.max_order=VALUE (see kmemtool replay --help)
= 2

== no such setting
$ kmemtool replay -s slab.colour=blue base.kmt
! kmemtool: replay: no such setting: slab.colour (see kmemtool replay --help)
= 2

== a setting that is for later
$ kmemtool replay -s slab.merge=0 base.kmt
! kmemtool: replay: slab.merge is not supported: caches are not merged (see kmemtool replay --help)
= 2

== a value out of range
$ kmemtool replay -s slab.max_order=11 base.kmt
! kmemtool: replay: slab.max_order: '11' is not a number from 0 to 10 (see kmemtool replay --help)
= 2

== a machine that cannot be
$ kmemtool replay -s mem.size=1M base.kmt
! kmemtool: replay: this machine cannot be booted (see kmemtool replay --help)
= 2

== wrong time
$ kmemtool replay --to soon base.kmt
! kmemtool: replay: --to: 'soon' is not a time (like 1.5s, 20ms, 300us, 2m) (see kmemtool replay --help)
= 2

== output to where nothing can be
$ kmemtool replay base.kmt -o absent/out.json
! kmemtool: replay: absent/out.json: No such file or directory
= 4

== full disk
? test -c /dev/full # no /dev/full
$ kmemtool replay base.kmt > /dev/full
! kmemtool: replay: standard output: No space left on device
= 4

== full disk, named
? test -c /dev/full # no /dev/full
$ kmemtool replay base.kmt -o /dev/full
! kmemtool: replay: /dev/full: No space left on device
= 4

== a range with nothing in it
$ kmemtool replay --from 1s --to 1s base.kmt
! kmemtool: replay: --from is not before --to (see kmemtool replay --help)
= 2
