/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Contents of physical memory: what was written is read, what was not is zero and free
 * of cost, and whole pages of one byte cost an entry.
 */
#include <errno.h>
#include <string.h>

#include "tests/unit/suite.h"

#include "core/machine/phys.h"

#define PAGE 4096u
#define MIB (UINT64_C(1) << 20)
#define TIB (UINT64_C(1) << 40)
#define NODE_BYTES 4200 /* a node of the tree has 512 slots */

START_TEST(what_cannot_be_made)
{
	ck_assert_ptr_null(km_phys_new(0, 12));
	ck_assert_ptr_null(km_phys_new(1, 9));
	ck_assert_ptr_null(km_phys_new(1, 22));
	ck_assert_ptr_null(km_phys_new(UINT64_MAX, 12));
	km_phys_free(NULL);
}
END_TEST

START_TEST(never_written_reads_as_zero)
{
	struct km_phys *phys = km_phys_new(16, 12);
	uint8_t buf[64];
	uint64_t at = 7;

	ck_assert_ptr_nonnull(phys);
	memset(buf, 0xff, sizeof(buf));
	ck_assert_int_eq(km_phys_read(phys, 5 * PAGE - 32, buf, sizeof(buf)), 0);
	for (size_t i = 0; i < sizeof(buf); i++)
		ck_assert_uint_eq(buf[i], 0);
	ck_assert(!km_phys_find_not(phys, 0, 0, 16 * PAGE, &at));
	ck_assert_uint_eq(at, 7);
	ck_assert(km_phys_find_not(phys, 100, 0x6b, 1, &at));
	ck_assert_uint_eq(at, 100);
	ck_assert(!km_phys_is_written(phys, 4));
	ck_assert_uint_eq(km_phys_bytes(phys), 0);
	km_phys_free(phys);
}
END_TEST

/*
 *  pages  |  3   |  4   |  5   |
 *  write      [abcdefgh]             across the boundary of 3 and 4
 */
START_TEST(a_write_across_a_boundary)
{
	struct km_phys *phys = km_phys_new(16, 12);
	char buf[10];

	ck_assert_int_eq(km_phys_write(phys, 4 * PAGE - 4, "abcdefgh", 8), 0);
	ck_assert_int_eq(km_phys_read(phys, 4 * PAGE - 5, buf, 10), 0);
	ck_assert_mem_eq(buf, "\0abcdefgh\0", 10);
	ck_assert(!km_phys_is_written(phys, 2));
	ck_assert(km_phys_is_written(phys, 3));
	ck_assert(km_phys_is_written(phys, 4));
	ck_assert(!km_phys_is_written(phys, 5));
	ck_assert_uint_le(km_phys_bytes(phys), 2 * PAGE + 2 * NODE_BYTES);
	km_phys_free(phys);
}
END_TEST

START_TEST(outside_of_memory)
{
	struct km_phys *phys = km_phys_new(2, 12);
	uint8_t buf[4] = { 1, 2, 3, 4 };
	uint64_t at;

	ck_assert_int_eq(km_phys_write(phys, 2 * PAGE - 3, buf, 4), -EFAULT);
	ck_assert_int_eq(km_phys_fill(phys, 2 * PAGE - 3, 9, 4), -EFAULT);
	ck_assert_int_eq(km_phys_fill(phys, 0, 9, SIZE_MAX), -EFAULT);
	ck_assert_int_eq(km_phys_read(phys, UINT64_MAX, buf, 4), -EFAULT);
	ck_assert_uint_eq(buf[0], 1);
	ck_assert_uint_eq(km_phys_bytes(phys), 0);
	ck_assert_int_eq(km_phys_write(phys, 2 * PAGE - 4, buf, 4), 0);
	ck_assert_int_eq(km_phys_write(phys, 2 * PAGE, buf, 0), 0);

	ck_assert(km_phys_find_not(phys, 0, 0, PAGE + 4, &at) == false);
	ck_assert(km_phys_find_not(phys, 2 * PAGE - 1, 4, 2, &at));
	ck_assert_uint_eq(at, 2 * PAGE);
	ck_assert(km_phys_find_not(phys, UINT64_MAX - 1, 0, 8, &at));
	ck_assert_uint_eq(at, UINT64_MAX - 1);
	ck_assert(!km_phys_is_written(phys, 2));
	ck_assert(!km_phys_is_written(phys, UINT64_MAX));
	km_phys_free(phys);
}
END_TEST

