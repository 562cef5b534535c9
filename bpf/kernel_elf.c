/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ELF file through libelf, which checks headers; what it hands out is checked against
 * the size of the section it is said to be in.
 *
 * Of several names of one address that one comes first which scripts/kallsyms.c of the kernel
 * puts first: not weak, then fewer underscores, then the order of the symbol table.  (That is
 * its order since 2.6.30; what it knows of the linker script's own names is left out.)
 */
#include "bpf/kernel_elf.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/error.h"

#define MAX_NOTES_BYTES (64u << 10)
#define MAX_TEXTS 256 /* a kernel has ten */

struct elf_state {
	int fd;
	Elf *elf;
	const char *path; /* the caller's, while opening */
	struct kc_error *err;
};

__attribute__((format(printf, 2, 3))) static int refuse(struct elf_state *state, const char *fmt,
							...)
{
	char why[160];
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	return kc_fail(state->err, -EINVAL, "%.100s: %s", state->path, why);
}

static int no_memory(struct elf_state *state)
{
	return kc_fail(state->err, -ENOMEM, "%.100s: out of memory", state->path);
}

/* Room for one more in an array of nr, doubled at powers of two. */
static void *grow(void *array, size_t nr, size_t size)
{
	if (nr & (nr - 1))
		return array;
	return realloc(array, (nr ? nr * 2 : 1) * size);
}

static int add_text(struct kc_vmlinux *v, Elf_Scn *scn, const GElf_Shdr *head)
{
	struct kc_elf_text *grown = grow(v->texts, v->nr_texts, sizeof(*grown));
	struct kc_elf_text *text;
	const Elf_Data *data;

	if (v->nr_texts == MAX_TEXTS)
		return refuse(v->state, "more than %d sections of code", MAX_TEXTS);
	if (!grown)
		return no_memory(v->state);
	v->texts = grown;
	if (head->sh_size > UINT64_MAX - head->sh_addr)
		return refuse(v->state, "damaged: a section beyond the end of memory");
	text = &grown[v->nr_texts];
	*text = (struct kc_elf_text){ .addr = head->sh_addr, .len = head->sh_size };
	if (head->sh_type != SHT_NOBITS) {
		data = elf_rawdata(scn, NULL);
		if (!data || !data->d_buf || data->d_size != head->sh_size)
			return refuse(v->state, "damaged or cut off: no bytes of a section");
		text->bytes = data->d_buf;
	}
	v->nr_texts++;
	return 0;
}

static bool is_code(struct elf_state *state, size_t section)
{
	Elf_Scn *scn = section && section < SHN_LORESERVE ? elf_getscn(state->elf, section) : NULL;
	GElf_Shdr head;

	return scn && gelf_getshdr(scn, &head) && head.sh_flags & SHF_ALLOC &&
	       head.sh_flags & SHF_EXECINSTR;
}

/* Labels that are no functions, but tell something. */
static void note_label(struct kc_vmlinux *v, const char *name, uint64_t addr)
{
	static const char thunk[] = "__x86_indirect_";

	if (!strcmp(name, "_stext"))
		v->stext = addr;
	if (strncmp(name, thunk, sizeof(thunk) - 1))
		return;
	if (!v->thunks || addr < v->thunks)
		v->thunks = addr;
	if (addr > v->thunks_end)
		v->thunks_end = addr;
}

static int add_symbol(struct kc_vmlinux *v, const GElf_Sym *sym, const char *name, size_t number)
{
	struct kc_elf_function *grown;

	if (!name[0] || !is_code(v->state, sym->st_shndx))
		return 0;
	note_label(v, name, sym->st_value);
	if (GELF_ST_TYPE(sym->st_info) != STT_FUNC)
		return 0;
	grown = grow(v->functions, v->nr_functions, sizeof(*grown));
	if (!grown)
		return no_memory(v->state);
	v->functions = grown;
	grown[v->nr_functions++] = (struct kc_elf_function){
		.addr = sym->st_value,
		.size = sym->st_size,
		.name = name,
		.number = (uint32_t)number,
		.is_weak = GELF_ST_BIND(sym->st_info) == STB_WEAK,
	};
	return 0;
}

static int read_symtab(struct kc_vmlinux *v, Elf_Scn *scn, const GElf_Shdr *head)
{
	size_t entry = gelf_fsize(v->state->elf, ELF_T_SYM, 1, EV_CURRENT);
	Elf_Data *data = elf_getdata(scn, NULL);
	int err = 0;

	if (!data || data->d_size != head->sh_size || !entry || head->sh_entsize != entry)
		return refuse(v->state, "damaged or cut off: .symtab cannot be read");
	for (size_t i = 1; i < data->d_size / entry && i < INT32_MAX && !err; i++) {
		const char *name;
		GElf_Sym sym;

		if (!gelf_getsym(data, (int)i, &sym))
			return refuse(v->state, "damaged: symbol %zu", i);
		name = elf_strptr(v->state->elf, head->sh_link, sym.st_name);
		if (!name)
			return refuse(v->state, "damaged: the name of symbol %zu", i);
		err = add_symbol(v, &sym, name, i);
	}
	return err;
}

static int read_sections(struct kc_vmlinux *v)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr head;
	int err = 0;

	while (!err && (scn = elf_nextscn(v->state->elf, scn))) {
		if (!gelf_getshdr(scn, &head))
			return refuse(v->state, "damaged: a section header");
		if (head.sh_type == SHT_SYMTAB) {
			err = read_symtab(v, scn, &head);
		} else if (head.sh_type == SHT_NOTE && !v->build_id[0]) {
			const Elf_Data *data = elf_rawdata(scn, NULL);

			if (data && data->d_buf)
				kc_build_id_of_notes(data->d_buf, data->d_size, v->build_id);
		} else if (head.sh_flags & SHF_ALLOC && head.sh_flags & SHF_EXECINSTR &&
			   head.sh_size) {
			err = add_text(v, scn, &head);
		}
	}
	return err;
}

