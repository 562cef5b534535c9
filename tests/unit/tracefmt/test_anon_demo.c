/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recorded trace, anonymized: of all names and addresses that are in it none is left,
 * neither in the events nor in any text.
 *
 * Names are looked for as whole words.  Words that the kernel prints whatever it runs on
 * are no names.
 */
#include "tests/unit/suite.h"

#include "tests/unit/tracefmt/sample.h"
#include "tracefmt/anon_caches.h"
#include "tracefmt/pack.h"

#define DEMO "tests/data/demo.kmt"
#define WORD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

/* A set of words or of numbers, sorted. */
struct set {
	char (*words)[72];
	size_t nr;
};

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void add_word(struct set *set, const char *word, size_t len)
{
	if (!len)
		return;
	if (!(set->nr & (set->nr - 1)))
		set->words = realloc(set->words, (set->nr ? set->nr * 2 : 1) * sizeof(*set->words));
	snprintf(set->words[set->nr++], sizeof(*set->words), "%.*s", (int)len, word);
}

static void add_number(struct set *set, uint64_t number)
{
	char word[24];

	add_word(set, word,
		 (size_t)snprintf(word, sizeof(word), "%llx", (unsigned long long)number));
}

static bool has(const struct set *set, const char *word)
{
	return bsearch(word, set->words, set->nr, sizeof(*set->words), compare) != NULL;
}

static bool has_number(const struct set *set, uint64_t number)
{
	char word[24];

	snprintf(word, sizeof(word), "%llx", (unsigned long long)number);
	return has(set, word);
}

/* "function" and "module" of "function+0x1/0x2 [module]". */
static void add_function(struct set *names, const char *text, size_t len)
{
	const char *module = memchr(text, '[', len);

	add_word(names, text, strspn(text, WORD "."));
	if (module)
		add_word(names, module + 1, strspn(module + 1, WORD));
}

/* Callers of areas, and the addresses of these. */
static void add_areas(struct set *names, struct set *addresses, const char *text)
{
	for (; text && *text; text = strchr(text, '\n'), text += text != NULL) {
		const char *caller = text + strcspn(text, " \n");
		size_t len;

		add_number(addresses, strtoull(text, NULL, 16));
		caller += strspn(caller, " 0123456789");
		len = strcspn(caller, "\n");
		if (memchr(caller, '+', len) && strncmp(caller, "pcpu_", 5))
			add_function(names, caller, len);
	}
}

static void collect_meta(const struct tf_meta *meta, struct set *names, struct set *addresses)
{
	for (size_t i = 0; i < meta->nr_symbols; i++) {
		add_function(names, meta->symbols[i].name, strlen(meta->symbols[i].name));
		add_number(addresses, meta->symbols[i].addr);
	}
	for (size_t i = 0; i < meta->nr_caches; i++) {
		if (!tf_anon_is_kmalloc(meta->caches[i].name))
			add_word(names, meta->caches[i].name, strlen(meta->caches[i].name));
	}
	for (size_t i = 0; i < meta->nr_snapshots; i++) {
		const struct tf_snapfile *areas =
			tf_snapshot_file(&meta->snapshots[i], "/proc/vmallocinfo");
		const struct tf_snapfile *slabs =
			tf_snapshot_file(&meta->snapshots[i], "/sys/kernel/slab");
		const char *text = (const char *)slabs->data;

		add_areas(names, addresses, (const char *)areas->data);
		for (; text && *text; text = strchr(text, '\n'), text += text != NULL) {
			if (strncmp(text, "kmalloc-", 8) && strncmp(text, "dma-kmalloc-", 12))
				add_word(names, text, strcspn(text, "/"));
			if (!strncmp(text + strcspn(text, "/\n"), "/ctor=", 6))
				add_function(names, strchr(text, '=') + 1, strcspn(text, "\n"));
		}
	}
	add_word(names, "deb12", 5);
	add_word(names, "ttyS0", 5);
	add_word(names, "modprobe", 8);
}

