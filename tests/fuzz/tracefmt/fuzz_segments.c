/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as the files of a trace that was rotated: each behind a byte that says how many
 * numbers were left out before it, and its length (2 bytes).  See check.h for what must hold.
 */
#include <unistd.h>
#include <xxhash.h>

#include "tests/fuzz/tracefmt/check.h"
#include "tests/fuzz/tracefmt/mutate_file.h"

#define MAX_FILES 6u
#define FILE_HEADER 3u
#define TRACE_ID 0x6b6d656d746f6f6cu

/* One file of an input. */
struct piece {
	unsigned step; /* numbers left out before it */
	const uint8_t *data;
	size_t len;
};

static size_t split(struct piece pieces[MAX_FILES], const uint8_t *data, size_t size)
{
	size_t nr = 0;

	while (nr < MAX_FILES && size >= FILE_HEADER) {
		struct piece *piece = &pieces[nr++];
		size_t len = tf_get16(data + 1);

		data += FILE_HEADER;
		size -= FILE_HEADER;
		piece->step = data[-3] % 4;
		piece->data = data;
		piece->len = len < size ? len : size;
		data += piece->len;
		size -= piece->len;
	}
	return nr;
}

/* The directory of all inputs, removed in the end. */
static char directory[64];

static void remove_directory(void)
{
	rmdir(directory);
}

static const char *the_directory(void)
{
	if (directory[0])
		return directory;
	strcpy(directory, "/tmp/kmemtool-fuzz-XXXXXX");
	if (!mkdtemp(directory) || atexit(remove_directory))
		abort();
	return directory;
}

struct names {
	char trace[80], out[80];
	char files[MAX_FILES][96];
};

static void save(const char *path, const struct piece *piece)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(piece->data, 1, piece->len, f) != piece->len || fclose(f))
		abort();
}

/* The first number is that of the trace's own name, unless it was left out. */
static void save_files(struct names *names, struct fz_trace *t, const struct piece *pieces,
		       size_t nr)
{
	unsigned number = 0;

	snprintf(names->trace, sizeof(names->trace), "%s/t.kmt", the_directory());
	snprintf(names->out, sizeof(names->out), "%s/out.kmt", the_directory());
	for (size_t i = 0; i < nr; i++, number++) {
		number += pieces[i].step;
		if (number)
			snprintf(names->files[i], sizeof(names->files[i]), "%s.%u", names->trace,
				 number);
		else
			strcpy(names->files[i], names->trace);
		save(names->files[i], &pieces[i]);
		t->nr_bytes += pieces[i].len;
		t->nr_records += fz_count_records(pieces[i].data, pieces[i].len);
	}
}

static void try_reader(const struct fz_trace *t)
{
	long long before = fz_memory_begin();
	struct tf_reader *r;
	struct tf_error err;

	if (!tf_reader_open(&r, t->path, &err)) {
		fz_check_reader(r, t);
		fz_memory_end(before, FZ_MAX_MEMORY);
		tf_reader_close(r);
	} else if (t->is_verified && !t->verified.nr_damaged) {
		abort();
	}
}

static void try_pack(const struct fz_trace *t, const char *out)
{
	struct tf_reader *r;
	struct tf_error err;

	if (tf_reader_open(&r, t->path, &err))
		return;
	fz_check_pack(r, t, out);
	tf_reader_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fz_trace t = { .seed = XXH64(data, size, 0) };
	struct piece pieces[MAX_FILES];
	size_t nr = split(pieces, data, size);
	struct names names;

	save_files(&names, &t, pieces, nr);
	t.path = names.trace;
	t.is_verified = !fz_verify(t.path, &t.verified);
	try_reader(&t);
	if (t.is_verified && t.seed % 4 == 0)
		fz_check_salvage(&t, names.out);
	if (t.seed % 4 == 1)
		try_pack(&t, names.out);
	for (size_t i = 0; i < nr; i++)
		unlink(names.files[i]);
	unlink(names.out);
	return 0;
}

/* The files of an input while it is mutated. */
struct set {
	struct piece pieces[MAX_FILES]; /* their bytes are owned */
	size_t nr;
};

