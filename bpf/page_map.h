/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where every page of the host is: a file of the opening snapshot, made of /proc/kpageflags.
 *
 * It is for the replay of page events, and taken while they are recorded.  kmemtool-trace(5)
 * has its lines, and the facts record.page_map and record.page_map_ns that tell of it.
 */
#ifndef BPF_PAGE_MAP_H
#define BPF_PAGE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracefmt/meta.h"

#define KC_PAGE_MAP_FILE "page_map"
#define KC_PAGE_MAP_BYTES (8u << 20) /* of text; beyond, the map is cut */
#define KC_PAGE_MAP_NS 2000000000ull

enum kc_page_map_wish {
	KC_PAGE_MAP_AUTO, /* if it takes no longer than KC_PAGE_MAP_NS */
	KC_PAGE_MAP_YES,
	KC_PAGE_MAP_NO,
};

struct kc_page_map {
	int fd; /* -1: no map is taken */
	enum kc_page_map_wish wish;
	char how[120]; /* why not, or how it went */
};

/*
 * Open what takes privileges to open; that it cannot be had is no error, see how.  has_use: page
 * events are recorded.
 */
void kc_page_map_open(struct kc_page_map *map, enum kc_page_map_wish wish, bool has_use);
/*
 * Read it, and add it to snapshot 0 of meta, which has /proc/iomem, and the facts.  max_bytes,
 * at most KC_PAGE_MAP_BYTES, is for the text.  pause(arg) is called every few milliseconds and
 * ends it if it returns not 0; it may be NULL, and may add snapshots to meta.  0 or -ENOMEM.
 */
int kc_page_map_take(struct kc_page_map *map, struct tf_meta *meta, size_t max_bytes,
		     int (*pause)(void *arg), void *arg);
void kc_page_map_close(struct kc_page_map *map);

#endif
