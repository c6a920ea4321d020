/* SPDX-License-Identifier: MIT */
/* The memory store under the conformance suite, plain and behind an asynchronous wrapper.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit/kit_alloc.h"
#include "kit/kit_torture.h"
#include "store/async_store.h"
#include "store/conformance.h"

typedef struct bench {
  kit_env env;
  mr_memory *memory;
  async_store async;
  int mode, answered, err;
  uint64_t token;
  mr_store_result result;
} bench;

static int answer(void *user, uint64_t token, int err, const mr_record *const *records,
                  size_t count, uint64_t now) {
  bench *b = user;
  (void)now;
  if (b->answered == 1 && b->token == token)
    return MR_ERR_NOT_FOUND;
  b->answered = 1;
  b->token = token;
  b->err = err;
  b->result.records = records;
  b->result.count = count;
  return MR_OK;
}

static const mr_store *open_memory(void *user) {
  bench *b = user;
  kit_env_init(&b->env, 3);
  assert_int_equal(mr_memory_new(&b->memory, &b->env.env, 0), MR_OK);
  async_store_init(&b->async, mr_memory_store(b->memory));
  b->async.mode = b->mode;
  b->async.complete = answer;
  b->async.user = b;
  return b->mode == ASYNC_OFF ? mr_memory_store(b->memory) : &b->async.table;
}

static void close_memory(void *user) {
  bench *b = user;
  async_store_done(&b->async);
  mr_memory_free(b->memory);
  assert_int_equal(kit_env_done(&b->env), 0);
}

static int wait_for(void *user, uint64_t token, mr_store_result *result) {
  bench *b = user;
  if (b->mode != ASYNC_INSIDE)
    b->answered = 0;
  async_store_run(&b->async, b->async.now + 100);
  assert_int_equal(b->answered, 1);
  assert_int_equal(b->token, token);
  *result = b->result;
  return b->err;
}

static void conforms(int mode) {
  bench *b = kit_xalloc(NULL, sizeof *b);
  b->mode = mode;
  store_factory factory = {.name = "memory",
                           .user = b,
                           .open = open_memory,
                           .close = close_memory,
                           .wait = wait_for};
  assert_true(store_conformance(&factory) > 15);
  free(b);
}

static void memory_conforms(void **state) {
  (void)state;
  conforms(ASYNC_OFF);
}

static void memory_conforms_later(void **state) {
  (void)state;
  conforms(ASYNC_ORDER);
  conforms(ASYNC_TWICE);
  conforms(ASYNC_INSIDE);
}

/* What is full refuses to take more, but lets go of what it has (fault 75). */
static void capacity_fault_75(void **state) {
  mr_memory *m;
  mr_store_result r = {sizeof r, NULL, 0};
  char block[600] = {0};
  (void)state;
  assert_int_equal(mr_memory_new(&m, NULL, 1000), MR_OK);
  const mr_store *s = mr_memory_store(m);
  assert_int_equal(s->begin(s->user, 1, NULL, 0, 5, &r), MR_OK);
  uint64_t id = r.records[0]->message;
  assert_int_equal(s->body_write(s->user, 2, id, 0, block, 600, 5), MR_OK);
  assert_int_equal(s->body_write(s->user, 3, id, 600, block, 600, 5), MR_ERR_LIMIT);
  assert_int_equal(s->body_write(s->user, 4, id, 500, block, 10, 5), MR_ERR_STATE);
  assert_int_equal(s->body_write(s->user, 5, id, 600, block, 400, 5), MR_OK);
  mr_record put = {.size = sizeof put,
                   .kind = MR_RECORD_MESSAGE,
                   .message = id,
                   .lane = "",
                   .data = "x",
                   .data_len = 1};
  mr_record_op op = {sizeof op, MR_RECORD_PUT, 0, &put};
  const mr_record_op *ops[] = {&op};
  assert_int_equal(s->commit(s->user, 6, ops, 1, 5, &r), MR_ERR_LIMIT);
  assert_int_equal(s->commit(s->user, 7, NULL, 0, 5, &r), MR_ERR_MISUSE);
  mr_memory_free(m);
  assert_int_equal(mr_memory_new(NULL, NULL, 0), MR_ERR_MISUSE);
  mr_memory_free(NULL);
}

