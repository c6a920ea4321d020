/* SPDX-License-Identifier: MIT */
/* What answers say: existing, empty, missing, alias, broken. */
#include <mailroute/resolver.h>

#include "dns/lab.h"

/* A zone, one record a row. type 0 ends it. */
typedef struct row {
  const char *owner;
  unsigned type;
  uint32_t ttl;
  int number; /* MX: preference; A: last octet */
  const char *target;
} row;

typedef struct zone {
  unsigned rcode;
  const char *soa; /* owner of the SOA in the authority section, NULL = none */
  uint32_t soa_ttl, minimum;
  int referral; /* NS in the authority section */
  row rows[24];
} zone;

static const zone *served;

static void put_row(packet *out, const row *r) {
  static const uint8_t six[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};
  if (r->type == T_MX)
    packet_mx(out, r->owner, r->ttl, r->number, r->target);
  else if (r->type == T_CNAME)
    packet_cname(out, r->owner, r->ttl, r->target);
  else if (r->type == T_A)
    packet_a(out, r->owner, r->ttl, (unsigned)r->number);
  else
    packet_rr(out, IN_ANSWER, r->owner, r->type, r->ttl, six, sizeof six);
}

static void serve_zone(lab *l, const lab_query *q, packet *out) {
  (void)l;
  lab_reply(out, q, served->rcode);
  for (const row *r = served->rows; r->type; r++)
    put_row(out, r);
  if (served->referral)
    packet_named(out, IN_AUTHORITY, "org", T_NS, 1, -1, "ns.example.org");
  if (served->soa)
    packet_soa(out, served->soa, served->soa_ttl, served->minimum);
}

typedef struct want {
  const char *what;
  int type;
  zone z;
  const char *line;
  size_t queries;
} want;

static void check_all(const want *wants, size_t count) {
  for (size_t i = 0; i < count; i++) {
    lab *l = lab_with(1, serve_zone);
    served = &wants[i].z;
    const char *line = lab_ask(l, "example.org", wants[i].type);
    if (strcmp(line, wants[i].line) != 0)
      fail_msg("%s:\n  %s\n  %s", wants[i].what, line, wants[i].line);
    assert_int_equal(l->queries, wants[i].queries);
    lab_done(l);
  }
}

#define CHECK_ALL(wants) check_all(wants, sizeof(wants) / sizeof *(wants))
#define EX "example.org"

static const want positive[] = {
    {"MX in the order of the packet",
     MR_DNS_MX,
     {.rows = {{EX, T_MX, 300, 20, "b.x"}, {EX, T_MX, 200, 10, "a.x"}}},
     "OK example.org ttl=200 [20 b.x ttl=300] [10 a.x ttl=200]",
     1},
    {"null MX (fault 29) as it is",
     MR_DNS_MX,
     {.rows = {{EX, T_MX, 300, 0, "."}}},
     "OK example.org ttl=300 [0 . ttl=300](no host)",
     1},
    {"null MX and others (fault 29)",
     MR_DNS_MX,
     {.rows = {{EX, T_MX, 300, 0, "."}, {EX, T_MX, 300, 5, "a.x"}}},
     "OK example.org ttl=300 [0 . ttl=300](no host) [5 a.x ttl=300]",
     1},
    {"A",
     MR_DNS_A,
     {.rows = {{EX, T_A, 60, 7, NULL}}},
     "OK example.org ttl=60 [198.51.100.7 ttl=60]",
     1},
    {"AAAA",
     MR_DNS_AAAA,
     {.rows = {{EX, T_AAAA, 60, 0, NULL}}},
     "OK example.org ttl=60 [2001:db8::1 ttl=60]",
     1},
    {"CNAME asked for",
     MR_DNS_CNAME,
     {.rows = {{EX, T_CNAME, 60, 0, "www.example.org"}}},
     "OK example.org ttl=60 [CNAME www.example.org ttl=60]",
     1},
    {"numeric target (fault 31) is left to the route",
     MR_DNS_MX,
     {.rows = {{EX, T_MX, 300, 5, "192.0.2.1"}}},
     "OK example.org ttl=300 [5 192.0.2.1 ttl=300]",
     1},
    {"owner in capitals",
     MR_DNS_MX,
     {.rows = {{"EXAMPLE.org", T_MX, 300, 5, "MX.Example.org"}}},
     "OK example.org ttl=300 [5 mx.example.org ttl=300]",
     1},
    {"TTL 2^31 is 0 (fault 35)",
     MR_DNS_MX,
     {.rows = {{EX, T_MX, 0x80000000u, 5, "a.x"}}},
     "OK example.org ttl=0 [5 a.x ttl=0]",
     1},
    {"TTL -1 is 0 (fault 35)",
     MR_DNS_MX,
     {.rows = {{EX, T_MX, 0xffffffffu, 5, "a.x"}}},
     "OK example.org ttl=0 [5 a.x ttl=0]",
     1},
    {"TTL 2^31-1 is cut to a day (fault 35)",
     MR_DNS_MX,
     {.rows = {{EX, T_MX, 0x7fffffffu, 5, "a.x"}}},
     "OK example.org ttl=86400 [5 a.x ttl=86400]",
     1},
};

