/* SPDX-License-Identifier: MIT */
/* mr_version, mr_feature and mr_strerror. */
#include "base/fail.h"

static void number_is_the_text(void **state) {
  (void)state;
  int part[3] = {0, 0, 0}, i = 0;
  for (const char *p = mr_version(); *p != '\0'; p++)
    if (*p == '.')
      i++;
    else
      part[i] = part[i] * 10 + *p - '0';
  assert_int_equal(i, 2);
  assert_int_equal(mr_version_number(), part[0] * 10000 + part[1] * 100 + part[2]);
  assert_string_equal(mr_version(), MR_VERSION);
}

static void features_are_those_of_the_build(void **state) {
  (void)state;
  static const struct {
    const char *name;
    int built;
  } cases[] = {{"tls", MR_WITH_TLS}, {"dns", MR_WITH_DNS},
               {"idn", MR_WITH_IDN}, {"driver", MR_WITH_DRIVER && MR_WITH_DNS},
               {"TLS", 0},           {"", 0},
               {"nonsense", 0}};
  size_t listed = 0, built = 0;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(mr_feature(cases[i].name), cases[i].built);
    built += (size_t)cases[i].built;
  }
  while (mr_feature_at(listed) != NULL)
    assert_int_equal(mr_feature(mr_feature_at(listed++)), 1);
  assert_int_equal(listed, built);
  assert_null(mr_feature_at(SIZE_MAX));
  assert_int_equal(mr_feature(NULL), 0);
}

/* Every code of base.h has its own text; all others have one in common. */
static void every_error_has_its_text(void **state) {
  (void)state;
  size_t known = 0;
  const char *unknown = mr_strerror(12345);
  assert_non_null(unknown);
  for (int code = 0; code >= -1000; code--) {
    if (strcmp(mr_strerror(code), unknown) == 0)
      continue;
    known++;
    for (int other = 0; other > code; other--)
      assert_string_not_equal(mr_strerror(code), mr_strerror(other));
  }
  assert_int_equal(known, 34);
  assert_string_equal(mr_strerror(-999999), unknown);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(number_is_the_text),
      cmocka_unit_test(features_are_those_of_the_build),
      cmocka_unit_test(every_error_has_its_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
