/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The description of a machine before it is booted: CPUs, nodes, memory, zones,
 * and which kernel's habits its allocators follow.
 *
 * A profile is plain data, copied by value.  It comes from a table of built-in
 * ones, is read from a file, or is filled from a trace's opening snapshot.  Fields that are 0 where
 * the comment says "0: derived" are computed by whoever boots the machine.
 */
#ifndef CORE_MACHINE_PROFILE_H
#define CORE_MACHINE_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#define KM_MAX_NODES 8
#define KM_MAX_ZONES 32
#define KM_MAX_RANGES 64
#define KM_MAX_CPUS 4096
#define KM_MAX_PERCPU_BYTES (16u << 20) /* of an area or unit: real ones are below 1 MiB */
#define KM_MIN_NODE_PAGES 1024ull	/* nodes begin at a block of the largest order */
#define KM_MAX_RAM_PAGES (KM_MAX_PFN - KM_MAX_PFN / 4) /* the holes have room too */
#define KM_MAX_PFN (UINT32_MAX - 1ull) /* lists link pfns of 32 bits; the last one ends a list */

enum km_zone_type {
	KM_ZONE_DMA,
	KM_ZONE_DMA32,
	KM_ZONE_NORMAL,
	KM_ZONE_HIGHMEM,
	KM_ZONE_MOVABLE,
	KM_NR_ZONE_TYPES
};

/* Pages [start_pfn, end_pfn) of RAM on one node. */
struct km_mem_range {
	uint64_t start_pfn, end_pfn;
	unsigned int node;
};

struct km_zone_desc {
	enum km_zone_type type;
	unsigned int node;
	uint64_t start_pfn;
	uint64_t spanned_pages, present_pages, managed_pages; /* spanned >= present >= managed */
	/*
	 * Of present, not yet managed: the kernel initialises descriptors on demand, a section
	 * at a time, when the zone runs low (DEFERRED_STRUCT_PAGE_INIT).  Mostly 0.
	 */
	uint64_t deferred_pages;
	/* As zoneinfo prints them, boost included; all 0: derived from min_free_kbytes. */
	uint64_t wmark_min, wmark_low, wmark_high;
	uint64_t watermark_boost; /* of each of the three above, for fragmentation events */
	bool has_protection;	  /* false: derived from lowmem_reserve_ratio */
	uint64_t protection[KM_NR_ZONE_TYPES]; /* by the class (highest zone) of the request */
	/* Per-cpu lists; 0: derived. */
	uint64_t pcp_batch, pcp_high_min, pcp_high_max;
};

