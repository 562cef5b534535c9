/* SPDX-License-Identifier: GPL-2.0-only */
/* The parsers of /proc and /sys copies, on a modern kernel's, on older ones', on nonsense. */
#include "tests/unit/suite.h"

#include <string.h>

#include "core/replay/host_files.h"
#include "tests/unit/core/replay/handmade.h"

static struct km_text text_of(const char *text)
{
	return km_text_of(text, strlen(text));
}

START_TEST(text_is_eaten_from_the_left)
{
	struct km_text text = text_of("  17\tabc=0x1f, 99999999999999999999999\nrest"), line, word;
	uint64_t value = 0;

	ck_assert(km_text_line(&text, &line));
	ck_assert(km_text_u64(&line, &value));
	ck_assert_uint_eq(value, 17);
	ck_assert(!km_text_u64(&line, &value));
	ck_assert(!km_text_skip(&line, "abd"));
	ck_assert(km_text_until(&line, '=', &word));
	ck_assert(km_text_has(&word, "abc"));
	ck_assert(km_text_hex(&line, &value));
	ck_assert_uint_eq(value, 0x1f);
	ck_assert(km_text_skip(&line, ","));
	ck_assert(km_text_u64(&line, &value));
	ck_assert_uint_eq(value, UINT64_MAX);
	ck_assert(!km_text_word(&line, &word));
	ck_assert(km_text_line(&text, &line));
	ck_assert(km_text_is(&line, "rest"));
	ck_assert(!km_text_is(&line, "res"));
	ck_assert(!km_text_line(&text, &line));
}
END_TEST

START_TEST(zoneinfo_of_6_18)
{
	struct km_zoneinfo info;
	const struct km_zone_desc *desc;

	ck_assert(km_parse_zoneinfo(text_of(sample_zoneinfo), &info));
	ck_assert_uint_eq(info.nr_zones, 2);
	ck_assert_uint_eq(info.nr_cpus, 2);
	ck_assert(info.has_high_max);
	ck_assert_uint_eq(info.nr_classes, 5);
	ck_assert_int_eq(info.classes[1], KM_ZONE_DMA32);
	ck_assert_int_eq(info.classes[3], KM_ZONE_MOVABLE);
	ck_assert_int_eq(info.classes[4], -1);
	desc = &info.zones[0].desc;
	ck_assert_int_eq(desc->type, KM_ZONE_DMA);
	ck_assert_uint_eq(desc->start_pfn, 1);
	ck_assert_uint_eq(desc->spanned_pages, 4095);
	ck_assert_uint_eq(desc->present_pages, 3998);
	ck_assert_uint_eq(desc->managed_pages, 3840);
	ck_assert_uint_eq(desc->wmark_min, 55);
	ck_assert_uint_eq(desc->wmark_low, 68);
	ck_assert_uint_eq(desc->wmark_high, 81);
	ck_assert_uint_eq(desc->pcp_batch, 1);
	ck_assert_uint_eq(desc->pcp_high_min, 34);
	ck_assert_uint_eq(desc->pcp_high_max, 240);
	ck_assert(desc->has_protection);
	ck_assert_uint_eq(desc->protection[KM_ZONE_DMA], 0);
	ck_assert_uint_eq(desc->protection[KM_ZONE_DMA32], 112);
	ck_assert_uint_eq(desc->protection[KM_ZONE_NORMAL], 112);
	ck_assert_uint_eq(desc->protection[KM_ZONE_HIGHMEM], 112);
	ck_assert_uint_eq(info.zones[1].free_pages, SAMPLE_FREE_DMA32);
	ck_assert_uint_eq(info.zones[1].pcp_pages, SAMPLE_PCP);
	ck_assert_uint_eq(info.zones[1].pcp_count[0], 16);
	ck_assert_uint_eq(info.zones[1].pcp_count[1], 8);
}
END_TEST

