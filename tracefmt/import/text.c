/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines to records.
 *
 * An event of perf waits until its call chain is there (an empty line, or the next event); one
 * of ftrace is handed over at once, and its stack, which is an event of its own, when
 * that has ended.
 */
#include "tracefmt/import/text_state.h"

/* The address of a symbol, known or made up; its name goes to the trace. */
static int resolve(struct tf_text *text, const struct tf_text_symbol *symbol, enum tf_place_use use,
		   uint64_t *addr)
{
	char full[TF_TEXT_SITE_ROOM];
	struct tf_span name = symbol->function;
	uint32_t offset = symbol->offset < UINT32_MAX ? (uint32_t)symbol->offset : UINT32_MAX;

	*addr = symbol->addr;
	if (!name.len)
		return 0;
	if (symbol->module.len && name.len + symbol->module.len + 3 <= sizeof(full)) {
		memcpy(full, name.at, name.len);
		memcpy(full + name.len, " [", 2);
		memcpy(full + name.len + 2, symbol->module.at, symbol->module.len);
		full[name.len + 2 + symbol->module.len] = ']';
		name.len += symbol->module.len + 3;
		name.at = full;
	}
	if (symbol->addr)
		return tf_import_symbol(text->imp, symbol->addr, name.at, name.len, offset, use);
	return tf_import_site(text->imp, name.at, name.len, offset, use, addr);
}

static int hand_over(struct tf_text *text, const struct tf_text_symbol *site)
{
	struct tf_import_record *rec = &text->record;
	int err = 0;

	if (rec->has & TF_IMPORT_HAS_CALL_SITE)
		err = resolve(text, site, TF_PLACE_SITE, &rec->call_site);
	rec->nr_frames = (uint16_t)text->nr_frames;
	rec->frames = text->frames;
	return err ? err : tf_import_record(text->imp, rec);
}

/* Whatever waited for more lines has got them. */
int tf_text_close(struct tf_text *text)
{
	enum tf_text_state state = text->state;
	int err = 0;

	text->state = TF_TEXT_NONE;
	if (state == TF_TEXT_CHAIN)
		err = hand_over(text, &text->site);
	else if (state == TF_TEXT_STACK && text->nr_frames)
		err = tf_import_stack(text->imp, text->stack_cpu, text->stack_pid, text->frames,
				      text->nr_frames);
	text->nr_frames = 0;
	return err;
}

/* What the waiting event points to in its line moves with the next one. */
static void keep_copies(struct tf_text *text, const struct tf_text_symbol *site)
{
	struct tf_import_record *rec = &text->record;
	size_t len = site->function.len, module_len = site->module.len;

	text->site = *site;
	if (len > sizeof(text->site_text))
		len = sizeof(text->site_text);
	if (module_len > sizeof(text->site_text) - len)
		module_len = 0;
	if (len)
		memcpy(text->site_text, site->function.at, len);
	if (module_len)
		memcpy(text->site_text + len, site->module.at, module_len);
	text->site.function = (struct tf_span){ text->site_text, len };
	text->site.module = (struct tf_span){ text->site_text + len, module_len };
	if (!rec->cache_name)
		return;
	if (rec->cache_name_len > sizeof(text->name))
		rec->cache_name_len = sizeof(text->name);
	memcpy(text->name, rec->cache_name, rec->cache_name_len);
	rec->cache_name = text->name;
}

static int read_event(struct tf_text *text, const struct tf_text_head *head,
		      enum tf_import_event event)
{
	struct tf_import_record *rec = &text->record;
	struct tf_text_fields fields;
	const char *bad;

	rec->event = (uint8_t)event;
	bad = tf_text_fields(head->fields.at, head->fields.at + head->fields.len, rec, &fields);
	if (bad) {
		tf_import_malformed(text->imp, text->line, bad);
		text->state = TF_TEXT_OTHER_STACK;
		return 0;
	}
	rec->ts_ns = head->ts_ns;
	rec->pid = head->pid;
	rec->cpu = head->cpu;
	rec->ctx = head->ctx;
	rec->preempt = head->preempt;
	if (rec->has & TF_IMPORT_HAS_GFP)
		rec->gfp = tf_import_gfp(text->imp, fields.gfp.at, fields.gfp.len);
	if (!head->is_perf)
		return hand_over(text, &fields.site);
	keep_copies(text, &fields.site);
	text->state = TF_TEXT_CHAIN;
	return 0;
}

/* "PERF_RECORD_LOST lost 12", where an event's name would be. */
static bool is_perf_loss(const struct tf_text_head *head, uint64_t *nr)
{
	const char *at = head->name.at, *end = head->fields.at + head->fields.len, *lost;

	if (!tf_starts(at, end, "PERF_RECORD_LOST"))
		return false;
	lost = memmem(at, (size_t)(end - at), "lost ", 5);
	at = lost ? lost + 5 : end;
	return lost && tf_scan_u64(&at, end, nr);
}

