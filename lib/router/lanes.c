/* SPDX-License-Identifier: MIT */
/* How many deliveries of a lane are in hand, so that one slow destination cannot take all
 * places; and which addresses are spared TLS for a while (R50). */
#include <string.h>

#include "base/options.h"
#include "router/router.h"

static size_t lane_limit(const mr_router *router) {
  return (size_t)mr_options_get(router->options, MR_OPT_DESTINATION_SESSIONS);
}

static size_t lane_count(const mr_router *router, const char *lane) {
  return (size_t)(uintptr_t)mr__map_get(&router->lanes, lane, strlen(lane));
}

void mr__lane_add(mr_router *router, const char *lane) {
  size_t count = lane_count(router, lane) + 1;
  mr__map_put(&router->lanes, lane, strlen(lane), (void *)(uintptr_t)count, NULL);
  if (count >= lane_limit(router)) {
    mr_queue_pause_lane(router->queue, lane, MR_NEVER, router->ctx->now);
  }
}

void mr__lane_drop(mr_router *router, const char *lane) {
  size_t count = lane_count(router, lane);
  if (count > 1) {
    mr__map_put(&router->lanes, lane, strlen(lane), (void *)(uintptr_t)(count - 1), NULL);
  } else {
    mr__map_remove(&router->lanes, lane, strlen(lane));
  }
  if (count == lane_limit(router)) { /* one claim may take more than that */
    mr_queue_pause_lane(router->queue, lane, router->ctx->now, router->ctx->now);
  }
}

int mr__lane_is_full(const mr_router *router, const char *lane) {
  return lane_count(router, lane) >= lane_limit(router);
}

int mr__tls_is_broken(mr_router *router, const char *address) {
  size_t len = strlen(address);
  uint64_t *until = mr__map_get(&router->broken_tls, address, len);
  if (until && *until <= router->ctx->now) {
    mr__map_remove(&router->broken_tls, address, len);
    mr__free(&router->ctx->env, until);
    until = NULL;
  }
  return until != NULL;
}

enum { BROKEN_TLS_MAX = 10000 };

/* Makes room by forgetting all whose time is over. */
static void sweep(mr_router *router) {
  size_t position = 0, len = 0;
  mr__map_entry *entry = NULL;
  while (mr__map_each(&router->broken_tls, &position, &entry)) {
    uint64_t *until = mr__map_entry_value(entry);
    if (*until <= router->ctx->now) {
      const void *key = mr__map_entry_key(entry, &len);
      mr__map_remove(&router->broken_tls, key, len);
      mr__free(&router->ctx->env, until);
    }
  }
}

static uint64_t *add_broken(mr_router *router, const char *address, size_t len) {
  if (router->broken_tls.count >= BROKEN_TLS_MAX) {
    sweep(router);
  }
  if (router->broken_tls.count >= BROKEN_TLS_MAX) {
    return NULL;
  }
  uint64_t *until = mr__calloc(&router->ctx->env, 1, sizeof *until);
  if (until && mr__map_put(&router->broken_tls, address, len, until, NULL)) {
    mr__free(&router->ctx->env, until);
    until = NULL;
  }
  return until;
}

/* Best effort: without memory the next message finds out again. */
void mr__tls_mark_broken(mr_router *router, const char *address) {
  size_t len = strlen(address);
  uint64_t *until = mr__map_get(&router->broken_tls, address, len);
  if (!until) {
    until = add_broken(router, address, len);
  }
  if (until) {
    *until = router->ctx->now +
             (uint64_t)mr_options_get(router->options, MR_OPT_BROKEN_TLS_TIME);
  }
}
