/* SPDX-License-Identifier: MIT */
#include <mailroute/address.h>

#include "text/check.h"

#define L64 "0123456789012345678901234567890123456789012345678901234567890123"

#define Q63 "012345678901234567890123456789 12345678901234567890123456789012"

typedef struct good {
  const char *text;
  unsigned flags;
  int kind;
  const char *wire, *local, *domain;
} good;

static const good goods[] = {
    {"a@b", 0, MR_DOMAIN_NAME, "a@b", "a", "b"},
    {"<joe.doe+x@Example.ORG>", 0, MR_DOMAIN_NAME, "joe.doe+x@example.org", "joe.doe+x",
     "example.org"},
    {"Joe@b", 0, MR_DOMAIN_NAME, "Joe@b", "Joe", "b"},
    /* fault 1: the null path where it is allowed */
    {"", MR_ADDRESS_ALLOW_NULL, MR_DOMAIN_NONE, "", "", ""},
    {"<>", MR_ADDRESS_ALLOW_NULL, MR_DOMAIN_NONE, "", "", ""},
    {"postmaster", MR_ADDRESS_ALLOW_LOCAL, MR_DOMAIN_NONE, "postmaster", "postmaster",
     ""},
    /* fault 4, bug 13: what looks like parameters stays inside the quotes */
    {"\"a@b> ORCPT=x\"@c", 0, MR_DOMAIN_NAME, "\"a@b> ORCPT=x\"@c", "a@b> ORCPT=x", "c"},
    {"\"a> SIZE=1\"@c", 0, MR_DOMAIN_NAME, "\"a> SIZE=1\"@c", "a> SIZE=1", "c"},
    {"\"a\\\"b\\\\c\"@d", 0, MR_DOMAIN_NAME, "\"a\\\"b\\\\c\"@d", "a\"b\\c", "d"},
    /* quotes and backslashes that nothing needs go */
    {"\"joe\"@b", 0, MR_DOMAIN_NAME, "joe@b", "joe", "b"},
    {"\"j\\oe.d\"@b", 0, MR_DOMAIN_NAME, "joe.d@b", "joe.d", "b"},
    {"\"\"@b", 0, MR_DOMAIN_NAME, "\"\"@b", "", "b"},
    {"\"a..b\"@c", 0, MR_DOMAIN_NAME, "\"a..b\"@c", "a..b", "c"},
    {"\".\"@c", 0, MR_DOMAIN_NAME, "\".\"@c", ".", "c"},
    {"\"a \"@c", 0, MR_DOMAIN_NAME, "\"a \"@c", "a ", "c"},
    /* bug 14: an '@' in quotes is none */
    {"\"xclow3n@gmail.com x\"@internal.example", 0, MR_DOMAIN_NAME,
     "\"xclow3n@gmail.com x\"@internal.example", "xclow3n@gmail.com x",
     "internal.example"},
    /* bug 16: it stays data */
    {"-oQ/tmp@example.org", 0, MR_DOMAIN_NAME, "-oQ/tmp@example.org", "-oQ/tmp",
     "example.org"},
    {"|sh@example.org", 0, MR_DOMAIN_NAME, "|sh@example.org", "|sh", "example.org"},
    /* fault 10 */
    {"a@example.org.", 0, MR_DOMAIN_NAME, "a@example.org", "a", "example.org"},
    /* fault 11: never a or b */
    {"<@a,@b:c@d>", 0, MR_DOMAIN_NAME, "c@d", "c", "d"},
    /* R3 */
    {"a@[192.0.2.1]", 0, MR_DOMAIN_IPV4, "a@[192.0.2.1]", "a", "[192.0.2.1]"},
    {"a@[ipv6:2001:DB8:0::1]", 0, MR_DOMAIN_IPV6, "a@[IPv6:2001:db8::1]", "a",
     "[IPv6:2001:db8::1]"},
    /* fault 2: 64 octets are not too many */
    {L64 "@b", 0, MR_DOMAIN_NAME, L64 "@b", L64, "b"},
    {"\"" L64 "\"@b", 0, MR_DOMAIN_NAME, L64 "@b", L64, "b"},
    /* fault 8: an 8-bit local part is kept to the octet */
    {"b\xc3\xbc@c", 0, MR_DOMAIN_NAME, "b\xc3\xbc@c", "b\xc3\xbc", "c"},
    {"\"b\xc3\xbc x\"@c", 0, MR_DOMAIN_NAME, "\"b\xc3\xbc x\"@c", "b\xc3\xbc x", "c"},
#if MR_WITH_IDN
    /* fault 9 */
    {"a@b\xc3\xbc"
     "cher.example",
     0, MR_DOMAIN_NAME, "a@xn--bcher-kva.example", "a", "xn--bcher-kva.example"},
#endif
    /* bug 58 */
    {"a@XN--bcher-KVA.example", 0, MR_DOMAIN_NAME, "a@xn--bcher-kva.example", "a",
     "xn--bcher-kva.example"},
};

