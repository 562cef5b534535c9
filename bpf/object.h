/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The eBPF programs of bpf/kmem.bpf.c in the kernel, and the memory shared with them.
 */
#ifndef BPF_OBJECT_H
#define BPF_OBJECT_H

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "bpf/collector.h"
#include "bpf/programs.h"

#define KC_MAX_PROGRAMS 64

struct kc_attached {
	struct bpf_program *program;
	struct bpf_link *link; /* NULL while it is taken off */
	const char *name;      /* the object's */
	int fd;
	bool is_first; /* of the two of a tracepoint */
};

struct kc_object {
	struct bpf_object *obj;
	struct btf *btf; /* the kernel's */
	struct kc_class_choice choice[KC_NR_CLASSES];
	struct kc_attached programs[KC_MAX_PROGRAMS];
	unsigned int nr_programs;
	unsigned int nr_cpus;		 /* possible ones */
	uint32_t hot_slots, spill_slots; /* of each CPU, powers of two */
	/* Mapped; the tables are the programs' to write. */
	struct kc_shared *shared;
	const struct kc_cache_entry *entries; /* KC_CACHE_SLOTS */
	const uint8_t *stacks;		      /* KC_STACK_SLOTS of stack_bytes each */
	size_t shared_bytes, entries_bytes, stacks_bytes, stack_bytes;
};

/*
 * Choose programs by BTF, load them, map what they share, and attach them; they record nothing
 * before shared->mode says so.  Codes as kc_open().  On failure the object can be released.
 */
int kc_object_load(struct kc_object *object, const struct kc_options *options,
		   struct kc_error *err);
int kc_object_map_fd(const struct kc_object *object, const char *name);
/* Memory of the rings of all CPUs. */
size_t kc_object_ring_bytes(const struct kc_object *object);
/* Runs of an attached program that the kernel skipped, since it was loaded. */
uint64_t kc_object_skipped(const struct kc_object *object, unsigned int program);
/* Take one program off its tracepoint, and attach it again: 0 or negative errno. */
void kc_object_take_off(struct kc_object *object, unsigned int program);
int kc_object_put_on(struct kc_object *object, unsigned int program);
/* Takes a while: the kernel waits for all CPUs. */
void kc_object_detach(struct kc_object *object);
void kc_object_release(struct kc_object *object);

#endif