/* 32 bits, two nodes out of order, no "managed", one "high" a CPU, only populated zones. */
START_TEST(zoneinfo_of_older_kernels)
{
	static const char old[] = "Node 1, zone   Normal\n"
				  "  pages free     10\n"
				  "        spanned  1000\n"
				  "        present  900\n"
				  "        protection: (0, 0, 0, 0)\n"
				  "  start_pfn:         300000\n"
				  "Node 0, zone   Normal\n"
				  "  pages free     20\n"
				  "        min      5\n"
				  "        spanned  2000\n"
				  "        present  1900\n"
				  "        protection: (0, 0, 77, 78)\n"
				  "  pagesets\n"
				  "    cpu: 0\n"
				  "              count: 153\n"
				  "              high:  186\n"
				  "              batch: 31\n"
				  "  start_pfn:         4096\n"
				  "Node 0, zone  HighMem\n"
				  "  pages free     20\n"
				  "        spanned  20\n"
				  "        present  19\n"
				  "        protection: (0, 0, 0, 0)\n"
				  "  start_pfn:         229376\n";
	struct km_zoneinfo info;

	ck_assert(km_parse_zoneinfo(text_of(old), &info));
	ck_assert_uint_eq(info.nr_zones, 3);
	ck_assert(!info.has_high_max);
	ck_assert_uint_eq(info.zones[0].desc.node, 0);
	ck_assert_int_eq(info.zones[0].desc.type, KM_ZONE_NORMAL);
	ck_assert_int_eq(info.zones[1].desc.type, KM_ZONE_HIGHMEM);
	ck_assert_uint_eq(info.zones[2].desc.node, 1);
	ck_assert_uint_eq(info.zones[0].desc.managed_pages, 1900);
	ck_assert_uint_eq(info.zones[0].desc.pcp_high_min, 186);
	ck_assert_uint_eq(info.zones[0].desc.pcp_high_max, 186);
	ck_assert_uint_eq(info.zones[0].pcp_count[0], 153);
	/* Four types, two named: DMA, Normal, HighMem, Movable. */
	ck_assert_uint_eq(info.zones[0].desc.protection[KM_ZONE_NORMAL], 0);
	ck_assert_uint_eq(info.zones[0].desc.protection[KM_ZONE_HIGHMEM], 77);
	ck_assert_uint_eq(info.zones[0].desc.protection[KM_ZONE_MOVABLE], 78);
}
END_TEST

/* Newer kernels say how much of the watermarks is boost, and add a fourth. */
START_TEST(zoneinfo_with_boost)
{
	static const char text[] = "Node 0, zone    DMA32\n"
				   "  pages free     52718\n"
				   "        boost    512\n"
				   "        min      707\n"
				   "        low      755\n"
				   "        high     803\n"
				   "        promo    851\n"
				   "        spanned  24544\n"
				   "        present  24544\n"
				   "        managed  14568\n"
				   "  start_pfn:           4096\n";
	struct km_zoneinfo info;

	ck_assert(km_parse_zoneinfo(text_of(text), &info));
	ck_assert(info.zones[0].has_boost);
	ck_assert(info.zones[0].has_promo);
	ck_assert_uint_eq(info.zones[0].desc.watermark_boost, 512);
	ck_assert_uint_eq(info.zones[0].desc.wmark_min, 707);
	ck_assert_uint_eq(info.zones[0].wmark_promo, 851);

	ck_assert(km_parse_zoneinfo(text_of("Node 0, zone Normal\n min 5\n present 9\n"), &info));
	ck_assert(!info.zones[0].has_boost);
	ck_assert(!info.zones[0].has_promo);
	ck_assert_uint_eq(info.zones[0].desc.watermark_boost, 0);
}
END_TEST

START_TEST(blocks_by_type_or_all_movable)
{
	struct km_host_zone zones[2] = { { .type = KM_ZONE_DMA, .managed_pages = 4096 },
					 { .type = KM_ZONE_DMA32, .managed_pages = 1 << 20 } };
	unsigned int order = 0;

	ck_assert(km_parse_free_blocks(text_of(sample_pagetypeinfo), text_of(sample_buddyinfo),
				       zones, 2));
	ck_assert(zones[0].has_types && zones[1].has_types);
	ck_assert_uint_eq(zones[0].blocks[KM_MIGRATE_UNMOVABLE][8], 1);
	ck_assert_uint_eq(zones[0].blocks[KM_MIGRATE_MOVABLE][9], 1);
	ck_assert_uint_eq(zones[1].blocks[KM_MIGRATE_RECLAIMABLE][0], 2);
	ck_assert_uint_eq(zones[1].blocks[KM_MIGRATE_MOVABLE][10], 4);
	ck_assert_uint_eq(km_host_zone_free(&zones[0]), SAMPLE_FREE_DMA);
	ck_assert_uint_eq(km_host_zone_free(&zones[1]), SAMPLE_FREE_DMA32);
	ck_assert(km_parse_pageblock_order(text_of(sample_pagetypeinfo), &order));
	ck_assert_uint_eq(order, 9);

	memset(zones, 0, sizeof(zones));
	zones[1].type = KM_ZONE_DMA32;
	zones[1].managed_pages = 1 << 20;
	ck_assert(km_parse_free_blocks(text_of(""), text_of(sample_buddyinfo), zones, 2));
	ck_assert(!zones[1].has_types);
	ck_assert_uint_eq(zones[1].blocks[KM_MIGRATE_MOVABLE][0], 8);
	ck_assert_uint_eq(km_host_zone_free(&zones[1]), SAMPLE_FREE_DMA32);
	ck_assert(!km_parse_free_blocks(text_of("Page block"), text_of("Node 7, zone DMA 1"), zones,
					2));
}
END_TEST

