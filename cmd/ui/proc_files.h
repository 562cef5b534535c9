/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model's /proc files, in a directory.
 */
#ifndef CMD_UI_PROC_FILES_H
#define CMD_UI_PROC_FILES_H

#include "core/page/page_alloc.h"

/*
 * Write buddyinfo, pagetypeinfo and zoneinfo of these pages to dir, which is made if it is not
 * there.  UI_DONE, or UI_HOST after a message.
 */
int ui_proc_files(const char *command, const char *dir, const struct km_pages *pages);

#endif
