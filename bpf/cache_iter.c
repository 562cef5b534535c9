/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kmem_cache iterator's life.  An iterator descriptor can be read once; making one
 * asks for privilege, reading it does not, so a stock of them is made in advance.
 */
#include "bpf/cache_iter.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NR_READY 2 /* a recording has a start and an end */
#define READ_BYTES (64u << 10)

/* bpf/embed.S */
extern const uint8_t kc_bpf_caches[], kc_bpf_caches_end[];

struct kc_cache_iter {
	struct bpf_object *obj;
	struct bpf_link *link;
	int ready[NR_READY]; /* iterator descriptors not yet read */
	unsigned int nr_ready;
};

static int attach(struct kc_cache_iter *iter, char *reason, size_t len)
{
	struct bpf_program *prog;
	int err;

	iter->obj = bpf_object__open_mem(kc_bpf_caches, (size_t)(kc_bpf_caches_end - kc_bpf_caches),
					 NULL);
	if (!iter->obj) {
		err = -errno;
		snprintf(reason, len, "the embedded eBPF object cannot be opened: %s",
			 strerror(-err));
		return err;
	}
	err = bpf_object__load(iter->obj);
	/* libbpf has not found what the program is to be attached to. */
	if (err == -ESRCH) {
		snprintf(reason, len, "this kernel has no kmem_cache iterator");
		return -ENOENT;
	}
	if (err) {
		snprintf(reason, len, "the kernel did not take the iterator's program: %s",
			 strerror(-err));
		return err;
	}
	prog = bpf_object__next_program(iter->obj, NULL);
	iter->link = prog ? bpf_program__attach_iter(prog, NULL) : NULL;
	if (!iter->link) {
		err = prog ? -errno : -EINVAL;
		snprintf(reason, len, "the kmem_cache iterator cannot be attached: %s",
			 strerror(-err));
		return err;
	}
	return 0;
}

/* Fill the stock; how far is seen when it is used. */
static int make_ready(struct kc_cache_iter *iter)
{
	while (iter->nr_ready < NR_READY) {
		int fd = bpf_iter_create(bpf_link__fd(iter->link));

		if (fd < 0)
			return -errno;
		iter->ready[iter->nr_ready++] = fd;
	}
	return 0;
}

int kc_cache_iter_open(struct kc_cache_iter **out, char *reason, size_t len)
{
	struct kc_cache_iter *iter = calloc(1, sizeof(*iter));
	libbpf_print_fn_t print;
	int err;

	*out = NULL;
	if (!iter) {
		snprintf(reason, len, "out of memory");
		return -ENOMEM;
	}
	/* What goes wrong is told by reason, not by libbpf on stderr. */
	print = libbpf_set_print(NULL);
	err = attach(iter, reason, len);
	libbpf_set_print(print);
	if (!err) {
		err = make_ready(iter);
		if (err)
			snprintf(reason, len, "the kmem_cache iterator cannot be opened: %s",
				 strerror(-err));
	}
	if (err)
		kc_cache_iter_close(iter);
	else
		*out = iter;
	return err;
}

/* Everything that fd has; *len bytes of it. */
static int read_all(int fd, char **data, size_t *len)
{
	size_t room = 0;
	ssize_t n;

	do {
		if (room - *len < READ_BYTES) {
			char *grown = realloc(*data, room + 2 * READ_BYTES);

			if (!grown)
				return -ENOMEM;
			*data = grown;
			room += 2 * READ_BYTES;
		}
		n = read(fd, *data + *len, room - *len);
		if (n > 0)
			*len += (size_t)n;
		else if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
	} while (n);
	return 0;
}

int kc_cache_iter_read(struct kc_cache_iter *iter, struct kc_cache_info **out, size_t *nr)
{
	char *data = NULL;
	size_t len = 0;
	int fd, err;

	*out = NULL;
	*nr = 0;
	err = make_ready(iter);
	if (!iter->nr_ready)
		return err;
	fd = iter->ready[--iter->nr_ready];
	err = read_all(fd, &data, &len);
	close(fd);
	if (!err && (!len || len % sizeof(**out)))
		err = -EIO;
	if (err) {
		free(data);
		return err;
	}
	*out = (struct kc_cache_info *)data;
	*nr = len / sizeof(**out);
	for (size_t i = 0; i < *nr; i++)
		(*out)[i].name[KC_CACHE_INFO_NAME - 1] = 0;
	return 0;
}

void kc_cache_iter_close(struct kc_cache_iter *iter)
{
	if (!iter)
		return;
	while (iter->nr_ready)
		close(iter->ready[--iter->nr_ready]);
	bpf_link__destroy(iter->link);
	bpf_object__close(iter->obj);
	free(iter);
}
