/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * zone_check TRACE [PFN:PAGES]...: does the model make of a host's memory what its kernel made
 * of it?
 *
 * From the opening snapshot it takes what a kernel knows at boot: RAM ranges with their nodes,
 * managed pages, CPUs, sysctls, the release.  Of that the model derives zones, watermarks,
 * protection and the sizes of per-cpu lists, and each is compared with the snapshot's zoneinfo.
 * What differs is printed as a table, then one line "zones: N fields compared, N equal".
 *
 * Kernels come to manage some pages after they have computed all this: those of the initramfs and
 * of their own init sections, as their log tells.  PFN:PAGES takes so many off the zone of that
 * page frame again, for all but the protection: that is computed anew whenever somebody reads
 * lowmem_reserve_ratio, as the recorder does.
 *
 * Inputs, not guesses: min_free_kbytes (khugepaged may have raised it), and a boost of the
 * watermarks where zoneinfo prints it, which is taken off before they are compared.  The node of
 * a range is that of the zone which spans it.  The high of a per-cpu list that floats between
 * limits which are not printed is only held to be within those.
 *
 * Status 0: all equal, 1: some are not, 2: the trace cannot be read or does not tell enough.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/machine/zone_layout.h"
#include "core/page/zone.h"
#include "core/replay/host_files.h"
#include "tracefmt/reader.h"

#define MAX_LATE 8

struct late {
	uint64_t pfn, nr;
};

struct check {
	struct late late[MAX_LATE];
	unsigned int nr_late;
	struct km_profile profile;
	struct km_zoneinfo info;
	struct km_machine machine;
	struct km_pages pages;
	unsigned int nr_fields, nr_equal;
};

static void compare(struct check *check, unsigned int node, const char *zone, const char *field,
		    uint64_t model, uint64_t kernel)
{
	check->nr_fields++;
	if (model == kernel) {
		check->nr_equal++;
		return;
	}
	if (check->nr_fields - check->nr_equal == 1)
		printf("%4s %-8s %-20s %12s %12s\n", "node", "zone", "field", "model", "kernel");
	printf("%4u %-8s %-20s %12" PRIu64 " %12" PRIu64 "\n", node, zone, field, model, kernel);
}

static void compare_marks(struct check *check, const struct zone *zone,
			  const struct km_zoneinfo_zone *kernel)
{
	const char *name = km_zone_type_name(zone->type);
	const struct km_zone_desc *desc = &kernel->desc;
	uint64_t boost = desc->watermark_boost;

	if (boost)
		printf("node %u zone %s: watermarks are boosted by %" PRIu64 "\n", zone->node, name,
		       boost);
	compare(check, zone->node, name, "min", zone->wmark_min, desc->wmark_min - boost);
	compare(check, zone->node, name, "low", zone->wmark_low, desc->wmark_low - boost);
	compare(check, zone->node, name, "high", zone->wmark_high, desc->wmark_high - boost);
	if (kernel->has_promo)
		compare(check, zone->node, name, "promo", zone->wmark_promo,
			kernel->wmark_promo - boost);
}

static void compare_protection(struct check *check, const struct zone *zone,
			       const struct km_zone_desc *kernel)
{
	for (unsigned int i = 0; i < check->info.nr_classes; i++) {
		int class = check->info.classes[i];
		char field[32];

		if (class < 0)
			continue;
		snprintf(field, sizeof(field), "protection %s", km_zone_type_name(class));
		compare(check, zone->node, km_zone_type_name(zone->type), field,
			zone->lowmem_reserve[class], kernel->protection[class]);
	}
}

