/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vote of return addresses.  Of 567 frames of Debian's 6.12 in a virtual machine 546 were
 * behind a call (the others were interrupted there, or in code that runs once), of 100,000
 * places of its code chosen at random one in 60.
 */
#include "bpf/kaslr.h"

#include <elf.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tracefmt/frame.h"

#define MAX_ADDRS 4096
#define NR_SAMPLES 65536u /* places of the code by which chance is measured */

enum place {
	PLACE_OTHER, /* in the code, but neither of these */
	PLACE_CALL,  /* behind a call; without bytes: in a function, but not where it begins */
	PLACE_ALLOC, /* behind a call of an allocator */
	NR_PLACES,
	PLACE_OUTSIDE, /* not in the code */
};

/* What return addresses are, if the offset is true. */
static const double truth_by_calls[NR_PLACES] = { 0.10, 0.70, 0.20 };
static const double truth_by_extent[NR_PLACES] = { 0.005, 0.995, 0 };

struct vote {
	const struct kc_vmlinux *vmlinux;
	bool has_bytes;
	double bits[NR_PLACES]; /* what an address at such a place says */
};

static uint32_t get_u32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool is_in_text(const struct kc_vmlinux *v, uint64_t addr)
{
	const struct kc_elf_text *text = kc_vmlinux_text(v, addr);

	return text && addr - text->addr < text->len;
}

/* The target of the five bytes at p as a direct call, 0 if they are none into the code. */
static uint64_t direct_call(const struct kc_vmlinux *v, const uint8_t *p, uint64_t addr)
{
	uint64_t target;

	if (p[0] != 0xe8)
		return 0;
	target = addr + 5 + (uint64_t)(int64_t)(int32_t)get_u32(p + 1);
	if (v->machine == EM_386)
		target = (uint32_t)target;
	return is_in_text(v, target) ? target : 0;
}

/* Length of the call through a register or memory that begins with these bytes, 0 if none. */
static size_t indirect_call(const uint8_t *p, size_t len)
{
	unsigned int mod, rm;
	size_t size = 2;

	if (len < 2 || p[0] != 0xff || (p[1] >> 3 & 7) != 2)
		return 0;
	mod = p[1] >> 6;
	rm = p[1] & 7;
	if (mod == 3)
		return size;
	if (rm == 4) {
		if (len < 3)
			return 0;
		if (mod == 0 && (p[2] & 7) == 5)
			size += 4;
		size++;
	}
	if (mod == 1)
		size++;
	else if (mod == 2 || (mod == 0 && rm == 5))
		size += 4;
	return size;
}

/* Behind two or three bytes of a call of a thunk: what it may have been replaced by. */
static bool is_in_thunk_call(const struct kc_vmlinux *v, const struct kc_elf_text *text, size_t at)
{
	for (size_t back = 2; v->thunks && back <= 3 && back <= at; back++) {
		uint64_t target;

		if (text->len - (at - back) < 5)
			continue;
		target = direct_call(v, text->bytes + at - back, text->addr + at - back);
		if (target && target >= v->thunks && target <= v->thunks_end)
			return true;
	}
	return false;
}

static enum place place_by_calls(const struct kc_vmlinux *v, const struct kc_elf_text *text,
				 uint64_t addr)
{
	size_t at = (size_t)(addr - text->addr);
	uint64_t target;

	target = at >= 5 ? direct_call(v, text->bytes + at - 5, addr - 5) : 0;
	if (target) {
		const struct kc_elf_function *f = kc_vmlinux_function(v, target);

		return f && f->addr == target && tf_frame_is_allocator(tf_frame_by_name(f->name))
			       ? PLACE_ALLOC
			       : PLACE_CALL;
	}
	for (size_t back = 2; back <= 7 && back <= at; back++)
		if (indirect_call(text->bytes + at - back, back) == back)
			return PLACE_CALL;
	return is_in_thunk_call(v, text, at) ? PLACE_CALL : PLACE_OTHER;
}

static enum place place_by_extent(const struct kc_vmlinux *v, uint64_t addr)
{
	const struct kc_elf_function *f = kc_vmlinux_function(v, addr);

	/* A function that ends in a call has its return address at its end. */
	return f && addr > f->addr && addr - f->addr <= f->size ? PLACE_CALL : PLACE_OTHER;
}

static enum place place_of(const struct vote *vote, uint64_t addr)
{
	const struct kc_elf_text *text = kc_vmlinux_text(vote->vmlinux, addr);

	if (!text)
		return PLACE_OUTSIDE;
	if (!vote->has_bytes)
		return place_by_extent(vote->vmlinux, addr);
	return text->bytes ? place_by_calls(vote->vmlinux, text, addr) : PLACE_OUTSIDE;
}

