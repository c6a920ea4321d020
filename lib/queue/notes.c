/* SPDX-License-Identifier: MIT */
/*
 * Durable outcomes (MR_OPT_EVENTS_DURABLE): each final outcome is an EVENT record,
 * written in the commit that ends its recipient and removed by mr_queue_ack(). What an
 * earlier life left is told again. The record's part is the event's id: 63 random bits.
 */
#include "queue/delivery.h"

typedef struct mr__note {
  mr__link link; /* by id */
  mr_queue *queue;
  uint64_t id, message, tag;
  int acked;
  mr__task task; /* removes the record */
  mr__op op;
  mr__timer timer;
  uint64_t backoff;
  mr_record record;
  mr_record_op step;
  const mr_record_op *steps[1];
  /* one that is told again */
  int pinned;
  char *data;
  mr_outcome outcome;
  mr__event_node event;
} mr__note;

static uint64_t new_id(mr_queue *q) { return mr__queue_nonce(q) | UINT64_C(1) << 63; }

uint64_t mr__note_id(const mr__note *note) { return note->id; }

void mr__note_renew(mr__note *note, mr_queue *q) { note->id = new_id(q); }

void mr__note_free(mr__note *note, mr_queue *q) {
  if (note == NULL)
    return;
  mr__op_cancel(&note->op);
  mr__task_stop(&note->task);
  mr__timer_stop(q->ctx, &note->timer);
  mr__event_remove(&q->ctx->events, &note->event);
  mr__index_remove(&q->notes.by_id, &note->link);
  mr__free(&q->ctx->env, note->data);
  mr__free(&q->ctx->env, note);
}

/* ---- acknowledging ---- */

static void removed(mr__op *op, int err, const mr_record *const *records, size_t count) {
  mr__note *note = MR__OWNER(op, mr__note, op);
  mr_queue *q = op->queue;
  (void)records;
  (void)count;
  if (err != MR_OK && err != MR_ERR_NOT_FOUND) {
    note->backoff = mr__schedule_backoff(note->backoff);
    mr__timer_set(q->ctx, &note->timer, mr__add_sat(q->ctx->now, note->backoff));
    return;
  }
  mr__index_remove(&q->notes.by_id, &note->link);
  note->acked = 2;
  if (!note->pinned)
    mr__note_free(note, q);
}

static void remove_step(mr__task *task) {
  mr__note *note = MR__OWNER(task, mr__note, task);
  if (mr__op_busy(&note->op))
    return;
  note->record = (mr_record){.size = sizeof note->record,
                             .kind = MR_RECORD_EVENT,
                             .message = note->message,
                             .part = note->id,
                             .lane = ""};
  note->step = (mr_record_op){sizeof note->step, MR_RECORD_REMOVE, 0, &note->record};
  note->steps[0] = &note->step;
  mr__op_commit(&note->op, note->steps, 1);
}

static void again(mr__timer *timer, void *owner) {
  mr__note *note = owner;
  (void)timer;
  mr__task_wake(note->queue, &note->task);
  mr__queue_run(note->queue);
}

mr__note *mr__note_new(mr_queue *q) {
  mr__note *note = mr__calloc(&q->ctx->env, 1, sizeof *note);
  if (note == NULL)
    return NULL;
  note->queue = q;
  note->id = new_id(q);
  note->task.step = remove_step;
  note->timer.fire = again;
  note->timer.owner = note;
  mr__op_init(&note->op, q, removed);
  return note;
}

void mr__note_keep(mr__note *note, mr_queue *q, uint64_t message) {
  note->message = message;
  mr__index_add(&q->notes.by_id, &note->link, note->id);
}

int mr_queue_ack(mr_queue *queue, uint64_t id, uint64_t now) {
  int rc = mr__queue_enter(queue, now);
  if (rc != MR_OK)
    return rc;
  mr__link *link = mr__index_find(&queue->notes.by_id, id);
  mr__note *note = link != NULL ? MR__OWNER(link, mr__note, link) : NULL;
  if (note == NULL || note->acked)
    return mr__queue_leave(queue, MR_ERR_NOT_FOUND);
  note->acked = 1;
  mr__task_wake(queue, &note->task);
  return mr__queue_leave(queue, MR_OK);
}

/* ---- telling again what an earlier life left ---- */

static void fill(mr__event_node *node, mr_event *out) {
  mr__note *note = MR__OWNER(node, mr__note, event);
  out->id = note->id;
  out->message = note->message;
  out->tag = note->tag;
  out->outcome = &note->outcome;
  out->reason = note->outcome.reason;
}

