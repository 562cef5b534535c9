/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The head of a line: who, where, when, what.
 *
 * A task's name may hold anything, blanks and brackets too.  So the CPU is looked for first: a
 * number in brackets behind a number, or, in trace-cmd's latency format, a number with flags
 * behind it.
 */
#include <stddef.h>

#include "tracefmt/event.h"
#include "tracefmt/import/text_line.h"

#define MAX_TGID 16 /* characters of "(1234567)", with some to spare */
#define MAX_SECONDS (UINT64_MAX / 1000000000u - 1)

/* The number that ends before at, and what stands before it; false if there is none. */
static bool scan_pid_back(const char *line, const char *at, struct tf_text_head *head)
{
	const char *digits = at;
	uint64_t pid;

	while (digits > line && tf_is_digit(digits[-1]))
		digits--;
	if (!tf_scan_u64(&digits, at, &pid) || pid > UINT32_MAX)
		return false;
	while (digits > line && tf_is_digit(digits[-1]))
		digits--;
	head->pid = (uint32_t)pid;
	if (digits == line)
		return false;
	head->is_perf = digits[-1] != '-';
	if (digits[-1] == '-' && digits - 1 > line && tf_is_blank(digits[-2]) && pid == 1) {
		/* perf's "-1": the sample has no task. */
		head->pid = 0;
		head->is_perf = true;
	}
	return digits[-1] == '-' || digits[-1] == '/' || tf_is_blank(digits[-1]);
}

/* "[003]" at bracket: the CPU, with the pid, or "pid (tgid)", before it. */
static const char *scan_cpu(const char *line, const char *bracket, const char *end,
			    struct tf_text_head *head)
{
	const char *at = bracket + 1, *before = bracket;
	uint64_t cpu;

	if (!tf_scan_u64(&at, end, &cpu) || cpu > UINT16_MAX || at == end || *at != ']')
		return NULL;
	if (at + 1 < end && !tf_is_blank(at[1]))
		return NULL;
	while (before > line && tf_is_blank(before[-1]))
		before--;
	if (before == bracket)
		return NULL;
	if (before > line && before[-1] == ')') {
		const char *least = before - line > MAX_TGID ? before - MAX_TGID : line;

		while (before > least && *before != '(')
			before--;
		while (before > line && tf_is_blank(before[-1]))
			before--;
	}
	if (!scan_pid_back(line, before, head))
		return NULL;
	head->cpu = (uint16_t)cpu;
	return at + 1;
}

static bool is_flag(char c)
{
	return c == '.' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || tf_is_digit(c);
}

/* "ls-12 1d.h2. 12.5:": the word of CPU and flags; NULL if there is none. */
static const char *scan_latency(const char *line, const char *end, struct tf_text_head *head)
{
	const char *word = tf_skip_blanks(line, end), *word_end = tf_word_end(word, end);

	while (word_end < end) {
		const char *next = tf_skip_blanks(word_end, end), *at = next;
		uint64_t cpu;

		if (tf_scan_u64(&at, end, &cpu) && cpu <= UINT16_MAX && end - at >= 4 &&
		    (*at == '.' || *at == 'd' || *at == 'D' || *at == 'b' || *at == 'X') &&
		    is_flag(at[1]) && is_flag(at[2]) && !tf_is_digit(at[1]) &&
		    scan_pid_back(line, word_end, head) && !head->is_perf) {
			head->cpu = (uint16_t)cpu;
			return at;
		}
		word = next;
		word_end = tf_word_end(word, end);
	}
	return NULL;
}

static const char *find_cpu(const char *line, const char *end, struct tf_text_head *head)
{
	const char *bracket = line;

	while ((bracket = memchr(bracket, '[', (size_t)(end - bracket)))) {
		const char *at = scan_cpu(line, bracket, end, head);

		if (at)
			return at;
		bracket++;
	}
	return scan_latency(line, end, head);
}

static uint8_t irqs_context(char c)
{
	switch (c) {
	case 'd':
		return TF_CTX_IRQS_OFF;
	case 'D':
		return TF_CTX_IRQS_OFF | TF_CTX_BH_OFF;
	case 'b':
		return TF_CTX_BH_OFF;
	default:
		return 0;
	}
}

