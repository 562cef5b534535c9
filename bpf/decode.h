/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of the ring as events of a trace.
 */
#ifndef BPF_DECODE_H
#define BPF_DECODE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "bpf/abi.h"
#include "bpf/calibrate.h"
#include "bpf/owner.h"
#include "tracefmt/event.h"
#include "tracefmt/meta.h"

struct kc_decoder {
	const struct kc_calibration *calibration; /* not owned */
	struct kc_owners *owners;		  /* not owned; NULL: owners stay unknown */
	struct tf_cache *caches;		  /* by id, id 0 where not announced */
	uint32_t nr_new_caches; /* announced since the last kc_decoder_add_meta() */
	uint32_t new_caches[KC_CACHE_SLOTS];
	uint64_t *sites;     /* hash set of call sites, 0 is empty */
	uint64_t *new_sites; /* not yet in the meta, sites_room of them at most */
	size_t nr_sites, nr_new_sites, sites_room;
};

/* owners are set by the caller once it has them. */
int kc_decoder_init(struct kc_decoder *decoder, const struct kc_calibration *calibration);
void kc_decoder_release(struct kc_decoder *decoder);

/*
 * One record of the ring buffer.  Returns 1 and fills ev; 0 if it was not an event (a
 * cache was announced); -EINVAL for a record that the programs cannot have written.
 */
int kc_decode(struct kc_decoder *decoder, const void *data, size_t size, struct tf_event *ev);
/* One published slot of a CPU.  0 or -ENOMEM. */
int kc_decode_slot(struct kc_decoder *decoder, unsigned int cpu, const struct kc_slot *slot,
		   struct tf_event *ev);
/* Has the cache of that id been announced?  0 is no cache. */
static inline bool kc_decoder_has_cache(const struct kc_decoder *decoder, uint32_t id)
{
	return !id || id > KC_CACHE_SLOTS || decoder->caches[id].id;
}
/* Caches and call-site symbols met since the last call. */
int kc_decoder_add_meta(struct kc_decoder *decoder, const struct kc_kallsyms *syms,
			struct tf_meta *meta);

#endif
