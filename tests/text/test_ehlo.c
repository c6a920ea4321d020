/* SPDX-License-Identifier: MIT */
#include "text/ehlo.h"

#include "text/check.h"

typedef struct row {
  const char *text;
  const char *name;
  unsigned keywords;
  uint64_t size;
} row;

/* R34, fault 44: any case, unknown ones ignored, the last of duplicates counts. */
static const row rows[] = {
    {"", "", 0, 0},
    {"mx.example.org", "mx.example.org", 0, 0},
    {"mx.example.org Hello [192.0.2.1]", "mx.example.org", 0, 0},
    {"  mx  x", "mx", 0, 0},
    /* the first line has no keywords */
    {"PIPELINING", "PIPELINING", 0, 0},
    {"mx\nPIPELINING\nSIZE 1000\n8BITMIME\nSTARTTLS\nENHANCEDSTATUSCODES\nSMTPUTF8", "mx",
     63, 1000},
    {"mx\npipelining\nStartTLS", "mx", MR__EHLO_PIPELINING | MR__EHLO_STARTTLS, 0},
    {"mx\nSIZE 1\nSIZE 2", "mx", MR__EHLO_SIZE, 2},
    {"mx\nSIZE 1\nSIZE", "mx", MR__EHLO_SIZE, 0},
    {"mx\nSIZE", "mx", MR__EHLO_SIZE, 0},
    {"mx\nSIZE abc", "mx", MR__EHLO_SIZE, 0},
    {"mx\nSIZE 0", "mx", MR__EHLO_SIZE, 0},
    {"mx\nSIZE -1", "mx", MR__EHLO_SIZE, 0},
    {"mx\nSIZE 10x", "mx", MR__EHLO_SIZE, 0},
    {"mx\nSIZE  10  20", "mx", MR__EHLO_SIZE, 10},
    {"mx\nSIZE 18446744073709551615", "mx", MR__EHLO_SIZE, UINT64_MAX},
    {"mx\nSIZE 18446744073709551616", "mx", MR__EHLO_SIZE, 0},
    {"mx\nSIZE=1000", "mx", 0, 0},
    {"mx\nAUTH=LOGIN PLAIN\nAUTH LOGIN\nLIMITS RCPTMAX=10", "mx", 0, 0},
    {"mx\nSTARTTLS extra", "mx", MR__EHLO_STARTTLS, 0},
    {"mx\nSTARTTLSX\nXSTARTTLS\nSTART TLS\n8BITMIM\n", "mx", 0, 0},
    {"mx\n\n \nPIPELINING", "mx", MR__EHLO_PIPELINING, 0},
    {"mx\n PIPELINING ", "mx", MR__EHLO_PIPELINING, 0},
    {"\nPIPELINING", "", MR__EHLO_PIPELINING, 0},
};

static void parse(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    mr__ehlo ehlo;
    char *exact = kit_exact(rows[i].text, strlen(rows[i].text) + 1);
    mr__ehlo_parse(&ehlo, exact);
    ROW_TEXT(i, ehlo.name, rows[i].name);
    ROW_EQUAL(i, ehlo.keywords, rows[i].keywords);
    assert_true(ehlo.size == rows[i].size);
    free(exact);
  }
}

/* bug 22: every string of a few octets, in exact blocks, and names at the limit. */
static void every_string(void **state) {
  (void)state;
  static const char alphabet[] = " \nS=\t";
  for (unsigned n = 0; n < 5 * 5 * 5 * 5 * 5; n++) {
    char text[6] = {0};
    mr__ehlo ehlo;
    for (unsigned i = 0, rest = n; i < 5; i++, rest /= 5)
      text[i] = alphabet[rest % 5];
    char *exact = kit_exact(text, 6);
    mr__ehlo_parse(&ehlo, exact);
    assert_int_equal(ehlo.keywords, 0);
    free(exact);
  }
}

static void long_name(void **state) {
  (void)state;
  for (size_t len = 254; len < 258; len++) {
    char text[300];
    mr__ehlo ehlo;
    memset(text, 'a', len);
    memcpy(text + len, "\nSIZE 5", 8);
    mr__ehlo_parse(&ehlo, text);
    assert_int_equal(strlen(ehlo.name), len < 255 ? len : 255);
    assert_int_equal(ehlo.size, 5);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(parse),
      cmocka_unit_test(every_string),
      cmocka_unit_test(long_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
