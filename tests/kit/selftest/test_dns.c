/* SPDX-License-Identifier: MIT */
#include "kit/selftest/selftest.h"

#include "kit/kit_dns.h"

static const char zone[] = "$ORIGIN example.test.\n"
                           "$TTL 300 ; seconds\n"
                           "@ IN SOA ns hostmaster 1 7200 3600 86400 60\n"
                           "  NS ns\n"
                           "  MX 10 mx1\n"
                           "  3600 IN MX 20 mx2.other.test.\n"
                           "  TXT \"v=STSv1; id=1;\" plain\n"
                           "ns A 192.0.2.53\n"
                           "Mx1 A 192.0.2.1\n"
                           "mx1 AAAA 2001:db8::1\n"
                           "www CNAME alias\n"
                           "alias CNAME mx1\n"
                           "out CNAME elsewhere.invalid.\n"
                           "gone CNAME nothing\n"
                           "a.b.c A 192.0.2.9\n"
                           "*.wild MX 5 mx1\n"
                           "nul MX 0 .\n"
                           "odd TYPE52 \\# 3 03 01 01\n"
                           "odd A \\# 1 ff\n"
                           "loop CNAME loop\n"
                           "e\\.d\\000 A 192.0.2.7\n";

static kit_dns *loaded(void) {
  kit_dns *dns = kit_dns_new();
  assert_int_equal(kit_dns_zone(dns, zone), 0);
  return dns;
}

static void ask(kit_dns *dns, const char *name, int type, unsigned edns, int tcp,
                kit_dns_reply *reply) {
  uint8_t query[600];
  size_t len = kit_dns_query(query, sizeof query, 0x1234, name, type, edns);
  assert_true(len > 0);
  kit_dns_answer(dns, query, len, tcp, 4242, reply);
}

typedef struct row {
  const char *name;
  int type;
  unsigned edns;
  const char *bytes; /* hex; the whole answer */
} row;

#define HEADER(flags, an, ns, ar) "1234" flags "0001" an ns ar
#define EXAMPLE                                                                          \
  "076578616d706c6504746573740"                                                          \
  "0"
#define SOA                                                                              \
  EXAMPLE "00060001"                                                                     \
          "0000012c003e"                                                                 \
          "026e73" EXAMPLE "0a686f73746d6173746572" EXAMPLE                              \
          "0000000100001c2000000e10000151800000003c"

static const row rows[] = {
    {"mx1.example.test", KIT_DNS_A, 0,
     HEADER("8580", "0001", "0000", "0000") "036d7831" EXAMPLE
                                            "00010001c00c000100010000012c0004c0000201"},
    {"example.test", KIT_DNS_MX, 0,
     HEADER("8580", "0002", "0000", "0000") EXAMPLE
     "000f0001c00c000f00010000012c0014000a036d7831" EXAMPLE
     "c00c000f000100000e1000120014036d7832056f74686572047465737400"},
    {"WwW.ExAmple.test", KIT_DNS_AAAA, 0,
     HEADER("8580", "0003", "0000",
            "0000") "03577757074578416d706c65047465737400001c0001c00c000500010000012c0014"
                    "05616c696173" EXAMPLE "05616c696173" EXAMPLE
                    "000500010000012c0012036d7831" EXAMPLE "036d7831" EXAMPLE
                    "001c00010000012c001020010db8000000000000000000000001"},
    {"nothing.example.test", KIT_DNS_A, 0,
     HEADER("8583", "0000", "0001", "0000") "076e6f7468696e67" EXAMPLE "00010001" SOA},
    {"b.c.example.test", KIT_DNS_A, 0,
     HEADER("8580", "0000", "0001", "0000") "01620163" EXAMPLE "00010001" SOA},
    {"nul.example.test", KIT_DNS_MX, 0,
     HEADER("8580", "0001", "0000", "0000") "036e756c" EXAMPLE
                                            "000f0001c00c000f00010000012c0003000000"},
    {"x.wild.example.test", KIT_DNS_MX, 4096,
     HEADER("8580", "0001", "0000",
            "0001") "01780477696c64" EXAMPLE
                    "000f0001c00c000f00010000012c00140005036d7831" EXAMPLE
                    "00002904d0000000000000"},
    {"elsewhere.invalid", KIT_DNS_A, 0,
     HEADER("8185", "0000", "0000",
            "0000") "09656c7365776865726507696e76616c69640000010001"},
    {"odd.example.test", 52, 0,
     HEADER("8580", "0001", "0000", "0000") "036f6464" EXAMPLE
                                            "00340001c00c003400010000012c0003030101"},
    {"odd.example.test", KIT_DNS_A, 0,
     HEADER("8580", "0001", "0000", "0000") "036f6464" EXAMPLE
                                            "00010001c00c000100010000012c0001ff"},
    {"e\\.d\\000.example.test", KIT_DNS_A, 0,
     HEADER("8580", "0001", "0000", "0000") "04652e6400" EXAMPLE
                                            "00010001c00c000100010000012c0004c0000207"},
};