/* Habits that differ between kernels, as switches: never one version number. */
enum km_feature {
	KM_FEAT_PCP_HIGH_ORDER = 1 << 0,    /* orders 1-3 and THP on per-cpu lists (5.14) */
	KM_FEAT_PCP_AUTO_HIGH = 1 << 1,	    /* high floats between high_min and high_max (6.7) */
	KM_FEAT_CLAIM_STEAL = 1 << 2,	    /* fallback claims or steals (6.15) */
	KM_FEAT_MIN_RESERVE = 1 << 3,	    /* __GFP_HIGH reserve scheme of 6.3 */
	KM_FEAT_CPU_PARTIAL_SLABS = 1 << 4, /* cpu partial lists are counted in slabs (5.17) */
	KM_FEAT_ORDER_NEW = 1 << 5,	    /* slab order algorithm of 6.8 */
	KM_FEAT_KMALLOC_CGROUP = 1 << 6,    /* kmalloc-cg-* exist (5.14) */
	KM_FEAT_SHEAVES = 1 << 7, /* per-cpu sheaves where the cache asks for them (6.18) */
	/* Watermarks and reserves; without any of these they are those of 2.6.32. */
	KM_FEAT_WMARK_BLOCK = 1 << 8,	   /* orders need a block, not a share of each (4.4) */
	KM_FEAT_MANAGED_PAGES = 1 << 9,	   /* by managed pages, watermark_scale_factor (4.18) */
	KM_FEAT_WMARK_BOOST = 1 << 10,	   /* fragmentation raises them for a while (5.0) */
	KM_FEAT_MIN_FREE_256M = 1 << 11,   /* min_free_kbytes is up to 256 MiB, not 64 (5.8) */
	KM_FEAT_WMARK_PROMO = 1 << 12,	   /* a fourth one, for memory tiers (5.18) */
	KM_FEAT_MOVABLE_CAPPED = 1 << 13,  /* Movable has no share of min_free_kbytes (6.6) */
	KM_FEAT_HIGHATOMIC_1PCT = 1 << 14, /* reserve of 1 % rounded up, or none (6.8) */
	KM_FEAT_FREE_HIGHATOMIC = 1 << 15, /* only its free pages are held back (6.12) */
	/* Of old kernels alone; the last release that has it. */
	KM_FEAT_FREE_TO_HEAD = 1 << 16, /* free blocks go to the heads of their lists (2.6.34) */
	KM_FEAT_MOVE_TO_HEAD = 1 << 17, /* so do boot memory and pageblocks that are moved (5.9) */
	KM_FEAT_PCP_COLD = 1 << 18,	/* cold pages wait at the tails of per-cpu lists (4.14) */
	KM_FEAT_PCP_SMALL_BATCH = 1 << 19, /* batches up to 31 pages, by pages present (4.19) */
	KM_FEAT_PCP_ROTATE = 1 << 20,	   /* spills of all orders are round robin (5.14 to 5.17) */
	KM_FEAT_FALLBACK_LARGEST = 1 << 21, /* fallback of 2.6.32, and no HIGHATOMIC (3.19) */
	/* The slow path. */
	KM_FEAT_COMPACTION = 1 << 24,	 /* movable pages are moved together (2.6.35) */
	KM_FEAT_RECLAIM_RETRY = 1 << 25, /* the slow path counts its retries (4.7) */
};

/* How page tables are built: 2-level and PAE are of 32 bits, the others of 64. */
enum km_paging {
	KM_PAGING_DERIVED, /* see km_profile_paging() */
	KM_PAGING_2_LEVEL,
	KM_PAGING_PAE,
	KM_PAGING_4_LEVEL,
	KM_PAGING_5_LEVEL,
	KM_NR_PAGINGS
};

struct km_profile {
	char name[32];
	unsigned int nr_cpus;	       /* online */
	unsigned int nr_possible_cpus; /* >= nr_cpus */
	unsigned int nr_nodes;
	/* From one node to another, as ACPI's SLIT: 10 to itself, above 10 else; 0: derived. */
	uint8_t distance[KM_MAX_NODES][KM_MAX_NODES];
	/* Bit N: node N has no CPUs, they are spread over the others. */
	unsigned int cpuless_nodes;
	unsigned int page_shift;   /* 12 */
	unsigned int address_bits; /* 32 or 64 */
	enum km_paging paging;
	unsigned int cacheline_bytes; /* 64 */
	unsigned int pageblock_order; /* 9 on x86-64 */
	unsigned int features;	      /* enum km_feature */
	unsigned int nr_zones;
	struct km_zone_desc zones[KM_MAX_ZONES]; /* by node, then by type, ascending */
	unsigned int nr_ranges;
	struct km_mem_range ranges[KM_MAX_RANGES]; /* ascending; none: every spanned page is RAM */
	uint64_t page_offset;			   /* start of the direct map */
	uint64_t vmalloc_start, vmalloc_end;
	/* sysctls */
	uint64_t min_free_kbytes;	 /* 0: derived */
	uint64_t watermark_scale_factor; /* 10 */
	uint64_t watermark_boost_factor; /* 15000; 0: off */
	uint64_t lowmem_reserve_ratio[KM_NR_ZONE_TYPES];
	uint64_t percpu_pagelist_high_fraction; /* 0: off */
	/* First percpu chunk: bytes a unit; static 0: unknown. */
	uint64_t percpu_static, percpu_reserved, percpu_dynamic, percpu_unit;
};

