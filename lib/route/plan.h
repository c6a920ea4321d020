/* SPDX-License-Identifier: MIT */
/* A plan while it is being made, and its memory afterwards. */
#ifndef MR_ROUTE_PLAN_H
#define MR_ROUTE_PLAN_H

#include <mailroute/route.h>

#include "base/arena.h"
#include "base/ctx.h"

enum {
  MR__PLAN_MEMORY_MAX = 1 << 20,
  MR__PLAN_STEPS_MAX = 256,
  MR__PLAN_DROPS_MAX = 1024
};

typedef struct mr__plan {
  mr_plan view; /* first: a const mr_plan * is this object */
  unsigned refs;
  mr__ctx *ctx;
  mr_trust *trust;
  mr__arena arena;
  mr__arena_list hops, drops, steps;
} mr__plan;

int mr__plan_new(mr__plan **out, mr__ctx *ctx, mr_trust *trust, const char *recipient);
void mr__plan_step(mr__plan *plan, const char *format, ...);
void mr__plan_drop(mr__plan *plan, const char *host, const char *address, int preference,
                   int reason, const char *text);
/* reason gives status and text unless they are given. */
void mr__plan_verdict(mr__plan *plan, int verdict, int reason, const char *status,
                      const char *text);
/* Puts the lists into the view. A plan for which memory ran out says DEFER, NO_MEMORY. */
void mr__plan_close(mr__plan *plan);

#endif
