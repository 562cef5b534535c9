/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything that libbpf is asked to do for the main programs.
 */
#include "bpf/object.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/error.h"
#include "bpf/params.h"

#define HOT_SLOTS (1u << 14)		  /* 512 KiB: what an L2 cache of this century holds */
#define LEAST_SLOTS (16 * KC_SLOT_MARGIN) /* what calibration takes */
#define PROGRAM_FRAMES 4		  /* of a chain: the program, and the kernel's way to it */

/* bpf/embed.S */
extern const uint8_t kc_bpf_kmem[], kc_bpf_kmem_end[];

static uint32_t power_of_two(uint64_t at_least)
{
	uint32_t n = 1;

	while (n < at_least && n < 1u << 30)
		n *= 2;
	return n;
}

/* The tables that have as many entries as there are CPUs, or as the options ask for. */
static int size_maps(struct kc_object *o, const struct kc_options *options,
		     const struct kc_params *params, struct kc_error *err)
{
	size_t want = options->ring_bytes ? options->ring_bytes : KC_RING_DEFAULT;
	uint64_t slots = kc_object_ring_bytes(o) / sizeof(struct kc_slot);
	uint32_t frames = params->owner_frames > params->slab_frames ? params->owner_frames
								     : params->slab_frames;
	bool tracks = params->min_bytes || params->sample_sites > 1;

	o->stack_bytes = sizeof(struct kc_stack) + frames * sizeof(uint64_t);
	if (slots > UINT32_MAX / 2)
		return kc_fail(err, -EINVAL,
			       "%zu bytes a CPU for %u CPUs are too much: give a smaller --ring",
			       want, o->nr_cpus);
	if (bpf_map__set_max_entries(bpf_object__find_map_by_name(o->obj, "slots"), (__u32)slots) ||
	    bpf_map__set_max_entries(bpf_object__find_map_by_name(o->obj, "chains"),
				     o->nr_cpus * KC_NR_LEVELS) ||
	    bpf_map__set_value_size(bpf_object__find_map_by_name(o->obj, "chains"),
				    (__u32)o->stack_bytes) ||
	    bpf_map__set_value_size(bpf_object__find_map_by_name(o->obj, "stacks"),
				    (__u32)o->stack_bytes) ||
	    bpf_map__set_max_entries(bpf_object__find_map_by_name(o->obj, "tracked"),
				     tracks ? KC_TRACKED_BUCKETS : 1))
		return kc_fail(err, -EINVAL, "the embedded eBPF object has not the maps it should");
	return 0;
}

static void fill_filter(const struct kc_filter *filter, struct kc_params *params)
{
	params->nr_pids = filter->nr_pids;
	for (unsigned int i = 0; i < filter->nr_pids; i++)
		params->pids[i] = (__u32)filter->pids[i];
	params->has_cgroup = !!filter->cgroup;
	params->has_cpus = filter->has_cpus;
	params->has_filters = params->nr_pids || params->has_cgroup || params->has_cpus;
	memcpy(params->cpus, filter->cpus, sizeof(params->cpus));
	params->min_bytes = filter->min_bytes;
	params->sample_sites = filter->sample_sites;
}

