/* SPDX-License-Identifier: MIT */
/* No memory, and a network that does its worst: one answer for each question, and never a
 * false one. */
#include <mailroute/resolver.h>

#include "dns/lab.h"
#include "kit/kit_torture.h"

static const char expected_mx[] =
    "OK b.x ttl=60 [CNAME b.x ttl=60] [10 mx.x ttl=300] [20 mx2.x ttl=300]";
static const char expected_a[] = "OK mx.x ttl=300 [198.51.100.1 ttl=300]";
static const char expected_none[] = "NXDOMAIN none.x ttl=60";

/* An alias that has to be asked behind, an answer over TCP, an address, a missing name.
 */
static void serve_scenario(lab *l, const lab_query *q, packet *out) {
  (void)l;
  lab_reply(out, q, strcmp(q->name, "none.x") ? 0 : 3);
  if (strcmp(q->name, "example.org") == 0)
    packet_cname(out, q->name, 60, "b.x");
  else if (strcmp(q->name, "b.x") == 0 && !q->tcp)
    out->data[2] |= 2;
  else if (strcmp(q->name, "mx.x") == 0)
    packet_a(out, q->name, 300, 1);
  else if (strcmp(q->name, "none.x") == 0)
    packet_soa(out, "x", 60, 60);
  if (q->tcp) {
    packet_mx(out, q->name, 300, 10, "mx.x");
    packet_mx(out, q->name, 300, 20, "mx2.x");
  }
}

/* 0 = right: the true answer, or a clean failure when memory was refused. */
static int judge_line(const kit_env *env, const char *line, const char *expected) {
  char cached[LAB_LINE];
  snprintf(cached, sizeof cached, "%s cached", expected);
  if (strcmp(line, expected) == 0 || strcmp(line, cached) == 0)
    return 0;
  return env->failed == 0 || strncmp(line, "FAILURE dns-local ", 18) != 0;
}

static int ask_and_judge(lab *l, const char *name, int type, const char *expected) {
  size_t told = l->told;
  l->answer_count = 0;
  int err = mr_resolver_query(l->r, NULL, name, type, 1, l->now);
  if (err)
    return err != MR_ERR_NOMEM || l->k->failed == 0;
  lab_run(l);
  return l->told != told + 1 || judge_line(l->k, l->answers[0], expected);
}

static int scenario(kit_env *env, void *arg) {
  (void)arg;
  lab *l = lab_new(env);
  l->serve = serve_scenario;
  if (l->options)
    mr_options_set(l->options, MR_OPT_TRACE, 1);
  int err = lab_start(l, 2);
  int wrong = err && (err != MR_ERR_NOMEM || env->failed == 0);
  if (!err)
    wrong = ask_and_judge(l, "example.org", MR_DNS_MX, expected_mx) ||
            ask_and_judge(l, "mx.x", MR_DNS_A, expected_a) ||
            ask_and_judge(l, "none.x", MR_DNS_A, expected_none) ||
            ask_and_judge(l, "example.org", MR_DNS_MX, expected_mx);
  lab_free(l);
  return wrong;
}

/* fault 98: every allocation refused, once and from then on. */
static void test_allocations_fault_98(void **state) {
  (void)state;
  assert_true(kit_torture(scenario, NULL, 1000) > 30);
}

/* fault 98: the same while the network is down, so that failures are made and kept. */
static int scenario_failure(kit_env *env, void *arg) {
  static const char expected[] = "FAILURE dns-timeout example.org ttl=30";
  (void)arg;
  lab *l = lab_new(env);
  int err = lab_start(l, 2);
  int wrong = err && (err != MR_ERR_NOMEM || env->failed == 0);
  if (!err)
    wrong = ask_and_judge(l, "example.org", MR_DNS_MX, expected);
  lab_free(l);
  return wrong;
}

static void test_failure_without_memory_fault_98(void **state) {
  (void)state;
  assert_true(kit_torture(scenario_failure, NULL, 1000) > 10);
}

/* fault 99: an allocator that gives nothing large. */
static void test_small_blocks_only_fault_99(void **state) {
  static kit_env k;
  (void)state;
  for (size_t above = 64; above <= 65536; above *= 2) {
    kit_env_init(&k, 5);
    k.fail_above = above;
    assert_int_equal(scenario(&k, NULL), 0);
    assert_int_equal(kit_env_done(&k), 0);
  }
}

