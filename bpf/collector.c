/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The collector's life: what it finds out of the kernel before a recording, and what it counts.
 */
#include "bpf/collector.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/calibrate.h"
#include "bpf/clock.h"
#include "bpf/decode.h"
#include "bpf/doubled.h"
#include "bpf/error.h"
#include "bpf/facts.h"
#include "bpf/kcore.h"
#include "bpf/kernel_btf.h"
#include "bpf/object.h"
#include "bpf/pairs.h"
#include "bpf/params.h"
#include "bpf/slots.h"
#include "bpf/symbols.h"
#include "bpf/untraced.h"

/* Events of one kc_drain(): on a busy host the rings never run empty. */
#define DRAIN_AT_MOST (1 << 18)
#define TELL_NS 250000000ull /* between looks at what the kernel has skipped */
#define RCU_UNKNOWN 0x7fffffffu

struct kc_collector {
	struct kc_object object;
	struct kc_options options;
	struct kc_untraced *untraced;
	struct kc_symbols *symbols;
	struct kc_doubled doubled;
	pthread_t symbol_thread, detach_thread;
	bool symbols_running, detach_running;
	int symbols_err;
	struct kc_error symbols_reason;
	struct kc_owners *owners;
	struct kc_calibration calibration;
	struct kc_decoder decoder;
	struct kc_slots slots;
	struct kc_pairs pairs;
	uint64_t nr_events[KC_NR_KINDS];	  /* drained */
	uint64_t skipped_before[KC_MAX_PROGRAMS]; /* until kc_start() */
	int64_t missed_before, missed_at_stop;
	uint64_t missed_told, told_ns; /* by gaps; when that was looked at */
	bool has_rcu, facts_written, stopped;
	struct kc_own_events own; /* while calibrating */
	/* of the kc_drain() under way */
	int (*emit)(void *arg, const struct tf_event *ev);
	void *emit_arg;
};

static const char *const class_names[KC_NR_CLASSES] = { "slab", "page", "vmalloc", "percpu",
							"transitions" };

const char *kc_class_name(enum kc_class class)
{
	return class < KC_NR_CLASSES ? class_names[class] : NULL;
}

const char *kc_class_status(const struct kc_collector *c, enum kc_class class)
{
	return c->object.choice[class].status;
}

bool kc_status_is_whole(const char *status)
{
	return !strcmp(status, "tp_btf") || !strcmp(status, "fexit");
}

static struct kc_own_event *new_own_event(struct kc_own_events *own)
{
	if (own->nr == own->room) {
		uint32_t room = own->room ? own->room * 2 : 4096;
		struct kc_own_event *grown = realloc(own->events, room * sizeof(*grown));

		if (!grown)
			return NULL;
		own->events = grown;
		own->room = room;
	}
	memset(&own->events[own->nr], 0, sizeof(*own->events));
	return &own->events[own->nr++];
}

/* While calibrating, records are looked at raw; those of the symbol thread are none of ours. */
static int on_own_record(void *arg, const struct kc_record *rec)
{
	struct kc_collector *c = arg;
	struct kc_own_event *own;

	if (rec->pid != (uint32_t)gettid())
		return 0;
	own = new_own_event(&c->own);
	if (!own)
		return -ENOMEM;
	own->ts_ns = rec->ts_ns;
	own->kind = (uint8_t)kc_record_kind(rec);
	own->addr = rec->slot->addr;
	own->preempt = rec->slot->preempt_node & 0xffffff;
	if (own->kind == KC_PAGE_ALLOC)
		own->order = (uint8_t)rec->slot->detail;
	if (own->kind == KC_KMALLOC)
		own->bytes_alloc = rec->more && rec->more->word & KC_HAS_BYTES
					   ? rec->more->bytes_alloc
					   : rec->slot->detail >> 16 << 3;
	return 0;
}

/* Behind the last frame of the last zone: all that the direct map can hold; 0 if not known. */
static uint64_t memory_end(void)
{
	FILE *f = fopen("/proc/zoneinfo", "re");
	unsigned long long spanned = 0, start, end = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		sscanf(line, " spanned %llu", &spanned);
		if (sscanf(line, " start_pfn: %llu", &start) == 1 && start + spanned > end)
			end = start + spanned;
	}
	if (f)
		fclose(f);
	return end * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* What the programs need to find the cache of an object. */
