/* SPDX-License-Identifier: GPL-2.0-only */
/* Which machine is booted, how full it is, and how time passes. */
#include "tests/unit/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "tests/unit/core/replay/handmade.h"

static void cache_info(const struct handmade *h, const char *name, struct km_cache_info *info)
{
	struct kmem_cache *cache = km_cache_find(h->replay->kernel.slab, name);

	ck_assert_msg(cache != NULL, "no cache %s", name);
	km_cache_get_info(cache, info);
}

/*
 * The model right after a warm start is the host of the snapshot: free blocks by order and
 * type, per-cpu pages, slabs, areas, percpu pages.
 */
START_TEST(a_warm_start_is_the_snapshot)
{
	const struct km_host_zone *host;
	struct km_percpu_info percpu;
	struct km_cache_info info;
	struct km_pages *pages;
	struct km_vm_info vm;
	struct handmade h;
	char buf[200];

	handmade_init(&h);
	handmade_snapshots(&h, 2);
	handmade_cache(&h, 3, "sample_object", 232, 32, 1);
	handmade_boot(&h, NULL);
	ck_assert(h.replay->is_warm && h.replay->is_host_machine);
	pages = &h.replay->kernel.pages;
	ck_assert_uint_eq(pages->nr_zones, 2);
	for (unsigned int i = 0; i < 2; i++) {
		host = &h.replay->host.start.zones[i];
		for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
			for (unsigned int type = 0; type < KM_NR_MIGRATETYPES; type++)
				ck_assert_msg(pages->zones[i].free_area[order].list[type].nr ==
						      host->blocks[type][order],
					      "zone %u order %u type %u", i, order, type);
	}
	ck_assert_uint_eq(pages->zones[0].free_pages, SAMPLE_FREE_DMA);
	ck_assert_uint_eq(pages->zones[1].free_pages, SAMPLE_FREE_DMA32);
	ck_assert_uint_eq(pages->zones[1].pcp_pages, SAMPLE_PCP);
	ck_assert_uint_eq(pages->zones[1].wmark_low, 375);

	cache_info(&h, "dentry", &info);
	ck_assert_uint_eq(info.nr_slabs, 40);
	ck_assert_uint_eq(info.nr_active, 837);
	ck_assert_uint_eq(info.nr_partial, 1);
	ck_assert_uint_eq(info.cpu_partial_slabs, 12); /* 2 * 120 / 21 */
	ck_assert_uint_eq(info.flags & KM_SLAB_RECLAIM_ACCOUNT, KM_SLAB_RECLAIM_ACCOUNT);
	cache_info(&h, "sample_object", &info);
	ck_assert_uint_eq(info.nr_slabs, 10);
	ck_assert_uint_eq(info.nr_pages, 20);
	ck_assert_uint_eq(info.nr_active, 318);
	ck_assert_uint_eq(info.order, 1);
	ck_assert_uint_eq(info.size, 232); /* the trace's own words go before slabinfo's */
	cache_info(&h, "kmalloc-64", &info);
	ck_assert_uint_eq(info.nr_slabs, 8);
	ck_assert_uint_eq(km_slab_nr_pages(h.replay->kernel.slab), SAMPLE_SLAB_PAGES);

	km_vm_get_info(h.replay->kernel.vm, &vm);
	ck_assert_uint_eq(vm.bytes, SAMPLE_VMALLOC_BYTES);
	ck_assert_uint_eq(vm.nr_pages, 8);
	km_percpu_get_info(h.replay->kernel.percpu, &percpu);
	ck_assert_uint_ge(percpu.populated_pages, SAMPLE_PERCPU_PAGES - 1);
	ck_assert_ptr_null(km_kernel_is_valid(&h.replay->kernel, buf, sizeof(buf)));
	handmade_release(&h);
}
END_TEST

/*
 * What reclaim must do before it may have a page is known from the map, with swap or without.
 *
 *   pfn  8192          8256          8320   8352   8368   8376     the rest is the kernel's
 *        | 64 free     | 64 anon     | 32 clean | 16 dirty | 8 pinned
 */
START_TEST(a_warm_start_knows_what_is_dirty)
{
	static const char map[] =
		"page_map 1\n@2000\n64 F\n32 A\n32 a\n16 P\n16 p\n8 D\n8 d\n8 L\n";
	const struct zone *zone;
	struct tf_snapshot *snap;
	struct handmade h;

	handmade_init(&h);
	snap = tf_meta_begin_snapshot(&h.meta, 0);
	snap_add_sample(snap);
	snap_add(snap, "page_map", map);
	handmade_boot(&h, NULL);
	ck_assert(h.replay->is_warm);
	zone = &h.replay->kernel.pages.zones[1];
	ck_assert(zone->held_by_number);
	ck_assert_uint_eq(zone->free_pages, 64);
	ck_assert_uint_eq(zone->held_anon, 64);
	ck_assert_uint_eq(zone->held_dirty, 16);
	ck_assert_uint_eq(zone->held_pinned, 8);
	handmade_release(&h);
}
END_TEST

