/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What crosses from the eBPF programs to the collector: four arrays, mapped by both.
 *
 *   slots    three rings of 32-byte slots for each CPU.  Every event is a slot; one that does not
 *            fit takes the slot behind it, too (struct kc_more), and is published by its first
 *            word.
 *   caches   one entry a struct kmem_cache that was met; a slot has its number
 *   stacks   one entry a call chain that was met; a slot has its number
 *   .bss     struct kc_shared: where each ring is, and what is counted
 *
 *   CPU 0:  [ task ][ softirq ][ spill ............................ ]
 *   CPU 1:  [ task ][ softirq ][ spill ............................ ]
 *
 * The first two are hot: small enough to stay in the cache of their CPU while the collector keeps
 * up.  Each belongs to a context that does not interrupt itself, so a slot is taken without an
 * atomic operation.  The spill ring is for all others, and for when a hot one is full; there an
 * event that interrupts another takes the slots behind.  A ring is in order of time but for
 * that; the three are merged by time like those of several CPUs.
 *
 * Included by both sides; the includer provides __u8 ... __u64 and __s8.  Native byte
 * order.  Call sites are cut to their low 32 bits: on x86-64 kernel text lies in the
 * top 2 GiB; a site that does not is recorded as 0 and counted.
 */
#ifndef BPF_ABI_H
#define BPF_ABI_H

/* Number for number those of enum tf_kind; at most 31. */
enum kc_kind {
	KC_KMALLOC,
	KC_KFREE,
	KC_CACHE_ALLOC,
	KC_CACHE_FREE,
	KC_PAGE_ALLOC,
	KC_PAGE_FREE,
	KC_PERCPU_ALLOC = 7,
	KC_PERCPU_FREE,
	KC_PERCPU_FAIL,
	KC_VMAP_ALLOC,
	KC_VMAP_FREE,
	KC_GAP,
	KC_ZONE_LOCKED = 14,
	KC_PCPU_DRAIN,
	KC_EXTFRAG,
	KC_NR_KINDS
};

enum kc_mode {
	KC_MODE_OFF,
	KC_MODE_CALIBRATE, /* only the collector's own thread group */
	KC_MODE_RECORD,	   /* everybody, but the collector unless asked for */
};

#define KC_MAX_CPUS 1024
#define KC_CACHE_SLOTS 4096  /* power of two; cache ids are place + 1 */
#define KC_STACK_SLOTS 16384 /* power of two; stack ids are place + 1 */
#define KC_OWNER_FRAMES 14   /* of a page's or area's call chain, if no more are asked for */
#define KC_NAME_LEN 64
#define KC_PREEMPT_UNKNOWN 0x0000ffu /* task context, as far as anybody knows */
/* preempt_count: the depth of preempt_disable() in the low byte, then (include/linux/preempt.h) */
#define KC_PREEMPT_MASK 0x000000ffu
#define KC_SOFTIRQ_SERVING 0x00000100u /* SOFTIRQ_OFFSET; bh_disable adds twice that */
#define KC_SOFTIRQ_MASK 0x0000ff00u
#define KC_HARDIRQ_MASK 0x000f0000u
#define KC_NMI_MASK 0x00f00000u
/* Slots that nested interrupts may take between the check for room and the reservation. */
#define KC_SLOT_MARGIN 64

/*
 * The first word of a slot.  Memory starts as zero and the first lap is 1: a slot whose lap bit
 * is not the expected one is not yet published.
 *
 *    63  62     50  49   48   47    46    45      44   40  39            0
 *   lap   cache    more rcu nofs  noio memalloc    kind     time in ns
 *
 * The collector knows the rest of the time from when it has last seen the ring.
 */
