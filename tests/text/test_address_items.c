/* SPDX-License-Identifier: MIT */
/* Parsed address lists: items, names, places of errors, and the canonical form. */
#include <mailroute/address_list.h>

#include "text/check.h"

typedef struct row {
  const char *text;
  const char *items; /* of each item: "name|address\n", "name:\n" or ";\n" */
  const char *canonical;
} row;

/* What an application gets, on lines. */
static char *describe(const mr_address_list *list) {
  size_t size = 1;
  for (size_t i = 0; i < mr_address_list_count(list); i++)
    size += strlen(mr_address_list_name(list, i)) + 512;
  char *text = malloc(size);
  size_t at = 0;
  for (size_t i = 0; i < mr_address_list_count(list); i++) {
    const mr_address *address = mr_address_list_address(list, i);
    const char *name = mr_address_list_name(list, i);
    int kind = mr_address_list_kind(list, i);
    assert_true((address != NULL) == (kind == MR_ITEM_MAILBOX));
    const char *mark = kind == MR_ITEM_MAILBOX ? "|" : kind == MR_ITEM_GROUP ? ":" : ";";
    at += (size_t)snprintf(text + at, size - at, "%s%s%s\n", name, mark,
                           mr_address_text(address));
  }
  text[at] = 0;
  return text;
}

