/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Starting the process that reads a trace.dat, and listening to it.
 */
#include "tracefmt/import/trace_dat.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracefmt/import/confine.h"
#include "tracefmt/import/dat_message.h"
#include "tracefmt/import/dat_reader.h"

#define MAGIC_BYTES 10
#define EXIT_NOT_CONFINED 2

static const uint8_t magic[MAGIC_BYTES] = { 0x17, 0x08, 'D', 't', 'r', 'a', 'c', 'i', 'n', 'g' };

bool tf_is_trace_dat(const uint8_t *data, size_t len)
{
	return len >= MAGIC_BYTES && !memcmp(data, magic, MAGIC_BYTES);
}

/* The file's own version behind the magic: "6" NUL or "7" NUL. */
static int check_head(int fd, struct tf_error *err)
{
	uint8_t head[MAGIC_BYTES + 4] = { 0 };
	ssize_t n = pread(fd, head, sizeof(head) - 1, 0);
	const char *version = (const char *)head + MAGIC_BYTES;

	if (n < 0)
		return tf_fail(err, -errno, 0, "%s", strerror(errno));
	if (!tf_is_trace_dat(head, (size_t)n))
		return tf_fail(err, -EBADMSG, 0, "not a trace.dat of trace-cmd");
	if (n < MAGIC_BYTES + 2)
		return tf_fail(err, -ENODATA, (uint64_t)n, "the file ends in its header");
	if (strcmp(version, "6") && strcmp(version, "7"))
		return tf_fail(err, -EPROTO, MAGIC_BYTES,
			       "trace.dat of another version than 6 and 7");
	return 0;
}

static int open_file(const char *path, uint64_t *size, struct tf_error *err)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
				   : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	struct stat st;
	int ret;

	if (fd < 0)
		return tf_fail(err, -errno, TF_NO_OFFSET, "%s", strerror(errno));
	if (fstat(fd, &st))
		ret = tf_fail(err, -errno, TF_NO_OFFSET, "%s", strerror(errno));
	else if (!S_ISREG(st.st_mode))
		ret = tf_fail(err, -ESPIPE, TF_NO_OFFSET,
			      "a trace.dat cannot be read from a pipe: give its file");
	else
		ret = check_head(fd, err);
	if (ret) {
		close(fd);
		return ret;
	}
	*size = (uint64_t)st.st_size;
	return fd;
}

__attribute__((noreturn)) static void run_reader(int fd, int pipe_fd, uint64_t size,
						 struct tf_dat_out *out)
{
	if (tf_confine(fd, pipe_fd, size))
		_exit(EXIT_NOT_CONFINED);
	out->fd = TF_CONFINED_PIPE;
	tf_dat_read(TF_CONFINED_FILE, out);
	/* What the parent had buffered is the parent's to write. */
	_exit(out->err ? 1 : 0);
}

/* The rest of a message that came in part is moved to the front. */
static int listen_to(struct tf_dat_in *in, int fd, struct tf_error *err)
{
	uint8_t *buffer = malloc(2 * TF_DAT_BUFFER);
	size_t len = 0;
	int ret = buffer ? 0 : tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");

	while (!ret) {
		ssize_t n = read(fd, buffer + len, 2 * TF_DAT_BUFFER - len);
		size_t used;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			ret = tf_fail(err, -errno, TF_NO_OFFSET, "%s", strerror(errno));
		if (n <= 0)
			break;
		len += (size_t)n;
		ret = tf_dat_receive(in, buffer, len, &used, err);
		memmove(buffer, buffer + used, len - used);
		len -= used;
	}
	free(buffer);
	return ret;
}

/* A reader that did not come to its end. */
static int tell_death(int status, struct tf_error *err)
{
	int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (number == SIGXCPU || number == SIGKILL)
		return tf_fail(err, -EBADMSG, TF_NO_OFFSET,
			       "libtracecmd was stopped: it took too much time or memory");
	if (number)
		return tf_fail(err, -EBADMSG, TF_NO_OFFSET,
			       "libtracecmd broke (signal %d): the file is damaged or cut short",
			       number);
	if (WEXITSTATUS(status) == EXIT_NOT_CONFINED)
		return tf_fail(
			err, -EPERM, TF_NO_OFFSET,
			"not read: the process for libtracecmd cannot be confined (seccomp)");
	return tf_fail(err, -EBADMSG, TF_NO_OFFSET, "libtracecmd gave up on this file");
}

/* What the reader had queued when the library took it down with it. */
static void rescue(struct tf_dat_in *in, const struct tf_dat_out *out)
{
	size_t len = out->len, used;

	if (len <= sizeof(out->buffer))
		tf_dat_receive(in, out->buffer, len, &used, NULL);
}

/* Until the reader has ended, one way or the other. */
static int follow(struct tf_dat_in *in, pid_t pid, int fd, const struct tf_dat_out *out,
		  struct tf_error *err)
{
	int ret = listen_to(in, fd, err), status = 0;

	if (ret)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (ret || in->is_ended)
		return ret;
	rescue(in, out);
	return tell_death(status, err);
}

static int start_reader(struct tf_dat_in *in, int fd, uint64_t size, struct tf_dat_out *out,
			struct tf_error *err)
{
	int pipe_fds[2], ret;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC))
		return tf_fail(err, -errno, TF_NO_OFFSET, "no pipe: %s", strerror(errno));
	fcntl(pipe_fds[1], F_SETPIPE_SZ, (int)TF_DAT_BUFFER); /* a matter of speed alone */
	pid = fork();
	if (!pid)
		run_reader(fd, pipe_fds[1], size, out);
	ret = pid < 0 ? tf_fail(err, -errno, TF_NO_OFFSET, "no process to read it: %s",
				strerror(errno))
		      : 0;
	close(pipe_fds[1]);
	if (!ret)
		ret = follow(in, pid, pipe_fds[0], out, err);
	close(pipe_fds[0]);
	return ret;
}

int tf_import_trace_dat(struct tf_import *imp, const char *path, struct tf_error *err)
{
	struct tf_dat_in *in = calloc(1, sizeof(*in));
	/* Shared, so that it outlives the reader. */
	struct tf_dat_out *out =
		mmap(NULL, sizeof(*out), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t size = 0;
	int fd, ret;

	if (!in || out == MAP_FAILED) {
		ret = tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
		goto out;
	}
	in->imp = imp;
	ret = fd = open_file(path, &size, err);
	if (fd < 0)
		goto out;
	ret = start_reader(in, fd, size, out, err);
	close(fd);
out:
	if (out != MAP_FAILED)
		munmap(out, sizeof(*out));
	free(in);
	return ret;
}
