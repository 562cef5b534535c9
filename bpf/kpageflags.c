/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading the flags of all page frames.
 *
 * Chunks are numbered as they are asked for; chunk n is in slot n % NR_SLOTS.
 *
 *   first          taken by the caller next
 *   next           asked for next: first <= next <= first + NR_SLOTS
 *   slot is full   first <= n < next, and its thread is done with it
 */
#include "bpf/kpageflags.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bpf/clock.h"
#include "bpf/page_runs.h"

#define CHUNK_PAGES (1u << 15)
#define NR_SLOTS 8u
#define NR_THREADS 2u
#define PAUSE_NS 5000000

struct slot {
	uint64_t pfn, nr;
	bool is_full, is_last; /* last: the file ended in it */
	uint64_t *flags;
};

struct reader {
	int fd;
	const struct kc_kpageflags_options *options;
	struct kc_pfn_range rest; /* of the range that is being read */
	unsigned int next_range;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	/* under lock */
	uint64_t first, next;
	bool stop; /* nothing more is asked for */
	struct slot slots[NR_SLOTS];
	/* the caller's */
	pthread_t threads[NR_THREADS];
	unsigned int nr_threads;
	uint64_t start_ns, nr_pages, nr_done; /* nr_pages: of all, about */
	bool is_decided;		      /* to read all of it */
};

/* "00100000-bfffffff : System RAM", not indented. */
static bool read_ram_line(const char *line, size_t len, unsigned int page_shift,
			  struct kc_pfn_range *range)
{
	const uint64_t page_bytes = 1ull << page_shift;
	uint64_t first, last;
	char buf[128];
	int used = 0;

	if (!len || len >= sizeof(buf) || *line == ' ')
		return false;
	memcpy(buf, line, len);
	buf[len] = 0;
	if (sscanf(buf, "%" SCNx64 "-%" SCNx64 " : %n", &first, &last, &used) != 2 || !used ||
	    strncmp(buf + used, "System RAM", strlen("System RAM")) ||
	    first > UINT64_MAX - page_bytes || last == UINT64_MAX)
		return false;
	range->start = (first + page_bytes - 1) >> page_shift;
	range->end = (last + 1) >> page_shift;
	return range->start < range->end;
}

unsigned int kc_ram_ranges(const char *iomem, size_t len, unsigned int page_shift,
			   struct kc_pfn_range ranges[KC_MAX_RAM_RANGES])
{
	const struct kc_text text = { .data = (char *)iomem, .len = len };
	size_t at = 0, line_len;
	unsigned int nr = 0;
	const char *line;

	while (len && (line = kc_text_line(&text, &at, &line_len))) {
		struct kc_pfn_range range;

		if (!read_ram_line(line, line_len, page_shift, &range))
			continue;
		if (nr == KC_MAX_RAM_RANGES || (nr && range.start < ranges[nr - 1].end))
			return 0;
		ranges[nr++] = range;
	}
	return nr;
}

/* The next chunk; false if there is none. */
static bool next_chunk(struct reader *r, struct slot *slot)
{
	while (r->rest.start == r->rest.end && r->next_range < r->options->nr_ranges)
		r->rest = r->options->ranges[r->next_range++];
	if (r->rest.start == r->rest.end)
		return false;
	slot->pfn = r->rest.start;
	slot->nr = r->rest.end - r->rest.start;
	if (slot->nr > CHUNK_PAGES)
		slot->nr = CHUNK_PAGES;
	r->rest.start += slot->nr;
	return true;
}

/*
 * What cannot be read is told of as such; behind the end of the file, where that is all that is
 * known of its length, there is nothing to tell.
 */
static void fill(const struct reader *r, struct slot *slot)
{
	size_t len = slot->nr * sizeof(*slot->flags), done = 0;
	ssize_t n = 1;

	while (done < len && n > 0) {
		n = pread(r->fd, (char *)slot->flags + done, len - done,
			  (off_t)(slot->pfn * sizeof(*slot->flags) + done));
		if (n > 0)
			done += (size_t)n;
	}
	slot->is_last = !n || (n < 0 && !r->options->nr_ranges);
	done /= sizeof(*slot->flags);
	if (slot->is_last)
		slot->nr = done;
	for (; done < slot->nr; done++)
		slot->flags[done] = KC_PAGE_UNREADABLE;
}

