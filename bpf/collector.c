/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The collector's life: everything that libbpf and the ring are asked to do.
 */
#include "bpf/collector.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/calibrate.h"
#include "bpf/clock.h"
#include "bpf/decode.h"
#include "bpf/programs.h"
#include "bpf/slots.h"

#define MAX_LINKS 32
#define DRAIN_AT_MOST                                                                              \
	(1 << 18) /* events of one kc_drain(): on a busy host the rings never run empty */
#define RARE_RING_BYTES (8u << 20) /* at least; events with stacks, of all CPUs */

/* bpf/embed.S */
extern const uint8_t kc_bpf_object[], kc_bpf_object_end[];

struct kc_collector {
	struct bpf_object *obj;
	struct btf *btf;
	struct bpf_link *links[MAX_LINKS];
	int last_fds[MAX_LINKS]; /* of each tracepoint's only or second program */
	unsigned int nr_links, nr_last;
	struct kc_class_choice choice[KC_NR_CLASSES];
	struct ring_buffer *ring;
	struct kc_shared *shared;
	size_t shared_bytes;
	struct kc_kallsyms *syms;
	/* Both take some 100 ms that the main thread has other work for. */
	pthread_t symbol_thread, detach_thread;
	bool symbols_running, detach_running;
	struct kc_owners *owners;
	struct kc_calibration calibration;
	struct kc_decoder decoder;
	struct kc_slots slots;
	uint32_t slots_per_cpu;
	int64_t missed_before; /* until kc_start() */
	int64_t missed_at_stop;
	unsigned int nr_cpus;
	bool facts_written, stopped;
	struct kc_own_events own; /* while calibrating */
};

static const char *const class_names[KC_NR_CLASSES] = { "slab", "page", "vmalloc", "percpu" };

const char *kc_class_name(enum kc_class class)
{
	return class < KC_NR_CLASSES ? class_names[class] : NULL;
}

const char *kc_class_status(const struct kc_collector *collector, enum kc_class class)
{
	return collector->choice[class].status;
}

__attribute__((format(printf, 3, 4))) static int fail(struct kc_error *err, int code,
						      const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->reason, sizeof(err->reason), fmt, ap);
	va_end(ap);
	return code;
}

static int no_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

