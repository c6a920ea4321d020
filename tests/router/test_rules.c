/* SPDX-License-Identifier: MIT */
/* Rules that only queue, route and sessions together can keep: which connection is used
 * again, which address is tried next, who waits for whom. */
#include "router/lab.h"
#include "router/router.h"

#if MR_WITH_TLS
#include "kit/kit_cert.h"
#endif

static const char more_zone[] =
    "$TTL 60\n"
    "$ORIGIN alias.test.\n" LAB_SOA "@ MX 10 mx\nmx A 10.0.0.2\n"
    "$ORIGIN many.test.\n" LAB_SOA "@ MX 10 m1\n@ MX 20 m2\n@ MX 30 m3\n@ MX 40 m4\n"
    "@ MX 50 m5\n@ MX 60 m6\n@ MX 70 m7\n"
    "m1 A 10.0.1.1\nm2 A 10.0.1.2\nm3 A 10.0.1.3\nm4 A 10.0.1.4\nm5 A 10.0.1.5\n"
    "m6 A 10.0.1.6\nm7 A 10.0.1.7\n"
    "$ORIGIN hosted.test.\n" LAB_SOA "*.hosted.test. MX 10 slow.hosted.test.\n"
    "slow A 10.0.0.9\n";

static void begin(lab *l) {
  lab_init(l);
  assert_int_equal(kit_dns_zone(l->world.dns, more_zone), 0);
  lab_host(l, "10.0.0.1", &l->origin, KIT_HONEST);
}

static void set(lab *l, int option, int64_t value) {
  assert_int_equal(mr_options_set(l->options, option, value), MR_OK);
}

static void ruled_host(lab *l, const char *address, kit_smtp_host **slot,
                       const kit_rule *rules, size_t count, const char *name) {
  const kit_smtp_config config = {.name = name, .rules = rules, .rule_count = count};
  *slot = kit_smtp_host_new(&config);
  kit_world_host(&l->world, address, *slot);
}

static void sleep_for(lab *l, uint64_t ms) {
  uint64_t until = l->world.now + ms;
  kit_world_run(&l->world, until);
  l->world.now = until;
  mr_router_expire(l->world.router, until);
  kit_world_run(&l->world, until);
}

static void deliver(lab *l, const char *to) {
  lab_send(l, to, NULL);
  assert_true(lab_run(l));
  assert_int_equal(kit_world_last(&l->world, to)->fate, MR_FATE_DELIVERED);
}

/* --- which connection is used again ----------------------------------------------- */

static void test_same_host_is_used_again_another_name_is_not(void **state) { /* bug 7 */
  lab l;
  (void)state;
  begin(&l);
  lab_honest(&l);
  deliver(&l, "a@one.test");
  deliver(&l, "a@shared.test"); /* the same exchanger by name */
  assert_int_equal(kit_smtp_ledger(l.one)->connections, 1);
  deliver(&l, "a@alias.test"); /* the same address under another name */
  assert_int_equal(kit_smtp_ledger(l.one)->connections, 2);
  lab_done(&l);
}

static void test_connection_gone_while_it_rested(void **state) { /* R91, fault 43 */
  static const kit_rule rules[] = {
      {.at = KIT_AT_RSET, .first = 1, .last = 1, .action = KIT_DO_CLOSE},
      {.at = KIT_AT_MAIL, .first = 2, .last = 2, .action = KIT_DO_CLOSE},
  };
  lab l;
  (void)state;
  begin(&l);
  ruled_host(&l, "10.0.0.2", &l.one, rules, 2, NULL);
  lab_honest(&l);
  deliver(&l, "a@one.test");
  deliver(&l, "b@one.test");
  assert_int_equal(kit_world_outcomes(&l.world, "b@one.test"), 1);
  assert_int_equal(kit_world_last(&l.world, "b@one.test")->attempts, 1);
  assert_int_equal(kit_smtp_ledger(l.one)->connections, 2);
  lab_done(&l);
}

