/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The thread that takes light snapshots.  What is ready belongs to the taker, and to the
 * thread again when it was taken: ready_ns hands it over.
 */
#include "bpf/light.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/clock.h"

/* What a reader needs for a snapshot and for a file of it beside their bytes, about. */
#define SNAPSHOT_BYTES 528
#define FILE_BYTES 144

struct kc_light {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_running, stop;		 /* under lock */
	_Atomic uint64_t ready_ns;	 /* 0: snap is the thread's */
	struct tf_meta snap;		 /* nothing, or one snapshot */
	struct kc_text before, now, out; /* slabinfo: of last time, of this time, what changed */
	struct kc_text text, times;
	struct kc_light_pace pace;
};

/* The cache of a line of slabinfo; 0 if it is of the head. */
static size_t name_len(const char *line, size_t len)
{
	const char *blank = memchr(line, ' ', len);

	return !blank || line[0] == '#' || !strncmp(line, "slabinfo", 8) ? 0
									 : (size_t)(blank - line);
}

/*
 * The line of a cache, from *at on and then from the beginning, for caches keep their order.
 * NULL if there is none; then *at is as it was.
 */
static const char *find_line(const struct kc_text *text, size_t *at, const char *name,
			     size_t name_bytes, size_t *len)
{
	size_t from = *at, next = from;
	bool wrapped = false;

	for (;;) {
		const char *line = kc_text_line(text, &next, len);

		if (!line) {
			if (wrapped)
				return NULL;
			wrapped = true;
			next = 0;
		} else if (name_len(line, *len) == name_bytes && !memcmp(line, name, name_bytes)) {
			*at = next;
			return line;
		} else if (wrapped && next > from) {
			return NULL;
		}
	}
}

static int add_line(struct kc_text *out, const char *line, size_t len)
{
	int err = kc_text_add(out, line, len);

	return err ? err : kc_text_add(out, "\n", 1);
}

int kc_light_diff(struct kc_text *out, const struct kc_text *before, const struct kc_text *now)
{
	size_t at = 0, cursor = 0, len, old_len;
	const char *line, *old;
	int err = 0;

	while (!err && (line = kc_text_line(now, &at, &len))) {
		size_t name = name_len(line, len);

		old = name ? find_line(before, &cursor, line, name, &old_len) : NULL;
		if (!old || old_len != len || memcmp(old, line, len))
			err = add_line(out, line, len);
	}
	at = cursor = 0;
	while (!err && (line = kc_text_line(before, &at, &len))) {
		size_t name = name_len(line, len);

		if (name && !find_line(now, &cursor, line, name, &old_len))
			err = kc_text_printf(out, "# %.*s is gone\n", (int)name, line);
	}
	return err;
}

void kc_light_pace(struct kc_light_pace *pace, uint64_t now_ns, uint64_t bytes)
{
	pace->used_bytes += bytes;
	while (pace->used_bytes > pace->left_bytes / 2 && pace->interval_ns < UINT64_MAX / 2) {
		uint64_t half = pace->left_bytes / 2;

		pace->left_bytes -= half;
		pace->used_bytes -= half < pace->used_bytes ? half : pace->used_bytes;
		pace->interval_ns *= 2;
		if (!half)
			break;
	}
	/* Times that have passed are left out, the others stay where they are. */
	while (pace->next_ns <= now_ns)
		pace->next_ns += pace->interval_ns;
}

static int add_file(struct kc_light *l, struct tf_snapshot *snap, const char *path,
		    const struct kc_text *text)
{
	int err = kc_text_printf(&l->times, "%s %llu\n", path, (unsigned long long)kc_now_ns());

	return err ? err : tf_snapshot_add(snap, path, text->data, text->len);
}

static int copy_file(struct kc_light *l, struct tf_snapshot *snap, const char *path)
{
	int err;

	l->text.len = 0;
	err = kc_text_add_file(&l->text, path + sizeof(TF_LIGHT_PREFIX) - 1);
	if (err)
		return err == -ENOMEM ? err : 0;
	return add_file(l, snap, path, &l->text);
}

static int copy_slabinfo(struct kc_light *l, struct tf_snapshot *snap)
{
	struct kc_text swap = l->before;
	int err;

	l->now.len = l->out.len = 0;
	err = kc_text_add_file(&l->now, "/proc/slabinfo");
	if (err)
		return err == -ENOMEM ? err : 0;
	err = kc_light_diff(&l->out, &l->before, &l->now);
	l->before = l->now;
	l->now = swap;
	return err ? err : add_file(l, snap, TF_LIGHT_PREFIX "/proc/slabinfo", &l->out);
}

