/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/options.h"
#include "router/router.h"

mr__attempt *mr__attempt_find(mr_router *router, uint64_t delivery) {
  mr__attempt *a = router->attempts;
  while (a && a->delivery->id != delivery) {
    a = a->next;
  }
  return a;
}

static void join(mr__attempt *a) {
  mr_router *r = a->router;
  a->next = r->attempts;
  if (r->attempts) {
    r->attempts->prev = a;
  }
  r->attempts = a;
  r->attempt_count++;
  mr__lane_add(r, a->delivery->lane);
}

static int allocate(mr__attempt *a, const mr_env *env) {
  size_t n = a->delivery->recipient_count;
  a->recipients = mr__calloc(env, n, sizeof *a->recipients);
  a->sent = mr__calloc(env, n, sizeof *a->sent);
  a->addresses = mr__calloc(env, n, sizeof *a->addresses);
  return a->recipients && a->sent && a->addresses ? MR_OK : MR_ERR_NOMEM;
}

static void release_memory(mr__attempt *a, const mr_env *env) {
  for (size_t i = 0; a->recipients && i < a->delivery->recipient_count; i++) {
    mr_plan_free(a->recipients[i].plan);
  }
  mr_plan_free(a->plan);
  mr_plan_free(a->keyed);
  mr__free(env, a->recipients);
  mr__free(env, a->sent);
  mr__free(env, (void *)a->addresses);
  mr_message_free(a->message);
  mr__free(env, a);
}

void mr__attempt_free(mr__attempt *a) {
  mr_router *r = a->router;
  if (a->plan_id) {
    mr_route_cancel(r->route, a->plan_id, r->ctx->now);
  }
  if (a->prev) {
    a->prev->next = a->next;
  } else {
    r->attempts = a->next;
  }
  if (a->next) {
    a->next->prev = a->prev;
  }
  r->attempt_count--;
  r->kick = 1;
  mr__lane_drop(r, a->delivery->lane);
  if (a->keyed) {
    mr__lane_drop(r, a->keyed->key);
  }
  release_memory(a, &r->ctx->env);
}

int mr__attempt_new(mr_router *router, const mr_delivery *delivery) {
  const mr_env *env = &router->ctx->env;
  mr__attempt *a = mr__calloc(env, 1, sizeof *a);
  if (!a) {
    return MR_ERR_NOMEM;
  }
  a->router = router;
  a->delivery = delivery;
  a->asker.router = router;
  a->asker.attempt = a;
  a->asker.tag = delivery->tag;
  a->until = MR_NEVER;
  int err = allocate(a, env);
  if (err == MR_OK) {
    err = mr_queue_message(router->queue, delivery->id, &a->message);
  }
  if (err) {
    release_memory(a, env);
    return err;
  }
  join(a);
  mr__attempt_go(a);
  return MR_OK;
}

/* --- plans ------------------------------------------------------------------------ */

enum { GIVEN_BACK_FOR = 1000 /* ms */ };

static void give_back(mr__attempt *a, uint64_t delay) {
  mr_router *r = a->router;
  uint64_t id = a->delivery->id;
  mr__attempt_free(a);
  mr_queue_release(r->queue, id, delay, r->ctx->now);
}

/* Of one that came to nothing before it began no attempt is counted (R95). */
static void finish(mr__attempt *a) {
  mr_router *r = a->router;
  uint64_t id = a->delivery->id;
  if (!a->told) {
    give_back(a, r->draining ? 0 : GIVEN_BACK_FOR);
    return;
  }
  mr__attempt_free(a);
  mr_queue_finish(r->queue, id, r->ctx->now);
}

void mr__attempt_lost(mr__attempt *a) {
  if (a->peer) {
    mr__peer_pump(a->peer); /* what was delivered all the same */
  }
  if (a->peer) {
    a->peer->attempt = NULL;
    mr__peer_free(a->peer);
  }
  finish(a);
}

/* What the running transaction may have done nobody knows. What has not begun goes back
 * as it came. */
void mr__attempt_break(mr__attempt *a) {
  mr_router *r = a->router;
  if (a->plan_id) {
    mr_route_cancel(r->route, a->plan_id, r->ctx->now);
    a->plan_id = 0;
    a->planning = a->delivery->recipient_count;
  }
  if (a->peer) {
    a->peer->attempt = NULL;
    a->peer = NULL;
    mr__attempt_uncertain(a);
  }
  if (a->told) {
    mr__attempt_defer(a, MR_REASON_DRAINING);
  }
  a->go = 1;
}

static void take_plan(mr__attempt *a, size_t i, const mr_plan *plan) {
  mr__recipient *to = &a->recipients[i];
  if (plan->verdict == MR_VERDICT_DELIVER) {
    to->plan = mr_plan_ref(plan);
    to->state = MR__RECIPIENT_PLANNED;
    return;
  }
  mr__attempt_verdict(a, i, plan);
  to->state = MR__RECIPIENT_DONE;
}

/* From here on the servers are known that the delivery is for: they are its lane (R93).
 * If enough deliveries are on their way there, this one waits in the store for its turn,
 * in the lane that is closed until then, and takes no place from others. */
static int enter_lane(mr__attempt *a, const mr_plan *plan, int may_give_back) {
  mr_router *r = a->router;
  mr_queue_set_lane(r->queue, a->delivery->id, plan->key);
  if (a->keyed || mr__streq(plan->key, a->delivery->lane)) {
    return 1;
  }
  if (may_give_back && mr__lane_is_full(r, plan->key)) {
    give_back(a, GIVEN_BACK_FOR);
    return 0;
  }
  a->keyed = mr_plan_ref(plan);
  mr__lane_add(r, plan->key);
  return 1;
}