static const row rows[] = {
    {"", "", ""},
    {" (nobody) ,, \t", "", ""},
    {"a@b", "|a@b\n", "a@b"},
    {"Joe <joe@a.example>", "Joe|joe@a.example\n", "Joe <joe@a.example>"},
    {"Joe Q. Doe <joe@A.Example.>", "Joe Q. Doe|joe@a.example\n",
     "\"Joe Q. Doe\" <joe@a.example>"},
    {"\"Doe, J.\" <d@b>,c@d", "Doe, J.|d@b\n|c@d\n", "\"Doe, J.\" <d@b>, c@d"},
    {"\"A \\\"B\\\\\\\" C\" <a@b>", "A \"B\\\" C|a@b\n", "\"A \\\"B\\\\\\\" C\" <a@b>"},
    {"\"\" <a@b>", "|a@b\n", "a@b"},
    {"  \" x \"  <a@b>", " x |a@b\n", "\" x \" <a@b>"},
    {"A  B\t C <a@b>", "A B C|a@b\n", "A B C <a@b>"},
    {"A.B\"c d\"e <a@b>", "A.Bc de|a@b\n", "\"A.Bc de\" <a@b>"},
    {"[List] Joe <a@b>", "[List] Joe|a@b\n", "\"[List] Joe\" <a@b>"},
    /* obsolete: route, space and comments in the address, a name in a comment */
    {"Joe <@x,@y.example:a@b>", "Joe|a@b\n", "Joe <a@b>"},
    {"Joe < @x , (c) @y : a . c @ b (d) >", "Joe|a.c@b\n", "Joe <a.c@b>"},
    {"john . doe (home) @ (x) example . com", "|john.doe@example.com\n",
     "john.doe@example.com"},
    {"\"a b\" . c@d", NULL, NULL},
    {"a@b (Joe Doe)", "Joe Doe|a@b\n", "Joe Doe <a@b>"},
    {"a@b (Joe (the \\) one)) (x)", "Joe (the ) one)|a@b\n", "\"Joe (the ) one)\" <a@b>"},
    {"(before) a@b ()", "|a@b\n", "a@b"},
    {"Joe (x) Doe (y) <a@b> (z)", "Joe Doe|a@b\n", "Joe Doe <a@b>"},
    {"a@b;c@d ;", "|a@b\n|c@d\n", "a@b, c@d"},
    /* folding */
    {"Joe\r\n Doe\n\t<a@b>,\r\n c@d\r\n ", "Joe Doe|a@b\n|c@d\n", "Joe Doe <a@b>, c@d"},
    {"\"Joe\r\n Doe\" <a@b>", "Joe Doe|a@b\n", "Joe Doe <a@b>"},
    {"\"Joe\\\r\n Doe\" <a@b>", "Joe Doe|a@b\n", "Joe Doe <a@b>"},
    {"a@b (Joe\r\n Doe\\\r\n !)", "Joe Doe !|a@b\n", "Joe Doe ! <a@b>"},
    /* groups */
    {"undisclosed-recipients:;", "undisclosed-recipients:\n;\n",
     "undisclosed-recipients:;"},
    {"Undisclosed recipients:", "Undisclosed recipients:\n;\n",
     "Undisclosed recipients:;"},
    {"A: B <a@b>,, c@d; , e@f", "A:\nB|a@b\n|c@d\n;\n|e@f\n", "A: B <a@b>, c@d;, e@f"},
    {"\"A: B\": a@b;", "A: B:\n|a@b\n;\n", "\"A: B\": a@b;"},
    {"\"\":a@b;", ":\n|a@b\n;\n", "\"\": a@b;"},
    {"A: B: a@b;;", "A:\nB:\n|a@b\n;\n;\n", "A: B: a@b;;"},
    /* encoded words */
    {"=?UTF-8?Q?J=C3=B6rg?= <j@a>", "J\xc3\xb6rg|j@a\n", "=?UTF-8?B?SsO2cmc=?= <j@a>"},
    {"=?iso-8859-1?q?J=F6rg?= =?utf-8?b?IETDtg?= D <j@a>",
     "J\xc3\xb6rg D\xc3\xb6 D|j@a\n", "=?UTF-8?B?SsO2cmcgRMO2IEQ=?= <j@a>"},
    {"=?utf-8?q?=E2=82?= =?utf-8?q?=AC?= <j@a>", "\xe2\x82\xac|j@a\n",
     "=?UTF-8?B?4oKs?= <j@a>"},
    {"=?windows-1252?q?=80=81?= <j@a>", "\xe2\x82\xac?|j@a\n",
     "=?UTF-8?B?4oKsPw==?= <j@a>"},
    {"=?ISO-8859-15*fr?Q?=A4?= <j@a>", "\xe2\x82\xac|j@a\n", "=?UTF-8?B?4oKs?= <j@a>"},
    {"=?UTF-8?Q?a=0D=0ABcc=3A_x=00?= <j@a>", "a??Bcc: x?|j@a\n", "\"a??Bcc: x?\" <j@a>"},
    {"=?utf-8?q?=FF=C3?= <j@a>", "??|j@a\n", "?? <j@a>"},
    {"=?x-odd?q?a?= <j@a>", "=?x-odd?q?a?=|j@a\n", "\"=?x-odd?q?a?=\" <j@a>"},
    {"=?utf-8?q?=4?= <j@a>", "=?utf-8?q?=4?=|j@a\n", "\"=?utf-8?q?=4?=\" <j@a>"},
    {"=?utf-8?b?a*b?= <j@a>", "=?utf-8?b?a*b?=|j@a\n", "\"=?utf-8?b?a*b?=\" <j@a>"},
    {"=?utf-8?x?a?= <j@a>", "=?utf-8?x?a?=|j@a\n", "\"=?utf-8?x?a?=\" <j@a>"},
    {"\"=?utf-8?q?a?=\" <j@a>", "=?utf-8?q?a?=|j@a\n", "\"=?utf-8?q?a?=\" <j@a>"},
    {"j@a (=?utf-8?q?J=C3=B6rg?=)", "J\xc3\xb6rg|j@a\n", "=?UTF-8?B?SsO2cmc=?= <j@a>"},
    {"=?utf-8?q?G?=: a@b;", "G:\n|a@b\n;\n", "G: a@b;"},
    /* EAI */
    {"J\xc3\xb6rg <j\xc3\xb6@a>", "J\xc3\xb6rg|j\xc3\xb6@a\n",
     "=?UTF-8?B?SsO2cmc=?= <j\xc3\xb6@a>"},
    /* bug 14, bug 16: delimiters in quotes and comments are none, data stays data */
    {"\"a@b, <c@d>\" <e@f>", "a@b, <c@d>|e@f\n", "\"a@b, <c@d>\" <e@f>"},
    {"\"x@evil.example\"@good.example", "|\"x@evil.example\"@good.example\n",
     "\"x@evil.example\"@good.example"},
    {"\"a@b> ORCPT=x\"@c", "|\"a@b> ORCPT=x\"@c\n", "\"a@b> ORCPT=x\"@c"},
    {"(x@evil.example,) a@b (<c@d>)", "<c@d>|a@b\n", "\"<c@d>\" <a@b>"},
    {"-x@b", "|-x@b\n", "-x@b"},
};

