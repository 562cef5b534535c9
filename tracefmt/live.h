/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lives: the allocations that no free has ended yet, for checkpoints.
 *
 * Inside of tracefmt/ only.  The rules are kmemtool-trace(5)'s: objects, pages, percpu
 * memory and areas have a space of addresses each; a free ends what was allocated at its
 * address, an allocation replaces it, a failed one does not live.  A page_free of part
 * of a block ends the block if it has the block's first page, and nothing if it has
 * not: what is left of a block that was split is no allocation of the trace.  Frees that
 * were lost leave what they ended alive until its address comes again.
 *
 * It is kept in two steps, so that most of the work can be done out of turn:
 *
 *      block of events ── tf_effect_find() ──▶ effect ── tf_live_apply() ──▶ live set
 *                         any block, any thread          block by block, in order
 *
 * An effect names each address that its block touches once: what lived there before does
 * not any more, and which of the block's records lives there now, if one does.
 */
#ifndef TRACEFMT_LIVE_H
#define TRACEFMT_LIVE_H

#include <stddef.h>
#include <stdint.h>

#include "tracefmt/columns_layout.h"
#include "tracefmt/event.h"

struct tf_touch {
	uint64_t addr;
	uint32_t born;	/* record that lives there at the end, + 1; 0: none does */
	uint32_t space; /* of addresses */
};

struct tf_effect {
	struct tf_touch *touched; /* owned, nr of them, in order of first touch */
	uint32_t nr;
	uint64_t born[TF_MAX_BLOCK_EVENTS / 64]; /* bit n: record n lives at the end */
};

/* What finding needs, one for each thread. */
struct tf_effect_table {
	uint32_t *slots; /* owned; part of the hash << 16 | number in touched + 1 */
	unsigned bits;
};

/* For blocks of max_events at most.  0 or -ENOMEM. */
int tf_effect_init(struct tf_effect *effect, uint32_t max_events);
void tf_effect_release(struct tf_effect *effect);
int tf_effect_table_init(struct tf_effect_table *table, uint32_t max_events);
void tf_effect_table_release(struct tf_effect_table *table);
void tf_effect_find(struct tf_effect *effect, struct tf_effect_table *table,
		    const struct tf_event *events, uint32_t nr);

struct tf_live;

/* Some 100 bytes for each of the allocations that live; max of them at most.  0 or -ENOMEM. */
int tf_live_new(struct tf_live **out, size_t max);
void tf_live_free(struct tf_live *live);
/*
 * events is the block that the effect is of.  -E2BIG if more than max live then, or
 * -ENOMEM: the set is of no use any more.
 */
int tf_live_apply(struct tf_live *live, const struct tf_effect *effect,
		  const struct tf_event *events);
size_t tf_live_nr(const struct tf_live *live);
/* The events that live, in the order in which they came; valid until the next apply. */
const struct tf_event *tf_live_list(struct tf_live *live);
/* NULL if list and index agree, else what does not. */
const char *tf_live_is_valid(const struct tf_live *live);

#endif
