/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace.dat of a real kernel, whole, cut and damaged; what the reading process may do, and
 * what may come from it.
 */
#include "tests/unit/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include "tests/unit/tracefmt/import/bed.h"
#include "tracefmt/import/confine.h"
#include "tracefmt/import/dat_message.h"
#include "tracefmt/import/dat_reader.h"
#include "tracefmt/import/trace_dat.h"

#define SAMPLES "tests/import/"
#define PLAIN SAMPLES "amd64-6.12.trace.dat"	     /* version 7, zstd */
#define STACKS SAMPLES "amd64-6.12.stacks.trace.dat" /* version 6 */
#define REPORT SAMPLES "amd64-6.12.trace-cmd.txt"    /* of PLAIN */

static uint8_t *read_file(const char *path, size_t *len)
{
	uint8_t *data;
	struct stat st;
	int fd = open(path, O_RDONLY);

	ck_assert_msg(fd >= 0 && !fstat(fd, &st), "%s: run this from the top folder", path);
	*len = (size_t)st.st_size;
	data = malloc(*len + 1);
	ck_assert_ptr_nonnull(data);
	ck_assert_int_eq(read(fd, data, *len), (ssize_t)*len);
	data[*len] = '\0';
	close(fd);
	return data;
}

static void import_dat(struct bed *bed, const char *path)
{
	struct tf_error err = { .reason = "" };

	bed_begin(bed);
	ck_assert_msg(!tf_import_trace_dat(bed->imp, path, &err), "%s", err.reason);
	bed_finish(bed);
}

static void expect_facts(const struct bed *bed)
{
	ck_assert_str_eq(bed_fact(bed, "import.source"), "trace.dat");
	ck_assert_str_eq(bed_fact(bed, "host.release"), "6.12.95+deb12-cloud-amd64");
	ck_assert_str_eq(bed_fact(bed, "host.machine"), "x86_64");
	ck_assert_str_eq(bed_fact(bed, "host.page_size"), "4096");
	ck_assert_str_eq(bed_fact(bed, "host.cpus_online"), "2");
	ck_assert_str_eq(bed_fact(bed, "record.irqs_off"), "1");
	ck_assert_str_eq(bed_fact(bed, "gfp.ZERO"), "8");
}

START_TEST(test_plain)
{
	static const unsigned int by_kind[TF_NR_KINDS] = {
		[TF_KMALLOC] = 9,	   [TF_KFREE] = 59,	  [TF_CACHE_ALLOC] = 55,
		[TF_CACHE_FREE] = 170,	   [TF_PAGE_ALLOC] = 26,  [TF_PAGE_FREE] = 41,
		[TF_PAGE_FREE_BATCH] = 38, [TF_PERCPU_ALLOC] = 2, [TF_PERCPU_FREE] = 2,
	};
	unsigned int nr[TF_NR_KINDS] = { 0 };
	struct bed bed;

	import_dat(&bed, PLAIN);
	expect_facts(&bed);
	ck_assert_uint_eq(bed.stats.nr_lost + bed.stats.nr_malformed + bed.stats.nr_odd_gfp, 0);
	ck_assert_uint_eq(bed.stats.nr_made_up_sites + bed.stats.nr_steps_back, 0);
	for (size_t i = 0; i < bed.nr; i++)
		nr[bed.events[i].kind]++;
	for (unsigned int kind = 0; kind < TF_NR_KINDS; kind++)
		ck_assert_msg(nr[kind] == by_kind[kind], "%u of %s", nr[kind], tf_kind_name(kind));
	bed_end(&bed);
}
END_TEST

