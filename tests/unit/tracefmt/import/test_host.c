/* SPDX-License-Identifier: GPL-2.0-only */
/* Copies of a host's files: facts and snapshots. */
#include "tests/unit/suite.h"

#include <errno.h>
#include <sys/stat.h>

#include "tests/unit/tracefmt/import/bed.h"

#define EVENTS                                                                                     \
	" sh-12 [000] 1.1: kfree: ptr=ffff888000001000\n"                                          \
	" sh-12 [000] 1.7: kfree: ptr=ffff888000001000\n"

struct dir {
	char path[64];
};

static void dir_begin(struct dir *dir)
{
	strcpy(dir->path, "/tmp/test-host.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir->path));
}

static void dir_end(const struct dir *dir)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", dir->path);
	ck_assert_int_eq(system(command), 0);
}

/* Write DIR/name, with the directories it needs. */
static void put_bytes(const struct dir *dir, const char *name, const char *data, size_t len)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir->path, name);
	for (char *slash = strchr(path + strlen(dir->path) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = 0;
		mkdir(path, 0755);
		*slash = '/';
	}
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(data, 1, len, file), len);
	fclose(file);
}

static void put(const struct dir *dir, const char *name, const char *data)
{
	put_bytes(dir, name, data, strlen(data));
}

static void import(struct bed *bed, const struct dir *dir, const char *events)
{
	struct tf_error err = { .reason = "" };

	bed_begin(bed);
	ck_assert_msg(!tf_import_host(bed->imp, dir->path, &err), "%s", err.reason);
	ck_assert_int_eq(bed_feed(bed, events, strlen(events), 0, TF_FORMAT_AUTO, &err), 0);
	bed_finish(bed);
}

static const char *file_of(const struct bed *bed, size_t snapshot, const char *path)
{
	const struct tf_snapfile *file = tf_snapshot_file(&bed->meta->snapshots[snapshot], path);

	return file ? (const char *)file->data : NULL;
}

START_TEST(test_snapshots)
{
	struct dir dir;
	struct bed bed;

	dir_begin(&dir);
	put(&dir, "start/zoneinfo", "Node 0, zone      DMA\n");
	put(&dir, "start/proc/buddyinfo", "Node 0, zone      DMA 1\n");
	put(&dir, "start/min_free_kbytes", "67584\n");
	put(&dir, "start/proc/sys/vm/swappiness", "60\n");
	put(&dir, "start/sys/kernel/slab/dentry/order", "1\n");
	put(&dir, "start/sys/kernel/slab/dentry/align", "8\nmore\n");
	put(&dir, "start/sys/kernel/slab/filp/order", "0");
	put(&dir, "start/notes.txt", "nothing of a host\n");
	put(&dir, "start/other/zoneinfo", "not this one\n");
	put(&dir, "end/zoneinfo", "Node 0, zone   Normal\n");
	import(&bed, &dir, EVENTS);
	ck_assert_uint_eq(bed.meta->nr_snapshots, 2);
	ck_assert_uint_eq(bed.nr_marks, 2);
	ck_assert_uint_eq(bed.meta->snapshots[0].nr_files, 5);
	ck_assert_str_eq(file_of(&bed, 0, "/proc/zoneinfo"), "Node 0, zone      DMA\n");
	ck_assert_str_eq(file_of(&bed, 0, "/proc/buddyinfo"), "Node 0, zone      DMA 1\n");
	ck_assert_str_eq(file_of(&bed, 0, "/proc/sys/vm/min_free_kbytes"), "67584\n");
	ck_assert_str_eq(file_of(&bed, 0, "/proc/sys/vm/swappiness"), "60\n");
	ck_assert_str_eq(file_of(&bed, 0, "/sys/kernel/slab"),
			 "dentry/align=8\ndentry/order=1\nfilp/order=0\n");
	ck_assert_str_eq(file_of(&bed, 1, "/proc/zoneinfo"), "Node 0, zone   Normal\n");
	ck_assert_uint_eq(bed.meta->snapshots[0].ts_ns, 1100000000);
	ck_assert_uint_eq(bed.meta->snapshots[1].ts_ns, 1700000000);
	bed_end(&bed);
	dir_end(&dir);
}
END_TEST

