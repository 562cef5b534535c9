/* SPDX-License-Identifier: GPL-2.0-only */
/* Which cache an object is of, with names, with half of the names, and with none. */
#include "tests/unit/suite.h"

#include <fcntl.h>

#include "tests/unit/tracefmt/import/bed.h"
#include "tracefmt/import/caches.h"

#define ALLOC(site, ptr, name, req, size)                                                          \
	" sh-12 [000] 1.1: kmem_cache_alloc: call_site=" site "+0x1/0x2 ptr=" ptr name             \
	" bytes_req=" req " bytes_alloc=" size " gfp_flags=GFP_KERNEL node=-1 accounted=false\n"
#define FREE(ptr, name) " sh-12 [000] 1.2: kmem_cache_free: call_site=f+0x1/0x2 ptr=" ptr name "\n"

#define A "ffff888000001000"
#define B "ffff888000002000"
#define C "ffff888000003000"
#define D "ffff888000004000"
#define E "ffff888000005000"

static const struct tf_cache *cache_of(const struct bed *bed, size_t event)
{
	return tf_meta_cache(bed->meta, bed->events[event].cache);
}

/* Since 6.13: both are named. */
START_TEST(test_named)
{
	struct bed bed;

	bed_text(&bed, ALLOC("f", A, " name=filp", "184", "192") FREE(A, " name=filp")
			       ALLOC("g", A, " name=two words", "184", "192")
				       FREE(B, " name=never allocated")
					       ALLOC("f", A, " name=filp", "100", "104"));
	ck_assert_str_eq(bed_cache(&bed, &bed.events[0]), "filp");
	ck_assert_uint_eq(cache_of(&bed, 0)->object_size, 184);
	ck_assert_uint_eq(cache_of(&bed, 0)->size, 192);
	ck_assert_uint_eq(bed.events[0].cache, bed.events[1].cache);
	ck_assert_str_eq(bed_cache(&bed, &bed.events[2]), "two words");
	ck_assert_str_eq(bed_cache(&bed, &bed.events[3]), "never allocated");
	ck_assert_uint_eq(cache_of(&bed, 3)->size, 0);
	/* Another of the same name, as when a cache is destroyed and made again. */
	ck_assert_uint_ne(bed.events[4].cache, bed.events[0].cache);
	ck_assert_str_eq(bed_cache(&bed, &bed.events[4]), "filp");
	ck_assert_uint_eq(bed.stats.nr_unnamed, 0);
	bed_end(&bed);
}
END_TEST

/* A free comes first, and tells the name; the sizes come with the first allocation. */
START_TEST(test_sizes_later)
{
	struct bed bed;

	bed_text(&bed, FREE(A, " name=filp") ALLOC("f", A, " name=filp", "184", "192"));
	ck_assert_uint_eq(bed.events[0].cache, bed.events[1].cache);
	ck_assert_uint_eq(cache_of(&bed, 0)->size, 192);
	ck_assert_uint_eq(bed.meta->nr_caches, 1);
	bed_end(&bed);
}
END_TEST

/* To 5.11 no name at all: made-up caches, one for each site and size; frees have none. */
START_TEST(test_unnamed)
{
	struct bed bed;

	bed_text(&bed, ALLOC("f", A, "", "184", "192") ALLOC("g", B, "", "184", "192")
			       ALLOC("g", C, "", "192", "192") FREE(A, ""));
	ck_assert_str_eq(bed_cache(&bed, &bed.events[0]), "unnamed-184-192");
	ck_assert_str_eq(bed_cache(&bed, &bed.events[1]), "unnamed-184-192#2");
	ck_assert_uint_ne(bed.events[0].cache, bed.events[1].cache);
	ck_assert_str_eq(bed_cache(&bed, &bed.events[2]), "unnamed-192-192");
	ck_assert_uint_eq(bed.events[3].cache, TF_NO_CACHE);
	ck_assert_uint_eq(bed.stats.nr_unnamed, 3);
	bed_end(&bed);
}
END_TEST

