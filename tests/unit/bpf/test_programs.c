/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Choosing programs and finding offsets on kernels that do not exist: their BTF is
 * made here.  The programs are those of the embedded object, which is opened, never
 * loaded: no privilege is needed.
 */
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bpf/programs.h"

extern const uint8_t kc_bpf_object[], kc_bpf_object_end[];

#define ALL ((1u << KC_NR_CLASSES) - 1)

/* The arguments of a tracepoint on the newest kernels: types of struct kernel, in order. */
static const struct tracepoint {
	enum kc_class class;
	const char *name;
	const char *args;
} tracepoints[] = {
	{ KC_CLASS_SLAB, "kmalloc", "LPLLGI" },
	{ KC_CLASS_SLAB, "kfree", "LP" },
	{ KC_CLASS_SLAB, "kmem_cache_alloc", "LPSGI" },
	{ KC_CLASS_SLAB, "kmem_cache_free", "LPC" },
	{ KC_CLASS_PAGE, "mm_page_alloc", "pIGI" },
	{ KC_CLASS_PAGE, "mm_page_free", "pI" },
	{ KC_CLASS_PAGE, "mm_page_free_batched", "p" },
	{ KC_CLASS_VMALLOC, "alloc_vmap_area", "LLLLLI" },
	{ KC_CLASS_VMALLOC, "free_vmap_area_noflush", "LLL" },
	{ KC_CLASS_PERCPU, "percpu_alloc_percpu", "LBBLLPIPLG" },
	{ KC_CLASS_PERCPU, "percpu_free_percpu", "PIP" },
	{ KC_CLASS_PERCPU, "percpu_alloc_percpu_fail", "BBLL" },
};

#define NR_TRACEPOINTS (sizeof(tracepoints) / sizeof(tracepoints[0]))

struct kernel {
	struct btf *btf;
	int type[128]; /* by the letter of an argument */
};

static int id(int ret)
{
	ck_assert_int_gt(ret, 0);
	return ret;
}

/*
 *   L unsigned long   I int    B bool    E an enum   G gfp_t, a typedef
 *   P const void *    p struct page *    S struct kmem_cache *
 *   C const struct kmem_cache *const     D a pointer to a typedef of struct kmem_cache
 *   U union kmem_cache *       X struct kmem_cache, not a pointer
 */
static void kernel_init(struct kernel *k)
{
	int page, cache, typed, shared;

	memset(k, 0, sizeof(*k));
	k->btf = btf__new_empty();
	ck_assert_ptr_nonnull(k->btf);
	k->type['L'] = id(btf__add_int(k->btf, "long unsigned int", 8, 0));
	k->type['I'] = id(btf__add_int(k->btf, "int", 4, BTF_INT_SIGNED));
	k->type['B'] = id(btf__add_int(k->btf, "_Bool", 1, BTF_INT_BOOL));
	k->type['E'] = id(btf__add_enum(k->btf, "migratetype", 4));
	k->type['G'] = id(btf__add_typedef(k->btf, "gfp_t", k->type['I']));
	k->type['P'] = id(btf__add_ptr(k->btf, id(btf__add_const(k->btf, 0))));
	page = id(btf__add_struct(k->btf, "page", 64));
	k->type['p'] = id(btf__add_ptr(k->btf, page));
	cache = id(btf__add_struct(k->btf, "kmem_cache", 200));
	k->type['S'] = id(btf__add_ptr(k->btf, cache));
	k->type['C'] = id(btf__add_const(
		k->btf, id(btf__add_ptr(k->btf, id(btf__add_const(k->btf, cache))))));
	typed = id(btf__add_typedef(k->btf, "cache_t", cache));
	k->type['D'] = id(btf__add_ptr(k->btf, typed));
	shared = id(btf__add_union(k->btf, "kmem_cache", 8));
	k->type['U'] = id(btf__add_ptr(k->btf, shared));
	k->type['X'] = cache;
}

static void kernel_release(struct kernel *k)
{
	btf__free(k->btf);
}

/* typedef void (*btf_trace_NAME)(void *, ARGS...); */
static void add_tracepoint(struct kernel *k, const char *name, const char *args)
{
	char full[96];
	int data = id(btf__add_ptr(k->btf, 0));
	int proto = id(btf__add_func_proto(k->btf, 0));

	ck_assert_int_eq(btf__add_func_param(k->btf, NULL, data), 0);
	for (size_t i = 0; args[i]; i++)
		ck_assert_int_eq(btf__add_func_param(k->btf, NULL, k->type[(int)args[i]]), 0);
	snprintf(full, sizeof(full), "btf_trace_%s", name);
	id(btf__add_typedef(k->btf, full, id(btf__add_ptr(k->btf, proto))));
}

