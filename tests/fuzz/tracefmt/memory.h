/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of the fuzz targets: how much is taken, and bytes that end where they end.
 *
 * What a piece of work takes is all that malloc gives out, at its highest.  It is counted
 * where AddressSanitizer is, and nothing is found elsewhere.  A realloc counts twice while
 * it copies, though the kernel may move pages instead.
 *
 * A library that was not built with it may read beyond the end of a buffer unseen, so an
 * input is put right before a page that nobody may touch.
 */
#ifndef TESTS_FUZZ_TRACEFMT_MEMORY_H
#define TESTS_FUZZ_TRACEFMT_MEMORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

__attribute__((weak)) int
__sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
					  void (*on_free)(const volatile void *));
__attribute__((weak)) size_t __sanitizer_get_allocated_size(const volatile void *p);

struct fz_memory {
	atomic_llong live, peak; /* of all threads */
};

static inline struct fz_memory *fz_memory(void)
{
	static struct fz_memory memory;

	return &memory;
}

static inline void fz_on_malloc(const volatile void *p, size_t size)
{
	struct fz_memory *memory = fz_memory();
	long long live = atomic_fetch_add(&memory->live, (long long)size) + (long long)size;
	long long peak = atomic_load(&memory->peak);

	(void)p;
	while (live > peak && !atomic_compare_exchange_weak(&memory->peak, &peak, live))
		;
}

static inline void fz_on_free(const volatile void *p)
{
	if (p)
		atomic_fetch_sub(&fz_memory()->live, (long long)__sanitizer_get_allocated_size(p));
}

/* Begin to count; returns what fz_memory_end() is to be given. */
static inline long long fz_memory_begin(void)
{
	struct fz_memory *memory = fz_memory();
	static bool is_counting;

	if (!is_counting && __sanitizer_install_malloc_and_free_hooks)
		__sanitizer_install_malloc_and_free_hooks(fz_on_malloc, fz_on_free);
	is_counting = true;
	atomic_store(&memory->peak, atomic_load(&memory->live));
	return atomic_load(&memory->live);
}

/* What was taken since, at its highest, must not be above max. */
static inline void fz_memory_end(long long before, size_t max)
{
	if (atomic_load(&fz_memory()->peak) - before > (long long)max)
		abort();
}

struct fz_guarded {
	uint8_t *data;
	uint8_t *map;
	size_t map_len;
};

/* A copy of the input before a page that faults. */
static inline struct fz_guarded fz_guard(const uint8_t *data, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (size + page - 1) / page * page;
	struct fz_guarded g = { .map_len = room + page };

	g.map = mmap(NULL, g.map_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (g.map == MAP_FAILED || mprotect(g.map + room, page, PROT_NONE))
		abort();
	g.data = g.map + room - size;
	if (size)
		memcpy(g.data, data, size);
	return g;
}

static inline void fz_unguard(struct fz_guarded *g)
{
	munmap(g->map, g->map_len);
}

#endif
