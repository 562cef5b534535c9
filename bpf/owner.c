/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owners of pages from stacks; tracefmt/frame.c knows the names of the allocators' functions.
 */
#include "bpf/owner.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Return addresses already looked up: open addressing, doubled at three quarters. */
struct known_frame {
	uint64_t addr;
	uint8_t frame;
	bool takes_pages; /* __vmalloc_node_range and __vmalloc_area_node: the area has its own
			     pages */
};

struct kc_owners {
	const struct kc_kallsyms *syms;
	struct known_frame *known;
	size_t nr, room; /* room is a power of two */
};

int kc_owners_init(struct kc_owners **out, const struct kc_kallsyms *syms)
{
	struct kc_owners *owners = calloc(1, sizeof(*owners));

	*out = NULL;
	if (!owners)
		return -ENOMEM;
	owners->syms = syms;
	owners->room = 4096;
	owners->known = calloc(owners->room, sizeof(*owners->known));
	if (!owners->known) {
		free(owners);
		return -ENOMEM;
	}
	*out = owners;
	return 0;
}

void kc_owners_free(struct kc_owners *owners)
{
	if (!owners)
		return;
	free(owners->known);
	free(owners);
}

static struct known_frame *slot_of(struct known_frame *known, size_t room, uint64_t addr)
{
	size_t at = (addr * 0x9e3779b97f4a7c15ull >> 20) & (room - 1);

	while (known[at].addr && known[at].addr != addr)
		at = (at + 1) & (room - 1);
	return &known[at];
}

/* Without memory for a larger table the old one is kept: slower, never wrong. */
static void grow(struct kc_owners *owners)
{
	size_t room = owners->room * 2;
	struct known_frame *known = calloc(room, sizeof(*known));

	if (!known)
		return;
	for (size_t i = 0; i < owners->room; i++)
		if (owners->known[i].addr)
			*slot_of(known, room, owners->known[i].addr) = owners->known[i];
	free(owners->known);
	owners->known = known;
	owners->room = room;
}

static void look_up(const struct kc_owners *owners, uint64_t addr, struct known_frame *known)
{
	char name[160];
	uint32_t offset;

	known->addr = addr;
	known->frame = TF_FRAME_OUTSIDE;
	known->takes_pages = false;
	/* A return address belongs to the call before it, even at the end of a function. */
	if (kc_kallsyms_find(owners->syms, addr - 1, name, sizeof(name), &offset))
		return;
	known->frame = (uint8_t)tf_frame_by_name(name);
	known->takes_pages = tf_frame_takes_pages(name);
}

static struct known_frame classify(struct kc_owners *owners, uint64_t addr)
{
	struct known_frame *known, fresh;

	known = slot_of(owners->known, owners->room, addr);
	if (known->addr)
		return *known;
	look_up(owners, addr, &fresh);
	if (owners->nr * 4 >= owners->room * 3) {
		grow(owners);
		known = slot_of(owners->known, owners->room, addr);
	}
	if (owners->nr + 1 < owners->room) {
		*known = fresh;
		owners->nr++;
	}
	return fresh;
}

/*
 * The program's code has no name, or one of its own, or that of what lies before it; then come
 * the functions that run programs.
 */
unsigned int kc_owner_skip(struct kc_owners *owners, const uint64_t *frames, unsigned int nr)
{
	unsigned int i = 0;

	while (i < nr && frames[i]) {
		enum tf_frame frame = classify(owners, frames[i]).frame;

		if (frame == TF_FRAME_TRACE || tf_frame_is_allocator(frame))
			break;
		i++;
	}
	if (i == nr || !frames[i])
		return 0;
	while (i < nr && frames[i] && classify(owners, frames[i]).frame == TF_FRAME_TRACE)
		i++;
	return i;
}

enum tf_owner kc_owner_of_page(struct kc_owners *owners, const uint64_t *frames, unsigned int nr,
			       uint64_t *call_site)
{
	struct tf_page_owner page = { .owner = nr ? TF_OWNER_OTHER : TF_OWNER_UNKNOWN };

	*call_site = 0;
	for (unsigned int i = kc_owner_skip(owners, frames, nr); i < nr && frames[i]; i++) {
		if (tf_page_owner_step(&page, classify(owners, frames[i]).frame)) {
			*call_site = frames[i];
			break;
		}
	}
	return page.owner;
}

enum tf_owner kc_owner_of_area(struct kc_owners *owners, const uint64_t *frames, unsigned int nr,
			       uint64_t *call_site)
{
	enum tf_owner owner = nr ? TF_OWNER_OTHER : TF_OWNER_UNKNOWN;

	*call_site = 0;
	for (unsigned int i = kc_owner_skip(owners, frames, nr); i < nr && frames[i]; i++) {
		struct known_frame known = classify(owners, frames[i]);

		if (known.frame != TF_FRAME_TRACE && !tf_frame_is_allocator(known.frame)) {
			*call_site = frames[i];
			break;
		}
		if (known.takes_pages)
			owner = TF_OWNER_VMALLOC;
	}
	return owner;
}