/* ---- every allocation fails once, and from then on (fault 98) ---- */

typedef struct worked {
  const mr_store *s;
  uint64_t id;
  int rc;
} worked;

static void put_all(worked *w) {
  mr_store_result r = {sizeof r, NULL, 0};
  w->rc = w->s->begin(w->s->user, 1, "key", 3, 1, &r);
  if (w->rc != MR_OK)
    return;
  w->id = r.records[0]->message;
  w->rc = w->s->body_write(w->s->user, 2, w->id, 0, "abc", 3, 1);
  mr_record records[3] = {
      {.size = sizeof *records, .kind = MR_RECORD_MESSAGE, .message = w->id, .lane = ""},
      {.size = sizeof *records,
       .kind = MR_RECORD_DELIVERY,
       .message = w->id,
       .part = 1,
       .lane = "a",
       .state = MR_RECORD_QUEUED,
       .data = "d",
       .data_len = 1},
      {.size = sizeof *records,
       .kind = MR_RECORD_EVENT,
       .message = w->id,
       .part = 2,
       .lane = ""}};
  mr_record_op steps[3];
  const mr_record_op *ops[3];
  for (size_t i = 0; i < 3; i++) {
    steps[i] = (mr_record_op){sizeof *steps, MR_RECORD_PUT, 0, &records[i]};
    ops[i] = &steps[i];
  }
  if (w->rc == MR_OK)
    w->rc = w->s->commit(w->s->user, 3, ops, 3, 1, &r);
}

static void use_all(worked *w) {
  mr_store_result r = {sizeof r, NULL, 0};
  w->rc = w->s->claim(w->s->user, 4, "o", 100, 5, NULL, 1, &r);
  if (w->rc != MR_OK || r.count != 1)
    return;
  mr_record d = *r.records[0];
  d.lane = "b";
  d.state = MR_RECORD_QUEUED;
  mr_record_op op = {sizeof op, MR_RECORD_UPDATE, d.lease_token, &d};
  const mr_record_op *ops[] = {&op};
  w->rc = w->s->commit(w->s->user, 5, ops, 1, 1, &r);
  if (w->rc == MR_OK)
    w->rc = w->s->hint_put(w->s->user, 6, "k", 1, "v", 1, 50, 1);
}

/* After a failed commit nothing of it may be there. */
static int half(worked *w) {
  mr_store_result r = {sizeof r, NULL, 0};
  size_t total = 0;
  for (int kind = MR_RECORD_MESSAGE; kind <= MR_RECORD_EVENT; kind++) {
    mr_record_filter f = {.size = sizeof f, .kind = kind};
    if (w->s->list(w->s->user, 9, &f, 10, 1, &r) == MR_OK)
      total += r.count;
  }
  return total != 0;
}

static int scenario(kit_env *env, void *arg) {
  mr_memory *m;
  (void)arg;
  int rc = mr_memory_new(&m, &env->env, 0);
  worked w = {.s = mr_memory_store(m), .rc = rc};
  int wrong = 0;
  if (rc == MR_OK) {
    put_all(&w);
    if (w.rc != MR_OK) {
      kit_env_heal(env);
      wrong = half(&w);
    } else {
      use_all(&w);
    }
  }
  wrong |= w.rc != MR_OK && !(w.rc == MR_ERR_NOMEM && env->failed > 0);
  mr_memory_free(m);
  return wrong;
}

static void every_allocation_fails_fault_98(void **state) {
  (void)state;
  assert_true(kit_torture(scenario, NULL, 0) > 15);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(memory_conforms),
      cmocka_unit_test(memory_conforms_later),
      cmocka_unit_test(capacity_fault_75),
      cmocka_unit_test(every_allocation_fails_fault_98),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
