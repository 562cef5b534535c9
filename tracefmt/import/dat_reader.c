/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of a trace.dat, by their fields (dat_format.h) and never by their text.
 */
#include "tracefmt/import/dat_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <trace-cmd.h>

#include "tracefmt/import/dat_format.h"

/* libtracecmd has them, but its header does not tell. */
extern const char *tracecmd_get_uname(struct tracecmd_input *handle) __attribute__((weak));
extern int tracecmd_page_size(struct tracecmd_input *handle) __attribute__((weak));
extern const char *tracecmd_get_trace_clock(struct tracecmd_input *handle) __attribute__((weak));

#define MAX_IDS 65536u /* common_type has 16 bits */
#define MAX_BUFFERS 64
#define SEEN_SLOTS (1u << 14)
#define MAX_OFFSET (1u << 20) /* of an address in its function; beyond, the function is another */

/* enum trace_flag_type of the kernel */
#define FLAG_IRQS_OFF 0x01
#define FLAG_HARDIRQ 0x08
#define FLAG_SOFTIRQ 0x10
#define FLAG_NMI 0x40
#define FLAG_BH_OFF 0x80

struct dat_reader {
	struct tf_dat_out *out;
	struct tep_handle *tep;
	struct tracecmd_input *handles[1 + MAX_BUFFERS];
	int nr_handles;
	struct tf_dat_format *formats;
	uint16_t by_id[MAX_IDS]; /* number of its format + 1 */
	bool is_big_endian;
	uint64_t nr_records;
	uint64_t seen[SEEN_SLOTS]; /* addresses whose name was sent, the last one at its place */
};

static void send_fact(struct dat_reader *r, const char *key, const char *value)
{
	tf_dat_send(r->out, TF_DAT_FACT, key, strlen(key) + 1, value, strlen(value) + 1);
}

static void send_number(struct dat_reader *r, const char *key, int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", value);
	send_fact(r, key, text);
}

static void send_failure(struct tf_dat_out *out, int code, const char *reason)
{
	uint64_t number = (uint64_t)-code;

	tf_dat_send(out, TF_DAT_ERROR, &number, sizeof(number), reason, strlen(reason));
}

/* "Linux NODE RELEASE MACHINE"; the machine's name may have been empty. */
static void send_uname(struct dat_reader *r, const char *uname)
{
	const char *machine = uname ? strrchr(uname, ' ') : NULL;
	const char *release = machine;
	char text[128];

	if (!machine || !machine[1])
		return;
	while (release > uname && release[-1] != ' ')
		release--;
	if (release == uname || (size_t)(machine - release) >= sizeof(text))
		return;
	memcpy(text, release, (size_t)(machine - release));
	text[machine - release] = '\0';
	send_fact(r, "host.release", text);
	send_fact(r, "host.machine", machine + 1);
}

static void send_facts(struct dat_reader *r)
{
	uint64_t long_size = (uint64_t)tep_get_long_size(r->tep);
	const char *clock;

	send_fact(r, "import.source", "trace.dat");
	if (long_size == 4 || long_size == 8)
		tf_dat_send(r->out, TF_DAT_POINTER, &long_size, sizeof(long_size), NULL, 0);
	if (tracecmd_get_uname)
		send_uname(r, tracecmd_get_uname(r->handles[0]));
	if (tracecmd_page_size && tracecmd_page_size(r->handles[0]) > 0)
		send_number(r, "host.page_size", tracecmd_page_size(r->handles[0]));
	if (tep_get_cpus(r->tep) > 0)
		send_number(r, "host.cpus_online", tep_get_cpus(r->tep));
	clock = tracecmd_get_trace_clock ? tracecmd_get_trace_clock(r->handles[0]) : NULL;
	if (clock && *clock)
		send_fact(r, "import.clock", clock);
}

/* The table of names behind gfp_flags in how the event is printed. */
static const struct tep_print_arg_flags *find_flags(const struct tep_print_arg *arg, int depth)
{
	const struct tep_print_arg_flags *found = NULL;

	for (; arg && depth && !found; arg = arg->next) {
		switch (arg->type) {
		case TEP_PRINT_FLAGS:
			return &arg->flags;
		case TEP_PRINT_TYPE:
			found = find_flags(arg->typecast.item, depth - 1);
			break;
		case TEP_PRINT_OP:
			found = find_flags(arg->op.left, depth - 1);
			if (!found)
				found = find_flags(arg->op.right, depth - 1);
			break;
		default:
			break;
		}
	}
	return found;
}

