/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Contexts of a CPU.
 *
 * Each context that interrupts another keeps a frame of what it found.  The counts of preemption,
 * bottom halves and RCU go on from there, as the kernel's do; the interrupt flag is the
 * hardware's and begins anew.
 *
 * Not modelled: pending softirqs and when they run (whoever drives the CPU says so), lockdep's
 * classes, a switch of tasks.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/machine/cpu.h"

#define PREEMPT_MAX 255 /* PREEMPT_BITS 8 */
#define BH_MAX 127	/* SOFTIRQ_BITS 8, of which one says that a softirq is served */
#define HARDIRQ_MAX 15	/* HARDIRQ_BITS 4 */
#define RCU_MAX 255
#define IRQS_OFF_MAX 255

static int refuse(const char *reason, const char **why)
{
	if (why)
		*why = reason;
	return -EINVAL;
}

/* What the innermost context found; all zero for the task, which nothing preceded. */
static const struct km_cpu_frame *found(const struct km_cpu *cpu)
{
	static const struct km_cpu_frame none;

	return cpu->nr_frames ? &cpu->frames[cpu->nr_frames - 1] : &none;
}

/* The preempt field of the kernel's count. */
static unsigned int preempt_depth(const struct km_cpu *cpu)
{
	return cpu->preempt + (cpu->preempt_rcu ? 0u : cpu->rcu);
}

int km_preempt_disable(struct km_cpu *cpu, const char **why)
{
	if (preempt_depth(cpu) >= PREEMPT_MAX)
		return refuse("preemption disabled more than 255 deep", why);
	cpu->preempt++;
	return 0;
}

int km_preempt_enable(struct km_cpu *cpu, const char **why)
{
	if (!cpu->preempt)
		return refuse("preemption enabled without being disabled", why);
	if (cpu->preempt <= found(cpu)->preempt)
		return refuse("preemption enabled in an interrupt that did not disable it", why);
	cpu->preempt--;
	return 0;
}

int km_local_bh_disable(struct km_cpu *cpu, const char **why)
{
	if (km_in_hardirq(cpu))
		return refuse("bottom halves disabled in hardirq", why);
	if (cpu->bh_off >= BH_MAX)
		return refuse("bottom halves disabled more than 127 deep", why);
	cpu->bh_off++;
	return 0;
}

int km_local_bh_enable(struct km_cpu *cpu, const char **why)
{
	if (km_in_hardirq(cpu))
		return refuse("bottom halves enabled in hardirq", why);
	if (!cpu->bh_off)
		return refuse("bottom halves enabled without being disabled", why);
	if (cpu->bh_off <= found(cpu)->bh_off)
		return refuse("bottom halves enabled in an interrupt that did not disable them",
			      why);
	if (cpu->irqs_off)
		return refuse("bottom halves enabled while interrupts are off", why);
	cpu->bh_off--;
	return 0;
}

int km_local_irq_disable(struct km_cpu *cpu, const char **why)
{
	(void)why;
	if (!cpu->irqs_off)
		cpu->irqs_off = 1;
	return 0;
}

int km_local_irq_enable(struct km_cpu *cpu, const char **why)
{
	if (cpu->nmi)
		return refuse("interrupts enabled in NMI", why);
	if (!cpu->irqs_off)
		return refuse("interrupts enabled while they are on", why);
	if (cpu->irq_saves)
		return refuse("interrupts enabled inside a section that saved them", why);
	cpu->irqs_off = 0;
	return 0;
}

/* Flags are both depths before the save: only the innermost section's fit. */
static unsigned int irq_flags(unsigned int saves, unsigned int off)
{
	return saves << 8 | off;
}

int km_local_irq_save(struct km_cpu *cpu, unsigned int *flags, const char **why)
{
	if (cpu->irqs_off >= IRQS_OFF_MAX)
		return refuse("interrupts saved more than 255 deep", why);
	*flags = irq_flags(cpu->irq_saves, cpu->irqs_off);
	cpu->irq_saves++;
	cpu->irqs_off++;
	return 0;
}

