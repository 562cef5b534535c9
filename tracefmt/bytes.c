/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The slow halves of bytes.h: growing buffers and varints of several bytes.
 */
#include "tracefmt/bytes.h"

#include <errno.h>
#include <stdlib.h>

uint64_t tf_in_varint_long(struct tf_in *in)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte = tf_in_u8(in);

		/* The tenth byte has room for bit 63 only. */
		if (shift == 63 && byte > 1)
			break;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return in->bad ? 0 : v;
	}
	in->bad = true;
	return 0;
}

void tf_out_init(struct tf_out *out)
{
	memset(out, 0, sizeof(*out));
}

void tf_out_release(struct tf_out *out)
{
	free(out->data);
	tf_out_init(out);
}

uint8_t *tf_out_reserve(struct tf_out *out, size_t len)
{
	size_t cap = out->cap ? out->cap : 256;
	uint8_t *data;

	if (out->err)
		return NULL;
	if (out->cap - out->len >= len)
		return out->data + out->len;
	if (len > SIZE_MAX / 2 - out->len) {
		out->err = -ENOMEM;
		return NULL;
	}
	while (cap < out->len + len)
		cap *= 2;
	data = realloc(out->data, cap);
	if (!data) {
		out->err = -ENOMEM;
		return NULL;
	}
	out->data = data;
	out->cap = cap;
	return data + out->len;
}

void tf_out_bytes(struct tf_out *out, const void *data, size_t len)
{
	uint8_t *p = tf_out_reserve(out, len);

	if (!p || !len)
		return;
	memcpy(p, data, len);
	out->len += len;
}

void tf_out_u8(struct tf_out *out, uint8_t v)
{
	tf_out_bytes(out, &v, 1);
}

void tf_out_u16(struct tf_out *out, uint16_t v)
{
	uint8_t b[2];

	tf_put16(b, v);
	tf_out_bytes(out, b, sizeof(b));
}

void tf_out_u32(struct tf_out *out, uint32_t v)
{
	uint8_t b[4];

	tf_put32(b, v);
	tf_out_bytes(out, b, sizeof(b));
}

void tf_out_u64(struct tf_out *out, uint64_t v)
{
	uint8_t b[8];

	tf_put64(b, v);
	tf_out_bytes(out, b, sizeof(b));
}

void tf_out_varint(struct tf_out *out, uint64_t v)
{
	uint8_t b[TF_MAX_VARINT];

	tf_out_bytes(out, b, (size_t)(tf_put_varint(b, v) - b));
}
