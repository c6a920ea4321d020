/* SPDX-License-Identifier: MIT */
/* The decision table's sections A to C: R1-R23, from zone to plan. */
#include "route/lab.h"

static const char zone[] =
    "$TTL 60\n"
    "$ORIGIN plain.test.\n" LAB_SOA
    "@ MX 20 b\n@ MX 10 a\na A 192.0.2.1\nb A 192.0.2.2\nb AAAA 2001:db8::2\n"
    "$ORIGIN nomx.test.\n" LAB_SOA "@ A 192.0.2.3\n"
    "$ORIGIN bare.test.\n" LAB_SOA "@ TXT \"nothing\"\n"
    "$ORIGIN null.test.\n" LAB_SOA "@ MX 0 .\n"
    "$ORIGIN mixed.test.\n" LAB_SOA "@ MX 0 .\n@ MX 10 a\na A 192.0.2.4\n"
    "$ORIGIN alias.test.\n" LAB_SOA "@ CNAME plain.test.\n"
    "$ORIGIN mxalias.test.\n" LAB_SOA "@ MX 10 x\nx CNAME a.plain.test.\n"
    "$ORIGIN loop.test.\n" LAB_SOA "@ MX 10 x\nx CNAME y\ny CNAME x\n"
    "$ORIGIN odd.test.\n" LAB_SOA "@ MX 10 localhost.\n@ MX 20 192.0.2.9.\n@ MX 30 "
    "bad\\000name\n@ MX 40 a\na A 192.0.2.5\n"
    "$ORIGIN special.test.\n" LAB_SOA
    "@ MX 10 a\n@ MX 20 b\n@ MX 30 c\na A 127.0.0.1\nb A 0.0.0.0\nc AAAA fe80::1\n"
    "$ORIGIN noaddr.test.\n" LAB_SOA "@ MX 10 a\n@ MX 20 missing\na TXT \"no address\"\n"
    "$ORIGIN partly.test.\n" LAB_SOA
    "@ MX 10 broken\n@ MX 20 good\nbroken A 192.0.2.6\ngood A 192.0.2.7\n"
    "$ORIGIN own.test.\n" LAB_SOA
    "@ MX 10 a\n@ MX 20 me\n@ MX 20 peer\n@ MX 30 c\na A 192.0.2.8\nme A 192.0.2.77\n"
    "peer A 192.0.2.10\nc A 192.0.2.11\n"
    "$ORIGIN best.test.\n" LAB_SOA
    "@ MX 10 me\n@ MX 20 c\nme A 192.0.2.77\nc A 192.0.2.11\n"
    "$ORIGIN empty.test.\n" LAB_SOA
    "@ MX 10 a\n@ MX 20 me\na TXT \"none\"\nme A 192.0.2.77\n";

static void *start(void **state) {
  lab *l = malloc(sizeof *l);
  lab_init(l, zone);
  *state = l;
  return l;
}

static int setup(void **state) {
  assert_int_equal(lab_start(start(state)), MR_OK);
  return 0;
}

static int teardown(void **state) {
  lab_done(*state);
  free(*state);
  return 0;
}

/* Another engine with options set: fn sets them. */
static void restart(lab *l, void (*set)(mr_options *o)) {
  mr_plan_free(l->plan);
  l->plan = NULL;
  mr_route_free(l->route);
  while (l->channel_count) {
    lab_forget(l, l->channels[0]);
  }
  mr_options_free(l->options);
  assert_int_equal(mr_options_new(&l->options, &l->env.env), MR_OK);
  set(l->options);
  assert_int_equal(lab_start(l), MR_OK);
}

static void test_preference_order_and_need(void **state) { /* R6 */
  const mr_plan *p = lab_plan(*state, "x@plain.test");
  lab_verdict(p, MR_VERDICT_DELIVER, MR_REASON_NONE, "2.0.0");
  assert_int_equal(p->hop_count, 3);
  assert_string_equal(p->hops[0]->host, "a.plain.test");
  assert_string_equal(p->hops[0]->address, "192.0.2.1");
  assert_int_equal(p->hops[0]->port, 25);
  assert_int_equal(p->hops[1]->preference, 20);
  assert_int_equal(p->hops[0]->need->level, MR_TLS_MAY);
  assert_string_equal(p->hops[0]->need->sni, "a.plain.test");
  assert_int_equal(p->tag, 42);
}