static int open_object(struct kc_object *o, const struct kc_options *options, struct kc_error *err)
{
	unsigned int classes = options->classes ? options->classes : KC_DEFAULT_CLASSES;
	struct kc_params params = { .self_tgid = (uint32_t)getpid(),
				    .include_self = !!(options->flags & KC_INCLUDE_SELF),
				    .stack_every = options->stack_every };
	uint64_t ring_slots = (options->ring_bytes ? options->ring_bytes : KC_RING_DEFAULT) /
			      sizeof(struct kc_slot);
	struct bpf_map *rodata;
	int ret;

	o->btf = btf__load_vmlinux_btf();
	if (!o->btf)
		return kc_fail(err, -ENOENT,
			       "this kernel offers no BTF (/sys/kernel/btf/vmlinux): it needs "
			       "CONFIG_DEBUG_INFO_BTF=y");
	o->obj = bpf_object__open_mem(kc_bpf_kmem, (size_t)(kc_bpf_kmem_end - kc_bpf_kmem), NULL);
	if (!o->obj)
		return kc_fail(err, -errno, "the embedded eBPF object cannot be opened: %s",
			       strerror(errno));
	if (!kc_choose_programs(o->obj, o->btf, classes, o->choice))
		return kc_fail(err, -ENOENT, "none of the tracepoints asked for can be had (%s)",
			       o->choice[__builtin_ctz(classes)].status);
	if (ring_slots < LEAST_SLOTS)
		ring_slots = LEAST_SLOTS;
	params.spill_slots = o->spill_slots = power_of_two(ring_slots);
	params.hot_slots = o->hot_slots = o->spill_slots < HOT_SLOTS ? o->spill_slots : HOT_SLOTS;
	params.slab_frames = options->stack_depth ? options->stack_depth + PROGRAM_FRAMES : 0;
	if (params.slab_frames > KC_MAX_FRAMES)
		params.slab_frames = KC_MAX_FRAMES;
	params.owner_frames =
		params.slab_frames > KC_OWNER_FRAMES ? params.slab_frames : KC_OWNER_FRAMES;
	fill_filter(&options->filter, &params);
	kc_fill_params(o->btf, &params);
	ret = size_maps(o, options, &params, err);
	if (ret)
		return ret;
	rodata = bpf_object__find_map_by_name(o->obj, ".rodata");
	if (!rodata || bpf_map__set_initial_value(rodata, &params, sizeof(params)))
		return kc_fail(err, -EINVAL, "the embedded eBPF object has no parameters");
	return 0;
}

int kc_object_map_fd(const struct kc_object *o, const char *name)
{
	return bpf_object__find_map_fd_by_name(o->obj, name);
}

/* A map as memory, NULL with errno set.  *bytes is its length. */
static void *map_memory(const struct kc_object *o, const char *name, size_t entry_bytes,
			size_t entries, int protection, size_t *bytes)
{
	/* Values of an array lie at multiples of 8 bytes, and a map ends at a page. */
	size_t len = ((entry_bytes + 7) & ~(size_t)7) * entries;
	void *memory;

	len = (len + 4095) & ~(size_t)4095;
	memory = mmap(NULL, len, protection, MAP_SHARED, kc_object_map_fd(o, name), 0);
	if (memory == MAP_FAILED)
		return NULL;
	*bytes = len;
	return memory;
}

static int map_tables(struct kc_object *o, struct kc_error *err)
{
	o->shared = map_memory(o, ".bss", sizeof(*o->shared), 1, PROT_READ | PROT_WRITE,
			       &o->shared_bytes);
	if (o->shared)
		o->entries = map_memory(o, "caches", sizeof(*o->entries), KC_CACHE_SLOTS, PROT_READ,
					&o->entries_bytes);
	if (o->entries)
		o->stacks = map_memory(o, "stacks", o->stack_bytes, KC_STACK_SLOTS, PROT_READ,
				       &o->stacks_bytes);
	if (!o->stacks)
		return kc_fail(err, -errno, "the programs' memory cannot be mapped: %s",
			       strerror(errno));
	return 0;
}

/* Where the rings of each CPU lie in the array of slots. */
static void place_rings(const struct kc_object *o)
{
	uint32_t first = 0;

	for (unsigned int cpu = 0; cpu < o->nr_cpus; cpu++) {
		for (unsigned int ring = 0; ring < KC_NR_RINGS; ring++) {
			o->shared->cpu[cpu].rings[ring].first = first;
			first += ring == KC_SPILL ? o->spill_slots : o->hot_slots;
		}
	}
}

static int set_cgroup(const struct kc_object *o, const char *path, struct kc_error *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	__u32 key = 0;
	int ret = 0;

	if (fd < 0)
		ret = kc_fail(err, -EINVAL, "--cgroup: %s: %s", path, strerror(errno));
	else if (bpf_map_update_elem(kc_object_map_fd(o, "cgroups"), &key, &fd, BPF_ANY))
		ret = kc_fail(err, -EINVAL, "--cgroup: %s is no cgroup of version 2", path);
	if (fd >= 0)
		close(fd);
	return ret;
}

/* Programs of a tracepoint run in the order in which they were attached. */
static int attach_programs(struct kc_object *o, const char *suffix, struct kc_error *err)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, o->obj)
	{
		const char *name = bpf_program__name(prog);
		struct kc_attached *a = &o->programs[o->nr_programs];

		if (!bpf_program__autoload(prog) || !kc_has_suffix(name, suffix))
			continue;
		if (o->nr_programs == KC_MAX_PROGRAMS)
			return kc_fail(err, -E2BIG, "more than %d programs", KC_MAX_PROGRAMS);
		a->link = bpf_program__attach(prog);
		if (!a->link)
			return kc_fail(err, -errno, "%s cannot be attached: %s", name,
				       strerror(errno));
		a->program = prog;
		a->name = name;
		a->fd = bpf_program__fd(prog);
		a->is_first = !strcmp(suffix, "__first");
		o->nr_programs++;
	}
	return 0;
}

