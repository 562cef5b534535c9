/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One line or record of another tool's trace, as its front end understood it.
 *
 * Front ends (text.h, trace_dat.h) fill a struct tf_import_record for each event of
 * the kernel's allocators and hand it to tf_import_record() (import.h), which knows
 * what the events of each kernel mean.  A front end knows spelling and layout alone:
 * it leaves out what its trace did not give, and corrects nothing.
 */
#ifndef TRACEFMT_IMPORT_RECORD_H
#define TRACEFMT_IMPORT_RECORD_H

#include <stddef.h>
#include <stdint.h>

/* The tracepoints that become events, each under the name it had. */
enum tf_import_event {
	TF_IMPORT_OTHER, /* none of the below: tf_import_ignore() */
	TF_IMPORT_KMALLOC,
	TF_IMPORT_KMALLOC_NODE, /* to 6.0 */
	TF_IMPORT_KFREE,
	TF_IMPORT_CACHE_ALLOC,
	TF_IMPORT_CACHE_ALLOC_NODE, /* to 6.0 */
	TF_IMPORT_CACHE_FREE,
	TF_IMPORT_PAGE_ALLOC,
	TF_IMPORT_PAGE_FREE,
	TF_IMPORT_PAGE_FREE_DIRECT,  /* mm_page_free to 3.2 */
	TF_IMPORT_PAGE_FREE_BATCHED, /* from 3.3 */
	TF_IMPORT_PAGEVEC_FREE,	     /* mm_page_free_batched to 3.2, and not always one */
	TF_IMPORT_PERCPU_ALLOC,
	TF_IMPORT_PERCPU_FREE,
	TF_IMPORT_PERCPU_FAIL,
	TF_IMPORT_VMAP_ALLOC,
	TF_IMPORT_VMAP_FREE,
	TF_NR_IMPORT_EVENTS
};

/* Values that the trace gave; what is not there is not looked at. */
enum tf_import_has {
	TF_IMPORT_HAS_CALL_SITE = 1 << 0,
	TF_IMPORT_HAS_PTR = 1 << 1,
	TF_IMPORT_HAS_PAGE = 1 << 2,
	TF_IMPORT_HAS_PFN = 1 << 3,
	TF_IMPORT_HAS_ORDER = 1 << 4,
	TF_IMPORT_HAS_MIGRATETYPE = 1 << 5,
	TF_IMPORT_HAS_BYTES_REQ = 1 << 6,
	TF_IMPORT_HAS_BYTES_ALLOC = 1 << 7,
	TF_IMPORT_HAS_GFP = 1 << 8,
	TF_IMPORT_HAS_NODE = 1 << 9,
	TF_IMPORT_HAS_ALIGN = 1 << 10,
	TF_IMPORT_HAS_FLAGS = 1 << 11, /* failed; is_atomic and reserved */
};

struct tf_import_record {
	uint64_t ts_ns;
	uint64_t call_site; /* an address; of a bare symbol, tf_import_site()'s */
	uint64_t ptr;	    /* object, percpu pointer, or start of a vmap area; 0 is NULL */
	uint64_t page;	    /* struct page pointer; 0 is NULL */
	uint64_t pfn;
	uint64_t bytes_req;   /* percpu, vmap: size */
	uint64_t bytes_alloc; /* as printed */
	uint64_t align;	      /* bytes; percpu, vmap */
	uint32_t has;	      /* enum tf_import_has */
	uint32_t pid;
	uint32_t gfp; /* in the layout of tf_import_gfp() */
	uint32_t order;
	uint32_t migratetype; /* in the numbering of the traced kernel */
	int32_t node;
	uint16_t cpu;
	uint8_t event;	 /* enum tf_import_event */
	uint8_t ctx;	 /* enum tf_context; TF_CTX_UNKNOWN if the trace has no latency flags */
	uint8_t preempt; /* depth as recorded by ftrace (common_preempt_count & 0xf) */
	uint8_t flags;	 /* enum tf_event_flags */
	uint16_t cache_name_len;
	uint16_t nr_frames;
	const char *cache_name; /* not terminated; NULL if none was given */
	const uint64_t *frames; /* kernel's only, innermost first; NULL if none were given */
};

/* The event of that name, without its system ("kmalloc", not "kmem:kmalloc"). */
enum tf_import_event tf_import_event_by_name(const char *name, size_t len);
/* "kmalloc", ...; NULL for TF_IMPORT_OTHER and out of range. */
const char *tf_import_event_name(unsigned int event);

#endif
