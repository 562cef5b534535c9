/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits and a list of system calls.  What is not on the list fails with EPERM and ends
 * nothing, for a library may try a thing that it can do without.
 */
#include "tracefmt/import/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_MEMORY (2ull << 30) /* beyond the file, which may be mapped or copied */
#define MIN_SECONDS 60		/* of CPU; and one more for each MiB of the file */

#if defined(__x86_64__)
#define AUDIT_ARCH_HERE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define AUDIT_ARCH_HERE AUDIT_ARCH_AARCH64
#endif

#ifdef AUDIT_ARCH_HERE
#define ALLOW(call)                                                                                \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##call, 0, 1),                                    \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static int forbid_calls(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_HERE, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(read),
		ALLOW(readv),
		ALLOW(pread64),
		ALLOW(write),
		ALLOW(lseek),
		ALLOW(fstat),
		ALLOW(close),
		ALLOW(dup),
		ALLOW(mmap),
		ALLOW(munmap),
		ALLOW(mremap),
		ALLOW(mprotect),
		ALLOW(madvise),
		ALLOW(brk),
		ALLOW(futex),
		ALLOW(getpid),
		ALLOW(gettid),
		ALLOW(sysinfo), /* qsort() of glibc */
		ALLOW(rt_sigprocmask),
		ALLOW(rt_sigaction),
		ALLOW(rt_sigreturn),
		ALLOW(sigaltstack),
		ALLOW(clock_gettime),
		ALLOW(exit),
		ALLOW(exit_group),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) ? -errno : 0;
}
#else
static int forbid_calls(void)
{
	return 0; /* no list for this architecture */
}
#endif

static void set_limit(int resource, uint64_t value)
{
	struct rlimit limit;

	if (getrlimit((__rlimit_resource_t)resource, &limit))
		return;
	if (limit.rlim_max == RLIM_INFINITY || value < limit.rlim_max)
		limit.rlim_max = value;
	limit.rlim_cur = limit.rlim_max;
	setrlimit((__rlimit_resource_t)resource, &limit);
}

static int keep_two(int file, int pipe)
{
	int null = open("/dev/null", O_RDWR);

	/* Out of the way of the numbers that they get. */
	file = fcntl(file, F_DUPFD, TF_CONFINED_PIPE + 1);
	pipe = fcntl(pipe, F_DUPFD, TF_CONFINED_PIPE + 1);
	if (null < 0 || file < 0 || pipe < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    dup2(null, 2) < 0 || dup2(file, TF_CONFINED_FILE) < 0 ||
	    dup2(pipe, TF_CONFINED_PIPE) < 0 || close_range(TF_CONFINED_PIPE + 1, ~0u, 0))
		return -errno;
	return 0;
}

int tf_confine(int file, int pipe, uint64_t file_bytes)
{
	static const int deadly[] = { SIGPIPE, SIGINT, SIGTERM, SIGSEGV,
				      SIGBUS,  SIGFPE, SIGILL,	SIGABRT };
	int err = keep_two(file, pipe);

	if (err)
		return err;
	/* It dies of what its parent may want to survive or to explain, and never later than it. */
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		signal(deadly[i], SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	set_limit(RLIMIT_CORE, 0);
	set_limit(RLIMIT_FSIZE, 0);
	set_limit(RLIMIT_CPU, MIN_SECONDS + (file_bytes >> 20));
#ifndef __SANITIZE_ADDRESS__ /* whose shadow is larger than any limit */
	set_limit(RLIMIT_DATA, MAX_MEMORY + file_bytes);
#endif
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return forbid_calls();
}
