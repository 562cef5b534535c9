/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Offsets from return addresses, of a made-up kernel:
 *
 *      │ f0 ... call ... call ... │pad│ f1 ... call ... │pad│ ...        4 MiB
 *
 * Functions of 16 to 500 bytes begin at multiples of 16; every 20 bytes or so there is a
 * direct call of one of them, one in 8 of an allocator; all other bytes are random.
 */
#include "tests/unit/suite.h"

#include <errno.h>

#include "bpf/collector.h"
#include "bpf/kaslr.h"
#include "tests/unit/bpf/elf_file.h"

#define TEXT 0xffffffff81000000ull
#define TEXT_LEN (4u << 20)
#define MAX_SITES 250000u
#define STEP KC_KASLR_STEP

struct bed {
	struct elf_file *file;
	struct kc_vmlinux *vmlinux;
	uint64_t *functions, *sites; /* where it was linked */
	size_t nr_functions, nr_sites;
	uint64_t seed;
};

static uint64_t next_random(struct bed *bed)
{
	bed->seed ^= bed->seed << 13;
	bed->seed ^= bed->seed >> 7;
	bed->seed ^= bed->seed << 17;
	return bed->seed;
}

static void make_functions(struct bed *bed, uint64_t text)
{
	static const char *const allocators[] = { "kfree", "__kmalloc_noprof",
						  "kmem_cache_alloc_noprof", "vfree" };
	uint64_t at = text;

	while (at + 512 < text + TEXT_LEN) {
		uint64_t size = 16 + next_random(bed) % 485;
		char name[32];

		snprintf(name, sizeof(name), "f%zu", bed->nr_functions);
		elf_file_function(bed->file,
				  bed->nr_functions < 4 ? allocators[bed->nr_functions] : name, at,
				  size);
		bed->functions[bed->nr_functions++] = at;
		at = (at + size + 31) & ~15ull;
	}
}

static void make_calls(struct bed *bed)
{
	for (size_t i = 0; i + 1 < bed->nr_functions; i++) {
		uint64_t end = bed->functions[i] + bed->file->symbols[i + 1].st_size;
		uint64_t at = bed->functions[i] + 5 + next_random(bed) % 16;

		for (; at < end; at += 8 + next_random(bed) % 24) {
			uint64_t n = next_random(bed);

			elf_file_call(bed->file, at,
				      bed->functions[n & 7 ? n % bed->nr_functions : n >> 3 & 3]);
			if (bed->nr_sites == MAX_SITES)
				ck_abort_msg("more calls than room");
			bed->sites[bed->nr_sites++] = at;
		}
	}
}

static struct bed *bed_at(uint64_t text)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	ck_assert_ptr_nonnull(bed);
	bed->seed = 88172645463325252ull;
	bed->file = elf_file_new(text, TEXT_LEN);
	bed->functions = calloc(TEXT_LEN / 32, sizeof(uint64_t));
	bed->sites = calloc(MAX_SITES, sizeof(uint64_t));
	for (size_t i = 0; i < TEXT_LEN; i++)
		bed->file->text[i] = (uint8_t)(next_random(bed) >> 32);
	make_functions(bed, text);
	make_calls(bed);
	return bed;
}

static struct bed *bed_new(void)
{
	return bed_at(TEXT);
}

static void bed_open(struct bed *bed)
{
	struct kc_error err = { "" };

	ck_assert_msg(!kc_vmlinux_open(&bed->vmlinux, elf_file_write(bed->file), &err), "%s",
		      err.reason);
}

static void bed_free(struct bed *bed)
{
	kc_vmlinux_close(bed->vmlinux);
	elf_file_free(bed->file);
	free(bed->functions);
	free(bed->sites);
	free(bed);
}

/* nr of the sites, from all over the code, as a kernel at that offset has them. */
static void pick(struct bed *bed, uint64_t *addrs, size_t nr, uint64_t offset)
{
	for (size_t i = 0; i < nr; i++)
		addrs[i] = bed->sites[bed->nr_sites / nr * i +
				      next_random(bed) % (bed->nr_sites / nr)] +
			   offset;
}

