/* SPDX-License-Identifier: GPL-2.0-only */
/* Contexts of a CPU: what nests, what is refused and why, and when it may sleep. */
#include <errno.h>
#include <string.h>

#include "tests/unit/suite.h"

#include "core/machine/cpu.h"

/* A call that is refused says why, and changes nothing; why need not be asked. */
#define REFUSED(cpu, call, call_null, reason)                                                      \
	do {                                                                                       \
		const struct km_cpu before = *(cpu);                                               \
		const char *why = NULL;                                                            \
                                                                                                   \
		ck_assert_int_eq(call, -EINVAL);                                                   \
		ck_assert_str_eq(why, reason);                                                     \
		ck_assert_int_eq(call_null, -EINVAL);                                              \
		ck_assert_mem_eq(&before, cpu, sizeof(before));                                    \
	} while (0)
#define REFUSES(function, cpu, reason)                                                             \
	REFUSED(cpu, function(cpu, &why), function(cpu, NULL), reason)
#define OK(call) ck_assert_int_eq(call, 0)

START_TEST(why_a_cpu_cannot_sleep)
{
	struct km_cpu cpu = { 0 };

	ck_assert_pstr_eq(km_cpu_cannot_sleep(&cpu), NULL);
	cpu.rcu = 1;
	ck_assert_str_eq(km_cpu_cannot_sleep(&cpu), "in RCU reader");
	cpu.preempt = 1;
	ck_assert_str_eq(km_cpu_cannot_sleep(&cpu), "preemption disabled");
	cpu.bh_off = true;
	ck_assert_str_eq(km_cpu_cannot_sleep(&cpu), "bottom halves off");
	cpu.irqs_off = true;
	ck_assert_str_eq(km_cpu_cannot_sleep(&cpu), "interrupts off");
	cpu.softirq = true;
	ck_assert_str_eq(km_cpu_cannot_sleep(&cpu), "in softirq");
	cpu.hardirq = true;
	ck_assert_str_eq(km_cpu_cannot_sleep(&cpu), "in hardirq");
	cpu.nmi = true;
	ck_assert_str_eq(km_cpu_cannot_sleep(&cpu), "in NMI");
}
END_TEST

START_TEST(might_sleep_tells_the_depth)
{
	struct km_cpu cpu = { 0 };
	char buf[40], small[8];

	ck_assert_pstr_eq(km_might_sleep(&cpu, buf, sizeof(buf)), NULL);
	OK(km_preempt_disable(&cpu, NULL));
	OK(km_preempt_disable(&cpu, NULL));
	ck_assert_str_eq(km_might_sleep(&cpu, buf, sizeof(buf)), "preemption disabled, depth 2");
	ck_assert_str_eq(km_might_sleep(&cpu, small, sizeof(small)), "preempt");
	OK(km_local_bh_disable(&cpu, NULL));
	ck_assert_str_eq(km_might_sleep(&cpu, buf, sizeof(buf)), "bottom halves off, depth 1");
	OK(km_irq_enter(&cpu, NULL));
	ck_assert_str_eq(km_might_sleep(&cpu, buf, sizeof(buf)), "in hardirq, depth 1");
	OK(km_irq_exit(&cpu, NULL));
	OK(km_local_bh_enable(&cpu, NULL));
	OK(km_preempt_enable(&cpu, NULL));
	ck_assert_str_eq(km_might_sleep(&cpu, buf, sizeof(buf)), "preemption disabled, depth 1");
	OK(km_preempt_enable(&cpu, NULL));
	ck_assert_pstr_eq(km_might_sleep(&cpu, buf, sizeof(buf)), NULL);

	/* The longest answer fits the 40 bytes that the header promises. */
	cpu.preempt = 255;
	ck_assert_str_eq(km_might_sleep(&cpu, buf, sizeof(buf)), "preemption disabled, depth 255");
}
END_TEST