/* Features of the newest kernel modelled (6.18). */
#define KM_FEATURES_NEWEST                                                                         \
	(KM_FEAT_PCP_HIGH_ORDER | KM_FEAT_PCP_AUTO_HIGH | KM_FEAT_CLAIM_STEAL |                    \
	 KM_FEAT_MIN_RESERVE | KM_FEAT_CPU_PARTIAL_SLABS | KM_FEAT_ORDER_NEW |                     \
	 KM_FEAT_KMALLOC_CGROUP | KM_FEAT_SHEAVES | KM_FEAT_WMARK_BLOCK | KM_FEAT_MANAGED_PAGES |  \
	 KM_FEAT_WMARK_BOOST | KM_FEAT_MIN_FREE_256M | KM_FEAT_WMARK_PROMO |                       \
	 KM_FEAT_MOVABLE_CAPPED | KM_FEAT_HIGHATOMIC_1PCT | KM_FEAT_FREE_HIGHATOMIC |              \
	 KM_FEAT_COMPACTION | KM_FEAT_RECLAIM_RETRY)

/*
 * Habits of a kernel by its release ("6.1.0-37-amd64") and version ("... Debian 6.1.140-1",
 * may be NULL: distributions tell the true patch level only there).  A last resort: what
 * its files show is believed before this.  Unknown releases are the newest.
 */
unsigned int km_era_features(const char *release, const char *version);
/* The release whose habits are nearest to these, the newest if several are ("6.12"). */
const char *km_era_nearest(unsigned int features);
/* Name of the habit of one bit, 0 to 31 ("pcp-high-order"); NULL: no such habit. */
const char *km_feature_name(unsigned int bit);
/* Number of the bit of that name, or -1. */
int km_feature_from_name(const char *name);

/* A 64-bit x86 with one node and one CPU, everything but memory filled in. */
void km_profile_init(struct km_profile *profile);
/*
 * Lay x86 zones over bytes of RAM: on 64 bit DMA < 16 MiB, DMA32 < 4 GiB, Normal
 * above; on 32 bit DMA, Normal < 896 MiB, HighMem.  RAM above 3 GiB continues at
 * 4 GiB on 64 bit.  managed = present.  Sets zones and ranges; nodes share evenly.
 * On 32 bit also the address space, whose vmalloc area begins 8 MiB above the direct
 * map.  -EINVAL: less than KM_MIN_NODE_PAGES a node (4 MiB of 4 KiB), or more than
 * KM_MAX_RAM_PAGES (12 TiB).
 */
int km_profile_set_memory(struct km_profile *profile, uint64_t bytes);
/* Built-in profile by name (x86-32-64m, x86-32-1g, x86-32-4g-pae, x86-64-4g, x86-64-2node): 0 or
 * -ENOENT. */
int km_profile_builtin(const char *name, struct km_profile *profile);
/* Names of the built-in ones by index, NULL at the end. */
const char *km_profile_builtin_name(unsigned int index);
/*
 * The paging of a machine, never DERIVED: what its profile says, else 2-level on 32 bit, and on
 * 64 bit 4-level where its page_offset is an address of four levels.
 */
enum km_paging km_profile_paging(const struct km_profile *profile);
const char *km_paging_name(enum km_paging paging); /* "2-level", "pae"; NULL: DERIVED, or none */
/* NULL if the profile can be booted, else one line that says why not. */
const char *km_profile_check(const struct km_profile *profile);

/* Pages of RAM the node has in [start, end): those of its ranges, or all if there are none. */
uint64_t km_profile_ram_pages(const struct km_profile *profile, uint64_t start, uint64_t end,
			      unsigned int node);

const char *km_zone_type_name(enum km_zone_type type); /* "DMA", "DMA32", "Normal", ... */
int km_zone_type_from_name(const char *name);	       /* or -1 */

#endif
