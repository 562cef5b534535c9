/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /proc files of machines that are known to the last page: exact text.
 */
#include "tests/unit/suite.h"
#include "tests/unit/core/page/rig.h"

#include "core/page/pcp.h"
#include "core/page/proc.h"

#define U KM_MIGRATE_UNMOVABLE
#define M KM_MIGRATE_MOVABLE
#define R KM_MIGRATE_RECLAIMABLE

/* The lines from the one that begins with from up to the one that begins with to; owned by text. */
static const char *part(struct km_proc_text *text, const char *from, const char *to)
{
	char *start = strstr(text->data, from), *end;

	ck_assert_ptr_nonnull(start);
	end = to ? strstr(start + 1, to) : NULL;
	if (end)
		*end = '\0';
	return start;
}

static void print(struct rig *rig,
		  int (*file)(const struct km_pages *pages, struct km_proc_text *text),
		  struct km_proc_text *text)
{
	km_proc_text_init(text);
	ck_assert_int_eq(file(&rig->pages, text), 0);
	ck_assert_uint_eq(strlen(text->data), text->len);
}

static void boot(struct rig *rig, const char *name, unsigned int without)
{
	struct km_profile profile;

	ck_assert_int_eq(km_profile_builtin(name, &profile), 0);
	profile.features = KM_FEATURES_NEWEST & ~without;
	rig_boot(rig, &profile);
	ck_assert_int_eq(km_pages_free_all(&rig->pages), 0);
}

/*
 * Two zones of 64 pages, pageblocks of 8:
 *
 *   DMA     a 0 1 -  2 - - -  ...used          one pageblock unmovable, one reclaimable
 *   Normal  6 - - -  ...                       free
 */
static void boot_two_zones(struct rig *rig)
{
	struct km_profile profile;
	struct zone *zone;

	rig_small_profile(&profile, 64);
	profile.nr_zones = 2;
	profile.zones[1] = profile.zones[0];
	profile.zones[0].type = KM_ZONE_DMA;
	profile.zones[1].start_pfn = 64;
	rig_boot(rig, &profile);
	for (int i = 0; i < 64; i++)
		ck_assert_uint_lt(km_pages_claim(&rig->pages, KM_ZONE_DMA, 0, 0, KM_OWNER_OTHER),
				  64);
	rig_lay_free(rig, 1, 0, U);
	rig_lay_free(rig, 2, 1, M);
	rig_lay_free(rig, 4, 2, M);
	zone = &rig->pages.zones[0];
	zone->pageblock_types[0] = U;
	zone->pageblock_types[7] = R;
	ck_assert_int_eq(km_pages_free_all(&rig->pages), 0);
}

START_TEST(buddyinfo)
{
	struct km_proc_text text;
	struct rig rig;

	boot_two_zones(&rig);
	print(&rig, km_proc_buddyinfo, &text);
	ck_assert_str_eq(text.data,
			 "Node 0, zone      DMA      1      1      1      0      0      0      0"
			 "      0      0      0      0 \n"
			 "Node 0, zone   Normal      0      0      0      0      0      0      1"
			 "      0      0      0      0 \n");
	km_proc_text_release(&text);
	ck_assert_ptr_null(text.data);
	rig_end(&rig);
}
END_TEST

START_TEST(pagetypeinfo)
{
	struct km_proc_text text;
	struct rig rig;

	boot_two_zones(&rig);
	print(&rig, km_proc_pagetypeinfo, &text);
	ck_assert_str_eq(
		text.data,
		"Page block order: 3\n"
		"Pages per block:  8\n"
		"\n"
		"Free pages count per migrate type at order       0      1      2      3      4"
		"      5      6      7      8      9     10 \n"
		"Node    0, zone      DMA, type    Unmovable      1      0      0      0      0"
		"      0      0      0      0      0      0 \n"
		"Node    0, zone      DMA, type      Movable      0      1      1      0      0"
		"      0      0      0      0      0      0 \n"
		"Node    0, zone      DMA, type  Reclaimable      0      0      0      0      0"
		"      0      0      0      0      0      0 \n"
		"Node    0, zone      DMA, type   HighAtomic      0      0      0      0      0"
		"      0      0      0      0      0      0 \n"
		"Node    0, zone      DMA, type      Isolate      0      0      0      0      0"
		"      0      0      0      0      0      0 \n"
		"Node    0, zone   Normal, type    Unmovable      0      0      0      0      0"
		"      0      0      0      0      0      0 \n"
		"Node    0, zone   Normal, type      Movable      0      0      0      0      0"
		"      0      1      0      0      0      0 \n"
		"Node    0, zone   Normal, type  Reclaimable      0      0      0      0      0"
		"      0      0      0      0      0      0 \n"
		"Node    0, zone   Normal, type   HighAtomic      0      0      0      0      0"
		"      0      0      0      0      0      0 \n"
		"Node    0, zone   Normal, type      Isolate      0      0      0      0      0"
		"      0      0      0      0      0      0 \n"
		"\n"
		"Number of blocks type     Unmovable      Movable  Reclaimable   HighAtomic"
		"      Isolate \n"
		"Node 0, zone      DMA            1            6            1            0"
		"            0 \n"
		"Node 0, zone   Normal            0            8            0            0"
		"            0 \n");
	km_proc_text_release(&text);
	rig_end(&rig);
}
END_TEST

