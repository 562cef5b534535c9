/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which source is taken, and what is said where there is none.
 */
#include "bpf/symbols.h"

#include <elf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/addr_set.h"
#include "bpf/error.h"
#include "bpf/kaslr.h"
#include "bpf/kcore.h"
#include "bpf/kernel_elf.h"

#define FIRST_TRY 16
#define MAX_SEEN 4096

struct kc_symbols {
	struct kc_kallsyms *table;
	struct kc_kallsyms *running; /* /proc/kallsyms, while the file's offset is looked for */
	struct kc_vmlinux *vmlinux;  /* until there is a table of it */
	struct kc_addr_set seen;
	size_t next_try, nr_tried;
	bool has_offset;
	uint64_t offset;
	char build_id[KC_BUILD_ID_LEN]; /* of the kernel */
	char source[240];
};

static bool has_cap_syslog(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	if (syscall(SYS_capget, &head, data))
		return true;
	return data[CAP_SYSLOG / 32].effective >> CAP_SYSLOG % 32 & 1;
}

/* kernel.kptr_restrict, -1 if it cannot be read. */
static int kptr_restrict(const char *path)
{
	FILE *f = fopen(path ? path : "/proc/sys/kernel/kptr_restrict", "re");
	int value = -1;

	if (f && fscanf(f, "%d", &value) != 1)
		value = -1;
	if (f)
		fclose(f);
	return value;
}

/*
 * kernel/ksyms_common.c (kallsyms.c to 6.3), kallsyms_show_value(): with 0 CAP_SYSLOG or a
 * perf_event_paranoid of 1 or less, with 1 CAP_SYSLOG, with 2 nothing makes it show them.
 */
static void say_why_hidden(struct kc_symbols *s, int err, const char *kptr_path)
{
	int restricted = kptr_restrict(kptr_path);

	if (err == -ENOENT)
		snprintf(s->source, sizeof(s->source),
			 "none: this kernel has no /proc/kallsyms (CONFIG_KALLSYMS): give "
			 "--vmlinux");
	else if (err != -EACCES)
		snprintf(s->source, sizeof(s->source), "none: /proc/kallsyms: %s: give --vmlinux",
			 strerror(-err));
	else if (restricted >= 2)
		snprintf(s->source, sizeof(s->source),
			 "none: kernel.kptr_restrict is %d, with which /proc/kallsyms hides its "
			 "addresses from everybody: set it to 1, or give --vmlinux",
			 restricted);
	else if (!has_cap_syslog())
		snprintf(s->source, sizeof(s->source),
			 "none: without CAP_SYSLOG /proc/kallsyms hides its addresses "
			 "(kernel.kptr_restrict is %d): run with it, or give --vmlinux",
			 restricted);
	else
		snprintf(s->source, sizeof(s->source),
			 "none: /proc/kallsyms shows no addresses: give --vmlinux");
}

/* The table of the file at the offset that is known by now. */
static int make_table(struct kc_symbols *s)
{
	struct kc_kallsyms *table = kc_kallsyms_new();
	size_t nr_modules = 0;
	int err = table ? kc_vmlinux_add_symbols(s->vmlinux, s->offset, table) : -ENOMEM;

	if (!err && s->running)
		err = kc_kallsyms_add_modules(table, s->running, &nr_modules);
	if (err) {
		kc_kallsyms_free(table);
		return err;
	}
	kc_kallsyms_sort(table);
	s->table = table;
	snprintf(s->source, sizeof(s->source), "vmlinux, %s",
		 nr_modules ? "modules of kallsyms" : "without modules");
	kc_kallsyms_free(s->running);
	s->running = NULL;
	kc_vmlinux_close(s->vmlinux);
	s->vmlinux = NULL;
	return 0;
}

static int open_vmlinux(struct kc_symbols *s, const char *path, const char *whose,
			struct kc_error *err)
{
	int ret = kc_vmlinux_open(&s->vmlinux, path, err);

