/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A CPU: in which context it runs, how deep, and with which rights the task on it allocates.
 *
 *      task ──softirq──▶ hardirq ──▶ hardirq ... ──▶ NMI ──▶ NMI ...
 *
 * A context interrupts the one before it, and leaves it as it was found: what it disabled, it
 * enables before it ends, and it never enables what another disabled.  Whoever breaks that is
 * refused with -EINVAL and nothing changes; *why, where why is not NULL, is then one static line.
 * The kernel warns of the same, mends the count, or goes wrong in silence.
 *
 * Mirrors include/linux/preempt.h, hardirq.h, kernel/softirq.c and __might_resched() of
 * kernel/sched/core.c, 6.12, without PREEMPT_RT and as with PREEMPT_COUNT: every depth counts.
 */
#ifndef CORE_MACHINE_CPU_H
#define CORE_MACHINE_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of the task that runs: its flags and scopes that the page allocator asks for. */
enum km_task_flag {
	KM_TASK_MEMALLOC = 1 << 0, /* PF_MEMALLOC: reclaims for others; no watermarks, no reclaim */
	KM_TASK_NOIO = 1 << 1,	   /* memalloc_noio_save(): as if without __GFP_IO and __GFP_FS */
	KM_TASK_NOFS = 1 << 2,	   /* memalloc_nofs_save(): as if without __GFP_FS */
	KM_TASK_PIN = 1 << 3,	   /* memalloc_pin_save(): as if without __GFP_MOVABLE */
	KM_TASK_REALTIME = 1 << 4, /* rt_task() */
	KM_TASK_OOM_VICTIM = 1 << 5, /* tsk_is_oom_victim() */
};

#define KM_NR_SCOPES 4	   /* enum km_memalloc_scope, core/machine/memalloc.h */
#define KM_MAX_CONTEXTS 16 /* one softirq, and hardirqs and NMIs together up to 15 */

enum km_interrupt {
	KM_INTERRUPT_SOFTIRQ,
	KM_INTERRUPT_HARDIRQ,
	KM_INTERRUPT_NMI,
};

/* What a context found when it began. */
struct km_cpu_frame {
	uint8_t kind; /* enum km_interrupt, of the context that began */
	uint8_t preempt, bh_off, rcu;
	uint8_t irqs_off, irq_saves; /* to be put back: they count anew in each context */
	uint8_t task;		     /* KM_TASK_MEMALLOC of it, to be put back by a softirq */
	uint16_t scopes[KM_NR_SCOPES];
};

/*
 * The equations hold while only the functions below change a CPU.  The plain fields may be set by
 * hand instead, by who asks nothing but whether it may sleep.
 *
 *   nr_frames = softirq + hardirq + nmi
 *   preempt, bh_off, rcu, scopes[] >= those of the last frame
 *   irqs_off - irq_saves is 0 or 1 (1: a plain local_irq_disable(), or the hardware)
 */
struct km_cpu {
	uint16_t id;
	uint16_t node;
	uint8_t preempt;      /* depth of preempt_disable() and locks */
	uint8_t bh_off;	      /* depth of local_bh_disable(), up to 127 */
	uint8_t softirq;      /* serves one: 0 or 1, they do not nest */
	uint8_t hardirq, nmi; /* depth, together up to 15 */
	uint8_t irqs_off;     /* depth of sections that keep interrupts off; 0: on */
	uint8_t irq_saves;    /* those of them that local_irq_save() opened */
	uint8_t rcu;	      /* depth of rcu_read_lock() */
	bool preempt_rcu; /* CONFIG_PREEMPT_RCU; without it rcu_read_lock() disables preemption */
	uint8_t task;	  /* enum km_task_flag */
	uint8_t nr_frames;
	struct km_cpu_frame frames[KM_MAX_CONTEXTS];
	uint16_t scopes[KM_NR_SCOPES]; /* depth of each memalloc scope */
};

