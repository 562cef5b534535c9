/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One event as one line: for people, as a JSON object, or as CSV.
 *
 * Times are nanoseconds since the first event of the trace.  What an event has not
 * is null in JSON and empty in CSV; the text line leaves it out.
 */
#ifndef CMD_UI_EVENT_PRINT_H
#define CMD_UI_EVENT_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "core/page/gfp.h"
#include "tracefmt/event.h"
#include "tracefmt/meta.h"

enum ui_event_format {
	UI_EVENT_TEXT,
	UI_EVENT_JSONL,
	UI_EVENT_CSV,
};

enum ui_event_flags {
	UI_EVENT_STACKS = 1 << 0, /* call chains, not only their numbers; not in CSV */
};

#define UI_GFP_SLOTS 64 /* a power of two */

struct ui_event_printer {
	FILE *file;		    /* not owned */
	const struct tf_meta *meta; /* not owned */
	enum ui_event_format format;
	unsigned int flags; /* enum ui_event_flags */
	uint64_t first_ns;
	bool has_irqs_off; /* the trace tells whether interrupts were off */
	bool has_rcu;	   /* and whether it was in an RCU read-side section */
	struct km_gfp_layout layout;
	/* Flags already turned into text; a trace has few different ones. */
	struct {
		uint32_t gfp;
		char text[180];
	} gfp[UI_GFP_SLOTS];
};

void ui_event_printer_init(struct ui_event_printer *printer, FILE *file, const struct tf_meta *meta,
			   enum ui_event_format format, unsigned int flags, uint64_t first_ns);
/* The CSV header; nothing for the other formats. */
void ui_event_print_header(const struct ui_event_printer *printer);
void ui_event_print(struct ui_event_printer *printer, const struct tf_event *ev);

#endif
