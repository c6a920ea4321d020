/* SPDX-License-Identifier: MIT */
/* What became of each recipient, and what follows from it (R97-R99, R16). */
#include <string.h>

#include "queue/delivery.h"

static int clean_text(mr_outcome *o) {
  if (o->status == NULL)
    o->status = "";
  if (o->text == NULL)
    o->text = "";
  if (o->host == NULL)
    o->host = "";
  if (o->address == NULL)
    o->address = "";
  if (o->tls_version == NULL)
    o->tls_version = "";
  if (o->tls_cipher == NULL)
    o->tls_cipher = "";
  o->recipient = "";
  return o->fate == MR_FATE_DELIVERED || o->fate == MR_FATE_DEFERRED ||
         o->fate == MR_FATE_FAILED || o->fate == MR_FATE_DISCARDED ||
         o->fate == MR_FATE_HELD;
}

/* Hard over soft, then progress; of equals the later one (R97). */
static int rank(const mr_outcome *o) {
  if (o->reason == MR_REASON_NONE || o->fate == 0)
    return -1;
  if (o->fate == MR_FATE_FAILED)
    return 1000 + o->stage;
  return mr__schedule_real(o->reason) ? o->stage : 0;
}

/* Once delivered, nothing takes it back. A relay of the host's that does not resolve is
 * no fault of the recipient's (R16). */
static void take_result(mr__rcpt *r, mr_outcome *o) {
  if (r->last.view.fate == MR_FATE_DELIVERED)
    return;
  if (o->fate == MR_FATE_FAILED && o->reason == MR_REASON_RELAY_UNRESOLVED)
    o->fate = MR_FATE_DEFERRED;
  mr__outcome_set(&r->last, o);
  r->uncertain |= o->uncertain;
  if (rank(o) >= rank(&r->best.view))
    mr__outcome_set(&r->best, o);
}

static int in_range(const mr_outcome *o) {
  return o->stage >= 0 && o->stage <= MR_STAGE_IDLE && o->reason >= 0 &&
         o->reason <= UINT16_MAX;
}

int mr_queue_result(mr_queue *queue, uint64_t delivery, size_t index,
                    const mr_outcome *outcome, uint64_t now) {
  if (queue == NULL || outcome == NULL)
    return MR_ERR_MISUSE;
  int rc = mr__queue_enter(queue, now);
  if (rc != MR_OK)
    return rc;
  mr_outcome o = *outcome;
  mr__delivery *d = mr__delivery_find(queue, delivery);
  if (d == NULL || index >= d->view.recipient_count)
    rc = MR_ERR_NOT_FOUND;
  else if (!clean_text(&o) || !in_range(&o))
    rc = MR_ERR_MISUSE;
  else if (d->phase != MR__PHASE_HAND && d->phase != MR__PHASE_LOST)
    rc = MR_ERR_STATE;
  else
    take_result(d->pending[index], &o);
  return mr__queue_leave(queue, rc);
}

void mr__rcpt_say(mr__rcpt *r, int fate, int reason) {
  mr_outcome o;
  mr__outcome_clear(&o);
  o.fate = fate;
  o.reason = reason;
  o.stage = MR_STAGE_QUEUE;
  o.status = mr_reason_status(reason);
  o.text = mr_reason_text(reason);
  mr__outcome_set(&r->last, &o);
}

static void expire(mr__rcpt *r) {
  r->last.view.fate = MR_FATE_EXPIRED;
  r->last.view.reason = MR_REASON_EXPIRED;
  memcpy(r->last.status, "5.4.7", sizeof "5.4.7");
  r->last.view.status = r->last.status;
  if (rank(&r->best.view) < 0)
    mr__outcome_set(&r->best, &r->last.view);
  r->best.view.fate = MR_FATE_EXPIRED;
  r->best.view.reason = MR_REASON_EXPIRED;
  memcpy(r->best.status, "5.4.7", sizeof "5.4.7");
  r->best.view.status = r->best.status;
}

/* One that failed before has its end already; no bounce follows. */
static void cancel(mr__rcpt *r) {
  if (r->was == MR__RCPT_UNBOUNCED)
    mr__outcome_set(&r->last, &r->best.view);
  else
    mr__rcpt_say(r, MR_FATE_CANCELLED, MR_REASON_CANCELLED);
  r->keep = 0;
  r->told = 1;
}

