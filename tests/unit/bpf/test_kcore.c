/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Headers like those of /proc/kcore.  The machine is that of a virtual one with Debian's 6.12:
 *
 *   physical 0x1000-0x9f000 and 0x100000-0x1ffe0000; direct map at DIRECT, struct pages of
 *   64 bytes at VMEMMAP, the kernel 0x1d000000 above where it was linked
 */
#include "tests/unit/suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <elf.h>

#include "bpf/kcore.h"

#define DIRECT 0xffff8d50c0000000ull
#define VMEMMAP 0xfffff5b700000000ull
#define NONE UINT64_MAX

struct core {
	Elf64_Ehdr head;
	Elf64_Phdr loads[16];
	uint8_t notes[1024];
	size_t notes_len;
};

static const char vmcoreinfo[] = "OSRELEASE=6.12.95+deb12-cloud-amd64\n"
				 "BUILD-ID=005d44ffc25e6b4ab1ac4ad8b69cc72f8a917cfb\n"
				 "PAGESIZE=4096\n"
				 "SYMBOL(_stext)=ffffffff9e000000\n"
				 "SIZE(page)=64\n"
				 "NUMBER(phys_base)=-44040192\n"
				 "KERNELOFFSET=1d000000\n"
				 "NUMBER(KERNEL_IMAGE_SIZE)=1073741824\n";

static void add_load(struct core *core, uint64_t vaddr, uint64_t paddr, uint64_t bytes)
{
	ck_assert_uint_lt(core->head.e_phnum, 16);
	core->loads[core->head.e_phnum++] = (Elf64_Phdr){
		.p_type = PT_LOAD, .p_vaddr = vaddr, .p_paddr = paddr, .p_memsz = bytes
	};
}

static void add_note(struct core *core, const char *name, const void *data, size_t len)
{
	Elf64_Nhdr head = { .n_namesz = (uint32_t)strlen(name) + 1, .n_descsz = (uint32_t)len };
	uint8_t *to = core->notes + core->notes_len;

	memcpy(to, &head, sizeof(head));
	memcpy(to + sizeof(head), name, head.n_namesz);
	to += sizeof(head) + ((head.n_namesz + 3) & ~3u);
	memcpy(to, data, len);
	core->notes_len = (size_t)(to - core->notes) + ((len + 3) & ~(size_t)3);
	core->loads[0].p_filesz = core->notes_len;
}

static void core_init(struct core *core)
{
	memset(core, 0, sizeof(*core));
	core->head = (Elf64_Ehdr){
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_CORE,
		.e_machine = EM_X86_64,
		.e_phoff = sizeof(core->head),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1,
	};
	core->loads[0] =
		(Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = offsetof(struct core, notes) };
}

static void add_machine(struct core *core)
{
	add_load(core, 0xffffffff9e000000, 0x1b600000, 0x2c30000);
	add_load(core, 0xffffce9b80000000, NONE, 0x1fffffffffff);
	add_load(core, 0xffffffffc0000000, NONE, 0x3f000000);
	add_load(core, DIRECT + 0x1000, 0x1000, 0x9e000);
	add_load(core, VMEMMAP, NONE, 0x3000);
	add_load(core, DIRECT + 0x100000, 0x100000, 0x1fee0000);
	add_load(core, VMEMMAP + 0x4000, NONE, 0x7fc000);
}

static void add_notes(struct core *core)
{
	add_note(core, "CORE", "status of nobody", 16);
	add_note(core, "VMCOREINFO", vmcoreinfo, sizeof(vmcoreinfo) - 1);
}

static struct kc_kcore parse(const struct core *core)
{
	struct kc_kcore found;

	ck_assert_int_eq(kc_kcore_parse(&found, (const uint8_t *)core, sizeof(*core)), 0);
	return found;
}

