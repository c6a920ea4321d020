/* SPDX-License-Identifier: MIT */
/* How a question is asked: servers, rounds, timeouts, TCP, local ports. */
#include <mailroute/resolver.h>

#include "dns/lab.h"

static const char good[] = "OK example.org ttl=300 [10 mx.example.org ttl=300]";

static void serve_good(lab *l, const lab_query *q, packet *out) {
  (void)l;
  lab_reply(out, q, 0);
  packet_mx(out, q->name, 300, 10, "mx.example.org");
}

static lab *lab_set(unsigned servers, int option, int64_t value,
                    void (*serve)(lab *, const lab_query *, packet *)) {
  static kit_env k;
  kit_env_init(&k, 7);
  lab *l = lab_new(&k);
  l->serve = serve;
  assert_int_equal(mr_options_set(l->options, option, value), MR_OK);
  assert_int_equal(lab_start(l, servers), MR_OK);
  return l;
}

/* What the first server does; the second is good. */
static unsigned first_rcode;

static void serve_rcode(lab *l, const lab_query *q, packet *out) {
  if (strcmp(q->address, "192.0.2.1") == 0)
    lab_reply(out, q, first_rcode);
  else
    serve_good(l, q, out);
}

/* R8, fault 27: an error code sends us to the next server at once, and if there is none
 * it is a failure, never "no such". */
static void test_rcodes_R8_fault_27(void **state) {
  static const struct {
    unsigned rcode;
    const char *line;
  } rows[] = {{1, "FAILURE dns-formerr example.org ttl=30"},
              {2, "FAILURE dns-servfail example.org ttl=30"},
              {4, "FAILURE dns-refused example.org ttl=30"},
              {5, "FAILURE dns-refused example.org ttl=30"},
              {6, "FAILURE dns-servfail example.org ttl=30"},
              {15, "FAILURE dns-servfail example.org ttl=30"}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    first_rcode = rows[i].rcode;
    lab *l = lab_with(1, serve_rcode);
    assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX), rows[i].line);
    assert_int_equal(l->queries, 1);
    assert_int_equal(l->now, 1000);
    lab_done(l);
    l = lab_with(2, serve_rcode);
    assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX), good);
    assert_int_equal(l->queries, 2);
    assert_int_equal(l->now, 1000);
    lab_done(l);
  }
}

/* The text tells who was asked and what came. */
static void test_failure_text_R8(void **state) {
  const mr_event *e;
  char text[256] = "";
  (void)state;
  first_rcode = 5;
  lab *l = lab_with(1, serve_rcode);
  mr_resolver_query(l->r, NULL, "example.org", MR_DNS_MX, 0, l->now);
  while ((e = mr_resolver_next(l->r)) != NULL) {
    if (e->type == MR_EVENT_OPEN)
      lab_open(l, e->channel);
    else if (e->type == MR_EVENT_UPDATE)
      lab_update(l, e->channel);
    else if (e->type == MR_EVENT_ANSWER)
      snprintf(text, sizeof text, "%s", e->answer->text);
  }
  assert_string_equal(text, "192.0.2.1 answered example.org MX with REFUSED");
  lab_run(l);
  lab_done(l);
}

typedef struct moment {
  uint64_t at;
  char address[46];
} moment;

static moment moments[32];

static void serve_nothing(lab *l, const lab_query *q, packet *out) {
  (void)out;
  moments[q->number - 1].at = l->now - 1000;
  snprintf(moments[q->number - 1].address, 46, "%s", q->address);
}

/* Servers in turn, waits doubled per round, and an end to it all after 20 s (fault 27).
 */
static void test_rounds_fault_27(void **state) {
  static const moment expected[] = {{0, "192.0.2.1"},
                                    {2000, "192.0.2.2"},
                                    {4000, "192.0.2.1"},
                                    {8000, "192.0.2.2"},
                                    {12000, "192.0.2.1"}};
  (void)state;
  lab *l = lab_with(2, serve_nothing);
  assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX),
                      "FAILURE dns-timeout example.org ttl=30");
  assert_int_equal(l->queries, 5);
  assert_int_equal(l->now, 1000 + 20000);
  for (size_t i = 0; i < 5; i++) {
    assert_int_equal(moments[i].at, expected[i].at);
    assert_string_equal(moments[i].address, expected[i].address);
  }
  lab_done(l);
}