static void compare_pcp(struct check *check, const struct zone *zone,
			const struct km_zoneinfo_zone *kernel)
{
	const char *name = km_zone_type_name(zone->type);
	const struct km_zone_desc *desc = &kernel->desc;

	compare(check, zone->node, name, "batch", zone->pcp_batch, desc->pcp_batch);
	if (check->info.has_high_max || !(check->profile.features & KM_FEAT_PCP_AUTO_HIGH)) {
		compare(check, zone->node, name, "high_min", zone->pcp_high_min,
			desc->pcp_high_min);
		compare(check, zone->node, name, "high_max", zone->pcp_high_max,
			desc->pcp_high_max);
		return;
	}
	/* 0: never used. */
	for (unsigned int cpu = 0; cpu < check->machine.nr_cpus && cpu < 64; cpu++) {
		uint64_t high = kernel->pcp_high[cpu];

		if (high && high < zone->pcp_high_min)
			compare(check, zone->node, name, "high, at least", zone->pcp_high_min,
				high);
		else
			compare(check, zone->node, name, "high, at most",
				high < zone->pcp_high_max ? high : zone->pcp_high_max, high);
	}
}

static void compare_geometry(struct check *check, const struct zone *zone,
			     const struct km_zoneinfo_zone *kernel)
{
	const char *name = km_zone_type_name(zone->type);
	const struct km_zone_desc *desc = &kernel->desc;

	compare(check, zone->node, name, "start_pfn", zone->start_pfn, desc->start_pfn);
	compare(check, zone->node, name, "spanned", zone->spanned_pages, desc->spanned_pages);
	compare(check, zone->node, name, "present", zone->present_pages, desc->present_pages);
	compare_protection(check, zone, desc);
}

static void compare_sizes(struct check *check, const struct zone *zone,
			  const struct km_zoneinfo_zone *kernel)
{
	compare_marks(check, zone, kernel);
	compare_pcp(check, zone, kernel);
}

static const struct km_zoneinfo_zone *kernel_zone(const struct check *check, unsigned int node,
						  enum km_zone_type type)
{
	for (unsigned int i = 0; i < check->info.nr_zones; i++) {
		const struct km_zone_desc *desc = &check->info.zones[i].desc;

		if (desc->node == node && desc->type == type)
			return &check->info.zones[i];
	}
	return NULL;
}

/* Take the late pages off the zones that have them.  False if there is none. */
static bool take_late(struct check *check)
{
	struct km_profile *profile = &check->profile;

	for (unsigned int i = 0; i < check->nr_late; i++) {
		const struct late *late = &check->late[i];
		struct km_zone_desc *found = NULL;

		for (unsigned int j = 0; j < profile->nr_zones; j++) {
			struct km_zone_desc *desc = &profile->zones[j];

			if (late->pfn >= desc->start_pfn &&
			    late->pfn - desc->start_pfn < desc->spanned_pages &&
			    km_profile_ram_pages(profile, late->pfn, late->pfn + 1, desc->node))
				found = desc;
		}
		if (!found || found->managed_pages < late->nr)
			return false;
		found->managed_pages -= late->nr;
	}
	return true;
}

/* Leave only what a kernel knows at boot, and lay the zones.  False if they are others. */
static bool forget(struct check *check, const struct tf_snapshot *snap)
{
	struct km_mem_range ram[KM_MAX_RANGES];
	struct km_profile *profile = &check->profile;
	unsigned int nr_ram;
	uint64_t in_ranges = 0, in_ram = 0;

	if (!km_parse_iomem(km_snapshot_text(snap, "/proc/iomem"), profile->page_shift, ram,
			    &nr_ram) ||
	    km_zones_from_ranges(profile))
		return false;
	for (unsigned int i = 0; i < nr_ram; i++)
		in_ram += ram[i].end_pfn - ram[i].start_pfn;
	for (unsigned int i = 0; i < profile->nr_ranges; i++)
		in_ranges += profile->ranges[i].end_pfn - profile->ranges[i].start_pfn;
	compare(check, 0, "all", "RAM", in_ranges, in_ram);
	compare(check, 0, "all", "zones", profile->nr_zones, check->info.nr_zones);
	for (unsigned int i = 0; i < profile->nr_zones; i++) {
		struct km_zone_desc *desc = &profile->zones[i];
		const struct km_zoneinfo_zone *kernel = kernel_zone(check, desc->node, desc->type);

		desc->managed_pages = 0;
		if (kernel)
			desc->managed_pages = kernel->desc.managed_pages;
		/* The rest must do for the managed ones, or the profile cannot be booted. */
		if (desc->managed_pages > desc->present_pages)
			desc->managed_pages = desc->present_pages;
	}
	return true;
}

