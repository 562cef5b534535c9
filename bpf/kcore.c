/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The beginning of /proc/kcore.  Every conclusion from its program headers wants agreement:
 * all pieces of RAM must lie at one distance of their physical addresses.
 */
#include "bpf/kcore.h"

#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Headers of some hundred pieces of RAM, the notes and the struct task_struct among them. */
#define MAX_HEAD_BYTES (256u << 10)
#define MAX_LOADS 4096u
#define PAGE_BYTES 4096ull
#define VMEMMAP_ALIGN (1ull << 30)
#define NO_PADDR UINT64_MAX

/* The kernel's image is in the last 2 GiB (x86-64: __START_KERNEL_map). */
#define IMAGE_START 0xffffffff80000000ull

struct loads {
	const uint8_t *data;
	size_t nr;
};

static Elf64_Phdr load_at(const struct loads *loads, size_t i)
{
	Elf64_Phdr load;

	memcpy(&load, loads->data + i * sizeof(load), sizeof(load));
	return load;
}

static bool is_ram(const Elf64_Phdr *load)
{
	return load->p_type == PT_LOAD && load->p_paddr != NO_PADDR && load->p_memsz &&
	       load->p_vaddr < IMAGE_START;
}

static void find_image(struct kc_kcore *kcore, const struct loads *loads)
{
	for (size_t i = 0; i < loads->nr; i++) {
		Elf64_Phdr load = load_at(loads, i);

		if (load.p_type != PT_LOAD || load.p_paddr == NO_PADDR ||
		    load.p_vaddr < IMAGE_START || kcore->has_text)
			continue;
		kcore->has_text = true;
		kcore->text_base = load.p_vaddr;
	}
}

static void find_page_offset(struct kc_kcore *kcore, const struct loads *loads)
{
	bool agree = true;

	for (size_t i = 0; i < loads->nr; i++) {
		Elf64_Phdr load = load_at(loads, i);
		uint64_t base = load.p_vaddr - load.p_paddr;

		if (!is_ram(&load))
			continue;
		agree &= !kcore->has_page_offset || base == kcore->page_offset_base;
		kcore->page_offset_base = base;
		kcore->has_page_offset = true;
	}
	/* Physical addresses that are all 0 are those of a kernel that does not tell them. */
	kcore->has_page_offset &= agree && kcore->page_offset_base % PAGE_BYTES == 0;
}

/*
 * Do the struct pages of that piece of RAM have this place?  The kernel rounds both ends to
 * pages: get_sparsemem_vmemmap_info().
 */
static bool holds_pages_of(const Elf64_Phdr *pages, const Elf64_Phdr *ram, uint64_t struct_bytes,
			   uint64_t *base)
{
	uint64_t start = ram->p_paddr / PAGE_BYTES * struct_bytes;
	uint64_t end = start + ram->p_memsz / PAGE_BYTES * struct_bytes;

	start = start / PAGE_BYTES * PAGE_BYTES;
	end = (end + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
	*base = pages->p_vaddr - start;
	return pages->p_memsz == end - start && *base % VMEMMAP_ALIGN == 0;
}

/* Struct pages follow the piece of RAM that they are of; all must agree. */
static void find_vmemmap(struct kc_kcore *kcore, const struct loads *loads)
{
	bool agree = true;

	for (size_t i = 0; i + 1 < loads->nr && kcore->page_struct_bytes; i++) {
		Elf64_Phdr ram = load_at(loads, i), pages = load_at(loads, i + 1);
		uint64_t base;

		if (!is_ram(&ram) || pages.p_type != PT_LOAD || pages.p_paddr != NO_PADDR ||
		    !holds_pages_of(&pages, &ram, kcore->page_struct_bytes, &base))
			continue;
		agree &= !kcore->has_vmemmap || base == kcore->vmemmap_base;
		kcore->vmemmap_base = base;
		kcore->has_vmemmap = true;
	}
	kcore->has_vmemmap &= agree;
}

/* The value of a line "KEY=value" in *value, up to its end; false if there is none. */
static bool find_line(const char *info, const char *key, const char **value)
{
	size_t len = strlen(key);

	for (const char *line = info; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, len) || line[len] != '=')
			continue;
		*value = line + len + 1;
		return true;
	}
	return false;
}

static bool find_number(const char *info, const char *key, int base, uint64_t *number)
{
	const char *value;
	char *end;

	if (!find_line(info, key, &value) || !isxdigit((unsigned char)*value))
		return false;
	errno = 0;
	*number = strtoull(value, &end, base);
	return !errno && (*end == '\n' || !*end);
}

static void read_vmcoreinfo(struct kc_kcore *kcore, const char *info)
{
	const char *id;
	uint64_t number;

	kcore->has_kaslr = find_number(info, "KERNELOFFSET", 16, &kcore->kaslr_offset);
	if (find_number(info, "SYMBOL(_stext)", 16, &number))
		kcore->stext = number;
	if (find_number(info, "SIZE(page)", 10, &number) && number && number <= PAGE_BYTES)
		kcore->page_struct_bytes = (uint32_t)number;
	if (find_line(info, "BUILD-ID", &id)) {
		size_t len = strspn(id, "0123456789abcdef");

		if (len < sizeof(kcore->build_id))
			memcpy(kcore->build_id, id, len);
	}
}

