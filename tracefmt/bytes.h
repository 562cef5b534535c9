/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Little-endian bytes in and out, whatever the host.
 *
 * struct tf_out grows; struct tf_in never reads beyond its end.  Both remember
 * their first trouble, so that a codec is a straight list of calls with one check
 * at its end: out->err is 0 or -ENOMEM, in->bad says that something was missing
 * or out of range, and everything read after that is 0.
 *
 * A varint is LEB128: seven bits a byte, lowest first, top bit set on all but the
 * last; at most ten bytes, and nothing above bit 63.
 */
#ifndef TRACEFMT_BYTES_H
#define TRACEFMT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TF_MAX_VARINT 10

static inline uint16_t tf_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t tf_get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t tf_get64(const uint8_t *p)
{
	return tf_get32(p) | (uint64_t)tf_get32(p + 4) << 32;
}

static inline void tf_put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void tf_put32(uint8_t *p, uint32_t v)
{
	tf_put16(p, (uint16_t)v);
	tf_put16(p + 2, (uint16_t)(v >> 16));
}

static inline void tf_put64(uint8_t *p, uint64_t v)
{
	tf_put32(p, (uint32_t)v);
	tf_put32(p + 4, (uint32_t)(v >> 32));
}

/* Needs TF_MAX_VARINT bytes at p; returns behind the last one written. */
static inline uint8_t *tf_put_varint(uint8_t *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*p++ = (uint8_t)v;
	return p;
}

/* Small magnitudes of either sign become small numbers: 0 -1 1 -2 2 ... */
static inline uint64_t tf_zigzag(uint64_t v)
{
	return (v << 1) ^ (0 - (v >> 63));
}

static inline uint64_t tf_unzigzag(uint64_t v)
{
	return (v >> 1) ^ (0 - (v & 1));
}

struct tf_in {
	const uint8_t *p, *end;
	bool bad;
};

static inline void tf_in_init(struct tf_in *in, const uint8_t *data, size_t len)
{
	in->p = data;
	in->end = data + len;
	in->bad = false;
}

static inline size_t tf_in_left(const struct tf_in *in)
{
	return (size_t)(in->end - in->p);
}

/* The next len bytes, or NULL. */
static inline const uint8_t *tf_in_bytes(struct tf_in *in, size_t len)
{
	const uint8_t *p = in->p;

	if (tf_in_left(in) < len) {
		in->bad = true;
		in->p = in->end;
		return NULL;
	}
	in->p += len;
	return p;
}

static inline uint8_t tf_in_u8(struct tf_in *in)
{
	if (in->p == in->end) {
		in->bad = true;
		return 0;
	}
	return *in->p++;
}

static inline uint16_t tf_in_u16(struct tf_in *in)
{
	const uint8_t *p = tf_in_bytes(in, 2);

	return p ? tf_get16(p) : 0;
}

static inline uint32_t tf_in_u32(struct tf_in *in)
{
	const uint8_t *p = tf_in_bytes(in, 4);

	return p ? tf_get32(p) : 0;
}

static inline uint64_t tf_in_u64(struct tf_in *in)
{
	const uint8_t *p = tf_in_bytes(in, 8);

	return p ? tf_get64(p) : 0;
}

/* The part of a varint behind a first byte that has its top bit set. */
uint64_t tf_in_varint_long(struct tf_in *in);

static inline uint64_t tf_in_varint(struct tf_in *in)
{
	if (in->p != in->end && *in->p < 0x80)
		return *in->p++;
	return tf_in_varint_long(in);
}

/* A varint that must not be above max. */
static inline uint64_t tf_in_varint_max(struct tf_in *in, uint64_t max)
{
	uint64_t v = tf_in_varint(in);

	if (v > max) {
		in->bad = true;
		return 0;
	}
	return v;
}

struct tf_out {
	uint8_t *data; /* owned */
	size_t len, cap;
	int err; /* 0 or -ENOMEM; nothing is appended after that */
};

void tf_out_init(struct tf_out *out);
void tf_out_release(struct tf_out *out);
/* Room for len more bytes; returns where they go (without advancing) or NULL. */
uint8_t *tf_out_reserve(struct tf_out *out, size_t len);
void tf_out_bytes(struct tf_out *out, const void *data, size_t len);
void tf_out_u8(struct tf_out *out, uint8_t v);
void tf_out_u16(struct tf_out *out, uint16_t v);
void tf_out_u32(struct tf_out *out, uint32_t v);
void tf_out_u64(struct tf_out *out, uint64_t v);
void tf_out_varint(struct tf_out *out, uint64_t v);

#endif
