/* SPDX-License-Identifier: GPL-2.0-only */
/* DMA devices: what a mask reaches, what is RAM, and mappings that must be undone as they were
 * made. */
#include <errno.h>
#include <string.h>

#include "tests/unit/suite.h"

#include "core/machine/dma.h"

#define MIB (1ull << 20)
#define GIB (1ull << 30)

/* Every case is a process of its own. */
static struct km_machine machine;
static struct km_dma_device dev;

/* x86-64-4g: RAM in [0, 3 GiB) and [4 GiB, 5 GiB). */
static void start(const char *name, uint64_t mask)
{
	struct km_profile profile;

	ck_assert_int_eq(km_profile_builtin(name, &profile), 0);
	ck_assert_int_eq(km_machine_init(&machine, &profile), 0);
	km_dma_device_init(&dev, "nic", mask);
}

static void stop(void)
{
	ck_assert_uint_eq(km_dma_device_release(&dev), 0);
	km_machine_release(&machine);
}

static void expect(int err, int want_err, const struct km_dma_refusal *refusal, const char *want)
{
	char line[256];

	ck_assert_int_eq(err, want_err);
	ck_assert_str_eq(km_dma_explain(&dev, refusal, line, sizeof(line)), want);
}

static void map_refused(uint64_t addr, uint64_t len, int err, const char *why)
{
	struct km_dma_refusal refusal = { 0 };
	uint64_t nr = dev.nr_refused;

	expect(km_dma_map(&machine, &dev, addr, len, &refusal), err, &refusal, why);
	ck_assert_int_eq(km_dma_map(&machine, &dev, addr, len, NULL), err);
	ck_assert_uint_eq(dev.nr_refused, nr + 2);
}

static void unmap_refused(uint64_t addr, uint64_t len, int err, const char *why)
{
	struct km_dma_refusal refusal = { 0 };
	unsigned int nr = dev.nr_mappings;

	expect(km_dma_unmap(&dev, addr, len, &refusal), err, &refusal, why);
	ck_assert_int_eq(km_dma_unmap(&dev, addr, len, NULL), err);
	ck_assert_uint_eq(dev.nr_mappings, nr);
}

/*
 *      mask 0xffffff:   |---------------------------####|---- RAM
 *                       0                           16 MiB
 */
START_TEST(the_edge_of_the_mask)
{
	start("x86-64-4g", KM_DMA_BIT_MASK(24));
	ck_assert_int_eq(km_dma_map(&machine, &dev, 16 * MIB - 4096, 4096, NULL), 0);
	ck_assert_int_eq(km_dma_map(&machine, &dev, 16 * MIB - 1, 1, NULL), 0);
	map_refused(16 * MIB - 4096, 4097, -ERANGE,
		    "nic: 4097 bytes at 0xfff000: its mask 0xffffff does not reach 0x1000000");
	map_refused(16 * MIB - 1, 2, -ERANGE,
		    "nic: 2 bytes at 0xffffff: its mask 0xffffff does not reach 0x1000000");
	map_refused(16 * MIB, 1, -ERANGE,
		    "nic: 1 bytes at 0x1000000: its mask 0xffffff does not reach 0x1000000");
	map_refused(64 * MIB + 1, 1, -ERANGE,
		    "nic: 1 bytes at 0x4000001: its mask 0xffffff does not reach 0x4000001");
	ck_assert_uint_eq(dev.nr_mappings, 2);
	ck_assert_uint_eq(dev.mapped_bytes, 4097);
	ck_assert_int_eq(km_dma_unmap(&dev, 16 * MIB - 4096, 4096, NULL), 0);
	ck_assert_int_eq(km_dma_unmap(&dev, 16 * MIB - 1, 1, NULL), 0);
	ck_assert_uint_eq(dev.mapped_bytes, 0);
	stop();
}
END_TEST