static size_t underscores(const char *name)
{
	return strspn(name, "_");
}

static int by_rank(const void *a, const void *b)
{
	const struct kc_elf_function *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	if (x->is_weak != y->is_weak)
		return x->is_weak - y->is_weak;
	if (underscores(x->name) != underscores(y->name))
		return underscores(x->name) < underscores(y->name) ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static int by_text_addr(const void *a, const void *b)
{
	const struct kc_elf_text *x = a, *y = b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

/* A compressed boot image is what people find in /boot. */
static int refuse_kind(struct elf_state *state)
{
	char magic[4] = "";

	if (pread(state->fd, magic, sizeof(magic), 0x202) == sizeof(magic) &&
	    !memcmp(magic, "HdrS", sizeof(magic)))
		return refuse(state, "a boot image, not an ELF file: the vmlinux of its build or "
				     "of its debug package is needed");
	return refuse(state, "not an ELF file");
}

static int open_elf(struct kc_vmlinux *v)
{
	struct elf_state *state = v->state;
	GElf_Ehdr head;

	elf_version(EV_CURRENT);
	state->fd = open(state->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (state->fd < 0)
		return kc_fail(state->err, -errno, "%.100s: cannot open: %s", state->path,
			       strerror(errno));
	state->elf = elf_begin(state->fd, ELF_C_READ, NULL);
	if (!state->elf || elf_kind(state->elf) != ELF_K_ELF)
		return refuse_kind(state);
	if (!gelf_getehdr(state->elf, &head))
		return refuse(state, "damaged: no ELF header");
	if (head.e_type != ET_EXEC && head.e_type != ET_DYN)
		return refuse(state, "an ELF file, but not of a kernel");
	v->machine = head.e_machine;
	return 0;
}

static int read_all(struct kc_vmlinux *v)
{
	int err = open_elf(v);

	if (!err)
		err = read_sections(v);
	if (err)
		return err;
	if (!v->nr_texts)
		return refuse(v->state, "no section of code");
	if (!v->nr_functions)
		return refuse(v->state, "no symbols of functions (stripped): the vmlinux of its "
					"build or of its debug package is needed");
	qsort(v->functions, v->nr_functions, sizeof(*v->functions), by_rank);
	qsort(v->texts, v->nr_texts, sizeof(*v->texts), by_text_addr);
	return 0;
}

int kc_vmlinux_open(struct kc_vmlinux **out, const char *path, struct kc_error *err)
{
	struct kc_vmlinux *v = calloc(1, sizeof(*v));
	struct elf_state *state = calloc(1, sizeof(*state));
	int ret;

	*out = NULL;
	if (!v || !state) {
		free(v);
		free(state);
		return kc_fail(err, -ENOMEM, "out of memory");
	}
	*state = (struct elf_state){ .fd = -1, .path = path, .err = err };
	v->state = state;
	ret = read_all(v);
	if (ret) {
		kc_vmlinux_close(v);
		return ret;
	}
	*out = v;
	return 0;
}

void kc_vmlinux_close(struct kc_vmlinux *v)
{
	if (!v)
		return;
	elf_end(v->state->elf);
	if (v->state->fd >= 0)
		close(v->state->fd);
	free(v->state);
	free(v->functions);
	free(v->texts);
	free(v);
}

int kc_vmlinux_add_symbols(const struct kc_vmlinux *v, uint64_t offset, struct kc_kallsyms *syms)
{
	int err = 0;

	for (size_t i = 0; i < v->nr_functions && !err; i++)
		err = kc_kallsyms_add(syms, v->functions[i].addr + offset, v->functions[i].name,
				      NULL);
	for (size_t i = 0; i < v->nr_texts && !err; i++)
		err = kc_kallsyms_add_end(syms, v->texts[i].addr + v->texts[i].len + offset);
	return err;
}

const struct kc_elf_function *kc_vmlinux_function(const struct kc_vmlinux *v, uint64_t addr)
{
	size_t low = 0, high = v->nr_functions;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (v->functions[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return NULL;
	/* The first of several names. */
	for (low--; low && v->functions[low - 1].addr == v->functions[low].addr;)
		low--;
	return &v->functions[low];
}

const struct kc_elf_text *kc_vmlinux_text(const struct kc_vmlinux *v, uint64_t addr)
{
	for (size_t i = 0; i < v->nr_texts; i++)
		if (addr >= v->texts[i].addr && addr - v->texts[i].addr <= v->texts[i].len)
			return &v->texts[i];
	return NULL;
}

int kc_build_id_of_notes(const uint8_t *notes, size_t len, char id[KC_BUILD_ID_LEN])
{
	size_t at = 0;

	id[0] = 0;
	while (len - at >= sizeof(GElf_Nhdr)) {
		size_t name, desc;
		GElf_Nhdr head;

		memcpy(&head, notes + at, sizeof(head));
		at += sizeof(head);
		name = ((size_t)head.n_namesz + 3) & ~(size_t)3;
		desc = ((size_t)head.n_descsz + 3) & ~(size_t)3;
		if (name > len - at || head.n_descsz > len - at - name)
			break;
		if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == sizeof("GNU") &&
		    !memcmp(notes + at, "GNU", sizeof("GNU")) && head.n_descsz &&
		    head.n_descsz <= KC_MAX_BUILD_ID) {
			for (size_t i = 0; i < head.n_descsz; i++)
				snprintf(id + 2 * i, 3, "%02x", notes[at + name + i]);
			return 0;
		}
		at += desc > len - at - name ? len - at : name + desc;
	}
	return -ENOENT;
}

int kc_build_id_of_kernel(const char *path, char id[KC_BUILD_ID_LEN])
{
	uint8_t *notes = malloc(MAX_NOTES_BYTES);
	int fd = open(path ? path : "/sys/kernel/notes", O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 0;
	int err = 0;

	id[0] = 0;
	if (!notes)
		err = -ENOMEM;
	else if (fd < 0)
		err = -errno;
	while (!err && len < MAX_NOTES_BYTES &&
	       (n = read(fd, notes + len, MAX_NOTES_BYTES - len)) > 0)
		len += (size_t)n;
	if (!err && n < 0)
		err = -errno;
	if (!err)
		err = kc_build_id_of_notes(notes, len, id);
	if (fd >= 0)
		close(fd);
	free(notes);
	return err;
}
