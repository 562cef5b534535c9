/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One emulated kernel: a machine and the whole stack of allocators on it.
 *
 * kernel ─┬─ slab ───┐
 *         ├─ percpu ─┼─ vm ──┐
 *         │          └───────┴─ pages ── machine
 *
 * Everything hangs off the struct, so two of them never meet.
 */
#ifndef CORE_KERNEL_H
#define CORE_KERNEL_H

#include "core/machine/machine.h"
#include "core/page/page_alloc.h"
#include "core/percpu/percpu.h"
#include "core/slab/slab.h"
#include "core/vm/vmalloc.h"

/*
 * What -s KEY=VALUE changes before boot.  set is a bit mask of enum km_setting: only
 * those fields were given.
 *
 * mem.size lays the zones anew, so marks, protections and per-cpu list sizes are
 * derived; vm.* derive what depends on them; cpus is online and possible CPUs alike (nr_cpus= on
 * a kernel's command line) and derives per-cpu list sizes and percpu units.
 */
enum km_setting {
	KM_SET_SLAB_ALLOCATOR, /* "slub" is the only one */
	KM_SET_SLAB_MAX_ORDER,
	KM_SET_SLAB_MIN_OBJECTS,
	KM_SET_SLAB_CPU_PARTIAL,
	KM_SET_MEM_SIZE,
	KM_SET_CPUS,
	KM_SET_MIN_FREE_KBYTES,
	KM_SET_WATERMARK_SCALE_FACTOR,
	KM_SET_LOWMEM_RESERVE_RATIO,
	KM_SET_PERCPU_PAGELIST_HIGH_FRACTION,
	KM_NR_SETTINGS
};

struct km_settings {
	unsigned int set;		/* 1 << enum km_setting */
	uint64_t value[KM_NR_SETTINGS]; /* mem.size in bytes, of a list the number of its entries */
	/* In the order of the machine's own sysctl: DMA, DMA32, Normal, Movable on 64 bit, DMA,
	 * Normal, HighMem, Movable on 32 bit. */
	uint64_t lowmem_reserve_ratio[KM_NR_ZONE_TYPES];
};

/*
 * "64M", "1g", "4096": a number and at most one of k, M, G, T (powers of 1024).  0 or
 * -EINVAL, -ERANGE: more than 64 bits.
 */
int km_size_parse(const char *text, uint64_t *bytes);

void km_settings_init(struct km_settings *settings);
/*
 * "slab.max_order=1".  0, or negative with one line in reason (len bytes): -ENOENT no
 * such key, -EINVAL bad value, -EOPNOTSUPP a key of the contract that this version cannot apply.
 */
int km_settings_parse(struct km_settings *settings, const char *assignment, char *reason,
		      size_t len);
/* The settings given, by index: name and value as text; NULL at the end.  For the result. */
const char *km_settings_given(const struct km_settings *settings, unsigned int index, char *value,
			      size_t len);

/*
 * Change a profile as km_kernel_boot() does before it boots one: slab's settings are not a
 * machine's.  0, or -EINVAL: no machine has that much or that little memory; the other
 * settings may lead to what only km_profile_check() refuses.
 */
int km_settings_apply(const struct km_settings *settings, struct km_profile *profile);

struct kernel {
	struct km_machine machine;
	struct km_pages pages;
	struct km_slab *slab;
	struct km_vm *vm;
	struct km_percpu *percpu;
	struct km_settings settings;
};

/*
 * Boot on a profile as changed by settings.  The zones' pages are all held: the
 * caller gives them to the buddy lists (km_pages_free_all, or km_pages_seed for a
 * warm start) before km_kernel_start() brings up slab, vm and percpu.
 * -EINVAL: km_profile_check() on kernel->machine.profile says why.  After a failure
 * only km_kernel_release() may follow.
 */
int km_kernel_boot(struct kernel *kernel, const struct km_profile *profile,
		   const struct km_settings *settings);
int km_kernel_start(struct kernel *kernel);
void km_kernel_release(struct kernel *kernel);

/* Every *_is_valid() of the stack, the first complaint; NULL if all is well. */
const char *km_kernel_is_valid(const struct kernel *kernel, char *buf, size_t len);

#endif