/* The free lists last: the time of the snapshot is theirs. */
static int read_host(struct kc_light *l)
{
	struct tf_snapshot *snap = tf_meta_begin_snapshot(&l->snap, 0);
	uint64_t bytes = SNAPSHOT_BYTES;
	int err = snap ? 0 : -ENOMEM;

	l->times.len = 0;
	if (!err)
		err = copy_file(l, snap, TF_LIGHT_PREFIX "/proc/vmstat");
	if (!err)
		err = copy_slabinfo(l, snap);
	if (!err)
		err = copy_file(l, snap, TF_LIGHT_PREFIX "/proc/buddyinfo");
	if (err)
		return err;
	snap->ts_ns = kc_now_ns();
	err = tf_snapshot_add(snap, "times", l->times.data, l->times.len);
	if (!err)
		err = tf_snapshot_add(snap, TF_SNAPSHOT_KIND, TF_LIGHT_PREFIX "\n",
				      sizeof(TF_LIGHT_PREFIX));
	if (err)
		return err;
	for (size_t i = 0; i < snap->nr_files; i++)
		bytes += FILE_BYTES + strlen(snap->files[i].path) + snap->files[i].len;
	kc_light_pace(&l->pace, snap->ts_ns, bytes);
	return 0;
}

/* Under lock.  False: it is time to end. */
static bool wait_until(struct kc_light *l, uint64_t ns)
{
	struct timespec ts = { .tv_sec = (time_t)(ns / 1000000000u),
			       .tv_nsec = (long)(ns % 1000000000u) };

	while (!l->stop && kc_now_ns() < ns)
		pthread_cond_timedwait(&l->wake, &l->lock, &ts);
	return !l->stop;
}

static void *run(void *arg)
{
	const struct sched_param ordinary = { .sched_priority = 0 };
	struct kc_light *l = arg;

	/* A collector that runs in real time starts it: reading the host is not that urgent. */
	pthread_setschedparam(pthread_self(), SCHED_BATCH, &ordinary);
	pthread_mutex_lock(&l->lock);
	while (wait_until(l, l->pace.next_ns)) {
		pthread_mutex_unlock(&l->lock);
		if (atomic_load(&l->ready_ns))
			kc_light_pace(&l->pace, kc_now_ns(), 0);
		else if (!read_host(l))
			atomic_store(&l->ready_ns, l->snap.snapshots[0].ts_ns);
		else
			tf_meta_release(&l->snap);
		pthread_mutex_lock(&l->lock);
	}
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

static int init_wake(pthread_cond_t *wake)
{
	pthread_condattr_t attr;
	int err = pthread_condattr_init(&attr);

	if (err)
		return -err;
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	err = pthread_cond_init(wake, &attr);
	pthread_condattr_destroy(&attr);
	return -err;
}

int kc_light_start(struct kc_light **out, uint64_t interval_ns, const struct tf_snapshot *opening)
{
	const struct tf_snapfile *slabinfo = tf_snapshot_file(opening, "/proc/slabinfo");
	struct kc_light *l = calloc(1, sizeof(*l));
	int err;

	*out = NULL;
	if (!l)
		return -ENOMEM;
	err = init_wake(&l->wake);
	if (err) {
		free(l);
		return err;
	}
	pthread_mutex_init(&l->lock, NULL);
	tf_meta_init(&l->snap);
	l->pace = (struct kc_light_pace){ .interval_ns = interval_ns,
					  .next_ns = kc_now_ns() + interval_ns,
					  .left_bytes = KC_LIGHT_BYTES };
	if (slabinfo)
		err = kc_text_add(&l->before, (const char *)slabinfo->data, slabinfo->len);
	if (!err) {
		err = -pthread_create(&l->thread, NULL, run, l);
		l->is_running = !err;
	}
	if (err)
		kc_light_free(l);
	else
		*out = l;
	return err;
}

uint64_t kc_light_ready(const struct kc_light *l)
{
	return atomic_load_explicit(&l->ready_ns, memory_order_acquire);
}

int kc_light_take(struct kc_light *l, struct tf_meta *meta, uint64_t *ts_ns)
{
	const struct tf_snapshot *from;
	struct tf_snapshot *to;
	int err;

	*ts_ns = kc_light_ready(l);
	if (!*ts_ns)
		return -EAGAIN;
	from = l->snap.snapshots;
	to = tf_meta_begin_snapshot(meta, *ts_ns);
	err = to ? 0 : -ENOMEM;
	for (size_t i = 0; i < from->nr_files && !err; i++)
		err = tf_snapshot_add(to, from->files[i].path, from->files[i].data,
				      from->files[i].len);
	tf_meta_release(&l->snap);
	atomic_store_explicit(&l->ready_ns, 0, memory_order_release);
	return err;
}

void kc_light_stop(struct kc_light *l)
{
	if (!l || !l->is_running)
		return;
	pthread_mutex_lock(&l->lock);
	l->stop = true;
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->thread, NULL);
	l->is_running = false;
}

void kc_light_free(struct kc_light *l)
{
	if (!l)
		return;
	kc_light_stop(l);
	pthread_cond_destroy(&l->wake);
	pthread_mutex_destroy(&l->lock);
	tf_meta_release(&l->snap);
	kc_text_release(&l->before);
	kc_text_release(&l->now);
	kc_text_release(&l->out);
	kc_text_release(&l->text);
	kc_text_release(&l->times);
	free(l);
}
