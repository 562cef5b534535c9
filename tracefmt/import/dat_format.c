/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fields of a trace.dat's events.
 *
 * What the format of each event in the file says of offset, size and sign is looked up
 * once.  Fields that a kernel's event does not have are left out: names and
 * types are those of include/trace/events/kmem.h, percpu.h and vmalloc.h, 2.6.32 to 6.18.
 * Every offset and length is checked against the record, for the file may say anything.
 */
#include "tracefmt/import/dat_format.h"

#include <string.h>

#include "tracefmt/bytes.h"
#include "tracefmt/event.h"

static const struct {
	uint8_t number; /* enum tf_dat_number */
	const char *name;
} names[] = {
	{ TF_DAT_CALL_SITE, "call_site" },
	{ TF_DAT_PTR, "ptr" },
	{ TF_DAT_PTR, "addr" },
	{ TF_DAT_PTR, "va_start" },
	{ TF_DAT_PAGE, "page" },
	{ TF_DAT_PFN, "pfn" },
	{ TF_DAT_ORDER, "order" },
	{ TF_DAT_MIGRATETYPE, "migratetype" },
	{ TF_DAT_BYTES_REQ, "bytes_req" },
	{ TF_DAT_BYTES_REQ, "size" },
	{ TF_DAT_BYTES_ALLOC, "bytes_alloc" },
	{ TF_DAT_GFP_FLAGS, "gfp_flags" },
	{ TF_DAT_NODE, "node" },
	{ TF_DAT_ALIGN, "align" },
	{ TF_DAT_FAILED, "failed" },
	{ TF_DAT_IS_ATOMIC, "is_atomic" },
	{ TF_DAT_RESERVED, "reserved" },
};

static struct tf_dat_field field_of(const struct tep_format_field *from)
{
	struct tf_dat_field field = { 0 };

	if (!from || from->offset < 0 || from->offset > UINT16_MAX ||
	    (from->size != 1 && from->size != 2 && from->size != 4 && from->size != 8))
		return field;
	field.offset = (uint16_t)from->offset;
	field.size = (uint8_t)from->size;
	field.is_signed = from->flags & TEP_FIELD_IS_SIGNED;
	return field;
}

/* Of ftrace's kernel_stack: its array has as many frames as the record has room for. */
static void describe_stack(struct tf_dat_format *format, struct tep_event *event, int long_size)
{
	const struct tep_format_field *frames = tep_find_field(event, "caller");

	if (!frames || frames->offset < 0 || frames->offset > UINT16_MAX ||
	    (long_size != 4 && long_size != 8))
		return;
	format->is_stack = true;
	format->frames.offset = (uint16_t)frames->offset;
	format->frames.size = (uint8_t)long_size;
	format->nr_frames = field_of(tep_find_field(event, "size"));
}

static bool is_of(const struct tep_event *event, const char *system)
{
	return event->system && !strcmp(event->system, system);
}

void tf_dat_describe(struct tf_dat_format *format, struct tep_event *event, int long_size)
{
	const struct tep_format_field *name;

	memset(format, 0, sizeof(*format));
	format->name = event->name;
	if (is_of(event, "kmem") || is_of(event, "percpu") || is_of(event, "vmalloc"))
		format->event = (uint8_t)tf_import_event_by_name(event->name, strlen(event->name));
	else if (is_of(event, "ftrace") && !strcmp(event->name, "kernel_stack"))
		describe_stack(format, event, long_size);
	if (format->event == TF_IMPORT_OTHER)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct tep_format_field *field = tep_find_field(event, names[i].name);

		if (field)
			format->numbers[names[i].number] = field_of(field);
	}
	name = tep_find_field(event, "name");
	if (name && name->flags & TEP_FIELD_IS_DYNAMIC && name->size == 4) {
		format->cache_name = field_of(name);
		format->is_relative = name->flags & TEP_FIELD_IS_RELATIVE;
	}
}

static uint64_t read_number(const uint8_t *at, unsigned int size, bool is_big_endian)
{
	uint64_t value = 0;

	if (is_big_endian) {
		for (unsigned int i = 0; i < size; i++)
			value = value << 8 | at[i];
		return value;
	}
	switch (size) {
	case 8:
		return tf_get64(at);
	case 4:
		return tf_get32(at);
	case 2:
		return tf_get16(at);
	default:
		return *at;
	}
}

bool tf_dat_get(const struct tep_record *record, struct tf_dat_field field, bool is_big_endian,
		uint64_t *value)
{
	unsigned int shift = 64 - 8u * field.size;

	if (!field.size || field.offset + field.size > record->size)
		return false;
	*value = read_number((const uint8_t *)record->data + field.offset, field.size,
			     is_big_endian);
	if (field.is_signed && shift)
		*value = (uint64_t)((int64_t)(*value << shift) >> shift);
	return true;
}

