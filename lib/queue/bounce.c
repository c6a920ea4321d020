/* SPDX-License-Identifier: MIT */
/* Telling the sender (RFC 3464): the bounce is a message like others, and enters the
 * store in the same commit that ends its recipients (R101, R102). */
#include <string.h>

#include <mailroute/address.h>

#include "message/message.h"
#include "queue/delivery.h"
#include "text/domain.h"

enum {
  HEADER_MAX = 64 * 1024, /* octets of the original's header that are quoted */
  BOUNCE_PART = 1
};

typedef struct mr__bounce_job {
  mr__buf header;
  mr_message *message;
  mr_reader *reader;
  mr_address *to;
  uint8_t *piece;
  uint64_t id, offset;
} mr__bounce_job;

static int any_failed(const mr__delivery *d) {
  for (size_t i = 0; i < d->rcpt_count; i++)
    if (d->rcpts[i].failed)
      return 1;
  return 0;
}

int mr__bounce_due(const mr__delivery *d) {
  if (!any_failed(d))
    return 0;
  if (d->head.sender[0] != 0)
    return mr__queue_option(d->queue, MR_OPT_BOUNCES) != 0;
  mr__log(&d->queue->ctx->env, MR_LOG_INFO,
          "queue: message %llu failed and has nobody to tell (null reverse-path)",
          (unsigned long long)d->view.message);
  return 0;
}

void mr__bounce_free(mr__delivery *d) {
  mr__bounce_job *job = d->bounce;
  if (job == NULL)
    return;
  mr_reader_free(job->reader);
  mr_message_free(job->message);
  mr_address_free(job->to);
  mr__buf_free(&job->header);
  mr__free(&d->queue->ctx->env, job->piece);
  mr__free(&d->queue->ctx->env, job);
  d->bounce = NULL;
}

int mr__bounce_start(mr__delivery *d) {
  const mr_env *env = &d->queue->ctx->env;
  mr__bounce_job *job = mr__calloc(env, 1, sizeof *job);
  if (job == NULL)
    return MR_ERR_NOMEM;
  d->bounce = job;
  mr__buf_init(&job->header, env, HEADER_MAX + 1);
  job->piece = mr__calloc(env, 1, MR__PIECE);
  const char *sender = d->head.sender;
  if (job->piece != NULL &&
      mr_address_parse(&job->to, env, sender, strlen(sender), 0, NULL) == MR_OK)
    return MR_OK;
  mr__bounce_free(d);
  return MR_ERR_NOMEM;
}

void mr__bounce_drop(mr__delivery *d) {
  mr_queue *q = d->queue;
  mr__bounce_free(d);
  mr__log(&q->ctx->env, MR_LOG_ERROR,
          "queue: no bounce for message %llu now; its recipients are kept",
          (unsigned long long)d->view.message);
  for (size_t i = 0; i < d->rcpt_count; i++) {
    mr__rcpt *r = &d->rcpts[i];
    if (!r->failed)
      continue;
    r->failed = 0;
    r->keep = 1;
    r->state = MR__RCPT_UNBOUNCED;
    r->told = r->was == MR__RCPT_PENDING;
    if (r->told)
      mr__rcpt_say(r, MR_FATE_DEFERRED, MR_REASON_BOUNCE_FAILED);
  }
}

/* Without the bounce after all. */
static void put_off(mr__delivery *d) {
  mr__bounce_drop(d);
  mr__delivery_phase(d, MR__PHASE_COMMIT);
  mr__delivery_wake(d);
}

/* ---- the original's header ---- */

static uint64_t header_wanted(const mr__delivery *d) {
  uint64_t len = d->head.header_len < HEADER_MAX ? d->head.header_len : HEADER_MAX;
  return len - d->bounce->header.len;
}

/* One that failed before is not made to wait for a header that cannot be read. */
static int second_try(const mr__delivery *d) {
  for (size_t i = 0; i < d->rcpt_count; i++)
    if (d->rcpts[i].failed && d->rcpts[i].was == MR__RCPT_UNBOUNCED)
      return 1;
  return 0;
}

static void to_begin(mr__delivery *d) {
  mr__delivery_phase(d, MR__PHASE_BEGIN);
  mr__delivery_wake(d);
}

static void header_read(mr__op *op, int err, const mr_record *const *records,
                        size_t count) {
  mr__delivery *d = MR__OWNER(op, mr__delivery, op);
  mr__buf *header = &d->bounce->header;
  size_t len = err == MR_OK && count > 0 ? records[0]->data_len : 0;
  if (len > header_wanted(d))
    len = (size_t)header_wanted(d);
  if (len > 0)
    mr__buf_put(header, records[0]->data, len);
  if (header->err == MR_OK && (len > 0 || second_try(d))) {
    if (len == 0 || header_wanted(d) == 0)
      to_begin(d);
    mr__delivery_wake(d);
  } else {
    put_off(d);
  }
}

void mr__bounce_header(mr__delivery *d) {
  uint64_t want = header_wanted(d);
  if (want == 0) {
    to_begin(d);
    return;
  }
  d->op.done = header_read;
  mr__op_read(&d->op, d->view.message, d->bounce->header.len,
              want < MR__PIECE ? (size_t)want : MR__PIECE);
}

/* ---- the message ---- */

