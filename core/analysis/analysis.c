/* SPDX-License-Identifier: GPL-2.0-only */
/* All analyses at once; each of them knows nothing of the others. */
#include "core/analysis/analysis.h"

#include <string.h>

int km_analysis_init(struct km_analysis *analysis, struct km_replay *replay)
{
	int err;

	memset(analysis, 0, sizeof(*analysis));
	analysis->replay = replay;
	err = km_sites_init(&analysis->sites, replay);
	if (!err)
		err = km_waste_init(&analysis->waste, replay);
	if (!err)
		err = km_zones_init(&analysis->zones, replay);
	if (!err)
		err = km_failures_init(&analysis->failures, replay);
	if (!err)
		err = km_misuse_init(&analysis->misuse, replay);
	if (!err)
		err = km_leaks_init(&analysis->leaks, replay);
	if (!err)
		err = km_fidelity_init(&analysis->fidelity, replay);
	if (!err)
		err = km_timeline_init(&analysis->timeline, replay);
	return err;
}

int km_analysis_finish(struct km_analysis *analysis)
{
	int err;

	km_waste_finish(&analysis->waste);
	km_zones_finish(&analysis->zones);
	km_timeline_finish(&analysis->timeline);
	err = km_sites_finish(&analysis->sites);
	if (!err)
		err = km_misuse_finish(&analysis->misuse);
	if (!err)
		err = km_leaks_finish(&analysis->leaks);
	if (!err)
		err = km_fidelity_finish(&analysis->fidelity);
	return err;
}

void km_analysis_release(struct km_analysis *analysis)
{
	km_sites_release(&analysis->sites);
	km_waste_release(&analysis->waste);
	km_zones_release(&analysis->zones);
	km_failures_release(&analysis->failures);
	km_misuse_release(&analysis->misuse);
	km_leaks_release(&analysis->leaks);
	km_fidelity_release(&analysis->fidelity);
	km_timeline_release(&analysis->timeline);
	analysis->replay = NULL;
}
