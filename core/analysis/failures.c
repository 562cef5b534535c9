/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list of failures.
 *
 * An event that failed on the host is told first; if the model refused it too, the same
 * entry says so.
 */
#include "core/analysis/failures.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The order of the block of pages that serves it, where one does. */
static unsigned int order_of(const struct km_replay *replay, const struct tf_event *ev)
{
	uint64_t page_bytes = 1ull << replay->kernel.machine.profile.page_shift;
	unsigned int order = 0;

	if (ev->kind == TF_PAGE_ALLOC)
		return ev->order;
	if (replay->kernel.pages.last_failure.reason)
		return replay->kernel.pages.last_failure.order;
	while (ev->kind == TF_KMALLOC && page_bytes << order < ev->bytes_req && order < 64)
		order++;
	return order;
}

static uint64_t bytes_of(const struct km_replay *replay, const struct tf_event *ev)
{
	if (ev->kind != TF_PAGE_ALLOC)
		return ev->bytes_req;
	return ev->order < 40 ? 1ull << replay->kernel.machine.profile.page_shift << ev->order : 0;
}

/* A new entry, or NULL if the list is full. */
static struct km_failure *add(struct km_failures *failures, const struct tf_event *ev,
			      unsigned int flags)
{
	const struct km_replay *replay = failures->replay;
	struct km_failure *failure;

	if (failures->nr == KM_MAX_FAILURES)
		return NULL;
	failure = &failures->list[failures->nr++];
	failure->ts_ns = replay->now_ns - replay->first_ns;
	failure->call_site = ev->call_site;
	failure->bytes = bytes_of(replay, ev);
	failure->gfp = replay->gfp_now;
	failure->pid = ev->pid;
	failure->cpu = ev->cpu;
	failure->kind = ev->kind == TF_PERCPU_FAIL ? TF_PERCPU_ALLOC : ev->kind;
	failure->order = order_of(replay, ev);
	failure->context = km_context_of(ev->ctx);
	failure->flags = flags;
	failure->reason = "";
	return failure;
}

static void on_host_fail(void *self, const struct km_replay *replay, const struct tf_event *ev)
{
	struct km_failures *failures = self;

	failures->host_total++;
	failures->host_event = replay->nr_events;
	failures->host_entry = add(failures, ev, KM_FAILED_HOST);
}

static const char *reason_without_pages(const struct tf_event *ev)
{
	if (ev->kind == TF_VMAP_ALLOC)
		return "no address space for the area, or its size is not possible";
	if (ev->kind == TF_PERCPU_ALLOC || ev->kind == TF_PERCPU_FAIL)
		return "no room in the chunks, or its size is not possible";
	return "its size is not possible";
}

static void on_fail(void *self, const struct km_replay *replay, const struct tf_event *ev)
{
	const struct km_page_failure *why = &replay->kernel.pages.last_failure;
	struct km_failures *failures = self;
	struct km_failure *entry;
	unsigned int order = order_of(replay, ev);

	failures->total++;
	failures->order_ge_3 += order >= 3;
	failures->atomic += !(replay->gfp_now & KM_GFP_DIRECT_RECLAIM);
	entry = failures->host_event == replay->nr_events ? failures->host_entry
							  : add(failures, ev, 0);
	if (!entry)
		return;
	entry->flags |= KM_FAILED_MODEL;
	entry->order = order;
	entry->reason = why->reason ? why->reason : reason_without_pages(ev);
	if (why->reason)
		entry->pages = *why;
}

static const struct km_observer_ops ops = {
	.name = "failures",
	.host_fail = on_host_fail,
	.fail = on_fail,
};

int km_failures_init(struct km_failures *failures, struct km_replay *replay)
{
	memset(failures, 0, sizeof(*failures));
	failures->replay = replay;
	failures->host_event = UINT64_MAX;
	failures->list = calloc(KM_MAX_FAILURES, sizeof(*failures->list));
	return failures->list ? km_replay_add_observer(replay, &ops, failures) : -ENOMEM;
}

void km_failures_release(struct km_failures *failures)
{
	free(failures->list);
	memset(failures, 0, sizeof(*failures));
}