static void expect_all(const struct kc_kcore *found)
{
	ck_assert(found->has_page_offset && found->has_vmemmap);
	ck_assert(found->has_text && found->has_kaslr);
	ck_assert_uint_eq(found->page_offset_base, DIRECT);
	ck_assert_uint_eq(found->vmemmap_base, VMEMMAP);
	ck_assert_uint_eq(found->text_base, 0xffffffff9e000000);
	ck_assert_uint_eq(found->kaslr_offset, 0x1d000000);
	ck_assert_uint_eq(found->stext, 0xffffffff9e000000);
	ck_assert_uint_eq(found->page_struct_bytes, 64);
	ck_assert_str_eq(found->build_id, "005d44ffc25e6b4ab1ac4ad8b69cc72f8a917cfb");
}

START_TEST(test_a_machine)
{
	struct kc_kcore found;
	struct core core;

	core_init(&core);
	add_machine(&core);
	add_notes(&core);
	found = parse(&core);
	expect_all(&found);
}
END_TEST

/* Without the note the size of a struct page is not known, and so is what it leads to. */
START_TEST(test_no_note)
{
	struct kc_kcore found;
	struct core core;

	core_init(&core);
	add_machine(&core);
	found = parse(&core);
	ck_assert(found.has_page_offset && found.has_text);
	ck_assert(!found.has_vmemmap && !found.has_kaslr);
	ck_assert_str_eq(found.build_id, "");
}
END_TEST

/* A kernel that writes 0 for every physical address does not tell them. */
START_TEST(test_no_physical_addresses)
{
	struct kc_kcore found;
	struct core core;

	core_init(&core);
	add_machine(&core);
	add_notes(&core);
	for (unsigned int i = 1; i < core.head.e_phnum; i++)
		core.loads[i].p_paddr = 0;
	found = parse(&core);
	ck_assert(!found.has_page_offset && !found.has_vmemmap);
}
END_TEST

START_TEST(test_pieces_that_disagree)
{
	struct kc_kcore found;
	struct core core;

	core_init(&core);
	add_machine(&core);
	add_notes(&core);
	add_load(&core, DIRECT + 0x40000000, 0x80000000, 0x1000);
	found = parse(&core);
	ck_assert(!found.has_page_offset && found.has_vmemmap);
	core.loads[core.head.e_phnum - 1].p_vaddr = DIRECT + 0x80000000;
	add_load(&core, VMEMMAP + (1ull << 30) + 0x80000 * 64, NONE, 0x1000);
	found = parse(&core);
	ck_assert(found.has_page_offset && !found.has_vmemmap);
}
END_TEST

/* A place of another size than its struct pages need, or at an odd one, is something else. */
START_TEST(test_what_is_not_vmemmap)
{
	struct kc_kcore found;
	struct core core;

	core_init(&core);
	add_notes(&core);
	add_load(&core, DIRECT + 0x100000, 0x100000, 0x1fee0000);
	add_load(&core, VMEMMAP + 0x4000, NONE, 0x7fd000);
	found = parse(&core);
	ck_assert(!found.has_vmemmap);
	core.loads[2].p_memsz = 0x7fc000;
	found = parse(&core);
	ck_assert(found.has_vmemmap);
	core.loads[2].p_vaddr += 0x1000;
	found = parse(&core);
	ck_assert(!found.has_vmemmap);
}
END_TEST

static struct kc_kcore parse_info(const char *info, size_t len)
{
	struct core core;

	core_init(&core);
	add_note(&core, "VMCOREINFO", info, len);
	return parse(&core);
}

#define PARSE_INFO(text) parse_info(text, sizeof(text) - 1)

