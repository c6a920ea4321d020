/* SPDX-License-Identifier: MIT */
#include "router/router.h"

#include <string.h>

#include "base/options.h"

enum { DRAINED = 1, DRAINED_TOLD = 2 };

/* --- life ------------------------------------------------------------------------- */

/* Workers that share a store must not send a dot on a lease that has run out: the gate is
 * on for them whatever the options say. Takes a reference in any case. */
static int gated_options(const mr_options **out, const mr_env *env,
                         const mr_options *from, const mr_store *store) {
  mr_options *copy = NULL;
  if (!store || store->durability != MR_DURABILITY_SHARED ||
      mr_options_get(from, MR_OPT_DOT_GATE)) {
    *out = mr__options_ref(from);
    return MR_OK;
  }
  int err = mr_options_new(&copy, env);
  const mr_option *row;
  for (size_t i = 0; err == MR_OK && (row = mr_option_at(i)) != NULL; i++) {
    err = row->type == MR_OPTION_TEXT
              ? mr_options_set_text(copy, row->id, mr_options_get_text(from, row->id))
              : mr_options_set(copy, row->id, mr_options_get(from, row->id));
  }
  if (err == MR_OK) {
    err = mr_options_set(copy, MR_OPT_DOT_GATE, 1);
  }
  if (err == MR_OK) {
    *out = mr__options_ref(copy);
  }
  mr_options_free(copy);
  return err;
}

static int init_maps(mr_router *r) {
  const mr_env *env = &r->ctx->env;
  int err = mr__map_init(&r->messages, env);
  if (err == MR_OK) {
    err = mr__map_init(&r->lanes, env);
  }
  return err ? err : mr__map_init(&r->broken_tls, env);
}

static int init_engines(mr_router *r, const mr_store *store) {
  int err = init_maps(r);
  if (err == MR_OK) {
    err = mr__queue_join(&r->queue, r->ctx, r->options, store, &r->work);
  }
  return err ? err : mr__route_join(&r->route, r->ctx, r->options, &r->plans);
}

static void free_maps(mr_router *r) {
  size_t position = 0;
  mr__map_entry *entry = NULL;
  while (mr__map_each(&r->broken_tls, &position, &entry)) {
    mr__free(&r->ctx->env, mr__map_entry_value(entry));
  }
  mr__map_free(&r->broken_tls);
  mr__map_free(&r->lanes);
  mr__map_free(&r->messages);
}

static void free_explain(mr__explain *e) {
  mr_router *r = e->asker.router;
  mr__event_remove(&r->ctx->events, &e->event);
  if (e->prev) {
    e->prev->next = e->next;
  } else {
    r->explains = e->next;
  }
  if (e->next) {
    e->next->prev = e->prev;
  }
  r->explain_count--;
  mr_plan_free(e->plan);
  mr__free(&r->ctx->env, e);
}

static void destroy(mr_router *r) {
  mr__ctx *ctx = r->ctx;
  while (r->peers) {
    mr__peer_free(r->peers);
  }
  while (r->attempts) {
    r->attempts->plan_id = 0;
    mr__attempt_free(r->attempts);
  }
  while (r->explains) {
    free_explain(r->explains);
  }
  mr__timer_stop(ctx, &r->drain_timer);
  mr__event_remove(&ctx->events, &r->drained_event);
  mr_route_free(r->route);
  mr_queue_free(r->queue);
  free_maps(r);
  mr__options_drop(r->options);
  mr__free(&ctx->env, r);
  mr__ctx_drop(ctx);
}

int mr_router_new(mr_router **out, const mr_env *env, const mr_options *options,
                  const mr_store *store) {
  mr__ctx *ctx = NULL;
  if (!out) {
    return MR_ERR_MISUSE;
  }
  *out = NULL;
  int err = mr__ctx_new(&ctx, env);
  if (err) {
    return err;
  }
  mr_router *r = mr__calloc(&ctx->env, 1, sizeof *r);
  if (!r) {
    mr__ctx_drop(ctx);
    return MR_ERR_NOMEM;
  }
  r->ctx = ctx;
  mr__last_error_init(&r->error);
  mr__events_init(&r->work);
  mr__events_init(&r->plans);
  err = gated_options(&r->options, env, options, store);
  if (err == MR_OK) {
    err = init_engines(r, store);
  }
  if (err) {
    destroy(r);
    return err;
  }
  *out = r;
  return MR_OK;
}

void mr_router_free(mr_router *router) {
  if (!router) {
    return;
  }
  if (router->in_dispatch) {
    router->dead = 1; /* memory goes when dispatch returns */
    return;
  }
  destroy(router);
}

const mr_error *mr_router_error(const mr_router *router) {
  if (!router) {
    return NULL;
  }
  const mr_error *queue = mr_queue_error(router->queue);
  const mr_error *route = mr_route_error(router->route);
  return router->error.view.code ? &router->error.view : queue->code ? queue : route;
}

mr_queue *mr_router_queue(mr_router *router) { return router ? router->queue : NULL; }
mr_route *mr_router_route(mr_router *router) { return router ? router->route : NULL; }

