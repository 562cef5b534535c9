/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Choosing programs by BTF.
 *
 * A tracepoint NAME is the typedef btf_trace_NAME, a pointer to a function whose
 * first argument is the tracepoint's own and whose others are what a program gets.
 * A program's shape is one letter an argument: u a number, p a pointer, S a
 * pointer to struct kmem_cache.  Versions are never looked at.
 */
#include "bpf/programs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct program {
	enum kc_class class;
	const char *tracepoint;
	const char *shape;
	const char *function; /* its programs: function__only, or function__first and
				 function__second */
};

static const struct program programs[] = {
	{ KC_CLASS_SLAB, "kmalloc", "upuuuu", "kmalloc__node" },
	{ KC_CLASS_SLAB, "kfree", "up", "kfree__any" },
	{ KC_CLASS_SLAB, "kmem_cache_alloc", "upSuu", "kmem_cache_alloc__cache" },
	{ KC_CLASS_SLAB, "kmem_cache_free", "upS", "kmem_cache_free__cache" },
	{ KC_CLASS_PAGE, "mm_page_alloc", "puuu", "mm_page_alloc__any" },
	{ KC_CLASS_PAGE, "mm_page_free", "pu", "mm_page_free__any" },
	{ KC_CLASS_PAGE, "mm_page_free_batched", "p", "mm_page_free_batched__any" },
	{ KC_CLASS_VMALLOC, "alloc_vmap_area", "uuuuuu", "alloc_vmap_area__any" },
	{ KC_CLASS_VMALLOC, "free_vmap_area_noflush", "uuu", "free_vmap_area_noflush__any" },
	{ KC_CLASS_PERCPU, "percpu_alloc_percpu", "uuuuupupuu", "percpu_alloc_percpu__site" },
	{ KC_CLASS_PERCPU, "percpu_free_percpu", "pup", "percpu_free_percpu__any" },
	{ KC_CLASS_PERCPU, "percpu_alloc_percpu_fail", "uuuu", "percpu_alloc_percpu_fail__any" },
};

static const char gfp_prefix[] = "___GFP_";

#define NR_PROGRAMS (sizeof(programs) / sizeof(programs[0]))

bool kc_has_suffix(const char *name, const char *suffix)
{
	size_t len = strlen(name), tail = strlen(suffix);

	return len >= tail && !strcmp(name + len - tail, suffix);
}

static const struct btf_type *skip_modifiers(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

static bool argument_is(const struct btf *btf, __u32 id, char letter)
{
	const struct btf_type *t = skip_modifiers(btf, id);
	const char *name;

	if (!t)
		return false;
	if (letter == 'u')
		return btf_is_int(t) || btf_is_any_enum(t);
	if (!btf_is_ptr(t))
		return false;
	if (letter == 'p')
		return true;
	t = skip_modifiers(btf, t->type);
	name = t && btf_is_struct(t) ? btf__name_by_offset(btf, t->name_off) : NULL;
	return name && !strcmp(name, "kmem_cache");
}

/* 0 if the tracepoint is there in that shape, -ENOENT if absent, -EPROTO if of another shape. */
static int check_tracepoint(const struct btf *btf, const char *tracepoint, const char *shape)
{
	const struct btf_param *params;
	const struct btf_type *t;
	char name[96];
	__s32 id;

	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	id = btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF);
	if (id < 0)
		return -ENOENT;
	t = skip_modifiers(btf, (__u32)id);
	if (t && btf_is_ptr(t))
		t = skip_modifiers(btf, t->type);
	if (!t || !btf_is_func_proto(t) || btf_vlen(t) != strlen(shape) + 1)
		return -EPROTO;
	params = btf_params(t);
	for (size_t i = 0; shape[i]; i++)
		if (!argument_is(btf, params[i + 1].type, shape[i]))
			return -EPROTO;
	return 0;
}

static void say_missing(struct kc_class_choice *choice, const char *tracepoint, int err)
{
	size_t len = strlen(choice->status);

	snprintf(choice->status + len, sizeof(choice->status) - len, "%s%s: %s", len ? "; " : "",
		 tracepoint,
		 err == -ENOENT ? "no such tracepoint in this kernel's BTF"
				: "tracepoint has arguments of an unknown shape");
}

static void set_autoload(struct bpf_object *obj, const char *function, const char *pass, bool load)
{
	char name[96];
	struct bpf_program *prog;

	snprintf(name, sizeof(name), "%s__%s", function, pass);
	prog = bpf_object__find_program_by_name(obj, name);
	if (prog)
		bpf_program__set_autoload(prog, load);
}

unsigned int kc_choose_programs(struct bpf_object *obj, const struct btf *btf, unsigned int classes,
				struct kc_class_choice choice[KC_NR_CLASSES])
{
	unsigned int chosen = 0;

	memset(choice, 0, KC_NR_CLASSES * sizeof(*choice));
	for (size_t i = 0; i < NR_PROGRAMS; i++) {
		const struct program *p = &programs[i];
		int err = check_tracepoint(btf, p->tracepoint, p->shape);
		bool wanted = classes & 1u << p->class;

		set_autoload(obj, p->function, "only", wanted && !err);
		set_autoload(obj, p->function, "first", wanted && !err);
		set_autoload(obj, p->function, "second", wanted && !err);
		if (wanted && err)
			say_missing(&choice[p->class], p->tracepoint, err);
		if (!wanted || err)
			continue;
		choice[p->class].nr_programs++;
		chosen++;
	}
	for (unsigned int c = 0; c < KC_NR_CLASSES; c++)
		if (!choice[c].status[0])
			snprintf(choice[c].status, sizeof(choice[c].status), "%s",
				 choice[c].nr_programs ? "tp_btf" : "not asked for");
	return chosen;
}

