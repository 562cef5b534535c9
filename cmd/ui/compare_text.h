/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A comparison for people: gates first, then every metric, then what changed most.
 */
#ifndef CMD_UI_COMPARE_TEXT_H
#define CMD_UI_COMPARE_TEXT_H

#include <jansson.h>
#include <stdio.h>

/* comparison as km_compare() made it.  width 0: no limit.  0 or -ENOMEM. */
int ui_compare_text(const json_t *comparison, FILE *file, unsigned int width);

#endif
