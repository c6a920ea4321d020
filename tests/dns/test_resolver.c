/* SPDX-License-Identifier: MIT */
/* The public calls: misuse, taking back, limits, freeing, a resolver inside an engine. */
#include <mailroute/resolver.h>

#include "dns/lab.h"
#include "dns/resolver.h"
#include "text/event.h"

static void serve_two(lab *l, const lab_query *q, packet *out) {
  (void)l;
  lab_reply(out, q, 0);
  packet_mx(out, q->name, 300, 20, "b.x");
  packet_mx(out, q->name, 200, 10, "a.x");
}

static void test_no_server(void **state) {
  (void)state;
  lab *l = lab_with(0, NULL);
  assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX),
                      "FAILURE dns-no-server example.org ttl=0");
  lab_done(l);
}

/* fault 100: arguments that no caller may pass. */
static void test_misuse_fault_100(void **state) {
  uint64_t id;
  (void)state;
  lab *l = lab_with(1, NULL);
  mr_resolver *r = l->r;
  assert_int_equal(mr_resolver_new(NULL, NULL, NULL), MR_ERR_MISUSE);
  assert_int_equal(mr_resolver_query(NULL, &id, "a", MR_DNS_A, 0, 0), MR_ERR_MISUSE);
  assert_int_equal(mr_resolver_query(r, &id, NULL, MR_DNS_A, 0, 0), MR_ERR_MISUSE);
  assert_int_equal(mr_resolver_query(r, &id, "a", 16, 0, 0), MR_ERR_MISUSE);
  assert_int_equal(mr_resolver_query(r, &id, "a..b", MR_DNS_A, 0, 0), MR_ERR_ADDR_DOMAIN);
  assert_int_equal(mr_resolver_error(r)->code, MR_ERR_ADDR_DOMAIN);
  assert_int_equal(mr_resolver_query(r, &id, "", MR_DNS_A, 0, 0), MR_ERR_ADDR_DOMAIN);
  assert_int_equal(mr_resolver_add_server(r, "localhost", 0), MR_ERR_ADDR);
  assert_int_equal(mr_resolver_add_server(r, "::1", 65536), MR_ERR_RANGE);
  assert_int_equal(mr_resolver_add_server(r, "::1", -1), MR_ERR_RANGE);
  assert_int_equal(mr_resolver_add_server(r, NULL, 0), MR_ERR_MISUSE);
  assert_int_equal(mr_resolver_add_server(NULL, "::1", 0), MR_ERR_MISUSE);
  for (int i = 1; i < 8; i++)
    assert_int_equal(mr_resolver_add_server(r, "::1", 0), MR_OK);
  assert_int_equal(mr_resolver_add_server(r, "::1", 0), MR_ERR_LIMIT);
  assert_int_equal(mr_resolver_cancel(r, 12345, 0), MR_ERR_NOT_FOUND);
  assert_int_equal(mr_resolver_cancel(NULL, 1, 0), MR_ERR_MISUSE);
  assert_int_equal(mr_resolver_expire(NULL, 0), MR_ERR_MISUSE);
  assert_null(mr_resolver_next(NULL));
  assert_null(mr_resolver_next(r));
  assert_true(mr_resolver_deadline(NULL) == MR_NEVER);
  assert_true(mr_resolver_deadline(r) == MR_NEVER);
  assert_null(mr_resolver_error(NULL));
  mr_resolver_free(NULL);
  lab_done(l);
}

