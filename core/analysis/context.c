/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of contexts, as results and reports print them. */
#include "core/analysis/context.h"

#include <stddef.h>

const char *km_context_name(enum km_context context)
{
	static const char *const names[KM_NR_CONTEXTS] = {
		[KM_CONTEXT_TASK] = "task",	  [KM_CONTEXT_SOFTIRQ] = "softirq",
		[KM_CONTEXT_HARDIRQ] = "hardirq", [KM_CONTEXT_NMI] = "nmi",
		[KM_CONTEXT_UNKNOWN] = "unknown",
	};

	return context < KM_NR_CONTEXTS ? names[context] : NULL;
}
