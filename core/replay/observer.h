/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the replay announces, and to whom.
 *
 * An analysis is an observer: it is told of each allocation, free and failure, of
 * every event before it is replayed, and of the passing of trace time.  Observers
 * are called in the order they were added and must not change the kernel.  What the
 * host has and the model could not give lives unseen: no alloc, no free is announced.
 * So does what was allocated before the part of the trace that is looked at.
 */
#ifndef CORE_REPLAY_OBSERVER_H
#define CORE_REPLAY_OBSERVER_H

#include <stdint.h>

#include "tracefmt/event.h"

struct km_replay;

/*
 * One live allocation: what the trace called it, and where the model put it.
 *
 * Bytes are memory: those of a percpu allocation are of all CPUs' copies (asked for: the
 * online ones', handed out: the possible ones'), those of a vmalloc area are its pages
 * without the guard, and an area that maps what others own has none.
 * bytes_req <= bytes_alloc.
 */
struct km_life {
	uint64_t addr;	/* recorded address, or pfn for pages; with kind, the key */
	uint64_t model; /* model address, or pfn */
	uint64_t born_ns;
	uint64_t bytes_req;   /* what the caller wanted (pages: 4096 << order) */
	uint64_t bytes_alloc; /* what the model handed out */
	uint32_t site;	      /* km_replay_site(); KM_NO_SITE if it lives unseen */
	uint32_t cache;	      /* index of the model's cache, KM_NO_CACHE if none */
	uint16_t cpu;
	uint8_t kind; /* enum tf_kind of the allocation */
	uint8_t order;
	uint32_t pid;
};

#define KM_NO_CACHE UINT32_MAX
#define KM_NO_SITE UINT32_MAX

enum km_end {
	KM_END_FREED,	  /* an event freed it */
	KM_END_IMPLIED,	  /* its address was given out again: freed unseen */
	KM_END_LOST,	  /* inside a gap */
	KM_END_RECLAIMED, /* the model's reclaim took it; the host still has it */
};

struct km_observer_ops {
	const char *name;
	/* Every event of the trace, before anything is done with it. */
	void (*event)(void *self, const struct km_replay *replay, const struct tf_event *ev);
	void (*alloc)(void *self, const struct km_replay *replay, const struct tf_event *ev,
		      const struct km_life *life);
	/* ev is the free, or for an implied end the allocation that revealed it. */
	void (*free)(void *self, const struct km_replay *replay, const struct tf_event *ev,
		     const struct km_life *life, enum km_end end);
	/*
	 * whole, a block of pages, became 1 << (whole->order - order) blocks of that order:
	 * as many lives of the same site and the same bytes in all.  Some of them may be
	 * freed next.
	 */
	void (*split)(void *self, const struct km_replay *replay, const struct tf_event *ev,
		      const struct km_life *whole, unsigned int order);
	/* The host's caller got nothing.  If the model refused as well, fail() follows for the same
	 * ev. */
	void (*host_fail)(void *self, const struct km_replay *replay, const struct tf_event *ev);
	/* The model could not serve ev; pages.last_failure says why if it was for want of pages. */
	void (*fail)(void *self, const struct km_replay *replay, const struct tf_event *ev);
	/* ev frees an object that was not given out in the trace, or was freed already. */
	void (*unknown)(void *self, const struct km_replay *replay, const struct tf_event *ev);
	/*
	 * Every replay->tick_ns of trace time, and once at the end.  Of several ticks in a row
	 * in which nothing happened only the last is told.
	 */
	void (*tick)(void *self, const struct km_replay *replay, uint64_t now_ns);
};

struct km_observer {
	const struct km_observer_ops *ops; /* any of its functions may be NULL */
	void *self;
};

#endif
