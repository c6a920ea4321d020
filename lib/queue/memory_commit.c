/* SPDX-License-Identifier: MIT */
/*
 * A commit of the memory store: first all is checked and everything that needs memory is
 * made, then it is applied without a step that can fail.
 */
#include <string.h>

#include "queue/memory.h"
#include "queue/schedule.h"

/* What a step has ready; one of the pointers, by kind. */
typedef struct prepared {
  mr__mmessage *message;
  mr__mdelivery *delivery;
  mr__mevent *event;
  int made; /* a new object, already in its tree */
  char *data;
  mr__bin *bin;
} prepared;

typedef struct work {
  mr_memory *m;
  prepared *steps;
  size_t done;
  size_t ended; /* messages that end */
} work;

static int copy_data(work *w, prepared *p, const mr_record *r) {
  p->data = mr__memdup0(&w->m->env, r->data, r->data_len);
  return p->data != NULL ? MR_OK : MR_ERR_NOMEM;
}

/* All puts of messages and deliveries count; what makes a message end never may fail for
 * lack of room (fault 75). */
static int has_room(const mr_memory *m, const mr_record *r) {
  return m->used <= m->capacity && r->data_len <= m->capacity - m->used;
}

static int touch(const mr_memory *m, uint64_t *touched) {
  if (*touched == m->last_commit)
    return MR_ERR_MISUSE; /* twice in one commit */
  *touched = m->last_commit;
  return MR_OK;
}

/* ---- put ---- */

static int put_message(work *w, prepared *p, const mr_record *r) {
  mr__mmessage *message = mr__memory_message(w->m, r->message);
  if (message == NULL)
    return MR_ERR_NOT_FOUND;
  if (message->committed || (message->key != NULL && message->key->message != 0))
    return MR_ERR_EXISTS;
  if (!has_room(w->m, r))
    return MR_ERR_LIMIT;
  int rc = copy_data(w, p, r);
  if (rc != MR_OK)
    return rc;
  p->message = message;
  p->made = 1;
  message->data = p->data;
  message->data_len = r->data_len;
  message->tag = r->tag;
  message->committed = 2; /* on the way */
  w->m->used += r->data_len;
  return MR_OK;
}

static int check_delivery(const mr_record *r) {
  if (r->priority < 0 || r->priority >= MR__PRIORITIES || r->part == 0 || r->lane == NULL)
    return MR_ERR_MISUSE;
  int state = r->state;
  return state >= MR_RECORD_QUEUED && state <= MR_RECORD_HELD ? MR_OK : MR_ERR_MISUSE;
}

static uint64_t due_at(const mr_memory *m, int64_t due_in) {
  if (due_in >= 0)
    return mr__add_sat(m->now, (uint64_t)due_in);
  uint64_t late = (uint64_t)0 - (uint64_t)due_in;
  return late < m->now ? m->now - late : 0;
}

static int put_delivery(work *w, prepared *p, const mr_record *r) {
  mr_memory *m = w->m;
  mr__mmessage *message = mr__memory_message(m, r->message);
  if (check_delivery(r) != MR_OK || r->state == MR_RECORD_LEASED)
    return MR_ERR_MISUSE;
  if (message == NULL || !message->committed)
    return MR_ERR_NOT_FOUND;
  if (!has_room(m, r))
    return MR_ERR_LIMIT;
  mr__mdelivery *d = mr__calloc(&m->env, 1, sizeof *d);
  if (d == NULL)
    return MR_ERR_NOMEM;
  d->node.major = r->message;
  d->node.minor = r->part;
  d->message = message;
  d->touched = m->last_commit;
  int rc = copy_data(w, p, r);
  if (rc == MR_OK)
    rc = mr__mindex_bin(&m->index, r->lane, r->tag, r->priority, &p->bin);
  if (rc == MR_OK)
    rc = mr__tree_add(&m->deliveries, &d->node);
  if (rc != MR_OK) {
    mr__mindex_leave(&m->index, p->bin);
    mr__free(&m->env, p->data);
    mr__free(&m->env, d);
    return rc;
  }
  d->bin = p->bin;
  d->data = p->data;
  d->data_len = r->data_len;
  m->used += r->data_len;
  p->delivery = d;
  p->made = 1;
  return MR_OK;
}

