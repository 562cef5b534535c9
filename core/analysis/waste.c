/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live memory and waste of the whole machine.
 *
 * What changes only with certain events is looked at only after these: slab pages after
 * slab allocations, vmalloc after VMAP events, percpu after PERCPU events; peaks can only
 * be reached there.  Percpu pages that are made ready between events are seen by the next.
 */
#include "core/analysis/waste.h"

#include <string.h>

uint64_t km_vmalloc_waste_bytes(const struct km_vm_info *info, uint64_t page_bytes)
{
	return info->guard_bytes + info->lazy_bytes + info->nr_page_tables * page_bytes;
}

static void raise_to(uint64_t *peak, uint64_t value)
{
	if (value > *peak)
		*peak = value;
}

static void pass_time(struct km_waste *waste)
{
	uint64_t now = waste->replay->now_ns;

	waste->internal_byte_ns += (km_byte_ns)waste->internal_bytes * (now - waste->last_ns);
	waste->last_ns = now;
}

static void look_at_vmalloc(struct km_waste *waste)
{
	const struct kernel *kernel = &waste->replay->kernel;
	struct km_vm_info info;

	km_vm_get_info(kernel->vm, &info);
	raise_to(&waste->vmalloc_waste_bytes_peak,
		 km_vmalloc_waste_bytes(&info, 1ull << kernel->machine.profile.page_shift));
}

static void look_at_percpu(struct km_waste *waste)
{
	struct km_percpu_info info;

	km_percpu_get_info(waste->replay->kernel.percpu, &info);
	raise_to(&waste->percpu_waste_bytes_peak, info.free_populated_bytes);
}

static void look_at(struct km_waste *waste, unsigned int kind)
{
	if (kind == TF_KMALLOC || kind == TF_CACHE_ALLOC)
		raise_to(&waste->slab_pages_peak, km_slab_nr_pages(waste->replay->kernel.slab));
	else if (kind == TF_VMAP_ALLOC || kind == TF_VMAP_FREE)
		look_at_vmalloc(waste);
	else if (kind == TF_PERCPU_ALLOC || kind == TF_PERCPU_FREE)
		look_at_percpu(waste);
}

static void on_alloc(void *self, const struct km_replay *replay, const struct tf_event *ev,
		     const struct km_life *life)
{
	struct km_waste *waste = self;

	(void)replay;
	pass_time(waste);
	waste->live_objects++;
	waste->live_bytes += life->bytes_alloc;
	waste->internal_bytes += life->bytes_alloc - life->bytes_req;
	raise_to(&waste->live_objects_peak, waste->live_objects);
	raise_to(&waste->live_bytes_peak, waste->live_bytes);
	raise_to(&waste->internal_bytes_peak, waste->internal_bytes);
	look_at(waste, ev->kind);
}

static void on_free(void *self, const struct km_replay *replay, const struct tf_event *ev,
		    const struct km_life *life, enum km_end end)
{
	struct km_waste *waste = self;

	(void)replay;
	(void)end;
	pass_time(waste);
	waste->live_objects--;
	waste->live_bytes -= life->bytes_alloc;
	waste->internal_bytes -= life->bytes_alloc - life->bytes_req;
	if (ev->kind == TF_VMAP_FREE || ev->kind == TF_PERCPU_FREE)
		look_at(waste, ev->kind);
}

static void on_split(void *self, const struct km_replay *replay, const struct tf_event *ev,
		     const struct km_life *whole, unsigned int order)
{
	struct km_waste *waste = self;

	(void)replay;
	(void)ev;
	waste->live_objects += (1ull << (whole->order - order)) - 1;
	raise_to(&waste->live_objects_peak, waste->live_objects);
}

static void on_tick(void *self, const struct km_replay *replay, uint64_t now_ns)
{
	(void)replay;
	(void)now_ns;
	pass_time(self);
	look_at_vmalloc(self);
	look_at_percpu(self);
}

static const struct km_observer_ops ops = {
	.name = "waste",
	.alloc = on_alloc,
	.free = on_free,
	.split = on_split,
	.tick = on_tick,
};

int km_waste_init(struct km_waste *waste, struct km_replay *replay)
{
	memset(waste, 0, sizeof(*waste));
	waste->replay = replay;
	waste->slab_pages_peak = km_slab_nr_pages(replay->kernel.slab);
	look_at_vmalloc(waste);
	look_at_percpu(waste);
	return km_replay_add_observer(replay, &ops, waste);
}

void km_waste_finish(struct km_waste *waste)
{
	const struct kernel *kernel = &waste->replay->kernel;
	struct km_percpu_info percpu;
	struct km_vm_info vm;

	km_vm_get_info(kernel->vm, &vm);
	km_percpu_get_info(kernel->percpu, &percpu);
	pass_time(waste);
	waste->slab_pages_end = km_slab_nr_pages(kernel->slab);
	waste->slab_partial_bytes_end = km_slab_free_bytes(kernel->slab);
	waste->vmalloc_bytes_peak = vm.bytes_peak;
	waste->percpu_bytes_peak = percpu.peak_populated_pages
				   << kernel->machine.profile.page_shift;
}

void km_waste_release(struct km_waste *waste)
{
	memset(waste, 0, sizeof(*waste));
}
