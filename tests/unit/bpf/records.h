/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A decoder on a made-up kernel, and records and tables as its programs would write them.
 */
#ifndef TESTS_UNIT_BPF_RECORDS_H
#define TESTS_UNIT_BPF_RECORDS_H

#include <string.h>

#include "bpf/decode.h"
#include "tests/unit/bpf/symbols.h"

#define VMEMMAP 0xffffea0000000000ull
#define SITE 0xffffffff81234567ull
#define OBJECT 0xffff888104311e40ull
#define TASK 1u /* the tracepoint's own preempt_disable() */
#define NOW_NS 123456789ull
#define FRAMES 8u /* of a chain in the table, at most */

/* Owners are told by this kernel: functions of 4 KiB. */
static const char symbols[] = "ffffffff81000000 T __alloc_frozen_pages_noprof\n"
			      "ffffffff81001000 T allocate_slab\n"
			      "ffffffff81002000 T __vmalloc_node_range_noprof\n"
			      "ffffffff81003000 T getname_flags\n"
			      "ffffffff81004000 T load_module\t[loader]\n";
#define IN_PROGRAM 0xffffffffc0001234ull /* a program of ours, which has no symbol */
#define IN_PAGE_ALLOC 0xffffffff81000123ull
#define IN_SLAB 0xffffffff81001123ull
#define IN_VMALLOC 0xffffffff81002123ull
#define IN_GETNAME 0xffffffff81003123ull
#define IN_LOADER 0xffffffff81004123ull

struct bed {
	struct kc_calibration cal;
	struct kc_kallsyms *syms;
	struct kc_owners *owners;
	struct kc_cache_entry *entries;
	uint8_t *stacks;
	struct kc_decoder decoder;
};

static inline void bed_init(struct bed *bed)
{
	bed->cal = (struct kc_calibration){ .has_vmemmap = true,
					    .vmemmap_base = VMEMMAP,
					    .page_struct_bytes = 64,
					    .has_preempt = true,
					    .preempt_is_counted = true,
					    .preempt_offset = TASK };
	bed->syms = symbols_from(symbols);
	ck_assert_int_eq(kc_owners_init(&bed->owners, bed->syms), 0);
	ck_assert_int_eq(kc_decoder_init(&bed->decoder, &bed->cal), 0);
	bed->decoder.owners = bed->owners;
	bed->decoder.stack_bytes = sizeof(struct kc_stack) + FRAMES * sizeof(uint64_t);
	bed->entries = calloc(KC_CACHE_SLOTS, sizeof(*bed->entries));
	bed->stacks = calloc(KC_STACK_SLOTS, bed->decoder.stack_bytes);
	ck_assert_ptr_nonnull(bed->entries);
	ck_assert_ptr_nonnull(bed->stacks);
	bed->decoder.entries = bed->entries;
	bed->decoder.stacks = bed->stacks;
}

static inline void bed_release(struct bed *bed)
{
	kc_decoder_release(&bed->decoder);
	kc_owners_free(bed->owners);
	kc_kallsyms_free(bed->syms);
	free(bed->entries);
	free(bed->stacks);
}

static inline struct kc_slot slot(unsigned int kind)
{
	return (struct kc_slot){ .word = KC_LAP | (uint64_t)kind << KC_KIND_SHIFT |
					 (NOW_NS & KC_TS_MASK),
				 .addr = OBJECT,
				 .site = (uint32_t)SITE,
				 .preempt_node = 0xff000000 | (TASK + 2) };
}

static inline struct kc_record record(const struct kc_slot *slot, const struct kc_more *more)
{
	return (struct kc_record){
		.ts_ns = NOW_NS, .cpu = 5, .pid = 4321, .slot = slot, .more = more
	};
}

static inline void set_cache(struct kc_slot *slot, uint32_t id)
{
	slot->word &= ~((uint64_t)KC_CACHE_MASK << KC_CACHE_SHIFT);
	slot->word |= (uint64_t)id << KC_CACHE_SHIFT;
}

/* The entry of a cache, as the program that meets it first writes it. */
static inline struct kc_cache_entry *announce(struct bed *bed, uint32_t id, const char *name)
{
	struct kc_cache_entry *entry = &bed->entries[id - 1];

	*entry = (struct kc_cache_entry){ .addr = OBJECT,
					  .ready = 1,
					  .object_size = 184,
					  .size = 192,
					  .align = 64,
					  .flags = 0x82000,
					  .oo = 21,
					  .min_partial = 5,
					  .cpu_partial = 120,
					  .cpu_partial_slabs = 12 };
	snprintf(entry->name, sizeof(entry->name), "%s", name);
	return entry;
}

/* The chain of that id: nr frames, innermost first. */
static inline void set_chain(struct bed *bed, uint32_t id, const uint64_t *frames, unsigned int nr)
{
	struct kc_stack *stack = (void *)(bed->stacks + (id - 1) * bed->decoder.stack_bytes);

	stack->hash = id;
	stack->nr = nr;
	for (unsigned int i = 0; i < nr && i < FRAMES; i++)
		stack->frames[i] = frames[i];
}

#endif
