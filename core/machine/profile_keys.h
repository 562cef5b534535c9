/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys of a profile file: one table for reader and writer, so that none is forgotten.
 * For profile_read.c and profile_write.c; others include profile_file.h.
 *
 * A section describes one object: the profile itself, a zone, a range, a row of
 * distances.  Offsets are within that object.
 */
#ifndef CORE_MACHINE_PROFILE_KEYS_H
#define CORE_MACHINE_PROFILE_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/machine/profile.h"

enum km_key_kind {
	KM_KEY_NUMBER,	  /* decimal */
	KM_KEY_BYTES,	  /* decimal with k, M, G, T, or hexadecimal */
	KM_KEY_ADDRESS,	  /* the same, written in hexadecimal */
	KM_KEY_NAME,	  /* char[32] */
	KM_KEY_PAGING,	  /* its name */
	KM_KEY_ERA,	  /* a release, kept as its habits */
	KM_KEY_FEATURES,  /* "+habit -habit" */
	KM_KEY_MARKS,	  /* three numbers: min, low, high */
	KM_KEY_BY_TYPE,	  /* "DMA 256, Normal 32": one for each type of zone */
	KM_KEY_DISTANCES, /* a number for each node */
};

struct km_key {
	const char *name;
	enum km_key_kind kind;
	uint16_t offset, bytes; /* of the field */
	uint64_t min, max;	/* of each number */
};

enum km_section_id {
	KM_SECTION_MACHINE,
	KM_SECTION_ADDRESS_SPACE,
	KM_SECTION_MEMORY,
	KM_SECTION_RANGE,
	KM_SECTION_ZONE,
	KM_SECTION_NODE,
	KM_SECTION_SYSCTL,
	KM_SECTION_PERCPU,
	KM_NR_SECTIONS
};

struct km_section {
	const char *name;
	const struct km_key *keys; /* ends with a key without a name */
};

extern const struct km_section km_sections[KM_NR_SECTIONS];

/* What has no field in a profile.  The object of [memory]. */
struct km_file_memory {
	uint64_t size;
};

/* Habits as the file gives them; profile->features = (era | on) & ~off. */
struct km_file_habits {
	unsigned int era, on, off;
};

/* Number of fields of 4 or 8 bytes. */
uint64_t km_key_get(const struct km_key *key, const void *object);
void km_key_set(const struct km_key *key, void *object, uint64_t value);
/* Position in the section's table, which ends there if name is none of its keys. */
unsigned int km_key_find(const struct km_section *section, const char *name);

/*
 * A value into its field; ERA and FEATURES go into habits.  False, with one line of what
 * would be right in reason (len bytes): "'x' is not a number from 1 to 8".
 */
bool km_key_parse(const struct km_key *key, const char *text, void *object,
		  struct km_file_habits *habits, char *reason, size_t len);
/* "0x1000", "16M", "4096": false if it is none of these. */
bool km_number_parse(const char *text, bool has_units, uint64_t *value);
/* "16M": the largest unit that leaves a whole number.  Returns buf. */
char *km_bytes_print(uint64_t bytes, char *buf, size_t len);
/* Letters, digits and ._+-, 1 to 31 of them. */
bool km_machine_name_ok(const char *name);

/* "; did you mean 'cpus'?" if one of the names is near, else "", into buf. */
struct km_guess {
	const char *text, *best;
	unsigned int distance;
};
void km_guess_init(struct km_guess *guess, const char *text);
void km_guess_try(struct km_guess *guess, const char *name);
const char *km_guess_print(const struct km_guess *guess, char *buf, size_t len);

#endif
