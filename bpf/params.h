/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs must know of this kernel beside the shapes of its tracepoints.
 */
#ifndef BPF_PARAMS_H
#define BPF_PARAMS_H

#include <bpf/btf.h>
#include <linux/types.h>

#include "bpf/abi.h"
#include "tracefmt/meta.h"

/* Where preempt_count, the task and a page's cache are found; 0 in what is not known. */
void kc_fill_params(const struct btf *btf, struct kc_params *params);
/* The host's gfp bits by name, from the enum of 6.9 and later: facts gfp.NAME.  How many, or
 * -ENOMEM. */
int kc_add_gfp_facts(const struct btf *btf, struct tf_meta *meta);

#endif