int km_local_irq_restore(struct km_cpu *cpu, unsigned int flags, const char **why)
{
	if (!cpu->irq_saves)
		return refuse("interrupts restored without being saved", why);
	if (flags != irq_flags(cpu->irq_saves - 1u, cpu->irqs_off - 1u))
		return refuse("interrupts restored with the flags of another section", why);
	cpu->irq_saves--;
	cpu->irqs_off--;
	return 0;
}

int km_rcu_read_lock(struct km_cpu *cpu, const char **why)
{
	if (cpu->rcu >= RCU_MAX || (!cpu->preempt_rcu && preempt_depth(cpu) >= PREEMPT_MAX))
		return refuse("RCU readers more than 255 deep", why);
	cpu->rcu++;
	return 0;
}

int km_rcu_read_unlock(struct km_cpu *cpu, const char **why)
{
	if (!cpu->rcu)
		return refuse("RCU reader left without being entered", why);
	if (cpu->rcu <= found(cpu)->rcu)
		return refuse("RCU reader left in an interrupt that did not enter it", why);
	cpu->rcu--;
	return 0;
}

static uint8_t *depth_of(struct km_cpu *cpu, enum km_interrupt kind)
{
	switch (kind) {
	case KM_INTERRUPT_SOFTIRQ:
		return &cpu->softirq;
	case KM_INTERRUPT_HARDIRQ:
		return &cpu->hardirq;
	default:
		return &cpu->nmi;
	}
}

static int begin(struct km_cpu *cpu, enum km_interrupt kind, const char **why)
{
	struct km_cpu_frame *frame = &cpu->frames[cpu->nr_frames];

	/* The depths forbid it, unless they were set by hand. */
	if (cpu->nr_frames >= KM_MAX_CONTEXTS)
		return refuse("contexts more than 16 deep", why);
	cpu->nr_frames++;
	*frame = (struct km_cpu_frame){
		.kind = kind,
		.preempt = cpu->preempt,
		.bh_off = cpu->bh_off,
		.rcu = cpu->rcu,
		.irqs_off = cpu->irqs_off,
		.irq_saves = cpu->irq_saves,
		.task = cpu->task & KM_TASK_MEMALLOC,
	};
	memcpy(frame->scopes, cpu->scopes, sizeof(frame->scopes));
	(*depth_of(cpu, kind))++;
	cpu->irqs_off = kind != KM_INTERRUPT_SOFTIRQ;
	cpu->irq_saves = 0;
	if (kind == KM_INTERRUPT_SOFTIRQ)
		cpu->task &= ~KM_TASK_MEMALLOC;
	return 0;
}

static int end(struct km_cpu *cpu, enum km_interrupt kind, const char **why)
{
	static const char *const outside[] = {
		[KM_INTERRUPT_SOFTIRQ] = "softirq left outside a softirq",
		[KM_INTERRUPT_HARDIRQ] = "hardirq left outside a hardirq",
		[KM_INTERRUPT_NMI] = "NMI left outside an NMI",
	};
	const struct km_cpu_frame *frame = found(cpu);

	if (!cpu->nr_frames || frame->kind != kind)
		return refuse(outside[kind], why);
	if (cpu->preempt != frame->preempt)
		return refuse("interrupt left with preemption disabled in it", why);
	if (cpu->bh_off != frame->bh_off)
		return refuse("interrupt left with bottom halves disabled in it", why);
	if (cpu->irq_saves)
		return refuse("interrupt left with interrupts saved in it", why);
	if (kind == KM_INTERRUPT_SOFTIRQ && cpu->irqs_off)
		return refuse("softirq left with interrupts off", why);
	if (cpu->rcu != frame->rcu)
		return refuse("interrupt left inside an RCU reader", why);
	if (memcmp(cpu->scopes, frame->scopes, sizeof(frame->scopes)))
		return refuse("interrupt left inside a memalloc scope", why);

	cpu->irqs_off = frame->irqs_off;
	cpu->irq_saves = frame->irq_saves;
	if (kind == KM_INTERRUPT_SOFTIRQ)
		cpu->task = (cpu->task & ~KM_TASK_MEMALLOC) | frame->task;
	(*depth_of(cpu, kind))--;
	cpu->nr_frames--;
	return 0;
}

