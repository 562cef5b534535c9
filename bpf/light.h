/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Light snapshots: what drifts, copied at equal times while events are recorded.
 *
 *   thread    wait ─ vmstat ─ slabinfo ─ buddyinfo ─▶ ready   wait ─ ...
 *   taker                                              └─▶ take: a snapshot of the trace
 *
 * Reading /proc/slabinfo takes some ms on a host with long lists of partial slabs, so that is
 * done on a thread of its own.  A snapshot that nobody has taken by the time of the next stands
 * for both.
 *
 * What a reader of the trace must hold in memory is bounded: all of them together take
 * KC_LIGHT_BYTES at most, and each time half of what is left is used, the time between
 * doubles.
 */
#ifndef BPF_LIGHT_H
#define BPF_LIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/host_text.h"
#include "tracefmt/meta.h"

#define KC_LIGHT_BYTES (8u << 20)

struct kc_light;

/*
 * Begin to take one every interval_ns from now on.  opening is a snapshot with /proc/slabinfo:
 * of that file the first light snapshot has the lines that changed since, each other those that
 * changed since the one before.  0, -ENOMEM, -EAGAIN.
 */
int kc_light_start(struct kc_light **out, uint64_t interval_ns, const struct tf_snapshot *opening);
/* Time of the one that can be taken, 0 if there is none.  For the thread that takes. */
uint64_t kc_light_ready(const struct kc_light *light);
/*
 * Add it to meta as its last snapshot.  0 with its time in *ts_ns, -EAGAIN if there is none,
 * -ENOMEM.
 */
int kc_light_take(struct kc_light *light, struct tf_meta *meta, uint64_t *ts_ns);
/* No more are begun; one may still be ready.  NULL is none. */
void kc_light_stop(struct kc_light *light);
void kc_light_free(struct kc_light *light);

/*
 * Append to out what changed from one text of /proc/slabinfo to the next: the two lines of its
 * head, lines that are new or other than before, and "# NAME is gone".  0 or -ENOMEM.
 */
int kc_light_diff(struct kc_text *out, const struct kc_text *before, const struct kc_text *now);

/* When the next is due, and how often from then on. */
struct kc_light_pace {
	uint64_t interval_ns, next_ns;
	uint64_t left_bytes, used_bytes; /* used of what is left */
};

/* One of so many bytes was taken at now_ns. */
void kc_light_pace(struct kc_light_pace *pace, uint64_t now_ns, uint64_t bytes);

#endif