static void test_positive_fault_29_fault_31_fault_35(void **state) {
  (void)state;
  CHECK_ALL(positive);
}

static const want negative[] = {
    {"NODATA",
     MR_DNS_MX,
     {.soa = EX, .soa_ttl = 100, .minimum = 60},
     "NODATA example.org ttl=60",
     1},
    {"NODATA, SOA's own TTL is the lesser",
     MR_DNS_MX,
     {.soa = EX, .soa_ttl = 50, .minimum = 60},
     "NODATA example.org ttl=50",
     1},
    {"NODATA, at most 300 s (R17)",
     MR_DNS_MX,
     {.soa = "org", .soa_ttl = 9999, .minimum = 9999},
     "NODATA example.org ttl=300",
     1},
    {"NODATA without SOA is not kept",
     MR_DNS_MX,
     {.rcode = 0},
     "NODATA example.org ttl=0",
     1},
    {"NODATA with a SOA of elsewhere is not kept",
     MR_DNS_MX,
     {.soa = "example.com", .soa_ttl = 100, .minimum = 60},
     "NODATA example.org ttl=0",
     1},
    {"NODATA with NS and SOA",
     MR_DNS_MX,
     {.soa = EX, .soa_ttl = 100, .minimum = 60, .referral = 1},
     "NODATA example.org ttl=60",
     1},
    {"NXDOMAIN",
     MR_DNS_MX,
     {.rcode = 3, .soa = "org", .soa_ttl = 100, .minimum = 60},
     "NXDOMAIN example.org ttl=60",
     1},
    {"NXDOMAIN without SOA is not kept",
     MR_DNS_MX,
     {.rcode = 3},
     "NXDOMAIN example.org ttl=0",
     1},
    {"another type only",
     MR_DNS_MX,
     {.soa = EX, .soa_ttl = 100, .minimum = 60, .rows = {{EX, T_A, 60, 7, NULL}}},
     "NODATA example.org ttl=60",
     1},
    {"a referral is no NODATA",
     MR_DNS_MX,
     {.referral = 1},
     "FAILURE dns-servfail example.org ttl=30",
     1},
    {"NXDOMAIN with records contradicts itself",
     MR_DNS_MX,
     {.rcode = 3, .rows = {{EX, T_MX, 300, 5, "a.x"}}},
     "FAILURE dns-malformed example.org ttl=30",
     1},
};

/* R6: NODATA is not NXDOMAIN is not failure (fault 27). */
static void test_negative_R6_R17_fault_27(void **state) {
  (void)state;
  CHECK_ALL(negative);
}

static const want foreign[] = {
    {"records of another owner",
     MR_DNS_MX,
     {.soa = EX,
      .soa_ttl = 9,
      .minimum = 9,
      .rows = {{"evil.org", T_MX, 9, 1, "evil.x"}}},
     "NODATA example.org ttl=9",
     1},
    {"of a name above and one below",
     MR_DNS_MX,
     {.rows = {{"org", T_MX, 9, 1, "evil.x"},
               {EX, T_MX, 300, 5, "a.x"},
               {"a.example.org", T_MX, 9, 1, "evil.x"}}},
     "OK example.org ttl=300 [5 a.x ttl=300]",
     1},
    {"a CNAME of another owner",
     MR_DNS_MX,
     {.soa = EX,
      .soa_ttl = 9,
      .minimum = 9,
      .rows = {{"evil.org", T_CNAME, 9, 0, "e.x"}}},
     "NODATA example.org ttl=9",
     1},
    {"addresses beside an MX",
     MR_DNS_MX,
     {.rows = {{EX, T_MX, 300, 5, "a.x"}, {"a.x", T_A, 300, 66, NULL}}},
     "OK example.org ttl=300 [5 a.x ttl=300]",
     1},
};

