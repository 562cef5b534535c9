/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as a file of a snapshot, behind a byte that says which.  What stays of it when
 * it is anonymized stays as it is when that is done again, but for the numbers of caches,
 * which settle the second time; and it has no byte that is no text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tracefmt/anonymize.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const paths[] = {
	"/proc/slabinfo",
	"/sys/kernel/slab",
	"/proc/vmallocinfo",
	"/proc/iomem",
	"/proc/vmstat",
	"/proc/sys/vm/swappiness",
	"/sys/kernel/mm/transparent_hugepage/enabled",
	"kmem_cache",
	"times",
	"kind",
	"page_map",
};

static size_t nr_lines(const struct tf_snapfile *file)
{
	size_t nr = 0;

	for (size_t i = 0; i < file->len; i++)
		nr += file->data[i] == '\n';
	return nr;
}

/* A snapshot with that file, anonymized; meta is for the caller to release. */
static const struct tf_snapfile *anonymize(struct tf_meta *out, const char *path,
					   const uint8_t *data, size_t size)
{
	const struct tf_host host = { "x86_64", false, 8, 12 };
	struct tf_anonymizer *a = NULL;
	struct tf_snapshot *snap;
	struct tf_meta meta;
	struct tf_error err;

	tf_meta_init(&meta);
	tf_meta_init(out);
	snap = tf_meta_begin_snapshot(&meta, 1);
	if (!snap || tf_snapshot_add(snap, path, data, size) ||
	    tf_anonymizer_new(&a, &meta, &host, &err) || tf_anonymize_snapshot(a, snap, out, &err))
		abort();
	tf_anonymizer_free(a);
	tf_meta_release(&meta);
	return tf_snapshot_file(&out->snapshots[0], path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = size ? paths[data[0] % (sizeof(paths) / sizeof(paths[0]))] : paths[0];
	const struct tf_snapfile *files[3];
	struct tf_meta metas[3];

	/* So many areas of any size would not fit anywhere. */
	if (size > 65536)
		return 0;
	files[0] = anonymize(&metas[0], path, size ? data + 1 : data, size ? size - 1 : 0);
	for (unsigned i = 1; i < 3; i++)
		files[i] = anonymize(&metas[i], path, files[i - 1]->data, files[i - 1]->len);
	if (nr_lines(files[0]) != nr_lines(files[1]) || files[1]->len != files[2]->len ||
	    memcmp(files[1]->data, files[2]->data, files[1]->len))
		abort();
	for (size_t i = 0; i < files[0]->len; i++) {
		uint8_t c = files[0]->data[i];

		if (c != '\n' && c != '\t' && (c < ' ' || c > '~'))
			abort();
	}
	for (unsigned i = 0; i < 3; i++)
		tf_meta_release(&metas[i]);
	return 0;
}
