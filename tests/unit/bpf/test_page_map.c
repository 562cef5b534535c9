/* SPDX-License-Identifier: GPL-2.0-only */
/* From the flags of page frames to the lines of a page map; the file is one of our own making. */
#include "tests/unit/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "bpf/kpageflags.h"
#include "bpf/page_map.h"
#include "bpf/page_runs.h"

#define BIT(nr) (1ull << (nr))
#define LRU BIT(KPF_LRU)
#define HEAD BIT(KPF_COMPOUND_HEAD)
#define TAIL BIT(KPF_COMPOUND_TAIL)
#define BUDDY BIT(KPF_BUDDY)
#define SLAB BIT(KPF_SLAB)
#define RESERVED BIT(32)
#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static void expect_text(const struct kc_text *text, const char *want)
{
	ck_assert_msg(text->len == strlen(want) && !memcmp(text->data, want, text->len),
		      "'%.*s' instead of '%s'", (int)text->len, text->data, want);
}

/* The lines of frames from first on, read at once, and read one by one. */
static void expect_runs(uint64_t first, const uint64_t *flags, size_t nr, const char *want)
{
	for (size_t step = 1; step <= nr; step += nr > 1 ? nr - 1 : 1) {
		struct kc_text text = { 0 };
		struct kc_page_runs runs;

		ck_assert_int_eq(kc_page_runs_begin(&runs, &text, 1 << 16), 0);
		for (size_t i = 0; i < nr; i += step)
			ck_assert_int_eq(kc_page_runs_add(&runs, first + i, flags + i, step), 0);
		ck_assert_int_eq(kc_page_runs_end(&runs), 0);
		expect_text(&text, want);
		kc_text_release(&text);
	}
}

START_TEST(each_flag_has_its_kind)
{
	static const struct {
		uint64_t flags;
		char kind;
	} pages[] = {
		{ 0, 'U' },
		{ BIT(KPF_REFERENCED) | BIT(KPF_UPTODATE), 'U' },
		{ BIT(KPF_ANON) | BIT(KPF_SWAPBACKED), 'U' }, /* not on a list yet */
		{ BIT(KPF_ZERO_PAGE) | RESERVED, 'R' },
		{ RESERVED, 'R' },
		{ BUDDY, 'F' },
		{ SLAB, 'S' },
		{ BIT(KPF_PGTABLE), 'G' },
		{ BIT(KPF_HUGE), 'H' },
		{ BIT(KPF_NOPAGE), 'X' },
		{ BIT(KPF_OFFLINE), 'X' },
		{ LRU, 'P' },
		{ LRU | BIT(KPF_ACTIVE), 'p' },
		{ LRU | BIT(KPF_DIRTY), 'D' },
		{ LRU | BIT(KPF_WRITEBACK) | BIT(KPF_ACTIVE), 'd' },
		{ LRU | BIT(KPF_ANON) | BIT(KPF_SWAPBACKED), 'A' },
		{ LRU | BIT(KPF_SWAPBACKED) | BIT(KPF_ACTIVE) | BIT(KPF_DIRTY), 'a' },
		{ LRU | BIT(KPF_ANON), 'P' }, /* given up by its owner, on the lists of the cache */
		{ LRU | BIT(KPF_UNEVICTABLE) | BIT(KPF_SWAPBACKED), 'L' },
	};
	char want[64];

	for (size_t i = 0; i < LEN(pages); i++) {
		snprintf(want, sizeof(want), "page_map 1\n1 %c\n", pages[i].kind);
		expect_runs(0, &pages[i].flags, 1, want);
	}
}
END_TEST

/* Of neighbours of one kind there is one line, whatever else they have. */
START_TEST(runs_are_joined)
{
	const uint64_t flags[] = {
		BUDDY, BUDDY, BUDDY | BIT(KPF_UPTODATE), LRU, LRU | BIT(KPF_REFERENCED), 0
	};

	expect_runs(0, flags, LEN(flags), "page_map 1\n3 F\n2 P\n1 U\n");
	expect_runs(0x123, flags, LEN(flags), "page_map 1\n@123\n3 F\n2 P\n1 U\n");
}
END_TEST

