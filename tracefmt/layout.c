/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Header, block header and trailer: to bytes and back.
 *
 * Each has a checksum over all its own bytes, and a block header's covers the
 * checksum of its payload.  So a header that is found while searching through
 * damage can be trusted without reading what follows it.
 */
#include "tracefmt/layout.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <xxhash.h>

#include "tracefmt/bytes.h"

/* The newlines and the end-of-file mark are there to be broken by transfers as text. */
static const uint8_t file_magic[8] = { 0x89, 'K', 'M', 'T', '\r', '\n', 0x1a, '\n' };
static const uint8_t block_magic[8] = { 0xb5, 'K', 'M', 'T', 'B', 'L', 'K', 0x1c };
static const uint8_t trailer_magic[8] = { 0xe5, 'K', 'M', 'T', 'E', 'N', 'D', '\n' };

void tf_file_header_put(uint8_t p[TF_FILE_HEADER_BYTES], const struct tf_file_header *h)
{
	memset(p, 0, TF_FILE_HEADER_BYTES);
	memcpy(p, file_magic, sizeof(file_magic));
	tf_put16(p + 8, h->major);
	tf_put16(p + 10, h->minor);
	p[12] = h->big_endian ? 2 : 1;
	p[13] = h->pointer_bytes;
	p[14] = h->page_shift;
	tf_put16(p + 16, h->machine);
	tf_put16(p + 18, h->flags);
	tf_put32(p + 20, h->segment);
	tf_put64(p + 24, h->trace_id);
	tf_put64(p + 56, XXH64(p, 56, 0));
}

int tf_file_header_get(struct tf_file_header *h, const uint8_t *data, size_t len,
		       struct tf_error *err)
{
	size_t magic = len < sizeof(file_magic) ? len : sizeof(file_magic);

	if (!len)
		return tf_fail(err, -ENODATA, 0, "empty file");
	if (memcmp(data, file_magic, magic))
		return tf_fail(err, -EBADMSG, 0, "not a kmemtool trace");
	if (len < TF_FILE_HEADER_BYTES)
		return tf_fail(err, -ENODATA, len, "truncated header: %zu of %u bytes", len,
			       TF_FILE_HEADER_BYTES);
	if (tf_get64(data + 56) != XXH64(data, 56, 0))
		return tf_fail(err, -EBADMSG, 56, "damaged header: wrong checksum");
	h->major = tf_get16(data + 8);
	h->minor = tf_get16(data + 10);
	if (h->major != TF_VERSION_MAJOR)
		return tf_fail(err, -EPROTO, 8,
			       "trace format %u.%u, but this program reads only %u.x", h->major,
			       h->minor, TF_VERSION_MAJOR);
	if (data[12] != 1 && data[12] != 2)
		return tf_fail(err, -EBADMSG, 12, "header: byte order %u is neither 1 nor 2",
			       data[12]);
	if (data[13] != 4 && data[13] != 8)
		return tf_fail(err, -EBADMSG, 13, "header: pointers of %u bytes", data[13]);
	if (data[14] < 10 || data[14] > 20)
		return tf_fail(err, -EBADMSG, 14, "header: pages of 2^%u bytes", data[14]);
	if (data[15])
		return tf_fail(err, -EBADMSG, 15, "header: a reserved byte is not 0");
	if (tf_get16(data + 18) & ~TF_FILE_ANONYMIZED)
		return tf_fail(err, -EBADMSG, 18, "header: unknown flags 0x%x",
			       tf_get16(data + 18));
	h->big_endian = data[12] == 2;
	h->pointer_bytes = data[13];
	h->page_shift = data[14];
	h->machine = tf_get16(data + 16);
	h->flags = tf_get16(data + 18);
	h->segment = tf_get32(data + 20);
	h->trace_id = tf_get64(data + 24);
	if (h->segment && !h->trace_id)
		return tf_fail(err, -EBADMSG, 24, "header: segment %u of no trace", h->segment);
	return 0;
}

