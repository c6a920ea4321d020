/* SPDX-License-Identifier: MIT */
/* Our own walk before the library sees anything, and what comes out of both. */
#include "dns/prescan.h"

#include <time.h>

#include "dns/codec.h"
#include "dns/lab.h"

static mr_env env; /* the library's defaults */

static packet pk;

/* Scans an exact heap copy, so that a read past the end is seen. */
static int scan(mr__dns_scan *s, const packet *p, int type) {
  uint8_t *exact = kit_exact(p->data, p->len);
  mr__dns_scan_init(s, &env);
  int err = mr__dns_prescan(s, exact, p->len, type);
  free(exact);
  return err;
}

static int scan_only(const packet *p, int type) {
  mr__dns_scan s;
  int err = scan(&s, p, type);
  mr__dns_scan_free(&s);
  return err;
}

static void start(packet *p, unsigned type) {
  packet_start(p, 1, 0x8180, 1);
  packet_question(p, "example.org", type, C_IN);
}

/* How many records come out, and how many are counted as broken; one packet, one record.
 */
static void one_record(unsigned type, const void *rdata, size_t len, unsigned good,
                       unsigned broken) {
  mr__dns_scan s;
  mr__dns_reply reply = {NULL, 0, 0};
  mr__dname owner;
  start(&pk, type);
  packet_rr(&pk, IN_ANSWER, "example.org", type, 60, rdata, len);
  assert_int_equal(scan(&s, &pk, (int)type), MR_OK);
  assert_int_equal(s.answers, good);
  mr__dname_from_text(&owner, "example.org", 11);
  assert_int_equal(mr__dns_scan_broken(&s, &owner, (int)type), broken);
  assert_int_equal(mr__dns_decode(&reply, &s), MR_OK);
  assert_int_equal(reply.answers, good);
  mr__dns_reply_free(&reply);
  mr__dns_scan_free(&s);
}

