/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which eBPF program serves which tracepoint on this kernel: told by its BTF.
 */
#ifndef BPF_PROGRAMS_H
#define BPF_PROGRAMS_H

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>

#include "bpf/abi.h"
#include "bpf/collector.h"

struct kc_class_choice {
	unsigned int nr_programs; /* chosen */
	char status[200];	  /* "tp_btf", or what is missing */
};

/*
 * Set autoload of every program of obj: on for those of the wanted classes (bits of
 * enum kc_class) whose tracepoint exists with the arguments that the program expects.
 * Returns how many were chosen.
 */
unsigned int kc_choose_programs(struct bpf_object *obj, const struct btf *btf, unsigned int classes,
				struct kc_class_choice choice[KC_NR_CLASSES]);

/* The kind of event (enum kc_kind) that a program of the object records, -1 of an unknown one. */
int kc_program_kind(const char *name);
/* Programs of one tracepoint differ in the end of their names: __first, __second. */
bool kc_has_suffix(const char *name, const char *suffix);

#endif
