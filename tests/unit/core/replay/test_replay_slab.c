/* SPDX-License-Identifier: GPL-2.0-only */
/* Slab events against the model: every divergence counted, nothing else. */
#include "tests/unit/suite.h"

#include "tests/unit/core/replay/handmade.h"

/* What observers were told, in short. */
struct log {
	unsigned int nr_alloc, nr_freed, nr_implied, nr_fail, nr_host_fail, nr_unknown;
	struct km_life last; /* alloc */
	uint64_t last_site;
};

static void on_alloc(void *self, const struct km_replay *replay, const struct tf_event *ev,
		     const struct km_life *life)
{
	struct log *log = self;

	(void)ev;
	log->nr_alloc++;
	log->last = *life;
	log->last_site = km_replay_site(replay, life->site)->call_site;
}

static void on_free(void *self, const struct km_replay *replay, const struct tf_event *ev,
		    const struct km_life *life, enum km_end end)
{
	struct log *log = self;

	(void)replay;
	(void)ev;
	(void)life;
	if (end == KM_END_IMPLIED)
		log->nr_implied++;
	else
		log->nr_freed++;
}

static void on_fail(void *self, const struct km_replay *replay, const struct tf_event *ev)
{
	(void)replay;
	(void)ev;
	((struct log *)self)->nr_fail++;
}

static void on_host_fail(void *self, const struct km_replay *replay, const struct tf_event *ev)
{
	(void)replay;
	(void)ev;
	((struct log *)self)->nr_host_fail++;
}

static void on_unknown(void *self, const struct km_replay *replay, const struct tf_event *ev)
{
	(void)replay;
	(void)ev;
	((struct log *)self)->nr_unknown++;
}

static const struct km_observer_ops log_ops = {
	.name = "log",
	.alloc = on_alloc,
	.free = on_free,
	.fail = on_fail,
	.host_fail = on_host_fail,
	.unknown = on_unknown,
};

static void run(struct handmade *h, struct log *log, unsigned int flags)
{
	struct km_replay_options options = { .flags = flags | KM_REPLAY_CHECK };

	memset(log, 0, sizeof(*log));
	handmade_boot(h, &options);
	ck_assert_int_eq(km_replay_add_observer(h->replay, &log_ops, log), 0);
	handmade_run(h);
}

static uint64_t inuse(const struct handmade *h, const char *name)
{
	struct km_cache_info info;

	km_cache_get_info(km_cache_find(h->replay->kernel.slab, name), &info);
	return info.nr_inuse;
}

START_TEST(allocations_and_frees_pair_up)
{
	struct handmade h;
	struct log log;

	handmade_init(&h);
	handmade_cache(&h, 3, "widget", 120, 34, 0);
	for (unsigned int i = 0; i < 100; i++) {
		add_kmalloc(&h, OBJECT(i), 100, 128, GFP_KERNEL);
		add_cache_alloc(&h, 3, OBJECT(1000 + i), 120, GFP_KERNEL);
	}
	for (unsigned int i = 0; i < 60; i++) {
		add_free(&h, TF_KFREE, OBJECT(i));
		add_cache_free(&h, 3, OBJECT(1000 + i));
	}
	run(&h, &log, 0);
	assert_divergences(h.replay, (struct divergences){ 0 });
	ck_assert_uint_eq(log.nr_alloc, 200);
	ck_assert_uint_eq(log.nr_freed, 120);
	ck_assert_uint_eq(h.replay->nr_events, 320);
	ck_assert_uint_eq(h.replay->nr_replayed, 320);
	ck_assert_uint_eq(km_replay_nr_live(h.replay), 80);
	ck_assert_uint_eq(km_replay_nr_sites(h.replay), 2);
	ck_assert_uint_eq(inuse(&h, "kmalloc-128"), 40);
	ck_assert_uint_eq(inuse(&h, "widget"), 40);
	ck_assert_uint_eq(h.replay->nr_kmalloc, 100);
	ck_assert_uint_eq(h.replay->nr_kmalloc_bytes_match, 100);
	ck_assert_uint_eq(h.replay->cache_map[3],
			  km_cache_index(km_cache_find(h.replay->kernel.slab, "widget")));
	handmade_release(&h);
}
END_TEST

