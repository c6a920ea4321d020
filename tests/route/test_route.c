/* SPDX-License-Identifier: MIT */
/* The routing table (R1), questions to the host, explain, misuse, and want of memory. */
#include "route/lab.h"

#include "kit/kit_torture.h"

static const char zone[] = "$TTL 60\n$ORIGIN plain.test.\n" LAB_SOA
                           "@ MX 10 a\na A 192.0.2.1\na AAAA 2001:db8::1\n"
                           "$ORIGIN other.test.\n" LAB_SOA "@ MX 10 z\nz A 192.0.2.26\n";

static void begin(lab *l) {
  lab_init(l, zone);
  assert_int_equal(lab_start(l), MR_OK);
}

static void test_r1_most_exact_pattern_wins(void **state) {
  static const struct {
    const char *to, *status;
  } cases[] = {{"boss@plain.test", "5.1.1"},  {"x@plain.test", "5.1.2"},
               {"x@sub.plain.test", "5.1.3"}, {"x@deep.sub.plain.test", "5.1.3"},
               {"x@else.test", "5.1.4"},      {"x@[192.0.2.1]", "5.1.4"}};
  lab l;
  (void)state;
  begin(&l);
  mr_route_add(l.route, "*", "reject:5.1.4 star");
  mr_route_add(l.route, ".Plain.test", "reject:5.1.3 below");
  mr_route_add(l.route, "PLAIN.test.", "reject:5.1.2 domain");
  mr_route_add(l.route, "boss@PLAIN.test", "reject:5.1.1 the boss is out");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    lab_verdict(lab_plan(&l, cases[i].to), MR_VERDICT_BOUNCE, MR_REASON_ROUTE_REJECTED,
                cases[i].status);
  }
  assert_string_equal(lab_plan(&l, "boss@plain.test")->text, "the boss is out");
  lab_done(&l);
}

static void test_targets(void **state) { /* R1 */
  lab l;
  (void)state;
  begin(&l);
  mr_route_add(l.route, "gone.test", "discard");
  mr_route_add(l.route, "wait.test", "hold");
  mr_route_add(l.route, "moved.test", "mx:other.test");
  mr_route_add(l.route, "fixed.test",
               "relay:a.plain.test:2525,[2001:db8::9]:26,192.0.2.9");
  assert_int_equal(lab_plan(&l, "x@gone.test")->verdict, MR_VERDICT_DISCARD);
  assert_int_equal(lab_plan(&l, "x@wait.test")->verdict, MR_VERDICT_HOLD);
  assert_string_equal(lab_plan(&l, "x@moved.test")->hops[0]->address, "192.0.2.26");
  const mr_plan *p = lab_plan(&l, "x@fixed.test");
  assert_int_equal(p->hop_count, 4);
  assert_int_equal(p->hops[0]->port, 2525);
  assert_string_equal(p->hops[2]->address, "2001:db8::9");
  assert_int_equal(p->hops[2]->port, 26);
  assert_int_equal(p->hops[3]->port, 25);
  lab_done(&l);
}

static void test_bad_entries_say_what_is_wrong(void **state) {
  static const struct {
    const char *pattern, *target;
    int err;
  } cases[] = {{"*", "relay:", MR_ERR_RANGE},
               {"*", "relay:host:0", MR_ERR_RANGE},
               {"*", "relay:host:65536", MR_ERR_RANGE},
               {"*", "relay:[192.0.2.1", MR_ERR_RANGE},
               {"*", "relay:[192.0.2.1]x", MR_ERR_RANGE},
               {"*", "relay:a b", MR_ERR_RANGE},
               {"*", "mx:", MR_ERR_RANGE},
               {"*", "smtp:x", MR_ERR_RANGE},
               {"*", "reject:a\r\nb", MR_ERR_RANGE},
               {"a@b@c", "mx", MR_ERR_ADDR},
               {"", "mx", MR_ERR_ADDR},
               {"a b", "mx", MR_ERR_ADDR}};
  lab l;
  (void)state;
  begin(&l);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(mr_route_add(l.route, cases[i].pattern, cases[i].target),
                     cases[i].err);
    assert_int_equal(mr_route_error(l.route)->code, cases[i].err);
    assert_true(strlen(mr_route_error(l.route)->text) > 10);
  }
  assert_int_equal(mr_route_add(l.route, "*", "mx"), MR_OK);
  assert_int_equal(mr_route_add(l.route, "*", "hold"), MR_ERR_EXISTS);
  lab_done(&l);
}

static void begin_asking(lab *l) {
  lab_init(l, zone);
  mr_options_set(l->options, MR_OPT_ASK_ROUTE, 1);
  assert_int_equal(lab_start(l), MR_OK);
}

