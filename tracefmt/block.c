/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compression of blocks.
 *
 * One zstd frame a block.  zstd codes what it compresses with one table of symbols
 * for each of its own inner blocks; ending an inner block with each piece that is
 * long enough lets it have its own.  Any zstd decoder reads the result.
 */
#include "tracefmt/block.h"

#include <errno.h>
#include <stdlib.h>
#include <xxhash.h>
#include <zstd.h>

struct tf_packer {
	ZSTD_CCtx *ctx;
};

struct tf_unpacker {
	ZSTD_DCtx *ctx;
	uint8_t *raw;
	size_t room;
};

int tf_packer_new(struct tf_packer **out, int level)
{
	struct tf_packer *packer;

	if (level < ZSTD_minCLevel() || level > ZSTD_maxCLevel())
		return -EINVAL;
	packer = calloc(1, sizeof(*packer));
	if (!packer)
		return -ENOMEM;
	packer->ctx = ZSTD_createCCtx();
	if (!packer->ctx ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(packer->ctx, ZSTD_c_compressionLevel, level))) {
		tf_packer_free(packer);
		return -ENOMEM;
	}
	*out = packer;
	return 0;
}

void tf_packer_free(struct tf_packer *packer)
{
	if (!packer)
		return;
	ZSTD_freeCCtx(packer->ctx);
	free(packer);
}

/* Compress the pieces into dst; 0 or -EIO. */
static int compress(ZSTD_CCtx *ctx, const struct tf_piece *pieces, size_t nr, size_t total,
		    ZSTD_outBuffer *dst)
{
	size_t pending = 0;

	ZSTD_CCtx_reset(ctx, ZSTD_reset_session_only);
	if (ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(ctx, total)))
		return -EIO;
	for (size_t i = 0; i < nr; i++) {
		ZSTD_inBuffer src = { pieces[i].data, pieces[i].len, 0 };
		ZSTD_EndDirective mode = ZSTD_e_continue;
		size_t ret;

		pending += pieces[i].len;
		if (i + 1 == nr)
			mode = ZSTD_e_end;
		else if (pending >= TF_PIECE_BYTES)
			mode = ZSTD_e_flush;
		if (mode == ZSTD_e_flush)
			pending = 0;
		/* dst has room for the worst case, so one more turn always gets further. */
		do {
			ret = ZSTD_compressStream2(ctx, dst, &src, mode);
			if (ZSTD_isError(ret) || (ret && dst->pos == dst->size))
				return -EIO;
		} while (src.pos < src.size || (mode != ZSTD_e_continue && ret));
	}
	return 0;
}

int tf_packer_run(struct tf_packer *packer, struct tf_block_header *h,
		  const struct tf_piece *pieces, size_t nr, struct tf_out *out)
{
	size_t limit = h->type == TF_BLOCK_FOOTER ? TF_MAX_FOOTER_BYTES : TF_MAX_RAW_BYTES;
	size_t total = 0;
	ZSTD_outBuffer dst;
	uint8_t *p;

	for (size_t i = 0; i < nr; i++)
		total += pieces[i].len;
	if (total > limit)
		return -E2BIG;
	out->len = 0;
	/* Each flush costs up to an inner block's header more than the bound. */
	p = tf_out_reserve(out, TF_BLOCK_HEADER_BYTES + ZSTD_compressBound(total) + 16 * (nr + 1));
	if (!p)
		return -ENOMEM;
	dst = (ZSTD_outBuffer){ p + TF_BLOCK_HEADER_BYTES, out->cap - TF_BLOCK_HEADER_BYTES, 0 };
	if (compress(packer->ctx, pieces, nr, total, &dst))
		return -EIO;
	h->flags = 0;
	if (dst.pos >= total) {
		h->flags = TF_BLOCK_RAW;
		dst.pos = 0;
		for (size_t i = 0; i < nr; i++) {
			if (pieces[i].len)
				memcpy((uint8_t *)dst.dst + dst.pos, pieces[i].data, pieces[i].len);
			dst.pos += pieces[i].len;
		}
	}
	h->stored_bytes = (uint32_t)dst.pos;
	h->raw_bytes = (uint32_t)total;
	h->payload_sum = XXH64(dst.dst, dst.pos, 0);
	tf_block_header_put(p, h);
	out->len = TF_BLOCK_HEADER_BYTES + dst.pos;
	return 0;
}

int tf_unpacker_new(struct tf_unpacker **out)
{
	struct tf_unpacker *unpacker = calloc(1, sizeof(*unpacker));

	if (!unpacker)
		return -ENOMEM;
	unpacker->ctx = ZSTD_createDCtx();
	if (!unpacker->ctx) {
		free(unpacker);
		return -ENOMEM;
	}
	*out = unpacker;
	return 0;
}

void tf_unpacker_free(struct tf_unpacker *unpacker)
{
	if (!unpacker)
		return;
	ZSTD_freeDCtx(unpacker->ctx);
	free(unpacker->raw);
	free(unpacker);
}

int tf_unpacker_run(struct tf_unpacker *unpacker, const struct tf_block_header *h,
		    const uint8_t *payload, uint64_t offset, const uint8_t **raw,
		    struct tf_error *err)
{
	size_t ret;

	if (XXH64(payload, h->stored_bytes, 0) != h->payload_sum)
		return tf_fail(err, -EBADMSG, offset, "damaged block: wrong checksum");
	if (h->flags & TF_BLOCK_RAW) {
		*raw = payload;
		return 0;
	}
	/* Decompression would pass over further frames, and over what is to be skipped. */
	if (ZSTD_getFrameContentSize(payload, h->stored_bytes) != h->raw_bytes ||
	    ZSTD_findFrameCompressedSize(payload, h->stored_bytes) != h->stored_bytes)
		return tf_fail(err, -EBADMSG, offset, "block: not a zstd frame of %u bytes",
			       h->raw_bytes);
	if (h->raw_bytes > unpacker->room) {
		free(unpacker->raw);
		unpacker->room = 0;
		unpacker->raw = malloc(h->raw_bytes);
		if (!unpacker->raw)
			return tf_fail(err, -ENOMEM, offset, "out of memory");
		unpacker->room = h->raw_bytes;
	}
	ret = ZSTD_decompressDCtx(unpacker->ctx, unpacker->raw, h->raw_bytes, payload,
				  h->stored_bytes);
	if (ZSTD_isError(ret))
		return tf_fail(err, -EBADMSG, offset, "block: zstd: %s", ZSTD_getErrorName(ret));
	if (ret != h->raw_bytes)
		return tf_fail(err, -EBADMSG, offset, "block: %zu bytes, expected %u", ret,
			       h->raw_bytes);
	*raw = unpacker->raw;
	return 0;
}
