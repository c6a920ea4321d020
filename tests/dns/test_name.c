/* SPDX-License-Identifier: MIT */
/* Names on the wire: bug 33, bug 35, fault 33, fault 34, and the checks of bug 62. */
#include "dns/name.h"

#include "base/buf.h"
#include "dns/lab.h"
#include "text/domain.h"

static char *repeat(const char *part, size_t n) {
  size_t len = strlen(part);
  char *text = calloc(n * len + 1, 1);
  for (size_t i = 0; i < n; i++)
    memcpy(text + i * len, part, len);
  return text;
}

/* bug 33: what is no name, with the escaped dot at its end. */
static void test_text_bug_33(void **state) {
  static const struct {
    const char *text, *back; /* NULL = refused */
  } rows[] = {
      {"example.org", "example.org"},
      {"EXAMPLE.Org.", "example.org"},
      {".", "."},
      {"_25._tcp.mx", "_25._tcp.mx"},
      {"-a-.b", "-a-.b"},
      {"a", "a"},
      {"", NULL},
      {"..", NULL},
      {"a..b", NULL},
      {".a", NULL},
      {"a\\.", NULL},
      {"a\\", NULL},
      {"a b", NULL},
      {"a@b", NULL},
      {"a/b", NULL},
      {"b\xc3\xbc.de", NULL},
      {"a\n", NULL},
      {"a.b..", NULL},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    mr__dname name;
    char text[MR__DNAME_TEXT];
    char *exact = kit_exact(rows[i].text, strlen(rows[i].text));
    int err = mr__dname_from_text(&name, exact, strlen(rows[i].text));
    free(exact);
    assert_int_equal(err, rows[i].back ? MR_OK : MR_ERR_ADDR_DOMAIN);
    if (err)
      continue;
    assert_int_equal(mr__dname_text(name.octets, name.len, text), strlen(rows[i].back));
    assert_string_equal(text, rows[i].back);
  }
}

/* bug 33: 63 and 64 octets in a label, 255 and 256 in a name. */
static void test_text_lengths_bug_33(void **state) {
  mr__dname name;
  char *labels[] = {repeat("a", 63), repeat("a", 64), repeat("a.", 127),
                    repeat("a.", 128)};
  const int expected[] = {MR_OK, MR_ERR_ADDR_DOMAIN, MR_OK, MR_ERR_ADDR_DOMAIN};
  (void)state;
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(mr__dname_from_text(&name, labels[i], strlen(labels[i])),
                     expected[i]);
    free(labels[i]);
  }
  char *long_name = repeat("a.", 126);
  long_name = realloc(long_name, 300);
  strcat(long_name, "bb");
  assert_int_equal(mr__dname_from_text(&name, long_name, 254), MR_ERR_ADDR_DOMAIN);
  assert_int_equal(mr__dname_from_text(&name, long_name, 253), MR_OK);
  assert_int_equal(name.len, 255);
  free(long_name);
}

typedef struct wire_row {
  const char *what, *data;
  size_t len, at;
  int err;
  const char *text;
  size_t behind;
} wire_row;

#define WIRE(s) (s), sizeof(s) - 1

/* Offsets count from the start of the packet: 12 octets of header come first. */
static const wire_row wire_rows[] = {
    {"plain", WIRE("\3foo\3ORG\0x"), 0, MR_OK, "foo.org", 9},
    {"root", WIRE("\0"), 0, MR_OK, ".", 1},
    {"pointer", WIRE("\3org\0\1a\xc0\x0c"), 5, MR_OK, "a.org", 9},
    {"pointer to pointer", WIRE("\3org\0\1a\xc0\x0c\1b\xc0\x11"), 9, MR_OK, "b.a.org",
     13},
    {"pointer into a label run", WIRE("\1x\3org\0\xc0\x0e"), 7, MR_OK, "org", 9},
    {"NUL in a label", WIRE("\3a\0b\0"), 0, MR_OK, "a\\000b", 5},
    {"dot in a label", WIRE("\3a.b\0"), 0, MR_OK, "a\\046b", 5},
    {"at in a label", WIRE("\3a@b\2\xff\\\0"), 0, MR_OK, "a\\064b.\\255\\092", 8},
    {"to itself", WIRE("\xc0\x0c"), 0, MR_ERR_PROTO, NULL, 0},
    {"to its own run", WIRE("\1a\xc0\x0c"), 0, MR_ERR_PROTO, NULL, 0},
    {"forward", WIRE("\xc0\x0e\0"), 0, MR_ERR_PROTO, NULL, 0},
    {"loop of two", WIRE("\xc0\x0e\xc0\x0c"), 2, MR_ERR_PROTO, NULL, 0},
    {"into the header", WIRE("\xc0\x04"), 0, MR_ERR_PROTO, NULL, 0},
    {"behind the end", WIRE("\xff\xff"), 0, MR_ERR_PROTO, NULL, 0},
    {"half a pointer", WIRE("\xc0"), 0, MR_ERR_PROTO, NULL, 0},
    {"label type 01", WIRE("\x41xx\0"), 0, MR_ERR_PROTO, NULL, 0},
    {"label type 10", WIRE("\x81xx\0"), 0, MR_ERR_PROTO, NULL, 0},
    {"label past the end", WIRE("\5abc"), 0, MR_ERR_PROTO, NULL, 0},
    {"no root", WIRE("\3abc"), 0, MR_ERR_PROTO, NULL, 0},
    {"nothing", WIRE(""), 0, MR_ERR_PROTO, NULL, 0},
};