/* The note of that name; its text is ended in a copy.  0 or -ENOMEM. */
static int read_notes(struct kc_kcore *kcore, const uint8_t *notes, size_t len)
{
	static const char name[] = "VMCOREINFO";
	size_t at = 0;

	while (len - at >= sizeof(Elf64_Nhdr)) {
		size_t room, named;
		Elf64_Nhdr head;
		char *info;

		memcpy(&head, notes + at, sizeof(head));
		at += sizeof(head);
		room = len - at;
		named = ((size_t)head.n_namesz + 3) & ~(size_t)3;
		if (named > room || head.n_descsz > room - named)
			return 0;
		if (head.n_namesz == sizeof(name) && !memcmp(notes + at, name, sizeof(name))) {
			info = strndup((const char *)notes + at + named, head.n_descsz);
			if (!info)
				return -ENOMEM;
			read_vmcoreinfo(kcore, info);
			free(info);
			return 0;
		}
		at += named + (((size_t)head.n_descsz + 3) & ~(size_t)3);
		if (at > len)
			return 0;
	}
	return 0;
}

static bool is_core(const Elf64_Ehdr *head)
{
	const uint16_t probe = 1;
	unsigned char order = *(const uint8_t *)&probe ? ELFDATA2LSB : ELFDATA2MSB;

	return !memcmp(head->e_ident, ELFMAG, SELFMAG) && head->e_ident[EI_CLASS] == ELFCLASS64 &&
	       head->e_ident[EI_DATA] == order && head->e_type == ET_CORE &&
	       head->e_phentsize == sizeof(Elf64_Phdr);
}

int kc_kcore_parse(struct kc_kcore *kcore, const uint8_t *data, size_t len)
{
	struct loads loads = { .data = NULL };
	Elf64_Ehdr head;
	int err = 0;

	memset(kcore, 0, sizeof(*kcore));
	if (len < sizeof(head))
		return -EINVAL;
	memcpy(&head, data, sizeof(head));
	if (!is_core(&head) || head.e_phoff > len)
		return -EINVAL;
	loads.data = data + head.e_phoff;
	loads.nr = (len - head.e_phoff) / sizeof(Elf64_Phdr);
	if (loads.nr > head.e_phnum)
		loads.nr = head.e_phnum;
	if (loads.nr > MAX_LOADS)
		loads.nr = MAX_LOADS;
	for (size_t i = 0; i < loads.nr && !err; i++) {
		Elf64_Phdr note = load_at(&loads, i);

		if (note.p_type != PT_NOTE || note.p_offset > len)
			continue;
		if (note.p_filesz > len - note.p_offset)
			note.p_filesz = len - note.p_offset;
		err = read_notes(kcore, data + note.p_offset, note.p_filesz);
	}
	find_image(kcore, &loads);
	find_page_offset(kcore, &loads);
	find_vmemmap(kcore, &loads);
	return err;
}

/* How much of the file is header and notes, as far as its first len bytes tell. */
static size_t header_bytes(const uint8_t *data, size_t len)
{
	size_t need = sizeof(Elf64_Ehdr);
	Elf64_Ehdr head;

	if (len < need)
		return need;
	memcpy(&head, data, sizeof(head));
	if (!is_core(&head) || head.e_phoff > MAX_HEAD_BYTES)
		return need;
	need = (size_t)head.e_phoff + head.e_phnum * sizeof(Elf64_Phdr);
	if (need > MAX_HEAD_BYTES)
		return MAX_HEAD_BYTES;
	for (size_t at = (size_t)head.e_phoff; len >= need && at < need; at += sizeof(Elf64_Phdr)) {
		Elf64_Phdr note;

		memcpy(&note, data + at, sizeof(note));
		if (note.p_type != PT_NOTE || note.p_offset > MAX_HEAD_BYTES ||
		    note.p_filesz > MAX_HEAD_BYTES - note.p_offset)
			continue;
		return note.p_offset + note.p_filesz > need ? note.p_offset + note.p_filesz : need;
	}
	return need;
}

int kc_kcore_read(struct kc_kcore *kcore, const char *path)
{
	int fd = open(path ? path : "/proc/kcore", O_RDONLY | O_CLOEXEC | O_NOCTTY);
	uint8_t *data = NULL;
	size_t len = 0, need;
	ssize_t n = 1;
	int err = 0;

	memset(kcore, 0, sizeof(*kcore));
	if (fd < 0)
		return -errno;
	data = malloc(MAX_HEAD_BYTES);
	if (!data)
		err = -ENOMEM;
	while (!err && n > 0 && (need = header_bytes(data, len)) > len) {
		n = pread(fd, data + len, need - len, (off_t)len);
		if (n > 0)
			len += (size_t)n;
	}
	if (!err && n < 0)
		err = -errno;
	if (!err)
		err = kc_kcore_parse(kcore, data, len);
	free(data);
	close(fd);
	return err;
}
