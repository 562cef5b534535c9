/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records to events: the inverse of bpf/kmem.bpf.c.
 *
 * This is the collector's hot path, some 100 ns of budget an event with compression:
 * no system call, no allocation but when a new call site is met.
 */
#include "bpf/decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SITES_ROOM_FIRST 4096

int kc_decoder_init(struct kc_decoder *decoder, const struct kc_calibration *calibration)
{
	memset(decoder, 0, sizeof(*decoder));
	decoder->calibration = calibration;
	decoder->sites_room = SITES_ROOM_FIRST;
	decoder->caches = calloc(KC_CACHE_SLOTS + 1, sizeof(*decoder->caches));
	decoder->chains = calloc(KC_STACK_SLOTS + 1, sizeof(*decoder->chains));
	decoder->new_stacks = calloc(KC_STACK_SLOTS, sizeof(*decoder->new_stacks));
	decoder->sites = calloc(SITES_ROOM_FIRST, sizeof(*decoder->sites));
	decoder->new_sites = calloc(SITES_ROOM_FIRST, sizeof(*decoder->new_sites));
	if (!decoder->caches || !decoder->chains || !decoder->new_stacks || !decoder->sites ||
	    !decoder->new_sites) {
		kc_decoder_release(decoder);
		return -ENOMEM;
	}
	return 0;
}

void kc_decoder_release(struct kc_decoder *decoder)
{
	free(decoder->caches);
	free(decoder->chains);
	free(decoder->new_stacks);
	free(decoder->sites);
	free(decoder->new_sites);
	memset(decoder, 0, sizeof(*decoder));
}

void kc_decoder_set_owners(struct kc_decoder *decoder, struct kc_owners *owners)
{
	decoder->owners = owners;
	/* What was said of chains without them is to be said again. */
	for (uint32_t id = 1; id <= KC_STACK_SLOTS; id++)
		decoder->chains[id].is_known = false;
}

static uint64_t *site_slot(uint64_t *sites, size_t room, uint64_t site)
{
	size_t at = (site * 0x9e3779b97f4a7c15ull >> 32) & (room - 1);

	while (sites[at] && sites[at] != site)
		at = (at + 1) & (room - 1);
	return &sites[at];
}

static int grow_sites(struct kc_decoder *decoder)
{
	size_t room = decoder->sites_room * 2;
	uint64_t *sites = calloc(room, sizeof(*sites));
	uint64_t *fresh = realloc(decoder->new_sites, room * sizeof(*fresh));

	if (fresh)
		decoder->new_sites = fresh;
	if (!sites || !fresh) {
		free(sites);
		return -ENOMEM;
	}
	for (size_t i = 0; i < decoder->sites_room; i++)
		if (decoder->sites[i])
			*site_slot(sites, room, decoder->sites[i]) = decoder->sites[i];
	free(decoder->sites);
	decoder->sites = sites;
	decoder->sites_room = room;
	return 0;
}

/* Remember a call site, so that its symbol gets into the trace. */
static int note_site(struct kc_decoder *decoder, uint64_t site)
{
	uint64_t *slot;

	if (!site)
		return 0;
	slot = site_slot(decoder->sites, decoder->sites_room, site);
	if (*slot)
		return 0;
	if (decoder->nr_sites * 2 >= decoder->sites_room) {
		if (grow_sites(decoder))
			return -ENOMEM;
		slot = site_slot(decoder->sites, decoder->sites_room, site);
	}
	*slot = site;
	decoder->nr_sites++;
	decoder->new_sites[decoder->nr_new_sites++] = site;
	return 0;
}

static void decode_context(const struct kc_calibration *cal, uint32_t count, struct tf_event *ev)
{
	uint32_t depth = count & KC_PREEMPT_MASK;

	if (count == KC_PREEMPT_UNKNOWN || !cal->has_preempt) {
		ev->ctx = TF_CTX_UNKNOWN;
		return;
	}
	if (count & KC_SOFTIRQ_SERVING)
		ev->ctx |= TF_CTX_SOFTIRQ;
	if (count & KC_SOFTIRQ_MASK & ~KC_SOFTIRQ_SERVING)
		ev->ctx |= TF_CTX_BH_OFF;
	if (count & KC_HARDIRQ_MASK)
		ev->ctx |= TF_CTX_HARDIRQ;
	if (count & KC_NMI_MASK)
		ev->ctx |= TF_CTX_NMI;
	if (cal->preempt_is_counted)
		ev->preempt =
			(uint8_t)(depth > cal->preempt_offset ? depth - cal->preempt_offset : 0);
}

