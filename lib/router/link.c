/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/options.h"
#include "router/router.h"

static int64_t option(const mr_router *router, int id) {
  return mr_options_get(router->options, id);
}

/* --- life ------------------------------------------------------------------------- */

void mr__link_free(mr__link *link) {
  mr_router *r = link->router;
  mr__timer_stop(r->ctx, &link->idle_timer);
  mr_session_free(link->session);
  if (link->prev) {
    link->prev->next = link->next;
  } else {
    r->links = link->next;
  }
  if (link->next) {
    link->next->prev = link->prev;
  }
  r->link_count--;
  r->kick = 1;
  mr_plan_free(link->plan);
  mr__free(&r->ctx->env, link);
}

static void idle_over(mr__timer *timer, void *owner) {
  mr__link *link = owner;
  (void)timer;
  if (!link->attempt && !link->quitting) {
    link->quitting = 1;
    mr_session_quit(link->session, link->router->ctx->now);
  }
}

static mr__link *new_link(mr_router *r, const mr_plan *plan, const mr_hop *hop,
                          int level) {
  mr__link *link = mr__calloc(&r->ctx->env, 1, sizeof *link);
  if (!link) {
    return NULL;
  }
  link->router = r;
  mr__events_init(&link->results);
  if (mr__session_join(&link->session, r->ctx, r->options, &link->results)) {
    mr__free(&r->ctx->env, link);
    return NULL;
  }
  link->plan = mr_plan_ref(plan);
  link->hop = hop;
  link->level = level;
  link->idle_timer.fire = idle_over;
  link->idle_timer.owner = link;
  link->next = r->links;
  if (r->links) {
    r->links->prev = link;
  }
  r->links = link;
  r->link_count++;
  return link;
}

/* --- use -------------------------------------------------------------------------- */

