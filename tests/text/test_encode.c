/* SPDX-License-Identifier: MIT */
#include "text/check.h"
#include "text/decode.h"
#include "text/header.h"

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

#define A75 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* C8: a dot or "From " at a line start, also of a line that is only broken softly. */
static void quoted_printable(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t len;
    const char *written;
  } rows[] = {
      {"", 0, ""},
      {"a", 0, "a\r\n"},
      {"a\nb\r\n", 0, "a\r\nb\r\n"},
      {"\n\r\n", 0, "\r\n\r\n"},
      {".a\n..\n", 0, "=2Ea\r\n=2E.\r\n"},
      {"From a\nFromm\nFrom\n", 0, "=46rom a\r\nFromm\r\nFrom\r\n"},
      {"a=b", 0, "a=3Db\r\n"},
      {"a \nb\t\nc d\n", 0, "a=20\r\nb=09\r\nc d\r\n"},
      {"b\xc3\xbc\xff", 0, "b=C3=BC=FF\r\n"},
      {"a\0b\rc\x7f", 6, "a=00b=0Dc=7F\r\n"},
      {A75 "b\n", 0, A75 "b\r\n"},
      {A75 "bc\n", 0, A75 "=\r\nbc\r\n"},
      {A75 "..\n", 0, A75 "=\r\n=2E.\r\n"},
      {A75 "From x\n", 0, A75 "=\r\n=46rom x\r\n"},
      {A75 " ", 0, A75 "=\r\n=20\r\n"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    size_t len = rows[i].len > 0 ? rows[i].len : strlen(rows[i].text);
    char *exact = kit_exact(rows[i].text, len);
    ROW_EQUAL(i, mr__qp_encode(&out, exact, len), MR_OK);
    ROW_TEXT(i, mr__buf_text(&out), rows[i].written);
    mr__buf_clear(&out);
    free(exact);
  }
}

/* Decodes all lines and checks each one's length. */
static size_t qp_decode(const char *text, char *plain) {
  size_t n = 0;
  while (*text != 0) {
    const char *end = strstr(text, "\r\n");
    assert_non_null(end);
    size_t len = (size_t)(end - text);
    assert_true(len <= 76 && *text != '.' && strncmp(text, "From ", 5) != 0);
    assert_true(len == 0 || (end[-1] != ' ' && end[-1] != '\t'));
    int soft = len > 0 && end[-1] == '=';
    n += decode_q(text, len - (size_t)soft, plain + n, 0);
    if (!soft)
      plain[n++] = '\n';
    text = end + 2;
  }
  return n;
}

static void quoted_printable_round_trip(void **state) {
  (void)state;
  static const char alphabet[] = "..==  \t\nFrom aaaa\xc3\xbc";
  kit_rng rng;
  kit_rng_init(&rng, 7);
  for (int round = 0; round < 2000; round++) {
    char text[400], plain[500];
    size_t len = 1 + (size_t)kit_rng_below(&rng, sizeof text - 1);
    for (size_t i = 0; i < len; i++)
      text[i] = alphabet[kit_rng_below(&rng, sizeof alphabet - 1)];
    text[len - 1] = '\n';
    assert_int_equal(mr__qp_encode(&out, text, len), MR_OK);
    assert_int_equal(qp_decode(mr__buf_text(&out), plain), len);
    assert_memory_equal(plain, text, len);
    mr__buf_clear(&out);
  }
}

