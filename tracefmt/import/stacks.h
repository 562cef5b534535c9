/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Call chains, each once.  Inside of tracefmt/import/ only.
 */
#ifndef TRACEFMT_IMPORT_STACKS_H
#define TRACEFMT_IMPORT_STACKS_H

#include <stddef.h>
#include <stdint.h>

#include "tracefmt/meta.h"

/* Frames that a trace may hold in all, so that its metadata can be read again. */
#define TF_MAX_STACK_FRAMES (1u << 19)
#define TF_MAX_STACKS (1u << 16)

struct tf_stacks {
	uint64_t *hashes; /* of stack id - 1 */
	uint32_t *slots;  /* id; 0 is free */
	size_t nr, room;  /* room of slots, a power of two; hashes have half of it */
	size_t nr_frames;
	uint64_t nr_refused; /* chains for which there was no room */
};

int tf_stacks_init(struct tf_stacks *stacks);
void tf_stacks_release(struct tf_stacks *stacks);
/*
 * The id of a chain of at least one frame, added to meta if it is new; frames beyond TF_MAX_FRAMES
 * are cut.  *id is TF_NO_STACK if there is no room.  0 or -ENOMEM.
 */
int tf_stacks_id(struct tf_stacks *stacks, struct tf_meta *meta, const uint64_t *frames,
		 unsigned int nr, uint32_t *id);

#endif
