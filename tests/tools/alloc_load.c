/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * alloc_load [ROUNDS [THREADS [PIPE_BYTES]]]: wait for a byte on standard input, then make the
 * kernel allocate and free objects, pages, areas and percpu memory, and end.
 *
 * Between that byte and its end lie all events of the process.  What is asked for follows from
 * a seed for each thread; needs no library in the guest, for it is linked statically.  A call
 * that the kernel refuses, for lack of memory or privilege, is counted and is no error.
 *
 * With PIPE_BYTES, pipes of a half of that to all of it are asked for and kept: the array of
 * buffers of each is one kmalloc of a hundredth of its size, so that large ones use up the
 * blocks of a high order.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/mount.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096u
#define MAX_THREADS 64
#define MAX_CHUNK (64u << 10)
#define MAX_PIPE (1u << 20)

struct load {
	uint64_t state;			 /* of the generator */
	unsigned int rounds, pipe_bytes; /* 0: pipes of at most MAX_PIPE, which are not kept */
	char buffer[MAX_CHUNK];
};

static atomic_uint nr_refused;

/* xorshift64 (Marsaglia 2003): 1 to max */
static unsigned int pick(struct load *load, unsigned int max)
{
	load->state ^= load->state << 13;
	load->state ^= load->state >> 7;
	load->state ^= load->state << 17;
	return (unsigned int)(load->state >> 32) % max + 1;
}

static long ask(long ret)
{
	if (ret < 0)
		atomic_fetch_add(&nr_refused, 1);
	return ret;
}

/* Pages of the page cache, an inode, a dentry. */
static void use_file(struct load *load)
{
	int fd = (int)ask(memfd_create("alloc_load", 0));

	for (unsigned int i = pick(load, 8); i && fd >= 0; i--)
		ask(write(fd, load->buffer, pick(load, MAX_CHUNK)));
	if (fd >= 0)
		close(fd);
}

/* Names that are not there, short and too long for the dentry itself. */
static void use_names(struct load *load)
{
	struct stat st;
	char name[256];

	for (unsigned int i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "/proc/%0*u", (int)pick(load, 120),
			 pick(load, 1u << 30));
		stat(name, &st);
	}
}

/* A large kmalloc, and pages for what is written. */
static void use_pipe(struct load *load)
{
	unsigned int bytes = load->pipe_bytes ? load->pipe_bytes - pick(load, load->pipe_bytes / 2)
					      : pick(load, MAX_PIPE);
	int ends[2];

	if (ask(pipe2(ends, O_NONBLOCK)))
		return;
	ask(fcntl(ends[1], F_SETPIPE_SZ, (int)bytes));
	ask(write(ends[1], load->buffer, pick(load, 16 * PAGE - 16)));
	if (load->pipe_bytes)
		return;
	close(ends[0]);
	close(ends[1]);
}

/* Buffers of the network, of any size. */
static void use_socket(struct load *load)
{
	int ends[2];

	if (ask(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends)))
		return;
	for (unsigned int i = 0; i < 4; i++) {
		unsigned int bytes = pick(load, pick(load, 4) == 1 ? MAX_CHUNK : 2048);

		if (ask(send(ends[0], load->buffer, bytes, 0)) > 0)
			ask(recv(ends[1], load->buffer, sizeof(load->buffer), 0));
	}
	close(ends[0]);
	close(ends[1]);
}

static void use_messages(struct load *load)
{
	struct {
		long type;
		char text[8192];
	} message = { .type = 1 };
	int queue = (int)ask(msgget(IPC_PRIVATE, 0600));

	for (unsigned int i = 0; i < 3 && queue >= 0; i++)
		ask(msgsnd(queue, &message, pick(load, sizeof(message.text)) - 1, IPC_NOWAIT));
	if (queue >= 0)
		ask(msgctl(queue, IPC_RMID, NULL));
}

static void use_memory(struct load *load)
{
	size_t bytes = (size_t)pick(load, 64) * PAGE;
	char *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED) {
		ask(-1);
		return;
	}
	for (size_t at = 0; at < bytes; at += PAGE)
		map[at] = 1;
	munmap(map, bytes);
}

static void use_epoll(struct load *load)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = (int)ask(epoll_create1(0));

	for (unsigned int i = pick(load, 4); i && epoll >= 0; i--) {
		int fd = (int)ask(memfd_create("polled", 0)), ends[2];

		if (fd >= 0)
			close(fd);
		if (ask(pipe(ends)))
			continue;
		ask(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event));
		close(ends[0]);
		close(ends[1]);
	}
	if (epoll >= 0)
		close(epoll);
}

/* The verifier works in an area of vmalloc that it frees at once; the program is another one. */
static void use_area(struct load *load)
{
	static const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	static const char license[] = "GPL";
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
				.insn_cnt = 2,
				.insns = (uintptr_t)program,
				.license = (uintptr_t)license };
	int fd = (int)ask(syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)));

	(void)load;
	if (fd >= 0)
		close(fd);
}

/* A tmpfs that is never mounted: its counters are percpu memory. */
static void use_percpu(struct load *load)
{
	int fs = (int)ask(syscall(SYS_fsopen, "tmpfs", 0)), mount;

	(void)load;
	if (fs < 0)
		return;
	if (!ask(syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))) {
		mount = (int)ask(syscall(SYS_fsmount, fs, 0, 0));
		if (mount >= 0)
			close(mount);
	}
	close(fs);
}

static void *run(void *arg)
{
	static void (*const uses[])(struct load *) = {
		use_file,   use_names, use_pipe, use_socket, use_messages,
		use_memory, use_epoll, use_area, use_percpu,
	};
	struct load *load = arg;

	for (unsigned int i = 0; i < load->rounds; i++)
		uses[pick(load, sizeof(uses) / sizeof(uses[0])) - 1](load);
	return NULL;
}

static unsigned int number(int argc, char **argv, int at, unsigned int otherwise)
{
	return argc > at ? (unsigned int)strtoul(argv[at], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
	unsigned int rounds = number(argc, argv, 1, 1000), nr = number(argc, argv, 2, 2);
	static struct load loads[MAX_THREADS];
	pthread_t threads[MAX_THREADS];
	unsigned int started = 0;
	char go;

	if (!nr || nr > MAX_THREADS)
		return 2;
	for (unsigned int i = 0; i < nr; i++)
		loads[i] = (struct load){ .state = 88172645463325252ull + i,
					  .rounds = rounds,
					  .pipe_bytes = number(argc, argv, 3, 0) };
	if (read(STDIN_FILENO, &go, 1) != 1)
		return 1;
	while (started < nr && !pthread_create(&threads[started], NULL, run, &loads[started]))
		started++;
	for (unsigned int i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	printf("%u threads, %u calls refused\n", started, nr_refused);
	return started < nr;
}
