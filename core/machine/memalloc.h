/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scopes in which all that a task allocates is restrained: a flag of the task, put back by whoever
 * set it to what it was.
 *
 *   depth of a scope > 0  ⇒  its flag is set, but where a softirq borrows the task: PF_MEMALLOC
 *                            is off there until set again
 *
 * A scope nests, and so do different scopes, in any order between them.  Mirrors
 * include/linux/sched/mm.h, 6.12; what the flags do to a request is core/page's.
 */
#ifndef CORE_MACHINE_MEMALLOC_H
#define CORE_MACHINE_MEMALLOC_H

#include <limits.h>

#include "core/machine/cpu.h"

enum km_memalloc_scope {
	KM_SCOPE_NORECLAIM, /* PF_MEMALLOC */
	KM_SCOPE_NOIO,
	KM_SCOPE_NOFS,
	KM_SCOPE_PIN,
};

/* What a save returns that was one too many (65535 deep): it changed nothing. */
#define KM_MEMALLOC_REFUSED UINT_MAX

/*
 * Open a scope, and return the state before it, for its restore alone to put back: 0 exactly if
 * the flag was clear.
 */
unsigned int km_memalloc_save(struct km_cpu *cpu, enum km_memalloc_scope scope);
/*
 * Close the innermost scope of that kind.  0, or -EINVAL and nothing changed: there is none, the
 * context that was interrupted opened it, or old is not what its save returned.
 */
int km_memalloc_restore(struct km_cpu *cpu, enum km_memalloc_scope scope, unsigned int old,
			const char **why);

/* The kernel's names. */
static inline unsigned int km_memalloc_noreclaim_save(struct km_cpu *cpu)
{
	return km_memalloc_save(cpu, KM_SCOPE_NORECLAIM);
}

static inline unsigned int km_memalloc_noio_save(struct km_cpu *cpu)
{
	return km_memalloc_save(cpu, KM_SCOPE_NOIO);
}

static inline unsigned int km_memalloc_nofs_save(struct km_cpu *cpu)
{
	return km_memalloc_save(cpu, KM_SCOPE_NOFS);
}

static inline unsigned int km_memalloc_pin_save(struct km_cpu *cpu)
{
	return km_memalloc_save(cpu, KM_SCOPE_PIN);
}

static inline int km_memalloc_noreclaim_restore(struct km_cpu *cpu, unsigned int old,
						const char **why)
{
	return km_memalloc_restore(cpu, KM_SCOPE_NORECLAIM, old, why);
}

static inline int km_memalloc_noio_restore(struct km_cpu *cpu, unsigned int old, const char **why)
{
	return km_memalloc_restore(cpu, KM_SCOPE_NOIO, old, why);
}

static inline int km_memalloc_nofs_restore(struct km_cpu *cpu, unsigned int old, const char **why)
{
	return km_memalloc_restore(cpu, KM_SCOPE_NOFS, old, why);
}

static inline int km_memalloc_pin_restore(struct km_cpu *cpu, unsigned int old, const char **why)
{
	return km_memalloc_restore(cpu, KM_SCOPE_PIN, old, why);
}

#endif
