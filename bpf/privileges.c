/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Capabilities by the plain system calls: two sets of 64 bits, no library.
 *
 * Which of them are needed later is not told by kernel versions but tried: with none effective
 * and all still permitted, what will have to be done is done.
 */
#include "bpf/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/error.h"
#include "bpf/host_text.h"

/* Newer than some <linux/capability.h>. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

struct capabilities {
	uint64_t effective, permitted;
};

static const struct {
	int cap;
	int instead; /* another that stands for it, or the same */
	const char *name, *what;
} privileges[] = {
	{ CAP_BPF, CAP_SYS_ADMIN, "CAP_BPF", "load the programs" },
	{ CAP_PERFMON, CAP_SYS_ADMIN, "CAP_PERFMON", "let them trace and read kernel memory" },
	{ CAP_SYS_ADMIN, CAP_SYS_ADMIN, "CAP_SYS_ADMIN",
	  "read page frame numbers (/proc/self/pagemap) and addresses of memory (/proc/iomem)" },
	{ CAP_SYSLOG, CAP_SYSLOG, "CAP_SYSLOG", "read function names (/proc/kallsyms)" },
	{ CAP_SYS_NICE, CAP_SYS_NICE, "CAP_SYS_NICE", "run at a higher priority than the load" },
};

static uint64_t bit(int cap)
{
	return UINT64_C(1) << cap;
}

static int get_capabilities(struct capabilities *caps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	if (syscall(SYS_capget, &head, data))
		return -errno;
	caps->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	caps->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	return 0;
}

/* What is not permitted cannot be inherited either; the ambient set follows by itself. */
static int set_capabilities(const struct capabilities *caps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	for (unsigned int i = 0; i < 2; i++) {
		data[i].effective = (uint32_t)(caps->effective >> 32 * i);
		data[i].permitted = (uint32_t)(caps->permitted >> 32 * i);
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &head, data) ? -errno : 0;
}

bool kc_privilege_at(unsigned int index, struct kc_privilege *privilege)
{
	struct capabilities caps = { 0 };

	if (index >= sizeof(privileges) / sizeof(privileges[0]))
		return false;
	get_capabilities(&caps);
	privilege->name = privileges[index].name;
	privilege->what = privileges[index].what;
	privilege->is_held =
		caps.effective & (bit(privileges[index].cap) | bit(privileges[index].instead));
	return true;
}

/* "none [integrity] confidentiality" */
char *kc_lockdown(char *buf, size_t len)
{
	struct kc_text text = { 0 };
	const char *mode = NULL;
	int used = 0;

	if (!kc_text_add_file(&text, "/sys/kernel/security/lockdown") && !kc_text_add(&text, "", 1))
		mode = strchr(text.data, '[');
	if (mode)
		used = (int)strcspn(++mode, "]");
	snprintf(buf, len, "%.*s", used, mode ? mode : "");
	kc_text_release(&text);
	return buf;
}

/* "monotonic  SECONDS NANOSECONDS", and boottime; no such file before 5.6. */
long long kc_clock_offset(void)
{
	struct kc_text text = { 0 };
	const char *line = NULL;
	long long seconds = 0;

	if (!kc_text_add_file(&text, "/proc/self/timens_offsets") && !kc_text_add(&text, "", 1))
		line = strstr(text.data, "monotonic");
	if (line)
		seconds = strtoll(line + strlen("monotonic"), NULL, 10);
	kc_text_release(&text);
	return seconds;
}

/* With no effective capability: may this process ask about programs and maps it has open? */
static bool bpf_is_closed(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = UINT32_MAX;
	/* Who may ask is told that this is no file. */
	return syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) && errno == EPERM;
}

/* What is to be kept, found out with no effective capability. */
static uint64_t find_needed(const char *folder, unsigned int keep, uint64_t permitted)
{
	uint64_t needed = 0;

	if (keep & KC_KEEP_KILL)
		needed |= bit(CAP_KILL);
	if (folder && faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS))
		needed |= bit(CAP_DAC_OVERRIDE);
	if (geteuid())
		needed |= bit(CAP_DAC_READ_SEARCH);
	if (bpf_is_closed())
		needed |= bit(permitted & bit(CAP_BPF) ? CAP_BPF : CAP_SYS_ADMIN);
	return needed & permitted;
}

int kc_drop_privileges(const char *folder, unsigned int keep, struct kc_error *err)
{
	struct capabilities before, caps;
	int ret = get_capabilities(&before);

	if (ret)
		return kc_fail(err, ret, "the capabilities cannot be read: %s", strerror(-ret));
	caps.effective = 0;
	caps.permitted = before.permitted;
	ret = set_capabilities(&caps);
	if (!ret) {
		caps.permitted = find_needed(folder, keep, before.permitted);
		caps.effective = caps.permitted & before.effective;
		ret = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
	}
	if (!ret)
		ret = set_capabilities(&caps);
	if (!ret)
		return 0;
	set_capabilities(&before);
	return kc_fail(err, ret, "capabilities cannot be given up: %s", strerror(-ret));
}
