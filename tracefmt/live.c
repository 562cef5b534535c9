/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The set of live allocations.
 *
 *   slots    [ . | tag,3 | tag,0 | . | tag,7 ]     8 bytes a slot, linear probing
 *                  │       │           │
 *   entries  [ 0 ][ dead ][ dead ][ 3 ] ... [ 7 ]  events in order of birth
 *
 * A tag is the upper half of the hash of space and address; its top bits are the slot
 * where the search starts.  Slots are filled to 5/8 at most, and a deletion shifts what
 * follows back.  Entries are only appended, and what ends is marked dead; when there is
 * no room, the dead are taken out if they are a quarter, else there will be more room.
 *
 *   slots in use = entries that are not dead = nr
 */
#include "tracefmt/live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tracefmt/columns.h"

#define MIN_SHIFT 10
#define MIN_ROOM 1024u
#define DEAD UINT8_MAX /* kind of an entry that ended */
#define AHEAD 12       /* touches between asking for a slot and reading it */

enum {
	SPACE_OBJECT, /* kmalloc and caches: kfree takes both */
	SPACE_PAGES,
	SPACE_PERCPU,
	SPACE_AREA,
};

/* What a kind does. */
#define IS_ALLOC 1u
#define IS_FREE 2u

static const struct {
	uint8_t role, space;
} kinds[TF_NR_KINDS] = {
	[TF_KMALLOC] = { IS_ALLOC, SPACE_OBJECT },
	[TF_KFREE] = { IS_FREE, SPACE_OBJECT },
	[TF_CACHE_ALLOC] = { IS_ALLOC, SPACE_OBJECT },
	[TF_CACHE_FREE] = { IS_FREE, SPACE_OBJECT },
	[TF_PAGE_ALLOC] = { IS_ALLOC, SPACE_PAGES },
	[TF_PAGE_FREE] = { IS_FREE, SPACE_PAGES },
	[TF_PERCPU_ALLOC] = { IS_ALLOC, SPACE_PERCPU },
	[TF_PERCPU_FREE] = { IS_FREE, SPACE_PERCPU },
	[TF_VMAP_ALLOC] = { IS_ALLOC, SPACE_AREA },
	[TF_VMAP_FREE] = { IS_FREE, SPACE_AREA },
};

static inline uint64_t hash_of(uint64_t addr, uint32_t space)
{
	return (addr ^ (uint64_t)space << 61) * 0x9e3779b97f4a7c15u;
}

int tf_effect_init(struct tf_effect *effect, uint32_t max_events)
{
	memset(effect, 0, sizeof(*effect));
	effect->touched = malloc(max_events * sizeof(*effect->touched));
	return effect->touched ? 0 : -ENOMEM;
}

void tf_effect_release(struct tf_effect *effect)
{
	free(effect->touched);
	effect->touched = NULL;
}

int tf_effect_table_init(struct tf_effect_table *table, uint32_t max_events)
{
	/* At most half full. */
	for (table->bits = 4; 1u << table->bits < 2 * max_events; table->bits++)
		;
	table->slots = malloc(sizeof(*table->slots) << table->bits);
	return table->slots ? 0 : -ENOMEM;
}

void tf_effect_table_release(struct tf_effect_table *table)
{
	free(table->slots);
	table->slots = NULL;
}

static inline struct tf_touch *find_touch(struct tf_effect *effect, struct tf_effect_table *table,
					  uint64_t addr, uint32_t space)
{
	const uint32_t mask = (1u << table->bits) - 1;
	const uint64_t hash = hash_of(addr, space);
	const uint32_t tag = (uint32_t)(hash >> 16 & 0xffff) << 16;
	uint32_t slot = (uint32_t)(hash >> (64 - table->bits));
	struct tf_touch *touch;

	for (; table->slots[slot]; slot = (slot + 1) & mask) {
		if ((table->slots[slot] & 0xffff0000u) != tag)
			continue;
		touch = &effect->touched[(table->slots[slot] & 0xffff) - 1];
		if (touch->addr == addr && touch->space == space)
			return touch;
	}
	touch = &effect->touched[effect->nr++];
	table->slots[slot] = tag | effect->nr;
	touch->addr = addr;
	touch->space = space;
	return touch;
}

