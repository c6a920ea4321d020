/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include "base/fail.h"

static void steps_and_peeks(void **state) {
  (void)state;
  mr__cur cur = mr__cur_of("a\xff", 2);
  assert_int_equal(mr__cur_peek(&cur), 'a');
  assert_int_equal(mr__cur_skip_if(&cur, 'b'), 0);
  assert_int_equal(mr__cur_skip_if(&cur, 'a'), 1);
  assert_int_equal(mr__cur_offset(&cur), 1);
  assert_int_equal(mr__cur_next(&cur), 0xff);
  assert_int_equal(mr__cur_left(&cur), 0);
  assert_int_equal(mr__cur_peek(&cur), -1);
  assert_int_equal(mr__cur_next(&cur), -1);
  assert_int_equal(mr__cur_skip_if(&cur, -1), 0);
  assert_int_equal(cur.err, MR_OK);
}

static void reads_network_order(void **state) {
  (void)state;
  static const uint8_t data[] = {0xfe, 0x12, 0x34, 0xff, 0xee, 0xdd, 0xcc, 'x', 'y'};
  mr__cur cur = mr__cur_of(data, sizeof data);
  assert_int_equal(mr__cur_get8(&cur), 0xfe);
  assert_int_equal(mr__cur_get16(&cur), 0x1234);
  assert_int_equal(mr__cur_get32(&cur), 0xffeeddcc);
  assert_ptr_equal(mr__cur_get(&cur, 2), data + 7);
  assert_non_null(mr__cur_get(&cur, 0));
  assert_int_equal(cur.err, MR_OK);
}

static uint32_t get8(mr__cur *cur) { return mr__cur_get8(cur); }
static uint32_t get16(mr__cur *cur) { return mr__cur_get16(cur); }
static uint32_t get_most(mr__cur *cur) { return mr__cur_get(cur, SIZE_MAX) != NULL; }

/* Past the end: nothing is read, the position stays, the error sticks. */
static void errors_stick(void **state) {
  (void)state;
  static const struct {
    size_t len;
    uint32_t (*get)(mr__cur *cur);
  } cases[] = {{0, get8}, {1, get16}, {3, mr__cur_get32}, {8, get_most}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint8_t *data = malloc(cases[i].len + 1); /* ASan sees a step too far */
    assert_non_null(data);
    memset(data, 0xff, cases[i].len + 1);
    mr__cur cur = mr__cur_of(data, cases[i].len);
    assert_int_equal(cases[i].get(&cur), 0);
    assert_int_equal(cur.err, MR_ERR_PROTO);
    assert_int_equal(mr__cur_offset(&cur), 0);
    assert_int_equal(mr__cur_get8(&cur), 0);
    assert_null(mr__cur_get(&cur, 0));
    free(data);
  }
}

static void of_nothing(void **state) {
  (void)state;
  mr__cur cur = mr__cur_of(NULL, 7);
  assert_int_equal(mr__cur_left(&cur), 0);
  assert_int_equal(mr__cur_next(&cur), -1);
}

/* fault 102: classes know ASCII alone, whatever the locale says. */
static void classes_are_ascii(void **state) {
  (void)state;
  for (int c = -1; c < 256; c++) {
    int digit = c >= 48 && c <= 57;
    int upper = c >= 65 && c <= 90;
    int lower = c >= 97 && c <= 122;
    assert_int_equal(mr__is_digit(c), digit);
    assert_int_equal(mr__is_alpha(c), upper || lower);
    assert_int_equal(mr__is_alnum(c), digit || upper || lower);
    assert_int_equal(mr__lower(c), upper ? c + 32 : c);
  }
}

static void compares(void **state) {
  (void)state;
  static const struct {
    const char *a, *b;
    int same, same_case;
  } cases[] = {
      {"", "", 1, 1},          {"a", "", 0, 0},        {"aBc", "aBc", 1, 1},
      {"aBc", "AbC", 0, 1},    {"abc", "abcd", 0, 0},  {"a[", "a{", 0, 0},
      {"i", "\xc4\xb1", 0, 0}, {"\xc0", "\xe0", 0, 0}, {"@", "`", 0, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(mr__streq(cases[i].a, cases[i].b), cases[i].same);
    assert_int_equal(mr__strcaseeq(cases[i].a, cases[i].b), cases[i].same_case);
  }
  assert_int_equal(mr__memcaseeq("a\0B", "A\0b", 3), 1);
  assert_int_equal(mr__memcaseeq("a\0B", "A\0c", 3), 0);
  assert_int_equal(mr__memcaseeq("x", "y", 0), 1);
  assert_int_equal(mr__strlen("abc"), 3);
  assert_int_equal(mr__strlen(NULL), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(steps_and_peeks),   cmocka_unit_test(reads_network_order),
      cmocka_unit_test(errors_stick),      cmocka_unit_test(of_nothing),
      cmocka_unit_test(classes_are_ascii), cmocka_unit_test(compares),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