START_TEST(the_ends_of_memory)
{
	start("x86-64-4g", KM_DMA_BIT_MASK(64));
	ck_assert_int_eq(km_dma_map(&machine, &dev, 0, 3 * GIB, NULL), 0);
	ck_assert_int_eq(km_dma_map(&machine, &dev, 4 * GIB, GIB, NULL), 0);
	ck_assert_int_eq(km_dma_unmap(&dev, 0, 3 * GIB, NULL), 0);
	ck_assert_int_eq(km_dma_unmap(&dev, 4 * GIB, GIB, NULL), 0);
	map_refused(0, 0, -EINVAL, "nic: 0 bytes at 0x0: nothing to do");
	map_refused(5 * GIB - 1, 2, -EFAULT,
		    "nic: 2 bytes at 0x13fffffff: there is no RAM at 0x140000000");
	/* A hole is found wherever it begins, and before the mask is asked. */
	map_refused(3 * GIB - 16, GIB + 32, -EFAULT,
		    "nic: 1073741856 bytes at 0xbffffff0: there is no RAM at 0xc0000000");
	map_refused(3 * GIB + 5, 1, -EFAULT,
		    "nic: 1 bytes at 0xc0000005: there is no RAM at 0xc0000005");
	dev.mask = 0;
	map_refused(3 * GIB + 5, 1, -EFAULT,
		    "nic: 1 bytes at 0xc0000005: there is no RAM at 0xc0000005");
	ck_assert_int_eq(km_dma_map(&machine, &dev, 0, 1, NULL), 0);
	map_refused(0, 2, -ERANGE, "nic: 2 bytes at 0x0: its mask 0x0 does not reach 0x1");
	ck_assert_int_eq(km_dma_unmap(&dev, 0, 1, NULL), 0);
	stop();
}
END_TEST

START_TEST(lengths_that_wrap)
{
	struct km_dma_refusal refusal;

	start("x86-64-4g", KM_DMA_BIT_MASK(64));
	map_refused(4096, UINT64_MAX, -EINVAL,
		    "nic: 18446744073709551615 bytes at 0x1000: they end beyond the last address");
	map_refused(UINT64_MAX, 2, -EINVAL,
		    "nic: 2 bytes at 0xffffffffffffffff: they end beyond the last address");
	map_refused(UINT64_MAX, 1, -EFAULT,
		    "nic: 1 bytes at 0xffffffffffffffff: there is no RAM at 0xffffffffffffffff");
	/* A page and an offset must not wrap to low memory either. */
	expect(km_dma_map_page(&machine, &dev, 1ull << 52, 0, 64, &refusal), -EINVAL, &refusal,
	       "nic: 64 bytes at 0x0: they end beyond the last address");
	expect(km_dma_map_page(&machine, &dev, 1, UINT64_MAX - 4095, 64, &refusal), -EINVAL,
	       &refusal, "nic: 64 bytes at 0x1000: they end beyond the last address");
	stop();
}
END_TEST

START_TEST(pages_and_offsets)
{
	struct km_dma_refusal refusal;

	start("x86-64-4g", KM_DMA_BIT_MASK(32));
	/* Inside a large block the offset goes beyond its first page. */
	ck_assert_int_eq(km_dma_map_page(&machine, &dev, 512, 5 * 4096 + 12, 100, NULL), 0);
	ck_assert_uint_eq(dev.mappings[0].addr, 517 * 4096 + 12);
	ck_assert_int_eq(km_dma_unmap(&dev, 517 * 4096 + 12, 100, NULL), 0);
	expect(km_dma_map_page(&machine, &dev, 0x100000, 8, 8, &refusal), -ERANGE, &refusal,
	       "nic: 8 bytes at 0x100000008: its mask 0xffffffff does not reach 0x100000008");
	stop();
}
END_TEST

