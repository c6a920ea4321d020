/* SPDX-License-Identifier: MIT */
/* Everything fails in turn: operations of the store, and memory. Nothing may be lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit/kit_torture.h"
#include "queue/world.h"

static const char *const mixed[] = {"ok1@one.example",     "soft@one.example",
                                    "hard@one.example",    "ok2@two.example",
                                    "hard2@three.example", NULL};

/* Soft ones are taken at the third attempt. */
static void script_heals(world *w, const mr_delivery *d, size_t index, mr_outcome *o) {
  script_by_name(w, d, index, o);
  if (d->attempts >= 2 && o->fate == MR_FATE_DEFERRED)
    script_deliver(w, d, index, o);
}

/* accepted = delivered + failed + expired + cancelled + still queued, one final outcome
 * each; no more outcomes than attempts but for those that waited for their bounce. */
static int conserved(world *w) {
  for (size_t i = 0; i < w->rcpt_count; i++) {
    const world_rcpt *r = &w->rcpts[i];
    if (r->finals != 1 || r->outcomes > r->attempts + 1)
      return 0;
  }
  return w->after_done == 0;
}

static int right_ends(world *w) {
  static const int fates[] = {MR_FATE_DELIVERED, MR_FATE_DELIVERED, MR_FATE_FAILED,
                              MR_FATE_DELIVERED, MR_FATE_FAILED};
  for (size_t i = 0; mixed[i] != NULL; i++) {
    const world_rcpt *r = world_find(w, mixed[i]);
    if (r == NULL || r->fate != fates[i])
      return 0;
  }
  return 1;
}

/* How many operations a whole life takes. */
static uint64_t life(world *w, uint64_t at, int from, int fault) {
  w->script = script_heals;
  if (world_submit(w, "a@sender.example", "key", mixed) != MR_OK)
    return 0;
  world_run(w, w->now + SECOND);
  uint64_t before = w->store.calls;
  w->store.fault = fault;
  w->store.fail_at = at != 0 ? before + at : 0;
  w->store.fail_from = from;
  world_run(w, w->now + 10 * MINUTE);
  w->store.fail_at = 0;
  world_run(w, w->now + 2 * DAY);
  return w->store.calls;
}

typedef struct bench {
  kit_env env;
  world w;
} bench;

static world *open_world(int mode) {
  bench *b = kit_xalloc(NULL, sizeof *b);
  kit_env_init(&b->env, 5);
  world_init(&b->w, &b->env, mode);
  assert_int_equal(world_start(&b->w), MR_OK);
  return &b->w;
}

static void close_world(world *w) {
  bench *b = (bench *)(void *)((char *)w - offsetof(bench, w));
  world_done(w);
  assert_int_equal(kit_env_done(&b->env), 0);
  free(b);
}

/* All of a life with operation `at` failing, from submission on. */
static void one_fault(int mode, int fault, uint64_t at, int from) {
  world *w = open_world(mode);
  w->store.fault = fault;
  w->store.fail_at = w->store.calls + at;
  w->store.fail_from = from;
  w->script = script_heals;
  assert_int_equal(world_submit(w, "a@sender.example", "key", mixed), MR_OK);
  world_run(w, w->now + 10 * MINUTE);
  w->store.fail_at = 0;
  if (w->accepted_count == 0)
    assert_int_equal(world_submit(w, "a@sender.example", "key", mixed), MR_OK);
  world_run(w, w->now + 2 * DAY);
  if (!conserved(w) || !right_ends(w) || world_stored(w, MR_RECORD_MESSAGE, 0) != 0)
    fail_msg("mode %d, fault %d, operation %llu%s", mode, fault, (unsigned long long)at,
             from ? " and later" : "");
  close_world(w);
}

static uint64_t operations_of_a_life(int mode) {
  world *w = open_world(mode);
  uint64_t calls = life(w, 0, 0, 0);
  assert_true(conserved(w) && right_ends(w));
  close_world(w);
  return calls;
}

/* bug 55, R104, R106: each operation of a life fails, in each way, once and for a while.
 */
static void every_operation_fails_bug_55_r104_r106(void **state) {
  static const int modes[] = {ASYNC_OFF, ASYNC_ORDER};
  (void)state;
  for (size_t m = 0; m < 2; m++) {
    uint64_t operations = operations_of_a_life(modes[m]);
    assert_true(operations > 30);
    for (int fault = FAULT_ERROR; fault <= FAULT_LIMIT; fault++)
      for (uint64_t at = 1; at <= operations; at++)
        for (int from = 0; from < 2; from++)
          one_fault(modes[m], fault, at, from);
  }
}