START_TEST(counts_are_the_kernels)
{
	struct km_cpu cpu = { 0 };

	ck_assert_uint_eq(km_preempt_count(&cpu), 0);
	ck_assert(km_in_task(&cpu) && !km_in_interrupt(&cpu) && !km_in_atomic(&cpu));
	OK(km_preempt_disable(&cpu, NULL));
	ck_assert_uint_eq(km_preempt_count(&cpu), 0x1);
	ck_assert(km_in_task(&cpu) && !km_in_interrupt(&cpu) && km_in_atomic(&cpu));
	OK(km_softirq_enter(&cpu, NULL));
	ck_assert_uint_eq(km_preempt_count(&cpu), 0x101);
	ck_assert(!km_in_task(&cpu) && km_in_interrupt(&cpu) && km_in_serving_softirq(&cpu));
	OK(km_local_bh_disable(&cpu, NULL));
	ck_assert_uint_eq(km_preempt_count(&cpu), 0x301);
	OK(km_irq_enter(&cpu, NULL));
	ck_assert_uint_eq(km_preempt_count(&cpu), 0x10301);
	ck_assert(km_in_hardirq(&cpu) && !km_in_nmi(&cpu));
	OK(km_nmi_enter(&cpu, NULL));
	ck_assert_uint_eq(km_preempt_count(&cpu), 0x120301);
	ck_assert(km_in_nmi(&cpu) && km_in_hardirq(&cpu));
	ck_assert_pstr_eq(km_cpu_check(&cpu), NULL);
	OK(km_nmi_exit(&cpu, NULL));
	OK(km_irq_exit(&cpu, NULL));
	OK(km_local_bh_enable(&cpu, NULL));
	OK(km_softirq_exit(&cpu, NULL));
	ck_assert_uint_eq(km_preempt_count(&cpu), 0x1);

	/* Disabled bottom halves are an interrupt to in_interrupt(), not to in_task(). */
	OK(km_preempt_enable(&cpu, NULL));
	OK(km_local_bh_disable(&cpu, NULL));
	ck_assert_uint_eq(km_preempt_count(&cpu), 0x200);
	ck_assert(km_in_task(&cpu) && km_in_interrupt(&cpu) && !km_in_serving_softirq(&cpu));
	/* Interrupts that are off are not in the count. */
	OK(km_local_bh_enable(&cpu, NULL));
	OK(km_local_irq_disable(&cpu, NULL));
	ck_assert(!km_in_atomic(&cpu));
	ck_assert_str_eq(km_cpu_cannot_sleep(&cpu), "interrupts off");
}
END_TEST

START_TEST(rcu_readers)
{
	struct km_cpu cpu = { 0 };

	/* Without preemptible RCU a reader is a section without preemption. */
	OK(km_rcu_read_lock(&cpu, NULL));
	OK(km_rcu_read_lock(&cpu, NULL));
	ck_assert_uint_eq(km_preempt_count(&cpu), 2);
	ck_assert(km_in_atomic(&cpu));
	ck_assert_str_eq(km_cpu_cannot_sleep(&cpu), "in RCU reader");
	OK(km_rcu_read_unlock(&cpu, NULL));
	OK(km_rcu_read_unlock(&cpu, NULL));
	ck_assert_pstr_eq(km_cpu_cannot_sleep(&cpu), NULL);
	REFUSES(km_rcu_read_unlock, &cpu, "RCU reader left without being entered");

	cpu.preempt_rcu = true;
	OK(km_rcu_read_lock(&cpu, NULL));
	ck_assert_uint_eq(km_preempt_count(&cpu), 0);
	ck_assert(!km_in_atomic(&cpu));
	ck_assert_str_eq(km_cpu_cannot_sleep(&cpu), "in RCU reader");
	OK(km_irq_enter(&cpu, NULL));
	REFUSES(km_rcu_read_unlock, &cpu, "RCU reader left in an interrupt that did not enter it");
	OK(km_rcu_read_lock(&cpu, NULL));
	REFUSES(km_irq_exit, &cpu, "interrupt left inside an RCU reader");
	OK(km_rcu_read_unlock(&cpu, NULL));
	OK(km_irq_exit(&cpu, NULL));
	for (int i = 0; i < 254; i++)
		OK(km_rcu_read_lock(&cpu, NULL));
	REFUSES(km_rcu_read_lock, &cpu, "RCU readers more than 255 deep");
}
END_TEST

