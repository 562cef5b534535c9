/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The syncing thread.
 *
 * A file that is watched is synced by a descriptor of the thread's own, so that its owner
 * need not wait for that.
 */
#include "tracefmt/syncer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_NS 500000000L
#define MAX_RETIRED 4

struct tf_syncer {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int dir_fd; /* the caller's */
	/* Under the lock. */
	int fd;		 /* watched, the caller's; -1: none */
	bool is_dirty;	 /* it was written to */
	bool is_new_dir; /* the directory has a name that is not synced */
	int retired[MAX_RETIRED];
	unsigned nr_retired;
	int err;
	bool is_over;
};

static void note(struct tf_syncer *syncer, int err)
{
	if (err && !syncer->err)
		syncer->err = err;
}

static int sync_fd(int fd)
{
	int err;

	do {
		err = fdatasync(fd) ? -errno : 0;
	} while (err == -EINTR);
	/* Some file systems cannot: then there is nothing that could be done. */
	return err == -EINVAL || err == -EROFS || err == -ENOSYS ? 0 : err;
}

/* With the lock, which is given up meanwhile. */
static void sync_one(struct tf_syncer *syncer, int fd)
{
	bool dir = syncer->is_new_dir;
	int err;

	syncer->is_new_dir = false;
	pthread_mutex_unlock(&syncer->lock);
	err = sync_fd(fd);
	if (dir && !err)
		err = sync_fd(syncer->dir_fd);
	if (close(fd) && !err)
		err = -errno;
	pthread_mutex_lock(&syncer->lock);
	note(syncer, err);
}

static void sync_retired(struct tf_syncer *syncer)
{
	int fd = syncer->retired[0];

	for (unsigned i = 1; i < syncer->nr_retired; i++)
		syncer->retired[i - 1] = syncer->retired[i];
	syncer->nr_retired--;
	pthread_cond_broadcast(&syncer->changed);
	sync_one(syncer, fd);
}

static void sync_watched(struct tf_syncer *syncer)
{
	int fd = fcntl(syncer->fd, F_DUPFD_CLOEXEC, 0);

	syncer->is_dirty = false;
	if (fd < 0)
		note(syncer, -errno);
	else
		sync_one(syncer, fd);
}

/*
 * It is started before a recorder gives up its privileges, and these are those of a thread: so
 * it does for itself what bpf/privileges.c does.  Descriptors that are open ask for none.
 */
static void drop_privileges(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	syscall(SYS_capset, &head, none);
}

static void *thread_main(void *self)
{
	struct tf_syncer *syncer = self;
	struct timespec due;

	drop_privileges();
	clock_gettime(CLOCK_MONOTONIC, &due);
	pthread_mutex_lock(&syncer->lock);
	for (;;) {
		if (syncer->nr_retired) {
			sync_retired(syncer);
			continue;
		}
		if (syncer->is_over)
			break;
		if (!syncer->is_dirty || syncer->fd < 0) {
			pthread_cond_wait(&syncer->changed, &syncer->lock);
			continue;
		}
		if (pthread_cond_timedwait(&syncer->changed, &syncer->lock, &due) != ETIMEDOUT)
			continue;
		if (syncer->is_dirty && syncer->fd >= 0)
			sync_watched(syncer);
		clock_gettime(CLOCK_MONOTONIC, &due);
		due.tv_nsec += PERIOD_NS;
		due.tv_sec += due.tv_nsec / 1000000000L;
		due.tv_nsec %= 1000000000L;
	}
	pthread_mutex_unlock(&syncer->lock);
	return NULL;
}

int tf_syncer_new(struct tf_syncer **out, int dir_fd)
{
	struct tf_syncer *syncer = calloc(1, sizeof(*syncer));
	pthread_condattr_t attr;
	sigset_t all, before;
	int err;

	if (!syncer)
		return -ENOMEM;
	syncer->dir_fd = dir_fd;
	syncer->fd = -1;
	pthread_mutex_init(&syncer->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&syncer->changed, &attr);
	pthread_condattr_destroy(&attr);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&syncer->thread, NULL, thread_main, syncer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err) {
		pthread_cond_destroy(&syncer->changed);
		pthread_mutex_destroy(&syncer->lock);
		free(syncer);
		return -err;
	}
	*out = syncer;
	return 0;
}

void tf_syncer_watch(struct tf_syncer *syncer, int fd)
{
	pthread_mutex_lock(&syncer->lock);
	syncer->fd = fd;
	syncer->is_dirty = false;
	syncer->is_new_dir = true;
	pthread_mutex_unlock(&syncer->lock);
}

void tf_syncer_wrote(struct tf_syncer *syncer)
{
	pthread_mutex_lock(&syncer->lock);
	if (!syncer->is_dirty) {
		syncer->is_dirty = true;
		pthread_cond_broadcast(&syncer->changed);
	}
	pthread_mutex_unlock(&syncer->lock);
}

void tf_syncer_retire(struct tf_syncer *syncer)
{
	pthread_mutex_lock(&syncer->lock);
	while (syncer->nr_retired == MAX_RETIRED)
		pthread_cond_wait(&syncer->changed, &syncer->lock);
	syncer->retired[syncer->nr_retired++] = syncer->fd;
	syncer->fd = -1;
	pthread_cond_broadcast(&syncer->changed);
	pthread_mutex_unlock(&syncer->lock);
}

int tf_syncer_error(struct tf_syncer *syncer)
{
	int err;

	pthread_mutex_lock(&syncer->lock);
	err = syncer->err;
	pthread_mutex_unlock(&syncer->lock);
	return err;
}

int tf_syncer_free(struct tf_syncer *syncer)
{
	int err;

	if (!syncer)
		return 0;
	pthread_mutex_lock(&syncer->lock);
	syncer->is_over = true;
	pthread_cond_broadcast(&syncer->changed);
	pthread_mutex_unlock(&syncer->lock);
	pthread_join(syncer->thread, NULL);
	err = syncer->err;
	pthread_cond_destroy(&syncer->changed);
	pthread_mutex_destroy(&syncer->lock);
	free(syncer);
	return err;
}
