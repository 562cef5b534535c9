/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sizes, orders, and list limits of caches, by the formulas of mm/slub.c 5.10 to 6.18.
 */
#include <errno.h>
#include <string.h>

#include "core/slab/slab.h"
#include "tests/unit/suite.h"

static const struct km_slab_settings defaults = { .cpu_partial = KM_SLAB_DEFAULT };

static struct km_profile profile_of(unsigned int nr_cpus, unsigned int features)
{
	struct km_profile profile;

	km_profile_init(&profile);
	profile.nr_cpus = nr_cpus;
	profile.nr_possible_cpus = nr_cpus;
	profile.features = features;
	return profile;
}

static struct km_slab_geometry geometry_of(const struct km_profile *profile, uint32_t object_size,
					   uint32_t align, unsigned int flags)
{
	struct km_cache_args args = {
		.name = "x", .object_size = object_size, .align = align, .flags = flags
	};
	struct km_slab_geometry geometry;

	ck_assert_int_eq(km_slab_geometry(&args, profile, &defaults, &geometry), 0);
	return geometry;
}

/* Order and objects of the kmalloc sizes, for five numbers of CPUs. */
struct vector {
	uint32_t size;
	struct {
		uint8_t order;
		uint16_t objects;
	} cpus[5]; /* 1, 2, 8, 64, 128 */
};

static const unsigned int vector_cpus[5] = { 1, 2, 8, 64, 128 };
static const struct vector vectors[] = {
	{ 8, { { 0, 512 }, { 0, 512 }, { 0, 512 }, { 0, 512 }, { 0, 512 } } },
	{ 16, { { 0, 256 }, { 0, 256 }, { 0, 256 }, { 0, 256 }, { 0, 256 } } },
	{ 32, { { 0, 128 }, { 0, 128 }, { 0, 128 }, { 0, 128 }, { 0, 128 } } },
	{ 64, { { 0, 64 }, { 0, 64 }, { 0, 64 }, { 0, 64 }, { 0, 64 } } },
	{ 96, { { 0, 42 }, { 0, 42 }, { 0, 42 }, { 0, 42 }, { 0, 42 } } },
	{ 128, { { 0, 32 }, { 0, 32 }, { 0, 32 }, { 0, 32 }, { 1, 64 } } },
	{ 192, { { 0, 21 }, { 0, 21 }, { 0, 21 }, { 1, 42 }, { 1, 42 } } },
	{ 256, { { 0, 16 }, { 0, 16 }, { 1, 32 }, { 1, 32 }, { 2, 64 } } },
	{ 512, { { 0, 8 }, { 1, 16 }, { 2, 32 }, { 2, 32 }, { 3, 64 } } },
	{ 1024, { { 1, 8 }, { 2, 16 }, { 3, 32 }, { 3, 32 }, { 3, 32 } } },
	{ 2048, { { 2, 8 }, { 3, 16 }, { 3, 16 }, { 3, 16 }, { 3, 16 } } },
	{ 4096, { { 3, 8 }, { 3, 8 }, { 3, 8 }, { 3, 8 }, { 3, 8 } } },
	{ 8192, { { 3, 4 }, { 3, 4 }, { 3, 4 }, { 3, 4 }, { 3, 4 } } },
};

static void check_vectors(unsigned int features)
{
	for (size_t c = 0; c < 5; c++) {
		struct km_profile profile = profile_of(vector_cpus[c], features);

		for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
			struct km_slab_geometry g =
				geometry_of(&profile, vectors[i].size, 0, KM_SLAB_KMALLOC);

			ck_assert_msg(g.order == vectors[i].cpus[c].order &&
					      g.objects == vectors[i].cpus[c].objects,
				      "%u bytes, %u CPUs: order %u, %u objects", vectors[i].size,
				      vector_cpus[c], g.order, g.objects);
			ck_assert_uint_eq(g.size, vectors[i].size);
		}
	}
}

START_TEST(kmalloc_vectors_new)
{
	check_vectors(KM_FEATURES_NEWEST);
}
END_TEST

