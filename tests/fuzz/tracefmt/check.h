/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold of a trace, whatever is in it.
 *
 * Reader, verifier, salvage and pack must agree: what is undamaged for the verifier reads
 * without an error and holds what info says; what a selection yields is what it selects
 * of the whole; what was salvaged or packed is undamaged.
 */
#ifndef TESTS_FUZZ_TRACEFMT_CHECK_H
#define TESTS_FUZZ_TRACEFMT_CHECK_H

#include <errno.h>
#include <stdio.h>

#include "tests/fuzz/tracefmt/memory.h"
#include "tests/fuzz/tracefmt/mutate.h"
#include "tracefmt/index.h"
#include "tracefmt/pack.h"
#include "tracefmt/reader.h"
#include "tracefmt/verify.h"

/* That a reader may take beyond the files. */
#define FZ_MAX_MEMORY ((size_t)64 << 20)

/* A trace at hand. */
struct fz_trace {
	const char *path;
	uint64_t seed;	     /* for what is drawn: a hash of all its bytes */
	size_t nr_bytes;     /* of all files */
	uint64_t nr_records; /* of all kinds, as the files' lists of blocks say */
	bool is_verified;    /* else it is not even a trace */
	struct tf_verify_result verified;
};

/* What a reader said of a file, from its first batch to its last. */
struct fz_reading {
	struct tf_event *events; /* owned; those of the range */
	size_t nr, room;
	unsigned nr_errors;
};

/* What is asked for. */
struct fz_wish {
	uint64_t from_ns, to_ns, first, nr;
	uint32_t kinds;
	uint64_t cpus; /* of cpu % 64; all ones: no filter */
	unsigned want;
	bool warm;
	unsigned nr_threads;
};

static const struct fz_wish fz_everything = {
	.to_ns = UINT64_MAX,
	.nr = UINT64_MAX,
	.kinds = UINT32_MAX,
	.cpus = UINT64_MAX,
	.want = TF_WANT_ALL,
};

/* Not by malloc: what is kept here is not the reader's memory. */
static inline void fz_keep(struct fz_reading *reading, const struct tf_event *events, size_t nr)
{
	size_t room = 2 * (reading->nr + nr) * sizeof(*events);
	void *p = reading->events;

	if (reading->nr + nr > reading->room) {
		p = p ? mremap(p, reading->room * sizeof(*events), room, MREMAP_MAYMOVE)
		      : mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			     0);
		if (p == MAP_FAILED)
			abort();
		reading->events = p;
		reading->room = room / sizeof(*events);
	}
	memcpy(reading->events + reading->nr, events, nr * sizeof(*events));
	reading->nr += nr;
}

static inline void fz_release(struct fz_reading *reading)
{
	if (reading->events)
		munmap(reading->events, reading->room * sizeof(*reading->events));
}

static inline bool fz_by_time(const struct fz_wish *w, const struct tf_event *ev)
{
	return ev->ts_ns >= w->from_ns && (ev->ts_ns < w->to_ns || w->to_ns == UINT64_MAX);
}

/* By what a single event tells. */
static inline bool fz_is_wished(const struct fz_wish *w, const struct tf_event *ev)
{
	return (w->kinds & 1u << ev->kind) && (w->cpus >> ev->cpu % 64 & 1);
}

static inline void fz_ask(struct tf_reader *r, const struct fz_wish *w)
{
	uint64_t cpus[TF_CPU_WORDS];

	for (unsigned i = 0; i < TF_CPU_WORDS; i++)
		cpus[i] = w->cpus;
	tf_reader_set_range(r, w->from_ns, w->to_ns);
	tf_reader_set_events(r, w->first, w->nr);
	tf_reader_set_kinds(r, w->kinds);
	if (tf_reader_set_cpus(r, w->cpus == UINT64_MAX ? NULL : cpus))
		abort();
	tf_reader_set_want(r, w->want);
	tf_reader_set_warm(r, w->warm);
	tf_reader_set_threads(r, w->nr_threads);
	tf_reader_rewind(r);
}