START_TEST(test_offsets_are_found)
{
	static const uint64_t offsets[] = { 0, STEP, 0x1d000000, KC_KASLR_END - STEP };
	static const size_t counts[] = { 16, 64, 4096, 20000 };
	struct bed *bed = bed_new();
	uint64_t *addrs = calloc(20000, sizeof(*addrs));
	struct kc_kaslr found;

	bed_open(bed);
	for (size_t i = 0; i < 4; i++) {
		for (size_t k = i & 1; k < 4; k += 2) {
			pick(bed, addrs, counts[k], offsets[i]);
			ck_assert_int_eq(kc_kaslr_find(bed->vmlinux, addrs, counts[k], &found), 0);
			ck_assert_uint_eq(found.offset, offsets[i]);
			ck_assert(found.has_bytes);
			ck_assert_uint_le(found.nr_addrs, 4096);
			ck_assert_uint_ge(found.nr_addrs, counts[k] < 4096 ? counts[k] : 4000);
			ck_assert_uint_eq(found.nr_text, found.nr_addrs);
			ck_assert_uint_eq(found.nr_hits, found.nr_addrs);
		}
	}
	free(addrs);
	bed_free(bed);
}
END_TEST

/* Calls of allocators are rarer, so fewer of them are enough. */
START_TEST(test_what_is_known_of_few_addresses)
{
	struct bed *bed = bed_new();
	uint64_t addrs[4] = { 0 };
	struct kc_kaslr found;

	bed_open(bed);
	ck_assert_int_eq(kc_kaslr_find(bed->vmlinux, addrs, 0, &found), -EAGAIN);
	for (size_t i = 0; i < 4; i++)
		addrs[i] = bed->sites[i * 1000 + 5] + STEP;
	ck_assert_int_eq(kc_kaslr_find(bed->vmlinux, addrs, 2, &found), -EAGAIN);
	ck_assert_uint_eq(found.nr_addrs, 2);
	bed_free(bed);
}
END_TEST

/* Modules, code of eBPF, places where an interrupt came: a third of all says nothing, or no. */
START_TEST(test_other_addresses_among_them)
{
	struct bed *bed = bed_new();
	uint64_t addrs[300];
	struct kc_kaslr found;

	bed_open(bed);
	pick(bed, addrs, 300, 0x1d000000);
	for (size_t i = 0; i < 300; i += 5)
		addrs[i] = 0xffffffffc0000000 + next_random(bed) % (32 << 20);
	for (size_t i = 1; i < 300; i += 10)
		addrs[i]++;
	ck_assert_int_eq(kc_kaslr_find(bed->vmlinux, addrs, 300, &found), 0);
	ck_assert_uint_eq(found.offset, 0x1d000000);
	ck_assert_uint_eq(found.nr_text, 240);
	ck_assert_uint_le(found.nr_hits, 215);
	ck_assert_uint_ge(found.nr_hits, 210);
	bed_free(bed);
}
END_TEST

START_TEST(test_addresses_of_nothing)
{
	struct bed *bed = bed_new();
	uint64_t addrs[500];
	struct kc_kaslr found;

	bed_open(bed);
	for (size_t i = 0; i < 500; i++)
		addrs[i] = TEXT + 0x1d000000 + next_random(bed) % TEXT_LEN;
	ck_assert_int_eq(kc_kaslr_find(bed->vmlinux, addrs, 500, &found), -ENOENT);
	for (size_t i = 0; i < 500; i++)
		addrs[i] = 0xffffffffc1000000 + next_random(bed) % TEXT_LEN;
	ck_assert_int_eq(kc_kaslr_find(bed->vmlinux, addrs, 500, &found), -ENOENT);
	ck_assert_int_eq(kc_kaslr_find(bed->vmlinux, addrs, 20, &found), -EAGAIN);
	bed_free(bed);
}
END_TEST

/* In another build the second half, or the last third, of the code begins 16 bytes later. */
START_TEST(test_another_build)
{
	for (unsigned int third = 0; third < 2; third++) {
		struct bed *bed = bed_new();
		uint64_t from = TEXT + (third ? TEXT_LEN / 3 * 2 : TEXT_LEN / 2);
		uint64_t addrs[400];
		struct kc_kaslr found;

		bed_open(bed);
		pick(bed, addrs, 400, 0);
		for (size_t i = 0; i < 400; i++)
			addrs[i] += STEP + (addrs[i] > from ? 16 : 0);
		ck_assert_int_eq(kc_kaslr_find(bed->vmlinux, addrs, 400, &found), -ENOENT);
		bed_free(bed);
	}
}
END_TEST

