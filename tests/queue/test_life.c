/* SPDX-License-Identifier: MIT */
/* Whole lives of messages, over a synchronous store and through every kind of
 * asynchronous one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "queue/world.h"

static const int modes[] = {ASYNC_OFF,    ASYNC_ORDER, ASYNC_REVERSE,
                            ASYNC_INSIDE, ASYNC_TWICE, ASYNC_MIXED};
enum { MODES = sizeof modes / sizeof *modes };

static const char *const one[] = {"b@one.example", NULL};
static const char *const mixed[] = {"ok1@one.example",  "soft@one.example",
                                    "hard@one.example", "ok2@two.example",
                                    "drop@two.example", NULL};

typedef void life(world *w);

static void in_every_mode(life *fn, const int *option, int64_t value) {
  for (size_t i = 0; i < MODES; i++) {
    kit_env env;
    kit_env_init(&env, 1);
    world *w = kit_xalloc(NULL, sizeof *w);
    world_init(w, &env, modes[i]);
    w->store.delay = modes[i] == ASYNC_REVERSE || modes[i] == ASYNC_MIXED ? 50 : 0;
    if (option != NULL)
      assert_int_equal(mr_options_set(w->options, *option, value), MR_OK);
    assert_int_equal(world_start(w), MR_OK);
    fn(w);
    assert_int_equal(w->after_done, 0);
    world_done(w);
    free(w);
    assert_int_equal(kit_env_done(&env), 0);
  }
}

static void live(life *fn) { in_every_mode(fn, NULL, 0); }

static void accept_deliver(world *w) {
  assert_int_equal(world_submit(w, "a@sender.example", NULL, one), MR_OK);
  assert_int_equal(w->accepted_count, 0);
  world_run(w, w->now + MINUTE);
  assert_int_equal(w->accepted_count, 1);
  world_rcpt *r = world_find(w, "b@one.example");
  assert_non_null(r);
  assert_int_equal(r->fate, MR_FATE_DELIVERED);
  assert_int_equal(r->outcomes, 1);
  assert_int_equal(r->finals, 1);
  assert_int_equal(r->tag, 7);
  assert_int_equal(w->done, 1);
  assert_int_equal(w->done_ids[0], w->accepted[0]);
  assert_int_equal(world_stored(w, MR_RECORD_MESSAGE, 0), 0);
  assert_int_equal(world_stored(w, MR_RECORD_DELIVERY, 0), 0);
  if (w->store.mode == ASYNC_TWICE)
    assert_true(w->store.refused_twice > 0);
  if (w->store.mode == ASYNC_ORDER)
    assert_true(w->store.flushes > 0);
}

/* R84, R103: accepted after the commit, delivered after the commit; fault 83. */
static void accepted_then_delivered_r84_r103_fault_83(void **state) {
  (void)state;
  live(accept_deliver);
}

static void defer_expire(world *w) {
  w->script = script_by_name;
  static const char *const to[] = {"soft@one.example", NULL};
  assert_int_equal(world_submit(w, "a@sender.example", NULL, to), MR_OK);
  world_run(w, w->now + 4 * DAY);
  world_rcpt *r = world_find(w, "soft@one.example");
  assert_int_equal(r->fate, MR_FATE_DEFERRED);
  assert_in_range(r->retry_in, 300 * SECOND, 4400 * SECOND);
  assert_int_equal(r->finals, 0);
  assert_int_equal(r->outcomes, r->attempts);
  world_run(w, w->now + 3 * DAY);
  r = world_find(w, "soft@one.example");
  assert_int_equal(r->fate, MR_FATE_EXPIRED);
  assert_int_equal(r->reason, MR_REASON_EXPIRED);
  assert_string_equal(r->status, "5.4.7");
  assert_string_equal(r->text, "come back later");
  assert_int_equal(r->finals, 1);
  assert_int_equal(r->outcomes, r->attempts);
  assert_in_range(r->attempts, 80, 160);
  world_rcpt *bounce = world_find(w, "a@sender.example");
  assert_non_null(bounce);
  assert_int_equal(bounce->attempts, 1);
  assert_int_equal(bounce->fate, MR_FATE_DELIVERED);
  assert_int_equal(bounce->tag,
                   7); /* announced by ACCEPTED with the tag of what failed */
  assert_int_equal(w->accepted_count, 2);
  assert_int_equal(w->done, 2);
  assert_int_equal(world_stored(w, MR_RECORD_MESSAGE, 0), 0);
}

/* R97, R99, fault 88: five days of deferrals, then one bounce, delivered. */
static void deferred_expired_bounced_r97_r99_fault_88(void **state) {
  (void)state;
  live(defer_expire);
}

