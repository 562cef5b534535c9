/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A text while it is being read.  Inside of tracefmt/import/ only.
 */
#ifndef TRACEFMT_IMPORT_TEXT_STATE_H
#define TRACEFMT_IMPORT_TEXT_STATE_H

#include "tracefmt/import/text.h"
#include "tracefmt/import/text_line.h"

#define TF_TEXT_NAME_ROOM 64u
#define TF_TEXT_SITE_ROOM 256u

enum tf_text_state {
	TF_TEXT_NONE,
	TF_TEXT_CHAIN,	    /* the event in record may get a call chain */
	TF_TEXT_STACK,	    /* the lines of a stack trace follow */
	TF_TEXT_OTHER_STACK /* the same, of no event of ours */
};

struct tf_text {
	struct tf_import *imp;
	enum tf_import_format format;
	bool has_begun;	  /* what the text looks like is known */
	bool is_too_long; /* the rest of the line is passed over */
	uint64_t line;	  /* number of the current one */
	uint64_t nr_events;
	enum tf_text_state state;
	unsigned int stack_cpu;
	uint32_t stack_pid;
	/* the event that waits: its name and its call site are copies */
	struct tf_import_record record;
	struct tf_text_symbol site;
	char site_text[TF_TEXT_SITE_ROOM], name[TF_TEXT_NAME_ROOM];
	unsigned int nr_frames;
	uint64_t frames[TF_MAX_FRAMES];
	/* the first bytes, then the piece of a line that has no end yet */
	char *rest;
	size_t rest_len, rest_room;
};

/* text.c: one line, without its end. */
int tf_text_take_line(struct tf_text *text, const char *line, const char *end);
/* Is the line of the format that was asked for? */
bool tf_text_is_wanted(const struct tf_text *text, const struct tf_text_head *head);
/* Hand over the event or stack that waited for more lines. */
int tf_text_close(struct tf_text *text);

#endif
