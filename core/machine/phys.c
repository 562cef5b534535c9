/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Contents of physical memory: a radix tree by pfn, of 512 slots a node, as deep as the
 * machine is large.
 *
 * A slot of a leaf is 0 (never written), an odd number (the byte that fills the page,
 * shifted left once, and 1), or the address of the page's bytes.  A slot of an inner
 * node is 0 or the address of a node.
 *
 * Not modelled: caches, ECC, what a page holds before anybody writes to it.
 */
#include "core/machine/phys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOT_BITS 9
#define NR_SLOTS (1u << SLOT_BITS)
#define SLOT_MASK (NR_SLOTS - 1)

struct node {
	uintptr_t slots[NR_SLOTS];
	unsigned int nr_used; /* slots that are not 0 */
};

struct km_phys {
	uint64_t nr_pfns;
	unsigned int page_shift;
	unsigned int top_shift; /* of a pfn, to its slot in the root */
	struct node *root;	/* NULL: nothing was written */
	uint64_t bytes;
};

static size_t page_bytes(const struct km_phys *phys)
{
	return (size_t)1 << phys->page_shift;
}

static bool is_fill(uintptr_t slot)
{
	return slot & 1;
}

static uintptr_t fill_slot(uint8_t byte)
{
	return (uintptr_t)byte << 1 | 1;
}

/* The byte that all bytes of a page read as, which has no bytes of its own. */
static uint8_t fill_byte(uintptr_t slot)
{
	return (uint8_t)(slot >> 1);
}

static unsigned int slot_index(uint64_t pfn, unsigned int shift)
{
	return (unsigned int)(pfn >> shift) & SLOT_MASK;
}

struct km_phys *km_phys_new(uint64_t nr_pfns, unsigned int page_shift)
{
	struct km_phys *phys;

	if (!nr_pfns || page_shift < 10 || page_shift > 21 || nr_pfns > UINT64_MAX >> page_shift)
		return NULL;
	phys = calloc(1, sizeof(*phys));
	if (!phys)
		return NULL;
	phys->nr_pfns = nr_pfns;
	phys->page_shift = page_shift;
	while ((nr_pfns - 1) >> phys->top_shift >> SLOT_BITS)
		phys->top_shift += SLOT_BITS;
	return phys;
}

void km_phys_free(struct km_phys *phys)
{
	if (!phys)
		return;
	km_phys_forget(phys, 0, phys->nr_pfns);
	free(phys);
}

/*
 * The slot of pfn, 0 if a node on its way is missing.  *nr_pfns is how many pages from pfn
 * on surely have the same contents.
 */
static uintptr_t find_slot(const struct km_phys *phys, uint64_t pfn, uint64_t *nr_pfns)
{
	const struct node *node = phys->root;
	unsigned int shift = phys->top_shift;

	*nr_pfns = phys->nr_pfns - pfn;
	if (!node)
		return 0;
	for (;;) {
		uintptr_t slot = node->slots[slot_index(pfn, shift)];
		uint64_t nr = (UINT64_C(1) << shift) - (pfn & ((UINT64_C(1) << shift) - 1));

		if (nr < *nr_pfns)
			*nr_pfns = nr;
		if (!slot || !shift)
			return slot;
		node = (const struct node *)slot;
		shift -= SLOT_BITS;
	}
}

static struct node *new_node(struct km_phys *phys)
{
	struct node *node = calloc(1, sizeof(*node));

	if (node)
		phys->bytes += sizeof(*node);
	return node;
}

/* The leaf with the slot of pfn, made if it is missing; NULL: no memory. */
static struct node *make_leaf(struct km_phys *phys, uint64_t pfn)
{
	struct node *node;

	if (!phys->root)
		phys->root = new_node(phys);
	node = phys->root;
	for (unsigned int shift = phys->top_shift; node && shift; shift -= SLOT_BITS) {
		uintptr_t *slot = &node->slots[slot_index(pfn, shift)];

		if (!*slot) {
			*slot = (uintptr_t)new_node(phys);
			node->nr_used += !!*slot;
		}
		node = (struct node *)*slot;
	}
	if (!node) /* nodes made above the one that could not be made are empty */
		km_phys_forget(phys, pfn, 1);
	return node;
}

static void drop_bytes(struct km_phys *phys, uintptr_t slot)
{
	if (!slot || is_fill(slot))
		return;
	free((void *)slot);
	phys->bytes -= page_bytes(phys);
}

/* The page's own bytes, made of what it reads as if it has none; NULL: no memory. */
static uint8_t *own_bytes(struct km_phys *phys, uint64_t pfn)
{
	struct node *leaf = make_leaf(phys, pfn);
	uintptr_t *slot;
	uint8_t *page;

	if (!leaf)
		return NULL;
	slot = &leaf->slots[slot_index(pfn, 0)];
	if (*slot && !is_fill(*slot))
		return (uint8_t *)*slot;

	page = malloc(page_bytes(phys));
	if (!page) {
		if (!*slot)
			km_phys_forget(phys, pfn, 1);
		return NULL;
	}
	memset(page, fill_byte(*slot), page_bytes(phys));
	phys->bytes += page_bytes(phys);
	leaf->nr_used += !*slot;
	*slot = (uintptr_t)page;
	return page;
}

static int fill_page(struct km_phys *phys, uint64_t pfn, uint8_t byte)
{
	struct node *leaf = make_leaf(phys, pfn);
	uintptr_t *slot;

	if (!leaf)
		return -ENOMEM;
	slot = &leaf->slots[slot_index(pfn, 0)];
	drop_bytes(phys, *slot);
	leaf->nr_used += !*slot;
	*slot = fill_slot(byte);
	return 0;
}