static void mixed_fates(world *w) {
  w->script = script_by_name;
  assert_int_equal(world_submit(w, "a@sender.example", NULL, mixed), MR_OK);
  world_run(w, w->now + 10 * SECOND);
  assert_int_equal(world_find(w, "ok1@one.example")->fate, MR_FATE_DELIVERED);
  assert_int_equal(world_find(w, "ok2@two.example")->fate, MR_FATE_DELIVERED);
  assert_int_equal(world_find(w, "drop@two.example")->fate, MR_FATE_DISCARDED);
  assert_int_equal(world_find(w, "hard@one.example")->fate, MR_FATE_FAILED);
  assert_int_equal(world_find(w, "hard@one.example")->index, 2);
  assert_int_equal(world_find(w, "soft@one.example")->fate, MR_FATE_DEFERRED);
  assert_int_equal(world_find(w, "a@sender.example")->fate, MR_FATE_DELIVERED);
  assert_int_equal(w->done, 1); /* the bounce */
  w->script = script_deliver;
  world_run(w, w->now + HOUR);
  world_rcpt *soft = world_find(w, "soft@one.example");
  assert_int_equal(soft->fate, MR_FATE_DELIVERED);
  assert_int_equal(soft->attempts, 2);
  assert_int_equal(world_find(w, "ok1@one.example")->attempts, 1);
  assert_int_equal(w->done, 2);
}

/* R97, R102, R106: each recipient has its own fate; only the rest is tried again. */
static void every_recipient_its_fate_r97_r102_r106(void **state) {
  (void)state;
  live(mixed_fates);
}

static void bounce_text(world *w) {
  w->script = script_by_name;
  static const char *const to[] = {"hard@one.example", NULL};
  assert_int_equal(world_submit(w, "a@sender.example", NULL, to), MR_OK);
  world_run(w, w->now + SECOND);
  assert_int_equal(world_find(w, "hard@one.example")->fate, MR_FATE_FAILED);
  if (w->store.mode != ASYNC_OFF && w->store.mode != ASYNC_INSIDE)
    return; /* the body comes later there */
  assert_non_null(strstr(w->body, "nobody of that name"));
  assert_non_null(strstr(w->body, "hard@one.example"));
  assert_non_null(strstr(w->body, "Subject: hello"));
  assert_non_null(strstr(w->body, "5.1.1"));
}

/* R101, R102: the bounce says who, why, and quotes the header. */
static void bounce_quotes_r102(void **state) {
  (void)state;
  live(bounce_text);
}

static void null_sender(world *w) {
  w->script = script_fail;
  assert_int_equal(world_submit(w, "", NULL, one), MR_OK);
  world_run(w, w->now + DAY);
  assert_int_equal(world_find(w, "b@one.example")->fate, MR_FATE_FAILED);
  assert_int_equal(w->rcpt_count, 1);
  assert_int_equal(w->done, 1);
  assert_int_equal(world_stored(w, MR_RECORD_MESSAGE, 0), 0);
}

static void two_domains(world *w) {
  static const char *const to[] = {"b@one.example", "c@two.example", NULL};
  assert_int_equal(world_submit(w, "a@sender.example", NULL, to), MR_OK);
  world_run(w, w->now + MINUTE);
  assert_int_equal(w->rcpt_count, 2);
  assert_int_equal(w->done, 1);
}

/* In whatever order commits end, MESSAGE_DONE is the last word about a message. */
static void done_is_told_last(void **state) {
  (void)state;
  live(two_domains);
}

static void failing_bounce(world *w) {
  w->script = script_fail; /* the bounce fails too */
  assert_int_equal(world_submit(w, "a@sender.example", NULL, one), MR_OK);
  world_run(w, w->now + DAY);
  assert_int_equal(world_find(w, "a@sender.example")->fate, MR_FATE_FAILED);
  assert_int_equal(w->rcpt_count, 2);
  assert_int_equal(w->done, 2);
}

/* R101, fault 89: a null sender is never told, a failed bounce never bounces. */
static void no_bounce_of_bounces_r101_fault_89(void **state) {
  (void)state;
  live(null_sender);
  live(failing_bounce);
}

static void no_bounces(world *w) {
  w->script = script_fail;
  assert_int_equal(world_submit(w, "a@sender.example", NULL, one), MR_OK);
  world_run(w, w->now + DAY);
  assert_int_equal(w->rcpt_count, 1);
  assert_int_equal(world_find(w, "b@one.example")->finals, 1);
}

static void bounces_can_be_off(void **state) {
  int option = MR_OPT_BOUNCES;
  (void)state;
  in_every_mode(no_bounces, &option, 0);
}

