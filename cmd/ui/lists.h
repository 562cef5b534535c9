/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lists of a result and their columns.
 */
#ifndef CMD_UI_LISTS_H
#define CMD_UI_LISTS_H

#include "cmd/ui/list.h"

extern const struct ui_list ui_cache_list;
extern const struct ui_list ui_cache_waste_list; /* caches by what nobody uses */
extern const struct ui_list ui_site_list;
extern const struct ui_list ui_site_waste_list; /* call sites by internal waste */
extern const struct ui_list ui_zone_list;
extern const struct ui_list ui_failure_list;
extern const struct ui_list ui_misuse_list;
extern const struct ui_list ui_hit_list; /* call sites of one misuse finding */
extern const struct ui_list ui_leak_list;
extern const struct ui_list ui_timeline_list;
extern const struct ui_list ui_fidelity_cache_list;

#endif
