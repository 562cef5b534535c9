/* SPDX-License-Identifier: GPL-2.0-only */
/* Percpu and vmap events against the model. */
#include "tests/unit/suite.h"

#include "tests/unit/core/replay/handmade.h"

#define AREA(n) (0xffffc90000000000ull + (n)*0x10000ull)
#define PERCPU(n) (0x607f00000000ull + (n)*64ull)

static void last_life(void *self, const struct km_replay *replay, const struct tf_event *ev,
		      const struct km_life *life)
{
	(void)replay;
	(void)ev;
	*(struct km_life *)self = *life;
}

static const struct km_observer_ops last_ops = { .name = "last", .alloc = last_life };

static void run(struct handmade *h, struct km_life *life)
{
	struct km_replay_options options = { .flags = KM_REPLAY_CHECK };

	handmade_boot(h, &options);
	ck_assert_int_eq(km_replay_add_observer(h->replay, &last_ops, life), 0);
	handmade_run(h);
}

START_TEST(areas_take_pages_or_map_others)
{
	struct km_vm_info info;
	struct km_life life;
	struct handmade h;

	handmade_init(&h);
	add_area(&h, TF_VMAP_ALLOC, AREA(1), 5 * 4096, TF_OWNER_VMALLOC);
	add_area(&h, TF_VMAP_ALLOC, AREA(2), 9 * 4096, TF_OWNER_OTHER);
	add_area(&h, TF_VMAP_ALLOC, AREA(3), 3 * 4096, TF_OWNER_UNKNOWN);
	add_area(&h, TF_VMAP_FREE, AREA(3), 0, TF_OWNER_VMALLOC);
	run(&h, &life);
	assert_divergences(h.replay, (struct divergences){ 0 });
	km_vm_get_info(h.replay->kernel.vm, &info);
	ck_assert_uint_eq(info.nr_areas, 2);
	ck_assert_uint_eq(info.bytes, 14 * 4096);
	ck_assert_uint_eq(info.nr_pages, 4);
	ck_assert_uint_eq(info.guard_bytes, 2 * 4096);
	ck_assert_uint_eq(km_replay_nr_live(h.replay), 2);
	/* The last: its memory is its pages, without the guard. */
	ck_assert_uint_eq(life.bytes_req, 2 * 4096);
	ck_assert_uint_eq(life.bytes_alloc, 2 * 4096);
	handmade_release(&h);
}
END_TEST

START_TEST(an_area_that_maps_has_no_memory)
{
	struct km_life life;
	struct handmade h;

	handmade_init(&h);
	add_area(&h, TF_VMAP_ALLOC, AREA(2), 9 * 4096, TF_OWNER_OTHER);
	run(&h, &life);
	ck_assert_uint_eq(life.bytes_req, 0);
	ck_assert_uint_eq(life.bytes_alloc, 0);
	handmade_release(&h);
}
END_TEST

START_TEST(areas_out_of_shape)
{
	struct km_life life;
	struct handmade h;

	handmade_init(&h);
	add_area(&h, TF_VMAP_ALLOC, AREA(1), 5 * 4096, TF_OWNER_VMALLOC);
	add_area(&h, TF_VMAP_ALLOC, AREA(1), 5 * 4096, TF_OWNER_VMALLOC);
	add_area(&h, TF_VMAP_FREE, AREA(7), 0, TF_OWNER_VMALLOC);
	add_area(&h, TF_VMAP_ALLOC, AREA(2), 100, TF_OWNER_VMALLOC);
	add_area(&h, TF_VMAP_ALLOC, AREA(3), UINT64_MAX - 4095, TF_OWNER_OTHER);
	add_area(&h, TF_VMAP_FREE, AREA(2), 0, TF_OWNER_VMALLOC);
	h.next.flags = TF_EV_FAILED;
	add_area(&h, TF_VMAP_ALLOC, 0, 5 * 4096, TF_OWNER_VMALLOC);
	run(&h, &life);
	assert_divergences(h.replay, (struct divergences){ .implied_free = 1,
							   .unknown_free = 1,
							   .model_failed = 2,
							   .host_failed = 1 });
	ck_assert_uint_eq(h.replay->nr_fails_host, 1);
	ck_assert_uint_eq(km_replay_nr_live(h.replay), 1);
	handmade_release(&h);
}
END_TEST

