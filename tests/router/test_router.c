/* SPDX-License-Identifier: MIT */
/* Whole lives of messages, from submit to the last outcome, in virtual time. */
#include "router/lab.h"

static void test_delivered_at_once(void **state) { /* R84 */
  lab l;
  (void)state;
  lab_init(&l);
  lab_honest(&l);
  lab_send(&l, "a@one.test", "b@one.test");
  assert_true(lab_run(&l));
  lab_fate(&l, "a@one.test", MR_FATE_DELIVERED, MR_REASON_DELIVERED);
  lab_fate(&l, "b@one.test", MR_FATE_DELIVERED, MR_REASON_DELIVERED);
  assert_int_equal(kit_smtp_ledger(l.one)->mail_count, 1);
  assert_int_equal(kit_world_count(&l.world, MR_EVENT_ACCEPTED), 1);
  assert_int_equal(kit_world_count(&l.world, MR_EVENT_MESSAGE_DONE), 1);
  assert_int_equal(kit_world_last(&l.world, "a@one.test")->tag, 77);
  lab_done(&l);
}

static void test_greylisted_is_retried(void **state) { /* R72, R98, fault 52 */
  lab l;
  (void)state;
  lab_init(&l);
  lab_host(&l, "10.0.0.2", &l.one, KIT_GREYLIST);
  lab_honest(&l);
  lab_send(&l, "a@one.test", NULL);
  assert_true(lab_run(&l));
  lab_fate(&l, "a@one.test", MR_FATE_DELIVERED, MR_REASON_DELIVERED);
  assert_int_equal(kit_world_outcomes(&l.world, "a@one.test"), 2);
  const kit_told *last = kit_world_last(&l.world, "a@one.test");
  assert_true(last->now >= 1000 + 270000 && last->now < 1000 + 400000);
  lab_done(&l);
}

static void test_refused_is_bounced_to_the_sender(void **state) { /* R73, R101, R102 */
  lab l;
  (void)state;
  lab_init(&l);
  lab_host(&l, "10.0.0.2", &l.one, KIT_REFUSER);
  lab_honest(&l);
  lab_send(&l, "a@one.test", NULL);
  assert_true(lab_run(&l));
  lab_fate(&l, "a@one.test", MR_FATE_FAILED, MR_REASON_RCPT_HARD);
  assert_int_equal(lab_copies(l.origin, "me@origin.test"), 1);
  const kit_mail *bounce = &kit_smtp_ledger(l.origin)->mails[0];
  assert_string_equal(bounce->sender, "");
  assert_non_null(strstr(bounce->data, "message/delivery-status"));
  assert_non_null(strstr(bounce->data, "Final-Recipient: rfc822; a@one.test"));
  lab_done(&l);
}

static void test_a_bounce_is_not_bounced(void **state) { /* R101, fault 89 */
  lab l;
  (void)state;
  lab_init(&l);
  lab_host(&l, "10.0.0.1", &l.origin, KIT_REFUSER);
  lab_host(&l, "10.0.0.2", &l.one, KIT_REFUSER);
  lab_honest(&l);
  lab_send(&l, "a@one.test", NULL);
  assert_true(lab_run(&l));
  lab_fate(&l, "me@origin.test", MR_FATE_FAILED, MR_REASON_RCPT_HARD);
  assert_int_equal(kit_smtp_ledger(l.origin)->counts[KIT_AT_MAIL], 1);
  lab_done(&l);
}

static void test_second_exchanger_takes_it(void **state) { /* R25, R22 */
  lab l;
  (void)state;
  lab_init(&l);
  lab_host(&l, "10.0.0.4", &l.mx2, KIT_HONEST); /* nobody is at mx1 */
  lab_honest(&l);
  lab_send(&l, "a@two.test", NULL);
  assert_true(lab_run(&l));
  lab_fate(&l, "a@two.test", MR_FATE_DELIVERED, MR_REASON_DELIVERED);
  assert_int_equal(kit_world_outcomes(&l.world, "a@two.test"), 1);
  assert_string_equal(kit_world_last(&l.world, "a@two.test")->host, "mx2.two.test");
  lab_done(&l);
}

