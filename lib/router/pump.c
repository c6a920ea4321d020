/* SPDX-License-Identifier: MIT */
/* Carries the events of queue, route and sessions from one to the other. */
#include "base/options.h"
#include "router/router.h"

static void take_plan(const mr_event *event) {
  mr__asker *asker = (mr__asker *)(uintptr_t)event->tag;
  if (asker->attempt) {
    mr__attempt_plan(asker->attempt, event->plan);
  } else {
    mr__explain_plan((mr__explain *)asker, event->plan);
  }
}

/* What cannot be begun now comes again as if it had not been tried (R95). */
static void take_delivery(mr_router *r, const mr_delivery *delivery) {
  r->taken -= r->taken > 0;
  if (mr__attempt_new(r, delivery)) {
    mr_queue_release(r->queue, delivery->id,
                     (uint64_t)mr_options_get(r->options, MR_OPT_RETRY_MIN), r->ctx->now);
  }
}

static void take_work(mr_router *r, const mr_event *event) {
  mr__attempt *attempt;
  switch (event->type) {
  case MR_EVENT_DELIVERY:
    take_delivery(r, event->delivery);
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
    r->drained = MR__DRAINED_QUEUE;
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

/* Places that are free for more deliveries, told to the queue when that changed. Not all
 * at once: the lanes of those that came must be counted before more are claimed, so that
 * one lane does not get every place. */
static void offer_places(mr_router *r) {
  size_t most = (size_t)mr_options_get(r->options, MR_OPT_SESSIONS_MAX);
  size_t share = (size_t)mr_options_get(r->options, MR_OPT_CLAIM_MAX);
  size_t places = r->draining || r->attempt_count >= most ? 0 : most - r->attempt_count;
  places = places < share ? places : share;
  if (places != r->taken) {
    r->taken = places;
    mr_queue_take(r->queue, places, r->ctx->now);
  }
}

static void tell_drained(mr_router *r) {
  if (r->drained == MR__DRAINED_QUEUE && r->peer_count == 0) {
    r->drained = MR__DRAINED_TOLD;
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
    if (mr__events_empty(&r->work)) { /* all that was handed out has its place */
      offer_places(r);
    }
  } while (r->changed || r->kick || !mr__events_empty(&r->work));
  tell_drained(r);
}

/* --- what is not done yet -------------------------------------------------------- */

/* Without memory for its id a message still counts. */
static void note_message(mr_router *r, uint64_t id) {
  if (mr__map_put(&r->messages, &id, sizeof id, r, NULL)) {
    r->unlisted++;
  }
}

static void forget_message(mr_router *r, uint64_t id) {
  if (!mr__map_remove(&r->messages, &id, sizeof id)) {
    r->unlisted -= r->unlisted > 0;
  }
}

void mr__router_count(mr_router *r, const mr_event *event) {
  switch (event->type) {
  case MR_EVENT_ACCEPTED:
    r->submitting -= event->id != 0 && r->submitting > 0;
    if (event->reason != MR_REASON_KNOWN_KEY) { /* that one may be done already */
      note_message(r, event->message);
    }
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