static void test_foreign_records_fault_39(void **state) {
  (void)state;
  CHECK_ALL(foreign);
}

#define CHAIN8                                                                           \
  {EX, T_CNAME, 300, 0, "c1.x"}, {"c1.x", T_CNAME, 300, 0, "c2.x"},                      \
      {"c2.x", T_CNAME, 300, 0, "c3.x"}, {"c3.x", T_CNAME, 300, 0, "c4.x"},              \
      {"c4.x", T_CNAME, 300, 0, "c5.x"}, {"c5.x", T_CNAME, 300, 0, "c6.x"},              \
      {"c6.x", T_CNAME, 300, 0, "c7.x"}, {                                               \
    "c7.x", T_CNAME, 300, 0, "c8.x"                                                      \
  }

static const want chains[] = {
    {"one CNAME, the least TTL counts",
     MR_DNS_MX,
     {.rows = {{EX, T_CNAME, 40, 0, "b.x"}, {"b.x", T_MX, 300, 5, "a.x"}}},
     "OK b.x ttl=40 [CNAME b.x ttl=40] [5 a.x ttl=300]",
     1},
    {"out of order",
     MR_DNS_A,
     {.rows = {{"c.x", T_A, 300, 5, NULL},
               {"b.x", T_CNAME, 300, 0, "c.x"},
               {EX, T_CNAME, 300, 0, "b.x"}}},
     "OK c.x ttl=300 [CNAME b.x ttl=300] [CNAME c.x ttl=300] [198.51.100.5 ttl=300]",
     1},
    {"eight",
     MR_DNS_A,
     {.rows = {CHAIN8, {"c8.x", T_A, 300, 5, NULL}}},
     "OK c8.x ttl=300 [CNAME c1.x ttl=300] [CNAME c2.x ttl=300] [CNAME c3.x ttl=300] "
     "[CNAME c4.x ttl=300] [CNAME c5.x ttl=300] [CNAME c6.x ttl=300] "
     "[CNAME c7.x ttl=300] [CNAME c8.x ttl=300] [198.51.100.5 ttl=300]",
     1},
    {"nine (fault 30)",
     MR_DNS_A,
     {.rows = {CHAIN8, {"c8.x", T_CNAME, 300, 0, "c9.x"}, {"c9.x", T_A, 300, 5, NULL}}},
     "FAILURE dns-limit example.org ttl=30",
     1},
    {"loop of one (fault 30)",
     MR_DNS_MX,
     {.rows = {{EX, T_CNAME, 300, 0, EX}}},
     "FAILURE dns-cname-loop example.org ttl=30",
     1},
    {"loop of three (fault 30)",
     MR_DNS_MX,
     {.rows = {{EX, T_CNAME, 300, 0, "b.x"},
               {"b.x", T_CNAME, 300, 0, "c.x"},
               {"c.x", T_CNAME, 300, 0, "b.x"}}},
     "FAILURE dns-cname-loop example.org ttl=30",
     1},
    {"NXDOMAIN speaks of the last name (RFC 6604)",
     MR_DNS_MX,
     {.rcode = 3,
      .soa = "x",
      .soa_ttl = 100,
      .minimum = 60,
      .rows = {{EX, T_CNAME, 300, 0, "b.x"}}},
     "NXDOMAIN b.x ttl=60 [CNAME b.x ttl=300]",
     1},
    {"NODATA at the end of the chain",
     MR_DNS_MX,
     {.soa = "x", .soa_ttl = 100, .minimum = 60, .rows = {{EX, T_CNAME, 30, 0, "b.x"}}},
     "NODATA b.x ttl=30 [CNAME b.x ttl=30]",
     1},
};

/* R10, R11: CNAMEs are followed, 8 at most; loops and longer chains fail. */
static void test_cnames_R10_R11_fault_30(void **state) {
  (void)state;
  CHECK_ALL(chains);
}