static void test_timeout_scale(void **state) {
  (void)state;
  lab *l = lab_set(1, MR_OPT_TIMEOUT_SCALE, 50, serve_nothing);
  lab_ask(l, "example.org", MR_DNS_MX);
  assert_int_equal(l->now, 1000 + 1000 + 2000 + 4000);
  lab_done(l);
  l = lab_set(1, MR_OPT_TIMEOUT_SCALE, 1, serve_nothing);
  lab_ask(l, "example.org", MR_DNS_MX);
  assert_int_equal(l->now, 1000 + 20 + 40 + 80);
  lab_done(l);
}

/* A SERVFAIL is not hidden by the timeouts that follow it; a dead server is asked again.
 */
static void serve_fail_then_nothing(lab *l, const lab_query *q, packet *out) {
  (void)l;
  if (strcmp(q->address, "192.0.2.1") == 0)
    lab_reply(out, q, 2);
}

static void test_mixed_failures_R8(void **state) {
  (void)state;
  lab *l = lab_with(2, serve_fail_then_nothing);
  assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX),
                      "FAILURE dns-servfail example.org ttl=30");
  assert_int_equal(l->queries, 1 + 3);
  lab_done(l);
}

/* The reason is that of the question that failed, not of one before it. */
static void serve_alias_then_nothing(lab *l, const lab_query *q, packet *out) {
  (void)l;
  if (strcmp(q->name, "example.org") != 0)
    return;
  lab_reply(out, q, strcmp(q->address, "192.0.2.1") ? 0 : 2);
  if (strcmp(q->address, "192.0.2.1") != 0)
    packet_cname(out, q->name, 300, "b.x");
}

static void test_reason_behind_alias_R8(void **state) {
  (void)state;
  lab *l = lab_with(2, serve_alias_then_nothing);
  assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX),
                      "FAILURE dns-timeout example.org ttl=30");
  lab_done(l);
}

static void serve_third(lab *l, const lab_query *q, packet *out) {
  if (q->number == 3)
    serve_good(l, q, out);
}

/* One lost datagram and another: the third transmission is answered. */
static void test_lost_datagrams(void **state) {
  (void)state;
  lab *l = lab_with(1, serve_third);
  assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX), good);
  assert_int_equal(l->now, 1000 + 2000 + 4000);
  lab_done(l);
}

/* ---- TCP (fault 26) ---- */

static void truncated(const lab_query *q, packet *out) {
  lab_reply(out, q, 0);
  out->data[2] |= 2;
}

enum { TCP_RAW, TCP_SILENT, TCP_EOF, TCP_TRUNCATED, TCP_BROKEN, TCP_DRIP };

static struct {
  int how;
  const char *octets;
  size_t len;
} tcp_case;

static void tcp_answer(lab *l, const lab_query *q, packet *out) {
  static packet whole;
  switch (tcp_case.how) {
  case TCP_RAW:
    mr_channel_recv(q->channel, tcp_case.octets, tcp_case.len, l->now);
    break;
  case TCP_EOF:
    lab_reply(&whole, q, 0);
    mr_channel_recv(q->channel, "\1\0", 2, l->now);
    mr_channel_recv(q->channel, whole.data, whole.len, l->now);
    mr_channel_closed(q->channel, MR_CLOSE_EOF, 0, NULL, l->now);
    break;
  case TCP_TRUNCATED:
    truncated(q, out);
    break;
  case TCP_BROKEN:
    lab_reply(out, q, 0);
    out->data[7] = 9; /* nine answers, none there */
    break;
  case TCP_DRIP: /* an octet of a huge message each second, for ever */
    mr_channel_recv(q->channel, "\xff\xff", 2, l->now);
    for (int i = 0; i < 60 && mr_channel_wants(q->channel); i++) {
      l->now += 1000;
      mr_resolver_expire(l->r, l->now);
      mr_channel_recv(q->channel, "x", 1, l->now);
    }
    break;
  default:
    break;
  }
}

static void serve_tcp_case(lab *l, const lab_query *q, packet *out) {
  if (strcmp(q->address, "192.0.2.1") != 0)
    serve_good(l, q, out);
  else if (!q->tcp)
    truncated(q, out);
  else
    tcp_answer(l, q, out);
}

/* R8, fault 26: whatever goes wrong over TCP, the next server is asked; without one it is
 * a failure in bounded time. */