/* preempt_disable() and locks; refused: deeper than 255 (with rcu, if that counts), unbalanced. */
int km_preempt_disable(struct km_cpu *cpu, const char **why);
int km_preempt_enable(struct km_cpu *cpu, const char **why);
/* Refused: in hardirq or NMI, deeper than 127, unbalanced, enabled while interrupts are off. */
int km_local_bh_disable(struct km_cpu *cpu, const char **why);
int km_local_bh_enable(struct km_cpu *cpu, const char **why);
/*
 * The interrupt flag is one bit: disabling again changes nothing, enabling undoes it all.  So
 * enabling is refused inside a section of local_irq_save(), whose protection it would end, in NMI,
 * and while interrupts are on.  save gives *flags, which its own restore takes: another section's
 * are refused, and so is a depth above 255.
 */
int km_local_irq_disable(struct km_cpu *cpu, const char **why);
int km_local_irq_enable(struct km_cpu *cpu, const char **why);
int km_local_irq_save(struct km_cpu *cpu, unsigned int *flags, const char **why);
int km_local_irq_restore(struct km_cpu *cpu, unsigned int flags, const char **why);
/* Refused: deeper than 255, unbalanced. */
int km_rcu_read_lock(struct km_cpu *cpu, const char **why);
int km_rcu_read_unlock(struct km_cpu *cpu, const char **why);

/*
 * A softirq begins with interrupts on and without the task's PF_MEMALLOC, only where neither an
 * interrupt, nor bottom halves disabled, nor interrupts off keep it away.  A hardirq and an NMI
 * begin with interrupts off; a hardirq comes only where they were on.  All refuse to be left by
 * another's exit, and while anything that was disabled or entered inside is still so.
 */
int km_softirq_enter(struct km_cpu *cpu, const char **why);
int km_softirq_exit(struct km_cpu *cpu, const char **why);
int km_irq_enter(struct km_cpu *cpu, const char **why);
int km_irq_exit(struct km_cpu *cpu, const char **why);
int km_nmi_enter(struct km_cpu *cpu, const char **why);
int km_nmi_exit(struct km_cpu *cpu, const char **why);

/* A context as an event recorded it. */
enum km_context_bit {
	KM_CTX_SOFTIRQ = 1 << 0,
	KM_CTX_HARDIRQ = 1 << 1,
	KM_CTX_NMI = 1 << 2,
	KM_CTX_BH_OFF = 1 << 3,
	KM_CTX_IRQS_OFF = 1 << 4,
	KM_CTX_RCU = 1 << 5,
};

struct km_cpu_context {
	uint8_t bits;	 /* enum km_context_bit */
	uint8_t preempt; /* depth in the kernel's count, with rcu_read_lock() where that counts */
	uint8_t task;	 /* enum km_task_flag */
};

/*
 * Put the CPU there, whatever it did before: depth 1 of each bit, memalloc scopes of depth 0.  What
 * is disabled counts as the task's, so that the contexts can be left.  id, node, preempt_rcu stay.
 */
void km_cpu_set_context(struct km_cpu *cpu, const struct km_cpu_context *context);

/* The kernel's own word: preempt 0-7, softirq 8-15, hardirq 16-19 (NMIs too), NMI 20-23. */
uint32_t km_preempt_count(const struct km_cpu *cpu);
bool km_in_nmi(const struct km_cpu *cpu);
bool km_in_hardirq(const struct km_cpu *cpu); /* in NMI too */
bool km_in_serving_softirq(const struct km_cpu *cpu);
bool km_in_interrupt(const struct km_cpu *cpu); /* bottom halves disabled count */
bool km_in_task(const struct km_cpu *cpu);	/* they do not */
bool km_in_atomic(const struct km_cpu *cpu);	/* all but interrupts off and preemptible RCU */

/*
 * May this CPU sleep now?  NULL if it may, else why not ("in NMI", "in hardirq", "in softirq",
 * "interrupts off", "bottom halves off", "preemption disabled", "in RCU reader").  A reader of
 * preemptible RCU may be preempted, but not sleep of its own will.
 */
const char *km_cpu_cannot_sleep(const struct km_cpu *cpu);
/* The same with its depth, "preemption disabled, depth 2", in buf: 40 bytes hold every answer. */
const char *km_might_sleep(const struct km_cpu *cpu, char *buf, size_t len);
/* NULL if the equations above hold, else the one that does not. */
const char *km_cpu_check(const struct km_cpu *cpu);

#endif
