/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads that prepare jobs side by side and complete them in order.
 *
 * Inside of tracefmt/ only.  One thread, the caller, fills jobs and submits them.
 *
 *      fill ── submit ──▶ prepare ──▶ commit
 *      caller             any thread  any thread, one at a time, in the order submitted
 *
 * A job goes around: it is the caller's from tf_pool_job() to tf_pool_submit(), and comes
 * back when it has been committed.  Where no job is free the caller prepares one itself,
 * so that it waits only for work that is under way.
 *
 * The threads have the priority of the thread that starts them: where the caller must not
 * fall behind, nor must they, for it would have to wait for them.  They are SCHED_BATCH,
 * so that one that wakes up does not push the caller off its CPU.  They take no signals.
 */
#ifndef TRACEFMT_POOL_H
#define TRACEFMT_POOL_H

struct tf_pool;

struct tf_pool_ops {
	/* What a thread needs for itself; made and freed in the caller's thread.  NULL: no memory.
	 */
	void *(*worker_new)(void *arg);
	void (*worker_free)(void *worker);
	void (*prepare)(void *arg, void *worker, void *job);
	void (*commit)(void *arg, void *worker, void *job);
};

/*
 * jobs, nr_jobs (1 or more) of them, stay the caller's.  There are no threads yet: submit
 * does all work.  0, -ENOMEM.
 */
int tf_pool_new(struct tf_pool **out, const struct tf_pool_ops *ops, void *arg, void *const *jobs,
		unsigned nr_jobs);
/* Start up to nr threads, once; where the system has no more of them, fewer are started. */
void tf_pool_start(struct tf_pool *pool, unsigned nr);
/* The job that is to be filled next; always the same until it is submitted. */
void *tf_pool_job(struct tf_pool *pool);
void tf_pool_submit(struct tf_pool *pool);
/* Wait until all that was submitted has been committed. */
void tf_pool_drain(struct tf_pool *pool);
/* Something for the caller to work with while no other thread does: after tf_pool_drain(). */
void *tf_pool_worker(struct tf_pool *pool);
/* Drain, end the threads. */
void tf_pool_free(struct tf_pool *pool);

#endif