/* All tracepoints but the named ones; with_args: that one has those arguments instead. */
static void add_tracepoints(struct kernel *k, const char *without, const char *changed,
			    const char *with_args)
{
	for (size_t i = 0; i < NR_TRACEPOINTS; i++) {
		const struct tracepoint *tp = &tracepoints[i];

		if (without && !strcmp(tp->name, without))
			continue;
		add_tracepoint(k, tp->name,
			       changed && !strcmp(tp->name, changed) ? with_args : tp->args);
	}
}

static struct bpf_object *open_object(void)
{
	struct bpf_object *obj = bpf_object__open_mem(
		kc_bpf_object, (size_t)(kc_bpf_object_end - kc_bpf_object), NULL);

	ck_assert_ptr_nonnull(obj);
	return obj;
}

/*
 * Programs that are to be loaded for a tracepoint: a set of bits, 1 its only one, 2
 * its first and 4 its second.
 */
static unsigned int loaded(const struct bpf_object *obj, const char *tracepoint)
{
	static const char *const suffixes[] = { "__only", "__first", "__second" };
	struct bpf_program *prog;
	unsigned int set = 0;

	bpf_object__for_each_program(prog, obj)
	{
		const char *name = bpf_program__name(prog);
		const char *section = bpf_program__section_name(prog);
		size_t len = strlen(name);

		ck_assert(!strncmp(section, "tp_btf/", 7));
		if (strcmp(section + 7, tracepoint) || !bpf_program__autoload(prog))
			continue;
		for (unsigned int i = 0; i < 3; i++) {
			size_t tail = strlen(suffixes[i]);

			if (len <= tail || strcmp(name + len - tail, suffixes[i]))
				continue;
			ck_assert_msg(!(set & 1u << i), "two programs for %s", tracepoint);
			set |= 1u << i;
		}
	}
	return set;
}

static void expect_loaded(const struct bpf_object *obj, const char *tracepoint, bool expected)
{
	unsigned int set = loaded(obj, tracepoint);

	if (expected)
		ck_assert_msg(set == 1 || set == (2 | 4), "%s: %u", tracepoint, set);
	else
		ck_assert_msg(set == 0, "%s: %u", tracepoint, set);
}

START_TEST(test_everything_is_there)
{
	struct kc_class_choice choice[KC_NR_CLASSES];
	struct bpf_object *obj = open_object();
	unsigned int per_class[KC_NR_CLASSES] = { 0 };
	struct kernel k;

	kernel_init(&k);
	add_tracepoints(&k, NULL, NULL, NULL);
	ck_assert_uint_eq(kc_choose_programs(obj, k.btf, ALL, choice), NR_TRACEPOINTS);
	for (size_t i = 0; i < NR_TRACEPOINTS; i++) {
		expect_loaded(obj, tracepoints[i].name, true);
		per_class[tracepoints[i].class]++;
	}
	for (unsigned int c = 0; c < KC_NR_CLASSES; c++) {
		ck_assert_str_eq(choice[c].status, "tp_btf");
		ck_assert_uint_eq(choice[c].nr_programs, per_class[c]);
	}
	kernel_release(&k);
	bpf_object__close(obj);
}
END_TEST

/* Where an interrupt may free in the middle of a free, there are two programs. */
START_TEST(test_frees_have_two_programs)
{
	static const char *const frees[] = { "kfree", "kmem_cache_free", "mm_page_free",
					     "percpu_free_percpu", "free_vmap_area_noflush" };
	struct kc_class_choice choice[KC_NR_CLASSES];
	struct bpf_object *obj = open_object();
	struct kernel k;

	kernel_init(&k);
	add_tracepoints(&k, NULL, NULL, NULL);
	kc_choose_programs(obj, k.btf, ALL, choice);
	for (size_t i = 0; i < sizeof(frees) / sizeof(frees[0]); i++)
		ck_assert_msg(loaded(obj, frees[i]) == (2 | 4), "%s", frees[i]);
	kernel_release(&k);
	bpf_object__close(obj);
}
END_TEST

