/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A decoder on a made-up kernel, and records as its programs would write them.
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

/* Owners are told by this kernel: functions of 4 KiB. */
static const char symbols[] = "ffffffff81000000 T __alloc_frozen_pages_noprof\n"
			      "ffffffff81001000 T allocate_slab\n"
			      "ffffffff81002000 T __vmalloc_node_range_noprof\n"
			      "ffffffff81003000 T getname_flags\n"
			      "ffffffff81004000 T load_module\t[loader]\n";
#define IN_PAGE_ALLOC 0xffffffff81000123ull
#define IN_SLAB 0xffffffff81001123ull
#define IN_VMALLOC 0xffffffff81002123ull
#define IN_GETNAME 0xffffffff81003123ull
#define IN_LOADER 0xffffffff81004123ull

struct bed {
	struct kc_calibration cal;
	struct kc_kallsyms *syms;
	struct kc_owners *owners;
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
}

static inline void bed_release(struct bed *bed)
{
	kc_decoder_release(&bed->decoder);
	kc_owners_free(bed->owners);
	kc_kallsyms_free(bed->syms);
}

static inline struct kc_head head(unsigned int kind)
{
	return (struct kc_head){ .ts_ns = 123456789,
				 .addr = OBJECT,
				 .site = (uint32_t)SITE,
				 .pid = 4321,
				 .preempt = TASK + 2,
				 .cpu_kind = (uint16_t)(5 << 5 | kind) };
}

static inline struct kc_slot slot(unsigned int kind)
{
	return (struct kc_slot){ .word = 1ull << KC_LAP_SHIFT | (uint64_t)kind << KC_TS_BITS |
					 123456789,
				 .addr = OBJECT,
				 .site = (uint32_t)SITE,
				 .pid = 4321,
				 .preempt_node = 0xff000000 | (TASK + 2) };
}

static inline struct kc_cache_rec cache_rec(uint32_t id, const char *name)
{
	struct kc_cache_rec rec = { .h = head(KC_REC_CACHE),
				    .object_size = 184,
				    .size = 192,
				    .align = 64,
				    .flags = 0x82000,
				    .oo = 21,
				    .min_partial = 5,
				    .cpu_partial = 120,
				    .cpu_partial_slabs = 12 };

	rec.h.cache = (uint16_t)id;
	snprintf(rec.name, sizeof(rec.name), "%s", name);
	return rec;
}

static inline void announce(struct bed *bed, const struct kc_cache_rec *rec)
{
	struct tf_event ev;

	ck_assert_int_eq(kc_decode(&bed->decoder, rec, sizeof(*rec), &ev), 0);
}

#endif
