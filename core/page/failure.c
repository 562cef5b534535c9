/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is written down when an allocation fails, and how it reads.
 *
 * The kernel's own report (warn_alloc(), mm/page_alloc.c; show_mem.c) has the state of the
 * zones; what refused and what was tried it leaves to the reader.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/page/compact.h"
#include "core/page/failure.h"
#include "core/page/reclaim.h"
#include "core/page/request.h"

static const char *const refusal_names[KM_NR_REFUSALS] = {
	[KM_REFUSED_NOT_TRIED] = "not-tried", [KM_REFUSED_WATERMARK] = "watermark",
	[KM_REFUSED_NO_BLOCK] = "no-block",   [KM_REFUSED_OTHER_NODE] = "other-node",
	[KM_REFUSED_RESERVE] = "reserve",     [KM_REFUSED_NO_FALLBACK] = "no-fallback",
};

static const char *const gave_up_texts[KM_NR_GAVE_UP] = {
	[KM_GAVE_UP_NEVER_TRIED] = "nothing could be tried",
	[KM_GAVE_UP_MAY_NOT_WAIT] = "the caller may not wait, so nothing was reclaimed for it",
	[KM_GAVE_UP_MEMALLOC] = "the task reclaims for others itself, and may not do so again",
	[KM_GAVE_UP_NO_COMPACTION] = "NORETRY, and compaction had no prospect",
	[KM_GAVE_UP_NORETRY] = "NORETRY: one round is all that it wanted",
	[KM_GAVE_UP_COSTLY] = "more than 8 pages are retried for RETRY_MAYFAIL alone",
	[KM_GAVE_UP_NO_OOM] =
		"nothing is left to reclaim, and no task is killed for such a request",
	[KM_GAVE_UP_OOM_VICTIM] = "the task is being killed, and has had its reserve",
	[KM_GAVE_UP_NOTHING_LEFT] =
		"nothing is left to reclaim or to kill for: the kernel would go on trying, or panic",
};

const char *km_refusal_name(unsigned int refusal)
{
	return refusal < KM_NR_REFUSALS ? refusal_names[refusal] : "?";
}

const char *km_gave_up_text(unsigned int gave_up)
{
	return gave_up < KM_NR_GAVE_UP ? gave_up_texts[gave_up] : "?";
}

uint64_t km_request_fail(struct km_pages *pages, const struct km_page_request *req,
			 const char *reason)
{
	struct km_page_failure *failure = &pages->last_failure;

	/* The zones are many and mostly not filled. */
	memset(failure, 0, offsetof(struct km_page_failure, zones));
	failure->gfp = req->gfp;
	failure->order = req->order;
	failure->cpu = req->cpu;
	km_might_sleep(&pages->machine->cpus[req->cpu], failure->context, sizeof(failure->context));
	failure->reason = reason;
	return KM_NO_PFN;
}

/* A free block of the order or larger of any type, whether the request may take it or not. */
static bool has_any_block(const struct zone *zone, unsigned int order)
{
	for (; order < KM_NR_ORDERS; order++)
		if (zone->free_area[order].nr_free)
			return true;
	return false;
}

static enum km_refusal why_refused(const struct zone *zone, const struct km_page_request *req,
				   const struct km_zone_refusal *entry)
{
	if (entry->free_pages <= entry->mark && !(req->alloc_flags & KM_ALLOC_NO_WATERMARKS))
		return entry->free_pages > entry->mark - entry->reserve ? KM_REFUSED_RESERVE
									: KM_REFUSED_WATERMARK;
	if (has_any_block(zone, req->order) &&
	    !km_zone_has_block(zone, req->order, req->alloc_flags))
		return KM_REFUSED_NO_FALLBACK;
	return KM_REFUSED_NO_BLOCK;
}

static void describe_mark(const struct zone *zone, const struct km_page_request *req,
			  struct km_zone_refusal *entry)
{
	if (req->alloc_flags & KM_ALLOC_NO_WATERMARKS)
		return;
	entry->reserve = zone->lowmem_reserve[req->class];
	entry->mark =
		km_zone_needs(zone, req->order, zone->wmark_min, req->class, req->alloc_flags);
	/* Against a mark of nothing all that is left is what comes on top of one. */
	entry->unusable =
		km_zone_needs(zone, req->order, 0, req->class, req->alloc_flags) - entry->reserve;
	entry->wmark = entry->mark - entry->reserve - entry->unusable;
}

static void describe_zone(const struct km_pages *pages, const struct km_page_request *req,
			  unsigned int index, struct km_zone_refusal *entry)
{
	const struct zone *zone = &pages->zones[index];

	*entry = (struct km_zone_refusal){
		.zone = index,
		.refusal = KM_REFUSED_NOT_TRIED,
		.fragmentation_index = km_fragmentation_index(zone, req->order),
		.unusable_index = km_unusable_index(zone, req->order),
		.free_pages = zone->free_pages,
		.reclaimable = km_zone_reclaimable_pages(zone, pages->nr_swap_pages),
	};
	for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
		entry->free_blocks[order] = zone->free_area[order].nr_free;
	if ((int)zone->type > req->class || !zone->managed_pages)
		return;
	if (!km_zone_is_eligible(zone, req)) {
		entry->refusal = KM_REFUSED_OTHER_NODE;
		return;
	}
	describe_mark(zone, req, entry);
	entry->refusal = why_refused(zone, req, entry);
	if (entry->free_pages <= entry->mark)
		entry->shortfall = entry->mark + 1 - entry->free_pages;
}

