/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every analysis of one replay, together:
 *
 *   km_replay_init() - km_analysis_init() - km_replay_run() - km_analysis_finish()
 *   - read - km_analysis_release() - km_replay_release()
 */
#ifndef CORE_ANALYSIS_ANALYSIS_H
#define CORE_ANALYSIS_ANALYSIS_H

#include "core/analysis/failures.h"
#include "core/analysis/fidelity.h"
#include "core/analysis/leaks.h"
#include "core/analysis/misuse.h"
#include "core/analysis/sites.h"
#include "core/analysis/timeline.h"
#include "core/analysis/waste.h"
#include "core/analysis/zones.h"

struct km_analysis {
	struct km_replay *replay;
	struct km_sites sites;
	struct km_waste waste;
	struct km_zones zones;
	struct km_failures failures;
	struct km_misuse misuse;
	struct km_leaks leaks;
	struct km_fidelity fidelity;
	struct km_timeline timeline;
};

/*
 * Adds every analysis to the replay, which must outlive it and not have run.  0, -ENOMEM
 * or -ENOSPC; after a failure only km_analysis_release() may follow.
 */
int km_analysis_init(struct km_analysis *analysis, struct km_replay *replay);
/* After km_replay_run(), also when blocks were damaged.  0 or -ENOMEM. */
int km_analysis_finish(struct km_analysis *analysis);
void km_analysis_release(struct km_analysis *analysis);

#endif
