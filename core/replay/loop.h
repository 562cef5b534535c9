/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the event loop share.
 *
 *   boot.c          init and release
 *   replay.c        batches, time
 *   announce.c      the live map is kept, the observers are told
 *   replay_slab.c   KMALLOC, KFREE, CACHE_ALLOC, CACHE_FREE
 *   replay_page.c   PAGE_ALLOC, PAGE_FREE      page_overlap.c  blocks that do not fit
 *                                              page_move.c     pages that the host moved
 *                                              page_lru.c      reclaimed and moved by the model
 *   replay_area.c   PERCPU_*, VMAP_*
 *   caches.c        trace's cache -> model's cache
 *   warm.c          the opening snapshot into the allocators
 */
#ifndef CORE_REPLAY_LOOP_H
#define CORE_REPLAY_LOOP_H

#include "core/page/held.h"
#include "core/replay/announce.h"
#include "core/replay/live.h"
#include "core/replay/nested.h"
#include "core/replay/replay.h"
#include "core/replay/site_map.h"

#define KM_GFP_MEMO 64
#define KM_ZERO_SIZE_PTR 16 /* what kmalloc(0) returns; freeing it does nothing */

/* The model's cache for a trace's cache id. */
struct km_cache_slot {
	struct kmem_cache *cache; /* NULL: none */
	uint32_t index;
	uint32_t size;
};

/* What a CPU of the host did last. */
struct km_cpu_past {
	uint64_t large_addr; /* object of its last large kmalloc; 0: none, or seen twice */
	uint64_t slab_pfn;   /* pages that slab took last, if has_slab */
	uint32_t large_pid;
	uint32_t context; /* what the model's CPU was last put into */
	bool has_slab;
};

/* Pages that moved, in page_move.c. */
struct km_moved {
	struct km_pfn_stack numbers[KM_NR_ORDERS]; /* their keys in the live map */
	uint64_t nr;				   /* that ever moved */
	uint64_t nr_targets;			   /* taken to move to, and not yet moved to */
};

struct km_loop {
	struct km_observer_fns fns;
	struct km_nested *nested;
	struct km_cache_slot *slots; /* by trace's cache id; replay->nr_cache_map of them */
	struct km_cpu_past *cpus;    /* by recorded CPU, 65536 of them, touched when used */
	uint64_t *given_back; /* bitmap by recorded pfn: freed in the trace, not given out since */
	uint64_t nr_given_back; /* pfns below this have a bit */
	uint64_t page_offset;	/* of the recorded kernel, 0 if not known */
	uint64_t next_tick_ns;
	const struct tf_event *now; /* the event at hand */
	/* Events behind it, of the same batch. */
	const struct tf_event *ahead, *batch_end;
	uint64_t next_advance_ns; /* when the model's own threads are to be looked after */
	bool out_of_memory;
	bool is_before; /* the events are before what is looked at: observers hear nothing */
	struct km_observer_fns later; /* whom they will be told to then */
	struct km_moved moved;
	unsigned int nested_owners; /* 1 << enum tf_owner: the model takes their pages by itself */
	bool held_by_number;	    /* the opening snapshot told which pages were in use */
	bool exact_caches; /* slabs have the recorded geometry: machine and slab settings are the
			      host's */
	struct {
		uint32_t host;
		km_gfp gfp;
		bool is_set;
	} gfp_memo[KM_GFP_MEMO];
};

/* replay.c */
km_gfp km_loop_gfp(struct km_replay *replay, uint32_t host_flags);
void km_loop_diverge(struct km_replay *replay, enum km_divergence divergence);
/* The model refused what it must not: note the first. */
void km_loop_broke(struct km_replay *replay, const char *what);
static inline unsigned int km_loop_cpu(const struct km_replay *replay, const struct tf_event *ev)
{
	unsigned int nr = replay->kernel.machine.nr_cpus;

	return ev->cpu < nr ? ev->cpu : ev->cpu % nr;
}

/* Pages of that owner are taken by an allocator whose own events are replayed. */
static inline bool km_loop_is_nested(const struct km_replay *replay, unsigned int owner)
{
	return owner < 32 && replay->loop->nested_owners >> owner & 1;
}

static inline int km_loop_node(const struct km_replay *replay, const struct tf_event *ev)
{
	return ev->node >= 0 && (unsigned int)ev->node < replay->kernel.machine.profile.nr_nodes
		       ? ev->node
		       : -1;
}

/* Before the model is asked: so that a reason found later is of this request. */
static inline void km_loop_forget_failure(struct km_replay *replay)
{
	replay->kernel.pages.last_failure.reason = NULL;
}

static inline uint64_t km_page_bytes(const struct km_replay *replay)
{
	return 1ull << replay->kernel.machine.profile.page_shift;
}

/* replay_slab.c */
void km_replay_kmalloc(struct km_replay *replay, const struct tf_event *ev);
void km_replay_cache_alloc(struct km_replay *replay, const struct tf_event *ev);
void km_replay_object_free(struct km_replay *replay, const struct tf_event *ev);
/* Give an object of the model back; for ghosts nothing. */
void km_object_release(struct km_replay *replay, const struct km_life *life, unsigned int cpu);

/* replay_page.c, page_overlap.c */
void km_replay_page_alloc(struct km_replay *replay, const struct tf_event *ev);
void km_replay_page_free(struct km_replay *replay, const struct tf_event *ev);
/* A large kmalloc of that order at addr: the slab pages just taken were its own. */
void km_page_is_large(struct km_replay *replay, const struct tf_event *ev, unsigned int order);
/* End a block that is out of the map already. */
void km_page_end(struct km_replay *replay, const struct tf_event *ev, const struct km_life *life,
		 enum km_end end);
/* End whatever lives in the pages of ev, which are given out anew. */
void km_page_clear_overlap(struct km_replay *replay, const struct tf_event *ev);
/* Free ev's pages, of which the head is not live or is of another order.  False: not ours. */
bool km_page_free_misfit(struct km_replay *replay, const struct tf_event *ev);

/* page_move.c: a page was taken to be moved to; a page that moved is freed under its old number,
 * true if it lives on; a page is freed that nobody took, true if it is one that had moved. */
void km_page_move_to(struct km_replay *replay);
bool km_page_move_from(struct km_replay *replay, const struct tf_event *ev);
bool km_page_move_freed(struct km_replay *replay, const struct tf_event *ev);
void km_moved_release(struct km_moved *moved);

/* page_lru.c */
void km_page_set_ops(struct km_replay *replay);
enum km_page_owner km_page_model_owner(unsigned int owner);
/* A life's page in the model is told its number, and goes to an LRU list if its owner is of these.
 */
void km_page_number(struct km_replay *replay, const struct km_life *life);

/* replay_area.c */
void km_replay_percpu_alloc(struct km_replay *replay, const struct tf_event *ev);
void km_replay_percpu_free(struct km_replay *replay, const struct tf_event *ev);
void km_replay_vmap_alloc(struct km_replay *replay, const struct tf_event *ev);
void km_replay_vmap_free(struct km_replay *replay, const struct tf_event *ev);

/* caches.c: make a model cache for every plausible cache of the trace.  0 or -ENOMEM. */
int km_caches_init(struct km_replay *replay);
/* The model's cache of that name as the host's slabinfo has it, made if need be; NULL if it cannot
 * be. */
struct kmem_cache *km_caches_of_host(struct km_replay *replay, const struct km_host_cache *from);

/* warm.c: between boot and start, and after it. */
void km_warm_seed(struct km_replay *replay);
void km_warm_populate(struct km_replay *replay);

#endif
