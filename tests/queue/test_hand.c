/* SPDX-License-Identifier: MIT */
/* Deliveries in hand: leases, lanes, release, cancel, drain, the message, API misuse. */
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

static bench *bench_new(int mode) {
  bench *b = kit_xalloc(NULL, sizeof *b);
  kit_env_init(&b->env, 5);
  world_init(&b->w, &b->env, mode);
  return b;
}

static world *open_world(int mode) {
  bench *b = bench_new(mode);
  assert_int_equal(world_start(&b->w), MR_OK);
  return &b->w;
}

static void close_world(world *w) {
  bench *b = (bench *)(void *)((char *)w - offsetof(bench, w));
  world_done(w);
  assert_int_equal(kit_env_done(&b->env), 0);
  free(b);
}

/* A world with deliveries in hand. */
static world *with_held(const char *const *to) {
  world *w = open_world(ASYNC_OFF);
  w->hold_deliveries = 1;
  assert_int_equal(world_submit(w, "a@sender.example", NULL, to), MR_OK);
  world_run(w, w->now + 1);
  assert_true(w->held_count > 0);
  return w;
}

static mr_outcome outcome(int fate, int reason, int stage) {
  mr_outcome o = {.recipient = "",
                  .fate = fate,
                  .reason = reason,
                  .stage = stage,
                  .status = "4.0.0",
                  .text = "text",
                  .host = "",
                  .address = "",
                  .tls_version = "",
                  .tls_cipher = ""};
  return o;
}

/* R104: a lease is renewed at half while the attempt goes on. */
static void lease_renewed_r104(void **state) {
  (void)state;
  world *w = with_held(one);
  world_run(w, w->now + 5 * HOUR);
  assert_in_range(w->store.done_of[OP_RENEW], 18, 22);
  assert_int_equal(w->lost, 0);
  assert_int_equal(w->held_count, 1);
  assert_int_equal(mr_queue_finish(w->queue, w->held[0]->id, w->now), MR_OK);
  close_world(w);
}

/* Another worker takes what is held: fault 91. */
static void steal(world *w) {
  const mr_store *s = mr_memory_store(w->memory);
  mr_store_result r = {sizeof r, NULL, 0};
  assert_int_equal(
      s->claim(s->user, 1, "thief", HOUR, 10, NULL, w->now + 31 * MINUTE, &r), MR_OK);
  assert_int_equal(r.count, 1);
}

/* fault 91: who lost the lease is told, and its results are not committed. */
static void lease_lost_fault_91(void **state) {
  (void)state;
  world *w = with_held(one);
  mr_outcome o = outcome(MR_FATE_DELIVERED, MR_REASON_DELIVERED, MR_STAGE_DOT);
  steal(w);
  world_run(w, w->now + 20 * MINUTE);
  assert_int_equal(w->lost, 1);
  uint64_t id = w->held[0]->id;
  assert_int_equal(mr_queue_result(w->queue, id, 0, &o, w->now), MR_OK);
  assert_int_equal(mr_queue_finish(w->queue, id, w->now), MR_OK);
  assert_int_equal(mr_queue_finish(w->queue, id, w->now), MR_ERR_NOT_FOUND);
  world_run(w, w->now + MINUTE);
  assert_null(world_find(w, "b@one.example"));
  assert_int_equal(world_stored(w, MR_RECORD_DELIVERY, MR_RECORD_LEASED), 1);
  assert_int_equal(kit_env_logged(w->env, "D3"), 1);
  close_world(w);
}

static void lease_lost_at_the_commit_fault_91(void **state) {
  (void)state;
  world *w = with_held(one);
  steal(w);
  assert_int_equal(mr_queue_finish(w->queue, w->held[0]->id, w->now), MR_OK);
  world_events(w);
  assert_int_equal(w->lost, 1);
  assert_null(world_find(w, "b@one.example"));
  close_world(w);
}

