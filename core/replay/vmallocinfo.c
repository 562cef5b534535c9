/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /proc/vmallocinfo, and what meminfo and percpu_stats say about percpu memory.
 *
 *   0x...-0x...   20480 kernel_clone+0x94/0x3e0 pages=4 vmalloc N0=4     pages of its own
 *   0x...-0x...    8192 acpi_os_map_iomem+0x1bc/0x1e0 phys=... ioremap   maps others'
 *   0x...-0x...  143360 unpurged vm_area                                 freed already
 *   0x...-0x... 2097152 pcpu_get_vm_areas+0x0/0x1050 vmalloc             a percpu chunk
 *
 * Addresses are hashed by the kernel and mean nothing.  Chunks are made by the percpu
 * model when it is populated, and are no areas here.
 *
 * Source: mm/vmalloc.c vmalloc_info_show() 6.18, fs/proc/meminfo.c,
 * mm/percpu-stats.c.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/replay/host_files.h"

static bool read_area(struct km_text line, struct km_host_area *area, bool *is_chunk)
{
	struct km_text addresses, rest;

	if (!km_text_word(&line, &addresses) || !km_text_until(&addresses, '-', &rest) ||
	    !km_text_u64(&line, &area->bytes) || !area->bytes)
		return false;
	if (km_text_has(&line, "unpurged vm_area"))
		return false;
	*is_chunk = km_text_has(&line, "pcpu_get_vm_areas");
	area->has_pages = km_text_has(&line, " pages=") && km_text_has(&line, " vmalloc");
	return true;
}

int km_parse_vmallocinfo(struct km_text text, struct km_host_state *state)
{
	struct km_text line;
	uint32_t max = 0;

	while (km_text_line(&text, &line)) {
		struct km_host_area area;
		bool is_chunk;

		if (!read_area(line, &area, &is_chunk))
			continue;
		state->has_vmalloc = true;
		if (is_chunk)
			continue;
		state->vmalloc_bytes += area.bytes;
		if (state->nr_areas == max) {
			struct km_host_area *areas;

			max = max ? max * 2 : 256;
			areas = realloc(state->areas, max * sizeof(*areas));
			if (!areas)
				return -ENOMEM;
			state->areas = areas;
		}
		state->areas[state->nr_areas++] = area;
	}
	return 0;
}

bool km_parse_meminfo(struct km_text meminfo, const char *key, uint64_t *bytes)
{
	struct km_text line;
	uint64_t kbytes;

	while (km_text_line(&meminfo, &line)) {
		if (!km_text_skip(&line, key) || !km_text_u64(&line, &kbytes))
			continue;
		*bytes = kbytes > UINT64_MAX / 1024 ? UINT64_MAX : kbytes * 1024;
		return true;
	}
	return false;
}

bool km_parse_percpu_stats(struct km_text stats, struct km_profile *profile)
{
	const struct {
		const char *key;
		uint64_t *value;
	} fields[] = {
		{ "unit_size", &profile->percpu_unit },
		{ "static_size", &profile->percpu_static },
		{ "reserved_size", &profile->percpu_reserved },
		{ "dyn_size", &profile->percpu_dynamic },
	};
	struct km_text line, key;
	bool found = false;

	while (km_text_line(&stats, &line)) {
		if (!km_text_word(&line, &key) || !km_text_skip(&line, ":"))
			continue;
		for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
			if (km_text_is(&key, fields[i].key) && km_text_u64(&line, fields[i].value))
				found = true;
	}
	return found;
}
