/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Facts host.* out of copies of files, the same that a recording gets from the running kernel.
 *
 * No file of /proc says which machine it is (kernels since 6.1 have /proc/sys/kernel/arch): it is
 * taken from a file "uname" (what "uname -a" or "uname -m" printed), from the release's
 * suffix, or from what cpuinfo looks like; then the zones tell, for only 32-bit kernels have
 * HighMem, or the pointers in the trace.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracefmt/import/state.h"

struct suffix {
	const char *text, *machine;
};

/* How distributions end their releases; the first that is found counts. */
static const struct suffix suffixes[] = {
	{ "x86_64", "x86_64" },	  { "aarch64", "aarch64" },
	{ "ppc64le", "ppc64le" }, { "s390x", "s390x" },
	{ "i686", "i686" },	  { "-amd64", "x86_64" },
	{ "-arm64", "aarch64" },  { "-powerpc64le", "ppc64le" },
	{ "-686", "i686" },	  { "-586", "i586" },
	{ "-486", "i486" },	  { "-armmp", "armv7l" },
	{ "-rpi-v8", "aarch64" },
};

static const char *text_of(const struct tf_snapshot *files, const char *path)
{
	const struct tf_snapfile *file = tf_snapshot_file(files, path);

	return file ? (const char *)file->data : NULL;
}

/* Set a fact to the first len bytes of text, up to the end of its line. */
static int set(struct tf_import *imp, const char *key, const char *text, size_t len)
{
	char value[1024];
	size_t eol = strcspn(text, "\r\n");

	len = len < eol ? len : eol;
	if (!len)
		return 0;
	if (len >= sizeof(value))
		len = sizeof(value) - 1;
	memcpy(value, text, len);
	value[len] = 0;
	return tf_import_fact(imp, key, value);
}

static int set_line(struct tf_import *imp, const char *key, const char *text)
{
	return text ? set(imp, key, text, SIZE_MAX) : 0;
}

/* "Linux version 2.6.32-5-686 (Debian ...) (gcc ...) #1 SMP Sun ...": release and version. */
static int take_version(struct tf_import *imp, const char *text)
{
	static const char head[] = "Linux version ";
	const char *build;
	int err;

	if (!text || strncmp(text, head, sizeof(head) - 1))
		return 0;
	text += sizeof(head) - 1;
	build = strstr(text, " #");
	err = set(imp, "host.release", text, strcspn(text, " \n"));
	return err || !build ? err : set_line(imp, "host.version", build + 1);
}

/* "Linux name 2.6.32-5-686 #1 SMP ... i686 GNU/Linux", or the machine alone. */
static int take_uname(struct tf_import *imp, const char *text)
{
	const char *end, *machine, *release;
	int err = 0;

	if (!text)
		return 0;
	end = text + strcspn(text, "\r\n");
	while (end > text && end[-1] == ' ')
		end--;
	if (end - text > 10 && !strncmp(end - 10, " GNU/Linux", 10))
		end -= 10;
	for (machine = end; machine > text && machine[-1] != ' ';)
		machine--;
	if (!strncmp(text, "Linux ", 6)) {
		release = text + 6 + strcspn(text + 6, " \n");
		release += strspn(release, " ");
		if (release < machine)
			err = set(imp, "host.release", release, strcspn(release, " \n"));
	}
	return err ? err : set(imp, "host.machine", machine, (size_t)(end - machine));
}

static int take_machine(struct tf_import *imp, const struct tf_snapshot *files,
			const struct tf_snapshot *zones)
{
	const char *release = tf_meta_get(&imp->meta, "host.release");
	const char *zoneinfo = text_of(zones, "/proc/zoneinfo");
	const char *cpuinfo = text_of(files, "/proc/cpuinfo");
	int err = set_line(imp, "host.machine", text_of(files, "/proc/sys/kernel/arch"));

	if (!err)
		err = take_uname(imp, text_of(files, "uname"));
	for (size_t i = 0; release && i < sizeof(suffixes) / sizeof(suffixes[0]) && !err; i++)
		if (strstr(release, suffixes[i].text))
			err = tf_import_fact(imp, "host.machine", suffixes[i].machine);
	imp->machine_64 = NULL;
	if (cpuinfo && strstr(cpuinfo, "vendor_id")) {
		imp->machine_64 = "x86_64";
		imp->machine_32 = "i686";
	} else if (cpuinfo && strstr(cpuinfo, "CPU implementer")) {
		imp->machine_64 = "aarch64";
		imp->machine_32 = "armv7l";
	}
	if (!err && zoneinfo && strstr(zoneinfo, "HighMem") && imp->machine_64)
		err = tf_import_fact(imp, "host.machine", imp->machine_32);
	return err;
}