/* pagetypeinfo gives up at 100000; buddyinfo knows how many there are. */
START_TEST(cut_counts_are_completed)
{
	struct km_host_zone zone = { .type = KM_ZONE_NORMAL, .managed_pages = 1 << 20 };

	ck_assert(km_parse_free_blocks(
		text_of("Node    0, zone   Normal, type    Unmovable      5 2 0 0 0 0 0 0 0 0 0\n"
			"Node    0, zone   Normal, type      Movable >100000 7 0 0 0 0 0 0 0 0 0\n"),
		text_of("Node 0, zone   Normal 250005 9 0 0 0 0 0 0 0 0 0\n"), &zone, 1));
	ck_assert_uint_eq(zone.blocks[KM_MIGRATE_UNMOVABLE][0], 5);
	ck_assert_uint_eq(zone.blocks[KM_MIGRATE_MOVABLE][0], 250000);
	ck_assert_uint_eq(zone.blocks[KM_MIGRATE_MOVABLE][1], 7);
}
END_TEST

/* No list has more blocks than the zone has pages for, whatever the files say. */
START_TEST(no_more_blocks_than_pages)
{
	struct km_host_zone zone = { .type = KM_ZONE_NORMAL, .managed_pages = 1000 };

	ck_assert(km_parse_free_blocks(
		text_of("Node 0, zone Normal, type Unmovable 18446744073709551615 500 0 "
			"9223372036854775808 0 0 0 0 0 0 18446744073709551615\n"
			"Node 0, zone Normal, type Movable >18446744073709551615 7 0 0 0 0 0 0 0 0 1\n"),
		text_of("Node 0, zone Normal 18446744073709551615 9 0 0 0 0 0 0 0 0 1\n"), &zone,
		1));
	ck_assert_uint_eq(zone.blocks[KM_MIGRATE_UNMOVABLE][0], 1000);
	ck_assert_uint_eq(zone.blocks[KM_MIGRATE_UNMOVABLE][1], 500);
	ck_assert_uint_eq(zone.blocks[KM_MIGRATE_UNMOVABLE][3], 125);
	ck_assert_uint_eq(zone.blocks[KM_MIGRATE_UNMOVABLE][10], 0);
	ck_assert_uint_eq(zone.blocks[KM_MIGRATE_MOVABLE][0], 1000);
	ck_assert_uint_eq(zone.blocks[KM_MIGRATE_MOVABLE][1], 7);
	zone = (struct km_host_zone){ .type = KM_ZONE_NORMAL, .managed_pages = UINT64_MAX };
	ck_assert(km_parse_free_blocks(
		text_of(""), text_of("Node 0, zone Normal 18446744073709551615 0\n"), &zone, 1));
	ck_assert_uint_eq(zone.blocks[KM_MIGRATE_MOVABLE][0], UINT32_MAX);
}
END_TEST

START_TEST(slab_from_slabinfo_and_sysfs)
{
	struct km_host_state state = { 0 };
	const struct km_host_cache *cache;

	ck_assert_int_eq(km_parse_slab(text_of(sample_slabinfo), text_of(sample_sysfs), &state), 0);
	ck_assert(state.has_slab);
	ck_assert_uint_eq(state.nr_caches, 4);
	ck_assert_uint_eq(state.slab_pages, SAMPLE_SLAB_PAGES);
	cache = km_host_cache(&state, "dentry");
	ck_assert_ptr_nonnull(cache);
	ck_assert_uint_eq(cache->nr_active, 837);
	ck_assert_uint_eq(cache->nr_objs, 840);
	ck_assert_uint_eq(cache->nr_slabs, 40);
	ck_assert_uint_eq(cache->objects_per_slab, 21);
	ck_assert(cache->has_sysfs);
	ck_assert_uint_eq(cache->nr_partial, 1);
	ck_assert_uint_eq(cache->nr_cpu_partial, 3);
	ck_assert_uint_eq(cache->nr_cpu_slabs, 2); /* 5 with the partial ones */
	ck_assert_uint_eq(cache->cpu_partial, 120);
	ck_assert_uint_eq(cache->flags, KM_SLAB_RECLAIM_ACCOUNT);
	cache = km_host_cache(&state, "sample_object");
	ck_assert_uint_eq(cache->object_size, 232);
	ck_assert_uint_eq(cache->size, 256);
	ck_assert_uint_eq(cache->align, 256);
	ck_assert_ptr_null(km_host_cache(&state, "unknown_cache"));
	ck_assert(km_slab_has_sheaves(text_of(sample_sysfs)));
	ck_assert(!km_slab_has_sheaves(text_of("a/sheaf_capacity=0\nb/order=3\n")));
	free(state.caches);
}
END_TEST