/*
 *   pfn   8   9   a   b   c   d   e   f   10
 *         H S T   H S T   H A T   T   T   F       tails do not show what their heads are
 */
START_TEST(blocks_have_an_order)
{
	const uint64_t flags[] = {
		HEAD | SLAB, TAIL, HEAD | SLAB, TAIL | SLAB, HEAD | LRU | BIT(KPF_SWAPBACKED),
		TAIL,	     TAIL, TAIL,	BUDDY,
	};

	expect_runs(8, flags, LEN(flags), "page_map 1\n@8\n4 S1\n4 A2\n1 F\n");
}
END_TEST

/* Blocks that changed while they were read: three pages, not aligned, tails alone. */
START_TEST(broken_blocks_are_single_pages)
{
	const uint64_t three[] = { HEAD | SLAB, TAIL, TAIL, 0 };
	const uint64_t shifted[] = { 0, HEAD | SLAB, TAIL, 0 };
	const uint64_t tails[] = { TAIL | SLAB, TAIL, BUDDY };
	const uint64_t head[] = { HEAD | SLAB, SLAB };
	const uint64_t freed[] = { HEAD | BUDDY, TAIL | SLAB };

	expect_runs(0, three, LEN(three), "page_map 1\n3 S\n1 U\n");
	expect_runs(0, shifted, LEN(shifted), "page_map 1\n1 U\n2 S\n1 U\n");
	expect_runs(0, tails, LEN(tails), "page_map 1\n1 S\n1 U\n1 F\n");
	expect_runs(0, head, LEN(head), "page_map 1\n2 S\n");
	expect_runs(0, freed, LEN(freed), "page_map 1\n1 F\n1 S\n");
}
END_TEST

/* A place is told behind a gap, and after 32 Ki frames. */
START_TEST(places_are_told)
{
	const uint64_t flags[] = { BUDDY, 0 }, tail = TAIL | SLAB;
	struct kc_text text = { 0 };
	struct kc_page_runs runs;
	uint64_t *many = calloc(40000, sizeof(*many));

	ck_assert_int_eq(kc_page_runs_begin(&runs, &text, 1 << 16), 0);
	ck_assert_int_eq(kc_page_runs_add(&runs, 0, flags, 2), 0);
	ck_assert_int_eq(kc_page_runs_add(&runs, 2, many, 40000), 0);
	ck_assert_int_eq(kc_page_runs_add(&runs, 40002, flags, 1), 0);
	ck_assert_int_eq(kc_page_runs_add(&runs, 0xfff0, (uint64_t[]){ HEAD | SLAB }, 1), 0);
	/* Not of the head in front of the gap. */
	ck_assert_int_eq(kc_page_runs_add(&runs, 0xfff2, &tail, 1), 0);
	ck_assert_int_eq(kc_page_runs_end(&runs), 0);
	expect_text(&text, "page_map 1\n1 F\n40001 U\n@9c42\n1 F\n@fff0\n1 S\n@fff2\n1 S\n");
	kc_text_release(&text);
	free(many);
}
END_TEST

