/* SPDX-License-Identifier: MIT */
#include "router/router.h"

#include <string.h>

#include "base/options.h"

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

static void free_engines(mr_router *r) {
  while (r->peers) {
    mr__peer_free(r->peers);
  }
  while (r->attempts) {
    mr__attempt_free(r->attempts);
  }
  while (r->explains) {
    mr__explain_free(r->explains);
  }
  mr_route_free(r->route);
  mr_queue_free(r->queue);
}

static void destroy(mr_router *r) {
  mr__ctx *ctx = r->ctx;
  mr__event_remove(&ctx->deferred, &r->free_event);
  free_engines(r);
  mr__timer_stop(ctx, &r->drain_timer);
  mr__event_remove(&ctx->events, &r->drained_event);
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

/* At the next input of the family, unless a function of ours returns before. */
static void free_deferred(mr__event_node *node) {
  mr_router *r = MR__OWNER(node, mr_router, free_event);
  if (r->inside == 0) {
    destroy(r);
  }
}

void mr_router_free(mr_router *router) {
  if (!router || router->dead) {
    return;
  }
  if (router->inside == 0 && router->ctx->busy == 0) {
    destroy(router);
    return;
  }
  router->dead = 1;
  router->free_event.done = free_deferred;
  if (router->inside == 0) {
    mr__event_post(&router->ctx->deferred, &router->free_event);
  }
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

/* MR_OK means that leave() must follow. Only a callback of dispatch is a place from which
 * to call while a function of ours has not returned. */
static int begin(mr_router *router, uint64_t now) {
  if (router->inside > router->giving) {
    return MR_ERR_STATE;
  }
  int err = router->dead ? MR_ERR_CLOSED : mr__ctx_enter(router->ctx, now);
  router->inside += err == MR_OK;
  return err;
}

static int enter(mr_router *router, uint64_t now) {
  int err = router ? begin(router, now) : MR_ERR_MISUSE;
  if (err == MR_OK) {
    router->timed = 1;
  }
  return err;
}

static int leave(mr_router *router, int result) {
  if (--router->inside > 0 || !router->dead) {
    return result;
  }
  destroy(router);
  return MR_ERR_CLOSED;
}

/* --- inputs ----------------------------------------------------------------------- */

int mr_router_submit(mr_router *router, uint64_t *ticket, const mr_submission *submission,
                     uint64_t now) {
  int err = enter(router, now);
  if (err) {
    return err;
  }
  err = mr_queue_submit(router->queue, ticket, submission, now);
  router->submitting += err == MR_OK;
  return leave(router, err);
}

int mr_router_explain(mr_router *router, uint64_t *id, const char *recipient,
                      uint64_t tag, uint64_t now) {
  int err = enter(router, now);
  return err ? err : leave(router, mr__explain_new(router, id, recipient, tag));
}

int mr_router_answer(mr_router *router, uint64_t id, const char *answer, uint64_t now) {
  int err = enter(router, now);
  return err ? err : leave(router, mr_route_answer(router->route, id, answer, now));
}

int mr_router_cancel(mr_router *router, uint64_t message, uint64_t now) {
  int err = enter(router, now);
  return err ? err : leave(router, mr_queue_cancel(router->queue, message, now));
}

/* The time to finish is over: what still runs is broken off and goes back. What it was
 * told until now is heard first. */
static void drain_over(mr__timer *timer, void *owner) {
  mr_router *r = owner;
  (void)timer;
  for (mr__peer *peer = r->peers; peer; peer = peer->next) {
    mr__peer_pump(peer);
  }
  for (mr__attempt *a = r->attempts; a; a = a->next) {
    mr__attempt_break(a);
  }
  while (r->peers) {
    mr__peer_free(r->peers);
  }
  r->kick = 1;
}

static int drain(mr_router *r, uint64_t deadline) {
  int err = mr_queue_drain(r->queue, r->ctx->now);
  if (err) {
    return err;
  }
  r->draining = 1;
  r->kick = 1; /* who waits for a connection waits no more */
  r->drain_timer.fire = drain_over;
  r->drain_timer.owner = r;
  mr__timer_set(r->ctx, &r->drain_timer, deadline);
  mr__peers_quit_idle(r);
  return MR_OK;
}

int mr_router_drain(mr_router *router, uint64_t deadline, uint64_t now) {
  int err = enter(router, now);
  return err ? err : leave(router, drain(router, deadline));
}

/* Nothing is attempted after DRAINED, whatever waits in the store. */
size_t mr_router_busy(const mr_router *router) {
  if (!router) {
    return 0;
  }
  if (router->drained == MR__DRAINED_TOLD) {
    return router->explain_count;
  }
  return router->submitting + router->messages.count + router->unlisted +
         router->attempt_count + router->explain_count + (size_t)router->draining;
}

/* --- events ----------------------------------------------------------------------- */

static const mr_event *next(mr_router *router) {
  if (router->timed) {
    mr__router_pump(router);
  }
  const mr_event *event = mr__event_next(&router->ctx->events, &router->event);
  if (event) {
    mr__router_count(router, event);
  }
  if (event && event->type == MR_EVENT_ASK) {
    router->event.tag = ((const mr__asker *)(uintptr_t)event->tag)->tag;
  }
  return event;
}

const mr_event *mr_router_next(mr_router *router) {
  if (!router || begin(router, router->ctx->now)) {
    return NULL;
  }
  const mr_event *event = next(router);
  return leave(router, MR_OK) ? NULL : event;
}

static void give(const mr_host *host, const mr_event *event) {
  int channel = event->channel != NULL;
  if (channel && event->type == MR_EVENT_OPEN) {
    if (host->open) {
      host->open(host->user, event->channel);
    } else {
      mr_channel_free(event->channel); /* nobody else has the reference */
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

static void dispatch(mr_router *router, const mr_host *host) {
  const mr_event *event;
  while (!router->dead && (event = next(router)) != NULL) {
    router->giving = 1;
    give(host, event);
    router->giving = 0;
  }
}

int mr_router_dispatch(mr_router *router, const mr_host *host, uint64_t now) {
  mr_host table;
  if (!host || host->size < offsetof(mr_host, open)) {
    return MR_ERR_MISUSE;
  }
  if (router && router->giving) {
    return MR_ERR_STATE; /* nested */
  }
  int err = enter(router, now);
  if (err) {
    return err;
  }
  memset(&table, 0, sizeof table);
  memcpy(&table, host, host->size < sizeof table ? host->size : sizeof table);
  dispatch(router, &table);
  return leave(router, MR_OK);
}

uint64_t mr_router_deadline(const mr_router *router) {
  return router ? mr__ctx_deadline(router->ctx) : MR_NEVER;
}

int mr_router_expire(mr_router *router, uint64_t now) {
  int err = enter(router, now);
  if (err) {
    return err;
  }
  mr__ctx_expire(router->ctx, router->ctx->now);
  return leave(router, MR_OK);
}
