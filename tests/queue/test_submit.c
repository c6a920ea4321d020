/* SPDX-License-Identifier: MIT */
/* Taking messages in, whatever interrupts it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "queue/world.h"

static const char *const one[] = {"b@one.example", NULL};

/* Operations of a submission: begin, header, body, commit. */
enum { COMMIT_AT = 4 };

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

/* bug 55: interrupted at each operation, then again under the same key: one message. */
static void interrupted(int mode, int fault, uint64_t at, int cancel_works) {
  world *w = open_world(mode);
  w->capacity = 0;
  mr_queue_take(w->queue, 0, w->now);
  world_events(w); /* the first claim is over */
  w->store.fault = fault;
  w->store.fail_at = w->store.calls + at;
  w->store.effect_at_cancel = cancel_works;
  assert_int_equal(world_submit(w, "a@sender.example", "key", one), MR_OK);
  world_run(w, w->now + 10 * MINUTE);
  assert_int_equal(w->accepted_count + w->refused, 1);
  if (w->refused && w->refused_reason != MR_REASON_STORE_UNKNOWN)
    assert_int_equal(w->refused_reason, MR_REASON_STORE_FAILED);
  if (fault == FAULT_DONE_SILENT && at == COMMIT_AT)
    assert_int_equal(w->accepted_count, 1); /* it was looked up */
  if (w->accepted_count > 0 || fault != FAULT_DONE_SILENT)
    assert_int_equal(world_stored(w, MR_RECORD_MESSAGE, 0), w->accepted_count);
  assert_int_equal(world_submit(w, "a@sender.example", "key", one), MR_OK);
  world_run(w, w->now + 10 * MINUTE);
  assert_int_equal(w->accepted_count + w->refused, 2);
  assert_int_equal(w->accepted_reason == MR_REASON_KNOWN_KEY, w->accepted_count == 2);
  assert_int_equal(world_stored(w, MR_RECORD_MESSAGE, 0), 1);
  assert_int_equal(world_stored(w, MR_RECORD_DELIVERY, 0), 1);
  w->capacity = 10;
  world_run(w, w->now + HOUR);
  assert_int_equal(world_find(w, "b@one.example")->attempts, 1);
  assert_int_equal(world_submit(w, "a@sender.example", "key", one), MR_OK);
  world_run(w, w->now + HOUR);
  assert_int_equal(world_find(w, "b@one.example")->attempts, 1);
  close_world(w);
}

static void one_message_a_key_bug_55(void **state) {
  static const int modes[] = {ASYNC_OFF, ASYNC_ORDER, ASYNC_INSIDE};
  (void)state;
  for (size_t m = 0; m < 3; m++)
    for (int fault = FAULT_ERROR; fault <= FAULT_LIMIT; fault++)
      for (uint64_t at = 1; at <= COMMIT_AT; at++)
        interrupted(modes[m], fault, at, 0);
}

/* Two under one key at the same time, through a store that answers later. */
static void two_at_once_bug_55(void **state) {
  (void)state;
  for (int mode = ASYNC_ORDER; mode <= ASYNC_REVERSE; mode++) {
    world *w = open_world(mode);
    w->store.delay = 10;
    for (int i = 0; i < 3; i++)
      assert_int_equal(world_submit(w, "a@sender.example", "key", one), MR_OK);
    world_run(w, w->now + MINUTE);
    assert_int_equal(w->accepted_count, 3);
    assert_int_equal(w->accepted[0], w->accepted[2]);
    assert_int_equal(world_find(w, "b@one.example")->attempts, 1);
    close_world(w);
  }
}

