/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock of the events: CLOCK_MONOTONIC, what bpf_ktime_get_ns() reads.
 */
#ifndef BPF_CLOCK_H
#define BPF_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t kc_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

#endif
