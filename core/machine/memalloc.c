/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memalloc scopes of the task on a CPU.
 *
 * The state that a save returns is the flag as it was, and above it how many scopes of the kind
 * were open: so a restore that is not the innermost one's can be told from one that is.
 */
#include <errno.h>

#include "core/machine/memalloc.h"

#define DEPTH_SHIFT 8

static const uint8_t scope_flag[KM_NR_SCOPES] = {
	[KM_SCOPE_NORECLAIM] = KM_TASK_MEMALLOC,
	[KM_SCOPE_NOIO] = KM_TASK_NOIO,
	[KM_SCOPE_NOFS] = KM_TASK_NOFS,
	[KM_SCOPE_PIN] = KM_TASK_PIN,
};

unsigned int km_memalloc_save(struct km_cpu *cpu, enum km_memalloc_scope scope)
{
	const uint8_t flag = scope_flag[scope];
	unsigned int old = (unsigned int)cpu->scopes[scope] << DEPTH_SHIFT | (cpu->task & flag);

	if (cpu->scopes[scope] == UINT16_MAX)
		return KM_MEMALLOC_REFUSED;
	cpu->scopes[scope]++;
	cpu->task |= flag;
	return old;
}

static int refuse(const char *reason, const char **why)
{
	if (why)
		*why = reason;
	return -EINVAL;
}

int km_memalloc_restore(struct km_cpu *cpu, enum km_memalloc_scope scope, unsigned int old,
			const char **why)
{
	const uint8_t flag = scope_flag[scope];
	const unsigned int depth = cpu->scopes[scope];

	if (!depth)
		return refuse("memalloc scope restored without a save", why);
	if (cpu->nr_frames && depth <= cpu->frames[cpu->nr_frames - 1].scopes[scope])
		return refuse("memalloc scope restored in an interrupt that did not save it", why);
	if (old >> DEPTH_SHIFT != depth - 1 || old & (UINT8_MAX & ~flag))
		return refuse("memalloc scope restored with what another save returned", why);
	cpu->scopes[scope]--;
	cpu->task = (cpu->task & ~flag) | (old & flag);
	return 0;
}