/* A kernel without CMA pageblocks may not even know the type; with one it does. */
START_TEST(cma_is_shown_where_it_is)
{
	struct km_proc_text text;
	struct rig rig;

	boot_two_zones(&rig);
	rig.pages.zones[0].pageblock_types[3] = KM_MIGRATE_CMA;
	print(&rig, km_proc_pagetypeinfo, &text);
	ck_assert_str_eq(
		part(&text, "Number of", NULL),
		"Number of blocks type     Unmovable      Movable  Reclaimable   HighAtomic"
		"          CMA      Isolate \n"
		"Node 0, zone      DMA            1            5            1            0"
		"            1            0 \n"
		"Node 0, zone   Normal            0            8            0            0"
		"            0            0 \n");
	ck_assert_ptr_nonnull(strstr(text.data, "Node    0, zone   Normal, type          CMA "));
	km_proc_text_release(&text);
	print(&rig, km_proc_zoneinfo, &text);
	ck_assert_ptr_nonnull(strstr(text.data, "        cma      8\n"));
	km_proc_text_release(&text);
	rig_end(&rig);
}
END_TEST

/* A list is counted to 100000, and no further. */
START_TEST(long_lists_are_cut)
{
	struct km_proc_text text;
	struct rig rig;

	rig_boot_small_free(&rig, 64);
	/* Only the counts are printed; no list is walked. */
	rig.pages.zones[0].free_area[0].list[M].nr = 99999;
	rig.pages.zones[0].free_area[1].list[M].nr = 100000;
	rig.pages.zones[0].free_area[2].list[M].nr = 7654321;
	print(&rig, km_proc_pagetypeinfo, &text);
	ck_assert_str_eq(part(&text, "Node    0, zone   Normal, type      Movable", "Node"),
			 "Node    0, zone   Normal, type      Movable  99999 >100000 >100000      0"
			 "      0      0      1      0      0      0      0 \n");
	km_proc_text_release(&text);
	for (int order = 0; order < 3; order++)
		rig.pages.zones[0].free_area[order].list[M].nr = 0;
	rig_end(&rig);
}
END_TEST

START_TEST(zoneinfo)
{
	struct km_proc_text text;
	struct rig rig;

	boot(&rig, "x86-64-4g", 0);
	print(&rig, km_proc_zoneinfo, &text);
	ck_assert_str_eq(text.data + (strstr(text.data, "Node 0, zone  Movable") - text.data),
			 "Node 0, zone  Movable\n"
			 "  pages free     0\n"
			 "        boost    0\n"
			 "        min      32\n"
			 "        low      32\n"
			 "        high     32\n"
			 "        promo    32\n"
			 "        spanned  0\n"
			 "        present  0\n"
			 "        managed  0\n"
			 "        cma      0\n"
			 "        protection: (0, 0, 0, 0, 0)\n"
			 "Node 0, zone   Device\n"
			 "  pages free     0\n"
			 "        boost    0\n"
			 "        min      0\n"
			 "        low      0\n"
			 "        high     0\n"
			 "        promo    0\n"
			 "        spanned  0\n"
			 "        present  0\n"
			 "        managed  0\n"
			 "        cma      0\n"
			 "        protection: (0, 0, 0, 0, 0)\n");
	ck_assert_str_eq(part(&text, "Node 0, zone      DMA", "    cpu: 1"),
			 "Node 0, zone      DMA\n"
			 "  pages free     4096\n"
			 "        boost    0\n"
			 "        min      8\n"
			 "        low      12\n"
			 "        high     16\n"
			 "        promo    20\n"
			 "        spanned  4096\n"
			 "        present  4096\n"
			 "        managed  4096\n"
			 "        cma      0\n"
			 "        protection: (0, 3056, 4080, 4080, 4080)\n"
			 "      nr_free_pages 4096\n"
			 "      nr_free_cma  0\n"
			 "  pagesets\n"
			 "    cpu: 0\n"
			 "              count:    0\n"
			 "              high:     0\n"
			 "              batch:    1\n"
			 "              high_min: 4\n"
			 "              high_max: 128\n");
	km_proc_text_release(&text);
	rig_end(&rig);
}
END_TEST