START_TEST(what_is_too_long_is_cut)
{
	struct kc_text text = { 0 };
	struct kc_page_runs runs;
	uint64_t flags[400];
	char *cut;

	for (size_t i = 0; i < LEN(flags); i++)
		flags[i] = i % 2 ? BUDDY : 0;
	ck_assert_int_eq(kc_text_printf(&text, "before\n"), 0);
	ck_assert_int_eq(kc_page_runs_begin(&runs, &text, 512), 0);
	ck_assert_int_eq(kc_page_runs_add(&runs, 0, flags, LEN(flags)), 0);
	ck_assert_int_eq(kc_page_runs_end(&runs), 0);
	ck_assert(runs.is_cut);
	ck_assert_uint_le(text.len, strlen("before\n") + 512);
	ck_assert_uint_gt(text.len, 300);
	ck_assert_int_eq(kc_text_add(&text, "", 1), 0);
	cut = strstr(text.data, "cut ");
	ck_assert_ptr_nonnull(cut);
	ck_assert_ptr_eq(strchr(cut, '\n') + 1, text.data + text.len - 1);
	/* A line a page, but for the first two. */
	ck_assert_uint_eq(strtoul(cut + 4, NULL, 16),
			  (size_t)(cut - text.data - strlen("before\npage_map 1\n")) / 4);
	kc_text_release(&text);
}
END_TEST

START_TEST(ram_is_found)
{
	static const char iomem[] = "00000000-00000fff : Reserved\n"
				    "00001000-0009fbff : System RAM\n"
				    "00100000-bfffffff : System RAM\n"
				    "  01000000-021fffff : Kernel code\n"
				    "  02200000-022fffff : System RAM\n"
				    "c0000800-c0000bff : System RAM\n"
				    "d0000000-d0000fff : PCI\n"
				    "100000000-63fffffff : System RAM (virtio_mem)";
	struct kc_pfn_range ranges[KC_MAX_RAM_RANGES];

	ck_assert_uint_eq(kc_ram_ranges(iomem, strlen(iomem), 12, ranges), 3);
	ck_assert_uint_eq(ranges[0].start, 0x1);
	ck_assert_uint_eq(ranges[0].end, 0x9f);
	ck_assert_uint_eq(ranges[1].start, 0x100);
	ck_assert_uint_eq(ranges[1].end, 0xc0000);
	ck_assert_uint_eq(ranges[2].start, 0x100000);
	ck_assert_uint_eq(ranges[2].end, 0x640000);
	ck_assert_uint_eq(kc_ram_ranges(NULL, 0, 12, ranges), 0);
}
END_TEST

/* Without privilege all addresses are 0; of what is out of order nothing is believed. */
START_TEST(no_ram_is_found)
{
	static const char *const files[] = {
		"00000000-00000000 : System RAM\n00000000-00000000 : System RAM\n",
		"100000-1fffff : System RAM\n0-fffff : System RAM\n",
		"0-ffffffffffffffff : System RAM\n",
		"System RAM\n\n-\n0-\n1000-ffff System RAM\n",
		"no such thing",
	};
	struct kc_pfn_range ranges[KC_MAX_RAM_RANGES];
	struct kc_text many = { 0 };

	for (size_t i = 0; i < LEN(files); i++)
		ck_assert_uint_eq(kc_ram_ranges(files[i], strlen(files[i]), 12, ranges), 0);
	for (unsigned int i = 0; i <= KC_MAX_RAM_RANGES; i++)
		kc_text_printf(&many, "%x0000-%xffff : System RAM\n", i, i);
	ck_assert_uint_eq(kc_ram_ranges(many.data, many.len, 12, ranges), 0);
	kc_text_release(&many);
}
END_TEST

/* A file of flags: nr frames, one in ten of them free. */
static int make_flags(size_t nr)
{
	int fd = memfd_create("flags", MFD_CLOEXEC);
	uint64_t *flags = calloc(nr, sizeof(*flags));

	for (size_t i = 9; i < nr; i += 10)
		flags[i] = BUDDY;
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, flags, nr * sizeof(*flags), 0), (ssize_t)(nr * sizeof(*flags)));
	free(flags);
	return fd;
}

