/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The helper thread.
 */
#include "tracefmt/ahead.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

struct tf_ahead {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	void (*run)(void *arg);
	/* Under the lock. */
	void *arg;
	bool has_work, is_over;
};

static void *work(void *self)
{
	struct tf_ahead *ahead = self;

	pthread_mutex_lock(&ahead->lock);
	for (;;) {
		while (!ahead->has_work && !ahead->is_over)
			pthread_cond_wait(&ahead->changed, &ahead->lock);
		if (!ahead->has_work)
			break;
		pthread_mutex_unlock(&ahead->lock);
		ahead->run(ahead->arg);
		pthread_mutex_lock(&ahead->lock);
		ahead->has_work = false;
		pthread_cond_broadcast(&ahead->changed);
	}
	pthread_mutex_unlock(&ahead->lock);
	return NULL;
}

int tf_ahead_start(struct tf_ahead **out, void (*run)(void *arg))
{
	struct tf_ahead *ahead = calloc(1, sizeof(*ahead));
	sigset_t all, before;
	int err;

	if (!ahead)
		return -ENOMEM;
	ahead->run = run;
	pthread_mutex_init(&ahead->lock, NULL);
	pthread_cond_init(&ahead->changed, NULL);
	/* Signals are for the thread that made the reader. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&ahead->thread, NULL, work, ahead);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err) {
		pthread_cond_destroy(&ahead->changed);
		pthread_mutex_destroy(&ahead->lock);
		free(ahead);
		return -err;
	}
	*out = ahead;
	return 0;
}

void tf_ahead_stop(struct tf_ahead *ahead)
{
	if (!ahead)
		return;
	pthread_mutex_lock(&ahead->lock);
	ahead->is_over = true;
	pthread_cond_broadcast(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
	pthread_join(ahead->thread, NULL);
	pthread_cond_destroy(&ahead->changed);
	pthread_mutex_destroy(&ahead->lock);
	free(ahead);
}

void tf_ahead_give(struct tf_ahead *ahead, void *arg)
{
	pthread_mutex_lock(&ahead->lock);
	ahead->arg = arg;
	ahead->has_work = true;
	pthread_cond_broadcast(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
}

void tf_ahead_wait(struct tf_ahead *ahead)
{
	pthread_mutex_lock(&ahead->lock);
	while (ahead->has_work)
		pthread_cond_wait(&ahead->changed, &ahead->lock);
	pthread_mutex_unlock(&ahead->lock);
}

bool tf_ahead_is_worth_it(void)
{
	cpu_set_t cpus;

	if (!sched_getaffinity(0, sizeof(cpus), &cpus))
		return CPU_COUNT(&cpus) > 1;
	return sysconf(_SC_NPROCESSORS_ONLN) > 1;
}
