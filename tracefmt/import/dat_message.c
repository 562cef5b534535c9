/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Both ends of the pipe between the process that reads a trace.dat and the import.
 */
#include "tracefmt/import/dat_message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PADDED(len) (((size_t)(len) + 7) & ~(size_t)7)

int tf_dat_flush(struct tf_dat_out *out)
{
	size_t done = 0;

	while (!out->err && done < out->len) {
		ssize_t n = write(out->fd, out->buffer + done, out->len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			out->err = -errno;
	}
	out->len = 0;
	return out->err;
}

void tf_dat_send(struct tf_dat_out *out, enum tf_dat_message type, const void *first,
		 size_t first_len, const void *second, size_t second_len)
{
	struct tf_dat_head head = { .type = type };
	uint8_t *to;

	if (first_len > TF_DAT_MAX_PAYLOAD)
		first_len = TF_DAT_MAX_PAYLOAD;
	if (second_len > TF_DAT_MAX_PAYLOAD - first_len)
		second_len = TF_DAT_MAX_PAYLOAD - first_len;
	head.len = (uint32_t)(first_len + second_len);
	if (sizeof(head) + PADDED(head.len) > sizeof(out->buffer) - out->len && tf_dat_flush(out))
		return;
	to = out->buffer + out->len;
	memcpy(to, &head, sizeof(head));
	to += sizeof(head);
	if (first_len)
		memcpy(to, first, first_len);
	if (second_len)
		memcpy(to + first_len, second, second_len);
	memset(to + head.len, 0, PADDED(head.len) - head.len);
	out->len += sizeof(head) + PADDED(head.len);
}

/* The payload of one message, what was not looked at yet. */
struct payload {
	const uint8_t *at;
	size_t len;
};

static bool take(struct payload *p, void *to, size_t len)
{
	if (p->len < len)
		return false;
	memcpy(to, p->at, len);
	p->at += len;
	p->len -= len;
	return true;
}

static int receive_fact(struct tf_dat_in *in, struct payload *p)
{
	const char *key = (const char *)p->at;
	const uint8_t *nul = p->len ? memchr(p->at, 0, p->len) : NULL;

	if (!nul || nul == p->at || p->at[p->len - 1] || nul == p->at + p->len - 1)
		return -EBADMSG;
	return tf_import_fact(in->imp, key, (const char *)nul + 1);
}

static int receive_pointer(struct tf_dat_in *in, struct payload *p)
{
	uint64_t bytes;

	if (!take(p, &bytes, sizeof(bytes)) || (bytes != 4 && bytes != 8))
		return -EBADMSG;
	tf_import_set_pointer_bytes(in->imp, (unsigned int)bytes);
	return 0;
}

static int receive_gfp(struct tf_dat_in *in, struct payload *p)
{
	uint64_t bit;

	if (!take(p, &bit, sizeof(bit)) || bit > 31 || p->len >= sizeof(in->gfp.names[0]))
		return -EBADMSG;
	memcpy(in->gfp.names[bit], p->at, p->len);
	in->gfp.names[bit][p->len] = '\0';
	return 0;
}

/* Flags that have no name are left to the import, which counts them. */
static uint32_t ask_gfp(struct tf_dat_in *in, unsigned int bit)
{
	const char *name = in->gfp.names[bit];
	uint32_t bits = tf_import_gfp_bit(in->imp, name, strlen(name));
	char text[] = "0x00000000";

	if (bits) {
		in->gfp.bits[bit] = bits;
		in->gfp.asked |= 1u << bit;
		return bits;
	}
	text[sizeof(text) - 2 - bit / 4] = "1248"[bit % 4];
	return tf_import_gfp(in->imp, text, sizeof(text) - 1);
}

static uint32_t convert_gfp(struct tf_dat_in *in, uint32_t raw)
{
	uint32_t bits = 0;

	for (uint32_t left = raw; left; left &= left - 1) {
		unsigned int bit = (unsigned int)__builtin_ctz(left);

		bits |= in->gfp.asked >> bit & 1 ? in->gfp.bits[bit] : ask_gfp(in, bit);
	}
	return bits;
}

static int receive_record(struct tf_dat_in *in, struct payload *p)
{
	struct tf_import_record rec;

	if (!take(p, &rec, sizeof(rec)) || rec.event == TF_IMPORT_OTHER ||
	    rec.event >= TF_NR_IMPORT_EVENTS || rec.cache_name_len != p->len || rec.nr_frames)
		return -EBADMSG;
	rec.frames = NULL;
	rec.cache_name = p->len ? (const char *)p->at : NULL;
	if (rec.has & TF_IMPORT_HAS_GFP)
		rec.gfp = convert_gfp(in, rec.gfp);
	return tf_import_record(in->imp, &rec);
}

static int receive_stack(struct tf_dat_in *in, struct payload *p)
{
	uint64_t cpu, pid, frames[TF_MAX_FRAMES];
	size_t nr;

	if (!take(p, &cpu, sizeof(cpu)) || !take(p, &pid, sizeof(pid)) || cpu > UINT16_MAX ||
	    pid > UINT32_MAX || p->len % sizeof(frames[0]) || p->len > sizeof(frames) || !p->len)
		return -EBADMSG;
	nr = p->len / sizeof(frames[0]);
	take(p, frames, p->len);
	return tf_import_stack(in->imp, (unsigned int)cpu, (uint32_t)pid, frames, (unsigned int)nr);
}

static int receive_lost(struct tf_dat_in *in, struct payload *p)
{
	uint64_t cpu, nr;

	if (!take(p, &cpu, sizeof(cpu)) || !take(p, &nr, sizeof(nr)) || p->len || cpu > UINT16_MAX)
		return -EBADMSG;
	return tf_import_lost(in->imp, (unsigned int)cpu, nr);
}

static int receive_ignore(struct tf_dat_in *in, struct payload *p)
{
	uint64_t cpu;

	if (!take(p, &cpu, sizeof(cpu)) || cpu > UINT16_MAX)
		return -EBADMSG;
	return tf_import_ignore(in->imp, (unsigned int)cpu, (const char *)p->at, p->len);
}

static int receive_malformed(struct tf_dat_in *in, struct payload *p)
{
	char reason[80];
	uint64_t record;

	if (!take(p, &record, sizeof(record)) || p->len >= sizeof(reason))
		return -EBADMSG;
	memcpy(reason, p->at, p->len);
	reason[p->len] = '\0';
	tf_import_malformed(in->imp, record, reason);
	return 0;
}

static int receive_symbol(struct tf_dat_in *in, struct payload *p)
{
	uint64_t addr, offset;

	if (!take(p, &addr, sizeof(addr)) || !take(p, &offset, sizeof(offset)) ||
	    offset > UINT32_MAX || !p->len)
		return -EBADMSG;
	/* Told alike for call sites and for frames, of which there are more. */
	return tf_import_symbol(in->imp, addr, (const char *)p->at, p->len, (uint32_t)offset,
				TF_PLACE_FRAME);
}

static int receive_error(struct payload *p, struct tf_error *err)
{
	uint64_t code;

	if (!take(p, &code, sizeof(code)) || !code || code > 4095)
		return -EBADMSG;
	return tf_fail(err, -(int)code, TF_NO_OFFSET, "%.*s", (int)p->len, (const char *)p->at);
}

static int receive_one(struct tf_dat_in *in, uint32_t type, struct payload p, struct tf_error *err)
{
	switch (type) {
	case TF_DAT_FACT:
		return receive_fact(in, &p);
	case TF_DAT_POINTER:
		return receive_pointer(in, &p);
	case TF_DAT_GFP:
		return receive_gfp(in, &p);
	case TF_DAT_RECORD:
		return receive_record(in, &p);
	case TF_DAT_STACK:
		return receive_stack(in, &p);
	case TF_DAT_LOST:
		return receive_lost(in, &p);
	case TF_DAT_IGNORE:
		return receive_ignore(in, &p);
	case TF_DAT_MALFORMED:
		return receive_malformed(in, &p);
	case TF_DAT_SYMBOL:
		return receive_symbol(in, &p);
	case TF_DAT_ERROR:
		return receive_error(&p, err);
	case TF_DAT_END:
		in->is_ended = true;
		return 0;
	}
	return -EBADMSG;
}

int tf_dat_receive(struct tf_dat_in *in, const uint8_t *data, size_t len, size_t *used,
		   struct tf_error *err)
{
	int ret = 0;

	*used = 0;
	while (!ret && len - *used >= sizeof(struct tf_dat_head)) {
		struct tf_dat_head head;
		const uint8_t *payload = data + *used + sizeof(head);

		memcpy(&head, data + *used, sizeof(head));
		if (in->is_ended || head.type >= TF_NR_DAT_MESSAGES ||
		    head.len > TF_DAT_MAX_PAYLOAD)
			return tf_fail(err, -EBADMSG, TF_NO_OFFSET,
				       "libtracecmd broke on this file (message %llu)",
				       (unsigned long long)in->nr_messages);
		if (PADDED(head.len) > len - *used - sizeof(head))
			break;
		if (err)
			err->reason[0] = '\0';
		ret = receive_one(in, head.type, (struct payload){ payload, head.len }, err);
		*used += sizeof(head) + PADDED(head.len);
		in->nr_messages++;
		if (ret && err && !err->reason[0])
			tf_fail(err, ret, TF_NO_OFFSET, "%s",
				ret == -EBADMSG ? "libtracecmd broke on this file"
						: strerror(-ret));
	}
	return ret;
}
