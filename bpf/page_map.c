/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a page map is taken, and what the trace says of it.
 */
#include "bpf/page_map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bpf/clock.h"
#include "bpf/kpageflags.h"

#define FLAGS_FILE "/proc/kpageflags"

void kc_page_map_open(struct kc_page_map *map, enum kc_page_map_wish wish, bool has_use)
{
	*map = (struct kc_page_map){ .fd = -1, .wish = wish };
	if (wish == KC_PAGE_MAP_NO) {
		snprintf(map->how, sizeof(map->how), "not asked for");
	} else if (!has_use) {
		snprintf(map->how, sizeof(map->how), "skipped: no page events are recorded");
	} else {
		map->fd = open(FLAGS_FILE, O_RDONLY | O_CLOEXEC);
		if (map->fd < 0 && errno == ENOENT)
			snprintf(map->how, sizeof(map->how), "no " FLAGS_FILE);
		else if (map->fd < 0)
			snprintf(map->how, sizeof(map->how), FLAGS_FILE ": %s", strerror(errno));
	}
}

static void tell(struct kc_page_map *map, int err, const struct kc_kpageflags_stats *stats)
{
	if (!err)
		snprintf(map->how, sizeof(map->how), "taken in %.1f s%s",
			 (double)stats->elapsed_ns / 1e9,
			 stats->is_cut ? ", and cut, for it has too many lines" : "");
	else if (err == -ETIME)
		snprintf(map->how, sizeof(map->how), "skipped: would take %.0f s; --page-map yes",
			 (double)stats->whole_ns / 1e9);
	else if (err == -EFBIG)
		snprintf(map->how, sizeof(map->how),
			 "skipped: too many lines for the file; --page-map yes");
	else if (err == -ECANCELED)
		snprintf(map->how, sizeof(map->how), "skipped: the recording ended before");
	else
		snprintf(map->how, sizeof(map->how), "skipped: %s", strerror(-err));
}

static int read_flags(struct kc_page_map *map, const struct tf_meta *meta,
		      struct kc_kpageflags_options *options, struct kc_text *text)
{
	const struct tf_snapfile *iomem = tf_snapshot_file(&meta->snapshots[0], "/proc/iomem");
	struct kc_pfn_range ranges[KC_MAX_RAM_RANGES];
	struct kc_kpageflags_stats stats = { 0 };
	unsigned int page_shift = (unsigned int)__builtin_ctzl((unsigned long)getpagesize());
	int err;

	options->ranges = ranges;
	if (iomem)
		options->nr_ranges =
			kc_ram_ranges((const char *)iomem->data, iomem->len, page_shift, ranges);
	err = kc_kpageflags_read(map->fd, options, text, &stats);
	/* A part of a map tells a replay nothing that it can begin with. */
	if (!err && stats.is_cut && map->wish == KC_PAGE_MAP_AUTO)
		err = -EFBIG;
	tell(map, err, &stats);
	return err;
}

int kc_page_map_take(struct kc_page_map *map, struct tf_meta *meta, size_t max_bytes,
		     int (*pause)(void *arg), void *arg)
{
	struct kc_kpageflags_options options = {
		.max_bytes = max_bytes < KC_PAGE_MAP_BYTES ? max_bytes : KC_PAGE_MAP_BYTES,
		.limit_ns = map->wish == KC_PAGE_MAP_AUTO ? KC_PAGE_MAP_NS : 0,
		.pause = pause,
		.arg = arg,
	};
	struct kc_text text = { 0 };
	int err = 0;

	if (map->fd >= 0 && !read_flags(map, meta, &options, &text)) {
		err = tf_meta_setf(meta, "record.page_map_ns", "%llu",
				   (unsigned long long)kc_now_ns());
		if (!err)
			err = tf_snapshot_add(&meta->snapshots[0], KC_PAGE_MAP_FILE, text.data,
					      text.len);
	}
	kc_text_release(&text);
	kc_page_map_close(map);
	return err ? err : tf_meta_set(meta, "record.page_map", map->how);
}

void kc_page_map_close(struct kc_page_map *map)
{
	if (map->fd >= 0)
		close(map->fd);
	map->fd = -1;
}
