/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include "tests/unit/core/percpu/bed.h"

static int layout(const struct km_profile *profile, struct km_percpu_layout *out)
{
	struct km_machine machine;
	int err = km_machine_init(&machine, profile);

	if (err)
		return err;
	err = km_percpu_layout(&machine, out);
	km_machine_release(&machine);
	return err;
}

static struct km_profile builtin(const char *name)
{
	struct km_profile profile;

	ck_assert_int_eq(km_profile_builtin(name, &profile), 0);
	return profile;
}

/* As a running kernel printed it: "s185496 r0 d31592 u1048576 alloc=1*2097152". */
START_TEST(a_real_machine_of_two_cpus)
{
	struct km_profile profile = builtin("x86-64-4g");
	struct km_percpu_layout out;

	profile.nr_cpus = 2;
	profile.nr_possible_cpus = 2;
	profile.percpu_static = 185496;
	profile.percpu_reserved = 0;
	profile.percpu_dynamic = 28672;
	ck_assert_int_eq(layout(&profile, &out), 0);
	ck_assert_uint_eq(out.static_bytes, 185496);
	ck_assert_uint_eq(out.reserved_bytes, 0);
	ck_assert_uint_eq(out.dynamic_bytes, 31592);
	ck_assert_uint_eq(out.unit_bytes, 1048576);
	ck_assert_uint_eq(out.atom_bytes, 2097152);
	ck_assert_uint_eq(out.nr_units, 2);
}
END_TEST

/* 228 KiB in atoms of 2 MiB: up to 8 units an atom, fewer where too many would be wasted. */
START_TEST(unit_follows_the_number_of_cpus)
{
	static const struct {
		unsigned int nr_cpus;
		uint64_t unit_bytes;
		unsigned int nr_units;
	} rows[] = {
		{ 1, MIB(2), 1 },     { 2, MIB(1), 2 },		{ 3, KIB(512), 4 },
		{ 4, KIB(512), 4 },   { 5, MIB(1), 6 },		{ 6, KIB(256), 8 },
		{ 7, KIB(256), 8 },   { 8, KIB(256), 8 },	{ 9, KIB(512), 12 },
		{ 64, KIB(256), 64 }, { 4096, KIB(256), 4096 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct km_profile profile = builtin("x86-64-4g");
		struct km_percpu_layout out;

		profile.nr_cpus = 1;
		profile.nr_possible_cpus = rows[i].nr_cpus;
		ck_assert_int_eq(layout(&profile, &out), 0);
		ck_assert_msg(out.unit_bytes == rows[i].unit_bytes, "%u CPUs: unit %llu",
			      rows[i].nr_cpus, (unsigned long long)out.unit_bytes);
		ck_assert_msg(out.nr_units == rows[i].nr_units, "%u CPUs: %u units",
			      rows[i].nr_cpus, out.nr_units);
	}
}
END_TEST

/* Two nodes of four CPUs: an atom for each node. */
START_TEST(nodes_do_not_share_an_atom)
{
	struct km_profile profile = builtin("x86-64-2node");
	struct km_percpu_layout out;

	ck_assert_int_eq(layout(&profile, &out), 0);
	ck_assert_uint_eq(out.unit_bytes, KIB(512));
	ck_assert_uint_eq(out.nr_units, 8);
}
END_TEST

/* The atom is a page: 192 + 8 + 20 KiB, nothing to fill up. */
START_TEST(thirty_two_bit_units_are_tight)
{
	struct km_profile profile = builtin("x86-32-1g");
	struct km_percpu_layout out;

	ck_assert_int_eq(layout(&profile, &out), 0);
	ck_assert_uint_eq(out.unit_bytes, KIB(220));
	ck_assert_uint_eq(out.dynamic_bytes, KIB(20));
	ck_assert_uint_eq(out.nr_units, 2);
}
END_TEST

START_TEST(a_unit_that_is_known_is_kept)
{
	struct km_profile profile = builtin("x86-64-4g");
	struct km_percpu_layout out;

	profile.nr_possible_cpus = 5;
	profile.percpu_unit = KIB(256);
	ck_assert_int_eq(layout(&profile, &out), 0);
	ck_assert_uint_eq(out.unit_bytes, KIB(256));
	ck_assert_uint_eq(out.nr_units, 8);
	/* An unknown static area gives way. */
	profile.percpu_unit = KIB(64);
	ck_assert_int_eq(layout(&profile, &out), 0);
	ck_assert_uint_eq(out.static_bytes, KIB(28));
	ck_assert_uint_eq(out.unit_bytes, KIB(64));
}
END_TEST

START_TEST(absurd_areas_are_refused)
{
	static const struct {
		uint64_t fixed, reserved, dynamic, unit;
	} rows[] = {
		{ UINT64_MAX, 0, 0, 0 },
		{ KIB(64), UINT64_MAX, 0, 0 },
		{ KIB(64), 0, UINT64_MAX, 0 },
		{ MIB(40), MIB(40), 0, 0 },
		{ KIB(64), 0, KIB(28), KIB(64) },
		{ KIB(64), 0, KIB(28), MIB(1) + 1 },
		{ KIB(64), 0, KIB(28), MIB(65) },
		{ 0, KIB(64), KIB(28), KIB(64) },
		{ KIB(64), 0, KIB(28), UINT64_MAX },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct km_profile profile = builtin("x86-64-4g");
		struct km_percpu_layout out;

		profile.percpu_static = rows[i].fixed;
		profile.percpu_reserved = rows[i].reserved;
		profile.percpu_dynamic = rows[i].dynamic;
		profile.percpu_unit = rows[i].unit;
		ck_assert_msg(layout(&profile, &out) == -EINVAL, "row %zu", i);
	}
}
END_TEST

RUN_SUITE("core/percpu/layout", a_real_machine_of_two_cpus, unit_follows_the_number_of_cpus,
	  nodes_do_not_share_an_atom, thirty_two_bit_units_are_tight, a_unit_that_is_known_is_kept,
	  absurd_areas_are_refused)