/* Each answer holds one link: the next has to be asked for. */
static void serve_links(lab *l, const lab_query *q, packet *out) {
  char next[16] = "c0.x";
  (void)l;
  lab_reply(out, q, 0);
  if (q->name[0] == 'c')
    next[1] = (char)(q->name[1] + 1);
  if (strcmp(q->name, "c7.x") == 0 && q->type == T_A)
    packet_a(out, q->name, 60, 9);
  else
    packet_cname(out, q->name, 300, next);
}

static void test_follow_up_questions_R10_R11_fault_30(void **state) {
  (void)state;
  lab *l = lab_with(1, serve_links);
  assert_string_equal(
      lab_ask(l, "Example.org.", MR_DNS_A),
      "OK c7.x ttl=60 [CNAME c0.x ttl=300] [CNAME c1.x ttl=300] [CNAME c2.x ttl=300] "
      "[CNAME c3.x ttl=300] [CNAME c4.x ttl=300] [CNAME c5.x ttl=300] "
      "[CNAME c6.x ttl=300] [CNAME c7.x ttl=300] [198.51.100.9 ttl=60]");
  assert_int_equal(l->queries, 9);
  assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX),
                      "FAILURE dns-limit example.org ttl=30");
  assert_int_equal(l->queries, 18);
  lab_done(l);
}

static void serve_ring(lab *l, const lab_query *q, packet *out) {
  (void)l;
  lab_reply(out, q, 0);
  packet_cname(out, q->name, 300, strcmp(q->name, "b.x") ? "b.x" : "example.org");
}

static void test_loop_over_questions_R10_fault_30(void **state) {
  (void)state;
  lab *l = lab_with(2, serve_ring);
  assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX),
                      "FAILURE dns-cname-loop example.org ttl=30");
  assert_int_equal(l->queries, 2);
  lab_done(l);
}

/* fault 33: names that no host has are given escaped and marked. */
static void serve_odd(lab *l, const lab_query *q, packet *out) {
  (void)l;
  lab_reply(out, q, 0);
  packet_rr(out, IN_ANSWER, q->name, T_MX, 9, "\0\1\5a\0b.c\1x\0", 11);
  packet_rr(out, IN_ANSWER, q->name, T_MX, 9, "\0\2\3a@b\0", 7);
  packet_rr(out, IN_ANSWER, q->name, T_MX, 9, "\0\3\2a\n\0", 6);
}

static void test_odd_names_fault_33(void **state) {
  (void)state;
  lab *l = lab_with(1, serve_odd);
  assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX),
                      "OK example.org ttl=9 [1 a\\000b\\046c.x ttl=9](no host) "
                      "[2 a\\064b ttl=9](no host) [3 a\\010 ttl=9](no host)");
  lab_done(l);
}

static const char *broken_rdata;
static size_t broken_len;
static int with_good;

static void serve_broken(lab *l, const lab_query *q, packet *out) {
  (void)l;
  lab_reply(out, q, 0);
  packet_rr(out, IN_ANSWER, q->name, T_MX, 9, broken_rdata, broken_len);
  packet_rr(out, IN_ANSWER, "evil.org", T_MX, 9, broken_rdata, broken_len);
  if (with_good)
    packet_mx(out, q->name, 9, 1, "a.x");
  packet_soa(out, "org", 60, 60);
}

/* fault 28: broken records are left out; if there are no others, nobody knows. */
static void test_broken_records_fault_28(void **state) {
  static const char *const rdata[] = {"", "\0", "\0\5", "\0\5\1"};
  (void)state;
  for (size_t i = 0; i < 8; i++) {
    broken_rdata = rdata[i / 2];
    broken_len = i / 2;
    with_good = i % 2;
    lab *l = lab_with(1, serve_broken);
    assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX),
                        with_good ? "OK example.org ttl=9 [1 a.x ttl=9] malformed=1"
                                  : "FAILURE dns-malformed example.org ttl=30");
    assert_int_equal(kit_env_logged(l->k, "left out"), 1);
    lab_done(l);
  }
}

static void serve_broken_cname(lab *l, const lab_query *q, packet *out) {
  (void)l;
  lab_reply(out, q, 0);
  packet_rr(out, IN_ANSWER, q->name, T_CNAME, 9, "\1a", 2);
}

