/* SPDX-License-Identifier: MIT */
#include "queue/queue.h"

#include <string.h>

#include "queue/core.h"
#include "text/event.h"

int64_t mr__queue_option(const mr_queue *q, int id) {
  return mr_options_get(q->options, id);
}

uint64_t mr__queue_nonce(mr_queue *q) {
  uint64_t nonce;
  if (mr__random(&q->ctx->env, &nonce, sizeof nonce) != MR_OK)
    nonce = mr__ctx_id(q->ctx);
  return nonce;
}

void mr__task_wake(mr_queue *q, mr__task *task) {
  if (task->next != NULL)
    return;
  task->prev = q->awake.prev;
  task->next = &q->awake;
  task->prev->next = task;
  q->awake.prev = task;
}

void mr__task_stop(mr__task *task) {
  if (task->next == NULL)
    return;
  task->prev->next = task->next;
  task->next->prev = task->prev;
  task->prev = NULL;
  task->next = NULL;
}

void mr__queue_flush(mr_queue *q) {
  if (!q->unflushed || q->store.flush == NULL)
    return;
  q->unflushed = 0;
  mr__ctx_service_begin(q->ctx);
  q->in_store++;
  q->store.flush(q->store.user);
  q->in_store--;
  mr__ctx_service_end(q->ctx);
}

static void check_drained(mr_queue *q) {
  if (!q->draining || q->drained || q->in_hand > 0 || q->ops.count > 0 ||
      q->submissions.count > 0 || q->claim.back_count > 0)
    return;
  q->drained = 1;
  mr__event_post(q->work, &q->drained_event);
}

void mr__queue_run(mr_queue *q) {
  if (q->running)
    return;
  q->running = 1;
  do {
    while (q->awake.next != &q->awake) {
      mr__task *task = q->awake.next;
      mr__task_stop(task);
      task->step(task);
    }
    mr__queue_flush(q); /* may complete something */
  } while (q->awake.next != &q->awake);
  q->running = 0;
  check_drained(q);
}

static void watch_clock(mr_queue *q) {
  int64_t wall;
  if (mr__wall(&q->ctx->env, &wall) != MR_OK)
    return;
  int64_t drift = (int64_t)((uint64_t)wall - q->ctx->now);
  int64_t moved = (int64_t)((uint64_t)drift - (uint64_t)q->drift);
  if (q->drift_known && (moved > MR__STEP_MIN || moved < -MR__STEP_MIN)) {
    mr__event_post(&q->ctx->events, &q->step_event);
    mr__claim_spread(q);
  }
  q->drift = drift;
  q->drift_known = 1;
}

int mr__queue_enter(mr_queue *q, uint64_t now) {
  if (q == NULL)
    return MR_ERR_MISUSE;
  int rc = mr__ctx_enter(q->ctx, now);
  if (rc != MR_OK)
    return mr__fail(&q->error, rc, MR_STAGE_QUEUE, NULL, "called from inside a service");
  watch_clock(q);
  mr__notes_start(q);
  return MR_OK;
}

static void destroy(mr_queue *q) {
  mr__ctx *ctx = q->ctx;
  mr__bodies_leave(q);
  mr__cancels_free(q);
  mr__submissions_free(q);
  mr__deliveries_free(q);
  mr__notes_free(q);
  mr__claim_free(q);
  mr__lanes_free(q);
  mr__event_remove(q->work, &q->drained_event);
  mr__event_remove(&ctx->events, &q->step_event);
  mr__index_free(&q->ops);
  mr__index_free(&q->deliveries);
  mr__index_free(&q->messages);
  mr__index_free(&q->submissions);
  mr__index_free(&q->answered);
  mr_memory_free(q->memory);
  mr__options_drop(q->options);
  mr__free(&ctx->env, q);
  mr__ctx_drop(ctx);
}

int mr__queue_back(mr_queue *q, int rc) {
  if (q->freed && !q->running && q->ctx->busy == 0)
    destroy(q);
  return rc;
}

int mr__queue_leave(mr_queue *q, int rc) {
  mr__queue_run(q);
  return mr__queue_back(q, rc);
}

static int copy_store(mr_store *out, const mr_store *store) {
  memset(out, 0, sizeof *out);
  if (store->size < offsetof(mr_store, cancel))
    return MR_ERR_MISUSE;
  memcpy(out, store, store->size < sizeof *out ? store->size : sizeof *out);
  out->size = sizeof *out;
  int all = out->begin && out->body_write && out->body_read && out->commit &&
            out->claim && out->renew && out->release && out->next_due && out->list &&
            out->hint_put && out->hint_get;
  return all ? MR_OK : MR_ERR_MISUSE;
}

