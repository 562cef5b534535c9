/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dropping repeated metadata.
 *
 * Facts, caches, stacks and the files of snapshots replace each other by themselves;
 * symbols pile up, for one address may have several.
 */
#include "tracefmt/meta_compact.h"

#include <errno.h>
#include <stdlib.h>

static bool is_same_symbol(const struct tf_symbol *a, const struct tf_symbol *b)
{
	return a->addr == b->addr && a->offset == b->offset && !strcmp(a->name, b->name);
}

static void drop_symbols(struct tf_meta *meta)
{
	size_t kept = 0;

	tf_meta_sort_symbols(meta);
	for (size_t i = 0; i < meta->nr_symbols; i++) {
		if (kept && is_same_symbol(&meta->symbols[kept - 1], &meta->symbols[i]))
			free(meta->symbols[i].name);
		else
			meta->symbols[kept++] = meta->symbols[i];
	}
	meta->nr_symbols = kept;
}

void tf_meta_compact(struct tf_meta *meta)
{
	drop_symbols(meta);
	meta->decoded_bytes = tf_meta_bytes(meta);
}

int tf_meta_decode_again(struct tf_meta *meta, unsigned *nr, uint16_t type, const uint8_t *raw,
			 size_t len, uint64_t offset, struct tf_error *err)
{
	int ret = tf_meta_decode(meta, type, raw, len, offset, err);

	if (ret != -EBADMSG || meta->decoded_bytes <= TF_MAX_META_BYTES ||
	    *nr >= TF_MAX_META_COMPACTIONS)
		return ret;
	++*nr;
	tf_meta_compact(meta);
	return tf_meta_decode(meta, type, raw, len, offset, err);
}