/* Composites say nothing about which bit is what; all single flags are there, too. */
static void send_gfp(struct dat_reader *r, const struct tep_event *event)
{
	const struct tep_print_arg_flags *flags = find_flags(event->print_fmt.args, 16);

	for (const struct tep_print_flag_sym *sym = flags ? flags->flags : NULL; sym;
	     sym = sym->next) {
		uint64_t value = sym->value ? strtoull(sym->value, NULL, 0) : 0;
		uint64_t bit;

		if (!value || value & (value - 1) || value > UINT32_MAX || !sym->str)
			continue;
		bit = (uint64_t)__builtin_ctzll(value);
		tf_dat_send(r->out, TF_DAT_GFP, &bit, sizeof(bit), sym->str, strlen(sym->str));
	}
}

static int describe_all(struct dat_reader *r)
{
	int nr = tep_get_events_count(r->tep), long_size = tep_get_long_size(r->tep);

	if (nr <= 0 || (unsigned int)nr >= MAX_IDS)
		return -EBADMSG;
	r->formats = calloc((size_t)nr, sizeof(*r->formats));
	if (!r->formats)
		return -ENOMEM;
	for (int i = 0; i < nr; i++) {
		struct tep_event *event = tep_get_event(r->tep, i);
		struct tf_dat_format *format = &r->formats[i];

		if (!event || !event->name || event->id < 0 || (unsigned int)event->id >= MAX_IDS)
			continue;
		tf_dat_describe(format, event, long_size);
		r->by_id[event->id] = (uint16_t)(i + 1);
		if (format->numbers[TF_DAT_GFP_FLAGS].size)
			send_gfp(r, event);
	}
	return 0;
}

/* The name of an address, unless it was sent just now. */
static void send_symbol(struct dat_reader *r, uint64_t addr)
{
	uint64_t *slot = &r->seen[addr * 0x9e3779b97f4a7c15ull >> 50];
	const char *name = tep_find_function(r->tep, addr);
	uint64_t where[2] = { addr };

	_Static_assert(SEEN_SLOTS == 1u << (64 - 50), "the hash fits the table");
	*slot = addr;
	if (!name || !*name)
		return;
	where[1] = addr - tep_find_function_address(r->tep, addr);
	if (where[1] < MAX_OFFSET)
		tf_dat_send(r->out, TF_DAT_SYMBOL, where, sizeof(where), name, strlen(name));
}

static void name_address(struct dat_reader *r, uint64_t addr)
{
	if (addr && r->seen[addr * 0x9e3779b97f4a7c15ull >> 50] != addr)
		send_symbol(r, addr);
}

static void send_malformed(struct dat_reader *r, const char *reason)
{
	tf_dat_send(r->out, TF_DAT_MALFORMED, &r->nr_records, sizeof(r->nr_records), reason,
		    strlen(reason));
}

static uint8_t context_of(int flags)
{
	return (uint8_t)((flags & FLAG_SOFTIRQ ? TF_CTX_SOFTIRQ : 0) |
			 (flags & FLAG_HARDIRQ ? TF_CTX_HARDIRQ : 0) |
			 (flags & FLAG_NMI ? TF_CTX_NMI : 0) |
			 (flags & FLAG_BH_OFF ? TF_CTX_BH_OFF : 0) |
			 (flags & FLAG_IRQS_OFF ? TF_CTX_IRQS_OFF : 0));
}

static void send_record(struct dat_reader *r, const struct tf_dat_format *format,
			struct tep_record *record)
{
	struct tf_import_record rec = {
		.ts_ns = record->ts,
		.pid = (uint32_t)tep_data_pid(r->tep, record),
		.cpu = (uint16_t)record->cpu,
		.event = format->event,
		.ctx = context_of(tep_data_flags(r->tep, record)),
		.preempt = (uint8_t)(tep_data_preempt_count(r->tep, record) & 0xf),
	};
	const char *cache_name =
		tf_dat_get_cache_name(format, record, r->is_big_endian, &rec.cache_name_len);

	tf_dat_get_numbers(format, record, r->is_big_endian, &rec);
	if (rec.cache_name_len > TF_DAT_MAX_PAYLOAD - sizeof(rec)) {
		send_malformed(r, "a cache with a very long name");
		return;
	}
	name_address(r, rec.call_site);
	tf_dat_send(r->out, TF_DAT_RECORD, &rec, sizeof(rec), cache_name, rec.cache_name_len);
}

