/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other addresses and names: the layout stays, and nothing else does.
 */
#include "tests/unit/suite.h"

#include "tests/unit/tracefmt/anon.h"
#include "tracefmt/anon_addr.h"
#include "tracefmt/numbering.h"

#define GIB (UINT64_C(1) << 30)
#define BASE 0xff369b9690000000u /* of a direct map */

static uint64_t addr_after(struct fixture *f, unsigned kind, uint64_t addr)
{
	return after(f, (struct tf_event){ .kind = (uint8_t)kind, .addr = addr }).addr;
}

static uint64_t site_after(struct fixture *f, uint64_t site)
{
	return after(f, (struct tf_event){ .kind = TF_KFREE, .call_site = site }).call_site;
}

START_TEST(test_numbers)
{
	struct tf_numbering n;
	struct tf_error err;

	tf_numbering_init(&n, 1000, "things");
	for (int64_t i = 1; i <= 1000; i++)
		ck_assert_int_eq(tf_numbering_get(&n, (uint64_t)i << 40, &err), i);
	ck_assert_int_eq(tf_numbering_get(&n, 7, &err), -E2BIG);
	ck_assert_str_eq(err.reason, "there are more than 1000 things");
	for (int64_t i = 1000; i >= 1; i--)
		ck_assert_int_eq(tf_numbering_get(&n, (uint64_t)i << 40, &err), i);
	tf_numbering_release(&n);
	ck_assert_int_eq(tf_numbering_get(&n, 0, &err), 1);
	ck_assert_int_eq(tf_numbering_get(&n, UINT64_MAX, &err), 2);
	ck_assert_int_eq(tf_numbering_get(&n, 0, &err), 1);
	tf_numbering_release(&n);
}
END_TEST

START_TEST(test_names)
{
	struct tf_names names;
	struct tf_error err;
	char name[16];

	tf_names_init(&names, 500, "names");
	for (int i = 1; i <= 500; i++) {
		int len = snprintf(name, sizeof(name), "name-%d", i);

		ck_assert_int_eq(tf_names_get(&names, name, (size_t)len, &err), i);
		ck_assert_int_eq(tf_names_get(&names, name, (size_t)len, &err), i);
		ck_assert_str_eq(names.names[i - 1], name);
	}
	/* Of a longer text. */
	ck_assert_int_eq(tf_names_get(&names, "name-12345", 7, &err), 12);
	ck_assert_int_eq(tf_names_get(&names, "", 0, &err), -E2BIG);
	tf_names_release(&names);
}
END_TEST

/* The direct map moves as a whole, so that object and page frame still belong together. */
START_TEST(test_direct_map)
{
	struct fixture f;
	uint64_t seed = 1;

	begin(&f);
	tf_meta_setf(&f.meta, "calib.page_offset_base", "0x%llx", (unsigned long long)BASE);
	start(&f, &host_64);
	for (unsigned i = 0; i < 1000; i++) {
		uint64_t physical = rnd_below(&seed, UINT64_C(1) << 42) + 4096;

		ck_assert_uint_eq(addr_after(&f, i % 4, BASE + physical),
				  TF_ANON_DIRECT_MAP + BASE % GIB + physical);
		ck_assert_uint_eq(addr_after(&f, TF_PAGE_ALLOC + i % 3, physical >> 12),
				  physical >> 12);
	}
	ck_assert_int_eq(tf_anonymize_meta(f.a, &f.out, NULL), 0);
	ck_assert_uint_eq(tf_meta_get_u64(&f.out, "calib.page_offset_base", 0),
			  TF_ANON_DIRECT_MAP + BASE % GIB);
	end(&f);
}
END_TEST