static void tell_programs(struct kc_collector *c)
{
	struct kc_shared *shared = c->object.shared;

	c->has_rcu =
		shared->rcu_offset != RCU_UNKNOWN &&
		kc_btf_struct_offset(c->object.btf, "task_struct", "rcu_read_lock_nesting") >= 0;
	if (!c->calibration.has_vmemmap || !c->calibration.has_page_offset)
		return;
	shared->page_offset_base = c->calibration.page_offset_base;
	shared->direct_map_bytes = memory_end();
	__atomic_store_n(&shared->vmemmap_base, c->calibration.vmemmap_base, __ATOMIC_RELEASE);
}

static int run_calibration(struct kc_collector *c, struct kc_error *err)
{
	struct kc_probe *probe = calloc(1, sizeof(*probe));
	struct kc_shared *shared = c->object.shared;
	int64_t nr;

	if (!probe)
		return kc_fail(err, -ENOMEM, "out of memory");
	c->calibration.page_struct_bytes = kc_btf_struct_size(c->object.btf, "page");
	shared->rcu_offset = RCU_UNKNOWN;
	__atomic_store_n(&shared->mode, KC_MODE_CALIBRATE, __ATOMIC_SEQ_CST);
	kc_probe_pages(probe);
	kc_probe_pipes();
	__atomic_store_n(&shared->mode, KC_MODE_OFF, __ATOMIC_SEQ_CST);
	do {
		nr = kc_slots_drain(&c->slots, kc_now_ns(), DRAIN_AT_MOST, on_own_record, c);
	} while (nr > 0);
	if (!nr) {
		struct kc_kcore kcore;

		kc_calibrate(&c->calibration, probe, &c->own);
		kc_calibrate_check(&c->calibration, kc_kcore_read(&kcore, NULL) ? NULL : &kcore);
	}
	free(probe);
	free(c->own.events);
	memset(&c->own, 0, sizeof(c->own));
	if (nr < 0)
		return kc_fail(err, (int)nr, "the rings cannot be read: %s", strerror((int)-nr));
	tell_programs(c);
	return 0;
}

/* Takes some 100 ms that the main thread has other work for. */
static void *load_symbols(void *arg)
{
	struct kc_collector *c = arg;

	c->symbols_err = kc_symbols_open(&c->symbols, c->options.vmlinux, NULL, &c->symbols_reason);
	return NULL;
}

static void join_symbols(struct kc_collector *c)
{
	if (c->symbols_running)
		pthread_join(c->symbol_thread, NULL);
	c->symbols_running = false;
}

/*
 * A class without tracepoints is whole if its hooks are had: both of vmalloc's before 6.2.
 */
static void tell_hooked_classes(struct kc_collector *c)
{
	struct kc_hook hook;
	unsigned int had = 0;

	for (unsigned int i = 0; kc_untraced_hook(c->untraced, i, &hook); i++)
		had += hook.class == KC_CLASS_VMALLOC && hook.is_had;
	if (had == 2 && !c->object.choice[KC_CLASS_VMALLOC].nr_programs)
		snprintf(c->object.choice[KC_CLASS_VMALLOC].status,
			 sizeof(c->object.choice[KC_CLASS_VMALLOC].status), "fexit");
}

/* Without symbols the trace has bare addresses and no owners; that is said, not fatal. */
static int take_symbols(struct kc_collector *c, struct kc_error *err)
{
	const struct kc_kallsyms *table;

	join_symbols(c);
	if (c->symbols_err) {
		*err = c->symbols_reason;
		return c->symbols_err;
	}
	table = kc_symbols_table(c->symbols);
	if (!table)
		return 0;
	if (kc_owners_init(&c->owners, table))
		return kc_fail(err, -ENOMEM, "out of memory");
	kc_decoder_set_owners(&c->decoder, c->owners);
	c->doubled.is_inside = kc_is_inside_slab;
	c->doubled.arg = (void *)table;
	return 0;
}