START_TEST(test_classes_not_asked_for)
{
	struct bpf_object *obj = open_object();
	struct kernel k;

	kernel_init(&k);
	add_tracepoints(&k, NULL, NULL, NULL);
	for (unsigned int classes = 0; classes <= ALL; classes++) {
		struct kc_class_choice choice[KC_NR_CLASSES];
		unsigned int expected = 0;

		for (size_t i = 0; i < NR_TRACEPOINTS; i++)
			expected += classes >> tracepoints[i].class & 1;
		ck_assert_uint_eq(kc_choose_programs(obj, k.btf, classes, choice), expected);
		for (size_t i = 0; i < NR_TRACEPOINTS; i++)
			expect_loaded(obj, tracepoints[i].name,
				      classes >> tracepoints[i].class & 1);
		for (unsigned int c = 0; c < KC_NR_CLASSES; c++)
			ck_assert_str_eq(choice[c].status,
					 classes >> c & 1 ? "tp_btf" : "not asked for");
	}
	kernel_release(&k);
	bpf_object__close(obj);
}
END_TEST

START_TEST(test_missing_tracepoint)
{
	for (size_t i = 0; i < NR_TRACEPOINTS; i++) {
		struct kc_class_choice choice[KC_NR_CLASSES];
		struct bpf_object *obj = open_object();
		struct kernel k;
		char expected[200];

		kernel_init(&k);
		add_tracepoints(&k, tracepoints[i].name, NULL, NULL);
		/* One whose name only begins like it. */
		snprintf(expected, sizeof(expected), "%s_node", tracepoints[i].name);
		add_tracepoint(&k, expected, tracepoints[i].args);
		ck_assert_uint_eq(kc_choose_programs(obj, k.btf, ALL, choice), NR_TRACEPOINTS - 1);
		snprintf(expected, sizeof(expected), "%s: no such tracepoint in this kernel's BTF",
			 tracepoints[i].name);
		for (unsigned int c = 0; c < KC_NR_CLASSES; c++)
			ck_assert_str_eq(choice[c].status,
					 c == tracepoints[i].class ? expected : "tp_btf");
		for (size_t j = 0; j < NR_TRACEPOINTS; j++)
			expect_loaded(obj, tracepoints[j].name, j != i);
		kernel_release(&k);
		bpf_object__close(obj);
	}
}
END_TEST

static void expect_status(const char *tracepoint, const char *args, enum kc_class class,
			  const char *status)
{
	struct kc_class_choice choice[KC_NR_CLASSES];
	struct bpf_object *obj = open_object();
	struct kernel k;

	kernel_init(&k);
	add_tracepoints(&k, NULL, tracepoint, args);
	kc_choose_programs(obj, k.btf, ALL, choice);
	ck_assert_msg(!strcmp(choice[class].status, status), "%s(%s): %s", tracepoint, args,
		      choice[class].status);
	expect_loaded(obj, tracepoint, !strcmp(status, "tp_btf"));
	kernel_release(&k);
	bpf_object__close(obj);
}

START_TEST(test_other_arguments)
{
	static const char kfree[] = "kfree: tracepoint has arguments of an unknown shape";
	static const char alloc[] =
		"kmem_cache_alloc: tracepoint has arguments of an unknown shape";

	/* more, fewer, none */
	expect_status("kfree", "LPI", KC_CLASS_SLAB, kfree);
	expect_status("kfree", "L", KC_CLASS_SLAB, kfree);
	expect_status("kfree", "", KC_CLASS_SLAB, kfree);
	/* a number for a pointer, and the other way round */
	expect_status("kfree", "LL", KC_CLASS_SLAB, kfree);
	expect_status("kfree", "PP", KC_CLASS_SLAB, kfree);
	/* 5.19: call_site, ptr, bytes_req, bytes_alloc, gfp; 6.0: with the cache */
	expect_status("kmem_cache_alloc", "LPLLG", KC_CLASS_SLAB, alloc);
	expect_status("kmem_cache_alloc", "LPSLLG", KC_CLASS_SLAB, alloc);
	/* a pointer to another struct, to a union of that name, to nothing in particular */
	expect_status("kmem_cache_alloc", "LPpGI", KC_CLASS_SLAB, alloc);
	expect_status("kmem_cache_alloc", "LPUGI", KC_CLASS_SLAB, alloc);
	expect_status("kmem_cache_alloc", "LPPGI", KC_CLASS_SLAB, alloc);
	expect_status("kmem_cache_alloc", "LPXGI", KC_CLASS_SLAB, alloc);
	/* const, typedefs and enums are seen through */
	expect_status("kmem_cache_alloc", "LPCEI", KC_CLASS_SLAB, "tp_btf");
	expect_status("kmem_cache_alloc", "GPDEB", KC_CLASS_SLAB, "tp_btf");
	/* 5.17: no call site, neither bytes_alloc nor gfp */
	expect_status("percpu_alloc_percpu", "BBLLPIP", KC_CLASS_PERCPU,
		      "percpu_alloc_percpu: tracepoint has arguments of an unknown shape");
}
END_TEST