/* Kernel text is in the top 2 GiB; the programs send 0 for what is not. */
static uint64_t long_site(uint32_t site)
{
	return site ? 0xffffffff00000000ull | site : 0;
}

static uint64_t page_to_pfn(const struct kc_calibration *cal, uint64_t page)
{
	if (!page)
		return TF_NO_PFN;
	return cal->has_vmemmap ? (page - cal->vmemmap_base) / cal->page_struct_bytes : page;
}

static uint8_t log2_of(uint64_t align)
{
	return align > 1 ? (uint8_t)(63 - __builtin_clzll(align)) : 0;
}

/* A cache that was not met before.  Its entry was whole before the first slot that names it. */
static void note_cache(struct kc_decoder *decoder, uint32_t id)
{
	const struct kc_cache_entry *entry = &decoder->entries[id - 1];
	struct tf_cache *cache = &decoder->caches[id];

	if (!__atomic_load_n(&entry->ready, __ATOMIC_ACQUIRE))
		return;
	cache->id = id;
	cache->object_size = entry->object_size;
	cache->size = entry->size;
	cache->align = entry->align;
	cache->flags = entry->flags;
	cache->oo = entry->oo;
	cache->min_partial = entry->min_partial;
	cache->cpu_partial = entry->cpu_partial;
	cache->cpu_partial_slabs = entry->cpu_partial_slabs;
	memcpy(cache->name, entry->name, sizeof(cache->name) - 1);
	decoder->new_caches[decoder->nr_new_caches++] = id;
}

static const struct tf_cache *find_cache(struct kc_decoder *decoder, uint32_t id)
{
	if (id > KC_CACHE_SLOTS)
		id = 0;
	if (id && !decoder->caches[id].id)
		note_cache(decoder, id);
	return &decoder->caches[id];
}

/* The frames of a chain above the tracepoint; how many in *nr, 0 if it is not there. */
static const uint64_t *frames_of(const struct kc_decoder *decoder, uint32_t id, unsigned int *nr)
{
	const struct kc_stack *stack =
		(const void *)(decoder->stacks + (size_t)(id - 1) * decoder->stack_bytes);
	unsigned int most =
		(unsigned int)((decoder->stack_bytes - sizeof(*stack)) / sizeof(stack->frames[0]));
	const uint64_t *frames = (const uint64_t *)stack->frames;
	unsigned int own;

	*nr = __atomic_load_n(&stack->nr, __ATOMIC_ACQUIRE);
	if (*nr > most)
		*nr = most;
	own = decoder->owners ? kc_owner_skip(decoder->owners, frames, *nr) : 0;
	*nr -= own;
	return frames + own;
}

static const struct kc_chain *find_chain(struct kc_decoder *decoder, uint32_t id)
{
	struct kc_chain *chain = &decoder->chains[id <= KC_STACK_SLOTS ? id : 0];
	const uint64_t *frames;
	unsigned int nr;

	if (chain->is_known || chain == decoder->chains)
		return chain;
	frames = frames_of(decoder, id, &nr);
	if (!nr)
		return chain;
	chain->is_known = true;
	if (decoder->owners) {
		chain->page_owner =
			(uint8_t)kc_owner_of_page(decoder->owners, frames, nr, &chain->page_site);
		chain->area_owner =
			(uint8_t)kc_owner_of_area(decoder->owners, frames, nr, &chain->area_site);
	}
	if (decoder->stack_depth && !chain->is_in_meta) {
		chain->is_in_meta = true;
		decoder->new_stacks[decoder->nr_new_stacks++] = id;
	}
	return chain;
}

static void decode_page(struct kc_decoder *decoder, const struct kc_record *rec,
			struct tf_event *ev)
{
	const struct kc_chain *chain = find_chain(decoder, rec->slot->site);