static void hex_of(const uint8_t *data, size_t len, kit_buf *out) {
  kit_buf_str(out, "");
  for (size_t i = 0; i < len; i++)
    kit_buf_printf(out, "%02x", data[i]);
}

static void test_answers_octet_by_octet(void **state) {
  (void)state;
  kit_dns *dns = loaded();
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    kit_dns_reply reply;
    kit_buf hex = {0};
    ask(dns, rows[i].name, rows[i].type, rows[i].edns, 0, &reply);
    hex_of(reply.data, reply.len, &hex);
    assert_string_equal(hex.data, rows[i].bytes);
    kit_buf_free(&hex);
    kit_dns_reply_free(&reply);
  }
  kit_dns_free(dns);
}

/* rcode, ANCOUNT, NSCOUNT */
static void expect(kit_dns *dns, const char *name, int type, const uint8_t *want) {
  kit_dns_reply reply;
  ask(dns, name, type, 0, 0, &reply);
  assert_int_equal(reply.data[3] & 15, want[0]);
  assert_int_equal(reply.data[7], want[1]);
  assert_int_equal(reply.data[9], want[2]);
  kit_dns_reply_free(&reply);
}

static void test_chains_and_negatives(void **state) {
  (void)state;
  kit_dns *dns = loaded();
  expect(dns, "www.example.test", KIT_DNS_CNAME, (uint8_t[]){0, 1, 0});
  expect(dns, "gone.example.test", KIT_DNS_A, (uint8_t[]){3, 1, 1});
  expect(dns, "www.example.test", KIT_DNS_MX, (uint8_t[]){0, 2, 1});
  expect(dns, "out.example.test", KIT_DNS_A, (uint8_t[]){0, 1, 0});
  expect(dns, "loop.example.test", KIT_DNS_A, (uint8_t[]){0, 1, 0});
  expect(dns, "wild.example.test", KIT_DNS_MX, (uint8_t[]){0, 0, 1});
  expect(dns, "example.test", KIT_DNS_ANY, (uint8_t[]){0, 5, 0});
  kit_dns_remove(dns, "mx1.example.test", KIT_DNS_A);
  expect(dns, "mx1.example.test", KIT_DNS_A, (uint8_t[]){0, 0, 1});
  kit_dns_remove(dns, "mx1.example.test", 0);
  expect(dns, "mx1.example.test", KIT_DNS_A, (uint8_t[]){3, 0, 1});
  assert_int_equal(kit_dns_count(dns), 9);
  assert_int_equal(kit_dns_asked(dns, "MX1.example.test.", KIT_DNS_A), 2);
  assert_string_equal(kit_dns_at(dns, 0)->name, "www.example.test.");
  assert_int_equal(kit_dns_at(dns, 0)->port, 4242);
  assert_int_equal(kit_dns_at(dns, 0)->id, 0x1234);
  kit_dns_free(dns);
}

static void expect_size(kit_dns *dns, unsigned edns, int tcp, int tc, size_t least) {
  kit_dns_reply reply;
  ask(dns, "big.example.test", KIT_DNS_TXT, edns, tcp, &reply);
  assert_int_equal((reply.data[2] & 2) != 0, tc);
  assert_true(reply.len >= least);
  assert_int_equal(reply.data[7], tc ? 0 : 10);
  kit_dns_reply_free(&reply);
}

static void test_truncation(void **state) {
  (void)state;
  kit_dns *dns = loaded();
  for (int i = 0; i < 10; i++) {
    char text[200];
    strcpy(text, "big.example.test. TXT ");
    memset(text + 22, 'a' + i, 80);
    text[102] = '\0';
    assert_int_equal(kit_dns_zone(dns, text), 0);
  }
  expect_size(dns, 0, 0, 1, 12);
  expect_size(dns, 1000, 0, 0, 900);
  expect_size(dns, 900, 0, 1, 12);
  expect_size(dns, 0, 1, 0, 900);
  kit_dns_udp_limit(dns, 600);
  expect_size(dns, 4096, 0, 1, 12);
  kit_dns_free(dns);
}

static void reply_to(kit_dns *dns, const kit_dns_rule *rule, int tcp,
                     kit_dns_reply *reply) {
  kit_dns_rules_clear(dns);
  if (rule)
    kit_dns_rule_add(dns, rule);
  ask(dns, "mx1.example.test", KIT_DNS_A, 0, tcp, reply);
}

/* Which octet of the honest answer a mutation changes, and into what. */
static const struct {
  unsigned mutate;
  size_t at;
  uint8_t value;
} mutations[] = {
    {KIT_DNS_WRONG_ID, 1, 0x35},     {KIT_DNS_WRONG_CASE, 13, 'M'},
    {KIT_DNS_WRONG_NAME, 13, 'x'},   {KIT_DNS_WRONG_TYPE, 31, 0x41},
    {KIT_DNS_WRONG_CLASS, 33, 3},    {KIT_DNS_NOT_RESPONSE, 2, 0x05},
    {KIT_DNS_WRONG_OPCODE, 2, 0x95}, {KIT_DNS_TRUNCATE, 2, 0x87},
    {KIT_DNS_SET_AD, 3, 0xa0},       {KIT_DNS_NO_QUESTION, 5, 0},
};

