/* SPDX-License-Identifier: MIT */
/* Clocks, restarts in number, and durable outcomes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "queue/world.h"

static const char *const one[] = {"b@one.example", NULL};
static const char *const two[] = {"b@one.example", "c@two.example", NULL};

typedef struct bench {
  kit_env env;
  world w;
} bench;

static world *make_world(int mode) {
  bench *b = kit_xalloc(NULL, sizeof *b);
  kit_env_init(&b->env, 5);
  world_init(&b->w, &b->env, mode);
  return &b->w;
}

static void close_world(world *w) {
  bench *b = (bench *)(void *)((char *)w - offsetof(bench, w));
  world_done(w);
  assert_int_equal(kit_env_done(&b->env), 0);
  free(b);
}

/* fault 84: the calendar jumps; ages go on by `now`, nothing expires early. */
static void calendar_steps_fault_84(void **state) {
  static const int64_t jumps[] = {61000,
                                  -61000,
                                  3600000,
                                  -3600000,
                                  INT64_C(315576000000),
                                  -INT64_C(315576000000),
                                  INT64_C(4102444800000)};
  (void)state;
  for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
    world *w = make_world(ASYNC_OFF);
    w->script = script_defer;
    assert_int_equal(world_start(w), MR_OK);
    assert_int_equal(world_submit(w, "a@sender.example", NULL, one), MR_OK);
    mr_queue_expire(w->queue, w->now);
    world_events(w);
    assert_int_equal(w->steps, 0);
    w->env->wall += jumps[i];
    mr_queue_expire(w->queue, w->now);
    world_events(w);
    assert_int_equal(w->steps, 1);
    mr_queue_expire(w->queue, w->now);
    world_events(w);
    assert_int_equal(w->steps, 1);
    assert_int_equal(world_find(w, "b@one.example")->attempts, 1);
    w->env->wall += 50000;
    mr_queue_expire(w->queue, w->now);
    world_events(w);
    assert_int_equal(w->steps, 1);
    close_world(w);
  }
}

/* fault 85: a `now` below one that was given before counts as that one. */
static void now_never_goes_back_fault_85(void **state) {
  (void)state;
  world *w = make_world(ASYNC_OFF);
  w->script = script_defer;
  assert_int_equal(world_start(w), MR_OK);
  assert_int_equal(world_submit(w, "a@sender.example", NULL, one), MR_OK);
  world_events(w);
  uint64_t deadline = mr_queue_deadline(w->queue);
  assert_true(deadline > w->now);
  assert_int_equal(mr_queue_expire(w->queue, 5), MR_OK);
  assert_int_equal(mr_queue_deadline(w->queue), deadline);
  assert_int_equal(mr_queue_expire(w->queue, UINT64_MAX), MR_OK);
  world_events(w);
  assert_int_equal(world_find(w, "b@one.example")->fate, MR_FATE_EXPIRED);
  close_world(w);
}

enum { OVERDUE = 45, AT_ONCE = 10 };

static void submit_many(world *w, int count) {
  for (int i = 0; i < count; i++)
    assert_int_equal(world_submit(w, "", NULL, one), MR_OK);
  world_events(w);
  assert_int_equal(w->accepted_count, count);
}

/* fault 84, fault 86: what is found overdue after a start is spread, and each is
 * attempted once. */
static void overdue_is_spread_fault_84_fault_86(void **state) {
  (void)state;
  world *w = make_world(ASYNC_ORDER);
  mr_options_set(w->options, MR_OPT_CLAIM_MAX, AT_ONCE);
  w->capacity = 0;
  assert_int_equal(world_start(w), MR_OK);
  submit_many(w, OVERDUE);
  world_stop(w);
  w->now += 10 * DAY;
  w->capacity = 1000;
  assert_int_equal(world_start(w), MR_OK);
  world_run(w, w->now + 100);
  assert_int_equal(w->deliveries, AT_ONCE);
  world_run(w, w->now + 100 * SECOND);
  assert_in_range(w->deliveries, AT_ONCE + 2, OVERDUE - 2);
  world_run(w, w->now + 201 * SECOND);
  assert_int_equal(w->deliveries, OVERDUE);
  assert_int_equal(w->done, OVERDUE);
  close_world(w);
}

/* fault 86: as many as the host takes, at once, when they are not late. */
static void same_tick_fault_86(void **state) {
  (void)state;
  world *w = make_world(ASYNC_OFF);
  assert_int_equal(world_start(w), MR_OK);
  submit_many(w, OVERDUE);
  world_events(w);
  assert_int_equal(w->deliveries, OVERDUE);
  close_world(w);
}

/* R99: after a start even what is past its lifetime gets one attempt. */
static void one_attempt_after_a_start_r99_bug_56(void **state) {
  (void)state;
  world *w = make_world(ASYNC_OFF);
  w->script = script_defer;
  assert_int_equal(world_start(w), MR_OK);
  assert_int_equal(world_submit(w, "", NULL, one), MR_OK);
  world_events(w);
  world_stop(w);
  w->now += 9 * DAY;
  assert_int_equal(world_start(w), MR_OK);
  world_run(w, w->now + MINUTE);
  world_rcpt *r = world_find(w, "b@one.example");
  assert_int_equal(r->attempts, 2);
  assert_int_equal(r->fate, MR_FATE_EXPIRED);
  close_world(w);
}