/* A typedef of the right name that is no pointer to a function. */
START_TEST(test_typedef_of_something_else)
{
	struct kc_class_choice choice[KC_NR_CLASSES];
	struct bpf_object *obj = open_object();
	struct kernel k;

	kernel_init(&k);
	id(btf__add_typedef(k.btf, "btf_trace_mm_page_free", k.type['L']));
	id(btf__add_typedef(k.btf, "btf_trace_mm_page_alloc", 0));
	add_tracepoint(&k, "mm_page_free_batched", "p");
	ck_assert_uint_eq(kc_choose_programs(obj, k.btf, 1u << KC_CLASS_PAGE, choice), 1);
	ck_assert_str_eq(choice[KC_CLASS_PAGE].status,
			 "mm_page_alloc: tracepoint has arguments of an unknown shape; "
			 "mm_page_free: tracepoint has arguments of an unknown shape");
	ck_assert_uint_eq(choice[KC_CLASS_PAGE].nr_programs, 1);
	expect_loaded(obj, "mm_page_alloc", false);
	expect_loaded(obj, "mm_page_free_batched", true);
	kernel_release(&k);
	bpf_object__close(obj);
}
END_TEST

/* A kernel without any of them: nothing is chosen, and what is said fits its room. */
START_TEST(test_nothing_is_there)
{
	struct kc_class_choice choice[KC_NR_CLASSES];
	struct bpf_object *obj = open_object();
	struct kernel k;

	kernel_init(&k);
	ck_assert_uint_eq(kc_choose_programs(obj, k.btf, ALL, choice), 0);
	for (size_t i = 0; i < NR_TRACEPOINTS; i++)
		expect_loaded(obj, tracepoints[i].name, false);
	ck_assert_str_eq(choice[KC_CLASS_VMALLOC].status,
			 "alloc_vmap_area: no such tracepoint in this kernel's BTF; "
			 "free_vmap_area_noflush: no such tracepoint in this kernel's BTF");
	for (unsigned int c = 0; c < KC_NR_CLASSES; c++) {
		ck_assert_uint_eq(choice[c].nr_programs, 0);
		ck_assert_uint_lt(strnlen(choice[c].status, sizeof(choice[c].status)),
				  sizeof(choice[c].status));
	}
	kernel_release(&k);
	bpf_object__close(obj);
}
END_TEST

/* A .data..percpu section with variables of those names at those offsets, 0 in front. */
static void add_percpu(struct kernel *k, const char *const *names, const int *types,
		       const uint32_t *offsets, unsigned int nr)
{
	int vars[8];

	for (unsigned int i = 0; i < nr; i++)
		vars[i] = id(btf__add_var(k->btf, names[i], BTF_VAR_GLOBAL_ALLOCATED, types[i]));
	id(btf__add_datasec(k->btf, ".data..percpu", 0x40000));
	for (unsigned int i = 0; i < nr; i++)
		ck_assert_int_eq(btf__add_datasec_var_info(k->btf, vars[i], offsets[i], 8), 0);
}

/* struct pcpu_hot { union { struct { void *task; int preempt_count; }; u8 pad[64]; }; }; */
static int add_pcpu_hot(struct kernel *k)
{
	int inner = id(btf__add_struct(k->btf, NULL, 16)), both;

	ck_assert_int_eq(btf__add_field(k->btf, "current_task", k->type['P'], 0, 0), 0);
	ck_assert_int_eq(btf__add_field(k->btf, "preempt_count", k->type['I'], 64, 0), 0);
	both = id(btf__add_union(k->btf, NULL, 64));
	ck_assert_int_eq(btf__add_field(k->btf, "pad", k->type['L'], 0, 0), 0);
	ck_assert_int_eq(btf__add_field(k->btf, NULL, inner, 0, 0), 0);
	id(btf__add_struct(k->btf, "pcpu_hot", 80));
	ck_assert_int_eq(btf__add_field(k->btf, "before", k->type['L'], 0, 0), 0);
	ck_assert_int_eq(btf__add_field(k->btf, NULL, both, 128, 0), 0);
	return (int)btf__type_cnt(k->btf) - 1;
}

