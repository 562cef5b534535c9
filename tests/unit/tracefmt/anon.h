/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An anonymizer over metadata that a case fills first: begin, fill, start, look, end.
 */
#ifndef TESTS_UNIT_TRACEFMT_ANON_H
#define TESTS_UNIT_TRACEFMT_ANON_H

#include "tests/unit/tracefmt/sample.h"
#include "tracefmt/anonymize.h"

static const struct tf_host host_64 = { "x86_64", false, 8, 12 };
static const struct tf_host host_32 = { "i686", false, 4, 12 };

struct fixture {
	struct tf_meta meta, out;
	struct tf_anonymizer *a;
};

static inline void begin(struct fixture *f)
{
	tf_meta_init(&f->meta);
	tf_meta_init(&f->out);
	f->a = NULL;
}

static inline void start(struct fixture *f, const struct tf_host *host)
{
	struct tf_error err;

	tf_meta_sort_symbols(&f->meta);
	ck_assert_int_eq(tf_anonymizer_new(&f->a, &f->meta, host, &err), 0);
}

static inline void end(struct fixture *f)
{
	tf_anonymizer_free(f->a);
	tf_meta_release(&f->meta);
	tf_meta_release(&f->out);
}

static inline struct tf_event after(struct fixture *f, struct tf_event ev)
{
	struct tf_error err = { .reason = "" };

	ck_assert_msg(!tf_anonymize_event(f->a, &ev, &err), "%s", err.reason);
	return ev;
}

#endif
