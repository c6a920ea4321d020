/* SPDX-License-Identifier: MIT */
#include "queue/op.h"

#include "queue/core.h"

/* What a store's function that only seems to have worked leaves behind, such as a
 * callback of a binding that raised and returned 0. */
#define NO_RESULT SIZE_MAX

void mr__op_init(mr__op *op, mr_queue *queue, mr__op_done *done) {
  *op = (mr__op){.queue = queue, .done = done};
}

int mr__op_busy(const mr__op *op) { return op->token != 0; }

static void forget(mr__op *op) {
  mr__index_remove(&op->queue->ops, &op->link);
  mr__timer_stop(op->queue->ctx, &op->timer);
  op->token = 0;
}

static void tell_store(mr_queue *q, uint64_t token) {
  if (q->store.cancel == NULL)
    return;
  mr__ctx_service_begin(q->ctx);
  q->in_store++;
  q->store.cancel(q->store.user, token);
  q->in_store--;
  mr__ctx_service_end(q->ctx);
}

void mr__op_cancel(mr__op *op) {
  if (!mr__op_busy(op))
    return;
  uint64_t token = op->token;
  forget(op);
  tell_store(op->queue, token);
}

/* Results come from the host: a short or missing record is a failure of the store. */
static int whole(const mr_record *const *records, size_t count) {
  if (count > 0 && records == NULL)
    return 0;
  for (size_t i = 0; i < count; i++) {
    const mr_record *r = records[i];
    if (r == NULL || r->size < offsetof(mr_record, data_len) + sizeof r->data_len)
      return 0;
    if (r->data_len > 0 && r->data == NULL)
      return 0;
  }
  return 1;
}

static void complete(mr__op *op, int err, const mr_record *const *records, size_t count) {
  forget(op);
  if (err > 0 || err == MR_ERR_PENDING || (err == MR_OK && !whole(records, count)))
    err = MR_ERR_STORE;
  op->done(op, err, err == MR_OK ? records : NULL, err == MR_OK ? count : 0);
}

int mr__op_stored(mr_queue *queue, uint64_t token, int err,
                  const mr_record *const *records, size_t count) {
  mr__link *link = token != 0 ? mr__index_find(&queue->ops, token) : NULL;
  if (link == NULL)
    return MR_ERR_NOT_FOUND;
  complete(MR__OWNER(link, mr__op, link), err, records, count);
  return MR_OK;
}

/* No completion came: the result is unknown. */
static void late(mr__timer *timer, void *owner) {
  mr__op *op = owner;
  mr_queue *q = op->queue;
  (void)timer;
  uint64_t token = op->token;
  mr__log(&q->ctx->env, MR_LOG_WARNING, "store: no answer to operation %llu in time",
          (unsigned long long)token);
  complete(op, MR_ERR_TIMEOUT, NULL, 0);
  tell_store(q, token);
  mr__queue_run(q);
}

static uint64_t arm(mr__op *op) {
  mr_queue *q = op->queue;
  op->token = mr__ctx_id(q->ctx);
  op->timer.fire = late;
  op->timer.owner = op;
  mr__index_add(&q->ops, &op->link, op->token);
  mr__ctx_service_begin(q->ctx);
  q->in_store++;
  return op->token;
}

/* After the store's function returned; the completion may have come inside it. */
static void settle(mr_queue *q, mr__op *op, uint64_t token, int err,
                   const mr_store_result *result) {
  q->in_store--;
  mr__ctx_service_end(q->ctx);
  if (mr__index_find(&q->ops, token) == NULL)
    return; /* and op may be gone */
  if (err != MR_ERR_PENDING) {
    int untouched = result->count == NO_RESULT;
    complete(op, err == MR_OK && untouched ? MR_ERR_STORE : err, result->records,
             untouched ? 0 : result->count);
    return;
  }
  q->unflushed = 1;
  mr__timer_set(q->ctx, &op->timer, mr__add_sat(q->ctx->now, q->store_timeout));
}

#define MR__CALL(op, preset, member, ...)                                                \
  do {                                                                                   \
    mr_queue *q = (op)->queue;                                                           \
    mr_store_result result = {sizeof result, NULL, preset};                              \
    uint64_t token = arm(op), now = q->ctx->now;                                         \
    settle(q, op, token, q->store.member(q->store.user, token, __VA_ARGS__), &result);   \
  } while (0)

void mr__op_begin(mr__op *op, const void *key, size_t key_len) {
  MR__CALL(op, NO_RESULT, begin, key, key_len, now, &result);
}

void mr__op_write(mr__op *op, uint64_t message, uint64_t offset, const void *data,
                  size_t len) {
  MR__CALL(op, 0, body_write, message, offset, data, len, now);
}

void mr__op_read(mr__op *op, uint64_t message, uint64_t offset, size_t cap) {
  MR__CALL(op, NO_RESULT, body_read, message, offset, cap, now, &result);
}

void mr__op_commit(mr__op *op, const mr_record_op *const *ops, size_t count) {
  MR__CALL(op, NO_RESULT, commit, ops, count, now, &result);
}

void mr__op_claim(mr__op *op, uint64_t lease, size_t max, const mr_claim_limits *limits) {
  MR__CALL(op, NO_RESULT, claim, q->owner, lease, max, limits, now, &result);
}

void mr__op_renew(mr__op *op, uint64_t message, uint64_t part, uint64_t lease_token,
                  uint64_t lease) {
  MR__CALL(op, NO_RESULT, renew, message, part, lease_token, lease, now, &result);
}

void mr__op_release(mr__op *op, uint64_t message, uint64_t part, uint64_t lease_token,
                    uint64_t delay) {
  MR__CALL(op, 0, release, message, part, lease_token, delay, now);
}

void mr__op_due(mr__op *op, const mr_claim_limits *limits) {
  MR__CALL(op, NO_RESULT, next_due, limits, now, &result);
}

void mr__op_list(mr__op *op, const mr_record_filter *filter, size_t max) {
  MR__CALL(op, NO_RESULT, list, filter, max, now, &result);
}
