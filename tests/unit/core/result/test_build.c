/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/result/build.h"
#include "core/result/json.h"
#include "core/result/result.h"
#include "tests/unit/suite.h"
#include "tracefmt/writer.h"

#define SITE_RING 0xffffffff81200042ull
#define SITE_PAGE 0xffffffff81300010ull
#define OBJECT 0xffff888001000000ull

struct bytes {
	char *data;
	size_t len;
};

static void add(struct tf_writer *writer, struct tf_event ev)
{
	ev.node = TF_NO_NODE;
	ck_assert_int_eq(tf_writer_add(writer, &ev), 0);
}

static void kmalloc(struct tf_writer *writer, uint64_t ts_ns, uint64_t addr)
{
	add(writer, (struct tf_event){ .ts_ns = ts_ns,
				       .kind = TF_KMALLOC,
				       .call_site = SITE_RING,
				       .addr = addr,
				       .bytes_req = 100,
				       .bytes_alloc = 128,
				       .gfp = KM_GFP_KERNEL });
}

static void add_events(struct tf_writer *writer)
{
	uint64_t start = 1000000000;

	/*
	 * time  0      1      2      3 s
	 *       a------------------------   100 of 128 bytes, each
	 *              b-------
	 *                     c----------
	 *
	 * Objects at one time: 1, 2, then c comes before b goes: 3, at last 2.
	 */
	kmalloc(writer, start, OBJECT);
	kmalloc(writer, start + 1000000000, OBJECT + 128);
	kmalloc(writer, start + 2000000000, OBJECT + 256);
	add(writer, (struct tf_event){
			    .ts_ns = start + 2000000000, .kind = TF_KFREE, .addr = OBJECT + 128 });
	add(writer, (struct tf_event){ .ts_ns = start + 2500000000,
				       .kind = TF_PAGE_ALLOC,
				       .call_site = SITE_PAGE,
				       .addr = TF_NO_PFN,
				       .order = 4,
				       .owner = TF_OWNER_OTHER,
				       .ctx = TF_CTX_HARDIRQ,
				       .gfp = KM_GFP_ATOMIC,
				       .cpu = 1,
				       .pid = 42 });
	add(writer,
	    (struct tf_event){ .ts_ns = start + 2600000000, .kind = TF_GAP, .bytes_req = 7 });
	add(writer, (struct tf_event){
			    .ts_ns = start + 3000000000, .kind = TF_KFREE, .addr = OBJECT + 4096 });
}

/* A trace of a host that tells nothing but its name, with a name that is not UTF-8. */
static struct bytes make_trace(void)
{
	char path[] = "/tmp/kmemtool-test-XXXXXX";
	struct tf_writer *writer;
	struct tf_meta meta;
	struct bytes bytes = { NULL, 0 };
	int fd = mkstemp(path);
	FILE *file;

	ck_assert_int_ge(fd, 0);
	close(fd);
	tf_meta_init(&meta);
	ck_assert_int_eq(tf_meta_set(&meta, "host.release", "6.12.0-test"), 0);
	ck_assert_int_eq(tf_meta_set(&meta, "host.machine", "x86_64"), 0);
	ck_assert_int_eq(tf_meta_set(&meta, "record.command", "caf\xe9"), 0);
	ck_assert_int_eq(tf_meta_add_symbol(&meta, SITE_RING, "ring_grow [nic]", 0x42), 0);
	ck_assert_int_eq(tf_writer_create(&writer, path, NULL, NULL), 0);
	ck_assert_int_eq(tf_writer_add_meta(writer, &meta), 0);
	add_events(writer);
	ck_assert_int_eq(tf_writer_close(writer, NULL), 0);
	tf_meta_release(&meta);
	file = fopen(path, "r");
	bytes.data = malloc(1 << 20);
	bytes.len = fread(bytes.data, 1, 1 << 20, file);
	fclose(file);
	unlink(path);
	return bytes;
}