static mr_address *parse_exact(const char *text, size_t len, unsigned flags, int *err,
                               size_t *offset) {
  mr_address *address = (mr_address *)(uintptr_t)1;
  char *exact = kit_exact(text, len);
  *err = mr_address_parse(&address, NULL, exact, len, flags, offset);
  free(exact);
  return address;
}

static void check_good(size_t row, const good *g, const char *text) {
  int err;
  mr_address *a = parse_exact(text, strlen(text), g->flags, &err, NULL);
  ROW_EQUAL(row, err, MR_OK);
  ROW_TEXT(row, mr_address_text(a), g->wire);
  ROW_TEXT(row, mr_address_local(a), g->local);
  ROW_TEXT(row, mr_address_domain(a), g->domain);
  ROW_EQUAL(row, mr_address_domain_kind(a), g->kind);
  ROW_EQUAL(row, mr_address_is_null(a), g->wire[0] == 0);
  mr_address_free(a);
}

/* bug 13: parse, write, parse is the identity, with and without brackets. */
static void accepted(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(goods); i++) {
    char wire[300];
    check_good(i, &goods[i], goods[i].text);
    check_good(i, &goods[i], goods[i].wire);
    snprintf(wire, sizeof wire, "<%s>", goods[i].wire);
    check_good(i, &goods[i], wire);
  }
}

typedef struct bad {
  const char *text;
  int err;
  size_t offset;
} bad;

static const bad bads[] = {
    /* fault 1 */
    {"", MR_ERR_ADDR, 0},
    {"<>", MR_ERR_ADDR, 1},
    {"@", MR_ERR_ADDR, 0},
    {"a@", MR_ERR_ADDR, 2},
    {"@b", MR_ERR_ADDR, 0},
    {"a", MR_ERR_ADDR, 1},
    /* fault 3 */
    {"a\r\n@b", MR_ERR_ADDR_CHAR, 1},
    {"\"a\rb\"@c", MR_ERR_ADDR_CHAR, 2},
    {"\"a\\\nb\"@c", MR_ERR_ADDR_CHAR, 3},
    {"a@b\x7f", MR_ERR_ADDR_CHAR, 3},
    {"a\x01@b", MR_ERR_ADDR_CHAR, 1},
    {"a@b\n", MR_ERR_ADDR_CHAR, 3},
    {"\"a\tb\"@c", MR_ERR_ADDR_CHAR, 2},
    /* bug 12: overlong forms of LF and other octets that are no UTF-8; C1 controls */
    {"a\xc0\x8a@b", MR_ERR_ADDR_CHAR, 1},
    {"\"a\xe0\x80\x8a\"@b", MR_ERR_ADDR_CHAR, 2},
    {"a\xed\xa0\x80@b", MR_ERR_ADDR_CHAR, 1},
    {"a\xc2\x85@b", MR_ERR_ADDR_CHAR, 1},
    {"a\xf4\x90\x80\x80@b", MR_ERR_ADDR_CHAR, 1},
    /* fault 5, bug 14 */
    {"a@b@c", MR_ERR_ADDR, 3},
    {"a(c)@b", MR_ERR_ADDR, 1},
    {"a@b(c)", MR_ERR_ADDR, 3},
    {"a@[1.2.3.4", MR_ERR_ADDR, 2},
    {"a@[IPv6:::g]", MR_ERR_ADDR, 2},
    {"a@[1.2.3.4]x", MR_ERR_ADDR, 2},
    {"a@[::1]", MR_ERR_ADDR, 2},
    {"a@[IPv6:1.2.3.4]", MR_ERR_ADDR, 2},
    {"a@[tag:x]", MR_ERR_ADDR, 2},
    {"a@[]", MR_ERR_ADDR, 2},
    {"a@[IPv6:]", MR_ERR_ADDR, 2},
    {"a@b>", MR_ERR_ADDR, 3},
    {"<a@b", MR_ERR_ADDR, 4},
    {"<", MR_ERR_ADDR, 1},
    {"<<a@b>>", MR_ERR_ADDR, 1},
    {"a@b c@d", MR_ERR_ADDR, 3},
    {"a@b,c@d", MR_ERR_ADDR, 3},
    {" a@b", MR_ERR_ADDR, 0},
    {"\"a@b", MR_ERR_ADDR, 4},
    {"\"a\"b@c", MR_ERR_ADDR, 3},
    {"a\"b\"@c", MR_ERR_ADDR, 1},
    {"\"a\\", MR_ERR_ADDR, 3},
    {"\"a\\\xc3\xbc\"@b", MR_ERR_ADDR, 3},
    {"a b@c", MR_ERR_ADDR, 1},
    {".a@b", MR_ERR_ADDR, 0},
    {"a.@b", MR_ERR_ADDR, 2},
    {"a..b@c", MR_ERR_ADDR, 2},
    /* fault 11 */
    {"@a,@b:c@d", MR_ERR_ADDR, 0},
    {"<@a,@b:>", MR_ERR_ADDR, 7},
    {"<@a c@d>", MR_ERR_ADDR, 3},
    {"<@:c@d>", MR_ERR_ADDR, 2},
    {"<@a>", MR_ERR_ADDR, 3},
    {"<@a,b:c@d>", MR_ERR_ADDR, 4},
    /* fault 2 */
    {L64 "x@b", MR_ERR_ADDR_LONG, 64},
    {"\"" L64 "x\"@b", MR_ERR_ADDR_LONG, 65},
    /* the quotes that the wire needs count */
    {"\"" Q63 "\"@b", MR_ERR_ADDR_LONG, 65},
    /* fault 10, R4 */
    {"a@b..c", MR_ERR_ADDR_DOMAIN, 4},
    {"a@.b", MR_ERR_ADDR_DOMAIN, 2},
    {"a@b..", MR_ERR_ADDR_DOMAIN, 4},
    {"a@-b", MR_ERR_ADDR_DOMAIN, 2},
    {"a@b!c", MR_ERR_ADDR_DOMAIN, 3},
    {"a@" L64 ".org", MR_ERR_ADDR_DOMAIN, 65},
    /* bug 33 */
    {"a@b\\.", MR_ERR_ADDR, 3},
#if MR_WITH_IDN
    {"a@\xe2\x98\x83.net", MR_ERR_ADDR_DOMAIN, 2},
#else
    {"a@b\xc3\xbc"
     "cher.example",
     MR_ERR_NOTSUP, 2},
#endif
};