static const struct {
	const char *name; /* of uname -m, or how it begins if cut is set */
	uint16_t machine;
	uint8_t pointer_bytes, big_endian, cut;
} machines[] = {
	{ "x86_64", EM_X86_64, 8, 0, 0 },
	{ "i386", EM_386, 4, 0, 0 },
	{ "i486", EM_386, 4, 0, 0 },
	{ "i586", EM_386, 4, 0, 0 },
	{ "i686", EM_386, 4, 0, 0 },
	{ "aarch64_be", EM_AARCH64, 8, 1, 0 },
	{ "aarch64", EM_AARCH64, 8, 0, 0 },
	{ "armv", EM_ARM, 4, 0, 1 },
	{ "loongarch64", EM_LOONGARCH, 8, 0, 0 },
	{ "mips64", EM_MIPS, 8, 1, 0 },
	{ "mips", EM_MIPS, 4, 1, 0 },
	{ "ppc64le", EM_PPC64, 8, 0, 0 },
	{ "ppc64", EM_PPC64, 8, 1, 0 },
	{ "ppc", EM_PPC, 4, 1, 0 },
	{ "riscv64", EM_RISCV, 8, 0, 0 },
	{ "riscv32", EM_RISCV, 4, 0, 0 },
	{ "s390x", EM_S390, 8, 1, 0 },
	{ "sparc64", EM_SPARCV9, 8, 1, 0 },
};

void tf_file_header_set_host(struct tf_file_header *h, const char *machine, uint64_t page_bytes)
{
	h->machine = machine ? 0 : EM_X86_64;
	h->pointer_bytes = 8;
	h->big_endian = 0;
	h->page_shift = 12;
	for (uint8_t shift = 10; shift <= 20; shift++) {
		if (page_bytes == 1u << shift)
			h->page_shift = shift;
	}
	for (size_t i = 0; machine && i < sizeof(machines) / sizeof(machines[0]); i++) {
		if (machines[i].cut ? strncmp(machine, machines[i].name, strlen(machines[i].name))
				    : strcmp(machine, machines[i].name))
			continue;
		h->machine = machines[i].machine;
		h->pointer_bytes = machines[i].pointer_bytes;
		h->big_endian = machines[i].big_endian;
		return;
	}
}

const char *tf_file_header_machine(const struct tf_file_header *h)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		if (machines[i].machine == h->machine &&
		    machines[i].pointer_bytes == h->pointer_bytes &&
		    machines[i].big_endian == h->big_endian)
			return machines[i].name;
	}
	return "unknown";
}

void tf_block_header_put(uint8_t p[TF_BLOCK_HEADER_BYTES], const struct tf_block_header *h)
{
	memset(p, 0, TF_BLOCK_HEADER_BYTES);
	memcpy(p, block_magic, sizeof(block_magic));
	tf_put16(p + 8, h->type);
	tf_put16(p + 10, h->flags);
	tf_put32(p + 12, h->stored_bytes);
	tf_put32(p + 16, h->raw_bytes);
	tf_put32(p + 20, h->number);
	tf_put64(p + 24, h->first_event);
	tf_put32(p + 32, h->nr_events);
	tf_put32(p + 36, h->nr_more);
	tf_put64(p + 40, h->first_ns);
	tf_put64(p + 48, h->last_ns);
	tf_put64(p + 56, h->nr_lost);
	tf_put64(p + 64, h->cpus);
	for (unsigned i = 0; i < TF_MAX_KINDS; i++)
		tf_put32(p + 72 + 4 * i, h->by_kind[i]);
	tf_put64(p + 176, h->payload_sum);
	tf_put64(p + 184, XXH64(p, 184, 0));
}

bool tf_block_magic_at(const uint8_t *data, size_t len)
{
	return !memcmp(data, block_magic, len < sizeof(block_magic) ? len : sizeof(block_magic));
}

const uint8_t *tf_block_find_magic(const uint8_t *data, size_t len)
{
	return memmem(data, len, block_magic, sizeof(block_magic));
}

/* What a block of records says of them. */
static int check_records(const struct tf_block_header *h, uint64_t offset, struct tf_error *err)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < TF_MAX_KINDS; i++)
		sum += h->by_kind[i];
	if (sum != h->nr_events)
		return tf_fail(err, -EBADMSG, offset + 72,
			       "block header: %llu events by kind, %u in all",
			       (unsigned long long)sum, h->nr_events);
	if (h->first_ns > h->last_ns)
		return tf_fail(err, -EBADMSG, offset + 40, "block header: ends before it begins");
	if (!h->nr_events != !h->cpus)
		return tf_fail(err, -EBADMSG, offset + 64, "block header: %u events on %s CPU",
			       h->nr_events, h->cpus ? "some" : "no");
	if (h->nr_more && h->type != TF_BLOCK_CHECKPOINT)
		return tf_fail(err, -EBADMSG, offset + 36,
			       "block header: a block of type %u is not part of a checkpoint",
			       h->type);
	return 0;
}

static int check_block_header(const struct tf_block_header *h, const uint8_t *data, uint64_t offset,
			      struct tf_error *err)
{
	uint32_t limit = h->type == TF_BLOCK_FOOTER ? TF_MAX_FOOTER_BYTES : TF_MAX_RAW_BYTES;

