/* SPDX-License-Identifier: GPL-2.0-only */
#include <stddef.h>

#include "core/machine/cpu.h"

const char *km_cpu_cannot_sleep(const struct km_cpu *cpu)
{
	if (cpu->nmi)
		return "in NMI";
	if (cpu->hardirq)
		return "in hardirq";
	if (cpu->softirq)
		return "in softirq";
	if (cpu->irqs_off)
		return "interrupts off";
	if (cpu->bh_off)
		return "bottom halves off";
	if (cpu->preempt)
		return "preemption disabled";
	return NULL;
}