static int put_event(work *w, prepared *p, const mr_record *r) {
  mr_memory *m = w->m;
  mr__mevent *event = mr__calloc(&m->env, 1, sizeof *event);
  if (event == NULL)
    return MR_ERR_NOMEM;
  event->node.major = r->message;
  event->node.minor = r->part;
  event->tag = r->tag;
  event->touched = m->last_commit;
  int rc = copy_data(w, p, r);
  if (rc == MR_OK)
    rc = mr__tree_add(&m->events, &event->node);
  if (rc != MR_OK) {
    mr__free(&m->env, p->data);
    mr__free(&m->env, event);
    return rc;
  }
  event->data = p->data;
  event->data_len = r->data_len;
  m->used += r->data_len;
  p->event = event;
  p->made = 1;
  return MR_OK;
}

/* ---- update and remove ---- */

static int holds(const mr_memory *m, const mr__mdelivery *d, const mr_record_op *op) {
  if (op->lease_token != 0)
    return d->state == MR_RECORD_LEASED && d->lease_token == op->lease_token;
  return op->action == MR_RECORD_REMOVE &&
         (d->state != MR_RECORD_LEASED || d->ready <= m->now);
}

static int find_delivery(work *w, prepared *p, const mr_record_op *op) {
  mr__node *node =
      mr__tree_find(&w->m->deliveries, op->record->message, op->record->part);
  if (node == NULL)
    return op->lease_token != 0 ? MR_ERR_LEASE_LOST : MR_ERR_NOT_FOUND;
  mr__mdelivery *d = MR__OWNER(node, mr__mdelivery, node);
  if (!holds(w->m, d, op))
    return MR_ERR_LEASE_LOST;
  p->delivery = d;
  return touch(w->m, &d->touched);
}

static int update_delivery(work *w, prepared *p, const mr_record_op *op) {
  const mr_record *r = op->record;
  int rc = check_delivery(r);
  if (rc == MR_OK)
    rc = find_delivery(w, p, op);
  if (rc == MR_OK)
    rc = copy_data(w, p, r);
  if (rc == MR_OK)
    rc = mr__mindex_bin(&w->m->index, r->lane, p->delivery->bin->tag->tag, r->priority,
                        &p->bin);
  if (rc != MR_OK)
    mr__free(&w->m->env, p->data);
  return rc;
}

static int find_event(work *w, prepared *p, const mr_record *r) {
  mr__node *node = mr__tree_find(&w->m->events, r->message, r->part);
  if (node == NULL)
    return MR_ERR_NOT_FOUND;
  p->event = MR__OWNER(node, mr__mevent, node);
  return touch(w->m, &p->event->touched);
}

static int prepare(work *w, prepared *p, const mr_record_op *op) {
  int kind = op->record->kind;
  if (op->action == MR_RECORD_PUT && kind == MR_RECORD_MESSAGE)
    return put_message(w, p, op->record);
  if (op->action == MR_RECORD_PUT && kind == MR_RECORD_DELIVERY)
    return put_delivery(w, p, op->record);
  if (op->action == MR_RECORD_PUT && kind == MR_RECORD_EVENT)
    return put_event(w, p, op->record);
  if (op->action == MR_RECORD_UPDATE && kind == MR_RECORD_DELIVERY)
    return update_delivery(w, p, op);
  if (op->action == MR_RECORD_REMOVE && kind == MR_RECORD_DELIVERY)
    return find_delivery(w, p, op);
  if (op->action == MR_RECORD_REMOVE && kind == MR_RECORD_EVENT)
    return find_event(w, p, op->record);
  return MR_ERR_MISUSE;
}

/* ---- undo ---- */

static void event_free(mr_memory *m, mr__mevent *event) {
  mr__tree_remove(&m->events, &event->node);
  m->used -= event->data_len;
  mr__free(&m->env, event->data);
  mr__free(&m->env, event);
}

static void undo_step(mr_memory *m, prepared *p) {
  if (p->message != NULL) {
    m->used -= p->message->data_len;
    p->message->data_len = 0;
    p->message->data = NULL;
    p->message->committed = 0;
    mr__free(&m->env, p->data);
  } else if (p->made && p->delivery != NULL) {
    mr__memory_delivery_free(m, p->delivery);
  } else if (p->made) {
    event_free(m, p->event);
  } else {
    mr__mindex_leave(&m->index, p->bin);
    mr__free(&m->env, p->data);
  }
}

