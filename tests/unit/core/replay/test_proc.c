/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /proc files of the model against those of hosts: what is printed right after a warm start
 * is what the host printed, and our own parsers read it back.
 */
#include "tests/unit/suite.h"

#include "core/page/proc.h"
#include "core/replay/host_files.h"
#include "tests/unit/core/replay/handmade.h"

#define HOST_DIR "tests/import/i386-6.1.host/start/"

struct printed {
	struct km_proc_text buddyinfo, pagetypeinfo, zoneinfo;
};

static void print_files(const struct handmade *h, struct printed *files)
{
	const struct km_pages *pages = &h->replay->kernel.pages;

	km_proc_text_init(&files->buddyinfo);
	km_proc_text_init(&files->pagetypeinfo);
	km_proc_text_init(&files->zoneinfo);
	ck_assert_int_eq(km_proc_buddyinfo(pages, &files->buddyinfo), 0);
	ck_assert_int_eq(km_proc_pagetypeinfo(pages, &files->pagetypeinfo), 0);
	ck_assert_int_eq(km_proc_zoneinfo(pages, &files->zoneinfo), 0);
}

static void release_files(struct printed *files)
{
	km_proc_text_release(&files->buddyinfo);
	km_proc_text_release(&files->pagetypeinfo);
	km_proc_text_release(&files->zoneinfo);
}

static struct km_text text_of(const struct km_proc_text *text)
{
	return km_text_of(text->data, text->len);
}

/* Lines of a host's zoneinfo that the model has no figures for. */
static bool is_left_out(struct km_text line)
{
	static const char *const starts[] = { "per-node stats",
					      "vm stats threshold:", "node_unreclaimable:" };
	struct km_text rest = line;

	/* The counters, with six blanks before them. */
	if (km_text_len(&line) > 6 && !memcmp(line.at, "      ", 6) && line.at[6] != ' ')
		return true;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (km_text_skip(&rest, starts[i]))
			return true;
	return false;
}

static bool is_same(struct km_text a, struct km_text b)
{
	return km_text_len(&a) == km_text_len(&b) && !memcmp(a.at, b.at, km_text_len(&a));
}

/* Every line of the model is the host's next one, but for those that are left out. */
static void assert_host_lines(struct km_text model, struct km_text host)
{
	struct km_text line = { 0 }, other;
	bool has_line = km_text_line(&model, &line);

	while (km_text_line(&host, &other)) {
		if (has_line && is_same(line, other))
			has_line = km_text_line(&model, &line);
		else if (!is_left_out(other))
			ck_abort_msg("the host says '%.*s', the model '%.*s'",
				     (int)km_text_len(&other), other.at, (int)km_text_len(&line),
				     line.at);
	}
	ck_assert_msg(!has_line, "the model says more: '%.*s'", (int)km_text_len(&line), line.at);
}

static void assert_same_zone(const struct km_zoneinfo_zone *a, const struct km_zoneinfo_zone *b)
{
	ck_assert_int_eq(a->desc.type, b->desc.type);
	ck_assert_uint_eq(a->desc.node, b->desc.node);
	ck_assert_uint_eq(a->desc.start_pfn, b->desc.start_pfn);
	ck_assert_uint_eq(a->desc.spanned_pages, b->desc.spanned_pages);
	ck_assert_uint_eq(a->desc.present_pages, b->desc.present_pages);
	ck_assert_uint_eq(a->desc.managed_pages, b->desc.managed_pages);
	ck_assert_uint_eq(a->desc.wmark_min, b->desc.wmark_min);
	ck_assert_uint_eq(a->desc.wmark_low, b->desc.wmark_low);
	ck_assert_uint_eq(a->desc.wmark_high, b->desc.wmark_high);
	ck_assert_mem_eq(a->desc.protection, b->desc.protection, sizeof(a->desc.protection));
	ck_assert_uint_eq(a->desc.pcp_batch, b->desc.pcp_batch);
	ck_assert_uint_eq(a->desc.pcp_high_min, b->desc.pcp_high_min);
	ck_assert_uint_eq(a->desc.pcp_high_max, b->desc.pcp_high_max);
	ck_assert(b->has_start);
	ck_assert_uint_eq(a->free_pages, b->free_pages);
	ck_assert_mem_eq(a->pcp_count, b->pcp_count, sizeof(a->pcp_count));
}

/* What our parsers find in the model's files is what they find in the host's. */
static void assert_reads_back(const struct handmade *h, const struct printed *files,
			      struct km_text host_zoneinfo)
{
	const struct km_host_state *start = &h->replay->host.start;
	struct km_host_zone zones[KM_MAX_ZONES] = { 0 };
	struct km_zoneinfo info, host;
	unsigned int order = 0;

	ck_assert(km_parse_zoneinfo(host_zoneinfo, &host));
	ck_assert(km_parse_zoneinfo(text_of(&files->zoneinfo), &info));
	ck_assert_uint_eq(info.nr_zones, host.nr_zones);
	ck_assert_uint_eq(info.nr_cpus, host.nr_cpus);
	ck_assert_uint_eq(info.nr_classes, host.nr_classes);
	ck_assert_mem_eq(info.classes, host.classes, sizeof(info.classes));
	ck_assert_int_eq(info.has_high_max, host.has_high_max);
	for (unsigned int i = 0; i < info.nr_zones; i++)
		assert_same_zone(&host.zones[i], &info.zones[i]);