static kit_rng chaos;

/* Drops, damages, forges, repeats and delays nothing: time is the lab's. */
static void serve_chaos(lab *l, const lab_query *q, packet *out) {
  serve_scenario(l, q, out);
  switch (kit_rng_below(&chaos, 8)) {
  case 0:
    out->len = 0;
    break;
  case 1:
    out->data[kit_rng_below(&chaos, 2)] ^= 1;
    break;
  case 2:
    out->data[3] = (uint8_t)(out->data[3] | (kit_rng_next(&chaos) & 7));
    break;
  case 3:
    out->len = kit_rng_below(&chaos, out->len);
    break;
  case 4:
    lab_deliver(l, q->channel, out);
    break;
  case 5:
    out->data[2] |= 2;
    break;
  default:
    break;
  }
}

static int connect_chaos(lab *l, mr_channel *c) {
  (void)l;
  (void)c;
  uint64_t n = kit_rng_below(&chaos, 20);
  return n >= 1 && n <= 9 ? (int)n : n == 10 ? -1 : 0;
}

static void ask_some(lab *l, size_t count) {
  static const char *const names[] = {"example.org", "mx.x", "none.x", "b.x"};
  static const int types[] = {MR_DNS_MX, MR_DNS_A, MR_DNS_A, MR_DNS_MX};
  for (size_t i = 0; i < count; i++)
    assert_int_equal(mr_resolver_query(l->r, NULL, names[i % 4], types[i % 4], i, l->now),
                     MR_OK);
}

/* One answer for each question, whatever is dropped; all within the deadline; deadlines
 * never stay in the past (asserted by lab_run). fault 26, fault 27. */
static void test_one_answer_each_fault_26_fault_27(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 300; seed++) {
    kit_rng_init(&chaos, seed);
    lab *l = lab_with((unsigned)(seed % 4), serve_chaos);
    l->connect = connect_chaos;
    kit_pieces_init(&l->pieces, KIT_PIECES_RANDOM, seed);
    ask_some(l, 12);
    lab_run(l);
    assert_int_equal(l->told, 12);
    assert_true(l->now <= 1000 + 20000);
    assert_int_equal(l->channel_count, 0);
    for (size_t i = 0; i < l->answer_count; i++)
      if (strncmp(l->answers[i], "NODATA", 6) == 0)
        assert_null(strstr(l->answers[i], "mx.x"));
    lab_done(l);
  }
}

/* An env whose random source frees the resolver in the midst of its work. */
typedef struct suicide {
  kit_env env;
  mr_resolver *r;
  unsigned calls, at;
  int state_seen;
} suicide;

static int random_and_free(void *user, void *buf, size_t len) {
  suicide *s = user;
  if (s->r && ++s->calls == s->at) {
    s->state_seen = mr_resolver_query(s->r, NULL, "x", MR_DNS_MX, 0, 0) == MR_ERR_STATE;
    mr_resolver_free(s->r);
    s->r = NULL;
  }
  return s->env.env.random(&s->env, buf, len);
}

static void *pass_alloc(void *user, void *ptr, size_t size) {
  suicide *s = user;
  return s->env.env.alloc(&s->env, ptr, size);
}

static void test_freed_inside_a_service_fault_101(void **state) { /* fault 101, bug 32 */
  (void)state;
  for (unsigned at = 1; at <= 3; at++) {
    suicide s = {.at = at};
    mr_env env = {.size = sizeof env, .user = &s, .alloc = pass_alloc};
    env.random = random_and_free;
    kit_env_init(&s.env, at);
    mr_resolver *r = NULL;
    assert_int_equal(mr_resolver_new(&r, &env, NULL), MR_OK);
    mr_resolver_add_server(r, "192.0.2.1", 53);
    s.r = r;
    for (int i = 0; s.r && i < 5; i++)
      mr_resolver_query(r, NULL, "example.org", MR_DNS_MX, 0, 1000);
    assert_null(s.r);
    assert_true(s.state_seen);
    assert_int_equal(kit_env_done(&s.env), 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_freed_inside_a_service_fault_101),
      cmocka_unit_test(test_allocations_fault_98),
      cmocka_unit_test(test_failure_without_memory_fault_98),
      cmocka_unit_test(test_small_blocks_only_fault_99),
      cmocka_unit_test(test_one_answer_each_fault_26_fault_27),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
