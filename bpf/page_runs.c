/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two steps from flags to lines: pages to compound blocks, then blocks to runs.
 *
 *   flags   LRU+head tail tail tail | LRU+head tail tail tail | BUDDY BUDDY
 *   blocks  A2                        A2                        F     F
 *   runs    8 A2                                                2 F
 *
 * Most pages are like the one before, so single ones are compared before they are looked at.
 */
#include "bpf/page_runs.h"

#include <inttypes.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>

#define LINE_BYTES 64	       /* more than any line has */
#define PLACE_PAGES (1u << 15) /* a line says where it is at least that often */

/* Bits that the header has for the kernel alone. */
#define PAGE_RESERVED 32

static bool has(uint64_t flags, unsigned int bit)
{
	return flags >> bit & 1;
}

static char kind_on_lru(uint64_t flags)
{
	bool active = has(flags, KPF_ACTIVE);

	if (has(flags, KPF_UNEVICTABLE))
		return 'L';
	if (has(flags, KPF_SWAPBACKED))
		return active ? 'a' : 'A';
	if (has(flags, KPF_DIRTY) || has(flags, KPF_WRITEBACK))
		return active ? 'd' : 'D';
	return active ? 'p' : 'P';
}

static char kind_of(uint64_t flags)
{
	if (has(flags, KPF_NOPAGE) || has(flags, KPF_OFFLINE))
		return 'X';
	if (has(flags, KPF_BUDDY))
		return 'F';
	if (has(flags, KPF_HUGE))
		return 'H';
	if (has(flags, KPF_SLAB))
		return 'S';
	if (has(flags, KPF_PGTABLE))
		return 'G';
	if (has(flags, PAGE_RESERVED))
		return 'R';
	return has(flags, KPF_LRU) ? kind_on_lru(flags) : 'U';
}

static int write_run(struct kc_page_runs *runs)
{
	const struct kc_page_run *run = &runs->run;
	char line[LINE_BYTES];
	int len = 0;

	if (!run->nr || runs->is_cut)
		return 0;
	if (runs->end - runs->text->len < 2 * LINE_BYTES) {
		runs->is_cut = true;
		return kc_text_printf(runs->text, "cut %" PRIx64 "\n", run->pfn);
	}
	if (run->pfn != runs->next_pfn || run->pfn - runs->place_pfn >= PLACE_PAGES) {
		runs->place_pfn = run->pfn;
		len = snprintf(line, sizeof(line), "@%" PRIx64 "\n", run->pfn);
	}
	len += snprintf(line + len, sizeof(line) - (size_t)len,
			run->order ? "%" PRIu64 " %c%u\n" : "%" PRIu64 " %c\n", run->nr, run->kind,
			run->order);
	runs->next_pfn = run->pfn + run->nr;
	return kc_text_add(runs->text, line, (size_t)len);
}

static int add_block(struct kc_page_runs *runs, const struct kc_page_run *block)
{
	struct kc_page_run *run = &runs->run;
	int err;

	if (run->nr && run->kind == block->kind && run->order == block->order &&
	    run->pfn + run->nr == block->pfn) {
		run->nr += block->nr;
		return 0;
	}
	err = write_run(runs);
	*run = *block;
	return err;
}

static int end_block(struct kc_page_runs *runs)
{
	struct kc_page_run *block = &runs->block;
	uint64_t nr = block->nr;
	int err;

	if (!nr)
		return 0;
	if (!(nr & (nr - 1)) && !(block->pfn & (nr - 1)))
		block->order = (unsigned int)__builtin_ctzll(nr);
	err = add_block(runs, block);
	block->nr = 0;
	return err;
}

/* How many from the first on are the same, and no compound pages. */
static size_t count_equal(const uint64_t *flags, size_t nr)
{
	size_t n = 1;

	while (n < nr && flags[n] == flags[0])
		n++;
	return n;
}

int kc_page_runs_begin(struct kc_page_runs *runs, struct kc_text *text, size_t max_bytes)
{
	*runs = (struct kc_page_runs){ .text = text, .end = text->len + max_bytes };
	return kc_text_printf(text, "page_map 1\n");
}

int kc_page_runs_add(struct kc_page_runs *runs, uint64_t pfn, const uint64_t *flags, size_t nr)
{
	struct kc_page_run *block = &runs->block;
	size_t n;
	int err;

	for (size_t i = 0; i < nr && !runs->is_cut; i += n) {
		char kind = kind_of(flags[i]);
		bool is_compound = has(flags[i], KPF_COMPOUND_HEAD) && kind != 'F' && kind != 'X';

		n = 1;
		if (block->nr && has(flags[i], KPF_COMPOUND_TAIL) &&
		    block->pfn + block->nr == pfn + i) {
			block->nr++;
			continue;
		}
		err = end_block(runs);
		if (err)
			return err;
		if (!is_compound && !has(flags[i], KPF_COMPOUND_TAIL))
			n = count_equal(flags + i, nr - i);
		*block = (struct kc_page_run){ .pfn = pfn + i, .nr = n, .kind = kind };
		if (is_compound)
			continue;
		err = add_block(runs, block);
		block->nr = 0;
		if (err)
			return err;
	}
	return 0;
}

int kc_page_runs_end(struct kc_page_runs *runs)
{
	int err = end_block(runs);

	return err ? err : write_run(runs);
}
