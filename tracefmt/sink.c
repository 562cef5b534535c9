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

int tf_sink_open(struct tf_sink *sink, const char *path, struct tf_error *err)
{
	struct stat st;

	memset(sink, 0, sizeof(*sink));
	if (!strcmp(path, "-"))
		sink->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	else
		sink->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (sink->fd < 0)
		return tf_fail(err, -errno, TF_NO_OFFSET, "cannot create: %s", strerror(errno));
	/* A trace tells kernel addresses; a file that was there may be open to everybody. */
	if (strcmp(path, "-") && !fstat(sink->fd, &st) && S_ISREG(st.st_mode) &&
	    (st.st_mode & 077) && fchmod(sink->fd, 0600)) {
		int ret = tf_fail(err, -errno, TF_NO_OFFSET, "cannot make it private: %s",
				  strerror(errno));

		close(sink->fd);
		return ret;
	}
	tf_footer_init(&sink->footer);
	return 0;
}

static int write_all(struct tf_sink *sink, const uint8_t *p, size_t len, struct tf_error *err)
{
	uint64_t start = sink->offset;

	while (len) {
		ssize_t n = write(sink->fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return tf_fail(err, n ? -errno : -EIO, start, "cannot write: %s",
				       strerror(n ? errno : EIO));
		p += n;
		len -= (size_t)n;
		sink->offset += (uint64_t)n;
	}
	return 0;
}

int tf_sink_header(struct tf_sink *sink, const struct tf_file_header *h, struct tf_error *err)
{
	uint8_t bytes[TF_FILE_HEADER_BYTES];

	tf_file_header_put(bytes, h);
	sink->has_header = true;
	return write_all(sink, bytes, sizeof(bytes), err);
}

uint32_t tf_sink_next_number(const struct tf_sink *sink)
{
	return sink->footer.nr_entries;
}

int tf_sink_block(struct tf_sink *sink, const struct tf_block_header *h, const uint8_t *block,
		  size_t len, struct tf_error *err)
{
	int ret = write_all(sink, block, len, err);

	if (ret)
		return ret;
	ret = tf_footer_add(&sink->footer, h);
	return ret ? tf_fail(err, ret, TF_NO_OFFSET, "out of memory") : 0;
}

int tf_sink_finish(struct tf_sink *sink, struct tf_packer *packer, struct tf_error *err)
{
	struct tf_block_header h = {
		.type = TF_BLOCK_FOOTER,
		.number = tf_sink_next_number(sink),
	};
	uint8_t trailer[TF_TRAILER_BYTES];
	struct tf_piece pieces[2];
	struct tf_out block;
	int ret;

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
	if (close(sink->fd))
		ret = tf_fail(err, -errno, TF_NO_OFFSET, "cannot close: %s", strerror(errno));
	sink->fd = -1;
	return ret;
}
