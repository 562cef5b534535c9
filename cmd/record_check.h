/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmemtool record --check: what this host offers, and why not more, without recording.
 */
#ifndef CMD_RECORD_CHECK_H
#define CMD_RECORD_CHECK_H

#include <stddef.h>

#include "cmd/record_args.h"

/*
 * Try everything that a recording with these options would need, and print what came of it.
 * UI_DONE if at least one class of events can be recorded, else UI_HOST after one line of error.
 */
int record_check(const struct record_args *args);

#endif