/* CPUs are told by their numbers, which may have holes. */
static int count_cpus(void)
{
	FILE *f = fopen("/sys/devices/system/cpu/possible", "re");
	unsigned int first, last, nr = 0;
	int fields;

	while (f && (fields = fscanf(f, "%u-%u", &first, &last)) > 0) {
		nr = (fields == 2 ? last : first) + 1;
		if (fgetc(f) != ',')
			break;
	}
	if (f)
		fclose(f);
	return nr ? (int)nr : libbpf_num_possible_cpus();
}

/* The number of the host's own (PROC_PID_INIT_INO of include/linux/proc_ns.h). */
#define HOST_PID_NAMESPACE 0xeffffffcu

/* The programs know processes by their numbers on the host. */
static int check_namespace(struct kc_error *err)
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st) || st.st_ino == HOST_PID_NAMESPACE)
		return 0;
	return kc_fail(err, -ENOTSUP,
		       "in a PID namespace the collector cannot tell its own events from others: "
		       "run it in the host's");
}

int kc_object_load(struct kc_object *o, const struct kc_options *options, struct kc_error *err)
{
	int ret;

	memset(o, 0, sizeof(*o));
	ret = check_namespace(err);
	if (ret)
		return ret;
	ret = count_cpus();
	if (ret < 0)
		return kc_fail(err, ret, "the number of CPUs cannot be read: %s", strerror(-ret));
	o->nr_cpus = (unsigned int)ret;
	if (o->nr_cpus > KC_MAX_CPUS)
		return kc_fail(err, -E2BIG,
			       "%u CPUs are more than the %u that the collector can count",
			       o->nr_cpus, KC_MAX_CPUS);
	ret = open_object(o, options, err);
	if (ret)
		return ret;
	ret = bpf_object__load(o->obj);
	if (ret == -EPERM)
		return kc_fail(
			err, ret,
			"loading eBPF programs is not permitted: run as root, or with CAP_BPF "
			"and CAP_PERFMON");
	/* -EINVAL is for options that cannot be obeyed; this is the host's fault. */
	if (ret)
		return kc_fail(err, ret == -EINVAL ? -ENOTSUP : ret,
			       "the kernel did not take the eBPF programs: %s%s", strerror(-ret),
			       ret == -EINVAL ? " (they need Linux 5.12 or later)" : "");
	ret = map_tables(o, err);
	if (!ret)
		place_rings(o);
	if (!ret && options->filter.cgroup)
		ret = set_cgroup(o, options->filter.cgroup, err);
	if (!ret)
		ret = attach_programs(o, "__first", err);
	return ret ? ret : attach_programs(o, "__second", err);
}

size_t kc_object_ring_bytes(const struct kc_object *o)
{
	return (KC_SPILL * (size_t)o->hot_slots + o->spill_slots) * o->nr_cpus *
	       sizeof(struct kc_slot);
}

uint64_t kc_object_skipped(const struct kc_object *o, unsigned int program)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(o->programs[program].fd, &info, &len) ? 0
									    : info.recursion_misses;
}

void kc_object_take_off(struct kc_object *o, unsigned int program)
{
	bpf_link__destroy(o->programs[program].link);
	o->programs[program].link = NULL;
}

int kc_object_put_on(struct kc_object *o, unsigned int program)
{
	if (!o->programs[program].link)
		o->programs[program].link = bpf_program__attach(o->programs[program].program);
	return o->programs[program].link ? 0 : -errno;
}

void kc_object_detach(struct kc_object *o)
{
	for (unsigned int i = 0; i < o->nr_programs; i++)
		kc_object_take_off(o, i);
}

void kc_object_release(struct kc_object *o)
{
	kc_object_detach(o);
	if (o->shared)
		munmap(o->shared, o->shared_bytes);
	if (o->entries)
		munmap((void *)o->entries, o->entries_bytes);
	if (o->stacks)
		munmap((void *)o->stacks, o->stacks_bytes);
	bpf_object__close(o->obj);
	btf__free(o->btf);
	memset(o, 0, sizeof(*o));
}
