/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Choosing hooks on kernels that do not exist: their BTF is made here.  The main programs are
 * never loaded, so that whatever is chosen is refused, which takes no privilege to see.
 */
#include "tests/unit/suite.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "bpf/untraced.h"

extern const uint8_t kc_bpf_kmem[], kc_bpf_kmem_end[];

#define ALL ((1u << KC_NR_CLASSES) - 1)
#define NO_FUNCTION "no such function"
#define NO_SHAPE "arguments of an unknown shape"

struct bed {
	struct btf *btf;
	struct bpf_object *main;
	struct kc_untraced *untraced;
	int number, pointer, cache, other;
};

static int id(int ret)
{
	ck_assert_int_gt(ret, 0);
	return ret;
}

static void begin(struct bed *bed)
{
	memset(bed, 0, sizeof(*bed));
	bed->btf = btf__new_empty();
	ck_assert_ptr_nonnull(bed->btf);
	bed->number = id(btf__add_int(bed->btf, "int", 4, BTF_INT_SIGNED));
	bed->number = id(btf__add_typedef(bed->btf, "gfp_t", bed->number));
	bed->pointer = id(btf__add_ptr(bed->btf, 0));
	bed->cache = id(btf__add_ptr(bed->btf, id(btf__add_struct(bed->btf, "kmem_cache", 8))));
	bed->other = id(btf__add_struct(bed->btf, "other", 8));
	bed->main =
		bpf_object__open_mem(kc_bpf_kmem, (size_t)(kc_bpf_kmem_end - kc_bpf_kmem), NULL);
	ck_assert_ptr_nonnull(bed->main);
}

static void end(struct bed *bed)
{
	kc_untraced_close(bed->untraced);
	bpf_object__close(bed->main);
	btf__free(bed->btf);
}

/* u a number, p a pointer, S a struct kmem_cache *, x a structure that is no pointer */
static int add_proto(struct bed *bed, const char *shape)
{
	int proto = id(btf__add_func_proto(bed->btf, 0));

	for (const char *p = shape; *p; p++)
		ck_assert_int_eq(btf__add_func_param(bed->btf, "arg",
						     *p == 'u'	 ? bed->number
						     : *p == 'p' ? bed->pointer
						     : *p == 'S' ? bed->cache
								 : bed->other),
				 0);
	return proto;
}

static void add_function(struct bed *bed, const char *name, const char *shape)
{
	id(btf__add_func(bed->btf, name, BTF_FUNC_STATIC, add_proto(bed, shape)));
}

static void open_hooks(struct bed *bed, unsigned int classes)
{
	ck_assert_int_eq(kc_untraced_open(&bed->untraced, bed->main, bed->btf, classes), 0);
}

/* The status of a hook; NULL if there is none of that name. */
static const char *status(const struct bed *bed, const char *name)
{
	struct kc_hook hook;

	for (unsigned int i = 0; kc_untraced_hook(bed->untraced, i, &hook); i++) {
		ck_assert(!hook.is_had);
		if (!strcmp(hook.name, name))
			return hook.status;
	}
	return NULL;
}

static void expect(const struct bed *bed, const char *name, const char *start)
{
	const char *is = status(bed, name);

	ck_assert_ptr_nonnull(is);
	ck_assert_msg(!strncmp(is, start, strlen(start)), "%s: %s, not %s", name, is, start);
}

START_TEST(test_shapes)
{
	struct bed bed;

	begin(&bed);
	add_function(&bed, "f", "Suup");
	add_function(&bed, "g", "ux");
	ck_assert_int_eq(kc_check_function(bed.btf, "f", "Suup"), 0);
	ck_assert_int_eq(kc_check_function(bed.btf, "f", "puup"), 0); /* S is a pointer */
	ck_assert_int_eq(kc_check_function(bed.btf, "f", "SuuS"), -EPROTO);
	ck_assert_int_eq(kc_check_function(bed.btf, "f", "Suu"), -EPROTO);
	ck_assert_int_eq(kc_check_function(bed.btf, "f", "Suupu"), -EPROTO);
	ck_assert_int_eq(kc_check_function(bed.btf, "f", "uuup"), -EPROTO);
	ck_assert_int_eq(kc_check_function(bed.btf, "f", "Spup"), -EPROTO);
	ck_assert_int_eq(kc_check_function(bed.btf, "g", "up"), -EPROTO);
	ck_assert_int_eq(kc_check_function(bed.btf, "g", "uu"), -EPROTO);
	ck_assert_int_eq(kc_check_function(bed.btf, "h", ""), -ENOENT);
	ck_assert_int_eq(kc_check_function(bed.btf, "kmem_cache", ""), -ENOENT); /* no function */
	end(&bed);
}
END_TEST

