/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's page calls under arbitrary callers, good and bad, on a 64 MiB machine.
 *
 * Byte 0 chooses a warm start (bit 0) and stray writes to any page (bit 1); then each operation
 * is two bytes, what and with what.  Beside the model is a list of what the caller rightly
 * has: a call is refused if and only if the list says that it is wrong, each refusal has words,
 * no page gets lost, and no write is called stray that was none.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/page/page_api.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define NR_LIVE 256
#define MAX_OPS 2048

struct block {
	struct page *page;
	unsigned int order;
	unsigned int count;
	bool is_compound;
};

struct state {
	struct km_machine machine;
	struct km_pages pages;
	struct km_phys *phys;
	struct km_page_api api;
	struct block live[NR_LIVE];
	unsigned int nr_live;
	bool has_stray_writes;
	uint64_t nr_refused; /* calls that the log must tell of */
};

static void check(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fuzz_page_api: %s\n", what);
	abort();
}

static void check_conservation(const struct state *state)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < state->nr_live; i++)
		sum += 1u << state->live[i].order;
	for (unsigned int i = 0; i < state->pages.nr_zones; i++) {
		const struct zone *zone = &state->pages.zones[i];

		sum += zone->free_pages + zone->pcp_pages + zone->held_pages;
	}
	check(sum == 16384, "pages were lost or found");
}

static void add(struct state *state, struct page *page, unsigned int order, bool is_compound)
{
	if (!page)
		return;
	check(state->nr_live < NR_LIVE, "too many blocks");
	check(km_api_page_count(&state->api, page) == 1, "a new block has one user");
	state->live[state->nr_live++] = (struct block){ page, order, 1, is_compound };
}

static void forget(struct state *state, struct block *block)
{
	*block = state->live[--state->nr_live];
}

static struct block *find(struct state *state, const struct page *page)
{
	for (unsigned int i = 0; i < state->nr_live; i++)
		if (state->live[i].page == page)
			return &state->live[i];
	return NULL;
}

/* A call that must go well, or must be refused. */
static void expect(struct state *state, bool is_good, int err)
{
	check(is_good == !err, is_good ? "a good call was refused" : "a bad call was obeyed");
	check(is_good || err == -EINVAL, "another error");
	state->nr_refused += !is_good;
}

static void op_alloc(struct state *state, uint8_t op, uint8_t arg)
{
	static const km_gfp kinds[4] = { KM_GFP_KERNEL, KM_GFP_ATOMIC | KM_GFP_COMP,
					 KM_GFP_HIGHUSER_MOVABLE | KM_GFP_ZERO,
					 KM_GFP_KERNEL | KM_GFP_COMP };
	km_gfp gfp = kinds[op >> 3 & 3];
	unsigned int order = arg & 15;
	struct page *page = km_api_alloc_pages(&state->api, gfp, order);

	state->nr_refused += order > KM_MAX_ORDER;
	if (page && (gfp & KM_GFP_ZERO))
		check(!km_phys_find_not(state->phys, km_api_page_to_pfn(&state->api, page) << 12, 0,
					4096ul << order, NULL),
		      "zeroed pages are not zero");
	if (page)
		check(km_api_virt_to_page(&state->api, km_api_page_address(&state->api, page)) ==
			      page,
		      "address and page differ");
	add(state, page, order, order && (gfp & KM_GFP_COMP));
}

/* What __free_pages() of a block that is the caller's does to the list. */
static void drop(struct state *state, struct block *block)
{
	if (block->count == 1) {
		forget(state, block);
		return;
	}
	state->nr_refused++; /* no refusal, but a word in the log */
	block->count--;
	if (!block->is_compound)
		block->order = 0;
}

static void op_free(struct state *state, uint8_t arg)
{
	struct block *block = &state->live[arg % state->nr_live];

	expect(state, true, __km_api_free_pages(&state->api, block->page, block->order));
	drop(state, block);
}

static void op_put(struct state *state, uint8_t arg)
{
	struct block *block = &state->live[arg % state->nr_live];
	bool is_good = block->count > 1 || !block->order || block->is_compound;

	expect(state, is_good, km_api_put_page(&state->api, block->page));
	if (!is_good)
		return;
	if (block->count > 1)
		block->count--;
	else
		forget(state, block);
}

static void op_get(struct state *state, uint8_t arg)
{
	struct block *block = &state->live[arg % state->nr_live];
	unsigned int tail = (1u << block->order) - 1;
	bool is_good = !tail || block->is_compound;

	expect(state, is_good, km_api_get_page(&state->api, block->page + tail));
	if (!is_good)
		return;
	if (block->count < KM_PAGE_COUNT_STUCK - 1)
		block->count++;
	else
		expect(state, true, km_api_put_page(&state->api, block->page));
}

static void op_split(struct state *state, uint8_t op, uint8_t arg)
{
	struct block block = state->live[arg % state->nr_live];
	unsigned int nr = 1u << block.order;
	bool is_good = !block.is_compound;

	if (state->nr_live + nr > NR_LIVE)
		return;
	if (op & 0x40)
		expect(state, false, km_api_split_page(&state->api, block.page, block.order + 1));
	expect(state, is_good, km_api_split_page(&state->api, block.page, block.order));
	if (!is_good)
		return;
	state->live[arg % state->nr_live].order = 0;
	for (unsigned int i = 1; i < nr; i++)
		add(state, block.page + i, 0, false);
}

