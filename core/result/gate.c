/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Gates: reading them and deciding them.
 */
#include "core/result/compare.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PERCENT_SCALE 1000000 /* values of KM_GATE_PERCENT in one percent */

static int bad_gate(char *reason, size_t len, const char *text, const char *why)
{
	snprintf(reason, len, "gate '%.80s': %s", text, why);
	return -EINVAL;
}

/* Digits and up to six decimals, in millionths. */
static int parse_percent(const char *text, int64_t *value)
{
	int64_t number = 0, place = PERCENT_SCALE;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	for (; isdigit((unsigned char)*text); text++) {
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, *text - '0', &number))
			return -ERANGE;
	}
	if (__builtin_mul_overflow(number, PERCENT_SCALE, &number))
		return -ERANGE;
	if (*text == '.') {
		for (text++; isdigit((unsigned char)*text); text++) {
			place /= 10;
			if (__builtin_add_overflow(number, (*text - '0') * place, &number))
				return -ERANGE;
		}
	}
	*value = number;
	return strcmp(text, "%") ? -EINVAL : 0;
}

static int parse_number(const char *text, int64_t *value)
{
	uint64_t number;
	int err = km_size_parse(text, &number);

	if (err)
		return err;
	if (number > INT64_MAX)
		return -ERANGE;
	*value = (int64_t)number;
	return 0;
}

static int parse_limit(struct km_gate *gate, const char *text)
{
	bool is_percent = text[0] && text[strlen(text) - 1] == '%';
	bool is_relative = *text == '+' || *text == '-';
	int sign = *text == '-' ? -1 : 1, err;

	if (is_relative)
		text++;
	if (is_percent && !is_relative)
		return -EDOM;
	err = is_percent ? parse_percent(text, &gate->value) : parse_number(text, &gate->value);
	if (err)
		return err;
	gate->limit = is_percent ? KM_GATE_PERCENT : is_relative ? KM_GATE_DELTA : KM_GATE_ABSOLUTE;
	gate->value *= sign;
	return 0;
}

/* text without the blanks at both ends, cut to the buffer; false if it does not fit. */
static bool copy_trimmed(char *buf, size_t len, const char *text, size_t text_len)
{
	while (text_len && isspace((unsigned char)*text)) {
		text++;
		text_len--;
	}
	while (text_len && isspace((unsigned char)text[text_len - 1]))
		text_len--;
	if (text_len >= len || memchr(text, 0, text_len))
		return false;
	memcpy(buf, text, text_len);
	buf[text_len] = 0;
	return true;
}

int km_gate_parse(struct km_gate *gate, const char *text, char *reason, size_t len)
{
	char limit[64];
	const char *op;

	memset(gate, 0, sizeof(*gate));
	if (!copy_trimmed(gate->text, sizeof(gate->text), text, strlen(text)))
		return bad_gate(reason, len, text, "too long");
	op = strpbrk(gate->text, "<>=");
	if (!op || op[0] == '=' || op[1] != '=')
		return bad_gate(reason, len, gate->text, "no <= or >=");
	gate->op = *op == '<' ? KM_GATE_AT_MOST : KM_GATE_AT_LEAST;
	if (op == gate->text)
		return bad_gate(reason, len, gate->text, "no metric before the <= or >=");
	if (!copy_trimmed(gate->metric, sizeof(gate->metric), gate->text, op - gate->text) ||
	    !copy_trimmed(limit, sizeof(limit), op + 2, strlen(op + 2)))
		return bad_gate(reason, len, gate->text, "too long");
	switch (parse_limit(gate, limit)) {
	case 0:
		return 0;
	case -EDOM:
		return bad_gate(reason, len, gate->text,
				"a percentage is a change: write +N% or -N%");
	case -ERANGE:
		return bad_gate(reason, len, gate->text, "the number is too large");
	default:
		return bad_gate(reason, len, gate->text, "the limit is not N, +N, -N, +N% or -N%");
	}
}

/*
 * Both sides of the comparison in the gate's own scale, so that it is exact.  A
 * percentage is of the size of base: +5% of -200 is 10 more, not less.
 */
static __int128 scaled_bound(const struct km_gate *gate, int64_t base, __int128 *scale)
{
	__int128 size = base < 0 ? -(__int128)base : base;

	*scale = 1;
	switch (gate->limit) {
	case KM_GATE_ABSOLUTE:
		return gate->value;
	case KM_GATE_DELTA:
		return (__int128)base + gate->value;
	case KM_GATE_PERCENT:
		break;
	}
	*scale = 100 * (__int128)PERCENT_SCALE;
	return base * *scale + size * gate->value;
}

bool km_gate_is_ok(const struct km_gate *gate, int64_t base, int64_t head)
{
	__int128 scale, bound = scaled_bound(gate, base, &scale), value;

	value = head * scale;
	return gate->op == KM_GATE_AT_MOST ? value <= bound : value >= bound;
}

int64_t km_gate_bound(const struct km_gate *gate, int64_t base)
{
	__int128 scale, bound = scaled_bound(gate, base, &scale), whole = bound / scale;

	/* Division cuts towards zero; the bound of <= is the floor, of >= the ceiling. */
	if (bound % scale) {
		if (gate->op == KM_GATE_AT_MOST && bound < 0)
			whole--;
		if (gate->op == KM_GATE_AT_LEAST && bound > 0)
			whole++;
	}
	if (whole > INT64_MAX)
		return INT64_MAX;
	return whole < INT64_MIN ? INT64_MIN : (int64_t)whole;
}

void km_gates_init(struct km_gates *gates)
{
	gates->nr = 0;
	gates->gates = NULL;
}

void km_gates_release(struct km_gates *gates)
{
	free(gates->gates);
	km_gates_init(gates);
}

int km_gates_add(struct km_gates *gates, const char *text, char *reason, size_t len)
{
	struct km_gate gate, *grown;
	int err = km_gate_parse(&gate, text, reason, len);

	if (err)
		return err;
	grown = realloc(gates->gates, (gates->nr + 1) * sizeof(*grown));
	if (!grown) {
		snprintf(reason, len, "out of memory");
		return -ENOMEM;
	}
	gates->gates = grown;
	gates->gates[gates->nr++] = gate;
	return 0;
}

static int add_line(struct km_gates *gates, const char *line, size_t line_len, char *reason,
		    size_t len)
{
	const char *comment = memchr(line, '#', line_len);
	char text[256];

	if (comment)
		line_len = comment - line;
	if (!copy_trimmed(text, sizeof(text), line, line_len)) {
		snprintf(reason, len, "too long");
		return -EINVAL;
	}
	return text[0] ? km_gates_add(gates, text, reason, len) : 0;
}

int km_gates_add_lines(struct km_gates *gates, const char *data, size_t data_len, char *reason,
		       size_t len)
{
	const char *end = data + data_len;

	for (unsigned int number = 1; data < end; number++) {
		const char *newline = memchr(data, '\n', end - data);
		const char *stop = newline ? newline : end;
		char why[200];
		int err = add_line(gates, data, stop - data, why, sizeof(why));

		if (err) {
			snprintf(reason, len, "line %u: %s", number, why);
			return err;
		}
		data = stop + 1;
	}
	return 0;
}
