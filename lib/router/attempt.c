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
  int64_t time = mr_options_get(router->options, MR_OPT_ATTEMPT_TIME);
  a->until = router->ctx->now + (uint64_t)time;
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

/* --- results ---------------------------------------------------------------------- */

static void result(mr__attempt *a, size_t i, const mr_outcome *outcome) {
  mr_queue_result(a->router->queue, a->delivery->id, i, outcome, a->router->ctx->now);
}

static void result_of_reason(mr__attempt *a, size_t i, int fate, int reason, int stage,
                             const char *status, const char *text) {
  mr_outcome o;
  mr__outcome_clear(&o);
  o.recipient = a->delivery->recipients[i];
  o.fate = fate;
  o.reason = reason;
  o.stage = stage;
  o.status = status ? status : mr_reason_status(reason);
  o.text = text ? text : mr_reason_text(reason);
  result(a, i, &o);
}

void mr__attempt_defer(mr__attempt *a, int reason, int uncertain) {
  mr_outcome o;
  for (size_t i = 0; i < a->delivery->recipient_count; i++) {
    if (a->recipients[i].state == MR__RECIPIENT_DONE) {
      continue;
    }
    mr__outcome_clear(&o);
    o.recipient = a->delivery->recipients[i];
    o.fate = MR_FATE_DEFERRED;
    o.reason = reason;
    o.stage = MR_STAGE_QUEUE;
    o.status = mr_reason_status(reason);
    o.text = mr_reason_text(reason);
    o.uncertain = uncertain;
    result(a, i, &o);
    a->recipients[i].state = MR__RECIPIENT_DONE;
  }
}

void mr__attempt_lost(mr__attempt *a) {
  if (a->peer) {
    a->peer->attempt = NULL;
    mr__peer_free(a->peer);
  }
  mr__attempt_free(a);
}

static void finish(mr__attempt *a) {
  mr_router *r = a->router;
  uint64_t id = a->delivery->id;
  mr__attempt_free(a);
  mr_queue_finish(r->queue, id, r->ctx->now);
}

/* --- plans ------------------------------------------------------------------------ */

static int fate_of(const mr_plan *plan) {
  switch (plan->verdict) {
  case MR_VERDICT_BOUNCE:
    return MR_FATE_FAILED;
  case MR_VERDICT_DISCARD:
    return MR_FATE_DISCARDED;
  case MR_VERDICT_HOLD:
    return MR_FATE_HELD;
  default:
    return MR_FATE_DEFERRED;
  }
}

static void take_plan(mr__attempt *a, size_t i, const mr_plan *plan) {
  mr__recipient *to = &a->recipients[i];
  if (plan->verdict == MR_VERDICT_DELIVER) {
    to->plan = mr_plan_ref(plan);
    to->state = MR__RECIPIENT_PLANNED;
    return;
  }
  result_of_reason(a, i, fate_of(plan), plan->reason, MR_STAGE_ROUTE, plan->status,
                   plan->text);
  to->state = MR__RECIPIENT_DONE;
}

/* Recipients of one delivery share a domain, so one plan serves all, unless the table or
 * the host tells single addresses apart (R1, R5). */
void mr__attempt_plan(mr__attempt *a, const mr_plan *plan) {
  int single = mr__route_tells_recipients_apart(a->router->route);
  size_t end = single ? a->planning + 1 : a->delivery->recipient_count;
  a->plan_id = 0;
  for (size_t i = a->planning; i < end; i++) {
    take_plan(a, i, plan);
  }
  a->planning = end;
  if (plan->verdict == MR_VERDICT_DELIVER) {
    mr_queue_set_lane(a->router->queue, a->delivery->id, plan->key);
  }
  mr__attempt_go(a);
}

static void ask_plan(mr__attempt *a) {
  mr_router *r = a->router;
  int err = mr_route_query(r->route, &a->plan_id, a->delivery->recipients[a->planning],
                           a->delivery->age, (uint64_t)(uintptr_t)&a->asker, r->ctx->now);
  if (err) {
    a->plan_id = 0;
    mr__attempt_defer(a, MR_REASON_NO_MEMORY, 0);
    finish(a);
  }
}

/* --- groups and hops -------------------------------------------------------------- */

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
  a->hop_tried = a->again_clear = a->again_helo = a->skip_host = 0;
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

