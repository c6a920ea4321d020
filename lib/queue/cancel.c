/* SPDX-License-Identifier: MIT */
/* Cancelling: the deliveries of a message are looked up one after the other. One in hand
 * is marked, one that waits is removed, one that another worker has is looked at again.
 */
#include "queue/delivery.h"

typedef struct mr__cancel {
  struct mr__cancel *next, **at;
  mr_queue *queue;
  mr__task task;
  mr__op op;
  mr__timer timer;
  uint64_t message, after_part, backoff;
  int busy;    /* a delivery is being removed */
  int blocked; /* one could not be removed in this pass */
  mr_record_filter filter;
} mr__cancel;

static void cancel_free(mr__cancel *c) {
  mr__op_cancel(&c->op);
  mr__task_stop(&c->task);
  mr__timer_stop(c->queue->ctx, &c->timer);
  *c->at = c->next;
  if (c->next != NULL)
    c->next->at = c->at;
  mr__free(&c->queue->ctx->env, c);
}

void mr__cancels_free(mr_queue *q) {
  while (q->cancels != NULL)
    cancel_free(q->cancels);
}

static void later(mr__cancel *c) {
  mr_queue *q = c->queue;
  c->backoff = mr__schedule_backoff(c->backoff);
  c->after_part = 0;
  c->blocked = 0;
  mr__timer_set(q->ctx, &c->timer, mr__add_sat(q->ctx->now, c->backoff));
}

static void fire(mr__timer *timer, void *owner) {
  mr__cancel *c = owner;
  (void)timer;
  mr__task_wake(c->queue, &c->task);
  mr__queue_run(c->queue);
}

void mr__cancel_done(mr__cancel *cancel, int blocked) {
  cancel->busy = 0;
  cancel->blocked |= blocked;
  mr__task_wake(cancel->queue, &cancel->task);
}

/* One that nobody has been told of is not attempted any more. */
static void mark(mr__cancel *c, mr__delivery *d) {
  mr_queue *q = c->queue;
  if (d->phase != MR__PHASE_HAND) {
    c->blocked = 1;
    return;
  }
  d->cancelled = 1;
  if (!mr__event_linked(&d->event))
    return;
  mr__event_remove(q->work, &d->event);
  d->pins--;
  mr__delivery_finish(d);
}

static void take(mr__cancel *c, const mr_record *record) {
  mr_queue *q = c->queue;
  c->after_part = record->part;
  mr__delivery *d = mr__delivery_of(q, record->message, record->part);
  if (d != NULL) {
    mark(c, d);
    return;
  }
  mr_record copy = *record;
  copy.lease_token = 0;
  d = mr__delivery_looked_up(q, &copy, c);
  if (d == NULL) {
    c->blocked = 1;
    return;
  }
  c->busy = 1;
  mr__delivery_remove(d);
}

static void listed(mr__op *op, int err, const mr_record *const *records, size_t count) {
  mr__cancel *c = MR__OWNER(op, mr__cancel, op);
  if (err != MR_OK) {
    later(c);
    return;
  }
  if (count > 0) {
    take(c, records[0]);
    if (!c->busy)
      mr__task_wake(c->queue, &c->task);
  } else if (c->blocked) {
    later(c);
  } else {
    cancel_free(c);
  }
}

static void step(mr__task *task) {
  mr__cancel *c = MR__OWNER(task, mr__cancel, task);
  if (c->busy || mr__op_busy(&c->op))
    return;
  c->filter = (mr_record_filter){.size = sizeof c->filter,
                                 .kind = MR_RECORD_DELIVERY,
                                 .message = c->message,
                                 .after_message = c->message,
                                 .after_part = c->after_part};
  mr__op_list(&c->op, &c->filter, 1);
}

int mr_queue_cancel(mr_queue *queue, uint64_t message, uint64_t now) {
  int rc = mr__queue_enter(queue, now);
  if (rc != MR_OK)
    return rc;
  mr__cancel *c = mr__calloc(&queue->ctx->env, 1, sizeof *c);
  if (c == NULL || message == 0) {
    mr__free(&queue->ctx->env, c);
    return mr__queue_leave(queue, message == 0 ? MR_ERR_MISUSE : MR_ERR_NOMEM);
  }
  c->queue = queue;
  c->message = message;
  c->task.step = step;
  c->timer.fire = fire;
  c->timer.owner = c;
  mr__op_init(&c->op, queue, listed);
  c->next = queue->cancels;
  c->at = &queue->cancels;
  if (c->next != NULL)
    c->next->at = &c->next;
  queue->cancels = c;
  mr__task_wake(queue, &c->task);
  return mr__queue_leave(queue, MR_OK);
}