START_TEST(lives_carry_what_is_known_of_them)
{
	struct handmade h;
	struct log log;

	handmade_init(&h);
	h.next.cpu = 5; /* of a machine that has more than the model */
	h.next.call_site = 0xffffffff81234567ull;
	add_kmalloc(&h, OBJECT(1), 100, 128, GFP_KERNEL);
	run(&h, &log, 0);
	ck_assert_uint_eq(log.last.addr, OBJECT(1));
	ck_assert_uint_eq(log.last.bytes_req, 100);
	ck_assert_uint_eq(log.last.bytes_alloc, 128);
	ck_assert_uint_eq(log.last.cpu, 5);
	ck_assert_uint_eq(log.last.pid, 100);
	ck_assert_uint_eq(log.last.kind, TF_KMALLOC);
	ck_assert_uint_eq(log.last.born_ns, 1000000000);
	ck_assert_uint_eq(log.last_site, 0xffffffff81234567ull);
	handmade_release(&h);
}
END_TEST

START_TEST(null_and_zero_size_are_nothing)
{
	struct handmade h;
	struct log log;

	handmade_init(&h);
	add_free(&h, TF_KFREE, 0);
	add_free(&h, TF_KFREE, 16);
	add_kmalloc(&h, 16, 0, 0, GFP_KERNEL);
	run(&h, &log, 0);
	assert_divergences(h.replay, (struct divergences){ 0 });
	ck_assert_uint_eq(log.nr_alloc + log.nr_freed + log.nr_unknown + log.nr_fail, 0);
	ck_assert_uint_eq(h.replay->nr_replayed, 0);
	handmade_release(&h);
}
END_TEST

START_TEST(an_address_given_out_again_was_freed_unseen)
{
	struct handmade h;
	struct log log;

	handmade_init(&h);
	handmade_cache(&h, 3, "widget", 120, 34, 0);
	add_kmalloc(&h, OBJECT(1), 100, 128, GFP_KERNEL);
	add_kmalloc(&h, OBJECT(1), 60, 64, GFP_KERNEL);
	add_cache_alloc(&h, 3, OBJECT(1), 120, GFP_KERNEL);
	add_cache_free(&h, 3, OBJECT(1));
	run(&h, &log, 0);
	assert_divergences(h.replay, (struct divergences){ .implied_free = 2 });
	ck_assert_uint_eq(log.nr_implied, 2);
	ck_assert_uint_eq(log.nr_freed, 1);
	ck_assert_uint_eq(inuse(&h, "kmalloc-128"), 0);
	ck_assert_uint_eq(inuse(&h, "kmalloc-64"), 0);
	ck_assert_uint_eq(inuse(&h, "widget"), 0);
	handmade_release(&h);
}
END_TEST

START_TEST(frees_of_the_unknown_without_a_warm_start)
{
	struct handmade h;
	struct log log;

	handmade_init(&h);
	handmade_cache(&h, 3, "widget", 120, 34, 0);
	add_free(&h, TF_KFREE, OBJECT(1));
	add_cache_free(&h, 3, OBJECT(2));
	run(&h, &log, 0);
	assert_divergences(h.replay, (struct divergences){ .unknown_free = 2 });
	ck_assert_uint_eq(log.nr_unknown, 2);
	ck_assert_uint_eq(log.nr_freed, 0);
	handmade_release(&h);
}
END_TEST

/*
 * The inner function is told first, then, with other CPUs' events between, the true
 * caller.  Without the second event the first stands.
 */