static bool is_inside(const struct km_phys *phys, uint64_t paddr, size_t len)
{
	uint64_t bytes = phys->nr_pfns << phys->page_shift;

	return paddr <= bytes && len <= bytes - paddr;
}

/* How much of len lies in the page of paddr; *offset is where it begins there. */
static size_t part_of_page(const struct km_phys *phys, uint64_t paddr, size_t len, size_t *offset)
{
	*offset = paddr & (page_bytes(phys) - 1);
	return len < page_bytes(phys) - *offset ? len : page_bytes(phys) - *offset;
}

int km_phys_write(struct km_phys *phys, uint64_t paddr, const void *buf, size_t len)
{
	const uint8_t *from = buf;
	size_t offset, part;

	if (!is_inside(phys, paddr, len))
		return -EFAULT;
	for (; len; len -= part, paddr += part, from += part) {
		uint8_t *page = own_bytes(phys, paddr >> phys->page_shift);

		if (!page)
			return -ENOMEM;
		part = part_of_page(phys, paddr, len, &offset);
		memcpy(page + offset, from, part);
	}
	return 0;
}

int km_phys_fill(struct km_phys *phys, uint64_t paddr, uint8_t byte, size_t len)
{
	size_t offset, part;

	if (!is_inside(phys, paddr, len))
		return -EFAULT;
	for (; len; len -= part, paddr += part) {
		uint64_t pfn = paddr >> phys->page_shift, nr;
		uintptr_t slot = find_slot(phys, pfn, &nr);
		bool uniform = !slot || is_fill(slot);

		part = part_of_page(phys, paddr, len, &offset);
		if (part == page_bytes(phys) || (uniform && fill_byte(slot) == byte)) {
			if (fill_page(phys, pfn, byte))
				return -ENOMEM;
		} else {
			uint8_t *page = own_bytes(phys, pfn);

			if (!page)
				return -ENOMEM;
			memset(page + offset, byte, part);
		}
	}
	return 0;
}

int km_phys_read(const struct km_phys *phys, uint64_t paddr, void *buf, size_t len)
{
	uint8_t *to = buf;
	size_t offset, part;

	if (!is_inside(phys, paddr, len))
		return -EFAULT;
	for (; len; len -= part, paddr += part, to += part) {
		uint64_t nr;
		uintptr_t slot = find_slot(phys, paddr >> phys->page_shift, &nr);

		part = part_of_page(phys, paddr, len, &offset);
		if (!slot || is_fill(slot))
			memset(to, fill_byte(slot), part);
		else
			memcpy(to, (const uint8_t *)slot + offset, part);
	}
	return 0;
}

/* Index of the first byte that differs, len if none does. */
static size_t first_other(const uint8_t *page, uint8_t byte, size_t len)
{
	size_t i = 0;

	if (len && page[0] == byte && !memcmp(page, page + 1, len - 1))
		return len;
	while (i < len && page[i] == byte)
		i++;
	return i;
}

bool km_phys_find_not(const struct km_phys *phys, uint64_t paddr, uint8_t byte, size_t len,
		      uint64_t *at)
{
	uint64_t memory_end = phys->nr_pfns << phys->page_shift;
	uint64_t end = paddr + len < paddr ? UINT64_MAX : paddr + len;

	while (paddr < end) {
		uint64_t pfn = paddr >> phys->page_shift, nr, next;
		uintptr_t slot;

		if (paddr >= memory_end)
			goto found;
		slot = find_slot(phys, pfn, &nr);
		next = (pfn + nr) << phys->page_shift;
		if (next > end)
			next = end;
		if (!slot || is_fill(slot)) {
			if (fill_byte(slot) != byte)
				goto found;
		} else {
			size_t offset = paddr & (page_bytes(phys) - 1);
			size_t other =
				first_other((const uint8_t *)slot + offset, byte, next - paddr);

			if (other < next - paddr) {
				paddr += other;
				goto found;
			}
		}
		paddr = next;
	}
	return false;
found:
	if (at)
		*at = paddr;
	return true;
}

bool km_phys_is_written(const struct km_phys *phys, uint64_t pfn)
{
	uint64_t nr;

	return pfn < phys->nr_pfns && find_slot(phys, pfn, &nr);
}

/* Forget pfns first to last below the node, which is freed and gone if that empties it. */
static void forget_below(struct km_phys *phys, struct node **link, unsigned int shift,
			 uint64_t first, uint64_t last)
{
	struct node *node = *link;

	for (uint64_t at = first; at <= last;) {
		uint64_t end = at | ((UINT64_C(1) << shift) - 1);
		uintptr_t *slot = &node->slots[slot_index(at, shift)];

		if (end > last)
			end = last;
		if (*slot) {
			if (shift) {
				struct node *child = (struct node *)*slot;

				forget_below(phys, &child, shift - SLOT_BITS, at, end);
				*slot = (uintptr_t)child;
			} else {
				drop_bytes(phys, *slot);
				*slot = 0;
			}
			node->nr_used -= !*slot;
		}
		at = end + 1;
	}
	if (!node->nr_used) {
		free(node);
		phys->bytes -= sizeof(*node);
		*link = NULL;
	}
}

void km_phys_forget(struct km_phys *phys, uint64_t pfn, uint64_t nr)
{
	if (pfn >= phys->nr_pfns || !nr || !phys->root)
		return;
	if (nr > phys->nr_pfns - pfn)
		nr = phys->nr_pfns - pfn;
	forget_below(phys, &phys->root, phys->top_shift, pfn, pfn + nr - 1);
}

uint64_t km_phys_bytes(const struct km_phys *phys)
{
	return phys->bytes;
}
