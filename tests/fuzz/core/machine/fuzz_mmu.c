/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables of every format under arbitrary operations, beside a plain list of what is
 * mapped where.
 *
 * Byte 0 chooses the format (bits 0-1), its features (2-5) and the TLB (6-7), byte 1 the
 * half of the address space (bit 0); then each operation is five bytes: what, address,
 * length, physical address and rights, and after how many tables there are no more.
 * Whatever fails must change nothing; no table may get lost.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/machine/machine.h"
#include "core/machine/mmu_access.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define NR_PFNS 16384
#define MAX_EXTENTS 1024
#define MAX_OPS 256
#define OP_BYTES 5
#define PAGE UINT64_C(4096)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

/* [va, va + bytes) is mapped to pa onwards. */
struct extent {
	uint64_t va, bytes, pa;
	unsigned int prot;
};

struct state {
	struct km_phys *phys;
	struct km_mmu mmu;
	struct km_tlb tlb;
	uint64_t base, window;
	uint8_t out[NR_PFNS];
	unsigned int nr_out, first_free;
	int tables_left; /* negative: no limit */
	struct extent extents[MAX_EXTENTS];
	unsigned int nr_extents;
};

static void check(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fuzz_mmu: %s\n", what);
	abort();
}

static uint64_t alloc_table(void *arg, unsigned int level)
{
	struct state *state = arg;
	unsigned int pfn = state->first_free;

	if (!state->tables_left)
		return KM_NO_PFN;
	while (pfn < NR_PFNS && state->out[pfn])
		pfn++;
	check(pfn < NR_PFNS, "more tables than the operations can take");
	state->tables_left--;
	state->first_free = pfn + 1;
	state->out[pfn] = level;
	state->nr_out++;
	return pfn;
}

static void free_table(void *arg, uint64_t pfn, unsigned int level)
{
	struct state *state = arg;

	check(pfn < NR_PFNS && state->out[pfn] == level, "a table was freed that is not out");
	state->out[pfn] = 0;
	state->nr_out--;
	if (pfn < state->first_free)
		state->first_free = pfn;
}

static const struct km_mmu_ops ops = { alloc_table, free_table };

static const struct extent *find(const struct state *state, uint64_t va)
{
	for (unsigned int i = 0; i < state->nr_extents; i++)
		if (va - state->extents[i].va < state->extents[i].bytes)
			return &state->extents[i];
	return NULL;
}

/* How much of [va, va + bytes) is mapped. */
static uint64_t mapped_bytes(const struct state *state, uint64_t va, uint64_t bytes)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < state->nr_extents; i++) {
		const struct extent *extent = &state->extents[i];
		uint64_t from = extent->va > va ? extent->va : va;
		uint64_t to = extent->va + extent->bytes < va + bytes ? extent->va + extent->bytes
								      : va + bytes;

		sum += from < to ? to - from : 0;
	}
	return sum;
}

static void add(struct state *state, uint64_t va, uint64_t bytes, uint64_t pa, unsigned int prot)
{
	check(state->nr_extents < MAX_EXTENTS, "more extents than the operations can make");
	if (bytes)
		state->extents[state->nr_extents++] = (struct extent){ va, bytes, pa, prot };
}

/* Cut the list at va, so that no extent has it inside. */
static void cut(struct state *state, uint64_t va)
{
	for (unsigned int i = 0; i < state->nr_extents; i++) {
		struct extent *extent = &state->extents[i];
		uint64_t head = va - extent->va;

		if (va <= extent->va || head >= extent->bytes)
			continue;
		add(state, va, extent->bytes - head, extent->pa + head, extent->prot);
		extent->bytes = head;
		return;
	}
}

static unsigned int effective(const struct state *state, unsigned int prot)
{
	if (!(state->mmu.format.features & KM_MMU_NX))
		prot |= KM_PROT_EXEC;
	if (!(state->mmu.format.features & KM_MMU_PGE))
		prot &= ~KM_PROT_GLOBAL;
	return prot & ~KM_PROT_YOUNG;
}

/* The tables say the same as the list about va. */
static void check_va(const struct state *state, uint64_t va)
{
	const struct extent *extent = find(state, va);
	struct km_walk walk;
	int err = km_mmu_translate(&state->mmu, va, &walk);

	check(!err == !!extent, "mapped and not mapped");
	if (!extent)
		return;
	check(walk.pa == extent->pa + (va - extent->va), "another physical address");
	check(walk.prot == effective(state, extent->prot), "other rights");
}

