/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One event as one line.
 *
 * Which fields an event has depends on its kind (the table of tracefmt/event.h);
 * that is decided once here, and the three formats only differ in spelling.
 */
#include "cmd/ui/event_print.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "cmd/ui/quote.h"
#include "cmd/ui/units.h"
#include "core/analysis/context.h"
#include "core/result/result.h"

enum fields {
	HAS_PTR = 1 << 0,
	HAS_PFN = 1 << 1,
	HAS_ORDER = 1 << 2,
	HAS_REQ = 1 << 3,
	HAS_ALLOC = 1 << 4,
	HAS_GFP = 1 << 5,
	HAS_OWNER = 1 << 6,
	HAS_TYPE = 1 << 7, /* migratetype */
	HAS_ALIGN = 1 << 8,
	HAS_LOST = 1 << 9,
	HAS_MARK = 1 << 10,
	HAS_NODE = 1 << 11,
	HAS_CONTEXT = 1 << 12,
	IS_FAILED = 1 << 13,
	HAS_IRQS = 1 << 14, /* whether interrupts were off */
	HAS_RCU = 1 << 15,  /* whether in an RCU read-side section */
	HAS_FALLBACK = 1 << 16,
	HAS_REFILL = 1 << 17,
};

static const unsigned int fields_of_kind[TF_NR_KINDS] = {
	[TF_KMALLOC] = HAS_PTR | HAS_REQ | HAS_ALLOC | HAS_GFP | HAS_NODE | HAS_CONTEXT,
	[TF_KFREE] = HAS_PTR | HAS_CONTEXT,
	[TF_CACHE_ALLOC] = HAS_PTR | HAS_REQ | HAS_ALLOC | HAS_GFP | HAS_NODE | HAS_CONTEXT,
	[TF_CACHE_FREE] = HAS_PTR | HAS_CONTEXT,
	[TF_PAGE_ALLOC] = HAS_PFN | HAS_ORDER | HAS_GFP | HAS_TYPE | HAS_OWNER | HAS_CONTEXT,
	[TF_PAGE_FREE] = HAS_PFN | HAS_ORDER | HAS_OWNER | HAS_CONTEXT,
	[TF_PAGE_FREE_BATCH] = HAS_PFN | HAS_OWNER | HAS_CONTEXT,
	[TF_PERCPU_ALLOC] = HAS_PTR | HAS_REQ | HAS_ALLOC | HAS_ALIGN | HAS_GFP | HAS_CONTEXT,
	[TF_PERCPU_FREE] = HAS_PTR | HAS_CONTEXT,
	[TF_PERCPU_FAIL] = HAS_REQ | HAS_ALIGN | HAS_CONTEXT,
	[TF_VMAP_ALLOC] = HAS_PTR | HAS_REQ | HAS_ALIGN | HAS_OWNER | HAS_CONTEXT,
	[TF_VMAP_FREE] = HAS_PTR | HAS_OWNER | HAS_CONTEXT,
	[TF_GAP] = HAS_LOST,
	[TF_MARK] = HAS_MARK,
	[TF_ZONE_LOCKED] = HAS_PFN | HAS_ORDER | HAS_TYPE | HAS_REFILL | HAS_CONTEXT,
	[TF_PCPU_DRAIN] = HAS_PFN | HAS_ORDER | HAS_TYPE | HAS_CONTEXT,
	[TF_EXTFRAG] = HAS_PFN | HAS_ORDER | HAS_TYPE | HAS_FALLBACK | HAS_CONTEXT,
};

/* An event with its fields looked up and turned into text. */
struct line {
	const struct tf_event *ev;
	unsigned int fields;
	int64_t ts_ns;
	const char *type, *gfp, *cache, *symbol, *owner, *context, *scopes; /* NULL: has none */
	const struct tf_stack *stack; /* to be printed, NULL if not */
	char symbol_buf[256], scopes_buf[32];
};