START_TEST(doubled_large_kmallocs_are_one)
{
	struct handmade h;
	struct log log;

	handmade_init(&h);
	h.next.call_site = 0xffffffff81111111ull;
	add_kmalloc(&h, OBJECT(1), 20000, 32768, GFP_KERNEL);
	h.next.cpu = 1;
	add_kmalloc(&h, OBJECT(50), 20000, 32768, GFP_KERNEL);
	h.next.cpu = 0;
	h.next.call_site = 0xffffffff82222222ull;
	add_kmalloc(&h, OBJECT(1), 20000, 32768, GFP_KERNEL);
	run(&h, &log, 0);
	assert_divergences(h.replay, (struct divergences){ .doubled = 1 });
	ck_assert_uint_eq(log.nr_alloc, 2);
	ck_assert_uint_eq(h.replay->nr_kmalloc, 2);
	ck_assert_uint_eq(h.replay->nr_kmalloc_bytes_match, 2);
	ck_assert_uint_eq(km_replay_site(h.replay, 0)->call_site, 0xffffffff82222222ull);
	ck_assert_uint_eq(km_replay_site(h.replay, 1)->call_site, 0xffffffff81111111ull);
	handmade_release(&h);
}
END_TEST

START_TEST(small_or_foreign_repeats_are_not_doubled)
{
	struct handmade h;
	struct log log;

	handmade_init(&h);
	/* 8 KiB is the largest class: told once by the kernel. */
	add_kmalloc(&h, OBJECT(1), 8192, 8192, GFP_KERNEL);
	add_kmalloc(&h, OBJECT(1), 8192, 8192, GFP_KERNEL);
	/* Another thread, or freed between. */
	add_kmalloc(&h, OBJECT(2), 20000, 32768, GFP_KERNEL);
	h.next.pid = 7;
	add_kmalloc(&h, OBJECT(2), 20000, 32768, GFP_KERNEL);
	add_free(&h, TF_KFREE, OBJECT(2));
	add_kmalloc(&h, OBJECT(2), 20000, 32768, GFP_KERNEL);
	run(&h, &log, 0);
	assert_divergences(h.replay, (struct divergences){ .implied_free = 2 });
	ck_assert_uint_eq(log.nr_alloc, 5);
	handmade_release(&h);
}
END_TEST

START_TEST(a_free_to_another_cache_is_told)
{
	struct handmade h;
	struct log log;

	handmade_init(&h);
	handmade_cache(&h, 3, "widget", 120, 34, 0);
	handmade_cache(&h, 4, "gadget", 120, 34, 0);
	handmade_cache(&h, 5, "widget", 120, 34, 0); /* the same one, made anew */
	add_cache_alloc(&h, 3, OBJECT(1), 120, GFP_KERNEL);
	add_cache_free(&h, 4, OBJECT(1));
	add_cache_alloc(&h, 3, OBJECT(2), 120, GFP_KERNEL);
	add_cache_free(&h, 5, OBJECT(2));
	add_cache_alloc(&h, 3, OBJECT(3), 120, GFP_KERNEL);
	add_free(&h, TF_KFREE, OBJECT(3)); /* legal */
	run(&h, &log, 0);
	assert_divergences(h.replay, (struct divergences){ .wrong_cache = 1 });
	ck_assert_uint_eq(inuse(&h, "widget"), 0);
	handmade_release(&h);
}
END_TEST

START_TEST(failures_of_the_host)
{
	struct handmade h;
	struct log log;

	handmade_init(&h);
	handmade_cache(&h, 3, "widget", 120, 34, 0);
	add_kmalloc(&h, 0, 100, 128, GFP_ATOMIC);
	add_cache_alloc(&h, 3, 0, 120, GFP_ATOMIC);
	add_kmalloc(&h, 0, 64 << 20, 0, GFP_KERNEL); /* nobody can have that */
	run(&h, &log, 0);
	assert_divergences(h.replay, (struct divergences){ .host_failed = 2 });
	ck_assert_uint_eq(h.replay->nr_fails_host, 3);
	ck_assert_uint_eq(log.nr_host_fail, 3);
	ck_assert_uint_eq(log.nr_fail, 1);
	ck_assert_uint_eq(log.nr_alloc, 0);
	ck_assert_uint_eq(inuse(&h, "kmalloc-128"), 0);
	ck_assert_uint_eq(inuse(&h, "widget"), 0);
	handmade_release(&h);
}
END_TEST