/*
 * 5.12 to 6.12: the free tells what the allocation did not.
 *
 *	f allocates A (184/192)  ->  unnamed-184-192
 *	A is freed as filp       ->  it is called filp, for all that came before, too
 */
START_TEST(test_learned)
{
	struct bed bed;

	bed_text(&bed, ALLOC("f", A, "", "184", "192") ALLOC("f", B, "", "184", "192")
			       FREE(A, " name=filp") ALLOC("f", A, "", "184", "192")
				       FREE(B, " name=filp"));
	for (size_t i = 0; i < bed.nr; i++) {
		ck_assert_str_eq(bed_cache(&bed, &bed.events[i]), "filp");
		ck_assert_uint_eq(cache_of(&bed, i)->size, 192);
	}
	ck_assert_uint_eq(bed.stats.nr_unnamed, 3);
	ck_assert_uint_eq(bed.stats.nr_wrong_guess, 0);
	bed_end(&bed);
}
END_TEST

static unsigned int caches_named(const struct bed *bed, const char *name)
{
	unsigned int nr = 0;

	for (size_t i = 0; i < bed->meta->nr_caches; i++)
		nr += !strcmp(bed->meta->caches[i].name, name);
	return nr;
}

/*
 * Three call sites of one cache: what they allocated before it had a name stays apart, under a
 * name of its own; later it is one cache, of all three, of a fourth, and of a free by its name.
 */
START_TEST(test_three_sites_one_cache)
{
	static const char *const names[] = { "filp", "filp#2", "filp#3", "filp", "filp#2", "filp#3",
					     "filp", "filp",   "filp",	 "filp", "filp" };
	struct bed bed;

	bed_text(&bed,
		 ALLOC("f", A, "", "184", "192") ALLOC("g", B, "", "184", "192")
			 ALLOC("h", C, "", "184", "192") FREE(A, " name=filp") FREE(B, " name=filp")
				 FREE(C, " name=filp") ALLOC("f", A, "", "184", "192") ALLOC(
					 "g", B, "", "184", "192") ALLOC("h", C, "", "184", "192")
					 ALLOC("new", D, "", "184", "192") FREE(E, " name=filp"));
	ck_assert_uint_eq(bed.nr, 11);
	for (size_t i = 0; i < bed.nr; i++)
		ck_assert_str_eq(bed_cache(&bed, &bed.events[i]), names[i]);
	for (size_t i = 6; i < bed.nr; i++)
		ck_assert_uint_eq(bed.events[i].cache, bed.events[0].cache);
	ck_assert_uint_eq(caches_named(&bed, "filp"), 1);
	ck_assert_uint_eq(bed.meta->nr_caches, 3);
	ck_assert_uint_eq(bed.stats.nr_wrong_guess, 0);
	bed_end(&bed);
}
END_TEST

/* The name was first told by a free of an object from before: what allocates has the plain name. */
START_TEST(test_freed_before)
{
	static const char *const names[] = { "filp#1", "filp", "filp", "filp", "filp" };
	struct bed bed;

	bed_text(&bed, FREE(C, " name=filp") ALLOC("f", A, "", "184", "192") FREE(A, " name=filp")
			       ALLOC("f", A, "", "184", "192") FREE(C, " name=filp"));
	ck_assert_uint_eq(bed.nr, 5);
	for (size_t i = 0; i < bed.nr; i++)
		ck_assert_str_eq(bed_cache(&bed, &bed.events[i]), names[i]);
	ck_assert_uint_eq(bed.meta->nr_caches, 2);
	bed_end(&bed);
}
END_TEST

/* Real kernels without names of allocations: no two caches have one name. */
START_TEST(test_no_name_twice)
{
	static const char *const samples[] = { "tests/import/i386-6.1.ftrace.txt",
					       "tests/import/amd64-6.12.trace-cmd.txt" };
	struct tf_error err = { .reason = "" };
	struct bed bed;

	for (size_t k = 0; k < 2; k++) {
		int fd = open(samples[k], O_RDONLY);

		bed_begin(&bed);
		ck_assert_msg(!tf_import_text(bed.imp, fd, TF_FORMAT_AUTO, &err), "%s: %s",
			      samples[k], err.reason);
		close(fd);
		bed_finish(&bed);
		ck_assert_uint_gt(bed.stats.nr_unnamed, 0);
		ck_assert_uint_gt(bed.meta->nr_caches, 10);
		for (size_t i = 0; i < bed.meta->nr_caches; i++)
			ck_assert_msg(caches_named(&bed, bed.meta->caches[i].name) == 1,
				      "%s: two of %s", samples[k], bed.meta->caches[i].name);
		bed_end(&bed);
	}
}
END_TEST

