/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fields of an event, "key=value key=value": the TP_printk() of include/trace/events/kmem.h,
 * percpu.h and vmalloc.h of 2.6.32 to 6.18, and what libtraceevent makes of them.
 *
 * Not all of them are as simple: "va_start: 1234", "ptr=          (null)", "(symbol+0x1f)"
 * before the first, "call_site=symbol+0x1f/0x80 [module]".
 */
#include <stddef.h>

#include "tracefmt/event.h"
#include "tracefmt/import/text_line.h"

/* Without these an event is nothing. */
static const uint32_t needed[TF_NR_IMPORT_EVENTS] = {
	[TF_IMPORT_KMALLOC] =
		TF_IMPORT_HAS_PTR | TF_IMPORT_HAS_BYTES_REQ | TF_IMPORT_HAS_BYTES_ALLOC,
	[TF_IMPORT_KMALLOC_NODE] =
		TF_IMPORT_HAS_PTR | TF_IMPORT_HAS_BYTES_REQ | TF_IMPORT_HAS_BYTES_ALLOC,
	[TF_IMPORT_KFREE] = TF_IMPORT_HAS_PTR,
	[TF_IMPORT_CACHE_ALLOC] =
		TF_IMPORT_HAS_PTR | TF_IMPORT_HAS_BYTES_REQ | TF_IMPORT_HAS_BYTES_ALLOC,
	[TF_IMPORT_CACHE_ALLOC_NODE] =
		TF_IMPORT_HAS_PTR | TF_IMPORT_HAS_BYTES_REQ | TF_IMPORT_HAS_BYTES_ALLOC,
	[TF_IMPORT_CACHE_FREE] = TF_IMPORT_HAS_PTR,
	[TF_IMPORT_PAGE_ALLOC] = TF_IMPORT_HAS_ORDER,
	[TF_IMPORT_PAGE_FREE] = TF_IMPORT_HAS_ORDER,
	[TF_IMPORT_PAGE_FREE_DIRECT] = TF_IMPORT_HAS_ORDER,
	[TF_IMPORT_PERCPU_ALLOC] = TF_IMPORT_HAS_PTR | TF_IMPORT_HAS_BYTES_REQ,
	[TF_IMPORT_PERCPU_FREE] = TF_IMPORT_HAS_PTR,
	[TF_IMPORT_PERCPU_FAIL] = TF_IMPORT_HAS_BYTES_REQ,
	[TF_IMPORT_VMAP_ALLOC] = TF_IMPORT_HAS_PTR | TF_IMPORT_HAS_BYTES_REQ,
	[TF_IMPORT_VMAP_FREE] = TF_IMPORT_HAS_PTR,
};

static const char *const missing[] = {
	"no call_site", "no ptr",	  "no page", "no pfn",	"no order", "no migratetype",
	"no size",	"no bytes_alloc", "no gfp",  "no node", "no align", "no flags",
};

/* One line while it is being read. */
struct scan {
	const char *at, *end;
	struct tf_import_record *rec;
	struct tf_text_fields *fields;
	const char *bad; /* the first thing that is wrong */
};

/* "0x1f", "ffff8880", and the NULLs of kernel ("(null)") and C library ("(nil)"). */
static bool scan_pointer(struct tf_span value, uint64_t *ptr)
{
	const char *at = value.at, *end = value.at + value.len;

	if (value.len && *at == '(') {
		*ptr = 0;
		return tf_starts(at, end, "(null)") || tf_starts(at, end, "(nil)");
	}
	if (tf_starts(at, end, "0x"))
		at += 2;
	return tf_scan_hex(&at, end, ptr) && at == end;
}

static bool scan_number(struct tf_span value, uint64_t *number)
{
	const char *at = value.at, *end = value.at + value.len;

	if (!tf_starts(at, end, "0x"))
		return tf_scan_u64(&at, end, number) && at == end;
	at += 2;
	return tf_scan_hex(&at, end, number) && at == end;
}

/* libtraceevent prints a pfn of 0 as a pointer. */
static bool scan_pfn(struct tf_span value, uint64_t *pfn)
{
	return value.len && *value.at == '(' ? scan_pointer(value, pfn) : scan_number(value, pfn);
}

static bool is_address(struct tf_span value)
{
	const char *at = value.at, *end = value.at + value.len;
	uint64_t addr;

	if (tf_starts(at, end, "0x"))
		at += 2;
	else if (value.len < 8)
		return false;
	return tf_scan_hex(&at, end, &addr) && at == end;
}

