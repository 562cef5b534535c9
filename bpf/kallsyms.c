/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /proc/kallsyms as a sorted table.  Only text symbols are kept (types t, T, w, W):
 * call sites are code.
 */
#include "bpf/kallsyms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kallsym {
	uint64_t addr;
	uint32_t name;	 /* offset in names */
	uint32_t module; /* offset in names, 0 if none */
};

struct kc_kallsyms {
	struct kallsym *syms;
	size_t nr, room;
	char *names; /* names[0] is the empty name */
	size_t names_len, names_room;
};

static int add_name(struct kc_kallsyms *syms, const char *name, uint32_t *at)
{
	size_t len = strlen(name) + 1;

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

static int add_symbol(struct kc_kallsyms *syms, uint64_t addr, const char *name, const char *module)
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
	sym->addr = addr;
	sym->module = 0;
	err = add_name(syms, name, &sym->name);
	if (!err && module)
		err = add_name(syms, module, &sym->module);
	if (!err)
		syms->nr++;
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
	return add_symbol(syms, value, name, module);
}

static int by_addr(const void *a, const void *b)
{
	const struct kallsym *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return (x->name > y->name) - (x->name < y->name);
}

int kc_kallsyms_load(struct kc_kallsyms **out, const char *path)
{
	struct kc_kallsyms *syms = calloc(1, sizeof(*syms));
	char *line = NULL;
	size_t room = 0;
	uint32_t empty;
	FILE *f = NULL;
	int err = -ENOMEM;

	*out = NULL;
	if (!syms)
		goto out;
	err = add_name(syms, "", &empty);
	if (err)
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
	qsort(syms->syms, syms->nr, sizeof(*syms->syms), by_addr);
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
	return syms->nr;
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
	if (addr - sym->addr > UINT32_MAX)
		return -ENOENT;
	*offset = (uint32_t)(addr - sym->addr);
	if (sym->module)
		snprintf(buf, len, "%s [%s]", syms->names + sym->name, syms->names + sym->module);
	else
		snprintf(buf, len, "%s", syms->names + sym->name);
	return 0;
}
