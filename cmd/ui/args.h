/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * argp as every command uses it: help to stdout, one line for an error, no exit().
 */
#ifndef CMD_UI_ARGS_H
#define CMD_UI_ARGS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Parse the options of "kmemtool COMMAND" (NULL: of kmemtool itself) and add --help,
 * --usage and --version.  argp's parser gets input, may complain with
 * ui_usage_error() and then returns EINVAL; argp->children must be NULL.
 * True: go on.  False: end with *status.
 */
bool ui_parse_args(const struct argp *argp, const char *command, unsigned int flags, int argc,
		   char **argv, void *input, int *status);

/*
 * For parsers: take what an option or argument says, or complain.  0 or EINVAL.
 * ui_take_file() keeps one file and complains of a second.
 */
int ui_take_file(const char *command, const char **file, const char *arg);
int ui_take_time(const char *command, const char *option, const char *arg, uint64_t *ns);
int ui_take_size(const char *command, const char *option, const char *arg, uint64_t *bytes);
int ui_take_count(const char *command, const char *option, const char *arg, uint64_t *count);
/* At the end of the options: is there anything between --from and --to?  0 or EINVAL. */
int ui_check_range(const char *command, uint64_t from_ns, uint64_t to_ns);

#endif
