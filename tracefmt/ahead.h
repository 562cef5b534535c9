/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One helper thread that does one thing at a time, while its owner does another.
 *
 * Inside of tracefmt/ only.  What is given belongs to the thread until tf_ahead_wait()
 * has returned; that is all the locking there is.
 */
#ifndef TRACEFMT_AHEAD_H
#define TRACEFMT_AHEAD_H

#include <stdbool.h>

struct tf_ahead;

/* Start the thread; run() is called with what is given.  It takes no signals.  -ENOMEM, -EAGAIN. */
int tf_ahead_start(struct tf_ahead **out, void (*run)(void *arg));
/* Wait for what was given, and end the thread.  NULL is fine. */
void tf_ahead_stop(struct tf_ahead *ahead);
/* Give it something to do.  What was given before must have been waited for. */
void tf_ahead_give(struct tf_ahead *ahead, void *arg);
/* Wait until that is done; returns at once if nothing was given. */
void tf_ahead_wait(struct tf_ahead *ahead);

/* Is there a second CPU for it to run on? */
bool tf_ahead_is_worth_it(void);

#endif
