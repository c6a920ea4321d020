/* SPDX-License-Identifier: MIT */
#ifndef MR_QUEUE_QUEUE_H
#define MR_QUEUE_QUEUE_H

#include <mailroute/queue.h>

#include "base/ctx.h"

/* A queue inside another engine. Events for the host (ACCEPTED, REFUSED, OUTCOME,
 * MESSAGE_DONE, STEP) go to ctx->events, those for whoever attempts (DELIVERY,
 * LEASE_LOST, READY, UPDATE, DRAINED) to `work`. */
int mr__queue_join(mr_queue **out, mr__ctx *ctx, const mr_options *options,
                   const mr_store *store, mr__events *work);

#endif
