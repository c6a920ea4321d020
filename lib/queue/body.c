/* SPDX-License-Identifier: MIT */
/* The message of a claimed delivery: a source that reads the store piece by piece. */
#include <string.h>

#include "message/message.h"
#include "queue/delivery.h"

typedef struct mr__body {
  struct mr__body *next, **at;
  mr_env env;      /* the host's: the message may outlive the queue */
  mr_queue *queue; /* NULL: it is gone */
  uint64_t delivery, message;
  mr__op op;
  uint64_t offset; /* of the piece */
  size_t len;
  int filled;  /* the piece is there */
  int err;     /* of the last read */
  int waiting; /* the reader was told to wait */
  mr__event_node event;
  uint8_t piece[MR__PIECE];
} mr__body;

static void unhook(mr__body *b) {
  if (b->queue == NULL)
    return;
  mr__op_cancel(&b->op);
  mr__event_remove(b->queue->work, &b->event);
  *b->at = b->next;
  if (b->next != NULL)
    b->next->at = b->at;
  b->queue = NULL;
}

void mr__bodies_leave(mr_queue *q) {
  while (q->bodies != NULL)
    unhook(q->bodies);
}

static void body_release(void *user) {
  mr__body *b = user;
  mr_env env = b->env;
  unhook(b);
  mr__free(&env, b);
}

static void fill(mr__event_node *node, mr_event *out) {
  mr__body *b = MR__OWNER(node, mr__body, event);
  out->id = b->delivery;
  out->message = b->message;
}

static void piece_read(mr__op *op, int err, const mr_record *const *records,
                       size_t count) {
  mr__body *b = MR__OWNER(op, mr__body, op);
  if (err == MR_OK && (count == 0 || records[0]->data_len > sizeof b->piece))
    err = MR_ERR_STORE;
  b->err = err;
  b->filled = err == MR_OK;
  b->len = b->filled ? records[0]->data_len : 0;
  if (b->len > 0)
    memcpy(b->piece, records[0]->data, b->len);
  if (b->waiting)
    mr__event_post(b->queue->work, &b->event);
  b->waiting = 0;
}

static int give(const mr__body *b, uint64_t offset, void *buf, size_t cap, size_t *len) {
  size_t skip = (size_t)(offset - b->offset);
  *len = b->len - skip < cap ? b->len - skip : cap;
  memcpy(buf, b->piece + skip, *len);
  return MR_OK;
}

/* Also an empty piece, which is the end. */
static int has(const mr__body *b, uint64_t offset) {
  return b->filled && offset >= b->offset &&
         (offset - b->offset < b->len || (b->len == 0 && offset == b->offset));
}

static int body_read(void *user, uint64_t offset, void *buf, size_t cap, size_t *len) {
  mr__body *b = user;
  mr_queue *q = b->queue;
  *len = 0;
  if (has(b, offset))
    return give(b, offset, buf, cap, len);
  if (q == NULL)
    return MR_ERR_SOURCE;
  if (!mr__op_busy(&b->op) && b->err != MR_OK && offset == b->offset) {
    b->err = MR_OK; /* told once; the next pass asks anew */
    b->offset = UINT64_MAX;
    return MR_ERR_SOURCE;
  }
  if (!mr__op_busy(&b->op)) {
    b->filled = 0;
    b->err = MR_OK;
    b->offset = offset;
    mr__op_read(&b->op, b->message, offset, sizeof b->piece);
  }
  if (mr__op_busy(&b->op)) {
    b->waiting = 1;
    if (!q->running)
      mr__queue_flush(q);
    return b->waiting ? MR_ERR_PENDING : body_read(user, offset, buf, cap, len);
  }
  if (has(b, offset))
    return give(b, offset, buf, cap, len);
  b->err = MR_OK;
  return MR_ERR_SOURCE;
}

static mr__body *body_new(mr_queue *q, const mr__delivery *d) {
  mr__body *b = mr__calloc(&q->ctx->host, 1, sizeof *b);
  if (b == NULL)
    return NULL;
  b->env = q->ctx->host;
  b->queue = q;
  b->delivery = d->view.id;
  b->message = d->view.message;
  b->offset = UINT64_MAX;
  b->event = (mr__event_node){.type = MR_EVENT_UPDATE, .fill = fill};
  mr__op_init(&b->op, q, piece_read);
  b->next = q->bodies;
  b->at = &q->bodies;
  if (b->next != NULL)
    b->next->at = &b->next;
  q->bodies = b;
  return b;
}

static int make_message(mr__body *b, const mr__delivery *d, mr_message **out) {
  mr_source source = {.size = sizeof source,
                      .user = b,
                      .read = body_read,
                      .release = body_release,
                      .length = d->head.size};
  return mr__message_stored(out, &b->env, &source, d->head.size,
                            (d->head.flags & MR__RECORD_8BIT) != 0);
}

int mr_queue_message(mr_queue *queue, uint64_t delivery, mr_message **out) {
  if (out != NULL)
    *out = NULL;
  if (queue == NULL || out == NULL)
    return MR_ERR_MISUSE;
  if (queue->ctx->busy > 0)
    return MR_ERR_STATE;
  mr__delivery *d = mr__delivery_find(queue, delivery);
  if (d == NULL || d->purpose != MR__PURPOSE_RESULTS)
    return MR_ERR_NOT_FOUND;
  mr__body *b = body_new(queue, d);
  int rc = b != NULL ? make_message(b, d, out) : MR_ERR_NOMEM;
  if (b != NULL && rc != MR_OK)
    body_release(b);
  return mr__queue_back(queue, rc);
}
