/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines out of pieces: where a text is cut does not matter; ends, long lines and bounds do. */
#include "tests/unit/suite.h"

#include <errno.h>

#include "tests/unit/tracefmt/import/bed.h"
#include "tracefmt/import/symbols.h"

static const char text[] =
	"# tracer: nop\r\n"
	" sh-12 [000] d..2. 1.1: kmalloc: call_site=f+0x1/0x2 ptr=ffff888000001000 bytes_req=8 "
	"bytes_alloc=8 gfp_flags=GFP_KERNEL\r\n"
	" sh-12 [000] d..2. 1.2: <stack trace>\n"
	" => kmalloc\n"
	" => f\n"
	"CPU:1 [LOST 5 EVENTS]\n"
	"sh 13 [001] 1.3: kmem:kmem_cache_free: call_site=g+0x1 ptr=0xffff888000002000 name=filp\n"
	"\tffffffff81000001 kmem_cache_free+0x1 ([kernel.kallsyms])\n"
	"\tffffffff81000002 g+0x1 ([nf_tables])\n"
	"\n"
	"sh 13 [001] 1.4: kmem:mm_page_free: page=0x5 pfn=0x5 order=0\n"
	"\tffffffff81000003 __free_pages+0x1 ([kernel.kallsyms])\n"
	"\tffffffff81000002 g+0x1 ([nf_tables])\n"
	"nonsense\n"
	" sh-12 [000] d..2. 1.5: kfree: call_site=f+0x1/0x2 ptr=ffff888000001000\n";

/* Fill the first 64 KiB, which are looked at before anything is handed on. */
static char *long_text(size_t *len)
{
	static const char line[] = "# comment\n";
	char *whole = malloc((1 << 17) + sizeof(text));
	size_t at = 0;

	while (at < 1 << 16) {
		memcpy(whole + at, line, sizeof(line) - 1);
		at += sizeof(line) - 1;
	}
	memcpy(whole + at, text, sizeof(text) - 1);
	*len = at + sizeof(text) - 1;
	return whole;
}

static void expect_same(const char *data, size_t len, size_t piece, const struct bed *want)
{
	struct tf_error err = { .reason = "" };
	struct bed bed;

	bed_begin(&bed);
	ck_assert_msg(!bed_feed(&bed, data, len, piece, TF_FORMAT_AUTO, &err), "%s", err.reason);
	bed_finish(&bed);
	ck_assert_uint_eq(bed.nr, want->nr);
	ck_assert_msg(!memcmp(bed.events, want->events, bed.nr * sizeof(*bed.events)),
		      "pieces of %zu bytes", piece);
	ck_assert_uint_eq(bed.stats.nr_lines, want->stats.nr_lines);
	ck_assert_uint_eq(bed.stats.nr_not_events, want->stats.nr_not_events);
	ck_assert_uint_eq(bed.meta->nr_stacks, want->meta->nr_stacks);
	bed_end(&bed);
}

START_TEST(test_pieces)
{
	size_t len;
	char *whole = long_text(&len);
	struct bed want, prefixed;

	bed_text(&want, text);
	ck_assert_uint_eq(want.nr, 5);
	ck_assert_uint_eq(want.stats.nr_not_events, 1);
	ck_assert_uint_eq(want.meta->nr_stacks, 3);
	for (size_t piece = 1; piece < sizeof(text); piece++)
		expect_same(text, sizeof(text) - 1, piece, &want);
	bed_end(&want);

	whole[len] = 0;
	bed_text(&prefixed, whole);
	ck_assert_uint_eq(prefixed.nr, 5);
	for (size_t piece = 1; piece < 80; piece += 3)
		expect_same(whole, len, piece, &prefixed);
	for (size_t piece = (1 << 16) - 40; piece < (1 << 16) + 400; piece += 7)
		expect_same(whole, len, piece, &prefixed);
	bed_end(&prefixed);
	free(whole);
}
END_TEST

