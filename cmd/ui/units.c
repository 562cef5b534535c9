/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers with units.  Reading is exact: a fraction of a time is taken digit by
 * digit, never through floating point.
 */
#include "cmd/ui/units.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Decimal digits from *text on; advances. */
static int parse_digits(const char **text, uint64_t *value)
{
	const char *p = *text;
	uint64_t number = 0;

	if (!isdigit((unsigned char)*p))
		return -EINVAL;
	for (; isdigit((unsigned char)*p); p++) {
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*p - '0'), &number))
			return -ERANGE;
	}
	*text = p;
	*value = number;
	return 0;
}

int ui_parse_u64(const char *text, uint64_t *value)
{
	uint64_t number;
	int err = parse_digits(&text, &number);

	if (err)
		return err;
	if (*text)
		return -EINVAL;
	*value = number;
	return 0;
}

static const struct {
	const char *name;
	uint64_t ns;
} time_units[] = {
	{ "", 1000000000 }, { "ns", 1 },	 { "us", 1000 },
	{ "ms", 1000000 },  { "s", 1000000000 }, { "m", 60000000000 },
};

int ui_parse_time(const char *text, uint64_t *ns)
{
	char digits[20] = "";
	uint64_t whole, unit = 0, place, fraction = 0;
	size_t nr_digits = 0;
	int err = parse_digits(&text, &whole);

	if (err)
		return err;
	if (*text == '.') {
		for (text++; isdigit((unsigned char)*text); text++) {
			if (nr_digits < sizeof(digits))
				digits[nr_digits++] = *text;
		}
		if (!nr_digits)
			return -EINVAL;
	}
	for (size_t i = 0; i < sizeof(time_units) / sizeof(time_units[0]); i++) {
		if (!strcmp(text, time_units[i].name))
			unit = time_units[i].ns;
	}
	if (!unit)
		return -EINVAL;
	place = unit;
	for (size_t i = 0; i < nr_digits; i++) {
		fraction += (uint64_t)(digits[i] - '0') * place / 10;
		place /= 10;
	}
	if (__builtin_mul_overflow(whole, unit, &whole) ||
	    __builtin_add_overflow(whole, fraction, ns))
		return -ERANGE;
	return 0;
}

/* Three digits of value in the first unit that keeps it below base. */
static char *format(double value, double base, const char *const *units, unsigned int nr_units,
		    char *buf)
{
	unsigned int unit = 0;
	double size = fabs(value);

	while (unit + 1 < nr_units && size >= (unit ? base - 0.5 : base)) {
		size /= base;
		value /= base;
		unit++;
	}
	if (!unit || size >= 99.95)
		snprintf(buf, UI_UNIT_LEN, "%.0f%s", value, units[unit]);
	else
		snprintf(buf, UI_UNIT_LEN, "%.*f%s", size < 9.995 ? 2 : 1, value, units[unit]);
	return buf;
}

char *ui_format_size(double bytes, char *buf)
{
	static const char *const units[] = { " B", " KiB", " MiB", " GiB", " TiB", " PiB" };

	return format(bytes, 1024, units, 6, buf);
}

char *ui_format_time(double ns, char *buf)
{
	static const char *const units[] = { " ns", " us", " ms", " s" };

	return format(ns, 1000, units, 4, buf);
}

char *ui_format_count(double count, char *buf)
{
	static const char *const units[] = { "", " k", " M", " G", " T" };

	return format(count, 1000, units, 5, buf);
}

char *ui_clean(const char *text, char *buf, size_t len)
{
	size_t i;

	for (i = 0; i + 1 < len && text[i]; i++)
		buf[i] = (char)(isascii((unsigned char)text[i]) && isprint((unsigned char)text[i])
					? text[i]
					: '?');
	if (len)
		buf[i] = 0;
	return buf;
}
