/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records to events: what the tracepoints of each kernel mean.
 *
 * Told twice, and told once in the trace:
 * a) a large kmalloc of 6.10 and later: first by the allocator's inner function, then for the
 *    true caller, next to each other on one CPU; the first is dropped;
 * b) a page of order 0 in 2.6.32: mm_page_free_direct comes from __free_pages() and again from
 *    free_hot_page(); the second is dropped.
 * Told in two ways:
 * c) mm_page_free_batched (3.3) accompanies mm_page_free: a hint.  Its forerunner mm_pagevec_free
 *    was all that 2.6.32 told of such a page; later mm_page_free_direct came from deeper down
 *    and followed it, and where it does mm_pagevec_free becomes the hint.
 *
 * Context.  ftrace's flags are those of the caller, but for the preemption depth: the
 * tracepoint raises it by one on CONFIG_PREEMPT kernels.  Since 4.7 ("correct off by one
 * while recording the trace-event", in trace_event_buffer_reserve()) ftrace takes that
 * off again; before, every event of such a kernel shows one too many.  So the offset is 1
 * where the host's version says PREEMPT and its release is older, until an event with depth
 * 0 proves that the change had been backported.  A kernel with PREEMPT_COUNT but without
 * PREEMPT(ION) has always shown one too many and cannot be told from others.
 */
#include <errno.h>
#include <string.h>

#include "tracefmt/import/state.h"

#define ZERO_SIZE_PTR 16u
#define MAX_ORDER_TOLD 63u

/* struct page of x86-64 before its address became random (4.8): vmemmap and the size of one. */
#define OLD_VMEMMAP 0xffffea0000000000ull
#define OLD_VMEMMAP_END 0xffffeb0000000000ull

static const uint8_t kinds[TF_NR_IMPORT_EVENTS] = {
	[TF_IMPORT_KMALLOC] = TF_KMALLOC,
	[TF_IMPORT_KMALLOC_NODE] = TF_KMALLOC,
	[TF_IMPORT_KFREE] = TF_KFREE,
	[TF_IMPORT_CACHE_ALLOC] = TF_CACHE_ALLOC,
	[TF_IMPORT_CACHE_ALLOC_NODE] = TF_CACHE_ALLOC,
	[TF_IMPORT_CACHE_FREE] = TF_CACHE_FREE,
	[TF_IMPORT_PAGE_ALLOC] = TF_PAGE_ALLOC,
	[TF_IMPORT_PAGE_FREE] = TF_PAGE_FREE,
	[TF_IMPORT_PAGE_FREE_DIRECT] = TF_PAGE_FREE,
	[TF_IMPORT_PAGE_FREE_BATCHED] = TF_PAGE_FREE_BATCH,
	[TF_IMPORT_PAGEVEC_FREE] = TF_PAGE_FREE,
	[TF_IMPORT_PERCPU_ALLOC] = TF_PERCPU_ALLOC,
	[TF_IMPORT_PERCPU_FREE] = TF_PERCPU_FREE,
	[TF_IMPORT_PERCPU_FAIL] = TF_PERCPU_FAIL,
	[TF_IMPORT_VMAP_ALLOC] = TF_VMAP_ALLOC,
	[TF_IMPORT_VMAP_FREE] = TF_VMAP_FREE,
};

static bool has(const struct tf_import_record *rec, uint32_t what)
{
	return (rec->has & what) == what;
}

static uint32_t clamp32(uint64_t value)
{
	return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

static uint8_t log2_of(uint64_t align)
{
	return align > 1 ? (uint8_t)(63 - __builtin_clzll(align)) : 0;
}

/* Everything that all kinds have. */
static void fill_common(struct tf_import *imp, const struct tf_import_record *rec,
			struct tf_event *ev)
{
	memset(ev, 0, sizeof(*ev));
	ev->ts_ns = rec->ts_ns;
	ev->cpu = rec->cpu;
	ev->pid = rec->pid;
	ev->kind = kinds[rec->event];
	ev->node = has(rec, TF_IMPORT_HAS_NODE) ? (int16_t)rec->node : TF_NO_NODE;
	ev->gfp = has(rec, TF_IMPORT_HAS_GFP) ? rec->gfp : 0;
	if (has(rec, TF_IMPORT_HAS_CALL_SITE))
		ev->call_site = rec->call_site;
	if (rec->ctx & TF_CTX_UNKNOWN) {
		ev->ctx = TF_CTX_UNKNOWN;
		return;
	}
	imp->has_flags = true;
	imp->has_depth |= rec->preempt != 0;
	ev->ctx = rec->ctx;
	ev->preempt = rec->preempt;
	if (!rec->preempt)
		imp->preempt_offset = 0;
	else
		ev->preempt = (uint8_t)(rec->preempt - imp->preempt_offset);
}

/* What a pointer looks like tells whether the kernel hashed it (%p since 4.15). */
static void note_pointer(struct tf_import *imp, uint64_t ptr)
{
	if (!ptr || ptr == ZERO_SIZE_PTR)
		return;
	if (imp->pointer_bytes == 4) {
		imp->nr_plain++;
		imp->nr_unaligned += (ptr & 3) != 0;
	} else if (ptr >> 63) {
		imp->nr_plain++;
	} else if (!(ptr >> 32)) {
		imp->nr_hashed++;
	}
}

static int fill_object(struct tf_import *imp, const struct tf_import_record *rec,
		       struct tf_event *ev)
{
	imp->classes |= TF_CLASS_SLAB;
	if (!has(rec, TF_IMPORT_HAS_PTR))
		return 1;
	ev->addr = rec->ptr;
	if (ev->kind == TF_CACHE_FREE && rec->cache_name)
		return tf_caches_free_named(&imp->caches, rec->cache_name, rec->cache_name_len,
					    rec->ptr, &ev->cache);
	if (ev->kind != TF_KMALLOC && ev->kind != TF_CACHE_ALLOC)
		return 0;
	if (!has(rec, TF_IMPORT_HAS_BYTES_REQ | TF_IMPORT_HAS_BYTES_ALLOC))
		return 1;
	note_pointer(imp, rec->ptr);
	ev->bytes_req = rec->bytes_req;
	ev->bytes_alloc = clamp32(rec->bytes_alloc);
	if (ev->kind != TF_CACHE_ALLOC)
		return 0;
	if (rec->cache_name)
		return tf_caches_alloc_named(&imp->caches, rec->cache_name, rec->cache_name_len,
					     clamp32(rec->bytes_req), ev->bytes_alloc, &ev->cache);
	return tf_caches_alloc(&imp->caches, ev->call_site, rec->ptr, clamp32(rec->bytes_req),
			       ev->bytes_alloc, &ev->cache);
}

/*
 * A trace without pfns still tells pages apart by their struct page: turned into a pfn where
 * its address was fixed, else taken for one.
 */
static uint64_t page_to_pfn(struct tf_import *imp, uint64_t page)
{
	unsigned int release = tf_release_number(tf_meta_get(&imp->meta, "host.release"));
	uint64_t bytes = release == 2006 ? 56 : 64;

	if (imp->pointer_bytes == 8 && release && release < 4008 && page >= OLD_VMEMMAP &&
	    page < OLD_VMEMMAP_END && !((page - OLD_VMEMMAP) % bytes))
		return (page - OLD_VMEMMAP) / bytes;
	imp->has_page_pfn = true;
	return page;
}

static bool is_no_pfn(const struct tf_import *imp, uint64_t pfn)
{
	return !pfn || pfn == (imp->pointer_bytes == 4 ? UINT32_MAX : UINT64_MAX);
}

static int fill_page(struct tf_import *imp, const struct tf_import_record *rec, struct tf_event *ev)
{
	imp->classes |= TF_CLASS_PAGE;
	if (!has(rec, TF_IMPORT_HAS_PFN) && !has(rec, TF_IMPORT_HAS_PAGE))
		return 1;
	/* A failed allocation has no page; what is told as its pfn differs, if there is one. */
	if (has(rec, TF_IMPORT_HAS_PAGE) ? !rec->page : is_no_pfn(imp, rec->pfn))
		ev->addr = TF_NO_PFN;
	else if (has(rec, TF_IMPORT_HAS_PFN))
		ev->addr = rec->pfn;
	else
		ev->addr = page_to_pfn(imp, rec->page);
	if (ev->kind != TF_PAGE_ALLOC && ev->addr == TF_NO_PFN)
		return 1;
	if (ev->kind == TF_PAGE_FREE_BATCH || rec->event == TF_IMPORT_PAGEVEC_FREE)
		return 0;
	if (!has(rec, TF_IMPORT_HAS_ORDER) || rec->order > MAX_ORDER_TOLD)
		return 1;
	ev->order = (uint8_t)rec->order;
	if (ev->kind == TF_PAGE_ALLOC && has(rec, TF_IMPORT_HAS_MIGRATETYPE))
		ev->migratetype = (uint8_t)rec->migratetype;
	return 0;
}

static int fill_percpu(struct tf_import *imp, const struct tf_import_record *rec,
		       struct tf_event *ev)
{
	imp->classes |= TF_CLASS_PERCPU;
	if (ev->kind != TF_PERCPU_FAIL) {
		if (!has(rec, TF_IMPORT_HAS_PTR))
			return 1;
		ev->addr = rec->ptr;
	}
	if (ev->kind == TF_PERCPU_FREE)
		return 0;
	if (!has(rec, TF_IMPORT_HAS_BYTES_REQ))
		return 1;
	ev->bytes_req = rec->bytes_req;
	if (has(rec, TF_IMPORT_HAS_BYTES_ALLOC)) /* since 5.19 */
		ev->bytes_alloc = clamp32(rec->bytes_alloc);
	if (has(rec, TF_IMPORT_HAS_ALIGN))
		ev->order = log2_of(rec->align);
	if (has(rec, TF_IMPORT_HAS_FLAGS))
		ev->flags = rec->flags & (TF_EV_ATOMIC | TF_EV_RESERVED);
	return 0;
}

static int fill_vmap(struct tf_import *imp, const struct tf_import_record *rec, struct tf_event *ev)
{
	imp->classes |= TF_CLASS_VMALLOC;
	if (!has(rec, TF_IMPORT_HAS_PTR))
		return 1;
	ev->addr = rec->ptr;
	if (ev->kind == TF_VMAP_FREE)
		return 0;
	if (!has(rec, TF_IMPORT_HAS_BYTES_REQ))
		return 1;
	ev->bytes_req = rec->bytes_req;
	if (has(rec, TF_IMPORT_HAS_ALIGN))
		ev->order = log2_of(rec->align);
	if (has(rec, TF_IMPORT_HAS_FLAGS))
		ev->flags = rec->flags & TF_EV_FAILED;
	return 0;
}

/* 0, 1 if something is missing without which there is no event, or -ENOMEM. */
static int fill(struct tf_import *imp, const struct tf_import_record *rec, struct tf_event *ev)
{
	fill_common(imp, rec, ev);
	switch (ev->kind) {
	case TF_PAGE_ALLOC:
	case TF_PAGE_FREE:
	case TF_PAGE_FREE_BATCH:
		return fill_page(imp, rec, ev);
	case TF_PERCPU_ALLOC:
	case TF_PERCPU_FREE:
	case TF_PERCPU_FAIL:
		return fill_percpu(imp, rec, ev);
	case TF_VMAP_ALLOC:
	case TF_VMAP_FREE:
		return fill_vmap(imp, rec, ev);
	default:
		return fill_object(imp, rec, ev);
	}
}

static uint64_t page_bytes(const struct tf_import *imp)
{
	return tf_meta_get_u64(&imp->meta, "host.page_size", 4096);
}

/* a) of the head of this file: was prev the inner telling of ev? */
static bool is_inner_kmalloc(const struct tf_import *imp, const struct tf_event *prev,
			     const struct tf_event *ev)
{
	const struct tf_function *function;

	if (prev->kind != TF_KMALLOC || prev->addr != ev->addr || !ev->addr ||
	    prev->bytes_req != ev->bytes_req || prev->pid != ev->pid ||
	    ev->bytes_req <= 2 * page_bytes(imp))
		return false;
	function = tf_symbols_function(&imp->symbols, prev->call_site);
	return !function || function->frame == TF_FRAME_SLAB;
}

/* True if ev adds nothing to what was told; what was told before may change. */
static bool is_doubled(struct tf_import *imp, const struct tf_import_record *rec,
		       const struct tf_event *ev)
{
	struct tf_import_cpu *cpu = ev->cpu < imp->nr_cpus ? &imp->cpus[ev->cpu] : NULL;
	struct tf_queued *prev = cpu ? tf_import_queued(imp, cpu->last) : NULL;

	if (!prev)
		return false;
	if (ev->kind == TF_KMALLOC && is_inner_kmalloc(imp, &prev->ev, ev)) {
		prev->is_dropped = true;
		imp->stats.nr_doubled++;
		return false;
	}
	if (rec->event != TF_IMPORT_PAGE_FREE_DIRECT || prev->ev.addr != ev->addr || ev->order ||
	    prev->ev.pid != ev->pid)
		return false;
	if (prev->source == TF_IMPORT_PAGEVEC_FREE) {
		prev->ev.kind = TF_PAGE_FREE_BATCH;
		return false;
	}
	if (prev->source != TF_IMPORT_PAGE_FREE_DIRECT || prev->ev.order)
		return false;
	/* One pair is one double: a third telling is another free. */
	prev->source = TF_IMPORT_PAGE_FREE;
	imp->stats.nr_doubled++;
	return true;
}

static int push_gap(struct tf_import *imp, unsigned int cpu, uint64_t nr)
{
	struct tf_event gap = { .kind = TF_GAP,
				.node = TF_NO_NODE,
				.ts_ns = imp->last_ns,
				.cpu = (uint16_t)cpu,
				.bytes_req = nr };

	return tf_import_push(imp, &gap, TF_IMPORT_OTHER);
}

/* No name of the machine: from its kind, if that is known, and its pointers. */
static int guess_machine(struct tf_import *imp)
{
	const char *machine = imp->pointer_bytes == 4 ? imp->machine_32 : imp->machine_64;
	int err;

	if (!machine && imp->pointer_bytes == 4)
		machine = "i686";
	if (!machine || tf_meta_get(&imp->meta, "host.machine"))
		return 0;
	err = tf_meta_set(&imp->meta, "host.machine", machine);
	if (!err)
		err = tf_meta_set(&imp->meta, "import.machine",
				  imp->machine_64 ? "guessed from cpuinfo and pointers"
						  : "guessed from its pointers");
	return err;
}

int tf_import_start(struct tf_import *imp, uint64_t ts_ns)
{
	const char *version = tf_meta_get(&imp->meta, "host.version");
	unsigned int number;
	int err;

	imp->is_started = true;
	imp->last_ns = imp->newest_ns = ts_ns;
	err = guess_machine(imp);
	if (err)
		return err;
	number = tf_release_number(tf_meta_get(&imp->meta, "host.release"));
	imp->preempt_offset = number && number < 4007 && version && strstr(version, "PREEMPT");
	err = tf_import_mark(imp, 0, ts_ns);
	/* What was lost before anything was told. */
	for (unsigned int cpu = 0; cpu < imp->nr_cpus && !err; cpu++) {
		if (imp->cpus[cpu].lost_before)
			err = push_gap(imp, cpu, imp->cpus[cpu].lost_before);
	}
	return err;
}

static void note_time(struct tf_import *imp, uint64_t ts_ns)
{
	imp->stats.nr_steps_back += ts_ns < imp->last_ns;
	imp->last_ns = ts_ns;
	if (ts_ns > imp->newest_ns)
		imp->newest_ns = ts_ns;
}

int tf_import_record(struct tf_import *imp, const struct tf_import_record *rec)
{
	struct tf_event ev;
	int ret;

	if (rec->event == TF_IMPORT_OTHER || rec->event >= TF_NR_IMPORT_EVENTS)
		return -EINVAL;
	ret = imp->is_started ? 0 : tf_import_start(imp, rec->ts_ns);
	if (ret)
		return ret;
	imp->stats.nr_records++;
	ret = fill(imp, rec, &ev);
	if (ret < 0)
		return ret;
	if (ret) {
		imp->stats.nr_dropped++;
		return 0;
	}
	note_time(imp, ev.ts_ns);
	if (is_doubled(imp, rec, &ev))
		return 0;
	if (rec->nr_frames && rec->frames)
		ret = tf_import_attach(imp, &ev, rec->frames, rec->nr_frames);
	return ret ? ret : tf_import_push(imp, &ev, rec->event);
}

int tf_import_stack(struct tf_import *imp, unsigned int cpu, uint32_t pid, const uint64_t *frames,
		    unsigned int nr_frames)
{
	struct tf_queued *queued;

	if (cpu >= imp->nr_cpus)
		return 0;
	queued = tf_import_queued(imp, imp->cpus[cpu].stack_for);
	imp->cpus[cpu].stack_for = 0;
	if (!queued || queued->ev.pid != pid || queued->ev.stack != TF_NO_STACK)
		return 0;
	return tf_import_attach(imp, &queued->ev, frames, nr_frames);
}

int tf_import_lost(struct tf_import *imp, unsigned int cpu, uint64_t nr)
{
	struct tf_import_cpu *state;

	if (cpu > UINT16_MAX)
		return 0;
	imp->stats.nr_uncounted_losses += !nr;
	if (!nr)
		nr = 1;
	imp->stats.nr_lost += nr;
	if (imp->is_started)
		return push_gap(imp, cpu, nr);
	state = tf_import_cpu(imp, cpu);
	if (!state)
		return -ENOMEM;
	state->lost_before += nr;
	return 0;
}