static void expect_offsets(const struct kernel *k, uint64_t runqueues, uint64_t preempt)
{
	struct kc_params params = { .self_tgid = 77, .slots_per_cpu = 4096 };

	kc_fill_params(k->btf, &params);
	ck_assert_uint_eq(params.offset_runqueues, runqueues);
	ck_assert_uint_eq(params.offset_preempt_count, preempt);
	ck_assert_uint_eq(params.self_tgid, 77);
	ck_assert_uint_eq(params.slots_per_cpu, 4096);
}

START_TEST(test_preempt_count_of_its_own)
{
	static const char *const names[] = { "other", "__preempt_count", "runqueues" };
	static const uint32_t offsets[] = { 0, 0x1f034, 0x2a940 };
	struct kernel k;

	kernel_init(&k);
	add_percpu(&k, names, (int[]){ k.type['I'], k.type['I'], k.type['X'] }, offsets, 3);
	expect_offsets(&k, 0x2a940, 0x1f034);
	kernel_release(&k);
}
END_TEST

/* x86 from 6.2 to 6.14: a member, two anonymous ones deep. */
START_TEST(test_preempt_count_in_pcpu_hot)
{
	static const char *const names[] = { "pcpu_hot", "runqueues" };
	static const uint32_t offsets[] = { 0x1c000, 0x2a940 };
	struct kernel k;
	int hot;

	kernel_init(&k);
	hot = add_pcpu_hot(&k);
	add_percpu(&k, names, (int[]){ hot, k.type['X'] }, offsets, 2);
	expect_offsets(&k, 0x2a940, 0x1c000 + 16 + 8);
	kernel_release(&k);
}
END_TEST

START_TEST(test_preempt_count_unknown)
{
	static const char *const names[] = { "runqueues", "pcpu_hot" };
	static const uint32_t offsets[] = { 0x2a940, 0x1c000 };
	struct kernel k;

	/* no section, only one of the two, a pcpu_hot without it, a variable in no section */
	kernel_init(&k);
	expect_offsets(&k, 0, 0);
	add_percpu(&k, names, &k.type['X'], offsets, 1);
	expect_offsets(&k, 0, 0);
	kernel_release(&k);

	kernel_init(&k);
	add_percpu(&k, (const char *[]){ "__preempt_count" }, &k.type['I'], offsets, 1);
	expect_offsets(&k, 0, 0);
	kernel_release(&k);

	kernel_init(&k);
	add_percpu(&k, names, (int[]){ k.type['X'], k.type['X'] }, offsets, 2);
	expect_offsets(&k, 0, 0);
	kernel_release(&k);

	kernel_init(&k);
	id(btf__add_var(k.btf, "__preempt_count", BTF_VAR_GLOBAL_ALLOCATED, k.type['I']));
	add_percpu(&k, names, &k.type['X'], offsets, 1);
	expect_offsets(&k, 0, 0);
	kernel_release(&k);
}
END_TEST

START_TEST(test_kfunc)
{
	struct kc_params params = { .has_get_kmem_cache = 7 };
	struct kernel k;
	int proto;

	kernel_init(&k);
	kc_fill_params(k.btf, &params);
	ck_assert_uint_eq(params.has_get_kmem_cache, 0);
	proto = id(btf__add_func_proto(k.btf, k.type['S']));
	ck_assert_int_eq(btf__add_func_param(k.btf, "addr", k.type['L']), 0);
	id(btf__add_func(k.btf, "bpf_get_kmem_cache", BTF_FUNC_GLOBAL, proto));
	kc_fill_params(k.btf, &params);
	ck_assert_uint_eq(params.has_get_kmem_cache, 1);
	kernel_release(&k);
}
END_TEST