/* 5.10 to 6.6: no boost or promo at first, then boost; one high a CPU, other columns. */
START_TEST(zoneinfo_of_older_kernels)
{
	struct km_proc_text text;
	struct rig rig;

	boot(&rig, "x86-32-1g", KM_FEAT_PCP_AUTO_HIGH | KM_FEAT_FREE_HIGHATOMIC);
	print(&rig, km_proc_zoneinfo, &text);
	ck_assert_ptr_nonnull(strstr(text.data, "        boost    0\n"));
	ck_assert_ptr_null(strstr(text.data, "promo"));
	ck_assert_ptr_null(strstr(text.data, "high_m"));
	ck_assert_ptr_null(strstr(text.data, "DMA32"));
	ck_assert_ptr_null(strstr(text.data, "Device"));
	ck_assert_str_eq(part(&text, "        protection", "Node"),
			 "        protection: (0, 880, 1008, 1008)\n"
			 "      nr_free_pages 4096\n"
			 "      nr_free_cma  0\n"
			 "  pagesets\n"
			 "    cpu: 0\n"
			 "              count: 0\n"
			 "              high:  10\n"
			 "              batch: 1\n"
			 "    cpu: 1\n"
			 "              count: 0\n"
			 "              high:  10\n"
			 "              batch: 1\n"
			 "  start_pfn:           0\n");
	km_proc_text_release(&text);
	rig_end(&rig);

	boot(&rig, "x86-32-1g",
	     KM_FEAT_PCP_AUTO_HIGH | KM_FEAT_FREE_HIGHATOMIC | KM_FEAT_WMARK_PROMO);
	print(&rig, km_proc_zoneinfo, &text);
	ck_assert_ptr_null(strstr(text.data, "boost"));
	km_proc_text_release(&text);
	rig_end(&rig);
}
END_TEST

/* Node by node; each has its tables, and every zone type. */
START_TEST(two_nodes)
{
	struct km_proc_text text;
	const char *at;
	struct rig rig;
	int nr = 0;

	boot(&rig, "x86-64-2node", 0);
	print(&rig, km_proc_zoneinfo, &text);
	for (at = text.data; (at = strstr(at, "Node 1, zone")); at++)
		nr++;
	ck_assert_int_eq(nr, 5);
	ck_assert_ptr_null(strstr(strstr(text.data, "Node 1"), "Node 0"));
	km_proc_text_release(&text);

	print(&rig, km_proc_pagetypeinfo, &text);
	at = strstr(text.data + 1, "Page block order");
	ck_assert_ptr_nonnull(at);
	ck_assert_ptr_null(strstr(at, "Node    0"));
	ck_assert_ptr_nonnull(strstr(at, "Node    1, zone   Normal, type      Movable "));
	ck_assert_ptr_nonnull(strstr(at, "\nNode 1, zone   Normal "));
	km_proc_text_release(&text);
	rig_end(&rig);
}
END_TEST

/*
 * Pageblocks of a hole have no type to count where no memory section reaches into it:
 *
 *   section 0        1         2         3
 *   RAM -------- hole ------------------ RAM
 *       ^ of section 1 the first 2 MiB are RAM
 */
START_TEST(pageblocks_of_holes)
{
	struct km_proc_text text;
	struct km_profile profile;
	struct rig rig;

	km_profile_init(&profile);
	profile.nr_zones = 1;
	profile.zones[0] = (struct km_zone_desc){ .type = KM_ZONE_NORMAL,
						  .spanned_pages = 4 << 15,
						  .present_pages = (2 << 15) + 512,
						  .managed_pages = (2 << 15) + 512 };
	profile.nr_ranges = 2;
	profile.ranges[0] = (struct km_mem_range){ .end_pfn = (1 << 15) + 512 };
	profile.ranges[1] = (struct km_mem_range){ .start_pfn = 3 << 15, .end_pfn = 4 << 15 };
	rig_boot(&rig, &profile);
	ck_assert_int_eq(km_pages_free_all(&rig.pages), 0);
	print(&rig, km_proc_pagetypeinfo, &text);
	/* Three sections of 64 pageblocks. */
	ck_assert_str_eq(part(&text, "Node 0, zone   Normal", NULL),
			 "Node 0, zone   Normal            0          192            0            0"
			 "            0 \n");
	km_proc_text_release(&text);
	rig_end(&rig);
}
END_TEST

START_TEST(files_have_names)
{
	static const char *const names[] = { "buddyinfo", "pagetypeinfo", "zoneinfo" };
	int i = 0;

	for (; km_proc_files[i].name; i++)
		ck_assert_str_eq(km_proc_files[i].name, names[i]);
	ck_assert_int_eq(i, 3);
}
END_TEST

/* A text grows as it must, and one file is appended to another. */
START_TEST(texts_grow)
{
	struct km_proc_text text;

	km_proc_text_init(&text);
	for (int i = 0; i < 10000; i++)
		km_proc_print(&text, "%05d ", i);
	ck_assert_uint_eq(text.len, 60000);
	ck_assert_uint_gt(text.capacity, 60000);
	ck_assert_str_eq(text.data + text.len - 12, "09998 09999 ");
	km_proc_print(&text, "%s", "");
	ck_assert_uint_eq(text.len, 60000);
	ck_assert(!text.has_failed);
	km_proc_text_release(&text);
}
END_TEST

RUN_SUITE("page/proc", buddyinfo, pagetypeinfo, cma_is_shown_where_it_is, long_lists_are_cut,
	  zoneinfo, zoneinfo_of_older_kernels, two_nodes, pageblocks_of_holes, files_have_names,
	  texts_grow)