/* Backoff within its bounds over a whole lifetime (R98). */
static void retries_keep_their_distance_r98(void **state) {
  (void)state;
  world *w = make_world(ASYNC_OFF);
  w->script = script_defer;
  assert_int_equal(world_start(w), MR_OK);
  assert_int_equal(world_submit(w, "", NULL, one), MR_OK);
  world_events(w);
  for (int i = 0; i < 100 && w->rcpts[0].finals == 0; i++) {
    uint64_t before = w->last_claim, wait = w->rcpts[0].retry_in;
    assert_in_range(wait, 300 * SECOND, 4400 * SECOND);
    world_run(w, before + wait - 1);
    assert_int_equal(w->last_claim, before);
    world_run(w, before + wait);
    assert_int_equal(w->last_claim, before + wait);
  }
  close_world(w);
}

/* ---- durable outcomes ---- */

static void start_durable(world *w) {
  mr_options_set(w->options, MR_OPT_EVENTS_DURABLE, 1);
  assert_int_equal(world_start(w), MR_OK);
}

static void restart(world *w) {
  world_stop(w);
  world_forget(w);
  assert_int_equal(world_start(w), MR_OK);
  world_run(w, w->now + MINUTE);
}

/* Outcomes are told again after a restart, under the same id, until they are
 * acknowledged. */
static void outcomes_until_acknowledged(void **state) {
  (void)state;
  for (int mode = ASYNC_OFF; mode <= ASYNC_TWICE; mode++) {
    world *w = make_world(mode);
    w->script = script_by_name;
    start_durable(w);
    assert_int_equal(world_submit(w, "", NULL, two), MR_OK);
    world_run(w, w->now + MINUTE);
    uint64_t b = world_find(w, "b@one.example")->id;
    uint64_t c = world_find(w, "c@two.example")->id;
    assert_true(b != 0 && c != 0 && b != c);
    assert_int_equal(world_stored(w, MR_RECORD_EVENT, 0), 2);
    restart(w);
    assert_int_equal(w->rcpt_count, 2);
    assert_true(world_find(w, "b@one.example")->id == b);
    assert_int_equal(world_find(w, "b@one.example")->tag, 7);
    assert_string_equal(world_find(w, "b@one.example")->text, "taken");
    assert_int_equal(mr_queue_ack(w->queue, b, w->now), MR_OK);
    assert_int_equal(mr_queue_ack(w->queue, b, w->now), MR_ERR_NOT_FOUND);
    world_run(w, w->now + MINUTE);
    restart(w);
    assert_int_equal(w->rcpt_count, 1);
    assert_true(world_find(w, "c@two.example")->id == c);
    assert_int_equal(mr_queue_ack(w->queue, c, w->now), MR_OK);
    world_run(w, w->now + MINUTE);
    assert_int_equal(world_stored(w, MR_RECORD_EVENT, 0), 0);
    close_world(w);
  }
}

static void many_outcomes_in_pages(void **state) {
  (void)state;
  world *w = make_world(ASYNC_ORDER);
  start_durable(w);
  submit_many(w, OVERDUE);
  world_run(w, w->now + MINUTE);
  assert_int_equal(w->done, OVERDUE);
  restart(w);
  assert_int_equal(w->rcpt_count, OVERDUE);
  for (size_t i = 0; i < w->rcpt_count; i++) {
    assert_int_equal(w->rcpts[i].outcomes, 1);
    assert_int_equal(mr_queue_ack(w->queue, w->rcpts[i].id, w->now), MR_OK);
  }
  world_run(w, w->now + MINUTE);
  assert_int_equal(world_stored(w, MR_RECORD_EVENT, 0), 0);
  close_world(w);
}

/* Acknowledged while the event is still being looked at, and while the store fails. */
static void acknowledged_at_once(void **state) {
  (void)state;
  world *w = make_world(ASYNC_OFF);
  start_durable(w);
  assert_int_equal(world_submit(w, "", NULL, one), MR_OK);
  world_run(w, w->now + MINUTE);
  world_stop(w);
  assert_int_equal(world_start(w), MR_OK);
  const mr_event *e = mr_queue_next(w->queue);
  assert_int_equal(e->type, MR_EVENT_OUTCOME);
  w->store.fail_at = w->store.calls + 1;
  assert_int_equal(mr_queue_ack(w->queue, e->id, w->now), MR_OK);
  assert_string_equal(e->outcome->recipient, "b@one.example");
  assert_int_equal(world_stored(w, MR_RECORD_EVENT, 0), 1);
  world_run(w, w->now + MINUTE);
  assert_int_equal(world_stored(w, MR_RECORD_EVENT, 0), 0);
  close_world(w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(calendar_steps_fault_84),
      cmocka_unit_test(now_never_goes_back_fault_85),
      cmocka_unit_test(overdue_is_spread_fault_84_fault_86),
      cmocka_unit_test(same_tick_fault_86),
      cmocka_unit_test(one_attempt_after_a_start_r99_bug_56),
      cmocka_unit_test(retries_keep_their_distance_r98),
      cmocka_unit_test(outcomes_until_acknowledged),
      cmocka_unit_test(many_outcomes_in_pages),
      cmocka_unit_test(acknowledged_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