/* Read to the end; size bounds the number of batches, for a block has so many bytes. */
static inline struct fz_reading fz_read_all(struct tf_reader *r, const struct fz_wish *w,
					    size_t size)
{
	struct fz_reading reading = { .nr = 0 };
	enum tf_phase phase = TF_PHASE_LIVE;
	const struct tf_event *events;
	struct tf_error err;
	size_t calls = 0;
	int64_t nr;

	fz_ask(r, w);
	while ((nr = tf_reader_next(r, &events, &err))) {
		/* A reader that stands still would go on for ever. */
		if (++calls > 16 + size / TF_BLOCK_HEADER_BYTES * 4)
			abort();
		if (nr < 0) {
			if (!err.reason[0] || !memchr(err.reason, 0, sizeof(err.reason)))
				abort();
			reading.nr_errors++;
			continue;
		}
		if (tf_reader_phase(r) < phase ||
		    (!w->warm && tf_reader_phase(r) != TF_PHASE_RANGE))
			abort();
		phase = tf_reader_phase(r);
		for (int64_t i = 0; i < nr; i++) {
			if (events[i].kind >= TF_NR_KINDS || !fz_is_wished(w, &events[i]))
				abort();
			if ((w->want & TF_WANT_TIME) && phase == TF_PHASE_RANGE &&
			    !fz_by_time(w, &events[i]))
				abort();
			if ((w->want & TF_WANT_TIME) && phase == TF_PHASE_BEFORE && !w->first &&
			    events[i].ts_ns >= w->from_ns)
				abort();
		}
		if (phase == TF_PHASE_RANGE)
			fz_keep(&reading, events, (size_t)nr);
	}
	return reading;
}

static inline bool fz_is_same(const struct tf_event *a, const struct tf_event *b, unsigned want)
{
	struct tf_event x = *a, y = *b;

	/* What is not wanted is undefined. */
	if (!(want & TF_WANT_TIME))
		x.ts_ns = y.ts_ns;
	if (!(want & TF_WANT_ADDR)) {
		x.addr = y.addr;
		x.cache = y.cache;
		x.order = y.order;
	}
	return !memcmp(&x, &y, sizeof(x));
}

/* The selection out of the whole is what the reader selects; numbers are positions here. */
static inline void fz_check_selection(const struct fz_reading *all, const struct fz_reading *some,
				      const struct fz_wish *w, uint64_t first)
{
	size_t at = 0;

	for (size_t i = 0; i < all->nr; i++) {
		const struct tf_event *ev = &all->events[i];
		uint64_t number = first + i;

		if (!fz_is_wished(w, ev) || !fz_by_time(w, ev) || number < w->first ||
		    (w->nr != UINT64_MAX && number - w->first >= w->nr))
			continue;
		if (at == some->nr || !fz_is_same(&some->events[at], ev, w->want))
			abort();
		at++;
	}
	if (at != some->nr)
		abort();
}

/* Cuts that come near to what is there. */
static inline struct fz_wish fz_draw_wish(const struct fz_reading *all, uint64_t first,
					  uint64_t *seed)
{
	struct fz_wish w = fz_everything;
	uint64_t times[2] = { 0, UINT64_MAX };

	for (unsigned i = 0; i < 2 && all->nr; i++)
		times[i] = all->events[fz_below(seed, all->nr)].ts_ns + fz_below(seed, 2);
	if (fz_once_in(seed, 2)) {
		w.from_ns = times[times[0] > times[1]];
		w.to_ns = times[times[0] <= times[1]];
	}
	if (fz_once_in(seed, 4)) {
		w.first = first + fz_below(seed, all->nr + 2);
		w.nr = fz_once_in(seed, 2) ? UINT64_MAX : fz_below(seed, all->nr + 2);
	}
	if (fz_once_in(seed, 4))
		w.kinds = (uint32_t)fz_rnd(seed);
	if (fz_once_in(seed, 4))
		w.cpus = fz_rnd(seed);
	if (fz_once_in(seed, 4))
		w.want = (unsigned)fz_below(seed, TF_WANT_ALL);
	w.warm = fz_once_in(seed, 3);
	w.nr_threads = fz_once_in(seed, 8);
	return w;
}

static inline void fz_check_info(const struct tf_reader_info *info, const struct fz_reading *all)
{
	uint64_t by_kind[TF_NR_KINDS] = { 0 }, nr_lost = 0, nr_events = 0;

	for (size_t i = 0; i < all->nr; i++) {
		const struct tf_event *ev = &all->events[i];

		by_kind[ev->kind]++;
		nr_lost += ev->kind == TF_GAP ? ev->bytes_req : 0;
		nr_events += ev->kind != TF_GAP && ev->kind != TF_MARK;
		if (ev->ts_ns < info->first_ns || ev->ts_ns > info->last_ns ||
		    !(info->cpus >> ev->cpu % 64 & 1))
			abort();
	}
	if (memcmp(by_kind, info->by_kind, sizeof(by_kind)) || nr_lost != info->nr_lost ||
	    nr_events != info->nr_events || info->nr_missing)
		abort();
}

/* Records of all kinds in a file, those that a reader does not know among them. */
static inline uint64_t fz_count_records(const uint8_t *data, size_t size)
{
	const struct tf_input input = { .data = data, .len = size };
	struct tf_index index;
	uint64_t nr;

	if (tf_index_load(&index, &input, TF_MAX_FOOTER_BYTES, NULL))
		abort();
	nr = index.next_event - index.first_event;
	tf_index_release(&index);
	return nr;
}

