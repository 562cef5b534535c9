/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists of blocks, linked by pfn through the descriptors of their heads.
 */
#ifndef CORE_PAGE_PAGE_LIST_H
#define CORE_PAGE_PAGE_LIST_H

#include <stdint.h>

#include "core/machine/machine.h"
#include "core/page/page_alloc.h"

static inline void km_page_list_init(struct km_page_list *list)
{
	list->head = KM_NO_PAGE;
	list->tail = KM_NO_PAGE;
	list->nr = 0;
}

static inline void km_page_list_add_head(const struct km_machine *machine,
					 struct km_page_list *list, uint64_t pfn)
{
	struct page *page = km_page(machine, pfn);

	page->next = list->head;
	page->prev = KM_NO_PAGE;
	if (list->head != KM_NO_PAGE)
		km_page(machine, list->head)->prev = pfn;
	else
		list->tail = pfn;
	list->head = pfn;
	list->nr++;
}

static inline void km_page_list_add_tail(const struct km_machine *machine,
					 struct km_page_list *list, uint64_t pfn)
{
	struct page *page = km_page(machine, pfn);

	page->prev = list->tail;
	page->next = KM_NO_PAGE;
	if (list->tail != KM_NO_PAGE)
		km_page(machine, list->tail)->next = pfn;
	else
		list->head = pfn;
	list->tail = pfn;
	list->nr++;
}

static inline void km_page_list_del(const struct km_machine *machine, struct km_page_list *list,
				    uint64_t pfn)
{
	const struct page *page = km_page(machine, pfn);
	uint32_t next = page->next, prev = page->prev;

	if (prev != KM_NO_PAGE)
		km_page(machine, prev)->next = next;
	else
		list->head = next;
	if (next != KM_NO_PAGE)
		km_page(machine, next)->prev = prev;
	else
		list->tail = prev;
	list->nr--;
}

/* Unlink the first block of a list that has one. */
static inline void km_page_list_del_head(const struct km_machine *machine,
					 struct km_page_list *list, const struct page *head)
{
	list->head = head->next;
	if (head->next != KM_NO_PAGE)
		km_page(machine, head->next)->prev = KM_NO_PAGE;
	else
		list->tail = KM_NO_PAGE;
	list->nr--;
}

#endif
