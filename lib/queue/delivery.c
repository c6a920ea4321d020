/* SPDX-License-Identifier: MIT */
#include "queue/delivery.h"

#include <string.h>

uint64_t mr__delivery_age(const mr__delivery *d) {
  return mr__add_sat(d->view.age, d->queue->ctx->now - d->asked_at);
}

void mr__delivery_wake(mr__delivery *d) { mr__task_wake(d->queue, &d->task); }

static int in_hand(int phase) {
  return phase != 0 && phase != MR__PHASE_LOST && phase != MR__PHASE_GONE;
}

void mr__delivery_phase(mr__delivery *d, int phase) {
  d->queue->in_hand += (size_t)in_hand(phase);
  d->queue->in_hand -= (size_t)in_hand(d->phase);
  d->phase = phase;
  d->backoff = 0;
  d->waiting = 0;
  mr__timer_stop(d->queue->ctx, &d->retry_timer);
}

void mr__delivery_back_off(mr__delivery *d) {
  mr_queue *q = d->queue;
  d->backoff = mr__schedule_backoff(d->backoff);
  d->waiting = 1;
  mr__timer_set(q->ctx, &d->retry_timer, mr__add_sat(q->ctx->now, d->backoff));
}

static void retry(mr__timer *timer, void *owner) {
  mr__delivery *d = owner;
  (void)timer;
  d->waiting = 0;
  mr__delivery_wake(d);
  mr__queue_run(d->queue);
}

static void delivery_free(mr__delivery *d) {
  mr_queue *q = d->queue;
  const mr_env *env = &q->ctx->env;
  mr__op_cancel(&d->op);
  mr__task_stop(&d->task);
  mr__timer_stop(q->ctx, &d->lease_timer);
  mr__timer_stop(q->ctx, &d->retry_timer);
  mr__index_remove(&q->deliveries, &d->by_id);
  mr__index_remove(&q->messages, &d->by_message);
  mr__bounce_free(d);
  mr__batch_free(&d->batch);
  for (size_t i = 0; i < d->rcpt_count; i++)
    mr__note_free(d->rcpts[i].note, q);
  mr__free(env, d->rcpts);
  mr__free(env, d->addresses);
  mr__free(env, d->pending);
  mr__free(env, d->lane);
  mr__free(env, d->new_lane);
  mr__free(env, d->data);
  mr__free(env, d);
}

void mr__delivery_post(mr__delivery *d, mr__events *list, mr__event_node *node) {
  if (mr__event_linked(node))
    return;
  d->pins++;
  mr__event_post(list, node);
}

void mr__delivery_unpin(mr__delivery *d) {
  if (--d->pins == 0 && d->phase == MR__PHASE_GONE)
    delivery_free(d);
}

void mr__delivery_gone(mr__delivery *d) {
  mr__delivery_phase(d, MR__PHASE_GONE);
  mr__timer_stop(d->queue->ctx, &d->lease_timer);
  mr__index_remove(&d->queue->deliveries, &d->by_id);
  mr__task_stop(&d->task);
  d->pins++; /* so that freeing happens in one place */
  mr__delivery_unpin(d);
}

static void step(mr__task *task) {
  mr__delivery *d = MR__OWNER(task, mr__delivery, task);
  if (mr__op_busy(&d->op))
    return;
  if (d->renew && in_hand(d->phase)) {
    mr__lease_renew(d);
    return;
  }
  if (d->waiting)
    return;
  static void (*const steps[])(mr__delivery *) = {[MR__PHASE_HEADER] = mr__bounce_header,
                                                  [MR__PHASE_BEGIN] = mr__bounce_begin,
                                                  [MR__PHASE_WRITE] = mr__bounce_write,
                                                  [MR__PHASE_COMMIT] = mr__settle_commit,
                                                  [MR__PHASE_VERIFY] = mr__settle_verify,
                                                  [MR__PHASE_ENDED] = mr__settle_ended,
                                                  [MR__PHASE_LANE] = mr__release_lane,
                                                  [MR__PHASE_RELEASE] = mr__release_step,
                                                  [MR__PHASE_GONE] = NULL};
  if (steps[d->phase] != NULL)
    steps[d->phase](d);
}