START_TEST(unbalanced_calls_are_refused)
{
	struct km_cpu cpu = { .id = 3 };

	REFUSES(km_preempt_enable, &cpu, "preemption enabled without being disabled");
	REFUSES(km_local_bh_enable, &cpu, "bottom halves enabled without being disabled");
	REFUSES(km_local_irq_enable, &cpu, "interrupts enabled while they are on");
	REFUSED(&cpu, km_local_irq_restore(&cpu, 0, &why), km_local_irq_restore(&cpu, 0, NULL),
		"interrupts restored without being saved");
	REFUSES(km_softirq_exit, &cpu, "softirq left outside a softirq");
	REFUSES(km_irq_exit, &cpu, "hardirq left outside a hardirq");
	REFUSES(km_nmi_exit, &cpu, "NMI left outside an NMI");
	/* An interrupt is left by its own exit, the innermost one first. */
	OK(km_softirq_enter(&cpu, NULL));
	OK(km_irq_enter(&cpu, NULL));
	OK(km_nmi_enter(&cpu, NULL));
	REFUSES(km_softirq_exit, &cpu, "softirq left outside a softirq");
	REFUSES(km_irq_exit, &cpu, "hardirq left outside a hardirq");
	OK(km_nmi_exit(&cpu, NULL));
	REFUSES(km_nmi_exit, &cpu, "NMI left outside an NMI");
	OK(km_irq_exit(&cpu, NULL));
	OK(km_softirq_exit(&cpu, NULL));
	ck_assert_uint_eq(km_preempt_count(&cpu), 0);
	ck_assert_uint_eq(cpu.nr_frames, 0);
}
END_TEST

START_TEST(counts_do_not_overflow)
{
	struct km_cpu cpu = { 0 };
	unsigned int flags;

	for (int i = 0; i < 255; i++)
		OK(km_preempt_disable(&cpu, NULL));
	REFUSES(km_preempt_disable, &cpu, "preemption disabled more than 255 deep");
	/* A reader that counts as disabled preemption has no room left either. */
	REFUSES(km_rcu_read_lock, &cpu, "RCU readers more than 255 deep");
	for (int i = 0; i < 127; i++)
		OK(km_local_bh_disable(&cpu, NULL));
	REFUSES(km_local_bh_disable, &cpu, "bottom halves disabled more than 127 deep");
	ck_assert_uint_eq(km_preempt_count(&cpu), 0xfeff);
	for (int i = 0; i < 255; i++)
		OK(km_local_irq_save(&cpu, &flags, NULL));
	REFUSED(&cpu, km_local_irq_save(&cpu, &flags, &why), km_local_irq_save(&cpu, &flags, NULL),
		"interrupts saved more than 255 deep");
	ck_assert_pstr_eq(km_cpu_check(&cpu), NULL);
}
END_TEST

START_TEST(sixteen_contexts_at_most)
{
	struct km_cpu cpu = { 0 };

	OK(km_softirq_enter(&cpu, NULL));
	for (int i = 0; i < 15; i++) {
		OK(km_irq_enter(&cpu, NULL));
		OK(km_local_irq_enable(&cpu, NULL));
	}
	REFUSES(km_irq_enter, &cpu, "hardirqs more than 15 deep");
	REFUSES(km_nmi_enter, &cpu, "NMIs and hardirqs more than 15 deep");
	ck_assert_uint_eq(cpu.nr_frames, KM_MAX_CONTEXTS);
	ck_assert_pstr_eq(km_cpu_check(&cpu), NULL);
	for (int i = 0; i < 15; i++)
		OK(km_irq_exit(&cpu, NULL));
	for (int i = 0; i < 15; i++)
		OK(km_nmi_enter(&cpu, NULL));
	REFUSES(km_nmi_enter, &cpu, "NMIs and hardirqs more than 15 deep");
	/* Fields set by hand cannot make it write beyond its frames. */
	cpu.nmi = 0;
	cpu.irqs_off = 0;
	REFUSES(km_irq_enter, &cpu, "contexts more than 16 deep");
}
END_TEST

