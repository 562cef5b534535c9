/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as a profile file: refused with a reason, or a machine that can be booted and
 * that is the same again when it was written and read.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/machine/profile_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fuzz_profile: %s\n", what);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct km_profile profile, back;
	struct km_profile_error error;
	char *text = NULL;
	size_t text_len = 0;
	FILE *file;

	if (km_profile_read((const char *)data, len, &profile, &error)) {
		check(error.reason[0], "refused without a reason");
		return 0;
	}
	check(!km_profile_check(&profile), "what was read cannot be booted");
	file = open_memstream(&text, &text_len);
	check(file != NULL, "out of memory");
	check(!km_profile_write(&profile, file), "what was read cannot be written");
	check(!fclose(file), "out of memory");
	check(!km_profile_read(text, text_len, &back, &error), "what was written cannot be read");
	check(km_profile_equal(&profile, &back), "what was written is another machine");
	free(text);
	return 0;
}
