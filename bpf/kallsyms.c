/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sorted table, and /proc/kallsyms read into it.  Of that file only text symbols are kept
 * (types t, T, w, W): call sites are code.
 */
#include "bpf/kallsyms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A kernel with all its modules has some 10 MiB of names; an ELF file may claim anything. */
#define MAX_NAMES_BYTES (256u << 20)

struct kallsym {
	uint64_t addr;
	uint32_t name;	 /* offset in names, 0: what lies from here on is no function */
	uint32_t module; /* offset in names, 0 if none */
};

struct kc_kallsyms {
	struct kallsym *syms;
	size_t nr, nr_ends, room;
	char *names; /* names[0] is the empty name */
	size_t names_len, names_room;
};

static int add_name(struct kc_kallsyms *syms, const char *name, uint32_t *at)
{
	size_t len = strlen(name) + 1;

	if (len > MAX_NAMES_BYTES - syms->names_len)
		return -E2BIG;
	if (syms->names_len + len > syms->names_room) {
		size_t room = (syms->names_room + len) * 2;
		char *names = realloc(syms->names, room);

		if (!names)
			return -ENOMEM;
		syms->names = names;
		syms->names_room = room;
	}
	memcpy(syms->names + syms->names_len, name, len);
	*at = (uint32_t)syms->names_len;
	syms->names_len += len;
	return 0;
}

int kc_kallsyms_add(struct kc_kallsyms *syms, uint64_t addr, const char *name, const char *module)
{
	struct kallsym *sym;
	int err;

	if (syms->nr == syms->room) {
		size_t room = syms->room ? syms->room * 2 : 1 << 17;
		struct kallsym *grown = realloc(syms->syms, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		syms->syms = grown;
		syms->room = room;
	}
	sym = &syms->syms[syms->nr];
	*sym = (struct kallsym){ .addr = addr };
	err = name ? add_name(syms, name, &sym->name) : 0;
	if (!err && module)
		err = add_name(syms, module, &sym->module);
	if (!err)
		syms->nr++;
	return err;
}

int kc_kallsyms_add_end(struct kc_kallsyms *syms, uint64_t addr)
{
	int err = kc_kallsyms_add(syms, addr, NULL, NULL);

	syms->nr_ends += !err;
	return err;
}

/* "ffffffff81000000 T _text" or "ffffffffc0000000 t init\t[ext4]". */
static int parse_line(struct kc_kallsyms *syms, char *line)
{
	char *save, *addr, *type, *name, *module;
	uint64_t value;

	addr = strtok_r(line, " \t\n", &save);
	type = strtok_r(NULL, " \t\n", &save);
	name = strtok_r(NULL, " \t\n", &save);
	module = strtok_r(NULL, " \t\n", &save);
	if (!addr || !type || !name || !strchr("tTwW", type[0]))
		return 0;
	value = strtoull(addr, NULL, 16);
	if (!value)
		return 0;
	if (module && module[0] == '[' && strlen(module) > 2) {
		module++;
		module[strlen(module) - 1] = 0;
	} else {
		module = NULL;
	}
	return kc_kallsyms_add(syms, value, name, module);
}

static int by_addr(const void *a, const void *b)
{
	const struct kallsym *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	/* In the order added, ends last. */
	return (x->name - 1 > y->name - 1) - (x->name - 1 < y->name - 1);
}

void kc_kallsyms_sort(struct kc_kallsyms *syms)
{
	if (syms->nr)
		qsort(syms->syms, syms->nr, sizeof(*syms->syms), by_addr);
}

struct kc_kallsyms *kc_kallsyms_new(void)
{
	struct kc_kallsyms *syms = calloc(1, sizeof(*syms));
	uint32_t empty;

	if (syms && add_name(syms, "", &empty)) {
		free(syms);
		return NULL;
	}
	return syms;
}

int kc_kallsyms_add_modules(struct kc_kallsyms *syms, const struct kc_kallsyms *from, size_t *nr)
{
	int err = 0;

	*nr = 0;
	for (size_t i = 0; i < from->nr && !err; i++) {
		const struct kallsym *sym = &from->syms[i];

		if (!sym->module)
			continue;
		err = kc_kallsyms_add(syms, sym->addr, from->names + sym->name,
				      from->names + sym->module);
		*nr += !err;
	}
	return err;
}

int kc_kallsyms_load(struct kc_kallsyms **out, const char *path)
{
	struct kc_kallsyms *syms = kc_kallsyms_new();
	char *line = NULL;
	size_t room = 0;
	FILE *f = NULL;
	int err = -ENOMEM;

	*out = NULL;
	if (!syms)
		goto out;
	f = fopen(path ? path : "/proc/kallsyms", "re");
	if (!f) {
		err = -errno;
		goto out;
	}
	while (getline(&line, &room, f) >= 0) {
		err = parse_line(syms, line);
		if (err)
			goto out;
	}
	if (!syms->nr) {
		err = -EACCES;
		goto out;
	}
	kc_kallsyms_sort(syms);
	*out = syms;
	syms = NULL;
out:
	if (f)
		fclose(f);
	free(line);
	kc_kallsyms_free(syms);
	return err;
}

void kc_kallsyms_free(struct kc_kallsyms *syms)
{
	if (!syms)
		return;
	free(syms->syms);
	free(syms->names);
	free(syms);
}

size_t kc_kallsyms_count(const struct kc_kallsyms *syms)
{
	return syms->nr - syms->nr_ends;
}

int kc_kallsyms_find(const struct kc_kallsyms *syms, uint64_t addr, char *buf, size_t len,
		     uint32_t *offset)
{
	size_t low = 0, high = syms->nr;
	const struct kallsym *sym;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (syms->syms[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return -ENOENT;
	/* Of several names for one address take the first, as the kernel lists them. */
	low--;
	while (low && syms->syms[low - 1].addr == syms->syms[low].addr)
		low--;
	sym = &syms->syms[low];
	if (!sym->name || addr - sym->addr > UINT32_MAX)
		return -ENOENT;
	*offset = (uint32_t)(addr - sym->addr);
	if (sym->module)
		snprintf(buf, len, "%s [%s]", syms->names + sym->name, syms->names + sym->module);
	else
		snprintf(buf, len, "%s", syms->names + sym->name);
	return 0;
}

int kc_kallsyms_address(const struct kc_kallsyms *syms, const char *name, uint64_t *addr)
{
	for (size_t i = 0; i < syms->nr; i++) {
		if (syms->syms[i].module || strcmp(syms->names + syms->syms[i].name, name))
			continue;
		*addr = syms->syms[i].addr;
		return 0;
	}
	return -ENOENT;
}