/* The report tells no addresses of call sites, and not whether bottom halves are off. */
START_TEST(test_as_in_report)
{
	struct bed dat, text;
	size_t len;
	char *report = (char *)read_file(REPORT, &len);

	import_dat(&dat, PLAIN);
	bed_text(&text, report);
	ck_assert_uint_eq(dat.nr, text.nr);
	for (size_t i = 0; i < dat.nr; i++) {
		struct tf_event *ours = &dat.events[i], *theirs = &text.events[i];
		char symbol[256];

		ck_assert(!ours->call_site || ours->call_site >> 47 == 0x1ffff);
		strcpy(symbol, bed_symbol(&dat, ours->call_site));
		ck_assert_str_eq(symbol, bed_symbol(&text, theirs->call_site));
		ck_assert_str_eq(bed_cache(&dat, ours), bed_cache(&text, theirs));
		theirs->call_site = ours->call_site;
		theirs->cache = ours->cache;
		ours->ctx &= (uint8_t)~TF_CTX_BH_OFF;
		ck_assert_msg(!memcmp(ours, theirs, sizeof(*ours)), "event %zu differs", i);
	}
	bed_end(&dat);
	bed_end(&text);
	free(report);
}
END_TEST

START_TEST(test_stacks)
{
	size_t nr = 0, nr_pages = 0, deepest = 0;
	struct bed bed;

	import_dat(&bed, STACKS);
	expect_facts(&bed);
	ck_assert_uint_eq(bed.nr, 107);
	ck_assert_uint_eq(bed.stats.nr_ignored, 199);
	ck_assert_uint_eq(bed.stats.nr_kinds_ignored, 1);
	ck_assert_str_eq(bed.stats.ignored[0].name, "rss_stat");
	for (size_t i = 0; i < bed.nr; i++) {
		const struct tf_event *ev = &bed.events[i];
		const struct tf_stack *stack = tf_meta_stack(bed.meta, ev->stack);

		nr += stack != NULL;
		if (ev->kind != TF_PAGE_ALLOC)
			continue;
		nr_pages++;
		ck_assert_ptr_nonnull(stack);
		deepest = stack->nr_frames > deepest ? stack->nr_frames : deepest;
		ck_assert_uint_ne(ev->owner, TF_OWNER_UNKNOWN);
		ck_assert_uint_ne(ev->call_site, 0);
		ck_assert(!strncmp(bed_symbol(&bed, stack->frames[0]), "__alloc_", 8));
	}
	ck_assert_uint_eq(nr, bed.nr);
	ck_assert_uint_eq(nr_pages, 107 - 11 - 7);
	/* The event's format speaks of eight frames, but its records have as many as there are. */
	ck_assert_uint_gt(deepest, 16);
	bed_end(&bed);
}
END_TEST

static void refuse(const char *path, int code, const char *reason)
{
	struct tf_error err = { .reason = "" };
	struct bed bed;

	bed_begin(&bed);
	ck_assert_int_eq(tf_import_trace_dat(bed.imp, path, &err), code);
	ck_assert_msg(strstr(err.reason, reason), "'%s' instead of '%s'", err.reason, reason);
	bed_finish(&bed);
	ck_assert_uint_eq(bed.nr, 0);
	bed_end(&bed);
}

static void write_file(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	close(fd);
}

