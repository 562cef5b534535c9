/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Call chains by their hash; the frames themselves are in the trace's metadata.
 */
#include "tracefmt/import/stacks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tracefmt/event.h"

#define FIRST_ROOM 1024

int tf_stacks_init(struct tf_stacks *stacks)
{
	memset(stacks, 0, sizeof(*stacks));
	stacks->slots = calloc(FIRST_ROOM, sizeof(*stacks->slots));
	stacks->hashes = calloc(FIRST_ROOM / 2, sizeof(*stacks->hashes));
	if (!stacks->slots || !stacks->hashes) {
		tf_stacks_release(stacks);
		return -ENOMEM;
	}
	stacks->room = FIRST_ROOM;
	return 0;
}

void tf_stacks_release(struct tf_stacks *stacks)
{
	free(stacks->slots);
	free(stacks->hashes);
	memset(stacks, 0, sizeof(*stacks));
}

static uint64_t hash_frames(const uint64_t *frames, unsigned int nr)
{
	uint64_t h = nr;

	for (unsigned int i = 0; i < nr; i++) {
		h = (h ^ frames[i]) * 0x9e3779b97f4a7c15ull;
		h ^= h >> 31;
	}
	return h;
}

static void put(uint32_t *slots, size_t room, uint64_t hash, uint32_t id)
{
	size_t at = hash & (room - 1);

	while (slots[at])
		at = (at + 1) & (room - 1);
	slots[at] = id;
}

static int grow(struct tf_stacks *stacks)
{
	size_t room = stacks->room * 2;
	uint64_t *hashes = realloc(stacks->hashes, room / 2 * sizeof(*hashes));
	uint32_t *slots;

	if (!hashes)
		return -ENOMEM;
	stacks->hashes = hashes;
	slots = calloc(room, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < stacks->nr; i++)
		put(slots, room, hashes[i], (uint32_t)i + 1);
	free(stacks->slots);
	stacks->slots = slots;
	stacks->room = room;
	return 0;
}

static uint32_t find(const struct tf_stacks *stacks, const struct tf_meta *meta, uint64_t hash,
		     const uint64_t *frames, unsigned int nr)
{
	for (size_t at = hash & (stacks->room - 1); stacks->slots[at];
	     at = (at + 1) & (stacks->room - 1)) {
		uint32_t id = stacks->slots[at];
		const struct tf_stack *stack;

		if (stacks->hashes[id - 1] != hash)
			continue;
		stack = tf_meta_stack(meta, id);
		if (stack && stack->nr_frames == nr &&
		    !memcmp(stack->frames, frames, nr * sizeof(*frames)))
			return id;
	}
	return TF_NO_STACK;
}

int tf_stacks_id(struct tf_stacks *stacks, struct tf_meta *meta, const uint64_t *frames,
		 unsigned int nr, uint32_t *id)
{
	uint64_t hash;
	int err;

	if (nr > TF_MAX_FRAMES)
		nr = TF_MAX_FRAMES;
	hash = hash_frames(frames, nr);
	*id = find(stacks, meta, hash, frames, nr);
	if (*id != TF_NO_STACK)
		return 0;
	if (stacks->nr >= TF_MAX_STACKS || stacks->nr_frames + nr > TF_MAX_STACK_FRAMES) {
		stacks->nr_refused++;
		return 0;
	}
	if (stacks->nr == stacks->room / 2 && grow(stacks))
		return -ENOMEM;
	err = tf_meta_add_stack(meta, (uint32_t)stacks->nr + 1, frames, nr);
	if (err)
		return err;
	stacks->hashes[stacks->nr++] = hash;
	stacks->nr_frames += nr;
	*id = (uint32_t)stacks->nr;
	put(stacks->slots, stacks->room, hash, *id);
	return 0;
}