static void test_r6_implicit_mx(void **state) { /* R6 */
  const mr_plan *p = lab_plan(*state, "x@nomx.test");
  lab_verdict(p, MR_VERDICT_DELIVER, MR_REASON_NONE, "2.0.0");
  assert_string_equal(p->hops[0]->host, "nomx.test");
  assert_int_equal(p->hops[0]->preference, 0);
}

static void grace(mr_options *o) { mr_options_set(o, MR_OPT_NXDOMAIN_GRACE, 60000); }

static void test_r7_nxdomain_bounces_unless_grace(void **state) { /* R7, fault 27 */
  lab *l = *state;
  lab_verdict(lab_plan(l, "x@sub.plain.test"), MR_VERDICT_BOUNCE, MR_REASON_DNS_NXDOMAIN,
              "5.1.2");
  restart(l, grace);
  lab_verdict(lab_plan_aged(l, "x@sub.plain.test", 59999), MR_VERDICT_DEFER,
              MR_REASON_DNS_NXDOMAIN, "4.4.3");
  lab_verdict(lab_plan_aged(l, "x@sub.plain.test", 60000), MR_VERDICT_BOUNCE,
              MR_REASON_DNS_NXDOMAIN, "5.1.2");
}

static void test_r8_failures_never_bounce(void **state) { /* R8, fault 27 */
  static const struct {
    int rcode, drop, reason;
  } cases[] = {{2, 0, MR_REASON_DNS_SERVFAIL},
               {5, 0, MR_REASON_DNS_REFUSED},
               {1, 0, MR_REASON_DNS_FORMERR},
               {0, 1, MR_REASON_DNS_TIMEOUT}};
  lab *l = *state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kit_dns_rule rule = {
        .name = "plain.test", .rcode = cases[i].rcode, .drop = cases[i].drop};
    kit_dns_rules_clear(l->dns);
    kit_dns_rule_add(l->dns, &rule);
    l->now += 3600000; /* past what was cached */
    lab_verdict(lab_plan(l, "x@plain.test"), MR_VERDICT_DEFER, cases[i].reason, "4.4.3");
  }
}

static void test_r9_null_mx(void **state) { /* R9, fault 29 */
  lab_verdict(lab_plan(*state, "x@null.test"), MR_VERDICT_BOUNCE, MR_REASON_NULL_MX,
              "5.1.10");
  const mr_plan *p = lab_plan(*state, "x@mixed.test");
  lab_verdict(p, MR_VERDICT_DELIVER, MR_REASON_NONE, "2.0.0");
  assert_int_equal(p->hop_count, 1);
  assert_non_null(lab_dropped(p, MR_REASON_DROP_NULL_MX));
}

static void test_r10_r11_aliases(void **state) { /* R10, R11, fault 30 */
  const mr_plan *p = lab_plan(*state, "x@alias.test");
  assert_string_equal(p->hops[0]->host, "a.plain.test");
  p = lab_plan(*state, "x@mxalias.test");
  assert_string_equal(p->hops[0]->host, "x.mxalias.test");
  assert_string_equal(p->hops[0]->address, "192.0.2.1");
  lab_verdict(lab_plan(*state, "x@loop.test"), MR_VERDICT_DEFER, MR_REASON_NO_ADDRESS_NOW,
              "4.4.4");
}

static void no_mx_ip(mr_options *o) { mr_options_set(o, MR_OPT_ALLOW_MX_IP, 0); }

static void test_r11_odd_targets(void **state) { /* R11, fault 31, fault 33 */
  const mr_plan *p = lab_plan(*state, "x@odd.test");
  assert_int_equal(p->hop_count, 2);
  assert_string_equal(p->hops[0]->address, "192.0.2.9");
  assert_string_equal(p->hops[0]->need->sni, "");
  assert_string_equal(p->hops[1]->host, "a.odd.test");
  assert_non_null(lab_dropped(p, MR_REASON_DROP_LOCALHOST));
  assert_non_null(lab_dropped(p, MR_REASON_DROP_NAME));
  restart(*state, no_mx_ip);
  p = lab_plan(*state, "x@odd.test");
  assert_int_equal(p->hop_count, 1);
  assert_non_null(lab_dropped(p, MR_REASON_DROP_NUMERIC));
}

