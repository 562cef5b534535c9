/* SPDX-License-Identifier: GPL-2.0-only */
/* What keeps a trace through a crash and a full disk: syncing, and room that is kept free. */
#include "tests/unit/suite.h"

#include <dirent.h>
#include <sys/statvfs.h>

#include "tests/unit/tracefmt/sample.h"
#include "tracefmt/reserve.h"
#include "tracefmt/syncer.h"

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* More files in a row than are synced at once: each is closed, and the content is there. */
START_TEST(test_files_in_a_row)
{
	struct tf_syncer *syncer;
	struct scratch s;
	int dir;

	scratch_begin(&s);
	dir = open(s.dir, O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq(tf_syncer_new(&syncer, dir), 0);
	/* Numbers that nobody else gets meanwhile, so that they can be asked for at the end. */
	for (int i = 0; i < 20; i++) {
		int low = open(s.path, O_WRONLY | O_CREAT | O_APPEND, 0600);
		int fd = fcntl(low, F_DUPFD, 100 + i);

		ck_assert_int_eq(fd, 100 + i);
		close(low);
		tf_syncer_watch(syncer, fd);
		for (unsigned n = 0; n < 100; n++) {
			ck_assert_int_eq(write(fd, "x", 1), 1);
			tf_syncer_wrote(syncer);
		}
		ck_assert_int_eq(tf_syncer_error(syncer), 0);
		tf_syncer_retire(syncer);
	}
	ck_assert_int_eq(tf_syncer_free(syncer), 0);
	for (int i = 0; i < 20; i++)
		ck_assert(!is_open(100 + i));
	ck_assert(is_open(dir));
	close(dir);
	scratch_end(&s);
}
END_TEST

/* The first error stays, and comes out at the end at the latest. */
START_TEST(test_error)
{
	struct tf_syncer *syncer;
	int dir = open("/tmp", O_RDONLY | O_DIRECTORY);

	ck_assert_int_eq(tf_syncer_new(&syncer, dir), 0);
	tf_syncer_watch(syncer, 9999);
	tf_syncer_wrote(syncer);
	tf_syncer_retire(syncer);
	ck_assert_int_eq(tf_syncer_free(syncer), -EBADF);
	ck_assert_int_eq(tf_syncer_new(&syncer, dir), 0);
	ck_assert_int_eq(tf_syncer_free(syncer), 0);
	close(dir);
}
END_TEST

static unsigned nr_files(const char *path)
{
	DIR *dir = opendir(path);
	unsigned nr = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		nr++;
	closedir(dir);
	return nr;
}

START_TEST(test_reserve)
{
	struct tf_reserve reserve = { .fd = -1 };
	struct scratch s;
	struct stat st;
	int dir, fd;

	scratch_begin(&s);
	dir = open(s.dir, O_RDONLY | O_DIRECTORY);
	tf_reserve_keep(&reserve, dir, 1 << 20);
	if (!reserve.bytes) {
		printf("SKIP: tracefmt/durable/reserve: /tmp keeps no room\n");
		ck_assert_uint_eq(tf_reserve_release(&reserve), 0);
		close(dir);
		scratch_end(&s);
		return;
	}
	ck_assert_uint_eq(nr_files(s.dir), 2); /* . and .. */
	ck_assert_int_eq(fstat(reserve.fd, &st), 0);
	ck_assert_int_ge(st.st_blocks * 512, (off_t)reserve.bytes);
	fd = reserve.fd;
	tf_reserve_keep(&reserve, dir, 2 << 20);
	ck_assert_int_eq(reserve.fd, fd);
	ck_assert_uint_ge(reserve.bytes, 1 << 20);
	ck_assert_uint_gt(tf_reserve_release(&reserve), 0);
	ck_assert(!is_open(fd));
	ck_assert_uint_eq(tf_reserve_release(&reserve), 0);
	close(dir);
	scratch_end(&s);
}
END_TEST

RUN_SUITE("tracefmt/durable", test_files_in_a_row, test_error, test_reserve)