static void held(world *w) {
  static const char *const to[] = {"hold@one.example", "soft@one.example", NULL};
  w->script = script_by_name;
  assert_int_equal(world_submit(w, "a@sender.example", NULL, to), MR_OK);
  world_run(w, w->now + SECOND);
  assert_int_equal(world_find(w, "hold@one.example")->fate, MR_FATE_HELD);
  assert_int_equal(world_find(w, "hold@one.example")->finals, 0);
  assert_int_equal(world_stored(w, MR_RECORD_DELIVERY, MR_RECORD_QUEUED), 1);
  w->script = script_deliver;
  world_run(w, w->now + HOUR);
  assert_int_equal(world_find(w, "soft@one.example")->fate, MR_FATE_DELIVERED);
  assert_int_equal(world_stored(w, MR_RECORD_DELIVERY, MR_RECORD_HELD), 1);
  world_run(w, w->now + 10 * DAY);
  assert_int_equal(world_find(w, "hold@one.example")->outcomes, 1);
  assert_int_equal(mr_queue_cancel(w->queue, w->accepted[0], w->now), MR_OK);
  world_run(w, w->now + SECOND);
  assert_int_equal(world_find(w, "hold@one.example")->fate, MR_FATE_CANCELLED);
  assert_int_equal(w->done, 1);
}

static void held_until_the_host_decides(void **state) {
  (void)state;
  live(held);
}

/* A real attempt that did not take place expires nothing (R99). */
static void script_dead(world *w, const mr_delivery *d, size_t index, mr_outcome *o) {
  script_defer(w, d, index, o);
  o->reason = MR_REASON_HOST_DEAD;
}

static void unreal(world *w) {
  w->script = script_dead;
  assert_int_equal(world_submit(w, "a@sender.example", NULL, one), MR_OK);
  world_run(w, w->now + 7 * DAY);
  assert_int_equal(world_find(w, "b@one.example")->fate, MR_FATE_DEFERRED);
  w->script = script_defer;
  world_run(w, w->now + 2 * HOUR);
  assert_int_equal(world_find(w, "b@one.example")->fate, MR_FATE_EXPIRED);
}

static void no_expiry_without_an_attempt_r99(void **state) {
  (void)state;
  live(unreal);
}

static void script_relay(world *w, const mr_delivery *d, size_t index, mr_outcome *o) {
  script_fail(w, d, index, o);
  o->reason = MR_REASON_RELAY_UNRESOLVED;
}

static void relay(world *w) {
  w->script = script_relay;
  assert_int_equal(world_submit(w, "a@sender.example", NULL, one), MR_OK);
  world_run(w, w->now + DAY);
  assert_int_equal(world_find(w, "b@one.example")->fate, MR_FATE_DEFERRED);
  assert_int_equal(world_find(w, "b@one.example")->finals, 0);
}

static void relay_that_does_not_resolve_defers_r16(void **state) {
  (void)state;
  live(relay);
}

static void grouping(world *w) {
  static const char *const to[] = {"a@One.example", "b@one.EXAMPLE", "a@one.example",
                                   "c@two.example", "d@one.example", NULL};
  mr_message *m = world_message(NULL, "a@sender.example", one);
  mr_submission s = {
      .size = sizeof s, .message = m, .recipients = to, .recipient_count = 5};
  w->hold_deliveries = 1;
  assert_int_equal(mr_queue_submit(w->queue, NULL, &s, w->now), MR_OK);
  mr_message_free(m);
  world_run(w, w->now + SECOND);
  assert_int_equal(w->held_count, 3); /* one.example twice: at most two recipients */
  size_t recipients = 0;
  for (size_t i = 0; i < 3; i++) {
    recipients += w->held[i]->recipient_count;
    assert_in_range(w->held[i]->recipient_count, 1, 2);
    assert_string_equal(w->held[i]->lane, w->held[i]->domain);
    assert_string_equal(w->held[i]->sender, "a@sender.example");
  }
  assert_int_equal(recipients, 4);
}

/* R5, fault 12: by domain, each once, at most MR_OPT_DELIVERY_RECIPIENTS of them. */
static void recipients_by_domain_r5_fault_12(void **state) {
  int option = MR_OPT_DELIVERY_RECIPIENTS;
  (void)state;
  in_every_mode(grouping, &option, 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(accepted_then_delivered_r84_r103_fault_83),
      cmocka_unit_test(deferred_expired_bounced_r97_r99_fault_88),
      cmocka_unit_test(every_recipient_its_fate_r97_r102_r106),
      cmocka_unit_test(bounce_quotes_r102),
      cmocka_unit_test(no_bounce_of_bounces_r101_fault_89),
      cmocka_unit_test(done_is_told_last),
      cmocka_unit_test(bounces_can_be_off),
      cmocka_unit_test(held_until_the_host_decides),
      cmocka_unit_test(no_expiry_without_an_attempt_r99),
      cmocka_unit_test(relay_that_does_not_resolve_defers_r16),
      cmocka_unit_test(recipients_by_domain_r5_fault_12),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