	ev->addr = page_to_pfn(decoder->calibration, rec->slot->addr);
	ev->order = (uint8_t)rec->slot->detail;
	ev->migratetype = (uint8_t)(rec->slot->detail >> 8);
	ev->owner = chain->page_owner;
	ev->call_site = chain->page_site;
	if (decoder->stack_depth && chain->is_known)
		ev->stack = rec->slot->site;
	if (rec->slot->detail & KC_REFILL)
		ev->flags |= TF_EV_PERCPU_REFILL;
}

/* kmemtool-trace(5): what the block fell back to is in bytes_req and bytes_alloc. */
static void decode_extfrag(const struct kc_record *rec, struct tf_event *ev)
{
	ev->gfp = 0;
	ev->bytes_req = rec->slot->gfp & 0xff;
	ev->bytes_alloc = rec->slot->gfp >> 8 & 0xff;
}

static void decode_area(struct kc_decoder *decoder, const struct kc_record *rec,
			struct tf_event *ev)
{
	const struct kc_chain *chain = find_chain(decoder, rec->slot->site);

	ev->owner = chain->area_owner;
	ev->call_site = chain->area_site;
	if (decoder->stack_depth && chain->is_known)
		ev->stack = rec->slot->site;
	if (rec->slot->detail & KC_FAILED)
		ev->flags |= TF_EV_FAILED;
	if (rec->more && rec->more->word & KC_HAS_BYTES) {
		ev->bytes_req = rec->more->bytes_req;
		ev->order = log2_of(rec->more->bytes_alloc);
	}
}

static void decode_percpu(const struct kc_record *rec, struct tf_event *ev)
{
	ev->call_site = long_site(rec->slot->site);
	if (rec->slot->detail & KC_ATOMIC)
		ev->flags |= TF_EV_ATOMIC;
	if (rec->slot->detail & KC_RESERVED)
		ev->flags |= TF_EV_RESERVED;
	if (!rec->more || !(rec->more->word & KC_HAS_BYTES))
		return;
	ev->bytes_req = rec->more->bytes_req;
	ev->bytes_alloc =
		rec->more->bytes_alloc < UINT32_MAX ? (uint32_t)rec->more->bytes_alloc : UINT32_MAX;
	ev->order = log2_of(rec->more->word >> KC_ALIGN_SHIFT & 0xffffff);
}

static void decode_object(struct kc_decoder *decoder, const struct kc_record *rec,
			  struct tf_event *ev)
{
	const struct kc_slot *slot = rec->slot;
	const struct tf_cache *cache =
		find_cache(decoder, slot->word >> KC_CACHE_SHIFT & KC_CACHE_MASK);

	ev->call_site = long_site(slot->site);
	ev->cache = cache->id;
	if (ev->kind == TF_KFREE || ev->kind == TF_CACHE_FREE)
		return;
	ev->node = (int8_t)(slot->preempt_node >> 24);
	if (ev->kind == TF_CACHE_ALLOC) {
		ev->bytes_req = cache->object_size;
		ev->bytes_alloc = cache->size;
	} else if (rec->more && rec->more->word & KC_HAS_BYTES) {
		ev->bytes_req = rec->more->bytes_req;
		ev->bytes_alloc = rec->more->bytes_alloc < UINT32_MAX
					  ? (uint32_t)rec->more->bytes_alloc
					  : UINT32_MAX;
	} else {
		ev->bytes_req = slot->detail & 0xffff;
		ev->bytes_alloc = slot->detail >> 16 << 3;
	}
}

/* The task's own limits, and what else the first word says of where the event happened. */
static void decode_bits(const struct kc_record *rec, struct tf_event *ev)
{
	uint64_t word = rec->slot->word;

	if (word & KC_MEMALLOC)
		ev->flags |= TF_EV_MEMALLOC;
	if (word & KC_NOIO)
		ev->flags |= TF_EV_NOIO;
	if (word & KC_NOFS)
		ev->flags |= TF_EV_NOFS;
	if (word & KC_RCU)
		ev->ctx |= TF_CTX_RCU;
	if (!rec->more)
		return;
	if (rec->more->word & KC_HOOKED)
		ev->flags |= TF_EV_HOOKED;
}