static void check_all(const struct state *state)
{
	uint64_t bytes = 0, tables = 0;
	char buf[200];
	const char *complaint = km_mmu_is_valid(&state->mmu, buf, sizeof(buf));

	check(!complaint, complaint ? complaint : "");
	for (unsigned int level = 1; level <= KM_MMU_LEVELS; level++) {
		tables += state->mmu.nr_tables[level];
		if (state->mmu.nr_pages[level])
			bytes += state->mmu.nr_pages[level] << state->mmu.format.shift[level];
	}
	check(tables == state->nr_out, "tables were lost or found");
	check(bytes == mapped_bytes(state, state->base, state->window), "pages lost or found");
	for (unsigned int i = 0; i < state->nr_extents; i++) {
		const struct extent *extent = &state->extents[i];

		check_va(state, extent->va - 1);
		check_va(state, extent->va);
		check_va(state, extent->va + extent->bytes - 1);
		check_va(state, extent->va + extent->bytes);
	}
}

static void op_map(struct state *state, uint64_t va, uint64_t bytes, uint8_t what, uint8_t arg)
{
	static const uint64_t limits[4] = { 0, 0, 4 * MIB, PAGE };
	uint64_t limit = limits[what >> 3 & 3], pa = va - state->base;
	unsigned int prot = arg & 7;
	int expect, err;

	if (arg & 8)
		prot |= KM_PROT_GLOBAL | KM_PROT_YOUNG;
	pa += (arg >> 5) * 64 * MIB + (arg & 16 ? PAGE : 0);
	/* Thousands of tables prove nothing more. */
	if ((limit == PAGE || arg & 16) && bytes > 8 * MIB)
		bytes = 8 * MIB;
	expect = mapped_bytes(state, va, bytes) ? -EEXIST : 0;
	if (prot & KM_PROT_USER && state->base >= state->mmu.kernel_start)
		expect = -EINVAL;
	err = km_mmu_map(&state->mmu, va, pa, bytes, prot, limit);
	check(err == expect || (err == -ENOMEM && !state->tables_left), "map");
	if (!err)
		add(state, va, bytes, pa, prot);
}

static void op_unmap(struct state *state, uint64_t va, uint64_t bytes, uint8_t what)
{
	unsigned int flags = what >> 3 & 3;
	int err = km_mmu_unmap(&state->mmu, va, bytes, flags);
	unsigned int kept = 0;

	check(!err || (err == -ENOMEM && !state->tables_left), "unmap");
	if (err)
		return;
	if (flags & KM_MMU_NO_FLUSH && state->mmu.tlb)
		km_tlb_flush_all(state->mmu.tlb);
	cut(state, va);
	cut(state, va + bytes);
	for (unsigned int i = 0; i < state->nr_extents; i++)
		if (state->extents[i].va - va >= bytes)
			state->extents[kept++] = state->extents[i];
	state->nr_extents = kept;
}

static void op_protect(struct state *state, uint64_t va, uint64_t bytes, uint8_t arg)
{
	unsigned int prot = arg & (KM_PROT_WRITE | KM_PROT_EXEC | KM_PROT_GLOBAL);
	int expect = mapped_bytes(state, va, bytes) < bytes ? -ENOENT : 0;
	int err = km_mmu_protect(&state->mmu, va, bytes, prot, 0);

	check(err == expect || (err == -ENOMEM && !state->tables_left), "protect");
	if (err)
		return;
	cut(state, va);
	cut(state, va + bytes);
	for (unsigned int i = 0; i < state->nr_extents; i++)
		if (state->extents[i].va - va < bytes)
			state->extents[i].prot = prot;
}

static void op_split(struct state *state, uint64_t va, uint8_t what)
{
	const struct km_mmu_format *format = &state->mmu.format;
	unsigned int level = 1 + (what >> 3) % format->max_leaf;
	int expect = find(state, va) ? 0 : -ENOENT;
	int err = km_mmu_split(&state->mmu, va, km_mmu_entry_span(format, level));
	struct km_walk walk;

	check(err == expect || (err == -ENOMEM && !state->tables_left), "split");
	if (err)
		return;
	check(!km_mmu_translate(&state->mmu, va, &walk), "split: not mapped");
	check(walk.page_bytes <= km_mmu_entry_span(format, level), "split: still too large");
}

static void op_access(struct state *state, uint64_t va, uint8_t what)
{
	const struct extent *extent = find(state, va);
	unsigned int kind = what >> 3 & 7;
	struct km_access access;
	int err = km_mmu_access(&state->mmu, va, kind, &access);
	unsigned int prot, need = 0;
	char buf[200];

	km_mmu_explain(&state->mmu, &access, buf, sizeof(buf));
	if (!extent) {
		check(err == -EFAULT && access.walk.fault == KM_FAULT_NOT_PRESENT, "a ghost");
		return;
	}
	prot = effective(state, extent->prot);
	need |= kind & KM_ACCESS_WRITE ? KM_PROT_WRITE : 0;
	need |= kind & KM_ACCESS_EXEC ? KM_PROT_EXEC : 0;
	need |= kind & KM_ACCESS_USER ? KM_PROT_USER : 0;
	check(!err == ((prot & need) == need), "rights are not what they should be");
	if (err)
		check(access.error_code & KM_PF_PRESENT, "present, said the list");
	else
		check(access.walk.pa == extent->pa + (va - extent->va), "the TLB knows better");
}

