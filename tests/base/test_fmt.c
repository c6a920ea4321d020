/* SPDX-License-Identifier: MIT */
#include "base/fmt.h"

#include "base/fail.h"

#define CHECK(wanted, ...)                                                               \
  do {                                                                                   \
    char got_[256];                                                                      \
    size_t len_ = mr__fmt_to(got_, sizeof got_, __VA_ARGS__);                            \
    assert_string_equal(got_, wanted);                                                   \
    assert_int_equal(len_, strlen(wanted));                                              \
  } while (0)

static void numbers(void **state) {
  (void)state;
  CHECK("0", "%d", 0);
  CHECK("-2147483648", "%d", INT32_MIN);
  CHECK("4294967295", "%u", UINT32_MAX);
  CHECK("-9223372036854775808", "%lld", (long long)INT64_MIN);
  CHECK("18446744073709551615", "%llu", (unsigned long long)UINT64_MAX);
  CHECK("ffffffffffffffff", "%llx", (unsigned long long)UINT64_MAX);
  CHECK("18446744073709551615", "%zu", SIZE_MAX);
  CHECK("beef", "%x", 0xbeefu);
}

static void widths(void **state) {
  (void)state;
  CHECK("07", "%02u", 7u);
  CHECK("123", "%02u", 123u);
  CHECK("-007", "%04d", -7);
  CHECK("  -7", "%4d", -7);
  CHECK("-7  |", "%-4d|", -7);
  CHECK("  ab|ab  |", "%4s|%-4s|", "ab", "ab");
  CHECK("00000000ff", "%010x", 255u);
}

static void texts(void **state) {
  (void)state;
  static const char open_end[3] = {'a', 'b', 'c'};
  CHECK("100% of x", "%d%% of %c", 100, 'x');
  CHECK("abc", "%.*s", 3, open_end);
  CHECK("ab", "%.2s", "abc");
  CHECK("", "%.*s", 0, open_end);
  CHECK("abc", "%.*s", -1, "abc");
  CHECK("abc", "%.*s", 10, "abc");
  CHECK("[]", "[%s]", (const char *)NULL);
  CHECK("[]", "[%q]", (const char *)NULL);
  CHECK("x", "x");
  CHECK("", "%s", "");
}

/* fault 104: nothing of a peer reaches a log or a terminal as a control character. */
static void quoted(void **state) {
  (void)state;
  CHECK("plain ~", "%q", "plain ~");
  CHECK("a\\x0d\\x0ab\\x1b[2J", "%q", "a\r\nb\x1b[2J");
  CHECK("\\x5cx41\\x7f\\xc3\\xa9", "%q", "\\x41\x7f\xc3\xa9");
  CHECK("<\\x00", "<%s\\x00", "");
  CHECK("ab", "%.*q", 2, "ab\n");
}

static void cut_to_fit(void **state) {
  (void)state;
  char text[4];
  for (size_t cap = 0; cap <= sizeof text; cap++) {
    memset(text, '#', sizeof text);
    assert_int_equal(mr__fmt_to(text, cap, "%s-%d", "ab", 123), 6);
    for (size_t i = cap; i < sizeof text; i++)
      assert_int_equal(text[i], '#');
    if (cap > 0) {
      assert_int_equal(strlen(text), cap - 1);
      assert_memory_equal(text, "ab-", cap - 1);
    }
  }
}

static void into_a_buffer(void **state) {
  (void)state;
  failing host;
  mr__buf buf;
  failing_init(&host);
  mr__buf_init(&buf, &host.env, 10);
  assert_int_equal(mr__fmt(&buf, "%s %d", "abc", 12), MR_OK);
  assert_string_equal(mr__buf_text(&buf), "abc 12");
  assert_int_equal(mr__fmt(&buf, "%05d", 1), MR_ERR_LIMIT);
  mr__buf_clear(&buf);
  assert_int_equal(mr__fmt(&buf, "%k"), MR_ERR_MISUSE);
  assert_int_equal(mr__fmt(&buf, "%"), MR_ERR_MISUSE);
  assert_int_equal(buf.err, MR_OK);
  mr__buf_free(&buf);
  assert_int_equal(host.live, 0);
}

static void parses_digits_only(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int rc;
    uint64_t value;
  } cases[] = {
      {"0", MR_OK, 0},
      {"007", MR_OK, 7},
      {"18446744073709551615", MR_OK, UINT64_MAX},
      {"18446744073709551616", MR_ERR_RANGE, 0},
      {"99999999999999999999", MR_ERR_RANGE, 0},
      {"", MR_ERR_RANGE, 0},
      {"-1", MR_ERR_RANGE, 0},
      {"+1", MR_ERR_RANGE, 0},
      {" 1", MR_ERR_RANGE, 0},
      {"1 ", MR_ERR_RANGE, 0},
      {"1\xb2", MR_ERR_RANGE, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint64_t value = 0;
    int rc = mr__parse_u64(cases[i].text, strlen(cases[i].text), &value);
    assert_int_equal(rc, cases[i].rc);
    assert_true(value == cases[i].value);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers),
      cmocka_unit_test(widths),
      cmocka_unit_test(texts),
      cmocka_unit_test(quoted),
      cmocka_unit_test(cut_to_fit),
      cmocka_unit_test(into_a_buffer),
      cmocka_unit_test(parses_digits_only),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