static void test_r12_one_bad_target_never_fails_all(void **state) { /* R12, fault 38 */
  lab *l = *state;
  kit_dns_rule rule = {.name = "broken.partly.test", .rcode = 2};
  kit_dns_rule aaaa = {.name = "good.partly.test", .type = KIT_DNS_AAAA, .rcode = 2};
  kit_dns_rule_add(l->dns, &rule);
  kit_dns_rule_add(l->dns, &aaaa);
  const mr_plan *p = lab_plan(l, "x@partly.test");
  lab_verdict(p, MR_VERDICT_DELIVER, MR_REASON_NONE, "2.0.0");
  assert_int_equal(p->hop_count, 1);
  assert_string_equal(p->hops[0]->address, "192.0.2.7");
}

static void special(mr_options *o) { mr_options_set(o, MR_OPT_ALLOW_SPECIAL, 1); }

static void test_r13_special_addresses(void **state) { /* R13, fault 31 */
  const mr_plan *p = lab_plan(*state, "x@special.test");
  lab_verdict(p, MR_VERDICT_BOUNCE, MR_REASON_ALL_SPECIAL, "5.4.4");
  assert_int_equal(p->drop_count, 3);
  restart(*state, special);
  assert_int_equal(lab_plan(*state, "x@special.test")->hop_count, 3);
}

static void test_r13_refused_addresses(void **state) { /* R13 */
  lab *l = *state;
  assert_int_equal(mr_route_refuse(l->route, "192.0.2.1"), MR_OK);
  const mr_plan *p = lab_plan(l, "x@plain.test");
  assert_string_equal(p->hops[0]->host, "b.plain.test");
  assert_string_equal(lab_dropped(p, MR_REASON_DROP_SPECIAL)->address, "192.0.2.1");
}

static void defer_no_address(mr_options *o) {
  mr_options_set(o, MR_OPT_DEFER_NO_MX_ADDRESS, 1);
}

static void test_r14_no_address_of_any_exchanger(void **state) { /* R14 */
  lab *l = *state;
  lab_verdict(lab_plan(l, "x@noaddr.test"), MR_VERDICT_BOUNCE, MR_REASON_NO_ADDRESS,
              "5.4.4");
  restart(l, defer_no_address);
  lab_verdict(lab_plan(l, "x@noaddr.test"), MR_VERDICT_DEFER, MR_REASON_NO_ADDRESS,
              "4.4.4");
  kit_dns_rule rule = {.name = "missing.noaddr.test", .rcode = 2};
  kit_dns_rule_add(l->dns, &rule);
  l->now += 3600000;
  lab_verdict(lab_plan(l, "x@noaddr.test"), MR_VERDICT_DEFER, MR_REASON_NO_ADDRESS_NOW,
              "4.4.4");
}

static void test_r15_implicit_without_address(void **state) { /* R15 */
  lab *l = *state;
  lab_verdict(lab_plan(l, "x@bare.test"), MR_VERDICT_BOUNCE, MR_REASON_NO_ADDRESS,
              "5.4.4");
  kit_dns_rule rule = {.name = "bare.test", .type = KIT_DNS_A, .rcode = 2};
  kit_dns_rule_add(l->dns, &rule);
  l->now += 3600000;
  lab_verdict(lab_plan(l, "x@bare.test"), MR_VERDICT_DEFER, MR_REASON_DNS_SERVFAIL,
              "4.4.3");
}

static void test_r16_relay_that_does_not_resolve_defers(void **state) { /* R16 */
  lab *l = *state;
  assert_int_equal(mr_route_add(l->route, "*", "relay:missing.plain.test:2525"), MR_OK);
  lab_verdict(lab_plan(l, "x@anything.test"), MR_VERDICT_DEFER,
              MR_REASON_RELAY_UNRESOLVED, "4.3.5");
}

