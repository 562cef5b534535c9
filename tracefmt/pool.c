/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ring of jobs and the threads around it.
 *
 *      committed ≤ taken ≤ submitted ≤ committed + nr_jobs
 *
 * Job number n is jobs[n % nr_jobs].  Those before committed are free, those before taken
 * are being prepared or are ready, those before submitted wait.
 */
#include "tracefmt/pool.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct slot {
	void *job; /* the caller's */
	bool is_ready;
};

struct thread {
	struct tf_pool *pool;
	void *worker;
	pthread_t id;
};

struct tf_pool {
	const struct tf_pool_ops *ops;
	void *arg;
	void *caller; /* its worker */
	struct slot *slots;
	unsigned nr_slots;
	struct thread *threads;
	unsigned nr_threads;
	bool has_started;
	pthread_mutex_t lock;
	pthread_cond_t work; /* a job waits, or it is over */
	pthread_cond_t done; /* a job was committed */
	/* Under the lock. */
	uint64_t committed, taken, submitted;
	bool is_committing, is_over;
};

int tf_pool_new(struct tf_pool **out, const struct tf_pool_ops *ops, void *arg, void *const *jobs,
		unsigned nr_jobs)
{
	struct tf_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return -ENOMEM;
	pool->ops = ops;
	pool->arg = arg;
	pool->nr_slots = nr_jobs;
	pool->slots = calloc(nr_jobs, sizeof(*pool->slots));
	pool->caller = ops->worker_new(arg);
	if (!pool->slots || !pool->caller) {
		if (pool->caller)
			ops->worker_free(pool->caller);
		free(pool->slots);
		free(pool);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < nr_jobs; i++)
		pool->slots[i].job = jobs[i];
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	pthread_cond_init(&pool->done, NULL);
	*out = pool;
	return 0;
}

static struct slot *slot_of(const struct tf_pool *pool, uint64_t number)
{
	return &pool->slots[number % pool->nr_slots];
}

/* With the lock, which is given up meanwhile: commit what is next as long as that is ready. */
static void commit_ready(struct tf_pool *pool, void *worker)
{
	if (pool->is_committing)
		return; /* whoever does will find what became ready */
	pool->is_committing = true;
	while (pool->committed < pool->taken && slot_of(pool, pool->committed)->is_ready) {
		struct slot *slot = slot_of(pool, pool->committed);

		pthread_mutex_unlock(&pool->lock);
		pool->ops->commit(pool->arg, worker, slot->job);
		pthread_mutex_lock(&pool->lock);
		slot->is_ready = false;
		pool->committed++;
		pthread_cond_signal(&pool->done);
	}
	pool->is_committing = false;
}

/* With the lock, which is given up meanwhile: prepare a job that waits. */
static void run_one(struct tf_pool *pool, void *worker)
{
	struct slot *slot = slot_of(pool, pool->taken++);

	pthread_mutex_unlock(&pool->lock);
	pool->ops->prepare(pool->arg, worker, slot->job);
	pthread_mutex_lock(&pool->lock);
	slot->is_ready = true;
	commit_ready(pool, worker);
}

static void *thread_main(void *self)
{
	const struct sched_param param = { .sched_priority = 0 };
	struct thread *thread = self;
	struct tf_pool *pool = thread->pool;

	/* Where it is refused, all works the same but for who is pushed aside. */
	pthread_setschedparam(pthread_self(), SCHED_BATCH, &param);
	pthread_mutex_lock(&pool->lock);
	for (;;) {
		while (pool->taken == pool->submitted && !pool->is_over)
			pthread_cond_wait(&pool->work, &pool->lock);
		if (pool->taken == pool->submitted)
			break;
		run_one(pool, thread->worker);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static bool start_thread(struct tf_pool *pool, struct thread *thread)
{
	thread->pool = pool;
	thread->worker = pool->ops->worker_new(pool->arg);
	if (!thread->worker)
		return false;
	if (pthread_create(&thread->id, NULL, thread_main, thread)) {
		pool->ops->worker_free(thread->worker);
		return false;
	}
	return true;
}

void tf_pool_start(struct tf_pool *pool, unsigned nr)
{
	sigset_t all, before;

	if (pool->has_started)
		return;
	pool->has_started = true;
	pool->threads = nr ? calloc(nr, sizeof(*pool->threads)) : NULL;
	if (!pool->threads)
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (pool->nr_threads < nr && start_thread(pool, &pool->threads[pool->nr_threads]))
		pool->nr_threads++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void *tf_pool_job(struct tf_pool *pool)
{
	void *job;

	pthread_mutex_lock(&pool->lock);
	while (pool->submitted - pool->committed == pool->nr_slots) {
		if (pool->taken < pool->submitted)
			run_one(pool, pool->caller);
		else
			pthread_cond_wait(&pool->done, &pool->lock);
	}
	job = slot_of(pool, pool->submitted)->job;
	pthread_mutex_unlock(&pool->lock);
	return job;
}

void tf_pool_submit(struct tf_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pool->submitted++;
	if (pool->nr_threads)
		pthread_cond_signal(&pool->work);
	else
		run_one(pool, pool->caller);
	pthread_mutex_unlock(&pool->lock);
}

void tf_pool_drain(struct tf_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	while (pool->committed < pool->submitted) {
		if (pool->taken < pool->submitted)
			run_one(pool, pool->caller);
		else
			pthread_cond_wait(&pool->done, &pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
}

void *tf_pool_worker(struct tf_pool *pool)
{
	return pool->caller;
}

void tf_pool_free(struct tf_pool *pool)
{
	if (!pool)
		return;
	tf_pool_drain(pool);
	pthread_mutex_lock(&pool->lock);
	pool->is_over = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->nr_threads; i++) {
		pthread_join(pool->threads[i].id, NULL);
		pool->ops->worker_free(pool->threads[i].worker);
	}
	pool->ops->worker_free(pool->caller);
	pthread_cond_destroy(&pool->done);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->lock);
	free(pool->threads);
	free(pool->slots);
	free(pool);
}