/* Offset of a per-CPU variable in its section, -1 if BTF does not have it; its type in *type. */
static __s64 percpu_offset(const struct btf *btf, const char *name, __u32 *type)
{
	__s32 var = btf__find_by_name_kind(btf, name, BTF_KIND_VAR);
	__u32 nr = btf__type_cnt(btf);

	for (__u32 id = 1; var > 0 && id < nr; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const struct btf_var_secinfo *info;

		if (!btf_is_datasec(t))
			continue;
		info = btf_var_secinfos(t);
		for (unsigned int i = 0; i < btf_vlen(t); i++) {
			if (info[i].type != (__u32)var)
				continue;
			*type = btf__type_by_id(btf, (__u32)var)->type;
			return info[i].offset;
		}
	}
	return -1;
}

/* Byte offset of a member of a struct, looking into anonymous ones; -1 if there is none. */
static __s64 member_offset(const struct btf *btf, __u32 type, const char *name)
{
	const struct btf_type *t = skip_modifiers(btf, type);
	const struct btf_member *m;

	if (!t || !btf_is_composite(t))
		return -1;
	m = btf_members(t);
	for (unsigned int i = 0; i < btf_vlen(t); i++, m++) {
		const char *member = btf__name_by_offset(btf, m->name_off);
		__s64 inner;

		if (!strcmp(member, name))
			return btf_member_bit_offset(t, i) / 8;
		if (member[0])
			continue;
		inner = member_offset(btf, m->type, name);
		if (inner >= 0)
			return inner + btf_member_bit_offset(t, i) / 8;
	}
	return -1;
}

void kc_fill_params(const struct btf *btf, struct kc_params *params)
{
	__u32 type = 0;
	__s64 runqueues = percpu_offset(btf, "runqueues", &type);
	__s64 preempt = percpu_offset(btf, "__preempt_count", &type);

	if (preempt < 0) {
		/* x86 from 6.2 to 6.14 */
		__s64 hot = percpu_offset(btf, "pcpu_hot", &type);
		__s64 member = hot < 0 ? -1 : member_offset(btf, type, "preempt_count");

		preempt = member < 0 ? -1 : hot + member;
	}
	if (runqueues >= 0 && preempt >= 0) {
		params->offset_runqueues = (__u64)runqueues;
		params->offset_preempt_count = (__u64)preempt;
	}
	if (btf__find_by_name_kind(btf, "bpf_rdonly_cast", BTF_KIND_FUNC) > 0) {
		__s32 word = btf__find_by_name_kind(btf, "refcount_struct", BTF_KIND_STRUCT);
		__s32 words = btf__find_by_name_kind(btf, "pt_regs", BTF_KIND_STRUCT);

		params->word_type = word > 0 ? (__u32)word : 0;
		params->words_type = words > 0 ? (__u32)words : 0;
	}
	params->has_get_kmem_cache =
		btf__find_by_name_kind(btf, "bpf_get_kmem_cache", BTF_KIND_FUNC) > 0;
}

unsigned int kc_btf_struct_size(const struct btf *btf, const char *name)
{
	__s32 id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

	return id > 0 ? btf__type_by_id(btf, (__u32)id)->size : 0;
}

/* One value of the enum as a fact.  1, 0 if it names no flag, or -ENOMEM. */
static int add_gfp_fact(const char *name, int bit, struct tf_meta *meta)
{
	static const char suffix[] = "_BIT";
	char key[64];
	int len;

	if (strncmp(name, gfp_prefix, strlen(gfp_prefix)) || !kc_has_suffix(name, suffix))
		return 0;
	name += strlen(gfp_prefix);
	len = (int)strlen(name) - (int)(sizeof(suffix) - 1);
	if (len <= 0 || !strcmp(name, "LAST_BIT") || !strcmp(name, "UNUSED_BIT"))
		return 0;
	snprintf(key, sizeof(key), "gfp.%.*s", len, name);
	return tf_meta_setf(meta, key, "%d", bit) ? -ENOMEM : 1;
}

/* ___GFP_DMA_BIT is 0, ___GFP_LAST_BIT counts them. */
int kc_add_gfp_facts(const struct btf *btf, struct tf_meta *meta)
{
	__u32 nr = btf__type_cnt(btf);
	int found = 0;

	for (__u32 id = 1; id < nr; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const struct btf_enum *e;

		if (!btf_is_enum(t) || t->name_off || !btf_vlen(t))
			continue;
		e = btf_enum(t);
		if (strncmp(btf__name_by_offset(btf, e->name_off), gfp_prefix, strlen(gfp_prefix)))
			continue;
		for (unsigned int i = 0; i < btf_vlen(t); i++) {
			int ret = add_gfp_fact(btf__name_by_offset(btf, e[i].name_off), e[i].val,
					       meta);

			if (ret < 0)
				return ret;
			found += ret;
		}
		break;
	}
	return found;
}
