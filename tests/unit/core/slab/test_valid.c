/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Each way in which the slab layer can be broken has its own complaint.  The scene:
 *
 *   CPU 0: [##cc]D     CPU 1's stack: [o###]C     node 0: [o###]A [o###]B
 *   full: [####]E      slabs are numbered A=0 B=1 C=2 E=3 D=4; order 1 below: F=5 of two pages
 */
#include "tests/unit/core/slab/bed.h"

struct scene {
	struct bed bed;
	struct kmem_cache *cache, *wide;
	struct slab *a, *b, *c, *d, *e, *f;
	uint64_t o[18], w;
};

static void scene_init(struct scene *scene)
{
	bed_init_small(&scene->bed);
	scene->cache = bed_cache(&scene->bed, "c", 0, 2, 2);
	scene->wide = bed_cache(&scene->bed, "wide", 1, 2, 2);
	bed_fill(scene->cache, scene->o, 18, 0);
	scene->a = bed_slab_of(&scene->bed, scene->o[0]);
	scene->b = bed_slab_of(&scene->bed, scene->o[4]);
	scene->c = bed_slab_of(&scene->bed, scene->o[8]);
	scene->e = bed_slab_of(&scene->bed, scene->o[12]);
	scene->d = bed_slab_of(&scene->bed, scene->o[16]);
	bed_free(scene->cache, scene->o[4], 1);
	bed_free(scene->cache, scene->o[0], 1);
	bed_free(scene->cache, scene->o[8], 1); /* drains A and B */
	bed_fill(scene->wide, &scene->w, 1, 0);
	scene->f = bed_slab_of(&scene->bed, scene->w);
	bed_check(&scene->bed);
}

static void expect(const struct scene *scene, const char *complaint)
{
	char buf[256] = "";
	const char *said = km_slab_is_valid(scene->bed.slab, buf, sizeof(buf));

	ck_assert_ptr_nonnull(said);
	ck_assert_str_eq(said, complaint);
}

/* Break one thing, expect one complaint, mend it: the next one must not find a trace of it. */
#define BREAK(lvalue, value, complaint)                                                            \
	do {                                                                                       \
		__typeof__((lvalue) + 0) whole = (lvalue);                                         \
		(lvalue) = (value);                                                                \
		expect(&scene, complaint);                                                         \
		(lvalue) = whole;                                                                  \
		bed_check(&scene.bed);                                                             \
	} while (0)

/* The same where something else is broken too. */
#define BREAK_MORE(lvalue, value, complaint)                                                       \
	do {                                                                                       \
		__typeof__(lvalue) whole = (lvalue);                                               \
		(lvalue) = (value);                                                                \
		expect(&scene, complaint);                                                         \
		(lvalue) = whole;                                                                  \
	} while (0)

START_TEST(counters)
{
	struct scene scene;
	struct kmem_cache *cache;
	struct km_slab *set;

	scene_init(&scene);
	cache = scene.cache;
	set = scene.bed.slab;
	BREAK(cache->nr_slabs, 6, "c: nr_slabs: 6, counted 5");
	BREAK(cache->nr_slabs_min_order, 1, "c: nr_slabs_min_order: 1, counted 0");
	BREAK(cache->nr_pages, 4, "c: nr_pages: 4, counted 5");
	BREAK(cache->capacity, 24, "c: capacity: 24, counted 20");
	BREAK(cache->nr_inuse, 14, "c: nr_inuse: 14, counted 15");
	BREAK(cache->nr_preexisting, 1, "c: nr_preexisting: 1, counted 0");
	BREAK(set->nr_pages, 8, "all caches: nr_pages: 8, counted 7");
	BREAK(set->free_bytes, 0, "all caches: free_bytes: 0, counted 12288");
	BREAK(set->pool.nr_spare, 1, "pool: spare slabs: 1, counted 0");
	bed_release(&scene.bed);
}
END_TEST

START_TEST(pages_of_slabs)
{
	struct scene scene;
	struct page *head, *tail;

	scene_init(&scene);
	head = km_page(&scene.bed.machine, km_addr_to_pfn(&scene.bed.machine, scene.w));
	tail = head + 1;
	BREAK(head->priv, 0, "wide: wrong head page of slab 5");
	BREAK(head->owner, KM_OWNER_OTHER, "wide: wrong head page of slab 5");
	BREAK(tail->priv, 0, "wide: wrong tail page of slab 5");
	BREAK(tail->state, KM_PAGE_HELD, "wide: wrong tail page of slab 5");
	BREAK(tail->owner, KM_OWNER_NONE, "wide: wrong tail page of slab 5");
	BREAK(scene.f->base, 0, "wide: wrong base of slab 5");
	BREAK(scene.f->order, 2, "wide: wrong order of slab 5");
	BREAK(scene.f->order, 0, "wide: wrong number of objects of slab 5");
	BREAK(scene.f->objects, 7, "wide: wrong number of objects of slab 5");
	BREAK(scene.f->nr_preexisting, 1, "wide: wrong number of pre-existing objects of slab 5");
	bed_release(&scene.bed);
}
END_TEST

START_TEST(freelists)
{
	struct scene scene;
	struct kmem_cache_cpu *c;

	scene_init(&scene);
	c = &scene.cache->cpu[0];
	BREAK(scene.a->inuse, 4, "c: wrong inuse of slab 0");
	BREAK(scene.a->freelist, 4, "c: broken freelist of slab 0");
	BREAK(scene.a->freelist, 1, "c: broken freelist of slab 0");
	BREAK(scene.a->links[0], 0, "c: broken freelist of slab 0");
	BREAK(scene.a->freelist, KM_OBJECT_END, "c: free objects on no freelist in slab 0");
	BREAK(scene.a->links[0], KM_OBJECT_HELD, "c: broken freelist of slab 0");
	BREAK(scene.a->links[1], KM_OBJECT_END, "c: free objects on no freelist in slab 0");
	BREAK(c->freelist, 3, "c: free objects on no freelist in slab 4");
	BREAK(c->freelist, 0, "c: broken freelist of CPU 0");
	BREAK(scene.d->links[3], 2, "c: broken freelist of CPU 0");
	BREAK(scene.a->where, KM_SLAB_FULL, "c: free objects in full slab 0");
	BREAK(scene.e->where, KM_SLAB_NODE_PARTIAL, "c: no free object in partial slab 3");
	BREAK(scene.e->where, KM_SLAB_CPU_PARTIAL, "c: no free object in partial slab 3");
	bed_release(&scene.bed);
}
END_TEST

START_TEST(lists)
{
	struct scene scene;
	struct kmem_cache_node *n;
	struct kmem_cache_cpu *c;

	scene_init(&scene);
	n = &scene.cache->node[0];
	c = scene.cache->cpu;
	ck_assert_ptr_eq(n->head, scene.a);
	ck_assert_ptr_eq(n->tail, scene.b);
	ck_assert_ptr_eq(c[1].partial, scene.c);
	BREAK(n->nr_partial, 3, "c: wrong number of partial slabs on node 0");
	BREAK(n->nr_partial, 1, "c: wrong number of partial slabs on node 0");
	BREAK(n->nr_free, 3, "c: wrong number of free objects on node 0");
	BREAK(n->head, scene.b, "c: broken partial list of node 0");
	BREAK(n->tail, scene.a, "c: wrong tail of the partial list of node 0");
	BREAK(scene.b->prev, NULL, "c: broken partial list of node 0");
	BREAK(scene.a->next, NULL, "c: wrong number of partial slabs on node 0");
	BREAK(scene.b->next, scene.c, "c: foreign slab on the list of node 0");
	BREAK(scene.a->where, KM_SLAB_CPU_PARTIAL, "c: foreign slab on the list of node 0");
	BREAK(c[1].nr_partial, 0, "c: wrong number of slabs on the stack of CPU 1");
	BREAK(c[1].nr_partial, 2, "c: wrong number of slabs on the stack of CPU 1");
	BREAK(c[1].partial, scene.a, "c: foreign slab on the stack of CPU 1");
	BREAK(scene.c->cpu, 0, "c: foreign slab on the stack of CPU 1");
	BREAK(scene.d->cpu, 1, "c: not its CPU's is slab 4");
	BREAK(scene.d->cpu, 2, "c: not its CPU's is slab 4");
	BREAK(c[0].slab, NULL, "c: not its CPU's is slab 4");
	BREAK(c[0].slab, scene.f, "c: not its CPU's is slab 4");
	BREAK(c[1].freelist, 1, "c: a freelist without a slab on CPU 1");
	BREAK(c[1].slab, scene.f, "c: foreign slab on CPU 1");
	BREAK(c[1].slab, scene.d, "c: foreign slab on CPU 1");
	BREAK(scene.e->where, KM_SLAB_ON_CPU, "c: not its CPU's is slab 3");
	c[1].nr_partial = 0;
	BREAK_MORE(c[1].partial, NULL, "c: slabs that are on no list: 1");
	c[1].nr_partial = 1;
	bed_release(&scene.bed);
}
END_TEST

START_TEST(spares)
{
	struct scene scene;
	struct km_slab_pool *pool;

	scene_init(&scene);
	pool = &scene.bed.slab->pool;
	/* B empties while three are on the list or stack: its pages go. */
	scene.cache->min_partial = 1;
	for (int i = 5; i < 8; i++)
		bed_free(scene.cache, scene.o[i], 0);
	ck_assert_uint_eq(pool->nr_spare, 1);
	ck_assert_ptr_eq(pool->spare, scene.b);
	bed_check(&scene.bed);
	BREAK(pool->spare, scene.a, "slab 0 is spare and in use");
	BREAK(pool->nr_spare, 2, "pool: spare slabs: 2, counted 1");
	BREAK(pool->nr_slabs, 5, "wide: nr_slabs: 1, counted 0");
	bed_release(&scene.bed);
}
END_TEST

RUN_SUITE("slab/valid", counters, pages_of_slabs, freelists, lists, spares)