START_TEST(test_struct_size)
{
	struct kernel k;

	kernel_init(&k);
	ck_assert_uint_eq(kc_btf_struct_size(k.btf, "page"), 64);
	ck_assert_uint_eq(kc_btf_struct_size(k.btf, "kmem_cache"), 200);
	ck_assert_uint_eq(kc_btf_struct_size(k.btf, "pages"), 0);
	ck_assert_uint_eq(kc_btf_struct_size(k.btf, "gfp_t"), 0);
	kernel_release(&k);
}
END_TEST

static void add_enum(struct kernel *k, const char *name, const char *const *values, unsigned int nr)
{
	id(btf__add_enum(k->btf, name, 4));
	for (unsigned int i = 0; i < nr; i++)
		ck_assert_int_eq(btf__add_enum_value(k->btf, values[i], i), 0);
}

START_TEST(test_gfp_facts)
{
	static const char *const other[] = { "WORK_STRUCT_PENDING_BIT", "___GFP_FAKE_BIT" };
	static const char *const named[] = { "___GFP_NAMED_BIT" };
	static const char *const bits[] = { "___GFP_DMA_BIT",	     "___GFP_HIGHMEM_BIT",
					    "___GFP_UNUSED",	     "_BIT",
					    "___GFP_NO_OBJ_EXT_BIT", "___GFP_LAST_BIT" };
	struct tf_meta meta;
	struct kernel k;

	kernel_init(&k);
	tf_meta_init(&meta);
	add_enum(&k, NULL, other, 2);
	add_enum(&k, "named", named, 1);
	add_enum(&k, NULL, NULL, 0);
	ck_assert_int_eq(kc_add_gfp_facts(k.btf, &meta), 0);
	ck_assert_uint_eq(meta.nr_facts, 0);

	add_enum(&k, NULL, bits, 3);
	ck_assert_int_eq(kc_add_gfp_facts(k.btf, &meta), 2);
	ck_assert_uint_eq(meta.nr_facts, 2);
	ck_assert_str_eq(tf_meta_get(&meta, "gfp.DMA"), "0");
	ck_assert_str_eq(tf_meta_get(&meta, "gfp.HIGHMEM"), "1");
	kernel_release(&k);

	kernel_init(&k);
	add_enum(&k, NULL, bits, 6);
	ck_assert_int_eq(kc_add_gfp_facts(k.btf, &meta), 3);
	ck_assert_uint_eq(meta.nr_facts, 3);
	ck_assert_str_eq(tf_meta_get(&meta, "gfp.NO_OBJ_EXT"), "4");
	ck_assert_ptr_null(tf_meta_get(&meta, "gfp.LAST"));
	kernel_release(&k);
	tf_meta_release(&meta);
}
END_TEST

/* Whatever this kernel offers: what is chosen and what is said agree. */
START_TEST(test_this_kernel)
{
	struct kc_class_choice choice[KC_NR_CLASSES];
	struct btf *btf = btf__load_vmlinux_btf();
	struct bpf_object *obj;
	unsigned int sum = 0;

	if (!btf) {
		printf("SKIP: bpf/programs/test_this_kernel: no BTF of this kernel\n");
		return;
	}
	obj = open_object();
	kc_choose_programs(obj, btf, ALL, choice);
	for (size_t i = 0; i < NR_TRACEPOINTS; i++) {
		const struct kc_class_choice *c = &choice[tracepoints[i].class];
		bool missing = strstr(c->status, tracepoints[i].name) != NULL;

		if (!strcmp(c->status, "tp_btf"))
			expect_loaded(obj, tracepoints[i].name, true);
		ck_assert(!missing || strcmp(c->status, "tp_btf"));
		sum += loaded(obj, tracepoints[i].name) != 0;
	}
	for (unsigned int c = 0; c < KC_NR_CLASSES; c++)
		sum -= choice[c].nr_programs;
	ck_assert_uint_eq(sum, 0);
	ck_assert_uint_ge(kc_btf_struct_size(btf, "page"), 32);
	bpf_object__close(obj);
	btf__free(btf);
}
END_TEST

RUN_SUITE("bpf/programs", test_everything_is_there, test_frees_have_two_programs,
	  test_classes_not_asked_for, test_missing_tracepoint, test_other_arguments,
	  test_typedef_of_something_else, test_nothing_is_there, test_preempt_count_of_its_own,
	  test_preempt_count_in_pcpu_hot, test_preempt_count_unknown, test_kfunc, test_struct_size,
	  test_gfp_facts, test_this_kernel)