START_TEST(kmalloc_vectors_old)
{
	check_vectors(KM_FEATURES_NEWEST & ~KM_FEAT_ORDER_NEW);
}
END_TEST

/* The two algorithms only disagree from 10928 to 12280 bytes: old 2, new 3. */
START_TEST(algorithms_differ_where_known)
{
	for (unsigned int cpus = 1; cpus <= 64; cpus *= 2) {
		struct km_profile new = profile_of(cpus, KM_FEATURES_NEWEST);
		struct km_profile old = profile_of(cpus, KM_FEATURES_NEWEST & ~KM_FEAT_ORDER_NEW);

		for (uint32_t size = 8; size <= 40000; size += 8) {
			unsigned int n = geometry_of(&new, size, 0, 0).order;
			unsigned int o = geometry_of(&old, size, 0, 0).order;
			bool differ = size >= 10928 && size <= 12280;

			ck_assert_msg(differ ? o == 2 && n == 3 : o == n,
				      "%u bytes, %u CPUs: old %u, new %u", size, cpus, o, n);
		}
	}
}
END_TEST

/* Present CPUs count, unless there is one: then the possible ones do. */
START_TEST(one_cpu_is_not_trusted)
{
	struct km_profile profile = profile_of(1, KM_FEATURES_NEWEST);

	profile.nr_possible_cpus = 8;
	ck_assert_uint_eq(geometry_of(&profile, 512, 0, 0).order, 2);
	profile.nr_cpus = 2;
	ck_assert_uint_eq(geometry_of(&profile, 512, 0, 0).order, 1);
}
END_TEST

/*
 *  object_size | to 8 | free pointer, if outside | to align
 */