/* The store is gone for longer than the lease: nothing is told, the lease is lost. */
static void lease_runs_out_while_the_store_fails(void **state) {
  (void)state;
  world *w = with_held(one);
  w->store.fail_at = w->store.calls + 1;
  w->store.fail_from = 1;
  assert_int_equal(mr_queue_finish(w->queue, w->held[0]->id, w->now), MR_OK);
  world_run(w, w->now + 29 * MINUTE);
  assert_int_equal(w->lost, 0);
  world_run(w, w->now + 3 * MINUTE);
  assert_int_equal(w->lost, 1);
  assert_null(world_find(w, "b@one.example"));
  w->store.fail_at = 0;
  w->hold_deliveries = 0;
  world_run(w, w->now + HOUR);
  assert_int_equal(world_find(w, "b@one.example")->fate, MR_FATE_DELIVERED);
  close_world(w);
}

static void ensure_lease_answers(void **state) {
  (void)state;
  world *w = with_held(one);
  uint64_t id = w->held[0]->id;
  assert_int_equal(mr_queue_ensure_lease(w->queue, id, MINUTE, w->now), MR_OK);
  world_events(w);
  assert_int_equal(w->ready, 1);
  assert_int_equal(w->store.done_of[OP_RENEW], 0);
  assert_int_equal(mr_queue_ensure_lease(w->queue, id, 2 * HOUR, w->now), MR_OK);
  world_events(w);
  assert_int_equal(w->ready, 2);
  assert_int_equal(w->store.done_of[OP_RENEW], 1);
  assert_int_equal(mr_queue_ensure_lease(w->queue, id + 99, 1, w->now), MR_ERR_NOT_FOUND);
  world_run(w, w->now + MINUTE);
  const mr_store *s = mr_memory_store(w->memory);
  mr_store_result r = {sizeof r, NULL, 0};
  s->claim(s->user, 1, "thief", HOUR, 1, NULL, w->now + 3 * HOUR, &r);
  assert_int_equal(mr_queue_ensure_lease(w->queue, id, 4 * HOUR, w->now), MR_OK);
  world_events(w);
  assert_int_equal(w->lost, 1);
  close_world(w);
}

/* R95: what is given back counts no attempt, keeps its lane (R93) and comes back. */
static void release_and_lane_r93_r95(void **state) {
  (void)state;
  world *w = with_held(one);
  uint64_t id = w->held[0]->id;
  assert_string_equal(w->held[0]->lane, "one.example");
  assert_int_equal(mr_queue_set_lane(w->queue, id, ""), MR_ERR_RANGE);
  assert_int_equal(mr_queue_set_lane(w->queue, id, "mx1,mx2|may"), MR_OK);
  assert_int_equal(mr_queue_release(w->queue, id, 10 * SECOND, w->now), MR_OK);
  world_run(w, w->now + 9 * SECOND);
  assert_int_equal(w->held_count, 1);
  world_run(w, w->now + 2 * SECOND);
  assert_int_equal(w->held_count, 2);
  assert_string_equal(w->held[1]->lane, "mx1,mx2|may");
  assert_string_equal(w->held[1]->domain, "one.example");
  assert_int_equal(w->held[1]->attempts, 0);
  assert_null(world_find(w, "b@one.example"));
  assert_int_equal(mr_queue_set_lane(w->queue, w->held[1]->id, "mx3"), MR_OK);
  mr_queue_finish(w->queue, w->held[1]->id, w->now);
  world_run(w, w->now + HOUR);
  assert_int_equal(w->held[2]->attempts, 1);
  assert_string_equal(w->held[2]->lane, "mx3");
  assert_int_equal(world_find(w, "b@one.example")->reason, MR_REASON_NOT_ATTEMPTED);
  close_world(w);
}

