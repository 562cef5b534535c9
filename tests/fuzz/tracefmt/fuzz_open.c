/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as a trace file: opened, read in all the ways there are, verified, saved and
 * packed.  See check.h for what must hold.  None of this takes more memory than reader.h
 * promises, but for packing.
 */
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include "tests/fuzz/tracefmt/check.h"
#include "tests/fuzz/tracefmt/mutate_file.h"

/* A file in memory, by a name. */
struct memfd {
	int fd;
	char path[32];
};

static struct memfd new_memfd(const uint8_t *data, size_t size)
{
	struct memfd m = { .fd = memfd_create("fuzz", MFD_CLOEXEC) };

	if (m.fd < 0 || write(m.fd, data, size) != (ssize_t)size)
		abort();
	snprintf(m.path, sizeof(m.path), "/proc/self/fd/%d", m.fd);
	return m;
}

static void try_pack(struct tf_reader *r, const struct fz_trace *t)
{
	struct memfd out = new_memfd(NULL, 0);

	fz_check_pack(r, t, out.path);
	close(out.fd);
}

static void try_reader(const uint8_t *data, size_t size, const struct fz_trace *t)
{
	struct fz_guarded guarded = fz_guard(data, size);
	long long before = fz_memory_begin();
	struct tf_reader *r;
	struct tf_error err;

	if (!tf_reader_open_mem(&r, guarded.data, size, &err)) {
		fz_check_reader(r, t);
		fz_memory_end(before, FZ_MAX_MEMORY);
		tf_reader_close(r);
	} else if (t->is_verified && !t->verified.nr_damaged) {
		abort();
	}
	if (t->seed % 8 == 1 && !tf_reader_open_mem(&r, guarded.data, size, &err)) {
		try_pack(r, t);
		tf_reader_close(r);
	}
	fz_unguard(&guarded);
}

static void try_salvage(const struct fz_trace *t)
{
	struct memfd out = new_memfd(NULL, 0);

	fz_check_salvage(t, out.path);
	close(out.fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memfd m = new_memfd(data, size);
	struct fz_trace t = {
		.path = m.path,
		.seed = XXH64(data, size, 0),
		.nr_bytes = size,
		.nr_records = fz_count_records(data, size),
	};

	t.is_verified = !fz_verify(t.path, &t.verified);
	try_reader(data, size, &t);
	/* It takes as long as all the rest together. */
	if (t.is_verified && t.seed % 4 == 0)
		try_salvage(&t);
	close(m.fd);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed_value)
{
	uint64_t seed = seed_value;

	return fz_file(data, size, max, &seed);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
				 size_t size2, uint8_t *out, size_t max, unsigned int seed_value)
{
	uint64_t seed = seed_value;

	return fz_file_cross(data1, size1, data2, size2, out, max, &seed);
}
