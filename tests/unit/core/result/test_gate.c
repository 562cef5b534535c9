/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include "core/result/compare.h"
#include "tests/unit/suite.h"

START_TEST(parses)
{
	static const struct {
		const char *text, *metric;
		enum km_gate_op op;
		enum km_gate_limit limit;
		int64_t value;
	} rows[] = {
		{ "slab.pages_end<=100", "slab.pages_end", KM_GATE_AT_MOST, KM_GATE_ABSOLUTE, 100 },
		{ "a<=0", "a", KM_GATE_AT_MOST, KM_GATE_ABSOLUTE, 0 },
		{ "a<=+0", "a", KM_GATE_AT_MOST, KM_GATE_DELTA, 0 },
		{ "a<=+4096", "a", KM_GATE_AT_MOST, KM_GATE_DELTA, 4096 },
		{ "a<=-2k", "a", KM_GATE_AT_MOST, KM_GATE_DELTA, -2048 },
		{ "a>=64M", "a", KM_GATE_AT_LEAST, KM_GATE_ABSOLUTE, 64 << 20 },
		{ "a<=+5%", "a", KM_GATE_AT_MOST, KM_GATE_PERCENT, 5000000 },
		{ "a>=-0.25%", "a", KM_GATE_AT_LEAST, KM_GATE_PERCENT, -250000 },
		{ "a<=+0.000001%", "a", KM_GATE_AT_MOST, KM_GATE_PERCENT, 1 },
		{ "  a <= +1.5% ", "a", KM_GATE_AT_MOST, KM_GATE_PERCENT, 1500000 },
		{ "a<=9223372036854775807", "a", KM_GATE_AT_MOST, KM_GATE_ABSOLUTE, INT64_MAX },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct km_gate gate;
		char reason[200] = "";

		ck_assert_msg(!km_gate_parse(&gate, rows[i].text, reason, sizeof(reason)), "%s: %s",
			      rows[i].text, reason);
		ck_assert_str_eq(gate.metric, rows[i].metric);
		ck_assert_int_eq(gate.op, rows[i].op);
		ck_assert_int_eq(gate.limit, rows[i].limit);
		ck_assert_int_eq(gate.value, rows[i].value);
	}
}
END_TEST