void tf_effect_find(struct tf_effect *effect, struct tf_effect_table *table,
		    const struct tf_event *events, uint32_t nr)
{
	memset(table->slots, 0, sizeof(*table->slots) << table->bits);
	memset(effect->born, 0, sizeof(effect->born));
	effect->nr = 0;
	for (uint32_t i = 0; i < nr; i++) {
		const struct tf_event *ev = &events[i];
		unsigned role = kinds[ev->kind].role;
		struct tf_touch *touch;

		if (!role || !ev->addr || ev->addr == UINT64_MAX ||
		    (role == IS_ALLOC && (ev->flags & TF_EV_FAILED)))
			continue;
		touch = find_touch(effect, table, ev->addr, kinds[ev->kind].space);
		touch->born = role == IS_ALLOC ? i + 1 : 0;
	}
	for (uint32_t i = 0; i < effect->nr; i++) {
		uint32_t born = effect->touched[i].born;

		if (born)
			effect->born[(born - 1) / 64] |= UINT64_C(1) << (born - 1) % 64;
	}
}

struct tf_live {
	uint64_t *slots; /* tag << 32 | entry + 1; 0 is empty */
	unsigned shift;	 /* 1 << shift slots */
	struct tf_event *entries;
	size_t nr_entries, room; /* dead ones too */
	size_t nr, max;
};

static inline uint32_t tag_of(uint64_t addr, uint32_t space)
{
	return (uint32_t)(hash_of(addr, space) >> 32);
}

static inline size_t home_of(const struct tf_live *live, uint32_t tag)
{
	return tag >> (32 - live->shift);
}

static inline size_t mask_of(const struct tf_live *live)
{
	return ((size_t)1 << live->shift) - 1;
}

static inline size_t entry_of(uint64_t slot)
{
	return (uint32_t)slot - 1;
}

int tf_live_new(struct tf_live **out, size_t max)
{
	struct tf_live *live = calloc(1, sizeof(*live));

	if (!live)
		return -ENOMEM;
	live->max = max;
	live->shift = MIN_SHIFT;
	live->room = MIN_ROOM;
	live->slots = calloc((size_t)1 << MIN_SHIFT, sizeof(*live->slots));
	live->entries = malloc(MIN_ROOM * sizeof(*live->entries));
	if (!live->slots || !live->entries) {
		tf_live_free(live);
		return -ENOMEM;
	}
	*out = live;
	return 0;
}

void tf_live_free(struct tf_live *live)
{
	if (!live)
		return;
	free(live->slots);
	free(live->entries);
	free(live);
}

/* The slot of what lives at addr, or the empty one where it would be. */
static inline size_t find_slot(const struct tf_live *live, uint64_t addr, uint32_t space)
{
	const size_t mask = mask_of(live);
	const uint32_t tag = tag_of(addr, space);
	size_t i;

	for (i = home_of(live, tag); live->slots[i]; i = (i + 1) & mask) {
		const struct tf_event *ev;

		if (live->slots[i] >> 32 != tag)
			continue;
		ev = &live->entries[entry_of(live->slots[i])];
		if (ev->addr == addr && kinds[ev->kind].space == space)
			break;
	}
	return i;
}

static void clear_slot(struct tf_live *live, size_t hole)
{
	const size_t mask = mask_of(live);

	for (size_t i = (hole + 1) & mask; live->slots[i]; i = (i + 1) & mask) {
		size_t home = home_of(live, (uint32_t)(live->slots[i] >> 32));

		/* It may move to the hole if that does not lie before its home. */
		if (((i - home) & mask) >= ((i - hole) & mask)) {
			live->slots[hole] = live->slots[i];
			hole = i;
		}
	}
	live->slots[hole] = 0;
}

static int grow_slots(struct tf_live *live)
{
	size_t nr_old = (size_t)1 << live->shift;
	uint64_t *old = live->slots;
	uint64_t *slots = live->shift < 31 ? calloc(nr_old * 2, sizeof(*slots)) : NULL;

	if (!slots)
		return -ENOMEM;
	live->slots = slots;
	live->shift++;
	for (size_t i = 0; i < nr_old; i++) {
		size_t to;

		if (!old[i])
			continue;
		to = home_of(live, (uint32_t)(old[i] >> 32));
		while (slots[to])
			to = (to + 1) & mask_of(live);
		slots[to] = old[i];
	}
	free(old);
	return 0;
}