/* What kc_page_runs makes of one frame after the other is what threads make of chunks. */
static void expect_same(const struct kc_text *text, uint64_t start, uint64_t end)
{
	struct kc_text want = { 0 };
	struct kc_page_runs runs;
	uint64_t differ = 0;

	ck_assert_int_eq(kc_page_runs_begin(&runs, &want, 1 << 24), 0);
	for (uint64_t pfn = start; pfn < end; pfn++) {
		uint64_t flags = pfn % 10 == 9 ? BUDDY : 0;

		differ |= (uint64_t)kc_page_runs_add(&runs, pfn, &flags, 1);
	}
	ck_assert_uint_eq(differ, 0);
	ck_assert_int_eq(kc_page_runs_end(&runs), 0);
	ck_assert_uint_eq(text->len, want.len);
	ck_assert(!memcmp(text->data, want.data, want.len));
	kc_text_release(&want);
}

static int count_pause(void *arg)
{
	++*(unsigned int *)arg;
	return 0;
}

START_TEST(all_is_read_in_order)
{
	const struct kc_pfn_range range = { 5, 400000 };
	unsigned int nr_pauses = 0;
	struct kc_kpageflags_options options = {
		.max_bytes = 1 << 24,
		.ranges = &range,
		.nr_ranges = 1,
		.pause = count_pause,
		.arg = &nr_pauses,
	};
	struct kc_kpageflags_stats stats;
	struct kc_text text = { 0 };
	int fd = make_flags(400001);

	ck_assert_int_eq(kc_kpageflags_read(fd, &options, &text, &stats), 0);
	expect_same(&text, 5, 400000);
	ck_assert(!stats.is_cut && stats.elapsed_ns);
	ck_assert_uint_ge(nr_pauses, 400000 >> 15);
	/* Without ranges, what the file has. */
	text.len = 0;
	options.nr_ranges = 0;
	ck_assert_int_eq(kc_kpageflags_read(fd, &options, &text, &stats), 0);
	expect_same(&text, 0, 400001);
	kc_text_release(&text);
	close(fd);
}
END_TEST

/* A range that the file does not have to its end, and a file that cannot be read. */
START_TEST(what_cannot_be_read)
{
	const struct kc_pfn_range ranges[] = { { 8, 12 }, { 20, 24 } };
	struct kc_kpageflags_options options = { .max_bytes = 1 << 16,
						 .ranges = ranges,
						 .nr_ranges = 2 };
	struct kc_kpageflags_stats stats;
	struct kc_text text = { 0 };
	int fd = make_flags(10);

	ck_assert_int_eq(kc_kpageflags_read(fd, &options, &text, &stats), 0);
	expect_text(&text, "page_map 1\n@8\n1 U\n1 F\n");
	text.len = 0;
	ck_assert_int_eq(kc_kpageflags_read(-1, &options, &text, &stats), 0);
	expect_text(&text, "page_map 1\n@8\n4 X\n@14\n4 X\n");
	/* Without ranges there would be no end of it. */
	text.len = 0;
	options.nr_ranges = 0;
	ck_assert_int_eq(kc_kpageflags_read(-1, &options, &text, &stats), 0);
	expect_text(&text, "page_map 1\n");
	kc_text_release(&text);
	close(fd);
}
END_TEST

static int end_at_third(void *arg)
{
	return ++*(unsigned int *)arg == 3;
}

static int sleep_a_while(void *arg)
{
	const struct timespec ts = { .tv_nsec = 50000000 };

	(void)arg;
	nanosleep(&ts, NULL);
	return 0;
}

