/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers in the order of first appearance.
 *
 * Names are numbered by their hash; a name whose hash another one has is hashed again
 * with the next seed, so that names that differ never share a number.
 */
#include "tracefmt/numbering.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define MIN_ROOM 64u

struct tf_numbered {
	uint64_t key;
	uint32_t number; /* 0: the slot is free */
};

void tf_numbering_init(struct tf_numbering *n, uint32_t max, const char *what)
{
	*n = (struct tf_numbering){ .max = max, .what = what };
}

void tf_numbering_release(struct tf_numbering *n)
{
	free(n->slots);
	tf_numbering_init(n, n->max, n->what);
}

/* Where key is, or belongs. */
static struct tf_numbered *find_slot(const struct tf_numbering *n, uint64_t key)
{
	uint64_t hash = key * 0x9e3779b97f4a7c15u;
	uint32_t at = (uint32_t)(hash >> 32) & (n->room - 1);

	while (n->slots[at].number && n->slots[at].key != key)
		at = (at + 1) & (n->room - 1);
	return &n->slots[at];
}

static int grow(struct tf_numbering *n)
{
	struct tf_numbering bigger = *n;

	bigger.room = n->room ? n->room * 2 : MIN_ROOM;
	bigger.slots = calloc(bigger.room, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	for (uint32_t i = 0; i < n->room; i++) {
		if (n->slots[i].number)
			*find_slot(&bigger, n->slots[i].key) = n->slots[i];
	}
	free(n->slots);
	*n = bigger;
	return 0;
}

int64_t tf_numbering_get(struct tf_numbering *n, uint64_t key, struct tf_error *err)
{
	struct tf_numbered *slot = n->room ? find_slot(n, key) : NULL;

	if (slot && slot->number)
		return slot->number;
	if (n->nr == n->max)
		return tf_fail(err, -E2BIG, TF_NO_OFFSET, "there are more than %u %s", n->max,
			       n->what);
	if (n->nr >= n->room / 2) {
		if (grow(n))
			return tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
		slot = find_slot(n, key);
	}
	*slot = (struct tf_numbered){ .key = key, .number = ++n->nr };
	return n->nr;
}

void tf_names_init(struct tf_names *names, uint32_t max, const char *what)
{
	memset(names, 0, sizeof(*names));
	tf_numbering_init(&names->hashes, max, what);
}

void tf_names_release(struct tf_names *names)
{
	for (uint32_t i = 0; i < names->nr; i++)
		free(names->names[i]);
	free(names->names);
	tf_numbering_release(&names->hashes);
	tf_names_init(names, names->hashes.max, names->hashes.what);
}

static int make_room(struct tf_names *names)
{
	uint32_t room = names->room ? names->room * 2 : MIN_ROOM;
	char **bigger;

	if (names->nr < names->room)
		return 0;
	bigger = realloc(names->names, room * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	names->names = bigger;
	names->room = room;
	return 0;
}

int64_t tf_names_get(struct tf_names *names, const char *name, size_t len, struct tf_error *err)
{
	char *copy;

	/* Before a number is given, so that there is a name for each. */
	if (make_room(names))
		return tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
	copy = strndup(name, len);
	if (!copy)
		return tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
	for (uint64_t seed = 0;; seed++) {
		int64_t number =
			tf_numbering_get(&names->hashes, XXH64(copy, strlen(copy), seed), err);

		if (number > names->nr) {
			names->names[names->nr++] = copy;
			return number;
		}
		if (number < 0 || !strcmp(names->names[number - 1], copy)) {
			free(copy);
			return number;
		}
	}
}