static void read_rcpt(mr__delivery *d, mr__rcpt *r, const mr__record_rcpt *from) {
  r->delivery = d;
  r->address = from->address;
  r->given = from->given;
  r->index = from->index;
  r->state = from->state;
  r->was = from->state;
  mr__outcome_clear(&r->last.view);
  mr__outcome_set(&r->best, &from->best);
}

/* MR_OK, MR_ERR_NOMEM, or MR_ERR_PROTO: damaged. */
static int read_record(mr__delivery *d) {
  const mr_env *env = &d->queue->ctx->env;
  mr__cur cur;
  if (mr__record_open(&cur, d->data, d->data_len, &d->head) != MR_OK)
    return MR_ERR_PROTO;
  d->rcpts = mr__calloc(env, d->head.count, sizeof *d->rcpts);
  d->addresses = mr__calloc(env, d->head.count, sizeof *d->addresses);
  d->pending = mr__calloc(env, d->head.count, sizeof *d->pending);
  if (d->rcpts == NULL || d->addresses == NULL || d->pending == NULL)
    return MR_ERR_NOMEM;
  mr__record_rcpt from;
  while (d->rcpt_count < d->head.count && mr__record_next(&cur, &from) == MR_OK)
    read_rcpt(d, &d->rcpts[d->rcpt_count++], &from);
  return mr__record_close(&cur);
}

static int add_notes(mr__delivery *d) {
  if (!mr__queue_option(d->queue, MR_OPT_EVENTS_DURABLE))
    return MR_OK;
  for (size_t i = 0; i < d->rcpt_count; i++) {
    d->rcpts[i].note = mr__note_new(d->queue);
    if (d->rcpts[i].note == NULL)
      return MR_ERR_NOMEM;
  }
  return MR_OK;
}

static void make_view(mr__delivery *d, const mr_record *record) {
  mr_delivery *v = &d->view;
  v->id = mr__ctx_id(d->queue->ctx);
  v->message = record->message;
  v->tag = record->tag;
  v->lane = d->lane;
  v->domain = d->head.domain;
  v->sender = d->head.sender;
  v->recipients = d->addresses;
  v->age = record->age;
  v->attempts = record->attempts;
  v->message_size = d->head.size;
  v->priority = record->priority;
  v->uncertain =
      record->state == MR_RECORD_LEASED || (d->head.flags & MR__RECORD_UNCERTAIN) != 0;
  for (size_t i = 0; i < d->rcpt_count; i++) {
    if (d->rcpts[i].state != MR__RCPT_PENDING)
      continue;
    d->addresses[v->recipient_count] = d->rcpts[i].address;
    d->pending[v->recipient_count++] = &d->rcpts[i];
  }
}

static void init(mr__delivery *d, mr_queue *q, const mr_record *record,
                 uint64_t asked_at) {
  d->queue = q;
  d->part = record->part;
  d->lease_token = record->lease_token;
  d->asked_at = asked_at;
  d->data_len = record->data_len;
  d->nonce = mr__queue_nonce(q);
  d->task.step = step;
  d->retry_timer.fire = retry;
  d->retry_timer.owner = d;
  mr__op_init(&d->op, q, NULL);
}