static void refused(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(bads); i++) {
    size_t offset = 999;
    int err;
    mr_address *a = parse_exact(bads[i].text, strlen(bads[i].text), 0, &err, &offset);
    ROW_EQUAL(i, err, bads[i].err);
    ROW_EQUAL(i, offset, bads[i].offset);
    assert_null(a);
  }
}

/* fault 3: each control octet at each place, NUL among them. */
static void controls(void **state) {
  (void)state;
  for (int octet = 0; octet < 0x21; octet = octet == 0x1F ? 0x7F : octet + 1) {
    if (octet > 0x7F)
      break;
    for (size_t at = 0; at < 9; at++) {
      char text[] = "\"a b\"@c.d";
      size_t offset = 0;
      int err;
      text[at] = (char)octet;
      parse_exact(text, 9, 0, &err, &offset);
      ROW_EQUAL(octet, err, MR_ERR_ADDR_CHAR);
      ROW_EQUAL(octet, offset, at);
    }
    if (octet == 0x7F)
      break;
  }
}

/* fault 2: octets of local part and domain at the limits of the path. */
static void path_length(void **state) {
  (void)state;
  for (size_t local = 60; local <= 66; local++) {
    for (size_t domain = 180; domain <= 260; domain++) {
      char text[400];
      size_t offset;
      int err;
      memset(text, 'a', sizeof text);
      text[local] = '@';
      for (size_t dot = 50; dot + 2 < domain; dot += 51)
        text[local + 1 + dot] = '.';
      mr_address *a = parse_exact(text, local + 1 + domain, 0, &err, &offset);
      int wanted = local > 64 || domain > 255 || local + 1 + domain > 254
                       ? MR_ERR_ADDR_LONG
                       : MR_OK;
      if (wanted != MR_OK && local <= 64 && (domain == 254 || domain == 255))
        wanted = MR_ERR_ADDR_DOMAIN;
      ROW_EQUAL(domain * 1000 + local, err, wanted);
      mr_address_free(a);
    }
  }
}

