/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gfp flags from their names.
 *
 * Inside of tracefmt/import/ only.  All imported traces have one layout: bits 0 to 24 are
 * those of 6.12, the bits that only other kernels had come above them or, like ATOMIC,
 * at their old place where that is free.
 */
#ifndef TRACEFMT_IMPORT_GFP_H
#define TRACEFMT_IMPORT_GFP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracefmt/meta.h"

#define TF_GFP_TEXTS 512 /* power of two */
#define TF_GFP_TEXT_LEN 119

/* A text that was parsed: there are some dozens in a trace. */
struct tf_gfp_text {
	uint32_t bits;
	uint8_t len;
	bool is_odd;
	char text[TF_GFP_TEXT_LEN];
};

struct tf_gfp {
	unsigned int release; /* version * 1000 + patchlevel of the host, 0 if not known */
	uint32_t seen;	      /* bits above those of 6.12 that came up */
	struct tf_gfp_text texts[TF_GFP_TEXTS];
};

/* release is that of the host ("6.1.0-25-amd64"), or NULL: 6.12 is taken. */
void tf_gfp_init(struct tf_gfp *gfp, const char *release);
/*
 * "GFP_KERNEL|__GFP_ZERO|0x8000000", or "none".  *is_odd is set if a name is not known or a
 * number has bits that mean something else here (both are left out), or nothing (kept).
 */
uint32_t tf_gfp_parse(struct tf_gfp *gfp, const char *text, size_t len, bool *is_odd);
/* One flag, with or without "__GFP_" or "GFP_"; 0 if the name is not known. */
uint32_t tf_gfp_bit(struct tf_gfp *gfp, const char *name, size_t len);
/* The facts gfp.NAME. */
int tf_gfp_add_facts(const struct tf_gfp *gfp, struct tf_meta *meta);

/* "2.6.32-5-686" is 2006, "6.12.3" is 6012; 0 if it is no release. */
unsigned int tf_release_number(const char *release);

#endif