int km_softirq_enter(struct km_cpu *cpu, const char **why)
{
	if (km_in_hardirq(cpu))
		return refuse("softirq entered in hardirq", why);
	if (cpu->softirq)
		return refuse("softirq entered in softirq", why);
	if (cpu->bh_off)
		return refuse("softirq entered while bottom halves are off", why);
	if (cpu->irqs_off)
		return refuse("softirq entered while interrupts are off", why);
	return begin(cpu, KM_INTERRUPT_SOFTIRQ, why);
}

int km_softirq_exit(struct km_cpu *cpu, const char **why)
{
	return end(cpu, KM_INTERRUPT_SOFTIRQ, why);
}

int km_irq_enter(struct km_cpu *cpu, const char **why)
{
	if (cpu->nmi)
		return refuse("hardirq entered in NMI", why);
	if (cpu->irqs_off)
		return refuse("hardirq entered while interrupts are off", why);
	if (cpu->hardirq >= HARDIRQ_MAX)
		return refuse("hardirqs more than 15 deep", why);
	return begin(cpu, KM_INTERRUPT_HARDIRQ, why);
}

int km_irq_exit(struct km_cpu *cpu, const char **why)
{
	return end(cpu, KM_INTERRUPT_HARDIRQ, why);
}

int km_nmi_enter(struct km_cpu *cpu, const char **why)
{
	if (cpu->hardirq + cpu->nmi >= HARDIRQ_MAX)
		return refuse("NMIs and hardirqs more than 15 deep", why);
	return begin(cpu, KM_INTERRUPT_NMI, why);
}

int km_nmi_exit(struct km_cpu *cpu, const char **why)
{
	return end(cpu, KM_INTERRUPT_NMI, why);
}

void km_cpu_set_context(struct km_cpu *cpu, const struct km_cpu_context *context)
{
	const uint8_t bits = context->bits;
	const bool rcu = bits & KM_CTX_RCU;

	/* Once an event: frames that nothing counts are left as they are. */
	cpu->nr_frames = 0;
	cpu->softirq = cpu->hardirq = cpu->nmi = 0;
	cpu->preempt = context->preempt - (rcu && !cpu->preempt_rcu && context->preempt);
	cpu->bh_off = bits & KM_CTX_BH_OFF ? 1 : 0;
	cpu->rcu = rcu;
	cpu->irqs_off = cpu->irq_saves = 0;
	cpu->task = context->task;
	memset(cpu->scopes, 0, sizeof(cpu->scopes));
	if (bits & KM_CTX_SOFTIRQ)
		begin(cpu, KM_INTERRUPT_SOFTIRQ, NULL);
	if (bits & KM_CTX_HARDIRQ)
		begin(cpu, KM_INTERRUPT_HARDIRQ, NULL);
	if (bits & KM_CTX_NMI)
		begin(cpu, KM_INTERRUPT_NMI, NULL);
	/* A recorder sees more than what follows from the context, or less: it is believed. */
	cpu->irqs_off = bits & KM_CTX_IRQS_OFF ? 1 : 0;
	cpu->task = context->task;
}

uint32_t km_preempt_count(const struct km_cpu *cpu)
{
	return preempt_depth(cpu) | (cpu->bh_off * 2u + cpu->softirq) << 8 |
	       (uint32_t)(cpu->hardirq + cpu->nmi) << 16 | (uint32_t)cpu->nmi << 20;
}

bool km_in_nmi(const struct km_cpu *cpu)
{
	return cpu->nmi;
}