/* One record out of the ring buffer; libbpf calls this from ring_buffer__consume(). */
static int on_record(void *arg, void *data, size_t size)
{
	struct kc_collector *c = arg;
	struct tf_event ev;
	int ret = kc_decode(&c->decoder, data, size, &ev);

	return ret <= 0 ? ret : kc_slots_add_side(&c->slots, &ev);
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
static int on_own_record(void *arg, void *data, size_t size)
{
	struct kc_collector *c = arg;
	const struct kc_head *h = data;
	struct kc_own_event *own;
	struct tf_event unused;

	if (size < sizeof(*h))
		return -EINVAL;
	if ((h->cpu_kind & 31) == KC_REC_CACHE)
		return kc_decode(&c->decoder, data, size, &unused);
	if (h->pid != (uint32_t)gettid())
		return 0;
	own = new_own_event(&c->own);
	if (!own)
		return -ENOMEM;
	own->ts_ns = h->ts_ns;
	own->kind = h->cpu_kind & 31;
	own->addr = h->addr;
	own->preempt = h->preempt;
	if (own->kind == KC_PAGE_ALLOC && size >= sizeof(struct kc_page))
		own->order = ((const struct kc_page *)data)->order;
	return 0;
}

static int take_own_slots(struct kc_collector *c)
{
	for (unsigned int cpu = 0; cpu < c->nr_cpus; cpu++) {
		const struct kc_slot *slot;

		for (; (slot = kc_slots_peek(&c->slots, cpu)); kc_slots_take(&c->slots, cpu)) {
			struct kc_own_event *own;

			if (slot->pid != (uint32_t)gettid())
				continue;
			own = new_own_event(&c->own);
			if (!own)
				return -ENOMEM;
			own->ts_ns = slot->word & KC_TS_MASK;
			own->kind = slot->word >> KC_TS_BITS & 31;
			own->addr = slot->addr;
			own->preempt = slot->preempt_node & 0xffffff;
			own->bytes_alloc = kc_unpack_bytes(slot->bytes_alloc);
		}
	}
	return 0;
}

/* Room for want bytes of slots on every CPU, in a power of two. */
static int size_maps(struct kc_collector *c, size_t want, struct kc_error *err)
{
	uint32_t rare = RARE_RING_BYTES;
	struct bpf_map *ring = bpf_object__find_map_by_name(c->obj, "ring");
	struct bpf_map *slots = bpf_object__find_map_by_name(c->obj, "slots");

	while (rare < want)
		rare *= 2;
	c->slots_per_cpu = 4096;
	while (c->slots_per_cpu * sizeof(struct kc_slot) < want && c->slots_per_cpu < 1u << 24)
		c->slots_per_cpu *= 2;
	if ((uint64_t)c->slots_per_cpu * c->nr_cpus > UINT32_MAX / 2)
		return fail(err, -EINVAL,
			    "%zu bytes a CPU for %u CPUs are too much: give a smaller --ring", want,
			    c->nr_cpus);
	if (!ring || !slots || bpf_map__set_max_entries(ring, rare) ||
	    bpf_map__set_max_entries(slots, c->slots_per_cpu * c->nr_cpus))
		return fail(err, -EINVAL, "the embedded eBPF object has no rings");
	return 0;
}

static int open_object(struct kc_collector *c, const struct kc_options *options,
		       struct kc_error *err)
{
	unsigned int classes = options->classes ? options->classes : (1u << KC_NR_CLASSES) - 1;
	struct kc_params params = { .self_tgid = (uint32_t)getpid(),
				    .include_self = !!(options->flags & KC_INCLUDE_SELF) };
	struct bpf_map *map;
	int ret;

	c->btf = btf__load_vmlinux_btf();
	if (!c->btf)
		return fail(
			err, -ENOENT,
			"this kernel offers no BTF (/sys/kernel/btf/vmlinux): it needs CONFIG_DEBUG_INFO_BTF=y");
	c->obj = bpf_object__open_mem(kc_bpf_object, (size_t)(kc_bpf_object_end - kc_bpf_object),
				      NULL);
	if (!c->obj)
		return fail(err, -errno, "the embedded eBPF object cannot be opened: %s",
			    strerror(errno));
	if (!kc_choose_programs(c->obj, c->btf, classes, c->choice))
		return fail(err, -ENOENT, "none of the tracepoints asked for can be had (%s)",
			    c->choice[__builtin_ctz(classes)].status);
	ret = size_maps(c, options->ring_bytes ? options->ring_bytes : KC_RING_DEFAULT, err);
	if (ret)
		return ret;
	params.slots_per_cpu = c->slots_per_cpu;
	map = bpf_object__find_map_by_name(c->obj, ".rodata");
	kc_fill_params(c->btf, &params);
	if (!map || bpf_map__set_initial_value(map, &params, sizeof(params)))
		return fail(err, -EINVAL, "the embedded eBPF object has no parameters");
	return 0;
}

/* Programs of a tracepoint run in the order in which they were attached. */
static int attach_programs(struct kc_collector *c, const char *suffix, struct kc_error *err)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, c->obj)
	{
		const char *name = bpf_program__name(prog);

		if (!bpf_program__autoload(prog) || !kc_has_suffix(name, suffix))
			continue;
		if (c->nr_links == MAX_LINKS)
			return fail(err, -E2BIG, "more than %d programs", MAX_LINKS);
		c->links[c->nr_links] = bpf_program__attach(prog);
		if (!c->links[c->nr_links])
			return fail(err, -errno, "%s cannot be attached: %s", name,
				    strerror(errno));
		c->nr_links++;
		if (strcmp(suffix, "__first"))
			c->last_fds[c->nr_last++] = bpf_program__fd(prog);
	}
	return 0;
}

