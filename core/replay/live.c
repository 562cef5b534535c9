/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The map of live allocations.
 *
 *   index  [ . | tag,3 | tag,0 | . | tag,7 ]      8 bytes a slot, linear probing
 *                  │       │           │
 *   lives  [ 0 ][ 1 ][ 2 ][ 3 ] ... [ 7 ]         one cache line each, never moved
 *
 * A tag is the upper half of the hash of a key; its top bits are the slot where the
 * search starts.  Slots are filled to 5/8 at most and a deletion shifts what follows
 * back, so there are no tombstones and a search mostly ends in the first line.  A freed
 * life is the next one to be used: it is still in the processor's cache.
 *
 *   slots in use = lives in use = nr;  lives in use + free list = nr_nodes
 */
#include "core/replay/live.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_SHIFT 12
#define CHUNK_NODES (1u << CHUNK_SHIFT)
#define MIN_SHIFT 10
#define NO_NODE UINT32_MAX

struct node {
	struct km_life life;
	uint32_t next_free;
	uint32_t is_live;
};

_Static_assert(sizeof(struct node) == 64, "a life is one cache line");

struct km_live_map {
	uint64_t *slots;    /* tag << 32 | node + 1; 0 is empty */
	unsigned int shift; /* 1 << shift slots */
	uint64_t nr;
	uint64_t nr_order[KM_NR_ORDERS];
	struct node **chunks;
	uint32_t nr_chunks;
	uint32_t nr_nodes; /* ever used */
	uint32_t free_node;
};

static inline uint32_t tag_of(enum km_live_class class, uint64_t addr)
{
	return ((addr ^ (uint64_t) class << 61) * 0x9e3779b97f4a7c15ull) >> 32;
}

static inline uint64_t home_of(const struct km_live_map *map, uint32_t tag)
{
	return tag >> (32 - map->shift);
}

static inline uint64_t mask_of(const struct km_live_map *map)
{
	return (1ull << map->shift) - 1;
}

static inline struct node *node_at(const struct km_live_map *map, uint32_t nr)
{
	return &map->chunks[nr >> CHUNK_SHIFT][nr & (CHUNK_NODES - 1)];
}

static inline struct node *slot_node(const struct km_live_map *map, uint64_t slot)
{
	return node_at(map, (uint32_t)slot - 1);
}

struct km_live_map *km_live_new(void)
{
	struct km_live_map *map = calloc(1, sizeof(*map));

	if (!map)
		return NULL;
	map->shift = MIN_SHIFT;
	map->free_node = NO_NODE;
	map->slots = calloc(1u << MIN_SHIFT, sizeof(*map->slots));
	if (!map->slots) {
		free(map);
		return NULL;
	}
	return map;
}

void km_live_free(struct km_live_map *map)
{
	if (!map)
		return;
	for (uint32_t i = 0; i < map->nr_chunks; i++)
		free(map->chunks[i]);
	free(map->chunks);
	free(map->slots);
	free(map);
}

/* The slot of a key, or UINT64_MAX. */
static uint64_t find_slot(const struct km_live_map *map, enum km_live_class class, uint64_t addr)
{
	const uint64_t mask = mask_of(map);
	const uint32_t tag = tag_of(class, addr);

	for (uint64_t i = home_of(map, tag); map->slots[i]; i = (i + 1) & mask) {
		const struct km_life *life;

		if (map->slots[i] >> 32 != tag)
			continue;
		life = &slot_node(map, map->slots[i])->life;
		if (life->addr == addr && km_live_class(life->kind) == class)
			return i;
	}
	return UINT64_MAX;
}

struct km_life *km_live_find(struct km_live_map *map, enum km_live_class class, uint64_t addr)
{
	uint64_t slot = find_slot(map, class, addr);

	return slot == UINT64_MAX ? NULL : &slot_node(map, map->slots[slot])->life;
}

static void put_slot(struct km_live_map *map, uint64_t slot)
{
	const uint64_t mask = mask_of(map);
	uint64_t i = home_of(map, slot >> 32);

	while (map->slots[i])
		i = (i + 1) & mask;
	map->slots[i] = slot;
}

static bool grow_index(struct km_live_map *map)
{
	uint64_t *old = map->slots;
	uint64_t nr_old = 1ull << map->shift;

	if (map->shift == 31)
		return false;
	map->slots = calloc(nr_old * 2, sizeof(*old));
	if (!map->slots) {
		map->slots = old;
		return false;
	}
	map->shift++;
	for (uint64_t i = 0; i < nr_old; i++)
		if (old[i])
			put_slot(map, old[i]);
	free(old);
	return true;
}

