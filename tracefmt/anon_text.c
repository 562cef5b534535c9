/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files of a snapshot, without what tells of the host.
 *
 * They are text that may be anything; a line that is not as its file's lines are is
 * dropped.  What the lines look like is told in core/replay/, where they are read.
 */
#include "tracefmt/anon_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define DIGITS "0123456789"
#define HEX_DIGITS "0123456789abcdefABCDEF"
#define MAX_CALLER 600 /* a symbol has 512 at most; more is cut */

/* A piece of text that is eaten from the left. */
struct text {
	const char *at, *end;
};

static size_t left(const struct text *t)
{
	return (size_t)(t->end - t->at);
}

static bool next_line(struct text *t, struct text *line)
{
	const char *end;

	if (t->at == t->end)
		return false;
	end = memchr(t->at, '\n', left(t));
	*line = (struct text){ t->at, end ? end : t->end };
	t->at = end ? end + 1 : t->end;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool next_word(struct text *t, struct text *word)
{
	while (t->at != t->end && is_blank(*t->at))
		t->at++;
	word->at = t->at;
	while (t->at != t->end && !is_blank(*t->at))
		t->at++;
	word->end = t->at;
	return word->at != word->end;
}

static bool eat(struct text *t, const char *word)
{
	size_t len = strlen(word);

	if (left(t) < len || memcmp(t->at, word, len))
		return false;
	t->at += len;
	return true;
}

static bool is(const struct text *t, const char *word)
{
	return left(t) == strlen(word) && !memcmp(t->at, word, left(t));
}

/* For "%.*s"; what does not fit anywhere is cut. */
static int print_len(const struct text *t)
{
	return left(t) < MAX_CALLER ? (int)left(t) : MAX_CALLER;
}

/* Eat the characters that are in set; how many there were. */
static size_t eat_all(struct text *t, const char *set)
{
	const char *at = t->at;

	while (t->at != t->end && *t->at && strchr(set, *t->at))
		t->at++;
	return (size_t)(t->at - at);
}

/* Nothing but characters of set. */
static bool is_all(struct text t, const char *set)
{
	eat_all(&t, set);
	return t.at == t.end;
}

/* A decimal number that ends the text. */
static bool is_number(struct text t, uint64_t *value)
{
	char buf[24] = "";

	if (!left(&t) || left(&t) > 19 || !is_all(t, DIGITS))
		return false;
	memcpy(buf, t.at, left(&t));
	*value = strtoull(buf, NULL, 10);
	return true;
}

static void print(struct tf_out *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void print(struct tf_out *out, const char *fmt, ...)
{
	char buf[256];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	if (len > 0)
		tf_out_bytes(out, buf, (size_t)len < sizeof(buf) ? (size_t)len : sizeof(buf) - 1);
}

static void copy_line(struct tf_out *out, struct text line)
{
	tf_out_bytes(out, line.at, left(&line));
	tf_out_u8(out, '\n');
}

/* "0x" and hexadecimal digits, or more of these in a row than a counter's name has. */
static bool has_address(struct text t)
{
	while (t.at != t.end) {
		struct text rest = t;
		bool has_digit, has_letter;

		if (eat(&rest, "0x") || eat(&rest, "0X"))
			return true;
		has_digit = has_letter = false;
		for (; rest.at != rest.end && *rest.at && strchr(HEX_DIGITS, *rest.at); rest.at++) {
			has_digit |= *rest.at <= '9';
			has_letter |= *rest.at > '9';
		}
		if (rest.at - t.at >= 8 && has_digit && has_letter)
			return true;
		t.at = rest.at == t.at ? t.at + 1 : rest.at;
	}
	return false;
}

static int rewrite_counters(struct tf_anon_text *t, struct text line, struct tf_out *out,
			    struct tf_error *err)
{
	(void)t;
	(void)err;
	for (const char *p = line.at; p != line.end; p++) {
		if (*p != '\t' && (*p < ' ' || *p > '~'))
			return 0;
	}
	if (!has_address(line))
		copy_line(out, line);
	return 0;
}

static int rewrite_numbers(struct tf_anon_text *t, struct text line, struct tf_out *out,
			   struct tf_error *err)
{
	(void)t;
	(void)err;
	if (is_all(line, DIGITS " \t-"))
		copy_line(out, line);
	return 0;
}

/* "0xADDRESS", eight numbers, the name. */
static bool read_cache_list(struct text line, uint64_t *addr, struct text *numbers,
			    struct text *name)
{
	char buf[24] = "";
	struct text word;

	if (!next_word(&line, &word) || !eat(&word, "0x") || !left(&word) || left(&word) > 16 ||
	    !is_all(word, HEX_DIGITS))
		return false;
	memcpy(buf, word.at, left(&word));
	*addr = strtoull(buf, NULL, 16);
	numbers->at = line.at;
	for (unsigned i = 0; i < 8; i++) {
		if (!next_word(&line, &word))
			return false;
		numbers->end = word.end;
		if (!is_all(word, DIGITS) && !(eat(&word, "0x") && is_all(word, HEX_DIGITS)))
			return false;
	}
	eat_all(&line, " ");
	*name = line;
	return left(name) != 0;
}

static int rewrite_cache_list(struct tf_anon_text *t, struct text line, struct tf_out *out,
			      struct tf_error *err)
{
	struct tf_event object = { .kind = TF_KFREE };
	char renamed[TF_ANON_CACHE_LEN];
	struct text numbers, name;
	int ret;

	if (!read_cache_list(line, &object.addr, &numbers, &name))
		return 0;
	ret = tf_anon_addr_event(t->addr, &object, err);
	if (!ret)
		ret = tf_anon_caches_name(t->caches, name.at, left(&name), renamed, err);
	if (ret)
		return ret;
	print(out, "0x%016" PRIx64 "%.*s %s\n", object.addr, print_len(&numbers), numbers.at,
	      renamed);
	return 0;
}

static const struct file *find_file(const char *path);

/* "PATH NANOSECONDS", the path of a file that is kept. */
static int rewrite_times(struct tf_anon_text *t, struct text line, struct tf_out *out,
			 struct tf_error *err)
{
	struct text words = line, path, time;
	char buf[256] = "";

	(void)t;
	(void)err;
	if (!next_word(&words, &path) || left(&path) >= sizeof(buf) || !next_word(&words, &time) ||
	    !is_all(time, DIGITS) || words.at != words.end)
		return 0;
	memcpy(buf, path.at, left(&path));
	if (find_file(buf))
		copy_line(out, line);
	return 0;
}

static int rewrite_kind(struct tf_anon_text *t, struct text line, struct tf_out *out,
			struct tf_error *err)
{
	(void)t;
	(void)err;
	if (is(&line, "light"))
		copy_line(out, line);
	return 0;
}

static int rewrite_choice(struct tf_anon_text *t, struct text line, struct tf_out *out,
			  struct tf_error *err)
{
	struct text words = line, word;

	(void)t;
	(void)err;
	while (next_word(&words, &word)) {
		if (*word.at == '[' && word.end[-1] == ']' && left(&word) > 1) {
			word.at++;
			word.end--;
		}
		if (!is(&word, "always") && !is(&word, "madvise") && !is(&word, "never"))
			return 0;
	}
	copy_line(out, line);
	return 0;
}

/* "00100000-1ffdcfff : System RAM", not indented. */
static int rewrite_iomem(struct tf_anon_text *t, struct text line, struct tf_out *out,
			 struct tf_error *err)
{
	struct text rest = line;
	bool is_ram = eat_all(&rest, HEX_DIGITS) && eat(&rest, "-") && eat_all(&rest, HEX_DIGITS) &&
		      eat(&rest, " : System RAM");

	(void)t;
	(void)err;
	if (is_ram)
		copy_line(out, (struct text){ line.at, rest.at });
	return 0;
}

/* "@100", "3840 F", "16 S3", "cut 107d18": page frames stay what they are. */
static int rewrite_page_map(struct tf_anon_text *t, struct text line, struct tf_out *out,
			    struct tf_error *err)
{
	static const char kinds[] = "UFSAaPpDdLHGRX";
	struct text rest = line;
	bool is_known = is(&line, "page_map 1");

	(void)t;
	(void)err;
	if (eat(&rest, "@") || eat(&rest, "cut "))
		is_known = left(&rest) && left(&rest) <= 16 && is_all(rest, HEX_DIGITS);
	else if (eat_all(&rest, DIGITS) && eat(&rest, " ") && left(&rest) &&
		 memchr(kinds, *rest.at++, strlen(kinds)))
		is_known = left(&rest) <= 2 && is_all(rest, DIGITS);
	if (is_known)
		copy_line(out, line);
	return 0;
}

/* The name in a line of numbers; what is behind it is left in line. */
static bool read_slabinfo(struct text *line, struct text *name)
{
	struct text words, word;

	if (!next_word(line, name) || *name->at == '#')
		return false;
	words = *line;
	if (!next_word(&words, &word) || !is_all(word, DIGITS))
		return false;
	while (next_word(&words, &word)) {
		if (!is_all(word, DIGITS) && !is(&word, ":") && !is(&word, "tunables") &&
		    !is(&word, "slabdata") && !is(&word, "globalstat") && !is(&word, "cpustat"))
			return false;
	}
	return true;
}

static int rewrite_slabinfo(struct tf_anon_text *t, struct text line, struct tf_out *out,
			    struct tf_error *err)
{
	struct text rest = line, name;
	char renamed[TF_ANON_CACHE_LEN];
	int ret;

	if (eat(&rest, "slabinfo - version: ")) {
		eat_all(&rest, DIGITS ".");
		copy_line(out, (struct text){ line.at, rest.at });
		return 0;
	}
	if (!read_slabinfo(&rest, &name))
		return 0;
	ret = tf_anon_caches_name(t->caches, name.at, left(&name), renamed, err);
	if (ret)
		return ret;
	eat_all(&rest, " \t");
	print(out, "%-17s ", renamed);
	copy_line(out, rest);
	return 0;
}

/* "NAME/ATTR=VALUE", the attribute one of those that are numbers. */
static bool read_attribute(struct text line, struct text *name, struct text *rest)
{
	static const char *const attributes[] = {
		"align",	 "cache_dma",	   "cpu_partial", "cpu_slabs", "destroy_by_rcu",
		"hwcache_align", "min_partial",	   "object_size", "objects",   "objects_partial",
		"objs_per_slab", "order",	   "partial",	  "poison",    "reclaim_account",
		"red_zone",	 "sheaf_capacity", "slab_size",	  "slabs",     "slabs_cpu_partial",
		"store_user",	 "total_objects",  "usersize",
	};
	const char *slash = memchr(line.at, '/', left(&line));
	const char *equals = slash ? memchr(slash, '=', (size_t)(line.end - slash)) : NULL;
	struct text attribute;

	if (!equals)
		return false;
	*name = (struct text){ line.at, slash };
	*rest = (struct text){ slash, line.end };
	attribute = (struct text){ slash + 1, equals };
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		if (is(&attribute, attributes[i]))
			return is_all((struct text){ equals + 1, line.end }, DIGITS " ()NC=");
	}
	return false;
}

static int rewrite_slab(struct tf_anon_text *t, struct text line, struct tf_out *out,
			struct tf_error *err)
{
	char renamed[TF_ANON_CACHE_LEN];
	struct text name, rest;
	int ret;

	if (!read_attribute(line, &name, &rest))
		return 0;
	ret = tf_anon_caches_name(t->caches, name.at, left(&name), renamed, err);
	if (ret)
		return ret;
	print(out, "%s", renamed);
	copy_line(out, rest);
	return 0;
}

/* "0x...-0x...", hashed or not. */
static bool read_range(struct text word, uint64_t *start)
{
	char buf[24] = "";
	struct text digits;

	if (!eat(&word, "0x"))
		return false;
	digits = word;
	if (!eat_all(&word, HEX_DIGITS) || word.at - digits.at > 16)
		return false;
	memcpy(buf, digits.at, (size_t)(word.at - digits.at));
	*start = strtoull(buf, NULL, 16);
	return eat(&word, "-0x") && eat_all(&word, HEX_DIGITS) && word.at == word.end;
}

/* What sort of area it is: pages=9 N0=4 vmalloc ioremap ... */
static bool is_area_word(struct text word)
{
	static const char *const sorts[] = {
		"ioremap", "vmalloc",	   "vmap",    "user",	  "vpages",
		"sparse",  "dma-coherent", "vm_area", "unpurged", "vm_map_ram",
	};
	struct text rest = word;

	for (size_t i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++) {
		if (is(&word, sorts[i]))
			return true;
	}
	if (eat(&rest, "N"))
		return eat_all(&rest, DIGITS) && eat(&rest, "=") && is_all(rest, DIGITS);
	return eat(&rest, "pages=") && is_all(rest, DIGITS);
}

/* "function+0x12/0x34 [module]"; those that tell of a percpu chunk stay. */
static int print_caller(struct tf_anon_text *t, struct text caller, struct text *words,
			struct tf_out *out, struct tf_error *err)
{
	const char *plus = memchr(caller.at, '+', left(&caller));
	struct text rest = *words, module;
	char name[MAX_CALLER], renamed[TF_ANON_NAME_LEN];
	int ret;

	if (plus)
		caller.end = plus;
	if (is(&caller, "pcpu_get_vm_areas") || is(&caller, "pcpu_create_chunk")) {
		print(out, " %.*s", print_len(&caller), caller.at);
		return 0;
	}
	if (next_word(&rest, &module) && *module.at == '[' && module.end[-1] == ']')
		*words = rest;
	else
		module.end = module.at;
	snprintf(name, sizeof(name), "%.*s%s%.*s", print_len(&caller), caller.at,
		 left(&module) ? " " : "", print_len(&module), module.at);
	ret = tf_anon_function_name(t->sites, name, strlen(name), renamed, err);
	if (!ret)
		print(out, " %s", renamed);
	return ret;
}

static int rewrite_vmallocinfo(struct tf_anon_text *t, struct text line, struct tf_out *out,
			       struct tf_error *err)
{
	struct text range, size, words, word;
	uint64_t start, bytes;
	int ret;

	if (!next_word(&line, &range) || !read_range(range, &start) || !next_word(&line, &size) ||
	    !is_number(size, &bytes))
		return 0;
	ret = tf_anon_addr_area(t->addr, start, bytes, 0, &start, err);
	if (ret)
		return ret;
	/* What is hashed does not begin with a page. */
	start &= ~(t->addr->page_bytes - 1);
	print(out, "0x%016" PRIx64 "-0x%016" PRIx64 " %7" PRIu64, start, start + bytes, bytes);
	words = line;
	if (next_word(&words, &word) && !is_area_word(word)) {
		line = words;
		ret = print_caller(t, word, &line, out, err);
		if (ret)
			return ret;
	}
	while (next_word(&line, &word)) {
		if (is_area_word(word))
			print(out, " %.*s", print_len(&word), word.at);
	}
	tf_out_u8(out, '\n');
	return 0;
}

static const struct file {
	const char *path; /* with '/' at its end: all in that directory */
	int (*rewrite)(struct tf_anon_text *t, struct text line, struct tf_out *out,
		       struct tf_error *err);
} files[] = {
	{ "/proc/zoneinfo", rewrite_counters },
	{ "/proc/buddyinfo", rewrite_counters },
	{ "/proc/pagetypeinfo", rewrite_counters },
	{ "/proc/vmstat", rewrite_counters },
	{ "/proc/meminfo", rewrite_counters },
	{ "/sys/kernel/debug/percpu_stats", rewrite_counters },
	{ "/proc/sys/vm/", rewrite_numbers },
	{ "/sys/kernel/mm/transparent_hugepage/enabled", rewrite_choice },
	{ "/proc/iomem", rewrite_iomem },
	{ "/proc/slabinfo", rewrite_slabinfo },
	{ "/sys/kernel/slab", rewrite_slab },
	{ "/proc/vmallocinfo", rewrite_vmallocinfo },
	{ "light/proc/vmstat", rewrite_counters },
	{ "light/proc/buddyinfo", rewrite_counters },
	{ "light/proc/slabinfo", rewrite_slabinfo },
	{ "kind", rewrite_kind },
	{ "times", rewrite_times },
	{ "kmem_cache", rewrite_cache_list },
	{ "page_map", rewrite_page_map },
};

/* A name of the kernel's own, and of nobody else's. */
static bool is_plain_name(const char *name)
{
	return *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyz_")] == '\0';
}

static const struct file *find_file(const char *path)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		size_t len = strlen(files[i].path);
		bool is_directory = files[i].path[len - 1] == '/';

		if (is_directory ? !strncmp(path, files[i].path, len) && is_plain_name(path + len)
				 : !strcmp(path, files[i].path))
			return &files[i];
	}
	return NULL;
}

