/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Points in time, thinned by half whenever there are too many.
 */
#include "core/analysis/timeline.h"

#include <string.h>

static void on_alloc(void *self, const struct km_replay *replay, const struct tf_event *ev,
		     const struct km_life *life)
{
	struct km_timeline *timeline = self;

	(void)replay;
	(void)ev;
	timeline->live_bytes += life->bytes_alloc;
	timeline->waste_internal_bytes += life->bytes_alloc - life->bytes_req;
}

static void on_free(void *self, const struct km_replay *replay, const struct tf_event *ev,
		    const struct km_life *life, enum km_end end)
{
	struct km_timeline *timeline = self;

	(void)replay;
	(void)ev;
	(void)end;
	timeline->live_bytes -= life->bytes_alloc;
	timeline->waste_internal_bytes -= life->bytes_alloc - life->bytes_req;
}

/* Keep every second point: those of ticks that are multiples of twice the stride. */
static void thin(struct km_timeline *timeline)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < timeline->nr; i += 2)
		timeline->points[nr++] = timeline->points[i];
	timeline->nr = nr;
	timeline->stride *= 2;
}

static void on_tick(void *self, const struct km_replay *replay, uint64_t now_ns)
{
	const struct kernel *kernel = &replay->kernel;
	struct km_timeline *timeline = self;
	struct km_percpu_info percpu;
	struct km_vm_info vm;

	km_vm_get_info(kernel->vm, &vm);
	km_percpu_get_info(kernel->percpu, &percpu);
	timeline->last = (struct km_point){
		.ts_ns = now_ns - replay->first_ns,
		.live_bytes = timeline->live_bytes,
		.waste_internal_bytes = timeline->waste_internal_bytes,
		.slab_pages = km_slab_nr_pages(kernel->slab),
		.free_pages = km_pages_nr_free(&kernel->pages),
		.vmalloc_bytes = vm.bytes,
		.percpu_bytes = percpu.populated_pages << kernel->machine.profile.page_shift,
	};
	if (timeline->nr == KM_MAX_POINTS)
		thin(timeline);
	if (timeline->nr_ticks++ % timeline->stride == 0)
		timeline->points[timeline->nr++] = timeline->last;
}

static const struct km_observer_ops ops = {
	.name = "timeline",
	.alloc = on_alloc,
	.free = on_free,
	.tick = on_tick,
};

int km_timeline_init(struct km_timeline *timeline, struct km_replay *replay)
{
	memset(timeline, 0, sizeof(*timeline));
	timeline->replay = replay;
	timeline->stride = 1;
	return km_replay_add_observer(replay, &ops, timeline);
}

void km_timeline_finish(struct km_timeline *timeline)
{
	const struct km_point *last = timeline->nr ? &timeline->points[timeline->nr - 1] : NULL;

	/* The last tick is the end of the trace: it stays, in place of a point if need be. */
	if (!last || !memcmp(last, &timeline->last, sizeof(*last)))
		return;
	if (timeline->nr == KM_MAX_POINTS || last->ts_ns == timeline->last.ts_ns)
		timeline->nr--;
	timeline->points[timeline->nr++] = timeline->last;
}

void km_timeline_release(struct km_timeline *timeline)
{
	memset(timeline, 0, sizeof(*timeline));
}