static void paused_lane_waits(void **state) {
  (void)state;
  world *w = open_world(ASYNC_ORDER);
  w->store.delay = 5;
  mr_queue_pause_lane(w->queue, "one.example", w->now + HOUR, w->now);
  mr_queue_pause_lane(w->queue, "three.example", MR_NEVER, w->now);
  assert_int_equal(world_submit(w, "a@sender.example", NULL, two), MR_OK);
  world_run(w, w->now + 30 * MINUTE);
  assert_non_null(world_find(w, "c@two.example"));
  assert_null(world_find(w, "b@one.example"));
  world_run(w, w->now + 31 * MINUTE);
  assert_int_equal(world_find(w, "b@one.example")->fate, MR_FATE_DELIVERED);
  mr_queue_pause_lane(w->queue, "two.example", MR_NEVER, w->now);
  mr_queue_pause_lane(w->queue, "two.example", 0, w->now);
  assert_int_equal(world_submit(w, "a@sender.example", NULL, two), MR_OK);
  world_run(w, w->now + MINUTE);
  assert_int_equal(w->done, 2);
  close_world(w);
}

static void capacity_bounds_what_is_handed_out(void **state) {
  (void)state;
  world *w = open_world(ASYNC_OFF);
  w->hold_deliveries = 1;
  w->capacity = 0;
  mr_queue_take(w->queue, 0, w->now);
  for (int i = 0; i < 10; i++)
    assert_int_equal(world_submit(w, "a@sender.example", NULL, one), MR_OK);
  world_run(w, w->now + MINUTE);
  assert_int_equal(w->held_count, 0);
  mr_queue_take(w->queue, 3, w->now);
  world_events(w);
  assert_int_equal(w->held_count, 3);
  mr_queue_take(w->queue, 2, w->now);
  world_events(w);
  assert_int_equal(w->held_count, 5);
  close_world(w);
}

/* What another queue on the same store took in is seen at the next poll, or at once. */
static void wake_looks_at_once(void **state) {
  (void)state;
  world *w = open_world(ASYNC_OFF);
  mr_queue *other = NULL;
  mr_message *m = world_message(w->env, "a@sender.example", one);
  mr_submission s = {.size = sizeof s, .message = m};
  world_run(w, w->now + MINUTE);
  assert_int_equal(mr_queue_new(&other, NULL, NULL, mr_memory_store(w->memory)), MR_OK);
  assert_int_equal(mr_queue_submit(other, NULL, &s, w->now), MR_OK);
  world_events(w);
  assert_int_equal(w->deliveries, 0);
  assert_int_equal(mr_queue_wake(w->queue, w->now), MR_OK);
  world_events(w);
  assert_int_equal(w->deliveries, 1);
  assert_int_equal(mr_queue_wake(NULL, w->now), MR_ERR_MISUSE);
  mr_queue_free(other);
  mr_message_free(m);
  close_world(w);
}

/* ---- cancel ---- */

static void cancel_what_waits(void **state) {
  (void)state;
  for (int mode = ASYNC_OFF; mode <= ASYNC_TWICE; mode++) {
    world *w = open_world(mode);
    w->script = script_defer;
    assert_int_equal(world_submit(w, "a@sender.example", NULL, two), MR_OK);
    world_run(w, w->now + MINUTE);
    assert_int_equal(mr_queue_cancel(w->queue, w->accepted[0], w->now), MR_OK);
    world_run(w, w->now + MINUTE);
    assert_int_equal(world_find(w, "b@one.example")->fate, MR_FATE_CANCELLED);
    assert_int_equal(world_find(w, "c@two.example")->fate, MR_FATE_CANCELLED);
    assert_int_equal(world_find(w, "c@two.example")->finals, 1);
    assert_int_equal(w->done, 1);
    assert_int_equal(world_stored(w, MR_RECORD_MESSAGE, 0), 0);
    close_world(w);
  }
}