START_TEST(wrong_unmaps)
{
	start("x86-64-4g", KM_DMA_BIT_MASK(32));
	unmap_refused(0x8000, 512, -ENOENT, "nic: 512 bytes at 0x8000: unmapped, and not mapped");
	ck_assert_int_eq(km_dma_map(&machine, &dev, 0x8000, 512, NULL), 0);
	unmap_refused(0x8000, 511, -EINVAL,
		      "nic: 511 bytes at 0x8000: unmapped, and mapped with 512 bytes");
	unmap_refused(0x8000, 0, -EINVAL,
		      "nic: 0 bytes at 0x8000: unmapped, and mapped with 512 bytes");
	unmap_refused(0x81ff, 1, -ENOENT,
		      "nic: 1 bytes at 0x81ff: "
		      "unmapped inside the mapping of 512 bytes at 0x8000");
	unmap_refused(0x8200, 1, -ENOENT, "nic: 1 bytes at 0x8200: unmapped, and not mapped");
	unmap_refused(0x7fff, 512, -ENOENT, "nic: 512 bytes at 0x7fff: unmapped, and not mapped");
	ck_assert_int_eq(km_dma_unmap(&dev, 0x8000, 512, NULL), 0);
	unmap_refused(0x8000, 512, -ENOENT, "nic: 512 bytes at 0x8000: unmapped, and not mapped");
	stop();
}
END_TEST

START_TEST(mapped_twice_is_unmapped_twice)
{
	start("x86-64-4g", KM_DMA_BIT_MASK(32));
	ck_assert_int_eq(km_dma_map(&machine, &dev, 0x8000, 512, NULL), 0);
	ck_assert_int_eq(km_dma_map(&machine, &dev, 0x8000, 512, NULL), 0);
	ck_assert_int_eq(km_dma_map(&machine, &dev, 0x8000, 64, NULL), 0);
	ck_assert_int_eq(km_dma_unmap(&dev, 0x8000, 512, NULL), 0);
	ck_assert_int_eq(km_dma_unmap(&dev, 0x8000, 512, NULL), 0);
	unmap_refused(0x8000, 512, -EINVAL,
		      "nic: 512 bytes at 0x8000: unmapped, and mapped with 64 bytes");
	ck_assert_int_eq(km_dma_unmap(&dev, 0x8000, 64, NULL), 0);
	stop();
}
END_TEST

START_TEST(lists_are_mapped_whole)
{
	static const struct km_dma_sg list[] = { { 0x9000, 4096 },
						 { 0x3000, 100 },
						 { 0x9000, 4096 } };
	const struct km_dma_sg beyond[] = { { 0x1000, 4096 }, { 4 * GIB, 4096 }, { 0x2000, 0 } };
	struct km_dma_refusal refusal = { 0 };

	start("x86-64-4g", KM_DMA_BIT_MASK(32));
	expect(km_dma_map_sg(&machine, &dev, beyond, 3, &refusal), -ERANGE, &refusal,
	       "nic: 4096 bytes at 0x100000000: its mask 0xffffffff does not reach 0x100000000");
	ck_assert_uint_eq(refusal.entry, 1);
	ck_assert_uint_eq(dev.nr_mappings, 0);
	expect(km_dma_map_sg(&machine, &dev, beyond, 0, &refusal), -EINVAL, &refusal,
	       "nic: 0 bytes at 0x0: nothing to do");

	ck_assert_int_eq(km_dma_map_sg(&machine, &dev, list, 3, NULL), 0);
	ck_assert_uint_eq(dev.nr_mappings, 3);
	ck_assert_uint_eq(dev.mapped_bytes, 8292);
	ck_assert_uint_eq(dev.mappings[0].addr, 0x3000);
	unmap_refused(0x3000, 100, -EINVAL,
		      "nic: 100 bytes at 0x3000: unmapped alone, and mapped in a list");
	ck_assert_int_eq(km_dma_unmap_sg(&dev, list, 3, NULL), 0);
	stop();
}
END_TEST