/* What is in one region stays together, with its distances; regions are as they come. */
static void check_regions(struct fixture *f, unsigned kind, unsigned shift, uint64_t start)
{
	const uint64_t size = UINT64_C(1) << shift;
	uint64_t moved[16];

	for (uint64_t i = 0; i < 16; i++) {
		uint64_t region = start + (i * 7 % 16 + 1) * 3 * size;

		moved[i] = addr_after(f, kind, region + 0x4560);
		ck_assert_uint_eq(moved[i] % size, 0x4560);
		ck_assert_uint_ne(moved[i], region + 0x4560);
		/* The same slab page, and the page before it. */
		ck_assert_uint_eq(addr_after(f, kind, region + 0x4000), moved[i] - 0x560);
		ck_assert_uint_eq(addr_after(f, kind, region + 0x3ff0), moved[i] - 0x570);
		ck_assert_uint_eq(addr_after(f, kind, region), moved[i] - 0x4560);
		ck_assert_uint_eq(addr_after(f, kind, region + size - 1),
				  moved[i] / size * size + size - 1);
		for (uint64_t j = 0; j < i; j++)
			ck_assert_uint_ne(moved[i] / size, moved[j] / size);
		/* In the order in which they come. */
		if (i)
			ck_assert_uint_eq(moved[i] / size, moved[i - 1] / size + 1);
	}
	ck_assert_uint_eq(addr_after(f, kind, start + 8 * 3 * size + 0x4560), moved[1]);
}

START_TEST(test_regions)
{
	struct fixture f;

	begin(&f);
	start(&f, &host_64);
	check_regions(&f, TF_KMALLOC, 21, 0xffff9a0000000000u);
	check_regions(&f, TF_PERCPU_ALLOC, 16, 0x0000100000000000u);
	check_regions(&f, TF_PAGE_ALLOC, 30, 0xfffff00000000000u);
	check_regions(&f, TF_EXTFRAG, 30, 0xfffff80000000000u);
	end(&f);
	/* Outside of a direct map that is known. */
	begin(&f);
	tf_meta_setf(&f.meta, "calib.page_offset_base", "0x%llx", (unsigned long long)BASE);
	start(&f, &host_64);
	check_regions(&f, TF_CACHE_FREE, 21, 0xffffb00000000000u);
	end(&f);
}
END_TEST

START_TEST(test_no_addresses)
{
	static const uint64_t same[] = {
		0, 16, 4095, UINT64_MAX - 4095, UINT64_MAX - 11, UINT64_MAX
	};
	struct fixture f;

	begin(&f);
	start(&f, &host_64);
	for (unsigned kind = 0; kind < TF_NR_KINDS; kind++) {
		for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
			ck_assert_uint_eq(addr_after(&f, kind, same[i]), same[i]);
	}
	ck_assert_uint_eq(addr_after(&f, TF_MARK, 70000), 70000);
	end(&f);
}
END_TEST

START_TEST(test_32bit)
{
	struct fixture f;

	begin(&f);
	start(&f, &host_32);
	ck_assert_uint_eq(addr_after(&f, TF_KMALLOC, 0xc1234567), 0xc1234567);
	ck_assert_uint_eq(addr_after(&f, TF_PERCPU_ALLOC, 0x3f1234), 0x3f1234);
	ck_assert_uint_eq(addr_after(&f, TF_PAGE_ALLOC, 0x38000), 0x38000);
	/* No address of that host. */
	ck_assert_uint_gt(addr_after(&f, TF_VMAP_ALLOC, 0xf8000000), UINT32_MAX);
	ck_assert_uint_le(site_after(&f, 0xc1000123), UINT32_MAX);
	ck_assert_uint_ne(site_after(&f, 0xc1000123), 0xc1000123);
	end(&f);
}
END_TEST

START_TEST(test_too_many_regions)
{
	struct tf_event ev = { .kind = TF_KMALLOC };
	struct tf_error err;
	struct fixture f;
	int ret = 0;

	begin(&f);
	start(&f, &host_64);
	for (uint64_t i = 0; i < 3000000 && !ret; i++) {
		ev.addr = (i + 1) << 21;
		ret = tf_anonymize_event(f.a, &ev, &err);
	}
	ck_assert_int_eq(ret, -E2BIG);
	ck_assert_str_eq(err.reason, "there are more than 2097152 regions of 2 MiB with objects");
	/* And again, whatever comes. */
	ev = (struct tf_event){ .kind = TF_KFREE };
	err.reason[0] = 0;
	ck_assert_int_eq(tf_anonymize_event(f.a, &ev, &err), -E2BIG);
	ck_assert_str_eq(err.reason, "there are more than 2097152 regions of 2 MiB with objects");
	end(&f);
}
END_TEST

