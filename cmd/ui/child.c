/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A command beside our own work.
 *
 * Two pipes: the child waits for the end of the first, and the second tells the errno if
 * it could not be run, or just ends when it is.
 */
#include "cmd/ui/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/ui/status.h"

/* 0 or an errno. */
static int find_command(const char *name)
{
	const char *path = getenv("PATH");
	char *paths, *dir, *rest, full[PATH_MAX];
	int err = ENOENT;

	if (strchr(name, '/'))
		return access(name, X_OK) ? errno : 0;
	paths = rest = strdup(path ? path : "/usr/bin:/bin");
	while (err && paths && (dir = strsep(&rest, ":"))) {
		snprintf(full, sizeof(full), "%s/%s", *dir ? dir : ".", name);
		if (!access(full, X_OK))
			err = 0;
		else if (errno == EACCES)
			err = EACCES;
	}
	free(paths);
	return err;
}

static int cannot_run(const struct ui_child *child, const char *command, int err)
{
	if (!err)
		return UI_DONE;
	ui_error(command, NULL, TF_NO_OFFSET, "%s: %s", child->argv[0], strerror(err));
	return UI_USAGE;
}

int ui_child_check(const struct ui_child *child, const char *command)
{
	return child->argv ? cannot_run(child, command, find_command(child->argv[0])) : UI_DONE;
}

static void run(const struct ui_child *child, const sigset_t *mask, int go, int said)
{
	char byte;
	int err;

	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	while (read(go, &byte, 1) < 0 && errno == EINTR)
		;
	execvp(child->argv[0], child->argv);
	err = errno;
	if (write(said, &err, sizeof(err)) < 0)
		_exit(127);
	_exit(127);
}

int ui_child_start(struct ui_child *child, const sigset_t *mask)
{
	int go[2], said[2];

	if (!child->argv)
		return 0;
	if (pipe2(go, O_CLOEXEC))
		return -errno;
	if (pipe2(said, O_CLOEXEC)) {
		int err = -errno;

		close(go[0]);
		close(go[1]);
		return err;
	}
	child->pid = fork();
	if (!child->pid) {
		close(go[1]);
		run(child, mask, go[0], said[1]);
	}
	close(go[0]);
	close(said[1]);
	child->go = go[1];
	child->said = said[0];
	if (child->pid > 0)
		return 0;
	child->pid = 0;
	return -errno;
}

int ui_child_release(struct ui_child *child, const char *command)
{
	int err = 0;
	ssize_t n;

	if (!child->pid)
		return UI_DONE;
	close(child->go);
	do {
		n = read(child->said, &err, sizeof(err));
	} while (n < 0 && errno == EINTR);
	close(child->said);
	return cannot_run(child, command, n == sizeof(err) ? err : 0);
}

void ui_child_reap(struct ui_child *child)
{
	if (child->pid && !child->has_ended &&
	    waitpid(child->pid, &child->status, WNOHANG) == child->pid)
		child->has_ended = true;
}

void ui_child_print_end(const struct ui_child *child, const char *command)
{
	if (!child->has_ended)
		return;
	if (WIFSIGNALED(child->status))
		ui_error(command, NULL, TF_NO_OFFSET, "%s: killed by signal %d (%s)",
			 child->argv[0], WTERMSIG(child->status),
			 strsignal(WTERMSIG(child->status)));
	else if (WEXITSTATUS(child->status))
		ui_error(command, NULL, TF_NO_OFFSET, "%s: ended with status %d", child->argv[0],
			 WEXITSTATUS(child->status));
}

void ui_child_end(struct ui_child *child, const char *command, int signal_nr)
{
	const struct timespec tick = { .tv_nsec = 20000000 };

	if (!child->pid || child->has_ended)
		return;
	kill(child->pid, signal_nr);
	for (int i = 0; i < 100 && !child->has_ended; i++) {
		ui_child_reap(child);
		if (!child->has_ended)
			nanosleep(&tick, NULL);
	}
	if (!child->has_ended)
		ui_error(command, NULL, TF_NO_OFFSET,
			 "%s (pid %d) does not end, and is left running", child->argv[0],
			 (int)child->pid);
}
