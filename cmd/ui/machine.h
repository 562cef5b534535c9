/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine that -m names, and what it looks like.
 */
#ifndef CMD_UI_MACHINE_H
#define CMD_UI_MACHINE_H

#include "cmd/ui/status.h"
#include "core/kernel.h"
#include "tracefmt/reader.h"

/*
 * The profile called name: a built-in one, else a file ("-" is standard input).  *chosen
 * is profile then, and NULL for the trace's own host, which NULL and "host" mean.
 * UI_DONE, or UI_USAGE after a message.
 */
int ui_find_machine(const char *command, const char *name, struct km_profile *profile,
		    const struct km_profile **chosen);
/* The model is one of 64-bit kernels with small pages: UI_DONE, or UI_INPUT after a message. */
int ui_check_host(const char *command, const char *path, const struct tf_reader *reader);
/*
 * The machine that a replay of the trace at path would boot, as changed by settings.  path
 * may be NULL if name is not the host.  An exit status, after a message if it is not
 * UI_DONE.
 */
int ui_resolve_machine(const char *command, const char *name, const char *path,
		       const struct km_settings *settings, struct km_profile *profile);

/*
 * Write a machine as km_profile_write() does, and what its direct map takes as a comment.  0,
 * or with nothing written -EINVAL, as that.
 */
int ui_write_machine(const struct km_profile *profile, FILE *file);

#endif
