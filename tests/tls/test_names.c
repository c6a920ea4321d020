/* SPDX-License-Identifier: MIT */
/* Reference names against subjectAltName values written by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after what it needs */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "kit/kit_alloc.h"
#include "tls/der.h"
#include "tls/names.h"

typedef struct row {
  const char *name; /* reference */
  int tag;
  const char *entry;
  size_t len;
  int match;
} row;

#define DNS(text) MR__DER_NAME, text, sizeof text - 1
#define IP(octets) MR__DER_IP, octets, sizeof octets - 1
#define OTHER(tag, text) tag, text, sizeof text - 1

static const row ROWS[] = {
    {"mx.example.org", DNS("mx.example.org"), 1},
    {"MX.Example.ORG.", DNS("mx.eXample.org"), 1},
    {"mx.example.org", DNS("mx.example.org."), 0},
    /* bug 44, fault 59: a NUL, and parts of names */
    {"mx.example.org", DNS("mx.example.org\0.evil.example"), 0},
    {"mx.example.org", DNS("mx.example.org\0"), 0},
    {"mx.example.org", DNS("*.example.org\0"), 0},
    {"mx.example.org", DNS("evil-mx.example.org"), 0},
    {"mx.example.org", DNS("x.example.org"), 0},
    {"mx.example.org", DNS("mx.example.org.evil.example"), 0},
    {"mx.example.org", DNS("mx.example.or"), 0},
    {"mx.example.org", DNS("example.org"), 0},
    {"mx.example.org", DNS(""), 0},
    /* fault 59: wildcards, one whole leftmost label and nothing else */
    {"mx.example.org", DNS("*.example.org"), 1},
    {"mx.example.org", DNS("*.EXAMPLE.org"), 1},
    {"a.mx.example.org", DNS("*.example.org"), 0},
    {"example.org", DNS("*.example.org"), 0},
    {"mx.example.org", DNS("m*.example.org"), 0},
    {"mx.example.org", DNS("*x.example.org"), 0},
    {"mx.example.org", DNS("mx.*.org"), 0},
    {"mx.example.org", DNS("*.*.org"), 0},
    {"example.org", DNS("*.org"), 0},
    {"org", DNS("*"), 0},
    {"mx.example.org", DNS("*"), 0},
    {"mx.example.org", DNS("*."), 0},
    {"*.example.org", DNS("*.example.org"), 0}, /* no reference name */
    /* bug 8: addresses match addresses, never names */
    {"192.0.2.1", IP("\xC0\x00\x02\x01"), 1},
    {"[192.0.2.1]", IP("\xC0\x00\x02\x01"), 1},
    {"[192.0.2.1]", IP("\xC0\x00\x02\x02"), 0},
    {"[192.0.2.1]", IP("\xC0\x00\x02\x01\xFF\xFF\xFF\xFF"), 0},
    {"[192.0.2.1]", DNS("192.0.2.1"), 0},
    {"[192.0.2.1]", DNS("[192.0.2.1]"), 0},
    {"192.0.2.1", DNS("*.0.2.1"), 0},
    {"[IPv6:2001:db8::1]", IP("\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\1"), 1},
    {"2001:db8::1", IP("\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\1"), 1},
    {"2001:db8::1", IP("\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\2"), 0},
    {"[192.0.2.1]", IP("\0\0\0\0\0\0\0\0\0\0\xFF\xFF\xC0\x00\x02\x01"), 0},
    {"mx.example.org", IP("mx.example.org"), 0},
    /* bug 37: other kinds of names do not count */
    {"mx.example.org", OTHER(0x81, "mx.example.org"), 0},
    {"mx.example.org", OTHER(0x86, "mx.example.org"), 0},
    {"mx.example.org", OTHER(0x0C, "mx.example.org"), 0},
    /* what is no name matches nothing, least of all nothing */
    {"", DNS(""), 0},
    {"bad name", DNS("bad name"), 0},
    {"-x.example", DNS("-x.example"), 0},
};

