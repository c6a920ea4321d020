/* SPDX-License-Identifier: MIT */
/* What a session, a plan or our own side says about the recipients of an attempt, and
 * what the queue is told of it. The last word counts; the queue makes one outcome of all.
 */
#include "base/options.h"
#include "router/router.h"

static void tell(mr__attempt *a, size_t i, const mr_outcome *outcome) {
  a->told = 1;
  mr_queue_result(a->router->queue, a->delivery->id, i, outcome, a->router->ctx->now);
}

static void tell_reason(mr__attempt *a, size_t i, int fate, int reason, int stage) {
  mr_outcome o;
  mr__outcome_clear(&o);
  o.recipient = a->delivery->recipients[i];
  o.fate = fate;
  o.reason = reason;
  o.stage = stage;
  o.status = mr_reason_status(reason);
  o.text = mr_reason_text(reason);
  tell(a, i, &o);
}

void mr__attempt_defer(mr__attempt *a, int reason) {
  for (size_t i = 0; i < a->delivery->recipient_count; i++) {
    if (a->recipients[i].state != MR__RECIPIENT_DONE) {
      tell_reason(a, i, MR_FATE_DEFERRED, reason, MR_STAGE_QUEUE);
      a->recipients[i].state = MR__RECIPIENT_DONE;
    }
  }
}

void mr__attempt_uncertain(mr__attempt *a) {
  mr_outcome o;
  mr__outcome_clear(&o);
  o.fate = MR_FATE_DEFERRED;
  o.reason = MR_REASON_DRAINING;
  o.stage = MR_STAGE_QUEUE;
  o.status = mr_reason_status(o.reason);
  o.text = mr_reason_text(o.reason);
  o.uncertain = 1;
  for (size_t i = 0; i < a->delivery->recipient_count; i++) {
    if (a->recipients[i].state == MR__RECIPIENT_OPEN) {
      o.recipient = a->delivery->recipients[i];
      tell(a, i, &o);
      a->recipients[i].state = MR__RECIPIENT_DONE;
    }
  }
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

void mr__attempt_verdict(mr__attempt *a, size_t i, const mr_plan *plan) {
  mr_outcome o;
  mr__outcome_clear(&o);
  o.recipient = a->delivery->recipients[i];
  o.fate = fate_of(plan);
  o.reason = plan->reason;
  o.stage = MR_STAGE_ROUTE;
  o.status = plan->status;
  o.text = plan->text;
  tell(a, i, &o);
}

/* --- sessions --------------------------------------------------------------------- */

static const mr_hop *hop_of(const mr__attempt *a) { return a->plan->hops[a->hop]; }

size_t mr__attempt_following_hop(const mr__attempt *a) {
  const mr_plan *plan = a->plan;
  const char *host = hop_of(a)->host;
  size_t i = a->hop + 1;
  while (i < plan->hop_count &&
         (!plan->hops[i]->in_attempt ||
          (a->skip_host && mr__streq(plan->hops[i]->host, host)))) {
    i++;
  }
  return i;
}

/* A connection that had rested was gone before anything was said on it: a new one to the
 * same address, once (R91). */
static void note_gone(mr__attempt *a, const mr_outcome *o) {
  if (o->reason == MR_REASON_NOT_ATTEMPTED && !a->renewed) {
    a->again_new = 1;
  }
}

static void note_action(mr__attempt *a, const mr_outcome *o) {
  switch (o->action) {
  case MR_ACTION_NEXT:
    note_gone(a, o);
    break;
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
         hop_of(a)->preference == a->plan->hops[0]->preference;
}

/* A refusal that another host could have answered otherwise bounces on the last host, if
 * none was merely unavailable; refusals at the greeting have a time to heal (R29, R63).
 * That a worse exchanger is us says nothing about the better ones (R39). */
static int is_final_refusal(const mr__attempt *a, const mr__recipient *to,
                            const mr_outcome *o) {
  uint64_t patience =
      (uint64_t)mr_options_get(a->router->options, MR_OPT_GREETING5XX_LIFETIME);
  int greeting =
      o->reason == MR_REASON_GREETING_HARD || o->reason == MR_REASON_GREETING_NO_MAIL;
  return o->fate == MR_FATE_FAILED && o->reason != MR_REASON_LOOP_GREETING &&
         !to->soft_seen && mr__attempt_following_hop(a) >= a->plan->hop_count &&
         (!greeting || a->delivery->age >= patience);
}

static void soften(mr__recipient *to, mr_outcome *o) {
  int loop = o->reason == MR_REASON_LOOP_GREETING;
  to->soft_seen |= o->fate != MR_FATE_FAILED || loop;
  o->fate = MR_FATE_DEFERRED;
  o->status = loop ? "4.4.6" : o->status;
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
    soften(to, &o);
  }
  o.index = i;
  tell(a, i, &o);
}
