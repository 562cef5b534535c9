/* SPDX-License-Identifier: GPL-2.0-only */
/* Jobs are prepared in any order and committed in theirs, each once. */
#include "tests/unit/suite.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "tracefmt/pool.h"

#define NR_JOBS 4u

struct job {
	uint64_t number;
	uint64_t made; /* number + 1, when prepared */
};

struct work {
	uint64_t next; /* that must be committed */
	unsigned slow; /* every so manyth job takes its time */
	int nr_workers, nr_busy, max_busy, nr_committing;
	bool no_more_workers;
	pthread_t caller;
	uint64_t nr_of_caller;
};

static void *worker_new(void *arg)
{
	struct work *work = arg;

	if (work->no_more_workers && work->nr_workers == 2)
		return NULL;
	work->nr_workers++;
	return work;
}

static void worker_free(void *worker)
{
	((struct work *)worker)->nr_workers--;
}

static void prepare(void *arg, void *worker, void *job)
{
	const struct timespec nap = { .tv_nsec = 200000 };
	struct work *work = arg;
	struct job *j = job;
	int busy = __atomic_add_fetch(&work->nr_busy, 1, __ATOMIC_SEQ_CST);
	int max = __atomic_load_n(&work->max_busy, __ATOMIC_SEQ_CST);

	ck_assert_ptr_eq(worker, work);
	while (busy > max && !__atomic_compare_exchange_n(&work->max_busy, &max, busy, false,
							  __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
	if (pthread_equal(pthread_self(), work->caller))
		__atomic_add_fetch(&work->nr_of_caller, 1, __ATOMIC_SEQ_CST);
	if (work->slow && j->number % work->slow == 0)
		nanosleep(&nap, NULL);
	j->made = j->number + 1;
	__atomic_sub_fetch(&work->nr_busy, 1, __ATOMIC_SEQ_CST);
}

static void commit(void *arg, void *worker, void *job)
{
	struct work *work = arg;
	const struct job *j = job;

	ck_assert_ptr_eq(worker, work);
	ck_assert_int_eq(__atomic_add_fetch(&work->nr_committing, 1, __ATOMIC_SEQ_CST), 1);
	ck_assert_uint_eq(j->number, work->next);
	ck_assert_uint_eq(j->made, j->number + 1);
	work->next++;
	__atomic_sub_fetch(&work->nr_committing, 1, __ATOMIC_SEQ_CST);
}

static const struct tf_pool_ops ops = { worker_new, worker_free, prepare, commit };

static void run(struct work *work, unsigned nr_threads, unsigned nr_jobs, uint64_t nr)
{
	struct job jobs[NR_JOBS];
	void *list[NR_JOBS];
	struct tf_pool *pool;

	work->caller = pthread_self();
	for (unsigned i = 0; i < nr_jobs; i++)
		list[i] = &jobs[i];
	ck_assert_int_eq(tf_pool_new(&pool, &ops, work, list, nr_jobs), 0);
	for (uint64_t i = 0; i < nr; i++) {
		struct job *job = tf_pool_job(pool);

		ck_assert_ptr_eq(tf_pool_job(pool), job);
		/* Started with some jobs behind it. */
		if (i == 5 && nr_threads)
			tf_pool_start(pool, nr_threads);
		*job = (struct job){ .number = i };
		tf_pool_submit(pool);
		if (i % 1000 == 999) {
			tf_pool_drain(pool);
			ck_assert_uint_eq(work->next, i + 1);
		}
	}
	tf_pool_free(pool);
	ck_assert_uint_eq(work->next, nr);
	ck_assert_int_eq(work->nr_workers, 0);
}

START_TEST(test_without_threads)
{
	struct work work = { .next = 0 };

	run(&work, 0, 1, 2500);
	ck_assert_int_eq(work.max_busy, 1);
	ck_assert_uint_eq(work.nr_of_caller, 2500);
}
END_TEST

START_TEST(test_in_order)
{
	for (unsigned nr_threads = 1; nr_threads <= 5; nr_threads++) {
		for (unsigned nr_jobs = 1; nr_jobs <= NR_JOBS; nr_jobs++) {
			struct work work = { .slow = 7 };

			run(&work, nr_threads, nr_jobs, 3000);
			ck_assert_int_le(work.max_busy, (int)nr_jobs);
		}
	}
}
END_TEST

/* Where all threads are busy and no job is free, the caller does not sit and wait. */
START_TEST(test_caller_helps)
{
	struct work work = { .slow = 1 };

	run(&work, 1, NR_JOBS, 200);
	ck_assert_uint_gt(work.nr_of_caller, 5 + 10);
	ck_assert_int_eq(work.max_busy, 2);
}
END_TEST

/* No memory for a further thread: there is one less. */
START_TEST(test_fewer_threads)
{
	struct work work = { .no_more_workers = true, .slow = 3 };

	run(&work, 4, NR_JOBS, 500);
	ck_assert_int_le(work.max_busy, 2);
}
END_TEST

RUN_SUITE("tracefmt/pool", test_without_threads, test_in_order, test_caller_helps,
	  test_fewer_threads)