static void undo(work *w) {
  while (w->done > 0)
    undo_step(w->m, &w->steps[--w->done]);
}

/* ---- apply ---- */

static void publish(mr_memory *m, mr__mmessage *message) {
  *(message->prev != NULL ? &message->prev->next : &m->begun_first) = message->next;
  *(message->next != NULL ? &message->next->prev : &m->begun_last) = message->prev;
  message->committed = 1;
  message->at = m->now;
  if (message->key != NULL) {
    message->key->message = message->node.major;
    message->key->tag = message->tag;
  }
}

static void settle(mr_memory *m, mr__mdelivery *d, const mr_record *r) {
  d->state = r->state;
  d->due = due_at(m, r->due_in);
  d->ready = d->due;
  if (d->state != MR_RECORD_HELD)
    mr__mindex_add(&m->index, d);
}

static void apply_update(mr_memory *m, prepared *p, const mr_record *r) {
  mr__mdelivery *d = p->delivery;
  int keeps_lease = r->state == MR_RECORD_LEASED;
  mr__mindex_remove(&m->index, d);
  mr__mindex_leave(&m->index, d->bin);
  m->used += r->data_len;
  m->used -= d->data_len;
  mr__free(&m->env, d->data);
  d->bin = p->bin;
  d->data = p->data;
  d->data_len = r->data_len;
  if (keeps_lease) {
    mr__mindex_add(&m->index, d);
    return;
  }
  d->attempts = mr__add_sat(d->attempts, 1);
  settle(m, d, r);
}

static void end_message(work *w, mr__mmessage *message) {
  mr_memory *m = w->m;
  m->rows[w->ended++] = (mr_record){.size = sizeof m->rows[0],
                                    .kind = MR_RECORD_MESSAGE,
                                    .message = message->node.major,
                                    .tag = message->tag,
                                    .lane = ""};
  mr__memory_key_ended(m, message->key, message->node.major);
  mr__memory_message_free(m, message);
}

static void apply(work *w, prepared *p, const mr_record_op *op) {
  mr_memory *m = w->m;
  if (p->message != NULL) {
    publish(m, p->message);
  } else if (op->action == MR_RECORD_UPDATE) {
    apply_update(m, p, op->record);
  } else if (p->made && p->delivery != NULL) {
    p->delivery->message->deliveries++;
    settle(m, p->delivery, op->record);
  } else if (op->action == MR_RECORD_REMOVE && p->event != NULL) {
    event_free(m, p->event);
  } else if (op->action == MR_RECORD_REMOVE) {
    mr__mmessage *message = p->delivery->message;
    mr__memory_delivery_free(m, p->delivery);
    if (--message->deliveries == 0)
      end_message(w, message);
  }
}

static int sound(const mr_record_op *const *ops, size_t count) {
  if (ops == NULL || count == 0)
    return 0;
  for (size_t i = 0; i < count; i++) {
    const mr_record *r = ops[i] != NULL ? ops[i]->record : NULL;
    if (r == NULL || (r->data == NULL && r->data_len > 0))
      return 0;
  }
  return 1;
}

int mr__memory_commit(void *user, uint64_t token, const mr_record_op *const *ops,
                      size_t count, uint64_t now, mr_store_result *result) {
  mr_memory *m = user;
  (void)token;
  if (!sound(ops, count))
    return MR_ERR_MISUSE;
  mr__memory_tick(m, now);
  m->last_commit++;
  work w = {.m = m};
  w.steps = mr__calloc(&m->env, count, sizeof *w.steps);
  if (w.steps == NULL)
    return MR_ERR_NOMEM;
  int rc = mr__memory_rows(m, count);
  while (rc == MR_OK && w.done < count) {
    rc = prepare(&w, &w.steps[w.done], ops[w.done]);
    w.done += rc == MR_OK;
  }
  if (rc == MR_OK) {
    for (size_t i = 0; i < count; i++)
      apply(&w, &w.steps[i], ops[i]);
    mr__memory_answer(m, result, w.ended);
  } else {
    undo(&w);
  }
  mr__free(&m->env, w.steps);
  return rc;
}
