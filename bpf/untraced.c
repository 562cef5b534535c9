/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Choosing, loading and attaching the hooks.
 *
 * All that BTF promises are loaded as one object.  If the kernel does not take that, each hook
 * is tried in an object of its own, so that one that is refused takes no other with it; but
 * where such programs are not permitted at all, it is said of all of them.
 */
#include "bpf/untraced.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/kernel_btf.h"

#define MAX_PROGRAMS 16

/* bpf/embed.S */
extern const uint8_t kc_bpf_untraced[], kc_bpf_untraced_end[];

/* A way to have a hook; of those of the same name, the first whose function fits is taken. */
struct way {
	const char *hook;
	enum kc_class class;
	const char *sort;
	const char *function, *shape;
	const char *program, *before; /* before: one at the entry, that the program needs */
	const char *kprobe;	      /* NULL, or the one to try if the kernel refuses that */
	const char *tracepoint;	      /* NULL, or: not where there is this one */
};

static const struct way ways[] = {
	{ "kmem_cache_alloc_bulk", KC_CLASS_SLAB, "fexit", "kmem_cache_alloc_bulk_noprof", "Suup",
	  "kmem_cache_alloc_bulk_noprof__any", NULL, NULL, NULL },
	{ "kmem_cache_alloc_bulk", KC_CLASS_SLAB, "fexit", "kmem_cache_alloc_bulk", "Suup",
	  "kmem_cache_alloc_bulk__any", NULL, NULL, NULL },
	{ "kmem_cache_free_bulk", KC_CLASS_SLAB, "fentry", "kmem_cache_free_bulk", "Sup",
	  "kmem_cache_free_bulk__any", NULL, "kmem_cache_free_bulk__kprobe", NULL },
	{ "rcu_free_sheaf", KC_CLASS_SLAB, "fentry", "__rcu_free_sheaf_prepare", "Sp",
	  "__rcu_free_sheaf_prepare__any", NULL, NULL, NULL },
	{ "alloc_pages_bulk", KC_CLASS_PAGE, "fexit", "__alloc_pages_bulk", "uupupp",
	  "__alloc_pages_bulk__list", "__alloc_pages_bulk__list_before", NULL, NULL },
	{ "alloc_pages_bulk", KC_CLASS_PAGE, "fexit", "alloc_pages_bulk_noprof", "uupupp",
	  "alloc_pages_bulk_noprof__list", "alloc_pages_bulk_noprof__list_before", NULL, NULL },
	{ "alloc_pages_bulk", KC_CLASS_PAGE, "fexit", "alloc_pages_bulk_noprof", "uupup",
	  "alloc_pages_bulk_noprof__array", "alloc_pages_bulk_noprof__array_before", NULL, NULL },
	{ "alloc_vmap_area", KC_CLASS_VMALLOC, "fexit", "alloc_vmap_area", "uuuuuu",
	  "alloc_vmap_area__six", NULL, NULL, "alloc_vmap_area" },
	{ "free_vmap_area_noflush", KC_CLASS_VMALLOC, "fentry", "free_vmap_area_noflush", "p",
	  "free_vmap_area_noflush__area", NULL, NULL, "free_vmap_area_noflush" },
};

#define NR_WAYS (sizeof(ways) / sizeof(ways[0]))

/* What bpf/slot.bpf.h declares, and the main object has made. */
static const char *const shared_maps[] = { "slots",   "caches",	 "stacks", "chains",
					   "tracked", "cgroups", ".bss",   ".rodata" };

struct hook {
	const struct way *way; /* how it is had, or would be */
	char status[96];
	bool is_chosen, is_had;
};

struct attached {
	struct bpf_link *link;
	const char *name; /* the object's */
	int fd;
};

struct kc_untraced {
	const struct bpf_object *main;
	struct hook hooks[NR_WAYS];
	unsigned int nr_hooks;
	struct bpf_object *objects[2 * NR_WAYS]; /* a hook's own, and that of its kprobe */
	unsigned int nr_objects;
	struct attached programs[MAX_PROGRAMS];
	unsigned int nr_programs;
};