/* bug 24, bug 25, fault 28: RDATA of every length 0 to 40 for every type we read. */
static void test_rdata_lengths_bug_24_bug_25_fault_28(void **state) {
  static const struct {
    unsigned type;
    const char *rdata;
    size_t whole; /* the one length that is right */
  } rows[] = {
      {T_A, "\xc6\x33\x64\x07", 4},
      {T_AAAA, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16},
      {T_MX, "\0\012\2mx\7example\0", 14},
      {T_CNAME, "\1a\7example\0", 11},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (size_t len = 0; len <= 40; len++) {
      uint8_t rdata[40] = {0};
      memcpy(rdata, rows[i].rdata, len < rows[i].whole ? len : rows[i].whole);
      unsigned good = len == rows[i].whole;
      one_record(rows[i].type, rdata, len, good, !good);
    }
}

/* fault 28: a name in RDATA that ends before or behind the RDATA's end. */
static void test_mx_name_fault_28(void **state) {
  static const struct {
    const char *rdata;
    size_t len;
    unsigned good;
  } rows[] = {
      {"\0\0\0", 3, 1},             /* the root: null MX */
      {"\0\0\xc0\x0c", 4, 1},       /* pointer to the question */
      {"\0\0\2mx\xc0\x0c", 7, 1},   /* and labels before it */
      {"\0\0\2mx\xc0\x0c\0", 8, 0}, /* an octet too many */
      {"\0\0\2mx", 5, 0},           /* the name runs out of the RDATA */
      {"\0\0\xc0", 3, 0},           /* half a pointer */
      {"\0\0\xc0\xff", 4, 0},       /* forward */
      {"\0\0\x41", 3, 0},           /* no such label type */
      {"\0\0\xc0\x00", 4, 0},       /* into the header */
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    one_record(T_MX, rows[i].rdata, rows[i].len, rows[i].good, !rows[i].good);
}

/* fault 34, bug 62: counts that the packet cannot hold, and too many records. */
static void test_counts_fault_34_bug_62(void **state) {
  (void)state;
  for (int section = 0; section < 3; section++) {
    start(&pk, T_MX);
    pk.data[6 + 2 * section] = pk.data[7 + 2 * section] = 0xff;
    assert_int_equal(scan_only(&pk, T_MX), MR_ERR_PROTO);
    start(&pk, T_MX);
    pk.data[7 + 2 * section] = 1;
    assert_int_equal(scan_only(&pk, T_MX), MR_ERR_PROTO);
  }
  start(&pk, T_A);
  for (unsigned i = 0; i < 512; i++)
    packet_a(&pk, "example.org", 1, i);
  assert_int_equal(scan_only(&pk, T_A), MR_OK);
  packet_a(&pk, "example.org", 1, 1);
  assert_int_equal(scan_only(&pk, T_A), MR_ERR_LIMIT);
}

/* fault 34: every way to cut a packet short, and an octet behind it. */
static void test_cuts_fault_34(void **state) {
  (void)state;
  start(&pk, T_MX);
  packet_mx(&pk, "example.org", 300, 10, "mx.example.org");
  packet_soa(&pk, "example.org", 300, 60);
  packet_rr(&pk, IN_ADDITIONAL, "", T_OPT, 0, NULL, 0);
  size_t whole = pk.len;
  for (pk.len = 0; pk.len < whole; pk.len++)
    assert_int_equal(scan_only(&pk, T_MX), MR_ERR_PROTO);
  assert_int_equal(scan_only(&pk, T_MX), MR_OK);
  pk.len++;
  assert_int_equal(scan_only(&pk, T_MX), MR_OK);
}

static void test_questions(void **state) {
  (void)state;
  packet_start(&pk, 1, 0x8180, 0);
  assert_int_equal(scan_only(&pk, T_MX), MR_ERR_PROTO);
  packet_start(&pk, 1, 0x8180, 2);
  packet_question(&pk, "a", T_MX, C_IN);
  packet_question(&pk, "b", T_MX, C_IN);
  assert_int_equal(scan_only(&pk, T_MX), MR_ERR_PROTO);
}

/* What is written for the library holds nothing but what was asked for. */
static void test_clean_packet(void **state) {
  mr__dns_scan s;
  (void)state;
  start(&pk, T_MX);
  packet_rr(&pk, IN_ANSWER, "example.org", T_TXT, 1, "\5hello", 6);
  packet_mx(&pk, "example.org", 300, 10, "MX.Example.ORG");
  packet_rr(&pk, IN_ANSWER, "example.org", 46, 1, "\0", 1);
  packet_named(&pk, IN_AUTHORITY, "example.org", T_NS, 1, -1, "ns.example.org");
  packet_rr(&pk, IN_ADDITIONAL, "", T_OPT, 0, NULL, 0); /* bug 31: OPT without RDATA */
  packet_rr(&pk, IN_ADDITIONAL, "ns.example.org", T_A, 1, "\1\2\3\4", 4);
  assert_int_equal(scan(&s, &pk, T_MX), MR_OK);
  assert_int_equal(s.answers, 1);
  assert_int_equal(s.soas, 0);
  assert_int_equal(s.nameservers, 1);
  assert_int_equal(s.clean.len, 12 + 13 + 10 + 2 + 16);
  assert_memory_equal(s.clean.data + 4, "\0\0\0\1\0\0\0\0", 8);
  assert_memory_equal(s.clean.data + 37, "\2mx\7example\3org", 16);
  mr__dns_scan_free(&s);
}

static void test_soa(void **state) {
  mr__dns_scan s;
  mr__dns_reply reply;
  mr__dns_rr rr;
  (void)state;
  start(&pk, T_MX);
  packet_rr(&pk, IN_AUTHORITY, "org", T_SOA, 9, "\0\0short", 7);
  packet_soa(&pk, "example.org", 3600, 0x01020304);
  packet_soa(&pk, "org", 1, 1);
  assert_int_equal(scan(&s, &pk, T_MX), MR_OK);
  assert_int_equal(s.soas, 1);
  assert_int_equal(mr__dns_decode(&reply, &s), MR_OK);
  mr__dns_reply_get(&reply, 0, &rr);
  assert_int_equal(rr.type, T_SOA);
  assert_int_equal(rr.ttl, 3600);
  assert_int_equal(rr.minimum, 0x01020304);
  assert_int_equal(rr.owner_len, 13);
  mr__dns_reply_free(&reply);
  mr__dns_scan_free(&s);
}

/* Names of 255 octets pass through the library. */
static void test_longest_names_bug_33(void **state) {
  uint8_t rdata[300] = {0, 7};
  (void)state;
  for (size_t i = 0; i < 127; i++) {
    rdata[2 + 2 * i] = 1;
    rdata[3 + 2 * i] = (uint8_t)('a' + i % 26);
  }
  one_record(T_MX, rdata, 2 + 255, 1, 0);
  rdata[2 + 254] = 1;
  one_record(T_MX, rdata, 2 + 257, 0, 1);
}

/* What the library drops in silence under memory pressure is seen as lack of memory. */
static void test_missing_records_are_no_memory(void **state) {
  mr__dns_scan s;
  mr__dns_reply reply;
  (void)state;
  start(&pk, T_MX);
  packet_mx(&pk, "example.org", 300, 10, "mx.example.org");
  assert_int_equal(scan(&s, &pk, T_MX), MR_OK);
  s.answers = 2;
  assert_int_equal(mr__dns_decode(&reply, &s), MR_ERR_NOMEM);
  assert_null(reply.packet);
  s.answers = 1;
  s.soas = 1;
  assert_int_equal(mr__dns_decode(&reply, &s), MR_ERR_NOMEM);
  s.soas = 0;
  s.clean.len--;
  assert_int_equal(mr__dns_decode(&reply, &s), MR_ERR_NOMEM);
  mr__dns_scan_free(&s);
}

static double seconds_of_scan(int *err) {
  clock_t begin = clock();
  for (int i = 0; i < 10; i++)
    *err = scan_only(&pk, T_MX);
  return (double)(clock() - begin) / CLOCKS_PER_SEC / 10;
}

/* Pointers back to back, each to the one before: 64 KiB of them behind one record. */
static void chain_packet(unsigned records) {
  start(&pk, T_MX);
  packet_count(&pk, IN_ADDITIONAL);
  packet_name(&pk, "x");
  packet_u16(&pk, T_TXT);
  packet_u16(&pk, C_IN);
  packet_u32(&pk, 0);
  size_t at = pk.len + 2, length = 65535 - 14 * records - at;
  packet_u16(&pk, (unsigned)length);
  packet_u8(&pk, 0);
  for (size_t i = 1; i + 1 < length && at + i < 0x4000; i += 2) {
    size_t to = i == 1 ? at : at + i - 2;
    packet_u8(&pk, 0xc0 | (unsigned)(to >> 8));
    packet_u8(&pk, to & 0xff);
  }
  size_t last = at + 1 + 2 * 125; /* and the pointer to it: 127 hops */
  pk.len = at + length;
  for (unsigned i = 0; i < records; i++) {
    packet_count(&pk, IN_ADDITIONAL);
    packet_u8(&pk, 0xc0 | (unsigned)(last >> 8));
    packet_u8(&pk, last & 0xff);
    packet_u16(&pk, T_MX);
    packet_u16(&pk, C_IN);
    packet_u32(&pk, 0);
    packet_u16(&pk, 2);
    packet_u16(&pk, 0xc000);
  }
}

/* bug 35, fault 34: the worst pointer chain costs bounded work (5 ms without sanitizers;
 * the bound here leaves room for these and for a busy machine). */
static void test_pointer_chain_bug_35_fault_34(void **state) {
  int err;
  (void)state;
  chain_packet(100);
  assert_true(pk.len > 65000);
  assert_true(seconds_of_scan(&err) < 0.05);
  assert_int_equal(err, MR_OK);
  chain_packet(500); /* 500 names of 127 hops are more than a packet may cost */
  assert_true(seconds_of_scan(&err) < 0.05);
  assert_int_equal(err, MR_ERR_LIMIT);
}

/* fault 34: a TXT of 64 KiB of empty strings is stepped over. */
static void test_empty_strings_fault_34(void **state) {
  static uint8_t zeros[65000];
  int err;
  mr__dns_scan s;
  (void)state;
  start(&pk, T_MX);
  packet_rr(&pk, IN_ANSWER, "example.org", T_TXT, 1, zeros, sizeof zeros);
  assert_int_equal(scan(&s, &pk, T_MX), MR_OK);
  assert_int_equal(s.clean.len, 12);
  mr__dns_scan_free(&s);
  assert_true(seconds_of_scan(&err) < 0.05);
}

/* bug 31: whatever is left of a packet after random damage, the library agrees with us.
 */
static void test_damage_bug_31(void **state) {
  kit_rng rng;
  unsigned whole = 0, refused = 0;
  (void)state;
  kit_rng_init(&rng, 31);
  for (int i = 0; i < 20000; i++) {
    mr__dns_scan s;
    mr__dns_reply reply = {NULL, 0, 0};
    start(&pk, T_MX);
    packet_mx(&pk, "example.org", 300, 10, "mx.example.org");
    packet_cname(&pk, "a.example.org", 300, "b.example.org");
    packet_soa(&pk, "example.org", 300, 60);
    for (uint64_t n = 1 + kit_rng_below(&rng, 4); n > 0; n--)
      pk.data[6 + kit_rng_below(&rng, pk.len - 6)] = (uint8_t)kit_rng_next(&rng);
    if (scan(&s, &pk, T_MX) != MR_OK) {
      refused++;
    } else {
      assert_int_equal(mr__dns_decode(&reply, &s), MR_OK);
      whole++;
    }
    mr__dns_reply_free(&reply);
    mr__dns_scan_free(&s);
  }
  assert_true(whole > 1000 && refused > 1000);
}

static void test_encode(void **state) {
  uint8_t wire[MR__DNS_QUERY_MAX];
  size_t len;
  mr__dname name;
  (void)state;
  mr__dname_from_text(&name, "Example.ORG", 11);
  assert_int_equal(mr__dns_encode(wire, &len, &name, T_MX), MR_OK);
  packet_start(&pk, 0, 0x0100, 1);
  packet_question(&pk, "example.org", T_MX, C_IN);
  assert_int_equal(len, pk.len);
  assert_memory_equal(wire, pk.data, len);
}

static int setup(void **state) {
  (void)state;
  static mr_env none;
  none.size = sizeof none;
  mr__env_copy(&env, &none);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rdata_lengths_bug_24_bug_25_fault_28),
      cmocka_unit_test(test_mx_name_fault_28),
      cmocka_unit_test(test_counts_fault_34_bug_62),
      cmocka_unit_test(test_cuts_fault_34),
      cmocka_unit_test(test_questions),
      cmocka_unit_test(test_clean_packet),
      cmocka_unit_test(test_soa),
      cmocka_unit_test(test_longest_names_bug_33),
      cmocka_unit_test(test_missing_records_are_no_memory),
      cmocka_unit_test(test_pointer_chain_bug_35_fault_34),
      cmocka_unit_test(test_empty_strings_fault_34),
      cmocka_unit_test(test_damage_bug_31),
      cmocka_unit_test(test_encode),
  };
  return cmocka_run_group_tests(tests, setup, NULL);
}