static void test_connection_closed_in_the_same_breath(void **state) { /* R91 */
  static const kit_rule rules[] = {
      {.at = KIT_AT_DOT, .first = 1, .last = 1, .extra = "421 4.4.2 too slow\r\n"}};
  lab l;
  (void)state;
  begin(&l);
  ruled_host(&l, "10.0.0.2", &l.one, rules, 1, NULL);
  lab_honest(&l);
  lab_send(&l, "a@one.test", NULL);
  lab_send(&l, "b@one.test", NULL);
  lab_send(&l, "c@one.test", NULL);
  assert_true(lab_run(&l));
  lab_fate(&l, "c@one.test", MR_FATE_DELIVERED, MR_REASON_DELIVERED);
  assert_int_equal(kit_world_outcomes(&l.world, "a@one.test"), 1);
  assert_int_equal(kit_world_outcomes(&l.world, "b@one.test"), 1);
  assert_int_equal(kit_world_outcomes(&l.world, "c@one.test"), 1);
  lab_done(&l);
}

static mr_channel *mail_channel;

static void note_channel(kit_world *world, int type, mr_channel *channel) {
  (void)world;
  if (type == MR_EVENT_OPEN && mr_channel_kind(channel) == MR_CHANNEL_TCP) {
    mail_channel = channel;
  }
}

static uint64_t question;

static void note_question(kit_world *world, const mr_event *event) {
  (void)world;
  question = event->type == MR_EVENT_ASK ? event->id : question;
}

static void answer_relay(lab *l) {
  assert_int_equal(
      mr_router_answer(l->world.router, question, "relay:10.0.0.2", l->world.now), MR_OK);
}

/* The plan comes when the end of the resting connection has not been heard. */
static void test_connection_gone_before_the_plan(void **state) { /* R91 */
  lab l;
  (void)state;
  begin(&l);
  set(&l, MR_OPT_ASK_ROUTE, 1);
  l.world.on_channel = note_channel;
  l.world.on_event = note_question;
  lab_honest(&l);
  for (int i = 0; i < 2; i++) {
    lab_send(&l, i ? "b@one.test" : "a@one.test", NULL);
    kit_world_run(&l.world, l.world.now + 10);
    if (i) {
      mr_channel_closed(mail_channel, MR_CLOSE_EOF, 0, NULL, l.world.now);
    }
    answer_relay(&l);
    kit_world_run(&l.world, l.world.now + 10);
  }
  assert_int_equal(kit_world_outcomes(&l.world, "b@one.test"), 1);
  lab_fate(&l, "b@one.test", MR_FATE_DELIVERED, MR_REASON_DELIVERED);
  lab_done(&l);
}

static void test_messages_of_a_connection_are_limited(void **state) { /* R91 */
  lab l;
  (void)state;
  begin(&l);
  set(&l, MR_OPT_SESSION_MESSAGES, 2);
  lab_honest(&l);
  for (int i = 0; i < 5; i++) {
    deliver(&l, "a@one.test");
  }
  assert_int_equal(kit_smtp_ledger(l.one)->connections, 3);
  lab_done(&l);
}

#if MR_WITH_TLS
static void test_broken_tls_is_remembered_for_a_while(void **state) { /* R49, R50 */
  kit_cert *root = kit_cert_root("Root");
  kit_cert *leaf = kit_cert_leaf(root, "mx.one.test");
  const kit_tls_cert cert = {.chain_pem = kit_cert_chain(leaf),
                             .key_pem = kit_cert_key(leaf)};
  const kit_smtp_config config = {.certs = &cert, .cert_count = 1, .tls_alert = 80};
  lab l;
  (void)state;
  begin(&l);
  set(&l, MR_OPT_TLS_FALLBACK, MR_TLS_FALLBACK_IMMEDIATE);
  l.one = kit_smtp_host_new(&config);
  kit_world_host(&l.world, "10.0.0.2", l.one);
  lab_honest(&l);
  const kit_ledger *ledger = kit_smtp_ledger(l.one);
  deliver(&l, "a@one.test");
  assert_int_equal(ledger->counts[KIT_AT_STARTTLS], 1);
  sleep_for(&l, 60 * 1000);
  deliver(&l, "a@one.test");
  assert_int_equal(ledger->counts[KIT_AT_STARTTLS], 1);
  sleep_for(&l, 15 * 60 * 1000);
  deliver(&l, "a@one.test");
  assert_int_equal(ledger->counts[KIT_AT_STARTTLS], 2);
  lab_done(&l);
  kit_cert_free(leaf);
  kit_cert_free(root);
}

