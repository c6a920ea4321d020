/* SPDX-License-Identifier: MIT */
#include "base/ctx.h"

#include <string.h>

static void *counted_alloc(void *user, void *ptr, size_t size) {
  mr__ctx *ctx = user;
  ctx->busy++;
  void *result = ctx->host.alloc(ctx->host.user, ptr, size);
  ctx->busy--;
  return result;
}

static int counted_random(void *user, void *buf, size_t len) {
  mr__ctx *ctx = user;
  ctx->busy++;
  int rc = ctx->host.random(ctx->host.user, buf, len);
  ctx->busy--;
  return rc;
}

static int counted_wall(void *user, int64_t *milliseconds) {
  mr__ctx *ctx = user;
  ctx->busy++;
  int rc = ctx->host.wall(ctx->host.user, milliseconds);
  ctx->busy--;
  return rc;
}

static void counted_log(void *user, int level, const char *text, size_t len) {
  mr__ctx *ctx = user;
  ctx->busy++;
  ctx->host.log(ctx->host.user, level, text, len);
  ctx->busy--;
}

static const mr__timer *timer_of(const mr__heap_node *node) {
  return (const mr__timer *)(const void *)((const char *)node -
                                           offsetof(mr__timer, node));
}

static int timer_less(const mr__heap_node *a, const mr__heap_node *b) {
  const mr__timer *x = timer_of(a), *y = timer_of(b);
  return x->at != y->at ? x->at < y->at : x->serial < y->serial;
}

int mr__ctx_new(mr__ctx **out, const mr_env *host) {
  mr_env env;
  mr__env_copy(&env, host);
  mr__ctx *ctx = mr__calloc(&env, 1, sizeof *ctx);
  *out = ctx;
  if (ctx == NULL)
    return MR_ERR_NOMEM;
  ctx->host = env;
  ctx->env =
      (mr_env){sizeof ctx->env, ctx, counted_alloc, counted_random, counted_wall, NULL};
  if (env.log != NULL)
    ctx->env.log = counted_log;
  ctx->refs = 1;
  mr__heap_init(&ctx->timers, timer_less);
  mr__events_init(&ctx->events);
  mr__events_init(&ctx->deferred);
  return MR_OK;
}

mr__ctx *mr__ctx_ref(mr__ctx *ctx) {
  ctx->refs++;
  return ctx;
}

void mr__ctx_drop(mr__ctx *ctx) {
  if (ctx == NULL || --ctx->refs > 0)
    return;
  mr_env host = ctx->host;
  mr__free(&host, ctx);
}

static void advance(mr__ctx *ctx, uint64_t now) {
  if (now > MR__NOW_MAX)
    now = MR__NOW_MAX;
  if (now > ctx->now)
    ctx->now = now;
}

int mr__ctx_enter(mr__ctx *ctx, uint64_t now) {
  if (ctx->busy > 0)
    return MR_ERR_STATE;
  advance(ctx, now);
  if (mr__events_empty(&ctx->deferred))
    return MR_OK;
  mr__ctx_ref(ctx);
  while (mr__events_take(&ctx->deferred) != NULL)
    continue;
  mr__ctx_drop(ctx);
  return MR_OK;
}

uint64_t mr__ctx_id(mr__ctx *ctx) { return ++ctx->next_id; }

void mr__ctx_service_begin(mr__ctx *ctx) { ctx->busy++; }

void mr__ctx_service_end(mr__ctx *ctx) { ctx->busy--; }

void mr__timer_set(mr__ctx *ctx, mr__timer *timer, uint64_t at) {
  mr__timer_stop(ctx, timer);
  if (at == MR_NEVER)
    return;
  if (ctx->expiring && at <= ctx->now)
    at = ctx->now + 1;
  timer->at = at;
  timer->serial = ctx->timer_serial++;
  timer->armed = 1;
  mr__heap_add(&ctx->timers, &timer->node);
}

void mr__timer_stop(mr__ctx *ctx, mr__timer *timer) {
  if (!timer->armed)
    return;
  mr__heap_remove(&ctx->timers, &timer->node);
  timer->armed = 0;
}

uint64_t mr__ctx_deadline(const mr__ctx *ctx) {
  const mr__heap_node *top = mr__heap_top(&ctx->timers);
  return top != NULL ? timer_of(top)->at : MR_NEVER;
}

void mr__ctx_expire(mr__ctx *ctx, uint64_t now) {
  if (ctx->expiring)
    return;
  mr__ctx_ref(ctx);
  advance(ctx, now);
  ctx->expiring = 1;
  while (mr__ctx_deadline(ctx) <= ctx->now) {
    mr__timer *timer = MR__OWNER(mr__heap_top(&ctx->timers), mr__timer, node);
    mr__timer_stop(ctx, timer);
    timer->fire(timer, timer->owner);
  }
  ctx->expiring = 0;
  mr__ctx_drop(ctx);
}