START_TEST(what_keeps_an_interrupt_away)
{
	struct km_cpu cpu = { 0 };

	OK(km_local_bh_disable(&cpu, NULL));
	REFUSES(km_softirq_enter, &cpu, "softirq entered while bottom halves are off");
	OK(km_local_bh_enable(&cpu, NULL));
	OK(km_local_irq_disable(&cpu, NULL));
	REFUSES(km_softirq_enter, &cpu, "softirq entered while interrupts are off");
	REFUSES(km_irq_enter, &cpu, "hardirq entered while interrupts are off");
	OK(km_nmi_enter(&cpu, NULL));
	REFUSES(km_irq_enter, &cpu, "hardirq entered in NMI");
	REFUSES(km_softirq_enter, &cpu, "softirq entered in hardirq");
	REFUSES(km_local_irq_enable, &cpu, "interrupts enabled in NMI");
	OK(km_nmi_exit(&cpu, NULL));
	ck_assert_uint_eq(cpu.irqs_off, 1);
	OK(km_local_irq_enable(&cpu, NULL));
	OK(km_softirq_enter(&cpu, NULL));
	REFUSES(km_softirq_enter, &cpu, "softirq entered in softirq");
	OK(km_irq_enter(&cpu, NULL));
	/* A handler begins with interrupts off; one that turns them on may be interrupted. */
	REFUSES(km_irq_enter, &cpu, "hardirq entered while interrupts are off");
	REFUSES(km_local_bh_disable, &cpu, "bottom halves disabled in hardirq");
	REFUSES(km_local_bh_enable, &cpu, "bottom halves enabled in hardirq");
	OK(km_local_irq_enable(&cpu, NULL));
	OK(km_irq_enter(&cpu, NULL));
	ck_assert_uint_eq(cpu.hardirq, 2);
	OK(km_irq_exit(&cpu, NULL));
	ck_assert_uint_eq(cpu.irqs_off, 0);
	OK(km_irq_exit(&cpu, NULL));
	OK(km_softirq_exit(&cpu, NULL));
}
END_TEST

START_TEST(interrupts_leave_what_they_found)
{
	struct km_cpu cpu = { 0 };
	unsigned int flags;

	OK(km_preempt_disable(&cpu, NULL));
	OK(km_irq_enter(&cpu, NULL));
	REFUSES(km_preempt_enable, &cpu,
		"preemption enabled in an interrupt that did not disable it");
	OK(km_preempt_disable(&cpu, NULL));
	REFUSES(km_irq_exit, &cpu, "interrupt left with preemption disabled in it");
	OK(km_preempt_enable(&cpu, NULL));
	OK(km_local_irq_save(&cpu, &flags, NULL));
	REFUSES(km_irq_exit, &cpu, "interrupt left with interrupts saved in it");
	OK(km_local_irq_restore(&cpu, flags, NULL));
	OK(km_irq_exit(&cpu, NULL));

	OK(km_softirq_enter(&cpu, NULL));
	OK(km_local_bh_disable(&cpu, NULL));
	REFUSES(km_softirq_exit, &cpu, "interrupt left with bottom halves disabled in it");
	OK(km_local_bh_enable(&cpu, NULL));
	OK(km_local_irq_disable(&cpu, NULL));
	REFUSES(km_softirq_exit, &cpu, "softirq left with interrupts off");
	OK(km_local_irq_enable(&cpu, NULL));
	OK(km_softirq_exit(&cpu, NULL));

	/* A recorded softirq that hit a section of the task's without bottom halves: a lie of the
	 * recorder or of the kernel, and still nothing that the softirq may enable. */
	km_cpu_set_context(&cpu, &(struct km_cpu_context){ KM_CTX_SOFTIRQ | KM_CTX_BH_OFF, 1, 0 });
	REFUSES(km_local_bh_enable, &cpu,
		"bottom halves enabled in an interrupt that did not disable them");
}
END_TEST

