/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A profile file half read: what the sections gave, before it becomes a machine.
 * For profile_read.c, which fills it, and profile_assemble.c; others include profile_file.h.
 */
#ifndef CORE_MACHINE_PROFILE_READER_H
#define CORE_MACHINE_PROFILE_READER_H

#include "core/machine/profile_file.h"
#include "core/machine/profile_keys.h"

/* A section of the file that there may be several of; given: bits by position of its keys. */
struct km_file_zone {
	struct km_zone_desc desc; /* start_pfn: an address still */
	unsigned int given, line;
};

struct km_file_range {
	struct km_mem_range range; /* start_pfn, end_pfn: addresses still */
	unsigned int given, line;
};

struct km_file_node {
	unsigned int given, line;
};

struct km_file_reader {
	const char *at, *end;
	unsigned int line;	   /* the one inih has */
	unsigned int section_line; /* where the section began; 0: none yet */
	bool has_line;		   /* anything stands in that section */
	bool is_open;		   /* its first key was met */
	struct km_profile_error *error;

	enum km_section_id section;
	void *object; /* what the section describes */
	unsigned int *given;

	struct km_profile profile;
	struct km_file_memory memory;
	struct km_file_habits habits;
	unsigned int once_given[KM_NR_SECTIONS], once_line[KM_NR_SECTIONS];
	struct km_file_node nodes[KM_MAX_NODES];
	unsigned int nr_ranges, nr_zones;
	struct km_file_range ranges[KM_MAX_RANGES];
	struct km_file_zone zones[KM_MAX_ZONES];
};

/* Fill the error, unless one is there: the first stays.  Returns false. */
bool km_file_complain(struct km_file_reader *reader, unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * All sections were read: what depends on others follows from them, and the whole is
 * checked.  False with the error filled.
 */
bool km_file_assemble(struct km_file_reader *reader);

#endif