START_TEST(whole_pages_of_one_byte_cost_an_entry)
{
	struct km_phys *phys = km_phys_new(1 << 20, 12);
	uint64_t at;
	uint8_t byte;

	/* 64 MiB of poison: 16384 entries. */
	ck_assert_int_eq(km_phys_fill(phys, 16 * MIB, 0x6b, 64 * MIB), 0);
	ck_assert_uint_le(km_phys_bytes(phys), 36 * NODE_BYTES);
	ck_assert(!km_phys_find_not(phys, 16 * MIB, 0x6b, 64 * MIB, NULL));
	ck_assert(km_phys_find_not(phys, 16 * MIB - 1, 0x6b, 64 * MIB, &at));
	ck_assert_uint_eq(at, 16 * MIB - 1);

	/* One byte is changed: one page gets bytes of its own, the rest of it keeps the poison. */
	ck_assert_int_eq(km_phys_write(phys, 20 * MIB + 5, "\x01", 1), 0);
	ck_assert(km_phys_find_not(phys, 16 * MIB, 0x6b, 64 * MIB, &at));
	ck_assert_uint_eq(at, 20 * MIB + 5);
	ck_assert(!km_phys_find_not(phys, 20 * MIB + 6, 0x6b, PAGE, NULL));
	ck_assert_uint_le(km_phys_bytes(phys), 36 * NODE_BYTES + PAGE);

	/* Zeroing it gives them back. */
	ck_assert_int_eq(km_phys_fill(phys, 20 * MIB, 0, PAGE), 0);
	ck_assert_uint_le(km_phys_bytes(phys), 36 * NODE_BYTES);
	ck_assert(km_phys_is_written(phys, 20 * MIB / PAGE));
	ck_assert_int_eq(km_phys_read(phys, 20 * MIB + 5, &byte, 1), 0);
	ck_assert_uint_eq(byte, 0);
	km_phys_free(phys);
}
END_TEST

/* A red zone beside an object, in a page that is neither all the one nor all the other. */
START_TEST(parts_of_a_page)
{
	struct km_phys *phys = km_phys_new(4, 12);
	uint64_t before, at;

	/* The page reads as zero already: nothing of its own is needed. */
	ck_assert_int_eq(km_phys_fill(phys, PAGE + 64, 0, 64), 0);
	before = km_phys_bytes(phys);
	ck_assert(km_phys_is_written(phys, 1));
	ck_assert_uint_lt(before, PAGE + 2 * NODE_BYTES);

	ck_assert_int_eq(km_phys_fill(phys, PAGE + 64, 0xcc, 16), 0);
	ck_assert_uint_eq(km_phys_bytes(phys), before + PAGE);
	ck_assert(!km_phys_find_not(phys, PAGE + 64, 0xcc, 16, NULL));
	ck_assert(km_phys_find_not(phys, PAGE + 64, 0xcc, 17, &at));
	ck_assert_uint_eq(at, PAGE + 80);
	ck_assert(!km_phys_find_not(phys, PAGE, 0, 64, NULL));
	ck_assert(!km_phys_find_not(phys, PAGE + 80, 0, PAGE - 80, NULL));
	km_phys_free(phys);
}
END_TEST

START_TEST(a_terabyte_costs_what_is_written)
{
	struct km_phys *phys = km_phys_new(TIB >> 12, 12);
	uint64_t at;

	ck_assert_uint_eq(km_phys_bytes(phys), 0);
	ck_assert(!km_phys_find_not(phys, 0, 0, TIB, NULL));
	ck_assert_int_eq(km_phys_write(phys, TIB - 1, "x", 1), 0);
	ck_assert_uint_le(km_phys_bytes(phys), PAGE + 4 * NODE_BYTES);
	ck_assert(km_phys_find_not(phys, 0, 0, TIB, &at));
	ck_assert_uint_eq(at, TIB - 1);
	km_phys_forget(phys, 0, UINT64_MAX);
	ck_assert_uint_eq(km_phys_bytes(phys), 0);
	km_phys_free(phys);
}
END_TEST

/*
 *  pages  | 508 fill | ... | 511 fill || 512 bytes | ... | 515 bytes |
 *  forget                     [-----------]
 */
