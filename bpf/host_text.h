/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text that grows: copies of the host's files, and what is made of them.
 */
#ifndef BPF_HOST_TEXT_H
#define BPF_HOST_TEXT_H

#include <stddef.h>

/* len bytes of data are text, without an end; {0} is empty.  data is owned. */
struct kc_text {
	char *data;
	size_t len, room;
};

/* Append len bytes.  0 or -ENOMEM; then text is unchanged. */
int kc_text_add(struct kc_text *text, const char *data, size_t len);
int kc_text_printf(struct kc_text *text, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Append a whole file.  0, -ENOMEM, or the errno of the file; then text is unchanged. */
int kc_text_add_file(struct kc_text *text, const char *path);
/* The same for one that is open, from its beginning. */
int kc_text_add_fd(struct kc_text *text, int fd);
/* The line that begins at *at, its length without the '\n'; *at is behind it then.  NULL: no more.
 */
const char *kc_text_line(const struct kc_text *text, size_t *at, size_t *len);
void kc_text_release(struct kc_text *text);

#endif