START_TEST(a_cold_start_is_empty)
{
	struct km_replay_options options = { .flags = KM_REPLAY_COLD };
	struct km_pages *pages;
	struct handmade h;

	handmade_init(&h);
	handmade_snapshots(&h, 1);
	handmade_boot(&h, &options);
	pages = &h.replay->kernel.pages;
	ck_assert(!h.replay->is_warm && h.replay->is_host_machine);
	ck_assert_uint_eq(pages->zones[0].managed_pages, 3840);
	ck_assert_uint_gt(km_pages_nr_free(pages), 3840 + 28672 - 1000);
	ck_assert_uint_eq(km_slab_nr_pages(h.replay->kernel.slab), 0);
	handmade_release(&h);
}
END_TEST

START_TEST(a_trace_without_a_host_gets_a_machine)
{
	static const struct {
		const char *mem;
		uint64_t pages;
	} cases[] = {
		{ NULL, 1 << 20 },
		{ "268435456", 1 << 16 },
		{ "18446744073709551615", 1 << 20 },
		{ "many", 1 << 20 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t managed = 0;
		struct handmade h;
		char reason[200];

		handmade_init(&h);
		if (cases[i].mem)
			tf_meta_set(&h.meta, "host.mem_bytes", cases[i].mem);
		handmade_cache(&h, 3, "widget", 120, 68, 1);
		add_cache_alloc(&h, 3, OBJECT(1), 120, GFP_KERNEL);
		handmade_open(&h);
		ck_assert_int_eq(km_replay_init(h.replay, h.reader, NULL, reason, sizeof(reason)),
				 0);
		ck_assert_str_ne(reason, "");
		ck_assert(!h.replay->is_warm && !h.replay->is_host_machine);
		for (unsigned int z = 0; z < h.replay->kernel.pages.nr_zones; z++)
			managed += h.replay->kernel.pages.zones[z].managed_pages;
		ck_assert_uint_eq(managed, cases[i].pages);
		handmade_run(&h);
		ck_assert_uint_eq(km_replay_nr_live(h.replay), 1);
		/* Nothing speaks against the recorded geometry. */
		ck_assert_uint_eq(km_slab_nr_pages(h.replay->kernel.slab), 2);
		handmade_release(&h);
	}
}
END_TEST

/* slab.max_order=0 keeps the stride and computes the rest; the same objects, other slabs. */
START_TEST(settings_change_the_geometry)
{
	struct km_replay_options options = { 0 };
	struct km_settings settings;
	struct km_cache_info info;
	struct handmade h;
	char reason[200];

	handmade_init(&h);
	handmade_snapshots(&h, 1);
	km_settings_init(&settings);
	ck_assert_int_eq(km_settings_parse(&settings, "slab.max_order=0", reason, sizeof(reason)),
			 0);
	options.settings = &settings;
	handmade_boot(&h, &options);
	ck_assert(h.replay->is_warm && !h.replay->is_host_machine);
	cache_info(&h, "sample_object", &info);
	ck_assert_uint_eq(info.order, 0);
	ck_assert_uint_eq(info.size, 256);
	ck_assert_uint_eq(info.object_size, 232);
	ck_assert_uint_eq(info.objects_per_slab, 16);
	ck_assert_uint_eq(info.nr_slabs, 20); /* 10 * 32 / 16 */
	ck_assert_uint_eq(info.nr_active, 318);
	handmade_run(&h);
	handmade_release(&h);
}
END_TEST

START_TEST(another_size_of_memory_starts_cold)
{
	struct km_replay_options options = { 0 };
	struct km_settings settings;
	struct handmade h;
	char reason[200];

	handmade_init(&h);
	handmade_snapshots(&h, 1);
	km_settings_init(&settings);
	ck_assert_int_eq(km_settings_parse(&settings, "mem.size=64M", reason, sizeof(reason)), 0);
	options.settings = &settings;
	handmade_boot(&h, &options);
	ck_assert(!h.replay->is_warm && !h.replay->is_host_machine);
	handmade_run(&h);
	handmade_release(&h);
}
END_TEST

START_TEST(a_machine_that_cannot_be_says_why)
{
	struct km_replay_options options = { 0 };
	struct km_profile profile;
	struct handmade h;
	char reason[200];

	handmade_init(&h);
	handmade_open(&h);
	ck_assert_int_eq(km_profile_builtin("x86-64-4g", &profile), 0);
	profile.nr_cpus = 5000;
	options.profile = &profile;
	ck_assert_int_eq(km_replay_init(h.replay, h.reader, &options, reason, sizeof(reason)),
			 -EINVAL);
	ck_assert_str_eq(reason, km_profile_check(&profile));
	handmade_release(&h);
}
END_TEST

/* Snapshots may hold anything; what cannot be placed is left out. */
START_TEST(snapshots_that_promise_too_much)
{
	static const char slabinfo[] =
		"dentry 99999999 99999999 192 21 1 : tunables 0 0 0 : slabdata 4000000 4000000 0\n"
		"absurd 1 18446744073709551615 192 21 1 : tunables 0 0 0 : slabdata 0 "
		"18446744073709551615 0\n"
		"kmalloc-64 1 1 64 64 999 : tunables 0 0 0 : slabdata 5 5 0\n"
		"zero 1 1 0 0 0 : tunables 0 0 0 : slabdata 5 5 0\n";
	static const char buddyinfo[] =
		"Node 0, zone      DMA 18446744073709551615 1 1 1 1 1 1 1 1 1 99999\n"
		"Node 0, zone    DMA32 100 100 100 100 100 100 100 100 100 100 100\n";
	struct tf_snapshot *snap;
	struct handmade h;
	char buf[200];

	handmade_init(&h);
	snap = tf_meta_begin_snapshot(&h.meta, 0);
	snap_add(snap, "/proc/zoneinfo", sample_zoneinfo);
	snap_add(snap, "/proc/buddyinfo", buddyinfo);
	snap_add(snap, "/proc/slabinfo", slabinfo);
	snap_add(snap, "/sys/kernel/slab",
		 "dentry/partial=18446744073709551615\n"
		 "dentry/slabs_cpu_partial=1(18446744073709551615)\n");
	snap_add(snap, "/proc/vmallocinfo",
		 "0x1-0x2 18446744073709551615 x pages=1 vmalloc\n"
		 "0x1-0x2 4096 x vmap\n"
		 "0x1-0x2 1 x pages=9 vmalloc\n");
	snap_add(snap, "/proc/meminfo", "Percpu: 18446744073709551615 kB\n");
	page_alloc(&h, PFN(0), 0);
	page_free(&h, PFN(0), 0);
	handmade_boot(&h, NULL);
	ck_assert(h.replay->is_warm);
	ck_assert_ptr_null(km_kernel_is_valid(&h.replay->kernel, buf, sizeof(buf)));
	handmade_run(&h);
	handmade_release(&h);
}
END_TEST

/* Thirty pages are a machine, but nothing can be started on it: another is taken. */
START_TEST(a_host_that_cannot_be_booted_is_replaced)
{
	static const char zoneinfo[] = "Node 0, zone      DMA\n"
				       "  pages free     30\n"
				       "        spanned  64\n"
				       "        present  60\n"
				       "        managed  30\n"
				       "  start_pfn:           1\n";
	struct tf_snapshot *snap;
	struct handmade h;
	char reason[200];

	handmade_init(&h);
	snap = tf_meta_begin_snapshot(&h.meta, 0);
	snap_add(snap, "/proc/zoneinfo", zoneinfo);
	add_kmalloc(&h, OBJECT(0), 100, 128, GFP_KERNEL);
	handmade_open(&h);
	ck_assert_int_eq(km_replay_init(h.replay, h.reader, NULL, reason, sizeof(reason)), 0);
	ck_assert_str_ne(reason, "");
	ck_assert(!h.replay->is_host_machine && !h.replay->is_warm);
	ck_assert_uint_gt(km_pages_nr_free(&h.replay->kernel.pages), 1 << 19);
	handmade_run(&h);
	ck_assert_uint_eq(km_replay_nr_live(h.replay), 1);
	handmade_release(&h);
}
END_TEST

START_TEST(flags_of_the_host_are_made_canonical)
{
	static const struct {
		const char *release, *fact, *bit;
		uint32_t host;
		km_gfp want;
	} cases[] = {
		{ "2.6.32", NULL, NULL, 0xd0, KM_GFP_KERNEL },
		{ "5.10.0", NULL, NULL, 0xa20, KM_GFP_ATOMIC | KM_GFP_ATOMIC_BIT },
		{ "6.18.0", NULL, NULL, 0xcc0, KM_GFP_KERNEL },
		{ "6.18.0", "gfp.ZERO", "20", 1 << 20 | 1 << 8, KM_GFP_ZERO | KM_GFP_OTHER },
		{ "unheard", NULL, NULL, 0xcc0, KM_GFP_KERNEL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tf_event ev = { .gfp = cases[i].host };
		struct handmade h;

		handmade_init(&h);
		tf_meta_set(&h.meta, "host.release", cases[i].release);
		if (cases[i].fact)
			tf_meta_set(&h.meta, cases[i].fact, cases[i].bit);
		handmade_boot(&h, NULL);
		ck_assert_uint_eq(km_replay_gfp(h.replay, &ev), cases[i].want);
		handmade_release(&h);
	}
}
END_TEST

struct clock {
	unsigned int nr_ticks, nr_events;
	uint64_t ticks[64];
	uint64_t events_at[64];
};

static void on_event(void *self, const struct km_replay *replay, const struct tf_event *ev)
{
	(void)replay;
	(void)ev;
	((struct clock *)self)->nr_events++;
}

static void on_tick(void *self, const struct km_replay *replay, uint64_t now_ns)
{
	struct clock *clock = self;

	ck_assert_uint_lt(clock->nr_ticks, 64);
	ck_assert_uint_eq(now_ns, replay->now_ns);
	clock->events_at[clock->nr_ticks] = clock->nr_events;
	clock->ticks[clock->nr_ticks++] = now_ns - replay->first_ns;
}

static const struct km_observer_ops clock_ops = {
	.name = "clock",
	.event = on_event,
	.tick = on_tick,
};

/* Events at 0, 10, 35, 30 (late), 95 us; a tick is 10 us; one for a row of quiet ones. */
START_TEST(time_passes_in_ticks)
{
	static const uint64_t at[] = { 0, 10000, 35000, 30000, 95000 };
	struct km_replay_options options = { .tick_ns = 10000 };
	struct clock clock = { 0 };
	struct handmade h;

	handmade_init(&h);
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		h.ts = 5000000 + at[i];
		add_kmalloc(&h, OBJECT(i), 100, 128, GFP_KERNEL);
	}
	handmade_boot(&h, &options);
	ck_assert_int_eq(km_replay_add_observer(h.replay, &clock_ops, &clock), 0);
	handmade_run(&h);
	ck_assert_uint_eq(clock.nr_ticks, 4);
	ck_assert_uint_eq(clock.ticks[0], 10000); /* before what happens at that time */
	ck_assert_uint_eq(clock.events_at[0], 1);
	ck_assert_uint_eq(clock.ticks[1], 30000);
	ck_assert_uint_eq(clock.events_at[1], 2);
	ck_assert_uint_eq(clock.ticks[2], 90000);
	ck_assert_uint_eq(clock.events_at[2], 4);
	ck_assert_uint_eq(clock.ticks[3], 95000); /* the end */
	ck_assert_uint_eq(clock.events_at[3], 5);
	ck_assert_uint_eq(h.replay->now_ns, 5095000);
	handmade_release(&h);
}
END_TEST

START_TEST(time_that_jumps_does_no_harm)
{
	struct km_replay_options options = { .tick_ns = 1 };
	struct clock clock = { 0 };
	struct handmade h;

	handmade_init(&h);
	add_kmalloc(&h, OBJECT(0), 100, 128, GFP_KERNEL);
	h.ts = UINT64_MAX - 10;
	add_kmalloc(&h, OBJECT(1), 100, 128, GFP_KERNEL);
	h.ts = UINT64_MAX;
	add_kmalloc(&h, OBJECT(2), 100, 128, GFP_KERNEL);
	handmade_boot(&h, &options);
	ck_assert_int_eq(km_replay_add_observer(h.replay, &clock_ops, &clock), 0);
	handmade_run(&h);
	ck_assert_uint_eq(km_replay_nr_live(h.replay), 3);
	handmade_release(&h);
}
END_TEST

START_TEST(loss_is_counted_and_lives_are_kept)
{
	struct tf_event gap = { .kind = TF_GAP, .bytes_req = 17 };
	struct tf_event mark = { .kind = TF_MARK };
	struct handmade h;

	handmade_init(&h);
	add_kmalloc(&h, OBJECT(0), 100, 128, GFP_KERNEL);
	handmade_add(&h, gap);
	handmade_add(&h, mark);
	gap.bytes_req = 3;
	handmade_add(&h, gap);
	add_free(&h, TF_KFREE, OBJECT(0));
	handmade_boot_and_run(&h, 0);
	assert_divergences(h.replay, (struct divergences){ 0 });
	ck_assert_uint_eq(h.replay->nr_lost, 20);
	ck_assert_uint_eq(h.replay->nr_events, 2);
	handmade_release(&h);
}
END_TEST

START_TEST(an_empty_trace_is_replayed)
{
	struct clock clock = { 0 };
	struct handmade h;

	handmade_init(&h);
	handmade_boot(&h, NULL);
	ck_assert_int_eq(km_replay_add_observer(h.replay, &clock_ops, &clock), 0);
	handmade_run(&h);
	ck_assert_uint_eq(h.replay->nr_events, 0);
	ck_assert_uint_eq(clock.nr_ticks, 1);
	handmade_release(&h);
}
END_TEST

START_TEST(there_is_room_for_sixteen_observers)
{
	struct clock clocks[17] = { 0 };
	struct handmade h;

	handmade_init(&h);
	add_kmalloc(&h, OBJECT(0), 100, 128, GFP_KERNEL);
	handmade_boot(&h, NULL);
	for (int i = 0; i < 16; i++)
		ck_assert_int_eq(km_replay_add_observer(h.replay, &clock_ops, &clocks[i]), 0);
	ck_assert_int_eq(km_replay_add_observer(h.replay, &clock_ops, &clocks[16]), -ENOSPC);
	handmade_run(&h);
	ck_assert_uint_eq(clocks[0].nr_events, 1);
	ck_assert_uint_eq(clocks[15].nr_events, 1);
	ck_assert_uint_eq(clocks[16].nr_events, 0);
	handmade_release(&h);
}
END_TEST

static void flip_byte(const char *path, off_t at)
{
	int fd = open(path, O_RDWR);
	uint8_t byte;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
	byte ^= 0x40;
	ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

/* Three blocks of events, the second damaged: the others are replayed. */
START_TEST(damaged_blocks_are_left_out)
{
	struct stat first, second;
	struct tf_error err;
	struct handmade h;

	handmade_init(&h);
	for (unsigned int i = 0; i < 3000; i++) {
		add_kmalloc(&h, OBJECT(i), i % 4000 + 1, 128, GFP_KERNEL);
		if (i % 1000 == 999)
			ck_assert_int_eq(tf_writer_flush(h.writer), 0);
		if (i == 999)
			ck_assert_int_eq(stat(h.path, &first), 0);
		if (i == 1999)
			ck_assert_int_eq(stat(h.path, &second), 0);
	}
	handmade_open(&h);
	tf_reader_close(h.reader);
	flip_byte(h.path, (first.st_size + second.st_size) / 2);
	ck_assert_int_eq(tf_reader_open(&h.reader, h.path, &err), 0);
	handmade_boot(&h, NULL);
	ck_assert_int_eq(km_replay_run(h.replay, &err), -EBADMSG);
	ck_assert_uint_eq(h.replay->nr_damaged_blocks, 1);
	ck_assert_uint_ge(err.offset, (uint64_t)first.st_size);
	ck_assert_uint_lt(err.offset, (uint64_t)second.st_size);
	ck_assert_uint_eq(h.replay->nr_events, 2000);
	ck_assert_uint_eq(km_replay_nr_live(h.replay), 2000);
	handmade_release(&h);
}
END_TEST

START_TEST(divergences_have_names)
{
	for (int i = 0; i < KM_NR_DIVERGENCES; i++)
		ck_assert_ptr_nonnull(km_divergence_name(i));
	ck_assert_str_eq(km_divergence_name(KM_DIV_WARM_FREE), "warm_free");
	ck_assert_str_eq(km_divergence_name(KM_DIV_DOUBLED), "doubled");
	ck_assert_ptr_null(km_divergence_name(KM_NR_DIVERGENCES));
}
END_TEST

RUN_SUITE("replay/boot", a_warm_start_is_the_snapshot, a_warm_start_knows_what_is_dirty,
	  a_cold_start_is_empty, a_trace_without_a_host_gets_a_machine,
	  settings_change_the_geometry, another_size_of_memory_starts_cold,
	  a_machine_that_cannot_be_says_why, snapshots_that_promise_too_much,
	  a_host_that_cannot_be_booted_is_replaced, flags_of_the_host_are_made_canonical,
	  time_passes_in_ticks, time_that_jumps_does_no_harm, loss_is_counted_and_lives_are_kept,
	  an_empty_trace_is_replayed, there_is_room_for_sixteen_observers,
	  damaged_blocks_are_left_out, divergences_have_names)
