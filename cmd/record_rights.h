/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a recorder runs: the priority that it takes, the privileges that it gives up.
 */
#ifndef CMD_RECORD_RIGHTS_H
#define CMD_RECORD_RIGHTS_H

#include "cmd/record_args.h"

/*
 * The collector could not be opened: its reason, and lockdown where that is behind it.  Returns
 * UI_HOST.
 */
int record_refused(const char *reason);
/*
 * May it have the priority of --realtime, if that is asked for, and has it the clock of events?
 * Asked before anything is created or started.  UI_DONE, or UI_HOST after a message.
 */
int record_try_rights(const struct record_args *args);
/*
 * When all is open and CMD is started, held back: take the priority, then give up what is no
 * longer needed.  UI_DONE, or UI_HOST after a message.
 */
int record_take_rights(const struct record_args *args);
/* When nothing needs to be fast any more. */
void record_end_realtime(const struct record_args *args);

#endif
