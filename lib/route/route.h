/* SPDX-License-Identifier: MIT */
#ifndef MR_ROUTE_ROUTE_H
#define MR_ROUTE_ROUTE_H

#include <mailroute/route.h>

#include "base/ctx.h"

/* A route inside another engine: channel, ask and trace events go to ctx->events, plans
 * to `plans`. */
int mr__route_join(mr_route **out, mr__ctx *ctx, const mr_options *options,
                   mr__events *plans);
/* Moves answers of the resolver into plans until there are none. */
void mr__route_pump(mr_route *route);
/* Whether two recipients of one domain may get different plans (R1). */
int mr__route_tells_recipients_apart(const mr_route *route);

#endif
