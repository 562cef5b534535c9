/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * huge_check TRACE: how many huge pages are there for who asks until there are no more?
 *
 * Replays a trace that ends with a host that got no further ones, and then asks the model, with the
 * flags of the host's last request and as many times in vain.  Prints "huge pages: host N, model
 * N". Exit status 1 if the trace cannot be replayed or has no such request.
 */
#include <stdio.h>

#include "core/replay/replay.h"
#include "tracefmt/reader.h"

#define HUGE_ORDER 9

struct asked {
	uint64_t host_got, host_refused, model_refused;
	km_gfp gfp;
};

static void on_event(void *self, const struct km_replay *replay, const struct tf_event *ev)
{
	struct asked *asked = self;

	if (ev->kind != TF_PAGE_ALLOC || ev->order != HUGE_ORDER)
		return;
	if (ev->addr == TF_NO_PFN)
		asked->host_refused++;
	else
		asked->host_got++;
	asked->gfp = km_replay_gfp(replay, ev);
}

static void on_fail(void *self, const struct km_replay *replay, const struct tf_event *ev)
{
	struct asked *asked = self;

	(void)replay;
	asked->model_refused +=
		ev->kind == TF_PAGE_ALLOC && ev->order == HUGE_ORDER && ev->addr != TF_NO_PFN;
}

static const struct km_observer_ops ops = { .name = "huge", .event = on_event, .fail = on_fail };

/* More of them from the model, until it refuses as often in a row as the host did. */
static uint64_t ask_on(struct km_pages *pages, const struct asked *asked)
{
	uint64_t nr = 0;

	for (uint64_t refused = 0; refused < asked->host_refused;) {
		if (km_alloc_pages(pages, asked->gfp, HUGE_ORDER, 0, -1, KM_OWNER_OTHER) ==
		    KM_NO_PFN) {
			refused++;
		} else {
			refused = 0;
			nr++;
		}
	}
	return nr;
}

int main(int argc, char **argv)
{
	const struct km_replay_options options = { .flags = KM_REPLAY_CHECK };
	struct tf_error error = { .offset = TF_NO_OFFSET };
	struct asked asked = { 0 };
	struct tf_reader *reader;
	struct km_replay replay;
	char reason[256];
	int status = 1;

	if (argc != 2 || tf_reader_open(&reader, argv[1], &error))
		return 1;
	if (km_replay_init(&replay, reader, &options, reason, sizeof(reason))) {
		fprintf(stderr, "huge_check: %s\n", reason);
		tf_reader_close(reader);
		return 1;
	}
	km_replay_add_observer(&replay, &ops, &asked);
	if (!km_replay_run(&replay, &error) && !replay.first_invalid_event && asked.host_refused) {
		printf("huge pages: host %llu, model %llu\n", (unsigned long long)asked.host_got,
		       (unsigned long long)(asked.host_got - asked.model_refused +
					    ask_on(&replay.kernel.pages, &asked)));
		status = 0;
	}
	km_replay_release(&replay);
	tf_reader_close(reader);
	return status;
}