static uint64_t target_of(const struct bed *bed, uint64_t site)
{
	int32_t rel;

	memcpy(&rel, bed->file->text + (site - TEXT) - sizeof(rel), sizeof(rel));
	return site + (uint64_t)(int64_t)rel;
}

/*
 * Code that repeats itself every 2 MiB: calls within the first half of it, none of them of an
 * allocator, are found at two offsets.
 */
START_TEST(test_more_than_one_offset)
{
	struct bed *bed = bed_new();
	uint64_t addrs[64];
	struct kc_kaslr found;
	size_t nr = 0;

	memcpy(bed->file->text + STEP, bed->file->text, STEP);
	bed_open(bed);
	for (size_t i = 0; nr < 64; i++) {
		uint64_t target = target_of(bed, bed->sites[i]);

		ck_assert_uint_lt(bed->sites[i], TEXT + STEP);
		if (target > bed->functions[4] && target < TEXT + STEP)
			addrs[nr++] = bed->sites[i] + 0x1d000000;
	}
	ck_assert_int_eq(kc_kaslr_find(bed->vmlinux, addrs, nr, &found), -EAGAIN);
	ck_assert_uint_eq(found.nr_hits, 64);
	ck_assert(found.bits - found.second_bits < KC_KASLR_MARGIN);
	bed_free(bed);
}
END_TEST

/* A debug file: functions, and no bytes. */
START_TEST(test_no_bytes)
{
	struct bed *bed = bed_new();
	uint64_t addrs[4000];
	struct kc_kaslr found;

	bed->file->flags = ELF_FILE_NOBITS;
	bed_open(bed);
	pick(bed, addrs, 1000, 0x1d000000);
	ck_assert_int_eq(kc_kaslr_find(bed->vmlinux, addrs, 1000, &found), 0);
	ck_assert(!found.has_bytes);
	ck_assert_uint_eq(found.offset, 0x1d000000);
	ck_assert_int_eq(kc_kaslr_find(bed->vmlinux, addrs, 10, &found), -EAGAIN);
	for (size_t i = 0; i < 4000; i++)
		addrs[i] = TEXT + 0x1d000000 + next_random(bed) % TEXT_LEN;
	ck_assert_int_eq(kc_kaslr_find(bed->vmlinux, addrs, 4000, &found), -ENOENT);
	bed_free(bed);
}
END_TEST

/* Bytes, where in them the return address is, and whether it is one. */
static const struct {
	uint8_t code[8];
	size_t len;
	bool is_call;
} codes[] = {
	{ { 0xff, 0xd0 }, 2, true },			      /* call *%rax */
	{ { 0x41, 0xff, 0xd3 }, 3, true },		      /* call *%r11 */
	{ { 0xff, 0x10 }, 2, true },			      /* call *(%rax) */
	{ { 0xff, 0x50, 0x18 }, 3, true },		      /* call *0x18(%rax) */
	{ { 0xff, 0x90, 0, 1, 0, 0 }, 6, true },	      /* call *0x100(%rax) */
	{ { 0xff, 0x15, 1, 2, 3, 4 }, 6, true },	      /* call *0x4030201(%rip) */
	{ { 0xff, 0x14, 0xc8 }, 3, true },		      /* call *(%rax,%rcx,8) */
	{ { 0xff, 0x14, 0xc5, 1, 2, 3, 4 }, 7, true },	      /* call *0x..(,%rax,8) */
	{ { 0xff, 0x54, 0xc8, 0x10 }, 4, true },	      /* call *0x10(%rax,%rcx,8) */
	{ { 0xff, 0x94, 0xc8, 0, 1, 0, 0 }, 7, true },	      /* call *0x100(%rax,%rcx,8) */
	{ { 0xff, 0xe0 }, 2, false },			      /* jmp *%rax */
	{ { 0xff, 0x15, 1, 2, 3 }, 5, false },		      /* cut off */
	{ { 0xe8, 0x00, 0x00, 0x00, 0x40 }, 5, false },	      /* into no code */
	{ { 0xe9, 0x00, 0x01, 0x00, 0x00 }, 5, false },	      /* jmp */
	{ { 0xe8, 0x00, 0x01, 0x00, 0x00, 0x90 }, 6, false }, /* one byte too late */
	{ { 0x48, 0x89, 0xc7, 0x48, 0x89, 0xd6, 0x0f, 0x1f }, 8, false },
};