static void decode_kind(struct kc_decoder *decoder, const struct kc_record *rec,
			struct tf_event *ev)
{
	switch (ev->kind) {
	case TF_PAGE_ALLOC:
	case TF_PAGE_FREE:
	case TF_ZONE_LOCKED:
	case TF_PCPU_DRAIN:
		decode_page(decoder, rec, ev);
		break;
	case TF_EXTFRAG:
		decode_page(decoder, rec, ev);
		decode_extfrag(rec, ev);
		break;
	case TF_VMAP_ALLOC:
	case TF_VMAP_FREE:
		decode_area(decoder, rec, ev);
		break;
	case TF_PERCPU_ALLOC:
	case TF_PERCPU_FREE:
	case TF_PERCPU_FAIL:
		decode_percpu(rec, ev);
		break;
	default:
		decode_object(decoder, rec, ev);
		break;
	}
}

int kc_decode(struct kc_decoder *decoder, const struct kc_record *rec, struct tf_event *ev)
{
	memset(ev, 0, sizeof(*ev));
	ev->ts_ns = rec->ts_ns;
	ev->kind = (uint8_t)kc_record_kind(rec);
	ev->cpu = (uint16_t)rec->cpu;
	ev->node = TF_NO_NODE;
	if (ev->kind == TF_GAP) {
		ev->bytes_req = rec->slot->addr;
		return 0;
	}
	ev->addr = rec->slot->addr;
	ev->gfp = rec->slot->gfp;
	ev->pid = rec->pid;
	decode_context(decoder->calibration, rec->slot->preempt_node & 0xffffff, ev);
	decode_kind(decoder, rec, ev);
	decode_bits(rec, ev);
	if (rec->more && rec->more->stack && find_chain(decoder, rec->more->stack)->is_known)
		ev->stack = rec->more->stack;
	return note_site(decoder, ev->call_site);
}

/* Chains that have not been told, and their frames, whose symbols come with the call sites. */
static int add_stacks(struct kc_decoder *decoder, struct tf_meta *meta)
{
	for (uint32_t i = 0; i < decoder->nr_new_stacks; i++) {
		uint32_t id = decoder->new_stacks[i];
		unsigned int nr;
		const uint64_t *frames = frames_of(decoder, id, &nr);
		int err;

		if (nr > decoder->stack_depth)
			nr = decoder->stack_depth;
		err = tf_meta_add_stack(meta, id, frames, nr);
		for (unsigned int f = 0; f < nr && !err; f++)
			err = note_site(decoder, frames[f]);
		if (err)
			return err;
	}
	decoder->nr_new_stacks = 0;
	return 0;
}

int kc_decoder_show_sites(const struct kc_decoder *decoder,
			  int (*see)(struct kc_symbols *symbols, uint64_t addr),
			  struct kc_symbols *symbols)
{
	int err = 0;

	for (size_t i = 0; i < decoder->nr_new_sites && !err; i++)
		err = see(symbols, decoder->new_sites[i]);
	for (uint32_t id = 1; id <= KC_STACK_SLOTS && !err; id++) {
		unsigned int nr;
		const uint64_t *frames = frames_of(decoder, id, &nr);

		for (unsigned int i = 0; i < nr && !err; i++)
			err = see(symbols, frames[i]);
	}
	return err;
}

int kc_decoder_add_meta(struct kc_decoder *decoder, const struct kc_kallsyms *syms,
			struct tf_meta *meta)
{
	char name[160];
	uint32_t offset;
	int err;

	for (uint32_t i = 0; i < decoder->nr_new_caches; i++) {
		err = tf_meta_add_cache(meta, &decoder->caches[decoder->new_caches[i]]);
		if (err)
			return err;
	}
	decoder->nr_new_caches = 0;
	err = add_stacks(decoder, meta);
	if (err)
		return err;
	for (size_t i = 0; syms && i < decoder->nr_new_sites; i++) {
		if (kc_kallsyms_find(syms, decoder->new_sites[i], name, sizeof(name), &offset))
			continue;
		err = tf_meta_add_symbol(meta, decoder->new_sites[i], name, offset);
		if (err)
			return err;
	}
	if (syms)
		decoder->nr_new_sites = 0;
	return 0;
}
