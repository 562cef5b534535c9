/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the running kernel's BTF says of its functions, types and per-CPU variables.
 *
 * A shape is one letter an argument: u a number, p a pointer, S a pointer to struct kmem_cache.
 */
#ifndef BPF_KERNEL_BTF_H
#define BPF_KERNEL_BTF_H

#include <bpf/btf.h>
#include <linux/types.h>
#include <stdbool.h>

/* The type behind typedefs and modifiers; NULL if there is none of that id. */
const struct btf_type *kc_btf_type(const struct btf *btf, __u32 id);
/* Has a function, behind the first skip arguments, those of the shape and no more? */
bool kc_btf_has_arguments(const struct btf *btf, const struct btf_type *proto, unsigned int skip,
			  const char *shape);
/* Offset of a per-CPU variable in its section, -1 if BTF does not have it; its type in *type. */
__s64 kc_btf_percpu_offset(const struct btf *btf, const char *name, __u32 *type);
/* Byte offset of a member of a struct, looking into anonymous ones; -1 if there is none. */
__s64 kc_btf_member_offset(const struct btf *btf, __u32 type, const char *name);
/* The same of struct TYPE. */
__s64 kc_btf_struct_offset(const struct btf *btf, const char *type, const char *member);
/* The value of an enumerator of that enum, -1 if there is none. */
__s64 kc_btf_enum_value(const struct btf *btf, const char *enumeration, const char *name);
/* sizeof(struct NAME), 0 if BTF does not have it. */
unsigned int kc_btf_struct_size(const struct btf *btf, const char *name);

#endif
