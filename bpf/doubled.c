/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holding back what may be the first of two.
 */
#include "bpf/doubled.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/kallsyms.h"
#include "tracefmt/frame.h"

#define NOTHING TF_NR_KINDS
#define INTERRUPTS (TF_CTX_SOFTIRQ | TF_CTX_HARDIRQ | TF_CTX_NMI)

int kc_doubled_init(struct kc_doubled *d, unsigned int nr_cpus, uint64_t page_bytes)
{
	memset(d, 0, sizeof(*d));
	d->held = malloc(nr_cpus * sizeof(*d->held));
	if (!d->held)
		return -ENOMEM;
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		d->held[cpu].kind = NOTHING;
	d->nr_cpus = nr_cpus;
	d->least_bytes = 2 * page_bytes + 1; /* KMALLOC_MAX_CACHE_SIZE, include/linux/slab.h */
	d->oldest_ns = UINT64_MAX;
	return 0;
}

void kc_doubled_release(struct kc_doubled *d)
{
	free(d->held);
	memset(d, 0, sizeof(*d));
}

/* Not only kmalloc's own functions: some have others of mm/slub.c inlined, or are so. */
bool kc_is_inside_slab(void *syms, uint64_t call_site)
{
	char name[160];
	uint32_t offset;

	/* A return address belongs to the call before it, even at the end of a function. */
	return !kc_kallsyms_find(syms, call_site - 1, name, sizeof(name), &offset) &&
	       tf_frame_by_name(name) == TF_FRAME_SLAB;
}

static bool may_be_first(const struct kc_doubled *d, const struct tf_event *ev)
{
	return ev->kind == TF_KMALLOC && ev->bytes_req >= d->least_bytes &&
	       (!d->is_inside || d->is_inside(d->arg, ev->call_site));
}

/* What interrupts the kernel between the two events of a request is neither. */
static bool is_of_same_context(const struct tf_event *a, const struct tf_event *b)
{
	return a->pid == b->pid && (a->ctx & INTERRUPTS) == (b->ctx & INTERRUPTS);
}

static bool is_same_request(const struct tf_event *a, const struct tf_event *b)
{
	return b->kind == TF_KMALLOC && a->addr == b->addr && a->bytes_req == b->bytes_req &&
	       a->gfp == b->gfp && is_of_same_context(a, b);
}

static void let_go(struct kc_doubled *d, struct tf_event *held)
{
	held->kind = NOTHING;
	if (!--d->nr_held)
		d->oldest_ns = UINT64_MAX;
}

static int emit_held(struct kc_doubled *d, struct tf_event *held,
		     int (*emit)(void *arg, const struct tf_event *ev), void *arg)
{
	struct tf_event ev = *held;

	let_go(d, held);
	return emit(arg, &ev);
}

/* The oldest first. */
int kc_doubled_flush(struct kc_doubled *d, uint64_t now_ns,
		     int (*emit)(void *arg, const struct tf_event *ev), void *arg)
{
	while (d->nr_held) {
		struct tf_event *oldest = NULL;
		int ret;

		for (unsigned int cpu = 0; cpu < d->nr_cpus; cpu++) {
			struct tf_event *held = &d->held[cpu];

			if (held->kind != NOTHING && (!oldest || held->ts_ns < oldest->ts_ns))
				oldest = held;
		}
		d->oldest_ns = oldest->ts_ns;
		if (now_ns != UINT64_MAX && now_ns < oldest->ts_ns + KC_HOLD_NS)
			return 0;
		ret = emit_held(d, oldest, emit, arg);
		if (ret)
			return ret;
	}
	return 0;
}

/* The held event, and the next one of its CPU that is not its second. */
static int meet(struct kc_doubled *d, struct tf_event *held, const struct tf_event *ev,
		int (*emit)(void *arg, const struct tf_event *ev), void *arg)
{
	/* A first event that is known as such waits for its second while the CPU is interrupted. */
	if (d->is_inside && !is_of_same_context(held, ev))
		return 0;
	return emit_held(d, held, emit, arg);
}

int kc_doubled_add(struct kc_doubled *d, const struct tf_event *ev,
		   int (*emit)(void *arg, const struct tf_event *ev), void *arg)
{
	struct tf_event *held = ev->cpu < d->nr_cpus ? &d->held[ev->cpu] : NULL;
	int ret = 0;

	if (d->nr_held && held && held->kind != NOTHING) {
		/* Its own call site may be inside, too: that of kvmalloc(). */
		if (is_same_request(held, ev)) {
			d->nr_dropped++;
			let_go(d, held);
			return emit(arg, ev);
		}
		ret = meet(d, held, ev, emit, arg);
	}
	if (!ret && d->nr_held && ev->ts_ns >= KC_HOLD_NS && ev->ts_ns - KC_HOLD_NS >= d->oldest_ns)
		ret = kc_doubled_flush(d, ev->ts_ns, emit, arg);
	if (ret)
		return ret;
	if (!held || held->kind != NOTHING || !may_be_first(d, ev))
		return emit(arg, ev);
	*held = *ev;
	d->nr_held++;
	if (ev->ts_ns < d->oldest_ns)
		d->oldest_ns = ev->ts_ns;
	return 0;
}