#define NR_CODES (sizeof(codes) / sizeof(codes[0]))

START_TEST(test_forms_of_calls)
{
	struct bed *bed = bed_new();
	uint64_t addrs[64 + 1];
	uint8_t zeros[16] = { 0 };
	struct kc_kaslr found;

	pick(bed, addrs, 64, 0);
	for (size_t i = 0; i < NR_CODES; i++) {
		uint64_t at = TEXT + TEXT_LEN - 16 * (i + 1);

		elf_file_code(bed->file, at, zeros, sizeof(zeros));
		elf_file_code(bed->file, at, codes[i].code, codes[i].len);
	}
	bed_open(bed);
	for (size_t i = 0; i < NR_CODES; i++) {
		addrs[64] = TEXT + TEXT_LEN - 16 * (i + 1);
		ck_assert_int_eq(kc_kaslr_find(bed->vmlinux, addrs, 65, &found), 0);
		ck_assert_msg(found.nr_hits == 64 + (codes[i].is_call ? 1 : 0), "code %zu", i);
	}
	bed_free(bed);
}
END_TEST

/* e8 to a thunk in the file, ff d0 or 41 ff d3 and nops at run time. */
START_TEST(test_calls_of_thunks_made_shorter)
{
	struct bed *bed = bed_new();
	uint64_t addrs[64 + 1], end = TEXT + TEXT_LEN - 64, thunk = TEXT + TEXT_LEN - 32;
	uint8_t zeros[16] = { 0 };
	struct kc_kaslr found;

	pick(bed, addrs, 64, 0);
	elf_file_code(bed->file, end + 3, zeros, sizeof(zeros));
	elf_file_call(bed->file, end, thunk);
	elf_file_symbol(bed->file, "__x86_indirect_thunk_array", thunk - 16, 0,
			ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE));
	elf_file_symbol(bed->file, "__x86_indirect_thunk_r11", thunk, 0,
			ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE));
	bed_open(bed);
	for (uint64_t back = 0; back <= 5; back++) {
		bool is_call = back == 0 || back == 2 || back == 3;

		addrs[64] = end - back;
		ck_assert_int_eq(kc_kaslr_find(bed->vmlinux, addrs, 65, &found), 0);
		ck_assert_msg(found.nr_hits == 64 + (is_call ? 1 : 0), "%u bytes before",
			      (unsigned int)back);
	}
	bed_free(bed);
}
END_TEST

START_TEST(test_32_bits)
{
	struct bed *bed = bed_at(0xc1000000);
	uint64_t addrs[64];
	struct kc_kaslr found;

	bed->file->flags = ELF_FILE_32;
	bed_open(bed);
	pick(bed, addrs, 64, 0x0f000000);
	ck_assert_int_eq(kc_kaslr_find(bed->vmlinux, addrs, 64, &found), 0);
	ck_assert_uint_eq(found.offset, 0x0f000000);
	ck_assert_uint_eq(found.nr_hits, 64);
	bed_free(bed);
}
END_TEST

/* Of other machines only the place it was linked for is known. */
START_TEST(test_other_machines)
{
	struct bed *bed = bed_new();
	uint64_t addrs[1000];
	struct kc_kaslr found;

	bed_open(bed);
	bed->vmlinux->machine = EM_AARCH64;
	pick(bed, addrs, 1000, 0);
	ck_assert_int_eq(kc_kaslr_find(bed->vmlinux, addrs, 1000, &found), 0);
	ck_assert(!found.has_bytes);
	ck_assert_uint_eq(found.offset, 0);
	pick(bed, addrs, 1000, 0x1d000000);
	ck_assert_int_ne(kc_kaslr_find(bed->vmlinux, addrs, 1000, &found), 0);
	bed_free(bed);
}
END_TEST

RUN_SUITE("bpf/kaslr", test_offsets_are_found, test_what_is_known_of_few_addresses,
	  test_other_addresses_among_them, test_addresses_of_nothing, test_another_build,
	  test_more_than_one_offset, test_no_bytes, test_forms_of_calls,
	  test_calls_of_thunks_made_shorter, test_32_bits, test_other_machines)
