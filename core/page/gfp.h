/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flags of an allocation: our own canonical bits, and the layouts of the kernels.
 *
 * The core only knows the canonical bits below.  They are those of 6.12 on x86-64
 * where these exist, and bits above 24 for what only older kernels had.  A trace
 * carries the layout of its host as (name, bit) pairs; struct km_gfp_layout turns
 * them into ours and back.
 *
 * Source: include/linux/gfp_types.h 6.12, include/linux/gfp.h 2.6.32 to 5.15.
 */
#ifndef CORE_PAGE_GFP_H
#define CORE_PAGE_GFP_H

#include <stddef.h>
#include <stdint.h>

#include "core/machine/profile.h"

typedef uint32_t km_gfp; /* the kernel's gfp_t: a bit set, not a struct */

#define KM_GFP_DMA (1u << 0)
#define KM_GFP_HIGHMEM (1u << 1)
#define KM_GFP_DMA32 (1u << 2)
#define KM_GFP_MOVABLE (1u << 3)
#define KM_GFP_RECLAIMABLE (1u << 4)
#define KM_GFP_HIGH (1u << 5)
#define KM_GFP_IO (1u << 6)
#define KM_GFP_FS (1u << 7)
#define KM_GFP_ZERO (1u << 8)
#define KM_GFP_ATOMIC_BIT (1u << 9)	 /* to 6.2 */
#define KM_GFP_DIRECT_RECLAIM (1u << 10) /* 2.6.32: WAIT sets both reclaim bits */
#define KM_GFP_KSWAPD_RECLAIM (1u << 11)
#define KM_GFP_WRITE (1u << 12)
#define KM_GFP_NOWARN (1u << 13)
#define KM_GFP_RETRY_MAYFAIL (1u << 14) /* before 4.13: REPEAT */
#define KM_GFP_NOFAIL (1u << 15)
#define KM_GFP_NORETRY (1u << 16)
#define KM_GFP_MEMALLOC (1u << 17)
#define KM_GFP_COMP (1u << 18)
#define KM_GFP_NOMEMALLOC (1u << 19)
#define KM_GFP_HARDWALL (1u << 20)
#define KM_GFP_THISNODE (1u << 21)
#define KM_GFP_ACCOUNT (1u << 22)
#define KM_GFP_ZEROTAGS (1u << 23)
#define KM_GFP_NO_OBJ_EXT (1u << 24)
#define KM_GFP_COLD (1u << 25) /* to 4.14 */
#define KM_GFP_NOLOCKDEP (1u << 26)
#define KM_GFP_OTHER (1u << 27)	     /* any bit of the recorded kernel we have no name for */
#define KM_GFP_SKIP_KASAN (1u << 28) /* 5.14 to 5.17: SKIP_KASAN_POISON */
#define KM_GFP_NOTRACK (1u << 29)    /* to 4.14: kmemcheck */

#define KM_GFP_RECLAIM (KM_GFP_DIRECT_RECLAIM | KM_GFP_KSWAPD_RECLAIM)
#define KM_GFP_KERNEL (KM_GFP_RECLAIM | KM_GFP_IO | KM_GFP_FS)
#define KM_GFP_ATOMIC (KM_GFP_HIGH | KM_GFP_KSWAPD_RECLAIM)
#define KM_GFP_NOWAIT (KM_GFP_KSWAPD_RECLAIM | KM_GFP_NOWARN)
#define KM_GFP_NOIO KM_GFP_RECLAIM
#define KM_GFP_NOFS (KM_GFP_RECLAIM | KM_GFP_IO)
#define KM_GFP_USER (KM_GFP_KERNEL | KM_GFP_HARDWALL)
#define KM_GFP_HIGHUSER (KM_GFP_USER | KM_GFP_HIGHMEM)
#define KM_GFP_HIGHUSER_MOVABLE (KM_GFP_HIGHUSER | KM_GFP_MOVABLE)
#define KM_GFP_KERNEL_ACCOUNT (KM_GFP_KERNEL | KM_GFP_ACCOUNT)
#define KM_GFP_TRANSHUGE_LIGHT                                                                     \
	((KM_GFP_HIGHUSER_MOVABLE & ~KM_GFP_RECLAIM) | KM_GFP_COMP | KM_GFP_NOMEMALLOC |           \
	 KM_GFP_NOWARN)
#define KM_GFP_TRANSHUGE (KM_GFP_TRANSHUGE_LIGHT | KM_GFP_DIRECT_RECLAIM)
/* Of older kernels: pages that are reclaimed soon; those of one node or none, without any effort.
 */
#define KM_GFP_TEMPORARY (KM_GFP_KERNEL | KM_GFP_RECLAIMABLE)
#define KM_GFP_THISNODE_LIGHT (KM_GFP_THISNODE | KM_GFP_NORETRY | KM_GFP_NOWARN)