static void test_required_tls_never_falls_back(void **state) { /* R50, R51 */
  kit_cert *root = kit_cert_root("Root");
  kit_cert *leaf = kit_cert_leaf(root, "mx.one.test");
  const kit_tls_cert cert = {.chain_pem = kit_cert_chain(leaf),
                             .key_pem = kit_cert_key(leaf)};
  const kit_smtp_config config = {.certs = &cert, .cert_count = 1, .tls_alert = 80};
  lab l;
  (void)state;
  begin(&l);
  set(&l, MR_OPT_TLS_FALLBACK, MR_TLS_FALLBACK_IMMEDIATE);
  set(&l, MR_OPT_TLS_LEVEL, MR_TLS_ENCRYPT);
  set(&l, MR_OPT_BOUNCES, 0);
  l.one = kit_smtp_host_new(&config);
  kit_world_host(&l.world, "10.0.0.2", l.one);
  lab_honest(&l);
  lab_send(&l, "a@one.test", NULL);
  assert_true(lab_run(&l));
  lab_fate(&l, "a@one.test", MR_FATE_EXPIRED, MR_REASON_EXPIRED);
  assert_int_equal(kit_smtp_ledger(l.one)->counts[KIT_AT_MAIL], 0);
  lab_done(&l);
  kit_cert_free(leaf);
  kit_cert_free(root);
}
#endif

/* --- which address is next -------------------------------------------------------- */

static void test_helo_where_ehlo_hangs_up(void **state) { /* R37 */
  static const kit_rule rules[] = {{.at = KIT_AT_EHLO, .action = KIT_DO_CLOSE}};
  lab l;
  (void)state;
  begin(&l);
  ruled_host(&l, "10.0.0.2", &l.one, rules, 1, NULL);
  lab_honest(&l);
  deliver(&l, "a@one.test");
  assert_int_equal(kit_world_outcomes(&l.world, "a@one.test"), 1);
  assert_int_equal(kit_smtp_ledger(l.one)->connections, 2);
  assert_int_equal(kit_smtp_ledger(l.one)->mails[0].esmtp, 0);
  lab_done(&l);
}

static void own_name(lab *l) {
  assert_int_equal(mr_options_set_text(l->options, MR_OPT_HELO_NAME, "me.test"), MR_OK);
}

static void test_greeted_by_ourselves(void **state) { /* R39 */
  lab l;
  (void)state;
  begin(&l);
  own_name(&l);
  ruled_host(&l, "10.0.0.2", &l.one, NULL, 0, "me.test");
  lab_honest(&l);
  lab_send(&l, "a@one.test", NULL);
  assert_true(lab_run(&l));
  lab_fate(&l, "a@one.test", MR_FATE_FAILED, MR_REASON_LOOP_GREETING);
  assert_string_equal(kit_world_last(&l.world, "a@one.test")->status, "5.4.6");
  lab_done(&l);
}

/* A worse exchanger that is us says nothing about the better one, which refuses us. */
static void test_greeted_by_ourselves_as_backup(void **state) { /* R39, R29 */
  static const kit_rule refuse[] = {{.at = KIT_AT_GREETING, .reply = "554 no\r\n"}};
  lab l;
  (void)state;
  begin(&l);
  own_name(&l);
  ruled_host(&l, "10.0.0.3", &l.mx1, refuse, 1, NULL);
  ruled_host(&l, "10.0.0.4", &l.mx2, NULL, 0, "me.test");
  lab_honest(&l);
  lab_send(&l, "a@two.test", NULL);
  kit_world_run(&l.world, 60000);
  const kit_told *t = kit_world_last(&l.world, "a@two.test");
  assert_int_equal(t->fate, MR_FATE_DEFERRED);
  assert_int_equal(t->status[0], '4');
  lab_done(&l);
}

static void test_refused_greetings_have_patience(void **state) { /* R29 */
  static const kit_rule rules[] = {
      {.at = KIT_AT_GREETING, .reply = "554 5.7.1 not you\r\n"}};
  lab l;
  (void)state;
  begin(&l);
  set(&l, MR_OPT_BOUNCES, 0);
  ruled_host(&l, "10.0.0.2", &l.one, rules, 1, NULL);
  lab_honest(&l);
  lab_send(&l, "a@one.test", NULL);
  assert_true(lab_run(&l));
  lab_fate(&l, "a@one.test", MR_FATE_FAILED, MR_REASON_GREETING_HARD);
  const kit_told *t = kit_world_last(&l.world, "a@one.test");
  assert_string_equal(t->text, "not you");
  assert_in_range(t->now, LAB_DAY, LAB_DAY + 2 * 4400 * 1000);
  lab_done(&l);
}