/* 64 MiB of 1 MiB kmallocs do not fit a machine of 16 MiB; their frees are not unknown. */
START_TEST(failures_of_the_model_leave_ghosts)
{
	struct km_replay_options options = { .flags = KM_REPLAY_CHECK };
	struct km_settings settings;
	char reason[100];
	struct handmade h;
	struct log log = { 0 };

	handmade_init(&h);
	for (unsigned int i = 0; i < 64; i++)
		add_kmalloc(&h, OBJECT(i * 256), 1 << 20, 1 << 20, GFP_KERNEL);
	for (unsigned int i = 0; i < 64; i++)
		add_free(&h, TF_KFREE, OBJECT(i * 256));
	km_settings_init(&settings);
	ck_assert_int_eq(km_settings_parse(&settings, "mem.size=16M", reason, sizeof(reason)), 0);
	options.settings = &settings;
	handmade_boot(&h, &options);
	ck_assert_int_eq(km_replay_add_observer(h.replay, &log_ops, &log), 0);
	handmade_run(&h);
	ck_assert_uint_ge(log.nr_fail, 48);
	ck_assert_uint_eq(log.nr_fail + log.nr_alloc, 64);
	ck_assert_uint_eq(log.nr_alloc, log.nr_freed);
	assert_divergences(h.replay, (struct divergences){ .model_failed = log.nr_fail });
	ck_assert_uint_eq(km_replay_nr_live(h.replay), 0);
	handmade_release(&h);
}
END_TEST

START_TEST(caches_that_cannot_be_have_ghosts_too)
{
	static const struct tf_cache bad[] = {
		{ .id = 1, .name = "empty" },
		{ .id = 2, .name = "order", .object_size = 64, .size = 64, .oo = 11 << 16 | 64 },
		{ .id = 3, .name = "crowd", .object_size = 64, .size = 64, .oo = 65 },
		{ .id = 4, .name = "huge", .object_size = 1 << 30, .size = 1 << 30 },
		{ .id = 5, .name = "shrunk", .object_size = 128, .size = 64, .oo = 32 },
		{ .id = 6, .name = "", .object_size = 64, .size = 64, .oo = 64 },
		{ .id = 7, .name = "skew", .object_size = 64, .size = 64, .align = 24, .oo = 64 },
		{ .id = TF_MAX_CACHE_ID, .name = "last", .object_size = 64, .size = 64, .oo = 64 },
	};
	struct handmade h;
	struct log log;

	handmade_init(&h);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(tf_meta_add_cache(&h.meta, &bad[i]), 0);
	for (uint32_t id = 1; id <= 7; id++) {
		add_cache_alloc(&h, id, OBJECT(id), 64, GFP_KERNEL);
		add_cache_free(&h, id, OBJECT(id));
	}
	add_cache_alloc(&h, 4242, OBJECT(99), 64, GFP_KERNEL); /* never told of */
	add_cache_alloc(&h, TF_MAX_CACHE_ID, OBJECT(100), 64, GFP_KERNEL);
	run(&h, &log, 0);
	assert_divergences(h.replay, (struct divergences){ .model_failed = 8 });
	ck_assert_uint_eq(log.nr_alloc, 1);
	ck_assert_uint_eq(log.nr_fail, 0);
	for (uint32_t id = 0; id <= 7; id++)
		ck_assert_uint_eq(h.replay->cache_map[id], KM_NO_CACHE);
	handmade_release(&h);
}
END_TEST

