/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owners of pages from stacks.  The names are those of 5.8 to 6.18: mm/slub.c,
 * mm/slab_common.c, mm/page_alloc.c, mm/swap.c, mm/vmalloc.c, mm/percpu.c.  Suffixes
 * that the compiler adds (".isra.0") and that allocation profiling adds ("_noprof",
 * 6.10) are ignored.
 */
#include "bpf/owner.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct pattern {
	const char *name; /* a trailing * matches any rest */
	enum kc_frame frame;
};

/* The first that matches counts. */
static const struct pattern patterns[] = {
	{ "bpf_prog_*", KC_FRAME_TRACE },
	{ "bpf_trace_run*", KC_FRAME_TRACE },
	{ "bpf_trampoline_*", KC_FRAME_TRACE },
	{ "__bpf_trace_*", KC_FRAME_TRACE },
	{ "__traceiter_*", KC_FRAME_TRACE },
	{ "__do_trace_*", KC_FRAME_TRACE },
	{ "trace_*", KC_FRAME_TRACE },

	{ "kmem_cache_alloc*", KC_FRAME_SLAB },
	{ "kmem_cache_free*", KC_FRAME_SLAB },
	{ "__kmem_cache_*", KC_FRAME_SLAB },
	{ "kmalloc*", KC_FRAME_SLAB },
	{ "__kmalloc*", KC_FRAME_SLAB },
	{ "___kmalloc*", KC_FRAME_SLAB },
	{ "__do_kmalloc*", KC_FRAME_SLAB },
	{ "kvmalloc*", KC_FRAME_SLAB },
	{ "__kvmalloc*", KC_FRAME_SLAB },
	{ "krealloc*", KC_FRAME_SLAB },
	{ "kvrealloc*", KC_FRAME_SLAB },
	{ "kfree", KC_FRAME_SLAB },
	{ "kfree_sensitive", KC_FRAME_SLAB },
	{ "kvfree*", KC_FRAME_SLAB },
	{ "kfree_bulk", KC_FRAME_SLAB },
	{ "kfree_rcu_*", KC_FRAME_SLAB },
	{ "__kfree_rcu_*", KC_FRAME_SLAB },
	{ "free_large_kmalloc", KC_FRAME_SLAB },
	{ "slab_*", KC_FRAME_SLAB },
	{ "__slab_*", KC_FRAME_SLAB },
	{ "___slab_alloc", KC_FRAME_SLAB },
	{ "___cache_free", KC_FRAME_SLAB },
	{ "allocate_slab", KC_FRAME_SLAB },
	{ "alloc_slab_page", KC_FRAME_SLAB },
	{ "alloc_slab_obj_exts", KC_FRAME_SLAB },
	{ "new_slab*", KC_FRAME_SLAB },
	{ "discard_slab", KC_FRAME_SLAB },
	{ "free_slab", KC_FRAME_SLAB },
	{ "__free_slab", KC_FRAME_SLAB },
	{ "rcu_free_slab", KC_FRAME_SLAB },
	{ "free_to_partial_list", KC_FRAME_SLAB },
	{ "get_partial*", KC_FRAME_SLAB },
	{ "put_cpu_partial", KC_FRAME_SLAB },
	{ "__put_partials", KC_FRAME_SLAB },
	{ "__unfreeze_partials", KC_FRAME_SLAB },
	{ "unfreeze_partials*", KC_FRAME_SLAB },
	{ "deactivate_slab", KC_FRAME_SLAB },
	{ "flush_cpu_slab", KC_FRAME_SLAB },
	{ "alloc_from_pcs", KC_FRAME_SLAB },
	{ "__pcs_*", KC_FRAME_SLAB },
	{ "refill_sheaf", KC_FRAME_SLAB },
	{ "sheaf_*", KC_FRAME_SLAB },
	{ "alloc_*sheaf", KC_FRAME_SLAB },
	{ "rcu_free_sheaf*", KC_FRAME_SLAB },
	{ "barn_*", KC_FRAME_SLAB },
	{ "__do_kmem_cache_*", KC_FRAME_SLAB },

	{ "__vmalloc*", KC_FRAME_VMALLOC },
	{ "vmalloc*", KC_FRAME_VMALLOC },
	{ "vzalloc*", KC_FRAME_VMALLOC },
	{ "vrealloc*", KC_FRAME_VMALLOC },
	{ "vfree*", KC_FRAME_VMALLOC },
	{ "__vfree*", KC_FRAME_VMALLOC },
	{ "delayed_vfree_work", KC_FRAME_VMALLOC },
	{ "vm_area_alloc_pages", KC_FRAME_VMALLOC },
	{ "vm_area_free_pages", KC_FRAME_VMALLOC },
	{ "vmap", KC_FRAME_VMALLOC },
	{ "vmap_*", KC_FRAME_VMALLOC },
	{ "__vmap_*", KC_FRAME_VMALLOC },
	{ "vunmap*", KC_FRAME_VMALLOC },
	{ "__vunmap*", KC_FRAME_VMALLOC },
	{ "vm_map_ram", KC_FRAME_VMALLOC },
	{ "vm_unmap_ram", KC_FRAME_VMALLOC },
	{ "new_vmap_block", KC_FRAME_VMALLOC },
	{ "alloc_vmap_area", KC_FRAME_VMALLOC },
	{ "free_vmap_area*", KC_FRAME_VMALLOC },
	{ "__get_vm_area*", KC_FRAME_VMALLOC },
	{ "get_vm_area*", KC_FRAME_VMALLOC },
	{ "free_vm_area", KC_FRAME_VMALLOC },
	{ "remove_vm_area", KC_FRAME_VMALLOC },
	{ "__purge_vmap_area_lazy", KC_FRAME_VMALLOC },
	{ "drain_vmap_area_work", KC_FRAME_VMALLOC },
	{ "ioremap*", KC_FRAME_VMALLOC },
	{ "__ioremap*", KC_FRAME_VMALLOC },
	{ "iounmap", KC_FRAME_VMALLOC },

	{ "pcpu_*", KC_FRAME_PERCPU },
	{ "__alloc_percpu*", KC_FRAME_PERCPU },
	{ "alloc_percpu*", KC_FRAME_PERCPU },
	{ "free_percpu", KC_FRAME_PERCPU },

	{ "alloc_pages*", KC_FRAME_PAGE },
	{ "__alloc_pages*", KC_FRAME_PAGE },
	{ "alloc_frozen_pages*", KC_FRAME_PAGE },
	{ "__alloc_frozen_pages*", KC_FRAME_PAGE },
	{ "alloc_page_interleave", KC_FRAME_PAGE },
	{ "folio_alloc*", KC_FRAME_PAGE },
	{ "__folio_alloc*", KC_FRAME_PAGE },
	{ "vma_alloc_folio*", KC_FRAME_PAGE },
	{ "get_page_from_freelist", KC_FRAME_PAGE },
	{ "prep_new_page", KC_FRAME_PAGE },
	{ "get_zeroed_page", KC_FRAME_PAGE },
	{ "__get_free_pages", KC_FRAME_PAGE },
	{ "get_free_pages", KC_FRAME_PAGE },
	{ "make_alloc_exact", KC_FRAME_PAGE },
	{ "free_pages*", KC_FRAME_PAGE },
	{ "__free_pages*", KC_FRAME_PAGE },
	{ "___free_pages*", KC_FRAME_PAGE },
	{ "free_frozen_pages*", KC_FRAME_PAGE },
	{ "__free_frozen_pages", KC_FRAME_PAGE },
	{ "free_unref_*", KC_FRAME_PAGE },
	{ "free_pcp_prepare", KC_FRAME_PAGE },
	{ "release_pages", KC_FRAME_PAGE },
	{ "folios_put*", KC_FRAME_PAGE },
	{ "__folio_put*", KC_FRAME_PAGE },
	{ "__folio_batch_release", KC_FRAME_PAGE },
	{ "__put_page", KC_FRAME_PAGE },
	{ "put_page", KC_FRAME_PAGE },
	{ "__page_frag_*", KC_FRAME_PAGE },
};