static void check_row(size_t i, const char *text, const char *items,
                      const char *canonical) {
  size_t len = strlen(text), offset = 0;
  char *exact = kit_exact(text, len);
  mr_address_list *list = NULL;
  int err = mr_address_list_parse(&list, NULL, exact, len, &offset);
  free(exact);
  if (err != MR_OK)
    fail_msg("row %zu: error %d at %zu of %s", i, err, offset, text);
  char *got = describe(list);
  ROW_TEXT(i, got, items);
  ROW_TEXT(i, mr_address_list_text(list), canonical);
  free(got);
  mr_address_list_free(list);
}

static void lists(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    if (rows[i].items == NULL) { /* quoted-string "." atom: no such local part here */
      mr_address_list *list = NULL;
      assert_int_not_equal(
          mr_address_list_parse(&list, NULL, rows[i].text, strlen(rows[i].text), NULL),
          MR_OK);
      continue;
    }
    check_row(i, rows[i].text, rows[i].items, rows[i].canonical);
    check_row(i, rows[i].canonical, rows[i].items, rows[i].canonical);
  }
}

/* Errors, and the octet at which each is told. */
static void refused(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int err;
    size_t offset;
  } bad[] = {
      {"Joe Doe", MR_ERR_ADDR, 4},
      {"Joe", MR_ERR_ADDR, 3},
      {"a@b c@d", MR_ERR_ADDR, 4},
      {"x@y, a@b c@d", MR_ERR_ADDR, 9},
      {"a@b (x) c@d", MR_ERR_ADDR, 8},
      {"a@b <c@d>", MR_ERR_ADDR, 4}, /* bug 14: which of both? */
      {"<a@b> <c@d>", MR_ERR_ADDR, 6},
      {"<a@b> x", MR_ERR_ADDR, 6},
      {"<a@b", MR_ERR_ADDR, 4},
      {"<a b>", MR_ERR_ADDR, 3},
      {"<a b@c>", MR_ERR_ADDR, 3},
      {"<<a@b>>", MR_ERR_ADDR, 1},
      {"<>", MR_ERR_ADDR, 1},
      {"a@b>", MR_ERR_ADDR, 3},
      {"a@b)", MR_ERR_ADDR, 3},
      {"a@b, (c", MR_ERR_ADDR, 7},
      {"\"a@b", MR_ERR_ADDR, 4},
      {"a@b@c", MR_ERR_ADDR, 3},
      {"x@y, a @ b @ c", MR_ERR_ADDR, 11},
      {"a@[1.2.3.4", MR_ERR_ADDR, 10},
      {"a@b: c@d;", MR_ERR_ADDR, 3},
      {"g: a@b; c@d", MR_ERR_ADDR, 8},
      {"g:; x", MR_ERR_ADDR, 4},
      {":;", MR_ERR_ADDR, 0},
      {"a..b@c", MR_ERR_ADDR, 2},
      {".a@c", MR_ERR_ADDR, 0},
      {"a@b..c", MR_ERR_ADDR_DOMAIN, 4},
      {"x@y, a@b_-.c", MR_ERR_ADDR_DOMAIN, 9},
      {"a@b,\r\nc@d", MR_ERR_ADDR_CHAR, 4},
      {"a@b,\r c@d", MR_ERR_ADDR_CHAR, 4},
      {"a@b\r\n", MR_ERR_ADDR_CHAR, 3},
      {"a@b\n", MR_ERR_ADDR_CHAR, 3},
      {"J\x01 <a@b>", MR_ERR_ADDR_CHAR, 1},
      {"\"J\x7f\" <a@b>", MR_ERR_ADDR_CHAR, 2},
      {"J\xff <a@b>", MR_ERR_ADDR_CHAR, 1},
      {"\"a\r\nRCPT TO:<x>\" <a@b>", MR_ERR_ADDR_CHAR, 2},
      {"a@b (\xc2\x80)", MR_ERR_ADDR_CHAR, 5},
  };
  for (size_t i = 0; i < COUNT(bad); i++) {
    size_t len = strlen(bad[i].text), offset = 999;
    char *exact = kit_exact(bad[i].text, len);
    mr_address_list *list = (mr_address_list *)bad;
    ROW_EQUAL(i, mr_address_list_parse(&list, NULL, exact, len, &offset), bad[i].err);
    ROW_EQUAL(i, offset, bad[i].offset);
    assert_null(list);
    free(exact);
  }
}