static uint8_t *copy(const struct piece *piece, size_t room)
{
	uint8_t *data = fz_must(malloc(room > piece->len ? room : piece->len + 1));

	memcpy(data, piece->data, piece->len);
	return data;
}

static void replace(struct piece *piece, uint8_t *data, size_t len)
{
	free((void *)(uintptr_t)piece->data);
	piece->data = data;
	piece->len = len;
}

/* Let the files be segments of one trace, each going on where the one before it ended. */
static void chain(struct set *set, uint64_t *seed)
{
	struct tf_block_header h;
	uint64_t next_event = 0;
	unsigned number = 0;

	for (size_t i = 0; i < set->nr; i++, number++) {
		struct tf_out out;
		struct fz_file f;

		number += set->pieces[i].step;
		tf_out_init(&out);
		if (fz_file_split(&f, set->pieces[i].data, set->pieces[i].len)) {
			tf_put32(f.head + 20, number);
			tf_put64(f.head + 24, TRACE_ID);
			tf_put64(f.head + 56, XXH64(f.head, 56, 0));
			if (f.nr && fz_header(&h, f.parts[0].data, f.parts[0].len)) {
				h.first_event = next_event;
				tf_block_header_put(f.parts[0].data, &h);
			}
			next_event = fz_renumber(&f, seed);
			fz_file_join(&out, &f, fz_once_in(seed, 8) ? FZ_NO_FOOTER : FZ_NEW_FOOTER,
				     seed);
			replace(&set->pieces[i], out.data, out.len);
		}
		fz_file_release(&f);
	}
}

static void step(struct set *set, size_t max, uint64_t *seed)
{
	size_t at = fz_below(seed, set->nr), to = fz_below(seed, set->nr);
	struct piece *piece = &set->pieces[at], old = *piece;
	size_t room = piece->len + 2048 < max ? piece->len + 2048 : max;
	uint8_t *data;

	switch (fz_below(seed, 8)) {
	case 0:
		if (set->nr < MAX_FILES) {
			set->pieces[set->nr] = old;
			set->pieces[set->nr++].data = copy(&old, 0);
		}
		break;
	case 1:
		if (set->nr > 1) {
			replace(piece, NULL, 0);
			memmove(piece, piece + 1, (--set->nr - at) * sizeof(*piece));
		}
		break;
	case 2:
		*piece = set->pieces[to];
		set->pieces[to] = old;
		break;
	case 3:
		piece->step = (unsigned)fz_below(seed, 4);
		break;
	default:
		data = copy(piece, room);
		replace(piece, data, fz_file(data, old.len, room, seed));
	}
}

static size_t join(uint8_t *data, size_t size, size_t max, const struct set *set)
{
	struct tf_out out;

	tf_out_init(&out);
	for (size_t i = 0; i < set->nr; i++) {
		size_t len = set->pieces[i].len < UINT16_MAX ? set->pieces[i].len : UINT16_MAX;

		tf_out_u8(&out, (uint8_t)set->pieces[i].step);
		tf_out_u16(&out, (uint16_t)len);
		tf_out_bytes(&out, set->pieces[i].data, len);
	}
	if (!out.err && out.len <= max) {
		memcpy(data, out.data, out.len);
		size = out.len;
	}
	tf_out_release(&out);
	return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed_value)
{
	uint64_t seed = seed_value;
	struct set set = { .nr = split(set.pieces, data, size) };

	if (!set.nr || fz_once_in(&seed, 16))
		return fz_bytes(data, size, max, &seed);
	for (size_t i = 0; i < set.nr; i++)
		set.pieces[i].data = copy(&set.pieces[i], 0);
	for (size_t n = 1 + fz_below(&seed, 3); n; n--)
		step(&set, max, &seed);
	if (!fz_once_in(&seed, 4))
		chain(&set, &seed);
	size = join(data, size, max, &set);
	for (size_t i = 0; i < set.nr; i++)
		replace(&set.pieces[i], NULL, 0);
	return size;
}
