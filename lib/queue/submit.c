/* SPDX-License-Identifier: MIT */
/* Taking a message in: begin, body, one commit. Only then it is accepted (R103); whatever
 * fails before leaves nothing (bug 29, bug 55). */
#include <string.h>

#include "base/fmt.h"
#include "queue/intake.h"

enum phase { BEGIN = 1, BODY, COMMIT, VERIFY, OVER };

typedef struct submission {
  mr__link link; /* by ticket */
  mr__task task;
  mr__op op;
  mr__timer timer; /* of the source, or before looking again */
  mr_queue *queue;
  mr__intake in;
  mr_message *message;
  mr_reader *reader;
  uint8_t *piece;
  int phase;
  int reading;      /* inside the source */
  int source_ready; /* it said so there */
  int waiting;      /* for the source, or the timer */
  int tries;
  uint64_t backoff;
  uint64_t id, tag, offset;
  mr__batch batch;
  mr_record_filter filter;
  int unknown; /* a commit ended without an answer */
  int known;   /* its key brought what was submitted before */
  int reason;  /* of the refusal, 0 = accepted */
  char text[160];
  mr__event_node event;
} submission;

/* What only the work needed. */
static void strip(submission *s) {
  const mr_env *env = &s->queue->ctx->env;
  mr__op_cancel(&s->op);
  mr__task_stop(&s->task);
  mr__timer_stop(s->queue->ctx, &s->timer);
  mr_reader_free(s->reader);
  mr_message_free(s->message);
  s->reader = NULL;
  s->message = NULL;
  mr__free(env, s->piece);
  s->piece = NULL;
  mr__batch_free(&s->batch);
  mr__intake_free(&s->in);
  s->in = (mr__intake){.rcpts = NULL};
}

static void submission_free(submission *s) {
  mr_queue *q = s->queue;
  strip(s);
  mr__event_remove(&q->ctx->events, &s->event);
  mr__index_remove(s->phase == OVER ? &q->answered : &q->submissions, &s->link);
  mr__free(&q->ctx->env, s);
}

static void drop_all(mr__index *index) {
  mr__link *link;
  while ((link = mr__index_any(index)) != NULL)
    submission_free(MR__OWNER(link, submission, link));
}

void mr__submissions_free(mr_queue *q) {
  drop_all(&q->submissions);
  drop_all(&q->answered);
}

static void fill(mr__event_node *node, mr_event *out) {
  submission *s = MR__OWNER(node, submission, event);
  out->id = s->link.key;
  out->tag = s->tag;
  if (s->reason == MR_REASON_NONE) {
    out->message = s->id;
    out->reason = s->known ? MR_REASON_KNOWN_KEY : MR_REASON_NONE;
    out->durability = s->queue->store.durability;
    return;
  }
  out->reason = s->reason;
  out->text = s->text;
}

static void done(mr__event_node *node) {
  submission_free(MR__OWNER(node, submission, event));
}

/* The end of the work: the event remains. */
static void answer(submission *s, int type) {
  mr_queue *q = s->queue;
  uint64_t ticket = s->link.key;
  s->phase = OVER;
  mr__index_remove(&q->submissions, &s->link);
  mr__index_add(&q->answered, &s->link, ticket);
  s->event = (mr__event_node){.type = type, .fill = fill, .done = done};
  mr__event_post(&q->ctx->events, &s->event);
  strip(s);
}

static void accept(submission *s) {
  answer(s, MR_EVENT_ACCEPTED);
  mr__claim_wake(s->queue);
}

static void refuse(submission *s, int reason, int err, const char *where) {
  s->reason = err == MR_ERR_NOMEM ? MR_REASON_NO_MEMORY : reason;
  mr__fmt_to(s->text, sizeof s->text, "%s: %s", where, mr_strerror(err));
  mr__fail(&s->queue->error, err, MR_STAGE_SUBMIT, NULL, "%s", s->text);
  answer(s, MR_EVENT_REFUSED);
}

/* Neither yes nor no: only a key can tell at the next try (D4). */
static void refuse_unknown(submission *s) {
  refuse(s, MR_REASON_STORE_UNKNOWN, MR_ERR_TIMEOUT,
         "committing the message; it may be stored all the same");
}

static void wake(submission *s) { mr__task_wake(s->queue, &s->task); }

/* ---- begin ---- */