static void test_cancel(void **state) {
  uint64_t id[3];
  (void)state;
  lab *l = lab_with(1, NULL);
  for (int i = 0; i < 3; i++)
    assert_int_equal(mr_resolver_query(l->r, &id[i], "a.x", MR_DNS_A, 0, l->now), MR_OK);
  assert_int_equal(mr_resolver_cancel(l->r, id[0], l->now), MR_OK); /* OPEN untold */
  assert_int_equal(mr_resolver_cancel(l->r, id[0], l->now), MR_ERR_NOT_FOUND);
  lab_pump(l);
  assert_int_equal(l->opened, 2);
  assert_int_equal(mr_resolver_cancel(l->r, id[1], l->now), MR_OK); /* in flight */
  lab_pump(l);
  assert_int_equal(l->channel_count, 1);
  lab_run(l);
  assert_int_equal(l->told, 1);
  assert_int_equal(mr_resolver_cancel(l->r, id[2], l->now), MR_ERR_NOT_FOUND); /* told */
  lab_done(l);
}

/* An answer in the host's hands stays whole: it is too late to take the question back. */
static void test_cancel_in_hand(void **state) {
  uint64_t id;
  (void)state;
  lab *l = lab_with(0, NULL);
  assert_int_equal(mr_resolver_query(l->r, &id, "a.x", MR_DNS_A, 0, l->now), MR_OK);
  const mr_event *e = mr_resolver_next(l->r);
  assert_int_equal(e->type, MR_EVENT_ANSWER);
  assert_int_equal(mr_resolver_cancel(l->r, id, l->now), MR_ERR_NOT_FOUND);
  assert_string_equal(e->answer->name, "a.x");
  lab_done(l);
}

/* An answer that the host fetches late is one answer: nothing is asked meanwhile. */
static void test_answer_fetched_late(void **state) {
  const mr_event *e;
  (void)state;
  lab *l = lab_with(1, serve_two);
  mr_resolver_query(l->r, NULL, "example.org", MR_DNS_MX, 0, l->now);
  for (int i = 0; i < 2 && (e = mr_resolver_next(l->r)) != NULL; i++) {
    if (e->type == MR_EVENT_OPEN)
      lab_open(l, e->channel);
    else
      lab_update(l, e->channel);
  }
  assert_int_equal(l->queries, 1);
  for (int i = 0; i < 10; i++)
    mr_resolver_expire(l->r, l->now += 3000);
  assert_true(mr_resolver_deadline(l->r) == MR_NEVER);
  lab_run(l);
  assert_int_equal(l->told, 1);
  assert_int_equal(l->queries, 1);
  assert_string_equal(l->answers[0],
                      "OK example.org ttl=170 [20 b.x ttl=270] [10 a.x ttl=170]");
  lab_done(l);
}

/* A question whose answer waits for `next` can still be taken back. */
static void test_cancel_answered(void **state) {
  uint64_t id;
  (void)state;
  lab *l = lab_with(0, NULL);
  assert_int_equal(mr_resolver_query(l->r, &id, "a.x", MR_DNS_A, 0, l->now), MR_OK);
  assert_int_equal(mr_resolver_cancel(l->r, id, l->now), MR_OK);
  assert_null(mr_resolver_next(l->r));
  lab_done(l);
}

static void test_limit_in_flight(void **state) {
  static kit_env k;
  (void)state;
  kit_env_init(&k, 1);
  lab *l = lab_new(&k);
  mr_options_set(l->options, MR_OPT_DNS_QUERIES_MAX, 2);
  assert_int_equal(lab_start(l, 1), MR_OK);
  assert_int_equal(mr_resolver_query(l->r, NULL, "a", MR_DNS_A, 0, l->now), MR_OK);
  assert_int_equal(mr_resolver_query(l->r, NULL, "b", MR_DNS_A, 0, l->now), MR_OK);
  assert_int_equal(mr_resolver_query(l->r, NULL, "c", MR_DNS_A, 0, l->now), MR_ERR_LIMIT);
  lab_run(l);
  assert_int_equal(l->told, 2);
  assert_int_equal(mr_resolver_query(l->r, NULL, "c", MR_DNS_A, 0, l->now), MR_OK);
  lab_done(l);
}

