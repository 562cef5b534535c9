/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading /proc and /sys, where a file has no size before it was read.
 */
#include "bpf/host_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES (1u << 16)

static int reserve(struct kc_text *text, size_t more)
{
	size_t room = text->len + more;
	char *data;

	if (room <= text->room)
		return 0;
	room += room / 2 + 4096;
	data = realloc(text->data, room);
	if (!data)
		return -ENOMEM;
	text->data = data;
	text->room = room;
	return 0;
}

int kc_text_add(struct kc_text *text, const char *data, size_t len)
{
	if (!len)
		return 0;
	if (reserve(text, len))
		return -ENOMEM;
	memcpy(text->data + text->len, data, len);
	text->len += len;
	return 0;
}

int kc_text_printf(struct kc_text *text, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len < 0 || reserve(text, (size_t)len + 1))
		return -ENOMEM;
	va_start(args, fmt);
	vsnprintf(text->data + text->len, (size_t)len + 1, fmt, args);
	va_end(args);
	text->len += (size_t)len;
	return 0;
}

int kc_text_add_fd(struct kc_text *text, int fd)
{
	size_t before = text->len;
	int err = 0;
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET) < 0 && errno != ESPIPE)
		return -errno;
	/* In pieces of a fixed size: sysctl files refuse to be read by megabytes. */
	do {
		if (reserve(text, READ_BYTES)) {
			err = -ENOMEM;
			break;
		}
		n = read(fd, text->data + text->len, READ_BYTES);
		if (n < 0)
			err = -errno;
		else
			text->len += (size_t)n;
	} while (!err && n > 0);
	if (err)
		text->len = before;
	return err;
}

int kc_text_add_file(struct kc_text *text, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int err;

	if (fd < 0)
		return -errno;
	err = kc_text_add_fd(text, fd);
	close(fd);
	return err;
}

const char *kc_text_line(const struct kc_text *text, size_t *at, size_t *len)
{
	const char *line = text->data + *at, *end;

	if (*at >= text->len)
		return NULL;
	end = memchr(line, '\n', text->len - *at);
	*len = end ? (size_t)(end - line) : text->len - *at;
	*at += *len + 1;
	return line;
}

void kc_text_release(struct kc_text *text)
{
	free(text->data);
	*text = (struct kc_text){ 0 };
}