START_TEST(refuses)
{
	static const struct {
		const char *text, *reason;
	} rows[] = {
		{ "", "gate '': no <= or >=" },
		{ "slab.pages_end", "gate 'slab.pages_end': no <= or >=" },
		{ "a<5", "gate 'a<5': no <= or >=" },
		{ "a=5", "gate 'a=5': no <= or >=" },
		{ "a=<5", "gate 'a=<5': no <= or >=" },
		{ "<=5", "gate '<=5': no metric before the <= or >=" },
		{ "a<=", "gate 'a<=': the limit is not N, +N, -N, +N% or -N%" },
		{ "a<=+", "gate 'a<=+': the limit is not N, +N, -N, +N% or -N%" },
		{ "a<=%", "gate 'a<=%': a percentage is a change: write +N% or -N%" },
		{ "a<=5%", "gate 'a<=5%': a percentage is a change: write +N% or -N%" },
		{ "a<=+5%%", "gate 'a<=+5%%': the limit is not N, +N, -N, +N% or -N%" },
		{ "a<=+-5", "gate 'a<=+-5': the limit is not N, +N, -N, +N% or -N%" },
		{ "a<=5.5", "gate 'a<=5.5': the limit is not N, +N, -N, +N% or -N%" },
		{ "a<=5 pages", "gate 'a<=5 pages': the limit is not N, +N, -N, +N% or -N%" },
		{ "a<=0x10", "gate 'a<=0x10': the limit is not N, +N, -N, +N% or -N%" },
		{ "a<=9223372036854775808",
		  "gate 'a<=9223372036854775808': the number is too large" },
		{ "a<=+99999999999999%", "gate 'a<=+99999999999999%': the number is too large" },
		{ "a<=16777216T", "gate 'a<=16777216T': the number is too large" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct km_gate gate;
		char reason[200] = "";

		ck_assert_int_eq(km_gate_parse(&gate, rows[i].text, reason, sizeof(reason)),
				 -EINVAL);
		ck_assert_str_eq(reason, rows[i].reason);
	}
}
END_TEST

START_TEST(too_long)
{
	char text[400], reason[400] = "";
	struct km_gate gate;

	memset(text, 'a', sizeof(text));
	strcpy(text + 300, "<=1");
	ck_assert_int_eq(km_gate_parse(&gate, text, reason, sizeof(reason)), -EINVAL);
	ck_assert_ptr_nonnull(strstr(reason, "too long"));
	strcpy(text + 70, "<=1"); /* fits, but no metric is that long */
	ck_assert_int_eq(km_gate_parse(&gate, text, reason, sizeof(reason)), -EINVAL);
	ck_assert_ptr_nonnull(strstr(reason, "too long"));
}
END_TEST

START_TEST(decides)
{
	static const struct {
		const char *gate;
		int64_t base, head;
		bool ok;
		int64_t bound;
	} rows[] = {
		{ "a<=100", 0, 100, true, 100 },
		{ "a<=100", 1000, 101, false, 100 },
		{ "a>=100", 0, 99, false, 100 },
		{ "a<=+10", 90, 100, true, 100 },
		{ "a<=+10", 90, 101, false, 100 },
		{ "a<=-10", 100, 90, true, 90 },
		{ "a<=-10", 100, 91, false, 90 },
		/* 5 % of 100 is 5; of 99 it is 4.95, so 103 is ok and 104 is not */
		{ "a<=+5%", 100, 105, true, 105 },
		{ "a<=+5%", 100, 106, false, 105 },
		{ "a<=+5%", 99, 103, true, 103 },
		{ "a<=+5%", 99, 104, false, 103 },
		{ "a>=-5%", 99, 95, true, 95 },
		{ "a>=-5%", 99, 94, false, 95 },
		{ "a<=-50%", 100, 50, true, 50 },
		{ "a<=-50%", 101, 51, false, 50 },
		/* from nothing, every percentage is nothing */
		{ "a<=+5%", 0, 0, true, 0 },
		{ "a<=+5%", 0, 1, false, 0 },
		/* a share of a negative number is a share of its size: fragmentation indexes */
		{ "a<=+5%", -1000, -950, true, -950 },
		{ "a<=+5%", -1000, -949, false, -950 },
		{ "a<=+0%", -1000, -1000, true, -1000 },
		/* beyond 64 bits nothing wraps */
		{ "a<=+100%", INT64_MAX, INT64_MAX, true, INT64_MAX },
		{ "a<=+9223372036854775807", INT64_MAX, INT64_MAX, true, INT64_MAX },
		{ "a>=-9223372036854775807", INT64_MIN, INT64_MIN, true, INT64_MIN },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct km_gate gate;
		char reason[200];

		ck_assert_int_eq(km_gate_parse(&gate, rows[i].gate, reason, sizeof(reason)), 0);
		ck_assert_msg(km_gate_is_ok(&gate, rows[i].base, rows[i].head) == rows[i].ok,
			      "row %zu: %s", i, rows[i].gate);
		ck_assert_int_eq(km_gate_bound(&gate, rows[i].base), rows[i].bound);
	}
}
END_TEST

START_TEST(lines)
{
	static const char text[] = "# what must not get worse\n"
				   "\n"
				   "slab.pages_end<=+5%   # pages\n"
				   "\t fail.total <= 0";
	static const char bad[] = "a<=1\n\nb<1\n";
	struct km_gates gates;
	char reason[300] = "";

	km_gates_init(&gates);
	ck_assert_int_eq(km_gates_add_lines(&gates, text, sizeof(text) - 1, reason, sizeof(reason)),
			 0);
	ck_assert_uint_eq(gates.nr, 2);
	ck_assert_str_eq(gates.gates[0].text, "slab.pages_end<=+5%");
	ck_assert_str_eq(gates.gates[1].metric, "fail.total");
	ck_assert_int_eq(km_gates_add_lines(&gates, bad, sizeof(bad) - 1, reason, sizeof(reason)),
			 -EINVAL);
	ck_assert_str_eq(reason, "line 3: gate 'b<1': no <= or >=");
	ck_assert_int_eq(km_gates_add_lines(&gates, "a\0<=1", 6, reason, sizeof(reason)), -EINVAL);
	ck_assert_int_eq(km_gates_add_lines(&gates, "", 0, reason, sizeof(reason)), 0);
	km_gates_release(&gates);
	ck_assert_uint_eq(gates.nr, 0);
}
END_TEST

RUN_SUITE("core/result/gate", parses, refuses, too_long, decides, lines)