START_TEST(free_pointer_placement)
{
	struct km_profile profile = profile_of(2, KM_FEATURES_NEWEST);
	static const struct {
		uint32_t object_size, align;
		unsigned int flags;
		uint32_t size, out_align;
	} cases[] = {
		{ 184, 0, 0, 184, 8 },
		{ 184, 0, KM_SLAB_TYPESAFE_BY_RCU, 192, 8 },
		{ 184, 0, KM_SLAB_CTOR, 192, 8 },
		{ 184, 0, KM_SLAB_CTOR | KM_SLAB_TYPESAFE_BY_RCU, 192, 8 },
		{ 1, 0, 0, 8, 8 },
		{ 4, 0, KM_SLAB_CTOR, 16, 8 },
		{ 9, 0, 0, 16, 8 },
		{ 100, 0, 0, 104, 8 },
		{ 100, 64, 0, 128, 64 },
		{ 100, 4, 0, 104, 8 },
		{ 128, 64, KM_SLAB_TYPESAFE_BY_RCU, 192, 64 },
		{ 100, 0, KM_SLAB_HWCACHE_ALIGN, 128, 64 },
		{ 33, 0, KM_SLAB_HWCACHE_ALIGN, 64, 64 },
		{ 32, 0, KM_SLAB_HWCACHE_ALIGN, 32, 32 },
		{ 16, 0, KM_SLAB_HWCACHE_ALIGN, 16, 16 },
		{ 17, 0, KM_SLAB_HWCACHE_ALIGN, 32, 32 },
		{ 8, 0, KM_SLAB_HWCACHE_ALIGN, 8, 8 },
		{ 2, 0, KM_SLAB_HWCACHE_ALIGN, 8, 8 },
		{ 16, 128, KM_SLAB_HWCACHE_ALIGN, 128, 128 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct km_slab_geometry g =
			geometry_of(&profile, cases[i].object_size, cases[i].align, cases[i].flags);

		ck_assert_msg(g.size == cases[i].size && g.align == cases[i].out_align,
			      "case %zu: size %u, align %u", i, g.size, g.align);
	}
}
END_TEST

/* On 32 bit a word is 4 bytes, but objects keep an alignment of 8. */
START_TEST(thirty_two_bit)
{
	struct km_profile profile = profile_of(1, KM_FEATURES_NEWEST);

	profile.address_bits = 32;
	ck_assert_uint_eq(geometry_of(&profile, 4, 0, 0).size, 8);
	ck_assert_uint_eq(geometry_of(&profile, 12, 0, KM_SLAB_CTOR).size, 16);
	ck_assert_uint_eq(geometry_of(&profile, 16, 0, KM_SLAB_CTOR).size, 24);
}
END_TEST

START_TEST(list_limits)
{
	static const struct {
		uint32_t size, min_partial, objects_new, objects_old;
	} cases[] = {
		{ 8, 5, 120, 30 },     { 248, 5, 120, 30 },   { 256, 5, 52, 13 },
		{ 1016, 5, 52, 13 },   { 1024, 5, 24, 6 },    { 4088, 5, 24, 6 },
		{ 4096, 6, 6, 2 },     { 16376, 6, 6, 2 },    { 16384, 7, 6, 2 },
		{ 1 << 20, 10, 6, 2 }, { 4 << 20, 10, 6, 2 },
	};
	struct km_profile new = profile_of(2, KM_FEATURES_NEWEST);
	struct km_profile old = profile_of(2, KM_FEATURES_NEWEST & ~KM_FEAT_CPU_PARTIAL_SLABS);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct km_slab_geometry g = geometry_of(&new, cases[i].size, 0, 0);

		ck_assert_uint_eq(g.min_partial, cases[i].min_partial);
		ck_assert_uint_eq(g.cpu_partial_slabs,
				  (2 * cases[i].objects_new + g.objects - 1) / g.objects);
		g = geometry_of(&old, cases[i].size, 0, 0);
		ck_assert_uint_eq(g.cpu_partial_slabs, cases[i].objects_old);
	}
	ck_assert_uint_eq(geometry_of(&new, 64, 0, 0).cpu_partial_slabs, 4);
	ck_assert_uint_eq(geometry_of(&new, 192, 0, 0).cpu_partial_slabs, 12);
	ck_assert_uint_eq(geometry_of(&new, 1024, 0, 0).cpu_partial_slabs, 3);
	ck_assert_uint_eq(geometry_of(&new, 4096, 0, 0).cpu_partial_slabs, 2);
}
END_TEST

START_TEST(settings_change_geometry)
{
	struct km_profile profile = profile_of(8, KM_FEATURES_NEWEST);
	struct km_cache_args args = { .name = "x", .object_size = 512 };
	struct km_slab_settings settings = defaults;
	struct km_slab_geometry g;

	settings.max_order = 1;
	ck_assert_int_eq(km_slab_geometry(&args, &profile, &settings, &g), 0);
	ck_assert_uint_eq(g.order, 1);
	ck_assert_uint_eq(g.objects, 16);
	settings.max_order = KM_SLAB_ORDER_0;
	ck_assert_int_eq(km_slab_geometry(&args, &profile, &settings, &g), 0);
	ck_assert_uint_eq(g.order, 0);
	ck_assert_uint_eq(g.objects, 8);
	/* What does not fit into the largest order gets the one it needs. */
	args.object_size = 5000;
	ck_assert_int_eq(km_slab_geometry(&args, &profile, &settings, &g), 0);
	ck_assert_uint_eq(g.order, 1);
	ck_assert_uint_eq(g.min_objects_order, 1);
	ck_assert_uint_eq(g.objects, 1);

	args.object_size = 64;
	settings = defaults;
	settings.min_objects = 200;
	ck_assert_int_eq(km_slab_geometry(&args, &profile, &settings, &g), 0);
	ck_assert_uint_eq(g.order, 2);
	settings = defaults;
	settings.cpu_partial = 0;
	ck_assert_int_eq(km_slab_geometry(&args, &profile, &settings, &g), 0);
	ck_assert_uint_eq(g.cpu_partial_slabs, 0);
	settings.cpu_partial = 33;
	ck_assert_int_eq(km_slab_geometry(&args, &profile, &settings, &g), 0);
	ck_assert_uint_eq(g.cpu_partial_slabs, 2);
}
END_TEST