	if (h->flags & ~TF_BLOCK_RAW)
		return tf_fail(err, -EBADMSG, offset + 10, "block header: unknown flags 0x%x",
			       h->flags);
	if (h->stored_bytes > limit || h->raw_bytes > limit)
		return tf_fail(
			err, -EBADMSG, offset + 12,
			"block header: payload of %u bytes, %u decompressed, the limit is %u",
			h->stored_bytes, h->raw_bytes, limit);
	if ((h->flags & TF_BLOCK_RAW) && h->stored_bytes != h->raw_bytes)
		return tf_fail(err, -EBADMSG, offset + 12,
			       "block header: %u bytes stored raw claim to be %u", h->stored_bytes,
			       h->raw_bytes);
	if (h->first_event > UINT64_MAX - h->nr_events)
		return tf_fail(err, -EBADMSG, offset + 24, "block header: record number %llu",
			       (unsigned long long)h->first_event);
	if (h->number >= TF_MAX_BLOCKS)
		return tf_fail(err, -EBADMSG, offset + 20, "block header: block number %u",
			       h->number);
	if (tf_get64(data + 168))
		return tf_fail(err, -EBADMSG, offset + 168,
			       "block header: reserved bytes are not 0");
	if (tf_block_has_events(h->type) != (h->nr_events > 0))
		return tf_fail(err, -EBADMSG, offset + 32,
			       "block header: %u events in a block of type %u", h->nr_events,
			       h->type);
	return check_records(h, offset, err);
}

int tf_block_header_get(struct tf_block_header *h, const uint8_t *data, size_t len, uint64_t offset,
			struct tf_error *err)
{
	if (!tf_block_magic_at(data, len))
		return tf_fail(err, -EBADMSG, offset, "no block begins here");
	if (len < TF_BLOCK_HEADER_BYTES)
		return tf_fail(err, -ENODATA, offset, "truncated block header: %zu of %u bytes",
			       len, TF_BLOCK_HEADER_BYTES);
	if (tf_get64(data + 184) != XXH64(data, 184, 0))
		return tf_fail(err, -EBADMSG, offset, "damaged block header: wrong checksum");
	h->type = tf_get16(data + 8);
	h->flags = tf_get16(data + 10);
	h->stored_bytes = tf_get32(data + 12);
	h->raw_bytes = tf_get32(data + 16);
	h->number = tf_get32(data + 20);
	h->first_event = tf_get64(data + 24);
	h->nr_events = tf_get32(data + 32);
	h->nr_more = tf_get32(data + 36);
	h->first_ns = tf_get64(data + 40);
	h->last_ns = tf_get64(data + 48);
	h->nr_lost = tf_get64(data + 56);
	h->cpus = tf_get64(data + 64);
	for (unsigned i = 0; i < TF_MAX_KINDS; i++)
		h->by_kind[i] = tf_get32(data + 72 + 4 * i);
	h->payload_sum = tf_get64(data + 176);
	return check_block_header(h, data, offset, err);
}

void tf_trailer_put(uint8_t p[TF_TRAILER_BYTES], uint64_t footer_offset, uint64_t footer_bytes)
{
	tf_put64(p, footer_offset);
	tf_put64(p + 8, footer_bytes);
	tf_put64(p + 16, XXH64(p, 16, 0));
	memcpy(p + 24, trailer_magic, sizeof(trailer_magic));
}

int tf_trailer_get(const uint8_t *data, size_t len, uint64_t *footer_offset, uint64_t *footer_bytes,
		   struct tf_error *err)
{
	const uint8_t *p;
	uint64_t start;

	if (len < TF_FILE_HEADER_BYTES + TF_BLOCK_HEADER_BYTES + TF_TRAILER_BYTES)
		return tf_fail(err, -EBADMSG, len, "no footer: the file ends too soon");
	start = len - TF_TRAILER_BYTES;
	p = data + start;
	if (memcmp(p + 24, trailer_magic, sizeof(trailer_magic)))
		return tf_fail(err, -EBADMSG, start,
			       "no footer: the recording did not end, or its "
			       "end is missing");
	if (tf_get64(p + 16) != XXH64(p, 16, 0))
		return tf_fail(err, -EBADMSG, start, "damaged trailer: wrong checksum");
	*footer_offset = tf_get64(p);
	*footer_bytes = tf_get64(p + 8);
	if (*footer_offset > start || start - *footer_offset != *footer_bytes ||
	    *footer_offset < TF_FILE_HEADER_BYTES)
		return tf_fail(err, -EBADMSG, start, "trailer: the footer is not before it");
	return 0;
}
