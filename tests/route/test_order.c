/* SPDX-License-Identifier: MIT */
/* R20-R22: shuffling, families, and what one attempt may try; limits of R12. */
#include "route/lab.h"

static char many[65536];

static void make_zone(void) {
  size_t n = (size_t)snprintf(many, sizeof many,
                              "$TTL 60\n$ORIGIN equal.test.\n" LAB_SOA
                              "@ MX 10 a\n@ MX 10 b\na A 192.0.2.1\na A 192.0.2.2\n"
                              "b A 192.0.2.3\n@ MX 20 c\nc A 192.0.2.4\n"
                              "$ORIGIN dual.test.\n" LAB_SOA "@ MX 10 a\n@ MX 20 b\n");
  for (int i = 1; i <= 6; i++) {
    n += (size_t)snprintf(many + n, sizeof many - n,
                          "a A 192.0.2.%d\na AAAA 2001:db8::%d\n", i, i);
  }
  n += (size_t)snprintf(many + n, sizeof many - n,
                        "b A 192.0.2.50\n$ORIGIN crowd.test.\n" LAB_SOA);
  for (int i = 1; i <= 40; i++) {
    n += (size_t)snprintf(many + n, sizeof many - n, "@ MX %d m%d\nm%d A 198.51.100.%d\n",
                          100 - i, i, i, i);
  }
  n += (size_t)snprintf(many + n, sizeof many - n,
                        "$ORIGIN fat.test.\n" LAB_SOA "@ MX 10 a\na AAAA 2001:db8::99\n");
  for (int i = 1; i <= 20; i++) {
    n += (size_t)snprintf(many + n, sizeof many - n, "a A 198.51.100.%d\n", i);
  }
}

static void begin(lab *l, int option, int64_t value) {
  make_zone();
  lab_init(l, many);
  if (option) {
    assert_int_equal(mr_options_set(l->options, option, value), MR_OK);
  }
  assert_int_equal(lab_start(l), MR_OK);
}

/* Chi-squared against a uniform distribution of `classes`. */
static double chi2(const unsigned *seen, size_t classes, unsigned total) {
  double expected = (double)total / (double)classes, sum = 0;
  for (size_t i = 0; i < classes; i++) {
    double d = (double)seen[i] - expected;
    sum += d * d / expected;
  }
  return sum;
}

static void test_r20_equal_preferences_are_uniform(void **state) { /* R20 */
  enum { PLANS = 6000 };
  unsigned first[3] = {0};
  lab l;
  (void)state;
  begin(&l, 0, 0);
  for (int i = 0; i < PLANS; i++) {
    const mr_plan *p = lab_plan(&l, "x@equal.test");
    assert_int_equal(p->hop_count, 4);
    assert_string_equal(p->hops[3]->address, "192.0.2.4");
    first[p->hops[0]->address[8] - '1']++;
  }
  assert_true(chi2(first, 3, PLANS) < 13.8); /* p = 0.001 with two degrees of freedom */
  lab_done(&l);
}

static int is6(const mr_hop *hop) { return strchr(hop->address, ':') != NULL; }

static void test_r21_families(void **state) { /* R21 */
  static const struct {
    int family;
    const char *pattern; /* of the exchanger with both */
  } cases[] = {{MR_FAMILY_ALTERNATE, "64646464"},
               {MR_FAMILY_PREFER4, "44446666"},
               {MR_FAMILY_PREFER6, "66664444"},
               {MR_FAMILY_ONLY4, "444444"},
               {MR_FAMILY_ONLY6, "666666"}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    lab l;
    begin(&l, MR_OPT_FAMILY, cases[i].family);
    const mr_plan *p = lab_plan(&l, "x@dual.test");
    size_t n = strlen(cases[i].pattern);
    assert_true(p->hop_count >= n);
    for (size_t k = 0; k < n; k++) {
      assert_int_equal(is6(p->hops[k]) ? '6' : '4', cases[i].pattern[k]);
    }
    if (cases[i].family == MR_FAMILY_ONLY6) {
      assert_int_equal(p->hop_count, n); /* the second exchanger has no IPv6 */
    }
    lab_done(&l);
  }
}

static void test_r22_attempt_has_second_host_and_both_families(void **state) { /* R22 */
  lab l;
  size_t chosen = 0, host_b = 0, v4 = 0;
  (void)state;
  begin(&l, MR_OPT_FAMILY, MR_FAMILY_PREFER6);
  const mr_plan *p = lab_plan(&l, "x@dual.test");
  for (size_t i = 0; i < p->hop_count; i++) {
    chosen += (size_t)p->hops[i]->in_attempt;
    host_b += p->hops[i]->in_attempt && strcmp(p->hops[i]->host, "b.dual.test") == 0;
    v4 += p->hops[i]->in_attempt && !is6(p->hops[i]);
  }
  assert_int_equal(chosen, 5);
  assert_int_equal(host_b, 1);
  assert_true(v4 >= 1);
  assert_true(p->hops[0]->in_attempt);
  lab_done(&l);
}

static void test_r12_limits_keep_the_best(void **state) { /* R12, fault 32, bug 35 */
  lab l;
  (void)state;
  begin(&l, 0, 0);
  const mr_plan *p = lab_plan(&l, "x@crowd.test");
  assert_int_equal(p->hop_count, 16);
  assert_int_equal(p->hops[0]->preference, 60);
  assert_int_equal(p->hops[15]->preference, 75);
  assert_int_equal(lab_dropped(p, MR_REASON_DROP_MX_LIMIT)->preference, 76);
  p = lab_plan(&l, "x@fat.test");
  assert_int_equal(p->hop_count, 8);
  assert_non_null(lab_dropped(p, MR_REASON_DROP_ADDRESS_LIMIT));
  size_t v6 = 0;
  for (size_t i = 0; i < p->hop_count; i++) {
    v6 += (size_t)is6(p->hops[i]);
  }
  assert_int_equal(v6, 1); /* the one IPv6 address is not lost to the twenty others */
  lab_done(&l);
}

static void test_r12_query_limit(void **state) { /* bug 35 */
  lab l;
  (void)state;
  begin(&l, MR_OPT_PLAN_QUERIES_MAX, 5);
  const mr_plan *p = lab_plan(&l, "x@crowd.test");
  assert_int_equal(p->hop_count, 2); /* MX, then A and AAAA of two */
  assert_non_null(lab_dropped(p, MR_REASON_DROP_QUERY_LIMIT));
  assert_int_equal(kit_dns_count(l.dns), 6); /* the first one over TCP again */
  lab_done(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_r20_equal_preferences_are_uniform),
      cmocka_unit_test(test_r21_families),
      cmocka_unit_test(test_r22_attempt_has_second_host_and_both_families),
      cmocka_unit_test(test_r12_limits_keep_the_best),
      cmocka_unit_test(test_r12_query_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