/* Take the dead out of the entries. */
static void compact(struct tf_live *live)
{
	const size_t mask = mask_of(live);
	size_t to = 0;

	if (live->nr_entries == live->nr)
		return;
	for (size_t from = 0; from < live->nr_entries; from++) {
		const struct tf_event *ev = &live->entries[from];
		uint32_t tag;
		size_t slot;

		if (ev->kind == DEAD)
			continue;
		if (to != from) {
			tag = tag_of(ev->addr, kinds[ev->kind].space);
			slot = home_of(live, tag);
			while (entry_of(live->slots[slot]) != from)
				slot = (slot + 1) & mask;
			live->slots[slot] = (uint64_t)tag << 32 | (to + 1);
			live->entries[to] = *ev;
		}
		to++;
	}
	live->nr_entries = to;
}

static int make_room(struct tf_live *live)
{
	struct tf_event *entries;
	size_t room = live->room * 2, limit = live->max + live->max / 3 + MIN_ROOM;

	if (live->nr <= live->room / 4 * 3) {
		compact(live);
		return 0;
	}
	if (room > limit)
		room = limit;
	entries = realloc(live->entries, room * sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	live->entries = entries;
	live->room = room;
	return 0;
}

static int put(struct tf_live *live, const struct tf_event *ev)
{
	uint32_t space = kinds[ev->kind].space;
	size_t slot;
	int err = 0;

	if (live->nr_entries == live->room)
		err = make_room(live);
	if (!err && live->nr >= ((size_t)5 << live->shift) / 8)
		err = grow_slots(live);
	if (err)
		return err;
	slot = find_slot(live, ev->addr, space);
	if (live->slots[slot]) {
		live->entries[entry_of(live->slots[slot])].kind = DEAD;
	} else {
		if (live->nr == live->max)
			return -E2BIG;
		live->nr++;
	}
	live->entries[live->nr_entries++] = *ev;
	live->slots[slot] = (uint64_t)tag_of(ev->addr, space) << 32 | live->nr_entries;
	return 0;
}

static inline void end(struct tf_live *live, const struct tf_touch *touch)
{
	size_t slot = find_slot(live, touch->addr, touch->space);

	if (!live->slots[slot])
		return;
	live->entries[entry_of(live->slots[slot])].kind = DEAD;
	clear_slot(live, slot);
	live->nr--;
}

int tf_live_apply(struct tf_live *live, const struct tf_effect *effect,
		  const struct tf_event *events)
{
	int err = 0;

	for (uint32_t i = 0; i < effect->nr; i++) {
		const struct tf_touch *touch = &effect->touched[i];

		if (i + AHEAD < effect->nr)
			__builtin_prefetch(&live->slots[home_of(
				live, tag_of(touch[AHEAD].addr, touch[AHEAD].space))]);
		if (!touch->born)
			end(live, touch);
	}
	for (size_t word = 0; word < TF_MAX_BLOCK_EVENTS / 64; word++) {
		for (uint64_t bits = effect->born[word]; bits && !err; bits &= bits - 1)
			err = put(live, &events[word * 64 + (size_t)__builtin_ctzll(bits)]);
	}
	return err;
}

size_t tf_live_nr(const struct tf_live *live)
{
	return live->nr;
}

const struct tf_event *tf_live_list(struct tf_live *live)
{
	compact(live);
	return live->entries;
}

const char *tf_live_is_valid(const struct tf_live *live)
{
	size_t nr_slots = 0, nr_live = 0;

	for (size_t i = 0; i <= mask_of(live); i++) {
		const struct tf_event *ev;

		if (!live->slots[i])
			continue;
		nr_slots++;
		if (entry_of(live->slots[i]) >= live->nr_entries)
			return "a slot names no entry";
		ev = &live->entries[entry_of(live->slots[i])];
		if (ev->kind == DEAD)
			return "a slot names an entry that is dead";
		if (find_slot(live, ev->addr, kinds[ev->kind].space) != i)
			return "a slot is not where a search ends";
	}
	for (size_t i = 0; i < live->nr_entries; i++)
		nr_live += live->entries[i].kind != DEAD;
	if (nr_slots != live->nr || nr_live != live->nr)
		return "the number of slots, entries and the count disagree";
	return live->nr_entries <= live->room ? NULL : "more entries than room";
}
