/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rusage FILE COMMAND...: run a command, append "SECONDS MAXRSS_KIB STATUS USER SYSTEM" to FILE.
 * For the benchmarks: wall and CPU seconds and the largest resident set, of the command and
 * the children it waited for, without asking for a package.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double timeval_seconds(struct timeval tv)
{
	return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	struct rusage usage;
	double start;
	int status;
	pid_t pid;
	FILE *f;

	if (argc < 3)
		return 2;
	start = seconds();
	pid = fork();
	if (!pid) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) < 0)
		return 2;
	f = fopen(argv[1], "a");
	if (!f)
		return 2;
	fprintf(f, "%.6f %ld %d %.6f %.6f\n", seconds() - start, usage.ru_maxrss,
		WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
		timeval_seconds(usage.ru_utime), timeval_seconds(usage.ru_stime));
	return fclose(f) ? 2 : 0;
}
