/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * count_events PID|all: count the allocator events of a process until standard input ends.
 *
 * Task context alone, as kmemtool record --pid PID has it; with all, everybody in any context.
 * Prints "counting" once it does, and at the end a line NAME NUMBER for each tracepoint that the
 * kernel has, then:
 *
 *   kfree_nothing      of kfree, those of NULL and of what a request of no bytes got
 *   kmalloc_large      of kmalloc, those above two pages
 *   kmalloc_twice      of those, with PID: the second event of a request that is told twice
 *   page_alloc_failed  of page_alloc, those that got no page
 *   unknown            events whose context could not be told, counted nowhere else
 *   missed             events, of anybody, for which the kernel ran no program
 *
 * Status 77 with a line that says why where the host cannot do it.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/types.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/tools/count_events.h"

/* bpf/embed.S */
extern const uint8_t kc_bpf_count_events[], kc_bpf_count_events_end[];

static const struct {
	const char *tracepoint, *name;
} kinds[] = {
#define KIND(tracepoint, name) { #tracepoint, #name },
	COUNT_EVENTS(KIND)
};
#define NR_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int fail(const char *what, int err)
{
	printf("count_events: %s: %s\n", what, strerror(err));
	return 77;
}

static int no_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

static void on_signal(int nr)
{
	(void)nr;
}

/* Offset of a per-CPU variable, and its type's id; -1 if BTF does not have it. */
static long percpu_offset(const struct btf *btf, const char *name, __u32 *type)
{
	__s32 var = btf__find_by_name_kind(btf, name, BTF_KIND_VAR);

	for (__u32 id = 1; var > 0 && id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		for (__u32 i = 0; btf_is_datasec(t) && i < btf_vlen(t); i++) {
			if (btf_var_secinfos(t)[i].type != (__u32)var)
				continue;
			*type = btf__type_by_id(btf, (__u32)var)->type;
			return btf_var_secinfos(t)[i].offset;
		}
	}
	return -1;
}

/* A member of a struct whose only anonymous member is its first; -1 if there is none. */
static long member_offset(const struct btf *btf, __u32 type, const char *name)
{
	const struct btf_type *t = btf__type_by_id(btf, type);

	for (__u32 i = 0; t && btf_is_composite(t) && i < btf_vlen(t); i++) {
		const char *member = btf__name_by_offset(btf, btf_members(t)[i].name_off);
		long at = btf_member_bit_offset(t, i) / 8;
		long inner = *member ? -1 : member_offset(btf, btf_members(t)[i].type, name);

		if (!strcmp(member, name))
			return at;
		if (inner >= 0)
			return at + inner;
	}
	return -1;
}

/* preempt_count is a variable of its own, or from 6.2 to 6.14 a member of pcpu_hot. */
static int fill_params(const struct btf *btf, struct count_params *params)
{
	__u32 type = 0;
	long runqueues = percpu_offset(btf, "runqueues", &type);
	long preempt = percpu_offset(btf, "__preempt_count", &type);

	if (preempt < 0) {
		long hot = percpu_offset(btf, "pcpu_hot", &type);
		long member = hot < 0 ? -1 : member_offset(btf, type, "preempt_count");

		preempt = member < 0 ? -1 : hot + member;
	}
	params->offset_runqueues = (__u64)runqueues;
	params->offset_preempt_count = (__u64)preempt;
	return runqueues < 0 || preempt < 0 ? -ENOENT : 0;
}

/* A program a tracepoint: those that this kernel does not have are left out. */
static struct bpf_program *program_of(struct bpf_object *obj, size_t kind)
{
	char name[64];

	snprintf(name, sizeof(name), "on_%s", kinds[kind].name);
	return bpf_object__find_program_by_name(obj, name);
}

static void choose(struct bpf_object *obj, const struct btf *btf)
{
	for (size_t i = 0; i < NR_KINDS; i++) {
		char name[64];

		snprintf(name, sizeof(name), "btf_trace_%s", kinds[i].tracepoint);
		bpf_program__set_autoload(program_of(obj, i),
					  btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF) > 0);
	}
}