static void decide_deferred(mr__delivery *d, mr__rcpt *r) {
  int reason = r->last.view.reason;
  if (d->cancelled) {
    cancel(r);
  } else if (mr__schedule_expired(mr__delivery_age(d), d->head.lifetime, reason)) {
    expire(r);
    r->failed = 1;
  } else {
    r->keep = 1;
  }
}

static void decide_pending(mr__delivery *d, mr__rcpt *r) {
  if (r->last.view.fate == 0)
    mr__rcpt_say(r, MR_FATE_DEFERRED, MR_REASON_NOT_ATTEMPTED);
  r->told = 1;
  switch (r->last.view.fate) {
  case MR_FATE_FAILED:
    if (r->best.view.fate != MR_FATE_FAILED)
      mr__outcome_set(&r->best, &r->last.view);
    r->failed = 1;
    break;
  case MR_FATE_DEFERRED:
    decide_deferred(d, r);
    break;
  case MR_FATE_HELD:
    r->keep = 1;
    r->state = MR__RCPT_HELD;
    if (d->cancelled)
      cancel(r);
    break;
  default: /* delivered, discarded */
    break;
  }
}

static void decide(mr__delivery *d, mr__rcpt *r) {
  if (r->was == MR__RCPT_PENDING) {
    decide_pending(d, r);
  } else if (d->cancelled) {
    cancel(r);
  } else if (r->was == MR__RCPT_UNBOUNCED) {
    mr__outcome_set(&r->last, &r->best.view);
    r->failed = 1;
    r->told = 1;
  } else {
    r->keep = 1;
  }
}

void mr__delivery_finish(mr__delivery *d) {
  mr_queue *q = d->queue;
  d->need = 0;
  mr__event_node *ready = &d->ready_event;
  if (mr__event_linked(ready)) {
    mr__event_remove(q->work, ready);
    d->pins--;
  }
  for (size_t i = 0; i < d->rcpt_count; i++)
    decide(d, &d->rcpts[i]);
  d->delay = mr__schedule_delay(&q->schedule, mr__delivery_age(d), d->head.lifetime,
                                (uint32_t)mr__queue_nonce(q));
  mr__settle_start(d);
}

/* A damaged record tells no recipients: it goes without outcomes. */
void mr__delivery_remove(mr__delivery *d) {
  for (size_t i = 0; i < d->rcpt_count; i++)
    cancel(&d->rcpts[i]);
  mr__settle_start(d);
}

static void log_duplicates(const mr__delivery *d) {
  for (size_t i = 0; i < d->rcpt_count; i++) {
    if (d->rcpts[i].last.view.fate == MR_FATE_DELIVERED)
      mr__log(&d->queue->ctx->env, MR_LOG_WARNING,
              "queue: message %llu was delivered, but its lease was lost (D3)",
              (unsigned long long)d->view.message);
  }
}

int mr_queue_finish(mr_queue *queue, uint64_t delivery, uint64_t now) {
  int rc = mr__queue_enter(queue, now);
  if (rc != MR_OK)
    return rc;
  mr__delivery *d = mr__delivery_find(queue, delivery);
  if (d == NULL || (d->phase != MR__PHASE_HAND && d->phase != MR__PHASE_LOST))
    return mr__queue_leave(queue, MR_ERR_NOT_FOUND);
  if (d->phase == MR__PHASE_LOST) {
    log_duplicates(d);
    mr__delivery_gone(d);
  } else {
    mr__delivery_finish(d);
  }
  return mr__queue_leave(queue, MR_OK);
}

int mr_queue_set_lane(mr_queue *queue, uint64_t delivery, const char *lane) {
  if (queue == NULL || lane == NULL)
    return MR_ERR_MISUSE;
  if (queue->ctx->busy > 0)
    return MR_ERR_STATE;
  mr__delivery *d = mr__delivery_find(queue, delivery);
  if (d == NULL || d->phase != MR__PHASE_HAND)
    return MR_ERR_NOT_FOUND;
  size_t len = strlen(lane);
  if (len == 0 || len > MR__LANE_MAX)
    return MR_ERR_RANGE;
  char *copy = mr__strdup(&queue->ctx->env, lane);
  if (copy == NULL)
    return mr__queue_back(queue, MR_ERR_NOMEM);
  mr__free(&queue->ctx->env, d->new_lane);
  d->new_lane = copy;
  return mr__queue_back(queue, MR_OK);
}