static void test_one_soft_host_keeps_hope(void **state) { /* R29, R97 */
  static const kit_rule rules[] = {
      {.at = KIT_AT_GREETING, .reply = "554 5.7.1 not you\r\n"}};
  lab l;
  (void)state;
  begin(&l); /* nobody is at mx1 */
  set(&l, MR_OPT_BOUNCES, 0);
  ruled_host(&l, "10.0.0.4", &l.mx2, rules, 1, NULL);
  lab_honest(&l);
  lab_send(&l, "a@two.test", NULL);
  assert_true(lab_run(&l));
  const kit_told *t = kit_world_last(&l.world, "a@two.test");
  assert_int_equal(t->fate, MR_FATE_EXPIRED);
  assert_true(t->now >= 5 * (uint64_t)LAB_DAY);
  lab_done(&l);
}

static void test_budget_of_addresses(void **state) { /* R22 */
  lab l;
  (void)state;
  begin(&l); /* nobody is anywhere */
  lab_honest(&l);
  lab_send(&l, "a@many.test", NULL);
  kit_world_run(&l.world, 10000);
  assert_int_equal(l.world.opened, 5);
  lab_done(&l);
}

static void test_budget_of_sessions(void **state) { /* R22, R72 */
  static const kit_rule rules[] = {{.at = KIT_AT_RCPT, .reply = "451 later\r\n"}};
  static const char *const addresses[] = {"10.0.1.1", "10.0.1.2", "10.0.1.3"};
  kit_smtp_host *host = NULL;
  lab l;
  (void)state;
  begin(&l);
  for (size_t i = 0; i < 3; i++) {
    ruled_host(&l, addresses[i], &host, rules, 1, NULL);
  }
  lab_honest(&l);
  lab_send(&l, "a@many.test", NULL);
  kit_world_run(&l.world, 10000);
  assert_int_equal(l.world.opened, 2);
  lab_done(&l);
}

static void test_budget_of_time(void **state) { /* R22 */
  lab l;
  (void)state;
  begin(&l);
  set(&l, MR_OPT_ATTEMPT_TIME, 40000);
  for (int i = 1; i <= 7; i++) {
    char address[16];
    snprintf(address, sizeof address, "10.0.1.%d", i);
    kit_world_silent(&l.world, address);
  }
  lab_honest(&l);
  lab_send(&l, "a@many.test", NULL);
  kit_world_run(&l.world, 200000);
  assert_int_equal(l.world.opened, 2); /* at 0 and 30 s; at 60 s it is too late */
  assert_int_equal(kit_world_outcomes(&l.world, "a@many.test"), 1);
  lab_done(&l);
}

static void test_kept_recipients_alone_go_on(void **state) { /* R72, R73, R78 */
  static const kit_rule first[] = {
      {.at = KIT_AT_RCPT, .match = "soft@*", .reply = "451 later\r\n"},
      {.at = KIT_AT_RCPT, .match = "hard@*", .reply = "550 never\r\n"}};
  const char *to[] = {"soft@two.test", "hard@two.test", "good@two.test"};
  lab l;
  (void)state;
  begin(&l);
  ruled_host(&l, "10.0.0.3", &l.mx1, first, 2, NULL);
  lab_host(&l, "10.0.0.4", &l.mx2, KIT_HONEST);
  lab_honest(&l);
  assert_int_equal(kit_world_send(&l.world, "me@origin.test", to, 3, "Hello.\n", 1),
                   MR_OK);
  assert_true(lab_run(&l));
  assert_int_equal(lab_copies(l.mx1, "good@two.test"), 1);
  assert_int_equal(kit_smtp_ledger(l.mx2)->counts[KIT_AT_RCPT], 1);
  assert_int_equal(lab_copies(l.mx2, "soft@two.test"), 1);
  lab_fate(&l, "hard@two.test", MR_FATE_FAILED, MR_REASON_RCPT_HARD);
  lab_done(&l);
}

/* --- the routing table ------------------------------------------------------------ */

