/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks of the paths that have no tracepoint (bpf/untraced.bpf.c), where the kernel lets them
 * in: the host says no by leaving a function out of its BTF, or by refusing a program at its
 * entry or exit.  No hook is an error; each says in the trace how it was had, or why not.
 *
 *      the main programs loaded ─▶ open: choose, load, attach ─▶ ... ─▶ detach ─▶ close
 *
 * The hooks write into the rings of the main programs, whose maps they share.
 */
#ifndef BPF_UNTRACED_H
#define BPF_UNTRACED_H

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "bpf/collector.h"
#include "tracefmt/meta.h"

struct kc_untraced;

struct kc_hook {
	const char *name; /* the path's function, without what a version adds to its name */
	enum kc_class class;
	/*
	 * "fexit", "fentry", "refused: ...", "no such function", "arguments of an unknown shape";
	 * "kprobe": of kmem_cache_free_bulk, those without a cache, kfree_rcu()'s
	 */
	const char *status;
	bool is_had;
};

/*
 * Attach what can be had of the hooks of classes (1 << enum kc_class).  main is loaded, btf is
 * the kernel's; both must outlive it.  0, or -ENOMEM.
 */
int kc_untraced_open(struct kc_untraced **out, const struct bpf_object *main, const struct btf *btf,
		     unsigned int classes);
/* Hooks that concern this kernel and these classes, by number from 0.  False behind the last. */
bool kc_untraced_hook(const struct kc_untraced *untraced, unsigned int i, struct kc_hook *hook);
/* Facts record.hook.NAME.  0 or -ENOMEM. */
int kc_untraced_add_facts(const struct kc_untraced *untraced, struct tf_meta *meta);
/*
 * Of the attached programs, by number from 0: how many runs the kernel has skipped since it was
 * loaded, each of one call, that is of several events.  False behind the last.
 */
bool kc_untraced_skipped(const struct kc_untraced *untraced, unsigned int i, const char **program,
			 uint64_t *count);
/* Takes a while: the kernel waits for all CPUs. */
void kc_untraced_detach(struct kc_untraced *untraced);
void kc_untraced_close(struct kc_untraced *untraced); /* NULL does nothing */

/*
 * Does the kernel have a function of that name with these arguments: one letter each, u a
 * number, p a pointer, S a pointer to struct kmem_cache?  0, -ENOENT or -EPROTO.
 */
int kc_check_function(const struct btf *btf, const char *function, const char *shape);

#endif
