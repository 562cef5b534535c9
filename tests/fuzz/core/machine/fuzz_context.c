/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A CPU under arbitrary sequences of enters, exits, disables and enables.
 *
 * Byte 0: preemptible RCU (bit 0).  Then one byte an operation; those that restore something take
 * a further byte, which of the states that saves returned before.  What is refused changes
 * nothing, what is not keeps the equations of core/machine/cpu.h; and whatever was done can be
 * undone, innermost first, to a task that may sleep.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/machine/memalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define NR_STATES 64

typedef int (*operation)(struct km_cpu *cpu, const char **why);

static const operation operations[] = {
	km_preempt_disable,   km_preempt_enable,   km_local_bh_disable, km_local_bh_enable,
	km_local_irq_disable, km_local_irq_enable, km_rcu_read_lock,	km_rcu_read_unlock,
	km_softirq_enter,     km_softirq_exit,	   km_irq_enter,	km_irq_exit,
	km_nmi_enter,	      km_nmi_exit,
};

#define NR_OPERATIONS (sizeof(operations) / sizeof(operations[0]))

/* What saves returned, oldest first. */
struct states {
	unsigned int value[NR_STATES];
	unsigned int kind[NR_STATES]; /* a scope, or KM_NR_SCOPES for interrupts */
	unsigned int nr;
};

static void check(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fuzz_context: %s\n", what);
	abort();
}

static void save(struct km_cpu *cpu, struct states *states, unsigned int kind)
{
	if (states->nr == NR_STATES)
		return;
	if (kind < KM_NR_SCOPES)
		states->value[states->nr] = km_memalloc_save(cpu, kind);
	else if (km_local_irq_save(cpu, &states->value[states->nr], NULL))
		return;
	states->kind[states->nr++] = kind;
}

static int restore(struct km_cpu *cpu, struct states *states, unsigned int n, const char **why)
{
	int err;

	if (states->kind[n] < KM_NR_SCOPES)
		err = km_memalloc_restore(cpu, states->kind[n], states->value[n], why);
	else
		err = km_local_irq_restore(cpu, states->value[n], why);
	if (err)
		return err;
	states->nr--;
	memmove(&states->value[n], &states->value[n + 1], (states->nr - n) * sizeof(unsigned int));
	memmove(&states->kind[n], &states->kind[n + 1], (states->nr - n) * sizeof(unsigned int));
	return 0;
}

/* Undo all: in each context what it opened, then the context. */
static void unwind(struct km_cpu *cpu, struct states *states)
{
	bool progress = true;

	while (progress) {
		progress = false;
		for (unsigned int n = states->nr; n--;)
			progress |= !restore(cpu, states, n, NULL);
		if (!cpu->irq_saves)
			progress |= !km_local_irq_enable(cpu, NULL);
		progress |= !km_local_bh_enable(cpu, NULL) || !km_preempt_enable(cpu, NULL) ||
			    !km_rcu_read_unlock(cpu, NULL) || !km_nmi_exit(cpu, NULL) ||
			    !km_irq_exit(cpu, NULL) || !km_softirq_exit(cpu, NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct km_cpu cpu = { .id = 1 }, before;
	struct states states = { .nr = 0 };
	char line[40];

	if (!len)
		return 0;
	cpu.preempt_rcu = data[0] & 1;
	for (size_t i = 1; i < len; i++) {
		unsigned int op = data[i] % (NR_OPERATIONS + KM_NR_SCOPES + 2);
		const char *why = NULL;
		int err = 0;

		before = cpu;
		if (op < NR_OPERATIONS)
			err = operations[op](&cpu, &why);
		else if (op < NR_OPERATIONS + KM_NR_SCOPES + 1)
			save(&cpu, &states, op - NR_OPERATIONS);
		else if (++i < len && states.nr)
			err = restore(&cpu, &states, data[i] % states.nr, &why);
		check(!err || (err == -EINVAL && why), "refused without a reason");
		check(!err || !memcmp(&before, &cpu, sizeof(cpu)),
		      "refused, and changed something");
		check(!km_cpu_check(&cpu), "an equation does not hold");
		check(!km_cpu_cannot_sleep(&cpu) == !km_might_sleep(&cpu, line, sizeof(line)),
		      "may sleep, and may not");
		check(!km_in_atomic(&cpu) == !km_preempt_count(&cpu), "atomic without a count");
	}
	unwind(&cpu, &states);
	check(!cpu.nr_frames && !states.nr && !cpu.task, "what was entered cannot be left");
	check(!km_cpu_cannot_sleep(&cpu), "a task that has enabled all cannot sleep");
	return 0;
}
