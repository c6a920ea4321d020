/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include "base/fail.h"

static failing host;

static int setup(void **state) {
  (void)state;
  failing_init(&host);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  return host.live != 0;
}

static void appends_and_reads_back(void **state) {
  (void)state;
  static const uint8_t wanted[] = {'a', 'b', 'c', 0x12, 0x34, 0xde, 0xad, 0xbe, 0xef, 0};
  mr__buf buf;
  mr__buf_init(&buf, &host.env, 100);
  assert_string_equal(mr__buf_text(&buf), "");
  mr__buf_puts(&buf, "ab");
  mr__buf_putc(&buf, 'c');
  mr__buf_put16(&buf, 0x1234);
  mr__buf_put32(&buf, 0xdeadbeef);
  assert_int_equal(mr__buf_put(&buf, NULL, 0), MR_OK);
  assert_int_equal(buf.len, 9);
  assert_memory_equal(mr__buf_text(&buf), wanted, sizeof wanted);
  mr__buf_free(&buf);
  assert_int_equal(mr__buf_puts(&buf, "again"), MR_OK);
  assert_string_equal(mr__buf_text(&buf), "again");
  mr__buf_free(&buf);
}

/* The limit is exact, sticks, and is gone after clear. */
static void limit_is_exact_and_sticks(void **state) {
  (void)state;
  static const size_t limits[] = {0, 1, 5, 63, 64, 65, 127, 128, 1000};
  for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
    mr__buf buf;
    mr__buf_init(&buf, &host.env, limits[i]);
    for (size_t n = 0; n < limits[i]; n++)
      assert_int_equal(mr__buf_putc(&buf, 'x'), MR_OK);
    assert_int_equal(strlen(mr__buf_text(&buf)), limits[i]);
    assert_int_equal(mr__buf_putc(&buf, 'y'), MR_ERR_LIMIT);
    assert_int_equal(buf.len, limits[i]);
    assert_int_equal(mr__buf_put(&buf, NULL, 0), MR_ERR_LIMIT);
    assert_string_equal(mr__buf_text(&buf), "");
    mr__buf_clear(&buf);
    assert_int_equal(buf.err, MR_OK);
    assert_int_equal(buf.len, 0);
    mr__buf_free(&buf);
  }
}

/* fault 99: sizes at the end of the range ask for nothing impossible. */
static void huge_sizes_are_refused(void **state) {
  (void)state;
  mr__buf buf;
  mr__buf_init(&buf, &host.env, SIZE_MAX);
  mr__buf_putc(&buf, 'a');
  size_t calls = host.calls;
  assert_int_equal(mr__buf_reserve(&buf, SIZE_MAX), MR_ERR_LIMIT);
  mr__buf_clear(&buf);
  mr__buf_putc(&buf, 'a');
  assert_int_equal(mr__buf_reserve(&buf, SIZE_MAX - 1), MR_ERR_NOMEM);
  assert_int_equal(host.calls, calls);
  mr__buf_free(&buf);
}

static void consume_drops_the_front(void **state) {
  (void)state;
  static const struct {
    size_t n;
    const char *rest;
  } cases[] = {{0, "hello"}, {2, "llo"}, {5, ""}, {6, ""}, {SIZE_MAX, ""}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    mr__buf buf;
    mr__buf_init(&buf, &host.env, 10);
    mr__buf_consume(&buf, cases[i].n);
    mr__buf_puts(&buf, "hello");
    mr__buf_consume(&buf, cases[i].n);
    assert_string_equal(mr__buf_text(&buf), cases[i].rest);
    mr__buf_free(&buf);
  }
}

static int fill_and_check(const mr_env *env) {
  mr__buf buf;
  mr__buf_init(&buf, env, 100000);
  for (int i = 0; i < 5000; i++)
    mr__buf_putc(&buf, 'a' + i % 26);
  for (size_t i = 0; i < buf.len; i++)
    assert_int_equal(buf.data[i], 'a' + (int)(i % 26));
  int rc = buf.err;
  if (rc == MR_OK)
    assert_int_equal(buf.len, 5000);
  else
    assert_string_equal(mr__buf_text(&buf), "");
  mr__buf_free(&buf);
  return rc;
}

/* bug 60, fault 98: a growth that fails keeps what is there and leaks nothing. */
static void survives_any_failed_growth(void **state) {
  (void)state;
  torture(fill_and_check);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(appends_and_reads_back, setup, teardown),
      cmocka_unit_test_setup_teardown(limit_is_exact_and_sticks, setup, teardown),
      cmocka_unit_test_setup_teardown(huge_sizes_are_refused, setup, teardown),
      cmocka_unit_test_setup_teardown(consume_drops_the_front, setup, teardown),
      cmocka_unit_test(survives_any_failed_growth),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