/* Recipients of one delivery share a domain, so one plan serves all, unless the table or
 * the host tells single addresses apart (R1, R5). */
void mr__attempt_plan(mr__attempt *a, const mr_plan *plan) {
  int single = mr__route_tells_recipients_apart(a->router->route);
  size_t start = a->planning;
  size_t end = single ? start + 1 : a->delivery->recipient_count;
  int all = start == 0 && end == a->delivery->recipient_count;
  a->plan_id = 0;
  if (all && plan->reason == MR_REASON_HOST_DEAD) {
    give_back(a, plan->retry_in); /* nobody is connected to: no attempt (R23, R95) */
    return;
  }
  if (plan->verdict == MR_VERDICT_DELIVER && !enter_lane(a, plan, all)) {
    return;
  }
  for (size_t i = start; i < end; i++) {
    take_plan(a, i, plan);
  }
  a->planning = end;
  mr__attempt_go(a);
}

static void ask_plan(mr__attempt *a) {
  mr_router *r = a->router;
  int err = mr_route_query(r->route, &a->plan_id, a->delivery->recipients[a->planning],
                           a->delivery->age, (uint64_t)(uintptr_t)&a->asker, r->ctx->now);
  if (err) {
    a->plan_id = 0;
    mr__attempt_defer(a, MR_REASON_NO_MEMORY);
    finish(a);
  }
}

/* --- groups and hops -------------------------------------------------------------- */

static void reset_hop(mr__attempt *a) {
  a->hop_tried = a->skip_host = a->renewed = 0;
  a->again_clear = a->again_helo = a->again_new = 0;
}

static int same_group(const mr_plan *a, const mr_plan *b) {
  return a == b || mr__streq(a->key, b->key);
}

/* The next group: all planned recipients that share the first one's servers. */
static int start_group(mr__attempt *a) {
  mr_plan_free(a->plan);
  a->plan = NULL;
  for (size_t i = 0; i < a->delivery->recipient_count; i++) {
    mr__recipient *to = &a->recipients[i];
    if (to->state == MR__RECIPIENT_PLANNED &&
        (!a->plan || same_group(a->plan, to->plan))) {
      to->state = MR__RECIPIENT_OPEN;
      a->plan = a->plan ? a->plan : mr_plan_ref(to->plan);
    }
  }
  a->hop = 0;
  reset_hop(a);
  a->addresses_tried = a->sessions_completed = 0;
  return a->plan != NULL;
}

static size_t open_count(const mr__attempt *a) {
  size_t n = 0;
  for (size_t i = 0; i < a->delivery->recipient_count; i++) {
    n += a->recipients[i].state == MR__RECIPIENT_OPEN;
  }
  return n;
}

/* No host is left for those still open: what they were told last stands. */
static void close_group(mr__attempt *a) {
  for (size_t i = 0; i < a->delivery->recipient_count; i++) {
    if (a->recipients[i].state == MR__RECIPIENT_OPEN) {
      a->recipients[i].state = MR__RECIPIENT_DONE;
    }
  }
  mr_plan_free(a->plan);
  a->plan = NULL;
}

static void next_hop(mr__attempt *a) {
  a->hop = mr__attempt_following_hop(a);
  reset_hop(a);
}

static int budget_left(const mr__attempt *a) {
  const mr_router *r = a->router;
  const mr_options *o = r->options;
  return !a->local_fault && !r->draining && r->ctx->now < a->until &&
         a->addresses_tried < (unsigned)mr_options_get(o, MR_OPT_ATTEMPT_ADDRESSES) &&
         a->sessions_completed < (unsigned)mr_options_get(o, MR_OPT_ATTEMPT_SESSIONS);
}

static int level_of(const mr__attempt *a, const mr_hop *hop) {
  int level = hop->need->level;
  if (a->again_clear ||
      (level == MR_TLS_MAY && mr__tls_is_broken(a->router, hop->address))) {
    return MR_TLS_NONE;
  }
  return level;
}

static void hop_in_use(mr__attempt *a) {
  if (a->until == MR_NEVER) {
    a->until = a->router->ctx->now +
               (uint64_t)mr_options_get(a->router->options, MR_OPT_ATTEMPT_TIME);
  }
  a->addresses_tried += (unsigned)!a->hop_tried;
  a->hop_tried = 1;
  a->renewed |= a->again_new;
  a->again_clear = a->again_helo = a->again_new = 0;
}

/* 1: something is under way or waits, 0: this group is at its end. */
static int try_hop(mr__attempt *a) {
  int again = a->again_clear || a->again_helo || a->again_new;
  a->waiting = 0;
  if (a->hop_tried && !again) {
    next_hop(a);
  }
  if (a->hop >= a->plan->hop_count || !budget_left(a)) {
    return 0;
  }
  const mr_hop *hop = a->plan->hops[a->hop];
  int used = mr__peer_use(a, hop, level_of(a, hop));
  a->waiting = used == 0;
  if (used > 0) {
    hop_in_use(a);
  }
  if (used < 0) {
    mr__attempt_defer(a, used == MR_ERR_NOMEM ? MR_REASON_NO_MEMORY
                                              : MR_REASON_NOT_ATTEMPTED);
    return 0;
  }
  return 1;
}

void mr__attempt_go(mr__attempt *a) {
  if (a->peer || a->plan_id) {
    return;
  }
  if (a->planning < a->delivery->recipient_count) {
    ask_plan(a);
    return;
  }
  for (;;) {
    if (!a->plan && !start_group(a)) {
      break;
    }
    if (open_count(a) > 0 && try_hop(a)) {
      return;
    }
    close_group(a);
  }
  finish(a);
}
