/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calibration by experiment.  Every conclusion needs several witnesses: a page that
 * migrates, or an event of the same task that is none of ours, must not decide it.
 */
#include "bpf/calibrate.h"

#include <fcntl.h>
#include <linux/types.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/abi.h"
#include "bpf/kcore.h"
#include "tracefmt/event.h"

#define PROBE_PAGES 256
#define PROBE_PIPES 16
#define MIN_WITNESSES 4
#define PAGE_BYTES 4096ull
#define VMEMMAP_ALIGN                                                                              \
	(2ull << 20) /* the struct pages of a 128 MiB section; x86 aligns to 1 GiB                 \
		      */
#define LARGE_KMALLOC_BYTES (8 << 10) /* above this kmalloc takes whole pages */

/* Fault pages in and read where they landed (needs CAP_SYS_ADMIN for the pfn). */
void kc_probe_pages(struct kc_probe *probe)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	size_t len = PROBE_PAGES * PAGE_BYTES;
	uint8_t *p;

	probe->nr_pfns = 0;
	if (fd < 0)
		return;
	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		goto out;
	madvise(p, len, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < PROBE_PAGES; i++) {
		uint64_t entry = 0;

		p[i * PAGE_BYTES] = 1;
		if (pread(fd, &entry, sizeof(entry),
			  (off_t)((uintptr_t)(p + i * PAGE_BYTES) / PAGE_BYTES * sizeof(entry))) !=
		    sizeof(entry))
			continue;
		/* bit 63: present; bits 0 to 54: pfn, zero without privilege */
		if (entry >> 63 && (entry & ((1ull << 55) - 1)))
			probe->pfns[probe->nr_pfns++] = entry & ((1ull << 55) - 1);
	}
	munmap(p, len);
out:
	close(fd);
}

