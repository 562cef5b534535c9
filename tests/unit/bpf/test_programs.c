/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Choosing programs on kernels that do not exist: their BTF is made here.  The programs are
 * those of the embedded object, which is opened, never loaded: no privilege is needed.
 */
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>

#include "bpf/kernel_btf.h"
#include "bpf/params.h"
#include "bpf/programs.h"
#include "tests/unit/bpf/made_btf.h"

extern const uint8_t kc_bpf_kmem[], kc_bpf_kmem_end[];

#define ALL ((1u << KC_NR_CLASSES) - 1)
#define MISSING ": no such tracepoint in this kernel's BTF"
#define UNKNOWN ": tracepoint has arguments of an unknown shape"

/* What interrupts do in the middle of the same; whether others are doubled is the object's choice.
 */
static const char *const doubled[] = {
	"kfree__any",	     "kmem_cache_free__named",	"kmem_cache_free__bare",
	"mm_page_free__any", "percpu_free_percpu__any", "free_vmap_area_noflush__any"
};

struct tracepoint {
	enum kc_class class;
	const char *name;
	const char *args;     /* types of struct kernel, in order */
	const char *function; /* its programs without __only, __first, __second */
};

/* The same on all kernels from 5.8 on. */
#define UNCHANGED                                                                                  \
	{ KC_CLASS_SLAB, "kfree", "LP", "kfree__any" },                                            \
		{ KC_CLASS_PAGE, "mm_page_alloc", "pIGI", "mm_page_alloc__any" },                  \
		{ KC_CLASS_PAGE, "mm_page_free", "pI", "mm_page_free__any" },                      \
		{ KC_CLASS_PERCPU, "percpu_free_percpu", "PIP", "percpu_free_percpu__any" },       \
		{ KC_CLASS_PERCPU, "percpu_alloc_percpu_fail", "BBLL",                             \
		  "percpu_alloc_percpu_fail__any" },                                               \
		{ KC_CLASS_TRANSITIONS, "mm_page_pcpu_drain", "pII", "mm_page_pcpu_drain__any" },  \
	{                                                                                          \
		KC_CLASS_TRANSITIONS, "mm_page_alloc_extfrag", "pIIII",                            \
			"mm_page_alloc_extfrag__any"                                               \
	}

#define KMALLOC_BARE                                                                               \
	{ KC_CLASS_SLAB, "kmalloc", "LPLLG", "kmalloc__bare" },                                    \
		{ KC_CLASS_SLAB, "kmalloc_node", "LPLLGI", "kmalloc_node__bare" },                 \
		{ KC_CLASS_SLAB, "kmem_cache_alloc", "LPLLG", "kmem_cache_alloc__bare" },          \
	{                                                                                          \
		KC_CLASS_SLAB, "kmem_cache_alloc_node", "LPLLGI", "kmem_cache_alloc_node__bare"    \
	}

#define FREE_BY_NAME                                                                               \
	{                                                                                          \
		KC_CLASS_SLAB, "kmem_cache_free", "LPN", "kmem_cache_free__bare"                   \
	}

#define WITHOUT_REFILL                                                                             \
	{                                                                                          \
		KC_CLASS_TRANSITIONS, "mm_page_alloc_zone_locked", "pII",                          \
			"mm_page_alloc_zone_locked__bare"                                          \
	}

#define WITH_REFILL                                                                                \
	{                                                                                          \
		KC_CLASS_TRANSITIONS, "mm_page_alloc_zone_locked", "pIII",                         \
			"mm_page_alloc_zone_locked__refill"                                        \
	}

#define PERCPU_BARE                                                                                \
	{                                                                                          \
		KC_CLASS_PERCPU, "percpu_alloc_percpu", "BBLLPIP", "percpu_alloc_percpu__bare"     \
	}

#define PERCPU_WITH_SITE                                                                           \
	{                                                                                          \
		KC_CLASS_PERCPU, "percpu_alloc_percpu", "LBBLLPIPLG", "percpu_alloc_percpu__site"  \
	}