/* Without a closing snapshot the opening one is all there is. */
START_TEST(test_start_only)
{
	struct dir dir;
	struct bed bed;

	dir_begin(&dir);
	put(&dir, "start/zoneinfo", "Node 0, zone      DMA\n");
	import(&bed, &dir, EVENTS);
	ck_assert_uint_eq(bed.meta->nr_snapshots, 1);
	ck_assert_uint_eq(bed.nr_marks, 1);
	bed_end(&bed);
	dir_end(&dir);
}
END_TEST

START_TEST(test_no_start)
{
	struct tf_error err = { .reason = "" };
	struct dir dir;
	struct bed bed;

	dir_begin(&dir);
	put(&dir, "end/zoneinfo", "Node 0, zone      DMA\n");
	bed_begin(&bed);
	ck_assert_int_eq(tf_import_host(bed.imp, dir.path, &err), -ENOENT);
	ck_assert_str_eq(err.reason, "there is no directory 'start' in it");
	bed_finish(&bed);
	bed_end(&bed);
	dir_end(&dir);
}
END_TEST

START_TEST(test_facts)
{
	struct dir dir;
	struct bed bed;

	dir_begin(&dir);
	put(&dir, "start/version",
	    "Linux version 2.6.32-5-686-bigmem (Debian 2.6.32-48) (ben@d.o) (gcc version 4.3.5) #1 "
	    "SMP Sun May 6 04:39:05 UTC 2012\n");
	put(&dir, "start/cpuinfo",
	    "processor\t: 0\nvendor_id\t: GenuineIntel\n\nprocessor\t: 1\n\nprocessor\t: 2\n");
	put(&dir, "start/zoneinfo",
	    "Node 0, zone      DMA\n  pagesets\n    cpu: 0\nNode 1, zone  HighMem\n");
	put(&dir, "start/meminfo", "MemTotal:        1503712 kB\nMemFree: 1 kB\n");
	put(&dir, "start/cmdline", "quiet ro root=/dev/sda1\n");
	put(&dir, "start/page_size", "4096\n");
	put(&dir, "start/sys/devices/system/cpu/possible", "0-7\n");
	import(&bed, &dir, EVENTS);
	ck_assert_str_eq(bed_fact(&bed, "host.release"), "2.6.32-5-686-bigmem");
	ck_assert_str_eq(bed_fact(&bed, "host.version"), "#1 SMP Sun May 6 04:39:05 UTC 2012");
	ck_assert_str_eq(bed_fact(&bed, "host.machine"), "i686");
	ck_assert_str_eq(bed_fact(&bed, "host.cpus_online"), "3");
	ck_assert_str_eq(bed_fact(&bed, "host.cpus_possible"), "8");
	ck_assert_str_eq(bed_fact(&bed, "host.numa_nodes"), "2");
	ck_assert_str_eq(bed_fact(&bed, "host.mem_bytes"), "1539801088");
	ck_assert_str_eq(bed_fact(&bed, "host.cmdline"), "quiet ro root=/dev/sda1");
	ck_assert_str_eq(bed_fact(&bed, "host.page_size"), "4096");
	/* They tell facts and are no part of a snapshot. */
	ck_assert_uint_eq(bed.meta->snapshots[0].nr_files, 2);
	bed_end(&bed);
	dir_end(&dir);
}
END_TEST

