/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Machine profiles as files that a person reads and writes: sections of "key = value".
 *
 *   [machine]                       name cpus possible_cpus nodes page_shift address_bits
 *                                   paging cacheline pageblock_order era features
 *   [address_space]                 page_offset vmalloc_start vmalloc_end
 *   [memory]                        size: lays ranges and zones (km_profile_set_memory)
 *   [range 0x1000-0x9f000]          node: RAM from the first byte to before the second
 *   [zone Normal 0]                 a zone of a node: start spanned present managed deferred
 *                                   watermarks protection pcp_batch pcp_high_min pcp_high_max
 *   [node 0]                        distance: to each node
 *   [sysctl]                        as the kernel's vm.*
 *   [percpu]                        the first chunk: static reserved dynamic unit
 *
 * Without size the machine's zones are those of the sections, or, if there are none, are
 * laid over the ranges; with it, a zone's section changes the zone that was laid.  The
 * manual page kmemtool-machine(5) says what each key may hold.
 *
 * What is not given is as km_profile_init() makes it, but that possible_cpus follows cpus,
 * present the ranges and managed present, and on 32 bit the address space the memory.
 */
#ifndef CORE_MACHINE_PROFILE_FILE_H
#define CORE_MACHINE_PROFILE_FILE_H

#include <stddef.h>
#include <stdio.h>

#include "core/machine/profile.h"

#define KM_PROFILE_FILE_MAX (1u << 20) /* bytes of a file that anybody would write */

struct km_profile_error {
	unsigned int line; /* 0: the file as a whole */
	char reason[200];  /* what is wrong, and what would be right */
};

/*
 * Read a profile that km_profile_check() finds nothing wrong with.  text need not end in a
 * NUL.  0, or -EINVAL with *error filled and *profile undefined.
 */
int km_profile_read(const char *text, size_t len, struct km_profile *profile,
		    struct km_profile_error *error);
/*
 * Write a profile so that km_profile_read() gives the same back.  0, or with nothing
 * written -EINVAL: it fails km_profile_check(), its name is not one to 31 characters of
 * letters, digits and ._+-, or it has a habit without a name.  Whether the bytes got
 * anywhere is for the caller to ask of file.
 */
int km_profile_write(const struct km_profile *profile, FILE *file);

/* The same machine, field by field? */
bool km_profile_equal(const struct km_profile *a, const struct km_profile *b);

#endif