static void *run(void *arg)
{
	const struct sched_param ordinary = { .sched_priority = 0 };
	struct reader *r = arg;

	/* Whoever records may come before others; this may not. */
	pthread_setschedparam(pthread_self(), SCHED_BATCH, &ordinary);
	if (getpriority(PRIO_PROCESS, 0) < 0)
		setpriority(PRIO_PROCESS, 0, 0);
	pthread_mutex_lock(&r->lock);
	while (!r->stop) {
		struct slot *slot = &r->slots[r->next % NR_SLOTS];

		if (r->next == r->first + NR_SLOTS) {
			pthread_cond_wait(&r->wake, &r->lock);
			continue;
		}
		if (!next_chunk(r, slot)) {
			r->stop = true;
			break;
		}
		r->next++;
		pthread_mutex_unlock(&r->lock);
		fill(r, slot);
		pthread_mutex_lock(&r->lock);
		slot->is_full = true;
		r->stop |= slot->is_last;
		pthread_cond_broadcast(&r->wake);
	}
	pthread_cond_broadcast(&r->wake);
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

static void end_threads(struct reader *r)
{
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	pthread_cond_broadcast(&r->wake);
	pthread_mutex_unlock(&r->lock);
	while (r->nr_threads)
		pthread_join(r->threads[--r->nr_threads], NULL);
}

static int start_threads(struct reader *r)
{
	long nr_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int err = 0;

	r->start_ns = kc_now_ns();
	while (!err && r->nr_threads < NR_THREADS && (long)r->nr_threads < nr_cpus) {
		err = pthread_create(&r->threads[r->nr_threads], NULL, run, r);
		r->nr_threads += !err;
	}
	return r->nr_threads ? 0 : -err;
}

/*
 * Under lock: wait for the next slot, a few milliseconds at most.  NULL: not yet, or none comes,
 * *is_over tells.
 */
static struct slot *wait_for_slot(struct reader *r, bool *is_over)
{
	struct slot *slot = &r->slots[r->first % NR_SLOTS];
	uint64_t until = kc_now_ns() + PAUSE_NS;
	const struct timespec ts = { .tv_sec = (time_t)(until / 1000000000u),
				     .tv_nsec = (long)(until % 1000000000u) };
	int err = 0;

	while (!err && !slot->is_full && !(r->stop && r->first == r->next))
		err = pthread_cond_timedwait(&r->wake, &r->lock, &ts);
	*is_over = !slot->is_full && r->stop && r->first == r->next;
	return slot->is_full ? slot : NULL;
}

/* What all of it will have taken, by what there is. */
static uint64_t whole_ns(const struct reader *r)
{
	uint64_t elapsed = kc_now_ns() - r->start_ns;

	if (r->nr_done >= r->nr_pages)
		return elapsed;
	return (uint64_t)((double)elapsed * (double)r->nr_pages / (double)r->nr_done);
}

/*
 * With the first of it read it is decided whether to go on.  Should the rest be so much slower
 * that twice the time has passed, that decision was wrong.
 */
static bool is_too_slow(struct reader *r)
{
	uint64_t limit_ns = r->options->limit_ns, elapsed = kc_now_ns() - r->start_ns;

	if (!limit_ns)
		return false;
	if (r->is_decided)
		return elapsed > 2 * limit_ns;
	r->is_decided = r->nr_done >= KC_KPAGEFLAGS_PROBE && elapsed >= KC_KPAGEFLAGS_PROBE_NS;
	return r->is_decided && whole_ns(r) > limit_ns;
}

static int take_slot(struct reader *r, struct slot *slot, struct kc_page_runs *runs)
{
	int err = kc_page_runs_add(runs, slot->pfn, slot->flags, slot->nr);

	r->nr_done += slot->nr;
	pthread_mutex_lock(&r->lock);
	slot->is_full = false;
	r->first++;
	pthread_cond_broadcast(&r->wake);
	pthread_mutex_unlock(&r->lock);
	return !err && is_too_slow(r) ? -ETIME : err;
}

static int take_slots(struct reader *r, struct kc_page_runs *runs)
{
	const struct kc_kpageflags_options *options = r->options;
	bool is_over = false;
	int err = 0;

	while (!err && !is_over && !runs->is_cut) {
		struct slot *slot;

		pthread_mutex_lock(&r->lock);
		slot = wait_for_slot(r, &is_over);
		pthread_mutex_unlock(&r->lock);
		if (slot)
			err = take_slot(r, slot, runs);
		if (!err && options->pause && options->pause(options->arg))
			err = -ECANCELED;
	}
	return err ? err : kc_page_runs_end(runs);
}

static int init_reader(struct reader *r, uint64_t *flags)
{
	const struct kc_kpageflags_options *options = r->options;
	pthread_condattr_t attr;
	int err;

	for (unsigned int i = 0; i < NR_SLOTS; i++)
		r->slots[i].flags = flags + (size_t)i * CHUNK_PAGES;
	for (unsigned int i = 0; i < options->nr_ranges; i++)
		r->nr_pages += options->ranges[i].end - options->ranges[i].start;
	if (!options->nr_ranges) {
		r->rest.end = UINT64_MAX / 2 / sizeof(uint64_t);
		r->nr_pages = (uint64_t)sysconf(_SC_PHYS_PAGES);
	}
	err = pthread_condattr_init(&attr);
	if (err)
		return -err;
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	err = pthread_cond_init(&r->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (err)
		return -err;
	pthread_mutex_init(&r->lock, NULL);
	return 0;
}

int kc_kpageflags_read(int fd, const struct kc_kpageflags_options *options, struct kc_text *text,
		       struct kc_kpageflags_stats *stats)
{
	struct reader r = { .fd = fd, .options = options };
	uint64_t *flags = malloc(sizeof(*flags) * NR_SLOTS * CHUNK_PAGES);
	struct kc_page_runs runs;
	size_t before = text->len;
	int err = flags ? init_reader(&r, flags) : -ENOMEM;

	if (err) {
		free(flags);
		return err;
	}
	err = kc_page_runs_begin(&runs, text, options->max_bytes);
	if (!err)
		err = start_threads(&r);
	if (!err)
		err = take_slots(&r, &runs);
	end_threads(&r);
	stats->elapsed_ns = kc_now_ns() - r.start_ns;
	stats->whole_ns = r.nr_done ? whole_ns(&r) : 0;
	stats->is_cut = runs.is_cut;
	if (err)
		text->len = before;
	pthread_cond_destroy(&r.wake);
	pthread_mutex_destroy(&r.lock);
	free(flags);
	return err;
}