/* fault 83: no completion: cancelled after the timeout, done or not done after all. */
static void never_completed_fault_83(void **state) {
  (void)state;
  for (int effect = 0; effect < 2; effect++) {
    world *w = open_world(ASYNC_NEVER);
    w->store.effect_at_cancel = effect;
    assert_int_equal(world_submit(w, "a@sender.example", "key", one), MR_OK);
    world_run(w, w->now + 59 * SECOND);
    assert_int_equal(w->refused, 0);
    world_run(w, w->now + 2 * SECOND);
    assert_int_equal(w->refused, 1);
    assert_true(w->store.cancels > 0);
    w->store.mode = ASYNC_ORDER;
    world_run(w, w->now + 10 * MINUTE);
    assert_int_equal(world_submit(w, "a@sender.example", "key", one), MR_OK);
    world_run(w, w->now + 10 * MINUTE);
    assert_int_equal(world_find(w, "b@one.example")->attempts, 1);
    close_world(w);
  }
}

/* ---- sources ---- */

typedef struct src {
  world *w;
  uint64_t ticket;
  unsigned calls, fail_at, pend_at, shorten;
  int inside;
} src;

static const char text[] = "From: <a@sender.example>\r\nDate: Thu, 01 Jan 2026 00:00:00 "
                           "+0000\r\nMessage-ID: <1@x>\r\n\r\nbody line\r\nanother\r\n";

static int src_read(void *user, uint64_t offset, void *buf, size_t cap, size_t *len) {
  src *s = user;
  size_t all = sizeof text - 1 - s->shorten;
  s->calls++;
  *len = 0;
  if (s->fail_at != 0 && s->calls >= s->fail_at)
    return MR_ERR_SOURCE;
  if (s->pend_at == s->calls) {
    assert_int_equal(mr_queue_take(s->w->queue, 1, s->w->now), MR_ERR_STATE);
    if (s->inside)
      assert_int_equal(mr_queue_source_done(s->w->queue, s->ticket, s->w->now), MR_OK);
    return MR_ERR_PENDING;
  }
  if (offset >= all)
    return MR_OK;
  *len = all - offset < cap ? (size_t)(all - offset) : cap;
  *len = *len < 20 ? *len : 20;
  memcpy(buf, text + offset, *len);
  return MR_OK;
}

static mr_message *from_source(src *s) {
  mr_source source = {
      .size = sizeof source, .user = s, .read = src_read, .length = MR_LENGTH_UNKNOWN};
  mr_message *m;
  assert_int_equal(mr_message_new(&m, NULL, NULL), MR_OK);
  mr_message_set_raw_source(m, &source, 0);
  mr_message_set_sender(m, "a@sender.example");
  mr_message_add_recipient(m, "b@one.example");
  assert_int_equal(mr_message_seal(m), MR_OK);
  s->calls = 0;
  return m;
}

static void submit_source(world *w, src *s, mr_message *m) {
  mr_submission sub = {.size = sizeof sub, .message = m};
  s->w = w;
  assert_int_equal(mr_queue_submit(w->queue, &s->ticket, &sub, w->now), MR_OK);
}

/* bug 29, fault 21: an error or another length mid-body never makes a message. */
static void source_fails_bug_29_fault_21(void **state) {
  (void)state;
  for (unsigned at = 0; at <= 2; at++) {
    world *w = open_world(ASYNC_ORDER);
    src s = {0};
    mr_message *m = from_source(&s);
    s.fail_at = at;
    s.shorten = at == 0 ? 5 : 0;
    submit_source(w, &s, m);
    world_run(w, w->now + MINUTE);
    assert_int_equal(w->refused, 1);
    assert_int_equal(w->refused_reason, MR_REASON_SOURCE_FAILED);
    assert_int_equal(world_stored(w, MR_RECORD_MESSAGE, 0), 0);
    mr_message_free(m);
    close_world(w);
  }
}