static int load_object(struct kc_collector *c, struct kc_error *err)
{
	struct bpf_map *map;
	int ret = bpf_object__load(c->obj);

	if (ret == -EPERM)
		return fail(
			err, ret,
			"loading eBPF programs is not permitted: run as root, or with CAP_BPF and "
			"CAP_PERFMON");
	if (ret)
		return fail(err, ret, "the kernel did not take the eBPF programs: %s",
			    strerror(-ret));
	map = bpf_object__find_map_by_name(c->obj, ".bss");
	c->shared_bytes = map ? bpf_map__value_size(map) : 0;
	c->shared_bytes = (c->shared_bytes + 4095) & ~(size_t)4095;
	if (c->shared_bytes < sizeof(struct kc_shared))
		return fail(err, -EINVAL, "the embedded eBPF object has no shared memory");
	c->shared = mmap(NULL, c->shared_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			 bpf_map__fd(map), 0);
	if (c->shared == MAP_FAILED) {
		c->shared = NULL;
		return fail(err, -errno, "the programs' memory cannot be mapped: %s",
			    strerror(errno));
	}
	ret = kc_slots_map(&c->slots, bpf_object__find_map_fd_by_name(c->obj, "slots"), c->shared,
			   c->slots_per_cpu, c->nr_cpus);
	if (ret)
		return fail(err, ret, "the slots of the programs cannot be mapped: %s",
			    strerror(-ret));
	ret = attach_programs(c, "__only", err);
	if (!ret)
		ret = attach_programs(c, "__first", err);
	return ret ? ret : attach_programs(c, "__second", err);
}

/*
 * Events for which no program ran.  Of a tracepoint with one program: all that it was
 * skipped for.  With two: those for which the second was skipped, but for the ones
 * whose first left a mark that nobody took.
 */
static int64_t count_missed(const struct kc_collector *c)
{
	uint64_t skipped = 0, marked = 0;

	for (unsigned int i = 0; i < c->nr_last; i++) {
		struct bpf_prog_info info = { 0 };
		__u32 len = sizeof(info);

		if (!bpf_obj_get_info_by_fd(c->last_fds[i], &info, &len))
			skipped += info.recursion_misses;
	}
	for (unsigned int cpu = 0; cpu < c->nr_cpus; cpu++) {
		const struct kc_cpu *state = &c->shared->cpu[cpu];

		marked += state->nr_unseen;
		for (unsigned int level = 0; level < KC_NR_LEVELS; level++)
			marked += !!state->marks[level].ctx;
	}
	return (int64_t)(skipped - marked);
}

/* Not below 0: an event that is under way may have its mark and not yet its second program. */
static uint64_t missed_since_start(const struct kc_collector *c)
{
	int64_t missed = (c->stopped ? c->missed_at_stop : count_missed(c)) - c->missed_before;

	return missed > 0 ? (uint64_t)missed : 0;
}

static int run_calibration(struct kc_collector *c, struct kc_error *err)
{
	struct kc_probe *probe = calloc(1, sizeof(*probe));
	struct ring_buffer *ring;
	int fd = bpf_object__find_map_fd_by_name(c->obj, "ring");
	int ret;

	ring = ring_buffer__new(fd, on_own_record, c, NULL);
	if (!probe || !ring) {
		free(probe);
		ring_buffer__free(ring);
		return fail(err, -ENOMEM, "no memory for the ring");
	}
	c->calibration.page_struct_bytes = kc_btf_struct_size(c->btf, "page");
	__atomic_store_n(&c->shared->mode, KC_MODE_CALIBRATE, __ATOMIC_SEQ_CST);
	kc_probe_pages(probe);
	kc_probe_pipes();
	__atomic_store_n(&c->shared->mode, KC_MODE_OFF, __ATOMIC_SEQ_CST);
	ret = ring_buffer__consume(ring);
	ring_buffer__free(ring);
	if (ret >= 0)
		ret = take_own_slots(c);
	if (ret >= 0)
		kc_calibrate(&c->calibration, probe, &c->own);
	free(probe);
	free(c->own.events);
	memset(&c->own, 0, sizeof(c->own));
	return ret < 0 ? fail(err, ret, "the ring cannot be read: %s", strerror(-ret)) : 0;
}