START_TEST(percpu_memory_is_that_of_all_cpus)
{
	struct km_replay_options options = { .flags = KM_REPLAY_CHECK };
	struct km_percpu_info before, after;
	struct km_profile profile;
	struct km_life life;
	struct handmade h;

	handmade_init(&h);
	add_percpu(&h, TF_PERCPU_ALLOC, PERCPU(1), 64, 3, GFP_KERNEL);
	add_percpu(&h, TF_PERCPU_ALLOC, PERCPU(2), 10, 2, GFP_KERNEL);
	add_percpu(&h, TF_PERCPU_FREE, PERCPU(1), 0, 0, 0);
	add_percpu(&h, TF_PERCPU_FREE, 0, 0, 0, 0);
	ck_assert_int_eq(km_profile_builtin("x86-64-4g", &profile), 0);
	profile.nr_cpus = 3;
	profile.nr_possible_cpus = 4;
	options.profile = &profile;
	handmade_boot(&h, &options);
	km_percpu_get_info(h.replay->kernel.percpu, &before);
	ck_assert_int_eq(km_replay_add_observer(h.replay, &last_ops, &life), 0);
	handmade_run(&h);
	assert_divergences(h.replay, (struct divergences){ 0 });
	km_percpu_get_info(h.replay->kernel.percpu, &after);
	ck_assert_uint_eq(after.nr_allocs, before.nr_allocs + 1);
	ck_assert_uint_eq(after.bytes_inuse, before.bytes_inuse + 12);
	ck_assert_uint_eq(life.bytes_req, 3 * 10);
	ck_assert_uint_eq(life.bytes_alloc, 4 * 12);
	handmade_release(&h);
}
END_TEST

START_TEST(percpu_out_of_shape)
{
	struct km_life life;
	struct handmade h;

	handmade_init(&h);
	add_percpu(&h, TF_PERCPU_ALLOC, PERCPU(1), 64, 3, GFP_KERNEL);
	add_percpu(&h, TF_PERCPU_ALLOC, PERCPU(1), 64, 3, GFP_KERNEL);
	add_percpu(&h, TF_PERCPU_FREE, PERCPU(9), 0, 0, 0);
	add_percpu(&h, TF_PERCPU_ALLOC, PERCPU(2), 1 << 20, 3, GFP_KERNEL);
	add_percpu(&h, TF_PERCPU_ALLOC, PERCPU(3), 64, 60, GFP_KERNEL);
	add_percpu(&h, TF_PERCPU_FAIL, 0, 64, 3, 0);
	add_percpu(&h, TF_PERCPU_FAIL, 0, 1 << 20, 3, 0);
	run(&h, &life);
	assert_divergences(h.replay, (struct divergences){ .implied_free = 1,
							   .unknown_free = 1,
							   .model_failed = 2,
							   .host_failed = 1 });
	ck_assert_uint_eq(h.replay->nr_fails_host, 2);
	handmade_release(&h);
}
END_TEST

START_TEST(warm_frees_draw_from_what_was_there)
{
	struct km_percpu_info percpu_before, percpu_after;
	struct km_vm_info before, after;
	struct handmade h;

	handmade_init(&h);
	handmade_snapshots(&h, 1);
	add_area(&h, TF_VMAP_FREE, AREA(7), 0, TF_OWNER_VMALLOC);
	add_percpu(&h, TF_PERCPU_FREE, PERCPU(9), 0, 0, 0);
	handmade_boot(&h, NULL);
	km_vm_get_info(h.replay->kernel.vm, &before);
	km_percpu_get_info(h.replay->kernel.percpu, &percpu_before);
	handmade_run(&h);
	ck_assert_uint_eq(h.replay->divergence[KM_DIV_WARM_FREE] +
				  h.replay->divergence[KM_DIV_UNKNOWN_FREE],
			  2);
	km_vm_get_info(h.replay->kernel.vm, &after);
	km_percpu_get_info(h.replay->kernel.percpu, &percpu_after);
	/* 20480 bytes is the most frequent size. */
	ck_assert_uint_eq(after.bytes, before.bytes - 20480);
	ck_assert_uint_eq(percpu_before.nr_allocs - percpu_after.nr_allocs,
			  h.replay->divergence[KM_DIV_WARM_FREE] - 1);
	handmade_release(&h);
}
END_TEST

RUN_SUITE("replay/area", areas_take_pages_or_map_others, an_area_that_maps_has_no_memory,
	  areas_out_of_shape, percpu_memory_is_that_of_all_cpus, percpu_out_of_shape,
	  warm_frees_draw_from_what_was_there)