static void test_broken_cname_fault_28(void **state) {
  (void)state;
  lab *l = lab_with(1, serve_broken_cname);
  assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX),
                      "FAILURE dns-malformed example.org ttl=30");
  lab_done(l);
}

/* A broken CNAME beside what was asked for is nobody's concern; another class is not IN.
 */
static void serve_beside(lab *l, const lab_query *q, packet *out) {
  (void)l;
  lab_reply(out, q, 0);
  packet_rr(out, IN_ANSWER, q->name, T_CNAME, 9, "\1a", 2);
  packet_mx(out, q->name, 9, 1, "a.x");
  size_t chaos = out->len + 1 + strlen(q->name) + 1 + 3;
  packet_mx(out, q->name, 9, 66, "chaos.x");
  out->data[chaos] = 3;
}

static void test_beside_the_point_fault_39(void **state) {
  (void)state;
  lab *l = lab_with(1, serve_beside);
  assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX),
                      "OK example.org ttl=9 [1 a.x ttl=9]");
  lab_done(l);
}

/* What a worthless answer said about aliases is forgotten with it. */
static void serve_broken_behind_alias(lab *l, const lab_query *q, packet *out) {
  (void)l;
  lab_reply(out, q, 0);
  packet_cname(out, q->name, 9, "b.x");
  if (strcmp(q->address, "192.0.2.1") == 0)
    packet_rr(out, IN_ANSWER, "b.x", T_MX, 9, "\0", 1);
  else
    packet_mx(out, "b.x", 9, 1, "a.x");
}

static void test_worthless_alias_fault_28(void **state) {
  (void)state;
  lab *l = lab_with(2, serve_broken_behind_alias);
  assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX),
                      "OK b.x ttl=9 [CNAME b.x ttl=9] [1 a.x ttl=9]");
  lab_done(l);
}

/* fault 32: 100 exchangers come through; dropping the worst is the route's. */
static void serve_many(lab *l, const lab_query *q, packet *out) {
  (void)l;
  lab_reply(out, q, 0);
  for (int i = 0; i < 100; i++)
    packet_mx(out, q->name, 9, i, "a.x");
}

static void test_hundred_records_fault_32(void **state) {
  (void)state;
  lab *l = lab_with(1, serve_many);
  const char *line = lab_ask(l, "example.org", MR_DNS_MX);
  assert_non_null(strstr(line, "[0 a.x"));
  assert_non_null(strstr(line, "[99 a.x"));
  lab_done(l);
}

/* fault 38: each question has its own answer. */
static void serve_only_a(lab *l, const lab_query *q, packet *out) {
  (void)l;
  lab_reply(out, q, q->type == T_AAAA ? 2 : 0);
  if (q->type == T_A)
    packet_a(out, q->name, 60, 1);
}

static void test_a_without_aaaa_fault_38(void **state) {
  (void)state;
  lab *l = lab_with(1, serve_only_a);
  assert_int_equal(mr_resolver_query(l->r, NULL, "mx.x", MR_DNS_A, 1, l->now), MR_OK);
  assert_int_equal(mr_resolver_query(l->r, NULL, "mx.x", MR_DNS_AAAA, 2, l->now), MR_OK);
  lab_run(l);
  assert_int_equal(l->told, 2);
  assert_string_equal(l->answers[0], "OK mx.x ttl=60 [198.51.100.1 ttl=60]");
  assert_string_equal(l->answers[1], "FAILURE dns-servfail mx.x ttl=30");
  lab_done(l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_positive_fault_29_fault_31_fault_35),
      cmocka_unit_test(test_negative_R6_R17_fault_27),
      cmocka_unit_test(test_foreign_records_fault_39),
      cmocka_unit_test(test_cnames_R10_R11_fault_30),
      cmocka_unit_test(test_follow_up_questions_R10_R11_fault_30),
      cmocka_unit_test(test_loop_over_questions_R10_fault_30),
      cmocka_unit_test(test_odd_names_fault_33),
      cmocka_unit_test(test_broken_records_fault_28),
      cmocka_unit_test(test_broken_cname_fault_28),
      cmocka_unit_test(test_beside_the_point_fault_39),
      cmocka_unit_test(test_worthless_alias_fault_28),
      cmocka_unit_test(test_hundred_records_fault_32),
      cmocka_unit_test(test_a_without_aaaa_fault_38),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
