/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What crosses from the eBPF programs to the collector.
 *
 *   slots   one array, a ring of 40-byte slots for each CPU: the slab events, millions
 *           a second.  A slot is reserved by an atomic add, so an interrupt in the
 *           middle of a record takes the next one, and published by its first word.
 *   ring    one BPF ring buffer: everything rare or long, records with a struct kc_head.
 *
 * Included by both sides; the includer provides __u8 ... __u64 and __s8.  Native byte
 * order.  Call sites are cut to their low 32 bits: on x86-64 kernel text lies in the
 * top 2 GiB; a site that does not is recorded as 0 and counted.
 */
#ifndef BPF_ABI_H
#define BPF_ABI_H

/* Kinds below KC_REC_CACHE are those of enum tf_kind, number for number. */
enum kc_kind {
	KC_KMALLOC,
	KC_KFREE,
	KC_CACHE_ALLOC,
	KC_CACHE_FREE,
	KC_PAGE_ALLOC,
	KC_PAGE_FREE,
	KC_PAGE_FREE_BATCH,
	KC_PERCPU_ALLOC,
	KC_PERCPU_FREE,
	KC_PERCPU_FAIL,
	KC_VMAP_ALLOC,
	KC_VMAP_FREE,
	KC_GAP,
	KC_REC_CACHE = 31,
};

enum kc_mode {
	KC_MODE_OFF,
	KC_MODE_CALIBRATE, /* only the collector's own thread group */
	KC_MODE_RECORD,	   /* everybody, but the collector unless asked for */
};

enum kc_flags {
	KC_FLAG_FAILED = 1 << 0,
	KC_FLAG_ATOMIC = 1 << 1,
	KC_FLAG_RESERVED = 1 << 2,
};

#define KC_MAX_CPUS 1024
#define KC_CACHE_SLOTS 4096 /* power of two; cache ids are slot + 1 */
#define KC_FRAMES 12
#define KC_NAME_LEN 64
#define KC_PREEMPT_UNKNOWN 0xffffffu
/* preempt_count: the depth of preempt_disable() in the low byte, then (include/linux/preempt.h) */
#define KC_PREEMPT_MASK 0x000000ffu
#define KC_SOFTIRQ_SERVING 0x00000100u /* SOFTIRQ_OFFSET; bh_disable adds twice that */
#define KC_SOFTIRQ_MASK 0x0000ff00u
#define KC_HARDIRQ_MASK 0x000f0000u
#define KC_NMI_MASK 0x00f00000u
/* Slots that nested interrupts may take between the check for room and the reservation. */
#define KC_SLOT_MARGIN 64

/*
 * The first word of a slot: time in the low 56 bits (two years of uptime), then kind,
 * then the lap of the ring modulo two.  Memory starts as zero, the first lap is 1: a
 * slot whose lap bit is not the expected one is not yet published.
 */
#define KC_TS_BITS 56
#define KC_TS_MASK ((1ull << KC_TS_BITS) - 1)
#define KC_LAP_SHIFT 63

struct kc_slot {
	__u64 word;
	__u64 addr;
	__u32 site;
	__u32 pid;
	__u32 gfp;
	__u32 preempt_node; /* preempt_count or KC_PREEMPT_UNKNOWN in 24 bits, then node in 8,
			       signed */
	__u32 bytes_req;    /* KMALLOC; what is above 4 GiB is 4 GiB - 1 */
	__u16 cache;	    /* id, 0 if none or unknown */
	__u16 bytes_alloc;  /* KMALLOC: kc_pack_bytes() */
};

/* Sizes that kmalloc gives are multiples of 8, and of the page above 8 KiB: cut at 32 KiB. */
static inline __u16 kc_pack_bytes(__u64 bytes)
{
	return bytes < 1 << 15 ? bytes >> 3 : 0x8000 | bytes >> 12;
}

static inline __u64 kc_unpack_bytes(__u16 packed)
{
	return packed & 0x8000 ? (__u64)(packed & 0x7fff) << 12 : (__u64)packed << 3;
}

struct kc_head { /* every record of the ring buffer starts with it */
	__u64 ts_ns;
	__u64 addr; /* object, struct page, percpu pointer, area */
	__u32 site;
	__u32 pid;
	__u32 preempt;	/* preempt_count, or KC_PREEMPT_UNKNOWN */
	__u16 cpu_kind; /* cpu << 5 | kind */
	__u16 cache;
};

struct kc_page { /* also VMAP_ALLOC, which needs the stack too */
	struct kc_head h;
	__u32 gfp;
	__u8 order;
	__u8 migratetype;
	__u8 flags;
	__u8 nr_frames;
	__u64 bytes; /* VMAP_ALLOC */
	__u64 align;
	__u64 frames[KC_FRAMES]; /* innermost first */
};

struct kc_percpu {
	struct kc_head h;
	__u32 gfp;
	__u32 flags;
	__u64 bytes_req, bytes_alloc, align;
};

struct kc_gap {
	struct kc_head h; /* addr is the number of events lost on this CPU */
};

struct kc_cache_rec { /* sent once; cache is the id, addr its struct kmem_cache */
	struct kc_head h;
	__u32 object_size, size, align, flags;
	__u32 oo, min_partial, cpu_partial, cpu_partial_slabs;
	char name[KC_NAME_LEN];
};

/* Set before the programs are loaded; constant to them (.rodata holds this and nothing else). */
struct kc_params {
	__u64 offset_runqueues;	    /* in the per-CPU section, from BTF */
	__u64 offset_preempt_count; /* the same; 0: unknown */
	__u32 has_get_kmem_cache;   /* the kernel has the kfunc bpf_get_kmem_cache() (6.13) */
	__u32 self_tgid;	    /* the collector */
	__u32 include_self;	    /* record it like everybody else */
	__u32 slots_per_cpu;	    /* power of two */
	__u32 word_type; /* BTF id of a struct that starts with a word, for bpf_rdonly_cast() (6.2);
			    0: none */
	__u32 words_type; /* BTF id of a struct that starts with ten words, for the same */
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

/* What a CPU writes, in cache lines of its own. */
struct kc_cpu {
	__u64 head;	    /* next slot to take */
	__u64 lost;	    /* events for which there was no room */
	__u64 pending;	    /* of them, not yet told by a gap record */
	__u64 excluded;	    /* events of the collector itself */
	__u64 preempt_addr; /* of this CPU's preempt_count; 0: not looked up yet, 1: cannot be read
			     */
	__u64 nr_unseen;    /* marks that the next event of their level found still there */
	__u64 unused[2];
	struct kc_mark marks[KC_NR_LEVELS];
	__u64 tail; /* next slot to read: the collector's word */
	__u64 unused_line[7];
};

/* Mapped by the collector while the programs run (.bss holds this and nothing else). */
struct kc_shared {
	struct kc_cpu cpu[KC_MAX_CPUS];
	/* struct kmem_cache, bit 0 set until announced; a slot is taken once, never given back. */
	__u64 cache_slots[KC_CACHE_SLOTS];
	__u64 wide_sites; /* call sites outside the top 2 GiB, recorded as 0 */
	__u32 mode;	  /* enum kc_mode, written by the collector alone */
	__u32 unused;
};

#endif
