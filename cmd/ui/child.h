/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A command that is run beside what kmemtool does: started, but held back until all is
 * ready for it.
 *
 *      check ─ start ─ release ─▶ reap, reap, ... ─▶ end
 *
 * Without a command (argv is NULL) all of these do nothing.
 */
#ifndef CMD_UI_CHILD_H
#define CMD_UI_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct ui_child {
	char **argv; /* the caller's */
	pid_t pid;   /* 0: none */
	int go, said;
	bool has_ended;
	int status; /* as of waitpid(), if so */
};

/* Can it be run?  Asked before a file is created for it.  UI_DONE, or UI_USAGE after a message. */
int ui_child_check(const struct ui_child *child, const char *command);
/* Start it with this signal mask, held back.  0 or negative errno. */
int ui_child_start(struct ui_child *child, const sigset_t *mask);
/* Let it run.  UI_DONE, or UI_USAGE after a message that it could not be. */
int ui_child_release(struct ui_child *child, const char *command);
/* Has it ended? */
void ui_child_reap(struct ui_child *child);
/* Tell of one that failed or was killed. */
void ui_child_print_end(const struct ui_child *child, const char *command);
/*
 * Ask one that still runs to end, and give it two seconds; it is not waited for any longer.
 */
void ui_child_end(struct ui_child *child, const char *command, int signal_nr);

#endif