/* How often each kind of place comes up in the code by chance: at least once in it all. */
static void measure_chance(struct vote *vote, double chance[NR_PLACES])
{
	const struct kc_vmlinux *v = vote->vmlinux;
	uint64_t bytes = 0, step, nr = NR_PLACES;
	uint64_t counts[NR_PLACES] = { 1, 1, 1 };

	for (size_t i = 0; i < v->nr_texts; i++)
		bytes += v->texts[i].len / 2;
	/* Odd, so that alignment does not decide what is met. */
	step = (bytes / (NR_SAMPLES / 2)) | 1;
	for (size_t i = 0; i < v->nr_texts; i++) {
		for (uint64_t at = 0; at < v->texts[i].len; at += step) {
			enum place place = place_of(vote, v->texts[i].addr + at);

			if (place == PLACE_OUTSIDE)
				continue;
			counts[place]++;
			nr++;
		}
	}
	for (unsigned int i = 0; i < NR_PLACES; i++)
		chance[i] = (double)counts[i] / (double)nr;
}

static void vote_init(struct vote *vote, const struct kc_vmlinux *v)
{
	double chance[NR_PLACES];
	const double *truth;

	memset(vote, 0, sizeof(*vote));
	vote->vmlinux = v;
	if (v->machine == EM_X86_64 || v->machine == EM_386)
		for (size_t i = 0; i < v->nr_texts; i++)
			vote->has_bytes |= v->texts[i].bytes != NULL;
	measure_chance(vote, chance);
	truth = vote->has_bytes ? truth_by_calls : truth_by_extent;
	for (unsigned int i = 0; i < NR_PLACES; i++)
		vote->bits[i] = truth[i] > 0 ? log2(truth[i] / chance[i]) : 0;
}

static void try_offset(const struct vote *vote, const uint64_t *addrs, size_t nr, uint64_t offset,
		       struct kc_kaslr *tried)
{
	tried->offset = offset;
	tried->nr_text = tried->nr_hits = 0;
	tried->bits = 0;
	for (size_t i = 0; i < nr; i++) {
		enum place place = place_of(vote, addrs[i] - offset);

		if (place == PLACE_OUTSIDE)
			continue;
		tried->nr_text++;
		tried->nr_hits += place != PLACE_OTHER;
		tried->bits += vote->bits[place];
	}
}

/*
 * Where another build of the same source differs, all behind it has moved: some addresses
 * fit, and more do not.
 */
static bool is_fitting(const struct kc_kaslr *result)
{
	double share = result->has_bytes ? 0.8 : 0.97;

	return (double)result->nr_hits >= share * (double)result->nr_text;
}

static int conclude(const struct kc_kaslr *result)
{
	if (result->bits >= KC_KASLR_MARGIN && is_fitting(result))
		return result->bits - result->second_bits >= KC_KASLR_MARGIN ? 0 : -EAGAIN;
	return result->nr_addrs >= (result->has_bytes ? KC_KASLR_ENOUGH : 16 * KC_KASLR_ENOUGH)
		       ? -ENOENT
		       : -EAGAIN;
}

int kc_kaslr_find(const struct kc_vmlinux *vmlinux, const uint64_t *addrs, size_t nr,
		  struct kc_kaslr *result)
{
	bool is_x86 = vmlinux->machine == EM_X86_64 || vmlinux->machine == EM_386;
	size_t every = nr > MAX_ADDRS ? (nr + MAX_ADDRS - 1) / MAX_ADDRS : 1, nr_some = 0;
	uint64_t *some = calloc(MAX_ADDRS + 1, sizeof(*some));
	struct vote vote;

	memset(result, 0, sizeof(*result));
	if (!some)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i += every)
		some[nr_some++] = addrs[i];
	vote_init(&vote, vmlinux);
	result->bits = result->second_bits = -INFINITY;
	for (uint64_t offset = 0; offset < (is_x86 ? KC_KASLR_END : 1); offset += KC_KASLR_STEP) {
		struct kc_kaslr tried;

		try_offset(&vote, some, nr_some, offset, &tried);
		if (tried.bits > result->bits) {
			tried.second_bits = result->bits;
			*result = tried;
		} else if (tried.bits > result->second_bits) {
			result->second_bits = tried.bits;
		}
	}
	/* That the kernel has another place than all of these explains nothing, either. */
	if (result->second_bits < 0)
		result->second_bits = 0;
	result->has_bytes = vote.has_bytes;
	result->nr_addrs = nr_some;
	free(some);
	return conclude(result);
}