static void test_recipients_of_one_domain_part(void **state) { /* R1, R5, R78 */
  lab l;
  (void)state;
  begin(&l);
  lab_host(&l, "10.0.0.3", &l.mx1, KIT_HONEST);
  lab_honest(&l);
  mr_route *route = mr_router_route(l.world.router);
  assert_int_equal(mr_route_add(route, "b@one.test", "relay:10.0.0.3"), MR_OK);
  assert_int_equal(mr_route_add(route, "c@one.test", "discard"), MR_OK);
  const char *to[] = {"a@one.test", "b@one.test", "c@one.test"};
  assert_int_equal(kit_world_send(&l.world, "me@origin.test", to, 3, "Hello.\n", 1),
                   MR_OK);
  assert_true(lab_run(&l));
  assert_int_equal(lab_copies(l.one, "a@one.test"), 1);
  assert_int_equal(kit_smtp_ledger(l.one)->counts[KIT_AT_RCPT], 1);
  assert_int_equal(lab_copies(l.mx1, "b@one.test"), 1);
  assert_int_equal(kit_smtp_ledger(l.mx1)->counts[KIT_AT_RCPT], 1);
  assert_int_equal(kit_world_last(&l.world, "c@one.test")->fate, MR_FATE_DISCARDED);
  lab_done(&l);
}

static void test_table_verdicts_are_outcomes(void **state) { /* R1 */
  lab l;
  (void)state;
  begin(&l);
  lab_honest(&l);
  mr_route *route = mr_router_route(l.world.router);
  assert_int_equal(mr_route_add(route, "one.test", "reject:5.7.9 not this one"), MR_OK);
  assert_int_equal(mr_route_add(route, "two.test", "hold"), MR_OK);
  lab_send(&l, "a@one.test", NULL);
  lab_send(&l, "b@two.test", NULL);
  assert_true(lab_run(&l)); /* who is held keeps nobody waiting */
  lab_fate(&l, "a@one.test", MR_FATE_FAILED, MR_REASON_ROUTE_REJECTED);
  assert_string_equal(kit_world_last(&l.world, "a@one.test")->status, "5.7.9");
  assert_int_equal(kit_world_last(&l.world, "b@two.test")->fate, MR_FATE_HELD);
  assert_int_equal(lab_copies(l.origin, "me@origin.test"), 1);
  lab_done(&l);
}

/* --- who waits for whom ----------------------------------------------------------- */

static size_t delivered_before(const lab *l, const char *domain, uint64_t time) {
  size_t n = 0;
  for (size_t i = 0; i < l->world.told_count; i++) {
    const kit_told *t = &l->world.told[i];
    n += t->recipient && t->fate == MR_FATE_DELIVERED && t->now <= time &&
         strstr(t->recipient, domain) != NULL;
  }
  return n;
}

static void send_many(lab *l, const char *form, int count) {
  for (int i = 0; i < count; i++) {
    char to[64];
    snprintf(to, sizeof to, form, i);
    lab_send(l, to, NULL);
  }
}

static void test_slow_domain_holds_up_nobody(void **state) { /* R5, R93, R95, fault 86 */
  lab l;
  (void)state;
  begin(&l);
  kit_world_silent(&l.world, "10.0.0.3");
  kit_world_silent(&l.world, "10.0.0.4");
  set(&l, MR_OPT_SESSIONS_MAX, 30);
  lab_honest(&l);
  send_many(&l, "s%d@two.test", 200);
  send_many(&l, "f%d@one.test", 20);
  kit_world_run(&l.world, 10000);
  assert_int_equal(delivered_before(&l, "@one.test", 10000), 20);
  lab_done(&l);
}

/* The domains differ, the server is one: it is the destination. */
static void test_slow_server_of_many_domains(void **state) { /* R93, R95 */
  lab l;
  (void)state;
  begin(&l);
  kit_world_silent(&l.world, "10.0.0.9");
  set(&l, MR_OPT_SESSIONS_MAX, 30);
  lab_honest(&l);
  send_many(&l, "a@d%d.hosted.test", 200);
  kit_world_run(&l.world, 5000);
  assert_in_range(l.world.opened, 1, 5);
  send_many(&l, "f%d@one.test", 20);
  kit_world_run(&l.world, 10000);
  assert_int_equal(delivered_before(&l, "@one.test", 10000), 20);
  lab_done(&l);
}

