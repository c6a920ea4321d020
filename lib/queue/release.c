/* SPDX-License-Identifier: MIT */
/* Giving a delivery back unattempted; a new lane is written down first (R93, R95). */
#include "queue/delivery.h"

void mr__release_start(mr__delivery *d, uint64_t delay) {
  d->delay = delay;
  mr__delivery_phase(d, d->new_lane != NULL ? MR__PHASE_LANE : MR__PHASE_RELEASE);
  mr__delivery_wake(d);
}

static void laned(mr__op *op, int err, const mr_record *const *records, size_t count) {
  mr__delivery *d = MR__OWNER(op, mr__delivery, op);
  (void)records;
  (void)count;
  if (err == MR_ERR_LEASE_LOST) {
    mr__lease_lost(d);
    return;
  }
  mr__delivery_phase(d, MR__PHASE_RELEASE);
  mr__delivery_wake(d);
}

void mr__release_lane(mr__delivery *d) {
  if (mr__batch_init(&d->batch, &d->queue->ctx->env, 1) != MR_OK) {
    mr__delivery_back_off(d);
    return;
  }
  mr_record *record = mr__batch_add(&d->batch, MR_RECORD_UPDATE, d->lease_token,
                                    MR_RECORD_DELIVERY, d->view.message, d->part);
  record->tag = d->view.tag;
  record->lane = d->new_lane;
  record->priority = d->view.priority;
  record->state = MR_RECORD_LEASED;
  mr__buf_put(&d->batch.data, d->data, d->data_len);
  if (mr__batch_seal(&d->batch) != MR_OK) {
    mr__batch_free(&d->batch);
    mr__delivery_back_off(d);
    return;
  }
  d->op.done = laned;
  mr__op_commit(&d->op, (const mr_record_op *const *)d->batch.ops, d->batch.count);
}

static void released(mr__op *op, int err, const mr_record *const *records, size_t count) {
  mr__delivery *d = MR__OWNER(op, mr__delivery, op);
  mr_queue *q = d->queue;
  (void)records;
  (void)count;
  int over = err == MR_OK || err == MR_ERR_LEASE_LOST || err == MR_ERR_NOT_FOUND;
  if (!over && !mr__lease_over(d)) {
    mr__delivery_back_off(d);
    return;
  }
  mr__claim_wake_at(q, mr__add_sat(q->ctx->now, d->delay));
  mr__delivery_gone(d);
}

void mr__release_step(mr__delivery *d) {
  d->op.done = released;
  mr__op_release(&d->op, d->view.message, d->part, d->lease_token, d->delay);
}

/* One that is cancelled is not given back: its recipients get their end. */
static void give_back(mr__delivery *d, uint64_t delay) {
  if (d->phase == MR__PHASE_LOST)
    mr__delivery_gone(d);
  else if (d->cancelled)
    mr__delivery_finish(d);
  else
    mr__release_start(d, delay);
}

int mr_queue_release(mr_queue *queue, uint64_t delivery, uint64_t delay, uint64_t now) {
  int rc = mr__queue_enter(queue, now);
  if (rc != MR_OK)
    return rc;
  mr__delivery *d = mr__delivery_find(queue, delivery);
  if (d == NULL || (d->phase != MR__PHASE_HAND && d->phase != MR__PHASE_LOST))
    return mr__queue_leave(queue, MR_ERR_NOT_FOUND);
  give_back(d, delay);
  return mr__queue_leave(queue, MR_OK);
}

static mr__delivery *untold(mr_queue *q) {
  mr__event_node *head = &q->work->head;
  for (mr__event_node *node = head->next; node != head; node = node->next)
    if (node->type == MR_EVENT_DELIVERY)
      return MR__OWNER(node, mr__delivery, event);
  return NULL;
}

int mr_queue_drain(mr_queue *queue, uint64_t now) {
  int rc = mr__queue_enter(queue, now);
  if (rc != MR_OK)
    return rc;
  queue->draining = 1;
  mr__timer_stop(queue->ctx, &queue->claim.timer);
  mr__delivery *d;
  while ((d = untold(queue)) != NULL) {
    mr__event_remove(queue->work, &d->event);
    d->pins--;
    give_back(d, 0);
  }
  return mr__queue_leave(queue, MR_OK);
}
