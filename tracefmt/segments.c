/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding a trace's files.
 *
 * Recording bounds what it keeps by deleting the oldest files, and files of an older
 * recording may lie beside those of a newer one.  So the directory says which numbers
 * there are, and each file's header whether it is one of ours.
 */
#include "tracefmt/segments.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Files of one name that are looked at, ours or not. */
#define MAX_NUMBERS 65536u

struct numbers {
	uint32_t *list;
	size_t nr;
};

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The number behind "BASE.", as the writer spells it; 0 if name is not of that form. */
static uint32_t number_of(const char *name, const char *base)
{
	size_t len = strlen(base);
	unsigned long long number = 0;
	const char *p;

	if (strncmp(name, base, len) || name[len] != '.' || name[len + 1] == '0')
		return 0;
	for (p = name + len + 1; *p >= '0' && *p <= '9' && number <= UINT32_MAX; p++)
		number = number * 10 + (unsigned)(*p - '0');
	return *p || number > UINT32_MAX ? 0 : (uint32_t)number;
}

static int compare_numbers(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int list_directory(DIR *dir, const char *base, struct numbers *numbers)
{
	const struct dirent *entry;

	while (numbers->nr < MAX_NUMBERS && (entry = readdir(dir))) {
		uint32_t number = number_of(entry->d_name, base), *bigger;

		if (!number)
			continue;
		if (!(numbers->nr & (numbers->nr - 1))) {
			bigger = realloc(numbers->list,
					 (numbers->nr ? numbers->nr * 2 : 1) * sizeof(*bigger));
			if (!bigger)
				return -ENOMEM;
			numbers->list = bigger;
		}
		numbers->list[numbers->nr++] = number;
	}
	return 0;
}

/* The numbers of all files PATH.n, in order.  -EACCES if the directory cannot be read. */
static int find_numbers(const char *path, struct numbers *numbers)
{
	const char *base = base_of(path);
	char *name = base == path ? strdup(".") : strndup(path, (size_t)(base - path));
	int err = -EACCES;
	DIR *dir;

	memset(numbers, 0, sizeof(*numbers));
	if (!name)
		return -ENOMEM;
	dir = opendir(name);
	if (dir) {
		err = list_directory(dir, base, numbers);
		closedir(dir);
	}
	free(name);
	if (!err && numbers->nr)
		qsort(numbers->list, numbers->nr, sizeof(*numbers->list), compare_numbers);
	return err;
}

/* Takes the input over. */
static struct tf_segment *add_segment(struct tf_segments *s, struct tf_input *input,
				      uint32_t number)
{
	struct tf_segment *segment;

	if (s->nr == s->room) {
		size_t room = s->room ? s->room * 2 : 1;

		segment = realloc(s->list, room * sizeof(*segment));
		if (!segment) {
			tf_input_close(input);
			return NULL;
		}
		s->list = segment;
		s->room = room;
	}
	segment = &s->list[s->nr++];
	memset(segment, 0, sizeof(*segment));
	segment->input = *input;
	segment->number = number;
	segment->header_err =
		tf_file_header_get(&segment->header, input->data, input->len, &segment->error);
	return segment;
}

static void drop_last(struct tf_segments *s)
{
	tf_input_close(&s->list[--s->nr].input);
}

/* Not of this trace: another's, or its place in the row is taken or was never there. */
static bool is_stranger(const struct tf_segments *s, const struct tf_segment *segment)
{
	const struct tf_file_header *h = &segment->header;

	if (!segment->header_err)
		return !h->trace_id || h->segment != segment->number ||
		       (s->trace_id && h->trace_id != s->trace_id);
	/* Not even one of kmemtool's: somebody else's file. */
	if (segment->header_err == -EBADMSG && !segment->error.offset)
		return true;
	/* With a header that cannot be read, only the next in the row is taken for ours. */
	return s->nr < 2 || segment->number != segment[-1].number + 1;
}

/* Try PATH.number.  What cannot be one of ours is left out without a word. */
static int try_number(struct tf_segments *s, uint32_t number)
{
	struct tf_input input = { .data = NULL };
	struct tf_segment *segment;
	struct tf_error why;
	struct stat st;
	char *name;
	int ret = 0;

	if (asprintf(&name, "%s.%u", s->path, number) < 0)
		return -ENOMEM;
	/* Opening a pipe would wait for somebody at its other end. */
	if (stat(name, &st) || !S_ISREG(st.st_mode))
		goto out;
	ret = tf_input_open(&input, name, &why);
	if (ret == -ENOMEM)
		goto out;
	segment = add_segment(s, &input, number);
	if (!segment) {
		ret = -ENOMEM;
		goto out;
	}
	if (ret) {
		segment->header_err = ret;
		segment->error = why;
	}
	ret = 0;
	if (is_stranger(s, segment))
		drop_last(s);
	else if (!segment->header_err)
		s->trace_id = segment->header.trace_id;
out:
	free(name);
	return ret;
}

/* In a directory that cannot be read, the numbers that follow each other can be tried. */
static int try_in_turn(struct tf_segments *s)
{
	uint32_t number = 1;
	size_t before;
	int ret;

	do {
		before = s->nr;
		s->too_many = s->nr == TF_MAX_SEGMENTS;
		ret = s->too_many ? 0 : try_number(s, number++);
	} while (!ret && s->nr > before);
	return ret;
}

static int open_numbers(struct tf_segments *s)
{
	struct numbers numbers;
	int ret = find_numbers(s->path, &numbers);

	if (ret == -EACCES)
		ret = try_in_turn(s);
	for (size_t i = 0; !ret && i < numbers.nr && !s->too_many; i++) {
		s->too_many = s->nr == TF_MAX_SEGMENTS;
		if (!s->too_many)
			ret = try_number(s, numbers.list[i]);
	}
	free(numbers.list);
	return ret;
}

/* The file that was named is there: is it the first of several? */
static int open_named(struct tf_segments *s, struct tf_input *input)
{
	const struct tf_segment *first = add_segment(s, input, 0);

	if (!first)
		return -ENOMEM;
	if (first->header_err || !first->header.trace_id || first->header.segment ||
	    !strcmp(s->path, "-"))
		return 0;
	s->trace_id = first->header.trace_id;
	return open_numbers(s);
}

int tf_segments_open(struct tf_segments *s, const char *path, struct tf_error *err)
{
	struct tf_input input;
	struct tf_error why;
	int ret;

	memset(s, 0, sizeof(*s));
	ret = tf_input_open(&input, path, &why);
	if (ret && (ret != -ENOENT || !strcmp(path, "-")))
		return tf_fail(err, ret, why.offset, "%s", why.reason);
	s->path = strdup(path);
	if (!s->path) {
		tf_input_close(&input);
		return tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
	}
	if (!ret) {
		ret = open_named(s, &input);
	} else {
		ret = open_numbers(s);
		if (!ret && !s->nr)
			ret = tf_fail(err, -ENOENT, why.offset, "%s", why.reason);
	}
	if (ret == -ENOMEM)
		tf_fail(err, ret, TF_NO_OFFSET, "out of memory");
	if (ret)
		tf_segments_close(s);
	return ret;
}

int tf_segments_open_mem(struct tf_segments *s, const uint8_t *data, size_t len,
			 struct tf_error *err)
{
	struct tf_input input = { .data = data, .len = len, .how = TF_INPUT_BORROWED };

	memset(s, 0, sizeof(*s));
	if (!add_segment(s, &input, 0))
		return tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
	return 0;
}

void tf_segments_close(struct tf_segments *s)
{
	while (s->nr)
		drop_last(s);
	free(s->list);
	free(s->path);
	memset(s, 0, sizeof(*s));
}

int tf_segments_check_output(const struct tf_segments *s, const char *path, struct tf_error *err)
{
	struct stat st;

	if (!strcmp(path, "-") || stat(path, &st) || !S_ISREG(st.st_mode))
		return 0;
	for (size_t i = 0; i < s->nr; i++) {
		const struct tf_input *input = &s->list[i].input;

		if (st.st_dev == input->dev && st.st_ino == input->ino)
			return tf_fail(err, -EINVAL, TF_NO_OFFSET, "the output is the input");
	}
	return 0;
}

void tf_segments_name_error(const struct tf_segments *s, const struct tf_segment *segment,
			    struct tf_error *err)
{
	char reason[sizeof(err->reason)];

	if (!segment->number || !err)
		return;
	memcpy(reason, err->reason, sizeof(reason));
	/* A name that leaves no room for the reason is cut. */
	tf_fail(err, 0, err->offset, "in %.60s.%u: %s", base_of(s->path), segment->number, reason);
}