/* bug 15: a mebibyte of anything is refused in no time. */
static void huge(void **state) {
  (void)state;
  static const char *const units[] = {"(", "<", ":;", "[a", "\"",
                                      "@", "a", "\\", ".",  "<@a,"};
  enum { MIB = 1 << 20 };
  char *text = malloc(MIB);
  double start = cpu_ms();
  for (size_t i = 0; i < COUNT(units); i++) {
    size_t unit = strlen(units[i]);
    mr_address *a;
    for (size_t at = 0; at < MIB; at++)
      text[at] = units[i][at % unit];
    ROW_EQUAL(i, mr_address_parse(&a, NULL, text, MIB, 0, NULL), MR_ERR_ADDR_LONG);
  }
  assert_true(cpu_ms() - start < CPU_BOUND_MS);
  free(text);
}

/* fault 8: what only SMTPUTF8 can carry. */
static void needs_utf8(void **state) {
  (void)state;
  int err;
  mr_address *a = parse_exact("b\xc3\xbc@c", 5, 0, &err, NULL);
  mr_address *b = parse_exact("b@c", 3, 0, &err, NULL);
  assert_true(mr_address_needs_utf8(a));
  assert_false(mr_address_needs_utf8(b));
  assert_false(mr_address_equal(a, b));
  mr_address_free(a);
  mr_address_free(b);
}

/* fault 12: one recipient, or two. */
static void equal(void **state) {
  (void)state;
  static const struct {
    const char *a, *b;
    int equal;
  } rows[] = {
      {"a@Example.org", "a@eXAMPLE.ORG", 1},
      {"a@b", "A@b", 0},
      {"\"a\"@b", "<a@b>", 1},
      {"a@b.", "a@b", 1},
      {"a@b", "a@c", 0},
      {"", "<>", 1},
      {"", "a@b", 0},
      {"a@[IPv6:::1]", "a@[ipv6:0::1]", 1},
      {"a", "a@b", 0},
  };
  unsigned flags = MR_ADDRESS_ALLOW_NULL | MR_ADDRESS_ALLOW_LOCAL;
  for (size_t i = 0; i < COUNT(rows); i++) {
    int err;
    mr_address *a = parse_exact(rows[i].a, strlen(rows[i].a), flags, &err, NULL);
    mr_address *b = parse_exact(rows[i].b, strlen(rows[i].b), flags, &err, NULL);
    ROW_EQUAL(i, mr_address_equal(a, b), rows[i].equal);
    ROW_EQUAL(i, mr_address_equal(b, a), rows[i].equal);
    mr_address_free(a);
    mr_address_free(b);
  }
}

/* fault 100 */
static void misuse(void **state) {
  (void)state;
  mr_address *a;
  assert_int_equal(mr_address_parse(NULL, NULL, "a@b", 3, 0, NULL), MR_ERR_MISUSE);
  assert_int_equal(mr_address_parse(&a, NULL, NULL, 3, 0, NULL), MR_ERR_MISUSE);
  assert_null(a);
  assert_int_equal(mr_address_parse(&a, NULL, NULL, 0, 0, NULL), MR_ERR_ADDR);
  assert_string_equal(mr_address_text(NULL), "");
  assert_int_equal(mr_address_domain_kind(NULL), MR_DOMAIN_NONE);
  assert_false(mr_address_is_null(NULL));
  assert_false(mr_address_equal(NULL, NULL));
  mr_address_free(NULL);
}

static int parse_all(kit_env *env, void *arg) {
  int bad_result = 0;
  (void)arg;
  for (size_t i = 0; i < COUNT(goods); i++) {
    mr_address *a;
    const char *text = goods[i].text;
    int err = mr_address_parse(&a, &env->env, text, strlen(text), goods[i].flags, NULL);
    bad_result |= err != MR_OK && !(err == MR_ERR_NOMEM && env->failed > 0 && a == NULL);
    mr_address_free(a);
  }
  return bad_result;
}

/* fault 98 */
static void no_memory(void **state) {
  (void)state;
  assert_int_equal(kit_torture(parse_all, NULL, 0), COUNT(goods));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(accepted),  cmocka_unit_test(refused),
      cmocka_unit_test(controls),  cmocka_unit_test(path_length),
      cmocka_unit_test(huge),      cmocka_unit_test(needs_utf8),
      cmocka_unit_test(equal),     cmocka_unit_test(misuse),
      cmocka_unit_test(no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