START_TEST(forgotten_is_never_written)
{
	struct km_phys *phys = km_phys_new(2048, 12);
	uint64_t before;

	ck_assert_int_eq(km_phys_fill(phys, 508 * PAGE, 0xa5, 4 * PAGE), 0);
	for (unsigned int pfn = 512; pfn < 516; pfn++)
		ck_assert_int_eq(km_phys_write(phys, pfn * PAGE, "x", 1), 0);
	before = km_phys_bytes(phys);
	km_phys_forget(phys, 511, 2);
	ck_assert_uint_eq(km_phys_bytes(phys), before - PAGE);
	for (unsigned int pfn = 508; pfn < 516; pfn++)
		ck_assert_int_eq(km_phys_is_written(phys, pfn), pfn != 511 && pfn != 512);
	ck_assert(!km_phys_find_not(phys, 511 * PAGE, 0, 2 * PAGE, NULL));
	km_phys_forget(phys, 4000, 1);
	km_phys_forget(phys, 508, 0);
	km_phys_forget(phys, 508, 8);
	ck_assert_uint_eq(km_phys_bytes(phys), 0);
	km_phys_free(phys);
}
END_TEST

#define SHADOW_PAGES 1100
#define SHADOW_PAGE 1024
#define SHADOW_BYTES (SHADOW_PAGES * SHADOW_PAGE)

struct shadow {
	uint8_t bytes[SHADOW_BYTES];
	bool written[SHADOW_PAGES];
};

static uint64_t rnd(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 33;
}

static void shadow_step(struct shadow *shadow, struct km_phys *phys, uint64_t *seed)
{
	uint32_t at = rnd(seed) % SHADOW_BYTES, len = rnd(seed) % (rnd(seed) % 8 ? 3000 : 200000);
	uint8_t byte = rnd(seed) % 3;
	uint8_t buf[3000];
	bool write = len <= sizeof(buf) && rnd(seed) % 2;

	len = len < SHADOW_BYTES - at ? len : SHADOW_BYTES - at;
	if (rnd(seed) % 4 == 0) {
		uint32_t pfn = at / SHADOW_PAGE, nr = len / SHADOW_PAGE;

		km_phys_forget(phys, pfn, nr);
		memset(shadow->bytes + pfn * SHADOW_PAGE, 0, nr * SHADOW_PAGE);
		memset(shadow->written + pfn, 0, nr);
		return;
	}
	memset(shadow->bytes + at, byte, len);
	memset(buf, byte, sizeof(buf));
	ck_assert_int_eq(
		write ? km_phys_write(phys, at, buf, len) : km_phys_fill(phys, at, byte, len), 0);
	for (uint32_t pfn = at / SHADOW_PAGE; len && pfn <= (at + len - 1) / SHADOW_PAGE; pfn++)
		shadow->written[pfn] = true;
}

/* Random writes, fills and forgetting beside a plain array. */
START_TEST(beside_a_plain_array)
{
	struct shadow *shadow = calloc(1, sizeof(*shadow));
	struct km_phys *phys = km_phys_new(SHADOW_PAGES, 10);
	uint8_t *buf = malloc(SHADOW_BYTES);
	uint64_t seed = 1;

	ck_assert(shadow && phys && buf);
	for (unsigned int round = 0; round < 40; round++) {
		uint32_t from = rnd(&seed) % SHADOW_BYTES, other = from;
		bool written_alike = true;
		uint64_t at = 0;

		for (unsigned int i = 0; i < 20; i++)
			shadow_step(shadow, phys, &seed);
		ck_assert_int_eq(km_phys_read(phys, 0, buf, SHADOW_BYTES), 0);
		ck_assert(!memcmp(buf, shadow->bytes, SHADOW_BYTES));
		for (unsigned int pfn = 0; pfn < SHADOW_PAGES; pfn++)
			written_alike &= km_phys_is_written(phys, pfn) == shadow->written[pfn];
		ck_assert(written_alike);
		while (other < SHADOW_BYTES && shadow->bytes[other] == shadow->bytes[from])
			other++;
		ck_assert_int_eq(
			km_phys_find_not(phys, from, shadow->bytes[from], SHADOW_BYTES - from, &at),
			other < SHADOW_BYTES);
		if (other < SHADOW_BYTES)
			ck_assert_uint_eq(at, other);
	}
	km_phys_forget(phys, 0, SHADOW_PAGES);
	ck_assert_uint_eq(km_phys_bytes(phys), 0);
	km_phys_free(phys);
	free(buf);
	free(shadow);
}
END_TEST

RUN_SUITE("machine/phys", what_cannot_be_made, never_written_reads_as_zero,
	  a_write_across_a_boundary, outside_of_memory, whole_pages_of_one_byte_cost_an_entry,
	  parts_of_a_page, a_terabyte_costs_what_is_written, forgotten_is_never_written,
	  beside_a_plain_array)
