/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/options.h"
#include "router/router.h"

static int64_t option(const mr_router *router, int id) {
  return mr_options_get(router->options, id);
}

/* --- life ------------------------------------------------------------------------- */

void mr__peer_free(mr__peer *peer) {
  mr_router *r = peer->router;
  mr__timer_stop(r->ctx, &peer->idle_timer);
  mr_session_free(peer->session);
  if (peer->prev) {
    peer->prev->next = peer->next;
  } else {
    r->peers = peer->next;
  }
  if (peer->next) {
    peer->next->prev = peer->prev;
  }
  r->peer_count--;
  r->kick = 1;
  mr_plan_free(peer->plan);
  mr__free(&r->ctx->env, peer);
}

static void idle_over(mr__timer *timer, void *owner) {
  mr__peer *peer = owner;
  (void)timer;
  if (!peer->attempt && !peer->quitting) {
    peer->quitting = 1;
    mr_session_quit(peer->session, peer->router->ctx->now);
  }
}

static mr__peer *new_peer(mr_router *r, const mr_plan *plan, const mr_hop *hop,
                          int level) {
  mr__peer *peer = mr__calloc(&r->ctx->env, 1, sizeof *peer);
  if (!peer) {
    return NULL;
  }
  peer->router = r;
  mr__events_init(&peer->results);
  if (mr__session_join(&peer->session, r->ctx, r->options, &peer->results)) {
    mr__free(&r->ctx->env, peer);
    return NULL;
  }
  peer->plan = mr_plan_ref(plan);
  peer->hop = hop;
  peer->level = level;
  peer->idle_timer.fire = idle_over;
  peer->idle_timer.owner = peer;
  peer->next = r->peers;
  if (r->peers) {
    r->peers->prev = peer;
  }
  r->peers = peer;
  r->peer_count++;
  return peer;
}

/* --- use -------------------------------------------------------------------------- */

static int same_names(const mr_tls_need *a, const mr_tls_need *b) {
  int same = a->name_count == b->name_count;
  for (size_t i = 0; same && i < a->name_count; i++) {
    same = mr__streq(a->names[i], b->names[i]);
  }
  return same;
}

/* What decided the security and identity of a connection must be the same (bug 7). */
static int fits(const mr__peer *peer, const mr_hop *hop, int level) {
  const mr_tls_need *have = peer->hop->need, *need = hop->need;
  return peer->idle && !peer->attempt && !peer->quitting && !peer->ended &&
         peer->level == level && have->level == need->level &&
         peer->hop->port == hop->port && have->trust == need->trust &&
         mr__streq(peer->hop->address, hop->address) &&
         mr__streq(peer->hop->host, hop->host) && mr__streq(have->sni, need->sni) &&
         same_names(have, need);
}

static int gather(mr__attempt *a) {
  size_t n = 0;
  for (size_t i = 0; i < a->delivery->recipient_count; i++) {
    if (a->recipients[i].state == MR__RECIPIENT_OPEN) {
      a->sent[n] = i;
      a->addresses[n++] = a->delivery->recipients[i];
    }
  }
  return (int)n;
}

static int submit(mr__peer *peer, mr__attempt *a) {
  mr_transaction t;
  memset(&t, 0, sizeof t);
  t.size = sizeof t;
  t.message = a->message;
  t.sender = a->delivery->sender;
  t.recipient_count = (size_t)gather(a);
  t.recipients = a->addresses;
  t.tag = a->delivery->tag;
  t.waited = a->delivery->age;
  int err = mr_session_submit(peer->session, NULL, &t, peer->router->ctx->now);
  if (err == MR_OK) {
    peer->attempt = a;
    peer->idle = 0;
    peer->messages++;
    a->peer = peer;
    mr__timer_stop(peer->router->ctx, &peer->idle_timer);
  }
  return err;
}

static int connect_peer(mr__peer *peer, int helo) {
  mr_session_target target;
  mr_tls_need need = *peer->hop->need;
  memset(&target, 0, sizeof target);
  need.level = peer->level;
  target.size = sizeof target;
  target.host = peer->hop->host;
  target.address = peer->hop->address;
  target.port = peer->hop->port;
  target.need = &need;
  target.use_helo = helo;
  return mr_session_connect(peer->session, &target, peer->router->ctx->now);
}

static mr__peer *spare(mr_router *r, const char *key) {
  for (mr__peer *peer = r->peers; peer; peer = peer->next) {
    if (peer->idle && !peer->attempt && (!key || mr__streq(peer->plan->key, key))) {
      return peer;
    }
  }
  return NULL;
}

static size_t connections(const mr_router *r, const char *key) {
  size_t n = 0;
  for (const mr__peer *peer = r->peers; peer; peer = peer->next) {
    n += (size_t)mr__streq(peer->plan->key, key);
  }
  return n;
}

/* Room for one more connection, here and at the destination: an idle one gives way. */
static int make_room(mr_router *r, const char *key) {
  mr__peer *gives_way = NULL;
  if (connections(r, key) >= (size_t)option(r, MR_OPT_DESTINATION_SESSIONS)) {
    gives_way = spare(r, key);
  } else if (r->peer_count >= (size_t)option(r, MR_OPT_SESSIONS_MAX)) {
    gives_way = spare(r, NULL);
  } else {
    return 1;
  }
  if (gives_way) {
    idle_over(&gives_way->idle_timer, gives_way);
  }
  return 0;
}