START_TEST(lists_are_unmapped_whole)
{
	static const struct km_dma_sg list[] = { { 0x9000, 4096 }, { 0x3000, 100 } };
	static const struct km_dma_sg twice[] = { { 0x9000, 4096 }, { 0x9000, 4096 } };
	struct km_dma_refusal refusal = { 0 };

	start("x86-64-4g", KM_DMA_BIT_MASK(32));
	ck_assert_int_eq(km_dma_map_sg(&machine, &dev, list, 2, NULL), 0);
	/* The kernel wants the number of entries that were mapped, not a lower one. */
	expect(km_dma_unmap_sg(&dev, list, 1, &refusal), -EINVAL, &refusal,
	       "nic: 4096 bytes at 0x9000: unmapped, and mapped in a list of 2 entries");
	/* The second entry fails, and the first is mapped again. */
	expect(km_dma_unmap_sg(&dev, twice, 2, &refusal), -ENOENT, &refusal,
	       "nic: 4096 bytes at 0x9000: unmapped, and not mapped");
	ck_assert_uint_eq(refusal.entry, 1);
	ck_assert_uint_eq(dev.nr_mappings, 2);
	ck_assert_uint_eq(dev.mapped_bytes, 4196);
	expect(km_dma_unmap_sg(&dev, list, 0, &refusal), -EINVAL, &refusal,
	       "nic: 0 bytes at 0x0: nothing to do");
	ck_assert_int_eq(km_dma_unmap_sg(&dev, list, 2, NULL), 0);

	ck_assert_int_eq(km_dma_map(&machine, &dev, 0x9000, 4096, NULL), 0);
	expect(km_dma_unmap_sg(&dev, list, 1, &refusal), -EINVAL, &refusal,
	       "nic: 4096 bytes at 0x9000: unmapped in a list, and mapped alone");
	ck_assert_int_eq(km_dma_unmap(&dev, 0x9000, 4096, NULL), 0);
	stop();
}
END_TEST

START_TEST(many_mappings_stay_sorted)
{
	bool sorted = true;

	start("x86-64-4g", KM_DMA_BIT_MASK(32));
	for (uint64_t i = 0; i < 1000; i++)
		if (km_dma_map(&machine, &dev, i * 7919 % 1000 * 4096, i + 1, NULL))
			ck_abort_msg("mapping %d was refused", (int)i);
	ck_assert_uint_eq(dev.nr_mappings, 1000);
	ck_assert_uint_eq(dev.mapped_bytes, 500500);
	for (unsigned int i = 0; i < 1000; i++)
		sorted &= dev.mappings[i].addr == i * 4096ull;
	ck_assert(sorted);
	/* What a driver forgot is told once, when it goes. */
	ck_assert_uint_eq(km_dma_device_release(&dev), 1000);
	stop();
}
END_TEST

START_TEST(masks_that_a_machine_can_serve)
{
	struct km_profile profile;

	start("x86-64-4g", KM_DMA_BIT_MASK(32));
	ck_assert_int_eq(km_dma_set_mask(&machine, &dev, KM_DMA_BIT_MASK(24)), 0);
	ck_assert_int_eq(km_dma_set_mask(&machine, &dev, KM_DMA_BIT_MASK(23)), -EIO);
	ck_assert_uint_eq(dev.mask, KM_DMA_BIT_MASK(24));
	ck_assert_int_eq(km_dma_set_mask(&machine, &dev, KM_DMA_BIT_MASK(64)), 0);
	ck_assert_uint_eq(dev.mask, UINT64_MAX);
	stop();

	/* 8 MiB without a DMA zone: whatever reaches the last page will do. */
	km_profile_init(&profile);
	ck_assert_int_eq(km_profile_set_memory(&profile, 8 * MIB), 0);
	ck_assert_uint_eq(profile.nr_zones, 1);
	profile.zones[0].type = KM_ZONE_NORMAL;
	ck_assert(km_dma_supported(&profile, 8 * MIB - 1));
	ck_assert(km_dma_supported(&profile, 8 * MIB - 4096));
	ck_assert(!km_dma_supported(&profile, 8 * MIB - 4097));
	ck_assert(km_dma_supported(&profile, KM_DMA_BIT_MASK(32)));
}
END_TEST