void kc_probe_pipes(void)
{
	for (int i = 0; i < PROBE_PIPES; i++) {
		int fds[2];

		if (pipe2(fds, O_CLOEXEC))
			return;
		/* 256 or 512 slots of 40 bytes: above 8 KiB either way */
		fcntl(fds[0], F_SETPIPE_SZ, (i & 1 ? 512 : 256) * (int)PAGE_BYTES);
		close(fds[0]);
		close(fds[1]);
	}
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The most frequent value, if it has witnesses enough and twice as many as any other. */
static bool majority(uint64_t *values, size_t nr, uint64_t *winner)
{
	size_t best = 0, second = 0;

	qsort(values, nr, sizeof(*values), by_value);
	for (size_t i = 0, run; i < nr; i += run) {
		for (run = 1; i + run < nr && values[i + run] == values[i];)
			run++;
		if (run > best) {
			second = best;
			best = run;
			*winner = values[i];
		} else if (run > second) {
			second = run;
		}
	}
	return best >= MIN_WITNESSES && best >= 2 * second;
}

static void find_vmemmap(struct kc_calibration *cal, const struct kc_probe *probe,
			 const struct kc_own_events *own)
{
	uint64_t *bases = calloc((size_t)own->nr * 16 + 1, sizeof(*bases));
	size_t nr = 0;

	if (!bases)
		return;
	/*
	 * Faults come in order, so the event of the n-th pfn is near the n-th order-0 event.
	 * Where pages come in runs, as after booting, every distance fits about equally well:
	 * alignment tells the true one.
	 */
	for (uint32_t i = 0, n = 0; i < own->nr && cal->page_struct_bytes; i++) {
		const struct kc_own_event *ev = &own->events[i];

		if (ev->kind != TF_PAGE_ALLOC || ev->order || !ev->addr)
			continue;
		for (uint32_t back = 0; back < 16 && back <= n; back++) {
			uint64_t base;

			if (n - back >= probe->nr_pfns)
				continue;
			base = ev->addr - probe->pfns[n - back] * cal->page_struct_bytes;
			if (base % VMEMMAP_ALIGN == 0)
				bases[nr++] = base;
		}
		n++;
	}
	cal->has_vmemmap = majority(bases, nr, &cal->vmemmap_base);
	free(bases);
}

static void find_page_offset(struct kc_calibration *cal, const struct kc_own_events *own)
{
	uint64_t *bases = calloc((size_t)own->nr + 1, sizeof(*bases));
	uint64_t pfn = 0;
	size_t nr = 0;

	if (!bases)
		return;
	for (uint32_t i = 0; i < own->nr && cal->has_vmemmap; i++) {
		const struct kc_own_event *ev = &own->events[i];

		if (ev->kind == TF_PAGE_ALLOC) {
			pfn = ev->order ? (ev->addr - cal->vmemmap_base) / cal->page_struct_bytes
					: 0;
		} else if (ev->kind == TF_KMALLOC && ev->bytes_alloc > LARGE_KMALLOC_BYTES && pfn) {
			bases[nr++] = ev->addr - pfn * PAGE_BYTES;
			pfn = 0;
		}
	}
	cal->has_page_offset = majority(bases, nr, &cal->page_offset_base);
	free(bases);
}

/* The usual preempt_count of our events of one kind. */
static bool usual_preempt(const struct kc_own_events *own, unsigned int kind, uint64_t *usual)
{
	uint64_t *counts = calloc((size_t)own->nr + 1, sizeof(*counts));
	size_t nr = 0;
	bool found;

	if (!counts)
		return false;
	for (uint32_t i = 0; i < own->nr; i++)
		if (own->events[i].kind == kind && own->events[i].preempt != KC_PREEMPT_UNKNOWN)
			counts[nr++] = own->events[i].preempt;
	found = majority(counts, nr, usual) && *usual <= KC_PREEMPT_MASK;
	free(counts);
	return found;
}

static void find_preempt(struct kc_calibration *cal, const struct kc_own_events *own)
{
	unsigned int kind =
		TF_PAGE_ALLOC; /* if kmalloc is not recorded: faults hold no lock as a rule */
	uint64_t usual = 0;

	for (uint32_t i = 0; i < own->nr; i++)
		if (own->events[i].kind == TF_KMALLOC)
			kind = TF_KMALLOC;
	cal->has_preempt = usual_preempt(own, kind, &usual);
	cal->preempt_offset = (uint32_t)usual;
	/* The tracepoint disables preemption around its programs; a kernel that counts shows it. */
	cal->preempt_is_counted = cal->has_preempt && usual > 0;
}

static int by_time(const void *a, const void *b)
{
	const struct kc_own_event *x = a, *y = b;

	return (x->ts_ns > y->ts_ns) - (x->ts_ns < y->ts_ns);
}

void kc_calibrate(struct kc_calibration *cal, const struct kc_probe *probe,
		  struct kc_own_events *own)
{
	cal->has_vmemmap = cal->has_page_offset = cal->has_preempt = cal->preempt_is_counted =
		false;
	cal->vmemmap_source = cal->page_offset_source = NULL;
	if (!own->nr)
		return;
	qsort(own->events, own->nr, sizeof(*own->events), by_time);
	find_vmemmap(cal, probe, own);
	find_page_offset(cal, own);
	find_preempt(cal, own);
}

/* One base out of two sources; returns which. */
static const char *merge_base(bool *has, uint64_t *base, const char *probe, bool kcore_has,
			      uint64_t kcore_base)
{
	if (!kcore_has)
		return *has ? probe : "none: neither the probe nor /proc/kcore tells";
	if (!*has) {
		*has = true;
		*base = kcore_base;
		return "kcore";
	}
	if (*base == kcore_base)
		return "both";
	*has = false;
	return "none: the probe and /proc/kcore disagree";
}

void kc_calibrate_check(struct kc_calibration *cal, const struct kc_kcore *kcore)
{
	static const struct kc_kcore nothing;

	if (!kcore)
		kcore = &nothing;
	cal->vmemmap_source = merge_base(&cal->has_vmemmap, &cal->vmemmap_base, "pagemap",
					 kcore->has_vmemmap, kcore->vmemmap_base);
	cal->page_offset_source = merge_base(&cal->has_page_offset, &cal->page_offset_base, "pipe",
					     kcore->has_page_offset, kcore->page_offset_base);
}