#define KC_TS_BITS 40
#define KC_TS_MASK ((1ull << KC_TS_BITS) - 1)
#define KC_KIND_SHIFT 40
#define KC_KIND_MASK 31u
#define KC_MEMALLOC (1ull << 45) /* the task's own PF_MEMALLOC, PF_MEMALLOC_NOIO, _NOFS */
#define KC_NOIO (1ull << 46)
#define KC_NOFS (1ull << 47)
#define KC_RCU (1ull << 48)  /* rcu_read_lock_nesting above the tracepoint's own */
#define KC_MORE (1ull << 49) /* the next slot is a struct kc_more of this event */
#define KC_CACHE_SHIFT 50
#define KC_CACHE_MASK 0x1fffu
#define KC_LAP (1ull << 63)

struct kc_slot {
	__u64 word;
	/* object, struct page, percpu pointer, start of the area; GAP: how many events were lost */
	__u64 addr;
	__u32 site; /* the call site; page and vmap events: the id of the call chain, 0 if none */
	__u32 gfp;  /* of allocations; EXTFRAG: fallback migratetype << 8 | fallback order */
	__u32 preempt_node; /* preempt_count or KC_PREEMPT_UNKNOWN in 24 bits, then node in 8,
			       signed */
	/*
	 * KMALLOC: bytes_req, bytes_alloc / 8 << 16 (unless they are in kc_more).
	 * Page events: order, migratetype << 8, KC_REFILL; PERCPU: KC_ATOMIC, KC_RESERVED;
	 * VMAP_ALLOC: KC_FAILED.
	 */
	__u32 detail;
};

#define KC_FAILED (1u << 16)
#define KC_ATOMIC (1u << 17)
#define KC_RESERVED (1u << 18)
#define KC_REFILL (1u << 19)

/* What an event has beyond its slot; always there when the thread of a ring changes. */
struct kc_more {
	__u64 word; /* KC_LAP, KC_HAS_BYTES, KC_HOOKED */
	__u32 pid;  /* of this event and those that follow in this ring */
	__u32 stack;
	__u64 bytes_req;   /* with KC_HAS_BYTES */
	__u64 bytes_alloc; /* the same; VMAP_ALLOC: alignment */
};

#define KC_HAS_BYTES 1ull
#define KC_HOOKED 2ull	 /* of a path that has no tracepoint */
#define KC_ALIGN_SHIFT 8 /* PERCPU: alignment in 24 bits */

/* Filled by whoever meets the cache first; ready is set last. */
struct kc_cache_entry {
	__u64 addr;  /* struct kmem_cache, 0: free place.  Taken once, never given back */
	__u64 sizes; /* size and what follows it there: another cache at the same address differs */
	__u32 ready;
	__u32 object_size, size, align, flags;
	__u32 oo, min_partial, cpu_partial, cpu_partial_slabs;
	char name[KC_NAME_LEN];
	__u32 unused[3];
};

/* Filled like a cache; the value of the map is as long as the frames asked for. */
struct kc_stack {
	__u64 hash; /* 0: free place */
	__u32 nr;   /* frames, set last */
	__u32 unused;
	__u64 frames[]; /* innermost first; the first are the program's own */
};

#define KC_MAX_FRAMES 132 /* of any kc_stack */

/* Set before the programs are loaded; constant to them (.rodata holds this and nothing else). */
struct kc_params {
	__u64 offset_runqueues;	      /* in the per-CPU section, from BTF */
	__u64 offset_current;	      /* of the pointer to the task, likewise; 0: unknown */
	__u64 offset_preempt_count;   /* the same; 0: unknown */
	__u32 self_tgid;	      /* the collector */
	__u32 include_self;	      /* record it like everybody else */
	__u32 hot_slots, spill_slots; /* of each CPU; powers of two */
	__u32 words_type; /* BTF id of a struct that starts with words, for bpf_rdonly_cast()
			     (6.2); 0: none */
	/*
	 * struct page, to find an object's cache without a call: its size (0: cannot be done),
	 * where compound_head lies, the word that tells a slab (word >> shift & mask == value),
	 * and where slab_cache lies in a slab.
	 */
	__u32 page_bytes, compound_head, slab_word, slab_shift, slab_mask, slab_value, slab_cache;
	__u32 owner_frames; /* of page and vmap events, with the program's own */
	__u32 slab_frames;  /* of the others; 0: none */
	__u32 stack_every;  /* one event in so many of the others; 0 and 1: all */
	/* struct kc_filter */
	__u32 has_filters; /* any of pids, cgroup, cpus */
	__u32 nr_pids, has_cgroup, has_cpus, sample_sites;
	__u64 min_bytes;
	__u32 pids[16];
	__u64 cpus[KC_MAX_CPUS / 64];
};