static void test_tcp_faults_R8_fault_26(void **state) {
  static const struct {
    int how;
    const char *octets;
    size_t len;
    const char *line;
  } rows[] = {
      {TCP_RAW, "\0\0", 2, "dns-timeout"},
      {TCP_RAW, "\0\5abcde", 7, "dns-timeout"},
      {TCP_RAW, "\xff\xff", 2, "dns-timeout"},
      {TCP_RAW, "\0", 1, "dns-timeout"},
      {TCP_RAW, "HTTP/1.1 400 no\r\n", 17, "dns-timeout"},
      {TCP_SILENT, "", 0, "dns-timeout"},
      {TCP_EOF, "", 0, "dns-timeout"},
      {TCP_TRUNCATED, "", 0, "dns-malformed"},
      {TCP_BROKEN, "", 0, "dns-malformed"},
      {TCP_DRIP, "", 0, "dns-timeout"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (unsigned servers = 1; servers <= 2; servers++) {
      lab *l = lab_with(servers, serve_tcp_case);
      tcp_case.how = rows[i].how;
      tcp_case.octets = rows[i].octets;
      tcp_case.len = rows[i].len;
      const char *line = lab_ask(l, "example.org", MR_DNS_MX);
      if (servers == 2)
        assert_string_equal(line, good);
      else if (!strstr(line, "FAILURE") || !strstr(line, rows[i].line))
        fail_msg("%zu: %s", i, line);
      assert_int_equal(l->tcp_queries, 1);
      assert_true(l->now <= 1000 + 20000);
      lab_done(l);
    }
}

static void serve_big(lab *l, const lab_query *q, packet *out) {
  (void)l;
  if (!q->tcp) {
    truncated(q, out);
    return;
  }
  lab_reply(out, q, 0);
  for (int i = 0; i < 20; i++)
    packet_mx(out, q->name, 300, i, "mx.example.org");
}

/* fault 42 for DNS: the pieces in which TCP octets come change nothing. */
static void test_tcp_pieces_fault_42(void **state) {
  char whole[LAB_LINE] = "";
  (void)state;
  for (int i = 0; i < 50; i++) {
    lab *l = lab_with(1, serve_big);
    kit_pieces_init(&l->pieces,
                    i == 0   ? KIT_PIECES_WHOLE
                    : i == 1 ? KIT_PIECES_BYTES
                             : KIT_PIECES_RANDOM,
                    (uint64_t)i);
    const char *line = lab_ask(l, "example.org", MR_DNS_MX);
    if (i == 0)
      snprintf(whole, sizeof whole, "%s", line);
    assert_string_equal(line, whole);
    assert_int_equal(l->now, 1000);
    lab_done(l);
  }
  assert_non_null(strstr(whole, "[19 mx.example.org"));
}

/* ---- channels ---- */

static int refuse(lab *l, mr_channel *c) {
  (void)l;
  (void)c;
  return MR_CLOSE_REFUSED;
}

/* Nobody listens: every round is tried, at once, without recursion (bug 32). */
static void test_refused_channels_bug_32(void **state) {
  (void)state;
  lab *l = lab_set(1, MR_OPT_DNS_TRIES, 20, NULL);
  for (int i = 0; i < 7; i++)
    mr_resolver_add_server(l->r, "192.0.2.77", 0);
  l->connect = refuse;
  assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX),
                      "FAILURE dns-timeout example.org ttl=30");
  assert_int_equal(l->opened, 160);
  assert_int_equal(l->now, 1000);
  lab_done(l);
}

static unsigned taken; /* so many ports are taken */
static int ports[64];

static int port_taken(lab *l, mr_channel *c) {
  ports[l->opened - 1] = mr_channel_local_port(c);
  return l->opened <= taken ? MR_CLOSE_NO_LOCAL_ADDRESS : 0;
}

/* A taken port: another is drawn, 8 times; then it is the next turn. */
static void test_taken_ports_bug_34(void **state) {
  static const struct {
    unsigned taken, opened;
    const char *line;
  } rows[] = {{1, 2, good},
              {8, 9, good},
              {26, 27, good},
              {999, 27, "FAILURE dns-local example.org ttl=0"}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    lab *l = lab_with(1, serve_good);
    l->connect = port_taken;
    taken = rows[i].taken;
    assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX), rows[i].line);
    assert_int_equal(l->opened, rows[i].opened);
    for (unsigned n = 1; n < rows[i].opened; n++)
      assert_int_not_equal(ports[n], ports[n - 1]);
    lab_done(l);
  }
}

