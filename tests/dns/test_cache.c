/* SPDX-License-Identifier: MIT */
/* What is kept and for how long: R17, fault 35. */
#include "dns/cache.h"

#include "dns/lab.h"

static uint32_t served_ttl;
static unsigned served_rcode;

static void serve(lab *l, const lab_query *q, packet *out) {
  (void)l;
  lab_reply(out, q, served_rcode);
  if (served_rcode == 0 && q->type == T_MX)
    packet_mx(out, q->name, served_ttl, 10, "mx.x");
  else
    packet_soa(out, "org", served_ttl, served_ttl);
}

static lab *lab_serving(unsigned rcode, uint32_t ttl) {
  served_rcode = rcode;
  served_ttl = ttl;
  return lab_with(1, serve);
}

static void check(lab *l, uint64_t at, const char *line, size_t queries) {
  l->now = at;
  assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX), line);
  assert_int_equal(l->queries, queries);
}

/* R17, fault 35: TTLs count down, and at 0 the question is asked again. */
static void test_counts_down_R17_fault_35(void **state) {
  (void)state;
  lab *l = lab_serving(0, 10);
  check(l, 1000, "OK example.org ttl=10 [10 mx.x ttl=10]", 1);
  check(l, 1999, "OK example.org ttl=10 [10 mx.x ttl=10] cached", 1);
  check(l, 2000, "OK example.org ttl=9 [10 mx.x ttl=9] cached", 1);
  check(l, 10999, "OK example.org ttl=1 [10 mx.x ttl=1] cached", 1);
  check(l, 11000, "OK example.org ttl=10 [10 mx.x ttl=10]", 2);
  lab_done(l);
}

/* fault 35: TTL 0 is not kept; a clock that goes back or leaps changes nothing. */
static void test_zero_and_clock_fault_35(void **state) {
  (void)state;
  lab *l = lab_serving(0, 0);
  check(l, 1000, "OK example.org ttl=0 [10 mx.x ttl=0]", 1);
  check(l, 1000, "OK example.org ttl=0 [10 mx.x ttl=0]", 2);
  served_ttl = 10;
  check(l, 5000, "OK example.org ttl=10 [10 mx.x ttl=10]", 3);
  check(l, 3, "OK example.org ttl=10 [10 mx.x ttl=10] cached", 3);
  check(l, 5000 + 100ull * 365 * 86400000, "OK example.org ttl=10 [10 mx.x ttl=10]", 4);
  lab_done(l);
}

/* R17: "no" is kept as long as the SOA says, at most 300 s. */
static void test_negative_R17(void **state) {
  (void)state;
  lab *l = lab_serving(3, 7200);
  check(l, 1000, "NXDOMAIN example.org ttl=300", 1);
  check(l, 300999, "NXDOMAIN example.org ttl=1 cached", 1);
  check(l, 301000, "NXDOMAIN example.org ttl=300", 2);
  lab_done(l);
}

/* R17: a failure is kept 30 s; it says again who failed. */
static void test_failure_R17(void **state) {
  (void)state;
  lab *l = lab_serving(2, 0);
  check(l, 1000, "FAILURE dns-servfail example.org ttl=30", 1);
  check(l, 30999, "FAILURE dns-servfail example.org ttl=1 cached", 1);
  served_rcode = 0;
  served_ttl = 5;
  check(l, 31000, "OK example.org ttl=5 [10 mx.x ttl=5]", 2);
  lab_done(l);
}

/* Type and name are the key; case is not. */
static void test_key(void **state) {
  (void)state;
  lab *l = lab_serving(0, 10);
  lab_ask(l, "example.org", MR_DNS_MX);
  lab_ask(l, "EXAMPLE.org.", MR_DNS_MX);
  assert_int_equal(l->queries, 1);
  lab_ask(l, "example.org", MR_DNS_A);
  lab_ask(l, "xexample.org", MR_DNS_MX);
  assert_int_equal(l->queries, 3);
  lab_done(l);
}

static lab *lab_cache_max(int64_t max) {
  static kit_env k;
  kit_env_init(&k, 7);
  lab *l = lab_new(&k);
  l->serve = serve;
  served_rcode = 0;
  served_ttl = 1000;
  mr_options_set(l->options, MR_OPT_DNS_CACHE_MAX, max);
  assert_int_equal(lab_start(l, 1), MR_OK);
  return l;
}

/* The least recently used one leaves. */
static void test_bound(void **state) {
  static const struct {
    const char *name;
    size_t queries;
  } rows[] = {{"a", 1}, {"b", 2}, {"c", 3}, {"a", 3}, {"d", 4}, /* b leaves */
              {"a", 4}, {"c", 4}, {"d", 4}, {"b", 5},           /* a leaves */
              {"c", 5}, {"a", 6}};
  (void)state;
  lab *l = lab_cache_max(3);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    lab_ask(l, rows[i].name, MR_DNS_MX);
    assert_int_equal(l->queries, rows[i].queries);
  }
  lab_done(l);
}

/* What is not kept pushes nothing out. */
static void test_zero_ttl_pushes_nothing_out(void **state) {
  (void)state;
  lab *l = lab_cache_max(1);
  lab_ask(l, "a", MR_DNS_MX);
  served_ttl = 0;
  lab_ask(l, "b", MR_DNS_MX);
  lab_ask(l, "a", MR_DNS_MX);
  assert_int_equal(l->queries, 2);
  lab_done(l);
}

static void test_no_cache(void **state) {
  (void)state;
  lab *l = lab_cache_max(0);
  lab_ask(l, "a", MR_DNS_MX);
  lab_ask(l, "a", MR_DNS_MX);
  assert_int_equal(l->queries, 2);
  lab_done(l);
}

static void serve_huge(lab *l, const lab_query *q, packet *out) {
  (void)l;
  lab_reply(out, q, 0);
  for (int i = 0; i < 400; i++)
    packet_mx(out, q->name, 1000, i, "a-rather-long-name-of-an-exchanger.example.org");
}

/* A huge answer is given, not kept: the bound holds for octets too. */
static void test_huge_answers_are_not_kept(void **state) {
  (void)state;
  lab *l = lab_cache_max(100);
  l->serve = serve_huge;
  assert_memory_equal(lab_ask(l, "a", MR_DNS_MX), "OK a ttl=1000 [0 a-rather", 25);
  lab_ask(l, "a", MR_DNS_MX);
  assert_int_equal(l->queries, 2);
  lab_done(l);
}

/* Memory stays bounded whatever is asked. */
static void test_memory_is_bounded(void **state) {
  (void)state;
  lab *l = lab_cache_max(50);
  size_t after_warmup = 0;
  for (int i = 0; i < 2000; i++) {
    char name[32];
    snprintf(name, sizeof name, "d%d.example.org", i);
    lab_ask(l, name, MR_DNS_MX);
    if (i == 500)
      after_warmup = l->k->live_bytes;
  }
  assert_true(l->k->live_bytes < after_warmup + 20000);
  lab_done(l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_counts_down_R17_fault_35),
      cmocka_unit_test(test_zero_and_clock_fault_35),
      cmocka_unit_test(test_negative_R17),
      cmocka_unit_test(test_failure_R17),
      cmocka_unit_test(test_key),
      cmocka_unit_test(test_bound),
      cmocka_unit_test(test_zero_ttl_pushes_nothing_out),
      cmocka_unit_test(test_no_cache),
      cmocka_unit_test(test_huge_answers_are_not_kept),
      cmocka_unit_test(test_memory_is_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