/* One that is being attempted gets its result first. */
static void cancel_what_is_in_hand(void **state) {
  (void)state;
  world *w = with_held(two);
  mr_outcome o = outcome(MR_FATE_DELIVERED, MR_REASON_DELIVERED, MR_STAGE_DOT);
  assert_int_equal(w->held_count, 2);
  assert_int_equal(mr_queue_cancel(w->queue, w->accepted[0], w->now), MR_OK);
  world_events(w);
  assert_int_equal(w->rcpt_count, 0);
  assert_int_equal(mr_queue_result(w->queue, w->held[0]->id, 0, &o, w->now), MR_OK);
  char first[64];
  strcpy(first, w->held[0]->recipients[0]);
  assert_int_equal(mr_queue_finish(w->queue, w->held[0]->id, w->now), MR_OK);
  assert_int_equal(mr_queue_release(w->queue, w->held[1]->id, HOUR, w->now), MR_OK);
  world_events(w);
  assert_int_equal(world_find(w, first)->fate, MR_FATE_DELIVERED);
  assert_int_equal(w->rcpt_count, 2);
  assert_int_equal(w->rcpts[1].fate, MR_FATE_CANCELLED);
  assert_int_equal(w->done, 1);
  close_world(w);
}

static void cancel_waits_for_another_worker(void **state) {
  (void)state;
  world *w = open_world(ASYNC_OFF);
  w->capacity = 0;
  mr_queue_take(w->queue, 0, w->now);
  assert_int_equal(world_submit(w, "a@sender.example", NULL, one), MR_OK);
  world_events(w);
  const mr_store *s = mr_memory_store(w->memory);
  mr_store_result r = {sizeof r, NULL, 0};
  s->claim(s->user, 1, "other", 10 * MINUTE, 1, NULL, w->now, &r);
  assert_int_equal(r.count, 1);
  assert_int_equal(mr_queue_cancel(w->queue, w->accepted[0], w->now), MR_OK);
  world_run(w, w->now + 9 * MINUTE);
  assert_int_equal(w->rcpt_count, 0);
  world_run(w, w->now + 3 * MINUTE);
  assert_int_equal(world_find(w, "b@one.example")->fate, MR_FATE_CANCELLED);
  assert_int_equal(w->done, 1);
  assert_int_equal(mr_queue_deadline(w->queue), MR_NEVER);
  close_world(w);
}

/* ---- drain ---- */

static void drain_gives_back(void **state) {
  (void)state;
  world *w = open_world(ASYNC_OFF);
  w->hold_deliveries = 1;
  assert_int_equal(world_submit(w, "a@sender.example", NULL, one), MR_OK);
  world_events(w);
  assert_int_equal(w->held_count, 1);
  assert_int_equal(world_submit(w, "a@sender.example", NULL, two), MR_OK);
  assert_int_equal(mr_queue_drain(w->queue, w->now), MR_OK); /* two of them untold */
  world_events(w);
  assert_int_equal(w->held_count, 1);
  assert_int_equal(w->drained, 0);
  assert_int_equal(world_submit(w, "a@sender.example", NULL, one), MR_ERR_STATE);
  assert_int_equal(mr_queue_release(w->queue, w->held[0]->id, 0, w->now), MR_OK);
  world_events(w);
  assert_int_equal(w->drained, 1);
  assert_int_equal(world_stored(w, MR_RECORD_DELIVERY, MR_RECORD_QUEUED), 3);
  assert_int_equal(world_stored(w, MR_RECORD_DELIVERY, MR_RECORD_LEASED), 0);
  close_world(w);
}

static void drain_waits_for_the_store(void **state) {
  (void)state;
  world *w = open_world(ASYNC_ORDER);
  w->store.delay = 100;
  assert_int_equal(world_submit(w, "a@sender.example", NULL, one), MR_OK);
  assert_int_equal(mr_queue_drain(w->queue, w->now), MR_OK);
  world_events(w);
  assert_int_equal(w->drained, 0);
  world_run(w, w->now + MINUTE);
  assert_int_equal(w->accepted_count, 1);
  assert_int_equal(w->drained, 1);
  close_world(w);
}

/* ---- results ---- */

