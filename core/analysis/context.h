/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The context of an event in one word, the innermost interrupt first.
 */
#ifndef CORE_ANALYSIS_CONTEXT_H
#define CORE_ANALYSIS_CONTEXT_H

#include "tracefmt/event.h"

enum km_context {
	KM_CONTEXT_TASK,
	KM_CONTEXT_SOFTIRQ,
	KM_CONTEXT_HARDIRQ,
	KM_CONTEXT_NMI,
	KM_CONTEXT_UNKNOWN,
	KM_NR_CONTEXTS
};

static inline enum km_context km_context_of(uint8_t ctx)
{
	if (ctx & TF_CTX_UNKNOWN)
		return KM_CONTEXT_UNKNOWN;
	if (ctx & TF_CTX_NMI)
		return KM_CONTEXT_NMI;
	if (ctx & TF_CTX_HARDIRQ)
		return KM_CONTEXT_HARDIRQ;
	if (ctx & TF_CTX_SOFTIRQ)
		return KM_CONTEXT_SOFTIRQ;
	return KM_CONTEXT_TASK;
}

/* "task", "softirq", "hardirq", "nmi", "unknown". */
const char *km_context_name(enum km_context context);

#endif