/* The scopes of the task as "memalloc|nofs"; NULL if it was in none. */
static const char *scopes_text(const struct tf_event *ev, char text[32])
{
	static const struct {
		unsigned int flag;
		const char *name;
	} scopes[] = {
		{ TF_EV_MEMALLOC, "memalloc" },
		{ TF_EV_NOIO, "noio" },
		{ TF_EV_NOFS, "nofs" },
	};

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		if (!(ev->flags & scopes[i].flag))
			continue;
		if (text[0])
			strcat(text, "|");
		strcat(text, scopes[i].name);
	}
	return text[0] ? text : NULL;
}

static const char *gfp_text(struct ui_event_printer *printer, uint32_t gfp)
{
	unsigned int slot = (gfp * 2654435761u) >> 26;

	if (printer->gfp[slot].gfp != gfp || !printer->gfp[slot].text[0]) {
		printer->gfp[slot].gfp = gfp;
		km_gfp_print(km_gfp_to_canonical(&printer->layout, gfp), printer->gfp[slot].text,
			     sizeof(printer->gfp[slot].text));
	}
	return printer->gfp[slot].text;
}

static void look_up(struct ui_event_printer *printer, const struct tf_event *ev, struct line *line)
{
	const struct tf_cache *cache = tf_meta_cache(printer->meta, ev->cache);

	line->ev = ev;
	line->fields = ev->kind < TF_NR_KINDS ? fields_of_kind[ev->kind] : 0;
	line->ts_ns = (int64_t)(ev->ts_ns - printer->first_ns);
	line->type = tf_kind_name(ev->kind);
	if (tf_event_is_failed(ev)) {
		line->fields |= IS_FAILED;
		line->fields &= ~(unsigned int)(HAS_PTR | HAS_PFN);
	}
	if (printer->has_irqs_off && line->fields & HAS_CONTEXT && !(ev->ctx & TF_CTX_UNKNOWN))
		line->fields |= HAS_IRQS;
	if (printer->has_rcu && line->fields & HAS_CONTEXT && !(ev->ctx & TF_CTX_UNKNOWN))
		line->fields |= HAS_RCU;
	line->gfp = line->fields & HAS_GFP ? gfp_text(printer, ev->gfp) : NULL;
	line->cache = cache ? cache->name : NULL;
	line->symbol = ev->call_site ? km_result_symbol(printer->meta, ev->call_site,
							line->symbol_buf, sizeof(line->symbol_buf))
				     : NULL;
	line->owner = line->fields & HAS_OWNER ? tf_owner_name(ev->owner) : NULL;
	line->scopes = line->fields & HAS_CONTEXT ? scopes_text(ev, line->scopes_buf) : NULL;
	line->stack =
		printer->flags & UI_EVENT_STACKS ? tf_meta_stack(printer->meta, ev->stack) : NULL;
	line->context = line->fields & HAS_CONTEXT ? km_context_name(km_context_of(ev->ctx)) : NULL;
}

void ui_event_printer_init(struct ui_event_printer *printer, FILE *file, const struct tf_meta *meta,
			   enum ui_event_format format, unsigned int flags, uint64_t first_ns)
{
	static const char prefix[] = "gfp.";
	const char *release = tf_meta_get(meta, "host.release");
	bool is_known = false;

	memset(printer, 0, sizeof(*printer));
	printer->file = file;
	printer->meta = meta;
	printer->format = format;
	printer->flags = flags;
	printer->first_ns = first_ns;
	printer->has_irqs_off = tf_meta_get(meta, "record.irqs_off") != NULL;
	printer->has_rcu = tf_meta_get(meta, "record.rcu") != NULL;
	km_gfp_layout_clear(&printer->layout);
	for (size_t i = 0; i < meta->nr_facts; i++) {
		const char *key = meta->facts[i].key;
		uint64_t bit;

		if (strncmp(key, prefix, sizeof(prefix) - 1) ||
		    ui_parse_u64(meta->facts[i].value, &bit) || bit > 31)
			continue;
		if (!km_gfp_layout_set(&printer->layout, key + sizeof(prefix) - 1,
				       (unsigned int)bit))
			is_known = true;
	}
	if (!is_known && (!release || km_gfp_layout_era(&printer->layout, release)))
		km_gfp_layout_init(&printer->layout);
}