/* R97: the last word counts for the fate, progress for what a bounce quotes. */
static void progress_is_quoted_r97(void **state) {
  (void)state;
  world *w = with_held(one);
  uint64_t id = w->held[0]->id;
  mr_outcome far_on = outcome(MR_FATE_DEFERRED, MR_REASON_DOT_SOFT, MR_STAGE_DOT);
  mr_outcome early =
      outcome(MR_FATE_DEFERRED, MR_REASON_CONNECT_REFUSED, MR_STAGE_CONNECT);
  far_on.text = "disk full over there";
  early.text = "nobody listens";
  assert_int_equal(mr_queue_result(w->queue, id, 0, &far_on, w->now), MR_OK);
  assert_int_equal(mr_queue_result(w->queue, id, 0, &early, w->now), MR_OK);
  w->now += 6 * DAY;
  assert_int_equal(mr_queue_finish(w->queue, id, w->now), MR_OK);
  w->hold_deliveries = 0;
  world_run(w, w->now + SECOND);
  assert_string_equal(world_find(w, "b@one.example")->text, "nobody listens");
  assert_int_equal(world_find(w, "b@one.example")->fate, MR_FATE_EXPIRED);
  assert_non_null(strstr(w->body, "disk full over there"));
  close_world(w);
}

/* R88, R97: what was delivered stays so; what is uncertain is handed on as such. */
static void delivered_and_uncertain_r88_r97(void **state) {
  (void)state;
  world *w = with_held(one);
  mr_outcome doubt = outcome(MR_FATE_DEFERRED, MR_REASON_UNCERTAIN, MR_STAGE_DOT);
  doubt.uncertain = 1;
  assert_int_equal(w->held[0]->uncertain, 0);
  mr_queue_result(w->queue, w->held[0]->id, 0, &doubt, w->now);
  mr_queue_finish(w->queue, w->held[0]->id, w->now);
  world_run(w, w->now + HOUR);
  assert_int_equal(w->held[1]->uncertain, 1);
  mr_outcome good = outcome(MR_FATE_DELIVERED, MR_REASON_DELIVERED, MR_STAGE_DOT);
  mr_queue_result(w->queue, w->held[1]->id, 0, &good, w->now);
  mr_queue_result(w->queue, w->held[1]->id, 0, &doubt, w->now);
  mr_queue_finish(w->queue, w->held[1]->id, w->now);
  world_events(w);
  assert_int_equal(world_find(w, "b@one.example")->fate, MR_FATE_DELIVERED);
  close_world(w);
}

/* R105: a lease that ran out may have delivered. */
static void expired_lease_is_uncertain_r105(void **state) {
  (void)state;
  world *w = with_held(one);
  world_stop(w);
  assert_int_equal(world_start(w), MR_OK);
  world_run(w, w->now + 31 * MINUTE);
  assert_int_equal(w->held_count, 1);
  assert_int_equal(w->held[0]->uncertain, 1);
  assert_int_equal(w->held[0]->attempts, 1);
  mr_queue_finish(w->queue, w->held[0]->id, w->now);
  world_run(w, w->now + HOUR);
  assert_int_equal(w->held[1]->uncertain, 1); /* it stays so */
  close_world(w);
}