/* A slab holds at most 32767 objects. */
START_TEST(objects_have_a_limit)
{
	struct km_profile profile = profile_of(1, KM_FEATURES_NEWEST);
	struct km_cache_args args = { .name = "x", .object_size = 8 };
	struct km_slab_settings settings = defaults;
	struct km_slab_geometry g;

	settings.max_order = 10;
	settings.min_objects = 100000;
	for (int i = 0; i < 2; i++, profile.features ^= KM_FEAT_ORDER_NEW) {
		ck_assert_int_eq(km_slab_geometry(&args, &profile, &settings, &g), 0);
		ck_assert_uint_eq(g.order, 5);
		ck_assert_uint_eq(g.objects, 16384);
	}
}
END_TEST

START_TEST(exact_is_taken_as_given)
{
	struct km_profile profile = profile_of(2, KM_FEATURES_NEWEST);
	struct km_cache_args args = { .name = "x",
				      .object_size = 232,
				      .flags = KM_SLAB_EXACT,
				      .size = 240,
				      .objects = 33,
				      .min_partial = 0,
				      .cpu_partial_slabs = 7,
				      .order = 1 };
	struct km_slab_geometry g;

	ck_assert_int_eq(km_slab_geometry(&args, &profile, &defaults, &g), 0);
	ck_assert_uint_eq(g.size, 240);
	ck_assert_uint_eq(g.objects, 33);
	ck_assert_uint_eq(g.order, 1);
	ck_assert_uint_eq(g.min_objects_order, 0);
	ck_assert_uint_eq(g.min_partial, 0);
	ck_assert_uint_eq(g.cpu_partial_slabs, 7);

	args.objects = 35; /* 8400 bytes in 8192 */
	ck_assert_int_eq(km_slab_geometry(&args, &profile, &defaults, &g), -EINVAL);
	args.objects = 0;
	ck_assert_int_eq(km_slab_geometry(&args, &profile, &defaults, &g), -EINVAL);
	args.objects = 33;
	args.size = 231; /* smaller than the object */
	ck_assert_int_eq(km_slab_geometry(&args, &profile, &defaults, &g), -EINVAL);
	args.size = 240;
	args.order = KM_MAX_ORDER + 1;
	ck_assert_int_eq(km_slab_geometry(&args, &profile, &defaults, &g), -EINVAL);
}
END_TEST

START_TEST(bad_arguments)
{
	struct km_profile profile = profile_of(2, KM_FEATURES_NEWEST);
	struct km_cache_args args = { .name = "x" };
	struct km_slab_geometry g;

	ck_assert_int_eq(km_slab_geometry(&args, &profile, &defaults, &g), -EINVAL);
	args.object_size = (4 << 20) + 1;
	ck_assert_int_eq(km_slab_geometry(&args, &profile, &defaults, &g), -EINVAL);
	args.object_size = 4 << 20;
	ck_assert_int_eq(km_slab_geometry(&args, &profile, &defaults, &g), 0);
	ck_assert_uint_eq(g.order, 10);
	ck_assert_uint_eq(g.objects, 1);
	/* With a pointer behind it, it fits nowhere. */
	args.flags = KM_SLAB_CTOR;
	ck_assert_int_eq(km_slab_geometry(&args, &profile, &defaults, &g), -EINVAL);
	args.flags = 0;
	args.object_size = 64;
	args.align = 24;
	ck_assert_int_eq(km_slab_geometry(&args, &profile, &defaults, &g), -EINVAL);
}
END_TEST

RUN_SUITE("slab/geometry", kmalloc_vectors_new, kmalloc_vectors_old, algorithms_differ_where_known,
	  one_cpu_is_not_trusted, free_pointer_placement, thirty_two_bit, list_limits,
	  settings_change_geometry, objects_have_a_limit, exact_is_taken_as_given, bad_arguments)
