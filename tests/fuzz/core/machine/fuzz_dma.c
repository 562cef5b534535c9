/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device's mappings under arbitrary sequences of maps and unmaps, beside a plain list of what
 * must be mapped.
 *
 * Four bytes an operation: which of the four calls, how many pieces and the mask (bits 4-7), where
 * (two bytes: a few addresses at the ends of RAM, of the mask and of all), and how long.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/machine/dma.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MAX_LIVE 256
#define MAX_OPS 1024
#define MAX_PIECES 3
#define OP_BYTES 4

struct live {
	struct km_dma_mapping mappings[MAX_LIVE];
	unsigned int nr;
};

static void check(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fuzz_dma: %s\n", what);
	abort();
}

/* RAM of x86-64-4g is [0, 3 GiB) and [4 GiB, 5 GiB). */
static int is_allowed(uint64_t mask, const struct km_dma_sg *piece)
{
	const uint64_t hole = 3ull << 30, high = 4ull << 30, end = 5ull << 30;
	uint64_t last = piece->addr + piece->len - 1;

	return piece->len && last >= piece->addr && last <= mask &&
	       (last < hole || (piece->addr >= high && last < end));
}

/* The first mapping that is as told and not yet taken; nr if none is. */
static unsigned int find(const struct live *live, const struct km_dma_sg *piece,
			 unsigned int nr_entries, const unsigned char *taken)
{
	unsigned int i;

	for (i = 0; i < live->nr; i++)
		if (!taken[i] && live->mappings[i].addr == piece->addr &&
		    live->mappings[i].len == piece->len &&
		    live->mappings[i].nr_entries == nr_entries)
			break;
	return i;
}

static void expect_map(struct live *live, uint64_t mask, const struct km_dma_sg *list,
		       unsigned int nr, unsigned int nr_entries, int err)
{
	int allowed = nr > 0;

	for (unsigned int i = 0; i < nr; i++)
		allowed &= is_allowed(mask, &list[i]);
	check(allowed == !err, "mapped what it must not, or refused what it may");
	for (unsigned int i = 0; !err && i < nr; i++)
		live->mappings[live->nr++] =
			(struct km_dma_mapping){ list[i].addr, list[i].len, nr_entries };
}

static void expect_unmap(struct live *live, const struct km_dma_sg *list, unsigned int nr,
			 unsigned int nr_entries, int err)
{
	unsigned char taken[MAX_LIVE] = { 0 };
	int all = nr > 0;
	unsigned int left = 0;

	for (unsigned int i = 0; i < nr; i++) {
		unsigned int n = find(live, &list[i], nr_entries, taken);

		all &= n < live->nr;
		if (n < live->nr)
			taken[n] = 1;
	}
	check(all == !err, "unmapped what is not mapped, or refused what is");
	if (err)
		return;
	for (unsigned int i = 0; i < live->nr; i++)
		if (!taken[i])
			live->mappings[left++] = live->mappings[i];
	live->nr = left;
}

static void compare(const struct km_dma_device *dev, const struct live *live)
{
	uint64_t bytes = 0;

	check(dev->nr_mappings == live->nr, "mappings were lost or found");
	for (unsigned int i = 0; i < dev->nr_mappings; i++) {
		check(!i || dev->mappings[i - 1].addr <= dev->mappings[i].addr,
		      "mappings do not ascend");
		bytes += dev->mappings[i].len;
	}
	check(dev->mapped_bytes == bytes, "bytes do not add up");
}

static void run(const struct km_machine *machine, struct km_dma_device *dev, const uint8_t *data,
		size_t len)
{
	static const uint64_t places[8] = {
		0,	    (1ull << 24) - 2, 3ull << 30,     (3ull << 30) - 4,
		4ull << 30, (5ull << 30) - 3, UINT64_MAX - 1, 0x8000
	};
	struct live live = { .nr = 0 };
	struct km_dma_sg list[MAX_PIECES];
	struct km_dma_refusal refusal = { 0 };

	for (size_t i = 0; i + OP_BYTES <= len && i < MAX_OPS * OP_BYTES; i += OP_BYTES) {
		unsigned int call = data[i] & 3, nr = data[i] >> 2 & 3;
		char line[256];
		int err;

		dev->mask = KM_DMA_BIT_MASK(24 + (data[i] >> 4) * 2);
		for (unsigned int k = 0; k < MAX_PIECES; k++)
			list[k] = (struct km_dma_sg){ places[data[i + 1 + k % 2] & 7] +
							      (data[i + 1 + k % 2] >> 3 & 3),
						      data[i + 3] & 0x40
							      ? UINT64_MAX - (data[i + 3] & 3)
							      : data[i + 3] & 7u };
		if (call < 2 && live.nr + MAX_PIECES > MAX_LIVE)
			continue;
		if (call == 0) {
			err = km_dma_map(machine, dev, list[0].addr, list[0].len, &refusal);
			expect_map(&live, dev->mask, list, 1, 0, err);
		} else if (call == 1) {
			err = km_dma_map_sg(machine, dev, list, nr, &refusal);
			expect_map(&live, dev->mask, list, nr, nr, err);
		} else if (call == 2) {
			err = km_dma_unmap(dev, list[0].addr, list[0].len, &refusal);
			expect_unmap(&live, list, 1, 0, err);
		} else {
			err = km_dma_unmap_sg(dev, list, nr, &refusal);
			expect_unmap(&live, list, nr, nr, err);
		}
		compare(dev, &live);
		if (err)
			check(strlen(km_dma_explain(dev, &refusal, line, sizeof(line))) < 206,
			      "an explanation is longer than promised");
	}
	check(km_dma_device_release(dev) == live.nr, "what was left behind is counted wrong");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct km_profile profile;
	struct km_machine machine;
	struct km_dma_device dev;

	check(!km_profile_builtin("x86-64-4g", &profile), "no such profile");
	check(!km_machine_init(&machine, &profile), "no machine");
	km_dma_device_init(&dev, "fuzz", 0);
	run(&machine, &dev, data, len);
	km_machine_release(&machine);
	return 0;
}
