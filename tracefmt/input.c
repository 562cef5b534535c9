/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Getting at a trace file's bytes, and finding blocks in them without an index.
 */
#include "tracefmt/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(struct tf_input *in, int fd, struct tf_error *err)
{
	size_t cap = 1u << 20, len = 0;
	uint8_t *data = malloc(cap);
	int ret = 0;

	while (data) {
		ssize_t n;

		if (len == cap) {
			uint8_t *bigger = realloc(data, cap * 2);

			if (!bigger)
				break;
			data = bigger;
			cap *= 2;
		}
		n = read(fd, data + len, cap - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			ret = tf_fail(err, -errno, len, "cannot read: %s", strerror(errno));
			goto out;
		}
		if (!n) {
			uint8_t *smaller = realloc(data, len ? len : 1);

			in->data = smaller ? smaller : data;
			in->len = len;
			in->how = TF_INPUT_READ;
			return 0;
		}
		len += (size_t)n;
	}
	ret = tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
out:
	free(data);
	return ret;
}

int tf_input_open(struct tf_input *in, const char *path, struct tf_error *err)
{
	bool is_stdin = !strcmp(path, "-");
	struct stat st;
	int fd, ret;
	void *p;

	memset(in, 0, sizeof(*in));
	fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return tf_fail(err, -errno, TF_NO_OFFSET, "cannot open: %s", strerror(errno));
	if (fstat(fd, &st)) {
		ret = tf_fail(err, -errno, TF_NO_OFFSET, "cannot stat: %s", strerror(errno));
		goto out;
	}
	in->dev = st.st_dev;
	in->ino = st.st_ino;
	if (!is_stdin && S_ISREG(st.st_mode) && st.st_size > 0) {
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (p != MAP_FAILED) {
			/* Whoever wants a second out of the middle shall not read its surroundings.
			 */
			madvise(p, (size_t)st.st_size, MADV_RANDOM);
			in->data = p;
			in->len = (size_t)st.st_size;
			in->how = TF_INPUT_MAPPED;
			ret = 0;
			goto out;
		}
	}
	ret = read_all(in, fd, err);
out:
	if (!is_stdin)
		close(fd);
	return ret;
}

void tf_input_close(struct tf_input *in)
{
	if (in->how == TF_INPUT_MAPPED)
		munmap((void *)(uintptr_t)in->data, in->len);
	else if (in->how == TF_INPUT_READ)
		free((void *)(uintptr_t)in->data);
	memset(in, 0, sizeof(*in));
}

void tf_input_will_need(const struct tf_input *in, uint64_t offset, uint64_t len)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t start = offset / page * page;

	if (in->how == TF_INPUT_MAPPED && offset < in->len && len <= in->len - offset)
		madvise((void *)(uintptr_t)(in->data + start), (size_t)(offset + len - start),
			MADV_WILLNEED);
}

void tf_input_done_with(const struct tf_input *in, uint64_t offset, uint64_t len)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t start = (offset + page - 1) / page * page, end = (offset + len) / page * page;

	if (in->how == TF_INPUT_MAPPED && end > start && end <= in->len)
		madvise((void *)(uintptr_t)(in->data + start), (size_t)(end - start),
			MADV_DONTNEED);
}

/* Where the next valid block header is, from pos on; len if there is none. */
static uint64_t find_header(const uint8_t *data, size_t len, uint64_t pos)
{
	struct tf_block_header h;

	while (pos < len) {
		const uint8_t *p = tf_block_find_magic(data + pos, len - pos);

		if (!p)
			break;
		pos = (uint64_t)(p - data);
		if (!tf_block_header_get(&h, p, len - pos, pos, NULL))
			return pos;
		pos++;
	}
	return len;
}

bool tf_scan_next(const uint8_t *data, size_t len, uint64_t *pos, struct tf_scan_item *item)
{
	uint64_t footer_offset, footer_bytes, left;
	const uint8_t *p = data + *pos;

	if (*pos >= len)
		return false;
	left = len - *pos;
	if (left == TF_TRAILER_BYTES &&
	    !tf_trailer_get(data, len, &footer_offset, &footer_bytes, NULL))
		return false;
	item->offset = *pos;
	item->is_block = !tf_block_header_get(&item->h, p, left, *pos, &item->error);
	if (item->is_block) {
		left -= TF_BLOCK_HEADER_BYTES;
		if (left < item->h.stored_bytes) {
			item->is_block = false;
			tf_fail(&item->error, -ENODATA, *pos, "truncated block: %llu of %u bytes",
				(unsigned long long)left, item->h.stored_bytes);
		}
	}
	item->len = item->is_block ? TF_BLOCK_HEADER_BYTES + item->h.stored_bytes
				   : find_header(data, len, *pos + 1) - *pos;
	*pos += item->len;
	return true;
}
