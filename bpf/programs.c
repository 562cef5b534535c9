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
	const char *function; /* its programs: function__first and function__second */
	enum kc_kind kind;
};

/* Shapes of one tracepoint stand together, and the first that fits is taken. */
static const struct program programs[] = {
	{ KC_CLASS_SLAB, "kmalloc", "upuuuu", "kmalloc__node", KC_KMALLOC },
	{ KC_CLASS_SLAB, "kmalloc", "upSuuu", "kmalloc__cache", KC_KMALLOC },
	{ KC_CLASS_SLAB, "kmalloc", "upuuu", "kmalloc__bare", KC_KMALLOC },
	{ KC_CLASS_SLAB, "kmalloc_node", "upSuuuu", "kmalloc_node__cache", KC_KMALLOC },
	{ KC_CLASS_SLAB, "kmalloc_node", "upuuuu", "kmalloc_node__bare", KC_KMALLOC },
	{ KC_CLASS_SLAB, "kfree", "up", "kfree__any", KC_KFREE },
	{ KC_CLASS_SLAB, "kmem_cache_alloc", "upSuu", "kmem_cache_alloc__named", KC_CACHE_ALLOC },
	{ KC_CLASS_SLAB, "kmem_cache_alloc", "upSuuu", "kmem_cache_alloc__cache", KC_CACHE_ALLOC },
	{ KC_CLASS_SLAB, "kmem_cache_alloc", "upuuu", "kmem_cache_alloc__bare", KC_CACHE_ALLOC },
	{ KC_CLASS_SLAB, "kmem_cache_alloc_node", "upSuuuu", "kmem_cache_alloc_node__cache",
	  KC_CACHE_ALLOC },
	{ KC_CLASS_SLAB, "kmem_cache_alloc_node", "upuuuu", "kmem_cache_alloc_node__bare",
	  KC_CACHE_ALLOC },
	{ KC_CLASS_SLAB, "kmem_cache_free", "upS", "kmem_cache_free__named", KC_CACHE_FREE },
	{ KC_CLASS_SLAB, "kmem_cache_free", "upp", "kmem_cache_free__bare", KC_CACHE_FREE },
	{ KC_CLASS_SLAB, "kmem_cache_free", "up", "kmem_cache_free__bare", KC_CACHE_FREE },
	{ KC_CLASS_PAGE, "mm_page_alloc", "puuu", "mm_page_alloc__any", KC_PAGE_ALLOC },
	{ KC_CLASS_PAGE, "mm_page_free", "pu", "mm_page_free__any", KC_PAGE_FREE },
	{ KC_CLASS_VMALLOC, "alloc_vmap_area", "uuuuuu", "alloc_vmap_area__any", KC_VMAP_ALLOC },
	{ KC_CLASS_VMALLOC, "free_vmap_area_noflush", "uuu", "free_vmap_area_noflush__any",
	  KC_VMAP_FREE },
	{ KC_CLASS_PERCPU, "percpu_alloc_percpu", "uuuuupupuu", "percpu_alloc_percpu__site",
	  KC_PERCPU_ALLOC },
	{ KC_CLASS_PERCPU, "percpu_alloc_percpu", "uuuupup", "percpu_alloc_percpu__bare",
	  KC_PERCPU_ALLOC },
	{ KC_CLASS_PERCPU, "percpu_free_percpu", "pup", "percpu_free_percpu__any", KC_PERCPU_FREE },
	{ KC_CLASS_PERCPU, "percpu_alloc_percpu_fail", "uuuu", "percpu_alloc_percpu_fail__any",
	  KC_PERCPU_FAIL },
	{ KC_CLASS_TRANSITIONS, "mm_page_alloc_zone_locked", "puuu",
	  "mm_page_alloc_zone_locked__refill", KC_ZONE_LOCKED },
	{ KC_CLASS_TRANSITIONS, "mm_page_alloc_zone_locked", "puu",
	  "mm_page_alloc_zone_locked__bare", KC_ZONE_LOCKED },
	{ KC_CLASS_TRANSITIONS, "mm_page_pcpu_drain", "puu", "mm_page_pcpu_drain__any",
	  KC_PCPU_DRAIN },
	{ KC_CLASS_TRANSITIONS, "mm_page_alloc_extfrag", "puuuu", "mm_page_alloc_extfrag__any",
	  KC_EXTFRAG },
};

/* Gone from 6.1 on, when kmalloc and kmem_cache_alloc got the node. */
static bool is_optional(const char *tracepoint)
{
	return kc_has_suffix(tracepoint, "_node");
}

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

static void load_function(struct bpf_object *obj, const char *function)
{
	set_autoload(obj, function, "first", true);
	set_autoload(obj, function, "second", true);
}

int kc_program_kind(const char *name)
{
	for (size_t i = 0; i < NR_PROGRAMS; i++) {
		size_t len = strlen(programs[i].function);

		if (!strncmp(name, programs[i].function, len) &&
		    (!strcmp(name + len, "__first") || !strcmp(name + len, "__second")))
			return (int)programs[i].kind;
	}
	return -1;
}