/* Most of the time aligned to a large page or two, some of the time beside it. */
static uint64_t distance(const struct state *state, uint8_t code)
{
	static const uint16_t small[8] = { 0, 0, 0, 1, 2, 3, 510, 511 };
	bool wide = state->mmu.format.nr_levels > 3;
	uint64_t huge = (code >> 6) * (wide ? GIB : 64 * MIB);
	uint64_t large = (code >> 3 & 7) * km_mmu_entry_span(&state->mmu.format, 2);

	/* Every other one from the other end of the huge page. */
	if (wide && code & 32)
		large += GIB - 8 * 2 * MIB;
	return huge + large + small[code & 7] * PAGE;
}

static void operate(struct state *state, const uint8_t *op)
{
	uint64_t va = state->base + distance(state, op[1]);
	uint64_t bytes = distance(state, op[2]);

	if (!bytes)
		bytes = PAGE;
	state->tables_left = op[4] & 1 ? op[4] >> 4 : -1;
	switch (op[0] & 7) {
	case 0:
	case 1:
		op_map(state, va, bytes, op[0], op[3]);
		break;
	case 2:
		op_unmap(state, va, bytes, op[0]);
		break;
	case 3:
		op_protect(state, va, bytes, op[3]);
		break;
	case 4:
		op_split(state, va + op[3], op[0]);
		break;
	default:
		op_access(state, va + op[2] * PAGE + op[3], op[0]);
	}
	state->tables_left = -1;
	check_va(state, va);
	check_va(state, va - 1);
	check_va(state, va + bytes - 1);
	check_va(state, va + bytes);
}

/* The window lies across the boundary of two entries of the root. */
static void place_window(struct state *state, uint8_t half)
{
	static const uint64_t boundaries[KM_NR_MMU_KINDS][2] = {
		{ UINT64_C(0x40000000), UINT64_C(0xd0000000) },
		{ UINT64_C(0x40000000), UINT64_C(0xd0000000) },
		{ UINT64_C(0x28000000000), UINT64_C(0xffffc98000000000) },
		{ UINT64_C(0x3000000000000), UINT64_C(0xff11000000000000) },
	};
	bool wide = state->mmu.format.nr_levels > 3;

	state->base = boundaries[state->mmu.format.kind][half & 1] - (wide ? 2 * GIB : 128 * MIB);
	state->window = wide ? 16 * GIB : 768 * MIB;
}

static void boot(struct state *state, uint8_t how, uint8_t half)
{
	struct km_mmu_options options = { .kind = how & 3, .features = how >> 2 & 15 };

	state->tables_left = -1;
	state->phys = km_phys_new(NR_PFNS, 12);
	check(!!state->phys, "no memory");
	check(!km_mmu_init(&state->mmu, &options, state->phys, &ops, state), "no root");
	place_window(state, half);
	if (how >> 6 == 3)
		return;
	check(!km_tlb_init(&state->tlb, km_tlb_geometry_nr(how >> 6 & 1), &state->mmu.format),
	      "no TLB");
	state->mmu.tlb = &state->tlb;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct state *state = calloc(1, sizeof(*state));
	const struct km_tlb_stats *stats;

	check(!!state, "no memory");
	stats = &state->tlb.stats;
	boot(state, len ? data[0] : 0, len > 1 ? data[1] : 0);
	for (size_t i = 0; i < MAX_OPS && 2 + (i + 1) * OP_BYTES <= len; i++) {
		operate(state, data + 2 + i * OP_BYTES);
		if (i % 16 == 15)
			check_all(state);
	}
	check_all(state);
	check(stats->lookups == stats->l1_hits + stats->l2_hits + stats->misses, "lookups");
	check(stats->walks >= stats->misses, "walks");

	check(!km_mmu_unmap(&state->mmu, state->base, state->window, KM_MMU_FREE_TABLES), "all");
	state->nr_extents = 0;
	check_all(state);
	check(state->nr_out == 1, "tables outlive what they mapped");
	km_mmu_release(&state->mmu);
	check(!state->nr_out, "the root outlives the unit");
	km_tlb_release(&state->tlb);
	km_phys_free(state->phys);
	free(state);
	return 0;
}