/* Two caches of one size: each call site has its own, from its first allocation on. */
START_TEST(test_two_of_one_size)
{
	static const char *const names[] = { "filp", "dentry", "filp", "dentry", "filp", "dentry" };
	struct bed bed;

	bed_text(&bed,
		 ALLOC("f", A, "", "184", "192") ALLOC("g", B, "", "184", "192")
			 FREE(A, " name=filp") FREE(B, " name=dentry")
				 ALLOC("f", A, "", "184", "192") ALLOC("g", B, "", "184", "192"));
	ck_assert_uint_eq(bed.nr, 6);
	for (size_t i = 0; i < bed.nr; i++)
		ck_assert_str_eq(bed_cache(&bed, &bed.events[i]), names[i]);
	ck_assert_uint_eq(bed.stats.nr_wrong_guess, 0);
	bed_end(&bed);
}
END_TEST

/* One call site with two caches: the free of what was put into the wrong one goes there, too. */
START_TEST(test_one_site_two_caches)
{
	static const char *const names[] = { "filp", "filp", "filp", "filp", "dentry", "dentry" };
	struct bed bed;

	bed_text(&bed, ALLOC("f", A, "", "184", "192") ALLOC("f", B, "", "184", "192")
			       FREE(A, " name=filp") FREE(B, " name=dentry")
				       ALLOC("f", C, "", "184", "192") FREE(C, " name=dentry"));
	ck_assert_uint_eq(bed.nr, 6);
	for (size_t i = 0; i < bed.nr; i++)
		ck_assert_str_eq(bed_cache(&bed, &bed.events[i]), names[i]);
	ck_assert_uint_eq(bed.stats.nr_wrong_guess, 1);
	ck_assert_str_eq(bed_fact(&bed, "import.wrong_cache_guesses"), "1");
	bed_end(&bed);
}
END_TEST

/* More names than a trace may have: no cache, no failure. */
START_TEST(test_too_many)
{
	struct tf_caches caches;
	struct tf_meta meta;
	uint32_t id = 0;
	char name[32];

	tf_meta_init(&meta);
	ck_assert_int_eq(tf_caches_init(&caches, &meta), 0);
	for (unsigned int i = 0; i < TF_MAX_CACHES + 10; i++) {
		snprintf(name, sizeof(name), "cache-%u", i);
		ck_assert_int_eq(tf_caches_alloc_named(&caches, name, strlen(name), 8, 8, &id), 0);
		ck_assert_uint_eq(id, i < TF_MAX_CACHES ? i + 1 : TF_NO_CACHE);
	}
	ck_assert_int_eq(tf_caches_alloc(&caches, 1, 2, 3, 4, &id), 0);
	ck_assert_uint_eq(id, TF_NO_CACHE);
	ck_assert_int_eq(tf_caches_free_named(&caches, "x", 1, 2, &id), 0);
	ck_assert_uint_eq(id, TF_NO_CACHE);
	ck_assert_int_eq(tf_caches_free_named(&caches, "cache-7", 7, 2, &id), 0);
	ck_assert_uint_eq(id, 8);
	tf_caches_release(&caches);
	tf_meta_release(&meta);
}
END_TEST

/* More call sites than there can be caches: the others have none. */
START_TEST(test_too_many_sites)
{
	struct tf_caches caches;
	struct tf_meta meta;
	uint32_t id;

	tf_meta_init(&meta);
	ck_assert_int_eq(tf_caches_init(&caches, &meta), 0);
	for (uint64_t site = 1; site < 3 * TF_BINDINGS; site++) {
		ck_assert_int_eq(tf_caches_alloc(&caches, site, site * 64, 100, 104, &id), 0);
		ck_assert_uint_eq(id, site <= TF_MAX_CACHES ? site : TF_NO_CACHE);
	}
	ck_assert_uint_eq(caches.nr_bindings, TF_MAX_CACHES);
	tf_caches_release(&caches);
	tf_meta_release(&meta);
}
END_TEST

