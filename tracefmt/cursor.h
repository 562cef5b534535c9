/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which block is read next: the way through the files of an open trace.
 *
 * Inside of tracefmt/ only.  Nothing is decoded here; the list of blocks is in memory
 * for one file at a time.
 */
#ifndef TRACEFMT_CURSOR_H
#define TRACEFMT_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracefmt/error.h"
#include "tracefmt/index.h"
#include "tracefmt/reader.h"
#include "tracefmt/segments.h"

/* One file of a trace, as opening it has found it. */
struct tf_part {
	const struct tf_segment *segment;
	struct tf_totals totals;
	uint64_t first_event, next_event; /* as in struct tf_index */
	bool complete, has_damage;
	struct tf_error before; /* what is wrong where it begins; no reason: nothing */
};

/* What of a trace is asked for. */
struct tf_selection {
	uint64_t from_ns, to_ns;	 /* UINT64_MAX: no limit */
	uint64_t first_event, end_event; /* by number in the trace; UINT64_MAX: no limit */
	uint32_t kinds;			 /* bits 1 << enum tf_kind */
	unsigned want;			 /* enum tf_want */
	bool warm;
	uint64_t cpus;	   /* as in the index; all ones: no filter */
	uint64_t *cpu_set; /* owned, 65536 bits; NULL: no filter */
};

/* A block in the list of a part; an entry may be one behind the last. */
struct tf_spot {
	size_t part, entry;
};

/* Where the reading has come to; copied to be able to go back. */
struct tf_place {
	bool has_begun;
	enum tf_phase phase;
	struct tf_spot at;
	bool told; /* part->before of the part at hand */
};

struct tf_step {
	const struct tf_part *part;
	enum tf_phase phase;
	struct tf_index_entry entry;
	int err;	    /* not 0: error, nr_unread and part are all that is set */
	uint64_t nr_unread; /* records that were in what err is about, as far as is known */
	struct tf_error error;
};

struct tf_cursor {
	const struct tf_part *parts; /* not owned */
	size_t nr_parts;
	const struct tf_selection *selection; /* not owned */
	size_t max_footer;		      /* for tf_index_load() */
	struct tf_place place;
	size_t loaded; /* part that index is of, SIZE_MAX if none */
	struct tf_index index;
	/* Of a warm start: first block of the checkpoint, the one behind it, first of the range. */
	struct tf_spot live, before, range;
};

void tf_cursor_init(struct tf_cursor *c, const struct tf_part *parts, size_t nr_parts,
		    const struct tf_selection *selection, size_t max_footer);
void tf_cursor_release(struct tf_cursor *c);
void tf_cursor_rewind(struct tf_cursor *c);
/* The next block to decode, or error to tell.  False at the end. */
bool tf_cursor_next(struct tf_cursor *c, struct tf_step *step);

/* In which part of the selection an event is; number is its own. */
static inline bool tf_is_before(const struct tf_selection *s, uint64_t ts_ns, uint64_t number)
{
	return ts_ns < s->from_ns || number < s->first_event;
}

static inline bool tf_is_behind(const struct tf_selection *s, uint64_t ts_ns, uint64_t number)
{
	/* The end of time is in a range that is not cut. */
	return (ts_ns >= s->to_ns && s->to_ns != UINT64_MAX) ||
	       (number >= s->end_event && s->end_event != UINT64_MAX);
}

#endif