int kc_check_function(const struct btf *btf, const char *function, const char *shape)
{
	__s32 id = btf__find_by_name_kind(btf, function, BTF_KIND_FUNC);
	const struct btf_type *proto;

	if (id < 0)
		return -ENOENT;
	proto = btf__type_by_id(btf, btf__type_by_id(btf, (__u32)id)->type);
	return proto && kc_btf_has_arguments(btf, proto, 0, shape) ? 0 : -EPROTO;
}

static bool has_tracepoint(const struct btf *btf, const char *tracepoint)
{
	char name[96];

	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	return btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF) > 0;
}

/* The hook of that name, made if it is the first way to it. */
static struct hook *hook_of(struct kc_untraced *u, const struct way *way)
{
	for (unsigned int i = 0; i < u->nr_hooks; i++)
		if (!strcmp(u->hooks[i].way->hook, way->hook))
			return &u->hooks[i];
	u->hooks[u->nr_hooks].way = way;
	snprintf(u->hooks[u->nr_hooks].status, sizeof(u->hooks[0].status), "no such function");
	return &u->hooks[u->nr_hooks++];
}

static void choose(struct kc_untraced *u, const struct btf *btf, unsigned int classes)
{
	for (size_t i = 0; i < NR_WAYS; i++) {
		const struct way *way = &ways[i];
		struct hook *hook;
		int err;

		if (!(classes & 1u << way->class) ||
		    (way->tracepoint && has_tracepoint(btf, way->tracepoint)))
			continue;
		hook = hook_of(u, way);
		err = hook->is_chosen ? -EEXIST : kc_check_function(btf, way->function, way->shape);
		if (!err) {
			hook->way = way;
			hook->is_chosen = true;
		} else if (err == -EPROTO) {
			snprintf(hook->status, sizeof(hook->status),
				 "arguments of an unknown shape");
		}
	}
}

static int share_maps(struct kc_untraced *u, struct bpf_object *obj)
{
	for (size_t i = 0; i < sizeof(shared_maps) / sizeof(shared_maps[0]); i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(obj, shared_maps[i]);
		int fd = bpf_object__find_map_fd_by_name(u->main, shared_maps[i]);
		int err;

		if (!map) /* no program has a use for it */
			continue;
		err = fd < 0 ? fd : bpf_map__reuse_fd(map, fd);
		if (err)
			return err;
	}
	return 0;
}

static bool is_program_of(const struct hook *hook, const char *name)
{
	return hook->is_chosen && (!strcmp(name, hook->way->program) ||
				   (hook->way->before && !strcmp(name, hook->way->before)));
}

/*
 * Load the programs of these hooks, or that of the name kprobe, as one object.  A negative
 * errno: none is loaded.
 */
static int load(struct kc_untraced *u, const struct hook *hooks, unsigned int nr,
		const char *kprobe, struct bpf_object **out)
{
	struct bpf_object *obj = bpf_object__open_mem(
		kc_bpf_untraced, (size_t)(kc_bpf_untraced_end - kc_bpf_untraced), NULL);
	struct bpf_program *prog;
	int err;

	if (!obj)
		return -errno;
	bpf_object__for_each_program(prog, obj)
	{
		const char *name = bpf_program__name(prog);
		bool wanted = kprobe && !strcmp(name, kprobe);

		for (unsigned int i = 0; i < nr && !kprobe; i++)
			wanted |= is_program_of(&hooks[i], name);
		bpf_program__set_autoload(prog, wanted);
	}
	err = share_maps(u, obj);
	if (!err)
		err = bpf_object__load(obj);
	if (err) {
		bpf_object__close(obj);
		return err;
	}
	*out = u->objects[u->nr_objects++] = obj;
	return 0;
}

static int attach_program(struct kc_untraced *u, struct bpf_object *obj, const char *name)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, name);
	struct attached *a = &u->programs[u->nr_programs];

	if (!prog || u->nr_programs == MAX_PROGRAMS)
		return prog ? -E2BIG : -ENOENT;
	a->link = bpf_program__attach(prog);
	if (!a->link)
		return -errno;
	a->name = bpf_program__name(prog);
	a->fd = bpf_program__fd(prog);
	u->nr_programs++;
	return 0;
}