static int open_decoder(struct kc_collector *c, const struct kc_options *options,
			struct kc_error *err)
{
	const struct kc_object *o = &c->object;
	int ret = kc_decoder_init(&c->decoder, &c->calibration);

	if (ret)
		return kc_fail(err, ret, "out of memory");
	c->decoder.entries = o->entries;
	c->decoder.stacks = o->stacks;
	c->decoder.stack_bytes = o->stack_bytes;
	c->decoder.stack_depth = options->stack_depth;
	ret = kc_doubled_init(&c->doubled, o->nr_cpus, (uint64_t)sysconf(_SC_PAGESIZE));
	if (ret)
		return kc_fail(err, ret, "out of memory");
	ret = kc_slots_init(&c->slots, NULL, kc_object_map_fd(o, "slots"), o->shared, o->hot_slots,
			    o->spill_slots, o->nr_cpus, kc_now_ns());
	return ret ? kc_fail(err, ret, "the rings cannot be mapped: %s", strerror(-ret)) : 0;
}

/* A table of symbols may have to be found by the addresses that come. */
static int find_symbols(struct kc_collector *c, int (*find)(struct kc_symbols *symbols))
{
	struct kc_error err;
	int ret;

	if (!kc_symbols_is_pending(c->symbols))
		return 0;
	ret = kc_decoder_show_sites(&c->decoder, kc_symbols_see, c->symbols);
	if (!ret)
		ret = find(c->symbols);
	return ret > 0 ? take_symbols(c, &err) : ret;
}

static int no_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

int kc_open(struct kc_collector **out, const struct kc_options *options, struct kc_error *err)
{
	struct kc_collector *c = calloc(1, sizeof(*c));
	int ret;

	*out = NULL;
	if (!c)
		return kc_fail(err, -ENOMEM, "out of memory");
	c->options = *options;
	libbpf_set_print(no_print);
	c->symbols_running = !pthread_create(&c->symbol_thread, NULL, load_symbols, c);
	ret = kc_object_load(&c->object, options, err);
	if (!ret)
		kc_pairs_init(&c->pairs, &c->object, kc_now_ns());
	if (!ret && kc_untraced_open(&c->untraced, c->object.obj, c->object.btf,
				     options->classes ? options->classes : KC_DEFAULT_CLASSES))
		ret = kc_fail(err, -ENOMEM, "out of memory");
	if (!ret)
		tell_hooked_classes(c);
	if (!ret)
		ret = open_decoder(c, options, err);
	if (!ret)
		ret = run_calibration(c, err);
	if (!ret)
		ret = take_symbols(c, err);
	/* Those of calibration are enough as a rule, so that the first event has its owner. */
	if (!ret && find_symbols(c, kc_symbols_finish))
		ret = kc_fail(err, -ENOMEM, "out of memory");
	if (ret) {
		kc_close(c);
		return ret;
	}
	*out = c;
	return 0;
}

/*
 * Events for which no program ran: those for which the second of two was skipped, but for the
 * ones whose first left a mark that nobody took.
 */
static int64_t count_missed(const struct kc_collector *c)
{
	uint64_t skipped = 0, marked = 0, calls;
	const char *name;

	for (unsigned int kind = 0; kind < KC_NR_KINDS; kind++)
		skipped += kc_pairs_skipped(&c->pairs, kind);
	/* A call of several events each: how many is not known, at least one is. */
	for (unsigned int i = 0; kc_untraced_skipped(c->untraced, i, &name, &calls); i++)
		skipped += calls;
	for (unsigned int cpu = 0; cpu < c->object.nr_cpus; cpu++) {
		const struct kc_cpu *state = &c->object.shared->cpu[cpu];

		marked += state->nr_unseen;
		for (unsigned int level = 0; level < KC_NR_LEVELS; level++)
			marked += !!state->marks[level].ctx;
	}
	return (int64_t)(skipped - marked);
}

/*
 * Not below what was told of before: an event that is under way may have its mark and not yet
 * its second program.
 */