static void test_given_back_is_no_attempt(void **state) { /* R95 */
  lab l;
  (void)state;
  begin(&l);
  set(&l, MR_OPT_DESTINATION_SESSIONS, 2);
  lab_host(&l, "10.0.0.9", &l.mx1, KIT_TARPIT);
  lab_honest(&l);
  send_many(&l, "a@d%d.hosted.test", 40);
  assert_true(lab_run(&l));
  assert_int_equal(kit_world_count(&l.world, MR_EVENT_OUTCOME), 40);
  assert_int_equal(delivered_before(&l, ".hosted.test", UINT64_MAX), 40);
  for (size_t i = 0; i < l.world.told_count; i++) {
    if (l.world.told[i].type == MR_EVENT_OUTCOME) {
      assert_int_equal(l.world.told[i].attempts, 1);
    }
  }
  assert_true(kit_smtp_ledger(l.mx1)->connections <= 4);
  lab_done(&l);
}

/* A claim may take more than there are connections for, but not one after the other. */
static void test_waiting_takes_no_places(void **state) { /* R93, R94 */
  lab l;
  (void)state;
  begin(&l);
  lab_host(&l, "10.0.0.2", &l.one, KIT_TARPIT);
  lab_honest(&l);
  send_many(&l, "a%d@one.test", 300);
  size_t most = 0;
  for (uint64_t now = 1000; now < 1800 * 1000; now += 10000) {
    kit_world_run(&l.world, now);
    size_t count = l.world.router->attempt_count;
    most = count > most ? count : most;
  }
  assert_in_range(most, 5, 5 + 2 * 20);
  assert_true(delivered_before(&l, "@one.test", UINT64_MAX) > 50);
  lab_done(&l);
}

static void test_one_place_is_enough(void **state) { /* R22, R91 */
  lab l;
  (void)state;
  begin(&l);
  set(&l, MR_OPT_SESSIONS_MAX, 1);
  lab_host(&l, "10.0.0.4", &l.mx2, KIT_HONEST);
  lab_honest(&l);
  send_many(&l, "a%d@one.test", 10);
  send_many(&l, "b%d@two.test", 10);
  send_many(&l, "c%d@null.test", 3);
  assert_true(lab_run(&l));
  assert_int_equal(delivered_before(&l, "@one.test", 60000), 10);
  assert_int_equal(delivered_before(&l, "@two.test", 60000), 10);
  lab_done(&l);
}

/* --- leases, drain ---------------------------------------------------------------- */

static void test_lost_lease_is_forgotten(void **state) { /* R104 */
  lab l;
  (void)state;
  begin(&l);
  set(&l, MR_OPT_LEASE, 10000);
  lab_host(&l, "10.0.0.2", &l.one, KIT_TARPIT);
  lab_honest(&l);
  deliver(&l, "a@one.test");
  sleep_for(&l, 60000);
  size_t blocks = l.env.live_blocks;
  for (int i = 0; i < 10; i++) {
    lab_send(&l, "a@one.test", NULL);
    kit_world_run(&l.world, l.world.now + 45000);
    l.world.now += 100000; /* the program was asleep: its lease ran out */
    assert_true(lab_run(&l));
    sleep_for(&l, 60000);
  }
  assert_in_range(l.env.live_blocks, blocks - 20, blocks + 5);
  lab_done(&l);
}

static void test_gate_asks_for_the_lease(void **state) { /* R104, D3 */
  lab l;
  (void)state;
  begin(&l);
  set(&l, MR_OPT_DOT_GATE, 1);
  set(&l, MR_OPT_LEASE, 700000);
  lab_honest(&l);
  deliver(&l, "a@one.test");
  assert_int_equal(kit_world_outcomes(&l.world, "a@one.test"), 1);
  lab_done(&l);
}

static void test_drain_while_planning(void **state) {
  static const kit_dns_rule mute = {.name = "*", .drop = 1};
  lab l;
  (void)state;
  begin(&l);
  lab_honest(&l);
  kit_dns_rule_add(l.world.dns, &mute);
  lab_send(&l, "a@one.test", NULL);
  kit_world_run(&l.world, 3000);
  assert_int_equal(mr_router_drain(l.world.router, 5000, l.world.now), MR_OK);
  kit_world_run(&l.world, 5100);
  assert_null(kit_world_last(&l.world, "a@one.test")); /* it was no attempt */
  assert_int_equal(kit_world_count(&l.world, MR_EVENT_DRAINED), 1);
  assert_int_equal(mr_router_busy(l.world.router), 0);
  lab_done(&l);
}