/* err is why the kernel did not take the hook as it is meant; 0: it did. */
static void settle(struct kc_untraced *u, struct hook *hook, int err)
{
	struct bpf_object *obj;

	hook->is_had = true;
	if (!err) {
		snprintf(hook->status, sizeof(hook->status), "%s", hook->way->sort);
		return;
	}
	if (hook->way->kprobe && !load(u, NULL, 0, hook->way->kprobe, &obj) &&
	    !attach_program(u, obj, hook->way->kprobe)) {
		snprintf(hook->status, sizeof(hook->status), "kprobe");
		return;
	}
	hook->is_had = false;
	snprintf(hook->status, sizeof(hook->status), "refused: %s", strerror(-err));
}

/* What a hook needs at the entry comes first, lest its exit be taken for one without. */
static void attach(struct kc_untraced *u, struct bpf_object *obj, struct hook *hook)
{
	unsigned int nr_before = u->nr_programs;
	int err = 0;

	if (hook->way->before)
		err = attach_program(u, obj, hook->way->before);
	if (!err)
		err = attach_program(u, obj, hook->way->program);
	if (err && u->nr_programs > nr_before)
		bpf_link__destroy(u->programs[--u->nr_programs].link);
	settle(u, hook, err);
}

static void load_and_attach(struct kc_untraced *u, struct hook *hooks, unsigned int nr)
{
	struct bpf_object *obj = NULL;
	int err = load(u, hooks, nr, NULL, &obj);

	for (unsigned int i = 0; i < nr; i++) {
		if (!hooks[i].is_chosen)
			continue;
		if (!err)
			attach(u, obj, &hooks[i]);
		else if (nr > 1 && err != -EPERM)
			load_and_attach(u, &hooks[i], 1);
		else
			settle(u, &hooks[i], err);
	}
}

int kc_untraced_open(struct kc_untraced **out, const struct bpf_object *main, const struct btf *btf,
		     unsigned int classes)
{
	struct kc_untraced *u = calloc(1, sizeof(*u));
	bool any = false;

	*out = u;
	if (!u)
		return -ENOMEM;
	u->main = main;
	choose(u, btf, classes);
	for (unsigned int i = 0; i < u->nr_hooks; i++)
		any |= u->hooks[i].is_chosen;
	if (any)
		load_and_attach(u, u->hooks, u->nr_hooks);
	return 0;
}

bool kc_untraced_hook(const struct kc_untraced *u, unsigned int i, struct kc_hook *hook)
{
	if (i >= u->nr_hooks)
		return false;
	hook->name = u->hooks[i].way->hook;
	hook->class = u->hooks[i].way->class;
	hook->status = u->hooks[i].status;
	hook->is_had = u->hooks[i].is_had;
	return true;
}

int kc_untraced_add_facts(const struct kc_untraced *u, struct tf_meta *meta)
{
	char key[64];

	for (unsigned int i = 0; i < u->nr_hooks; i++) {
		snprintf(key, sizeof(key), "record.hook.%s", u->hooks[i].way->hook);
		if (tf_meta_set(meta, key, u->hooks[i].status))
			return -ENOMEM;
	}
	return 0;
}

bool kc_untraced_skipped(const struct kc_untraced *u, unsigned int i, const char **program,
			 uint64_t *count)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	if (i >= u->nr_programs)
		return false;
	*program = u->programs[i].name;
	*count = bpf_obj_get_info_by_fd(u->programs[i].fd, &info, &len) ? 0 : info.recursion_misses;
	return true;
}

void kc_untraced_detach(struct kc_untraced *u)
{
	for (unsigned int i = 0; i < u->nr_programs; i++) {
		bpf_link__destroy(u->programs[i].link);
		u->programs[i].link = NULL;
	}
}

void kc_untraced_close(struct kc_untraced *u)
{
	if (!u)
		return;
	kc_untraced_detach(u);
	for (unsigned int i = 0; i < u->nr_objects; i++)
		bpf_object__close(u->objects[i]);
	free(u);
}
