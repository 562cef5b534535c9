/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looking things up in BTF.
 */
#include "bpf/kernel_btf.h"

#include <string.h>

const struct btf_type *kc_btf_type(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

static bool argument_is(const struct btf *btf, __u32 id, char letter)
{
	const struct btf_type *t = kc_btf_type(btf, id);
	const char *name;

	if (!t)
		return false;
	if (letter == 'u')
		return btf_is_int(t) || btf_is_any_enum(t);
	if (!btf_is_ptr(t))
		return false;
	if (letter == 'p')
		return true;
	t = kc_btf_type(btf, t->type);
	name = t && btf_is_struct(t) ? btf__name_by_offset(btf, t->name_off) : NULL;
	return name && !strcmp(name, "kmem_cache");
}

bool kc_btf_has_arguments(const struct btf *btf, const struct btf_type *proto, unsigned int skip,
			  const char *shape)
{
	if (!btf_is_func_proto(proto) || btf_vlen(proto) != strlen(shape) + skip)
		return false;
	for (unsigned int i = 0; shape[i]; i++)
		if (!argument_is(btf, btf_params(proto)[skip + i].type, shape[i]))
			return false;
	return true;
}

__s64 kc_btf_percpu_offset(const struct btf *btf, const char *name, __u32 *type)
{
	__s32 var = btf__find_by_name_kind(btf, name, BTF_KIND_VAR);
	__u32 nr = btf__type_cnt(btf);

	for (__u32 id = 1; var > 0 && id < nr; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const struct btf_var_secinfo *info;

		if (!btf_is_datasec(t))
			continue;
		info = btf_var_secinfos(t);
		for (unsigned int i = 0; i < btf_vlen(t); i++) {
			if (info[i].type != (__u32)var)
				continue;
			*type = btf__type_by_id(btf, (__u32)var)->type;
			return info[i].offset;
		}
	}
	return -1;
}

__s64 kc_btf_member_offset(const struct btf *btf, __u32 type, const char *name)
{
	const struct btf_type *t = kc_btf_type(btf, type);
	const struct btf_member *m;

	if (!t || !btf_is_composite(t))
		return -1;
	m = btf_members(t);
	for (unsigned int i = 0; i < btf_vlen(t); i++, m++) {
		const char *member = btf__name_by_offset(btf, m->name_off);
		__s64 inner;

		if (!strcmp(member, name))
			return btf_member_bit_offset(t, i) / 8;
		if (member[0])
			continue;
		inner = kc_btf_member_offset(btf, m->type, name);
		if (inner >= 0)
			return inner + btf_member_bit_offset(t, i) / 8;
	}
	return -1;
}

__s64 kc_btf_struct_offset(const struct btf *btf, const char *type, const char *member)
{
	__s32 id = btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT);

	return id > 0 ? kc_btf_member_offset(btf, (__u32)id, member) : -1;
}

__s64 kc_btf_enum_value(const struct btf *btf, const char *enumeration, const char *name)
{
	__s32 id = btf__find_by_name_kind(btf, enumeration, BTF_KIND_ENUM);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;

	for (unsigned int i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_enum(t)[i].name_off), name))
			return btf_enum(t)[i].val;
	return -1;
}

unsigned int kc_btf_struct_size(const struct btf *btf, const char *name)
{
	__s32 id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

	return id > 0 ? btf__type_by_id(btf, (__u32)id)->size : 0;
}