/* The programs of one tracepoint, the entries [at, end).  True if one was chosen. */
static bool choose_shape(struct bpf_object *obj, const struct btf *btf, size_t at, size_t end,
			 struct kc_class_choice *choice)
{
	const char *tracepoint = programs[at].tracepoint;
	int err = -ENOENT;

	for (; at < end; at++) {
		err = check_tracepoint(btf, tracepoint, programs[at].shape);
		if (!err) {
			load_function(obj, programs[at].function);
			choice->nr_programs++;
			return true;
		}
	}
	if (err != -ENOENT || !is_optional(tracepoint))
		say_missing(choice, tracepoint, err);
	return false;
}

unsigned int kc_choose_programs(struct bpf_object *obj, const struct btf *btf, unsigned int classes,
				struct kc_class_choice choice[KC_NR_CLASSES])
{
	struct bpf_program *prog;
	unsigned int chosen = 0;
	size_t end;

	memset(choice, 0, KC_NR_CLASSES * sizeof(*choice));
	bpf_object__for_each_program(prog, obj) bpf_program__set_autoload(prog, false);
	for (size_t i = 0; i < NR_PROGRAMS; i = end) {
		end = i + 1;
		while (end < NR_PROGRAMS &&
		       !strcmp(programs[end].tracepoint, programs[i].tracepoint))
			end++;
		if (classes & 1u << programs[i].class)
			chosen += choose_shape(obj, btf, i, end, &choice[programs[i].class]);
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

/* The value of an enumerator of any enum, -1 if there is none. */
static __s64 enum_value(const struct btf *btf, const char *enumeration, const char *name)
{
	__s32 id = btf__find_by_name_kind(btf, enumeration, BTF_KIND_ENUM);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;

	for (unsigned int i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_enum(t)[i].name_off), name))
			return btf_enum(t)[i].val;
	return -1;
}

static __s64 struct_member(const struct btf *btf, const char *type, const char *member)
{
	__s32 id = btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT);

	return id > 0 ? member_offset(btf, (__u32)id, member) : -1;
}

/*
 * How a page tells that it is a slab's: by the top byte of page_type (6.11 and later), before
 * by a bit of its flags.  Between 6.10 and 6.11 the value of the type is in no enum.
 */
static void fill_page_params(const struct btf *btf, struct kc_params *params)
{
	__s64 head = struct_member(btf, "page", "compound_head");
	__s64 cache = struct_member(btf, "slab", "slab_cache");
	__s64 type = enum_value(btf, "pagetype", "PGTY_slab");
	__s64 flag = enum_value(btf, "pageflags", "PG_slab");
	__s64 type_at = struct_member(btf, "page", "page_type");

	if (cache < 0)
		cache = struct_member(btf, "page", "slab_cache");
	if (head < 0 || cache < 0)
		return;
	if (type > 0 && type_at >= 0) {
		params->slab_word = (__u32)type_at;
		params->slab_shift = 24;
		params->slab_mask = 0xff;
		params->slab_value = (__u32)type;
	} else if (flag >= 0) {
		params->slab_word = 0;
		params->slab_shift = (__u32)flag;
		params->slab_mask = 1;
		params->slab_value = 1;
	} else {
		return;
	}
	params->compound_head = (__u32)head;
	params->slab_cache = (__u32)cache;
	params->page_bytes = kc_btf_struct_size(btf, "page");
}

void kc_fill_params(const struct btf *btf, struct kc_params *params)
{
	__u32 type = 0;
	__s64 runqueues = percpu_offset(btf, "runqueues", &type);
	__s64 preempt = percpu_offset(btf, "__preempt_count", &type);
	__s64 current = percpu_offset(btf, "current_task", &type);

	if (preempt < 0) {
		/* x86 from 6.2 to 6.14 */
		__s64 hot = percpu_offset(btf, "pcpu_hot", &type);
		__s64 member = hot < 0 ? -1 : member_offset(btf, type, "preempt_count");

		preempt = member < 0 ? -1 : hot + member;
		member = hot < 0 ? -1 : member_offset(btf, type, "current_task");
		current = member < 0 ? -1 : hot + member;
	}
	if (runqueues >= 0 && preempt >= 0) {
		params->offset_runqueues = (__u64)runqueues;
		params->offset_preempt_count = (__u64)preempt;
		params->offset_current = current >= 0 ? (__u64)current : 0;
	}
	if (btf__find_by_name_kind(btf, "bpf_rdonly_cast", BTF_KIND_FUNC) > 0) {
		__s32 words = btf__find_by_name_kind(btf, "pt_regs", BTF_KIND_STRUCT);

		params->words_type = words > 0 ? (__u32)words : 0;
	}
	fill_page_params(btf, params);
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