uint64_t km_request_fail_by_zones(struct km_pages *pages, const struct km_page_request *req,
				  const struct km_failure_path *path)
{
	struct km_page_failure *failure = &pages->last_failure;
	const bool no_marks = req->alloc_flags & KM_ALLOC_NO_WATERMARKS;
	bool tried = false, no_block = false, no_fallback = false;

	km_request_fail(pages, req, NULL);
	failure->path = *path;
	failure->nr_zones = pages->nr_zones;
	for (unsigned int i = 0; i < pages->nr_zones; i++) {
		unsigned int refusal;

		describe_zone(pages, req, i, &failure->zones[i]);
		refusal = failure->zones[i].refusal;
		tried |= refusal != KM_REFUSED_NOT_TRIED && refusal != KM_REFUSED_OTHER_NODE;
		no_block |= refusal == KM_REFUSED_NO_BLOCK;
		no_fallback |= refusal == KM_REFUSED_NO_FALLBACK;
	}
	if (!tried)
		failure->reason = "no zone may serve it";
	else if (no_marks && !no_fallback)
		failure->reason = "no free block, even without watermarks";
	else if (no_block && !no_marks)
		failure->reason = "memory is fragmented: enough free pages, no block of the order";
	else if (no_fallback)
		failure->reason = "blocks of the order are free, but kept for others";
	else
		failure->reason = "free pages are below the min watermark and reserve";
	return KM_NO_PFN;
}

/* Text that may be longer than its place: counted on. */
struct text {
	char *buf;
	size_t len, used;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *fmt, ...)
{
	size_t room = text->used < text->len ? text->len - text->used : 0;
	va_list args;
	int nr;

	va_start(args, fmt);
	nr = vsnprintf(room ? text->buf + text->used : NULL, room, fmt, args);
	va_end(args);
	text->used += nr > 0 ? nr : 0;
}

static void add_path(struct text *text, const struct km_failure_path *path)
{
	add(text, "  tried: %s", path->kswapd_woken ? "kswapd woken" : "kswapd not woken");
	if (path->reclaim_tried)
		add(text, "; reclaimed %llu of %llu pages scanned",
		    (unsigned long long)path->reclaimed, (unsigned long long)path->scanned);
	if (path->compact != KM_COMPACT_NONE)
		add(text, "; compaction: %s", km_compact_result_name(path->compact));
	if (path->rounds)
		add(text, "; %u round%s, %llu us", path->rounds, path->rounds == 1 ? "" : "s",
		    (unsigned long long)(path->stall_ns / 1000));
	if (path->oom_kills)
		add(text, "; the OOM killer ran %u time%s", path->oom_kills,
		    path->oom_kills == 1 ? "" : "s");
	add(text, "\n  gave up: %s\n", km_gave_up_text(path->gave_up));
}

/* Thousandths as the kernel prints them: 0.500, -1.000. */
static void add_index(struct text *text, const char *name, int index)
{
	add(text, "%s %s%d.%03d", name, index < 0 ? "-" : "", (index < 0 ? -index : index) / 1000,
	    (index < 0 ? -index : index) % 1000);
}

static void add_verdict(struct text *text, const struct km_zone_refusal *entry, unsigned int order)
{
	switch (entry->refusal) {
	case KM_REFUSED_NOT_TRIED:
		add(text, "not asked: the flags do not allow this zone\n");
		return;
	case KM_REFUSED_OTHER_NODE:
		add(text, "not asked: THISNODE, and it is of another node\n");
		return;
	case KM_REFUSED_WATERMARK:
		add(text, "%llu pages short of its mark", (unsigned long long)entry->shortfall);
		break;
	case KM_REFUSED_RESERVE:
		add(text, "%llu pages short of its reserve for requests that have no other zone",
		    (unsigned long long)entry->shortfall);
		break;
	case KM_REFUSED_NO_FALLBACK:
		add(text, "the free blocks of order %u are kept for others", order);
		break;
	default:
		if (entry->shortfall)
			add(text, "no page is free");
		else
			add(text, "pages enough, but no block of order %u", order);
		break;
	}
	add(text,
	    "\n    free %llu, to exceed %llu = %llu of the min mark + %llu reserve + %llu not "
	    "usable; reclaimable %llu\n    ",
	    (unsigned long long)entry->free_pages, (unsigned long long)entry->mark,
	    (unsigned long long)entry->wmark, (unsigned long long)entry->reserve,
	    (unsigned long long)entry->unusable, (unsigned long long)entry->reclaimable);
	if (order) {
		add_index(text, "fragmentation index", entry->fragmentation_index);
		add_index(text, ", unusable", entry->unusable_index);
		add(text, "; ");
	}
	add(text, "free blocks by order:");
	for (unsigned int i = 0; i < KM_NR_ORDERS; i++)
		add(text, " %llu", (unsigned long long)entry->free_blocks[i]);
	add(text, "\n");
}

size_t km_page_failure_print(const struct km_page_failure *failure, const struct km_pages *pages,
			     char *buf, size_t len)
{
	struct text text = { .buf = buf, .len = len };
	char gfp[256];

	if (len)
		buf[0] = '\0';
	if (!failure->reason)
		return 0;
	add(&text, "page allocation failure: order:%u, mode:0x%x(%s), cpu %u, %s\n", failure->order,
	    failure->gfp, km_gfp_print(failure->gfp, gfp, sizeof(gfp)), failure->cpu,
	    failure->context[0] ? failure->context : "may sleep");
	add(&text, "  why: %s\n", failure->reason);
	if (!failure->nr_zones)
		return text.used;
	add_path(&text, &failure->path);
	for (unsigned int i = 0; i < failure->nr_zones; i++) {
		const struct km_zone_refusal *entry = &failure->zones[i];
		const struct zone *zone = &pages->zones[entry->zone];

		if (!zone->managed_pages)
			continue;
		add(&text, "  node %u %s: ", zone->node, km_zone_type_name(zone->type));
		add_verdict(&text, entry, failure->order);
	}
	return text.used;
}