static bool add_chunk(struct km_live_map *map)
{
	struct node **chunks = realloc(map->chunks, (map->nr_chunks + 1) * sizeof(*map->chunks));

	if (!chunks)
		return false;
	map->chunks = chunks;
	chunks[map->nr_chunks] = aligned_alloc(64, CHUNK_NODES * sizeof(struct node));
	if (!chunks[map->nr_chunks])
		return false;
	map->nr_chunks++;
	return true;
}

static uint32_t get_node(struct km_live_map *map)
{
	uint32_t nr = map->free_node;

	if (nr != NO_NODE) {
		map->free_node = node_at(map, nr)->next_free;
		return nr;
	}
	if (map->nr_nodes == map->nr_chunks << CHUNK_SHIFT && !add_chunk(map))
		return NO_NODE;
	return map->nr_nodes++;
}

struct km_life *km_live_add(struct km_live_map *map, unsigned int kind, uint64_t addr,
			    unsigned int order)
{
	struct node *node;
	uint32_t nr;

	if (map->nr >= 5 * (1ull << map->shift) / 8 && !grow_index(map))
		return NULL;
	nr = get_node(map);
	if (nr == NO_NODE)
		return NULL;
	put_slot(map, (uint64_t)tag_of(km_live_class(kind), addr) << 32 | (nr + 1));
	map->nr++;
	if (kind == TF_PAGE_ALLOC && order < KM_NR_ORDERS)
		map->nr_order[order]++;
	node = node_at(map, nr);
	node->is_live = true;
	node->life.addr = addr;
	node->life.kind = kind;
	node->life.order = order;
	return &node->life;
}

struct km_life *km_live_take(struct km_live_map *map, enum km_live_class class, uint64_t addr)
{
	const uint64_t mask = mask_of(map);
	uint64_t hole = find_slot(map, class, addr);
	struct node *node;
	uint32_t nr;

	if (hole == UINT64_MAX)
		return NULL;
	nr = (uint32_t)map->slots[hole] - 1;
	for (uint64_t i = (hole + 1) & mask; map->slots[i]; i = (i + 1) & mask) {
		uint64_t home = home_of(map, map->slots[i] >> 32);

		/* It may move to the hole if that does not lie before its home. */
		if (((i - home) & mask) >= ((i - hole) & mask)) {
			map->slots[hole] = map->slots[i];
			hole = i;
		}
	}
	map->slots[hole] = 0;
	map->nr--;
	node = node_at(map, nr);
	if (class == KM_LIVE_PAGES && node->life.order < KM_NR_ORDERS)
		map->nr_order[node->life.order]--;
	node->is_live = false;
	node->next_free = map->free_node;
	map->free_node = nr;
	return &node->life;
}

void km_live_prefetch(const struct km_live_map *map, enum km_live_class class, uint64_t addr)
{
	__builtin_prefetch(&map->slots[home_of(map, tag_of(class, addr))]);
}

uint64_t km_live_nr(const struct km_live_map *map)
{
	return map->nr;
}

uint64_t km_live_nr_order(const struct km_live_map *map, unsigned int order)
{
	return order < KM_NR_ORDERS ? map->nr_order[order] : 0;
}

void km_live_for_each(const struct km_live_map *map,
		      void (*fn)(void *arg, const struct km_life *life), void *arg)
{
	for (uint32_t i = 0; i < map->nr_nodes; i++) {
		const struct node *node = node_at(map, i);

		if (node->is_live && !km_life_is_unseen(&node->life))
			fn(arg, &node->life);
	}
}

const char *km_live_is_valid(const struct km_live_map *map)
{
	uint64_t orders[KM_NR_ORDERS] = { 0 };
	uint64_t nr_slots = 0, nr_live = 0, nr_free = 0;

	for (uint64_t i = 0; i < 1ull << map->shift; i++) {
		const struct node *node;
		enum km_live_class class;

		if (!map->slots[i])
			continue;
		node = slot_node(map, map->slots[i]);
		class = km_live_class(node->life.kind);
		nr_slots++;
		if (!node->is_live)
			return "a slot names a life that is free";
		if (find_slot(map, class, node->life.addr) != i)
			return "a slot is not where a search ends";
		if (class == KM_LIVE_PAGES && node->life.order < KM_NR_ORDERS)
			orders[node->life.order]++;
	}
	for (uint32_t i = 0; i < map->nr_nodes; i++)
		nr_live += node_at(map, i)->is_live;
	for (uint32_t i = map->free_node; i != NO_NODE && nr_free <= map->nr_nodes; nr_free++)
		i = node_at(map, i)->next_free;
	if (nr_slots != map->nr || nr_live != map->nr)
		return "the number of slots, lives and the count disagree";
	if (nr_live + nr_free != map->nr_nodes)
		return "lives in use and free ones are not all";
	if (memcmp(orders, map->nr_order, sizeof(orders)))
		return "the counts by order are wrong";
	return NULL;
}
