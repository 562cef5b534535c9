/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A CPU: in which context it runs, and with which rights the task on it allocates.
 */
#ifndef CORE_MACHINE_CPU_H
#define CORE_MACHINE_CPU_H

#include <stdbool.h>
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

struct km_cpu {
	uint16_t id;
	uint16_t node;
	uint8_t preempt; /* depth of preempt_disable and locks */
	bool softirq, hardirq, nmi, bh_off, irqs_off;
	uint8_t task; /* enum km_task_flag */
};

/*
 * May this CPU sleep now?  NULL if it may, else why not ("in hardirq", "in NMI",
 * "in softirq", "interrupts off", "bottom halves off", "preemption disabled").
 */
const char *km_cpu_cannot_sleep(const struct km_cpu *cpu);

#endif