static void test_silent_exchanger_times_out(void **state) { /* R25, R32 */
  lab l;
  (void)state;
  lab_init(&l);
  kit_world_silent(&l.world, "10.0.0.3");
  lab_host(&l, "10.0.0.4", &l.mx2, KIT_HONEST);
  lab_honest(&l);
  lab_send(&l, "a@two.test", NULL);
  assert_true(lab_run(&l));
  lab_fate(&l, "a@two.test", MR_FATE_DELIVERED, MR_REASON_DELIVERED);
  assert_int_equal(kit_world_last(&l.world, "a@two.test")->now, 1000 + 30000);
  lab_done(&l);
}

static void test_down_for_days_expires_once(void **state) { /* R99, fault 88 */
  lab l;
  (void)state;
  lab_init(&l);
  lab_host(&l, "10.0.0.2", &l.one, KIT_CLOSER);
  lab_honest(&l);
  lab_send(&l, "a@one.test", NULL);
  assert_true(lab_run(&l));
  const kit_told *t = kit_world_last(&l.world, "a@one.test");
  assert_int_equal(t->fate, MR_FATE_EXPIRED);
  assert_int_equal(kit_world_finals(&l.world, "a@one.test"), 1);
  assert_true(t->now >= 5 * (uint64_t)LAB_DAY);
  assert_true(t->now < 5 * (uint64_t)LAB_DAY + 2 * 4400 * 1000);
  assert_int_equal(lab_copies(l.origin, "me@origin.test"), 1);
  assert_true(kit_world_outcomes(&l.world, "a@one.test") > 90);
  lab_done(&l);
}

static void test_no_route_bounces(void **state) { /* R9 */
  lab l;
  (void)state;
  lab_init(&l);
  lab_honest(&l);
  lab_send(&l, "a@null.test", "b@nowhere.one.test");
  assert_true(lab_run(&l));
  lab_fate(&l, "a@null.test", MR_FATE_FAILED, MR_REASON_NULL_MX);
  lab_fate(&l, "b@nowhere.one.test", MR_FATE_FAILED, MR_REASON_DNS_NXDOMAIN);
  lab_done(&l);
}

static void test_uncertain_is_retried_and_said(void **state) { /* R88, fault 48 */
  lab l;
  (void)state;
  lab_init(&l);
  lab_host(&l, "10.0.0.2", &l.one, KIT_DOT_DROPPER);
  lab_honest(&l);
  lab_send(&l, "a@one.test", NULL);
  kit_world_run(&l.world, 60000);
  const kit_told *t = kit_world_last(&l.world, "a@one.test");
  assert_int_equal(t->reason, MR_REASON_UNCERTAIN);
  assert_int_equal(t->uncertain, 1);
  assert_int_equal(t->fate, MR_FATE_DEFERRED);
  lab_done(&l);
}

static void test_retries_send_the_same_octets(void **state) { /* R89, R93 */
  lab l;
  (void)state;
  lab_init(&l);
  lab_host(&l, "10.0.0.2", &l.one, KIT_DOT_DROPPER);
  lab_honest(&l);
  lab_send(&l, "a@one.test", NULL);
  kit_world_run(&l.world, 3600 * 1000);
  const kit_ledger *ledger = kit_smtp_ledger(l.one);
  assert_true(ledger->mail_count >= 2);
  for (size_t i = 1; i < ledger->mail_count; i++) {
    assert_int_equal(ledger->mails[i].len, ledger->mails[0].len);
    assert_memory_equal(ledger->mails[i].data, ledger->mails[0].data,
                        ledger->mails[0].len);
  }
  lab_done(&l);
}

static void test_connections_are_reused(void **state) { /* R91, bug 7 */
  lab l;
  (void)state;
  lab_init(&l);
  lab_honest(&l);
  for (int i = 0; i < 5; i++) {
    lab_send(&l, "a@one.test", NULL);
    assert_true(lab_run(&l));
  }
  assert_int_equal(kit_smtp_ledger(l.one)->mail_count, 5);
  assert_int_equal(kit_smtp_ledger(l.one)->connections, 1);
  lab_done(&l);
}

static void test_idle_connections_are_closed_politely(void **state) { /* R91 */
  lab l;
  (void)state;
  lab_init(&l);
  lab_host(&l, "10.0.0.3", &l.mx1, KIT_GREYLIST); /* keeps the world busy meanwhile */
  lab_honest(&l);
  lab_send(&l, "a@one.test", "b@two.test");
  assert_true(lab_run(&l));
  assert_int_equal(kit_smtp_ledger(l.one)->counts[KIT_AT_QUIT], 1);
  lab_done(&l);
}

