/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flight recorder: what triggers it, and what the trace says of that.  What it keeps is
 * the trace writer's (tracefmt/writer.h).
 */
#ifndef BPF_FLIGHT_H
#define BPF_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracefmt/event.h"
#include "tracefmt/meta.h"

enum kc_trigger {
	KC_TRIGGER_FAILURE = 1 << 0, /* an allocation that failed */
	KC_TRIGGER_ORDER = 1 << 1,   /* a page_alloc of that order or more */
	KC_TRIGGER_SIGNAL = 1 << 2,  /* kc_session_trigger() */
};

/*
 * With last_ns or last_bytes the newest events alone are kept, in memory, and written when
 * something triggers that, or at the end if nothing can.
 */
struct kc_flight {
	uint64_t last_ns, last_bytes; /* 0: no limit of that kind; both 0: no flight recorder */
	unsigned int triggers;	      /* enum kc_trigger; 0: written at the end */
	unsigned int order;
};

/* What ended a flight. */
struct kc_triggered {
	unsigned int by;       /* enum kc_trigger, 0: nothing did */
	uint64_t ts_ns;	       /* on the clock of the events */
	struct tf_event event; /* unless it was a signal */
	char task[32];	       /* name of the event's thread; empty if it was gone already */
	char site[160];	       /* symbol of its call site; empty if that has none */
};

static inline bool kc_flight_is_on(const struct kc_flight *flight)
{
	return flight->last_ns || flight->last_bytes;
}

/* Which of the triggers the event is, 0 if none; a failure comes first. */
static inline unsigned int kc_flight_match(const struct kc_flight *flight,
					   const struct tf_event *ev)
{
	if (flight->triggers & KC_TRIGGER_FAILURE && tf_event_is_failed(ev))
		return KC_TRIGGER_FAILURE;
	if (flight->triggers & KC_TRIGGER_ORDER && ev->kind == TF_PAGE_ALLOC &&
	    ev->order >= flight->order)
		return KC_TRIGGER_ORDER;
	return 0;
}

/* Note what triggered: an event, or NULL and the time of the signal. */
void kc_triggered_note(struct kc_triggered *triggered, unsigned int by, const struct tf_event *ev,
		       uint64_t ts_ns);
/* Once meta has the symbol of the call site. */
void kc_triggered_find_site(struct kc_triggered *triggered, const struct tf_meta *meta);
/* "page_alloc of order 4 by python3 (1234) at fcntl_setpipe+0x1c"; returns buf. */
char *kc_triggered_text(const struct kc_triggered *triggered, char *buf, size_t len);
/* "failure", "order>=3", "signal" as they are given to --trigger, with ", "; returns buf. */
char *kc_flight_triggers(const struct kc_flight *flight, unsigned int which, char *buf, size_t len);

/*
 * record.flight and its like (kmemtool-trace(5)).  nr_passed events were before the first that
 * is kept, at first_ns.  0 or -ENOMEM.
 */
int kc_flight_add_facts(const struct kc_flight *flight, const struct kc_triggered *triggered,
			uint64_t nr_passed, uint64_t first_ns, struct tf_meta *meta);

#endif
