/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list of a file's blocks: from its footer if there is one that holds together,
 * else from a walk over the block headers.
 *
 * Inside of tracefmt/ only.  Payloads other than the footer's are not looked at.
 */
#ifndef TRACEFMT_INDEX_H
#define TRACEFMT_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracefmt/error.h"
#include "tracefmt/footer.h"
#include "tracefmt/input.h"

/* Damage that is kept with its reason; what is found beyond has the last one's. */
#define TF_MAX_DAMAGE 1024u

struct tf_index {
	struct tf_index_entry *entries; /* owned; TF_MAX_BLOCKS at most */
	size_t nr_entries, room;
	size_t nr_blocks;	 /* entries that are blocks */
	struct tf_error *damage; /* owned; entry->damage - 1 is its place here */
	size_t nr_damage, damage_room;
	bool complete; /* it is the footer's */
	struct tf_totals totals;
	uint64_t first_event; /* records of the trace before the file */
	uint64_t next_event;  /* and with those of all blocks in the list */
};

/*
 * index is released or zeroed before.  The footer must not take more than max_footer
 * bytes when decompressed, or the walk is taken.  -ENOMEM; damage is in the list.
 */
int tf_index_load(struct tf_index *index, const struct tf_input *input, size_t max_footer,
		  struct tf_error *err);
void tf_index_release(struct tf_index *index);

/*
 * The header of a block in the list, as it is in the file.  -EBADMSG if it is not as
 * the list says.
 */
int tf_index_header(const struct tf_index_entry *entry, const struct tf_input *input,
		    struct tf_block_header *h, struct tf_error *err);

#endif
