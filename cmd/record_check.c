/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The collector is opened, which loads, attaches and calibrates, and a snapshot is taken; what
 * they say of themselves is all that is known here.  Where not everything can be had at once,
 * each class is tried alone.
 *
 * Findings are gathered first: a table shows them to people, JSON to scripts.
 */
#include "cmd/record_check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bpf/page_map.h"
#include "bpf/privileges.h"
#include "bpf/snapshot.h"
#include "cmd/record_rights.h"
#include "cmd/ui/status.h"
#include "cmd/ui/table.h"
#include "cmd/ui/units.h"
#include "core/result/json.h"

#define COMMAND "record"
#define BTF_PATH "/sys/kernel/btf/vmlinux"
#define MAX_FINDINGS 128

enum offered {
	NO,
	PARTLY,
	YES,
};

struct finding {
	const char *group; /* outlives the check */
	char name[96];
	enum offered offered;
	char how[240]; /* or why not */
};

struct check {
	const struct record_args *args;
	struct finding findings[MAX_FINDINGS];
	unsigned int nr;
	unsigned int nr_classes; /* of which something can be recorded */
	char reason[240];	 /* why nothing can */
	bool is_off_clock;
};

__attribute__((format(printf, 5, 6))) static void add(struct check *check, const char *group,
						      const char *name, enum offered offered,
						      const char *fmt, ...)
{
	struct finding *finding = &check->findings[check->nr];
	va_list ap;

	if (check->nr == MAX_FINDINGS)
		return;
	check->nr++;
	finding->group = group;
	finding->offered = offered;
	ui_clean(name, finding->name, sizeof(finding->name));
	va_start(ap, fmt);
	vsnprintf(finding->how, sizeof(finding->how), fmt, ap);
	va_end(ap);
}

static void check_host(struct check *check)
{
	struct utsname uts;
	char mode[32];

	if (!uname(&uts))
		add(check, "host", "kernel", YES, "%s %s", uts.release, uts.machine);
	if (*kc_lockdown(mode, sizeof(mode)))
		add(check, "host", "kernel memory", strcmp(mode, "confidentiality") ? YES : NO,
		    "lockdown: %s", mode);
	if (access(BTF_PATH, R_OK))
		add(check, "host", "BTF", NO, BTF_PATH ": %s", strerror(errno));
	else
		add(check, "host", "BTF", YES, BTF_PATH);
}

static void check_clock(struct check *check)
{
	long long offset = kc_clock_offset();

	check->is_off_clock = offset;
	if (offset)
		add(check, "host", "clock", NO, "a time namespace, %lld s off the clock of events",
		    offset);
	else
		add(check, "host", "clock", YES, "CLOCK_MONOTONIC");
}

static void check_privileges(struct check *check)
{
	struct kc_privilege privilege;

	for (unsigned int i = 0; kc_privilege_at(i, &privilege); i++)
		add(check, "privileges", privilege.name, privilege.is_held ? YES : NO, "to %s",
		    privilege.what);
}

static unsigned int classes_asked_for(const struct check *check)
{
	unsigned int classes = check->args->session.collector.classes;

	return classes ? classes : (1u << KC_NR_CLASSES) - 1;
}

/* One class by itself.  True if something of it can be recorded. */
static bool try_class(const struct check *check, enum kc_class class, struct kc_error *err)
{
	struct kc_options options = check->args->session.collector;
	struct kc_collector *collector;

	options.classes = 1u << class;
	if (kc_open(&collector, &options, err))
		return false;
	kc_close(collector);
	return true;
}

/* collector NULL: all of them together could not be opened. */
static void check_classes(struct check *check, const struct kc_collector *collector)
{
	for (unsigned int c = 0; c < KC_NR_CLASSES; c++) {
		const char *status = collector ? kc_class_status(collector, c) : "";
		enum offered offered = YES;
		struct kc_error err;

		if (!(classes_asked_for(check) & 1u << c))
			continue;
		if (!kc_status_is_whole(status)) {
			offered = try_class(check, c, &err) ? PARTLY : NO;
			if (!*status)
				status = offered ? "when recorded alone" : err.reason;
		}
		check->nr_classes += offered != NO;
		add(check, "classes", kc_class_name(c), offered, "%s", status);
	}
}

static bool starts_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

static void check_calibration(struct check *check, const struct tf_meta *meta)
{
	const char *preempt = tf_meta_get(meta, "calib.preempt");
	const char *vmemmap = tf_meta_get(meta, "calib.vmemmap_base");
	const char *offset = tf_meta_get(meta, "calib.page_offset_base");

	if (!preempt || !strcmp(preempt, "unknown"))
		add(check, "calibration", "contexts", NO, "the preemption count cannot be read");
	else
		add(check, "calibration", "contexts", strcmp(preempt, "counted") ? PARTLY : YES,
		    "preemption count: %s", preempt);
	if (vmemmap)
		add(check, "calibration", "page frames", YES, "vmemmap at %s", vmemmap);
	else
		add(check, "calibration", "page frames", NO,
		    "no pfn of an own page was seen (CAP_SYS_ADMIN, -e page): addresses of struct "
		    "page are recorded instead");
	if (offset)
		add(check, "calibration", "direct map", YES, "at %s", offset);
	else
		add(check, "calibration", "direct map", NO,
		    "no own large kmalloc was seen with its pages (-e slab,page)");
}