#define ONE_KMALLOC                                                                                \
	{ KC_CLASS_SLAB, "kmalloc", "LPLLGI", "kmalloc__node" },                                   \
		{ KC_CLASS_SLAB, "kmem_cache_alloc", "LPSGI", "kmem_cache_alloc__named" },         \
	{                                                                                          \
		KC_CLASS_SLAB, "kmem_cache_free", "LPC", "kmem_cache_free__named"                  \
	}

#define AREAS                                                                                      \
	{ KC_CLASS_VMALLOC, "alloc_vmap_area", "LLLLLI", "alloc_vmap_area__any" },                 \
	{                                                                                          \
		KC_CLASS_VMALLOC, "free_vmap_area_noflush", "LLL", "free_vmap_area_noflush__any"   \
	}

#define MAX_TRACEPOINTS 24

/* include/trace/events/kmem.h, percpu.h and vmalloc.h of these releases. */
static const struct release {
	const char *name;
	struct tracepoint tracepoints[MAX_TRACEPOINTS];
} releases[] = {
	{ "5.11",
	  { UNCHANGED,
	    KMALLOC_BARE,
	    { KC_CLASS_SLAB, "kmem_cache_free", "LP", "kmem_cache_free__bare" },
	    WITHOUT_REFILL,
	    PERCPU_BARE } },
	{ "5.12", { UNCHANGED, KMALLOC_BARE, FREE_BY_NAME, WITHOUT_REFILL, PERCPU_BARE } },
	{ "5.19", { UNCHANGED, KMALLOC_BARE, FREE_BY_NAME, WITH_REFILL, PERCPU_WITH_SITE } },
	{ "6.0",
	  { UNCHANGED,
	    { KC_CLASS_SLAB, "kmalloc", "LPSLLG", "kmalloc__cache" },
	    { KC_CLASS_SLAB, "kmalloc_node", "LPSLLGI", "kmalloc_node__cache" },
	    { KC_CLASS_SLAB, "kmem_cache_alloc", "LPSLLG", "kmem_cache_alloc__cache" },
	    { KC_CLASS_SLAB, "kmem_cache_alloc_node", "LPSLLGI", "kmem_cache_alloc_node__cache" },
	    FREE_BY_NAME,
	    WITH_REFILL,
	    PERCPU_WITH_SITE } },
	{ "6.1", { UNCHANGED, ONE_KMALLOC, WITH_REFILL, PERCPU_WITH_SITE } },
	/* and 6.18 */
	{ "6.12", { UNCHANGED, ONE_KMALLOC, WITH_REFILL, PERCPU_WITH_SITE, AREAS } },
};

#define NR_RELEASES (sizeof(releases) / sizeof(releases[0]))
static const struct release *const newest = &releases[NR_RELEASES - 1];

static bool is_gone_later(const char *tracepoint)
{
	return !strcmp(tracepoint, "kmalloc_node") || !strcmp(tracepoint, "kmem_cache_alloc_node");
}

/* All tracepoints of a release but the named ones; changed: that one has other arguments. */
static void add_tracepoints(struct kernel *k, const struct release *r, const char *without,
			    const char *changed, const char *with_args)
{
	for (const struct tracepoint *tp = r->tracepoints; tp->name; tp++) {
		if (without && !strcmp(tp->name, without))
			continue;
		add_tracepoint(k, tp->name,
			       changed && !strcmp(tp->name, changed) ? with_args : tp->args);
	}
}

static struct bpf_object *open_object(void)
{
	struct bpf_object *obj =
		bpf_object__open_mem(kc_bpf_kmem, (size_t)(kc_bpf_kmem_end - kc_bpf_kmem), NULL);

	ck_assert_ptr_nonnull(obj);
	return obj;
}

static const struct bpf_program *find(const struct bpf_object *obj, const char *function,
				      const char *pass)
{
	char name[96];

	snprintf(name, sizeof(name), "%s__%s", function, pass);
	return bpf_object__find_program_by_name(obj, name);
}