/* Without symbols the trace has bare addresses and no owners; that is said, not fatal. */
static void *load_symbols(void *arg)
{
	struct kc_collector *c = arg;

	kc_kallsyms_load(&c->syms, NULL);
	return NULL;
}

static void join_symbols(struct kc_collector *c)
{
	if (c->symbols_running)
		pthread_join(c->symbol_thread, NULL);
	c->symbols_running = false;
}

static int read_ring(void *arg)
{
	struct kc_collector *c = arg;
	int ret = ring_buffer__consume(c->ring);

	return ret < 0 ? ret : 0;
}

int kc_open(struct kc_collector **out, const struct kc_options *options, struct kc_error *err)
{
	struct kc_collector *c = calloc(1, sizeof(*c));
	int ret;

	*out = NULL;
	if (!c)
		return fail(err, -ENOMEM, "out of memory");
	libbpf_set_print(no_print);
	ret = libbpf_num_possible_cpus();
	if (ret < 0) {
		fail(err, ret, "the number of CPUs cannot be read: %s", strerror(-ret));
		goto out;
	}
	c->nr_cpus = (unsigned int)ret;
	if (c->nr_cpus > KC_MAX_CPUS) {
		ret = fail(err, -E2BIG, "%u CPUs are more than the %u that the collector can count",
			   c->nr_cpus, KC_MAX_CPUS);
		goto out;
	}
	c->symbols_running = !pthread_create(&c->symbol_thread, NULL, load_symbols, c);
	ret = open_object(c, options, err);
	if (ret)
		goto out;
	ret = kc_decoder_init(&c->decoder, &c->calibration);
	if (ret) {
		fail(err, ret, "out of memory");
		goto out;
	}
	ret = load_object(c, err);
	if (ret)
		goto out;
	ret = run_calibration(c, err);
	if (ret)
		goto out;
	join_symbols(c);
	if (c->syms && kc_owners_init(&c->owners, c->syms)) {
		ret = fail(err, -ENOMEM, "out of memory");
		goto out;
	}
	c->decoder.owners = c->owners;
	c->ring = ring_buffer__new(bpf_object__find_map_fd_by_name(c->obj, "ring"), on_record, c,
				   NULL);
	if (!c->ring) {
		ret = fail(err, -ENOMEM, "no memory for the ring");
		goto out;
	}
	c->slots.refresh = read_ring;
	c->slots.refresh_arg = c;
	*out = c;
	c = NULL;
out:
	kc_close(c);
	return ret;
}

uint64_t kc_start(struct kc_collector *c)
{
	c->missed_before = count_missed(c);
	__atomic_store_n(&c->shared->mode, KC_MODE_RECORD, __ATOMIC_SEQ_CST);
	return kc_now_ns();
}

static void *detach(void *arg)
{
	struct kc_collector *c = arg;

	for (unsigned int i = 0; i < c->nr_links; i++)
		bpf_link__destroy(c->links[i]);
	c->nr_links = 0;
	return NULL;
}

uint64_t kc_stop(struct kc_collector *c)
{
	uint64_t now;

	__atomic_store_n(&c->shared->mode, KC_MODE_OFF, __ATOMIC_SEQ_CST);
	now = kc_now_ns();
	/* Programs that are off leave no marks: what is skipped from now on is nobody's loss. */
	c->missed_at_stop = count_missed(c);
	c->stopped = true;
	return now;
}

void kc_detach(struct kc_collector *c)
{
	if (!c->detach_running)
		c->detach_running = !pthread_create(&c->detach_thread, NULL, detach, c);
}

