/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Made-up BTF for the suites of bpf/: kernels that do not exist.
 */
#ifndef TESTS_UNIT_BPF_MADE_BTF_H
#define TESTS_UNIT_BPF_MADE_BTF_H

#include <bpf/btf.h>
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct kernel {
	struct btf *btf;
	int type[128]; /* by the letter of an argument */
};

static inline int made_id(int ret)
{
	ck_assert_int_gt(ret, 0);
	return ret;
}

/*
 *   L unsigned long   I int    B bool    E an enum   G gfp_t, a typedef
 *   P const void *    p struct page *    S struct kmem_cache *    N const char *
 *   C const struct kmem_cache *const     D a pointer to a typedef of struct kmem_cache
 *   U union kmem_cache *       X struct kmem_cache, not a pointer
 */
static inline void kernel_init(struct kernel *k)
{
	int page, cache, typed, shared, letter;

	memset(k, 0, sizeof(*k));
	k->btf = btf__new_empty();
	ck_assert_ptr_nonnull(k->btf);
	k->type['L'] = made_id(btf__add_int(k->btf, "long unsigned int", 8, 0));
	k->type['I'] = made_id(btf__add_int(k->btf, "int", 4, BTF_INT_SIGNED));
	k->type['B'] = made_id(btf__add_int(k->btf, "_Bool", 1, BTF_INT_BOOL));
	k->type['E'] = made_id(btf__add_enum(k->btf, "migratetype", 4));
	k->type['G'] = made_id(btf__add_typedef(k->btf, "gfp_t", k->type['I']));
	k->type['P'] = made_id(btf__add_ptr(k->btf, made_id(btf__add_const(k->btf, 0))));
	letter = made_id(btf__add_int(k->btf, "char", 1, BTF_INT_SIGNED));
	k->type['N'] = made_id(btf__add_ptr(k->btf, made_id(btf__add_const(k->btf, letter))));
	page = made_id(btf__add_fwd(k->btf, "page", BTF_FWD_STRUCT));
	k->type['p'] = made_id(btf__add_ptr(k->btf, page));
	cache = made_id(btf__add_struct(k->btf, "kmem_cache", 200));
	k->type['S'] = made_id(btf__add_ptr(k->btf, cache));
	k->type['C'] = made_id(btf__add_const(
		k->btf, made_id(btf__add_ptr(k->btf, made_id(btf__add_const(k->btf, cache))))));
	typed = made_id(btf__add_typedef(k->btf, "cache_t", cache));
	k->type['D'] = made_id(btf__add_ptr(k->btf, typed));
	shared = made_id(btf__add_union(k->btf, "kmem_cache", 8));
	k->type['U'] = made_id(btf__add_ptr(k->btf, shared));
	k->type['X'] = cache;
}

static inline void kernel_release(struct kernel *k)
{
	btf__free(k->btf);
}

/* typedef void (*btf_trace_NAME)(void *, ARGS...); */
static inline void add_tracepoint(struct kernel *k, const char *name, const char *args)
{
	char full[96];
	int data = made_id(btf__add_ptr(k->btf, 0));
	int proto = made_id(btf__add_func_proto(k->btf, 0));

	ck_assert_int_eq(btf__add_func_param(k->btf, NULL, data), 0);
	for (size_t i = 0; args[i]; i++)
		ck_assert_int_eq(btf__add_func_param(k->btf, NULL, k->type[(int)args[i]]), 0);
	snprintf(full, sizeof(full), "btf_trace_%s", name);
	made_id(btf__add_typedef(k->btf, full, made_id(btf__add_ptr(k->btf, proto))));
}

/* An enum of nr names, whose values count from first on; name NULL: it has none. */
static inline void add_enum(struct kernel *k, const char *name, const char *const *values,
			    unsigned int nr, int first)
{
	made_id(btf__add_enum(k->btf, name, 4));
	for (unsigned int i = 0; i < nr; i++)
		ck_assert_int_eq(btf__add_enum_value(k->btf, values[i], first + (int)i), 0);
}

/* A .data..percpu section with variables of those names at those offsets, 0 in front. */
static inline void add_percpu(struct kernel *k, const char *const *names, const int *types,
			      const uint32_t *offsets, unsigned int nr)
{
	int vars[8];

	ck_assert_uint_le(nr, 8);
	for (unsigned int i = 0; i < nr; i++)
		vars[i] =
			made_id(btf__add_var(k->btf, names[i], BTF_VAR_GLOBAL_ALLOCATED, types[i]));
	made_id(btf__add_datasec(k->btf, ".data..percpu", 0x40000));
	for (unsigned int i = 0; i < nr; i++)
		ck_assert_int_eq(btf__add_datasec_var_info(k->btf, vars[i], offsets[i], 8), 0);
}

#endif