static void test_r18_own_host_cuts_the_list(void **state) { /* R18, fault 30 */
  lab *l = *state;
  assert_int_equal(mr_route_add_self(l->route, "192.0.2.77"), MR_OK);
  const mr_plan *p = lab_plan(l, "x@own.test");
  assert_int_equal(p->hop_count, 1);
  assert_string_equal(p->hops[0]->host, "a.own.test");
  assert_string_equal(lab_dropped(p, MR_REASON_DROP_OWN_HOST)->host, "me.own.test");
  assert_non_null(lab_dropped(p, MR_REASON_DROP_NOT_BETTER));
}

static void test_r18_own_name_counts_too(void **state) { /* R18 */
  lab *l = *state;
  assert_int_equal(mr_route_add_self(l->route, "ME.own.test."), MR_OK);
  assert_int_equal(lab_plan(l, "x@own.test")->hop_count, 1);
}

static void test_r19_loop(void **state) { /* R19 */
  lab *l = *state;
  assert_int_equal(mr_route_add_self(l->route, "192.0.2.77"), MR_OK);
  lab_verdict(lab_plan(l, "x@best.test"), MR_VERDICT_BOUNCE, MR_REASON_LOOP_BEST,
              "5.4.6");
}

static void test_addresses_that_are_none(void **state) { /* R2, R3, R4, R7 */
  static const struct {
    const char *text;
    int reason;
    const char *status;
  } cases[] = {{"x@[1.2.3", MR_REASON_LITERAL_SYNTAX, "5.1.3"},
               {"x@[IPv6:::g]", MR_REASON_LITERAL_SYNTAX, "5.1.3"},
               {"x@a..b", MR_REASON_DOMAIN_SYNTAX, "5.1.2"},
               {"x", MR_REASON_ADDRESS_SYNTAX, "5.1.3"},
               {"x@\xe2\x98\x83.net", MR_REASON_IDN_INVALID, "5.1.2"}};
  lab *l = *state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    lab_verdict(lab_plan(l, cases[i].text), MR_VERDICT_BOUNCE, cases[i].reason,
                cases[i].status);
  }
  assert_int_equal(kit_dns_count(l->dns), 0);
}

static void test_r3_literal(void **state) { /* R3 */
  lab *l = *state;
  const mr_plan *p = lab_plan(l, "x@[192.0.2.50]");
  assert_int_equal(p->hop_count, 1);
  assert_string_equal(p->hops[0]->address, "192.0.2.50");
  p = lab_plan(l, "x@[IPv6:2001:db8::1]");
  assert_string_equal(p->hops[0]->address, "2001:db8::1");
  lab_verdict(lab_plan(l, "x@[127.0.0.1]"), MR_VERDICT_BOUNCE, MR_REASON_ALL_SPECIAL,
              "5.4.4");
  assert_int_equal(kit_dns_count(l->dns), 0);
}

static void test_r23_dead_addresses_go_last(void **state) { /* R23, R92 */
  lab *l = *state;
  mr_route_report(l->route, "192.0.2.1", 25, MR_REASON_CONNECT_TIMEOUT, l->now);
  const mr_plan *p = lab_plan(l, "x@plain.test");
  assert_string_equal(p->hops[0]->address, "192.0.2.1"); /* last of its own preference */
  assert_true(p->hops[0]->dead);
  assert_int_equal(p->verdict, MR_VERDICT_DELIVER);
  mr_route_report(l->route, "192.0.2.2", 25, MR_REASON_CONNECT_REFUSED, l->now);
  mr_route_report(l->route, "2001:db8::2", 25, MR_REASON_CONNECT_REFUSED, l->now);
  lab_verdict(lab_plan(l, "x@plain.test"), MR_VERDICT_DEFER, MR_REASON_HOST_DEAD,
              "4.4.1");
  mr_route_report(l->route, "192.0.2.1", 25, MR_REASON_NONE, l->now);
  p = lab_plan(l, "x@plain.test");
  assert_int_equal(p->verdict, MR_VERDICT_DELIVER);
  assert_false(p->hops[0]->dead);
  l->now += 300001;
  assert_false(lab_plan(l, "x@plain.test")->hops[2]->dead);
}

