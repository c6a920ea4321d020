/* SPDX-License-Identifier: MIT */
#include "text/header.h"

#include "text/address_list.h"
#include "text/check.h"
#include "text/decode.h"

enum { MAX = 1 << 20 };

static kit_env host;
static mr__buf out;

static int setup(void **state) {
  (void)state;
  kit_env_init(&host, 1);
  mr__buf_init(&out, &host.env, MAX);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  mr__buf_free(&out);
  return (int)kit_env_done(&host);
}

/* fault 14 */
static void names(void **state) {
  (void)state;
  static const char *const bad[] = {"",    "a:b", "a b",   "a\r\nb", "\xc3\xbc",
                                    "a\t", ":",   "a\x7f", "a\x01",  " a"};
  for (size_t i = 0; i < COUNT(bad); i++) {
    ROW_EQUAL(i, mr__header_name_check(bad[i], strlen(bad[i])), MR_ERR_HDR_NAME);
    ROW_EQUAL(i, mr__header_write_text(&out, bad[i], "x"), MR_ERR_HDR_NAME);
    ROW_EQUAL(i, mr__header_write_items(&out, bad[i], NULL, 0), MR_ERR_HDR_NAME);
    ROW_EQUAL(i, out.len, 0);
  }
  assert_int_equal(mr__header_name_check("X-a_b!", 6), MR_OK);
  assert_int_equal(mr__header_name_check("a\0b", 3), MR_ERR_HDR_NAME);
}

/* fault 13, bug 12: every writer refuses controls and what is no UTF-8, and writes
 * nothing. */
static void controls(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t len, offset;
  } bad[] = {
      {"a\r", 2, 1},   {"a\n", 2, 1},       {"\r\nX: y", 6, 0},      {"a\x7f", 2, 1},
      {"a\x01", 2, 1}, {"a\xc0\x8a", 3, 1}, {"a\xe0\x80\x8a", 4, 1}, {"a\xc2\x85", 3, 1},
      {"\xff", 1, 0},  {"a\xc3", 2, 1},     {"\xed\xa0\x80", 3, 0},  {"\x1b[2J", 4, 0},
  };
  for (size_t i = 0; i < COUNT(bad); i++) {
    size_t offset = 99;
    char *exact = kit_exact(bad[i].text, bad[i].len);
    ROW_EQUAL(i, mr__header_value_check(exact, bad[i].len, &offset), MR_ERR_HDR_CHAR);
    ROW_EQUAL(i, offset, bad[i].offset);
    ROW_EQUAL(i, mr__header_write_text(&out, "X", bad[i].text), MR_ERR_HDR_CHAR);
    ROW_EQUAL(i, mr__header_write_items(&out, "X", &bad[i].text, 1), MR_ERR_HDR_CHAR);
    ROW_EQUAL(i, mr__header_phrase(&out, bad[i].text), MR_ERR_HDR_CHAR);
    ROW_EQUAL(i, out.len, 0);
    free(exact);
  }
  assert_int_equal(mr__header_value_check("a\0b", 3, NULL), MR_ERR_HDR_CHAR);
  assert_int_equal(mr__header_value_check("a\tb", 3, NULL), MR_OK);
}

#define X40 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void plain_text(void **state) {
  (void)state;
  static const struct {
    const char *value, *written;
  } rows[] = {
      {"hello", "Subject: hello\r\n"},
      {"", "Subject:\r\n"},
      {"  a  b\t", "Subject: a  b\r\n"},
      {X40 " " X40, "Subject: " X40 "\r\n " X40 "\r\n"},
      {X40 "\t  " X40 " a", "Subject: " X40 "\r\n\t  " X40 " a\r\n"},
      {X40 X40 X40 " a", "Subject: " X40 X40 X40 "\r\n a\r\n"},
      {"=?UTF-8?Q?x?=", "Subject: =?UTF-8?Q?x?=\r\n"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    ROW_EQUAL(i, mr__header_write_text(&out, "Subject", rows[i].value), MR_OK);
    ROW_TEXT(i, mr__buf_text(&out), rows[i].written);
    mr__buf_clear(&out);
  }
}

#define X15 "xxxxxxxxxxxxxxx"

