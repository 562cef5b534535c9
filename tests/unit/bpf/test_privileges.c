/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Giving up capabilities, each time in a process of its own, for it is for good.
 *
 *   parent ── fork ──▶ child: drop ─▶ exec: what has it still?
 */
#include "tests/unit/suite.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf/privileges.h"

#define NOBODY 65534

static uint64_t read_permitted(void)
{
	unsigned long long value = 0;
	char line[256];
	FILE *file = fopen("/proc/self/status", "re");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "CapPrm: %llx", &value) == 1)
			break;
	if (file)
		fclose(file);
	return value;
}

/* The exit status of body(), run elsewhere. */
static int run_apart(int (*body)(void *arg), void *arg)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid)
		_exit(body(arg));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

struct drop {
	const char *folder;
	unsigned int keep;
	uint64_t left; /* if it was there before */
};

static int drop(void *arg)
{
	const struct drop *drop = arg;
	uint64_t before = read_permitted();
	struct kc_error err;
	struct kc_privilege privilege;
	char want[128];

	if (kc_drop_privileges(drop->folder, drop->keep, &err))
		return 1;
	if (read_permitted() != (before & drop->left))
		return 2;
	for (unsigned int i = 0; kc_privilege_at(i, &privilege); i++)
		if (privilege.is_held)
			return 3;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 4;
	/* Root would have everything again by an exec. */
	snprintf(want, sizeof(want), "grep -q '^CapPrm:.%016llx$' /proc/self/status",
		 (unsigned long long)(before & drop->left));
	return system(want) ? 5 : 0;
}

START_TEST(test_nothing_is_left)
{
	struct drop all = { .folder = NULL };

	ck_assert_int_eq(run_apart(drop, &all), 0);
}
END_TEST

START_TEST(test_a_process_can_be_ended)
{
	struct drop kill = { .keep = KC_KEEP_KILL, .left = 1ull << CAP_KILL };

	ck_assert_int_eq(run_apart(drop, &kill), 0);
}
END_TEST

/* One's own folder asks for nothing, another user's for CAP_DAC_OVERRIDE. */
START_TEST(test_files_can_be_made)
{
	char folder[] = "/tmp/kmemtool-privileges-XXXXXX";
	struct drop own = { .folder = folder };
	struct drop theirs = { .folder = folder, .left = 1ull << CAP_DAC_OVERRIDE };

	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(run_apart(drop, &own), 0);
	if (!chown(folder, NOBODY, NOBODY))
		ck_assert_int_eq(run_apart(drop, &theirs), 0);
	else
		printf("SKIP: privileges/files_can_be_made: only root has another's folder\n");
	rmdir(folder);
}
END_TEST

static int become_somebody(void *arg)
{
	(void)arg;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || setresuid(NOBODY, NOBODY, NOBODY))
		return 9;
	if (!(read_permitted() & 1ull << CAP_DAC_READ_SEARCH))
		return 8;
	if (kc_drop_privileges(NULL, 0, NULL))
		return 1;
	return read_permitted() == 1ull << CAP_DAC_READ_SEARCH ? 0 : 2;
}

/* The files of a snapshot belong to root. */
START_TEST(test_others_can_read_the_host)
{
	if (geteuid())
		printf("SKIP: privileges/others_can_read_the_host: only root can be another\n");
	else
		ck_assert_int_eq(run_apart(become_somebody, NULL), 0);
}
END_TEST

START_TEST(test_names)
{
	struct kc_privilege privilege;
	unsigned int nr = 0;

	for (; kc_privilege_at(nr, &privilege); nr++) {
		ck_assert_int_eq(strncmp(privilege.name, "CAP_", 4), 0);
		ck_assert_uint_gt(strlen(privilege.what), 0);
		if (!read_permitted())
			ck_assert(!privilege.is_held);
	}
	ck_assert_uint_eq(nr, 5);
}
END_TEST

START_TEST(test_lockdown)
{
	char mode[32], cut[4];

	kc_lockdown(mode, sizeof(mode));
	ck_assert(!*mode || !strcmp(mode, "none") || !strcmp(mode, "integrity") ||
		  !strcmp(mode, "confidentiality"));
	ck_assert_uint_lt(strlen(kc_lockdown(cut, sizeof(cut))), sizeof(cut));
}
END_TEST

/* 0: in a time namespace for its children, which is what the file tells of; 77: there are none. */
static int leave_time(void *arg)
{
	int fd;

	(void)arg;
	if (kc_clock_offset())
		return 1;
	if (unshare(CLONE_NEWTIME))
		return 77;
	fd = open("/proc/self/timens_offsets", O_WRONLY);
	if (fd < 0 || write(fd, "monotonic 4711 0", 16) != 16)
		return 77;
	close(fd);
	return kc_clock_offset() == 4711 ? 0 : 2;
}

START_TEST(test_clock)
{
	int status = run_apart(leave_time, NULL);

	if (status == 77)
		printf("SKIP: privileges/clock: no time namespaces\n");
	else
		ck_assert_int_eq(status, 0);
}
END_TEST

RUN_SUITE("bpf/privileges", test_nothing_is_left, test_a_process_can_be_ended,
	  test_files_can_be_made, test_others_can_read_the_host, test_names, test_lockdown,
	  test_clock)