static int no_resources(lab *l, mr_channel *c) {
  (void)l;
  (void)c;
  return MR_CLOSE_NO_RESOURCES;
}

/* Our own trouble is told as such and not remembered. */
static void test_no_resources(void **state) {
  (void)state;
  lab *l = lab_with(1, serve_good);
  l->connect = no_resources;
  assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX),
                      "FAILURE dns-local example.org ttl=0");
  l->connect = NULL;
  assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX), good);
  lab_done(l);
}

static int never_open(lab *l, mr_channel *c) {
  (void)l;
  (void)c;
  return -1;
}

/* A host that never says "opened" does not stop the clock. */
static void test_channel_never_opens(void **state) {
  (void)state;
  lab *l = lab_with(1, serve_good);
  l->connect = never_open;
  assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX),
                      "FAILURE dns-timeout example.org ttl=30");
  lab_done(l);
}

static int opened_port_is_53, opened_kind, opened_local;
static char opened_source[46];

static int look(lab *l, mr_channel *c) {
  (void)l;
  opened_port_is_53 = mr_channel_remote_port(c) == 53;
  opened_kind = mr_channel_kind(c);
  opened_local = mr_channel_local_port(c);
  snprintf(opened_source, sizeof opened_source, "%s", mr_channel_local_address(c));
  return 0;
}

static void test_channel_addresses(void **state) {
  static kit_env k;
  (void)state;
  kit_env_init(&k, 3);
  lab *l = lab_new(&k);
  l->connect = look;
  l->serve = serve_good;
  mr_options_set_text(l->options, MR_OPT_SOURCE_IPV4, "198.51.100.9");
  mr_options_set_text(l->options, MR_OPT_SOURCE_IPV6, "2001:db8::9");
  assert_int_equal(lab_start(l, 1), MR_OK);
  lab_ask(l, "example.org", MR_DNS_MX);
  assert_true(opened_port_is_53 && opened_kind == MR_CHANNEL_UDP);
  assert_true(opened_local >= 1024 && opened_local <= 65535);
  assert_string_equal(opened_source, "198.51.100.9");
  l->serve = serve_big;
  lab_ask(l, "b.example.org", MR_DNS_MX);
  assert_true(opened_port_is_53 && opened_kind == MR_CHANNEL_TCP && opened_local == 0);
  lab_done(l);
}

/* A datagram for a channel that we let go of does nothing. */
static void test_late_datagram_fault_25(void **state) {
  const mr_event *e;
  mr_channel *first = NULL;
  (void)state;
  lab *l = lab_with(1, NULL);
  mr_resolver_query(l->r, NULL, "example.org", MR_DNS_MX, 0, l->now);
  e = mr_resolver_next(l->r);
  first = e->channel;
  mr_channel_opened(first, NULL, l->now);
  l->now += 2000;
  assert_int_equal(mr_resolver_expire(l->r, l->now), MR_OK);
  packet_start(&l->out, 1, 0x8180, 1);
  assert_int_equal(mr_channel_wants(first), 0);
  assert_int_equal(
      mr_channel_recv_from(first, l->out.data, l->out.len, "192.0.2.1", 53, l->now),
      MR_ERR_CLOSED);
  mr_channel_free(first);
  lab_run(l);
  assert_int_equal(l->told, 1);
  lab_done(l);
}

/* ---- unpredictability ---- */

enum { DRAWS = 20000, BINS = 64 };
static unsigned bins[4][BINS];

static void serve_count(lab *l, const lab_query *q, packet *out) {
  bins[0][q->id >> 10]++;
  bins[1][q->id & 63]++;
  bins[2][(unsigned)(q->local_port - 1024) / 1008]++;
  bins[3][(unsigned)q->local_port & 63]++;
  assert_true(q->local_port >= 1024 && q->local_port <= 65535);
  serve_good(l, q, out);
}

static double chi_squared(const unsigned *counts) {
  double expected = (double)DRAWS / BINS, sum = 0;
  for (size_t i = 0; i < BINS; i++)
    sum += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
  return sum;
}

