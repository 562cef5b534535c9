/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Free pages and fragmentation by zone.
 */
#include "core/analysis/zones.h"

#include <string.h>

static bool counts(const struct km_pages *pages, unsigned int i)
{
	return pages->zones[i].managed_pages &&
	       (pages->zones[i].type != KM_ZONE_DMA || pages->nr_zones == 1);
}

static void sample(struct km_zones *zones)
{
	const struct km_pages *pages = &zones->replay->kernel.pages;

	for (unsigned int i = 0; i < zones->nr_zones; i++) {
		const struct zone *zone = &pages->zones[i];
		struct km_zone_stats *stats = &zones->zones[i];
		int unusable, fragmentation;

		if (!zone->managed_pages)
			continue;
		unusable = km_unusable_index(zone, KM_ZONES_ORDER);
		fragmentation = km_fragmentation_index(zone, KM_ZONES_ORDER);
		if (unusable > stats->unusable_max)
			stats->unusable_max = unusable;
		if (fragmentation > stats->fragmentation_max)
			stats->fragmentation_max = fragmentation;
		if (!counts(pages, i))
			continue;
		if (unusable > zones->unusable_max)
			zones->unusable_max = unusable;
		if (fragmentation > zones->fragmentation_max)
			zones->fragmentation_max = fragmentation;
	}
}

static void look(struct km_zones *zones)
{
	const struct km_pages *pages = &zones->replay->kernel.pages;
	uint64_t sum = 0;

	for (unsigned int i = 0; i < zones->nr_zones; i++) {
		uint64_t nr = pages->zones[i].free_pages;

		sum += nr;
		if (nr < zones->zones[i].free_pages_min)
			zones->zones[i].free_pages_min = nr;
	}
	if (sum < zones->free_pages_min)
		zones->free_pages_min = sum;
}

static void on_alloc(void *self, const struct km_replay *replay, const struct tf_event *ev,
		     const struct km_life *life)
{
	(void)replay;
	(void)ev;
	(void)life;
	look(self);
}

static void on_fail(void *self, const struct km_replay *replay, const struct tf_event *ev)
{
	(void)replay;
	(void)ev;
	look(self);
	sample(self);
}

static void on_tick(void *self, const struct km_replay *replay, uint64_t now_ns)
{
	(void)replay;
	(void)now_ns;
	look(self);
	sample(self);
}

static const struct km_observer_ops ops = {
	.name = "zones",
	.alloc = on_alloc,
	.fail = on_fail,
	.tick = on_tick,
};

int km_zones_init(struct km_zones *zones, struct km_replay *replay)
{
	const struct km_pages *pages = &replay->kernel.pages;

	memset(zones, 0, sizeof(*zones));
	zones->replay = replay;
	zones->nr_zones = pages->nr_zones;
	zones->free_pages_min = UINT64_MAX;
	zones->fragmentation_max = -1000;
	for (unsigned int i = 0; i < zones->nr_zones; i++) {
		zones->zones[i].free_pages_start = pages->zones[i].free_pages;
		zones->zones[i].free_pages_min = UINT64_MAX;
		zones->zones[i].fragmentation_max = -1000;
	}
	look(zones);
	sample(zones);
	return km_replay_add_observer(replay, &ops, zones);
}

void km_zones_finish(struct km_zones *zones)
{
	const struct km_pages *pages = &zones->replay->kernel.pages;

	look(zones);
	for (unsigned int i = 0; i < zones->nr_zones; i++)
		zones->zones[i].free_pages_end = pages->zones[i].free_pages;
}

void km_zones_release(struct km_zones *zones)
{
	memset(zones, 0, sizeof(*zones));
}