static int read_at(const void *data, size_t len, size_t *pos, mr__dname *name) {
  uint8_t *packet_octets = kit_exact(data, len);
  mr__dns_walk walk = {packet_octets, len, 16384};
  int err = mr__dname_read(&walk, pos, name);
  free(packet_octets);
  return err;
}

/* bug 62, fault 34: compression, lengths, label types, NUL. */
static void test_wire_bug_62_fault_34(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof wire_rows / sizeof *wire_rows; i++) {
    const wire_row *row = &wire_rows[i];
    uint8_t data[64] = {0};
    char text[MR__DNAME_TEXT];
    mr__dname name;
    size_t pos = 12 + row->at;
    memcpy(data + 12, row->data, row->len);
    int err = read_at(data, 12 + row->len, &pos, &name);
    if (err != row->err)
      fail_msg("%s: %d", row->what, err);
    if (err)
      continue;
    mr__dname_text(name.octets, name.len, text);
    assert_string_equal(text, row->text);
    assert_int_equal(pos, 12 + row->behind);
  }
}

/* bug 33: 255 octets on the wire are a name, 256 are none. */
static void test_wire_length_bug_33(void **state) {
  uint8_t data[300] = {0};
  mr__dname name;
  size_t pos = 12;
  (void)state;
  for (size_t i = 0; i < 128; i++)
    data[12 + 2 * i] = 1;
  data[12 + 254] = 0;
  assert_int_equal(read_at(data, 12 + 255, &pos, &name), MR_OK);
  assert_int_equal(name.len, 255);
  data[12 + 254] = 1;
  pos = 12;
  assert_int_equal(read_at(data, 12 + 258, &pos, &name), MR_ERR_PROTO);
  data[12 + 252] = 2; /* 126 labels of one octet and one of two: 256 with the root */
  data[12 + 255] = 0;
  pos = 12;
  assert_int_equal(read_at(data, 12 + 256, &pos, &name), MR_ERR_PROTO);
}

/* bug 35: at most 127 pointers in a name. */
static void test_hops_bug_35(void **state) {
  uint8_t data[600] = {0};
  mr__dname name;
  (void)state;
  for (size_t i = 0; i < 200;
       i++) { /* root at 12, then pointers, each to the one before */
    size_t to = i == 0 ? 12 : 13 + 2 * (i - 1);
    data[13 + 2 * i] = (uint8_t)(0xc0 | to >> 8);
    data[14 + 2 * i] = (uint8_t)to;
  }
  size_t pos = 13 + 2 * 126; /* the 127th pointer */
  assert_int_equal(read_at(data, sizeof data, &pos, &name), MR_OK);
  pos = 13 + 2 * 127;
  assert_int_equal(read_at(data, sizeof data, &pos, &name), MR_ERR_PROTO);
}

static void test_work_limit_bug_35(void **state) {
  const uint8_t data[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc0, 12};
  mr__dns_walk walk = {data, sizeof data, 2};
  mr__dname name;
  (void)state;
  for (int i = 0; i < 3; i++) {
    size_t pos = 13;
    assert_int_equal(mr__dname_read(&walk, &pos, &name), i < 2 ? MR_OK : MR_ERR_LIMIT);
  }
}

static void test_below(void **state) {
  static const struct {
    const char *name, *zone;
    int below;
  } rows[] = {{"a.example.org", "example.org", 1},
              {"example.org", "example.org", 1},
              {"example.org", ".", 1},
              {"xexample.org", "example.org", 0},
              {"org", "example.org", 0},
              {"a.b", "c", 0}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    mr__dname name, zone;
    mr__dname_from_text(&name, rows[i].name, strlen(rows[i].name));
    mr__dname_from_text(&zone, rows[i].zone, strlen(rows[i].zone));
    assert_int_equal(mr__dname_below(&name, zone.octets, zone.len), rows[i].below);
  }
}

/* fault 33: every octet that no host name has is escaped, and then it is no host. */
static void test_every_octet_fault_33(void **state) {
  (void)state;
  for (unsigned c = 0; c < 256; c++) {
    uint8_t wire[] = {3, 'a', (uint8_t)c, 'b', 0};
    char text[MR__DNAME_TEXT];
    size_t n = mr__dname_text(wire, sizeof wire, text);
    int plain = mr__is_alnum((int)c) || c == '-' || c == '_';
    assert_int_equal(n, plain ? 3 : 6);
    assert_int_equal(strlen(text), n);
    assert_int_equal(mr__domain_check(text, n, NULL) == MR_OK, plain);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_text_bug_33),
      cmocka_unit_test(test_text_lengths_bug_33),
      cmocka_unit_test(test_wire_bug_62_fault_34),
      cmocka_unit_test(test_wire_length_bug_33),
      cmocka_unit_test(test_hops_bug_35),
      cmocka_unit_test(test_work_limit_bug_35),
      cmocka_unit_test(test_below),
      cmocka_unit_test(test_every_octet_fault_33),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
