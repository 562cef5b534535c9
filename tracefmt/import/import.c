/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of an import, and what it counts.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracefmt/import/state.h"

#define KIND_SLOTS (4 * TF_IMPORT_MAX_KINDS)

int tf_import_new(struct tf_import **out, struct tf_writer *writer)
{
	struct tf_import *imp = calloc(1, sizeof(*imp));
	int err = -ENOMEM;

	*out = NULL;
	if (!imp)
		return -ENOMEM;
	imp->writer = writer;
	imp->pointer_bytes = 8;
	imp->nr_until_meta = TF_IMPORT_META_EVERY;
	tf_meta_init(&imp->meta);
	tf_meta_init(&imp->host);
	imp->queue = calloc(TF_IMPORT_QUEUE, sizeof(*imp->queue));
	imp->ignored = calloc(TF_IMPORT_MAX_KINDS + 1, sizeof(*imp->ignored));
	imp->ignored_slots = calloc(KIND_SLOTS, sizeof(*imp->ignored_slots));
	if (imp->queue && imp->ignored && imp->ignored_slots)
		err = tf_symbols_init(&imp->symbols);
	if (!err)
		err = tf_stacks_init(&imp->stacks);
	if (!err)
		err = tf_caches_init(&imp->caches, &imp->meta);
	if (err)
		tf_import_free(imp);
	else
		*out = imp;
	return err;
}

void tf_import_free(struct tf_import *imp)
{
	if (!imp)
		return;
	tf_caches_release(&imp->caches);
	tf_stacks_release(&imp->stacks);
	tf_symbols_release(&imp->symbols);
	tf_meta_release(&imp->meta);
	tf_meta_release(&imp->host);
	free(imp->queue);
	free(imp->cpus);
	free(imp->ignored);
	free(imp->ignored_slots);
	free(imp);
}

int tf_import_fact(struct tf_import *imp, const char *key, const char *value)
{
	return tf_meta_get(&imp->meta, key) ? 0 : tf_meta_set(&imp->meta, key, value);
}