START_TEST(caches_of_one_name_are_one)
{
	struct km_host_state state = { 0 };

	ck_assert_int_eq(
		km_parse_slab(text_of("same 1 21 192 21 1 : tunables 0 0 0 : slabdata 1 1 0\n"
				      "broken 1 21 192\n"
				      "other 1 21 192 21 1 : tunables 0 0 0 : slabdata 1 1 0\n"
				      "same 2 42 192 21 1 : tunables 0 0 0 : slabdata 2 2 0\n"),
			      text_of("other/partial\nsame/partial=4\n/=\n"), &state),
		0);
	ck_assert_uint_eq(state.nr_caches, 2);
	ck_assert_uint_eq(km_host_cache(&state, "same")->nr_slabs, 3);
	ck_assert_uint_eq(km_host_cache(&state, "same")->nr_active, 3);
	ck_assert_uint_eq(km_host_cache(&state, "same")->nr_partial, 4);
	ck_assert(!km_host_cache(&state, "other")->has_sysfs);
	free(state.caches);
}
END_TEST

START_TEST(vmalloc_and_percpu)
{
	struct km_host_state state = { 0 };
	struct km_profile profile = { 0 };
	uint64_t bytes = 0;

	ck_assert_int_eq(km_parse_vmallocinfo(text_of(sample_vmallocinfo), &state), 0);
	ck_assert_uint_eq(state.nr_areas, 4);
	ck_assert_uint_eq(state.vmalloc_bytes, SAMPLE_VMALLOC_BYTES);
	ck_assert(!state.areas[0].has_pages && !state.areas[1].has_pages);
	ck_assert(state.areas[2].has_pages && state.areas[3].has_pages);
	free(state.areas);

	/* A chunk is made by percpu: nothing of it counts here. */
	memset(&state, 0, sizeof(state));
	ck_assert_int_eq(
		km_parse_vmallocinfo(
			text_of("0x1-0x2 2097152 pcpu_get_vm_areas+0x0/0x10 vmalloc\n"), &state),
		0);
	ck_assert_uint_eq(state.nr_areas, 0);
	ck_assert_uint_eq(state.vmalloc_bytes, 0);

	ck_assert(km_parse_meminfo(text_of(sample_meminfo), "Percpu:", &bytes));
	ck_assert_uint_eq(bytes, 640 * 1024);
	ck_assert(!km_parse_meminfo(text_of("MemTotal: 1 kB\n"), "Percpu:", &bytes));
	ck_assert(km_parse_percpu_stats(text_of("Allocation Info:\n"
						"  unit_size           :      1048576\n"
						"  static_size         :       185496\n"
						"  dyn_size            :        31592\n"),
					&profile));
	ck_assert_uint_eq(profile.percpu_unit, 1048576);
	ck_assert_uint_eq(profile.percpu_static, 185496);
	ck_assert_uint_eq(profile.percpu_dynamic, 31592);
}
END_TEST

START_TEST(ram_in_whole_pages)
{
	struct km_mem_range ranges[KM_MAX_RANGES];
	unsigned int nr;

	ck_assert(km_parse_iomem(text_of(sample_iomem), 12, ranges, &nr));
	ck_assert_uint_eq(nr, 2);
	ck_assert_uint_eq(ranges[0].start_pfn, 1);
	ck_assert_uint_eq(ranges[0].end_pfn, 0x9f); /* the last page is not whole */
	ck_assert_uint_eq(ranges[1].start_pfn, 0x100);
	ck_assert_uint_eq(ranges[1].end_pfn, 0x8000);
	/* What those without privilege are shown. */
	ck_assert(!km_parse_iomem(text_of("00000000-00000000 : System RAM\n"), 12, ranges, &nr));
	ck_assert(!km_parse_iomem(text_of("1000-2000 : System RAM\n1800-3000 : System RAM\n"), 12,
				  ranges, &nr));
}
END_TEST

