/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the process that reads a trace.dat tells the one that imports it.
 *
 * Inside of tracefmt/import/ only.  A stream of messages, each a struct tf_dat_head and a
 * payload that is padded to eight bytes.  Both ends are one program on one machine, so
 * numbers have the machine's layout; but the sender may be under the control of the file,
 * so the receiver believes nothing that it has not checked.
 *
 *	FACT	   key NUL value NUL
 *	POINTER	   u64: bytes of a pointer
 *	GFP	   u64 bit number, its name
 *	RECORD	   struct tf_import_record with the raw gfp flags of the host in gfp and without
 *		   pointers, cache_name_len bytes of the cache's name
 *	STACK	   u64 CPU, u64 thread, frames
 *	LOST	   u64 CPU, u64 events or 0
 *	IGNORE	   u64 CPU, name
 *	MALFORMED  u64 record number, reason
 *	SYMBOL	   u64 address, u64 offset, name
 *	ERROR	   u64 errno, reason; nothing follows
 *	END	   nothing; the trace was read whole
 */
#ifndef TRACEFMT_IMPORT_DAT_MESSAGE_H
#define TRACEFMT_IMPORT_DAT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracefmt/error.h"
#include "tracefmt/import/import.h"

enum tf_dat_message {
	TF_DAT_FACT,
	TF_DAT_POINTER,
	TF_DAT_GFP,
	TF_DAT_RECORD,
	TF_DAT_STACK,
	TF_DAT_LOST,
	TF_DAT_IGNORE,
	TF_DAT_MALFORMED,
	TF_DAT_SYMBOL,
	TF_DAT_ERROR,
	TF_DAT_END,
	TF_NR_DAT_MESSAGES
};

struct tf_dat_head {
	uint32_t type;
	uint32_t len; /* of the payload, without padding; at most TF_DAT_MAX_PAYLOAD */
};

#define TF_DAT_MAX_PAYLOAD 4096u
#define TF_DAT_BUFFER (1u << 17)

/* The sending end. */
struct tf_dat_out {
	int fd; /* borrowed */
	int err;
	size_t len;
	_Alignas(8) uint8_t buffer[TF_DAT_BUFFER];
};

/*
 * Queue a message of two parts, cut to TF_DAT_MAX_PAYLOAD.  An error of the pipe is kept in
 * out->err, and nothing is sent any more.
 */
void tf_dat_send(struct tf_dat_out *out, enum tf_dat_message type, const void *first,
		 size_t first_len, const void *second, size_t second_len);
/* Write what is queued.  out->err. */
int tf_dat_flush(struct tf_dat_out *out);

/*
 * Raw flags of the host by bit: its name there, and what tf_import_gfp_bit() makes of it,
 * asked when it first comes up, so that the trace tells of no flag that it does not have.
 */
struct tf_dat_gfp {
	char names[32][32];
	uint32_t bits[32];
	uint32_t asked; /* bits whose entry in bits is valid */
};

/* The receiving end. */
struct tf_dat_in {
	struct tf_import *imp; /* borrowed */
	struct tf_dat_gfp gfp;
	uint64_t nr_messages;
	bool is_ended;
};

/*
 * Act upon the whole messages of data, which is aligned to eight bytes; *used is what
 * they took.  0; -EBADMSG for a message that none of ours would have sent; the errno of a
 * TF_DAT_ERROR; or that of the import.
 */
int tf_dat_receive(struct tf_dat_in *in, const uint8_t *data, size_t len, size_t *used,
		   struct tf_error *err);

#endif