/* Of "0-3", "0,2-5": one more than the last number. */
static unsigned long count_of_list(const char *list)
{
	const char *end = list + strcspn(list, "\r\n"), *last = end;

	while (last > list && last[-1] >= '0' && last[-1] <= '9')
		last--;
	return last < end ? strtoul(last, NULL, 10) + 1 : 0;
}

/* Of a range "0-3,5": how many numbers. */
static unsigned long members_of_list(const char *list)
{
	unsigned long nr = 0;

	while (*list >= '0' && *list <= '9') {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (last < first || last > UINT16_MAX)
			return 0;
		nr += last - first + 1;
		list = *end == ',' ? end + 1 : end;
	}
	return nr;
}

static unsigned long count_lines(const char *text, const char *start)
{
	unsigned long nr = 0;
	size_t len = strlen(start);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		nr += !strncmp(line, start, len);
	}
	return nr;
}

/* One more than the largest number behind word: of "Node 0, zone", "cpu: 3". */
static unsigned long largest_behind(const char *text, const char *word)
{
	unsigned long nr = 0;

	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word)) {
		unsigned long number = strtoul(at + strlen(word), NULL, 10) + 1;

		if (number <= UINT16_MAX && number > nr)
			nr = number;
	}
	return nr;
}

static int set_number(struct tf_import *imp, const char *key, unsigned long nr)
{
	return nr ? tf_import_factf(imp, key, "%lu", nr) : 0;
}

static int take_cpus(struct tf_import *imp, const struct tf_snapshot *files,
		     const struct tf_snapshot *zones)
{
	const char *online = text_of(files, "/sys/devices/system/cpu/online");
	const char *possible = text_of(files, "/sys/devices/system/cpu/possible");
	const char *cpuinfo = text_of(files, "/proc/cpuinfo");
	const char *zoneinfo = text_of(zones, "/proc/zoneinfo");
	int err = 0;

	if (online)
		err = set_number(imp, "host.cpus_online", members_of_list(online));
	if (!err && cpuinfo)
		err = set_number(imp, "host.cpus_online", count_lines(cpuinfo, "processor\t"));
	if (!err && zoneinfo)
		err = set_number(imp, "host.cpus_online", largest_behind(zoneinfo, "cpu: "));
	if (!err && possible)
		err = set_number(imp, "host.cpus_possible", count_of_list(possible));
	if (!err && zoneinfo)
		err = set_number(imp, "host.numa_nodes", largest_behind(zoneinfo, "Node "));
	return err;
}

static int take_memory(struct tf_import *imp, const struct tf_snapshot *files,
		       const struct tf_snapshot *zones)
{
	static const char total[] = "MemTotal:";
	const char *meminfo = text_of(zones, "/proc/meminfo");
	const char *page_size = text_of(files, "page_size");
	const char *at = meminfo ? strstr(meminfo, total) : NULL;
	unsigned long long kbytes = at ? strtoull(at + sizeof(total) - 1, NULL, 10) : 0;
	int err = 0;

	if (kbytes && kbytes < 1ull << 50)
		err = tf_import_factf(imp, "host.mem_bytes", "%llu", kbytes << 10);
	return err || !page_size ? err
				 : set_number(imp, "host.page_size", strtoul(page_size, NULL, 10));
}

/* Machines whose kernels have pointers of 4 bytes, as "uname -m" says it. */
static bool is_32bit(const char *machine)
{
	return (strlen(machine) == 4 && machine[0] == 'i' && !strcmp(machine + 2, "86")) ||
	       (!strncmp(machine, "arm", 3) && strcmp(machine, "arm64")) ||
	       !strcmp(machine, "ppc") || !strcmp(machine, "mips") || !strcmp(machine, "riscv32");
}

int tf_import_host_facts(struct tf_import *imp, const struct tf_snapshot *files,
			 const struct tf_snapshot *zones)
{
	const char *machine;
	int err = set_line(imp, "host.release", text_of(files, "/proc/sys/kernel/osrelease"));

	if (!err)
		err = set_line(imp, "host.version", text_of(files, "/proc/sys/kernel/version"));
	if (!err)
		err = take_version(imp, text_of(files, "/proc/version"));
	if (!err)
		err = take_machine(imp, files, zones);
	if (!err)
		err = take_cpus(imp, files, zones);
	if (!err)
		err = take_memory(imp, files, zones);
	if (!err)
		err = set_line(imp, "host.cmdline", text_of(files, "/proc/cmdline"));
	machine = tf_meta_get(&imp->meta, "host.machine");
	if (machine && is_32bit(machine))
		tf_import_set_pointer_bytes(imp, 4);
	return err;
}