static void test_r1_host_is_asked_first(void **state) {
  lab l;
  (void)state;
  begin_asking(&l);
  mr_route_add(l.route, "*", "discard");
  assert_int_equal(mr_route_query(l.route, NULL, "x@plain.test", 0, 1, l.now), MR_OK);
  lab_events(&l);
  assert_true(l.asked != 0);
  assert_int_equal(mr_route_answer(l.route, l.asked, "nonsense", l.now), MR_ERR_RANGE);
  assert_int_equal(mr_route_answer(l.route, l.asked, "mx:other.test", l.now), MR_OK);
  assert_int_equal(mr_route_answer(l.route, l.asked, "hold", l.now), MR_ERR_NOT_FOUND);
  lab_run(&l);
  assert_string_equal(l.plan->hops[0]->address, "192.0.2.26");
  lab_done(&l);
}

static void test_unanswered_question_takes_the_table(void **state) { /* R1 */
  lab l;
  (void)state;
  begin_asking(&l);
  mr_route_add(l.route, "*", "discard");
  uint64_t before = l.now;
  assert_int_equal(lab_plan(&l, "x@plain.test")->verdict, MR_VERDICT_DISCARD);
  assert_int_equal(l.now - before, 30000);
  lab_done(&l);
}

static void test_explain_is_the_plan(void **state) {
  lab l;
  char text[4096];
  size_t needed = 0, cut = 0;
  (void)state;
  begin(&l);
  const mr_plan *p = lab_plan(&l, "x@plain.test");
  assert_int_equal(mr_plan_text(p, text, sizeof text, &needed), MR_OK);
  assert_int_equal(strlen(text), needed);
  assert_non_null(strstr(text, "a.plain.test [192.0.2.1]:25"));
  assert_non_null(strstr(text, "MX plain.test: 10 a.plain.test"));
  assert_int_equal(mr_plan_text(p, text, 10, &cut), MR_ERR_LIMIT);
  assert_int_equal(cut, needed);
  assert_int_equal(strlen(text), 9);
  assert_int_equal(mr_plan_json(p, text, sizeof text, &needed), MR_OK);
  assert_int_equal(strncmp(text, "{\"schema\":1,\"recipient\":\"x@plain.test\"", 38), 0);
  assert_non_null(strstr(text, "\"verdict\":\"deliver\""));
  lab_done(&l);
}

static void test_hostile_names_are_escaped(void **state) { /* bug 23 */
  lab l;
  char text[4096];
  size_t needed = 0;
  (void)state;
  begin(&l);
  const mr_plan *p = lab_plan(&l, "x\r\n\x1b[31m@plain.test");
  assert_int_equal(mr_plan_text(p, text, sizeof text, &needed), MR_OK);
  assert_null(strchr(text, '\x1b'));
  assert_null(strchr(text, '\r'));
  lab_done(&l);
}

static void test_plan_outlives_its_route(void **state) {
  lab l;
  (void)state;
  begin(&l);
  const mr_plan *p = mr_plan_ref(lab_plan(&l, "x@plain.test"));
  mr_plan_free(l.plan);
  l.plan = NULL;
  mr_route_free(l.route);
  l.route = NULL;
  assert_string_equal(p->hops[0]->host, "a.plain.test");
  mr_plan_free(p);
  lab_done(&l);
}

static void test_cancel_is_silent(void **state) { /* bug 32 */
  lab l;
  uint64_t id = 0;
  (void)state;
  begin(&l);
  assert_int_equal(mr_route_query(l.route, &id, "x@plain.test", 0, 0, l.now), MR_OK);
  lab_events(&l);
  assert_int_equal(mr_route_cancel(l.route, id, l.now), MR_OK);
  assert_int_equal(mr_route_cancel(l.route, id, l.now), MR_ERR_NOT_FOUND);
  lab_run(&l);
  assert_null(l.plan);
  lab_done(&l);
}

static void test_misuse(void **state) { /* fault 100 */
  lab l;
  size_t n;
  (void)state;
  begin(&l);
  assert_int_equal(mr_route_new(NULL, NULL, NULL), MR_ERR_MISUSE);
  assert_int_equal(mr_route_query(NULL, NULL, "a@b", 0, 0, 0), MR_ERR_MISUSE);
  assert_int_equal(mr_route_query(l.route, NULL, NULL, 0, 0, 0), MR_ERR_MISUSE);
  assert_int_equal(mr_route_add(l.route, NULL, "mx"), MR_ERR_MISUSE);
  assert_int_equal(mr_route_add_self(l.route, "not a name"), MR_ERR_ADDR_DOMAIN);
  assert_int_equal(mr_route_refuse(l.route, "not an address"), MR_ERR_ADDR);
  assert_int_equal(mr_plan_text(NULL, NULL, 0, &n), MR_ERR_MISUSE);
  assert_null(mr_route_next(NULL));
  assert_int_equal(mr_route_deadline(NULL), MR_NEVER);
  mr_route_free(NULL);
  mr_plan_free(NULL);
  lab_done(&l);
}