/* What all classes may have. */
static void get_common(const struct tf_dat_format *format, const struct tep_record *record,
		       bool is_big_endian, struct tf_import_record *rec)
{
	const struct tf_dat_field *numbers = format->numbers;
	uint64_t value;

	if (tf_dat_get(record, numbers[TF_DAT_CALL_SITE], is_big_endian, &rec->call_site))
		rec->has |= TF_IMPORT_HAS_CALL_SITE;
	if (tf_dat_get(record, numbers[TF_DAT_PTR], is_big_endian, &rec->ptr))
		rec->has |= TF_IMPORT_HAS_PTR;
	if (tf_dat_get(record, numbers[TF_DAT_BYTES_REQ], is_big_endian, &rec->bytes_req))
		rec->has |= TF_IMPORT_HAS_BYTES_REQ;
	if (tf_dat_get(record, numbers[TF_DAT_BYTES_ALLOC], is_big_endian, &rec->bytes_alloc))
		rec->has |= TF_IMPORT_HAS_BYTES_ALLOC;
	if (tf_dat_get(record, numbers[TF_DAT_GFP_FLAGS], is_big_endian, &value)) {
		rec->gfp = (uint32_t)value;
		rec->has |= TF_IMPORT_HAS_GFP;
	}
	if (tf_dat_get(record, numbers[TF_DAT_NODE], is_big_endian, &value)) {
		rec->node = (int32_t)value;
		rec->has |= TF_IMPORT_HAS_NODE;
	}
}

static void get_page(const struct tf_dat_format *format, const struct tep_record *record,
		     bool is_big_endian, struct tf_import_record *rec)
{
	const struct tf_dat_field *numbers = format->numbers;
	uint64_t value;

	if (tf_dat_get(record, numbers[TF_DAT_PAGE], is_big_endian, &rec->page))
		rec->has |= TF_IMPORT_HAS_PAGE;
	if (tf_dat_get(record, numbers[TF_DAT_PFN], is_big_endian, &rec->pfn)) {
		/* No page has the number -1; the kernel prints it as page 0. */
		bool is_none =
			rec->pfn == (numbers[TF_DAT_PFN].size == 4 ? UINT32_MAX : UINT64_MAX);

		rec->page = 0;
		rec->has |= is_none ? TF_IMPORT_HAS_PAGE : TF_IMPORT_HAS_PFN;
	}
	if (tf_dat_get(record, numbers[TF_DAT_ORDER], is_big_endian, &value)) {
		rec->order = (uint32_t)value;
		rec->has |= TF_IMPORT_HAS_ORDER;
	}
	if (tf_dat_get(record, numbers[TF_DAT_MIGRATETYPE], is_big_endian, &value)) {
		rec->migratetype = (uint32_t)value;
		rec->has |= TF_IMPORT_HAS_MIGRATETYPE;
	}
}

static void get_flag(const struct tep_record *record, struct tf_dat_field field, bool is_big_endian,
		     uint8_t flag, struct tf_import_record *rec)
{
	uint64_t value;

	if (!tf_dat_get(record, field, is_big_endian, &value))
		return;
	rec->flags |= value ? flag : 0;
	rec->has |= TF_IMPORT_HAS_FLAGS;
}

void tf_dat_get_numbers(const struct tf_dat_format *format, const struct tep_record *record,
			bool is_big_endian, struct tf_import_record *rec)
{
	const struct tf_dat_field *numbers = format->numbers;

	get_common(format, record, is_big_endian, rec);
	if (format->event < TF_IMPORT_PAGE_ALLOC)
		return;
	get_page(format, record, is_big_endian, rec);
	if (tf_dat_get(record, numbers[TF_DAT_ALIGN], is_big_endian, &rec->align))
		rec->has |= TF_IMPORT_HAS_ALIGN;
	get_flag(record, numbers[TF_DAT_FAILED], is_big_endian, TF_EV_FAILED, rec);
	get_flag(record, numbers[TF_DAT_IS_ATOMIC], is_big_endian, TF_EV_ATOMIC, rec);
	get_flag(record, numbers[TF_DAT_RESERVED], is_big_endian, TF_EV_RESERVED, rec);
}

const char *tf_dat_get_cache_name(const struct tf_dat_format *format,
				  const struct tep_record *record, bool is_big_endian,
				  uint16_t *len)
{
	const struct tf_dat_field field = format->cache_name;
	const char *name;
	uint64_t where;
	size_t offset;

	*len = 0;
	if (!tf_dat_get(record, field, is_big_endian, &where))
		return NULL;
	offset = where & 0xffff;
	if (format->is_relative)
		offset += field.offset + field.size;
	if (offset + (where >> 16 & 0xffff) > (size_t)record->size)
		return NULL;
	name = (const char *)record->data + offset;
	*len = (uint16_t)strnlen(name, where >> 16 & 0xffff);
	return *len ? name : NULL;
}

/* It ends where its length says, or with the record, or with an address of -1. */
size_t tf_dat_get_frames(const struct tf_dat_format *format, const struct tep_record *record,
			 bool is_big_endian, uint64_t *frames, size_t max)
{
	uint64_t none = format->frames.size == 4 ? UINT32_MAX : UINT64_MAX, told;
	struct tf_dat_field field = format->frames;
	size_t nr = 0;

	if (tf_dat_get(record, format->nr_frames, is_big_endian, &told) && told < max)
		max = (size_t)told;
	while (nr < max && tf_dat_get(record, field, is_big_endian, &frames[nr]) &&
	       frames[nr] != none) {
		nr++;
		if (field.offset > UINT16_MAX - field.size)
			break;
		field.offset = (uint16_t)(field.offset + field.size);
	}
	return nr;
}