/* memdup_user-64 takes kmallocs of its own; on another machine it is a class like any other. */
START_TEST(a_named_kmalloc_cache_is_used_on_the_hosts_machine)
{
	for (int is_host = 0; is_host < 2; is_host++) {
		struct km_replay_options options = { .flags = KM_REPLAY_CHECK };
		struct km_profile profile;
		struct handmade h;

		handmade_init(&h);
		handmade_snapshots(&h, 1);
		handmade_cache(&h, 9, "memdup_user-64", 64, 64, 0);
		h.next.cache = 9;
		add_kmalloc(&h, OBJECT(1), 50, 64, GFP_KERNEL);
		ck_assert_int_eq(km_profile_builtin("x86-64-4g", &profile), 0);
		options.profile = is_host ? NULL : &profile;
		handmade_boot(&h, &options);
		handmade_run(&h);
		ck_assert_int_eq(h.replay->is_host_machine, is_host);
		ck_assert_uint_eq(inuse(&h, "memdup_user-64"), is_host);
		ck_assert_uint_eq(h.replay->nr_kmalloc_bytes_match, 1);
		handmade_release(&h);
	}
}
END_TEST

/*
 *      before   dentry: 837 of 840 objects active, of them some free on CPUs
 *      after    5 frees of the unknown by name, one without, one of a cache not there
 */
START_TEST(warm_frees_draw_from_what_was_there)
{
	struct handmade h;
	uint64_t before;

	handmade_init(&h);
	handmade_snapshots(&h, 2);
	handmade_cache(&h, 3, "dentry", 192, 21, 0);
	handmade_cache(&h, 4, "widget", 120, 34, 0);
	for (unsigned int i = 0; i < 5; i++)
		add_cache_free(&h, 3, OBJECT(i));
	add_free(&h, TF_KFREE, OBJECT(10));
	add_cache_free(&h, 4, OBJECT(11));
	handmade_boot(&h, NULL);
	ck_assert(h.replay->is_warm);
	before = inuse(&h, "dentry");
	ck_assert_uint_eq(before,
			  km_cache_nr_preexisting(km_cache_find(h.replay->kernel.slab, "dentry")));
	handmade_run(&h);
	assert_divergences(h.replay, (struct divergences){ .warm_free = 5, .unknown_free = 2 });
	ck_assert_uint_eq(inuse(&h, "dentry"), before - 5);
	handmade_release(&h);
}
END_TEST

START_TEST(warm_frees_end_when_nothing_is_left)
{
	struct handmade h;

	handmade_init(&h);
	handmade_snapshots(&h, 1);
	handmade_cache(&h, 3, "kmalloc-64", 64, 64, 0);
	for (unsigned int i = 0; i < 600; i++)
		add_cache_free(&h, 3, OBJECT(i));
	handmade_boot_and_run(&h, 0);
	ck_assert_uint_eq(inuse(&h, "kmalloc-64"), 0);
	ck_assert_uint_eq(h.replay->divergence[KM_DIV_WARM_FREE] +
				  h.replay->divergence[KM_DIV_UNKNOWN_FREE],
			  600);
	/* Half of the two CPU slabs is free. */
	ck_assert_uint_eq(h.replay->divergence[KM_DIV_WARM_FREE], 512 - 64);
	handmade_release(&h);
}
END_TEST

RUN_SUITE("replay/slab", allocations_and_frees_pair_up, lives_carry_what_is_known_of_them,
	  null_and_zero_size_are_nothing, an_address_given_out_again_was_freed_unseen,
	  frees_of_the_unknown_without_a_warm_start, doubled_large_kmallocs_are_one,
	  small_or_foreign_repeats_are_not_doubled, a_free_to_another_cache_is_told,
	  failures_of_the_host, failures_of_the_model_leave_ghosts,
	  caches_that_cannot_be_have_ghosts_too, a_named_kmalloc_cache_is_used_on_the_hosts_machine,
	  warm_frees_draw_from_what_was_there, warm_frees_end_when_nothing_is_left)
