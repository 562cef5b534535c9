/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of a line.  Inside of tracefmt/import/ only; see text.h for the layouts.
 */
#ifndef TRACEFMT_IMPORT_TEXT_LINE_H
#define TRACEFMT_IMPORT_TEXT_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "tracefmt/import/record.h"
#include "tracefmt/import/text_scan.h"

/* What stands before the fields. */
struct tf_text_head {
	uint64_t ts_ns;
	uint32_t pid;
	uint16_t cpu;
	uint8_t ctx; /* TF_CTX_UNKNOWN if there are no flags */
	uint8_t preempt;
	bool is_perf;	     /* the pid stands apart from the task's name */
	bool is_stack;	     /* "<stack trace>", "kernel_stack:" */
	struct tf_span name; /* without its system; empty if the line has none */
	struct tf_span fields;
};

/* NULL, or why it is no event. */
const char *tf_text_head(const char *line, const char *end, struct tf_text_head *head);

/* A place in the code as text. */
struct tf_text_symbol {
	struct tf_span function; /* empty: only an address */
	struct tf_span module;	 /* empty: none */
	uint64_t addr;		 /* 0: only a symbol */
	uint64_t offset;
};

/*
 * The fields of an event of the allocators, into rec->has and the values.  Spans point into
 * the line; rec's cache_name does, too.  NULL, or what is missing or wrong.
 */
struct tf_text_fields {
	struct tf_text_symbol site; /* with TF_IMPORT_HAS_CALL_SITE; not yet an address in rec */
	struct tf_span gfp;	    /* with TF_IMPORT_HAS_GFP; not yet bits in rec */
};

const char *tf_text_fields(const char *at, const char *end, struct tf_import_record *rec,
			   struct tf_text_fields *fields);

/*
 * One line of a call chain.  1: a frame of the kernel; 0: one of a program, or nothing to
 * be used; -1: no such line.
 */
int tf_text_perf_frame(const char *line, const char *end, unsigned int pointer_bytes,
		       struct tf_text_symbol *symbol);
int tf_text_ftrace_frame(const char *line, const char *end, struct tf_text_symbol *symbol);

/* "CPU:3 [LOST 12 EVENTS]": true, and *nr 0 if the number is not told. */
bool tf_text_loss(const char *line, const char *end, unsigned int *cpu, uint64_t *nr);

#endif