static int enter(mr_router *router, uint64_t now) {
  if (!router) {
    return MR_ERR_MISUSE;
  }
  return router->dead ? MR_ERR_CLOSED : mr__ctx_enter(router->ctx, now);
}

/* --- inputs ----------------------------------------------------------------------- */

int mr_router_submit(mr_router *router, uint64_t *ticket, const mr_submission *submission,
                     uint64_t now) {
  int err = enter(router, now);
  if (err == MR_OK) {
    err = mr_queue_submit(router->queue, ticket, submission, now);
  }
  if (err == MR_OK) {
    router->submitting++;
  }
  return err;
}

int mr_router_explain(mr_router *router, uint64_t *id, const char *recipient,
                      uint64_t tag, uint64_t now) {
  int err = enter(router, now);
  if (err) {
    return err;
  }
  mr__explain *e = mr__calloc(&router->ctx->env, 1, sizeof *e);
  if (!e) {
    return MR_ERR_NOMEM;
  }
  e->asker.router = router;
  e->asker.tag = tag;
  e->next = router->explains;
  if (e->next) {
    e->next->prev = e;
  }
  router->explains = e;
  router->explain_count++;
  err = mr_route_query(router->route, id, recipient, 0, (uint64_t)(uintptr_t)&e->asker,
                       now);
  if (err) {
    free_explain(e);
  }
  return err;
}

int mr_router_answer(mr_router *router, uint64_t id, const char *answer, uint64_t now) {
  int err = enter(router, now);
  return err ? err : mr_route_answer(router->route, id, answer, now);
}

int mr_router_cancel(mr_router *router, uint64_t message, uint64_t now) {
  int err = enter(router, now);
  return err ? err : mr_queue_cancel(router->queue, message, now);
}

/* The time to finish is over: what still runs is broken off and goes back, as uncertain,
 * since it may have passed its dot. */
static void drain_over(mr__timer *timer, void *owner) {
  mr_router *r = owner;
  (void)timer;
  while (r->peers) {
    mr__attempt *a = r->peers->attempt;
    mr__peer_free(r->peers);
    if (a) {
      a->peer = NULL;
      mr__attempt_defer(a, MR_REASON_DRAINING, 1);
      a->go = 1;
    }
  }
  for (mr__attempt *a = r->attempts; a; a = a->next) {
    a->go = 1;
  }
  r->kick = 1;
}

int mr_router_drain(mr_router *router, uint64_t deadline, uint64_t now) {
  int err = enter(router, now);
  if (err == MR_OK) {
    err = mr_queue_drain(router->queue, now);
  }
  if (err) {
    return err;
  }
  router->draining = 1;
  router->drain_timer.fire = drain_over;
  router->drain_timer.owner = router;
  mr__timer_set(router->ctx, &router->drain_timer, deadline);
  mr__peers_quit_idle(router);
  return MR_OK;
}

size_t mr_router_busy(const mr_router *router) {
  if (!router) {
    return 0;
  }
  size_t farewell = router->draining && router->queue_drained != DRAINED_TOLD;
  return router->submitting + router->messages.count + router->attempt_count +
         router->explain_count + farewell;
}

/* --- the pump --------------------------------------------------------------------- */

static void fill_explain(mr__event_node *node, mr_event *out) {
  const mr__explain *e = MR__OWNER(node, mr__explain, event);
  out->plan = e->plan;
  out->id = e->plan->id;
  out->tag = e->asker.tag;
}

static void explained(mr__event_node *node) {
  free_explain(MR__OWNER(node, mr__explain, event));
}

static void take_plan(const mr_event *event) {
  mr__asker *asker = (mr__asker *)(uintptr_t)event->tag;
  if (asker->attempt) {
    mr__attempt_plan(asker->attempt, event->plan);
    return;
  }
  mr__explain *e = (mr__explain *)asker;
  e->plan = mr_plan_ref(event->plan);
  e->event.type = MR_EVENT_PLAN;
  e->event.fill = fill_explain;
  e->event.done = explained;
  mr__event_post(&e->asker.router->ctx->events, &e->event);
}

static void take_work(mr_router *r, const mr_event *event) {
  mr__attempt *attempt;
  switch (event->type) {
  case MR_EVENT_DELIVERY:
    if (mr__attempt_new(r, event->delivery)) {
      mr_queue_release(r->queue, event->delivery->id,
                       (uint64_t)mr_options_get(r->options, MR_OPT_RETRY_MIN),
                       r->ctx->now);
    }
    break;
  case MR_EVENT_LEASE_LOST:
    mr__peer_lease(r, event->id, 0);
    attempt = mr__attempt_find(r, event->id);
    if (attempt) {
      mr__attempt_lost(attempt);
    }
    break;
  case MR_EVENT_READY:
    mr__peer_lease(r, event->id, 1);
    break;
  case MR_EVENT_UPDATE:
    mr__peer_source(r, event->id);
    break;
  case MR_EVENT_DRAINED:
    r->queue_drained = DRAINED;
    break;
  default:
    break;
  }
}