static void read_options(mr_queue *q) {
  uint64_t scale = (uint64_t)mr__queue_option(q, MR_OPT_TIMEOUT_SCALE);
  q->store_timeout = (uint64_t)mr__queue_option(q, MR_OPT_STORE_TIMEOUT) * scale / 100;
  q->lease = (uint64_t)mr__queue_option(q, MR_OPT_LEASE);
  q->schedule.min = (uint64_t)mr__queue_option(q, MR_OPT_RETRY_MIN);
  q->schedule.max = (uint64_t)mr__queue_option(q, MR_OPT_RETRY_MAX);
  q->schedule.jitter = (unsigned)mr__queue_option(q, MR_OPT_RETRY_JITTER);
}

static int make_owner(mr_queue *q) {
  uint8_t raw[16];
  int rc = mr__random(&q->ctx->env, raw, sizeof raw);
  for (size_t i = 0; rc == MR_OK && i < sizeof raw; i++) {
    q->owner[2 * i] = "0123456789abcdef"[raw[i] >> 4];
    q->owner[2 * i + 1] = "0123456789abcdef"[raw[i] & 15];
  }
  return rc;
}

static void init_members(mr_queue *q) {
  const mr_env *env = &q->ctx->env;
  q->awake.prev = &q->awake;
  q->awake.next = &q->awake;
  q->drained_event.type = MR_EVENT_DRAINED;
  q->step_event.type = MR_EVENT_STEP;
  mr__last_error_init(&q->error);
  mr__index_init(&q->ops, env);
  mr__index_init(&q->deliveries, env);
  mr__index_init(&q->messages, env);
  mr__index_init(&q->submissions, env);
  mr__index_init(&q->answered, env);
  mr__notes_init(q);
  read_options(q);
}

static int open_store(mr_queue *q, const mr_store *store) {
  if (store == NULL) {
    int rc = mr_memory_new(&q->memory, &q->ctx->host, 0);
    if (rc != MR_OK)
      return rc;
    store = mr_memory_store(q->memory);
  }
  return copy_store(&q->store, store);
}

int mr__queue_join(mr_queue **out, mr__ctx *ctx, const mr_options *options,
                   const mr_store *store, mr__events *work) {
  mr_queue *q = mr__calloc(&ctx->env, 1, sizeof *q);
  *out = NULL;
  if (q == NULL)
    return MR_ERR_NOMEM;
  q->ctx = mr__ctx_ref(ctx);
  q->options = mr__options_ref(options);
  q->work = work;
  init_members(q);
  int rc = open_store(q, store);
  if (rc == MR_OK)
    rc = make_owner(q);
  if (rc == MR_OK)
    rc = mr__lanes_init(q);
  if (rc == MR_OK)
    rc = mr__claim_init(q);
  if (rc != MR_OK)
    destroy(q);
  else
    *out = q;
  return rc;
}

int mr_queue_new(mr_queue **out, const mr_env *env, const mr_options *options,
                 const mr_store *store) {
  mr__ctx *ctx;
  if (out == NULL)
    return MR_ERR_MISUSE;
  *out = NULL;
  int rc = mr__ctx_new(&ctx, env);
  if (rc != MR_OK)
    return rc;
  rc = mr__queue_join(out, ctx, options, store, &ctx->events);
  mr__ctx_drop(ctx);
  return rc;
}

void mr_queue_free(mr_queue *queue) {
  if (queue == NULL)
    return;
  if (queue->running || queue->ctx->busy > 0)
    queue->freed = 1;
  else
    destroy(queue);
}

const mr_error *mr_queue_error(const mr_queue *queue) {
  static const mr_error none = {MR_ERR_MISUSE, 0, 0, "", "no queue"};
  return queue != NULL ? &queue->error.view : &none;
}

int mr_queue_stored(mr_queue *queue, uint64_t token, int err,
                    const mr_record *const *records, size_t count, uint64_t now) {
  if (queue == NULL)
    return MR_ERR_MISUSE;
  if (queue->in_store > 0)
    return mr__op_stored(queue, token, err, records, count);
  int rc = mr__queue_enter(queue, now);
  if (rc != MR_OK)
    return rc;
  return mr__queue_leave(queue, mr__op_stored(queue, token, err, records, count));
}

const mr_event *mr_queue_next(mr_queue *queue) {
  if (queue == NULL || queue->ctx->busy > 0)
    return NULL;
  const mr_event *event = mr__event_next(&queue->ctx->events, &queue->event);
  if (!queue->freed)
    return event;
  mr__queue_back(queue, MR_OK);
  return NULL;
}

uint64_t mr_queue_deadline(const mr_queue *queue) {
  return queue != NULL ? mr__ctx_deadline(queue->ctx) : MR_NEVER;
}

int mr_queue_expire(mr_queue *queue, uint64_t now) {
  int rc = mr__queue_enter(queue, now);
  if (rc != MR_OK)
    return rc;
  mr__ctx_expire(queue->ctx, now);
  return mr__queue_leave(queue, MR_OK);
}
