/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A text out of a file or a pipe.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tracefmt/import/text.h"

#define READ_BYTES (1u << 18) /* stays in the cache between read() and the scan */

static int read_all(struct tf_text *text, int fd, char *buf, struct tf_error *err)
{
	uint64_t offset = 0;
	ssize_t nr;
	int ret;

	for (;;) {
		nr = read(fd, buf, READ_BYTES);
		if (nr < 0 && errno == EINTR)
			continue;
		if (nr < 0)
			return tf_fail(err, -errno, offset, "cannot read: %s", strerror(errno));
		if (!nr)
			return tf_text_end(text, err);
		ret = tf_text_feed(text, buf, (size_t)nr);
		if (ret)
			return ret;
		offset += (uint64_t)nr;
	}
}

int tf_import_text(struct tf_import *imp, int fd, enum tf_import_format format,
		   struct tf_error *err)
{
	struct tf_text *text;
	char *buf = malloc(READ_BYTES);
	int ret = tf_text_new(&text, imp, format);

	if (!ret && !buf)
		ret = -ENOMEM;
	if (!ret)
		ret = read_all(text, fd, buf, err);
	tf_text_free(text);
	free(buf);
	return ret;
}
