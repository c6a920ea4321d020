/* SPDX-License-Identifier: MIT */
/* Canonical forms of RFC 6376 3.4 with the examples of 3.4.5, tag lists, folding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit/kit_alloc.h"
#include "kit/kit_buf.h"
#include "text/dkim.h"

static void into(void *user, const void *data, size_t len) {
  kit_buf_add(user, data, len);
}

static void assert_same(const char *got, size_t got_len, const char *want,
                        size_t want_len) {
  if (got_len != want_len || (want_len > 0 && memcmp(got, want, want_len) != 0))
    print_message("got  [%.*s]\nwant [%.*s]\n", (int)got_len, got != NULL ? got : "",
                  (int)want_len, want);
  assert_int_equal(got_len, want_len);
  if (want_len > 0)
    assert_memory_equal(got, want, want_len);
}

/* The body in pieces of `step` octets, 0 = random ones. */
static kit_buf body_of(const char *text, size_t len, int relaxed, size_t step,
                       kit_rng *rng) {
  kit_buf out = {0};
  mr__dkim_body body;
  mr__dkim_body_init(&body, relaxed, into, &out);
  for (size_t at = 0; at < len;) {
    size_t n = step > 0 ? step : 1 + (size_t)kit_rng_below(rng, 90);
    n = n < len - at ? n : len - at;
    void *piece = kit_exact(text + at, n);
    mr__dkim_body_add(&body, piece, n);
    free(piece);
    at += n;
  }
  mr__dkim_body_end(&body);
  return out;
}

static void check_body(const char *text, const char *simple, const char *relaxed) {
  const char *want[2] = {simple, relaxed};
  for (int form = 0; form < 2; form++)
    for (size_t step = 1; step < 9; step++) {
      kit_buf got = body_of(text, strlen(text), form, step, NULL);
      assert_same(got.data, got.len, want[form], strlen(want[form]));
      kit_buf_free(&got);
    }
}