START_TEST(interrupt_flags_nest)
{
	struct km_cpu cpu = { 0 };
	unsigned int outer, inner, plain;
	char buf[40];

	/* Disabling twice is once. */
	OK(km_local_irq_disable(&cpu, NULL));
	OK(km_local_irq_disable(&cpu, NULL));
	ck_assert_uint_eq(cpu.irqs_off, 1);
	OK(km_local_irq_save(&cpu, &plain, NULL));
	ck_assert_str_eq(km_might_sleep(&cpu, buf, sizeof(buf)), "interrupts off, depth 2");
	REFUSES(km_local_irq_enable, &cpu, "interrupts enabled inside a section that saved them");
	OK(km_local_irq_restore(&cpu, plain, NULL));
	ck_assert_uint_eq(cpu.irqs_off, 1);
	OK(km_local_irq_enable(&cpu, NULL));
	ck_assert_uint_eq(cpu.irqs_off, 0);

	/* The innermost section is restored first, with its own flags. */
	OK(km_local_irq_save(&cpu, &outer, NULL));
	OK(km_local_irq_save(&cpu, &inner, NULL));
	REFUSED(&cpu, km_local_irq_restore(&cpu, outer, &why),
		km_local_irq_restore(&cpu, outer, NULL),
		"interrupts restored with the flags of another section");
	OK(km_local_irq_restore(&cpu, inner, NULL));
	REFUSED(&cpu, km_local_irq_restore(&cpu, inner, &why),
		km_local_irq_restore(&cpu, inner, NULL),
		"interrupts restored with the flags of another section");
	/* Inside, a plain disable changes nothing either. */
	OK(km_local_irq_disable(&cpu, NULL));
	OK(km_local_bh_disable(&cpu, NULL));
	REFUSES(km_local_bh_enable, &cpu, "bottom halves enabled while interrupts are off");
	OK(km_local_irq_restore(&cpu, outer, NULL));
	OK(km_local_bh_enable(&cpu, NULL));
	ck_assert_pstr_eq(km_cpu_cannot_sleep(&cpu), NULL);

	/* An NMI inside a section has sections of its own. */
	OK(km_local_irq_save(&cpu, &outer, NULL));
	OK(km_nmi_enter(&cpu, NULL));
	REFUSED(&cpu, km_local_irq_restore(&cpu, outer, &why),
		km_local_irq_restore(&cpu, outer, NULL), "interrupts restored without being saved");
	OK(km_local_irq_save(&cpu, &inner, NULL));
	OK(km_local_irq_restore(&cpu, inner, NULL));
	OK(km_nmi_exit(&cpu, NULL));
	OK(km_local_irq_restore(&cpu, outer, NULL));
	ck_assert_uint_eq(cpu.irqs_off, 0);
}
END_TEST

START_TEST(recorded_contexts)
{
	static const struct {
		struct km_cpu_context context;
		uint32_t count;
		const char *why;
	} cases[] = {
		{ { 0, 0, 0 }, 0, NULL },
		{ { 0, 3, 0 }, 3, "preemption disabled, depth 3" },
		{ { KM_CTX_BH_OFF, 0, 0 }, 0x200, "bottom halves off, depth 1" },
		{ { KM_CTX_SOFTIRQ, 0, 0 }, 0x100, "in softirq, depth 1" },
		{ { KM_CTX_HARDIRQ | KM_CTX_SOFTIRQ, 1, 0 }, 0x10101, "in hardirq, depth 1" },
		{ { KM_CTX_NMI, 255, 0 }, 0x1100ff, "in NMI, depth 1" },
		{ { KM_CTX_IRQS_OFF, 2, 0 }, 2, "interrupts off, depth 1" },
		{ { KM_CTX_RCU, 0, 0 }, 1, "in RCU reader, depth 1" },
		/* The recorded depth has the reader in it. */
		{ { KM_CTX_RCU, 1, 0 }, 1, "in RCU reader, depth 1" },
		{ { KM_CTX_RCU, 255, 0 }, 255, "preemption disabled, depth 254" },
	};
	struct km_cpu cpu = { .id = 7, .node = 1 };
	char buf[40];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		km_cpu_set_context(&cpu, &cases[i].context);
		ck_assert_uint_eq(km_preempt_count(&cpu), cases[i].count);
		ck_assert_pstr_eq(km_might_sleep(&cpu, buf, sizeof(buf)), cases[i].why);
		ck_assert_pstr_eq(km_cpu_check(&cpu), NULL);
	}
	ck_assert_uint_eq(cpu.id, 7);
	ck_assert_uint_eq(cpu.node, 1);

	cpu.preempt_rcu = true;
	km_cpu_set_context(&cpu, &(struct km_cpu_context){ KM_CTX_RCU, 1, 0 });
	ck_assert(cpu.preempt_rcu);
	ck_assert_uint_eq(km_preempt_count(&cpu), 1);
	ck_assert_uint_eq(cpu.rcu, 1);
}
END_TEST

