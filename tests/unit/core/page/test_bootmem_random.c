/* SPDX-License-Identifier: GPL-2.0-only */
/* Property: random operations on boot memory lose no page and give none twice. */
#include "tests/unit/suite.h"

#include "tests/unit/core/page/bootmem_ops.h"

#define OPS 500

static void run_random(uint8_t machine, uint64_t seed)
{
	uint8_t data[1 + OPS * 4];
	struct ops_state state;
	const char *broken;
	char buf[256];

	data[0] = machine;
	for (size_t i = 1; i < sizeof(data); i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		data[i] = seed >> 56;
	}
	broken = ops_run(&state, data, sizeof(data), buf, sizeof(buf));
	if (broken)
		ck_abort_msg("machine %u: %s", machine, broken);
}

START_TEST(any_operations)
{
	for (uint8_t machine = 0; machine < 8; machine++)
		for (uint64_t seed = 1; seed <= 5; seed++)
			run_random(machine, seed);
}
END_TEST

RUN_SUITE("page/bootmem_random", any_operations)