static void source_waits(void **state) {
  (void)state;
  world *w = open_world(ASYNC_ORDER);
  src s = {0};
  mr_message *m = from_source(&s);
  s.pend_at = 2;
  submit_source(w, &s, m);
  world_run(w, w->now + 30 * SECOND);
  assert_int_equal(w->accepted_count + w->refused, 0);
  assert_int_equal(mr_queue_source_done(w->queue, s.ticket + 9, w->now),
                   MR_ERR_NOT_FOUND);
  assert_int_equal(mr_queue_source_done(w->queue, s.ticket, w->now), MR_OK);
  assert_int_equal(mr_queue_source_done(w->queue, s.ticket, w->now), MR_ERR_NOT_FOUND);
  world_run(w, w->now + MINUTE);
  assert_int_equal(w->accepted_count, 1);
  assert_int_equal(world_find(w, "b@one.example")->fate, MR_FATE_DELIVERED);
  s.calls = 0;
  s.pend_at = 1;
  submit_source(w, &s, m);
  world_run(w, w->now + 2 * MINUTE); /* it never says that it can go on */
  assert_int_equal(w->refused_reason, MR_REASON_SOURCE_FAILED);
  mr_message_free(m);
  close_world(w);
}

static void source_done_inside(void **state) {
  (void)state;
  world *w = open_world(ASYNC_ORDER); /* so that the ticket is known when it is read */
  src s = {.inside = 1};
  mr_message *m = from_source(&s);
  s.pend_at = 2;
  submit_source(w, &s, m);
  world_run(w, w->now + SECOND);
  assert_int_equal(w->accepted_count, 1);
  mr_message_free(m);
  close_world(w);
}

/* ---- refused at once ---- */

static void bad_submissions(void **state) {
  (void)state;
  world *w = open_world(ASYNC_OFF);
  static const char *const bad[] = {"b@one.example", "no at sign"};
  char key[300] = {0};
  mr_message *m = world_message(NULL, "a@sender.example", one), *raw;
  assert_int_equal(mr_message_new(&raw, NULL, NULL), MR_OK);
  const mr_submission good = {.size = sizeof good, .message = m};
  mr_submission rows[] = {good, good, good, good, good, good, good, good};
  static const int expected[] = {MR_ERR_ADDR,   MR_ERR_ADDR,   MR_ERR_RANGE,
                                 MR_ERR_RANGE,  MR_ERR_MISUSE, MR_ERR_MISUSE,
                                 MR_ERR_MISUSE, MR_ERR_MISUSE};
  rows[0].recipients = bad;
  rows[0].recipient_count = 2;
  rows[1].sender = "also none";
  rows[2].priority = 10;
  rows[3].key = key;
  rows[3].key_len = 256;
  rows[4].message = raw;
  rows[5].recipients = bad;
  rows[6].key_len = 4;
  rows[7].size = 1;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(mr_queue_submit(w->queue, NULL, &rows[i], w->now), expected[i]);
    assert_int_equal(mr_queue_error(w->queue)->code, expected[i]);
  }
  assert_int_equal(mr_queue_submit(w->queue, NULL, NULL, w->now), MR_ERR_MISUSE);
  world_run(w, w->now + MINUTE);
  assert_int_equal(w->events, 0);
  mr_message_free(m);
  mr_message_free(raw);
  close_world(w);
}

/* Closing with everything under way leaves nothing behind. */
static void freed_under_way(void **state) {
  (void)state;
  for (uint64_t turns = 0; turns < 12; turns++) {
    world *w = open_world(ASYNC_ORDER);
    w->store.delay = 10;
    w->script = script_fail;
    assert_int_equal(world_submit(w, "a@sender.example", NULL, one), MR_OK);
    mr_queue_cancel(w->queue, 77, w->now);
    world_run(w, w->now + turns * 10);
    world_stop(w);
    assert_null(w->store.first);
    close_world(w);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_message_a_key_bug_55),
      cmocka_unit_test(two_at_once_bug_55),
      cmocka_unit_test(never_completed_fault_83),
      cmocka_unit_test(source_fails_bug_29_fault_21),
      cmocka_unit_test(source_waits),
      cmocka_unit_test(source_done_inside),
      cmocka_unit_test(bad_submissions),
      cmocka_unit_test(freed_under_way),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
