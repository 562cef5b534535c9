/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What triggered the flight recorder, in words.
 */
#include "bpf/flight.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A thread that has ended since has no name any more. */
static void read_task(uint32_t pid, char *name, size_t len)
{
	char path[40];
	FILE *file;

	name[0] = '\0';
	/* pid 0 is each CPU's idle task. */
	if (!pid) {
		snprintf(name, len, "swapper");
		return;
	}
	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(name, (int)len, file))
		name[strcspn(name, "\n")] = '\0';
	fclose(file);
}

void kc_triggered_note(struct kc_triggered *t, unsigned int by, const struct tf_event *ev,
		       uint64_t ts_ns)
{
	memset(t, 0, sizeof(*t));
	t->by = by;
	t->ts_ns = ts_ns;
	if (!ev)
		return;
	t->event = *ev;
	t->ts_ns = ev->ts_ns;
	read_task(ev->pid, t->task, sizeof(t->task));
}

void kc_triggered_find_site(struct kc_triggered *t, const struct tf_meta *meta)
{
	t->site[0] = '\0';
	if (!t->by || t->by == KC_TRIGGER_SIGNAL)
		return;
	/* The symbols are still being added, so they are in no order. */
	for (size_t i = 0; i < meta->nr_symbols; i++) {
		if (meta->symbols[i].addr == t->event.call_site) {
			snprintf(t->site, sizeof(t->site), "%s+0x%x", meta->symbols[i].name,
				 meta->symbols[i].offset);
			return;
		}
	}
}

/* What was asked for. */
static int print_request(const struct tf_event *ev, char *buf, size_t len)
{
	const char *failed = tf_event_is_failed(ev) && ev->kind != TF_PERCPU_FAIL ? " failed" : "";

	if (ev->kind == TF_PAGE_ALLOC)
		return snprintf(buf, len, "page_alloc of order %u%s", ev->order, failed);
	return snprintf(buf, len, "%s of %llu bytes%s", tf_kind_name(ev->kind),
			(unsigned long long)ev->bytes_req, failed);
}

char *kc_triggered_text(const struct kc_triggered *t, char *buf, size_t len)
{
	const struct tf_event *ev = &t->event;
	int used;

	if (!t->by || t->by == KC_TRIGGER_SIGNAL) {
		snprintf(buf, len, "%s", t->by ? "a signal" : "nothing");
		return buf;
	}
	used = print_request(ev, buf, len);
	if (used >= 0 && (size_t)used < len)
		used += snprintf(buf + used, len - (size_t)used, " by %s (%u)",
				 t->task[0] ? t->task : "a thread that is gone", ev->pid);
	if (used < 0 || (size_t)used >= len)
		return buf;
	if (t->site[0])
		snprintf(buf + used, len - (size_t)used, " at %s", t->site);
	else if (ev->call_site)
		snprintf(buf + used, len - (size_t)used, " at 0x%llx",
			 (unsigned long long)ev->call_site);
	return buf;
}

char *kc_flight_triggers(const struct kc_flight *flight, unsigned int which, char *buf, size_t len)
{
	char order[24];
	const struct {
		unsigned int bit;
		const char *name;
	} names[] = {
		{ KC_TRIGGER_FAILURE, "failure" },
		{ KC_TRIGGER_ORDER, order },
		{ KC_TRIGGER_SIGNAL, "signal" },
	};
	size_t used = 0;

	snprintf(order, sizeof(order), "order>=%u", flight->order);
	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && used < len; i++) {
		if (which & names[i].bit)
			used += (size_t)snprintf(buf + used, len - used, "%s%s", used ? ", " : "",
						 names[i].name);
	}
	return buf;
}

static int add_number(struct tf_meta *meta, const char *key, uint64_t value)
{
	return tf_meta_setf(meta, key, "%llu", (unsigned long long)value);
}

int kc_flight_add_facts(const struct kc_flight *flight, const struct kc_triggered *t,
			uint64_t nr_passed, uint64_t first_ns, struct tf_meta *meta)
{
	char text[256], seconds[40] = "", bytes[40] = "";
	int err;

	if (flight->last_ns)
		snprintf(seconds, sizeof(seconds), " %.9gs", (double)flight->last_ns / 1e9);
	if (flight->last_bytes)
		snprintf(bytes, sizeof(bytes), " %llu bytes",
			 (unsigned long long)flight->last_bytes);
	err = tf_meta_setf(meta, "record.flight", "last%s%s%s", seconds,
			   seconds[0] && bytes[0] ? "," : "", bytes);
	if (!err)
		err = add_number(meta, "record.flight.passed", nr_passed);
	if (!err && first_ns)
		err = add_number(meta, "record.flight.first_ns", first_ns);
	if (err || !t->by)
		return err ? err : tf_meta_set(meta, "record.flight.trigger", "none: its end");
	err = tf_meta_set(meta, "record.flight.trigger",
			  kc_flight_triggers(flight, t->by, text, sizeof(text)));
	if (!err)
		err = add_number(meta, "record.flight.trigger_ns", t->ts_ns);
	if (!err && t->by != KC_TRIGGER_SIGNAL)
		err = tf_meta_set(meta, "record.flight.event",
				  kc_triggered_text(t, text, sizeof(text)));
	return err;
}