static uint64_t missed_since_start(const struct kc_collector *c)
{
	int64_t missed = (c->stopped ? c->missed_at_stop : count_missed(c)) - c->missed_before;

	/* With these filters nothing is recorded in interrupts, and only they are skipped. */
	if (c->options.filter.nr_pids || c->options.filter.cgroup)
		return 0;
	return missed > (int64_t)c->missed_told ? (uint64_t)missed : c->missed_told;
}

bool kc_get_skipped(const struct kc_collector *c, unsigned int i, const char **program,
		    uint64_t *count)
{
	if (i >= c->object.nr_programs)
		return kc_untraced_skipped(c->untraced, i - c->object.nr_programs, program, count);
	*program = c->object.programs[i].name;
	*count = kc_object_skipped(&c->object, i) - c->skipped_before[i];
	return true;
}

uint64_t kc_start(struct kc_collector *c)
{
	for (unsigned int i = 0; i < c->object.nr_programs; i++)
		c->skipped_before[i] = kc_object_skipped(&c->object, i);
	c->missed_before = count_missed(c);
	/* What calibration has lost is nobody's. */
	for (unsigned int cpu = 0; cpu < c->object.nr_cpus; cpu++) {
		c->object.shared->cpu[cpu].lost = 0;
		c->object.shared->cpu[cpu].pending = 0;
	}
	__atomic_store_n(&c->object.shared->mode, KC_MODE_RECORD, __ATOMIC_SEQ_CST);
	return kc_now_ns();
}

static void *detach(void *arg)
{
	struct kc_collector *c = arg;

	kc_untraced_detach(c->untraced);
	kc_object_detach(&c->object);
	return NULL;
}

uint64_t kc_stop(struct kc_collector *c)
{
	uint64_t now;

	__atomic_store_n(&c->object.shared->mode, KC_MODE_OFF, __ATOMIC_SEQ_CST);
	now = kc_now_ns();
	/* What is skipped from now on is nobody's loss. */
	c->missed_at_stop = count_missed(c);
	c->stopped = true;
	return now;
}

void kc_detach(struct kc_collector *c)
{
	if (!c->detach_running)
		c->detach_running = !pthread_create(&c->detach_thread, NULL, detach, c);
}

static int on_record(void *arg, const struct kc_record *rec)
{
	struct kc_collector *c = arg;
	struct tf_event ev;
	int err = kc_decode(&c->decoder, rec, &ev);

	c->nr_events[ev.kind]++;
	return err ? err : kc_doubled_add(&c->doubled, &ev, c->emit, c->emit_arg);
}

static int emit_gap(int (*emit)(void *arg, const struct tf_event *ev), void *arg, unsigned int cpu,
		    uint64_t lost)
{
	struct tf_event gap = { .kind = TF_GAP,
				.cpu = (uint16_t)cpu,
				.ts_ns = kc_now_ns(),
				.bytes_req = lost,
				.node = TF_NO_NODE };

	return lost ? emit(arg, &gap) : 0;
}

/* The kernel counts what it skipped by program, not by CPU: told as of CPU 0. */
static int tell_missed(struct kc_collector *c, int (*emit)(void *arg, const struct tf_event *ev),
		       void *arg)
{
	uint64_t missed = missed_since_start(c), more = missed - c->missed_told;

	c->missed_told = missed;
	return emit_gap(emit, arg, 0, more);
}

int64_t kc_drain(struct kc_collector *c, int (*emit)(void *arg, const struct tf_event *ev),
		 void *arg)
{
	uint64_t now_ns = kc_now_ns();
	int64_t nr;
	int err = 0;

	c->emit = emit;
	c->emit_arg = arg;
	if (!c->stopped)
		kc_pairs_tune(&c->pairs, now_ns, c->nr_events);
	nr = kc_slots_drain(&c->slots, now_ns, DRAIN_AT_MOST, on_record, c);
	if (nr >= 0)
		err = kc_doubled_flush(&c->doubled, now_ns, emit, arg);
	if (nr >= 0 && !err && now_ns - c->told_ns >= TELL_NS) {
		c->told_ns = now_ns;
		err = tell_missed(c, emit, arg);
	}
	return err ? err : nr;
}

