/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which snapshot is the opening one, which the closing one, and which are neither:
 *
 *   F  has files      L  light      -  no file
 */
#include "tests/unit/suite.h"

#include <string.h>

#include "tracefmt/meta.h"

static void add(struct tf_meta *meta, char sort)
{
	struct tf_snapshot *snap = tf_meta_begin_snapshot(meta, 7);

	ck_assert_ptr_nonnull(snap);
	if (sort != '-')
		ck_assert_int_eq(tf_snapshot_add(snap, "/proc/vmstat", "a 1\n", 4), 0);
	if (sort == 'L')
		ck_assert_int_eq(tf_snapshot_add(snap, "kind", "light\n", 6), 0);
}

START_TEST(test_ends)
{
	static const struct {
		const char *snapshots;
		int opening, closing; /* -1: none */
	} cases[] = {
		{ "", -1, -1 },
		{ "F", 0, 0 },
		{ "FF", 0, 1 },
		{ "FLLF", 0, 3 },
		/* The recorder was killed in between. */
		{ "FLL", 0, 0 },
		/* The first files of a rotated trace are gone. */
		{ "---LLF", 0, 5 },
		{ "---LL", 0, -1 },
		{ "-F", 0, 1 },
		/* What nobody writes. */
		{ "LF", -1, 1 },
		{ "LLL", -1, -1 },
		{ "F-L-", 0, 0 },
		{ "FFF", 0, 2 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct tf_snapshot *opening, *closing;
		struct tf_meta meta;

		tf_meta_init(&meta);
		for (const char *sort = cases[i].snapshots; *sort; sort++)
			add(&meta, *sort);
		opening = tf_meta_opening(&meta);
		closing = tf_meta_closing(&meta);
		ck_assert_msg((opening ? (int)opening->id : -1) == cases[i].opening, "%s",
			      cases[i].snapshots);
		ck_assert_msg((closing ? (int)closing->id : -1) == cases[i].closing, "%s",
			      cases[i].snapshots);
		tf_meta_release(&meta);
	}
}
END_TEST

/* The word alone says it, and only in that file. */
START_TEST(test_kind)
{
	static const struct {
		const char *path, *text;
		bool is_light;
	} cases[] = {
		{ "kind", "light\n", true },  { "kind", "light", true },
		{ "kind", "ligh", false },    { "kind", "full\n", false },
		{ "kind", "", false },	      { "Kind", "light\n", false },
		{ "kind/x", "light", false }, { "light/proc/x", "light", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tf_meta meta;
		struct tf_snapshot *snap;

		tf_meta_init(&meta);
		snap = tf_meta_begin_snapshot(&meta, 1);
		ck_assert(!tf_snapshot_is_light(snap));
		ck_assert_int_eq(
			tf_snapshot_add(snap, cases[i].path, cases[i].text, strlen(cases[i].text)),
			0);
		ck_assert_int_eq(tf_snapshot_is_light(snap), cases[i].is_light);
		tf_meta_release(&meta);
	}
}
END_TEST

/* Files can be dropped, and the snapshot filled again. */
START_TEST(test_drop_files)
{
	struct tf_meta meta;

	tf_meta_init(&meta);
	add(&meta, 'F');
	add(&meta, 'L');
	tf_snapshot_drop_files(&meta.snapshots[1]);
	ck_assert_uint_eq(meta.nr_snapshots, 2);
	ck_assert_uint_eq(meta.snapshots[1].nr_files, 0);
	ck_assert_uint_eq(meta.snapshots[1].id, 1);
	ck_assert_uint_eq(meta.snapshots[1].ts_ns, 7);
	ck_assert_uint_eq(meta.snapshots[0].nr_files, 1);
	tf_snapshot_drop_files(&meta.snapshots[1]);
	ck_assert_int_eq(tf_snapshot_add(&meta.snapshots[1], "/x", "y", 1), 0);
	ck_assert_str_eq((const char *)tf_snapshot_file(&meta.snapshots[1], "/x")->data, "y");
	tf_meta_release(&meta);
}
END_TEST

RUN_SUITE("tracefmt/light", test_ends, test_kind, test_drop_files)