static bool is_loaded(const struct bpf_object *obj, const char *function, const char *pass)
{
	const struct bpf_program *prog = find(obj, function, pass);

	return prog && bpf_program__autoload(prog);
}

/* Of one function: 1, its only one, or 2, the first and the second. */
static unsigned int nr_programs_of(const struct bpf_object *obj, const char *function)
{
	bool only = find(obj, function, "only"), first = find(obj, function, "first"),
	     second = find(obj, function, "second");

	ck_assert_msg(only != first && first == second, "%s: %d %d %d", function, only, first,
		      second);
	return only ? 1 : 2;
}

/* How many programs are to be loaded, of one tracepoint or (NULL) of all. */
static unsigned int nr_loaded(const struct bpf_object *obj, const char *tracepoint)
{
	struct bpf_program *prog;
	unsigned int nr = 0;

	bpf_object__for_each_program(prog, obj)
	{
		const char *section = bpf_program__section_name(prog);

		ck_assert(!strncmp(section, "tp_btf/", 7));
		nr += bpf_program__autoload(prog) &&
		      (!tracepoint || !strcmp(section + 7, tracepoint));
	}
	return nr;
}

/* Exactly the programs of that tracepoint's shape: one, or the two that belong together. */
static void expect_loaded(const struct bpf_object *obj, const struct tracepoint *tp, bool expected)
{
	unsigned int nr = nr_programs_of(obj, tp->function);

	ck_assert_msg(nr_loaded(obj, tp->name) == (expected ? nr : 0), "%s: %u programs", tp->name,
		      nr_loaded(obj, tp->name));
	ck_assert_msg(is_loaded(obj, tp->function, "only") == (expected && nr == 1), "%s__only",
		      tp->function);
	ck_assert_msg(is_loaded(obj, tp->function, "first") == (expected && nr == 2), "%s__first",
		      tp->function);
	ck_assert_msg(is_loaded(obj, tp->function, "second") == (expected && nr == 2), "%s__second",
		      tp->function);
}

START_TEST(test_frees_have_two_programs)
{
	struct bpf_object *obj = open_object();

	for (size_t i = 0; i < sizeof(doubled) / sizeof(doubled[0]); i++)
		ck_assert_msg(nr_programs_of(obj, doubled[i]) == 2, "%s", doubled[i]);
	bpf_object__close(obj);
}
END_TEST

/* Everything that a release has is chosen in its shape, and nothing else. */
static void expect_release(const struct release *r)
{
	struct kc_class_choice choice[KC_NR_CLASSES];
	struct bpf_object *obj = open_object();
	unsigned int per_class[KC_NR_CLASSES] = { 0 }, nr = 0, nr_programs = 0;
	struct kernel k;

	kernel_init(&k);
	add_tracepoints(&k, r, NULL, NULL, NULL);
	for (const struct tracepoint *tp = r->tracepoints; tp->name; tp++) {
		per_class[tp->class]++;
		nr++;
		nr_programs += nr_programs_of(obj, tp->function);
	}
	ck_assert_msg(kc_choose_programs(obj, k.btf, ALL, choice) == nr, "%s", r->name);
	ck_assert_msg(nr_loaded(obj, NULL) == nr_programs, "%s: %u programs", r->name,
		      nr_loaded(obj, NULL));
	for (const struct tracepoint *tp = r->tracepoints; tp->name; tp++)
		expect_loaded(obj, tp, true);
	for (unsigned int c = 0; c < KC_NR_CLASSES; c++) {
		ck_assert_msg(choice[c].nr_programs == per_class[c], "%s: %u of class %u", r->name,
			      choice[c].nr_programs, c);
		ck_assert_msg(!strcmp(choice[c].status,
				      per_class[c] ? "tp_btf"
						   : "alloc_vmap_area" MISSING
						     "; free_vmap_area_noflush" MISSING),
			      "%s, class %u: %s", r->name, c, choice[c].status);
	}
	kernel_release(&k);
	bpf_object__close(obj);
}

