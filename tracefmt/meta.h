/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything in a trace that is not an event: the host, the caches, the symbols,
 * the snapshots.  Grows while a trace is read or recorded, never shrinks.
 *
 * Ownership: struct tf_meta owns every string and blob; what the add functions
 * are given is copied.  All functions return 0 or a negative errno.
 */
#ifndef TRACEFMT_META_H
#define TRACEFMT_META_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One slab cache of the recorded kernel, as its struct kmem_cache said. */
struct tf_cache {
	uint32_t id; /* > 0; events name it */
	uint32_t object_size;
	uint32_t size; /* stride: s->size */
	uint32_t align;
	uint32_t flags; /* slab flags, kernel's bits; 0 if not read */
	uint32_t oo;	/* order << 16 | objects per slab, 0 if not read */
	uint32_t min_partial;
	uint32_t cpu_partial; /* objects */
	uint32_t cpu_partial_slabs;
	char name[64]; /* cut at 63 characters */
};

struct tf_symbol {
	uint64_t addr;	 /* the call site */
	uint32_t offset; /* addr - start of the function */
	char *name;	 /* function, or "function [module]" */
};

/* A call chain, innermost caller first. */
struct tf_stack {
	uint32_t id; /* > 0; events name it */
	uint32_t nr_frames;
	uint64_t *frames; /* return addresses */
};

/* A copy of one text file of the host. */
struct tf_snapfile {
	char *path;    /* "/proc/zoneinfo", "/sys/kernel/slab/dentry/order" */
	uint8_t *data; /* len bytes, and one '\0' behind them that is not part of the file */
	size_t len;
};

struct tf_snapshot {
	uint32_t id; /* of those that are not light, 0 is the opening one, the last the closing one
		      */
	uint64_t ts_ns;
	size_t nr_files;
	struct tf_snapfile *files; /* sorted by path */
	uint64_t nr_moved;	   /* files that made room for others, over all */
};

/*
 * Facts are "key" to "value" strings, keys unique, e.g.
 *   host.release, host.machine, host.cpus_online, host.page_size, host.cmdline,
 *   host.numa_nodes, record.command, record.class.slab ("tp_btf" or why not),
 *   gfp.<NAME> (bit number in decimal), calib.preempt, calib.vmemmap_base,
 *   calib.page_offset_base.
 */
struct tf_fact {
	char *key;
	char *value;
};

struct tf_meta {
	size_t nr_facts, nr_caches, nr_symbols, nr_stacks, nr_snapshots;
	struct tf_fact *facts;	   /* sorted by key */
	struct tf_cache *caches;   /* in order of arrival; tf_meta_cache() finds by id */
	struct tf_symbol *symbols; /* sorted by addr after tf_meta_sort_symbols() */
	struct tf_stack *stacks;   /* in order of arrival; tf_meta_stack() finds by id */
	struct tf_snapshot *snapshots;
	uint32_t *cache_index; /* id -> position in caches + 1 */
	size_t nr_cache_index;
	uint32_t *stack_index; /* id -> position in stacks + 1 */
	size_t nr_stack_index, stacks_room;
	uint64_t nr_moved;    /* facts that made room for others, over all */
	size_t decoded_bytes; /* memory that came from a file, about; bounded by its decoder */
};

void tf_meta_init(struct tf_meta *meta);
void tf_meta_release(struct tf_meta *meta);

/* Keys, names and paths, and values, are at most that long; -E2BIG beyond. */
#define TF_MAX_NAME 4096u
#define TF_MAX_VALUE (1u << 20)

/* Set or replace a fact. */
int tf_meta_set(struct tf_meta *meta, const char *key, const char *value);
int tf_meta_setf(struct tf_meta *meta, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The value, or NULL. */
const char *tf_meta_get(const struct tf_meta *meta, const char *key);
/* The value as an unsigned number (decimal or 0x...), or def if absent or not a number. */
uint64_t tf_meta_get_u64(const struct tf_meta *meta, const char *key, uint64_t def);

/* Add a cache; a known id is replaced.  -EINVAL if id is 0 or above TF_MAX_CACHE_ID. */
#define TF_MAX_CACHE_ID (1u << 20)
int tf_meta_add_cache(struct tf_meta *meta, const struct tf_cache *cache);
const struct tf_cache *tf_meta_cache(const struct tf_meta *meta, uint32_t id);

/* The same call site may be added more than once; lookups find one of them, always the same. */
int tf_meta_add_symbol(struct tf_meta *meta, uint64_t addr, const char *name, uint32_t offset);
void tf_meta_sort_symbols(struct tf_meta *meta);
/* The symbol of exactly that call site, or NULL.  After tf_meta_sort_symbols(). */
const struct tf_symbol *tf_meta_symbol(const struct tf_meta *meta, uint64_t addr);

/*
 * Add a stack of 1 to TF_MAX_FRAMES frames; a known id is replaced.  -EINVAL if id is
 * 0 or above TF_MAX_STACK_ID, or nr_frames is out of range.
 */
#define TF_MAX_STACK_ID (1u << 20)
#define TF_MAX_FRAMES 128u
int tf_meta_add_stack(struct tf_meta *meta, uint32_t id, const uint64_t *frames,
		      uint32_t nr_frames);
const struct tf_stack *tf_meta_stack(const struct tf_meta *meta, uint32_t id);

/* Start a snapshot; its id is its number, from 0.  The pointer is valid until the next begin. */
struct tf_snapshot *tf_meta_begin_snapshot(struct tf_meta *meta, uint64_t ts_ns);
/* Copy one file into the snapshot; a path that is there already is replaced. */
int tf_snapshot_add(struct tf_snapshot *snap, const char *path, const void *data, size_t len);
/* Append to a file of the snapshot.  -ENOENT if it has none of that path. */
int tf_snapshot_append(struct tf_snapshot *snap, const char *path, const void *data, size_t len);
/* The file of that path, or NULL; valid until the next add or append. */
const struct tf_snapfile *tf_snapshot_file(const struct tf_snapshot *snap, const char *path);
/* Free the files, so that a long recording need not keep what was written; number and time stay. */
void tf_snapshot_drop_files(struct tf_snapshot *snap);

/*
 * A light snapshot was taken between the opening and the closing one, and has a few files
 * only: "kind", which says so, and others under "light/proc/" that may lack lines.
 */
#define TF_SNAPSHOT_KIND "kind"
#define TF_LIGHT_PREFIX "light"
bool tf_snapshot_is_light(const struct tf_snapshot *snap);
/* The number 0, or NULL if that is light or there is none.  It may be without files. */
const struct tf_snapshot *tf_meta_opening(const struct tf_meta *meta);
/* The last that has files and is not light, or NULL; if there is no other, the opening one. */
const struct tf_snapshot *tf_meta_closing(const struct tf_meta *meta);

#endif