static bool pattern_matches(const char *pattern, const char *name)
{
	const char *star = strchr(pattern, '*');
	size_t prefix, rest;

	if (!star)
		return !strcmp(pattern, name);
	prefix = (size_t)(star - pattern);
	if (strncmp(pattern, name, prefix))
		return false;
	rest = strlen(star + 1);
	return strlen(name) >= prefix + rest && !strcmp(name + strlen(name) - rest, star + 1);
}

enum kc_frame kc_frame_by_name(const char *function)
{
	static const char noprof[] = "_noprof";
	char name[128];
	size_t len = strcspn(function, ". ");

	if (len >= sizeof(name))
		return KC_FRAME_OUTSIDE;
	memcpy(name, function, len);
	name[len] = 0;
	if (len > sizeof(noprof) - 1 && !strcmp(name + len - (sizeof(noprof) - 1), noprof))
		name[len - (sizeof(noprof) - 1)] = 0;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (pattern_matches(patterns[i].name, name))
			return patterns[i].frame;
	return KC_FRAME_OUTSIDE;
}

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
	known->frame = KC_FRAME_OUTSIDE;
	known->takes_pages = false;
	/* A return address belongs to the call before it, even at the end of a function. */
	if (kc_kallsyms_find(owners->syms, addr - 1, name, sizeof(name), &offset))
		return;
	known->frame = (uint8_t)kc_frame_by_name(name);
	known->takes_pages = !strncmp(name, "__vmalloc_node_range", 20) ||
			     !strncmp(name, "__vmalloc_area_node", 19);
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