START_TEST(test_nothing_there)
{
	struct bed bed;

	begin(&bed);
	open_hooks(&bed, ALL);
	expect(&bed, "kmem_cache_alloc_bulk", NO_FUNCTION);
	expect(&bed, "kmem_cache_free_bulk", NO_FUNCTION);
	expect(&bed, "rcu_free_sheaf", NO_FUNCTION);
	expect(&bed, "alloc_pages_bulk", NO_FUNCTION);
	expect(&bed, "alloc_vmap_area", NO_FUNCTION);
	expect(&bed, "free_vmap_area_noflush", NO_FUNCTION);
	end(&bed);
}
END_TEST

/* Any of the shapes of a function, under any of its names, will do. */
START_TEST(test_versions)
{
	static const struct {
		const char *hook, *function, *shape, *status;
	} cases[] = {
		{ "kmem_cache_alloc_bulk", "kmem_cache_alloc_bulk", "Suup", "refused: " },
		{ "kmem_cache_alloc_bulk", "kmem_cache_alloc_bulk_noprof", "Suup", "refused: " },
		{ "kmem_cache_alloc_bulk", "kmem_cache_alloc_bulk", "uup", NO_SHAPE },
		{ "kmem_cache_free_bulk", "kmem_cache_free_bulk", "Sup", "refused: " },
		{ "kmem_cache_free_bulk", "kmem_cache_free_bulk", "uup", NO_SHAPE },
		{ "rcu_free_sheaf", "__rcu_free_sheaf_prepare", "Sp", "refused: " },
		{ "alloc_pages_bulk", "__alloc_pages_bulk", "uupupp", "refused: " },
		{ "alloc_pages_bulk", "alloc_pages_bulk_noprof", "uupupp", "refused: " },
		{ "alloc_pages_bulk", "alloc_pages_bulk_noprof", "uupup", "refused: " },
		{ "alloc_pages_bulk", "alloc_pages_bulk_noprof", "uupu", NO_SHAPE },
		{ "alloc_vmap_area", "alloc_vmap_area", "uuuuuu", "refused: " },
		{ "alloc_vmap_area", "alloc_vmap_area", "uuuuuuup", NO_SHAPE },
		{ "free_vmap_area_noflush", "free_vmap_area_noflush", "p", "refused: " },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bed bed;

		begin(&bed);
		add_function(&bed, cases[i].function, cases[i].shape);
		open_hooks(&bed, ALL);
		expect(&bed, cases[i].hook, cases[i].status);
		end(&bed);
	}
}
END_TEST

/* Where the tracepoint tells of areas, a hook would tell of them again. */
START_TEST(test_tracepoint)
{
	struct bed bed;

	begin(&bed);
	add_function(&bed, "alloc_vmap_area", "uuuuuu");
	add_function(&bed, "free_vmap_area_noflush", "p");
	id(btf__add_typedef(bed.btf, "btf_trace_alloc_vmap_area", bed.pointer));
	open_hooks(&bed, ALL);
	ck_assert_ptr_null(status(&bed, "alloc_vmap_area"));
	expect(&bed, "free_vmap_area_noflush", "refused: ");
	end(&bed);
}
END_TEST

START_TEST(test_classes)
{
	struct bed bed;

	begin(&bed);
	add_function(&bed, "kmem_cache_free_bulk", "Sup");
	open_hooks(&bed, 1u << KC_CLASS_VMALLOC | 1u << KC_CLASS_PERCPU);
	ck_assert_ptr_null(status(&bed, "kmem_cache_free_bulk"));
	ck_assert_ptr_null(status(&bed, "alloc_pages_bulk"));
	expect(&bed, "alloc_vmap_area", NO_FUNCTION);
	end(&bed);
	kc_untraced_close(NULL);
}
END_TEST

START_TEST(test_facts)
{
	struct bed bed;
	struct tf_meta meta;

	begin(&bed);
	tf_meta_init(&meta);
	add_function(&bed, "kmem_cache_free_bulk", "Sup");
	open_hooks(&bed, 1u << KC_CLASS_SLAB);
	ck_assert_int_eq(kc_untraced_add_facts(bed.untraced, &meta), 0);
	ck_assert_uint_eq(meta.nr_facts, 3);
	ck_assert_str_eq(tf_meta_get(&meta, "record.hook.kmem_cache_alloc_bulk"), NO_FUNCTION);
	ck_assert_int_eq(
		strncmp(tf_meta_get(&meta, "record.hook.kmem_cache_free_bulk"), "refused: ", 9), 0);
	tf_meta_release(&meta);
	end(&bed);
}
END_TEST

RUN_SUITE("bpf/untraced", test_shapes, test_nothing_there, test_versions, test_tracepoint,
	  test_classes, test_facts)