static uint64_t area_after(struct fixture *f, uint64_t start, uint64_t bytes, unsigned shift)
{
	struct tf_event ev = {
		.kind = TF_VMAP_ALLOC,
		.addr = start,
		.bytes_req = bytes,
		.order = (uint8_t)shift,
	};

	return after(f, ev).addr;
}

/*
 * before   |aa|...................|bbbb|.....|c|          one after the other, as they come
 * after    |aa|bbbb|...|c|
 */
START_TEST(test_areas)
{
	struct fixture f;
	uint64_t a, b, c;

	begin(&f);
	start(&f, &host_64);
	a = area_after(&f, 0xffffa00000005000, 0x2000, 12);
	b = area_after(&f, 0xffffffffc0234000, 0x4000, 12);
	c = area_after(&f, 0xffffa00040000000, 0x1000, 16);
	ck_assert_uint_eq(b, a + 0x2000);
	ck_assert_uint_eq(c % 0x10000, 0);
	ck_assert_uint_ge(c, b + 0x4000);
	ck_assert_uint_lt(c, b + 0x4000 + 0x10000);
	ck_assert_uint_eq(addr_after(&f, TF_VMAP_FREE, 0xffffffffc0234000), b);
	/* Smaller at the same place, then larger: that has no room there. */
	ck_assert_uint_eq(area_after(&f, 0xffffffffc0234000, 0x1000, 12), b);
	b = area_after(&f, 0xffffffffc0234000, 0x8000, 12);
	ck_assert_uint_eq(b, c + 0x1000);
	ck_assert_uint_eq(addr_after(&f, TF_VMAP_FREE, 0xffffffffc0234000), b);
	/* Freed before it was seen. */
	ck_assert_uint_eq(addr_after(&f, TF_VMAP_FREE, 0xffffa00000fff000), b + 0x8000);
	ck_assert_uint_eq(area_after(&f, 0xffffa00000001000, 0x1000, 12), b + 0x9000);
	end(&f);
}
END_TEST

/* Sizes and alignments that no kernel has must not make two areas one. */
START_TEST(test_hostile_areas)
{
	struct tf_error err = { .reason = "" };
	struct tf_event ev = { .kind = TF_VMAP_ALLOC };
	struct fixture f;
	uint64_t before = 0;
	unsigned nr = 0;
	int ret;

	begin(&f);
	start(&f, &host_64);
	do {
		ev.addr = 0xffffa00000000000u + ++nr * 4096;
		ev.bytes_req = nr % 2 ? UINT64_MAX : 1;
		ev.order = nr % 3 ? 63 : 30;
		ret = tf_anonymize_event(f.a, &ev, &err);
		ck_assert(ret || ev.addr > before);
		before = ev.addr;
	} while (!ret);
	ck_assert_int_eq(ret, -E2BIG);
	ck_assert_str_eq(err.reason, "vmalloc areas take more than 16 TiB");
	ck_assert_uint_gt(nr, 4000);
	end(&f);
}
END_TEST

static const struct {
	uint64_t addr;
	uint32_t offset;
	const char *name;
} symbols[] = {
	{ 0xffffffff8e100010, 0x10, "secret_alloc" },
	{ 0xffffffff8e100099, 0x99, "secret_alloc" },
	{ 0xffffffff8e100800, 0, "secret_free" },
	{ 0xffffffffc0001234, 0x234, "probe [acme]" },
	{ 0xffffffffc0009999, 0x99, "probe [other]" },
	{ 0xffffffffc0001239, 0x239, "probe [acme]" },
	/* A static function of a name that another one has, with a site at the same offset. */
	{ 0xffffffff8e200010, 0x10, "secret_alloc" },
};
#define NR_SYMBOLS (sizeof(symbols) / sizeof(symbols[0]))