START_TEST(test_lines_of_the_note)
{
	struct kc_kcore found = PARSE_INFO("KERNELOFFSET=0");

	ck_assert(found.has_kaslr);
	ck_assert_uint_eq(found.kaslr_offset, 0);
	found = PARSE_INFO("XKERNELOFFSET=10\nKERNELOFFSET=2000\nKERNELOFFSET=30\n");
	ck_assert_uint_eq(found.kaslr_offset, 0x2000);
	found = PARSE_INFO("KERNELOFFSET=20x0\n");
	ck_assert(!found.has_kaslr);
	found = PARSE_INFO("KERNELOFFSET=\n1000\n");
	ck_assert(!found.has_kaslr);
	found = PARSE_INFO("KERNELOFFSET=11111111111111111\n");
	ck_assert(!found.has_kaslr);
	found = PARSE_INFO("SIZE(page)=0\n");
	ck_assert_uint_eq(found.page_struct_bytes, 0);
	found = PARSE_INFO("SIZE(page)=5000\n");
	ck_assert_uint_eq(found.page_struct_bytes, 0);
	found = PARSE_INFO(
		"BUILD-ID=0123456789012345678901234567890123456789012345678901234567890123"
		"4567\n");
	ck_assert_str_eq(found.build_id, "");
}
END_TEST

START_TEST(test_cut_off_and_damaged)
{
	struct kc_kcore found;
	struct core core, bad;

	core_init(&core);
	add_machine(&core);
	add_notes(&core);
	for (size_t len = 0; len < sizeof(core); len++) {
		uint8_t *copy = malloc(len + 1);
		int err;

		memcpy(copy, &core, len);
		err = kc_kcore_parse(&found, copy, len);
		if (err != (len < sizeof(core.head) ? -EINVAL : 0))
			ck_abort_msg("%zu bytes: %d", len, err);
		free(copy);
	}
	for (size_t at = 0; at < sizeof(core); at++) {
		bad = core;
		((uint8_t *)&bad)[at] ^= 0xff;
		kc_kcore_parse(&found, (const uint8_t *)&bad, sizeof(bad));
	}
	bad = core;
	bad.head.e_type = ET_EXEC;
	ck_assert_int_eq(kc_kcore_parse(&found, (const uint8_t *)&bad, sizeof(bad)), -EINVAL);
	bad = core;
	bad.head.e_ident[EI_CLASS] = ELFCLASS32;
	ck_assert_int_eq(kc_kcore_parse(&found, (const uint8_t *)&bad, sizeof(bad)), -EINVAL);
}
END_TEST

/* As a file: header and notes alone are read, whatever lies behind. */
START_TEST(test_a_file)
{
	char path[] = "/tmp/kmemtool-kcore-XXXXXX";
	int fd = mkstemp(path);
	struct kc_kcore found;
	struct core core;

	core_init(&core);
	add_machine(&core);
	add_notes(&core);
	ck_assert_int_eq(write(fd, &core, sizeof(core)), sizeof(core));
	ck_assert_int_eq(ftruncate(fd, 1 << 30), 0);
	ck_assert_int_eq(kc_kcore_read(&found, path), 0);
	expect_all(&found);
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(kc_kcore_read(&found, path), -EINVAL);
	close(fd);
	unlink(path);
	ck_assert_int_eq(kc_kcore_read(&found, path), -ENOENT);
	ck_assert(!found.has_kaslr && !found.has_page_offset);
}
END_TEST

/* That of this kernel, if there is one that may be read. */
START_TEST(test_this_kernel)
{
	struct kc_kcore found;
	int err = kc_kcore_read(&found, NULL);

	if (err) {
		printf("SKIP: bpf/kcore/test_this_kernel: /proc/kcore: %s\n", strerror(-err));
		return;
	}
	ck_assert(found.has_page_offset);
	ck_assert_uint_eq(found.page_offset_base % (1ull << 30), 0);
}
END_TEST

RUN_SUITE("bpf/kcore", test_a_machine, test_no_note, test_no_physical_addresses,
	  test_pieces_that_disagree, test_what_is_not_vmemmap, test_lines_of_the_note,
	  test_cut_off_and_damaged, test_a_file, test_this_kernel)