bool tf_anon_text_is_known(const char *path)
{
	return find_file(path) != NULL;
}

int tf_anon_text_find_caches(struct tf_anon_text *t, const char *path, const void *data, size_t len,
			     struct tf_error *err)
{
	const struct file *file = find_file(path);
	struct text text = { data, (const char *)data + len }, line, name, rest;
	uint64_t addr;
	int ret = 0;

	while (file && !ret && next_line(&text, &line)) {
		if ((file->rewrite == rewrite_slabinfo && read_slabinfo(&line, &name)) ||
		    (file->rewrite == rewrite_slab && read_attribute(line, &name, &rest)) ||
		    (file->rewrite == rewrite_cache_list &&
		     read_cache_list(line, &addr, &rest, &name)))
			ret = tf_anon_caches_add(t->caches, name.at, left(&name), err);
	}
	return ret;
}

int tf_anon_text_rewrite(struct tf_anon_text *t, const char *path, const void *data, size_t len,
			 struct tf_out *out, struct tf_error *err)
{
	const struct file *file = find_file(path);
	struct text text = { data, (const char *)data + len }, line;
	int ret = 0;

	while (file && !ret && next_line(&text, &line))
		ret = file->rewrite(t, line, out, err);
	if (!ret && out->err)
		ret = tf_fail(err, out->err, TF_NO_OFFSET, "out of memory");
	return ret;
}
