/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of the programs as events of a trace.
 */
#ifndef BPF_DECODE_H
#define BPF_DECODE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "bpf/abi.h"
#include "bpf/calibrate.h"
#include "bpf/owner.h"
#include "bpf/slots.h"
#include "tracefmt/event.h"
#include "tracefmt/meta.h"

struct kc_symbols;

/* A call chain of the programs' table, looked at once. */
struct kc_chain {
	uint64_t page_site, area_site; /* the first frame outside the allocators */
	uint8_t page_owner, area_owner;
	bool is_known;
	bool is_in_meta;
};

struct kc_decoder {
	const struct kc_calibration *calibration; /* not owned */
	struct kc_owners *owners;		  /* not owned; NULL: owners stay unknown */
	/* The programs' tables, mapped; not owned.  A stack is stack_bytes long. */
	const struct kc_cache_entry *entries;
	const uint8_t *stacks;
	size_t stack_bytes;
	unsigned int stack_depth; /* frames of a chain that go into the trace; 0: no chain does */
	struct tf_cache *caches;  /* by id, id 0 where not met */
	uint32_t nr_new_caches;	  /* met since the last kc_decoder_add_meta() */
	uint32_t new_caches[KC_CACHE_SLOTS];
	struct kc_chain *chains; /* by id */
	uint32_t nr_new_stacks;
	uint32_t *new_stacks;
	uint64_t *sites;     /* hash set of call sites, 0 is empty */
	uint64_t *new_sites; /* not yet in the meta, sites_room of them at most */
	size_t nr_sites, nr_new_sites, sites_room;
};

/* The tables are set by the caller before the first record. */
int kc_decoder_init(struct kc_decoder *decoder, const struct kc_calibration *calibration);
void kc_decoder_release(struct kc_decoder *decoder);

/* Once they are known, maybe after the first records. */
void kc_decoder_set_owners(struct kc_decoder *decoder, struct kc_owners *owners);
/* Show every return address of which the symbol is not known yet: 0, or the first code of see(). */
int kc_decoder_show_sites(const struct kc_decoder *decoder,
			  int (*see)(struct kc_symbols *symbols, uint64_t addr),
			  struct kc_symbols *symbols);

/* 0 or -ENOMEM. */
int kc_decode(struct kc_decoder *decoder, const struct kc_record *rec, struct tf_event *ev);
/*
 * Caches, chains and symbols of call sites met since the last call.  syms may be NULL: the call
 * sites are kept for a call that has them.
 */
int kc_decoder_add_meta(struct kc_decoder *decoder, const struct kc_kallsyms *syms,
			struct tf_meta *meta);

#endif
