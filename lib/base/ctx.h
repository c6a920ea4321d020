/* SPDX-License-Identifier: MIT */
/*
 * What one family of handles shares: an engine made by the host owns a context, the
 * engines inside it join it. It holds the environment, the time of the last input, the
 * timers, the events for the host, and the mark that a service of the host is running.
 */
#ifndef MR_BASE_CTX_H
#define MR_BASE_CTX_H

#include "base/env.h"
#include "base/event_list.h"
#include "base/heap.h"

typedef struct mr__ctx {
  mr_env env; /* wrappers that count `busy` around the host's functions */
  mr_env host;
  unsigned refs;
  unsigned busy; /* > 0: inside a service of the host */
  uint64_t now;
  uint64_t next_id;      /* channel, ask, transaction and query ids: never reused */
  mr__heap timers;       /* of mr__timer */
  uint64_t timer_serial; /* timers of one instant fire in the order of arming */
  int expiring;          /* inside mr__ctx_expire */
  mr__events events;     /* what `next` of the outermost engine gives */
  mr__events deferred;   /* asked for inside a service: done() at the next enter */
} mr__ctx;

int mr__ctx_new(mr__ctx **out, const mr_env *host);
mr__ctx *mr__ctx_ref(mr__ctx *ctx);
void mr__ctx_drop(mr__ctx *ctx); /* the last one frees */

/* Later times count as this one, so that now plus a duration cannot overflow. */
#define MR__NOW_MAX (UINT64_MAX / 2)

/* Entry of every input: MR_ERR_STATE inside a service, else stores now (never backward)
 * and does what was deferred. */
int mr__ctx_enter(mr__ctx *ctx, uint64_t now);
uint64_t mr__ctx_id(mr__ctx *ctx);

/* Around calls to a host's table other than env (source, store). */
void mr__ctx_service_begin(mr__ctx *ctx);
void mr__ctx_service_end(mr__ctx *ctx);

/* A deadline. Intrusive: setting one never fails. Zero-initialise, then set. */
typedef struct mr__timer {
  mr__heap_node node;
  uint64_t at;
  uint64_t serial;
  int armed;
  void (*fire)(struct mr__timer *timer, void *owner);
  void *owner;
} mr__timer;

/* (Re)arms. `at` may lie in the past: fires at the next expire. MR_NEVER disarms. */
void mr__timer_set(mr__ctx *ctx, mr__timer *timer, uint64_t at);
void mr__timer_stop(mr__ctx *ctx, mr__timer *timer);

uint64_t mr__ctx_deadline(const mr__ctx *ctx); /* MR_NEVER = none */
/* Fires what is due, each timer at most once per call: one re-armed at or before now is
 * moved to now + 1, so that deadline > now afterwards. */
void mr__ctx_expire(mr__ctx *ctx, uint64_t now);

#endif