static bool boot(struct check *check)
{
	return !km_machine_init(&check->machine, &check->profile) &&
	       !km_pages_init(&check->pages, &check->machine);
}

static void stop(struct check *check)
{
	if (check->pages.machine)
		km_pages_release(&check->pages);
	km_machine_release(&check->machine);
}

/* What the kernel would choose by itself, and what khugepaged then thinks of it. */
static void print_min_free(struct check *check)
{
	uint64_t given = check->profile.min_free_kbytes;

	check->profile.min_free_kbytes = 0;
	if (boot(check))
		printf("min_free_kbytes %" PRIu64 ", of its own %" PRIu64
		       ", for huge pages %" PRIu64 "\n",
		       given, check->pages.min_free_kbytes,
		       km_recommended_min_free_kbytes(&check->pages));
	stop(check);
	check->profile.min_free_kbytes = given;
}

/* Boot the machine and compare each of its zones.  False if it cannot be booted. */
static bool compare_zones(struct check *check,
			  void (*compare_zone)(struct check *, const struct zone *,
					       const struct km_zoneinfo_zone *))
{
	const struct km_pages *pages = &check->pages;
	bool is_booted = boot(check);

	for (unsigned int i = 0; is_booted && i < pages->nr_zones; i++) {
		const struct zone *zone = &pages->zones[i];
		const struct km_zoneinfo_zone *kernel = kernel_zone(check, zone->node, zone->type);

		if (kernel)
			compare_zone(check, zone, kernel);
	}
	stop(check);
	return is_booted;
}

static int fail(const char *why)
{
	printf("zone_check: %s\n", why);
	return 2;
}

static int run(struct check *check, const struct tf_meta *meta, const struct tf_snapshot *snap)
{
	const char *release = tf_meta_get(meta, "host.release");

	if (!forget(check, snap))
		return fail("no memory map, whose addresses root alone sees");
	if (!compare_zones(check, compare_geometry))
		return fail(km_profile_check(&check->profile));
	if (!take_late(check))
		return fail("no zone has those late pages");
	print_min_free(check);
	if (!compare_zones(check, compare_sizes))
		return fail(km_profile_check(&check->profile));
	printf("%s, %u CPUs, %u nodes\n", release ? release : "unknown release",
	       check->profile.nr_cpus, check->profile.nr_nodes);
	printf("zones: %u fields compared, %u equal\n", check->nr_fields, check->nr_equal);
	return check->nr_fields != check->nr_equal;
}

static int check_trace(struct check *check, const struct tf_meta *meta)
{
	const struct tf_snapshot *snap = tf_meta_opening(meta);
	struct km_host host;
	int status;

	if (!snap || km_host_init(&host, meta))
		return fail("no opening snapshot");
	if (host.has_profile &&
	    km_parse_zoneinfo(km_snapshot_text(snap, "/proc/zoneinfo"), &check->info)) {
		check->profile = host.profile;
		status = run(check, meta, snap);
	} else {
		status = fail("the snapshot does not describe a machine");
	}
	km_host_release(&host);
	return status;
}

int main(int argc, char **argv)
{
	static struct check check;
	struct tf_reader *reader;
	struct tf_error err;
	int status;

	if (argc < 2 || argc > 2 + MAX_LATE) {
		printf("usage: zone_check TRACE [PFN:PAGES]...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		struct late *late = &check.late[check.nr_late++];

		if (sscanf(argv[i], "%" SCNu64 ":%" SCNu64, &late->pfn, &late->nr) != 2) {
			printf("zone_check: %s is not PFN:PAGES\n", argv[i]);
			return 2;
		}
	}
	if (tf_reader_open(&reader, argv[1], &err)) {
		printf("zone_check: %s: %s\n", argv[1], err.reason);
		return 2;
	}
	status = check_trace(&check, tf_reader_meta(reader));
	tf_reader_close(reader);
	return status;
}