START_TEST(a_recorded_context_can_be_left)
{
	const struct km_cpu_context recorded = {
		.bits = KM_CTX_SOFTIRQ | KM_CTX_HARDIRQ | KM_CTX_NMI | KM_CTX_IRQS_OFF,
		.preempt = 2,
		.task = KM_TASK_MEMALLOC | KM_TASK_NOIO,
	};
	struct km_cpu cpu = { 0 };

	km_cpu_set_context(&cpu, &recorded);
	ck_assert_uint_eq(cpu.irqs_off, 1);
	ck_assert_uint_eq(cpu.task, recorded.task);
	OK(km_nmi_exit(&cpu, NULL));
	OK(km_irq_exit(&cpu, NULL));
	OK(km_softirq_exit(&cpu, NULL));
	ck_assert_uint_eq(km_preempt_count(&cpu), 2);
	OK(km_preempt_enable(&cpu, NULL));
	OK(km_preempt_enable(&cpu, NULL));
	ck_assert_pstr_eq(km_cpu_cannot_sleep(&cpu), NULL);
	ck_assert_uint_eq(cpu.task, recorded.task);
}
END_TEST

/* One equation broken, and the complaint that must follow. */
START_TEST(broken_cpus_are_found)
{
	struct km_cpu good = { 0 }, cpu;

	OK(km_preempt_disable(&good, NULL));
	OK(km_local_bh_disable(&good, NULL));
	OK(km_irq_enter(&good, NULL));
	OK(km_nmi_enter(&good, NULL));
	ck_assert_pstr_eq(km_cpu_check(&good), NULL);

	cpu = good;
	cpu.nr_frames = 17;
	ck_assert_str_eq(km_cpu_check(&cpu), "more contexts than a CPU has");
	cpu = good;
	cpu.frames[0].kind = KM_INTERRUPT_NMI;
	cpu.frames[1].kind = KM_INTERRUPT_HARDIRQ;
	ck_assert_str_eq(km_cpu_check(&cpu), "a context interrupts one that keeps it away");
	cpu = good;
	cpu.frames[1].kind = 3;
	ck_assert_str_eq(km_cpu_check(&cpu), "a context interrupts one that keeps it away");
	cpu = good;
	cpu.hardirq++;
	ck_assert_str_eq(km_cpu_check(&cpu), "depths of contexts are not those of the frames");
	cpu = good;
	cpu.preempt--;
	ck_assert_str_eq(km_cpu_check(&cpu), "a context enabled what it did not disable");
	cpu = good;
	cpu.frames[1].scopes[1] = 1;
	ck_assert_str_eq(km_cpu_check(&cpu),
			 "a context left a memalloc scope that it did not enter");
	cpu = good;
	cpu.bh_off = 128;
	ck_assert_str_eq(km_cpu_check(&cpu), "a depth does not fit the kernel's count");
	cpu = good;
	cpu.irq_saves = 2;
	ck_assert_str_eq(km_cpu_check(&cpu), "sections that keep interrupts off do not add up");
}
END_TEST

RUN_SUITE("machine/cpu", why_a_cpu_cannot_sleep, might_sleep_tells_the_depth,
	  counts_are_the_kernels, rcu_readers, unbalanced_calls_are_refused, counts_do_not_overflow,
	  sixteen_contexts_at_most, what_keeps_an_interrupt_away, interrupts_leave_what_they_found,
	  interrupt_flags_nest, recorded_contexts, a_recorded_context_can_be_left,
	  broken_cpus_are_found)
