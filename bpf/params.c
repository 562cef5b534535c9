/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels and is not a program's shape: offsets, for the programs, and the
 * numbers of gfp bits, for the trace.
 */
#include "bpf/params.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bpf/kernel_btf.h"
#include "bpf/programs.h"

static const char gfp_prefix[] = "___GFP_";

/*
 * How a page tells that it is a slab's: by the top byte of page_type (6.11 and later), before
 * by a bit of its flags.  Between 6.10 and 6.11 the value of the type is in no enum.
 */
static void fill_page_params(const struct btf *btf, struct kc_params *params)
{
	__s64 head = kc_btf_struct_offset(btf, "page", "compound_head");
	__s64 cache = kc_btf_struct_offset(btf, "slab", "slab_cache");
	__s64 type = kc_btf_enum_value(btf, "pagetype", "PGTY_slab");
	__s64 flag = kc_btf_enum_value(btf, "pageflags", "PG_slab");
	__s64 type_at = kc_btf_struct_offset(btf, "page", "page_type");

	if (cache < 0)
		cache = kc_btf_struct_offset(btf, "page", "slab_cache");
	if (head < 0 || cache < 0)
		return;
	if (type > 0 && type_at >= 0) {
		params->slab_word = (__u32)type_at;
		params->slab_shift = 24;
		params->slab_mask = 0xff;
		params->slab_value = (__u32)type;
	} else if (flag >= 0) {
		params->slab_word = 0;
		params->slab_shift = (__u32)flag;
		params->slab_mask = 1;
		params->slab_value = 1;
	} else {
		return;
	}
	params->compound_head = (__u32)head;
	params->slab_cache = (__u32)cache;
	params->page_bytes = kc_btf_struct_size(btf, "page");
}

void kc_fill_params(const struct btf *btf, struct kc_params *params)
{
	__u32 type = 0;
	__s64 runqueues = kc_btf_percpu_offset(btf, "runqueues", &type);
	__s64 preempt = kc_btf_percpu_offset(btf, "__preempt_count", &type);
	__s64 current = kc_btf_percpu_offset(btf, "current_task", &type);

	if (preempt < 0) {
		/* x86 from 6.2 to 6.14 */
		__s64 hot = kc_btf_percpu_offset(btf, "pcpu_hot", &type);
		__s64 member = hot < 0 ? -1 : kc_btf_member_offset(btf, type, "preempt_count");

		preempt = member < 0 ? -1 : hot + member;
		member = hot < 0 ? -1 : kc_btf_member_offset(btf, type, "current_task");
		current = member < 0 ? -1 : hot + member;
	}
	if (runqueues >= 0 && preempt >= 0) {
		params->offset_runqueues = (__u64)runqueues;
		params->offset_preempt_count = (__u64)preempt;
		params->offset_current = current >= 0 ? (__u64)current : 0;
	}
	if (btf__find_by_name_kind(btf, "bpf_rdonly_cast", BTF_KIND_FUNC) > 0) {
		__s32 words = btf__find_by_name_kind(btf, "pt_regs", BTF_KIND_STRUCT);

		params->words_type = words > 0 ? (__u32)words : 0;
	}
	fill_page_params(btf, params);
}

/* One value of the enum as a fact.  1, 0 if it names no flag, or -ENOMEM. */
static int add_gfp_fact(const char *name, int bit, struct tf_meta *meta)
{
	static const char suffix[] = "_BIT";
	char key[64];
	int len;

	if (strncmp(name, gfp_prefix, strlen(gfp_prefix)) || !kc_has_suffix(name, suffix))
		return 0;
	name += strlen(gfp_prefix);
	len = (int)strlen(name) - (int)(sizeof(suffix) - 1);
	if (len <= 0 || !strcmp(name, "LAST_BIT") || !strcmp(name, "UNUSED_BIT"))
		return 0;
	snprintf(key, sizeof(key), "gfp.%.*s", len, name);
	return tf_meta_setf(meta, key, "%d", bit) ? -ENOMEM : 1;
}

/* ___GFP_DMA_BIT is 0, ___GFP_LAST_BIT counts them. */
int kc_add_gfp_facts(const struct btf *btf, struct tf_meta *meta)
{
	__u32 nr = btf__type_cnt(btf);
	int found = 0;

	for (__u32 id = 1; id < nr; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const struct btf_enum *e;

		if (!btf_is_enum(t) || t->name_off || !btf_vlen(t))
			continue;
		e = btf_enum(t);
		if (strncmp(btf__name_by_offset(btf, e->name_off), gfp_prefix, strlen(gfp_prefix)))
			continue;
		for (unsigned int i = 0; i < btf_vlen(t); i++) {
			int ret = add_gfp_fact(btf__name_by_offset(btf, e[i].name_off), e[i].val,
					       meta);

			if (ret < 0)
				return ret;
			found += ret;
		}
		break;
	}
	return found;
}
