/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other addresses for data, with the layout of the old ones.
 *
 * Inside of tracefmt/ only.  What stays and what does not, by sort:
 *
 *   object   The direct map moves as a whole if its base is known, so that an object is
 *            in the page frame in which it was.  Else, and outside of it, regions of 2 MiB
 *            are numbered as they come; within a region everything stays where it was.
 *   percpu   regions of 64 KiB, numbered as they come
 *   page     A frame number stays.  The address of a struct page, in traces of which the
 *            frame numbers are not known: regions of 1 GiB, numbered as they come.
 *   area     laid out anew one behind the other as they come, each with its alignment
 *
 * A kernel that moves its mappings by chance does so by multiples of 1 GiB, with its own
 * image by 2 MiB, or 64 KiB on some, and with modules, which are areas, by pages.  An object
 * outside of the direct map may be in the image, and a percpu pointer be relative to it: a
 * region is never larger than what it must hide.
 * A 32-bit kernel has its mappings at fixed places: there objects and percpu pointers stay.
 * An address in the first page (NULL, ZERO_SIZE_PTR) or the last one (error codes) stays.
 */
#ifndef TRACEFMT_ANON_ADDR_H
#define TRACEFMT_ANON_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#include "tracefmt/error.h"
#include "tracefmt/event.h"
#include "tracefmt/meta.h"
#include "tracefmt/numbering.h"
#include "tracefmt/reader.h"

/* Where the direct map begins in an anonymized trace, but for the offset in its first GiB. */
#define TF_ANON_DIRECT_MAP 0xffff888000000000u

struct tf_anon_addr {
	bool is_32bit;
	uint64_t page_bytes;
	bool has_direct_map;
	uint64_t old_base, new_base;		      /* of the direct map */
	struct tf_numbering objects, percpu, structs; /* of regions */
	struct tf_numbering areas;		      /* of their old starts */
	struct tf_anon_area *area;		      /* owned; by number - 1 */
	uint32_t nr_area, area_room;
	uint64_t next_area; /* where there is nothing yet */
};

void tf_anon_addr_init(struct tf_anon_addr *a, const struct tf_meta *meta,
		       const struct tf_host *host);
void tf_anon_addr_release(struct tf_anon_addr *a);

/* Replace ev->addr, as its kind has it.  0, -ENOMEM, -E2BIG: addresses are all over. */
int tf_anon_addr_event(struct tf_anon_addr *a, struct tf_event *ev, struct tf_error *err);
/* The new start of an area; the same old one gets the same again while it fits. */
int tf_anon_addr_area(struct tf_anon_addr *a, uint64_t start, uint64_t bytes, unsigned align_shift,
		      uint64_t *new_start, struct tf_error *err);

#endif