static size_t san_of(uint8_t *out, const row *r) {
  out[0] = MR__DER_SEQUENCE;
  out[1] = (uint8_t)(r->len + 2);
  out[2] = (uint8_t)r->tag;
  out[3] = (uint8_t)r->len;
  memcpy(out + 4, r->entry, r->len);
  return r->len + 4;
}

/* 1 if the row's name matches the len octets of san, held in an exact block. */
static int match(const char *text, const uint8_t *san, size_t len) {
  kit_env env;
  mr__name name;
  kit_env_init(&env, 1);
  void *exact = kit_exact(san, len);
  mr__name_set(&name, &env.env, text);
  int rc = mr__names_match(&name, 1, exact, len);
  free(exact);
  assert_int_equal(kit_env_done(&env), 0);
  return rc;
}

static void test_rows(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
    uint8_t san[256];
    if (match(ROWS[i].name, san, san_of(san, &ROWS[i])) != ROWS[i].match)
      fail_msg("row %zu: %s, %s", i, ROWS[i].name, ROWS[i].entry);
  }
}

/* Every cut and every wrong octet of a good value: no overrun, no match by a cut one. */
static void test_broken(void **state) {
  (void)state;
  uint8_t san[256];
  const row good = {"mx.example.org", DNS("mx.example.org"), 1};
  size_t len = san_of(san, &good);
  for (size_t cut = 0; cut < len; cut++)
    assert_false(match(good.name, san, cut));
  for (size_t at = 0; at < len; at++) {
    for (unsigned octet = 0; octet < 256; octet++) {
      uint8_t was = san[at];
      san[at] = (uint8_t)octet;
      int same = mr__lower((int)octet) == was;
      assert_int_equal(match(good.name, san, len), same);
      san[at] = was;
    }
  }
}

static int any_of(const char *const *texts, size_t count) {
  static const uint8_t san[] = {MR__DER_SEQUENCE, 8, MR__DER_NAME, 1,   'x',
                                MR__DER_NAME,     3, 'a',          '.', 'b'};
  kit_env env;
  mr__name names[3];
  kit_env_init(&env, 1);
  for (size_t i = 0; i < count; i++)
    mr__name_set(&names[i], &env.env, texts[i]);
  return mr__names_match(names, count, san, sizeof san);
}

static void test_several(void **state) {
  (void)state;
  const char *const texts[] = {"q", "r.s", "a.b"};
  assert_true(any_of(texts, 3));
  assert_false(any_of(texts, 2));
  assert_false(any_of(texts, 0));
}

typedef struct der_row {
  const char *octets;
  size_t len;
  int good;
  size_t content;
} der_row;

#define DER(text) text, sizeof text - 1

static void test_der(void **state) {
  (void)state;
  static const der_row rows[] = {
      {DER("\x30\x00"), 1, 0},
      {DER("\x30\x02xy"), 1, 2},
      {DER("\x30\x81\x02xy"), 0, 0},
      {DER("\x30\x80xy\0\0"), 0, 0},
      {DER("\x30\x82\x00\x02"), 0, 0},
      {DER("\x30\x84\0\0\0\2xy"), 0, 0},
      {DER("\x30"), 0, 0},
      {DER("\x30\x03xy"), 0, 0},
      {DER("\x1F\x81\x02xy"), 0, 0},
      {DER("\x30\x82\x00"), 0, 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    mr__cur cur = mr__cur_of(rows[i].octets, rows[i].len), content;
    unsigned tag;
    assert_int_equal(mr__der_next(&cur, &tag, &content), rows[i].good);
    assert_int_equal(cur.err != MR_OK, !rows[i].good);
    if (rows[i].good)
      assert_int_equal(mr__cur_left(&content), rows[i].content);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows),
      cmocka_unit_test(test_broken),
      cmocka_unit_test(test_several),
      cmocka_unit_test(test_der),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