START_TEST(test_no_trace_dat)
{
	char path[] = "/tmp/test-dat.XXXXXX";
	int fd = mkstemp(path), pipe_fds[2];
	size_t len;
	uint8_t *data = read_file(PLAIN, &len);

	ck_assert_int_ge(fd, 0);
	close(fd);
	refuse(path, -EBADMSG, "not a trace.dat");
	write_file(path, data, 10);
	refuse(path, -ENODATA, "ends in its header");
	data[10] = '8';
	write_file(path, data, len);
	refuse(path, -EPROTO, "another version");
	unlink(path);
	refuse(path, -ENOENT, "No such file");
	refuse("/tmp", -ESPIPE, "give its file");
	ck_assert_int_eq(pipe(pipe_fds), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", pipe_fds[0]);
	refuse(path, -ESPIPE, "cannot be read from a pipe");
	ck_assert(tf_is_trace_dat(data, 10) && !tf_is_trace_dat(data, 9));
	free(data);
}
END_TEST

/* Nobody of ours is left, whether reading went well or not. */
static void expect_no_child(void)
{
	ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
	ck_assert_int_eq(errno, ECHILD);
}

static int import_bytes(const char *path, const uint8_t *data, size_t len, size_t *nr)
{
	struct tf_error err = { .reason = "" };
	struct bed bed;
	int ret;

	write_file(path, data, len);
	bed_begin(&bed);
	ret = tf_import_trace_dat(bed.imp, path, &err);
	ck_assert_msg(!ret == !err.reason[0], "%d: '%s'", ret, err.reason);
	ck_assert_msg(!ret || ret == -EBADMSG || ret == -ENODATA || ret == -EPROTO, "%d: %s", ret,
		      err.reason);
	bed_finish(&bed);
	*nr = bed.nr;
	bed_end(&bed);
	return ret;
}

/* libtracecmd crashes on some of these; here that is an error of the file. */
START_TEST(test_damage)
{
	static const char *const samples[] = { PLAIN, STACKS };
	size_t nr_refused = 0;
	char path[] = "/tmp/test-dat.XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	srand(1);
	for (size_t s = 0; s < 2; s++) {
		size_t len, nr, whole = s ? 107 : 402;
		uint8_t *data = read_file(samples[s], &len);

		for (size_t cut = 0; cut < len; cut += len / 29) {
			ck_assert_msg(import_bytes(path, data, cut, &nr) || nr == whole,
				      "cut at %zu: %zu events", cut, nr);
			ck_assert_uint_le(nr, whole);
		}
		for (unsigned int i = 0; i < 60; i++) {
			size_t at = (size_t)rand() % (i % 2 ? len : len / 8);
			uint8_t was = data[at];

			data[at] = (uint8_t)(was ^ 1u << rand() % 8);
			nr_refused += import_bytes(path, data, len, &nr) != 0;
			data[at] = was;
		}
		free(data);
	}
	ck_assert_uint_gt(nr_refused, 10);
	expect_no_child();
	unlink(path);
}
END_TEST

static void ignore_leaks(bool on)
{
#ifdef __SANITIZE_ADDRESS__
	if (on)
		__lsan_disable();
	else
		__lsan_enable();
#else
	(void)on;
#endif
}

/* The same without a second process, for sanitizers and for coverage. */
START_TEST(test_in_process)
{
	struct tf_dat_out *out = calloc(1, sizeof(*out));
	struct tf_dat_in in = { 0 };
	size_t len, used;
	struct bed bed;
	uint8_t *stream;

	bed_begin(&bed);
	in.imp = bed.imp;
	out->fd = memfd_create("messages", 0);
	ck_assert_int_ge(out->fd, 0);
	ignore_leaks(true); /* libtracecmd forgets some bytes of each file */
	tf_dat_read(open(STACKS, O_RDONLY), out);
	ignore_leaks(false);
	ck_assert_int_eq(out->err, 0);
	len = (size_t)lseek(out->fd, 0, SEEK_END);
	stream = malloc(len);
	ck_assert_int_eq(pread(out->fd, stream, len, 0), (ssize_t)len);
	/* One byte less is one message less. */
	ck_assert_int_eq(tf_dat_receive(&in, stream, len - 1, &used, NULL), 0);
	ck_assert(!in.is_ended && used == len - sizeof(struct tf_dat_head));
	ck_assert_int_eq(tf_dat_receive(&in, stream + used, len - used, &used, NULL), 0);
	ck_assert(in.is_ended);
	close(out->fd);
	bed_finish(&bed);
	ck_assert_uint_eq(bed.nr, 107);
	bed_end(&bed);
	free(stream);
	free(out);
}
END_TEST

/* Messages of one u64 and a tail, or of a record, from a sender that cannot be trusted. */
static int receive(const void *first, size_t first_len, const void *second, size_t second_len,
		   enum tf_dat_message type)
{
	struct tf_dat_out *out = calloc(1, sizeof(*out));
	struct tf_error err = { .reason = "" };
	struct tf_dat_in in = { 0 };
	struct bed bed;
	size_t used;
	int ret;

	bed_begin(&bed);
	in.imp = bed.imp;
	tf_dat_send(out, type, first, first_len, second, second_len);
	ret = tf_dat_receive(&in, out->buffer, out->len, &used, &err);
	ck_assert_uint_eq(used, type < TF_NR_DAT_MESSAGES ? out->len : 0);
	ck_assert(!ret == !err.reason[0]);
	bed_finish(&bed);
	bed_end(&bed);
	free(out);
	return ret;
}

START_TEST(test_messages)
{
	struct tf_import_record rec = { .event = TF_IMPORT_KFREE, .has = TF_IMPORT_HAS_PTR };
	uint64_t n[TF_MAX_FRAMES + 4] = { 0 };

	ck_assert_int_eq(receive("a\0b", 4, NULL, 0, TF_DAT_FACT), 0);
	ck_assert_int_eq(receive("a\0b", 3, NULL, 0, TF_DAT_FACT), -EBADMSG);
	ck_assert_int_eq(receive("a", 2, NULL, 0, TF_DAT_FACT), -EBADMSG);
	ck_assert_int_eq(receive("\0b", 3, NULL, 0, TF_DAT_FACT), -EBADMSG);
	ck_assert_int_eq(receive(NULL, 0, NULL, 0, TF_DAT_FACT), -EBADMSG);
	ck_assert_int_eq(receive(n, 8, NULL, 0, TF_DAT_POINTER), -EBADMSG);
	ck_assert_int_eq(receive(n, 8, "__GFP_DMA", 9, TF_DAT_GFP), 0);
	ck_assert_int_eq(receive(n, 8, "123456789012345678901234567890__", 32, TF_DAT_GFP),
			 -EBADMSG);
	ck_assert_int_eq(receive(&rec, sizeof(rec), NULL, 0, TF_DAT_RECORD), 0);
	ck_assert_int_eq(receive(&rec, sizeof(rec), "x", 1, TF_DAT_RECORD), -EBADMSG);
	ck_assert_int_eq(receive(&rec, sizeof(rec) - 1, NULL, 0, TF_DAT_RECORD), -EBADMSG);
	rec.nr_frames = 1;
	ck_assert_int_eq(receive(&rec, sizeof(rec), NULL, 0, TF_DAT_RECORD), -EBADMSG);
	rec.nr_frames = 0;
	rec.event = TF_NR_IMPORT_EVENTS;
	ck_assert_int_eq(receive(&rec, sizeof(rec), NULL, 0, TF_DAT_RECORD), -EBADMSG);
	ck_assert_int_eq(receive(n, 16, n, 8 * TF_MAX_FRAMES, TF_DAT_STACK), 0);
	ck_assert_int_eq(receive(n, 16, n, 8 * TF_MAX_FRAMES + 8, TF_DAT_STACK), -EBADMSG);
	ck_assert_int_eq(receive(n, 16, n, 12, TF_DAT_STACK), -EBADMSG);
	ck_assert_int_eq(receive(n, 16, NULL, 0, TF_DAT_STACK), -EBADMSG);
	ck_assert_int_eq(receive(n, 16, NULL, 0, TF_DAT_LOST), 0);
	ck_assert_int_eq(receive(n, 15, NULL, 0, TF_DAT_LOST), -EBADMSG);
	ck_assert_int_eq(receive(n, 8, "x", 1, TF_DAT_IGNORE), 0);
	ck_assert_int_eq(receive(n, 16, "f", 1, TF_DAT_SYMBOL), 0);
	ck_assert_int_eq(receive(n, 16, NULL, 0, TF_DAT_SYMBOL), -EBADMSG);
	n[0] = 1 << 16;
	ck_assert_int_eq(receive(n, 8, "__GFP_DMA", 9, TF_DAT_GFP), -EBADMSG);
	ck_assert_int_eq(receive(n, 16, NULL, 0, TF_DAT_LOST), -EBADMSG);
	ck_assert_int_eq(receive(n, 16, n, 8, TF_DAT_STACK), -EBADMSG);
	ck_assert_int_eq(receive(n, 8, "x", 1, TF_DAT_IGNORE), -EBADMSG);
	n[0] = ENOSPC;
	ck_assert_int_eq(receive(n, 8, "no room", 7, TF_DAT_ERROR), -ENOSPC);
	n[0] = 0;
	ck_assert_int_eq(receive(n, 8, "no error", 8, TF_DAT_ERROR), -EBADMSG);
	ck_assert_int_eq(receive(NULL, 0, NULL, 0, TF_NR_DAT_MESSAGES), -EBADMSG);
}
END_TEST

/* A gap has the place of the loss and the number; a loss of unknown size is told as such. */
START_TEST(test_lost)
{
	struct tf_import_record rec = {
		.ts_ns = 5, .event = TF_IMPORT_KFREE, .has = TF_IMPORT_HAS_PTR, .ptr = 16, .cpu = 3
	};
	struct tf_dat_out *out = calloc(1, sizeof(*out));
	uint64_t lost[2] = { 3, 210 };
	struct tf_dat_in in = { 0 };
	struct bed bed;
	size_t used;

	bed_begin(&bed);
	in.imp = bed.imp;
	tf_dat_send(out, TF_DAT_RECORD, &rec, sizeof(rec), NULL, 0);
	tf_dat_send(out, TF_DAT_LOST, lost, sizeof(lost), NULL, 0);
	tf_dat_send(out, TF_DAT_RECORD, &rec, sizeof(rec), NULL, 0);
	ck_assert_int_eq(tf_dat_receive(&in, out->buffer, out->len, &used, NULL), 0);
	bed_finish(&bed);
	ck_assert_uint_eq(bed.nr, 3);
	ck_assert_uint_eq(bed.events[1].kind, TF_GAP);
	ck_assert_uint_eq(bed.events[1].cpu, 3);
	ck_assert_uint_eq(bed.events[1].bytes_req, 210);
	ck_assert_uint_eq(bed.stats.nr_lost, 210);
	bed_end(&bed);
	free(out);
}
END_TEST

/* Bits of the exit status: what a confined process managed to do. */
static int try_everything(int file, int pipe)
{
	char byte;
	int done = 0;

	if (tf_confine(file, pipe, 0))
		return 255;
	done |= open("/dev/null", O_RDONLY) >= 0 ? 1 : 0;
	done |= socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? 2 : 0;
	done |= kill(getppid(), 0) == 0 ? 4 : 0;
	done |= fork() >= 0 ? 8 : 0;
	done |= read(TF_CONFINED_FILE, &byte, 1) == 1 ? 0 : 16;
	done |= write(TF_CONFINED_PIPE, &byte, 1) == 1 ? 0 : 32;
	done |= fcntl(TF_CONFINED_PIPE + 1, F_GETFD) >= 0 ? 64 : 0;
	return done;
}

START_TEST(test_confined)
{
	int pipe_fds[2], status;
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(pipe_fds), 0);
	pid = fork();
	if (!pid)
		_exit(try_everything(open(PLAIN, O_RDONLY), pipe_fds[1]));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(read(pipe_fds[0], &byte, 1), 1);
	ck_assert_int_eq(byte, 0x17);
	ck_assert_msg(WIFEXITED(status) && !WEXITSTATUS(status), "it could do 0x%x", status >> 8);
}
END_TEST

/* From here on this process cannot ask for a filter. */
static int forbid_filters(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_prctl, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_SECCOMP, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

/* Where the library cannot be confined, it reads nothing. */
START_TEST(test_not_confined)
{
#if defined(__x86_64__) || defined(__aarch64__)
	struct bed bed;
	int status;
	pid_t pid;

	bed_begin(&bed);
	pid = fork();
	if (!pid) {
		struct tf_error err = { .reason = "" };

		if (forbid_filters())
			_exit(1);
		if (tf_import_trace_dat(bed.imp, PLAIN, &err) != -EPERM)
			_exit(2);
		_exit(strstr(err.reason, "cannot be confined") ? 0 : 3);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	bed_finish(&bed);
	bed_end(&bed);
#endif
}
END_TEST

RUN_SUITE("tracefmt/import/trace_dat", test_plain, test_as_in_report, test_stacks,
	  test_no_trace_dat, test_damage, test_in_process, test_messages, test_lost, test_confined,
	  test_not_confined)