static const char slabinfo[] =
	"slabinfo - version: 2.1\n"
	"# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : x\n"
	"ext4_inode_cache      45     45   1096   15    4 : tunables    0    0    0 : slabdata 3\n"
	"dentry              5000   5040    192   21    1 : tunables    0    0    0 : slabdata 3\n"
	"cred_jar             500    504    192   21    1 : tunables    0    0    0 : slabdata 3\n"
	"filp                 100    102    232   34    2 : tunables    0    0    0 : slabdata 3\n"
	"kmalloc-232           10     10    232   17    1 : tunables    0    0    0 : slabdata 3\n"
	"cut";

/* The only cache of that size is the one; kmalloc's are not asked for. */
START_TEST(test_slabinfo)
{
	static const struct {
		uint32_t bytes_req, bytes_alloc;
		const char *name;
		uint32_t oo;
	} cases[] = {
		{ 1094, 1096, "ext4_inode_cache", 2 << 16 | 15 },
		{ 192, 192, "unnamed-192-192", 0 },
		{ 228, 232, "filp", 1 << 16 | 34 },
		{ 40, 40, "unnamed-40-40", 0 },
	};
	struct tf_caches caches;
	struct tf_meta meta;

	tf_meta_init(&meta);
	ck_assert_int_eq(tf_caches_init(&caches, &meta), 0);
	ck_assert_int_eq(tf_caches_add_slabinfo(&caches, slabinfo, strlen(slabinfo)), 0);
	ck_assert_uint_eq(caches.nr_host, 5);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct tf_cache *cache;
		uint32_t id;

		ck_assert_int_eq(tf_caches_alloc(&caches, i, i, cases[i].bytes_req,
						 cases[i].bytes_alloc, &id),
				 0);
		cache = tf_meta_cache(&meta, id);
		ck_assert_ptr_nonnull(cache);
		ck_assert_str_eq(cache->name, cases[i].name);
		ck_assert_uint_eq(cache->object_size, cases[i].bytes_req);
		ck_assert_uint_eq(cache->oo, cases[i].oo);
	}
	tf_caches_release(&caches);
	tf_meta_release(&meta);
}
END_TEST

/* What slabinfo says of a cache that a free names. */
START_TEST(test_slabinfo_of_freed)
{
	struct tf_caches caches;
	struct tf_meta meta;
	uint32_t id;

	tf_meta_init(&meta);
	ck_assert_int_eq(tf_caches_init(&caches, &meta), 0);
	ck_assert_int_eq(tf_caches_add_slabinfo(&caches, slabinfo, strlen(slabinfo)), 0);
	ck_assert_int_eq(tf_caches_free_named(&caches, "dentry", 6, 5, &id), 0);
	ck_assert_uint_eq(tf_meta_cache(&meta, id)->size, 192);
	ck_assert_uint_eq(tf_meta_cache(&meta, id)->oo, 21);
	/* An allocation knows better. */
	ck_assert_int_eq(tf_caches_alloc_named(&caches, "dentry", 6, 188, 192, &id), 0);
	ck_assert_uint_eq(id, 1);
	ck_assert_uint_eq(tf_meta_cache(&meta, id)->object_size, 188);
	ck_assert_uint_eq(tf_meta_cache(&meta, id)->oo, 21);
	tf_caches_release(&caches);
	tf_meta_release(&meta);
}
END_TEST

RUN_SUITE("tracefmt/import/caches", test_named, test_sizes_later, test_unnamed, test_learned,
	  test_three_sites_one_cache, test_freed_before, test_no_name_twice, test_two_of_one_size,
	  test_one_site_two_caches, test_too_many, test_too_many_sites, test_slabinfo,
	  test_slabinfo_of_freed)