static void test_r23_rest_doubles(void **state) { /* R92 */
  lab *l = *state;
  mr_route_report(l->route, "192.0.2.3", 25, MR_REASON_CONNECT_TIMEOUT, l->now);
  mr_route_report(l->route, "192.0.2.3", 25, MR_REASON_CONNECT_TIMEOUT, l->now);
  l->now += 300000;
  assert_int_equal(lab_plan(l, "x@nomx.test")->verdict, MR_VERDICT_DELIVER);
  mr_route_report(l->route, "192.0.2.3", 25, MR_REASON_CONNECT_TIMEOUT, l->now);
  l->now += 599999;
  assert_int_equal(lab_plan(l, "x@nomx.test")->verdict, MR_VERDICT_DEFER);
  l->now += 1;
  assert_int_equal(lab_plan(l, "x@nomx.test")->verdict, MR_VERDICT_DELIVER);
}

/* A damaged MX beside one that cannot be used: who knows what it said. */
static void test_damaged_mx_is_not_no_mx(void **state) { /* R8, fault 28 */
  static const uint8_t raw[] = {
      0,   0,   0x84, 0,   0,   1,   0,   2,   0,   0, 0,  0, 4,  'h',
      'u', 'r', 't',  4,   't', 'e', 's', 't', 0,   0, 15, 0, 1,  0xC0,
      12,  0,   15,   0,   1,   0,   0,   0,   60,  0, 2,  0, 10, 0xC0,
      12,  0,   15,   0,   1,   0,   0,   0,   60,  0, 13, 0, 20, 9,
      'l', 'o', 'c',  'a', 'l', 'h', 'o', 's', 't', 0,
  };
  const kit_dns_rule rule = {
      .name = "hurt.test", .type = KIT_DNS_MX, .raw = raw, .raw_len = sizeof raw};
  lab *l = *state;
  kit_dns_rule_add(l->dns, &rule);
  lab_verdict(lab_plan(l, "x@hurt.test"), MR_VERDICT_DEFER, MR_REASON_DNS_MALFORMED,
              mr_reason_status(MR_REASON_DNS_MALFORMED));
}

/* However many exchangers with however long names, a key is short and its own. */
static void test_long_keys(void **state) { /* R93 */
  char target[3600], first[300];
  lab *l = *state;
  size_t len = (size_t)snprintf(target, sizeof target, "relay:");
  for (int i = 0; i < 60; i++) {
    len += (size_t)snprintf(target + len, sizeof target - len,
                            "%s[2001:db8:1111:2222:3333:4444:5555:%d]:2525", i ? "," : "",
                            i);
  }
  assert_int_equal(mr_route_add(l->route, "one.test", target), MR_OK);
  target[len - 1] = '6';
  assert_int_equal(mr_route_add(l->route, "two.test", target), MR_OK);
  const mr_plan *p = lab_plan(l, "x@one.test");
  assert_int_equal(p->verdict, MR_VERDICT_DELIVER);
  assert_in_range(strlen(p->key), 20, 255);
  snprintf(first, sizeof first, "%s", p->key);
  p = lab_plan(l, "x@two.test");
  assert_string_not_equal(p->key, first);
}

static void test_keys(void **state) { /* R93 */
  lab *l = *state;
  char key[256];
  snprintf(key, sizeof key, "%s", lab_plan(l, "x@plain.test")->key);
  assert_non_null(strstr(key, "a.plain.test,b.plain.test"));
  assert_string_equal(lab_plan(l, "y@alias.test")->key, key);
  assert_string_not_equal(lab_plan(l, "y@nomx.test")->key, key);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      T(test_preference_order_and_need),
      T(test_r6_implicit_mx),
      T(test_r7_nxdomain_bounces_unless_grace),
      T(test_r8_failures_never_bounce),
      T(test_r9_null_mx),
      T(test_r10_r11_aliases),
      T(test_r11_odd_targets),
      T(test_r12_one_bad_target_never_fails_all),
      T(test_r13_special_addresses),
      T(test_r13_refused_addresses),
      T(test_r14_no_address_of_any_exchanger),
      T(test_r15_implicit_without_address),
      T(test_r16_relay_that_does_not_resolve_defers),
      T(test_r18_own_host_cuts_the_list),
      T(test_r18_own_name_counts_too),
      T(test_r19_loop),
      T(test_addresses_that_are_none),
      T(test_r3_literal),
      T(test_r23_dead_addresses_go_last),
      T(test_r23_rest_doubles),
      T(test_keys),
      T(test_long_keys),
      T(test_damaged_mx_is_not_no_mx),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