static void print_site(FILE *file, const struct line *line)
{
	char name[sizeof(line->symbol_buf)];

	if (line->symbol)
		fprintf(file, " %s", ui_clean(line->symbol, name, sizeof(name)));
	else if (line->ev->call_site)
		fprintf(file, " 0x%" PRIx64, line->ev->call_site);
}

/* Time, CPU, thread, context with what was off and the preemption depth, kind. */
static void print_where(FILE *file, const struct line *line)
{
	const struct tf_event *ev = line->ev;
	uint64_t ns = line->ts_ns < 0 ? -(uint64_t)line->ts_ns : (uint64_t)line->ts_ns;
	char context[24] = "";

	if (line->context) {
		bool is_known = !(ev->ctx & TF_CTX_UNKNOWN);
		char depth[8] = "";

		if (is_known && ev->preempt)
			snprintf(depth, sizeof(depth), "/%u", ev->preempt);
		snprintf(context, sizeof(context), "%s%s%s%s%s", line->context,
			 line->fields & HAS_IRQS && ev->ctx & TF_CTX_IRQS_OFF ? "+irq" : "",
			 is_known && ev->ctx & TF_CTX_BH_OFF ? "+bh" : "",
			 line->fields & HAS_RCU && ev->ctx & TF_CTX_RCU ? "+rcu" : "", depth);
	}
	fprintf(file, "%s%" PRIu64 ".%09" PRIu64 " [%03u] %6" PRIu32 " %-10s %-15s",
		line->ts_ns < 0 ? "-" : "", ns / 1000000000, ns % 1000000000, ev->cpu, ev->pid,
		context, line->type);
}

/* One caller a line, the innermost first. */
static void print_frames(FILE *file, const struct tf_meta *meta, const struct tf_stack *stack)
{
	char buf[256], name[256];

	for (uint32_t i = 0; i < stack->nr_frames; i++) {
		const char *symbol = km_result_symbol(meta, stack->frames[i], buf, sizeof(buf));

		fprintf(file, "\t0x%" PRIx64 "%s%s\n", stack->frames[i], symbol ? " " : "",
			symbol ? ui_clean(symbol, name, sizeof(name)) : "");
	}
}

static void print_text(FILE *file, const struct tf_meta *meta, const struct line *line)
{
	const struct tf_event *ev = line->ev;
	unsigned int fields = line->fields;
	char name[64];

	print_where(file, line);
	if (fields & IS_FAILED)
		fputs(" FAILED", file);
	if (fields & HAS_PTR)
		fprintf(file, " 0x%" PRIx64, ev->addr);
	if (fields & HAS_PFN)
		fprintf(file, " pfn=%" PRIu64, ev->addr);
	if (fields & HAS_ORDER)
		fprintf(file, " order=%u", ev->order);
	if (fields & HAS_REQ)
		fprintf(file, " req=%" PRIu64, ev->bytes_req);
	if (fields & HAS_ALLOC)
		fprintf(file, " alloc=%" PRIu32, ev->bytes_alloc);
	if (fields & HAS_ALIGN)
		fprintf(file, " align=%" PRIu64, ev->order < 64 ? UINT64_C(1) << ev->order : 0);
	if (line->gfp)
		fprintf(file, " %s", line->gfp);
	if (fields & HAS_NODE && ev->node != TF_NO_NODE)
		fprintf(file, " node=%d", ev->node);
	if (fields & HAS_TYPE)
		fprintf(file, " type=%u", ev->migratetype);
	if (fields & HAS_FALLBACK)
		fprintf(file, " from order=%" PRIu64 " type=%" PRIu32, ev->bytes_req,
			ev->bytes_alloc);
	if (fields & HAS_REFILL && ev->flags & TF_EV_PERCPU_REFILL)
		fputs(" refill", file);
	if (line->cache)
		fprintf(file, " %s", ui_clean(line->cache, name, sizeof(name)));
	if (line->owner)
		fprintf(file, " owner=%s", line->owner);
	if (fields & HAS_LOST)
		fprintf(file, " %" PRIu64 " events lost", ev->bytes_req);
	if (fields & HAS_MARK)
		fprintf(file, " snapshot %" PRIu64, ev->addr);
	if (line->scopes)
		fprintf(file, " %s", line->scopes);
	if (fields & HAS_CONTEXT && ev->flags & TF_EV_HOOKED)
		fputs(" hooked", file);
	if (ev->stack != TF_NO_STACK)
		fprintf(file, " stack=%" PRIu32, ev->stack);
	print_site(file, line);
	putc('\n', file);
	if (line->stack)
		print_frames(file, meta, line->stack);
}