/* A page and an order that need not be anything. */
static void op_wild(struct state *state, uint8_t op, uint8_t arg)
{
	unsigned int order = op >> 3 & 15;
	struct page *page = state->machine.mem_map + arg * 67u;
	struct block *block = find(state, page);
	bool is_good = block && block->order == order;
	int err;

	if (arg & 1)
		err = km_api_free_pages(&state->api, km_pfn_to_addr(&state->machine, arg * 67u),
					order);
	else
		err = __km_api_free_pages(&state->api, page, order);
	expect(state, is_good, err);
	if (is_good)
		drop(state, block);
	expect(state, false, km_api_free_page(&state->api, 0x1000u * arg + 4096));
}

static void op_exact(struct state *state, uint8_t arg)
{
	uint64_t bytes = 1 + arg * 500u, addr;
	unsigned int nr = (bytes + 4095) / 4096;

	if (state->nr_live + nr > NR_LIVE)
		return;
	addr = km_api_alloc_pages_exact(&state->api, bytes, KM_GFP_KERNEL);
	for (unsigned int i = 0; addr && i < nr; i++)
		add(state, km_api_virt_to_page(&state->api, addr + i * 4096ul), 0, false);
}

/* To one's own block, or anywhere. */
static void op_write(struct state *state, uint8_t op, uint8_t arg)
{
	uint64_t paddr = arg * 61ull << 12;

	if (!state->has_stray_writes && state->nr_live)
		paddr = km_api_page_to_pfn(&state->api, state->live[arg % state->nr_live].page)
			<< 12;
	else if (!state->has_stray_writes)
		return;
	check(!km_phys_write(state->phys, paddr + op, &arg, 1), "no memory to write to");
}

static void operate(struct state *state, uint8_t op, uint8_t arg)
{
	state->api.cpu = op >> 7;
	state->api.site = arg;
	switch (op & 7) {
	case 0:
		if (state->nr_live < NR_LIVE)
			op_alloc(state, op, arg);
		break;
	case 1:
		if (state->nr_live)
			op_free(state, arg);
		break;
	case 2:
		if (state->nr_live)
			op_put(state, arg);
		break;
	case 3:
		if (state->nr_live)
			op_get(state, arg);
		break;
	case 4:
		if (state->nr_live)
			op_split(state, op, arg);
		break;
	case 5:
		op_wild(state, op, arg);
		break;
	case 6:
		op_exact(state, arg);
		break;
	default:
		op_write(state, op, arg);
	}
}

static void boot(struct state *state, uint8_t how)
{
	uint64_t blocks[KM_NR_MIGRATETYPES][KM_NR_ORDERS] = { { 0 } };
	struct km_profile profile;

	check(!km_profile_builtin("x86-32-64m", &profile), "no profile");
	profile.nr_cpus = profile.nr_possible_cpus = 2;
	check(!km_machine_init(&state->machine, &profile), "no machine");
	check(!km_pages_init(&state->pages, &state->machine), "no zones");
	if (how & 1) {
		for (int order = 0; order < KM_NR_ORDERS; order++)
			blocks[KM_MIGRATE_MOVABLE][order] = how >> 4;
		for (unsigned int i = 0; i < state->pages.nr_zones; i++)
			km_pages_seed(&state->pages, &state->pages.zones[i], blocks);
	} else {
		check(!km_pages_free_all(&state->pages), "no memory");
	}
	state->has_stray_writes = how & 2;
	state->phys = km_phys_new(state->machine.nr_pfns, profile.page_shift);
	check(state->phys && !km_page_api_init(&state->api, &state->pages, state->phys,
					       KM_PAGE_API_POISON),
	      "no calls");
}

/* Every refusal has been told of, in words that fit. */
static void check_log(const struct state *state)
{
	uint64_t nr = 0;
	char said[KM_BAD_PRINT_MAX];

	for (int kind = 0; kind < KM_NR_BAD; kind++)
		nr += kind == KM_BAD_WRITE_AFTER_FREE ? 0 : state->api.bad_count[kind];
	check(nr == state->nr_refused, "a refusal without a word, or a word without a refusal");
	check(state->has_stray_writes || !state->api.bad_count[KM_BAD_WRITE_AFTER_FREE],
	      "a write was called stray that was none");
	check(!state->api.bad_count[KM_BAD_NONE], "a bad call of no kind");
	for (size_t i = 0; i < state->api.nr_bad; i++) {
		km_bad_page_print(&state->api.bad[i], said, sizeof(said));
		check(strlen(said) < sizeof(said) - 1 && said[strlen(said) - 1] == '\n',
		      "words without an end");
	}
	check(!state->api.out_of_memory, "out of memory");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct state *state = calloc(1, sizeof(*state));
	const char *complaint;
	char buf[256];

	check(!!state, "no memory");
	boot(state, len ? data[0] : 0);
	for (size_t i = 1; i + 1 < len && i < 2 * MAX_OPS; i += 2) {
		operate(state, data[i], data[i + 1]);
		check_conservation(state);
	}
	check_log(state);
	complaint = km_pages_is_valid(&state->pages, buf, sizeof(buf));
	check(!complaint, complaint ? complaint : "");

	while (state->nr_live)
		op_free(state, 0);
	km_drain_all(&state->pages);
	check_conservation(state);
	complaint = km_pages_is_valid(&state->pages, buf, sizeof(buf));
	check(!complaint, complaint ? complaint : "");
	km_page_api_release(&state->api);
	km_phys_free(state->phys);
	km_pages_release(&state->pages);
	km_machine_release(&state->machine);
	free(state);
	return 0;
}
