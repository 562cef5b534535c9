/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in physical memory: bytes by physical address, kept only where somebody
 * wrote.
 *
 * A page is in one of three states: never written, filled with one byte, or bytes of
 * its own.  A page never written reads as zero, but real memory holds whatever its
 * last user left: km_phys_is_written() tells the two apart.  A page filled as a whole
 * (zeroing, poison) costs an entry of 8 bytes, not a page.
 *
 * Invariants:
 *   bytes = nodes * sizeof(node) + pages with bytes of their own * page size
 *   no node is empty: memory that was forgotten costs what never written memory does
 *
 * Addresses are in bytes, pfns in pages; the pages are [0, nr_pfns).  Holes of the
 * machine are nobody's business here.
 */
#ifndef CORE_MACHINE_PHYS_H
#define CORE_MACHINE_PHYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct km_phys;

/* All never written.  NULL: no memory, nr_pfns is 0, or page_shift not in 10..21. */
struct km_phys *km_phys_new(uint64_t nr_pfns, unsigned int page_shift);
void km_phys_free(struct km_phys *phys); /* NULL is fine */

/*
 * 0; -EFAULT if a byte lies outside of memory, nothing is changed then; -ENOMEM: pages
 * below some page boundary are done, those above are as before.
 */
int km_phys_write(struct km_phys *phys, uint64_t paddr, const void *buf, size_t len);
int km_phys_fill(struct km_phys *phys, uint64_t paddr, uint8_t byte, size_t len);

/* Bytes never written are 0.  0, or -EFAULT and buf is untouched. */
int km_phys_read(const struct km_phys *phys, uint64_t paddr, void *buf, size_t len);

/*
 * Is there a byte other than that in [paddr, paddr + len)?  *at is then the address of
 * the first; at may be NULL.  Bytes outside of memory are other than any.
 */
bool km_phys_find_not(const struct km_phys *phys, uint64_t paddr, uint8_t byte, size_t len,
		      uint64_t *at);

/* Did anybody write a byte of the page since the start, or since it was forgotten? */
bool km_phys_is_written(const struct km_phys *phys, uint64_t pfn);
/* The contents of nr pages are dropped: never written again.  What lies outside is ignored. */
void km_phys_forget(struct km_phys *phys, uint64_t pfn, uint64_t nr);

/* What the contents cost this process, without the handle itself. */
uint64_t km_phys_bytes(const struct km_phys *phys);

#endif
