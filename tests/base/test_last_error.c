/* SPDX-License-Identifier: MIT */
#include "base/last_error.h"

#include "base/fail.h"

static void stores_and_returns(void **state) {
  (void)state;
  mr__last_error e;
  mr__last_error_init(&e);
  assert_int_equal(e.view.code, MR_OK);
  assert_string_equal(e.view.host, "");
  assert_string_equal(e.view.text, "");
  assert_int_equal(mr__fail(&e, MR_ERR_TLS, 8, "mx.example", "bad %d", 7), MR_ERR_TLS);
  assert_int_equal(e.view.code, MR_ERR_TLS);
  assert_int_equal(e.view.stage, 8);
  assert_string_equal(e.view.host, "mx.example");
  assert_string_equal(e.view.text, "bad 7");
  assert_int_equal(mr__fail_at(&e, MR_ERR_ADDR, 12, "x"), MR_ERR_ADDR);
  assert_int_equal(e.view.stage, 0);
  assert_int_equal(e.view.offset, 12);
  assert_string_equal(e.view.host, "");
  mr__fail(&e, MR_ERR_PROTO, 1, NULL, "y");
  assert_int_equal(e.view.offset, 0);
}

static void may_quote_itself(void **state) {
  (void)state;
  mr__last_error e;
  mr__last_error_init(&e);
  mr__fail(&e, MR_ERR_PROTO, 1, "host", "first");
  mr__fail(&e, MR_ERR_PROTO, 1, e.view.host, "again: %s", e.view.text);
  assert_string_equal(e.view.text, "again: first");
  assert_string_equal(e.view.host, "host");
}

static void cuts_between_characters(void **state) {
  (void)state;
  static const struct {
    const char *tail;
    size_t octets;
  } cases[] = {{"z", 1}, {"\xc3\xa9", 2}, {"\xe2\x82\xac", 3}, {"\xf0\x9f\x93\xa7", 4}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    for (size_t before = 505; before < 512; before++) {
      mr__last_error e;
      char text[600];
      memset(text, 'a', before);
      strcpy(text + before, cases[i].tail);
      mr__last_error_init(&e);
      mr__fail(&e, MR_ERR_PROTO, 1, text, "%s", text);
      size_t whole = before + cases[i].octets;
      assert_int_equal(strlen(e.view.text), whole <= 511 ? whole : before);
      assert_int_equal(strlen(e.view.host), 255);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(stores_and_returns),
      cmocka_unit_test(may_quote_itself),
      cmocka_unit_test(cuts_between_characters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