/* fault 98: whatever allocation fails, there is an error or a plan, never a wrong one. */
static int tortured(kit_env *env, void *arg) {
  lab *l = arg;
  const mr_plan *plan = NULL;
  memset(l, 0, sizeof *l);
  l->env = *env; /* only its table is used */
  l->now = 1000;
  l->dns = kit_dns_new();
  kit_dns_zone(l->dns, zone);
  int err = mr_route_new(&l->route, &env->env, NULL);
  if (err == MR_OK) {
    err = mr_route_add_server(l->route, "10.0.0.53", 53);
  }
  if (err == MR_OK) {
    err = mr_route_add(l->route, "boss@plain.test", "relay:a.plain.test:2525");
  }
  if (err == MR_OK) {
    err = mr_route_query(l->route, NULL, "x@plain.test", 0, 0, l->now);
  }
  if (err == MR_OK) {
    lab_run(l);
    plan = l->plan;
    assert_non_null(plan);
    assert_true(plan->verdict == MR_VERDICT_DELIVER || plan->verdict == MR_VERDICT_DEFER);
    if (plan->verdict == MR_VERDICT_DELIVER) { /* never the key of somebody else */
      assert_string_equal(plan->key, "mx:a.plain.test|may||");
    }
    err = plan->verdict == MR_VERDICT_DELIVER ? MR_OK : MR_ERR_NOMEM;
  }
  mr_plan_free(plan);
  mr_route_free(l->route);
  while (l->channel_count) {
    lab_forget(l, l->channels[0]);
  }
  kit_dns_free(l->dns);
  if (err) {
    assert_int_equal(err, MR_ERR_NOMEM);
  }
  return 0;
}

/* --- freed inside a service ------------------------------------------------------- */

typedef struct undoing {
  lab l;
  mr_env plain;
  uint64_t calls, at; /* the route is freed in call number at */
} undoing;

static void *undo_alloc(void *user, void *ptr, size_t size) {
  undoing *u = user;
  mr_route *route = u->l.route;
  if (route && ++u->calls == u->at) {
    u->l.route = NULL;
    mr_route_free(route);
  }
  return u->plain.alloc(u->plain.user, ptr, size);
}

/* Forgets the route before it goes, so that its own end asks for no other one. */
static void undo_done(undoing *u) {
  mr_route *route = u->l.route;
  u->l.route = NULL;
  mr_plan_free(u->l.plan);
  u->l.plan = NULL;
  mr_route_free(route);
  lab_done(&u->l);
  free(u);
}

static uint64_t undo_at(uint64_t at) {
  undoing *u = kit_xalloc(NULL, sizeof *u);
  lab_init(&u->l, zone);
  u->plain = u->l.env.env;
  mr_env env = u->plain;
  env.user = u;
  env.alloc = undo_alloc;
  env.random = NULL;
  env.wall = NULL;
  env.log = NULL;
  assert_int_equal(mr_route_new(&u->l.route, &env, u->l.options), MR_OK);
  u->at = at;
  int err = mr_route_add_server(u->l.route, "10.0.0.53", 53);
  if (err == MR_OK && u->l.route) {
    err = mr_route_query(u->l.route, NULL, "x@plain.test", 0, 0, u->l.now);
    assert_true(err == MR_OK || (err == MR_ERR_CLOSED && !u->l.route));
    lab_run(&u->l);
    assert_true(u->l.plan || !u->l.route);
  }
  uint64_t calls = u->calls;
  undo_done(u);
  return calls;
}

static void test_freed_inside_a_service(void **state) { /* bug 32, fault 101 */
  (void)state;
  uint64_t calls = undo_at(0);
  assert_true(calls > 20);
  for (uint64_t i = 1; i <= calls; i++) {
    undo_at(i);
  }
}

static void test_torture(void **state) { /* fault 98 */
  lab l;
  (void)state;
  assert_true(kit_torture(tortured, &l, 1000) > 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_r1_most_exact_pattern_wins),
      cmocka_unit_test(test_targets),
      cmocka_unit_test(test_bad_entries_say_what_is_wrong),
      cmocka_unit_test(test_r1_host_is_asked_first),
      cmocka_unit_test(test_unanswered_question_takes_the_table),
      cmocka_unit_test(test_explain_is_the_plan),
      cmocka_unit_test(test_hostile_names_are_escaped),
      cmocka_unit_test(test_plan_outlives_its_route),
      cmocka_unit_test(test_cancel_is_silent),
      cmocka_unit_test(test_misuse),
      cmocka_unit_test(test_freed_inside_a_service),
      cmocka_unit_test(test_torture),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
