/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as the text of gfp flags, and as a kernel's own layout: "TEXT", or "RELEASE\nTEXT", or
 * "@NAME=BIT NAME=BIT ...\nTEXT".  What is read must be read again from what is printed of it, and
 * what a layout can tell of must survive the way to it and back.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/page/gfp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_TEXT 512

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void check_text(km_gfp gfp)
{
	char buf[512];
	km_gfp back = ~gfp;

	must(!km_gfp_parse(km_gfp_print(gfp, buf, sizeof(buf)), &back) && back == gfp);
	back = ~gfp;
	must(!km_gfp_parse(km_gfp_print_source(gfp, buf, sizeof(buf)), &back) && back == gfp);
	must(km_gfp_zone(gfp) >= -1 && km_gfp_zone(gfp) < KM_NR_ZONE_TYPES);
	must(km_gfp_migratetype(gfp) < KM_MIGRATE_PCPTYPES);
	must((km_gfp_in_context(gfp, gfp & 0xff) & ~gfp) == 0);
}

/* Canonical, host's, canonical: what the host knows comes back. */
static void check_layout(const struct km_gfp_layout *layout, km_gfp gfp)
{
	uint32_t host = km_gfp_from_canonical(layout, gfp);
	km_gfp known = km_gfp_to_canonical(layout, host);

	must((known & ~layout->implied & ~gfp) == 0);
	must(km_gfp_from_canonical(layout, known) == host);
	must(km_gfp_to_canonical(layout, km_gfp_from_canonical(layout, known)) == known);
}

static void read_names(struct km_gfp_layout *layout, char *text)
{
	km_gfp_layout_clear(layout);
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
		char *bit = strchr(word, '=');

		if (bit) {
			*bit = '\0';
			km_gfp_layout_set(layout, word, (unsigned int)strtoul(bit + 1, NULL, 0));
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char input[MAX_TEXT], *text = input, *end;
	struct km_gfp_layout layout;
	km_gfp gfp = 0;

	size = size < sizeof(input) ? size : sizeof(input) - 1;
	memcpy(input, data, size);
	input[size] = '\0';
	km_gfp_layout_init(&layout);
	end = strchr(input, '\n');
	if (end) {
		*end = '\0';
		text = end + 1;
		if (input[0] == '@')
			read_names(&layout, input + 1);
		else if (km_gfp_layout_era(&layout, input))
			km_gfp_layout_init(&layout);
	}
	if (km_gfp_parse(text, &gfp))
		return 0;
	check_text(gfp);
	check_layout(&layout, gfp);
	if (!km_gfp_composite(&layout, text, &gfp))
		check_layout(&layout, gfp);
	return 0;
}
