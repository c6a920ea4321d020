/* SPDX-License-Identifier: MIT */
#include "text/domain.h"

#include "text/check.h"

#define L31 "abcdefghijklmnopqrstuvwxyz01234"
#define L63 L31 "x" L31
#define L189 L63 "." L63 "." L63

/* R4, fault 10, bug 33: what DNS cannot have. offset -1 = fine. */
static const struct {
  const char *text;
  int err;
  size_t offset;
} checks[] = {
    {"example.org", MR_OK, 0},
    {"EXAMPLE.org", MR_OK, 0},
    {"a", MR_OK, 0},
    {"_dmarc.example.org", MR_OK, 0},
    {"1.2.3.4", MR_OK, 0},
    {"xn--bcher-kva.example", MR_OK, 0},
    {L63 ".org", MR_OK, 0},
    {L63 "x.org", MR_ERR_ADDR_DOMAIN, 63},
    {L189 "." L31 L31 "x", MR_ERR_ADDR_DOMAIN, 253},
    {L189 "." L31 "x" L31, MR_ERR_ADDR_DOMAIN, 253},
    {L189 "." L31 "x"
          "abcdefghijklmnopqrstuvwxyz012",
     MR_OK, 0},
    {"", MR_ERR_ADDR_DOMAIN, 0},
    {".", MR_ERR_ADDR_DOMAIN, 0},
    {"example.org.", MR_ERR_ADDR_DOMAIN, 12},
    {"a..b", MR_ERR_ADDR_DOMAIN, 2},
    {".a", MR_ERR_ADDR_DOMAIN, 0},
    {"-a.b", MR_ERR_ADDR_DOMAIN, 0},
    {"a-.b", MR_ERR_ADDR_DOMAIN, 1},
    {"a b", MR_ERR_ADDR_DOMAIN, 1},
    {"a\\.", MR_ERR_ADDR_DOMAIN, 1},
    {"a@b", MR_ERR_ADDR_DOMAIN, 1},
    {"a\r\nb", MR_ERR_ADDR_CHAR, 1},
    {"a\x7f", MR_ERR_ADDR_CHAR, 1},
    {"b\xc3\xbc"
     "cher",
     MR_ERR_ADDR_DOMAIN, 1},
};

static void check(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(checks); i++) {
    size_t len = strlen(checks[i].text);
    size_t offset = 0;
    char *exact = kit_exact(checks[i].text, len);
    ROW_EQUAL(i, mr__domain_check(exact, len, &offset), checks[i].err);
    ROW_EQUAL(i, offset, checks[i].offset);
    ROW_EQUAL(i, mr__domain_check(exact, len, NULL), checks[i].err);
    free(exact);
  }
  assert_int_equal(mr__domain_check("a\0b", 3, NULL), MR_ERR_ADDR_CHAR);
}

/* fault 10: a name may have 253 octets, not one more, in labels of 63. */
static void longest(void **state) {
  (void)state;
  char text[256];
  for (size_t len = 250; len <= 255; len++) {
    memset(text, 'a', sizeof text);
    for (size_t dot = 63; dot < len; dot += 64)
      text[dot] = '.';
    if (text[len - 1] == '.')
      text[len - 1] = 'a';
    char dst[MR__DOMAIN_TEXT];
    int wanted = len <= 253 ? MR_OK : MR_ERR_ADDR_DOMAIN;
    ROW_EQUAL(len, mr__domain_check(text, len, NULL), wanted);
    ROW_EQUAL(len, mr__domain_ascii(NULL, text, len, dst, NULL), wanted);
  }
}

typedef struct conversion {
  const char *text;
  int err;
  const char *ascii;
} conversion;

/* R2, R4, fault 9, fault 10, bug 58: ASCII passes but for case and one trailing dot. */
static const conversion plain[] = {
    {"Example.ORG", MR_OK, "example.org"},
    {"example.org.", MR_OK, "example.org"},
    {"example.org..", MR_ERR_ADDR_DOMAIN, ""},
    {".", MR_ERR_ADDR_DOMAIN, ""},
    {"", MR_ERR_ADDR_DOMAIN, ""},
    {"XN--BCHER-KVA.example", MR_OK, "xn--bcher-kva.example"},
    {"xn--broken-punycode-999999999", MR_OK, "xn--broken-punycode-999999999"},
    {"xn--a.xn--xn--a", MR_OK, "xn--a.xn--xn--a"},
    {"a\tb", MR_ERR_ADDR_CHAR, ""},
    {"a\xc0\x8a"
     "b",
     MR_ERR_ADDR_CHAR, ""},
    {"a\xc2\x85"
     "b",
     MR_ERR_ADDR_CHAR, ""},
    {"a\xff", MR_ERR_ADDR_CHAR, ""},
};