static void misuse_fault_100(void **state) {
  (void)state;
  world *w = with_held(one);
  uint64_t id = w->held[0]->id;
  mr_outcome o = outcome(MR_FATE_EXPIRED, 0, 0);
  mr_message *m;
  assert_int_equal(mr_queue_result(w->queue, id, 0, &o, w->now), MR_ERR_MISUSE);
  assert_int_equal(mr_queue_result(w->queue, id, 0, NULL, w->now), MR_ERR_MISUSE);
  assert_int_equal(mr_queue_result(w->queue, id, 1, &o, w->now), MR_ERR_NOT_FOUND);
  assert_int_equal(mr_queue_result(w->queue, id + 9, 0, &o, w->now), MR_ERR_NOT_FOUND);
  o.fate = MR_FATE_DEFERRED;
  o.text = o.status = o.host = o.address = o.tls_version = o.tls_cipher = NULL;
  assert_int_equal(mr_queue_result(w->queue, id, 0, &o, w->now), MR_OK);
  assert_int_equal(mr_queue_finish(w->queue, 0, w->now), MR_ERR_NOT_FOUND);
  assert_int_equal(mr_queue_release(w->queue, 0, 0, w->now), MR_ERR_NOT_FOUND);
  assert_int_equal(mr_queue_message(w->queue, 0, &m), MR_ERR_NOT_FOUND);
  assert_int_equal(mr_queue_message(w->queue, id, NULL), MR_ERR_MISUSE);
  assert_int_equal(mr_queue_cancel(w->queue, 0, w->now), MR_ERR_MISUSE);
  assert_int_equal(mr_queue_ack(w->queue, 5, w->now), MR_ERR_NOT_FOUND);
  assert_int_equal(mr_queue_stored(w->queue, 5, 0, NULL, 0, w->now), MR_ERR_NOT_FOUND);
  assert_int_equal(mr_queue_stored(NULL, 5, 0, NULL, 0, w->now), MR_ERR_MISUSE);
  assert_int_equal(mr_queue_expire(NULL, 1), MR_ERR_MISUSE);
  assert_int_equal(mr_queue_take(NULL, 1, 1), MR_ERR_MISUSE);
  assert_int_equal(mr_queue_new(NULL, NULL, NULL, NULL), MR_ERR_MISUSE);
  assert_null(mr_queue_next(NULL));
  mr_queue_free(NULL);
  mr_store bad = *mr_memory_store(w->memory);
  mr_queue *q;
  bad.claim = NULL;
  assert_int_equal(mr_queue_new(&q, NULL, NULL, &bad), MR_ERR_MISUSE);
  assert_null(q);
  close_world(w);
}

/* ---- the message of a delivery ---- */

static void message_pends_and_outlives(void **state) {
  (void)state;
  world *w = with_held(one);
  char buf[4096];
  size_t len = 0, total = 0;
  mr_message *m;
  mr_reader *reader;
  assert_int_equal(mr_queue_message(w->queue, w->held[0]->id, &m), MR_OK);
  assert_int_equal(mr_message_size(m), w->held[0]->message_size);
  assert_int_equal(mr_reader_new(&reader, m), MR_OK);
  w->store.mode = ASYNC_ORDER;
  int rc;
  while ((rc = mr_reader_read(reader, buf + total, sizeof buf - total, &len)) != MR_OK ||
         len > 0) {
    assert_true(rc == MR_OK || rc == MR_ERR_PENDING);
    total += rc == MR_OK ? len : 0;
    world_events(w);
  }
  assert_int_equal(total, w->held[0]->message_size);
  assert_true(w->updates > 0);
  assert_memory_equal(buf + total - 10, "one line\r\n", 10);
  mr_reader_free(reader);
  assert_int_equal(mr_reader_new(&reader, m), MR_OK);
  w->store.mode = ASYNC_NEVER;
  world_stop(w);
  do
    rc = mr_reader_read(reader, buf, sizeof buf, &len);
  while (rc == MR_OK && len > 0);
  assert_int_equal(rc, MR_ERR_SOURCE);
  mr_reader_free(reader);
  mr_message_free(m);
  close_world(w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lease_renewed_r104),
      cmocka_unit_test(lease_lost_fault_91),
      cmocka_unit_test(lease_lost_at_the_commit_fault_91),
      cmocka_unit_test(lease_runs_out_while_the_store_fails),
      cmocka_unit_test(ensure_lease_answers),
      cmocka_unit_test(release_and_lane_r93_r95),
      cmocka_unit_test(paused_lane_waits),
      cmocka_unit_test(capacity_bounds_what_is_handed_out),
      cmocka_unit_test(wake_looks_at_once),
      cmocka_unit_test(cancel_what_waits),
      cmocka_unit_test(cancel_what_is_in_hand),
      cmocka_unit_test(cancel_waits_for_another_worker),
      cmocka_unit_test(drain_gives_back),
      cmocka_unit_test(drain_waits_for_the_store),
      cmocka_unit_test(progress_is_quoted_r97),
      cmocka_unit_test(delivered_and_uncertain_r88_r97),
      cmocka_unit_test(expired_lease_is_uncertain_r105),
      cmocka_unit_test(misuse_fault_100),
      cmocka_unit_test(message_pends_and_outlives),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