START_TEST(test_every_release)
{
	for (size_t i = 0; i < NR_RELEASES; i++)
		expect_release(&releases[i]);
}
END_TEST

/* No program of the object is for a shape that no release has. */
START_TEST(test_every_program_has_a_release)
{
	struct bpf_object *obj = open_object();
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, obj)
	{
		const char *name = bpf_program__name(prog);
		bool found = false;

		for (size_t i = 0; i < NR_RELEASES && !found; i++)
			for (const struct tracepoint *tp = releases[i].tracepoints; tp->name; tp++)
				found |= !strncmp(name, tp->function, strlen(tp->function));
		ck_assert_msg(found, "%s", name);
		ck_assert_msg(kc_has_suffix(name, "__only") || kc_has_suffix(name, "__first") ||
				      kc_has_suffix(name, "__second"),
			      "%s", name);
	}
	bpf_object__close(obj);
}
END_TEST

START_TEST(test_classes_not_asked_for)
{
	struct bpf_object *obj = open_object();
	struct kernel k;

	kernel_init(&k);
	add_tracepoints(&k, newest, NULL, NULL, NULL);
	for (unsigned int classes = 0; classes <= ALL; classes++) {
		struct kc_class_choice choice[KC_NR_CLASSES];
		unsigned int expected = 0;

		for (const struct tracepoint *tp = newest->tracepoints; tp->name; tp++)
			expected += classes >> tp->class & 1;
		ck_assert_uint_eq(kc_choose_programs(obj, k.btf, classes, choice), expected);
		for (const struct tracepoint *tp = newest->tracepoints; tp->name; tp++)
			expect_loaded(obj, tp, classes >> tp->class & 1);
		for (unsigned int c = 0; c < KC_NR_CLASSES; c++)
			ck_assert_str_eq(choice[c].status,
					 classes >> c & 1 ? "tp_btf" : "not asked for");
	}
	kernel_release(&k);
	bpf_object__close(obj);
}
END_TEST

/* Transitions come only when they are asked for by name. */
START_TEST(test_transitions)
{
	struct kc_class_choice choice[KC_NR_CLASSES];
	struct bpf_object *obj = open_object();
	struct kernel k;

	kernel_init(&k);
	add_tracepoints(&k, newest, NULL, NULL, NULL);
	kc_choose_programs(obj, k.btf, KC_DEFAULT_CLASSES, choice);
	ck_assert_str_eq(choice[KC_CLASS_TRANSITIONS].status, "not asked for");
	ck_assert_uint_eq(nr_loaded(obj, "mm_page_alloc_zone_locked"), 0);
	ck_assert_uint_eq(kc_choose_programs(obj, k.btf, 1u << KC_CLASS_TRANSITIONS, choice), 3);
	ck_assert_str_eq(choice[KC_CLASS_TRANSITIONS].status, "tp_btf");
	ck_assert_str_eq(choice[KC_CLASS_PAGE].status, "not asked for");
	for (const struct tracepoint *tp = newest->tracepoints; tp->name; tp++)
		expect_loaded(obj, tp, tp->class == KC_CLASS_TRANSITIONS);
	kernel_release(&k);
	bpf_object__close(obj);
}
END_TEST

/* One tracepoint of a release is not there: that is said, but of those gone with 6.1. */
static void expect_missing(const struct release *r, const struct tracepoint *missing)
{
	struct kc_class_choice choice[KC_NR_CLASSES];
	struct bpf_object *obj = open_object();
	struct kernel k;
	char text[200];

	kernel_init(&k);
	add_tracepoints(&k, r, missing->name, NULL, NULL);
	/* One whose name only begins like it. */
	snprintf(text, sizeof(text), "%s_noprof", missing->name);
	add_tracepoint(&k, text, missing->args);
	kc_choose_programs(obj, k.btf, 1u << missing->class, choice);
	snprintf(text, sizeof(text), "%s" MISSING, missing->name);
	ck_assert_msg(!strcmp(choice[missing->class].status,
			      is_gone_later(missing->name) ? "tp_btf" : text),
		      "%s without %s: %s", r->name, missing->name, choice[missing->class].status);
	for (const struct tracepoint *tp = r->tracepoints; tp->name; tp++)
		expect_loaded(obj, tp, tp != missing && tp->class == missing->class);
	kernel_release(&k);
	bpf_object__close(obj);
}

