/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as the files of a host's snapshots: parsed, and a kernel started warm from what
 * they say.  A line that begins with '@' starts a file and names it; a line "@@" starts
 * the second snapshot.  Whatever they promise, the kernel must be whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/replay/host_files.h"
#include "core/replay/page_map.h"
#include "core/replay/replay.h"
#include "tracefmt/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_PAGES (1u << 20) /* of a machine that is booted: 4 GiB */

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void add_file(struct tf_meta *meta, struct km_text name, const char *start, const char *end)
{
	struct tf_snapshot *snap = &meta->snapshots[meta->nr_snapshots - 1];
	char path[64];

	km_text_copy(&name, path, sizeof(path));
	if (!tf_snapshot_file(snap, path))
		tf_snapshot_add(snap, path, start, (size_t)(end - start));
}

static void make_meta(struct tf_meta *meta, const uint8_t *data, size_t size)
{
	struct km_text text = km_text_of(data, size), line, name = { 0 };
	const char *start = NULL;

	tf_meta_init(meta);
	must(!tf_meta_set(meta, "host.release", "6.18.44"));
	must(!tf_meta_set(meta, "host.cpus_online", "2"));
	must(tf_meta_begin_snapshot(meta, 1) != NULL);
	while (km_text_line(&text, &line)) {
		if (line.at == line.end || *line.at != '@')
			continue;
		if (start)
			add_file(meta, name, start, line.at);
		start = NULL;
		if (km_text_is(&line, "@@")) {
			if (meta->nr_snapshots < 2)
				must(tf_meta_begin_snapshot(meta, 2) != NULL);
			continue;
		}
		line.at++;
		name = line;
		start = text.at;
	}
	if (start)
		add_file(meta, name, start, text.end);
}

static void check_state(const struct km_host_state *state)
{
	must(state->nr_zones <= KM_MAX_ZONES);
	for (uint32_t i = 1; i < state->nr_caches; i++)
		must(strcmp(state->caches[i - 1].name, state->caches[i].name) < 0);
	for (uint32_t i = 0; i < state->nr_caches; i++)
		must(km_host_cache(state, state->caches[i].name) == &state->caches[i]);
}

static void check_page_map(const struct tf_meta *meta)
{
	struct km_page_map map;
	uint64_t end = 0;
	int err = km_page_map_parse(&map, km_snapshot_text(&meta->snapshots[0], KM_PAGE_MAP_FILE));

	must(!err || err == -EINVAL || (err == -ENOENT && !map.nr));
	for (size_t i = 0; i < map.nr; i++) {
		const struct km_page_run *run = &map.runs[i];

		must(run->nr && run->pfn >= end && run->kind < KM_NR_PAGE_MAP_KINDS);
		must(!((run->pfn | run->nr) & ((1ull << run->order) - 1)));
		must(km_page_map_at(&map, run->pfn) == run);
		must(run->pfn == end || !km_page_map_at(&map, end));
		end = run->pfn + run->nr;
		must(km_page_map_at(&map, end - 1) == run);
	}
	must(end <= KM_PAGE_MAP_MAX_PFN && !km_page_map_at(&map, end));
	km_page_map_release(&map);
}

static bool is_small(const struct km_profile *profile)
{
	uint64_t pages = 0;

	for (unsigned int i = 0; i < profile->nr_zones; i++)
		pages += profile->zones[i].managed_pages;
	return pages <= MAX_PAGES;
}

static void boot(const struct tf_meta *meta)
{
	struct km_replay *replay = calloc(1, sizeof(*replay));
	struct tf_reader *reader = NULL;
	struct tf_writer *writer;
	char path[64], reason[200], buf[200];
	int fd = memfd_create("trace", MFD_CLOEXEC);

	must(replay && fd >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	must(!tf_writer_create(&writer, path, NULL, NULL));
	must(!tf_writer_add_meta(writer, meta));
	must(!tf_writer_close(writer, NULL));
	must(!tf_reader_open(&reader, path, NULL));
	must(!km_replay_init(replay, reader, NULL, reason, sizeof(reason)));
	must(!km_kernel_is_valid(&replay->kernel, buf, sizeof(buf)));
	must(!km_replay_run(replay, NULL));
	km_replay_release(replay);
	tf_reader_close(reader);
	close(fd);
	free(replay);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct km_host *host = calloc(1, sizeof(*host));
	struct tf_meta meta;
	bool can_boot;

	must(host != NULL);
	make_meta(&meta, data, size);
	must(!km_host_init(host, &meta));
	check_state(&host->start);
	check_state(&host->end);
	check_page_map(&meta);
	must(!host->has_profile || !km_profile_check(&host->profile));
	can_boot = host->has_profile && is_small(&host->profile);
	km_host_release(host);
	if (can_boot)
		boot(&meta);
	tf_meta_release(&meta);
	free(host);
	return 0;
}