/* The text may end anywhere: whole lines before are events, what is cut off is told. */
START_TEST(test_truncated)
{
	for (size_t len = 0; len < sizeof(text); len++) {
		struct tf_error err = { .reason = "" };
		struct bed bed;
		bool is_cut = len && text[len - 1] != '\n';
		int ret;

		bed_begin(&bed);
		ret = bed_feed(&bed, text, len, 0, TF_FORMAT_AUTO, &err);
		bed_finish(&bed);
		if (ret) {
			ck_assert_int_eq(ret, -EBADMSG);
			ck_assert_str_eq(err.reason,
					 "no line of it is an event of ftrace or perf script");
			ck_assert_uint_eq(bed.nr, 0);
		}
		ck_assert_uint_eq(bed.stats.nr_malformed, is_cut);
		bed_end(&bed);
	}
}
END_TEST

/* Lines beyond 16 KiB are passed over, in one piece or in many, and what follows is read. */
START_TEST(test_long_lines)
{
	static const char event[] = " sh-12 [000] 1.5: kfree: ptr=ffff888000001000\n";
	const size_t lengths[] = { 16000, 16384, 16385, 40000, 200000 };
	char *whole = malloc(1 << 19);

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		for (size_t piece = 0; piece < 30000; piece += 9999) {
			size_t len = sizeof(event) - 1;
			struct bed bed;

			memcpy(whole, event, len);
			memset(whole + len, 'x', lengths[i]);
			len += lengths[i];
			whole[len++] = '\n';
			memcpy(whole + len, event, sizeof(event) - 1);
			len += sizeof(event) - 1;
			bed_begin(&bed);
			ck_assert_int_eq(bed_feed(&bed, whole, len, piece, TF_FORMAT_AUTO, NULL),
					 0);
			bed_finish(&bed);
			ck_assert_uint_eq(bed.nr, 2);
			ck_assert_uint_eq(bed.stats.nr_lines, 3);
			ck_assert_uint_eq(bed.stats.nr_not_events, 1);
			ck_assert_uint_eq(bed.stats.bad[0].line, 2);
			ck_assert_str_eq(bed.stats.bad[0].reason,
					 lengths[i] > TF_TEXT_MAX_LINE
						 ? "longer than 16384 bytes"
						 : "no task, process and CPU");
			bed_end(&bed);
		}
	}
	free(whole);
}
END_TEST

/* A line that never ends is not kept. */
START_TEST(test_endless_line)
{
	char piece[4096];
	struct tf_text *reader;
	struct tf_error err;
	struct bed bed;

	memset(piece, 'y', sizeof(piece));
	bed_begin(&bed);
	ck_assert_int_eq(tf_text_new(&reader, bed.imp, TF_FORMAT_AUTO), 0);
	for (unsigned int i = 0; i < 10000; i++)
		ck_assert_int_eq(tf_text_feed(reader, piece, sizeof(piece)), 0);
	ck_assert_int_eq(tf_text_end(reader, &err), -EBADMSG);
	tf_text_free(reader);
	bed_finish(&bed);
	ck_assert_uint_eq(bed.stats.nr_lines, 1);
	bed_end(&bed);
}
END_TEST