static void test_cancel(void **state) {
  lab l;
  (void)state;
  lab_init(&l);
  lab_host(&l, "10.0.0.2", &l.one, KIT_GREYLIST);
  lab_honest(&l);
  lab_send(&l, "a@one.test", NULL);
  kit_world_run(&l.world, 5000);
  uint64_t id = kit_world_last(&l.world, "a@one.test")->message;
  assert_int_equal(mr_router_cancel(l.world.router, id, l.world.now), MR_OK);
  assert_true(lab_run(&l));
  lab_fate(&l, "a@one.test", MR_FATE_CANCELLED, MR_REASON_CANCELLED);
  assert_int_equal(kit_smtp_ledger(l.one)->mail_count, 0);
  lab_done(&l);
}

static void test_drain_lets_transactions_finish(void **state) {
  lab l;
  (void)state;
  lab_init(&l);
  lab_host(&l, "10.0.0.2", &l.one, KIT_TARPIT);
  lab_honest(&l);
  lab_send(&l, "a@one.test", NULL);
  kit_world_run(&l.world, 30000); /* in the midst of the dialogue */
  assert_int_equal(mr_router_drain(l.world.router, MR_NEVER, l.world.now), MR_OK);
  lab_run(&l);
  lab_fate(&l, "a@one.test", MR_FATE_DELIVERED, MR_REASON_DELIVERED);
  assert_int_equal(kit_world_count(&l.world, MR_EVENT_DRAINED), 1);
  lab_done(&l);
}

static void test_drain_deadline_breaks_off(void **state) {
  lab l;
  (void)state;
  lab_init(&l);
  lab_host(&l, "10.0.0.2", &l.one, KIT_TARPIT);
  lab_honest(&l);
  lab_send(&l, "a@one.test", NULL);
  kit_world_run(&l.world, 30000);
  assert_int_equal(mr_router_drain(l.world.router, 35000, l.world.now), MR_OK);
  kit_world_run(&l.world, 60000);
  assert_int_equal(kit_world_last(&l.world, "a@one.test")->reason, MR_REASON_DRAINING);
  assert_int_equal(kit_world_count(&l.world, MR_EVENT_DRAINED), 1);
  assert_int_equal(kit_smtp_ledger(l.one)->mail_count, 0);
  lab_done(&l);
}

static void test_explain_does_not_send(void **state) {
  lab l;
  uint64_t id = 0;
  (void)state;
  lab_init(&l);
  lab_honest(&l);
  assert_int_equal(mr_router_explain(l.world.router, &id, "a@two.test", 5, l.world.now),
                   MR_OK);
  assert_int_equal(mr_router_busy(l.world.router), 1);
  assert_true(lab_run(&l));
  assert_int_equal(kit_world_count(&l.world, MR_EVENT_PLAN), 1);
  assert_int_equal(l.world.opened, 0);
  lab_done(&l);
}

static void test_busy_counts_the_bounce(void **state) { /* R102 */
  lab l;
  (void)state;
  lab_init(&l);
  lab_host(&l, "10.0.0.1", &l.origin, KIT_GREYLIST);
  lab_host(&l, "10.0.0.2", &l.one, KIT_REFUSER);
  lab_honest(&l);
  lab_send(&l, "a@one.test", NULL);
  assert_true(lab_run(&l)); /* returns only when the bounce is through */
  assert_int_equal(lab_copies(l.origin, "me@origin.test"), 1);
  lab_done(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_delivered_at_once),
      cmocka_unit_test(test_greylisted_is_retried),
      cmocka_unit_test(test_refused_is_bounced_to_the_sender),
      cmocka_unit_test(test_a_bounce_is_not_bounced),
      cmocka_unit_test(test_second_exchanger_takes_it),
      cmocka_unit_test(test_silent_exchanger_times_out),
      cmocka_unit_test(test_down_for_days_expires_once),
      cmocka_unit_test(test_no_route_bounces),
      cmocka_unit_test(test_uncertain_is_retried_and_said),
      cmocka_unit_test(test_retries_send_the_same_octets),
      cmocka_unit_test(test_connections_are_reused),
      cmocka_unit_test(test_idle_connections_are_closed_politely),
      cmocka_unit_test(test_cancel),
      cmocka_unit_test(test_drain_lets_transactions_finish),
      cmocka_unit_test(test_drain_deadline_breaks_off),
      cmocka_unit_test(test_explain_does_not_send),
      cmocka_unit_test(test_busy_counts_the_bounce),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