bool km_in_hardirq(const struct km_cpu *cpu)
{
	return cpu->hardirq || cpu->nmi;
}

bool km_in_serving_softirq(const struct km_cpu *cpu)
{
	return cpu->softirq;
}

bool km_in_interrupt(const struct km_cpu *cpu)
{
	return km_in_hardirq(cpu) || cpu->softirq || cpu->bh_off;
}

bool km_in_task(const struct km_cpu *cpu)
{
	return !km_in_hardirq(cpu) && !cpu->softirq;
}

bool km_in_atomic(const struct km_cpu *cpu)
{
	return km_in_interrupt(cpu) || preempt_depth(cpu);
}

/* Why a CPU cannot sleep, the first that holds, and the field that tells how deep. */
static const struct {
	const char *reason;
	size_t depth;
} reasons[] = {
	{ "in NMI", offsetof(struct km_cpu, nmi) },
	{ "in hardirq", offsetof(struct km_cpu, hardirq) },
	{ "in softirq", offsetof(struct km_cpu, softirq) },
	{ "interrupts off", offsetof(struct km_cpu, irqs_off) },
	{ "bottom halves off", offsetof(struct km_cpu, bh_off) },
	{ "preemption disabled", offsetof(struct km_cpu, preempt) },
	{ "in RCU reader", offsetof(struct km_cpu, rcu) },
};

static const char *cannot_sleep(const struct km_cpu *cpu, unsigned int *depth)
{
	/* Each allocation that may reclaim asks, and nearly all of them may. */
	if (!(cpu->nmi | cpu->hardirq | cpu->softirq | cpu->irqs_off | cpu->bh_off | cpu->preempt |
	      cpu->rcu))
		return NULL;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		*depth = *((const uint8_t *)cpu + reasons[i].depth);
		if (*depth)
			return reasons[i].reason;
	}
	return NULL;
}

const char *km_cpu_cannot_sleep(const struct km_cpu *cpu)
{
	unsigned int depth;

	return cannot_sleep(cpu, &depth);
}

const char *km_might_sleep(const struct km_cpu *cpu, char *buf, size_t len)
{
	unsigned int depth;
	const char *reason = cannot_sleep(cpu, &depth);

	if (!reason)
		return NULL;
	snprintf(buf, len, "%s, depth %u", reason, depth);
	return buf;
}

const char *km_cpu_check(const struct km_cpu *cpu)
{
	const struct km_cpu_frame *frame;
	unsigned int kinds[3] = { 0 };

	if (cpu->nr_frames > KM_MAX_CONTEXTS)
		return "more contexts than a CPU has";
	frame = found(cpu);
	for (unsigned int i = 0; i < cpu->nr_frames; i++) {
		if (cpu->frames[i].kind > KM_INTERRUPT_NMI ||
		    (i && cpu->frames[i].kind < cpu->frames[i - 1].kind))
			return "a context interrupts one that keeps it away";
		kinds[cpu->frames[i].kind]++;
	}
	if (kinds[KM_INTERRUPT_SOFTIRQ] != cpu->softirq ||
	    kinds[KM_INTERRUPT_HARDIRQ] != cpu->hardirq || kinds[KM_INTERRUPT_NMI] != cpu->nmi ||
	    cpu->softirq > 1)
		return "depths of contexts are not those of the frames";
	if (cpu->preempt < frame->preempt || cpu->bh_off < frame->bh_off || cpu->rcu < frame->rcu)
		return "a context enabled what it did not disable";
	for (int i = 0; i < KM_NR_SCOPES; i++)
		if (cpu->scopes[i] < frame->scopes[i])
			return "a context left a memalloc scope that it did not enter";
	if (preempt_depth(cpu) > PREEMPT_MAX || cpu->bh_off > BH_MAX)
		return "a depth does not fit the kernel's count";
	if (cpu->irqs_off < cpu->irq_saves || cpu->irqs_off > cpu->irq_saves + 1)
		return "sections that keep interrupts off do not add up";
	return NULL;
}
