/* SPDX-License-Identifier: MIT */
/* Asking the store for work: claims while there is room, then a timer for what is next.
 */
#include "queue/core.h"
#include "queue/delivery.h"

static mr_queue *queue_of(mr__task *task) {
  return MR__OWNER(task, mr__claim, task)->op.queue;
}

void mr__claim_wake(mr_queue *q) {
  if (q->claim.capacity == 0 || q->draining)
    return;
  q->claim.wanted = 1;
  mr__task_wake(q, &q->claim.task);
}

void mr__claim_wake_at(mr_queue *q, uint64_t at) {
  mr__claim *c = &q->claim;
  if (c->capacity == 0 || q->draining)
    return;
  if (at <= q->ctx->now)
    mr__claim_wake(q);
  else if (!c->timer.armed || at < c->timer.at)
    mr__timer_set(q->ctx, &c->timer, at);
}

void mr__claim_spread(mr_queue *q) {
  q->claim.late_until = mr__add_sat(q->ctx->now, q->schedule.min);
  q->claim.late_left = q->claim.max;
}

void mr__claim_give_back(mr_queue *q, const mr_record *record, uint64_t delay) {
  mr__claim *c = &q->claim;
  c->back[c->back_count++] =
      (mr__give_back){record->message, record->part, record->lease_token, delay};
}

/* Late by more than a retry after a start or a step: not all at once (fault 84, 86). */
static int put_off(mr_queue *q, const mr_record *record, uint64_t *delay) {
  mr__claim *c = &q->claim;
  if (q->ctx->now >= c->late_until || record->due_in >= 0 ||
      (uint64_t)0 - (uint64_t)record->due_in <= q->schedule.min)
    return 0;
  if (c->late_left > 0) {
    c->late_left--;
    return 0;
  }
  *delay = 1 + mr__queue_nonce(q) % q->schedule.min;
  return 1;
}

static void take_in(mr_queue *q, const mr_record *record) {
  uint64_t delay = 0;
  if (record->kind != MR_RECORD_DELIVERY || record->message == 0)
    return;
  if (q->draining || put_off(q, record, &delay)) {
    mr__claim_give_back(q, record, delay);
    return;
  }
  mr__delivery *d = mr__delivery_claimed(q, record, q->claim.asked_at);
  if (d == NULL)
    mr__claim_give_back(q, record, MR__CLAIM_PAUSE);
  else if (mr__delivery_hand_out(d) && q->claim.capacity > 0)
    q->claim.capacity--;
}

static void back_off(mr_queue *q, int err) {
  mr__claim *c = &q->claim;
  c->backoff = mr__schedule_backoff(c->backoff);
  mr__fail(&q->error, err, MR_STAGE_QUEUE, NULL, "the store cannot tell what is due: %s",
           mr_strerror(err));
  mr__log(&q->ctx->env, MR_LOG_ERROR, "queue: no claim, again in %llu ms: %s",
          (unsigned long long)c->backoff, mr_strerror(err));
  mr__claim_wake_at(q, mr__add_sat(q->ctx->now, c->backoff));
}

static void claimed(mr_queue *q, int err, const mr_record *const *records, size_t count) {
  mr__claim *c = &q->claim;
  if (err != MR_OK) {
    back_off(q, err);
    return;
  }
  c->backoff = 0;
  for (size_t i = 0; i < count && i < c->max; i++)
    take_in(q, records[i]);
  if (count > 0) {
    mr__claim_wake(q);
    return;
  }
  c->late_until = c->late_until != 0 ? 1 : 0; /* all that was late has been seen */
  c->asking = !c->wanted;
}

static void set_alarm(mr_queue *q, const mr_record *record) {
  uint64_t now = q->ctx->now, at = MR_NEVER;
  if (record != NULL && record->due_in <= 0)
    at = now + MR__CLAIM_PAUSE;
  else if (record != NULL)
    at = mr__add_sat(now, (uint64_t)record->due_in);
  if (q->store.durability == MR_DURABILITY_SHARED && at > now + MR__CLAIM_POLL)
    at = now + MR__CLAIM_POLL;
  if (at != MR_NEVER)
    mr__claim_wake_at(q, at);
}

