/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fragment_load DIR MIB HOLES: fill memory with one file on the tmpfs DIR, then punch holes.
 *
 * HOLES of 1000 pages of the file are given back, one by one, at places that follow from a fixed
 * seed; the file stays.  What is free then lies in single pages all over the memory that the file
 * had taken.  Prints how many pages were written and how many given back; ends with status 1 where
 * the system refuses.  Linked statically, for guests without libraries.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PAGE 4096

int main(int argc, char **argv)
{
	static char page[PAGE] = { 1 };
	uint64_t state = 88172645463325252ull;
	unsigned long nr, punched = 0, written;
	char path[4096];
	int fd;

	if (argc != 4)
		return 2;
	nr = strtoul(argv[2], NULL, 10) << 8;
	snprintf(path, sizeof(path), "%s/pages", argv[1]);
	fd = open(path, O_CREAT | O_RDWR, 0600);
	if (fd < 0)
		return 1;
	for (written = 0; written < nr && write(fd, page, PAGE) == PAGE; written++)
		;
	for (unsigned long i = 0; i < written; i++) {
		/* xorshift64 (Marsaglia 2003) */
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		if ((state >> 32) % 1000 >= strtoul(argv[3], NULL, 10))
			continue;
		if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)i * PAGE,
			      PAGE))
			return 1;
		punched++;
	}
	printf("%lu pages written, %lu given back\n", written, punched);
	return written == nr ? 0 : 1;
}
