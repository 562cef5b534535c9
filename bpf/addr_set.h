/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A set of addresses, each once; 0 is never in it.  Open addressing, doubled at one half.
 */
#ifndef BPF_ADDR_SET_H
#define BPF_ADDR_SET_H

#include <stddef.h>
#include <stdint.h>

/* nr * 2 <= room, a power of two; all zeros is an empty set. */
struct kc_addr_set {
	uint64_t *slots; /* owned; 0 is free */
	size_t nr, room;
};

/* 1 if it was not in it, 0 if it was or is 0, -ENOMEM (the set is as before). */
int kc_addr_set_add(struct kc_addr_set *set, uint64_t addr);
/* Its addresses in order, in an array of nr that the caller frees; NULL without memory. */
uint64_t *kc_addr_set_list(const struct kc_addr_set *set);
void kc_addr_set_release(struct kc_addr_set *set);

#endif