/* The first frames are the program's own, whose code has no name: start behind them. */
static unsigned int skip_program(struct kc_owners *owners, const uint64_t *frames, unsigned int nr)
{
	for (unsigned int i = 0; i < nr && frames[i]; i++)
		if (classify(owners, frames[i]).frame != KC_FRAME_OUTSIDE)
			return i;
	return 0;
}

enum tf_owner kc_owner_of_page(struct kc_owners *owners, const uint64_t *frames, unsigned int nr,
			       uint64_t *call_site)
{
	enum tf_owner owner = nr ? TF_OWNER_OTHER : TF_OWNER_UNKNOWN;

	*call_site = 0;
	for (unsigned int i = skip_program(owners, frames, nr); i < nr && frames[i]; i++) {
		enum kc_frame frame = classify(owners, frames[i]).frame;

		if (frame == KC_FRAME_OUTSIDE) {
			*call_site = frames[i];
			break;
		}
		if (owner != TF_OWNER_OTHER)
			continue;
		if (frame == KC_FRAME_SLAB)
			owner = TF_OWNER_SLAB;
		else if (frame == KC_FRAME_VMALLOC)
			owner = TF_OWNER_VMALLOC;
		else if (frame == KC_FRAME_PERCPU)
			owner = TF_OWNER_PERCPU;
	}
	return owner;
}

enum tf_owner kc_owner_of_area(struct kc_owners *owners, const uint64_t *frames, unsigned int nr,
			       uint64_t *call_site)
{
	enum tf_owner owner = nr ? TF_OWNER_OTHER : TF_OWNER_UNKNOWN;

	*call_site = 0;
	for (unsigned int i = skip_program(owners, frames, nr); i < nr && frames[i]; i++) {
		struct known_frame known = classify(owners, frames[i]);

		if (known.frame == KC_FRAME_OUTSIDE) {
			*call_site = frames[i];
			break;
		}
		if (known.takes_pages)
			owner = TF_OWNER_VMALLOC;
	}
	return owner;
}