/* "symbol+0x1f/0x80", "symbol", or an address. */
static bool scan_symbol(struct tf_span value, struct tf_text_symbol *symbol)
{
	const char *end = value.at + value.len, *plus;

	memset(symbol, 0, sizeof(*symbol));
	if (is_address(value))
		return scan_pointer(value, &symbol->addr);
	plus = value.len ? memchr(value.at, '+', value.len) : NULL;
	symbol->function = value;
	if (plus) {
		symbol->function.len = (size_t)(plus - value.at);
		if (!tf_starts(++plus, end, "0x"))
			return false;
		plus += 2;
		if (!tf_scan_hex(&plus, end, &symbol->offset))
			return false;
	}
	return symbol->function.len != 0;
}

/* " [module]" behind a symbol, if there is one; *at moves behind it. */
static struct tf_span scan_module(const char **at, const char *end)
{
	const char *open = tf_skip_blanks(*at, end), *close, *blank;
	struct tf_span module = { open, 0 };

	if (open == end || *open != '[')
		return module;
	close = memchr(open, ']', (size_t)(end - open));
	if (!close)
		return module;
	/* Since 5.15 a build id may follow. */
	blank = memchr(open, ' ', (size_t)(close - open));
	module.at = open + 1;
	module.len = (size_t)((blank ? blank : close) - module.at);
	*at = close + 1;
	return module;
}

static bool is_key(struct tf_span key, const char *name)
{
	return !memcmp(key.at, name, key.len);
}

static void set_pointer(struct scan *s, struct tf_span value, uint64_t *to, uint32_t has,
			const char *bad)
{
	if (scan_pointer(value, to))
		s->rec->has |= has;
	else if (!s->bad)
		s->bad = bad;
}

static void set_number(struct scan *s, struct tf_span value, uint64_t *to, uint32_t has,
		       const char *bad)
{
	if (scan_number(value, to))
		s->rec->has |= has;
	else if (!s->bad)
		s->bad = bad;
}

static void set_small(struct scan *s, struct tf_span value, uint32_t *to, uint32_t has,
		      const char *bad)
{
	uint64_t number;

	if (scan_number(value, &number) && number <= UINT32_MAX) {
		*to = (uint32_t)number;
		s->rec->has |= has;
	} else if (!s->bad) {
		s->bad = bad;
	}
}

static void set_node(struct scan *s, struct tf_span value)
{
	uint64_t node;
	bool negative = value.len && *value.at == '-';

	if (negative) {
		value.at++;
		value.len--;
	}
	if (!scan_number(value, &node) || node > INT16_MAX) {
		if (!s->bad)
			s->bad = "node is no number";
		return;
	}
	s->rec->node = negative ? TF_NO_NODE : (int32_t)node;
	s->rec->has |= TF_IMPORT_HAS_NODE;
}

static void set_flag(struct scan *s, struct tf_span value, uint8_t flag)
{
	if (value.len == 1 && *value.at == '1')
		s->rec->flags |= flag;
	s->rec->has |= TF_IMPORT_HAS_FLAGS;
}

static void set_site(struct scan *s, struct tf_span value)
{
	struct tf_text_symbol *site = &s->fields->site, told = *site;

	if (!scan_symbol(value, site)) {
		*site = told;
		return;
	}
	if (site->function.len)
		site->module = scan_module(&s->at, s->end);
	else if (told.function.len) {
		/* trace-cmd told the name before, "(symbol+0x1f)". */
		told.addr = site->addr;
		*site = told;
	}
	if (site->addr || site->function.len)
		s->rec->has |= TF_IMPORT_HAS_CALL_SITE;
}

/* A cache's name may have blanks: up to the next key, or the end. */
static void set_name(struct scan *s, struct tf_span value)
{
	static const char next[] = " bytes_req=";
	const char *end = memmem(value.at, (size_t)(s->end - value.at), next, sizeof(next) - 1);

	if (!end)
		end = s->end;
	s->at = end;
	while (end > value.at && tf_is_blank(end[-1]))
		end--;
	if (end == value.at || end - value.at > UINT16_MAX)
		return;
	s->rec->cache_name = value.at;
	s->rec->cache_name_len = (uint16_t)(end - value.at);
}

static void set_gfp(struct scan *s, struct tf_span value)
{
	s->fields->gfp = value;
	s->rec->has |= TF_IMPORT_HAS_GFP;
}