/* "none: why not", or how it is done. */
static void add_fact(struct check *check, const char *name, const char *value)
{
	static const char none[] = "none: ";

	if (starts_with(value, none))
		add(check, "collector", name, NO, "%s", value + strlen(none));
	else
		add(check, "collector", name, YES, "%s", value);
}

/* Facts that repeat what was asked for tell nothing of the host. */
static bool is_option(const char *name)
{
	static const char *const options[] = { "filter.", "stack_", "weight", "flight" };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (starts_with(name, options[i]))
			return true;
	return false;
}

/* What the collector tells of itself beside classes and calibration. */
static void check_facts(struct check *check, const struct tf_meta *meta)
{
	static const char hook[] = "hook.", record[] = "record.";

	for (size_t i = 0; i < meta->nr_facts; i++) {
		const char *key = meta->facts[i].key, *value = meta->facts[i].value;

		if (!starts_with(key, record))
			continue;
		key += strlen(record);
		if (!strcmp(key, "symbols"))
			add_fact(check, "symbols and owners", value);
		else if (!starts_with(key, "class.") && !starts_with(key, hook) && !is_option(key))
			add_fact(check, key, value);
	}
}

/* A word tells how a hook was had, anything longer why not. */
static void check_hooks(struct check *check, const struct tf_meta *meta)
{
	static const char hook[] = "record.hook.";

	for (size_t i = 0; i < meta->nr_facts; i++) {
		const char *key = meta->facts[i].key, *value = meta->facts[i].value;

		if (starts_with(key, hook))
			add(check, "hooks", key + strlen(hook), strpbrk(value, " :") ? NO : YES,
			    "%s", value);
	}
}

/* The number behind a key of an fdinfo file.  False if it has none. */
static bool find_number(const char *text, const char *key, uint64_t *value)
{
	const char *at = strstr(text, key);

	if (at)
		*value = strtoull(at + strlen(key), NULL, 10);
	return at;
}

static size_t read_fdinfo(const char *fd_name, char *buf, size_t len)
{
	char path[64];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%.20s", fd_name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, buf, len - 1);
		close(fd);
	}
	buf[n > 0 ? n : 0] = 0;
	return n > 0 ? (size_t)n : 0;
}

/*
 * What the maps of this process take, as the kernel counts it.  Objects share maps, each by a
 * descriptor of its own; a map is known by its id.
 */
static uint64_t count_map_bytes(unsigned int *nr_maps)
{
	DIR *dir = opendir("/proc/self/fdinfo");
	const struct dirent *entry;
	uint64_t bytes = 0, ids[64];

	*nr_maps = 0;
	while (dir && *nr_maps < sizeof(ids) / sizeof(ids[0]) && (entry = readdir(dir))) {
		uint64_t id, map_bytes;
		unsigned int i = 0;
		char text[1024];

		if (!read_fdinfo(entry->d_name, text, sizeof(text)) ||
		    !find_number(text, "map_id:", &id) ||
		    !find_number(text, "memlock:", &map_bytes))
			continue;
		while (i < *nr_maps && ids[i] != id)
			i++;
		if (i < *nr_maps)
			continue;
		ids[(*nr_maps)++] = id;
		bytes += map_bytes;
	}
	if (dir)
		closedir(dir);
	return bytes;
}

static void check_memory(struct check *check)
{
	char size[UI_UNIT_LEN];
	unsigned int nr_maps;
	uint64_t bytes = count_map_bytes(&nr_maps);

	add(check, "collector", "memory", YES, "%s in %u maps while recording (--ring)",
	    ui_format_size((double)bytes, size), nr_maps);
}

static void check_snapshot_files(struct check *check, const struct tf_snapshot *snapshot)
{
	unsigned int nr = 0, nr_there = 0;
	const char *path;

	for (; (path = kc_snapshot_path(nr)); nr++) {
		if (tf_snapshot_file(snapshot, path))
			nr_there++;
		else if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS))
			add(check, "snapshot", path, NO, "%s", strerror(errno));
		else
			add(check, "snapshot", path, NO, "cannot be read");
	}
	add(check, "snapshot", "files",
	    nr_there == nr ? YES
	    : nr_there	   ? PARTLY
			   : NO,
	    "%u of %u", nr_there, nr);
}