/* Addresses of data are those above all page frames. */
static void collect_events(struct tf_reader *r, struct set *addresses)
{
	const struct tf_event *events;
	int64_t nr;

	while ((nr = tf_reader_next(r, &events, NULL)) > 0) {
		for (int64_t i = 0; i < nr; i++) {
			if (events[i].addr > UINT64_C(1) << 40 && events[i].addr != TF_NO_PFN)
				add_number(addresses, events[i].addr);
			if (events[i].call_site)
				add_number(addresses, events[i].call_site);
		}
	}
	ck_assert_int_eq(nr, 0);
}

static unsigned nr_words;

/* No word of the text, nor the number that it may be, is in the sets. */
static void check_text(const struct set *names, const struct set *addresses, const char *text)
{
	while (*text) {
		size_t len = strspn(text, WORD);
		char word[72];

		if (!len) {
			text++;
			continue;
		}
		snprintf(word, sizeof(word), "%.*s", (int)len, text);
		ck_assert_msg(!has(names, word), "%s", word);
		if (len >= 8)
			ck_assert_msg(!has_number(addresses, strtoull(word, NULL, 16)), "%s", word);
		nr_words++;
		text += len;
	}
}

static void check_meta(const struct tf_meta *meta, const struct set *names,
		       const struct set *addresses)
{
	for (size_t i = 0; i < meta->nr_facts; i++) {
		check_text(names, addresses, meta->facts[i].key);
		check_text(names, addresses, meta->facts[i].value);
	}
	for (size_t i = 0; i < meta->nr_caches; i++)
		check_text(names, addresses, meta->caches[i].name);
	for (size_t i = 0; i < meta->nr_symbols; i++) {
		check_text(names, addresses, meta->symbols[i].name);
		ck_assert(!has_number(addresses, meta->symbols[i].addr));
	}
	for (size_t i = 0; i < meta->nr_snapshots; i++) {
		for (size_t j = 0; j < meta->snapshots[i].nr_files; j++)
			check_text(names, addresses,
				   (const char *)meta->snapshots[i].files[j].data);
	}
}

static void check_events(struct tf_reader *r, const struct set *addresses, uint64_t nr_events)
{
	const struct tf_event *events;
	uint64_t total = 0;
	int64_t nr;

	while ((nr = tf_reader_next(r, &events, NULL)) > 0) {
		for (int64_t i = 0; i < nr; i++, total++) {
			ck_assert(!has_number(addresses, events[i].addr));
			ck_assert(!events[i].call_site ||
				  !has_number(addresses, events[i].call_site));
		}
	}
	ck_assert_int_eq(nr, 0);
	ck_assert_uint_eq(total, nr_events);
}

START_TEST(test_demo)
{
	const struct tf_pack_options options = {
		.level = 1,
		.to_ns = UINT64_MAX,
		.anonymize = true,
	};
	struct set names = { .nr = 0 }, addresses = { .nr = 0 };
	struct tf_pack_result result;
	struct tf_reader *r, *packed;
	struct tf_error err;
	struct scratch s;

	scratch_begin(&s);
	ck_assert_msg(!tf_reader_open(&r, DEMO, &err), "%s: %s", DEMO, err.reason);
	collect_meta(tf_reader_meta(r), &names, &addresses);
	collect_events(r, &addresses);
	qsort(names.words, names.nr, sizeof(*names.words), compare);
	qsort(addresses.words, addresses.nr, sizeof(*addresses.words), compare);
	ck_assert_uint_gt(names.nr, 1000);
	ck_assert_uint_gt(addresses.nr, 10000);
	tf_reader_rewind(r);
	ck_assert_int_eq(tf_pack(r, s.path, &options, &result, NULL, NULL, &err), 0);
	ck_assert_int_eq(tf_reader_open(&packed, s.path, &err), 0);
	check_meta(tf_reader_meta(packed), &names, &addresses);
	ck_assert_uint_gt(nr_words, 10000);
	check_events(packed, &addresses, result.file.nr_events + result.file.by_kind[TF_MARK]);
	tf_reader_close(packed);
	tf_reader_close(r);
	free(names.words);
	free(addresses.words);
	scratch_end(&s);
}
END_TEST

RUN_SUITE("tracefmt/anon_demo", test_demo)
