/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a recording is, told in its own trace: kmemtool-trace(5) has the list of facts.
 */
#ifndef BPF_FACTS_H
#define BPF_FACTS_H

#include "bpf/calibrate.h"
#include "bpf/collector.h"
#include "tracefmt/meta.h"

/*
 * record.filter.*, what was left out on purpose; record.weight, what a reader must multiply
 * by; record.stack_*.  0 or -ENOMEM.
 */
int kc_add_option_facts(const struct kc_options *options, struct tf_meta *meta);
/* calib.*  0 or -ENOMEM. */
int kc_add_calibration_facts(const struct kc_calibration *calibration, struct tf_meta *meta);

#endif