/* Contexts that can interrupt each other, and so the most that can be under way on a CPU. */
enum kc_level {
	KC_LEVEL_TASK,
	KC_LEVEL_SOFTIRQ,
	KC_LEVEL_HARDIRQ,
	KC_LEVEL_NMI,
	KC_NR_LEVELS
};

/* An event that a first program has seen and its second one not yet; ctx 0: none. */
struct kc_mark {
	__u64 ctx; /* where its arguments lie, the same for both programs */
	__u64 key; /* what it is about: contexts lie at the same addresses again and again */
};

/*
 * What the two programs of a tracepoint do (bpf/pairs.h).  With MARK the second records nothing,
 * but the first leaves marks: between the others, until all that was under way has ended.
 */
enum kc_pair_mode {
	KC_PAIR_BOTH,
	KC_PAIR_MARK,
	KC_PAIR_ONE, /* the first alone, without marks */
};

#define KC_NO_PID 0xffffffffu

enum kc_ring_nr {
	KC_HOT_TASK, /* numbers of levels */
	KC_HOT_SOFTIRQ,
	KC_SPILL,
	KC_NR_RINGS
};

struct kc_ring {
	__u64 head;  /* next slot to take */
	__u32 pid;   /* of the last slot */
	__u32 first; /* where the ring begins in the array of slots: the collector's word */
};

/* What a CPU writes, in cache lines of its own. */
struct kc_cpu {
	struct kc_ring rings[KC_NR_RINGS];
	__u64 preempt_addr; /* of this CPU's preempt_count; 0: not looked up yet, 1: cannot be
			       read */
	__u64 current_addr; /* of this CPU's pointer to its task, likewise; 0: not known */
	__u64 pending;	    /* events lost and not yet told by a GAP */
	__u64 lost;	    /* events for which there was no room */
	__u64 excluded;	    /* events of the collector itself */
	struct kc_mark marks[KC_NR_LEVELS];
	__u64 nr_unseen; /* marks that the next event of their level found still there */
	__u64 nr_stacks; /* calls that asked for a chain */
	__u64 scratch[KC_NR_LEVELS];
	__u64 unused[7];
	__u64 tails[KC_NR_RINGS]; /* next slot to read: the collector's words */
	__u64 unused_line[5];
};

/* Mapped by the collector while the programs run (.bss holds this and nothing else). */
struct kc_shared {
	__u32 mode; /* enum kc_mode, written by the collector alone, like what follows up to cpu */
	__u32 rcu_offset; /* rcu_read_lock_nesting of a caller outside */
	/* struct kmem_cache of an object by struct page, 0 until calibrated */
	__u64 page_offset_base, direct_map_bytes, vmemmap_base;
	__u32 pair_mode[KC_NR_KINDS + 1]; /* enum kc_pair_mode */
	__u32 unused[6];
	/* written by all CPUs, rarely */
	__u64 rescued[KC_NR_KINDS]; /* events that the second program recorded for the first */
	__u64 wide_sites;	    /* call sites outside the top 2 GiB, recorded as 0 */
	__u64 no_cache;		    /* the table of caches had no place */
	__u64 no_stack;		    /* the same of stacks, or the kernel gave none */
	__u64 untracked; /* requests whose free cannot be recorded: see struct kc_tracked */
	__u64 unused_line[2];
	struct kc_cpu cpu[KC_MAX_CPUS];
};

/* Objects whose request passed a filter on requests: a bucket is a cache line. */
#define KC_TRACKED_BUCKETS (1u << 17)
struct kc_tracked {
	__u64 object[8]; /* 0: free */
};

#endif