static void pump_attempts(mr_router *r) {
  mr__attempt *next = NULL;
  for (mr__attempt *a = r->attempts; a; a = next) {
    next = a->next;
    if (a->go || a->waiting) {
      a->go = 0;
      mr__attempt_go(a);
    }
  }
}

/* Places that are free for more deliveries, told to the queue when that changed. */
static void offer_places(mr_router *r) {
  size_t most = (size_t)mr_options_get(r->options, MR_OPT_SESSIONS_MAX);
  size_t free_places =
      r->draining || r->attempt_count >= most ? 0 : most - r->attempt_count;
  if (free_places != r->taken) {
    r->taken = free_places;
    mr_queue_take(r->queue, free_places, r->ctx->now);
  }
}

static void tell_drained(mr_router *r) {
  if (r->queue_drained == DRAINED && r->peer_count == 0) {
    r->queue_drained = DRAINED_TOLD;
    r->drained_event.type = MR_EVENT_DRAINED;
    mr__timer_stop(r->ctx, &r->drain_timer);
    mr__event_post(&r->ctx->events, &r->drained_event);
  }
}

void mr__router_pump(mr_router *r) {
  const mr_event *event;
  do {
    r->changed = 0;
    mr__route_pump(r->route);
    while ((event = mr__event_next(&r->plans, &r->inner)) != NULL) {
      r->changed = 1;
      take_plan(event);
    }
    while ((event = mr__event_next(&r->work, &r->inner)) != NULL) {
      r->changed = 1;
      take_work(r, event);
    }
    for (mr__peer *peer = r->peers; peer; peer = peer->next) {
      mr__peer_pump(peer);
    }
    mr__peers_sweep(r);
    if (r->kick) {
      r->kick = 0;
      pump_attempts(r);
    }
    offer_places(r);
  } while (r->changed || r->kick);
  tell_drained(r);
}

/* --- events ----------------------------------------------------------------------- */

static void forget_message(mr_router *r, uint64_t id) {
  mr__map_remove(&r->messages, &id, sizeof id);
}

/* Counts what is not done yet, for mr_router_busy. */
static void count(mr_router *r, const mr_event *event) {
  switch (event->type) {
  case MR_EVENT_ACCEPTED:
    r->submitting -= event->id != 0 && r->submitting > 0;
    mr__map_put(&r->messages, &event->message, sizeof event->message, r, NULL);
    break;
  case MR_EVENT_REFUSED:
    r->submitting -= r->submitting > 0;
    break;
  case MR_EVENT_MESSAGE_DONE:
    forget_message(r, event->message);
    break;
  case MR_EVENT_OUTCOME:
    if (event->outcome->fate == MR_FATE_HELD) {
      forget_message(r, event->message);
    }
    break;
  default:
    break;
  }
}

const mr_event *mr_router_next(mr_router *router) {
  if (!router || router->dead || router->ctx->busy) {
    return NULL;
  }
  mr__router_pump(router);
  const mr_event *event = mr__event_next(&router->ctx->events, &router->event);
  if (event) {
    count(router, event);
  }
  if (event && event->type == MR_EVENT_ASK) {
    router->event.tag = ((const mr__asker *)(uintptr_t)event->tag)->tag;
  }
  return event;
}

static void give(const mr_host *host, const mr_event *event) {
  int channel = event->channel != NULL;
  if (channel && event->type == MR_EVENT_OPEN) {
    if (host->open) {
      host->open(host->user, event->channel);
    }
  } else if (channel && event->type == MR_EVENT_UPDATE) {
    if (host->update) {
      host->update(host->user, event->channel);
    }
  } else if (channel && event->type == MR_EVENT_CLOSE) {
    if (host->close) {
      host->close(host->user, event->channel);
    }
  } else if (host->event) {
    host->event(host->user, event);
  }
}

int mr_router_dispatch(mr_router *router, const mr_host *host, uint64_t now) {
  mr_host table;
  const mr_event *event;
  if (!host || host->size < offsetof(mr_host, open)) {
    return MR_ERR_MISUSE;
  }
  int err = enter(router, now);
  if (err) {
    return err;
  }
  if (router->in_dispatch) {
    return MR_ERR_STATE;
  }
  memset(&table, 0, sizeof table);
  memcpy(&table, host, host->size < sizeof table ? host->size : sizeof table);
  router->in_dispatch = 1;
  while (!router->dead && (event = mr_router_next(router)) != NULL) {
    give(&table, event);
  }
  router->in_dispatch = 0;
  if (router->dead) {
    destroy(router);
    return MR_ERR_CLOSED;
  }
  return MR_OK;
}

uint64_t mr_router_deadline(const mr_router *router) {
  return router ? mr__ctx_deadline(router->ctx) : MR_NEVER;
}

int mr_router_expire(mr_router *router, uint64_t now) {
  int err = enter(router, now);
  if (err == MR_OK) {
    mr__ctx_expire(router->ctx, router->ctx->now);
  }
  return err;
}