/* Names without end: symbols, stacks and call sites stay within what a trace can hold. */
START_TEST(test_many_symbols)
{
	char line[256];
	struct tf_text *reader;
	struct bed bed;

	bed_begin(&bed);
	ck_assert_int_eq(tf_text_new(&reader, bed.imp, TF_FORMAT_AUTO), 0);
	for (unsigned int i = 0; i < 100000; i++) {
		int len = snprintf(line, sizeof(line),
				   "sh 13 [001] 1.4: kmem:kfree: call_site=f%u+0x1 ptr=0x0\n"
				   "\tffffffff8%07x g%u+0x1 ([kernel.kallsyms])\n",
				   i, i, i);

		ck_assert_int_eq(tf_text_feed(reader, line, (size_t)len), 0);
	}
	ck_assert_int_eq(tf_text_end(reader, NULL), 0);
	tf_text_free(reader);
	bed_finish(&bed);
	ck_assert_uint_eq(bed.nr, 100000);
	ck_assert_uint_gt(bed.meta->nr_symbols, 50000);
	/* Neither the frames nor the sites took all the room, and what found none is counted. */
	ck_assert_uint_gt(bed.stats.nr_made_up_sites, 25000);
	ck_assert_uint_gt(bed.meta->nr_symbols - bed.stats.nr_made_up_sites, 25000);
	ck_assert_uint_eq(bed.stats.nr_made_up_sites + bed.stats.nr_refused_sites, 100000);
	ck_assert_uint_eq(bed.meta->nr_symbols + bed.stats.nr_refused_sites +
				  bed.stats.nr_refused_names,
			  200000);
	ck_assert_uint_eq(strtoull(bed_fact(&bed, "import.sites_refused"), NULL, 10),
			  bed.stats.nr_refused_sites);
	for (size_t i = bed.nr - 1000; i < bed.nr; i++)
		ck_assert_uint_eq(bed.events[i].call_site, 0);
	ck_assert_uint_le(bed.meta->nr_stacks, 1 << 16);
	ck_assert_uint_eq(bed.stats.nr_refused_stacks, 100000 - bed.meta->nr_stacks);
	bed_end(&bed);
}
END_TEST

/* Chains of made-up frames leave the half of the room to call sites that come later. */
START_TEST(test_many_frames)
{
	struct tf_symbols symbols;
	uint64_t addr, refused = 0;
	char name[32];
	bool is_new;

	ck_assert_int_eq(tf_symbols_init(&symbols), 0);
	for (unsigned int i = 0; i < 60000; i++) {
		int len = snprintf(name, sizeof(name), "f%u", i);

		ck_assert_int_eq(tf_symbols_site(&symbols, name, (size_t)len, 1, TF_PLACE_FRAME,
						 &addr, &is_new),
				 0);
		refused += !addr;
	}
	ck_assert_uint_gt(refused, 0);
	ck_assert_uint_eq(symbols.nr_refused[TF_PLACE_FRAME], refused);
	ck_assert_uint_le(symbols.bytes[TF_PLACE_FRAME], TF_MAX_FRAMES_BYTES);
	for (unsigned int i = 0; i < 25000; i++) {
		int len = snprintf(name, sizeof(name), "site%u", i);

		ck_assert_int_eq(tf_symbols_site(&symbols, name, (size_t)len, 1, TF_PLACE_SITE,
						 &addr, &is_new),
				 0);
		ck_assert_uint_ne(addr, 0);
	}
	ck_assert_uint_eq(symbols.nr_refused[TF_PLACE_SITE], 0);
	tf_symbols_release(&symbols);
}
END_TEST

START_TEST(test_from_file)
{
	struct tf_error err = { .reason = "" };
	FILE *file = tmpfile();
	struct bed bed;

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, sizeof(text) - 1, file), sizeof(text) - 1);
	rewind(file);
	bed_begin(&bed);
	ck_assert_int_eq(tf_import_text(bed.imp, fileno(file), TF_FORMAT_AUTO, &err), 0);
	bed_finish(&bed);
	ck_assert_uint_eq(bed.nr, 5);
	bed_end(&bed);
	fclose(file);

	bed_begin(&bed);
	ck_assert_int_eq(tf_import_text(bed.imp, -1, TF_FORMAT_AUTO, &err), -EBADF);
	ck_assert_str_eq(err.reason, "cannot read: Bad file descriptor");
	bed_finish(&bed);
	bed_end(&bed);
}
END_TEST

RUN_SUITE("tracefmt/import/feed", test_pieces, test_truncated, test_long_lines, test_endless_line,
	  test_many_symbols, test_many_frames, test_from_file)