/* Of a caller's flags, what a slab passes on to the page allocator (mm/internal.h 6.12). */
#define KM_GFP_RECLAIM_MASK                                                                        \
	(KM_GFP_RECLAIM | KM_GFP_HIGH | KM_GFP_IO | KM_GFP_FS | KM_GFP_NOWARN |                    \
	 KM_GFP_RETRY_MAYFAIL | KM_GFP_NOFAIL | KM_GFP_NORETRY | KM_GFP_MEMALLOC |                 \
	 KM_GFP_NOMEMALLOC | KM_GFP_ATOMIC_BIT)
#define KM_GFP_CONSTRAINT_MASK (KM_GFP_HARDWALL | KM_GFP_THISNODE)

enum km_migratetype {
	KM_MIGRATE_UNMOVABLE,
	KM_MIGRATE_MOVABLE,
	KM_MIGRATE_RECLAIMABLE,
	KM_MIGRATE_PCPTYPES, /* types below this have per-cpu lists */
	KM_MIGRATE_HIGHATOMIC = KM_MIGRATE_PCPTYPES,
	KM_MIGRATE_CMA,
	KM_MIGRATE_ISOLATE,
	KM_NR_MIGRATETYPES
};

/* Canonical bits of each bit of a recorded kernel. */
struct km_gfp_layout {
	km_gfp to_canonical[32];
	/* What every request has there without a bit: 2.6.32 always wakes kswapd, unless the
	 * request has all of KM_GFP_THISNODE_LIGHT. */
	km_gfp implied;
	unsigned int release; /* version * 1000 + patch level; 0: newest */
};

/* The layout of 6.12 and later: bits 0 to 24 are the canonical ones. */
void km_gfp_layout_init(struct km_gfp_layout *layout);
/* Start empty (every bit is OTHER), then name them.  Name without "__GFP_"; -ENOENT if unknown. */
void km_gfp_layout_clear(struct km_gfp_layout *layout);
int km_gfp_layout_set(struct km_gfp_layout *layout, const char *name, unsigned int bit);
/*
 * The layout of a kernel by its release ("6.1.0-25-amd64"), for traces that carry
 * no names: 2.6.32, and 5.4 and later.  -ENOENT for others, -EINVAL for no release.
 */
int km_gfp_layout_era(struct km_gfp_layout *layout, const char *release);
km_gfp km_gfp_to_canonical(const struct km_gfp_layout *layout, uint32_t host_flags);
/*
 * And back: the host's bits all of whose canonical ones are set.  What that kernel has no bit
 * for is left out, so it is the inverse for flags of that kernel without OTHER.
 */
uint32_t km_gfp_from_canonical(const struct km_gfp_layout *layout, km_gfp gfp);
/*
 * Canonical bits of "GFP_ATOMIC" and the like as kernels of that layout define them:
 * GFP_ATOMIC has an ATOMIC bit to 6.2, GFP_NOWAIT says NOWARN from 6.8 on.  -ENOENT if they
 * have no such type.
 */
int km_gfp_composite(const struct km_gfp_layout *layout, const char *name, km_gfp *gfp);

/*
 * current_gfp_context(): what is left of a request in the scopes of a task (enum
 * km_task_flag): NOIO takes IO and FS, NOFS takes FS, PIN takes MOVABLE.
 * include/linux/sched/mm.h 6.12.
 */
km_gfp km_gfp_in_context(km_gfp gfp, unsigned int task_flags);

/*
 * "GFP_KERNEL|ZERO", largest composite first; "0" for none.  Writes at most len
 * bytes with the NUL and returns buf.
 */
char *km_gfp_print(km_gfp gfp, char *buf, size_t len);
/* The same as a kernel's source has it: "GFP_KERNEL|__GFP_ZERO". */
char *km_gfp_print_source(km_gfp gfp, char *buf, size_t len);
/* Both composite and single names, with or without "__GFP_", joined by |, or a number; -EINVAL. */
int km_gfp_parse(const char *text, km_gfp *gfp);

/* Bits of one flag's name without "__GFP_", old names too; -ENOENT. */
int km_gfp_single(const char *name, km_gfp *gfp);

/* Highest zone a request may use (GFP_ZONE_TABLE), -1 for an illegal combination. */
int km_gfp_zone(km_gfp gfp);
/* A request that is both movable and reclaimable (the kernel warns) counts as unmovable. */
enum km_migratetype km_gfp_migratetype(km_gfp gfp);
const char *km_migratetype_name(unsigned int migratetype); /* as pagetypeinfo prints it */
int km_migratetype_from_name(const char *name);		   /* or -1 */

#endif