START_TEST(test_machines)
{
	static const struct {
		const char *file, *text, *machine;
	} cases[] = {
		{ "uname", "Linux box 6.1.0-18-amd64 #1 SMP Debian x86_64 GNU/Linux\n", "x86_64" },
		{ "uname", "Linux box 5.10.0 #3 SMP Mon x86_64 x86_64 x86_64 GNU/Linux\n",
		  "x86_64" },
		{ "uname", "Linux box 5.10.0 #3 armv7l\n", "armv7l" },
		{ "uname", "aarch64\n", "aarch64" },
		{ "uname", "s390x", "s390x" },
		{ "uname", "\n", "" },
		{ "proc/sys/kernel/arch", "riscv64\n", "riscv64" },
		{ "proc/sys/kernel/osrelease", "4.18.0-513.el8.x86_64\n", "x86_64" },
		{ "proc/sys/kernel/osrelease", "6.1.0-50-686-pae\n", "i686" },
		{ "proc/sys/kernel/osrelease", "6.6.20-current\n", "" },
		{ "version", "Linux version 6.1.0-21-arm64 (x) #1 SMP\n", "aarch64" },
		{ "cpuinfo", "processor\t: 0\nvendor_id\t: AuthenticAMD\n", "x86_64" },
		{ "cpuinfo", "processor\t: 0\nCPU implementer\t: 0x41\n", "aarch64" },
		{ "cpuinfo", "processor\t: 0\ncpu\t: POWER9\n", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char name[64];
		struct dir dir;
		struct bed bed;

		dir_begin(&dir);
		snprintf(name, sizeof(name), "start/%s", cases[i].file);
		put(&dir, name, cases[i].text);
		import(&bed, &dir, EVENTS);
		ck_assert_str_eq(bed_fact(&bed, "host.machine"), cases[i].machine);
		bed_end(&bed);
		dir_end(&dir);
	}
}
END_TEST

/* What the host's files tell counts for more than what the text says of itself. */
START_TEST(test_host_before_text)
{
	struct dir dir;
	struct bed bed;

	dir_begin(&dir);
	put(&dir, "start/proc/sys/kernel/osrelease", "6.1.0-50-amd64\n");
	import(&bed, &dir, "# os release : 6.18.0\n# nrcpus online : 2\n" EVENTS);
	ck_assert_str_eq(bed_fact(&bed, "host.release"), "6.1.0-50-amd64");
	ck_assert_str_eq(bed_fact(&bed, "host.cpus_online"), "2");
	bed_end(&bed);
	dir_end(&dir);
}
END_TEST

/* Files that are no text, and cut in odd places. */
START_TEST(test_odd_files)
{
	static const char *const names[] = { "uname",	"version",  "cpuinfo",	 "zoneinfo",
					     "meminfo", "slabinfo", "page_size", "cmdline" };
	static const char *const texts[] = {
		"",
		"\n",
		"Linux version ",
		"Linux version x",
		"Linux ",
		"Linux  ",
		" GNU/Linux",
		"Linux a GNU/Linux",
		"MemTotal:",
		"MemTotal: 99999999999999999999999 kB",
		"Node 99999999999999999999",
		"cpu: -1",
		"a b c d e f g",
		"dentry 1 1 4294967295 99999999999 4294967295",
	};

	for (size_t name = 0; name < sizeof(names) / sizeof(names[0]); name++) {
		for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
			char path[64];
			struct dir dir;
			struct bed bed;

			dir_begin(&dir);
			snprintf(path, sizeof(path), "start/%s", names[name]);
			put(&dir, path, texts[i]);
			put_bytes(&dir, "start/vmstat", "a\0b\xff\n", 5);
			import(&bed, &dir, EVENTS);
			ck_assert_uint_eq(bed.nr, 2);
			bed_end(&bed);
			dir_end(&dir);
		}
	}
}
END_TEST

START_TEST(test_too_large)
{
	struct tf_error err = { .reason = "" };
	size_t len = 4 << 20;
	char *data = calloc(1, len);
	struct dir dir;
	struct bed bed;

	dir_begin(&dir);
	put_bytes(&dir, "start/vmallocinfo", data, len);
	bed_begin(&bed);
	ck_assert_int_eq(tf_import_host(bed.imp, dir.path, &err), -EFBIG);
	ck_assert_msg(strstr(err.reason, "/start/vmallocinfo: too large for a snapshot"), "%s",
		      err.reason);
	bed_finish(&bed);
	bed_end(&bed);
	dir_end(&dir);
	free(data);
}
END_TEST

RUN_SUITE("tracefmt/import/host", test_snapshots, test_start_only, test_no_start, test_facts,
	  test_machines, test_host_before_text, test_odd_files, test_too_large)