static uint8_t interrupt_context(char c)
{
	switch (c) {
	case 'Z':
		return TF_CTX_NMI | TF_CTX_HARDIRQ;
	case 'z':
		return TF_CTX_NMI;
	case 'H':
		return TF_CTX_HARDIRQ | TF_CTX_SOFTIRQ;
	case 'h':
		return TF_CTX_HARDIRQ;
	case 's':
		return TF_CTX_SOFTIRQ;
	default:
		return 0;
	}
}

/*
 * Flags, print_lat_fmt of trace_output.c: irqs off, need-resched, interrupt, depth.  What may
 * follow (lock depth, migrate-disable) does not matter.  The depth was a number of any length
 * until 5.16, and is one hexadecimal digit since; one digit is all that occurs.
 */
static bool scan_flags(const char *at, const char *word_end, struct tf_text_head *head)
{
	unsigned int depth;

	if (word_end - at < 4 || word_end - at > 8)
		return false;
	for (const char *p = at; p < word_end; p++)
		if (!is_flag(*p))
			return false;
	head->ctx = irqs_context(at[0]) | interrupt_context(at[2]);
	depth = tf_hex_digit(at[3]);
	head->preempt = (uint8_t)(depth < 16 ? depth : 0);
	return true;
}

/* "123.456789:" with any number of digits behind the point, or a clock that counts something. */
static const char *scan_time(const char *at, const char *end, struct tf_text_head *head)
{
	uint64_t seconds, fraction = 0;
	unsigned int nr = 0;

	if (!tf_scan_u64(&at, end, &seconds))
		return NULL;
	if (at < end && *at == '.') {
		for (at++; at < end && tf_is_digit(*at); at++) {
			if (nr < 9) {
				fraction = fraction * 10 + (uint64_t)(*at - '0');
				nr++;
			}
		}
		if (!nr || seconds > MAX_SECONDS)
			return NULL;
		for (; nr < 9; nr++)
			fraction *= 10;
		seconds = seconds * 1000000000u + fraction;
	}
	if (at == end || *at != ':')
		return NULL;
	head->ts_ns = seconds;
	return at + 1;
}

/* "kmem:kmalloc:" or "kmalloc:", behind perf's period if there is one. */
static void scan_name(const char *at, const char *end, struct tf_text_head *head)
{
	const char *name, *name_end;
	uint64_t period;

	name = at = tf_skip_blanks(at, end);
	if (tf_scan_u64(&at, end, &period) && at < end && tf_is_blank(*at))
		name = tf_skip_blanks(at, end);
	name_end = tf_word_end(name, end);
	head->fields = (struct tf_span){ name_end, (size_t)(end - name_end) };
	head->is_stack =
		tf_starts(name, end, "<stack trace") || tf_starts(name, end, "kernel_stack:");
	if (name_end == name || name_end[-1] != ':') {
		head->name = (struct tf_span){ name, 0 };
		return;
	}
	name_end--;
	for (const char *p = name; p < name_end; p++)
		if (*p == ':')
			name = p + 1;
	head->name = (struct tf_span){ name, (size_t)(name_end - name) };
}

const char *tf_text_head(const char *line, const char *end, struct tf_text_head *head)
{
	const char *at = find_cpu(line, end, head), *word_end;

	if (!at)
		return "no task, process and CPU";
	head->ctx = TF_CTX_UNKNOWN;
	head->preempt = 0;
	at = tf_skip_blanks(at, end);
	if (at < end && !tf_is_digit(*at)) {
		word_end = tf_word_end(at, end);
		if (!scan_flags(at, word_end, head))
			return "neither flags nor a time behind the CPU";
		at = tf_skip_blanks(word_end, end);
	}
	at = scan_time(at, end, head);
	if (!at)
		return "no time";
	scan_name(at, end, head);
	return NULL;
}

bool tf_text_loss(const char *line, const char *end, unsigned int *cpu, uint64_t *nr)
{
	const char *at = line + 4;
	uint64_t value;

	if (!tf_starts(line, end, "CPU:") || !tf_scan_u64(&at, end, &value) || value > UINT16_MAX)
		return false;
	*cpu = (unsigned int)value;
	*nr = 0;
	at = tf_skip_blanks(at, end);
	if (at == end || *at != '[')
		return false;
	at++;
	if (tf_starts(at, end, "LOST ")) {
		at += 5;
		if (tf_scan_u64(&at, end, nr))
			at = tf_skip_blanks(at, end);
		return tf_starts(at, end, "EVENTS]");
	}
	if (tf_scan_u64(&at, end, nr))
		at = tf_skip_blanks(at, end);
	return tf_starts(at, end, "EVENTS DROPPED]");
}
