/* SPDX-License-Identifier: MIT */
#include "text/address_list.h"

#include <mailroute/address.h>

#include "text/check.h"

typedef struct row {
  const char *text;
  int result;           /* of the last call */
  const char *found[4]; /* mailboxes before it */
} row;

static const row rows[] = {
    {"", 0, {NULL}},
    {" \t", 0, {NULL}},
    {"a@b", 0, {"a@b"}},
    {" a@b , c@d ", 0, {"a@b", "c@d"}},
    {"Joe <joe@a.example>", 0, {"<joe@a.example>"}},
    {"Joe Q. Doe <joe@a>, \"Doe, J.\" <d@b>", 0, {"<joe@a>", "<d@b>"}},
    {"<a@b>,<c@d>", 0, {"<a@b>", "<c@d>"}},
    {"J\xc3\xb6rg <j@a>", 0, {"<j@a>"}},
    {"=?UTF-8?Q?J=C3=B6rg?= <j@a>", 0, {"<j@a>"}},
    {"<@a,@b:c@d>", 0, {"<@a,@b:c@d>"}},
    {"a@[IPv6:::1], b@[192.0.2.1]", 0, {"a@[IPv6:::1]", "b@[192.0.2.1]"}},
    {",, a@b ,,", 0, {"a@b"}},
    /* quoted and commented delimiters are none (bug 14) */
    {"\"a@b, <c@d>\" <e@f>", 0, {"<e@f>"}},
    {"\"a, b\"@c, d@e", 0, {"\"a, b\"@c", "d@e"}},
    {"\"a\\\"@b,\"@c", 0, {"\"a\\\"@b,\"@c"}},
    {"(c@d, <e@f>) a@b (\\) x@y, (z@z))", 0, {"a@b"}},
    {"Joe (the (one)) <a@b> (x)", 0, {"<a@b>"}},
    {"\"<c@d>\" (<e@f>) <a@b>", 0, {"<a@b>"}},
    /* groups */
    {"Friends: a@b, Joe <c@d>;, e@f", 0, {"a@b", "<c@d>", "e@f"}},
    {"undisclosed-recipients:;", 0, {NULL}},
    {"\"My: friends\": a@b;", 0, {"a@b"}},
    {"A: B: a@b;;", 0, {"a@b"}},
    /* folding */
    {"Joe\r\n Doe\n\t<a@b>,\r\n c@d\r\n ", 0, {"<a@b>", "c@d"}},
    {"a@b,\r\nc@d", MR_ERR_ADDR, {"a@b"}},
    {"a@b,\r c@d", MR_ERR_ADDR, {"a@b"}},
    /* what is no list */
    {"Joe Doe", MR_ERR_ADDR, {NULL}},
    {"a@b c@d", MR_ERR_ADDR, {NULL}},
    {"a @b", MR_ERR_ADDR, {NULL}},
    {"a(c)@b", MR_ERR_ADDR, {NULL}},
    {"a@b <c@d>", MR_ERR_ADDR, {NULL}},
    {"<a@b> <c@d>", MR_ERR_ADDR, {NULL}},
    {"<a@b> x", MR_ERR_ADDR, {NULL}},
    {"<a@b", MR_ERR_ADDR, {NULL}},
    {"<a b>", MR_ERR_ADDR, {NULL}},
    {"<<a@b>>", MR_ERR_ADDR, {NULL}},
    {"a@b>", MR_ERR_ADDR, {NULL}},
    {"a@b)", MR_ERR_ADDR, {NULL}},
    {"(a@b", MR_ERR_ADDR, {NULL}},
    {"\"a@b", MR_ERR_ADDR, {NULL}},
    {"a@[1.2.3.4", MR_ERR_ADDR, {NULL}},
    {"a@b: c@d;", MR_ERR_ADDR, {NULL}},
    {":;", MR_ERR_ADDR, {NULL}},
    {"\"\\", MR_ERR_ADDR, {NULL}},
    {"(\\", MR_ERR_ADDR, {NULL}},
    {"a@b, \x01", MR_ERR_ADDR, {"a@b"}},
};

static void check_found(size_t index, const char *wanted, const char *found, size_t len) {
  mr_address *address;
  if (wanted == NULL || strlen(wanted) != len || memcmp(wanted, found, len) != 0)
    fail_msg("row %zu: found %.*s", index, (int)len, found);
  assert_int_equal(mr_address_parse(&address, NULL, found, len, 0, NULL), MR_OK);
  mr_address_free(address);
}