/* One that rests there; 0 = none, or the peer let go of it a moment ago. */
static int use_idle(mr__attempt *a, const mr_hop *hop, int level) {
  for (mr__peer *peer = a->router->peers; peer; peer = peer->next) {
    if (!fits(peer, hop, level)) {
      continue;
    }
    int err = submit(peer, a);
    if (err != MR_ERR_CLOSED && err != MR_ERR_STATE) {
      return err ? err : 1;
    }
  }
  return 0;
}

static int use_new(mr__attempt *a, const mr_hop *hop, int level) {
  mr__peer *peer = new_peer(a->router, a->plan, hop, level);
  if (!peer) {
    return MR_ERR_NOMEM;
  }
  int err = connect_peer(peer, a->again_helo);
  if (err == MR_OK) {
    err = submit(peer, a);
  }
  if (err) {
    mr__peer_free(peer);
  }
  return err ? err : 1;
}

int mr__peer_use(mr__attempt *a, const mr_hop *hop, int level) {
  int used = a->again_helo || a->again_new ? 0 : use_idle(a, hop, level);
  if (used == 0 && make_room(a->router, a->plan->key)) {
    used = use_new(a, hop, level);
  }
  return used;
}

/* --- events of the session -------------------------------------------------------- */

static void became_idle(mr__peer *peer) {
  mr_router *r = peer->router;
  peer->ready = 1;
  if (peer->attempt || peer->quitting) {
    return;
  }
  peer->idle = 1;
  r->kick = 1;
  int64_t most = option(r, MR_OPT_SESSION_MESSAGES);
  if (r->draining || peer->messages >= (unsigned)most) {
    idle_over(&peer->idle_timer, peer);
    return;
  }
  mr__timer_set(r->ctx, &peer->idle_timer,
                r->ctx->now + (uint64_t)option(r, MR_OPT_IDLE_TIME));
}

static void report(mr__peer *peer, int reason) {
  mr_route_report(peer->router->route, peer->hop->address, peer->hop->port, reason,
                  peer->router->ctx->now);
}

static void ask_lease(mr__peer *peer, uint64_t transaction) {
  mr_router *r = peer->router;
  peer->gate = transaction;
  uint64_t need = (uint64_t)option(r, MR_OPT_TIMEOUT_DOT) / 100 *
                      (uint64_t)option(r, MR_OPT_TIMEOUT_SCALE) +
                  (uint64_t)option(r, MR_OPT_LEASE_MARGIN);
  int err = peer->attempt ? mr_queue_ensure_lease(r->queue, peer->attempt->delivery->id,
                                                  need, r->ctx->now)
                          : MR_ERR_NOT_FOUND;
  if (err) {
    mr_session_proceed(peer->session, transaction, 0, r->ctx->now);
    peer->gate = 0;
  }
}

void mr__peer_lease(mr_router *router, uint64_t delivery, int ours) {
  mr__attempt *a = mr__attempt_find(router, delivery);
  if (a && a->peer && a->peer->gate) {
    mr_session_proceed(a->peer->session, a->peer->gate, ours, router->ctx->now);
    a->peer->gate = 0;
  }
}

void mr__peer_source(mr_router *router, uint64_t delivery) {
  mr__attempt *a = mr__attempt_find(router, delivery);
  if (a && a->peer) {
    mr_session_source_done(a->peer->session, router->ctx->now);
  }
}

static void transaction_over(mr__peer *peer) {
  mr__attempt *a = peer->attempt;
  peer->attempt = NULL;
  peer->gate = 0;
  if (a) {
    a->peer = NULL;
    a->sessions_completed += (unsigned)(peer->ready && !a->again_new);
    a->go = 1;
    peer->router->kick = 1;
  }
}

static void ended(mr__peer *peer, const mr_outcome *outcome) {
  if (outcome->throttle) {
    report(peer, outcome->reason);
  }
  transaction_over(peer);
  peer->ended = 1;
}

static void take(mr__peer *peer, const mr_event *event) {
  switch (event->type) {
  case MR_EVENT_READY:
    report(peer, MR_REASON_NONE);
    became_idle(peer);
    break;
  case MR_EVENT_OUTCOME:
    if (peer->attempt) {
      mr__attempt_outcome(peer->attempt, event->outcome);
    }
    if (event->outcome->stage >= MR_STAGE_MAIL && event->outcome->stage <= MR_STAGE_DOT &&
        !peer->ready) {
      peer->ready = 1;
      report(peer, MR_REASON_NONE);
    }
    break;
  case MR_EVENT_TRANSACTION:
    transaction_over(peer);
    break;
  case MR_EVENT_BEFORE_DOT:
    ask_lease(peer, event->id);
    break;
  case MR_EVENT_SESSION_END:
    ended(peer, event->outcome);
    break;
  default:
    break;
  }
}

void mr__peer_pump(mr__peer *peer) {
  const mr_event *event;
  while ((event = mr__event_next(&peer->results, &peer->router->inner)) != NULL) {
    peer->router->changed = 1;
    take(peer, event);
  }
}

void mr__peers_sweep(mr_router *router) {
  mr__peer *next = NULL;
  for (mr__peer *peer = router->peers; peer; peer = next) {
    next = peer->next;
    if (peer->ended) {
      mr__peer_free(peer);
    }
  }
}

void mr__peers_quit_idle(mr_router *router) {
  for (mr__peer *peer = router->peers; peer; peer = peer->next) {
    if (peer->idle) {
      idle_over(&peer->idle_timer, peer);
    }
  }
}