static void add_symbols(struct fixture *f)
{
	for (size_t i = 0; i < NR_SYMBOLS; i++)
		ck_assert_int_eq(tf_meta_add_symbol(&f->meta, symbols[i].addr, symbols[i].name,
						    symbols[i].offset),
				 0);
	/* Twice; only one of them can be found. */
	ck_assert_int_eq(tf_meta_add_symbol(&f->meta, symbols[2].addr, "secret_alias", 0), 0);
}

static const struct tf_symbol *symbol_after(struct fixture *f, uint64_t addr)
{
	return tf_meta_symbol(&f->out, site_after(f, addr));
}

START_TEST(test_sites)
{
	static const char *const names[] = { "f0001",	    "f0001",	   "f0002", "f0003 [m01]",
					     "f0003 [m02]", "f0003 [m01]", "f0001" };
	const struct tf_symbol *found[NR_SYMBOLS];
	struct fixture f;
	uint64_t bare;

	begin(&f);
	add_symbols(&f);
	start(&f, &host_64);
	ck_assert_uint_eq(site_after(&f, 0), 0);
	for (size_t i = 0; i < NR_SYMBOLS; i++)
		site_after(&f, symbols[i].addr);
	bare = site_after(&f, 0xffffffff8e777777);
	ck_assert_int_eq(tf_anonymize_rest(f.a, &f.out, NULL), 0);
	tf_meta_sort_symbols(&f.out);
	ck_assert_uint_eq(f.out.nr_symbols, NR_SYMBOLS);
	ck_assert_ptr_null(tf_meta_symbol(&f.out, bare));
	for (size_t i = 0; i < NR_SYMBOLS; i++) {
		found[i] = symbol_after(&f, symbols[i].addr);
		ck_assert_ptr_nonnull(found[i]);
		/* Which of two names of one address is found is not told. */
		if (i != 2)
			ck_assert_str_eq(found[i]->name, names[i]);
		ck_assert_uint_ne(found[i]->addr, symbols[i].addr);
		for (size_t j = 0; j < i; j++)
			ck_assert_uint_ne(found[i]->addr, found[j]->addr);
	}
	/* One function is one place, another is another, of the same name or not. */
	ck_assert_uint_eq(found[0]->addr - found[0]->offset, found[1]->addr - found[1]->offset);
	ck_assert_uint_eq(found[3]->addr - found[3]->offset, found[5]->addr - found[5]->offset);
	ck_assert_uint_ne(found[3]->addr - found[3]->offset, found[4]->addr - found[4]->offset);
	ck_assert_uint_ne(found[0]->addr - found[0]->offset, found[6]->addr - found[6]->offset);
	ck_assert_uint_eq(found[0]->offset, 1);
	ck_assert_uint_eq(found[1]->offset, 2);
	end(&f);
}
END_TEST

/* More sites than a page of made-up text has room for, with a symbol and without. */
START_TEST(test_many_sites)
{
	const uint64_t nr = 9000;
	struct fixture f;
	uint64_t *moved = calloc(2 * nr, sizeof(*moved));

	begin(&f);
	for (uint64_t i = 0; i < nr; i++)
		tf_meta_add_symbol(&f.meta, 0xffffffff90000000u + i, "huge", (uint32_t)i);
	start(&f, &host_64);
	for (uint64_t i = 0; i < nr; i++) {
		moved[2 * i] = site_after(&f, 0xffffffff90000000u + i);
		moved[2 * i + 1] = site_after(&f, 0xffffffff80000000u + i * 16);
	}
	for (uint64_t i = 0; i < nr; i++) {
		ck_assert_uint_eq(site_after(&f, 0xffffffff90000000u + i), moved[2 * i]);
		/* In one direction each, so that no two are the same. */
		if (i) {
			ck_assert_uint_gt(moved[2 * i], moved[2 * i - 2]);
			ck_assert_uint_gt(moved[2 * i + 1], moved[2 * i - 1]);
		}
		ck_assert_uint_ne(moved[2 * i] / 4096, moved[2 * i + 1] / 4096);
	}
	ck_assert_int_eq(tf_anonymize_rest(f.a, &f.out, NULL), 0);
	ck_assert_uint_eq(f.out.nr_symbols, nr);
	free(moved);
	end(&f);
}
END_TEST