/* Replay bytes on the machine for hosts that nobody described. */
static void replay(struct bytes bytes, const struct km_settings *settings,
		   const struct km_result_range *range, struct km_result *result)
{
	struct km_replay_options options = { .settings = settings };
	struct km_replay *run = calloc(1, sizeof(*run));
	struct km_analysis *analysis = calloc(1, sizeof(*analysis));
	struct tf_reader *reader;
	struct tf_error error = { .offset = TF_NO_OFFSET };
	char reason[200];
	int err;

	ck_assert_int_eq(
		tf_reader_open_mem(&reader, (const uint8_t *)bytes.data, bytes.len, &error), 0);
	ck_assert_int_eq(km_replay_init(run, reader, &options, reason, sizeof(reason)), 0);
	ck_assert_int_eq(km_analysis_init(analysis, run), 0);
	err = km_replay_run(run, &error);
	ck_assert(err == 0 || err == -EBADMSG);
	ck_assert_int_eq(km_analysis_finish(analysis), 0);
	ck_assert_int_eq(km_result_build(result, run, analysis, range), 0);
	km_analysis_release(analysis);
	km_replay_release(run);
	tf_reader_close(reader);
	free(analysis);
	free(run);
}

static int64_t metric(const struct km_result *result, const char *name)
{
	int64_t value;

	ck_assert_msg(!km_result_metric(result, name, &value), "no metric %s", name);
	return value;
}

START_TEST(numbers)
{
	struct bytes bytes = make_trace();
	const json_t *site, *zones, *fail;
	struct km_result result;
	char reason[200] = "";

	replay(bytes, NULL, NULL, &result);
	ck_assert_msg(!km_result_check(result.root, reason, sizeof(reason)), "%s", reason);
	ck_assert_int_eq(metric(&result, "live.bytes_peak"), 3 * 128);
	ck_assert_int_eq(metric(&result, "live.objects_peak"), 3);
	ck_assert_int_eq(metric(&result, "waste.internal_bytes_peak"), 3 * 28);
	/* 28 bytes for 1 s, 56 for 1 s, 56 for 1 s */
	ck_assert_int_eq(metric(&result, "waste.internal_byte_seconds"), 28 + 56 + 56);
	ck_assert_int_eq(metric(&result, "lost.total"), 7);
	/* One free of what nobody gave out, one failure that the model did not have. */
	ck_assert_int_eq(metric(&result, "divergence.total"), 2);
	ck_assert_int_eq(metric(&result, "fail.total"), 0);

	site = json_array_get(km_result_get(&result, "call_sites"), 0);
	ck_assert_str_eq(km_json_get_text(site, "site"), "0xffffffff81200042");
	ck_assert_str_eq(km_json_get_text(site, "symbol"), "ring_grow+0x42 [nic]");
	ck_assert_str_eq(km_json_get_text(site, "kind"), "kmalloc");
	ck_assert_str_eq(km_json_get_text(site, "gfp"), "GFP_KERNEL");
	ck_assert_ptr_null(km_json_get_text(site, "cache"));
	ck_assert_int_eq(km_json_get_int(site, "allocs", -1), 3);
	ck_assert_int_eq(km_json_get_int(site, "frees", -1), 1);
	ck_assert_int_eq(km_json_get_int(site, "bytes_req", -1), 300);
	ck_assert_int_eq(km_json_get_int(site, "bytes_alloc", -1), 384);
	ck_assert_int_eq(km_json_get_int(site, "live_objects_end", -1), 2);
	ck_assert_int_eq(km_json_get_int(site, "live_bytes_end", -1), 256);
	ck_assert_int_eq(km_json_get_int(site, "waste_bytes_peak", -1), 84);
	ck_assert_double_eq(km_json_get_real(site, "waste_byte_seconds", -1), 140);
	ck_assert_int_eq(km_json_get_int(json_object_get(site, "contexts"), "task", -1), 3);

	fail = json_array_get(km_result_get(&result, "failures"), 0);
	ck_assert_uint_eq(json_array_size(km_result_get(&result, "failures")), 1);
	ck_assert_int_eq(km_json_get_int(fail, "ts_ns", -1), 2500000000);
	ck_assert_int_eq(km_json_get_int(fail, "pid", -1), 42);
	ck_assert_int_eq(km_json_get_int(fail, "bytes", -1), 65536);
	ck_assert_str_eq(km_json_get_text(fail, "context"), "hardirq");
	ck_assert_str_eq(km_json_get_text(fail, "gfp"), "GFP_ATOMIC");
	ck_assert(km_json_get_bool(fail, "host_failed", false));
	ck_assert(!km_json_get_bool(fail, "model_failed", true));
	ck_assert(json_is_null(json_object_get(fail, "symbol")));

	/* Nobody knows the host, so nothing is claimed of it. */
	ck_assert(json_is_null(km_result_get(&result, "fidelity")));
	zones = km_result_get(&result, "zones");
	ck_assert_uint_ge(json_array_size(zones), 1);
	ck_assert(json_is_null(json_object_get(json_array_get(zones, 0), "blocks_real")));
	ck_assert_str_eq(km_json_get_text(km_result_get(&result, "trace"), "command"), "caf?");
	ck_assert_int_eq(km_json_get_int(km_result_get(&result, "trace"), "duration_ns", -1),
			 3000000000);
	ck_assert_ptr_null(json_object_get(km_result_get(&result, "trace"), "from_ns"));
	ck_assert(km_result_is_complete(&result));
	ck_assert_uint_eq(km_result_lost(&result), 7);
	km_result_release(&result);
	free(bytes.data);
}
END_TEST

