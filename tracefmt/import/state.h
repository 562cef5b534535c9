/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an import holds.  Inside of tracefmt/import/ only.
 *
 * The queue.  Events wait in a ring until QUEUE others came, oldest first out:
 *
 *      written |  . . x . . . . . . .  |
 *              ^tail                   ^head (numbers, never wrapped)
 *
 * An event in the queue can still be dropped (x), get a call chain, or lose its place to a
 * second telling of the same thing.  Each CPU remembers the number of its last event; a
 * number below tail has been written and is out of reach.
 */
#ifndef TRACEFMT_IMPORT_STATE_H
#define TRACEFMT_IMPORT_STATE_H

#include "tracefmt/import/caches.h"
#include "tracefmt/import/gfp.h"
#include "tracefmt/import/import.h"
#include "tracefmt/import/stacks.h"
#include "tracefmt/import/symbols.h"

#define TF_IMPORT_QUEUE 256u	    /* power of two */
#define TF_IMPORT_MAX_KINDS 1024u   /* names of ignored events; further ones are "..." */
#define TF_IMPORT_META_EVERY 65536u /* events between two looks at what metadata is new */
#define TF_IMPORT_IGNORED_FACTS 32u /* ignored names that become facts */

struct tf_queued {
	struct tf_event ev;
	bool is_dropped;
	uint8_t source; /* enum tf_import_event */
};

/* Numbers are 1 more than those of the queue; 0 is none. */
struct tf_import_cpu {
	uint64_t last;	      /* last event */
	uint64_t stack_for;   /* event that a kernel_stack belongs to */
	uint64_t lost_before; /* the first event */
};

/* Which event classes came up, for the facts record.class.*. */
enum tf_import_class {
	TF_CLASS_SLAB = 1 << 0,
	TF_CLASS_PAGE = 1 << 1,
	TF_CLASS_VMALLOC = 1 << 2,
	TF_CLASS_PERCPU = 1 << 3,
};

struct tf_import {
	struct tf_writer *writer; /* borrowed */
	struct tf_meta meta;
	struct tf_symbols symbols;
	struct tf_stacks stacks;
	struct tf_caches caches;
	struct tf_gfp gfp;
	struct tf_import_stats stats;
	unsigned int pointer_bytes;
	bool is_started;
	/* the queue */
	struct tf_queued *queue;
	uint64_t head, tail;
	struct tf_import_cpu *cpus; /* by number */
	size_t nr_cpus;
	uint64_t last_ns, newest_ns;
	uint64_t nr_until_meta;
	/* evidence for facts */
	unsigned int classes; /* enum tf_import_class */
	bool has_flags, has_depth, has_page_pfn, has_gfp;
	uint8_t preempt_offset; /* that the tracepoint itself added to every depth */
	uint64_t nr_plain, nr_hashed, nr_unaligned;
	/* ignored events: open addressing over stats.ignored's array */
	struct tf_import_ignored *ignored;
	uint16_t *ignored_slots;
	struct tf_meta host; /* its two snapshots, until their time is known */
	/* what cpuinfo looks like: machines of 64 and 32 bits, NULL if it does not tell */
	const char *machine_64, *machine_32;
};

/* queue.c */
int tf_import_push(struct tf_import *imp, const struct tf_event *ev, uint8_t source);
int tf_import_flush(struct tf_import *imp);
/* The event of that number (as struct tf_import_cpu has it) if it is still in the queue and whole.
 */
struct tf_queued *tf_import_queued(struct tf_import *imp, uint64_t number);
/* The CPU's state, made on first use; NULL without memory. */
struct tf_import_cpu *tf_import_cpu(struct tf_import *imp, unsigned int cpu);
/* Write what is known of the host and a snapshot of it, with its mark in the event stream. */
int tf_import_mark(struct tf_import *imp, size_t snapshot, uint64_t ts_ns);

/*
 * record.c: the first event is here, or there is none; what will be in the file's header is
 * known, or will not be.
 */
int tf_import_start(struct tf_import *imp, uint64_t ts_ns);

/* chain.c: give an event its call chain, and what follows from it. */
int tf_import_attach(struct tf_import *imp, struct tf_event *ev, const uint64_t *frames,
		     unsigned int nr);

/* host_facts.c: facts out of copies of files; zones are those of the opening snapshot. */
int tf_import_host_facts(struct tf_import *imp, const struct tf_snapshot *files,
			 const struct tf_snapshot *zones);

/* facts.c */
int tf_import_add_facts(struct tf_import *imp);

#endif
