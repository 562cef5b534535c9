/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace without what tells whose it is: other addresses and names that keep the layout.
 *
 * Everything is numbered in the order in which it comes, so that the new names hold
 * nothing of the old ones, and the same trace always becomes the same.  What stays and
 * what does not is told in kmemtool-pack(1); a replay must come to the same figures.
 *
 * In this order: metadata, snapshots, events, the rest.  Memory is bounded by what a trace
 * may have of each thing, at most some 500 MiB; the traces of one machine take some MiB.
 */
#ifndef TRACEFMT_ANONYMIZE_H
#define TRACEFMT_ANONYMIZE_H

#include "tracefmt/error.h"
#include "tracefmt/event.h"
#include "tracefmt/meta.h"
#include "tracefmt/reader.h"

struct tf_anonymizer;

/*
 * For one trace; meta is all that its reader has, must not change, and stays alive.
 * 0, -ENOMEM, or -E2BIG: there are more names than any kernel has.
 */
int tf_anonymizer_new(struct tf_anonymizer **out, const struct tf_meta *meta,
		      const struct tf_host *host, struct tf_error *err);
void tf_anonymizer_free(struct tf_anonymizer *a);

/*
 * All of these return 0, -ENOMEM or -E2BIG; after an error they return it again.
 */

/* Add facts and caches to out. */
int tf_anonymize_meta(struct tf_anonymizer *a, struct tf_meta *out, struct tf_error *err);
/* Add a snapshot of meta to out, which gives it its number. */
int tf_anonymize_snapshot(struct tf_anonymizer *a, const struct tf_snapshot *snap,
			  struct tf_meta *out, struct tf_error *err);
int tf_anonymize_event(struct tf_anonymizer *a, struct tf_event *ev, struct tf_error *err);
/* Add symbols and stacks to out. */
int tf_anonymize_rest(struct tf_anonymizer *a, struct tf_meta *out, struct tf_error *err);

#endif
