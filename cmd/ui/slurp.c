/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A whole file in memory, whatever kind of file it is.
 */
#include "cmd/ui/slurp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_BYTES (64 << 10)

static int read_all(int fd, size_t max, char **data, size_t *len)
{
	size_t used = 0, room = 0;
	char *buf = NULL;
	int err;

	for (;;) {
		ssize_t got;

		if (used + 1 >= room) {
			char *grown;

			room = room ? 2 * room : FIRST_BYTES;
			grown = realloc(buf, room);
			if (!grown) {
				err = -ENOMEM;
				goto out;
			}
			buf = grown;
		}
		got = read(fd, buf + used, room - used - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			err = -errno;
			goto out;
		}
		if (!got)
			break;
		used += (size_t)got;
		if (used > max) {
			err = -EFBIG;
			goto out;
		}
	}
	buf[used] = 0;
	*data = buf;
	*len = used;
	return 0;
out:
	free(buf);
	return err;
}

int ui_slurp(const char *path, size_t max, char **data, size_t *len)
{
	int fd, err;

	if (!strcmp(path, "-"))
		return read_all(STDIN_FILENO, max, data, len);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = read_all(fd, max, data, len);
	close(fd);
	return err;
}

size_t ui_peek(const char *path, char *buf, size_t len)
{
	struct stat stat;
	ssize_t got = 0;
	int fd;

	if (!strcmp(path, "-"))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return 0;
	if (!fstat(fd, &stat) && S_ISREG(stat.st_mode))
		got = read(fd, buf, len);
	close(fd);
	return got > 0 ? (size_t)got : 0;
}
