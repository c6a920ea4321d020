/* SPDX-License-Identifier: MIT */
/* A claim is ours for a while only: renewed at half, given up when it cannot be (R104).
 */
#include "queue/delivery.h"

int mr__lease_over(const mr__delivery *d) { return d->queue->ctx->now >= d->lease_until; }

static void arm(mr__delivery *d, uint64_t at) {
  if (at > d->lease_until)
    at = d->lease_until;
  mr__timer_set(d->queue->ctx, &d->lease_timer, at);
}

/* Lease left counts from the `now` at which it was asked for. */
static void lasts(mr__delivery *d, uint64_t asked_at, uint64_t left) {
  d->lease_until = mr__add_sat(asked_at, left);
  arm(d, mr__add_sat(asked_at, left / 2));
}

/* A look at whether it was delivered: then the loss of the lease is a duplicate (D2, D3).
 */
static int delivered_any(const mr__delivery *d) {
  for (size_t i = 0; i < d->rcpt_count; i++) {
    if (d->rcpts[i].last.view.fate == MR_FATE_DELIVERED || d->rcpts[i].uncertain)
      return 1;
  }
  return 0;
}

void mr__lease_lost(mr__delivery *d) {
  mr_queue *q = d->queue;
  int phase = d->phase;
  mr__log(&q->ctx->env, MR_LOG_WARNING, "queue: lease of %llu/%llu is lost%s",
          (unsigned long long)d->view.message, (unsigned long long)d->part,
          delivered_any(d) ? "; delivered, but another attempt may follow (D2, D3)" : "");
  mr__op_cancel(&d->op);
  mr__timer_stop(q->ctx, &d->lease_timer);
  if (phase == MR__PHASE_LANE || phase == MR__PHASE_RELEASE ||
      d->purpose != MR__PURPOSE_RESULTS) {
    mr__delivery_gone(d);
    return;
  }
  int unseen = mr__event_linked(&d->event);
  if (unseen) {
    mr__event_remove(q->work, &d->event);
    d->pins--;
  } else if (d->view.recipient_count > 0) {
    mr__delivery_post(d, q->work, &d->lost_event);
  }
  if (d->message_done)
    mr__delivery_post(d, &q->ctx->events, &d->done_event);
  if (unseen || phase != MR__PHASE_HAND)
    mr__delivery_gone(d);
  else
    mr__delivery_phase(d, MR__PHASE_LOST);
}

static void answer_need(mr__delivery *d) {
  mr_queue *q = d->queue;
  if (d->need == 0)
    return;
  int enough = mr__add_sat(q->ctx->now, d->need) <= d->lease_until;
  d->need = 0;
  if (enough)
    mr__delivery_post(d, q->work, &d->ready_event);
  else
    mr__lease_lost(d);
}

static void renewed(mr__op *op, int err, const mr_record *const *records, size_t count) {
  mr__delivery *d = MR__OWNER(op, mr__delivery, op);
  mr_queue *q = d->queue;
  if (err == MR_ERR_LEASE_LOST || err == MR_ERR_NOT_FOUND) {
    mr__lease_lost(d);
    return;
  }
  mr__delivery_wake(d);
  if (err != MR_OK || count == 0) {
    mr__log(&q->ctx->env, MR_LOG_WARNING, "queue: lease not renewed: %s",
            mr_strerror(err));
    arm(d, mr__add_sat(q->ctx->now, MR__BACKOFF_MIN));
    return;
  }
  lasts(d, d->renew_at, records[0]->lease_left);
  answer_need(d);
}

void mr__lease_renew(mr__delivery *d) {
  uint64_t lease = d->queue->lease;
  d->renew = 0;
  d->op.done = renewed;
  d->renew_at = d->queue->ctx->now;
  mr__op_renew(&d->op, d->view.message, d->part, d->lease_token,
               d->need > lease ? d->need : lease);
}

/* While the result of a commit is unknown, the lease no longer matters. */
static void due(mr__timer *timer, void *owner) {
  mr__delivery *d = owner;
  mr_queue *q = d->queue;
  (void)timer;
  if (d->unknown || d->phase == MR__PHASE_ENDED)
    return;
  if (!mr__lease_over(d)) {
    d->renew = 1;
    arm(d, d->lease_until);
    mr__delivery_wake(d);
  } else if (d->phase == MR__PHASE_COMMIT && mr__op_busy(&d->op)) {
    return; /* its answer or its timeout decides */
  } else {
    mr__lease_lost(d);
  }
  mr__queue_run(q);
}

void mr__lease_start(mr__delivery *d, uint64_t left) {
  d->lease_timer.fire = due;
  d->lease_timer.owner = d;
  lasts(d, d->asked_at, left);
}

int mr_queue_ensure_lease(mr_queue *queue, uint64_t delivery, uint64_t need,
                          uint64_t now) {
  int rc = mr__queue_enter(queue, now);
  if (rc != MR_OK)
    return rc;
  mr__delivery *d = mr__delivery_find(queue, delivery);
  if (d == NULL || (d->phase != MR__PHASE_HAND && d->phase != MR__PHASE_LOST))
    return mr__queue_leave(queue, MR_ERR_NOT_FOUND);
  if (d->phase == MR__PHASE_LOST) {
    mr__delivery_post(d, queue->work, &d->lost_event);
  } else if (mr__add_sat(queue->ctx->now, need) <= d->lease_until) {
    mr__delivery_post(d, queue->work, &d->ready_event);
  } else {
    d->need = need;
    d->renew = 1;
    mr__delivery_wake(d);
  }
  return mr__queue_leave(queue, MR_OK);
}
