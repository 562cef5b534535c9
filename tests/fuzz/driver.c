/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main() of a fuzz target where libFuzzer is not to be had: runs a corpus, then
 * seeded mutations of it.
 *
 *      fuzz_X [-n MUTATIONS] [-s SEED] FILE|DIRECTORY...
 *
 * Finds crashes only with the sanitizers' help or luck; it guides nothing by
 * coverage.  What it does find can be repeated, for everything follows from the
 * seed: with -v each mutation's number is told before it runs, and with -k NUMBER
 * only that one runs, and is written to the file that -o names.
 *
 * A target that has a mutator of its own makes every other mutation.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_BYTES (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
__attribute__((weak)) size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
						     unsigned int seed);

struct input {
	uint8_t *data;
	size_t len;
};

struct driver {
	struct input *inputs;
	size_t nr_inputs;
	unsigned long mutations;
	uint64_t seed;
	long only; /* mutation to run, -1 for all */
	bool verbose;
	const char *out;
};

static void die(const char *what, const char *name)
{
	fprintf(stderr, "driver: %s: %s: %s\n", name, what, strerror(errno));
	exit(2);
}

static void *must(void *p)
{
	if (!p)
		die("allocation", "memory");
	return p;
}

/* splitmix64 */
static uint64_t rnd(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static size_t below(uint64_t *seed, size_t n)
{
	return n ? (size_t)(rnd(seed) % n) : 0;
}

static void add_file(struct driver *d, const char *path)
{
	struct input in = { .data = must(malloc(MAX_BYTES)) };
	FILE *f = fopen(path, "rb");

	if (!f)
		die("cannot open", path);
	in.len = fread(in.data, 1, MAX_BYTES, f);
	if (ferror(f))
		die("cannot read", path);
	fclose(f);
	d->inputs = must(realloc(d->inputs, (d->nr_inputs + 1) * sizeof(in)));
	d->inputs[d->nr_inputs++] = in;
}

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void add_path(struct driver *d, const char *path)
{
	struct dirent **names;
	struct stat st;
	int nr;

	if (stat(path, &st))
		die("cannot stat", path);
	if (!S_ISDIR(st.st_mode)) {
		add_file(d, path);
		return;
	}
	/* Sorted, so that a mutation's number means the same everywhere. */
	nr = scandir(path, &names, not_hidden, alphasort);
	if (nr < 0)
		die("cannot read", path);
	for (int i = 0; i < nr; i++) {
		char child[4096];

		snprintf(child, sizeof(child), "%s/%s", path, names[i]->d_name);
		add_path(d, child);
		free(names[i]);
	}
	free(names);
}

/* In a buffer of just its size, so that one byte too many is seen. */
static void run(const uint8_t *data, size_t len)
{
	uint8_t *copy = must(malloc(len ? len : 1));

	if (len)
		memcpy(copy, data, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static void overwrite_number(uint8_t *data, size_t len, uint64_t *seed)
{
	static const uint64_t numbers[] = {
		0,
		1,
		0x7f,
		0x80,
		0xff,
		0x7fff,
		0xffff,
		0x10000,
		0x7fffffff,
		0x80000000,
		0xffffffff,
		UINT64_MAX,
		(uint64_t)1 << 63,
	};
	uint64_t v = numbers[below(seed, sizeof(numbers) / sizeof(numbers[0]))];
	size_t width = (size_t)1 << below(seed, 4);
	size_t at;

	if (len < width)
		return;
	at = below(seed, len - width + 1);
	for (size_t i = 0; i < width; i++)
		data[at + i] = (uint8_t)(v >> 8 * i);
}

/* The end of another input, or of this one, moved to somewhere else. */
static size_t splice(const struct driver *d, uint8_t *data, size_t len, uint64_t *seed)
{
	const struct input *from = &d->inputs[below(seed, d->nr_inputs)];
	size_t start = below(seed, from->len + 1), at = below(seed, len + 1);
	size_t n = below(seed, from->len - start + 1);

	if (n > MAX_BYTES - at)
		n = MAX_BYTES - at;
	memcpy(data + at, from->data + start, n);
	return at + n > len ? at + n : len;
}

static size_t mutate(const struct driver *d, uint8_t *data, size_t len, uint64_t *seed)
{
	size_t steps = 1 + below(seed, 6);

	for (size_t i = 0; i < steps; i++) {
		size_t at = below(seed, len), n;

		switch (below(seed, 8)) {
		case 0:
		case 1:
			if (len)
				data[at] ^= (uint8_t)(1u << below(seed, 8));
			break;
		case 2:
		case 3:
			if (len)
				data[at] = (uint8_t)rnd(seed);
			break;
		case 4:
			overwrite_number(data, len, seed);
			break;
		case 5:
			if (!below(seed, 4))
				len = at;
			break;
		case 6:
			n = below(seed, len - at < 32 ? len - at : 32);
			memmove(data + at, data + at + n, len - at - n);
			len -= n;
			break;
		default:
			len = splice(d, data, len, seed);
		}
	}
	return len;
}

static void run_mutation(const struct driver *d, unsigned long number, uint8_t *data)
{
	const struct input *in = &d->inputs[number % d->nr_inputs];
	uint64_t seed = d->seed + number * 0x100000001b3u;
	size_t len;

	memcpy(data, in->data, in->len);
	if (LLVMFuzzerCustomMutator && number / d->nr_inputs % 2)
		len = LLVMFuzzerCustomMutator(data, in->len, MAX_BYTES, (unsigned int)rnd(&seed));
	else
		len = mutate(d, data, in->len, &seed);
	if (d->verbose)
		fprintf(stderr, "driver: mutation %lu, %zu bytes\n", number, len);
	if (d->out) {
		FILE *f = fopen(d->out, "wb");

		if (!f || fwrite(data, 1, len, f) != len || fclose(f))
			die("cannot write", d->out);
	}
	run(data, len);
}

static void usage(const char *name)
{
	fprintf(stderr, "usage: %s [-n MUTATIONS] [-s SEED] [-v] [-k NUMBER [-o FILE]] CORPUS...\n",
		name);
	exit(2);
}

static const char *strip(const char *name)
{
	return strncmp(name, "fuzz_", 5) ? name : name + 5;
}

int main(int argc, char **argv)
{
	struct driver d = { .mutations = 2000, .seed = 1, .only = -1 };
	const char *name = strip(program_invocation_short_name);
	uint8_t *data = must(malloc(MAX_BYTES));
	int opt;

	while ((opt = getopt(argc, argv, "n:s:k:o:v")) != -1) {
		switch (opt) {
		case 'n':
			d.mutations = strtoul(optarg, NULL, 10);
			break;
		case 's':
			d.seed = strtoull(optarg, NULL, 10);
			break;
		case 'k':
			d.only = strtol(optarg, NULL, 10);
			break;
		case 'o':
			d.out = optarg;
			break;
		case 'v':
			d.verbose = true;
			break;
		default:
			usage(name);
		}
	}
	if (optind == argc)
		usage(name);
	for (int i = optind; i < argc; i++)
		add_path(&d, argv[i]);
	/* A target that is given nothing has tested nothing. */
	if (!d.nr_inputs) {
		fprintf(stderr, "driver: %s: no inputs\n", name);
		return 2;
	}
	for (size_t i = 0; d.only < 0 && i < d.nr_inputs; i++)
		run(d.inputs[i].data, d.inputs[i].len);
	if (d.only < 0)
		run(data, 0);
	for (unsigned long i = 0; i < d.mutations; i++) {
		if (d.only < 0 || i == (unsigned long)d.only)
			run_mutation(&d, i, data);
	}
	printf("driver: %s: %zu inputs, %lu mutations, ok\n", name, d.nr_inputs,
	       d.only < 0 ? d.mutations : 1);
	for (size_t i = 0; i < d.nr_inputs; i++)
		free(d.inputs[i].data);
	free(d.inputs);
	free(data);
	return 0;
}
