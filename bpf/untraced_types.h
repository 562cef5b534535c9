/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What only the programs of bpf/untraced.bpf.c look into, and their bounds.
 */
#ifndef BPF_UNTRACED_TYPES_H
#define BPF_UNTRACED_TYPES_H

#include "bpf/kernel_types.h"

/* Objects of one call; those beyond are counted as lost.  A batch of kfree_rcu() has some 500. */
#define KC_BULK_OBJECTS 4096u
/* The same of pages; vmalloc asks for 100 at a time. */
#define KC_BULK_PAGES 512u

#define KC_EBUSY 16 /* include/uapi/asm-generic/errno-base.h */
#define KC_NO_CPU 0xffffu

/* Who is in the middle of a call. */
struct caller {
	unsigned int pid;
	unsigned short level, cpu;
};

struct list_head {
	struct list_head *next;
} CORE;

struct page {
	struct list_head lru;
} CORE;

struct vmap_area {
	unsigned long va_start;
} CORE;

/* 6.18 */
struct slab_sheaf {
	unsigned int size;
	void *objects[0];
} CORE;

#endif