static void ended(mr__op *op, int err, const mr_record *const *records, size_t count) {
  mr_queue *q = op->queue;
  int asked = q->claim.asking;
  q->claim.asking = 0;
  mr__lanes_sweep(q);
  if (!asked)
    claimed(q, err, records, count);
  else if (err != MR_OK)
    back_off(q, err);
  else
    set_alarm(q, count > 0 ? records[0] : NULL);
  mr__task_wake(q, &q->claim.task);
}

static void give_back_one(mr_queue *q) {
  mr__claim *c = &q->claim;
  mr__give_back back = c->back[--c->back_count];
  mr__op_release(&c->op, back.message, back.part, back.lease_token, back.delay);
}

/* A release that fails is made good by the end of the lease. */
static void gave_back(mr__op *op, int err, const mr_record *const *records,
                      size_t count) {
  mr_queue *q = op->queue;
  (void)records;
  (void)count;
  if (err != MR_OK)
    mr__log(&q->ctx->env, MR_LOG_WARNING, "queue: release failed: %s", mr_strerror(err));
  mr__claim_wake(q);
  mr__task_wake(q, &q->claim.task);
}

static void ask(mr_queue *q) {
  mr__claim *c = &q->claim;
  int asking = c->asking && !c->wanted;
  if (mr__lanes_snapshot(q) != MR_OK) {
    c->wanted = 0;
    c->asking = 0;
    back_off(q, MR_ERR_NOMEM);
    return;
  }
  c->asking = asking;
  c->op.done = ended;
  if (asking) {
    mr__op_due(&c->op, &c->limits);
    return;
  }
  if (c->late_until == 0)
    mr__claim_spread(q);
  c->wanted = 0;
  c->asked_at = q->ctx->now;
  mr__timer_stop(q->ctx, &c->timer);
  mr__op_claim(&c->op, q->lease, c->capacity < c->max ? c->capacity : c->max, &c->limits);
}

static void step(mr__task *task) {
  mr_queue *q = queue_of(task);
  mr__claim *c = &q->claim;
  if (mr__op_busy(&c->op))
    return;
  if (c->back_count > 0) {
    c->op.done = gave_back;
    give_back_one(q);
  } else if (c->capacity > 0 && !q->draining && (c->wanted || c->asking)) {
    ask(q);
  }
}

static void fire(mr__timer *timer, void *owner) {
  mr_queue *q = owner;
  (void)timer;
  mr__claim_wake(q);
  mr__queue_run(q);
}

int mr__claim_init(mr_queue *q) {
  mr__claim *c = &q->claim;
  c->max = (size_t)mr__queue_option(q, MR_OPT_CLAIM_MAX);
  c->back = mr__calloc(&q->ctx->env, c->max, sizeof *c->back);
  c->task.step = step;
  c->timer.fire = fire;
  c->timer.owner = q;
  mr__op_init(&c->op, q, ended);
  return c->back != NULL ? MR_OK : MR_ERR_NOMEM;
}

void mr__claim_free(mr_queue *q) {
  mr__claim *c = &q->claim;
  if (c->op.queue == NULL)
    return;
  mr__op_cancel(&c->op);
  mr__task_stop(&c->task);
  mr__timer_stop(q->ctx, &c->timer);
  mr__free(&q->ctx->env, c->back);
  mr__free(&q->ctx->env, c->lanes);
}

int mr_queue_take(mr_queue *queue, size_t count, uint64_t now) {
  int rc = mr__queue_enter(queue, now);
  if (rc != MR_OK)
    return rc;
  size_t before = queue->claim.capacity;
  queue->claim.capacity = count;
  if (count == 0)
    mr__timer_stop(queue->ctx, &queue->claim.timer);
  else if (before == 0) /* else it is looking already, or knows when to */
    mr__claim_wake(queue);
  return mr__queue_leave(queue, MR_OK);
}

int mr_queue_wake(mr_queue *queue, uint64_t now) {
  int rc = mr__queue_enter(queue, now);
  if (rc != MR_OK)
    return rc;
  if (queue->claim.capacity > 0)
    mr__claim_wake(queue);
  return mr__queue_leave(queue, MR_OK);
}
