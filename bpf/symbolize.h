/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names for a trace that was recorded without: from an ELF file of the recorded kernel,
 * with the offset to it worked out from the trace's own call sites and call chains.
 *
 * What the recorder made of names stays as it is: a page event without an owner has none.
 */
#ifndef BPF_SYMBOLIZE_H
#define BPF_SYMBOLIZE_H

#include <stddef.h>

#include "tracefmt/meta.h"
#include "tracefmt/reader.h"

struct kc_error;

struct kc_symbolized {
	size_t nr_addrs; /* call sites and frames of the trace, each once */
	size_t nr_named; /* of these, those that had no name and got one */
	size_t nr_known; /* those that had one, which is kept */
};

/*
 * Reads all events of r, of which nothing was read or selected yet, and rewinds it; damage is
 * passed over.  Adds symbols and facts to *out; of a kernel that has an offset to the file,
 * calib.kaslr_offset is there afterwards.
 * 0, also if there is nothing to name.  -EINVAL: the file cannot be used, is of another
 * build, or no offset can be told; or the trace has call sites that are not the kernel's;
 * -ENOMEM; an errno of the file.  err has one line.
 */
int kc_symbolize(struct tf_reader *r, const char *vmlinux, struct tf_meta *out,
		 struct kc_symbolized *result, struct kc_error *err);

#endif