static void test_mutations(void **state) {
  (void)state;
  kit_dns *dns = loaded();
  kit_dns_reply honest, reply;
  reply_to(dns, NULL, 0, &honest);
  for (size_t i = 0; i < sizeof mutations / sizeof mutations[0]; i++) {
    kit_dns_rule rule = {.mutate = mutations[i].mutate, .then_good = 1};
    reply_to(dns, &rule, 0, &reply);
    assert_int_not_equal(honest.data[mutations[i].at], mutations[i].value);
    assert_int_equal(reply.data[mutations[i].at], mutations[i].value);
    assert_int_equal(reply.good_len, honest.len);
    assert_memory_equal(reply.good, honest.data, honest.len);
    kit_dns_reply_free(&reply);
  }
  kit_dns_reply_free(&honest);
  kit_dns_free(dns);
}

static size_t own(void *user, const uint8_t *query, size_t len, uint8_t *dst,
                  size_t cap) {
  assert_ptr_equal(user, dst ? user : NULL);
  assert_true(len <= cap);
  memcpy(dst, query, 4);
  return 4;
}

static void test_overrides(void **state) {
  (void)state;
  kit_dns *dns = loaded();
  kit_dns_reply r;
  reply_to(dns, &(kit_dns_rule){.rcode = 2, .delay = 7}, 0, &r);
  assert_int_equal(r.data[3] & 15, 2);
  assert_int_equal(r.delay, 7);
  kit_dns_reply_free(&r);
  reply_to(dns, &(kit_dns_rule){.drop = 1, .name = "*.example.test"}, 0, &r);
  assert_int_equal(r.len, 0);
  kit_dns_reply_free(&r);
  reply_to(dns, &(kit_dns_rule){.drop = 1, .tcp = 2}, 0, &r);
  assert_true(r.len > 0);
  kit_dns_reply_free(&r);
  reply_to(dns, &(kit_dns_rule){.raw = "\0\0abc", .raw_len = 5}, 0, &r);
  assert_memory_equal(r.data,
                      "\x12\x34"
                      "abc",
                      5);
  kit_dns_reply_free(&r);
  reply_to(dns, &(kit_dns_rule){.answer = own}, 0, &r);
  assert_int_equal(r.len, 4);
  kit_dns_reply_free(&r);
  reply_to(dns, &(kit_dns_rule){.rcode = 2, .last = 1, .type = KIT_DNS_A}, 0, &r);
  assert_int_equal(r.data[3] & 15, 2);
  kit_dns_reply_free(&r);
  ask(dns, "mx1.example.test", KIT_DNS_A, 0, 0, &r);
  assert_int_equal(r.data[3] & 15, 0);
  kit_dns_reply_free(&r);
  reply_to(dns, &(kit_dns_rule){.mutate = KIT_DNS_LONG_TCP | KIT_DNS_WRONG_ADDRESS}, 1,
           &r);
  assert_int_equal(r.frame_extra, 1);
  assert_int_equal(r.wrong_address, 1);
  assert_int_equal(r.wrong_port, 0);
  kit_dns_reply_free(&r);
  kit_dns_free(dns);
}

static void test_bad_input(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int line;
  } bad[] = {{"x.test. A 1.2.3\n", 1},      {"\n; fine\nx.test. MX mx\n", 3},
             {"  A 192.0.2.1\n", 1},        {"x.test. TXT \"open\n", 1},
             {"x..test. A 192.0.2.1\n", 1}, {"x.test. SRV 1 1 1 a.\n", 1},
             {"$INCLUDE x\n", 1},           {"x.test. TYPE52 \\# 2 01\n", 1}};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    kit_dns *dns = kit_dns_new();
    assert_int_equal(kit_dns_zone(dns, bad[i].text), bad[i].line);
    kit_dns_free(dns);
  }
  kit_dns *dns = loaded();
  kit_dns_reply r;
  kit_dns_answer(dns, "\x12\x34\x01\0\0\1\0\0\0\0\0\0\3abc", 16, 0, 0, &r);
  assert_int_equal(r.data[3] & 15, 1);
  kit_dns_reply_free(&r);
  kit_dns_answer(dns, "\x12\x34", 2, 0, 0, &r);
  assert_int_equal(r.len, 0);
  kit_dns_free(dns);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_answers_octet_by_octet),
      cmocka_unit_test(test_chains_and_negatives),
      cmocka_unit_test(test_truncation),
      cmocka_unit_test(test_mutations),
      cmocka_unit_test(test_overrides),
      cmocka_unit_test(test_bad_input),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