static unsigned long long count_of(struct bpf_object *obj, __u32 nr)
{
	int fd = bpf_object__find_map_fd_by_name(obj, "counts"), cpus = libbpf_num_possible_cpus();
	__u64 *each = calloc((size_t)cpus, sizeof(*each));
	unsigned long long sum = 0;

	if (!each || bpf_map_lookup_elem(fd, &nr, each))
		exit(1);
	for (int cpu = 0; cpu < cpus; cpu++)
		sum += each[cpu];
	free(each);
	return sum;
}

static void print_counts(struct bpf_object *obj)
{
	struct bpf_map *bss = bpf_object__find_map_by_name(obj, ".bss");
	unsigned long long missed = 0;
	__u64 unknown = 0;
	__u32 zero = 0;

	for (size_t i = 0; i < NR_KINDS; i++) {
		struct bpf_program *prog = program_of(obj, i);
		struct bpf_prog_info info = { 0 };
		__u32 len = sizeof(info);

		if (!bpf_program__autoload(prog))
			continue;
		printf("%s %llu\n", kinds[i].name, count_of(obj, (__u32)i));
		if (bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len))
			exit(1);
		missed += info.recursion_misses;
	}
	if (bpf_map_lookup_elem(bpf_map__fd(bss), &zero, &unknown))
		exit(1);
	printf("kfree_nothing %llu\nkmalloc_large %llu\nkmalloc_twice %llu\n",
	       count_of(obj, COUNT_NOTHING), count_of(obj, COUNT_LARGE),
	       count_of(obj, COUNT_TWICE));
	printf("page_alloc_failed %llu\nunknown %llu\nmissed %llu\n", count_of(obj, COUNT_FAILED),
	       (unsigned long long)unknown, missed);
}

static int run(struct bpf_object *obj)
{
	struct sigaction action = { .sa_handler = on_signal }; /* ends the read */
	struct bpf_link *links[NR_KINDS] = { NULL };
	int err = 0;
	char byte;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	for (size_t i = 0; i < NR_KINDS && !err; i++) {
		if (!bpf_program__autoload(program_of(obj, i)))
			continue;
		links[i] = bpf_program__attach(program_of(obj, i));
		err = links[i] ? 0 : fail(kinds[i].tracepoint, errno);
	}
	if (!err) {
		puts("counting");
		fflush(stdout);
		while (read(STDIN_FILENO, &byte, 1) > 0)
			;
	}
	for (size_t i = 0; i < NR_KINDS; i++)
		bpf_link__destroy(links[i]);
	if (!err)
		print_counts(obj);
	return err;
}

int main(int argc, char **argv)
{
	struct count_params params = { .tgid = argc == 2 ? (__u32)strtoul(argv[1], NULL, 10) : 0 };
	struct bpf_object *obj;
	struct btf *btf;
	int err;

	if (!params.tgid && (argc != 2 || strcmp(argv[1], "all"))) {
		fprintf(stderr, "usage: count_events PID|all\n");
		return 2;
	}
	libbpf_set_print(no_print);
	btf = btf__load_vmlinux_btf();
	if (!btf)
		return fail("BTF", errno);
	if (fill_params(btf, &params))
		return fail("preempt_count", ENOENT);
	obj = bpf_object__open_mem(kc_bpf_count_events,
				   (size_t)(kc_bpf_count_events_end - kc_bpf_count_events), NULL);
	if (!obj)
		return fail("the eBPF object", errno);
	choose(obj, btf);
	if (bpf_map__set_initial_value(bpf_object__find_map_by_name(obj, ".rodata"), &params,
				       sizeof(params)))
		return fail("the eBPF object's parameters", EINVAL);
	err = bpf_object__load(obj);
	err = err ? fail("loading", -err) : run(obj);
	bpf_object__close(obj);
	btf__free(btf);
	return fflush(stdout) ? 1 : err;
}
