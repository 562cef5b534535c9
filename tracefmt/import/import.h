/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Building a trace out of another tool's.
 *
 *	front end (text.c, trace_dat.c)	 ──records──▶  struct tf_import  ──events──▶  writer
 *	host.c: copies of /proc files	 ──facts, snapshots──▶  ┘
 *
 * The life of an import:
 *	tf_import_new();
 *	tf_import_host(), if there are copies of the host's files;
 *	the front end tells what it knows of the host: tf_import_fact();
 *	tf_import_record(), tf_import_lost(), tf_import_ignore() in the order of the trace;
 *	tf_import_finish();  tf_import_get_stats();  tf_import_free().
 *
 * Events leave in the order in which they came, a few hundred later: an event may be
 * dropped or completed by those after it (kernel-specific doubles, stacks).
 *
 * All functions return 0 or a negative errno.  Errors are those of memory and of the
 * writer; a trace with strange contents is never one, it is counted.
 */
#ifndef TRACEFMT_IMPORT_IMPORT_H
#define TRACEFMT_IMPORT_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracefmt/error.h"
#include "tracefmt/import/record.h"
#include "tracefmt/import/symbols.h"
#include "tracefmt/meta.h"
#include "tracefmt/writer.h"

struct tf_import;

/* Events of the source that were not used, by name. */
struct tf_import_ignored {
	char name[64];
	uint64_t nr;
};

#define TF_IMPORT_BAD_LINES 5 /* that many are told by number and reason */

struct tf_import_bad {
	uint64_t line; /* from 1; of a binary trace, its record number */
	char reason[80];
};

/*
 * What became of the source:
 *	nr_records = nr_events + nr_doubled + nr_dropped
 * nr_malformed are not among nr_records, for they were not handed in.
 */
struct tf_import_stats {
	uint64_t nr_lines;	      /* of a text; 0 for a binary trace */
	uint64_t nr_records;	      /* of the allocators' tracepoints */
	uint64_t nr_events;	      /* written, without gaps and marks */
	uint64_t nr_doubled;	      /* the second telling of something already told */
	uint64_t nr_dropped;	      /* without what an event cannot be without, e.g. a pointer */
	uint64_t nr_ignored;	      /* events of other tracepoints */
	uint64_t nr_malformed;	      /* events of the allocators that could not be read */
	uint64_t nr_not_events;	      /* lines that are no events */
	uint64_t nr_lost;	      /* told by gaps */
	uint64_t nr_uncounted_losses; /* gaps of 1 that stand for nobody knows how many */
	uint64_t nr_steps_back;	      /* events older than the one before them */
	uint64_t nr_odd_gfp;	      /* with bits or names that are not known */
	uint64_t nr_made_up_sites;
	uint64_t nr_refused_sites;  /* events whose call site has a name and could get no address */
	uint64_t nr_refused_frames; /* the same of frames, which their chains lack */
	uint64_t nr_refused_names; /* times that an address stayed without the name that was told */
	uint64_t nr_unnamed;	   /* cache allocations without the cache's name */
	uint64_t nr_wrong_guess;   /* of these, freed under another name than was guessed */
	uint64_t nr_refused_stacks; /* call chains beyond what a trace may hold */
	size_t nr_kinds_ignored;
	const struct tf_import_ignored *ignored; /* most frequent first; after finish */
	struct tf_import_bad bad[TF_IMPORT_BAD_LINES];
};

/* The writer is borrowed and must outlive the import.  0 or -ENOMEM. */
int tf_import_new(struct tf_import **out, struct tf_writer *writer);
void tf_import_free(struct tf_import *imp);

/*
 * Set a fact about the source ("host.machine", "host.page_size", "import.source"), unless
 * the host's own files have told it.  host.machine and host.page_size must be known
 * before the first record, for the file's header has them.
 */
int tf_import_fact(struct tf_import *imp, const char *key, const char *value);
int tf_import_factf(struct tf_import *imp, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The value of a fact, from wherever; NULL if there is none. */
const char *tf_import_get_fact(const struct tf_import *imp, const char *key);
/* Pointers of the host in bytes, 4 or 8; before it is told: 8. */
void tf_import_set_pointer_bytes(struct tf_import *imp, unsigned int bytes);
unsigned int tf_import_pointer_bytes(const struct tf_import *imp);

/* One event of an allocator.  rec and what it points to is not kept. */
int tf_import_record(struct tf_import *imp, const struct tf_import_record *rec);
/*
 * A stack that the trace tells as a record of its own (ftrace's kernel_stack): that of
 * the last event of the CPU, if that was the same thread's.
 */
int tf_import_stack(struct tf_import *imp, unsigned int cpu, uint32_t pid, const uint64_t *frames,
		    unsigned int nr_frames);
/* nr events were lost on that CPU before what comes next of it; 0: some, nobody knows how many. */
int tf_import_lost(struct tf_import *imp, unsigned int cpu, uint64_t nr);
/* One event of another tracepoint on that CPU; a stack that follows is not of an event of ours. */
int tf_import_ignore(struct tf_import *imp, unsigned int cpu, const char *name, size_t len);
/* An event of an allocator that cannot be read: something is missing from the trace. */
void tf_import_malformed(struct tf_import *imp, uint64_t line, const char *reason);
/* A line that is no event of anything. */
void tf_import_not_event(struct tf_import *imp, uint64_t line, const char *reason);
void tf_import_count_line(struct tf_import *imp);

/*
 * Names of addresses.  Cheap for what is already known: call it for every site and frame.
 * name is "function" or "function [module]".
 */
int tf_import_symbol(struct tf_import *imp, uint64_t addr, const char *name, size_t len,
		     uint32_t offset, enum tf_place_use use);
/*
 * The address of a symbol whose address the trace does not tell: that of a
 * tf_import_symbol() of the same name and offset, or one made up, the same each time; 0 if there is
 * no room for more.
 */
int tf_import_site(struct tf_import *imp, const char *name, size_t len, uint32_t offset,
		   enum tf_place_use use, uint64_t *addr);

/*
 * Flags by their names, "GFP_KERNEL|__GFP_ZERO", of any kernel: bits in the layout whose
 * facts this import writes (6.12's, and what only others have above it).
 */
uint32_t tf_import_gfp(struct tf_import *imp, const char *text, size_t len);
/* The single bit of "__GFP_ZERO" (or "ZERO"), 0 if the name is not known: for raw flags. */
uint32_t tf_import_gfp_bit(struct tf_import *imp, const char *name, size_t len);

/* Write what is left, the facts and the closing snapshot.  The writer stays open. */
int tf_import_finish(struct tf_import *imp);
/* Pointers in it are valid until the import is freed. */
void tf_import_get_stats(const struct tf_import *imp, struct tf_import_stats *stats);

/*
 * Read DIR/start and DIR/end, copies of files of the host, by their path
 * ("proc/zoneinfo") or their name ("zoneinfo").  Before the first record.  -ENOENT if
 * there is neither; a file that is no file of a host is left alone.
 */
int tf_import_host(struct tf_import *imp, const char *dir, struct tf_error *err);

#endif