/* Keys of other events, and new ones, are passed over. */
static void take(struct scan *s, struct tf_span key, struct tf_span value)
{
	struct tf_import_record *rec = s->rec;
	uint64_t pfn;

	switch (key.len) {
	case 3:
		if (is_key(key, "ptr"))
			set_pointer(s, value, &rec->ptr, TF_IMPORT_HAS_PTR, "ptr is no pointer");
		else if (!is_key(key, "pfn"))
			break;
		else if (scan_pfn(value, &pfn))
			rec->pfn = pfn, rec->has |= TF_IMPORT_HAS_PFN;
		else if (!s->bad)
			s->bad = "pfn is no number";
		break;
	case 4:
		if (is_key(key, "page"))
			set_pointer(s, value, &rec->page, TF_IMPORT_HAS_PAGE, "page is no pointer");
		else if (is_key(key, "size"))
			set_number(s, value, &rec->bytes_req, TF_IMPORT_HAS_BYTES_REQ,
				   "size is no number");
		else if (is_key(key, "node"))
			set_node(s, value);
		else if (is_key(key, "name"))
			set_name(s, value);
		break;
	case 5:
		if (is_key(key, "order"))
			set_small(s, value, &rec->order, TF_IMPORT_HAS_ORDER, "order is no number");
		else if (is_key(key, "align"))
			set_number(s, value, &rec->align, TF_IMPORT_HAS_ALIGN,
				   "align is no number");
		break;
	case 6:
		if (is_key(key, "failed"))
			set_flag(s, value, TF_EV_FAILED);
		break;
	case 8:
		if (is_key(key, "reserved"))
			set_flag(s, value, TF_EV_RESERVED);
		else if (!is_key(key, "va_start"))
			break;
		else if (rec->event == TF_IMPORT_VMAP_ALLOC)
			set_number(s, value, &rec->ptr, TF_IMPORT_HAS_PTR, "va_start is no number");
		else
			set_pointer(s, value, &rec->ptr, TF_IMPORT_HAS_PTR,
				    "va_start is no address");
		break;
	case 9:
		if (is_key(key, "call_site"))
			set_site(s, value);
		else if (is_key(key, "bytes_req"))
			set_number(s, value, &rec->bytes_req, TF_IMPORT_HAS_BYTES_REQ,
				   "bytes_req is no number");
		else if (is_key(key, "gfp_flags"))
			set_gfp(s, value);
		else if (is_key(key, "is_atomic"))
			set_flag(s, value, TF_EV_ATOMIC);
		break;
	case 11:
		if (is_key(key, "bytes_alloc"))
			set_number(s, value, &rec->bytes_alloc, TF_IMPORT_HAS_BYTES_ALLOC,
				   "bytes_alloc is no number");
		else if (is_key(key, "migratetype"))
			set_small(s, value, &rec->migratetype, TF_IMPORT_HAS_MIGRATETYPE,
				  "migratetype is no number");
		break;
	default:
		break;
	}
}

/* "(symbol+0x1f)" of trace-cmd's plugin for these events. */
static void take_plugin(struct scan *s)
{
	const char *close = memchr(s->at, ')', (size_t)(s->end - s->at));
	struct tf_span inside = { s->at + 1, close ? (size_t)(close - s->at - 1) : 0 };

	if (!close || !scan_symbol(inside, &s->fields->site) || !s->fields->site.function.len)
		memset(&s->fields->site, 0, sizeof(s->fields->site));
	s->at = close ? close + 1 : s->end;
}

/* The next key and its value; false at the end. */
static bool next_field(struct scan *s, struct tf_span *key, struct tf_span *value)
{
	const char *at = tf_skip_blanks(s->at, s->end), *word = at, *value_end;

	while (at < s->end && *at != '=' && *at != ':' && !tf_is_blank(*at))
		at++;
	*key = (struct tf_span){ word, (size_t)(at - word) };
	if (at < s->end && !tf_is_blank(*at))
		at++;
	/* A value may stand behind blanks: "va_start: 1", "ptr=    (null)". */
	if (at < s->end && tf_is_blank(*at)) {
		const char *next = tf_skip_blanks(at, s->end);

		if (at[-1] == ':' || (at[-1] == '=' && next < s->end && *next == '('))
			at = next;
	}
	value_end = tf_word_end(at, s->end);
	*value = (struct tf_span){ at, (size_t)(value_end - at) };
	s->at = value_end;
	return word < s->end;
}

const char *tf_text_fields(const char *at, const char *end, struct tf_import_record *rec,
			   struct tf_text_fields *fields)
{
	struct scan s = { .at = tf_skip_blanks(at, end), .end = end, .rec = rec, .fields = fields };
	struct tf_span key, value;
	uint32_t lacks;