	if (ret)
		return ret;
	if (s->build_id[0] && s->vmlinux->build_id[0] && strcmp(s->build_id, s->vmlinux->build_id))
		return kc_fail(err, -EINVAL,
			       "%.60s: its build id is %s, but that of the %s kernel %s", path,
			       s->vmlinux->build_id, whose, s->build_id);
	snprintf(s->source, sizeof(s->source),
		 "none: the offset of the kernel to vmlinux (KASLR) is not known");
	return 0;
}

/* Functions that every kernel has once must be where the offset puts them. */
static bool is_offset_true(const struct kc_symbols *s)
{
	static const char *const names[] = { "kfree", "schedule", "vfs_read" };

	if (s->vmlinux->machine == EM_X86_64 && s->offset % KC_KASLR_STEP)
		return false;
	for (size_t i = 0; i < s->vmlinux->nr_functions; i++) {
		const struct kc_elf_function *f = &s->vmlinux->functions[i];
		uint64_t addr;

		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
			if (!strcmp(f->name, names[k]) &&
			    !kc_kallsyms_address(s->running, names[k], &addr) &&
			    f->addr + s->offset != addr)
				return false;
	}
	return true;
}

/* What the running kernel tells outright. */
static int find_offset(struct kc_symbols *s, const char *path, const struct kc_kcore *kcore,
		       struct kc_error *err)
{
	uint64_t stext;

	if (s->running && s->vmlinux->stext && !kc_kallsyms_address(s->running, "_stext", &stext)) {
		s->offset = stext - s->vmlinux->stext;
		s->has_offset = true;
		if (!is_offset_true(s))
			return kc_fail(err, -EINVAL,
				       "%.100s: not of the running kernel: functions are at other "
				       "places in /proc/kallsyms",
				       path);
	} else if (kcore && kcore->has_kaslr) {
		s->offset = kcore->kaslr_offset;
		s->has_offset = true;
	}
	return 0;
}

static int use_offset(struct kc_symbols *s, const char *path, struct kc_error *err)
{
	int ret = s->has_offset ? make_table(s) : 0;

	return ret ? kc_fail(err, ret, "%.100s: %s", path, strerror(-ret)) : 0;
}

static int open_running(struct kc_symbols *s, const char *vmlinux,
			const struct kc_symbol_files *files, struct kc_error *err)
{
	int hidden = kc_kallsyms_load(&s->running, files->kallsyms);
	struct kc_kcore kcore;
	bool has_kcore = !kc_kcore_read(&kcore, files->kcore);
	int ret;

	if (hidden == -ENOMEM)
		return kc_fail(err, -ENOMEM, "out of memory");
	kc_build_id_of_kernel(files->notes, s->build_id);
	if (vmlinux) {
		ret = open_vmlinux(s, vmlinux, "running", err);
		if (!ret)
			ret = find_offset(s, vmlinux, has_kcore ? &kcore : NULL, err);
		return ret ? ret : use_offset(s, vmlinux, err);
	}
	s->has_offset = has_kcore && kcore.has_kaslr;
	s->offset = s->has_offset ? kcore.kaslr_offset : 0;
	s->table = s->running;
	s->running = NULL;
	if (s->table)
		snprintf(s->source, sizeof(s->source), "kallsyms");
	else
		say_why_hidden(s, hidden, files->kptr_restrict);
	return 0;
}

static struct kc_symbols *new_symbols(struct kc_error *err)
{
	struct kc_symbols *s = calloc(1, sizeof(*s));

	if (!s)
		kc_fail(err, -ENOMEM, "out of memory");
	else
		s->next_try = FIRST_TRY;
	return s;
}

int kc_symbols_open(struct kc_symbols **out, const char *vmlinux,
		    const struct kc_symbol_files *files, struct kc_error *err)
{
	static const struct kc_symbol_files of_host;
	struct kc_symbols *s = new_symbols(err);
	int ret;

	*out = NULL;
	if (!s)
		return -ENOMEM;
	ret = open_running(s, vmlinux, files ? files : &of_host, err);
	if (ret) {
		kc_symbols_close(s);
		return ret;
	}
	*out = s;
	return 0;
}