int kc_drain_gaps(struct kc_collector *c, int (*emit)(void *arg, const struct tf_event *ev),
		  void *arg)
{
	int err = kc_doubled_flush(&c->doubled, UINT64_MAX, emit, arg);

	for (unsigned int cpu = 0; cpu < c->object.nr_cpus && !err; cpu++) {
		err = emit_gap(emit, arg, cpu,
			       __atomic_exchange_n(&c->object.shared->cpu[cpu].pending, 0,
						   __ATOMIC_SEQ_CST));
	}
	return err ? err : tell_missed(c, emit, arg);
}

static int add_facts(struct kc_collector *c, struct tf_meta *meta)
{
	char key[64];
	int err = 0;

	for (unsigned int i = 0; i < KC_NR_CLASSES && !err; i++) {
		snprintf(key, sizeof(key), "record.class.%s", class_names[i]);
		err = tf_meta_set(meta, key, c->object.choice[i].status);
	}
	if (!err)
		err = kc_add_calibration_facts(&c->calibration, meta);
	if (!err)
		err = kc_add_option_facts(&c->options, meta);
	if (!err)
		err = kc_untraced_add_facts(c->untraced, meta);
	if (!err)
		err = tf_meta_set(meta, "record.memalloc", "task flags");
	if (!err && c->has_rcu)
		err = tf_meta_set(meta, "record.rcu", "rcu_read_lock_nesting");
	if (!err && kc_add_gfp_facts(c->object.btf, meta) < 0)
		err = -ENOMEM;
	return err;
}

int kc_add_meta(struct kc_collector *c, struct tf_meta *meta)
{
	int err = find_symbols(c, c->stopped ? kc_symbols_finish : kc_symbols_poll);

	if (!err && !c->facts_written)
		err = add_facts(c, meta);
	if (err)
		return err;
	c->facts_written = true;
	err = kc_symbols_add_facts(c->symbols, meta);
	return err ? err : kc_decoder_add_meta(&c->decoder, kc_symbols_table(c->symbols), meta);
}

void kc_get_stats(struct kc_collector *c, struct kc_stats *stats)
{
	const struct kc_shared *shared = c->object.shared;

	memset(stats, 0, sizeof(*stats));
	stats->nr_cpus = c->object.nr_cpus;
	stats->ring_bytes = kc_object_ring_bytes(&c->object);
	/* While it records, as of the last look: each takes a system call a program. */
	stats->nr_missed = c->stopped ? missed_since_start(c) : c->missed_told;
	stats->nr_wide_sites = shared->wide_sites;
	stats->nr_no_cache = shared->no_cache;
	stats->nr_no_stack = shared->no_stack;
	stats->nr_untracked = shared->untracked;
	stats->nr_inversions = c->slots.nr_inversions;
	stats->nr_doubled = c->doubled.nr_dropped;
	for (unsigned int kind = 0; kind < KC_NR_KINDS; kind++)
		stats->nr_rescued += shared->rescued[kind];
	stats->nr_lost = stats->nr_missed;
	for (unsigned int cpu = 0; cpu < c->object.nr_cpus; cpu++) {
		stats->nr_lost += shared->cpu[cpu].lost;
		stats->nr_excluded += shared->cpu[cpu].excluded;
	}
}

uint64_t kc_lost_on_cpu(const struct kc_collector *c, unsigned int cpu)
{
	return cpu < c->object.nr_cpus ? c->object.shared->cpu[cpu].lost : 0;
}

void kc_close(struct kc_collector *c)
{
	if (!c)
		return;
	join_symbols(c);
	if (c->detach_running)
		pthread_join(c->detach_thread, NULL);
	kc_slots_release(&c->slots);
	kc_untraced_close(c->untraced);
	kc_object_release(&c->object);
	kc_decoder_release(&c->decoder);
	kc_owners_free(c->owners);
	kc_symbols_close(c->symbols);
	kc_doubled_release(&c->doubled);
	free(c);
}