static void begun(mr__op *op, int err, const mr_record *const *records, size_t count) {
  submission *s = MR__OWNER(op, submission, op);
  if (err == MR_OK && (count == 0 || records[0]->message == 0))
    err = MR_ERR_STORE;
  if (err == MR_OK && records[0]->state != 1 && s->tries > 0)
    err = MR_ERR_STORE; /* the message has been read: there is no second pass */
  if (err != MR_OK && s->unknown) {
    refuse_unknown(s);
    return;
  }
  if (err != MR_OK) {
    refuse(s, MR_REASON_STORE_FAILED, err, "beginning a message");
    return;
  }
  s->known = records[0]->state == 1 && !s->unknown;
  s->id = records[0]->message;
  if (records[0]->state == 1) {
    s->tag = records[0]->tag;
    accept(s);
    return;
  }
  s->phase = BODY;
  wake(s);
}

static void begin(submission *s) {
  s->op.done = begun;
  mr__op_begin(&s->op, s->in.key_len > 0 ? s->in.key : NULL, s->in.key_len);
}

/* ---- body ---- */

static void written(mr__op *op, int err, const mr_record *const *records, size_t count) {
  submission *s = MR__OWNER(op, submission, op);
  (void)records;
  (void)count;
  if (err != MR_OK)
    refuse(s, MR_REASON_STORE_FAILED, err, "writing the body");
  else
    wake(s);
}

static int read_piece(submission *s, size_t *len) {
  s->source_ready = 0;
  s->reading = 1;
  mr__ctx_service_begin(s->queue->ctx);
  int rc = mr_reader_read(s->reader, s->piece, MR__PIECE, len);
  mr__ctx_service_end(s->queue->ctx);
  s->reading = 0;
  return rc;
}

static void source_waits(submission *s) {
  mr_queue *q = s->queue;
  if (s->source_ready) {
    wake(s);
    return;
  }
  s->waiting = 1;
  mr__timer_set(q->ctx, &s->timer, mr__add_sat(q->ctx->now, q->store_timeout));
}

static void body(submission *s) {
  size_t len = 0;
  int rc = read_piece(s, &len);
  if (rc == MR_ERR_PENDING) {
    source_waits(s);
  } else if (rc != MR_OK) {
    refuse(s, MR_REASON_SOURCE_FAILED, rc, "reading the message");
  } else if (len == 0) {
    s->phase = COMMIT;
    wake(s);
  } else {
    uint64_t offset = s->offset;
    s->offset += len;
    s->op.done = written;
    mr__op_write(&s->op, s->id, offset, s->piece, len);
  }
}

/* ---- commit ---- */

static void back_off(submission *s) {
  mr_queue *q = s->queue;
  s->backoff = mr__schedule_backoff(s->backoff);
  s->waiting = 1;
  mr__timer_set(q->ctx, &s->timer, mr__add_sat(q->ctx->now, s->backoff));
}

static void committed(mr__op *op, int err, const mr_record *const *records,
                      size_t count) {
  submission *s = MR__OWNER(op, submission, op);
  (void)records;
  (void)count;
  if (err == MR_OK) {
    accept(s);
  } else if (err == MR_ERR_TIMEOUT) {
    s->unknown = 1;
    s->tries += s->in.key_len > 0;
    s->phase = s->in.key_len > 0 ? BEGIN : VERIFY;
    wake(s);
  } else if (err == MR_ERR_EXISTS && s->in.key_len > 0 && s->tries++ == 0) {
    s->phase = BEGIN; /* another submission under this key was faster */
    s->offset = 0;
    wake(s);
  } else {
    refuse(s, MR_REASON_STORE_FAILED, err, "committing the message");
  }
}

static void commit(submission *s) {
  mr_queue *q = s->queue;
  size_t header_len = 0;
  mr_message_header(s->message, &header_len);
  mr__record_head head = {.nonce = mr__queue_nonce(q),
                          .size = s->offset,
                          .header_len = header_len,
                          .lifetime = s->in.lifetime,
                          .flags = mr_message_is_8bit(s->message) ? MR__RECORD_8BIT : 0};
  mr__batch_free(&s->batch);
  int rc = mr__intake_batch(&s->in, &q->ctx->env, &s->batch, s->id, &head,
                            (size_t)mr__queue_option(q, MR_OPT_DELIVERY_RECIPIENTS));
  if (rc != MR_OK) {
    refuse(s, MR_REASON_STORE_FAILED, rc, "making the records");
    return;
  }
  s->op.done = committed;
  mr__op_commit(&s->op, (const mr_record_op *const *)s->batch.ops, s->batch.count);
}

/* ---- a commit without an answer: is it there? ---- */