static void misuse(void **state) {
  (void)state;
  mr_address_list *list = NULL;
  size_t offset = 9;
  assert_int_equal(mr_address_list_parse(NULL, NULL, "", 0, NULL), MR_ERR_MISUSE);
  assert_int_equal(mr_address_list_parse(&list, NULL, NULL, 1, NULL), MR_ERR_MISUSE);
  assert_int_equal(mr_address_list_parse(&list, NULL, "a\0@b", 4, &offset),
                   MR_ERR_ADDR_CHAR);
  assert_int_equal(offset, 1);
  assert_int_equal(mr_address_list_parse(&list, NULL, NULL, 0, NULL), MR_OK);
  assert_int_equal(mr_address_list_count(list), 0);
  assert_int_equal(mr_address_list_kind(list, 0), MR_ITEM_NONE);
  assert_string_equal(mr_address_list_name(list, 0), "");
  assert_string_equal(mr_address_list_raw_name(list, 0), "");
  assert_null(mr_address_list_address(list, 0));
  mr_address_list_free(list);
  assert_int_equal(mr_address_list_count(NULL), 0);
  assert_string_equal(mr_address_list_text(NULL), "");
  mr_address_list_free(NULL);
}

/* The name as it is written. */
static void raw_names(void **state) {
  (void)state;
  static const char text[] = " \"J\\. \"  (c) Doe <a@b>, a@b (x), A B: c@d";
  static const char *const wanted[] = {"\"J\\. \"  (c) Doe", "(x)", "A B", "", ""};
  mr_address_list *list = NULL;
  assert_int_equal(mr_address_list_parse(&list, NULL, text, strlen(text), NULL), MR_OK);
  assert_int_equal(mr_address_list_count(list), COUNT(wanted));
  for (size_t i = 0; i < COUNT(wanted); i++)
    ROW_TEXT(i, mr_address_list_raw_name(list, i), wanted[i]);
  mr_address_list_free(list);
}

static char *repeat(const char *unit, size_t count, const char *middle,
                    const char *close) {
  size_t len = strlen(unit), close_len = strlen(close);
  char *text = kit_xalloc(NULL, count * (len + close_len) + strlen(middle) + 1);
  for (size_t i = 0; i < count; i++)
    memcpy(text + i * len, unit, len);
  strcpy(text + count * len, middle);
  char *end = text + count * len + strlen(middle);
  for (size_t i = 0; i < count; i++)
    memcpy(end + i * close_len, close, close_len);
  return text;
}

static int result_of(const char *text, size_t *count, size_t *offset) {
  mr_address_list *list = NULL;
  int err = mr_address_list_parse(&list, NULL, text, strlen(text), offset);
  *count = mr_address_list_count(list);
  mr_address_list_free(list);
  return err;
}

/* fault 6: 100 levels are enough for anybody, 101 are an error. */
static void depth(void **state) {
  (void)state;
  static const struct {
    const char *open, *middle, *close;
  } kinds[] = {{"(", "x", ")"}, {"g:", "a@b", ";"}, {"g:", "", ""}};
  for (size_t kind = 0; kind < COUNT(kinds); kind++) {
    for (size_t n = 99; n <= 102; n++) {
      size_t count, offset = 0;
      char *text = repeat(kinds[kind].open, n, kinds[kind].middle, kinds[kind].close);
      ROW_EQUAL(n, result_of(text, &count, &offset), n <= 100 ? MR_OK : MR_ERR_DEPTH);
      ROW_EQUAL(n, offset, n <= 100 ? 0 : kind == 0 ? 100 : 201);
      free(text);
    }
  }
}

/* fault 7, bug 45: time grows with the number of addresses only. */
static void many(void **state) {
  (void)state;
  enum { NUMBER = 100000 };
  size_t count = 0, offset;
  char *text = repeat("J <ab@cd>,", NUMBER, "", "");
  double start = cpu_ms();
  assert_int_equal(result_of(text, &count, &offset), MR_OK);
  assert_true(cpu_ms() - start < CPU_BOUND_MS);
  assert_int_equal(count, NUMBER);
  free(text);
  text = repeat("a@b,", MR_ADDRESS_LIST_ITEMS + 1, "", "");
  assert_int_equal(result_of(text, &count, &offset), MR_ERR_LIMIT);
  free(text);
}

