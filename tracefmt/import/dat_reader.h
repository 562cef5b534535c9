/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The process that reads a trace.dat: libtracecmd's records in, messages out.
 *
 * Inside of tracefmt/import/ only, to be called in a process that may die of it.
 */
#ifndef TRACEFMT_IMPORT_DAT_READER_H
#define TRACEFMT_IMPORT_DAT_READER_H

#include "tracefmt/import/dat_message.h"

/*
 * Send everything that the file fd tells, in order of time, and TF_DAT_END or
 * TF_DAT_ERROR.  Takes over fd.
 */
void tf_dat_read(int fd, struct tf_dat_out *out);

#endif