static void lists(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    size_t size = strlen(rows[i].text);
    char *exact = kit_exact(rows[i].text, size);
    mr__cur cur = mr__cur_of(exact, size);
    const char *found;
    size_t len, n = 0;
    int result;
    while ((result = mr__address_list_next(&cur, &found, &len)) == 1) {
      assert_true(n < 4);
      check_found(i, rows[i].found[n++], found, len);
    }
    ROW_EQUAL(i, result, rows[i].result);
    assert_true(n == 4 || rows[i].found[n] == NULL);
    free(exact);
  }
}

static int walk(const char *text, size_t size, size_t *count) {
  mr__cur cur = mr__cur_of(text, size);
  const char *found;
  size_t len;
  int result;
  *count = 0;
  while ((result = mr__address_list_next(&cur, &found, &len)) == 1)
    (*count)++;
  return result;
}

static char *nested(const char *open, size_t depth, const char *middle,
                    const char *close) {
  size_t unit = strlen(open);
  char *text = kit_xalloc(NULL, depth * (unit + strlen(close)) + strlen(middle) + 1);
  for (size_t i = 0; i < depth; i++)
    strcat(text, open);
  strcat(text, middle);
  for (size_t i = 0; i < depth; i++)
    strcat(text, close);
  return text;
}

/* fault 6: 100 levels are enough for anybody, 101 are an error. */
static void depth(void **state) {
  (void)state;
  static const struct {
    const char *open, *middle, *close;
  } kinds[] = {{"(", "x", ")"}, {"g:", "a@b", ";"}};
  for (size_t kind = 0; kind < COUNT(kinds); kind++) {
    for (size_t n = 99; n <= 102; n++) {
      size_t count;
      char *text = nested(kinds[kind].open, n, kinds[kind].middle, kinds[kind].close);
      ROW_EQUAL(n, walk(text, strlen(text), &count), n <= 100 ? 0 : MR_ERR_DEPTH);
      free(text);
    }
  }
}

/* fault 7: 100 000 addresses in time that grows with their number only. */
static void many(void **state) {
  (void)state;
  enum { NUMBER = 100000, UNIT = 11 };
  char *text = malloc(NUMBER * UNIT + 1);
  size_t count;
  for (size_t i = 0; i < NUMBER; i++)
    memcpy(text + i * UNIT, "J <ab@cd>,\n", UNIT);
  for (size_t i = UNIT - 1; i < NUMBER * UNIT; i += UNIT)
    text[i] = ' ';
  double start = cpu_ms();
  assert_int_equal(walk(text, NUMBER * UNIT, &count), 0);
  assert_true(cpu_ms() - start < CPU_BOUND_MS);
  assert_int_equal(count, NUMBER);
  free(text);
}

/* bug 15: a mebibyte of brackets. */
static void huge(void **state) {
  (void)state;
  static const struct {
    const char *unit;
    int result;
  } kinds[] = {
      {"(", MR_ERR_DEPTH},    {"<", MR_ERR_ADDR}, {":;", MR_ERR_ADDR},
      {"[a", MR_ERR_ADDR},    {"\"", 0},          {"g:", MR_ERR_DEPTH},
      {"g:;", MR_ERR_ADDR},   {",", 0},           {" ", 0},
      {"\\", MR_ERR_ADDR},    {"()", 0},          {"a ", MR_ERR_ADDR},
      {"(\\(", MR_ERR_DEPTH}, {"@", 0},
  };
  enum { MIB = 1 << 20 };
  char *text = malloc(MIB);
  double start = cpu_ms();
  for (size_t i = 0; i < COUNT(kinds); i++) {
    size_t unit = strlen(kinds[i].unit);
    size_t size = MIB / unit * unit;
    size_t count;
    for (size_t at = 0; at < size; at++)
      text[at] = kinds[i].unit[at % unit];
    ROW_EQUAL(i, walk(text, size, &count), kinds[i].result);
  }
  assert_true(cpu_ms() - start < CPU_BOUND_MS);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lists),
      cmocka_unit_test(depth),
      cmocka_unit_test(many),
      cmocka_unit_test(huge),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