/* Read in two ways what can be opened. */
static inline void fz_check_reader(struct tf_reader *r, const struct fz_trace *t)
{
	bool is_undamaged = t->is_verified && !t->verified.nr_damaged;
	struct fz_reading all, some;
	struct tf_reader_info info;
	uint64_t seed = t->seed;
	struct tf_host host;
	struct fz_wish w;

	tf_reader_get_info(r, &info);
	tf_reader_get_host(r, &host);
	if (!host.machine[0] || info.file_bytes > t->nr_bytes)
		abort();
	all = fz_read_all(r, &fz_everything, t->nr_bytes);
	w = fz_draw_wish(&all, info.first_event, &seed);
	some = fz_read_all(r, &w, t->nr_bytes);
	if (is_undamaged) {
		if (all.nr_errors || some.nr_errors || info.complete != t->verified.complete ||
		    info.nr_segments != t->verified.nr_segments)
			abort();
		fz_check_info(&info, &all);
	}
	/* All that a cold start reads was read before. */
	if (!all.nr_errors && some.nr_errors && !w.warm)
		abort();
	/* With every record seen, their numbers are known. */
	if (!all.nr_errors && !some.nr_errors && all.nr == t->nr_records)
		fz_check_selection(&all, &some, &w, info.first_event);
	fz_release(&all);
	fz_release(&some);
}

static inline void fz_count_damage(void *arg, const struct tf_error *what)
{
	if (!what->reason[0])
		abort();
	++*(uint64_t *)arg;
}

static inline int fz_verify(const char *path, struct tf_verify_result *result)
{
	long long before = fz_memory_begin();
	uint64_t nr_told = 0;
	struct tf_error err;
	int ret = tf_verify(path, result, fz_count_damage, &nr_told, &err);

	fz_memory_end(before, FZ_MAX_MEMORY);
	if (!ret && nr_told != result->nr_damaged)
		abort();
	return ret;
}

static inline void fz_expect_undamaged(const char *path)
{
	struct tf_verify_result result;

	if (fz_verify(path, &result) || result.nr_damaged || !result.complete || result.nr_lost)
		abort();
}

/* What can be verified can be saved. */
static inline void fz_check_salvage(const struct fz_trace *t, const char *out)
{
	long long before = fz_memory_begin();
	struct tf_verify_result result;
	struct tf_error err;

	if (tf_salvage(t->path, out, &result, &err))
		abort();
	fz_memory_end(before, FZ_MAX_MEMORY);
	if (result.nr_damaged != t->verified.nr_damaged)
		abort();
	fz_expect_undamaged(out);
}

/* A mark names a snapshot, and those of a cut are numbered anew. */
static inline void fz_forget_marks(struct fz_reading *reading)
{
	for (size_t i = 0; i < reading->nr; i++) {
		if (reading->events[i].kind == TF_MARK)
			reading->events[i].addr = 0;
	}
}

/* What can be opened can be packed; without damage it holds the same then. */
static inline void fz_check_pack(struct tf_reader *r, const struct fz_trace *t, const char *out)
{
	struct fz_reading all = fz_read_all(r, &fz_everything, t->nr_bytes), packed;
	uint64_t seed = t->seed, nr_told = 0;
	struct fz_wish w = fz_draw_wish(&all, 0, &seed);
	const struct tf_pack_options options = {
		.from_ns = w.from_ns,
		.to_ns = w.to_ns,
		.anonymize = fz_once_in(&seed, 2),
	};
	struct tf_pack_result result;
	struct tf_reader *again;
	struct tf_error err;
	int ret;

	fz_ask(r, &fz_everything);
	ret = tf_pack(r, out, &options, &result, fz_count_damage, &nr_told, &err);
	/* There may be more names than any kernel has. */
	if (ret == -E2BIG && options.anonymize)
		goto out;
	if (ret || nr_told != result.nr_damaged)
		abort();
	fz_expect_undamaged(out);
	if (tf_reader_open(&again, out, &err))
		abort();
	packed = fz_read_all(again, &fz_everything, SIZE_MAX);
	fz_forget_marks(&all);
	fz_forget_marks(&packed);
	w = fz_everything;
	w.from_ns = options.from_ns;
	w.to_ns = options.to_ns;
	if (!all.nr_errors && all.nr == t->nr_records && !options.anonymize)
		fz_check_selection(&all, &packed, &w, 0);
	tf_reader_close(again);
	fz_release(&packed);
out:
	fz_release(&all);
}

#endif