/* R2, fault 9: each label that is not ASCII once to its A-label, the others untouched. */
static const conversion idn[] = {
    {"b\xc3\xbc"
     "cher.example",
     MR_OK, "xn--bcher-kva.example"},
    {"B\xc3\x9c"
     "CHER.example",
     MR_OK, "xn--bcher-kva.example"},
    {"bu\xcc\x88"
     "cher.example",
     MR_OK, "xn--bcher-kva.example"},
    {"fa\xc3\x9f.example", MR_OK, "xn--fa-hia.example"},
    {"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e.jp", MR_OK, "xn--wgv71a119e.jp"},
    {"b\xc3\xbc"
     "cher.xn--broken-999999999",
     MR_OK, "xn--bcher-kva.xn--broken-999999999"},
    {"_dmarc.b\xc3\xbc"
     "cher.example",
     MR_OK, "_dmarc.xn--bcher-kva.example"},
    {"\xe2\x98\x83.net", MR_ERR_ADDR_DOMAIN, ""},
    {"\xc2\xad.example", MR_ERR_ADDR_DOMAIN, ""},
    {"\xe2\x84\x80.example", MR_ERR_ADDR_DOMAIN, ""},
    {"a\xef\xbc\xa0.example", MR_ERR_ADDR_DOMAIN, ""},
    {"-\xc3\xbc.example", MR_ERR_ADDR_DOMAIN, ""},
};

static void convert(const conversion *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    char dst[MR__DOMAIN_TEXT];
    size_t len = strlen(rows[i].text);
    size_t offset = 0;
    char *exact = kit_exact(rows[i].text, len);
    ROW_EQUAL(i, mr__domain_ascii(NULL, exact, len, dst, &offset), rows[i].err);
    ROW_TEXT(i, dst, rows[i].ascii);
    assert_true(offset <= len);
    free(exact);
  }
}

static void ascii(void **state) {
  (void)state;
  convert(plain, COUNT(plain));
}

static void u_labels(void **state) {
  (void)state;
  char dst[MR__DOMAIN_TEXT];
#if MR_WITH_IDN
  convert(idn, COUNT(idn));
  (void)dst;
#else
  for (size_t i = 0; i < COUNT(idn); i++)
    ROW_EQUAL(i, mr__domain_ascii(NULL, idn[i].text, strlen(idn[i].text), dst, NULL),
              MR_ERR_NOTSUP);
#endif
}

/* A label too long for any A-label, and a name of many of them, end in an error. */
static void overlong_labels(void **state) {
  (void)state;
  char text[2000];
  char dst[MR__DOMAIN_TEXT];
  for (size_t i = 0; i + 1 < sizeof text; i += 2)
    memcpy(text + i, "\xc3\xbc", 2);
  for (size_t len = 126; len <= sizeof text; len += 2) {
    int err = mr__domain_ascii(NULL, text, len, dst, NULL);
    assert_true(err == MR_ERR_ADDR_DOMAIN || (!MR_WITH_IDN && err == MR_ERR_NOTSUP));
    assert_string_equal(dst, "");
  }
}

/* fault 12: the same domain in another case, or with its dot. */
static void equal(void **state) {
  (void)state;
  assert_true(mr__domain_equal("Example.org", "eXample.ORG."));
  assert_true(mr__domain_equal("", ""));
  assert_false(mr__domain_equal("example.org", "example.org.."));
  assert_false(mr__domain_equal("example.org", "example.or"));
  assert_false(mr__domain_equal("a", "b"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(check),           cmocka_unit_test(longest),
      cmocka_unit_test(ascii),           cmocka_unit_test(u_labels),
      cmocka_unit_test(overlong_labels), cmocka_unit_test(equal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
