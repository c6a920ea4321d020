/* SPDX-License-Identifier: MIT */
/* Addresses that failed lately: they rest, longer each time, and go last (R23, R92). */
#ifndef MR_ROUTE_DEAD_H
#define MR_ROUTE_DEAD_H

#include <mailroute/route.h>

#include "base/map.h"

enum { MR__DEAD_MAX = 10000 };

typedef struct mr__dead {
  const mr_env *env;
  mr__map hosts;
  uint64_t first, longest; /* rest, ms */
} mr__dead;

int mr__dead_init(mr__dead *dead, const mr_env *env, const mr_options *options);
void mr__dead_free(mr__dead *dead);
int mr__dead_report(mr__dead *dead, const char *address, int port, int reason,
                    uint64_t now);
/* Reason for which it rests now, MR_REASON_NONE = it does not. */
int mr__dead_reason(const mr__dead *dead, const char *address, int port, uint64_t now);
/* How long it still rests, ms, 0 = it does not. */
uint64_t mr__dead_left(const mr__dead *dead, const char *address, int port, uint64_t now);

#endif