/* Whoever is asked to may end it; what would take too long is not gone on with. */
START_TEST(reading_is_ended)
{
	const struct kc_pfn_range range = { 0, 400000 };
	unsigned int nr = 0;
	struct kc_kpageflags_options options = {
		.max_bytes = 1 << 24,
		.ranges = &range,
		.nr_ranges = 1,
		.pause = end_at_third,
		.arg = &nr,
	};
	struct kc_kpageflags_stats stats;
	struct kc_text text = { 0 };
	int fd = make_flags(400000);

	ck_assert_int_eq(kc_text_add(&text, "kept", 4), 0);
	ck_assert_int_eq(kc_kpageflags_read(fd, &options, &text, &stats), -ECANCELED);
	expect_text(&text, "kept");
	options.pause = sleep_a_while;
	options.limit_ns = 1;
	ck_assert_int_eq(kc_kpageflags_read(fd, &options, &text, &stats), -ETIME);
	expect_text(&text, "kept");
	ck_assert_uint_gt(stats.whole_ns, stats.elapsed_ns);
	options.pause = NULL;
	options.limit_ns = 0;
	options.max_bytes = 4096;
	ck_assert_int_eq(kc_kpageflags_read(fd, &options, &text, &stats), 0);
	ck_assert(stats.is_cut);
	ck_assert_uint_le(text.len, 4 + 4096);
	kc_text_release(&text);
	close(fd);
}
END_TEST

/* Of one that is not taken there is the reason. */
START_TEST(facts_tell_why_not)
{
	struct kc_page_map map;
	struct tf_meta meta;

	tf_meta_init(&meta);
	ck_assert_ptr_nonnull(tf_meta_begin_snapshot(&meta, 1));
	kc_page_map_open(&map, KC_PAGE_MAP_NO, true);
	ck_assert_int_eq(kc_page_map_take(&map, &meta, KC_PAGE_MAP_BYTES, NULL, NULL), 0);
	ck_assert_str_eq(tf_meta_get(&meta, "record.page_map"), "not asked for");
	kc_page_map_open(&map, KC_PAGE_MAP_YES, false);
	ck_assert_int_eq(kc_page_map_take(&map, &meta, KC_PAGE_MAP_BYTES, NULL, NULL), 0);
	ck_assert_str_eq(tf_meta_get(&meta, "record.page_map"),
			 "skipped: no page events are recorded");
	ck_assert_ptr_null(tf_meta_get(&meta, "record.page_map_ns"));
	ck_assert_uint_eq(meta.snapshots[0].nr_files, 0);
	tf_meta_release(&meta);
}
END_TEST

/* This host's, where it can be read: of /proc/iomem's frames, with the facts. */
START_TEST(this_host_has_a_map)
{
	static const char iomem[] = "00100000-010fffff : System RAM\n";
	const struct tf_snapfile *file;
	struct kc_page_map map;
	struct tf_meta meta;

	kc_page_map_open(&map, KC_PAGE_MAP_YES, true);
	if (map.fd < 0) {
		printf("SKIP: bpf/page_map/this_host_has_a_map: %s\n", map.how);
		return;
	}
	tf_meta_init(&meta);
	ck_assert_ptr_nonnull(tf_meta_begin_snapshot(&meta, 1));
	ck_assert_int_eq(tf_snapshot_add(&meta.snapshots[0], "/proc/iomem", iomem, strlen(iomem)),
			 0);
	ck_assert_int_eq(kc_page_map_take(&map, &meta, KC_PAGE_MAP_BYTES, NULL, NULL), 0);
	ck_assert_int_eq(map.fd, -1);
	ck_assert_int_eq(strncmp(tf_meta_get(&meta, "record.page_map"), "taken in ", 9), 0);
	ck_assert_ptr_nonnull(tf_meta_get(&meta, "record.page_map_ns"));
	file = tf_snapshot_file(&meta.snapshots[0], KC_PAGE_MAP_FILE);
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(strncmp((const char *)file->data, "page_map 1\n@100\n", 16), 0);
	tf_meta_release(&meta);
}
END_TEST

RUN_SUITE("bpf/page_map", each_flag_has_its_kind, runs_are_joined, blocks_have_an_order,
	  broken_blocks_are_single_pages, places_are_told, what_is_too_long_is_cut, ram_is_found,
	  no_ram_is_found, all_is_read_in_order, what_cannot_be_read, reading_is_ended,
	  facts_tell_why_not, this_host_has_a_map)