	for (unsigned int i = 0; i < start->nr_zones; i++) {
		zones[i].type = start->zones[i].type;
		zones[i].node = start->zones[i].node;
		zones[i].managed_pages = start->zones[i].managed_pages;
	}
	ck_assert(km_parse_free_blocks(text_of(&files->pagetypeinfo), text_of(&files->buddyinfo),
				       zones, start->nr_zones));
	for (unsigned int i = 0; i < start->nr_zones; i++) {
		ck_assert(zones[i].has_types);
		ck_assert_mem_eq(zones[i].blocks, start->zones[i].blocks, sizeof(zones[i].blocks));
	}
	ck_assert(km_parse_pageblock_order(text_of(&files->pagetypeinfo), &order));
	ck_assert_uint_eq(order, h->replay->kernel.machine.profile.pageblock_order);
}

START_TEST(the_sample_host_is_read_back)
{
	struct printed files;
	struct handmade h;

	handmade_init(&h);
	handmade_snapshots(&h, 1);
	handmade_boot(&h, NULL);
	ck_assert(h.replay->is_warm);
	print_files(&h, &files);
	assert_reads_back(&h, &files, km_text_of(sample_zoneinfo, strlen(sample_zoneinfo)));
	/* As the whole line stands in the sample. */
	ck_assert_str_eq(files.buddyinfo.data, sample_buddyinfo);
	ck_assert_ptr_nonnull(strstr(files.zoneinfo.data, "              count:    16\n"
							  "              high:     187\n"
							  "              batch:    7\n"
							  "              high_min: 187\n"
							  "              high_max: 1792\n"));
	ck_assert_ptr_nonnull(strstr(files.zoneinfo.data, "        promo    525\n"));
	release_files(&files);
	handmade_release(&h);
}
END_TEST

static char *read_host_file(const char *name)
{
	char *text = calloc(1, 65536);
	char path[100];
	FILE *file;

	ck_assert_ptr_nonnull(text);
	snprintf(path, sizeof(path), HOST_DIR "%s", name);
	file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s", path);
	ck_assert_uint_gt(fread(text, 1, 65535, file), 0);
	fclose(file);
	return text;
}

/* Pageblocks of a row of "Number of blocks type", all types together. */
static uint64_t sum_of_row(struct km_text text, const char *zone)
{
	uint64_t sum = 0, value;
	struct km_text line;
	bool is_there = false;

	while (km_text_line(&text, &line)) {
		is_there |= km_text_skip(&line, "Number of blocks type");
		if (!is_there || !km_text_skip(&line, "Node 0, zone") || !km_text_skip(&line, zone))
			continue;
		while (km_text_u64(&line, &value))
			sum += value;
		return sum;
	}
	return 0;
}

/*
 * The files of a 32-bit guest with 6.1, line by line.  Of which type a pageblock is follows
 * in the model from what is free in it; how many there are is the host's number.
 */
START_TEST(a_real_host_line_by_line)
{
	char *buddyinfo = read_host_file("buddyinfo"), *zoneinfo = read_host_file("zoneinfo");
	char *pagetypeinfo = read_host_file("pagetypeinfo");
	struct tf_snapshot *snap;
	struct printed files;
	struct handmade h;

	handmade_init(&h);
	ck_assert_int_eq(tf_meta_set(&h.meta, "host.release", "6.1.0-50-686-pae"), 0);
	ck_assert_int_eq(tf_meta_set(&h.meta, "host.machine", "i686"), 0);
	snap = tf_meta_begin_snapshot(&h.meta, h.ts);
	ck_assert_ptr_nonnull(snap);
	snap_add(snap, "/proc/zoneinfo", zoneinfo);
	snap_add(snap, "/proc/buddyinfo", buddyinfo);
	snap_add(snap, "/proc/pagetypeinfo", pagetypeinfo);
	handmade_boot(&h, NULL);
	ck_assert(h.replay->is_warm);
	print_files(&h, &files);

	ck_assert_str_eq(files.buddyinfo.data, buddyinfo);
	assert_host_lines(text_of(&files.zoneinfo), km_text_of(zoneinfo, strlen(zoneinfo)));
	ck_assert_uint_gt(strstr(pagetypeinfo, "Number of") - pagetypeinfo, 1000);
	ck_assert_int_eq(strncmp(files.pagetypeinfo.data, pagetypeinfo,
				 (size_t)(strstr(pagetypeinfo, "Node 0, zone") - pagetypeinfo)),
			 0);
	for (int i = 0; i < 3; i++) {
		static const char *const zones[] = { "DMA", "Normal", "HighMem" };
		uint64_t real =
			sum_of_row(km_text_of(pagetypeinfo, strlen(pagetypeinfo)), zones[i]);

		ck_assert_uint_gt(real, 0);
		ck_assert_uint_eq(sum_of_row(text_of(&files.pagetypeinfo), zones[i]), real);
	}
	assert_reads_back(&h, &files, km_text_of(zoneinfo, strlen(zoneinfo)));
	release_files(&files);
	handmade_release(&h);
	free(buddyinfo);
	free(zoneinfo);
	free(pagetypeinfo);
}
END_TEST

RUN_SUITE("replay/proc", the_sample_host_is_read_back, a_real_host_line_by_line)