/* RFC 4648 10, and lines. */
static void base64(void **state) {
  (void)state;
  static const struct {
    const char *data, *written;
    size_t line;
  } rows[] = {
      {"", "", 0},
      {"f", "Zg==", 0},
      {"fo", "Zm8=", 0},
      {"foo", "Zm9v", 0},
      {"foob", "Zm9vYg==", 0},
      {"fooba", "Zm9vYmE=", 0},
      {"foobar", "Zm9vYmFy", 0},
      {"", "", 76},
      {"foo", "Zm9v\r\n", 76},
      {"foobar", "Zm9v\r\nYmFy\r\n", 4},
      {"foobar", "Zm9v\r\nYmFy\r\n", 7},
      {"\xff\xef\xbe", "/+++", 0},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    size_t len = strlen(rows[i].data);
    char *exact = kit_exact(rows[i].data, len);
    ROW_EQUAL(i, mr__base64_encode(&out, exact, len, rows[i].line), MR_OK);
    ROW_TEXT(i, mr__buf_text(&out), rows[i].written);
    mr__buf_clear(&out);
    free(exact);
  }
}

static void base64_round_trip(void **state) {
  (void)state;
  uint8_t data[300];
  kit_rng rng;
  kit_rng_init(&rng, 3);
  kit_rng_fill(&rng, data, sizeof data);
  for (size_t len = 0; len < sizeof data; len++) {
    kit_buf plain = {NULL, 0, 0, 0};
    assert_int_equal(mr__base64_encode(&out, data, len, 0), MR_OK);
    assert_true(kit_base64(mr__buf_text(&out), out.len, &plain));
    assert_int_equal(plain.len, len);
    if (len > 0)
      assert_memory_equal(plain.data, data, len);
    kit_buf_free(&plain);
    mr__buf_clear(&out);
    assert_int_equal(mr__base64_encode(&out, data, len, 76), MR_OK);
    size_t digits = (len + 2) / 3 * 4;
    assert_int_equal(out.len, digits + (digits + 75) / 76 * 2);
    mr__buf_clear(&out);
  }
}

static void dates(void **state) {
  (void)state;
  static const struct {
    int64_t ms;
    const char *text;
  } rows[] = {
      {0, "Thu, 01 Jan 1970 00:00:00 +0000"},
      {-1, "Wed, 31 Dec 1969 23:59:59 +0000"},
      {999, "Thu, 01 Jan 1970 00:00:00 +0000"},
      {INT64_C(951782400000), "Tue, 29 Feb 2000 00:00:00 +0000"},
      {INT64_C(951868800000), "Wed, 01 Mar 2000 00:00:00 +0000"},
      {INT64_C(4107542400000), "Mon, 01 Mar 2100 00:00:00 +0000"},
      {INT64_C(1795396760000), "Mon, 23 Nov 2026 01:19:20 +0000"},
      /* fault 84: past 2038 */
      {INT64_C(2147483648000), "Tue, 19 Jan 2038 03:14:08 +0000"},
      {INT64_C(253402300799999), "Fri, 31 Dec 9999 23:59:59 +0000"},
      {INT64_MAX, "Fri, 31 Dec 9999 23:59:59 +0000"},
      {INT64_MIN, "Mon, 01 Jan 0001 00:00:00 +0000"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    char text[40];
    mr__date_print(rows[i].ms, text);
    ROW_TEXT(i, text, rows[i].text);
  }
}

static int torture(kit_env *env, void *arg) {
  mr__buf buf;
  char text[2000];
  (void)arg;
  memset(text, '=', sizeof text);
  mr__buf_init(&buf, &env->env, MAX);
  int err = mr__qp_encode(&buf, text, sizeof text);
  size_t first = buf.len;
  if (err == MR_OK)
    err = mr__base64_encode(&buf, text, sizeof text, 76);
  int right = err == MR_OK || (err == MR_ERR_NOMEM && (buf.len == 0 || buf.len == first));
  mr__buf_free(&buf);
  return !right;
}

/* fault 98 */
static void no_memory(void **state) {
  (void)state;
  assert_true(kit_torture(torture, NULL, 0) >= 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(quoted_printable, setup, teardown),
      cmocka_unit_test_setup_teardown(quoted_printable_round_trip, setup, teardown),
      cmocka_unit_test_setup_teardown(base64, setup, teardown),
      cmocka_unit_test_setup_teardown(base64_round_trip, setup, teardown),
      cmocka_unit_test(dates),
      cmocka_unit_test(no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
