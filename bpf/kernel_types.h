/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few kernel types that the programs look into, declared by hand.
 *
 * Only the fields used, relocated against the running kernel's BTF when loaded, so
 * that building needs neither vmlinux.h nor BTF.  All drift between kernels is
 * here; it is told by the existence and size of fields, never by a version.
 */
#ifndef BPF_KERNEL_TYPES_H
#define BPF_KERNEL_TYPES_H

#define CORE __attribute__((preserve_access_index))

struct rq {
	int cpu;
} CORE;

struct cfs_rq {
	struct rq *rq;
} CORE;

struct sched_entity {
	struct cfs_rq *cfs_rq; /* FAIR_GROUP_SCHED */
} CORE;

struct task_struct {
	unsigned int flags; /* PF_ */
	int pid, tgid;
	int rcu_read_lock_nesting; /* PREEMPT_RCU */
	struct sched_entity se;
} CORE;

/* include/linux/sched.h, the same from 4.12 to 6.18 */
#define PF_MEMALLOC 0x00000800u
#define PF_MEMALLOC_NOFS 0x00040000u
#define PF_MEMALLOC_NOIO 0x00080000u

struct kmem_cache_order_objects {
	unsigned int x;
} CORE;

struct kmem_cache {
	unsigned int flags; /* slab_flags_t: unsigned int on every kernel with BTF */
	unsigned long min_partial;
	unsigned int size;
	unsigned int object_size;
	unsigned int cpu_partial;	/* SLUB_CPU_PARTIAL */
	unsigned int cpu_partial_slabs; /* 5.16 */
	struct kmem_cache_order_objects oo;
	unsigned int align;
	const char *name;
} CORE;

struct page;

/* No type of the kernel's: what a pointer or the context of a program points to, as memory. */
struct kc_words {
	unsigned long long word[10];
};

#endif
