/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the fields of an event are in its records, as a trace.dat itself describes it.
 *
 * Inside of tracefmt/import/ only.
 */
#ifndef TRACEFMT_IMPORT_DAT_FORMAT_H
#define TRACEFMT_IMPORT_DAT_FORMAT_H

#include <event-parse.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracefmt/import/record.h"

/* A number in a record; size 0: this kernel's event has none. */
struct tf_dat_field {
	uint16_t offset;
	uint8_t size; /* 1, 2, 4, 8 */
	bool is_signed;
};

enum tf_dat_number {
	TF_DAT_CALL_SITE,
	TF_DAT_PTR,
	TF_DAT_PAGE,
	TF_DAT_PFN,
	TF_DAT_ORDER,
	TF_DAT_MIGRATETYPE,
	TF_DAT_BYTES_REQ,
	TF_DAT_BYTES_ALLOC,
	TF_DAT_GFP_FLAGS,
	TF_DAT_NODE,
	TF_DAT_ALIGN,
	TF_DAT_FAILED,
	TF_DAT_IS_ATOMIC,
	TF_DAT_RESERVED,
	TF_NR_DAT_NUMBERS
};

struct tf_dat_format {
	const char *name; /* borrowed */
	uint8_t event;	  /* enum tf_import_event */
	bool is_stack;	  /* a call chain */
	bool is_relative; /* cache_name counts from its own end */
	struct tf_dat_field numbers[TF_NR_DAT_NUMBERS];
	struct tf_dat_field cache_name; /* length << 16 | offset */
	struct tf_dat_field frames;	/* offset of the first and size of each */
	struct tf_dat_field nr_frames;
};

/* What the file says of the event; long_size is that of the traced kernel. */
void tf_dat_describe(struct tf_dat_format *format, struct tep_event *event, int long_size);

/* The number of a record, sign extended; false if it has none. */
bool tf_dat_get(const struct tep_record *record, struct tf_dat_field field, bool is_big_endian,
		uint64_t *value);
/* The numbers of the record that its event has, into *rec; gfp flags stay raw. */
void tf_dat_get_numbers(const struct tf_dat_format *format, const struct tep_record *record,
			bool is_big_endian, struct tf_import_record *rec);
/* The cache's name within the record, not terminated; NULL and *len 0 if there is none. */
const char *tf_dat_get_cache_name(const struct tf_dat_format *format,
				  const struct tep_record *record, bool is_big_endian,
				  uint16_t *len);
/* The call chain of the record: its number of frames, up to max. */
size_t tf_dat_get_frames(const struct tf_dat_format *format, const struct tep_record *record,
			 bool is_big_endian, uint64_t *frames, size_t max);

#endif
