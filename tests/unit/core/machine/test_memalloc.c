/* SPDX-License-Identifier: GPL-2.0-only */
/* Memalloc scopes: what a save returns, what a restore refuses, and what a softirq sees of them. */
#include <errno.h>

#include "tests/unit/suite.h"

#include "core/machine/memalloc.h"

static const uint8_t flags[KM_NR_SCOPES] = { KM_TASK_MEMALLOC, KM_TASK_NOIO, KM_TASK_NOFS,
					     KM_TASK_PIN };

static void refused(struct km_cpu *cpu, enum km_memalloc_scope scope, unsigned int old,
		    const char *reason)
{
	const struct km_cpu before = *cpu;
	const char *why = NULL;

	ck_assert_int_eq(km_memalloc_restore(cpu, scope, old, &why), -EINVAL);
	ck_assert_str_eq(why, reason);
	ck_assert_int_eq(km_memalloc_restore(cpu, scope, old, NULL), -EINVAL);
	ck_assert_mem_eq(&before, cpu, sizeof(before));
}

START_TEST(scopes_nest)
{
	for (int scope = 0; scope < KM_NR_SCOPES; scope++) {
		struct km_cpu cpu = { .task = KM_TASK_REALTIME };
		unsigned int outer = km_memalloc_save(&cpu, scope), inner;

		/* As the kernel's: 0 exactly if the flag was clear. */
		ck_assert_uint_eq(outer, 0);
		ck_assert_uint_eq(cpu.task, KM_TASK_REALTIME | flags[scope]);
		inner = km_memalloc_save(&cpu, scope);
		ck_assert_uint_ne(inner, 0);
		refused(&cpu, scope, outer,
			"memalloc scope restored with what another save returned");
		ck_assert_int_eq(km_memalloc_restore(&cpu, scope, inner, NULL), 0);
		ck_assert_uint_eq(cpu.task, KM_TASK_REALTIME | flags[scope]);
		refused(&cpu, scope, inner,
			"memalloc scope restored with what another save returned");
		ck_assert_int_eq(km_memalloc_restore(&cpu, scope, outer, NULL), 0);
		ck_assert_uint_eq(cpu.task, KM_TASK_REALTIME);
		refused(&cpu, scope, outer, "memalloc scope restored without a save");
	}
}
END_TEST

START_TEST(a_flag_that_was_set_stays)
{
	/* kswapd has PF_MEMALLOC of its own. */
	struct km_cpu cpu = { .task = KM_TASK_MEMALLOC };
	unsigned int old = km_memalloc_noreclaim_save(&cpu);

	ck_assert_uint_eq(old, KM_TASK_MEMALLOC);
	ck_assert_int_eq(km_memalloc_noreclaim_restore(&cpu, old, NULL), 0);
	ck_assert_uint_eq(cpu.task, KM_TASK_MEMALLOC);
}
END_TEST

START_TEST(different_scopes_may_cross)
{
	struct km_cpu cpu = { 0 };
	unsigned int noio = km_memalloc_noio_save(&cpu);
	unsigned int nofs = km_memalloc_nofs_save(&cpu);
	unsigned int pin = km_memalloc_pin_save(&cpu);

	ck_assert_uint_eq(cpu.task, KM_TASK_NOIO | KM_TASK_NOFS | KM_TASK_PIN);
	ck_assert_int_eq(km_memalloc_noio_restore(&cpu, noio, NULL), 0);
	ck_assert_uint_eq(cpu.task, KM_TASK_NOFS | KM_TASK_PIN);
	ck_assert_int_eq(km_memalloc_pin_restore(&cpu, pin, NULL), 0);
	ck_assert_int_eq(km_memalloc_nofs_restore(&cpu, nofs, NULL), 0);
	ck_assert_uint_eq(cpu.task, 0);
}
END_TEST

START_TEST(foreign_states_are_refused)
{
	struct km_cpu cpu = { 0 };
	unsigned int noio = km_memalloc_noio_save(&cpu);

	refused(&cpu, KM_SCOPE_NOIO, KM_TASK_NOFS,
		"memalloc scope restored with what another save returned");
	refused(&cpu, KM_SCOPE_NOIO, KM_MEMALLOC_REFUSED,
		"memalloc scope restored with what another save returned");
	refused(&cpu, KM_SCOPE_NOFS, noio, "memalloc scope restored without a save");
	cpu.scopes[KM_SCOPE_NOIO] = UINT16_MAX;
	ck_assert_uint_eq(km_memalloc_noio_save(&cpu), KM_MEMALLOC_REFUSED);
	ck_assert_uint_eq(cpu.scopes[KM_SCOPE_NOIO], UINT16_MAX);
}
END_TEST

START_TEST(interrupts_have_scopes_of_their_own)
{
	struct km_cpu cpu = { 0 };
	unsigned int outer = km_memalloc_nofs_save(&cpu), inner;
	const char *why = NULL;

	ck_assert_int_eq(km_irq_enter(&cpu, NULL), 0);
	ck_assert_uint_eq(cpu.task, KM_TASK_NOFS);
	refused(&cpu, KM_SCOPE_NOFS, outer,
		"memalloc scope restored in an interrupt that did not save it");
	inner = km_memalloc_nofs_save(&cpu);
	ck_assert_int_eq(km_irq_exit(&cpu, &why), -EINVAL);
	ck_assert_str_eq(why, "interrupt left inside a memalloc scope");
	ck_assert_int_eq(km_memalloc_nofs_restore(&cpu, inner, NULL), 0);
	ck_assert_int_eq(km_irq_exit(&cpu, NULL), 0);
	ck_assert_int_eq(km_memalloc_nofs_restore(&cpu, outer, NULL), 0);
	ck_assert_uint_eq(cpu.task, 0);
}
END_TEST

START_TEST(a_softirq_borrows_no_memalloc)
{
	struct km_cpu cpu = { .task = KM_TASK_NOIO };
	unsigned int outer = km_memalloc_noreclaim_save(&cpu), inner;

	ck_assert_int_eq(km_softirq_enter(&cpu, NULL), 0);
	ck_assert_uint_eq(cpu.task, KM_TASK_NOIO);
	/* A softirq that swaps over the network may take it for itself. */
	inner = km_memalloc_noreclaim_save(&cpu);
	ck_assert_uint_eq(cpu.task, KM_TASK_NOIO | KM_TASK_MEMALLOC);
	/* A hardirq takes the flags as they are. */
	ck_assert_int_eq(km_irq_enter(&cpu, NULL), 0);
	ck_assert_uint_eq(cpu.task, KM_TASK_NOIO | KM_TASK_MEMALLOC);
	ck_assert_int_eq(km_irq_exit(&cpu, NULL), 0);
	ck_assert_int_eq(km_memalloc_noreclaim_restore(&cpu, inner, NULL), 0);
	ck_assert_uint_eq(cpu.task, KM_TASK_NOIO);
	ck_assert_int_eq(km_softirq_exit(&cpu, NULL), 0);
	ck_assert_uint_eq(cpu.task, KM_TASK_NOIO | KM_TASK_MEMALLOC);
	ck_assert_int_eq(km_memalloc_noreclaim_restore(&cpu, outer, NULL), 0);
	ck_assert_uint_eq(cpu.task, KM_TASK_NOIO);
}
END_TEST

RUN_SUITE("machine/memalloc", scopes_nest, a_flag_that_was_set_stays, different_scopes_may_cross,
	  foreign_states_are_refused, interrupts_have_scopes_of_their_own,
	  a_softirq_borrows_no_memalloc)