static void verified(mr__op *op, int err, const mr_record *const *records, size_t count) {
  submission *s = MR__OWNER(op, submission, op);
  if (err == MR_OK && count > 0 && records[0]->message == s->id)
    accept(s);
  else if (err == MR_OK || ++s->tries >= MR__VERIFY_TRIES)
    refuse_unknown(s); /* not there: never was, or delivered and gone already */
  else
    back_off(s);
}

static void verify(submission *s) {
  s->filter = (mr_record_filter){
      .size = sizeof s->filter, .kind = MR_RECORD_MESSAGE, .message = s->id};
  s->op.done = verified;
  mr__op_list(&s->op, &s->filter, 1);
}

/* ---- */

static void step(mr__task *task) {
  submission *s = MR__OWNER(task, submission, task);
  if (mr__op_busy(&s->op) || s->waiting)
    return;
  if (s->phase == BEGIN)
    begin(s);
  else if (s->phase == BODY)
    body(s);
  else if (s->phase == COMMIT)
    commit(s);
  else if (s->phase == VERIFY)
    verify(s);
}

static void fire(mr__timer *timer, void *owner) {
  submission *s = owner;
  mr_queue *q = s->queue;
  (void)timer;
  s->waiting = 0;
  if (s->phase == BODY)
    refuse(s, MR_REASON_SOURCE_FAILED, MR_ERR_TIMEOUT, "waiting for the message");
  else
    wake(s);
  mr__queue_run(q);
}

static int prepare(submission *s, const mr_submission *from) {
  int rc = mr__intake_read(&s->in, s->queue, from);
  if (rc != MR_OK)
    return rc;
  s->tag = from->tag;
  s->piece = mr__calloc(&s->queue->ctx->env, 1, MR__PIECE);
  if (s->piece == NULL)
    return MR_ERR_NOMEM;
  rc = mr_reader_new(&s->reader, from->message);
  if (rc == MR_OK)
    s->message = mr_message_ref(from->message);
  return rc;
}

static int submit(mr_queue *q, const mr_submission *from, uint64_t *ticket) {
  submission *s = mr__calloc(&q->ctx->env, 1, sizeof *s);
  if (s == NULL)
    return MR_ERR_NOMEM;
  s->queue = q;
  s->phase = BEGIN;
  s->task.step = step;
  s->timer.fire = fire;
  s->timer.owner = s;
  mr__op_init(&s->op, q, begun);
  int rc = prepare(s, from);
  if (rc != MR_OK) {
    submission_free(s);
    return rc;
  }
  mr__index_add(&q->submissions, &s->link, mr__ctx_id(q->ctx));
  if (ticket != NULL)
    *ticket = s->link.key;
  wake(s);
  return MR_OK;
}

static int may_submit(const mr_queue *q) {
  if (q->draining)
    return MR_ERR_STATE;
  return q->submissions.count < MR__SUBMISSIONS_MAX ? MR_OK : MR_ERR_LIMIT;
}

int mr_queue_submit(mr_queue *queue, uint64_t *ticket, const mr_submission *from,
                    uint64_t now) {
  mr_submission copy = {0};
  if (queue == NULL || from == NULL || from->size < sizeof from->size)
    return MR_ERR_MISUSE;
  memcpy(&copy, from, from->size < sizeof copy ? from->size : sizeof copy);
  int rc = mr__queue_enter(queue, now);
  if (rc != MR_OK)
    return rc;
  rc = may_submit(queue);
  if (rc == MR_OK)
    rc = submit(queue, &copy, ticket);
  if (rc != MR_OK && queue->error.view.code != rc)
    mr__fail(&queue->error, rc, MR_STAGE_SUBMIT, NULL, "%s", mr_strerror(rc));
  return mr__queue_leave(queue, rc);
}

int mr_queue_source_done(mr_queue *queue, uint64_t ticket, uint64_t now) {
  if (queue == NULL)
    return MR_ERR_MISUSE;
  mr__link *link = mr__index_find(&queue->submissions, ticket);
  submission *s = link != NULL ? MR__OWNER(link, submission, link) : NULL;
  if (s != NULL && s->reading) {
    s->source_ready = 1;
    return MR_OK;
  }
  int rc = mr__queue_enter(queue, now);
  if (rc != MR_OK)
    return rc;
  if (s == NULL || s->phase != BODY || !s->waiting)
    return mr__queue_leave(queue, MR_ERR_NOT_FOUND);
  s->waiting = 0;
  mr__timer_stop(queue->ctx, &s->timer);
  wake(s);
  return mr__queue_leave(queue, MR_OK);
}
