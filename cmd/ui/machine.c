/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From what a command line says to a profile, and back.
 */
#include "cmd/ui/machine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/ui/slurp.h"
#include "core/machine/directmap.h"
#include "core/machine/profile_file.h"
#include "core/replay/replay.h"

static int no_machine(const char *command, const char *name)
{
	char names[256] = "host";

	for (unsigned int i = 0; km_profile_builtin_name(i); i++) {
		size_t used = strlen(names);

		snprintf(names + used, sizeof(names) - used, ", %s", km_profile_builtin_name(i));
	}
	return ui_usage_error(command, "no machine '%s'; there are %s, or the name of a file", name,
			      names);
}

static int read_machine(const char *command, const char *path, struct km_profile *profile)
{
	struct km_profile_error error;
	char *text;
	size_t len;
	int err = ui_slurp(path, KM_PROFILE_FILE_MAX, &text, &len);

	if (err == -ENOMEM)
		return ui_no_memory(command);
	if (err == -ENOENT && !strpbrk(path, "/."))
		return no_machine(command, path);
	if (err) {
		ui_error(command, path, TF_NO_OFFSET, "%s", strerror(-err));
		return UI_USAGE;
	}
	err = km_profile_read(text, len, profile, &error);
	free(text);
	if (!err)
		return UI_DONE;
	if (!strcmp(path, "-"))
		path = "standard input";
	if (error.line)
		ui_error(command, NULL, TF_NO_OFFSET, "%s:%u: %s", path, error.line, error.reason);
	else
		ui_error(command, path, TF_NO_OFFSET, "%s", error.reason);
	return UI_USAGE;
}

int ui_find_machine(const char *command, const char *name, struct km_profile *profile,
		    const struct km_profile **chosen)
{
	int status = UI_DONE;

	*chosen = NULL;
	if (!name || !strcmp(name, "host"))
		return UI_DONE;
	if (km_profile_builtin(name, profile))
		status = read_machine(command, name, profile);
	if (status == UI_DONE)
		*chosen = profile;
	return status;
}

int ui_check_host(const char *command, const char *path, const struct tf_reader *reader)
{
	struct tf_host host;

	tf_reader_get_host(reader, &host);
	if (!host.big_endian && host.pointer_bytes == 8 && host.page_shift == 12)
		return UI_DONE;
	/* Offset 12 is where the header says so. */
	ui_error(command, path, 12,
		 "recorded on a %s-endian %u-bit host (%s) with pages of %u bytes; only "
		 "little-endian, 64 bits, 4096 bytes can be replayed",
		 host.big_endian ? "big" : "little", host.pointer_bytes * 8u, host.machine,
		 1u << host.page_shift);
	return UI_INPUT;
}

/* The recorded host, or what stands for it. */
static int host_machine(const char *command, const char *path, struct km_profile *profile)
{
	struct tf_error error = { .offset = TF_NO_OFFSET };
	struct tf_reader *reader;
	char note[256];
	int status, err = tf_reader_open(&reader, path, &error);

	if (err)
		return ui_input_error(command, path, err, &error);
	status = ui_check_host(command, path, reader);
	if (status == UI_DONE &&
	    km_replay_host_machine(tf_reader_meta(reader), profile, note, sizeof(note)))
		status = ui_no_memory(command);
	else if (status == UI_DONE && note[0])
		ui_error(command, path, TF_NO_OFFSET, "%s", note);
	tf_reader_close(reader);
	return status;
}

int ui_resolve_machine(const char *command, const char *name, const char *path,
		       const struct km_settings *settings, struct km_profile *profile)
{
	const struct km_profile *chosen;
	const char *why;
	int err, status = ui_find_machine(command, name, profile, &chosen);

	if (status == UI_DONE && !chosen)
		status = host_machine(command, path, profile);
	if (status != UI_DONE)
		return status;
	err = km_settings_apply(settings, profile);
	why = km_profile_check(profile);
	if (err || why)
		return ui_usage_error(command, "%s", why ? why : "this machine cannot be booted");
	return UI_DONE;
}

/* "1 GiB", and so on: the pages of a level. */
static void write_pages(const struct km_directmap *map, const struct km_mmu_format *format,
			unsigned int level, FILE *file)
{
	static const char units[] = "KMG";
	unsigned int shift = format->shift[level], unit = shift / 10 - 1;

	fprintf(file, "%" PRIu64 " of %u %ciB", map->bytes[level] >> shift, 1u << shift % 10,
		units[unit]);
}

/* By a processor that has all that page tables can. */
static void write_direct_map(const struct km_profile *profile, FILE *file)
{
	const char *paging = km_paging_name(km_profile_paging(profile));
	struct km_mmu_format format;
	struct km_directmap map;
	struct km_mmu_cost cost;

	if (km_mmu_format_init(&format, km_directmap_kind(profile), KM_MMU_FEATURES_ALL, 0) ||
	    km_directmap_plan(&map, profile, &format)) {
		fprintf(file, "\n# direct map: %s paging has none like it\n", paging);
		return;
	}
	km_directmap_cost(&map, &format, &cost);
	fprintf(file, "\n# direct map, %s paging: ", paging);
	for (unsigned int level = format.max_leaf; level; level--) {
		write_pages(&map, &format, level, file);
		fprintf(file, level > 1 ? ", " : "\n");
	}
	fprintf(file,
		"# page tables: %" PRIu64 " and the root; TLB entries that hold all of it: %" PRIu64
		"\n",
		cost.nr_tables, cost.tlb_entries);
}

int ui_write_machine(const struct km_profile *profile, FILE *file)
{
	int err = km_profile_write(profile, file);

	if (!err)
		write_direct_map(profile, file);
	return err;
}