/* Freed with everything in flight, and with an event in hand. */
static void test_free_any_time(void **state) {
  (void)state;
  lab *l = lab_with(0, NULL);
  mr_resolver_query(l->r, NULL, "a", MR_DNS_A, 0, l->now);
  assert_non_null(mr_resolver_next(l->r));
  lab_done(l);
  l = lab_with(2, NULL);
  mr_resolver_query(l->r, NULL, "a", MR_DNS_A, 0, l->now);
  mr_resolver_query(l->r, NULL, "b", MR_DNS_A, 0, l->now);
  const mr_event *e = mr_resolver_next(l->r);
  assert_int_equal(e->type, MR_EVENT_OPEN);
  mr_channel *c = e->channel;
  mr_resolver_free(l->r);
  l->r = NULL;
  assert_int_equal(mr_channel_opened(c, NULL, 2000), MR_ERR_CLOSED);
  assert_int_equal(mr_channel_recv_from(c, "x", 1, "192.0.2.1", 53, 2000), MR_ERR_CLOSED);
  mr_channel_free(c);
  lab_done(l);
}

/* Inside another engine: channels go to its events, answers to a list of its own. */
static void test_joined(void **state) {
  static kit_env k;
  mr__ctx *ctx;
  mr__events answers;
  mr_event event;
  mr_resolver *r;
  (void)state;
  kit_env_init(&k, 1);
  mr__events_init(&answers);
  assert_int_equal(mr__ctx_new(&ctx, &k.env), MR_OK);
  assert_int_equal(mr__resolver_join(&r, ctx, NULL, &answers), MR_OK);
  assert_int_equal(mr_resolver_query(r, NULL, "a.x", MR_DNS_A, 5, 1), MR_OK);
  assert_true(mr__events_empty(&ctx->events));
  assert_ptr_equal(mr__event_next(&answers, &event), &event);
  assert_int_equal(event.answer->reason, MR_REASON_DNS_NO_SERVER);
  assert_int_equal(event.tag, 5);
  mr_resolver_add_server(r, "::1", 0);
  assert_int_equal(mr_resolver_query(r, NULL, "a.x", MR_DNS_A, 6, 1), MR_OK);
  assert_null(mr__event_next(&answers, &event));
  assert_int_equal(mr__event_next(&ctx->events, &event)->type, MR_EVENT_OPEN);
  mr_channel_free(
      event.channel); /* over for us: the next turn has a channel of its own */
  mr_resolver_free(r);
  assert_true(mr__events_empty(&answers));
  mr__ctx_drop(ctx);
  assert_int_equal(kit_env_done(&k), 0);
}

static void test_trace(void **state) {
  static kit_env k;
  (void)state;
  kit_env_init(&k, 1);
  lab *l = lab_new(&k);
  l->serve = serve_two;
  mr_options_set(l->options, MR_OPT_TRACE, 1);
  assert_int_equal(lab_start(l, 1), MR_OK);
  lab_ask(l, "example.org", MR_DNS_MX);
  assert_int_equal(l->trace_count, 2);
  assert_non_null(strstr(l->traces[0], "1 192.0.2.1 "));
  assert_non_null(strstr(l->traces[0], " MX example.org over UDP"));
  assert_non_null(strstr(l->traces[1], "2 192.0.2.1 "));
  assert_non_null(strstr(l->traces[1], " NOERROR, answers 2, "));
  mr_resolver_query(l->r, NULL, "b.x", MR_DNS_A, 0,
                    l->now); /* freed with a line pending */
  lab_done(l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_no_server),
      cmocka_unit_test(test_misuse_fault_100),
      cmocka_unit_test(test_cancel),
      cmocka_unit_test(test_cancel_in_hand),
      cmocka_unit_test(test_answer_fetched_late),
      cmocka_unit_test(test_cancel_answered),
      cmocka_unit_test(test_limit_in_flight),
      cmocka_unit_test(test_free_any_time),
      cmocka_unit_test(test_joined),
      cmocka_unit_test(test_trace),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