static int64_t arrival(const mr__delivery *d) {
  int64_t wall;
  uint64_t age = mr__delivery_age(d);
  if (mr__wall(&d->queue->ctx->env, &wall) != MR_OK || wall < 0 || age > (uint64_t)wall)
    return -1;
  return wall - (int64_t)age;
}

/* A name that no header could carry must not keep the sender uninformed. */
static const char *reporting_mta(const mr__delivery *d) {
  const char *name = mr_options_get_text(d->queue->options, MR_OPT_HELO_NAME);
  return mr__domain_check(name, strlen(name), NULL) == MR_OK ? name : "localhost";
}

static size_t collect(mr__delivery *d, const mr_outcome **outcomes) {
  size_t count = 0;
  for (size_t i = 0; i < d->rcpt_count; i++) {
    mr__rcpt *r = &d->rcpts[i];
    if (!r->failed)
      continue;
    r->best.view.recipient = r->address;
    outcomes[count++] = &r->best.view;
  }
  return count;
}

static int build(mr__delivery *d) {
  mr_queue *q = d->queue;
  mr__bounce_job *job = d->bounce;
  const mr_outcome **outcomes = mr__calloc(&q->ctx->env, d->rcpt_count, sizeof *outcomes);
  if (outcomes == NULL)
    return MR_ERR_NOMEM;
  mr__bounce bounce = {.reporting_mta = reporting_mta(d),
                       .to = mr_address_text(job->to),
                       .outcomes = outcomes,
                       .outcome_count = collect(d, outcomes),
                       .arrival = arrival(d),
                       .header = mr__buf_text(&job->header),
                       .header_len = job->header.len};
  int rc = job->header.err;
  if (rc == MR_OK)
    rc = mr__message_bounce(&job->message, &q->ctx->env, q->options, &bounce);
  if (rc == MR_OK)
    rc = mr_reader_new(&job->reader, job->message);
  mr__free(&q->ctx->env, outcomes);
  return rc;
}

static void begun(mr__op *op, int err, const mr_record *const *records, size_t count) {
  mr__delivery *d = MR__OWNER(op, mr__delivery, op);
  if (err != MR_OK || count == 0 || records[0]->message == 0) {
    put_off(d);
    return;
  }
  d->bounce->id = records[0]->message;
  mr__delivery_phase(d, MR__PHASE_WRITE);
  mr__delivery_wake(d);
}

void mr__bounce_begin(mr__delivery *d) {
  int rc = build(d);
  if (rc != MR_OK) {
    mr__log(&d->queue->ctx->env, MR_LOG_ERROR, "queue: a bounce cannot be made: %s",
            mr_strerror(rc));
    put_off(d);
    return;
  }
  d->op.done = begun;
  mr__op_begin(&d->op, NULL, 0);
}

static void written(mr__op *op, int err, const mr_record *const *records, size_t count) {
  mr__delivery *d = MR__OWNER(op, mr__delivery, op);
  (void)records;
  (void)count;
  if (err != MR_OK)
    put_off(d);
  else
    mr__delivery_wake(d);
}

void mr__bounce_write(mr__delivery *d) {
  mr__bounce_job *job = d->bounce;
  size_t len = 0;
  if (mr_reader_read(job->reader, job->piece, MR__PIECE, &len) != MR_OK) {
    put_off(d);
    return;
  }
  if (len == 0) {
    mr__delivery_phase(d, MR__PHASE_COMMIT);
    mr__delivery_wake(d);
    return;
  }
  uint64_t offset = job->offset;
  job->offset += len;
  d->op.done = written;
  mr__op_write(&d->op, job->id, offset, job->piece, len);
}

/* ---- its records ---- */

static void put_record(mr__delivery *d, mr__buf *buf) {
  mr__bounce_job *job = d->bounce;
  mr__record_head head = {.nonce = d->nonce,
                          .size = job->offset,
                          .count = 1,
                          .sender = "",
                          .domain = mr_address_domain(job->to)};
  size_t start = buf->len, header_len = 0;
  mr_message_header(job->message, &header_len);
  head.header_len = header_len;
  head.lifetime = (uint64_t)mr__queue_option(d->queue, MR_OPT_BOUNCE_LIFETIME);
  head.flags = mr_message_is_8bit(job->message) ? MR__RECORD_8BIT : 0;
  const char *to = mr_address_text(job->to);
  mr__record_put_head(buf, &head);
  mr__record_put_rcpt(buf, MR__RCPT_PENDING, 0, to, to, NULL);
  mr__record_end(buf, start);
}

uint64_t mr__bounce_id(const mr__delivery *d) {
  return d->bounce != NULL ? d->bounce->id : 0;
}

int mr__bounce_put(mr__delivery *d) {
  mr__bounce_job *job = d->bounce;
  mr__batch_add(&d->batch, MR_RECORD_PUT, 0, MR_RECORD_MESSAGE, job->id, 0)->tag =
      d->view.tag;
  mr_record *record = mr__batch_add(&d->batch, MR_RECORD_PUT, 0, MR_RECORD_DELIVERY,
                                    job->id, BOUNCE_PART);
  record->tag = d->view.tag;
  record->lane = mr_address_domain(job->to);
  record->priority = d->view.priority;
  record->state = MR_RECORD_QUEUED;
  put_record(d, &d->batch.data);
  return d->batch.data.err;
}
