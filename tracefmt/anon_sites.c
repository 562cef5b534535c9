/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other call sites and names of functions.
 *
 *      base            + 4 KiB          + 8 KiB
 *      |12345          |1               |123
 *      f0001           no symbols       f0002
 *
 * A function is known by where it starts, for a kernel has several of one name; these
 * get one name again.  A page that is full is followed by another one for the same
 * function.
 */
#include "tracefmt/anon_sites.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SITES (1u << 20)
#define MAX_NAMES (1u << 20)
#define MAX_PAGES (1u << 18)
#define PAGE_BYTES 4096u

#define TEXT_BASE 0xffffffff81000000u
#define TEXT_BASE_32 0x80000000u

struct tf_anon_function {
	uint64_t page; /* where its sites are added now */
	uint32_t nr;   /* of them there */
};

void tf_anon_sites_init(struct tf_anon_sites *s, const struct tf_meta *meta, unsigned pointer_bytes)
{
	*s = (struct tf_anon_sites){
		.meta = meta,
		.base = pointer_bytes == 4 ? TEXT_BASE_32 : TEXT_BASE,
	};
	tf_numbering_init(&s->sites, MAX_SITES, "call sites");
	tf_numbering_init(&s->functions, MAX_PAGES, "functions");
	tf_names_init(&s->function_names, MAX_NAMES, "names of functions");
	tf_names_init(&s->module_names, MAX_NAMES, "names of modules");
}

void tf_anon_sites_release(struct tf_anon_sites *s)
{
	tf_numbering_release(&s->sites);
	tf_numbering_release(&s->functions);
	tf_names_release(&s->function_names);
	tf_names_release(&s->module_names);
	free(s->moved);
	free(s->function);
	s->moved = NULL;
	s->function = NULL;
	s->nr_moved = s->moved_room = s->nr_function = s->function_room = 0;
}

/* Room for one more element. */
static int make_room(void **array, uint32_t nr, uint32_t *room, size_t size, struct tf_error *err)
{
	uint32_t bigger = *room ? *room * 2 : 64;
	void *p;

	if (nr < *room)
		return 0;
	p = realloc(*array, bigger * size);
	if (!p)
		return tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
	*array = p;
	*room = bigger;
	return 0;
}

/* A place for one more site of the function that starts there. */
static int place_site(struct tf_anon_sites *s, uint64_t start, uint64_t *moved,
		      struct tf_error *err)
{
	struct tf_anon_function *function;
	int64_t number;
	int ret = make_room((void **)&s->function, s->nr_function, &s->function_room,
			    sizeof(*s->function), err);

	if (ret)
		return ret;
	number = tf_numbering_get(&s->functions, start, err);
	if (number < 0)
		return (int)number;
	function = &s->function[number - 1];
	if (number > s->nr_function)
		s->function[s->nr_function++] = (struct tf_anon_function){ .nr = PAGE_BYTES - 1 };
	if (function->nr == PAGE_BYTES - 1) {
		if (s->nr_pages == MAX_PAGES)
			return tf_fail(err, -E2BIG, TF_NO_OFFSET, "there are more than %u %s",
				       MAX_PAGES, s->functions.what);
		function->page = s->base + (uint64_t)s->nr_pages++ * PAGE_BYTES;
		function->nr = 0;
	}
	*moved = function->page + ++function->nr;
	return 0;
}

static int add_site(struct tf_anon_sites *s, uint64_t addr, struct tf_error *err)
{
	const struct tf_symbol *symbol = tf_meta_symbol(s->meta, addr);
	char name[TF_ANON_NAME_LEN];
	uint64_t moved = 0;
	int ret =
		make_room((void **)&s->moved, s->nr_moved, &s->moved_room, sizeof(*s->moved), err);

	/* Names are numbered in the order of their sites. */
	if (!ret && symbol)
		ret = tf_anon_function_name(s, symbol->name, strlen(symbol->name), name, err);
	if (!ret)
		ret = place_site(s, symbol ? addr - symbol->offset : 0, &moved, err);
	if (!ret)
		s->moved[s->nr_moved++] = moved;
	return ret;
}

int tf_anon_site(struct tf_anon_sites *s, uint64_t addr, uint64_t *moved, struct tf_error *err)
{
	int64_t number;
	int ret;

	*moved = 0;
	if (!addr)
		return 0;
	number = tf_numbering_get(&s->sites, addr, err);
	if (number < 0)
		return (int)number;
	if (number > s->nr_moved) {
		ret = add_site(s, addr, err);
		if (ret)
			return ret;
	}
	*moved = s->moved[number - 1];
	return 0;
}

int tf_anon_function_name(struct tf_anon_sites *s, const char *name, size_t len,
			  char buf[TF_ANON_NAME_LEN], struct tf_error *err)
{
	const char *module = memmem(name, len, " [", 2);
	size_t function_len = module ? (size_t)(module - name) : len;
	int64_t function = tf_names_get(&s->function_names, name, function_len, err);
	int64_t number = 0;

	if (function > 0 && module)
		number = tf_names_get(&s->module_names, module, len - function_len, err);
	if (function < 0 || number < 0)
		return (int)(function < 0 ? function : number);
	if (module)
		snprintf(buf, TF_ANON_NAME_LEN, "f%04u [m%02u]", (unsigned)function,
			 (unsigned)number);
	else
		snprintf(buf, TF_ANON_NAME_LEN, "f%04u", (unsigned)function);
	return 0;
}

static int add_symbol(struct tf_anon_sites *s, const struct tf_symbol *symbol, struct tf_meta *out,
		      struct tf_error *err)
{
	char name[TF_ANON_NAME_LEN];
	uint64_t moved;
	int ret = tf_anon_site(s, symbol->addr, &moved, err);

	if (!ret)
		ret = tf_anon_function_name(s, symbol->name, strlen(symbol->name), name, err);
	if (ret)
		return ret;
	if (tf_meta_add_symbol(out, moved, name, moved % PAGE_BYTES))
		return tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
	return 0;
}

int tf_anon_sites_add_symbols(struct tf_anon_sites *s, struct tf_meta *out, struct tf_error *err)
{
	const struct tf_meta *meta = s->meta;
	int ret = 0;

	for (size_t i = 0; i < meta->nr_symbols && !ret; i++) {
		/* Of several symbols of one address the one that lookups find. */
		const struct tf_symbol *symbol = &meta->symbols[i];

		if (symbol == tf_meta_symbol(meta, symbol->addr))
			ret = add_symbol(s, symbol, out, err);
	}
	return ret;
}