START_TEST(settings_and_range)
{
	const struct km_result_range range = { 5, UINT64_MAX };
	struct bytes bytes = make_trace();
	struct km_settings settings;
	struct km_result result;
	char reason[200];
	const json_t *trace;

	km_settings_init(&settings);
	ck_assert_int_eq(km_settings_parse(&settings, "slab.max_order=1", reason, sizeof(reason)),
			 0);
	replay(bytes, &settings, &range, &result);
	ck_assert_uint_eq(json_object_size(km_result_get(&result, "settings")), 1);
	ck_assert_str_eq(km_json_get_text(km_result_get(&result, "settings"), "slab.max_order"),
			 "1");
	trace = km_result_get(&result, "trace");
	ck_assert_int_eq(km_json_get_int(trace, "from_ns", -1), 5);
	ck_assert(json_is_null(json_object_get(trace, "to_ns")));
	km_result_release(&result);
	free(bytes.data);
}
END_TEST

/* The last line of the last zone is there, however many there are and however long they are. */
START_TEST(a_failure_in_many_zones)
{
	struct km_analysis *analysis = calloc(1, sizeof(*analysis));
	struct km_replay *run = calloc(1, sizeof(*run));
	struct km_failure *failure = calloc(1, sizeof(*failure));
	struct km_json_out out = { 0 };
	const json_t *lines;
	struct tf_meta meta;
	struct zone *zones = run->kernel.pages.zones;
	struct bytes bytes = make_trace();
	json_t *array;

	tf_meta_init(&meta);
	ck_assert_int_eq(
		tf_reader_open_mem(&run->reader, (const uint8_t *)bytes.data, bytes.len, NULL), 0);
	run->meta = &meta;
	run->kernel.pages.nr_zones = KM_MAX_ZONES;
	analysis->replay = run;
	analysis->failures.nr = 1;
	analysis->failures.list = failure;
	failure->reason = "";
	failure->pages.reason = "free pages are below the min watermark and reserve";
	failure->pages.nr_zones = KM_MAX_ZONES;
	for (unsigned int i = 0; i < KM_MAX_ZONES; i++) {
		zones[i].managed_pages = 1;
		zones[i].node = i;
		failure->pages.zones[i] =
			(struct km_zone_refusal){ .zone = i,
						  .refusal = KM_REFUSED_WATERMARK,
						  .free_pages = UINT64_MAX,
						  .mark = UINT64_MAX,
						  .wmark = UINT64_MAX,
						  .free_blocks = { [10] = UINT64_MAX - i } };
	}
	array = km_build_failures(&out, analysis);
	ck_assert_int_eq(out.err, 0);
	lines = json_object_get(json_array_get(array, 0), "explanation");
	ck_assert_uint_eq(json_array_size(lines), 4 + 3 * KM_MAX_ZONES);
	ck_assert_str_eq(json_string_value(json_array_get(lines, 4 + 3 * KM_MAX_ZONES - 1)),
			 "    free blocks by order: 0 0 0 0 0 0 0 0 0 0 18446744073709551584");
	json_decref(array);
	tf_reader_close(run->reader);
	tf_meta_release(&meta);
	free(bytes.data);
	free(failure);
	free(run);
	free(analysis);
}
END_TEST