static void encoded_text(void **state) {
  (void)state;
  static const struct {
    const char *value, *written;
  } rows[] = {
      {"b\xc3\xbc"
       "cher",
       "Subject: =?UTF-8?Q?b=C3=BCcher?=\r\n"},
      {"Two b\xc3\xbc"
       "cher, and one more",
       "Subject: Two =?UTF-8?B?YsO8Y2hlciw=?= and one more\r\n"},
      {"\xc3\xbc and \xc3\xbc x", "Subject: =?UTF-8?B?w7wgYW5kIMO8?= x\r\n"},
      /* the first word fills the line of the name */
      {X40 X40 "\xc3\xbc", "Subject: =?UTF-8?Q?" X40 X15 "?=\r\n"
                           " =?UTF-8?Q?xxxxxxxxxx" X15 "=C3=BC?=\r\n"},
      {"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", "Subject: =?UTF-8?B?5pel5pys6Kqe?=\r\n"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    ROW_EQUAL(i, mr__header_write_text(&out, "Subject", rows[i].value), MR_OK);
    ROW_TEXT(i, mr__buf_text(&out), rows[i].written);
    mr__buf_clear(&out);
  }
}

/* Lines of a written field: length, and a start that folding may have. */
static void check_lines(const char *text, size_t limit) {
  size_t len = strlen(text);
  assert_true(len > 2 && memcmp(text + len - 2, "\r\n", 2) == 0);
  while (*text != 0) {
    const char *end = strstr(text, "\r\n");
    assert_non_null(end);
    assert_true((size_t)(end - text) <= limit);
    assert_true(strspn(text, " \t") < (size_t)(end - text)); /* none is white only */
    text = end + 2;
    assert_true(*text == 0 || *text == ' ' || *text == '\t');
  }
}

/* bug 48, fault 18: text of every length comes back as it was, in words of at most 75
 * with whole characters, whatever the width of the characters and the place of the ASCII.
 */
static void every_length(void **state) {
  (void)state;
  static const char *const units[] = {"a",
                                      "\xc3\xbc",
                                      "\xe6\x97\xa5",
                                      " ",
                                      "\xf0\x9f\x98\x80",
                                      "ab \xc3\xbc",
                                      "abcdefgh ",
                                      "_=?",
                                      "abcdefghijklmnopqrstuvwxyz_= \xc3\xbc"};
  for (size_t u = 0; u < COUNT(units); u++) {
    size_t unit = strlen(units[u]);
    for (size_t n = 1; n * unit < 700; n += 1 + n / 40) {
      char value[800] = "x \xc3\xb6 ";
      char decoded[800];
      for (size_t i = 0; i < n; i++)
        strcat(value, units[u]);
      strcat(value, ".");
      assert_int_equal(mr__header_write_text(&out, "Subject", value), MR_OK);
      const char *text = mr__buf_text(&out);
      check_lines(text, u == 0 || u == 3 || u == 7 ? 998 : 78); /* no place to fold */
      decode_text(text + 8, decoded, sizeof decoded);
      ROW_TEXT(u * 1000 + n, decoded, value);
      mr__buf_clear(&out);
    }
  }
}

/* fault 15: words that cannot be folded, white space without end. */
static void too_long(void **state) {
  (void)state;
  char value[1100];
  for (size_t len = 980; len < 1010; len++) {
    memset(value, 'x', len);
    value[len] = 0;
    int err = mr__header_write_text(&out, "S", value);
    ROW_EQUAL(len, err, len <= 997 ? MR_OK : MR_ERR_LINE_LONG);
    ROW_EQUAL(len, out.len > 0, len <= 997);
    if (err == MR_OK)
      check_lines(mr__buf_text(&out), 998);
    mr__buf_clear(&out);
    value[1] = ' ';
    memset(value + 2, ' ', len - 3);
    err = mr__header_write_text(&out, "S", value);
    ROW_EQUAL(len, err, len - 1 <= 998 ? MR_OK : MR_ERR_LINE_LONG);
    mr__buf_clear(&out);
  }
  memset(value, 'n', 100);
  value[100] = 0;
  assert_int_equal(mr__header_write_text(&out, value, "x"), MR_ERR_HDR_NAME);
  value[76] = 0;
  assert_int_equal(mr__header_write_text(&out, value, "b\xc3\xbc"), MR_OK);
  check_lines(mr__buf_text(&out), 77);
}

static void items(void **state) {
  (void)state;
  static const char *const few[] = {"a@b", "c@d"};
  static const char *const three[] = {"<" X40 "@a>", "x@y", "<" X40 "@b>"};
  static const char *const wide[] = {"a@b", X40 " " X40 " <c@d>", "e@f"};
  assert_int_equal(mr__header_write_items(&out, "To", few, 2), MR_OK);
  assert_int_equal(mr__header_write_items(&out, "Cc", three, 3), MR_OK);
  assert_int_equal(mr__header_write_items(&out, "Cc", wide, 3), MR_OK);
  assert_int_equal(mr__header_write_items(&out, "To", NULL, 0), MR_OK);
  assert_string_equal(mr__buf_text(&out),
                      "To: a@b, c@d\r\n"
                      "Cc: <" X40 "@a>, x@y,\r\n <" X40 "@b>\r\n"
                      "Cc: a@b,\r\n " X40 "\r\n " X40 " <c@d>, e@f\r\n"
                      "To:\r\n");
}

/* Many items come back out of the list, each line in its limit. */
static void many_items(void **state) {
  (void)state;
  enum { NUMBER = 5000 };
  static const char item[] = "\"Doe, J.\" <joe.doe@a.example>";
  const char *list[NUMBER];
  for (size_t i = 0; i < NUMBER; i++)
    list[i] = item;
  assert_int_equal(mr__header_write_items(&out, "To", list, NUMBER), MR_OK);
  check_lines(mr__buf_text(&out), 78);
  mr__cur cur = mr__cur_of(out.data + 3, out.len - 5);
  const char *found;
  size_t len, count = 0;
  while (mr__address_list_next(&cur, &found, &len) == 1)
    count += len == 19 && memcmp(found, "<joe.doe@a.example>", 19) == 0;
  assert_int_equal(count, NUMBER);
}

static void phrases(void **state) {
  (void)state;
  static const struct {
    const char *name, *written;
  } rows[] = {
      {"Joe Doe", "Joe Doe"},
      {"Joe Q. Doe", "\"Joe Q. Doe\""},
      {"Doe, Joe", "\"Doe, Joe\""},
      {"a\"b\\c", "\"a\\\"b\\\\c\""},
      {"", "\"\""},
      {" a", "\" a\""},
      {"a  b", "\"a  b\""},
      {"a@b", "\"a@b\""},
      {"=?UTF-8?Q?x?=", "\"=?UTF-8?Q?x?=\""},
      {"J\xc3\xb6rg Doe", "=?UTF-8?B?SsO2cmcgRG9l?="},
      {"\"J\xc3\xb6\" <a@b>", "=?UTF-8?B?IkrDtiIgPGFAYj4=?="},
      {X40 X40 "\xc3\xbc", "=?UTF-8?Q?" X40 "xxxxxxxxxxxxxxxxxxxxxxx?="
                           " =?UTF-8?Q?xxxxxxxxxxxxxxxxx=C3=BC?="},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    ROW_EQUAL(i, mr__header_phrase(&out, rows[i].name), MR_OK);
    ROW_TEXT(i, mr__buf_text(&out), rows[i].written);
    mr__buf_clear(&out);
  }
}

static int torture(kit_env *env, void *arg) {
  static const char *const list[] = {"a@b", "c@d"};
  mr__buf buf;
  (void)arg;
  mr__buf_init(&buf, &env->env, MAX);
  int err = mr__header_write_text(&buf, "Subject", "b\xc3\xbc" X40 X40 "\xc3\xbc");
  if (err == MR_OK)
    err = mr__header_write_items(&buf, "To", list, 2);
  if (err == MR_OK)
    err = mr__header_phrase(&buf, X40 X40 X40 X40 "\xc3\xbc");
  if (err == MR_OK)
    err = mr__header_phrase(&buf, X40 X40 "\"" X40 X40 X40 X40 X40 X40);
  size_t len = buf.len;
  mr__buf_free(&buf);
  if (err == MR_OK)
    return len < 200;
  return err != MR_ERR_NOMEM;
}

/* fault 98 */
static void no_memory(void **state) {
  (void)state;
  assert_true(kit_torture(torture, NULL, 0) >= 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(names, setup, teardown),
      cmocka_unit_test_setup_teardown(controls, setup, teardown),
      cmocka_unit_test_setup_teardown(plain_text, setup, teardown),
      cmocka_unit_test_setup_teardown(encoded_text, setup, teardown),
      cmocka_unit_test_setup_teardown(every_length, setup, teardown),
      cmocka_unit_test_setup_teardown(too_long, setup, teardown),
      cmocka_unit_test_setup_teardown(items, setup, teardown),
      cmocka_unit_test_setup_teardown(many_items, setup, teardown),
      cmocka_unit_test_setup_teardown(phrases, setup, teardown),
      cmocka_unit_test(no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
