/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The collector: eBPF programs on the running kernel, decoded events out.
 *
 *   open ─ load ─ attach ─ calibrate ─▶ start ─▶ drain, drain, ... ─▶ stop ─▶ close
 *
 * One collector per process, driven by one thread.  Nothing here prints: a failure
 * is a negative errno and one line in struct kc_error that names what is missing
 * and what to do about it.
 */
#ifndef BPF_COLLECTOR_H
#define BPF_COLLECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracefmt/event.h"
#include "tracefmt/meta.h"

enum kc_class {
	KC_CLASS_SLAB,
	KC_CLASS_PAGE,
	KC_CLASS_VMALLOC,
	KC_CLASS_PERCPU,
	KC_CLASS_TRANSITIONS, /* the page allocator's own: zone_locked, pcpu_drain, extfrag */
	KC_NR_CLASSES
};

enum kc_option_flags {
	KC_INCLUDE_SELF = 1 << 0, /* record the collector's own events too */
};

#define KC_MAX_STACK_DEPTH 127
#define KC_MAX_FILTER_PIDS 16
#define KC_MAX_FILTER_CPUS 1024

/*
 * What the programs leave out, on the kernel's side; all of what is set must hold.  An event
 * that is left out is neither written nor lost.  0 or NULL in a member is no filter.
 *
 * With pids or a cgroup nothing is recorded in interrupts: what they do is nobody's.
 * min_bytes and sample_sites are about requests; a free has neither size nor the call site of
 * its request, so frees are recorded for objects whose request was.
 */
struct kc_filter {
	int pids[KC_MAX_FILTER_PIDS]; /* processes (thread groups) */
	unsigned int nr_pids;
	const char *cgroup; /* folder of a cgroup of version 2; those below it count too */
	uint64_t cpus[KC_MAX_FILTER_CPUS / 64];
	bool has_cpus;
	uint64_t min_bytes;    /* asked for: of kmalloc, cache objects, pages, areas, percpu */
	uint32_t sample_sites; /* one call site in so many, told by its address */
};

struct kc_options {
	unsigned int classes; /* 1 << enum kc_class; 0: all but KC_CLASS_TRANSITIONS */
	unsigned int flags;   /* enum kc_option_flags */
	size_t ring_bytes; /* for each CPU, rounded up to a power of two slots; 0: KC_RING_DEFAULT
			    */
	unsigned int stack_depth; /* frames of a recorded call chain; 0: none is */
	unsigned int stack_every; /* of one event in so many; 0 and 1: of all */
	const char *vmlinux;	  /* ELF file with the kernel's symbols; NULL: /proc/kallsyms */
	struct kc_filter filter;
};

#define KC_DEFAULT_CLASSES ((1u << KC_CLASS_TRANSITIONS) - 1)
#define KC_RING_DEFAULT (16u << 20)

struct kc_error {
	char reason[240];
};

struct kc_stats {
	uint64_t nr_lost;     /* events for which the rings had no room, and those of nr_missed */
	uint64_t nr_missed;   /* events the kernel ran no program for: it was active on that CPU */
	uint64_t nr_excluded; /* events of the collector itself */
	uint64_t nr_wide_sites; /* call sites that did not fit into 32 bits */
	uint64_t nr_no_cache;	/* events whose cache has no number: the table was full */
	uint64_t nr_no_stack;	/* events without the call chain they should have */
	uint64_t nr_untracked;	/* requests of a filter whose frees may be missing */
	uint64_t nr_inversions; /* events handed out after a younger one */
	uint64_t nr_doubled;	/* requests that the kernel told twice, and are one event */
	uint64_t nr_rescued;	/* events that only a second program saw */
	uint64_t ring_bytes;	/* of all CPUs */
	unsigned int nr_cpus;
};

struct kc_collector;

const char *
	kc_class_name(enum kc_class class); /* "slab", "page", "vmalloc", "percpu", "transitions" */

/*
 * Choose programs by BTF, load, attach and calibrate; nothing is recorded yet.
 * -EPERM no privilege, -ENOENT no BTF or none of the classes can be had, -ENOMEM,
 * or what the kernel said.
 */
int kc_open(struct kc_collector **out, const struct kc_options *options, struct kc_error *err);
/* How the class is captured in full ("tp_btf", "fexit"), else what is missing and why. */
const char *kc_class_status(const struct kc_collector *collector, enum kc_class class);
bool kc_status_is_whole(const char *status);

/* From now on events are recorded.  Returns the time on the clock of the events. */
uint64_t kc_start(struct kc_collector *collector);
uint64_t kc_stop(struct kc_collector *collector);
/* Begin to take the programs away, which takes a while: after the closing snapshot. */
void kc_detach(struct kc_collector *collector);

/*
 * Hand the events that are in the rings to emit(), by time but for neighbours that an
 * interrupt or two CPUs wrote at once.  Returns how many (some 100,000 at most), or the
 * first negative code that emit() returned.  Never blocks.
 */
int64_t kc_drain(struct kc_collector *collector, int (*emit)(void *arg, const struct tf_event *ev),
		 void *arg);
/* After kc_stop() and a last kc_drain(): gap records for losses that no event followed. */
int kc_drain_gaps(struct kc_collector *collector, int (*emit)(void *arg, const struct tf_event *ev),
		  void *arg);

/* Facts of calibration, classes and gfp bits; caches and call-site symbols met since the last call.
 */
int kc_add_meta(struct kc_collector *collector, struct tf_meta *meta);
void kc_get_stats(struct kc_collector *collector, struct kc_stats *stats);
/*
 * Of the programs, by number from 0 on: the name, and how often since the start the kernel did
 * not run it, being in it already on that CPU.  That is no loss if the tracepoint's other
 * program ran.  False behind the last.
 */
bool kc_get_skipped(const struct kc_collector *collector, unsigned int i, const char **program,
		    uint64_t *count);
/* Events of one CPU for which its ring had no room. */
uint64_t kc_lost_on_cpu(const struct kc_collector *collector, unsigned int cpu);
void kc_close(struct kc_collector *collector);

#endif