/* Ids are numbered, for those of stacks and caches are hashes of addresses. */
START_TEST(test_ids)
{
	const uint64_t frames[2][3] = { { symbols[0].addr, 0xffffffff8e777777, symbols[2].addr },
					{ symbols[1].addr, 0xffffffff8e777777, 0 } };
	struct tf_cache cache = { .id = 4000, .size = 64, .flags = 7, .name = "acme_object" };
	struct tf_event ev = { .kind = TF_CACHE_ALLOC, .pid = 4711 };
	const struct tf_stack *one, *two;
	struct fixture f;

	begin(&f);
	add_symbols(&f);
	tf_meta_add_cache(&f.meta, &cache);
	cache.id = 3000;
	strcpy(cache.name, "kmalloc-64");
	tf_meta_add_cache(&f.meta, &cache);
	tf_meta_add_stack(&f.meta, 77777, frames[0], 3);
	tf_meta_add_stack(&f.meta, 99999, frames[1], 3);
	start(&f, &host_64);
	ck_assert_int_eq(tf_anonymize_meta(f.a, &f.out, NULL), 0);
	ck_assert_uint_eq(f.out.nr_caches, 2);
	ck_assert_str_eq(tf_meta_cache(&f.out, 1)->name, "cache00001");
	ck_assert_uint_eq(tf_meta_cache(&f.out, 1)->size, 64);
	ck_assert_uint_eq(tf_meta_cache(&f.out, 1)->flags, 7);
	ck_assert_str_eq(tf_meta_cache(&f.out, 2)->name, "kmalloc-64");
	ev.cache = 3000;
	ev.stack = 99999;
	ev = after(&f, ev);
	ck_assert_uint_eq(ev.cache, 2);
	ck_assert_uint_eq(ev.stack, 1);
	ck_assert_uint_eq(ev.pid, 1);
	ev = after(&f, (struct tf_event){ .kind = TF_KFREE, .pid = 1, .cache = 4000, .stack = 0 });
	ck_assert_uint_eq(ev.cache, 1);
	ck_assert_uint_eq(ev.stack, 0);
	ck_assert_uint_eq(ev.pid, 2);
	/* A cache and a stack that nobody knows, and the idle thread. */
	ev = after(&f, (struct tf_event){ .kind = TF_KFREE, .cache = 4001, .stack = 5 });
	ck_assert_uint_eq(ev.cache, 3);
	ck_assert_uint_eq(ev.stack, 2);
	ck_assert_uint_eq(ev.pid, 0);
	ck_assert_int_eq(tf_anonymize_rest(f.a, &f.out, NULL), 0);
	ck_assert_uint_eq(f.out.nr_stacks, 2);
	one = tf_meta_stack(&f.out, 3);
	two = tf_meta_stack(&f.out, 1);
	ck_assert_ptr_nonnull(one);
	ck_assert_ptr_nonnull(two);
	ck_assert_uint_eq(one->nr_frames, 3);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_uint_eq(one->frames[i], site_after(&f, frames[0][i]));
		ck_assert_uint_eq(two->frames[i], site_after(&f, frames[1][i]));
	}
	end(&f);
}
END_TEST