/* RFC 6376 3.4.3 to 3.4.5 */
static void test_body(void **state) {
  static const struct {
    const char *text, *simple, *relaxed;
  } rows[] = {
      {" C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n", " C\r\nD E\r\n"},
      {"", "\r\n", ""},
      {"\r\n", "\r\n", ""},
      {"\r\n\r\n\r\n", "\r\n", ""},
      {" \r\n\t\r\n", " \r\n\t\r\n", ""},
      {"a", "a\r\n", "a\r\n"},
      {"a \t", "a \t\r\n", "a\r\n"},
      {"a\r\n", "a\r\n", "a\r\n"},
      {"a\r\n \r\n", "a\r\n \r\n", "a\r\n"},
      {"a\r\n\r\n\r\nb\r\n\r\n", "a\r\n\r\n\r\nb\r\n", "a\r\n\r\n\r\nb\r\n"},
      {"a\r\n \t\r\nb\r\n", "a\r\n \t\r\nb\r\n", "a\r\n\r\nb\r\n"},
      {"\t a\tb  c \t d\r\n", "\t a\tb  c \t d\r\n", " a b c d\r\n"},
      {"a \r\n b\r\n", "a \r\n b\r\n", "a\r\n b\r\n"},
      {"a\rb\nc \rd\r\n", "a\rb\nc \rd\r\n", "a\rb\nc \rd\r\n"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    check_body(rows[i].text, rows[i].simple, rows[i].relaxed);
}

/* RFC 6376 3.4.4, line by line, with none of the shortcuts. */
static kit_buf slow_relaxed(const char *text) {
  kit_buf out = {0};
  size_t end = 0; /* behind the last line that is not empty */
  while (*text != '\0') {
    const char *stop = strstr(text, "\r\n");
    size_t len = stop != NULL ? (size_t)(stop - text) : strlen(text);
    size_t start = out.len;
    for (size_t i = 0; i < len; i++) {
      int blank = text[i] == ' ' || text[i] == '\t';
      if (blank && out.len > start && out.data[out.len - 1] == ' ')
        continue;
      kit_buf_add(&out, blank ? " " : text + i, 1);
    }
    if (out.len > start && out.data[out.len - 1] == ' ')
      out.len--;
    int empty = out.len == start;
    kit_buf_str(&out, "\r\n");
    end = empty ? end : out.len;
    text += len + (stop != NULL ? 2 : 0);
  }
  out.len = end;
  return out;
}

static void random_text(kit_rng *rng, char *text, size_t words) {
  static const char *const parts[] = {" ",
                                      "  ",
                                      "\t",
                                      "\r\n",
                                      "\r\n\r\n",
                                      "a",
                                      " \r\n",
                                      "word",
                                      "longer-word-without-any-blank",
                                      "and plain text with single blanks in it"};
  text[0] = '\0';
  for (size_t i = 0; i < words; i++)
    strcat(text, parts[kit_rng_below(rng, sizeof parts / sizeof parts[0])]);
}

static void test_body_random(void **state) {
  (void)state;
  kit_rng rng;
  kit_rng_init(&rng, 11);
  for (int i = 0; i < 3000; i++) {
    char text[40 * 64];
    random_text(&rng, text, 1 + (size_t)kit_rng_below(&rng, 60));
    kit_buf want = slow_relaxed(text);
    kit_buf whole = body_of(text, strlen(text), 1, strlen(text), NULL);
    kit_buf pieces = body_of(text, strlen(text), 1, 0, &rng);
    assert_same(whole.data, whole.len, want.data, want.len);
    assert_same(pieces.data, pieces.len, want.data, want.len);
    kit_buf_free(&want);
    kit_buf_free(&whole);
    kit_buf_free(&pieces);
  }
}

/* More empty lines than are held anywhere. */
static void test_body_breaks(void **state) {
  (void)state;
  kit_buf text = {0};
  for (int i = 0; i < 5000; i++)
    kit_buf_str(&text, "\r\n");
  kit_buf none = body_of(text.data, text.len, 1, 7, NULL);
  assert_int_equal(none.len, 0);
  kit_buf_str(&text, "x\r\n");
  kit_buf all = body_of(text.data, text.len, 1, 7, NULL);
  assert_same(all.data, all.len, text.data, text.len);
  kit_buf_free(&none);
  kit_buf_free(&all);
  kit_buf_free(&text);
}

static void test_header(void **state) {
  static const struct {
    const char *field, *relaxed;
  } rows[] = {
      {"A: X\r\n", "a:X\r\n"},
      {"B : Y\t\r\n\tZ  \r\n", "b:Y Z\r\n"},
      {"SUBJect:\r\n  AbC\r\n", "subject:AbC\r\n"},
      {"S:\r\n", "s:\r\n"},
      {"S: \t \r\n", "s:\r\n"},
      {"S:a \t b\r\n\t\r\n c", "s:a b c"},
      {"S:x", "s:x"},
      {"no colon", "no colon"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    for (int relaxed = 0; relaxed < 2; relaxed++) {
      kit_buf got = {0};
      mr__dkim_out out;
      size_t len = strlen(rows[i].field);
      char *field = kit_exact(rows[i].field, len);
      const char *want = relaxed ? rows[i].relaxed : rows[i].field;
      mr__dkim_out_init(&out, into, &got);
      mr__dkim_header(&out, field, len, relaxed);
      mr__dkim_flush(&out);
      assert_same(got.data, got.len, want, strlen(want));
      kit_buf_free(&got);
      free(field);
    }
}

/* name=value pairs with ',' between them; "!" where it is no list. */
static void list_tags(const char *list, char *dst) {
  size_t len = strlen(list);
  char *exact = kit_exact(list, len);
  mr__cur cur = mr__cur_of(exact, len);
  mr__dkim_tag tag;
  int more;
  dst[0] = '\0';
  while ((more = mr__dkim_tag_next(&cur, &tag)) == 1) {
    strncat(dst, tag.name, tag.name_len);
    strcat(dst, "=");
    strncat(dst, tag.value, tag.value_len);
    strcat(dst, ",");
  }
  if (more < 0)
    strcat(dst, "!");
  free(exact);
}

/* RFC 6376 3.2 */
static void test_tags(void **state) {
  static const char *const rows[][2] = {
      {"", ""},
      {"a=1", "a=1,"},
      {" a = 1 2 ;\r\n b_2=\r\n\t;", "a=1 2,b_2=,"},
      {"a=b=c; ", "a=b=c,"},
      {"a", "!"},
      {";", "!"},
      {"a=1;;b=2", "a=1,!"},
      {"1=a", "!"},
      {"a b=1", "!"},
      {"=1", "!"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char got[256];
    list_tags(rows[i][0], got);
    assert_string_equal(got, rows[i][1]);
  }
}

static void test_tag_find(void **state) {
  (void)state;
  mr__dkim_tag tag;
  const char *list = "cv=none; i=12; cvx=a";
  assert_int_equal(mr__dkim_tag_find(list, strlen(list), "i", &tag), 1);
  assert_same(tag.value, tag.value_len, "12", 2);
  assert_int_equal(mr__dkim_tag_find(list, strlen(list), "c", &tag), 0);
  assert_int_equal(mr__dkim_tag_find("i=1;i=2", 7, "i", &tag), MR_ERR_PROTO);
  assert_int_equal(mr__dkim_tag_find("i=1;;", 5, "i", &tag), MR_ERR_PROTO);
}

static void test_names(void **state) {
  (void)state;
  const char *list = "From : To:\r\n Subject:";
  mr__cur cur = mr__cur_of(list, strlen(list));
  static const char *const want[] = {"From", "To", "Subject"};
  const char *name;
  size_t len;
  for (int i = 0; i < 3; i++) {
    assert_int_equal(mr__dkim_name_next(&cur, &name, &len), 1);
    assert_same(name, len, want[i], strlen(want[i]));
  }
  assert_int_equal(mr__dkim_name_next(&cur, &name, &len), 0);
  char over[MR__DKIM_LINE] = {0};
  memset(over, 'x', sizeof over - 1);
  const char *const bad[] = {":", "a b", "a::b", "\xc3\xa4", "a;b", over};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    int more = 1;
    cur = mr__cur_of(bad[i], strlen(bad[i]));
    while (more == 1)
      more = mr__dkim_name_next(&cur, &name, &len);
    assert_int_equal(more, MR_ERR_HDR_NAME);
  }
}

/* No line over 78 unless a token is longer; each continuation begins with white space. */
static void assert_folded(const char *text, size_t len, size_t longest) {
  size_t line = 0;
  assert_true(len >= 2 && memcmp(text + len - 2, "\r\n", 2) == 0);
  for (size_t i = 0; i < len; i++) {
    if (text[i] == '\r') {
      assert_true(line <= MR__DKIM_LINE || line <= longest + 4);
      assert_int_equal(text[i + 1], '\n');
      assert_true(i + 2 == len || text[i + 2] == ' ');
      i++;
      line = 0;
      continue;
    }
    line++;
  }
}

/* bug 48: every length of value, list and signature. */
static void test_folding(void **state) {
  (void)state;
  kit_env env;
  kit_env_init(&env, 1);
  for (size_t n = 1; n <= 2000; n += n < 200 ? 1 : 37) {
    mr__buf out;
    mr__dkim_field f;
    char value[2000];
    memset(value, 'v', n);
    mr__buf_init(&out, &env.env, 64 * 1024);
    mr__dkim_field_begin(&f, &out, "DKIM-Signature");
    mr__dkim_field_tag(&f, "d", value, n);
    for (size_t i = 0; i < n / 8; i++)
      mr__dkim_field_name(&f, value, 1 + i % 30);
    mr__dkim_field_names_end(&f);
    mr__dkim_field_number(&f, "t", n);
    mr__dkim_field_text(&f, "some words  and\tmore of them", 28);
    mr__dkim_field_b(&f);
    mr__dkim_field_signature(&f, value, n);
    assert_int_equal(out.err, MR_OK);
    assert_folded((const char *)out.data, out.len, n);
    mr__buf_free(&out);
  }
  assert_int_equal(kit_env_done(&env), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_body),        cmocka_unit_test(test_body_random),
      cmocka_unit_test(test_body_breaks), cmocka_unit_test(test_header),
      cmocka_unit_test(test_tags),        cmocka_unit_test(test_tag_find),
      cmocka_unit_test(test_names),       cmocka_unit_test(test_folding),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