static const mr_hop *hop_at(const mr__attempt *a) { return a->plan->hops[a->hop]; }

/* The hop that follows in this attempt, hop_count = none. */
static size_t following_hop(const mr__attempt *a) {
  const mr_plan *plan = a->plan;
  const char *host = plan->hops[a->hop]->host;
  size_t i = a->hop + 1;
  while (i < plan->hop_count &&
         (!plan->hops[i]->in_attempt ||
          (a->skip_host && mr__streq(plan->hops[i]->host, host)))) {
    i++;
  }
  return i;
}

static void next_hop(mr__attempt *a) {
  a->hop = following_hop(a);
  a->hop_tried = a->again_clear = a->again_helo = a->skip_host = 0;
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

/* 1: something is under way or waits, 0: this group is at its end. */
static int try_hop(mr__attempt *a) {
  if (a->hop_tried && !a->again_clear && !a->again_helo) {
    next_hop(a);
  }
  if (a->hop >= a->plan->hop_count || !budget_left(a)) {
    return 0;
  }
  const mr_hop *hop = hop_at(a);
  int fresh = !a->hop_tried;
  int used = mr__peer_use(a, hop, level_of(a, hop), a->again_helo);
  a->waiting = used == 0;
  if (used > 0) {
    a->addresses_tried += (unsigned)fresh;
    a->hop_tried = 1;
    a->again_clear = a->again_helo = 0;
  }
  if (used < 0) {
    mr__attempt_defer(
        a, used == MR_ERR_NOMEM ? MR_REASON_NO_MEMORY : MR_REASON_NOT_ATTEMPTED, 0);
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

/* --- outcomes of sessions --------------------------------------------------------- */

static void note_action(mr__attempt *a, const mr_outcome *o) {
  switch (o->action) {
  case MR_ACTION_CLEAR:
    a->again_clear = 1;
    mr__tls_mark_broken(a->router, o->address);
    break;
  case MR_ACTION_HELO:
    a->again_helo = 1;
    break;
  case MR_ACTION_NEXT_HOST:
    a->skip_host = 1;
    break;
  case MR_ACTION_LOCAL:
    a->local_fault = 1;
    break;
  default:
    break;
  }
}

static int goes_on(int action) {
  return action == MR_ACTION_NEXT || action == MR_ACTION_NEXT_HOST ||
         action == MR_ACTION_CLEAR || action == MR_ACTION_HELO ||
         action == MR_ACTION_AGAIN;
}

/* We are our own best exchanger (R39). */
static int is_own_best(const mr__attempt *a, const mr_outcome *o) {
  return o->reason == MR_REASON_LOOP_GREETING &&
         hop_at(a)->preference == a->plan->hops[0]->preference;
}

/* A refusal that another host could have answered otherwise bounces on the last host, if
 * none was merely unavailable; refusals at the greeting have a time to heal (R29, R63).
 */
static int is_final_refusal(const mr__attempt *a, const mr__recipient *to,
                            const mr_outcome *o) {
  uint64_t patience =
      (uint64_t)mr_options_get(a->router->options, MR_OPT_GREETING5XX_LIFETIME);
  int greeting =
      o->reason == MR_REASON_GREETING_HARD || o->reason == MR_REASON_GREETING_NO_MAIL;
  return o->fate == MR_FATE_FAILED && !to->soft_seen &&
         following_hop(a) >= a->plan->hop_count &&
         (!greeting || a->delivery->age >= patience);
}

void mr__attempt_outcome(mr__attempt *a, const mr_outcome *outcome) {
  mr_outcome o = *outcome;
  size_t i = a->sent[outcome->index];
  mr__recipient *to = &a->recipients[i];
  note_action(a, outcome);
  if (is_own_best(a, outcome)) {
    to->state = MR__RECIPIENT_DONE;
    o.fate = MR_FATE_FAILED;
  } else if (!goes_on(o.action)) {
    to->state = MR__RECIPIENT_DONE;
  } else if (!is_final_refusal(a, to, outcome)) {
    to->soft_seen |= o.fate != MR_FATE_FAILED;
    o.fate = MR_FATE_DEFERRED;
  }
  o.index = i;
  result(a, i, &o);
}