START_TEST(test_facts)
{
	static const struct {
		const char *key, *value, *after; /* NULL: left out */
	} cases[] = {
		{ "host.release", "6.12.107+deb12-amd64", "6.12.107" },
		{ "host.version", "#1 SMP Debian 6.12.107-1~deb12u1 (2026-09-10)",
		  "Debian 6.12.107" },
		{ "host.machine", "x86_64", "x86_64" },
		{ "host.page_size", "4096", "4096" },
		{ "host.cpus_online", "2 of acme", NULL },
		{ "host.numa_nodes", "", NULL },
		{ "host.cmdline", "quiet", NULL },
		{ "host.name", "acme", NULL },
		{ "record.command", "sh acme.sh", NULL },
		{ "record.class.page", "tp_btf", "tp_btf" },
		{ "record.class.slab", "kfree: no such tracepoint in this kernel's BTF",
		  "kfree: no such tracepoint in this kernel's BTF" },
		{ "record.class.percpu", "from /home/acme", NULL },
		{ "record.class.acme.x", "1", NULL },
		{ "record.missed", "12", "12" },
		{ "record.symbols", "kallsyms", NULL },
		{ "gfp.DMA32", "2", "2" },
		{ "calib.preempt", "interrupts only", "interrupts only" },
		{ "calib.vmemmap_base", "0xffffea0000000000", NULL },
		{ "calib.page_offset_base", "0xff369b9690000000", "0xffff888010000000" },
		{ "import.lines", "99", "99" },
		{ "import.source", "acme.txt", NULL },
		{ "import.ignored.acme", "3", NULL },
		{ "pack.from", "123", "123" },
		{ "acme", "1", NULL },
		{ "", "1", NULL },
	};
	struct fixture f;
	size_t nr = 0;

	begin(&f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_int_eq(tf_meta_set(&f.meta, cases[i].key, cases[i].value), 0);
	start(&f, &host_64);
	ck_assert_int_eq(tf_anonymize_meta(f.a, &f.out, NULL), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *value = tf_meta_get(&f.out, cases[i].key);

		if (cases[i].after)
			ck_assert_str_eq(value ? value : cases[i].key, cases[i].after);
		else
			ck_assert_msg(!value, "%s: %s", cases[i].key, value);
		nr += cases[i].after != NULL;
	}
	ck_assert_uint_eq(f.out.nr_facts, nr);
	end(&f);
}
END_TEST

START_TEST(test_versions)
{
	static const struct {
		const char *release, *version, *release_after, *version_after;
	} cases[] = {
		{ "2.6.32-5-686", "#1 SMP Debian", "2.6.32", NULL },
		{ "5.15.", "Debian acme", "5.15", NULL },
		{ "acme-5.10", "#1 Debian 5.10.209-2", NULL, "Debian 5.10.209" },
		{ "4.19.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0", "", NULL, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;

		begin(&f);
		tf_meta_set(&f.meta, "host.release", cases[i].release);
		tf_meta_set(&f.meta, "host.version", cases[i].version);
		start(&f, &host_64);
		ck_assert_int_eq(tf_anonymize_meta(f.a, &f.out, NULL), 0);
		ck_assert_pstr_eq(tf_meta_get(&f.out, "host.release"), cases[i].release_after);
		ck_assert_pstr_eq(tf_meta_get(&f.out, "host.version"), cases[i].version_after);
		end(&f);
	}
}
END_TEST

/* Events of every form: the same always become the same, in another anonymizer, too. */
START_TEST(test_stable)
{
	struct tf_event *events = load_events(5, 3000);
	struct fixture f, g;

	begin(&f);
	sample_meta(&f.meta);
	start(&f, &host_64);
	begin(&g);
	sample_meta(&g.meta);
	start(&g, &host_64);
	for (size_t i = 0; i < 3000; i++) {
		struct tf_event x = after(&f, events[i]), y = after(&g, events[i]);
		struct tf_event z = after(&f, events[i]);

		ck_assert_int_eq(memcmp(&x, &y, sizeof(x)), 0);
		ck_assert_int_eq(memcmp(&x, &z, sizeof(x)), 0);
		ck_assert_uint_eq(x.ts_ns, events[i].ts_ns);
		ck_assert_uint_eq(x.bytes_req, events[i].bytes_req);
		ck_assert_uint_eq(x.gfp, events[i].gfp);
		ck_assert_uint_eq(x.cpu, events[i].cpu);
		ck_assert_uint_eq(x.addr % 4096, events[i].addr % 4096);
	}
	free(events);
	end(&f);
	end(&g);
}
END_TEST

RUN_SUITE("tracefmt/anonymize", test_numbers, test_names, test_direct_map, test_regions,
	  test_no_addresses, test_32bit, test_too_many_regions, test_areas, test_hostile_areas,
	  test_sites, test_many_sites, test_ids, test_facts, test_versions, test_stable)