int kc_symbols_open_trace(struct kc_symbols **out, const char *vmlinux, const struct tf_meta *meta,
			  struct kc_error *err)
{
	const char *id = tf_meta_get(meta, "host.build_id");
	struct kc_symbols *s = new_symbols(err);
	int ret;

	*out = NULL;
	if (!s)
		return -ENOMEM;
	if (id)
		snprintf(s->build_id, sizeof(s->build_id), "%s", id);
	s->offset = tf_meta_get_u64(meta, "calib.kaslr_offset", UINT64_MAX);
	s->has_offset = s->offset != UINT64_MAX;
	ret = open_vmlinux(s, vmlinux, "recorded", err);
	if (!ret)
		ret = use_offset(s, vmlinux, err);
	if (ret) {
		kc_symbols_close(s);
		return ret;
	}
	*out = s;
	return 0;
}

void kc_symbols_close(struct kc_symbols *s)
{
	if (!s)
		return;
	kc_kallsyms_free(s->table);
	kc_kallsyms_free(s->running);
	kc_vmlinux_close(s->vmlinux);
	kc_addr_set_release(&s->seen);
	free(s);
}

const struct kc_kallsyms *kc_symbols_table(const struct kc_symbols *s)
{
	return s->table;
}

bool kc_symbols_is_pending(const struct kc_symbols *s)
{
	return s->vmlinux && !s->table;
}

int kc_symbols_see(struct kc_symbols *s, uint64_t addr)
{
	int ret;

	if (!kc_symbols_is_pending(s) || s->seen.nr >= MAX_SEEN)
		return 0;
	ret = kc_addr_set_add(&s->seen, addr);
	return ret < 0 ? ret : 0;
}

/* For the trace, if it stays like that. */
static void say_why_unknown(struct kc_symbols *s, int err, const struct kc_kaslr *vote)
{
	if (err == -ENOENT)
		snprintf(
			s->source, sizeof(s->source),
			"none: no offset of the kernel to vmlinux (KASLR) puts its call sites "
			"behind calls (of %zu at best %zu of %zu): it is not the recorded kernel's",
			vote->nr_addrs, vote->nr_hits, vote->nr_text);
	else
		snprintf(s->source, sizeof(s->source),
			 "none: %zu call sites do not tell the offset of the kernel to vmlinux "
			 "(KASLR): %s",
			 vote->nr_addrs,
			 vote->has_bytes
				 ? "they are too few, or it is another kernel's"
				 : "the file has no bytes of the code, and they are too few");
}

static int resolve(struct kc_symbols *s)
{
	uint64_t *addrs = kc_addr_set_list(&s->seen);
	struct kc_kaslr vote;
	int ret;

	if (!addrs)
		return -ENOMEM;
	ret = kc_kaslr_find(s->vmlinux, addrs, s->seen.nr, &vote);
	free(addrs);
	s->nr_tried = s->seen.nr;
	if (ret == -ENOMEM)
		return ret;
	if (ret) {
		say_why_unknown(s, ret, &vote);
		return 0;
	}
	s->offset = vote.offset;
	s->has_offset = true;
	ret = make_table(s);
	return ret ? ret : 1;
}

int kc_symbols_poll(struct kc_symbols *s)
{
	if (!kc_symbols_is_pending(s) || s->seen.nr < s->next_try)
		return 0;
	while (s->next_try <= s->seen.nr)
		s->next_try *= 2;
	return resolve(s);
}

int kc_symbols_finish(struct kc_symbols *s)
{
	if (!kc_symbols_is_pending(s) || s->seen.nr == s->nr_tried)
		return 0;
	return resolve(s);
}

const char *kc_symbols_source(const struct kc_symbols *s)
{
	return s->source;
}

int kc_symbols_add_facts(const struct kc_symbols *s, struct tf_meta *meta)
{
	int err = tf_meta_set(meta, "record.symbols", s->source);

	if (!err && s->build_id[0])
		err = tf_meta_set(meta, "host.build_id", s->build_id);
	if (!err && s->has_offset)
		err = tf_meta_setf(meta, "calib.kaslr_offset", "0x%llx",
				   (unsigned long long)s->offset);
	return err;
}