static void sample_meta(struct tf_meta *meta, int nr_snapshots)
{
	tf_meta_init(meta);
	tf_meta_set(meta, "host.release", "6.18.44");
	tf_meta_set(meta, "host.cpus_online", "2");
	tf_meta_set(meta, "host.cpus_possible", "4");
	for (int i = 0; i < nr_snapshots; i++)
		snap_add_sample(tf_meta_begin_snapshot(meta, i));
}

START_TEST(a_host_is_put_together)
{
	struct km_host *host = calloc(1, sizeof(*host));
	const struct km_profile *profile = &host->profile;
	struct tf_meta meta;

	sample_meta(&meta, 2);
	ck_assert_int_eq(km_host_init(host, &meta), 0);
	ck_assert(host->has_profile && host->has_end);
	ck_assert_str_eq(profile->name, "host");
	ck_assert_uint_eq(profile->nr_cpus, 2);
	ck_assert_uint_eq(profile->nr_possible_cpus, 4);
	ck_assert_uint_eq(profile->nr_zones, 2);
	ck_assert_uint_eq(profile->nr_ranges, 2);
	ck_assert_uint_eq(profile->ranges[1].end_pfn, 0x8000);
	ck_assert_uint_eq(profile->pageblock_order, 9);
	ck_assert_uint_eq(profile->min_free_kbytes, 1420);
	ck_assert_uint_eq(profile->lowmem_reserve_ratio[KM_ZONE_NORMAL], 32);
	ck_assert_uint_eq(profile->lowmem_reserve_ratio[KM_ZONE_MOVABLE], 0);
	ck_assert_uint_eq(profile->features, KM_FEATURES_NEWEST);
	ck_assert(host->start.has_zones && host->start.has_slab && host->start.has_vmalloc &&
		  host->start.has_percpu);
	ck_assert_uint_eq(host->start.percpu_pages, SAMPLE_PERCPU_PAGES);
	ck_assert_uint_eq(host->end.nr_zones, 2);
	ck_assert_uint_eq(km_host_zone_free(&host->end.zones[1]), SAMPLE_FREE_DMA32);
	km_host_release(host);
	tf_meta_release(&meta);
	free(host);
}
END_TEST

/* Between the snapshots 4096 pages more came to be managed, of those that are present. */
START_TEST(memory_that_grew_is_deferred)
{
	static const char zoneinfo[] = "Node 0, zone   Normal\n"
				       "  pages free     100\n"
				       "        spanned  65536\n"
				       "        present  65536\n"
				       "        managed  %u\n"
				       "  start_pfn:           1048576\n";
	struct km_host *host = calloc(1, sizeof(*host));
	struct tf_meta meta;
	char text[512];

	tf_meta_init(&meta);
	snprintf(text, sizeof(text), zoneinfo, 32768u);
	snap_add(tf_meta_begin_snapshot(&meta, 0), "/proc/zoneinfo", text);
	snprintf(text, sizeof(text), zoneinfo, 32768u + 4096u);
	snap_add(tf_meta_begin_snapshot(&meta, 1), "/proc/zoneinfo", text);
	ck_assert_int_eq(km_host_init(host, &meta), 0);
	ck_assert(host->has_profile);
	ck_assert_uint_eq(host->profile.zones[0].managed_pages, 32768);
	ck_assert_uint_eq(host->profile.zones[0].deferred_pages, 4096);
	km_host_release(host);
	tf_meta_release(&meta);
	free(host);
}
END_TEST