static void send_stack(struct dat_reader *r, const struct tf_dat_format *format,
		       struct tep_record *record)
{
	uint64_t where[2] = { (uint64_t)record->cpu, (uint32_t)tep_data_pid(r->tep, record) };
	uint64_t frames[TF_MAX_FRAMES];
	size_t nr = tf_dat_get_frames(format, record, r->is_big_endian, frames, TF_MAX_FRAMES);

	for (size_t i = 0; i < nr; i++)
		name_address(r, frames[i]);
	if (nr)
		tf_dat_send(r->out, TF_DAT_STACK, where, sizeof(where), frames,
			    nr * sizeof(frames[0]));
}

static int on_record(struct tracecmd_input *handle, struct tep_record *record, int cpu, void *data)
{
	struct dat_reader *r = data;
	int id = tep_data_type(r->tep, record);
	uint64_t on_cpu = (uint64_t)record->cpu;
	const struct tf_dat_format *format;

	(void)handle;
	(void)cpu;
	r->nr_records++;
	if (record->cpu < 0 || record->cpu > UINT16_MAX) {
		send_malformed(r, "a CPU beyond 65535");
		return 0;
	}
	if (record->missed_events) {
		uint64_t lost[2] = { on_cpu };

		lost[1] = record->missed_events > 0 ? (uint64_t)record->missed_events : 0;
		tf_dat_send(r->out, TF_DAT_LOST, lost, sizeof(lost), NULL, 0);
	}
	if (id < 0 || (unsigned int)id >= MAX_IDS || !r->by_id[id]) {
		send_malformed(r, "an event of a kind that the file does not describe");
		return r->out->err;
	}
	format = &r->formats[r->by_id[id] - 1];
	if (format->event != TF_IMPORT_OTHER)
		send_record(r, format, record);
	else if (format->is_stack)
		send_stack(r, format, record);
	else
		tf_dat_send(r->out, TF_DAT_IGNORE, &on_cpu, sizeof(on_cpu), format->name,
			    strlen(format->name));
	return r->out->err;
}

/* The buffer that every trace has, and those of trace-cmd record -B. */
static int open_buffers(struct dat_reader *r, int fd)
{
	int nr;

	r->handles[0] = tracecmd_open_fd(fd, TRACECMD_FL_LOAD_NO_PLUGINS |
						     TRACECMD_FL_LOAD_NO_SYSTEM_PLUGINS);
	if (!r->handles[0])
		return -EBADMSG;
	r->nr_handles = 1;
	nr = tracecmd_buffer_instances(r->handles[0]);
	for (int i = 0; i < nr && i < MAX_BUFFERS; i++) {
		struct tracecmd_input *handle = tracecmd_buffer_instance_handle(r->handles[0], i);

		if (!handle)
			return -EBADMSG;
		r->handles[r->nr_handles++] = handle;
	}
	r->tep = tracecmd_get_tep(r->handles[0]);
	r->is_big_endian = r->tep && tep_is_file_bigendian(r->tep);
	return r->tep ? 0 : -EBADMSG;
}

static void close_buffers(struct dat_reader *r)
{
	for (int i = r ? r->nr_handles : 0; i > 0; i--)
		tracecmd_close(r->handles[i - 1]);
}

void tf_dat_read(int fd, struct tf_dat_out *out)
{
	struct dat_reader *r = calloc(1, sizeof(*r));
	const char *reason = "libtracecmd cannot read this file";
	int err = r ? 0 : -ENOMEM;

	tracecmd_set_loglevel(TEP_LOG_NONE);
	tep_set_loglevel(TEP_LOG_NONE);
	if (!err) {
		r->out = out;
		err = open_buffers(r, fd);
	}
	if (!err) {
		send_facts(r);
		reason = "the file describes no events";
		err = describe_all(r);
	}
	if (!err) {
		reason = "libtracecmd cannot read the events of this file";
		if (tracecmd_iterate_events_multi(r->handles, r->nr_handles, on_record, r) < 0)
			err = -EBADMSG;
	}
	if (err)
		send_failure(out, err, err == -ENOMEM ? "out of memory" : reason);
	else
		tf_dat_send(out, TF_DAT_END, NULL, 0, NULL, 0);
	tf_dat_flush(out);
	close_buffers(r);
	if (r)
		free(r->formats);
	free(r);
}