/* A number or null, a string or null: the last argument says whether it is there. */
static void json_number(FILE *file, const char *key, uint64_t value, bool has)
{
	if (has)
		fprintf(file, ", \"%s\": %" PRIu64, key, value);
	else
		fprintf(file, ", \"%s\": null", key);
}

static void json_hex(FILE *file, const char *key, uint64_t value, bool has)
{
	if (has)
		fprintf(file, ", \"%s\": \"0x%" PRIx64 "\"", key, value);
	else
		fprintf(file, ", \"%s\": null", key);
}

static void json_text(FILE *file, const char *key, const char *text)
{
	fprintf(file, ", \"%s\": ", key);
	if (text)
		ui_json_string(file, text);
	else
		fputs("null", file);
}

static void json_bool(FILE *file, const char *key, bool value, bool has)
{
	fprintf(file, ", \"%s\": %s", key, !has ? "null" : value ? "true" : "false");
}

static void json_frames(FILE *file, const struct tf_meta *meta, const struct tf_stack *stack)
{
	char buf[256];

	fputs(", \"frames\": [", file);
	for (uint32_t i = 0; i < stack->nr_frames; i++) {
		fprintf(file, "%s{\"call_site\": \"0x%" PRIx64 "\"", i ? ", " : "",
			stack->frames[i]);
		json_text(file, "symbol",
			  km_result_symbol(meta, stack->frames[i], buf, sizeof(buf)));
		putc('}', file);
	}
	putc(']', file);
}

static void print_json(FILE *file, const struct tf_meta *meta, const struct line *line)
{
	const struct tf_event *ev = line->ev;
	unsigned int fields = line->fields;

	fprintf(file, "{\"ts_ns\": %" PRId64 ", \"cpu\": %u, \"type\": \"%s\"", line->ts_ns,
		ev->cpu, line->type);
	json_hex(file, "ptr", ev->addr, fields & HAS_PTR);
	json_number(file, "pfn", ev->addr, fields & HAS_PFN);
	json_number(file, "order", ev->order, fields & HAS_ORDER);
	json_number(file, "bytes_req", ev->bytes_req, fields & HAS_REQ);
	json_number(file, "bytes_alloc", ev->bytes_alloc, fields & HAS_ALLOC);
	json_text(file, "gfp", line->gfp);
	json_hex(file, "call_site", ev->call_site, ev->call_site != 0);
	json_text(file, "symbol", line->symbol);
	json_text(file, "cache", line->cache);
	json_number(file, "pid", ev->pid, fields & HAS_CONTEXT);
	json_text(file, "context", line->context);
	json_number(file, "preempt", ev->preempt,
		    fields & HAS_CONTEXT && !(ev->ctx & TF_CTX_UNKNOWN));
	json_bool(file, "irqs_off", ev->ctx & TF_CTX_IRQS_OFF, fields & HAS_IRQS);
	json_text(file, "owner", line->owner);
	json_number(file, "lost", ev->bytes_req, fields & HAS_LOST);
	json_bool(file, "failed", fields & IS_FAILED, true);
	json_number(file, "stack", ev->stack, ev->stack != TF_NO_STACK);
	json_bool(file, "rcu", ev->ctx & TF_CTX_RCU, fields & HAS_RCU);
	json_text(file, "scopes", line->scopes);
	json_bool(file, "hooked", ev->flags & TF_EV_HOOKED, fields & HAS_CONTEXT);
	json_number(file, "migratetype", ev->migratetype, fields & HAS_TYPE);
	json_number(file, "fallback_order", ev->bytes_req, fields & HAS_FALLBACK);
	json_number(file, "fallback_migratetype", ev->bytes_alloc, fields & HAS_FALLBACK);
	json_bool(file, "percpu_refill", ev->flags & TF_EV_PERCPU_REFILL, fields & HAS_REFILL);
	if (line->stack)
		json_frames(file, meta, line->stack);
	fputs("}\n", file);
}

