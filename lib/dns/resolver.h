/* SPDX-License-Identifier: MIT */
#ifndef MR_DNS_RESOLVER_H
#define MR_DNS_RESOLVER_H

#include <mailroute/resolver.h>

#include "base/ctx.h"

/* A resolver inside another engine: channel and trace events go to ctx->events, answers
 * to `answers` (fill sets event->answer, id, tag). It takes a reference of ctx. */
int mr__resolver_join(mr_resolver **out, mr__ctx *ctx, const mr_options *options,
                      mr__events *answers);

#endif