/* What decided the security and identity of a connection must be the same (bug 7). */
static int fits(const mr__link *link, const mr_hop *hop, int level) {
  return link->idle && !link->attempt && !link->quitting && !link->ended &&
         link->level == level && link->hop->port == hop->port &&
         link->hop->need->trust == hop->need->trust &&
         mr__streq(link->hop->address, hop->address) &&
         mr__streq(link->hop->host, hop->host) &&
         mr__streq(link->hop->need->sni, hop->need->sni);
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

static int submit(mr__link *link, mr__attempt *a) {
  mr_transaction t;
  memset(&t, 0, sizeof t);
  t.size = sizeof t;
  t.message = a->message;
  t.sender = a->delivery->sender;
  t.recipient_count = (size_t)gather(a);
  t.recipients = a->addresses;
  t.tag = a->delivery->tag;
  t.waited = a->delivery->age;
  int err = mr_session_submit(link->session, NULL, &t, link->router->ctx->now);
  if (err == MR_OK) {
    link->attempt = a;
    link->idle = 0;
    link->messages++;
    a->link = link;
    mr__timer_stop(link->router->ctx, &link->idle_timer);
  }
  return err;
}

static int connect_link(mr__link *link, int helo) {
  mr_session_target target;
  mr_tls_need need = *link->hop->need;
  memset(&target, 0, sizeof target);
  need.level = link->level;
  target.size = sizeof target;
  target.host = link->hop->host;
  target.address = link->hop->address;
  target.port = link->hop->port;
  target.need = &need;
  target.use_helo = helo;
  return mr_session_connect(link->session, &target, link->router->ctx->now);
}

/* Room for one more connection: an idle one gives way. */
static int make_room(mr_router *r) {
  if (r->link_count < (size_t)option(r, MR_OPT_SESSIONS_MAX)) {
    return 1;
  }
  for (mr__link *link = r->links; link; link = link->next) {
    if (link->idle && !link->attempt) {
      idle_over(&link->idle_timer, link);
      break;
    }
  }
  return 0;
}

int mr__link_use(mr__attempt *a, const mr_hop *hop, int level, int helo) {
  mr_router *r = a->router;
  for (mr__link *link = r->links; link && !helo; link = link->next) {
    if (fits(link, hop, level)) {
      int err = submit(link, a);
      return err ? err : 1;
    }
  }
  if (!make_room(r)) {
    return 0;
  }
  mr__link *link = new_link(r, a->plan, hop, level);
  if (!link) {
    return MR_ERR_NOMEM;
  }
  int err = connect_link(link, helo);
  if (err == MR_OK) {
    err = submit(link, a);
  }
  if (err) {
    mr__link_free(link);
  }
  return err ? err : 1;
}

/* --- events of the session -------------------------------------------------------- */

static void became_idle(mr__link *link) {
  mr_router *r = link->router;
  link->ready = 1;
  if (link->attempt || link->quitting) {
    return;
  }
  link->idle = 1;
  r->kick = 1;
  int64_t most = option(r, MR_OPT_SESSION_MESSAGES);
  if (r->draining || link->messages >= (unsigned)most) {
    idle_over(&link->idle_timer, link);
    return;
  }
  mr__timer_set(r->ctx, &link->idle_timer,
                r->ctx->now + (uint64_t)option(r, MR_OPT_IDLE_TIME));
}

static void report(mr__link *link, int reason) {
  mr_route_report(link->router->route, link->hop->address, link->hop->port, reason,
                  link->router->ctx->now);
}

static void ask_lease(mr__link *link, uint64_t transaction) {
  mr_router *r = link->router;
  link->gate = transaction;
  uint64_t need = (uint64_t)option(r, MR_OPT_TIMEOUT_DOT) / 100 *
                      (uint64_t)option(r, MR_OPT_TIMEOUT_SCALE) +
                  (uint64_t)option(r, MR_OPT_LEASE_MARGIN);
  int err = link->attempt ? mr_queue_ensure_lease(r->queue, link->attempt->delivery->id,
                                                  need, r->ctx->now)
                          : MR_ERR_NOT_FOUND;
  if (err) {
    mr_session_proceed(link->session, transaction, 0, r->ctx->now);
    link->gate = 0;
  }
}

void mr__link_lease(mr_router *router, uint64_t delivery, int ours) {
  mr__attempt *a = mr__attempt_find(router, delivery);
  if (a && a->link && a->link->gate) {
    mr_session_proceed(a->link->session, a->link->gate, ours, router->ctx->now);
    a->link->gate = 0;
  }
}

void mr__link_source(mr_router *router, uint64_t delivery) {
  mr__attempt *a = mr__attempt_find(router, delivery);
  if (a && a->link) {
    mr_session_source_done(a->link->session, router->ctx->now);
  }
}

static void transaction_over(mr__link *link) {
  mr__attempt *a = link->attempt;
  link->attempt = NULL;
  link->gate = 0;
  if (a) {
    a->link = NULL;
    a->sessions_completed += (unsigned)link->ready;
    a->go = 1;
    link->router->kick = 1;
  }
}

static void ended(mr__link *link, const mr_outcome *outcome) {
  if (outcome->throttle) {
    report(link, outcome->reason);
  }
  transaction_over(link);
  link->ended = 1;
}

static void take(mr__link *link, const mr_event *event) {
  switch (event->type) {
  case MR_EVENT_READY:
    report(link, MR_REASON_NONE);
    became_idle(link);
    break;
  case MR_EVENT_OUTCOME:
    if (link->attempt) {
      mr__attempt_outcome(link->attempt, event->outcome);
    }
    if (event->outcome->stage >= MR_STAGE_MAIL && !link->ready) {
      link->ready = 1;
      report(link, MR_REASON_NONE);
    }
    break;
  case MR_EVENT_TRANSACTION:
    transaction_over(link);
    break;
  case MR_EVENT_BEFORE_DOT:
    ask_lease(link, event->id);
    break;
  case MR_EVENT_SESSION_END:
    ended(link, event->outcome);
    break;
  default:
    break;
  }
}

void mr__link_pump(mr__link *link) {
  const mr_event *event;
  while ((event = mr__event_next(&link->results, &link->router->inner)) != NULL) {
    link->router->changed = 1;
    take(link, event);
  }
}

void mr__links_sweep(mr_router *router) {
  mr__link *next = NULL;
  for (mr__link *link = router->links; link; link = next) {
    next = link->next;
    if (link->ended) {
      mr__link_free(link);
    }
  }
}

void mr__links_quit_idle(mr_router *router) {
  for (mr__link *link = router->links; link; link = link->next) {
    if (link->idle) {
      idle_over(&link->idle_timer, link);
    }
  }
}