/* The footer is gone: what is left was replayed, and the result says so. */
START_TEST(incomplete)
{
	struct bytes bytes = make_trace();
	struct km_result result;

	bytes.len -= 40;
	replay(bytes, NULL, NULL, &result);
	ck_assert(!km_result_is_complete(&result));
	ck_assert_int_eq(metric(&result, "live.objects_peak"), 3);
	km_result_release(&result);
	free(bytes.data);
}
END_TEST

static struct bytes write_out(const struct km_result *result)
{
	struct bytes bytes = { NULL, 0 };
	FILE *file = open_memstream(&bytes.data, &bytes.len);

	ck_assert_int_eq(km_result_write(result, file), 0);
	fclose(file);
	return bytes;
}

START_TEST(same_bytes)
{
	struct bytes bytes = make_trace(), text[2];
	struct km_result result;
	char reason[200] = "";

	for (unsigned int i = 0; i < 2; i++) {
		replay(bytes, NULL, NULL, &result);
		text[i] = write_out(&result);
		km_result_release(&result);
	}
	ck_assert_uint_eq(text[0].len, text[1].len);
	ck_assert_mem_eq(text[0].data, text[1].data, text[0].len);
	ck_assert_msg(!km_result_load(&result, text[0].data, text[0].len, reason, sizeof(reason)),
		      "%s", reason);
	free(text[1].data);
	text[1] = write_out(&result);
	ck_assert_uint_eq(text[0].len, text[1].len);
	ck_assert_mem_eq(text[0].data, text[1].data, text[0].len);
	km_result_release(&result);
	free(text[0].data);
	free(text[1].data);
	free(bytes.data);
}
END_TEST

/* Reals have six digits in the text and after it is read again; what is no number is null. */
START_TEST(reals)
{
	static const struct {
		double value;
		const char *text;
	} rows[] = {
		{ 0, "[0.0]" },		 { 1.0 / 3, "[0.333333]" }, { 123456789, "[1.23457e8]" },
		{ 1e-7, "[1e-7]" },	 { -2.5, "[-2.5]" },	    { 0.0 / 0.0, "[null]" },
		{ 1.0 / 0.0, "[null]" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *array = json_array();
		char *text;

		json_array_append_new(array, km_json_real(rows[i].value));
		text = json_dumps(array, JSON_REAL_PRECISION(6) | JSON_COMPACT);
		ck_assert_str_eq(text, rows[i].text);
		free(text);
		json_decref(array);
	}
}
END_TEST

START_TEST(large_counts)
{
	json_t *value = km_json_u64(UINT64_MAX);

	ck_assert_int_eq(json_integer_value(value), INT64_MAX);
	json_decref(value);
	value = km_json_hex(UINT64_MAX);
	ck_assert_str_eq(json_string_value(value), "0xffffffffffffffff");
	json_decref(value);
}
END_TEST

RUN_SUITE("core/result/build", numbers, settings_and_range, a_failure_in_many_zones, incomplete,
	  same_bytes, reals, large_counts)
