/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A progress line.  The replay's ticks come evenly in trace time, so they are the
 * only clock that is needed.
 */
#include "cmd/ui/progress.h"

#include <stdio.h>
#include <unistd.h>

static void progress_tick(void *self, const struct km_replay *replay, uint64_t now_ns)
{
	struct ui_progress *progress = self;
	uint64_t span = progress->last_ns - progress->first_ns;
	double share = span ? (double)(now_ns - progress->first_ns) / (double)span : 1;
	unsigned int percent = share >= 1 ? 100 : share > 0 ? (unsigned int)(100 * share) : 0;

	if (percent == progress->shown)
		return;
	progress->shown = percent;
	fprintf(stderr, "\rreplay %3u %%  %llu events", percent,
		(unsigned long long)replay->nr_events);
	fflush(stderr);
}

static const struct km_observer_ops progress_ops = {
	.name = "progress",
	.tick = progress_tick,
};

void ui_progress_init(struct ui_progress *progress, struct km_replay *replay, uint64_t first_ns,
		      uint64_t last_ns)
{
	*progress = (struct ui_progress){ .first_ns = first_ns, .last_ns = last_ns };
	if (isatty(STDERR_FILENO))
		progress->is_on = !km_replay_add_observer(replay, &progress_ops, progress);
}

void ui_progress_end(struct ui_progress *progress)
{
	if (progress->is_on)
		fputs("\r\033[K", stderr);
}
