/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands: one file each, cmd/NAME.c, with one function that parses, calls
 * and prints.
 *
 * argv[0] is the command's name.  The return value is the exit status, enum
 * ui_status; main() flushes and checks standard output afterwards.  SIGPIPE is
 * ignored, so that a closed pipe is a write error like any other: a command that
 * runs another program must set it back for that one.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "cmd/ui/status.h"

struct cmd {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what; /* one line for kmemtool --help */
};

int cmd_record(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_dump(int argc, char **argv);
int cmd_pack(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_compare(int argc, char **argv);

#endif
