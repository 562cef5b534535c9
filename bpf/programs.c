/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Choosing programs by BTF.
 *
 * A tracepoint NAME is the typedef btf_trace_NAME, a pointer to a function whose
 * first argument is the tracepoint's own and whose others are what a program gets.
 * Versions are never looked at.
 */
#include "bpf/programs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bpf/kernel_btf.h"

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

#define NR_PROGRAMS (sizeof(programs) / sizeof(programs[0]))

bool kc_has_suffix(const char *name, const char *suffix)
{
	size_t len = strlen(name), tail = strlen(suffix);

	return len >= tail && !strcmp(name + len - tail, suffix);
}

/* 0 if the tracepoint is there in that shape, -ENOENT if absent, -EPROTO if of another shape. */
static int check_tracepoint(const struct btf *btf, const char *tracepoint, const char *shape)
{
	const struct btf_type *t;
	char name[96];
	__s32 id;

	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	id = btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF);
	if (id < 0)
		return -ENOENT;
	t = kc_btf_type(btf, (__u32)id);
	if (t && btf_is_ptr(t))
		t = kc_btf_type(btf, t->type);
	return t && kc_btf_has_arguments(btf, t, 1, shape) ? 0 : -EPROTO;
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