	rec->has = 0;
	rec->flags = 0;
	rec->cache_name = NULL;
	rec->cache_name_len = 0;
	memset(fields, 0, sizeof(*fields));
	if (s.at < end && *s.at == '(')
		take_plugin(&s);
	while (next_field(&s, &key, &value))
		take(&s, key, value);
	if (!(rec->has & TF_IMPORT_HAS_CALL_SITE) && fields->site.function.len)
		rec->has |= TF_IMPORT_HAS_CALL_SITE;
	if (s.bad)
		return s.bad;
	lacks = needed[rec->event] & ~rec->has;
	if (lacks)
		return missing[__builtin_ctz(lacks)];
	if (rec->event >= TF_IMPORT_PAGE_ALLOC && rec->event <= TF_IMPORT_PAGEVEC_FREE &&
	    !(rec->has & (TF_IMPORT_HAS_PFN | TF_IMPORT_HAS_PAGE)))
		return "neither page nor pfn";
	return NULL;
}

/* A dso in parentheses that is the kernel or one of its modules; *module is empty for the kernel.
 */
static bool is_kernel_dso(struct tf_span dso, struct tf_span *module)
{
	const char *end = dso.at + dso.len, *base = dso.at, *ko;

	*module = (struct tf_span){ dso.at, 0 };
	if (memmem(dso.at, dso.len, "vmlinux", 7) || tf_starts(dso.at, end, "[kernel") ||
	    tf_starts(dso.at, end, "[guest.kernel") || tf_starts(dso.at, end, "/proc/kcore"))
		return true;
	if (tf_starts(dso.at, end, "[unknown]") || tf_starts(dso.at, end, "[vdso") ||
	    tf_starts(dso.at, end, "[vsyscall]") || tf_starts(dso.at, end, "[heap]") ||
	    tf_starts(dso.at, end, "[stack"))
		return false;
	if (dso.len > 2 && *dso.at == '[') {
		*module = (struct tf_span){ dso.at + 1, dso.len - 2 };
		return true;
	}
	ko = memmem(dso.at, dso.len, ".ko", 3);
	if (!ko)
		return false;
	for (const char *p = dso.at; p < ko; p++)
		if (*p == '/')
			base = p + 1;
	*module = (struct tf_span){ base, (size_t)(ko - base) };
	return true;
}

/* "ffffffff81234567 kmem_cache_alloc+0x1f7 ([kernel.kallsyms])" */
int tf_text_perf_frame(const char *line, const char *end, unsigned int pointer_bytes,
		       struct tf_text_symbol *symbol)
{
	const char *at = tf_skip_blanks(line, end), *word_end, *open = end;
	struct tf_span dso = { end, 0 }, module;
	uint64_t addr;
	bool is_kernel;

	if (at == line || !tf_scan_hex(&at, end, &addr) || (at < end && !tf_is_blank(*at)))
		return -1;
	at = tf_skip_blanks(at, end);
	while (open > at && open[-1] != '(')
		open--;
	if (open > at && end[-1] == ')')
		dso = (struct tf_span){ open, (size_t)(end - 1 - open) };
	if (dso.len == 7 && !memcmp(dso.at, "inlined", 7))
		return 0;
	is_kernel = is_kernel_dso(dso, &module);
	if (pointer_bytes == 8 ? !(addr >> 63) : !is_kernel)
		return 0;
	word_end = tf_word_end(at, end);
	if (!scan_symbol((struct tf_span){ at, (size_t)(word_end - at) }, symbol) || *at == '[' ||
	    *at == '(')
		memset(symbol, 0, sizeof(*symbol));
	symbol->addr = addr;
	symbol->module = module;
	return 1;
}

/* " => kmem_cache_alloc", "=> func+0x1f/0x80 <ffffffff81234567>", "=> func (ffffffff81234567)" */
int tf_text_ftrace_frame(const char *line, const char *end, struct tf_text_symbol *symbol)
{
	const char *at = tf_skip_blanks(line, end), *word_end;
	struct tf_span module;
	uint64_t addr;

	if (!tf_starts(at, end, "=>"))
		return -1;
	at = tf_skip_blanks(at + 2, end);
	word_end = tf_word_end(at, end);
	if (at == end || *at == '[' || *at == '<' ||
	    !scan_symbol((struct tf_span){ at, (size_t)(word_end - at) }, symbol))
		return 0;
	at = word_end;
	module = scan_module(&at, end);
	if (symbol->function.len)
		symbol->module = module;
	at = tf_skip_blanks(at, end);
	if (at < end && (*at == '<' || *at == '(')) {
		at++;
		if (tf_scan_hex(&at, end, &addr))
			symbol->addr = addr;
	}
	return 1;
}
