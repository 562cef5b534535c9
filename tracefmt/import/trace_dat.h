/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace-cmd's trace.dat, versions 6 and 7, through libtracecmd and libtraceevent.
 *
 *	child process:	libtracecmd ──▶ dat_reader.c ──messages──▶ pipe
 *	this process:	pipe ──▶ dat_message.c (checked) ──▶ struct tf_import
 *
 * The libraries trust the file that they read: bytes made for it can crash them, and
 * they print what they think of it.  So they work in a process of its own that has the
 * file, the pipe, and limits on memory and time, and whose death is an error of the
 * file like any other.
 */
#ifndef TRACEFMT_IMPORT_TRACE_DAT_H
#define TRACEFMT_IMPORT_TRACE_DAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracefmt/error.h"
#include "tracefmt/import/import.h"

/* Does a file that begins with these bytes claim to be a trace.dat?  Ten are enough. */
bool tf_is_trace_dat(const uint8_t *data, size_t len);

/*
 * Hand all events of the file to imp, all CPUs and buffers merged by time, before them the
 * facts that it tells of the host.  path "-" is standard input, which must be a file, for it is
 * read from many places.
 * 0, -EBADMSG if it is damaged or libtracecmd cannot read it, -ENODATA if it is cut
 * short, -EPROTO for a version that is not known, -ESPIPE if it is no file, or the
 * system's own errno; err tells why.  Events before the failure were handed over.
 * Calls fork(); leaves no child behind.
 */
int tf_import_trace_dat(struct tf_import *imp, const char *path, struct tf_error *err);

#endif
