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
	decoder->sites = calloc(SITES_ROOM_FIRST, sizeof(*decoder->sites));
	decoder->new_sites = calloc(SITES_ROOM_FIRST, sizeof(*decoder->new_sites));
	if (!decoder->caches || !decoder->sites || !decoder->new_sites) {
		kc_decoder_release(decoder);
		return -ENOMEM;
	}
	return 0;
}

void kc_decoder_release(struct kc_decoder *decoder)
{
	free(decoder->caches);
	free(decoder->sites);
	free(decoder->new_sites);
	memset(decoder, 0, sizeof(*decoder));
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

static void decode_head(const struct kc_decoder *decoder, const struct kc_head *h,
			struct tf_event *ev)
{
	memset(ev, 0, sizeof(*ev));
	ev->ts_ns = h->ts_ns;
	ev->addr = h->addr;
	ev->call_site = long_site(h->site);
	ev->pid = h->pid;
	ev->cpu = h->cpu_kind >> 5;
	ev->kind = h->cpu_kind & 31;
	ev->cache = h->cache;
	ev->node = TF_NO_NODE;
	if (ev->kind != TF_GAP)
		decode_context(decoder->calibration, h->preempt, ev);
}

int kc_decode_slot(struct kc_decoder *decoder, unsigned int cpu, const struct kc_slot *slot,
		   struct tf_event *ev)
{
	memset(ev, 0, sizeof(*ev));
	ev->ts_ns = slot->word & KC_TS_MASK;
	ev->kind = slot->word >> KC_TS_BITS & 31;
	ev->addr = slot->addr;
	ev->call_site = long_site(slot->site);
	ev->pid = slot->pid;
	ev->cpu = (uint16_t)cpu;
	ev->cache = slot->cache;
	ev->node = TF_NO_NODE;
	decode_context(decoder->calibration, slot->preempt_node & 0xffffff, ev);
	if (ev->kind == TF_KMALLOC) {
		ev->gfp = slot->gfp;
		ev->node = (int8_t)(slot->preempt_node >> 24);
		ev->bytes_req = slot->bytes_req;
		ev->bytes_alloc = kc_unpack_bytes(slot->bytes_alloc);
	} else if (ev->kind == TF_CACHE_ALLOC) {
		const struct tf_cache *cache =
			&decoder->caches[slot->cache <= KC_CACHE_SLOTS ? slot->cache : 0];

		ev->gfp = slot->gfp;
		ev->node = (int8_t)(slot->preempt_node >> 24);
		ev->bytes_req = cache->object_size;
		ev->bytes_alloc = cache->size;
	}
	return note_site(decoder, ev->call_site);
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

static int decode_page(struct kc_decoder *decoder, const struct kc_page *rec, struct tf_event *ev)
{
	unsigned int nr = rec->nr_frames <= KC_FRAMES ? rec->nr_frames : KC_FRAMES;
	uint64_t frames[KC_FRAMES];

	memcpy(frames, rec->frames, sizeof(frames));
	ev->gfp = rec->gfp;
	ev->order = rec->order;
	ev->migratetype = rec->migratetype;
	if (ev->kind == TF_VMAP_ALLOC) {
		ev->bytes_req = rec->bytes;
		ev->order = log2_of(rec->align);
		ev->flags = rec->flags & KC_FLAG_FAILED ? TF_EV_FAILED : 0;
		if (decoder->owners)
			ev->owner = (uint8_t)kc_owner_of_area(decoder->owners, frames, nr,
							      &ev->call_site);
	} else {
		ev->addr = page_to_pfn(decoder->calibration, ev->addr);
		if (decoder->owners)
			ev->owner = (uint8_t)kc_owner_of_page(decoder->owners, frames, nr,
							      &ev->call_site);
	}
	return note_site(decoder, ev->call_site);
}

static void decode_percpu(const struct kc_percpu *rec, struct tf_event *ev)
{
	ev->gfp = rec->gfp;
	ev->bytes_req = rec->bytes_req;
	ev->bytes_alloc = rec->bytes_alloc < UINT32_MAX ? (uint32_t)rec->bytes_alloc : UINT32_MAX;
	ev->order = log2_of(rec->align);
	if (rec->flags & KC_FLAG_ATOMIC)
		ev->flags |= TF_EV_ATOMIC;
	if (rec->flags & KC_FLAG_RESERVED)
		ev->flags |= TF_EV_RESERVED;
}

static void note_cache(struct kc_decoder *decoder, const struct kc_cache_rec *rec)
{
	uint32_t id = rec->h.cache;
	struct tf_cache *cache;

	if (!id || id > KC_CACHE_SLOTS)
		return;
	cache = &decoder->caches[id];
	if (cache->id)
		return;
	cache->id = id;
	cache->object_size = rec->object_size;
	cache->size = rec->size;
	cache->align = rec->align;
	cache->flags = rec->flags;
	cache->oo = rec->oo;
	cache->min_partial = rec->min_partial;
	cache->cpu_partial = rec->cpu_partial;
	cache->cpu_partial_slabs = rec->cpu_partial_slabs;
	memcpy(cache->name, rec->name, sizeof(cache->name) - 1);
	decoder->new_caches[decoder->nr_new_caches++] = id;
}

static size_t record_size(unsigned int kind)
{
	switch (kind) {
	case KC_PAGE_ALLOC:
	case KC_PAGE_FREE:
	case KC_VMAP_ALLOC:
		return sizeof(struct kc_page);
	case KC_PERCPU_ALLOC:
	case KC_PERCPU_FAIL:
		return sizeof(struct kc_percpu);
	case KC_REC_CACHE:
		return sizeof(struct kc_cache_rec);
	default:
		return sizeof(struct kc_head);
	}
}

int kc_decode(struct kc_decoder *decoder, const void *data, size_t size, struct tf_event *ev)
{
	const struct kc_head *h = data;
	unsigned int kind;
	int err;

	if (size < sizeof(*h))
		return -EINVAL;
	kind = h->cpu_kind & 31;
	if (size < record_size(kind) || (kind > KC_GAP && kind != KC_REC_CACHE))
		return -EINVAL;
	if (kind == KC_REC_CACHE) {
		note_cache(decoder, data);
		return 0;
	}
	decode_head(decoder, h, ev);
	switch (kind) {
	case KC_PAGE_ALLOC:
	case KC_PAGE_FREE:
	case KC_VMAP_ALLOC:
		err = decode_page(decoder, data, ev);
		return err ? err : 1;
	case KC_GAP:
		ev->bytes_req = ev->addr;
		ev->addr = 0;
		break;
	case KC_PAGE_FREE_BATCH:
		ev->addr = page_to_pfn(decoder->calibration, ev->addr);
		break;
	case KC_PERCPU_ALLOC:
	case KC_PERCPU_FAIL:
		decode_percpu(data, ev);
		break;
	default:
		break;
	}
	err = note_site(decoder, ev->call_site);
	return err ? err : 1;
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
	for (size_t i = 0; syms && i < decoder->nr_new_sites; i++) {
		if (kc_kallsyms_find(syms, decoder->new_sites[i], name, sizeof(name), &offset))
			continue;
		err = tf_meta_add_symbol(meta, decoder->new_sites[i], name, offset);
		if (err)
			return err;
	}
	decoder->nr_new_sites = 0;
	return 0;
}