/* The second attempts of five messages, at a server that takes one connection of us. */
static void test_drain_while_waiting_for_a_place(void **state) {
  static const kit_rule slow[] = {{.at = KIT_AT_MAIL, .first = 7, .delay = 250000}};
  const kit_smtp_config config = {.greylist = 1, .rules = slow, .rule_count = 1};
  lab l;
  (void)state;
  begin(&l);
  set(&l, MR_OPT_DESTINATION_SESSIONS, 1);
  set(&l, MR_OPT_RETRY_MIN, 1000000);
  set(&l, MR_OPT_RETRY_JITTER, 0);
  l.one = kit_smtp_host_new(&config);
  kit_world_host(&l.world, "10.0.0.2", l.one);
  lab_honest(&l);
  send_many(&l, "a%d@one.test", 5);
  kit_world_run(&l.world, 1100000); /* all are due again */
  uint64_t now = l.world.now;
  assert_in_range(l.world.router->attempt_count, 2, 5);
  assert_int_equal(mr_router_drain(l.world.router, MR_NEVER, now), MR_OK);
  kit_world_run(&l.world, now + 100);
  assert_int_equal(l.world.router->attempt_count, 1); /* the others went back at once */
  kit_world_run(&l.world, now + 400000);
  assert_int_equal(kit_world_count(&l.world, MR_EVENT_DRAINED), 1);
  assert_int_equal(mr_router_busy(l.world.router), 0);
  lab_done(&l);
}

/* The deadline comes when the 250 to the dot has been read and not been told. */
static void test_drain_hears_what_was_said(void **state) { /* R84 */
  static const kit_rule mute[] = {{.at = KIT_AT_DOT, .action = KIT_DO_STALL}};
  lab l;
  (void)state;
  begin(&l);
  l.world.on_channel = note_channel;
  ruled_host(&l, "10.0.0.2", &l.one, mute, 1, NULL);
  lab_honest(&l);
  lab_send(&l, "a@one.test", NULL);
  kit_world_run(&l.world, 5000);
  assert_int_equal(mr_router_drain(l.world.router, 11000, l.world.now), MR_OK);
  kit_world_run(&l.world, 6000);
  l.world.now = 12000;
  assert_int_equal(mr_channel_recv(mail_channel, "250 ok\r\n", 8, 6001), MR_OK);
  assert_int_equal(mr_router_expire(l.world.router, 12000), MR_OK);
  kit_world_run(&l.world, 60000);
  lab_fate(&l, "a@one.test", MR_FATE_DELIVERED, MR_REASON_DELIVERED);
  assert_int_equal(kit_world_count(&l.world, MR_EVENT_DRAINED), 1);
  lab_done(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_same_host_is_used_again_another_name_is_not),
    cmocka_unit_test(test_connection_gone_while_it_rested),
    cmocka_unit_test(test_connection_closed_in_the_same_breath),
    cmocka_unit_test(test_connection_gone_before_the_plan),
    cmocka_unit_test(test_messages_of_a_connection_are_limited),
#if MR_WITH_TLS
    cmocka_unit_test(test_broken_tls_is_remembered_for_a_while),
    cmocka_unit_test(test_required_tls_never_falls_back),
#endif
    cmocka_unit_test(test_helo_where_ehlo_hangs_up),
    cmocka_unit_test(test_greeted_by_ourselves),
    cmocka_unit_test(test_greeted_by_ourselves_as_backup),
    cmocka_unit_test(test_refused_greetings_have_patience),
    cmocka_unit_test(test_one_soft_host_keeps_hope),
    cmocka_unit_test(test_budget_of_addresses),
    cmocka_unit_test(test_budget_of_sessions),
    cmocka_unit_test(test_budget_of_time),
    cmocka_unit_test(test_kept_recipients_alone_go_on),
    cmocka_unit_test(test_recipients_of_one_domain_part),
    cmocka_unit_test(test_table_verdicts_are_outcomes),
    cmocka_unit_test(test_slow_domain_holds_up_nobody),
    cmocka_unit_test(test_slow_server_of_many_domains),
    cmocka_unit_test(test_given_back_is_no_attempt),
    cmocka_unit_test(test_waiting_takes_no_places),
    cmocka_unit_test(test_one_place_is_enough),
    cmocka_unit_test(test_lost_lease_is_forgotten),
    cmocka_unit_test(test_gate_asks_for_the_lease),
    cmocka_unit_test(test_drain_while_planning),
    cmocka_unit_test(test_drain_while_waiting_for_a_place),
    cmocka_unit_test(test_drain_hears_what_was_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