/* The next page is read when the host has seen this one. */
static void told(mr__event_node *node) {
  mr__note *note = MR__OWNER(node, mr__note, event);
  mr_queue *q = note->queue;
  note->pinned = 0;
  if (--q->notes.untold == 0)
    mr__timer_set(q->ctx, &q->notes.timer, q->ctx->now);
  if (note->acked == 2)
    mr__note_free(note, q);
}

static int tell_again(mr_queue *q, const mr_record *record) {
  mr__note *note = mr__note_new(q);
  if (note == NULL)
    return MR_ERR_NOMEM;
  note->id = record->part;
  note->tag = record->tag;
  note->data = mr__memdup0(&q->ctx->env, record->data, record->data_len);
  if (note->data == NULL) {
    mr__note_free(note, q);
    return MR_ERR_NOMEM;
  }
  if (mr__record_event(note->data, record->data_len, &note->outcome) != MR_OK) {
    mr__log(&q->ctx->env, MR_LOG_ERROR, "queue: outcome record %llu/%llu is damaged",
            (unsigned long long)record->message, (unsigned long long)record->part);
    mr__note_free(note, q);
    return MR_OK;
  }
  note->outcome.message = record->message;
  note->outcome.tag = record->tag;
  note->pinned = 1;
  note->event = (mr__event_node){.type = MR_EVENT_OUTCOME, .fill = fill, .done = told};
  mr__note_keep(note, q, record->message);
  mr__event_post(&q->ctx->events, &note->event);
  q->notes.untold++;
  return MR_OK;
}

static int take_page(mr_queue *q, const mr_record *const *records, size_t count) {
  mr__notes *n = &q->notes;
  int rc = MR_OK;
  for (size_t i = 0; rc == MR_OK && i < count; i++) {
    if (mr__index_find(&n->by_id, records[i]->part) == NULL)
      rc = tell_again(q, records[i]);
    if (rc == MR_OK) {
      n->after_message = records[i]->message;
      n->after_part = records[i]->part;
    }
  }
  return rc;
}

static void listed(mr__op *op, int err, const mr_record *const *records, size_t count) {
  mr_queue *q = op->queue;
  mr__notes *n = &q->notes;
  if (err == MR_OK)
    err = take_page(q, records, count);
  if (err != MR_OK) {
    n->backoff = mr__schedule_backoff(n->backoff);
    mr__timer_set(q->ctx, &n->timer, mr__add_sat(q->ctx->now, n->backoff));
    return;
  }
  n->backoff = 0;
  n->finished = count == 0;
  if (n->untold == 0 && !n->finished)
    mr__task_wake(q, &n->task);
}

static void page_step(mr__task *task) {
  mr__notes *n = MR__OWNER(task, mr__notes, task);
  if (n->finished || n->untold > 0 || mr__op_busy(&n->op))
    return;
  n->filter = (mr_record_filter){.size = sizeof n->filter,
                                 .kind = MR_RECORD_EVENT,
                                 .after_message = n->after_message,
                                 .after_part = n->after_part};
  mr__op_list(&n->op, &n->filter, MR__NOTE_PAGE);
}

static void next_page(mr__timer *timer, void *owner) {
  mr_queue *q = owner;
  (void)timer;
  mr__task_wake(q, &q->notes.task);
  mr__queue_run(q);
}

void mr__notes_init(mr_queue *q) {
  mr__notes *n = &q->notes;
  mr__index_init(&n->by_id, &q->ctx->env);
  n->task.step = page_step;
  n->timer.fire = next_page;
  n->timer.owner = q;
  mr__op_init(&n->op, q, listed);
}

void mr__notes_start(mr_queue *q) {
  mr__notes *n = &q->notes;
  if (n->started)
    return;
  n->started = 1;
  if (mr__queue_option(q, MR_OPT_EVENTS_DURABLE))
    mr__task_wake(q, &n->task);
}

void mr__notes_free(mr_queue *q) {
  mr__notes *n = &q->notes;
  mr__link *link;
  mr__op_cancel(&n->op);
  mr__task_stop(&n->task);
  mr__timer_stop(q->ctx, &n->timer);
  while ((link = mr__index_any(&n->by_id)) != NULL)
    mr__note_free(MR__OWNER(link, mr__note, link), q);
  mr__index_free(&n->by_id);
}