/* R102: while no bounce can be queued, the failed recipient stays, and is not tried
 * again. */
static void bounce_waits_r102(void **state) {
  static const char *const to[] = {"hard@one.example", NULL};
  (void)state;
  world *w = open_world(ASYNC_ORDER);
  w->script = script_by_name;
  w->store.fail_kind = OP_WRITE;
  w->store.fail_at = 2; /* the bounce, behind the message */
  w->store.fail_from = 1;
  assert_int_equal(world_submit(w, "a@sender.example", NULL, to), MR_OK);
  world_run(w, w->now + DAY);
  world_rcpt *r = world_find(w, "hard@one.example");
  assert_int_equal(r->fate, MR_FATE_DEFERRED);
  assert_int_equal(r->reason, MR_REASON_BOUNCE_FAILED);
  assert_int_equal(r->outcomes, 1);
  assert_int_equal(r->attempts, 1);
  assert_int_equal(world_stored(w, MR_RECORD_DELIVERY, 0), 1);
  world_stop(w); /* a permanent result survives a restart (R106) */
  w->store.fail_at = 0;
  assert_int_equal(world_start(w), MR_OK);
  world_run(w, w->now + DAY);
  r = world_find(w, "hard@one.example");
  assert_int_equal(r->fate, MR_FATE_FAILED);
  assert_string_equal(r->text, "nobody of that name");
  assert_int_equal(r->attempts, 1);
  assert_int_equal(r->finals, 1);
  assert_int_equal(world_find(w, "a@sender.example")->fate, MR_FATE_DELIVERED);
  assert_int_equal(world_stored(w, MR_RECORD_MESSAGE, 0), 0);
  close_world(w);
}

/* ---- memory (fault 98) ---- */

static int torture(kit_env *env, void *arg) {
  const int *mode = arg;
  world *w = kit_xalloc(NULL, sizeof *w);
  int wrong = 0;
  world_init(w, env, *mode);
  int rc = world_start(w);
  if (rc == MR_OK)
    rc = world_submit(w, "a@sender.example", "key", mixed);
  if (rc == MR_OK) {
    w->script = script_heals;
    world_run(w, w->now + 20 * MINUTE);
    kit_env_heal(env);
    if (w->refused > 0)
      wrong = w->refused_reason != MR_REASON_NO_MEMORY || env->failed == 0;
    world_run(w, w->now + 2 * DAY);
    if (w->refused == 0)
      wrong = !conserved(w) || !right_ends(w);
    wrong |= world_stored(w, MR_RECORD_MESSAGE, 0) != 0;
  } else {
    wrong = rc != MR_ERR_NOMEM || env->failed == 0;
  }
  world_done(w);
  free(w);
  return wrong;
}

static void every_allocation_fails_fault_98(void **state) {
  static int modes[] = {ASYNC_OFF, ASYNC_ORDER};
  (void)state;
  for (size_t i = 0; i < 2; i++)
    assert_true(kit_torture(torture, &modes[i], 300) > 100);
}

/* ---- restarts ---- */

/* The queue ends at any moment and another one goes on (R106, R107, D1, D2). */
static void restarted_at_any_moment_r106_r107(void **state) {
  (void)state;
  for (uint64_t turns = 0; turns < 60; turns++) {
    world *w = open_world(ASYNC_ORDER);
    w->store.delay = 10;
    w->script = script_heals;
    assert_int_equal(world_submit(w, "a@sender.example", "key", mixed), MR_OK);
    world_run(w, w->now + turns * 10);
    world_stop(w);
    assert_int_equal(world_start(w), MR_OK);
    if (w->accepted_count == 0)
      assert_int_equal(world_submit(w, "a@sender.example", "key", mixed), MR_OK);
    world_run(w, w->now + 2 * DAY);
    assert_int_equal(world_stored(w, MR_RECORD_MESSAGE, 0), 0);
    for (size_t i = 0; i < w->rcpt_count; i++)
      assert_in_range(w->rcpts[i].attempts, 1, 4);
    close_world(w);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_operation_fails_bug_55_r104_r106),
      cmocka_unit_test(bounce_waits_r102),
      cmocka_unit_test(every_allocation_fails_fault_98),
      cmocka_unit_test(restarted_at_any_moment_r106_r107),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