START_TEST(zones_for_masks)
{
	static const struct {
		const char *profile;
		uint64_t mask;
		int zone;
	} cases[] = {
		{ "x86-64-4g", KM_DMA_BIT_MASK(23), -EIO },
		{ "x86-64-4g", KM_DMA_BIT_MASK(24) - 1, -EIO },
		{ "x86-64-4g", KM_DMA_BIT_MASK(24), KM_ZONE_DMA },
		{ "x86-64-4g", KM_DMA_BIT_MASK(31), KM_ZONE_DMA },
		/* DMA32 ends where its RAM does. */
		{ "x86-64-4g", 3 * GIB - 2, KM_ZONE_DMA },
		{ "x86-64-4g", 3 * GIB - 1, KM_ZONE_DMA32 },
		{ "x86-64-4g", KM_DMA_BIT_MASK(32), KM_ZONE_DMA32 },
		{ "x86-64-4g", 5 * GIB - 2, KM_ZONE_DMA32 },
		{ "x86-64-4g", 5 * GIB - 1, KM_ZONE_NORMAL },
		{ "x86-64-4g", KM_DMA_BIT_MASK(64), KM_ZONE_NORMAL },
		{ "x86-64-2node", KM_DMA_BIT_MASK(24), KM_ZONE_DMA },
		{ "x86-64-2node", KM_DMA_BIT_MASK(32), KM_ZONE_DMA32 },
		{ "x86-64-2node", KM_DMA_BIT_MASK(36), KM_ZONE_NORMAL },
		{ "x86-32-64m", KM_DMA_BIT_MASK(24), KM_ZONE_DMA },
		{ "x86-32-64m", KM_DMA_BIT_MASK(26), KM_ZONE_NORMAL },
		{ "x86-32-1g", KM_DMA_BIT_MASK(29), KM_ZONE_DMA },
		{ "x86-32-1g", 896 * MIB - 1, KM_ZONE_NORMAL },
		{ "x86-32-1g", KM_DMA_BIT_MASK(30) - 1, KM_ZONE_NORMAL },
		{ "x86-32-1g", KM_DMA_BIT_MASK(30), KM_ZONE_HIGHMEM },
		{ "x86-32-4g-pae", KM_DMA_BIT_MASK(31), KM_ZONE_NORMAL },
		{ "x86-32-4g-pae", KM_DMA_BIT_MASK(32), KM_ZONE_HIGHMEM },
	};
	struct km_profile profile;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(km_profile_builtin(cases[i].profile, &profile), 0);
		ck_assert_msg(km_dma_zone_for_mask(&profile, cases[i].mask) == cases[i].zone,
			      "%s, mask %#llx: %d", cases[i].profile,
			      (unsigned long long)cases[i].mask,
			      km_dma_zone_for_mask(&profile, cases[i].mask));
	}

	/* 2 GiB, all below 4 GiB: a plain request will do. */
	km_profile_init(&profile);
	ck_assert_int_eq(km_profile_set_memory(&profile, 2 * GIB), 0);
	ck_assert_int_eq(km_dma_zone_for_mask(&profile, KM_DMA_BIT_MASK(32)), KM_ZONE_NORMAL);
	ck_assert_int_eq(km_dma_zone_for_mask(&profile, KM_DMA_BIT_MASK(30)), KM_ZONE_DMA);
	/* Movable memory goes to no kernel request. */
	profile.zones[1].type = KM_ZONE_MOVABLE;
	ck_assert_int_eq(km_dma_zone_for_mask(&profile, KM_DMA_BIT_MASK(24)), KM_ZONE_NORMAL);
}
END_TEST

RUN_SUITE("machine/dma", the_edge_of_the_mask, the_ends_of_memory, lengths_that_wrap,
	  pages_and_offsets, wrong_unmaps, mapped_twice_is_unmapped_twice, lists_are_mapped_whole,
	  lists_are_unmapped_whole, many_mappings_stay_sorted, masks_that_a_machine_can_serve,
	  zones_for_masks)