static mr__delivery *make(mr_queue *q, const mr_record *record, uint64_t asked_at) {
  const mr_env *env = &q->ctx->env;
  mr__delivery *d = mr__calloc(env, 1, sizeof *d);
  if (d == NULL)
    return NULL;
  init(d, q, record, asked_at);
  d->lane = mr__strdup(env, record->lane != NULL ? record->lane : "");
  d->data = mr__memdup0(env, record->data, record->data_len);
  int rc = d->lane != NULL && d->data != NULL ? read_record(d) : MR_ERR_NOMEM;
  if (rc == MR_OK)
    rc = add_notes(d);
  if (rc == MR_ERR_NOMEM) {
    delivery_free(d);
    return NULL;
  }
  if (rc != MR_OK) {
    d->purpose = MR__PURPOSE_HOLD;
    d->rcpt_count = 0;
    d->head.sender = "";
    d->head.domain = "";
  }
  make_view(d, record);
  mr__delivery_init_events(d);
  mr__index_add(&q->deliveries, &d->by_id, d->view.id);
  mr__index_add(&q->messages, &d->by_message, d->view.message);
  return d;
}

/* An older claim of the same record is void: its token has changed. */
static void displace(mr_queue *q, const mr_record *record) {
  mr__delivery *old = mr__delivery_of(q, record->message, record->part);
  if (old == NULL || old->purpose != MR__PURPOSE_RESULTS)
    return;
  if (!old->unknown || !mr__settle_found(old, record))
    mr__lease_lost(old);
}

mr__delivery *mr__delivery_claimed(mr_queue *q, const mr_record *record,
                                   uint64_t asked_at) {
  displace(q, record);
  mr__delivery *d = make(q, record, asked_at);
  if (d == NULL)
    return NULL;
  mr__delivery_phase(d, MR__PHASE_HAND);
  mr__lease_start(d, record->lease_left);
  return d;
}

mr__delivery *mr__delivery_looked_up(mr_queue *q, const mr_record *record,
                                     struct mr__cancel *cancel) {
  mr__delivery *d = make(q, record, q->ctx->now);
  if (d == NULL)
    return NULL;
  d->purpose = MR__PURPOSE_CANCEL;
  d->cancel = cancel;
  d->cancelled = 1;
  mr__delivery_phase(d, MR__PHASE_HAND);
  return d;
}

int mr__delivery_hand_out(mr__delivery *d) {
  mr_queue *q = d->queue;
  if (d->purpose == MR__PURPOSE_HOLD) {
    mr__log(&q->ctx->env, MR_LOG_ERROR,
            "queue: record %llu/%llu is damaged; it is held as it is",
            (unsigned long long)d->view.message, (unsigned long long)d->part);
    mr__settle_start(d);
    return 0;
  }
  if (d->view.recipient_count == 0) {
    mr__delivery_finish(d);
    return 0;
  }
  mr__delivery_post(d, q->work, &d->event);
  return 1;
}

mr__delivery *mr__delivery_find(mr_queue *q, uint64_t id) {
  mr__link *link = mr__index_find(&q->deliveries, id);
  return link != NULL ? MR__OWNER(link, mr__delivery, by_id) : NULL;
}

mr__delivery *mr__delivery_of(mr_queue *q, uint64_t message, uint64_t part) {
  mr__link *link = mr__index_find(&q->messages, message);
  for (; link != NULL; link = mr__index_again(link)) {
    mr__delivery *d = MR__OWNER(link, mr__delivery, by_message);
    if (d->part == part && in_hand(d->phase))
      return d;
  }
  return NULL;
}

static void unpost(mr__delivery *d) {
  mr_queue *q = d->queue;
  mr__event_remove(q->work, &d->event);
  mr__event_remove(q->work, &d->lost_event);
  mr__event_remove(q->work, &d->ready_event);
  mr__event_remove(&q->ctx->events, &d->bounce_event);
  mr__event_remove(&q->ctx->events, &d->damaged_event);
  mr__event_remove(&q->ctx->events, &d->done_event);
  for (size_t i = 0; i < d->rcpt_count; i++)
    mr__event_remove(&q->ctx->events, &d->rcpts[i].event);
}

void mr__deliveries_free(mr_queue *q) {
  mr__link *link;
  while ((link = mr__index_any(&q->messages)) != NULL) {
    mr__delivery *d = MR__OWNER(link, mr__delivery, by_message);
    unpost(d);
    delivery_free(d);
  }
}