static void csv_number(FILE *file, uint64_t value, bool has)
{
	if (has)
		fprintf(file, ",%" PRIu64, value);
	else
		putc(',', file);
}

static void csv_hex(FILE *file, uint64_t value, bool has)
{
	if (has)
		fprintf(file, ",0x%" PRIx64, value);
	else
		putc(',', file);
}

static void csv_text(FILE *file, const char *text)
{
	putc(',', file);
	if (text)
		ui_csv_string(file, text);
}

static void print_csv(FILE *file, const struct line *line)
{
	const struct tf_event *ev = line->ev;
	unsigned int fields = line->fields;

	fprintf(file, "%" PRId64 ",%u,%s", line->ts_ns, ev->cpu, line->type);
	csv_hex(file, ev->addr, fields & HAS_PTR);
	csv_number(file, ev->addr, fields & HAS_PFN);
	csv_number(file, ev->order, fields & HAS_ORDER);
	csv_number(file, ev->bytes_req, fields & HAS_REQ);
	csv_number(file, ev->bytes_alloc, fields & HAS_ALLOC);
	csv_text(file, line->gfp);
	csv_hex(file, ev->call_site, ev->call_site != 0);
	csv_text(file, line->symbol);
	csv_text(file, line->cache);
	csv_number(file, ev->pid, fields & HAS_CONTEXT);
	csv_text(file, line->context);
	csv_number(file, ev->preempt, fields & HAS_CONTEXT && !(ev->ctx & TF_CTX_UNKNOWN));
	csv_text(file, line->owner);
	csv_number(file, ev->bytes_req, fields & HAS_LOST);
	fprintf(file, ",%d", fields & IS_FAILED ? 1 : 0);
	csv_number(file, ev->stack, ev->stack != TF_NO_STACK);
	csv_number(file, !!(ev->ctx & TF_CTX_IRQS_OFF), fields & HAS_IRQS);
	csv_number(file, !!(ev->ctx & TF_CTX_RCU), fields & HAS_RCU);
	csv_text(file, line->scopes);
	csv_number(file, !!(ev->flags & TF_EV_HOOKED), fields & HAS_CONTEXT);
	csv_number(file, ev->migratetype, fields & HAS_TYPE);
	csv_number(file, ev->bytes_req, fields & HAS_FALLBACK);
	csv_number(file, ev->bytes_alloc, fields & HAS_FALLBACK);
	csv_number(file, !!(ev->flags & TF_EV_PERCPU_REFILL), fields & HAS_REFILL);
	putc('\n', file);
}

void ui_event_print_header(const struct ui_event_printer *printer)
{
	if (printer->format == UI_EVENT_CSV)
		fputs("ts_ns,cpu,type,ptr,pfn,order,bytes_req,bytes_alloc,gfp,call_site,symbol,"
		      "cache,pid,context,preempt,owner,lost,failed,stack,irqs_off,rcu,scopes,"
		      "hooked,migratetype,fallback_order,fallback_migratetype,percpu_refill\n",
		      printer->file);
}

void ui_event_print(struct ui_event_printer *printer, const struct tf_event *ev)
{
	struct line line;

	look_up(printer, ev, &line);
	switch (printer->format) {
	case UI_EVENT_TEXT:
		print_text(printer->file, printer->meta, &line);
		break;
	case UI_EVENT_JSONL:
		print_json(printer->file, printer->meta, &line);
		break;
	case UI_EVENT_CSV:
		print_csv(printer->file, &line);
		break;
	}
}
