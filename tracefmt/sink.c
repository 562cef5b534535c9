/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing whole blocks to a file or pipe.
 */
#include "tracefmt/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the index may grow by for one block: varints of 2, 4, 8, 8, 8 and 8 bytes, and 24 of 4. */
#define ENTRY_BYTES (3u + 5u + 4u * TF_MAX_VARINT + 5u * TF_MAX_KINDS)

/* A trace tells kernel addresses; a file that was there may be open to everybody. */
static int make_private(struct tf_sink *sink, struct tf_error *err)
{
	struct stat st;

	sink->is_file = !fstat(sink->fd, &st) && S_ISREG(st.st_mode);
	if (sink->is_file && (st.st_mode & 077) && fchmod(sink->fd, 0600))
		return tf_fail(err, -errno, TF_NO_OFFSET, "cannot make it private: %s",
			       strerror(errno));
	return 0;
}

int tf_sink_open(struct tf_sink *sink, const char *path, struct tf_error *err)
{
	bool is_stdout = !strcmp(path, "-");
	int ret;

	memset(sink, 0, sizeof(*sink));
	if (is_stdout)
		sink->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	else
		sink->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (sink->fd < 0)
		return tf_fail(err, -errno, TF_NO_OFFSET, "cannot create: %s", strerror(errno));
	/* Standard output is somebody else's, even if it is a file. */
	ret = is_stdout ? 0 : make_private(sink, err);
	if (ret) {
		close(sink->fd);
		return ret;
	}
	tf_footer_init(&sink->footer, 0);
	return 0;
}

/* Is this a later segment of some rotated trace, or empty?  Nothing else may be overwritten. */
static bool is_older_segment(int fd)
{
	uint8_t head[TF_FILE_HEADER_BYTES];
	struct tf_file_header h;
	ssize_t n = pread(fd, head, sizeof(head), 0);

	if (n <= 0)
		return !n;
	return !tf_file_header_get(&h, head, (size_t)n, NULL) && h.segment;
}

int tf_sink_open_segment(struct tf_sink *sink, const char *path, uint64_t first_event,
			 struct tf_error *err)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	int ret;

	memset(sink, 0, sizeof(*sink));
	sink->fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (sink->fd < 0)
		return tf_fail(err, -errno, TF_NO_OFFSET, "cannot create %.60s: %s", name,
			       strerror(errno));
	ret = make_private(sink, err);
	if (!ret && (!sink->is_file || !is_older_segment(sink->fd)))
		ret = tf_fail(err, -EEXIST, TF_NO_OFFSET,
			      "cannot create %.60s: it exists, and is no segment of a trace", name);
	if (!ret && ftruncate(sink->fd, 0))
		ret = tf_fail(err, -errno, TF_NO_OFFSET, "cannot create %.60s: %s", name,
			      strerror(errno));
	if (ret) {
		close(sink->fd);
		return ret;
	}
	tf_footer_init(&sink->footer, first_event);
	return 0;
}

static bool cut(struct tf_sink *sink, uint64_t offset)
{
	if (!sink->is_file || ftruncate(sink->fd, (off_t)offset) ||
	    lseek(sink->fd, (off_t)offset, SEEK_SET) < 0)
		return false;
	sink->offset = offset;
	return true;
}

static int write_all(struct tf_sink *sink, const uint8_t *p, size_t len, struct tf_error *err)
{
	uint64_t start = sink->offset;

	while (len) {
		ssize_t n = write(sink->fd, p, len);
		int why = n < 0 ? errno : EIO;

		if (n < 0 && why == EINTR)
			continue;
		if (n <= 0) {
			sink->is_torn = !cut(sink, start);
			return tf_fail(err, -why, start, "cannot write: %s", strerror(why));
		}
		p += n;
		len -= (size_t)n;
		sink->offset += (uint64_t)n;
	}
	return 0;
}

int tf_sink_header(struct tf_sink *sink, const struct tf_file_header *h, struct tf_error *err)
{
	uint8_t bytes[TF_FILE_HEADER_BYTES];
	int ret;

	tf_file_header_put(bytes, h);
	ret = write_all(sink, bytes, sizeof(bytes), err);
	sink->has_header = !ret;
	return ret;
}

uint32_t tf_sink_next_number(const struct tf_sink *sink)
{
	return sink->footer.nr_entries;
}

int tf_sink_block(struct tf_sink *sink, const struct tf_block_header *h, const uint8_t *block,
		  size_t len, struct tf_error *err)
{
	int ret = sink->is_torn ? -EIO : 0;

	if (ret)
		return tf_fail(err, ret, sink->offset, "cannot write behind a torn block");
	ret = write_all(sink, block, len, err);
	if (ret)
		return ret;
	ret = tf_footer_add(&sink->footer, h);
	if (!ret)
		return 0;
	/* No footer can lead over this block. */
	sink->is_torn = true;
	if (ret == -EFBIG)
		return tf_fail(err, ret, TF_NO_OFFSET, "more than %u blocks", TF_MAX_BLOCKS);
	return tf_fail(err, ret, TF_NO_OFFSET, "out of memory");
}

uint64_t tf_sink_finish_bytes(const struct tf_sink *sink)
{
	return TF_BLOCK_HEADER_BYTES + sizeof(sink->footer.head) + sink->footer.index.len +
	       ENTRY_BYTES + TF_TRAILER_BYTES;
}

int tf_sink_finish(struct tf_sink *sink, struct tf_packer *packer, struct tf_error *err)
{
	struct tf_block_header h = {
		.type = TF_BLOCK_FOOTER,
		.number = tf_sink_next_number(sink),
		.first_event = sink->footer.next_event,
	};
	uint8_t trailer[TF_TRAILER_BYTES];
	struct tf_piece pieces[2];
	struct tf_out block;
	int ret;

	if (sink->is_torn)
		return tf_fail(err, -EIO, sink->offset, "no footer can be written behind this");
	tf_out_init(&block);
	tf_footer_pieces(&sink->footer, pieces);
	ret = tf_packer_run(packer, &h, pieces, 2, &block);
	if (ret) {
		tf_fail(err, ret, TF_NO_OFFSET, "cannot make the footer: %s", strerror(-ret));
		goto out;
	}
	tf_trailer_put(trailer, sink->offset, block.len);
	tf_out_bytes(&block, trailer, sizeof(trailer));
	if (block.err) {
		ret = tf_fail(err, block.err, TF_NO_OFFSET, "out of memory");
		goto out;
	}
	ret = write_all(sink, block.data, block.len, err);
out:
	tf_out_release(&block);
	return ret;
}

int tf_sink_close(struct tf_sink *sink, struct tf_error *err)
{
	int ret = 0;

	tf_footer_release(&sink->footer);
	if (sink->fd >= 0 && close(sink->fd))
		ret = tf_fail(err, -errno, TF_NO_OFFSET, "cannot close: %s", strerror(errno));
	sink->fd = -1;
	return ret;
}

void tf_sink_mark(const struct tf_sink *sink, struct tf_sink_mark *mark)
{
	mark->offset = sink->offset;
	mark->index_bytes = sink->footer.index.len;
	mark->footer = sink->footer;
}

bool tf_sink_undo(struct tf_sink *sink, const struct tf_sink_mark *mark)
{
	struct tf_out index = sink->footer.index;

	if (!cut(sink, mark->offset))
		return false;
	index.len = mark->index_bytes;
	sink->footer = mark->footer;
	sink->footer.index = index;
	return true;
}
