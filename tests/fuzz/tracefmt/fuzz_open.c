/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as a trace file: opened, read to the end, with and without a range,
 * and verified.  Once as they are, and once with all checksums made right, for
 * behind a wrong checksum nothing is looked at.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include "tracefmt/bytes.h"
#include "tracefmt/layout.h"
#include "tracefmt/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Damage may be told once for each block at most; more would be a reader that stands still. */
static void read_all(struct tf_reader *r, size_t size)
{
	const struct tf_event *events;
	struct tf_error err;
	size_t calls = 0;
	uint64_t sum = 0;
	int64_t nr;

	while ((nr = tf_reader_next(r, &events, &err))) {
		if (++calls > size)
			abort();
		for (int64_t i = 0; i < nr; i++) {
			if (events[i].kind >= TF_NR_KINDS)
				abort();
			sum += events[i].addr;
		}
		if (nr < 0 && !memchr(err.reason, 0, sizeof(err.reason)))
			abort();
	}
	/* Keep the reads. */
	if (sum == 0x6b6d656d746f6f6c)
		abort();
}

static void try_reader(const uint8_t *data, size_t size)
{
	struct tf_reader_info info;
	struct tf_reader *r;
	struct tf_error err;

	if (tf_reader_open_mem(&r, data, size, &err))
		return;
	tf_reader_get_info(r, &info);
	read_all(r, size);
	tf_reader_rewind(r);
	tf_reader_set_range(r, info.first_ns + 1, info.last_ns);
	read_all(r, size);
	tf_reader_close(r);
}

static void try_verify(const uint8_t *data, size_t size)
{
	struct tf_verify_result result;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	char path[32] = "/proc/self/fd/";
	struct tf_error err;
	size_t len = strlen(path);

	if (fd < 0 || fd > 99 || write(fd, data, size) != (ssize_t)size)
		abort();
	path[len] = (char)('0' + fd / 10);
	path[len + 1] = (char)('0' + fd % 10);
	if (fd < 10) {
		path[len] = path[len + 1];
		path[len + 1] = '\0';
	}
	if (!tf_verify(path, &result, NULL, NULL, &err) &&
	    tf_salvage(path, "/dev/null", &result, &err))
		abort();
	close(fd);
}

/* Make every checksum right, as far as the lengths make sense. */
static void fix_checksums(uint8_t *p, size_t size)
{
	static const uint8_t file_magic[8] = { 0x89, 'K', 'M', 'T', '\r', '\n', 0x1a, '\n' };
	static const uint8_t block_magic[8] = { 0xb5, 'K', 'M', 'T', 'B', 'L', 'K', 0x1c };
	size_t pos = TF_FILE_HEADER_BYTES;

	if (size < pos)
		return;
	memcpy(p, file_magic, sizeof(file_magic));
	tf_put64(p + 56, XXH64(p, 56, 0));
	while (size - pos >= TF_BLOCK_HEADER_BYTES) {
		uint8_t *block = p + pos;
		uint32_t stored = tf_get32(block + 12);

		pos += TF_BLOCK_HEADER_BYTES;
		if (stored > size - pos)
			break;
		memcpy(block, block_magic, sizeof(block_magic));
		tf_put64(block + 152, XXH64(block + TF_BLOCK_HEADER_BYTES, stored, 0));
		tf_put64(block + 160, XXH64(block, 160, 0));
		pos += stored;
	}
	if (size - pos == TF_TRAILER_BYTES)
		tf_put64(p + pos + 16, XXH64(p + pos, 16, 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *fixed;

	try_reader(data, size);
	try_verify(data, size);
	fixed = malloc(size ? size : 1);
	if (!fixed)
		abort();
	if (size)
		memcpy(fixed, data, size);
	fix_checksums(fixed, size);
	try_reader(fixed, size);
	try_verify(fixed, size);
	free(fixed);
	return 0;
}
