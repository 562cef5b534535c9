/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The texts of ftrace, trace-cmd report and perf script.
 *
 * Lines understood ("~" is blanks; parts in [] may be missing):
 *
 *   ftrace, 2.6.32 to today      ~TASK-PID~[(TGID)~][CPU]~[FLAGS~]SECS.USECS: EVENT: FIELDS
 *   trace-cmd report             the same; EVENT:~[(SYMBOL)~]FIELDS
 *   trace-cmd report -l          ~TASK-PID~CPU FLAGS~SECS.USECS: EVENT: FIELDS, no blank between
 *CPU and FLAGS perf script ~TASK~[PID/]TID~[CPU]~SECS.USECS:~[PERIOD~]SYSTEM:EVENT: FIELDS and its
 *call chain         TAB~ADDRESS SYMBOL+0xOFF (DSO), ended by an empty line options/stacktrace an
 *event "<stack trace>" or "kernel_stack:", then
 *				  ~=> SYMBOL[+0xOFF/0xSIZE] [<ADDRESS>]
 *   losses                       CPU:N [LOST N EVENTS], CPU:N [N EVENTS DROPPED], and perf's
 *				  PERF_RECORD_LOST
 *   comments                     # ...; of some, facts are made
 *
 * FLAGS are ftrace's irqs-off, need-resched, hardirq/softirq, preempt-depth, migrate-disable.
 * Of the latency format of ftrace (trace_options latency-format) nothing is read.
 */
#ifndef TRACEFMT_IMPORT_TEXT_H
#define TRACEFMT_IMPORT_TEXT_H

#include <stddef.h>

#include "tracefmt/error.h"
#include "tracefmt/import/import.h"

enum tf_import_format {
	TF_FORMAT_AUTO,
	TF_FORMAT_FTRACE,
	TF_FORMAT_PERF_SCRIPT,
	TF_FORMAT_TRACE_DAT, /* not a text: trace_dat.h */
	TF_NR_FORMATS
};

/* "auto", "ftrace", "perf-script", "trace-dat"; NULL if out of range. */
const char *tf_import_format_name(unsigned int format);
/* The format of that name, or -1. */
int tf_import_format_from_name(const char *name);

#define TF_TEXT_MAX_LINE 16384u /* longer lines are not read */

struct tf_text;

/* imp is borrowed.  format is AUTO, FTRACE or PERF_SCRIPT.  0 or -ENOMEM. */
int tf_text_new(struct tf_text **out, struct tf_import *imp, enum tf_import_format format);
void tf_text_free(struct tf_text *text);
/*
 * The next piece of the text, of any size; data is not kept.  tf_text_end() after the last.
 * Nothing is handed to the import before the first 64 KiB or the end are there, for what
 * they look like decides the pointers' size.  Errors are those of the import, and
 * -EBADMSG with err at the end of a text in which no line is an event.
 */
int tf_text_feed(struct tf_text *text, const char *data, size_t len);
int tf_text_end(struct tf_text *text, struct tf_error *err);

/* All of an open file. */
int tf_import_text(struct tf_import *imp, int fd, enum tf_import_format format,
		   struct tf_error *err);

#endif
