/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two passes over addresses, one over events: collect them, then name them.
 */
#include "bpf/symbolize.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/addr_set.h"
#include "bpf/error.h"
#include "bpf/symbols.h"

/* A kernel has some 100,000 places that call an allocator; a file may claim more. */
#define MAX_ADDRS (1u << 20)

static int add(struct kc_addr_set *set, uint64_t addr)
{
	int ret = set->nr < MAX_ADDRS ? kc_addr_set_add(set, addr) : 0;

	return ret < 0 ? ret : 0;
}

static int collect_events(struct tf_reader *r, struct kc_addr_set *set)
{
	const struct tf_event *events;
	struct tf_error damage;
	int64_t nr;
	int ret = 0;

	tf_reader_set_want(r, 0);
	while (!ret && (nr = tf_reader_next(r, &events, &damage))) {
		if (nr == -ENOMEM)
			ret = -ENOMEM;
		for (int64_t i = 0; i < nr && !ret; i++)
			ret = add(set, events[i].call_site);
	}
	tf_reader_set_want(r, TF_WANT_ALL);
	tf_reader_rewind(r);
	return ret;
}

static int collect_stacks(const struct tf_meta *meta, struct kc_addr_set *set)
{
	int ret = 0;

	for (size_t i = 0; i < meta->nr_stacks; i++)
		for (uint32_t k = 0; k < meta->stacks[i].nr_frames && !ret; k++)
			ret = add(set, meta->stacks[i].frames[k]);
	return ret;
}

static int name_all(const struct kc_kallsyms *table, const struct tf_meta *meta,
		    const uint64_t *addrs, struct tf_meta *out, struct kc_symbolized *result)
{
	int ret = 0;

	for (size_t i = 0; i < result->nr_addrs && !ret; i++) {
		char name[256];
		uint32_t offset;

		if (tf_meta_symbol(meta, addrs[i])) {
			result->nr_known++;
			continue;
		}
		/* A return address belongs to the call before it, even at the end of a function. */
		if (kc_kallsyms_find(table, addrs[i] - 1, name, sizeof(name), &offset))
			continue;
		ret = tf_meta_add_symbol(out, addrs[i], name, offset + 1);
		result->nr_named += !ret;
	}
	return ret;
}

/* Addresses that are not those of the kernel's code. */
static int refuse_made_up(struct tf_reader *r, struct kc_error *err)
{
	const char *sites = tf_meta_get(tf_reader_meta(r), "import.call_sites");
	struct tf_reader_info info;

	tf_reader_get_info(r, &info);
	if (info.anonymized)
		return kc_fail(err, -EINVAL, "it is anonymized: its call sites are made up");
	if (sites && !strncmp(sites, "made up", 7))
		return kc_fail(err, -EINVAL,
			       "its call sites are made up, for it was imported from names alone");
	return 0;
}

static int symbolize(struct tf_reader *r, struct kc_symbols *symbols, struct kc_addr_set *set,
		     struct tf_meta *out, struct kc_symbolized *result, struct kc_error *err)
{
	const struct tf_meta *meta = tf_reader_meta(r);
	uint64_t *addrs;
	int ret = collect_events(r, set);

	if (!ret)
		ret = collect_stacks(meta, set);
	addrs = ret ? NULL : kc_addr_set_list(set);
	if (!addrs)
		return kc_fail(err, -ENOMEM, "out of memory");
	result->nr_addrs = set->nr;
	for (size_t i = 0; i < set->nr && !ret; i++)
		ret = kc_symbols_see(symbols, addrs[i]);
	if (!ret)
		ret = kc_symbols_finish(symbols);
	if (ret >= 0 && kc_symbols_table(symbols))
		ret = name_all(kc_symbols_table(symbols), meta, addrs, out, result);
	else if (ret >= 0 && set->nr)
		ret = kc_fail(err, -EINVAL, "%s", kc_symbols_source(symbols) + strlen("none: "));
	if (!ret && kc_symbols_table(symbols))
		ret = kc_symbols_add_facts(symbols, out);
	if (ret == -ENOMEM)
		kc_fail(err, ret, "out of memory");
	free(addrs);
	return ret;
}

int kc_symbolize(struct tf_reader *r, const char *vmlinux, struct tf_meta *out,
		 struct kc_symbolized *result, struct kc_error *err)
{
	struct kc_addr_set set = { .slots = NULL };
	struct kc_symbols *symbols = NULL;
	int ret;

	memset(result, 0, sizeof(*result));
	ret = refuse_made_up(r, err);
	if (!ret)
		ret = kc_symbols_open_trace(&symbols, vmlinux, tf_reader_meta(r), err);
	if (!ret)
		ret = symbolize(r, symbols, &set, out, result, err);
	kc_symbols_close(symbols);
	kc_addr_set_release(&set);
	return ret;
}