static int take_event(struct tf_text *text, const struct tf_text_head *head)
{
	enum tf_import_event event;
	uint64_t nr;

	text->nr_events++;
	if (head->is_stack) {
		text->state = TF_TEXT_STACK;
		text->stack_cpu = head->cpu;
		text->stack_pid = head->pid;
		return 0;
	}
	if (!head->name.len) {
		if (is_perf_loss(head, &nr))
			return tf_import_lost(text->imp, head->cpu, nr);
		text->state = TF_TEXT_OTHER_STACK;
		return tf_import_ignore(text->imp, head->cpu, "(no name)", 9);
	}
	event = tf_import_event_by_name(head->name.at, head->name.len);
	if (event != TF_IMPORT_OTHER)
		return read_event(text, head, event);
	text->state = TF_TEXT_OTHER_STACK;
	return tf_import_ignore(text->imp, head->cpu, head->name.at, head->name.len);
}

/* A line of a stack of either kind; 1 if it is none. */
static int take_frame(struct tf_text *text, const char *line, const char *end)
{
	struct tf_text_symbol symbol;
	struct tf_text_head head;
	uint64_t addr;
	int ret;

	ret = tf_text_perf_frame(line, end, tf_import_pointer_bytes(text->imp), &symbol);
	if (ret < 0)
		ret = tf_text_ftrace_frame(line, end, &symbol);
	if (ret < 0)
		return 1;
	/* With blanks for the tab, an event of the task "dd" looks like a frame at address dd. */
	if (!ret && *line == ' ' && !tf_text_head(line, end, &head))
		return 1;
	if (!ret || text->state == TF_TEXT_OTHER_STACK || text->nr_frames == TF_MAX_FRAMES)
		return 0;
	ret = resolve(text, &symbol, TF_PLACE_FRAME, &addr);
	if (!ret && addr)
		text->frames[text->nr_frames++] = addr;
	return ret;
}

/* Facts of comments: "# key : value" of perf script --header, and what ftrace says of its buffer.
 */
static int take_fact(struct tf_text *text, const char *line, const char *end, const char *prefix,
		     const char *key)
{
	char value[512];
	const char *at = line + strlen(prefix);
	size_t len;

	if (!tf_starts(line, end, prefix))
		return 0;
	at = tf_skip_blanks(at, end);
	len = (size_t)(end - at);
	if (!len || len >= sizeof(value) || memchr(at, 0, len))
		return 0;
	memcpy(value, at, len);
	value[len] = 0;
	return tf_import_fact(text->imp, key, value);
}

/* "# entries-in-buffer/entries-written: 105043/216497   #P:2": what the ring had overwritten. */
static int take_ftrace_header(struct tf_text *text, const char *line, const char *end)
{
	static const char entries[] = "# entries-in-buffer/entries-written: ";
	const char *at = line + sizeof(entries) - 1, *cpus;
	uint64_t in_buffer, written, nr;
	int err = 0;

	if (!tf_starts(line, end, entries) || !tf_scan_u64(&at, end, &in_buffer) || at == end ||
	    *at++ != '/' || !tf_scan_u64(&at, end, &written))
		return 0;
	if (written > in_buffer)
		err = tf_import_factf(text->imp, "import.overwritten", "%llu",
				      (unsigned long long)(written - in_buffer));
	cpus = memmem(at, (size_t)(end - at), "#P:", 3);
	at = cpus ? cpus + 3 : end;
	if (!err && tf_scan_u64(&at, end, &nr) && nr && nr <= UINT16_MAX)
		err = tf_import_factf(text->imp, "host.cpus_online", "%llu",
				      (unsigned long long)nr);
	return err;
}

static int take_comment(struct tf_text *text, const char *line, const char *end)
{
	static const char *const facts[][2] = {
		{ "# os release : ", "host.release" },
		{ "# arch : ", "host.machine" },
		{ "# nrcpus online : ", "host.cpus_online" },
		{ "# nrcpus avail : ", "host.cpus_possible" },
		{ "# cmdline : ", "record.command" },
	};
	int err = take_ftrace_header(text, line, end);

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]) && !err; i++)
		err = take_fact(text, line, end, facts[i][0], facts[i][1]);
	return err;
}

bool tf_text_is_wanted(const struct tf_text *text, const struct tf_text_head *head)
{
	return text->format == TF_FORMAT_AUTO ||
	       head->is_perf == (text->format == TF_FORMAT_PERF_SCRIPT);
}

/* A line that is neither empty nor a comment nor part of a stack. */
static int take_other(struct tf_text *text, const char *line, const char *end)
{
	struct tf_text_head head;
	unsigned int cpu;
	uint64_t nr;
	const char *bad;

	if (tf_text_loss(line, end, &cpu, &nr))
		return tf_import_lost(text->imp, cpu, nr);
	bad = tf_text_head(line, end, &head);
	if (!bad && !tf_text_is_wanted(text, &head))
		bad = "the other format";
	if (!bad)
		return take_event(text, &head);
	/* trace-cmd report's first line. */
	if (tf_starts(line, end, "cpus="))
		return take_fact(text, line, end, "cpus=", "host.cpus_online");
	tf_import_not_event(text->imp, text->line, bad);
	return 0;
}

int tf_text_take_line(struct tf_text *text, const char *line, const char *end)
{
	int ret;

	text->line++;
	tf_import_count_line(text->imp);
	if (end > line && end[-1] == '\r')
		end--;
	if (line == end)
		return tf_text_close(text);
	if (*line == '#')
		return take_comment(text, line, end);
	if (text->state != TF_TEXT_NONE && (*line == '\t' || *line == ' ' || *line == '=')) {
		ret = take_frame(text, line, end);
		if (ret <= 0)
			return ret;
	}
	ret = tf_text_close(text);
	return ret ? ret : take_other(text, line, end);
}