START_TEST(test_missing_tracepoint)
{
	const struct release *const some[] = { &releases[0], &releases[3], newest };

	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		for (const struct tracepoint *tp = some[i]->tracepoints; tp->name; tp++)
			if (i != 0 || tp->class != KC_CLASS_VMALLOC)
				expect_missing(some[i], tp);
}
END_TEST

/* The newest release, but for one tracepoint's arguments; function NULL: no shape is known. */
static void expect_shape(const char *tracepoint, const char *args, enum kc_class class,
			 const char *function)
{
	struct kc_class_choice choice[KC_NR_CLASSES];
	struct bpf_object *obj = open_object();
	struct kernel k;
	char text[200];

	kernel_init(&k);
	add_tracepoints(&k, newest, tracepoint, NULL, NULL);
	add_tracepoint(&k, tracepoint, args);
	kc_choose_programs(obj, k.btf, ALL, choice);
	snprintf(text, sizeof(text), "%s" UNKNOWN, tracepoint);
	ck_assert_msg(!strcmp(choice[class].status, function ? "tp_btf" : text), "%s(%s): %s",
		      tracepoint, args, choice[class].status);
	if (function)
		expect_loaded(obj, &(struct tracepoint){ .name = tracepoint, .function = function },
			      true);
	else
		ck_assert_uint_eq(nr_loaded(obj, tracepoint), 0);
	kernel_release(&k);
	bpf_object__close(obj);
}

START_TEST(test_other_arguments)
{
	static const char *const slab[][2] = {
		/* more, fewer, none; a number for a pointer, and the other way round */
		{ "kfree", "LPI" },
		{ "kfree", "L" },
		{ "kfree", "" },
		{ "kfree", "LL" },
		{ "kfree", "PP" },
		{ "kmalloc", "LPLLGII" },
		{ "kmalloc", "LPpLLG" },
		{ "kmem_cache_free", "LPL" },
		{ "kmem_cache_free", "LPCI" },
		/* a pointer to another struct, to a union of that name, to nothing in particular */
		{ "kmem_cache_alloc", "LPpGI" },
		{ "kmem_cache_alloc", "LPUGI" },
		{ "kmem_cache_alloc", "LPPGI" },
		{ "kmem_cache_alloc", "LPXGI" },
		/* what may be absent must have a known shape where it is */
		{ "kmalloc_node", "LPLLG" },
		{ "kmem_cache_alloc_node", "LPSGI" },
	};

	for (size_t i = 0; i < sizeof(slab) / sizeof(slab[0]); i++)
		expect_shape(slab[i][0], slab[i][1], KC_CLASS_SLAB, NULL);
	expect_shape("mm_page_alloc", "pIG", KC_CLASS_PAGE, NULL);
	expect_shape("mm_page_free", "LI", KC_CLASS_PAGE, NULL);
	expect_shape("percpu_alloc_percpu", "LBBLLPIP", KC_CLASS_PERCPU, NULL);
	expect_shape("alloc_vmap_area", "LLLLL", KC_CLASS_VMALLOC, NULL);
	expect_shape("mm_page_alloc_zone_locked", "pIIII", KC_CLASS_TRANSITIONS, NULL);
	expect_shape("mm_page_pcpu_drain", "pI", KC_CLASS_TRANSITIONS, NULL);
}
END_TEST