int tf_import_factf(struct tf_import *imp, const char *key, const char *fmt, ...)
{
	char value[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(value, sizeof(value), fmt, args);
	va_end(args);
	return tf_import_fact(imp, key, value);
}

const char *tf_import_get_fact(const struct tf_import *imp, const char *key)
{
	return tf_meta_get(&imp->meta, key);
}

void tf_import_set_pointer_bytes(struct tf_import *imp, unsigned int bytes)
{
	imp->pointer_bytes = bytes;
	tf_symbols_set_pointer_bytes(&imp->symbols, bytes);
}

unsigned int tf_import_pointer_bytes(const struct tf_import *imp)
{
	return imp->pointer_bytes;
}

static bool is_kind(const struct tf_import_ignored *kind, const char *name, size_t len)
{
	return !memcmp(kind->name, name, len) && !kind->name[len];
}

/* The counter of a name; the one of all others when there are too many. */
static struct tf_import_ignored *find_kind(struct tf_import *imp, const char *name, size_t len)
{
	uint32_t hash = (uint32_t)len;
	size_t at;

	for (size_t i = 0; i < len; i++)
		hash = hash * 31 + (uint8_t)name[i];
	at = hash * 0x9e3779b1u >> 16 & (KIND_SLOTS - 1);
	while (imp->ignored_slots[at]) {
		struct tf_import_ignored *kind = &imp->ignored[imp->ignored_slots[at] - 1];

		if (is_kind(kind, name, len))
			return kind;
		at = (at + 1) & (KIND_SLOTS - 1);
	}
	if (imp->stats.nr_kinds_ignored == TF_IMPORT_MAX_KINDS) {
		memcpy(imp->ignored[TF_IMPORT_MAX_KINDS].name, "...", 4);
		return &imp->ignored[TF_IMPORT_MAX_KINDS];
	}
	memcpy(imp->ignored[imp->stats.nr_kinds_ignored].name, name, len);
	imp->ignored_slots[at] = (uint16_t)++imp->stats.nr_kinds_ignored;
	return &imp->ignored[imp->stats.nr_kinds_ignored - 1];
}

int tf_import_ignore(struct tf_import *imp, unsigned int cpu, const char *name, size_t len)
{
	size_t max = sizeof(imp->ignored[0].name) - 1;

	if (cpu < imp->nr_cpus)
		imp->cpus[cpu].stack_for = 0;
	imp->stats.nr_ignored++;
	find_kind(imp, name, len < max ? len : max)->nr++;
	return 0;
}

static void note_bad(struct tf_import *imp, uint64_t line, const char *reason)
{
	uint64_t nr = imp->stats.nr_malformed + imp->stats.nr_not_events;
	struct tf_import_bad *bad;

	if (nr >= TF_IMPORT_BAD_LINES)
		return;
	bad = &imp->stats.bad[nr];
	bad->line = line;
	snprintf(bad->reason, sizeof(bad->reason), "%s", reason);
}

void tf_import_malformed(struct tf_import *imp, uint64_t line, const char *reason)
{
	note_bad(imp, line, reason);
	imp->stats.nr_malformed++;
}

void tf_import_not_event(struct tf_import *imp, uint64_t line, const char *reason)
{
	note_bad(imp, line, reason);
	imp->stats.nr_not_events++;
}

void tf_import_count_line(struct tf_import *imp)
{
	imp->stats.nr_lines++;
}

static int note_symbol(struct tf_import *imp, uint64_t addr, uint32_t offset)
{
	const struct tf_function *function = tf_symbols_function(&imp->symbols, addr);

	return tf_meta_add_symbol(&imp->meta, addr, function->name, offset);
}

int tf_import_symbol(struct tf_import *imp, uint64_t addr, const char *name, size_t len,
		     uint32_t offset, enum tf_place_use use)
{
	bool is_new;
	int err = tf_symbols_add(&imp->symbols, addr, name, len, offset, use, &is_new);

	return !err && is_new ? note_symbol(imp, addr, offset) : err;
}

int tf_import_site(struct tf_import *imp, const char *name, size_t len, uint32_t offset,
		   enum tf_place_use use, uint64_t *addr)
{
	bool is_new;
	int err = tf_symbols_site(&imp->symbols, name, len, offset, use, addr, &is_new);

	return !err && is_new ? note_symbol(imp, *addr, offset) : err;
}

static void init_gfp(struct tf_import *imp)
{
	if (!imp->has_gfp)
		tf_gfp_init(&imp->gfp, tf_meta_get(&imp->meta, "host.release"));
	imp->has_gfp = true;
}

uint32_t tf_import_gfp(struct tf_import *imp, const char *text, size_t len)
{
	bool is_odd;
	uint32_t bits;

	init_gfp(imp);
	bits = tf_gfp_parse(&imp->gfp, text, len, &is_odd);
	imp->stats.nr_odd_gfp += is_odd;
	return bits;
}

uint32_t tf_import_gfp_bit(struct tf_import *imp, const char *name, size_t len)
{
	init_gfp(imp);
	return tf_gfp_bit(&imp->gfp, name, len);
}

static int by_number(const void *a, const void *b)
{
	const struct tf_import_ignored *x = a, *y = b;

	if (x->nr != y->nr)
		return x->nr < y->nr ? 1 : -1;
	return strcmp(x->name, y->name);
}

int tf_import_finish(struct tf_import *imp)
{
	int err = imp->is_started ? 0 : tf_import_start(imp, 0);

	if (!err)
		err = tf_import_flush(imp);
	if (imp->ignored[TF_IMPORT_MAX_KINDS].nr)
		imp->stats.nr_kinds_ignored = TF_IMPORT_MAX_KINDS + 1;
	qsort(imp->ignored, imp->stats.nr_kinds_ignored, sizeof(*imp->ignored), by_number);
	imp->stats.nr_made_up_sites = imp->symbols.nr_made_up;
	imp->stats.nr_refused_sites = imp->symbols.nr_refused[TF_PLACE_SITE];
	imp->stats.nr_refused_frames = imp->symbols.nr_refused[TF_PLACE_FRAME];
	imp->stats.nr_refused_names = imp->symbols.nr_refused_names;
	imp->stats.nr_unnamed = imp->caches.nr_unnamed;
	imp->stats.nr_wrong_guess = imp->caches.nr_wrong_guess;
	imp->stats.nr_refused_stacks = imp->stacks.nr_refused;
	if (!err)
		err = tf_import_add_facts(imp);
	return err ? err : tf_import_mark(imp, 1, imp->newest_ns);
}

void tf_import_get_stats(const struct tf_import *imp, struct tf_import_stats *stats)
{
	*stats = imp->stats;
	stats->ignored = imp->ignored;
}
