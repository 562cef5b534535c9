/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any events, replayed and analysed on a machine of 16 MiB.  Sixteen bytes are an event:
 * kind, owner and flags, order, cache, CPU, context, gfp (4), address (2), size (4).
 * Addresses and pfns are few, so that they meet.  The kernel must be whole in the end and
 * the sums must agree.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/analysis/analysis.h"
#include "tracefmt/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define EVENT_BYTES 16
#define MAX_EVENTS 4096

static void must(bool ok)
{
	if (!ok)
		abort();
}

static uint32_t get32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void make_event(struct tf_event *ev, const uint8_t *p, uint64_t nr)
{
	uint64_t addr = p[10] | (uint64_t)p[11] << 8;

	memset(ev, 0, sizeof(*ev));
	ev->ts_ns = 1000000 + nr * 1000 - p[5] * 10;
	ev->kind = p[0] % TF_NR_KINDS;
	ev->owner = p[1] % TF_NR_OWNERS;
	ev->flags = p[1] >> 5;
	ev->order = p[2] & 15;
	ev->cache = p[3] & 7;
	ev->cpu = p[4];
	ev->node = (int16_t)(p[4] >> 6) - 1;
	ev->ctx = p[5];
	ev->preempt = p[5] & 1;
	ev->pid = p[4] & 3;
	ev->call_site = 0x1000 + (p[3] >> 3);
	ev->gfp = get32(p + 6);
	ev->bytes_req = get32(p + 12);
	ev->bytes_alloc = ev->bytes_req;
	ev->addr = addr;
	if (addr == 0xffff)
		ev->addr = TF_NO_PFN;
	else if (ev->kind != TF_PAGE_ALLOC && ev->kind != TF_PAGE_FREE && addr > 31)
		ev->addr = 0xffff888000000000ull + addr * 64;
}

static void make_trace(const char *path, const uint8_t *data, size_t size)
{
	static const uint32_t sizes[] = { 0, 8, 64, 200, 4096, 8192, 70000, 1 << 20 };
	struct tf_writer_options options = { .minor = TF_VERSION_MINOR };
	struct tf_writer *writer;
	struct tf_meta meta;

	tf_meta_init(&meta);
	must(!tf_meta_set(&meta, "host.mem_bytes", "16777216"));
	for (uint32_t id = 1; id < 8; id++) {
		struct tf_cache cache = { .id = id, .object_size = sizes[id], .size = sizes[id] };

		snprintf(cache.name, sizeof(cache.name), "cache-%u", id);
		must(!tf_meta_add_cache(&meta, &cache));
	}
	must(!tf_writer_create(&writer, path, &options, NULL));
	must(!tf_writer_add_meta(writer, &meta));
	for (size_t i = 0; (i + 1) * EVENT_BYTES <= size && i < MAX_EVENTS; i++) {
		struct tf_event ev;

		make_event(&ev, data + i * EVENT_BYTES, i);
		must(!tf_writer_add(writer, &ev));
	}
	must(!tf_writer_close(writer, NULL));
	tf_meta_release(&meta);
}

static void add_life(void *arg, const struct km_life *life)
{
	*(uint64_t *)arg += life->bytes_alloc;
}

static void check(const struct km_analysis *analysis)
{
	const struct km_replay *replay = analysis->replay;
	uint64_t lives = 0, sites = 0;
	char buf[200];

	must(!km_kernel_is_valid(&replay->kernel, buf, sizeof(buf)));
	must(!replay->first_invalid_event && !replay->invalid[0]);
	km_replay_for_each_live(replay, add_life, &lives);
	for (uint32_t i = 0; i < km_replay_nr_sites(replay); i++)
		sites += km_sites_site(&analysis->sites, i)->live_bytes;
	must(lives == analysis->waste.live_bytes && sites == lives);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct km_replay_options options = { .flags = KM_REPLAY_CHECK, .tick_ns = 10000 };
	struct km_analysis *analysis = calloc(1, sizeof(*analysis));
	struct km_replay *replay = calloc(1, sizeof(*replay));
	int fd = memfd_create("trace", MFD_CLOEXEC);
	struct tf_reader *reader;
	char path[64], reason[200];

	must(analysis && replay && fd >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	make_trace(path, data, size);
	must(!tf_reader_open(&reader, path, NULL));
	must(!km_replay_init(replay, reader, &options, reason, sizeof(reason)));
	must(!km_analysis_init(analysis, replay));
	must(!km_replay_run(replay, NULL));
	must(!km_analysis_finish(analysis));
	check(analysis);
	km_analysis_release(analysis);
	km_replay_release(replay);
	tf_reader_close(reader);
	close(fd);
	free(analysis);
	free(replay);
	return 0;
}