START_TEST(files_go_before_the_release)
{
	struct km_host *host = calloc(1, sizeof(*host));
	struct tf_snapshot *snap;
	struct tf_meta meta;

	tf_meta_init(&meta);
	tf_meta_set(&meta, "host.release", "6.18.44");
	snap = tf_meta_begin_snapshot(&meta, 0);
	snap_add(snap, "/proc/zoneinfo", sample_zoneinfo);
	snap_add(snap, "/proc/slabinfo",
		 "# name\nkmalloc-64 1 64 64 64 1 : tunables 0 0 0 : slabdata 1 1 0\n");
	snap_add(snap, "/sys/kernel/slab", "kmalloc-64/sheaf_capacity=0\n");
	ck_assert_int_eq(km_host_init(host, &meta), 0);
	ck_assert(host->has_profile);
	ck_assert_uint_eq(host->profile.features,
			  KM_FEATURES_NEWEST & ~(KM_FEAT_SHEAVES | KM_FEAT_KMALLOC_CGROUP));
	ck_assert(!host->start.has_zones); /* neither buddyinfo nor pagetypeinfo */
	ck_assert(!host->has_end);
	ck_assert_uint_eq(host->profile.nr_ranges, 0);
	ck_assert_uint_eq(host->profile.nr_cpus, 2); /* that have page sets */
	km_host_release(host);
	tf_meta_release(&meta);
	free(host);
}
END_TEST

/*
 * From 6.7 on high floats, but its limits are printed only much later: then what it happened
 * to be limits nothing.
 */
START_TEST(high_that_floats_unseen)
{
	static const char zoneinfo[] = "Node 0, zone   Normal\n"
				       "  pages free     100\n"
				       "        boost    700\n"
				       "        min      600\n"
				       "        low      800\n"
				       "        high     900\n"
				       "        spanned  65536\n"
				       "        present  65536\n"
				       "        managed  65536\n"
				       "  pagesets\n"
				       "    cpu: 0\n"
				       "              count: 3\n"
				       "              high:  577\n"
				       "              batch: 15\n"
				       "  start_pfn:           1048576\n";
	static const struct {
		const char *release;
		uint64_t high;
		bool floats;
	} table[] = { { "6.6.13", 577, false }, { "6.12.95", 0, true }, { NULL, 577, false } };

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct km_host *host = calloc(1, sizeof(*host));
		const struct km_zone_desc *desc = &host->profile.zones[0];
		struct tf_meta meta;

		tf_meta_init(&meta);
		if (table[i].release)
			tf_meta_set(&meta, "host.release", table[i].release);
		snap_add(tf_meta_begin_snapshot(&meta, 0), "/proc/zoneinfo", zoneinfo);
		ck_assert_int_eq(km_host_init(host, &meta), 0);
		ck_assert(host->has_profile);
		ck_assert_uint_eq(desc->pcp_high_min, table[i].high);
		ck_assert_uint_eq(desc->pcp_high_max, table[i].high);
		ck_assert_int_eq(!!(host->profile.features & KM_FEAT_PCP_AUTO_HIGH),
				 table[i].floats);
		/* Read while it shrank: no boost is better than a wrong one. */
		ck_assert_uint_eq(desc->watermark_boost, 0);
		km_host_release(host);
		tf_meta_release(&meta);
		free(host);
	}
}
END_TEST

START_TEST(a_host_that_cannot_be_is_no_profile)
{
	static const char *const zoneinfos[] = {
		"",
		"Node 0, zone Normal\n managed 100\n spanned 100\n present 100\n", /* where? */
		"Node 0, zone Normal\n managed 200\n spanned 100\n present 100\n start_pfn: 1\n",
		"Node 0, zone Normal\n managed 99999999999999999\n spanned 99999999999999999\n"
		" present 99999999999999999\n start_pfn: 1\n",
		"Node 99, zone Normal\n managed 100\n spanned 100\n present 100\n start_pfn: 1\n",
	};

	for (size_t i = 0; i < sizeof(zoneinfos) / sizeof(zoneinfos[0]); i++) {
		struct km_host *host = calloc(1, sizeof(*host));
		struct tf_meta meta;

		tf_meta_init(&meta);
		snap_add(tf_meta_begin_snapshot(&meta, 0), "/proc/zoneinfo", zoneinfos[i]);
		ck_assert_int_eq(km_host_init(host, &meta), 0);
		ck_assert_msg(!host->has_profile, "zoneinfo %zu", i);
		km_host_release(host);
		tf_meta_release(&meta);
		free(host);
	}
}
END_TEST

RUN_SUITE("replay/snapshot", text_is_eaten_from_the_left, zoneinfo_of_6_18,
	  zoneinfo_of_older_kernels, zoneinfo_with_boost, blocks_by_type_or_all_movable,
	  cut_counts_are_completed, no_more_blocks_than_pages, slab_from_slabinfo_and_sysfs,
	  caches_of_one_name_are_one, vmalloc_and_percpu, ram_in_whole_pages,
	  a_host_is_put_together, memory_that_grew_is_deferred, files_go_before_the_release,
	  high_that_floats_unseen, a_host_that_cannot_be_is_no_profile)