/* bug 34: ids and ports are uniform; 63 degrees of freedom, p = 0.0001 at both ends. */
static void test_ids_and_ports_bug_34(void **state) {
  (void)state;
  memset(bins, 0, sizeof bins);
  lab *l = lab_set(1, MR_OPT_DNS_CACHE_MAX, 0, serve_count);
  for (int i = 0; i < DRAWS; i++)
    lab_ask(l, "example.org", MR_DNS_MX);
  assert_int_equal(l->queries, DRAWS);
  for (size_t i = 0; i < 4; i++) {
    double chi = chi_squared(bins[i]);
    if (chi < 26 || chi > 118)
      fail_msg("bins %zu: chi squared %f", i, chi);
  }
  lab_done(l);
}

static unsigned ids_seen[8];

static void serve_keep_ids(lab *l, const lab_query *q, packet *out) {
  (void)l;
  (void)out;
  ids_seen[q->number - 1] = q->id << 16 | (unsigned)q->local_port;
}

/* bug 34: each retry has an id and a port of its own. */
static void test_fresh_per_transmission_bug_34(void **state) {
  (void)state;
  lab *l = lab_with(1, serve_keep_ids);
  lab_ask(l, "example.org", MR_DNS_MX);
  assert_int_equal(l->queries, 3);
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < i; j++) {
      assert_int_not_equal(ids_seen[i] >> 16, ids_seen[j] >> 16);
      assert_int_not_equal(ids_seen[i] & 0xffff, ids_seen[j] & 0xffff);
    }
  lab_done(l);
}

static void test_random_fails_bug_34(void **state) {
  (void)state;
  lab *l = lab_with(1, serve_good);
  l->k->random_fails = 1;
  assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX),
                      "FAILURE dns-local example.org ttl=0");
  mr_resolver *r = NULL;
  assert_int_equal(mr_resolver_new(&r, &l->k->env, NULL), MR_ERR_RANDOM);
  assert_null(r);
  lab_done(l);
}

/* ---- services ---- */

static lab *inside;
static unsigned inside_calls;

static int random_that_calls(void *user, void *buf, size_t len) {
  mr_resolver *r = inside ? inside->r : NULL;
  (void)user;
  memset(buf, 42, len);
  if (!r)
    return MR_OK;
  inside_calls++;
  assert_int_equal(mr_resolver_query(r, NULL, "a", MR_DNS_A, 0, 0), MR_ERR_STATE);
  assert_int_equal(mr_resolver_cancel(r, 1, 0), MR_ERR_STATE);
  assert_int_equal(mr_resolver_expire(r, 0), MR_ERR_STATE);
  assert_int_equal(mr_resolver_add_server(r, "::1", 0), MR_ERR_STATE);
  assert_null(mr_resolver_next(r));
  return MR_OK;
}

/* fault 101, bug 32: no entry from inside a service. */
static void test_reentry_fault_101_bug_32(void **state) {
  static kit_env k;
  (void)state;
  kit_env_init(&k, 1);
  k.env.random = random_that_calls;
  lab *l = lab_new(&k);
  l->serve = serve_good;
  assert_int_equal(lab_start(l, 1), MR_OK);
  inside = l;
  assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX), good);
  assert_true(inside_calls >= 2);
  inside = NULL;
  lab_done(l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rcodes_R8_fault_27),
      cmocka_unit_test(test_failure_text_R8),
      cmocka_unit_test(test_rounds_fault_27),
      cmocka_unit_test(test_timeout_scale),
      cmocka_unit_test(test_mixed_failures_R8),
      cmocka_unit_test(test_reason_behind_alias_R8),
      cmocka_unit_test(test_lost_datagrams),
      cmocka_unit_test(test_tcp_faults_R8_fault_26),
      cmocka_unit_test(test_tcp_pieces_fault_42),
      cmocka_unit_test(test_refused_channels_bug_32),
      cmocka_unit_test(test_taken_ports_bug_34),
      cmocka_unit_test(test_no_resources),
      cmocka_unit_test(test_channel_never_opens),
      cmocka_unit_test(test_channel_addresses),
      cmocka_unit_test(test_late_datagram_fault_25),
      cmocka_unit_test(test_ids_and_ports_bug_34),
      cmocka_unit_test(test_fresh_per_transmission_bug_34),
      cmocka_unit_test(test_random_fails_bug_34),
      cmocka_unit_test(test_reentry_fault_101_bug_32),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