/* const, typedefs and enums are seen through. */
START_TEST(test_modifiers)
{
	expect_shape("kmem_cache_alloc", "LPCEI", KC_CLASS_SLAB, "kmem_cache_alloc__named");
	expect_shape("kmem_cache_alloc", "GPDEB", KC_CLASS_SLAB, "kmem_cache_alloc__named");
	expect_shape("kmem_cache_free", "LPD", KC_CLASS_SLAB, "kmem_cache_free__named");
	/* A pointer to anything else is a name, which is not looked at. */
	expect_shape("kmem_cache_free", "LPU", KC_CLASS_SLAB, "kmem_cache_free__bare");
	expect_shape("mm_page_alloc_zone_locked", "pIEB", KC_CLASS_TRANSITIONS,
		     "mm_page_alloc_zone_locked__refill");
}
END_TEST

/* A typedef of the right name that is no pointer to a function. */
START_TEST(test_typedef_of_something_else)
{
	struct kc_class_choice choice[KC_NR_CLASSES];
	struct bpf_object *obj = open_object();
	struct kernel k;

	kernel_init(&k);
	made_id(btf__add_typedef(k.btf, "btf_trace_percpu_free_percpu", k.type['L']));
	made_id(btf__add_typedef(k.btf, "btf_trace_percpu_alloc_percpu", 0));
	add_tracepoint(&k, "percpu_alloc_percpu_fail", "BBLL");
	ck_assert_uint_eq(kc_choose_programs(obj, k.btf, 1u << KC_CLASS_PERCPU, choice), 1);
	ck_assert_str_eq(choice[KC_CLASS_PERCPU].status,
			 "percpu_alloc_percpu" UNKNOWN "; percpu_free_percpu" UNKNOWN);
	ck_assert_uint_eq(choice[KC_CLASS_PERCPU].nr_programs, 1);
	for (const struct tracepoint *tp = newest->tracepoints; tp->name; tp++)
		expect_loaded(obj, tp, !strcmp(tp->name, "percpu_alloc_percpu_fail"));
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
	ck_assert_uint_eq(nr_loaded(obj, NULL), 0);
	ck_assert_str_eq(choice[KC_CLASS_PAGE].status,
			 "mm_page_alloc" MISSING "; mm_page_free" MISSING);
	for (unsigned int c = 0; c < KC_NR_CLASSES; c++) {
		ck_assert_uint_eq(choice[c].nr_programs, 0);
		ck_assert_uint_lt(strnlen(choice[c].status, sizeof(choice[c].status)),
				  sizeof(choice[c].status));
	}
	kernel_release(&k);
	bpf_object__close(obj);
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
	sum = kc_choose_programs(obj, btf, ALL, choice);
	for (const struct tracepoint *tp = newest->tracepoints; tp->name; tp++) {
		const struct kc_class_choice *c = &choice[tp->class];
		bool missing = strstr(c->status, tp->name) != NULL;

		if (!strcmp(c->status, "tp_btf"))
			ck_assert_uint_gt(nr_loaded(obj, tp->name), 0);
		ck_assert(!missing || strcmp(c->status, "tp_btf"));
	}
	for (unsigned int c = 0; c < KC_NR_CLASSES; c++)
		sum -= choice[c].nr_programs;
	ck_assert_uint_eq(sum, 0);
	ck_assert_uint_ge(kc_btf_struct_size(btf, "page"), 32);
	bpf_object__close(obj);
	btf__free(btf);
}
END_TEST

START_TEST(test_suffix)
{
	ck_assert(kc_has_suffix("kfree__any__first", "__first"));
	ck_assert(kc_has_suffix("__first", "__first"));
	ck_assert(!kc_has_suffix("first", "__first"));
	ck_assert(!kc_has_suffix("kfree__first__any", "__first"));
}
END_TEST

RUN_SUITE("bpf/programs", test_frees_have_two_programs, test_every_release,
	  test_every_program_has_a_release, test_classes_not_asked_for, test_transitions,
	  test_missing_tracepoint, test_other_arguments, test_modifiers,
	  test_typedef_of_something_else, test_nothing_is_there, test_this_kernel, test_suffix)