int64_t kc_drain(struct kc_collector *c, int (*emit)(void *arg, const struct tf_event *ev),
		 void *arg)
{
	int ret = read_ring(c);

	return ret ? ret : kc_slots_drain(&c->slots, &c->decoder, DRAIN_AT_MOST, emit, arg);
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

int kc_drain_gaps(struct kc_collector *c, int (*emit)(void *arg, const struct tf_event *ev),
		  void *arg)
{
	int err;

	for (unsigned int cpu = 0; cpu < c->nr_cpus; cpu++) {
		err = emit_gap(
			emit, arg, cpu,
			__atomic_exchange_n(&c->shared->cpu[cpu].pending, 0, __ATOMIC_SEQ_CST));
		if (err)
			return err;
	}
	/* The kernel counts what it skipped by program, not by CPU: told as of CPU 0. */
	return emit_gap(emit, arg, 0, missed_since_start(c));
}

static int add_facts(struct kc_collector *c, struct tf_meta *meta)
{
	const struct kc_calibration *cal = &c->calibration;
	char key[64];
	int err = 0;

	for (unsigned int i = 0; i < KC_NR_CLASSES && !err; i++) {
		snprintf(key, sizeof(key), "record.class.%s", class_names[i]);
		err = tf_meta_set(meta, key, c->choice[i].status);
	}
	if (!err && cal->has_vmemmap)
		err = tf_meta_setf(meta, "calib.vmemmap_base", "0x%llx",
				   (unsigned long long)cal->vmemmap_base);
	if (!err && cal->has_page_offset)
		err = tf_meta_setf(meta, "calib.page_offset_base", "0x%llx",
				   (unsigned long long)cal->page_offset_base);
	if (!err)
		err = tf_meta_setf(meta, "calib.preempt", "%s",
				   !cal->has_preempt	     ? "unknown"
				   : cal->preempt_is_counted ? "counted"
							     : "interrupts only");
	if (!err)
		err = tf_meta_set(
			meta, "record.symbols",
			c->syms ? "kallsyms"
				: "none: /proc/kallsyms hides its addresses (kptr_restrict, CAP_SYSLOG)");
	if (!err && kc_add_gfp_facts(c->btf, meta) < 0)
		err = -ENOMEM;
	return err;
}

int kc_add_meta(struct kc_collector *c, struct tf_meta *meta)
{
	if (!c->facts_written) {
		int err = add_facts(c, meta);

		if (err)
			return err;
		c->facts_written = true;
	}
	return kc_decoder_add_meta(&c->decoder, c->syms, meta);
}

void kc_get_stats(struct kc_collector *c, struct kc_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	stats->nr_cpus = c->nr_cpus;
	stats->nr_missed = missed_since_start(c);
	stats->nr_wide_sites = c->shared->wide_sites;
	stats->nr_inversions = c->slots.nr_inversions;
	stats->nr_lost = stats->nr_missed;
	for (unsigned int cpu = 0; cpu < c->nr_cpus; cpu++) {
		stats->nr_lost += c->shared->cpu[cpu].lost;
		stats->nr_excluded += c->shared->cpu[cpu].excluded;
	}
}

uint64_t kc_lost_on_cpu(const struct kc_collector *c, unsigned int cpu)
{
	return cpu < c->nr_cpus ? c->shared->cpu[cpu].lost : 0;
}

void kc_close(struct kc_collector *c)
{
	if (!c)
		return;
	join_symbols(c);
	if (c->detach_running)
		pthread_join(c->detach_thread, NULL);
	detach(c);
	ring_buffer__free(c->ring);
	kc_slots_unmap(&c->slots);
	if (c->shared)
		munmap(c->shared, c->shared_bytes);
	bpf_object__close(c->obj);
	btf__free(c->btf);
	kc_decoder_release(&c->decoder);
	kc_owners_free(c->owners);
	kc_kallsyms_free(c->syms);
	free(c);
}