/* bug 15: mebibytes of brackets, quotes and encoded words. */
static void huge(void **state) {
  (void)state;
  static const struct {
    const char *unit;
    int result;
  } kinds[] = {
      {"(", MR_ERR_DEPTH},
      {"<", MR_ERR_ADDR},
      {":;", MR_ERR_ADDR},
      {"[a", MR_ERR_ADDR},
      {"\"", MR_ERR_ADDR_LONG},
      {"\"\" ", MR_ERR_ADDR},
      {"g:", MR_ERR_DEPTH},
      {",", MR_OK},
      {" ", MR_OK},
      {"\r\n ", MR_OK},
      {"\\", MR_ERR_ADDR},
      {"()", MR_OK},
      {"a ", MR_ERR_ADDR},
      {"a . ", MR_ERR_ADDR_LONG},
      {"a(x)@", MR_ERR_ADDR_LONG},
      {"(\\(", MR_ERR_DEPTH},
      {"@", MR_ERR_ADDR_LONG},
      {"=?utf-8?q?a?= ", MR_ERR_ADDR},
      {"[a@b.c]", MR_ERR_ADDR_LONG},
  };
  enum { MIB = 1 << 20 };
  for (size_t i = 0; i < COUNT(kinds); i++) {
    size_t count, offset;
    double start = cpu_ms();
    char *text = repeat(kinds[i].unit, MIB / strlen(kinds[i].unit), "", "");
    ROW_EQUAL(i, result_of(text, &count, &offset), kinds[i].result);
    assert_true(cpu_ms() - start < CPU_BOUND_MS);
    free(text);
  }
}

/* A name and a comment of a mebibyte; more than the limit is refused. */
static void long_names(void **state) {
  (void)state;
  static const struct {
    const char *unit, *end;
    int result;
  } kinds[] = {
      {"a ", "<a@b>", MR_OK},
      {"\"b\" ", "<a@b>", MR_OK},
      {"=?utf-8?q?=C3=A4?= ", "<a@b>", MR_ERR_LINE_LONG},
      {"=?utf-8?q?c?= ", "<a@b>", MR_OK},
      {"(c)", "<a@b>", MR_OK},
      {"\"\\x\" ", "<a@b>", MR_OK},
      {"\\x", ")a@b", MR_OK},
  };
  for (size_t i = 0; i < COUNT(kinds); i++) {
    double start = cpu_ms();
    size_t count, offset, number = (1 << 20) / strlen(kinds[i].unit);
    char *text = repeat(kinds[i].unit, number, kinds[i].end, "");
    text[0] = text[0] == '\\' ? '(' : text[0];
    ROW_EQUAL(i, result_of(text, &count, &offset), kinds[i].result);
    assert_true(cpu_ms() - start < CPU_BOUND_MS);
    free(text);
  }
  size_t count, offset;
  char *text = repeat(",", MR_ADDRESS_LIST_OCTETS, "", "");
  assert_int_equal(result_of(text, &count, &offset), MR_OK);
  free(text);
  text = repeat(",", MR_ADDRESS_LIST_OCTETS + 1, "", "");
  assert_int_equal(result_of(text, &count, &offset), MR_ERR_LIMIT);
  free(text);
}

static int torture(kit_env *env, void *arg) {
  static const char text[] =
      "A: \"B, c\" <a@b>, =?utf-8?q?J=C3=B6rg_Hans_Ferdinand_Karl?= <c . x@d>; , e@f (x),"
      "g@h, i@j, k@l, \xc3\xb6@m, Joe Q. Doe <o@p>";
  mr_address_list *list = NULL;
  (void)arg;
  int err = mr_address_list_parse(&list, &env->env, text, strlen(text), NULL);
  if (err != MR_OK)
    return env->failed > 0 && err == MR_ERR_NOMEM && list == NULL ? 0 : -1;
  int right = mr_address_list_count(list) == 10;
  mr_address_list_free(list);
  return right ? 0 : -1;
}

static void no_memory(void **state) {
  (void)state;
  assert_true(kit_torture(torture, NULL, 0) >= 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lists),     cmocka_unit_test(refused),
      cmocka_unit_test(misuse),    cmocka_unit_test(raw_names),
      cmocka_unit_test(depth),     cmocka_unit_test(many),
      cmocka_unit_test(huge),      cmocka_unit_test(long_names),
      cmocka_unit_test(no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
