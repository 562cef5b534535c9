/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Room on a disk, kept and given back.
 */
#include "tracefmt/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define LEAST_BYTES (64u << 10)

void tf_reserve_keep(struct tf_reserve *reserve, int dir_fd, uint64_t want)
{
	struct statvfs fs;
	struct rlimit limit;
	uint64_t left;

	if (reserve->fd >= 0 && reserve->bytes >= want)
		return;
	if (reserve->fd < 0)
		reserve->fd = openat(dir_fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (reserve->fd < 0 || fstatvfs(reserve->fd, &fs))
		return;
	if (!getrlimit(RLIMIT_FSIZE, &limit) && want > limit.rlim_cur)
		want = limit.rlim_cur;
	/* The trace itself is what the disk is for. */
	left = (uint64_t)fs.f_bavail * fs.f_frsize + reserve->bytes;
	while (want > left / 4)
		want /= 2;
	if (want > reserve->bytes && want >= LEAST_BYTES &&
	    !fallocate(reserve->fd, 0, 0, (off_t)want))
		reserve->bytes = want;
}

uint64_t tf_reserve_release(struct tf_reserve *reserve)
{
	uint64_t bytes = reserve->bytes;

	if (reserve->fd >= 0)
		close(reserve->fd);
	reserve->fd = -1;
	reserve->bytes = 0;
	return bytes;
}