/* With --page-map auto it is told when recording whether it would take too long. */
static void check_page_map(struct check *check)
{
	struct kc_page_map map;

	kc_page_map_open(&map, check->args->session.page_map,
			 classes_asked_for(check) & 1u << KC_CLASS_PAGE);
	if (map.fd >= 0)
		add(check, "snapshot", "page map", YES, "/proc/kpageflags (--page-map)");
	else
		add(check, "snapshot", "page map", NO, "%s", map.how);
	kc_page_map_close(&map);
}

/* The snapshot that a recording would open with; what it takes from the kernel's list of caches. */
static int check_snapshot(struct check *check)
{
	static const char iterator[] = "iter/";
	struct kc_snapshotter *snapshotter;
	struct tf_meta meta;
	const char *caches;
	int err = kc_snapshotter_new(&snapshotter);

	if (err)
		return err;
	tf_meta_init(&meta);
	err = kc_snapshot(snapshotter, &meta, NULL);
	if (!err) {
		check_snapshot_files(check, &meta.snapshots[0]);
		caches = tf_meta_get(&meta, "record.cache_iterator");
		if (caches)
			add(check, "snapshot", "list of caches",
			    starts_with(caches, iterator) ? YES : NO, "%s", caches);
	}
	check_page_map(check);
	tf_meta_release(&meta);
	kc_snapshotter_free(snapshotter);
	return err;
}

/* 0 or -ENOMEM: that the host offers nothing is a finding. */
static int run(struct check *check)
{
	struct kc_options options = check->args->session.collector;
	struct kc_collector *collector;
	struct kc_error why;
	struct tf_meta meta;
	int err = 0;

	check_host(check);
	check_clock(check);
	check_privileges(check);
	options.classes = classes_asked_for(check);
	if (kc_open(&collector, &options, &why))
		snprintf(check->reason, sizeof(check->reason), "%s", why.reason);
	check_classes(check, collector);
	if (collector) {
		tf_meta_init(&meta);
		err = kc_add_meta(collector, &meta);
		check_hooks(check, &meta);
		check_calibration(check, &meta);
		check_memory(check);
		check_facts(check, &meta);
		tf_meta_release(&meta);
		kc_close(collector);
	}
	return err ? err : check_snapshot(check);
}

static const char *offered_text(enum offered offered)
{
	static const char *const texts[] = { [NO] = "no", [PARTLY] = "partly", [YES] = "yes" };

	return texts[offered];
}

static int print_table(const struct check *check)
{
	static const struct ui_column columns[] = {
		{ "", UI_LEFT },
		{ "what", UI_LEFT },
		{ "offered", UI_LEFT },
		{ "how, or why not", UI_LEFT },
	};
	struct ui_table *table = ui_table_new(columns, sizeof(columns) / sizeof(columns[0]));
	const char *group = "";
	int err;

	if (!table)
		return -ENOMEM;
	for (unsigned int i = 0; i < check->nr; i++) {
		const struct finding *finding = &check->findings[i];

		ui_table_add(table, strcmp(group, finding->group) ? finding->group : " ");
		ui_table_add(table, finding->name);
		ui_table_add(table, offered_text(finding->offered));
		ui_table_add(table, finding->how);
		group = finding->group;
	}
	err = ui_table_print(table, stdout, 0, 0);
	ui_table_free(table);
	return err;
}

static int print_json(const struct check *check)
{
	struct km_json_out out = { 0 };
	json_t *root = json_object();

	km_json_set(&out, root, "can_record",
		    json_boolean(check->nr_classes && !check->is_off_clock));
	km_json_set(&out, root, "reason",
		    check->reason[0] ? km_json_text(check->reason) : json_null());
	for (unsigned int i = 0; i < check->nr; i++) {
		const struct finding *finding = &check->findings[i];
		json_t *object = json_object();

		km_json_set(&out, object, "offered", km_json_text(offered_text(finding->offered)));
		km_json_set(&out, object, "how", km_json_text(finding->how));
		if (!json_object_get(root, finding->group))
			km_json_set(&out, root, finding->group, json_object());
		km_json_set(&out, json_object_get(root, finding->group), finding->name, object);
	}
	if (!out.err && json_dumpf(root, stdout, KM_JSON_FLAGS))
		out.err = -ENOMEM;
	putchar('\n');
	json_decref(root);
	return out.err;
}

int record_check(const struct record_args *args)
{
	struct check *check = calloc(1, sizeof(*check));
	int status = UI_DONE, err = check ? 0 : -ENOMEM;

	if (check)
		check->args = args;
	if (!err)
		err = run(check);
	if (!err)
		err = args->json ? print_json(check) : print_table(check);
	if (err)
		status = ui_no_memory(COMMAND);
	else if (!check->nr_classes)
		status = record_refused(check->reason);
	else
		status = record_try_rights(args);
	free(check);
	return status;
}
