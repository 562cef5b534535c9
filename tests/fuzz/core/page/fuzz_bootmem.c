/* SPDX-License-Identifier: GPL-2.0-only */
/* Boot memory under arbitrary sequences of operations: see bootmem_ops.h. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/core/page/bootmem_ops.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ops_state state;
	char buf[256];
	const char *broken = ops_run(&state, data, len, buf, sizeof(buf));

	if (broken) {
		fprintf(stderr, "fuzz_bootmem: %s\n", broken);
		abort();
	}
	return 0;
}
