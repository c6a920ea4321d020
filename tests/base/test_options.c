/* SPDX-License-Identifier: MIT */
#include "base/options.h"

#include <mailroute/options.h>

#include "base/fail.h"

static failing host;
static mr_options *options;

static int setup(void **state) {
  (void)state;
  failing_init(&host);
  return mr_options_new(&options, &host.env);
}

static int teardown(void **state) {
  (void)state;
  mr_options_free(options);
  return host.live != 0;
}

static void everything_starts_at_its_default(void **state) {
  (void)state;
  const mr_option *row;
  for (size_t i = 0; (row = mr_option_at(i)) != NULL; i++) {
    const mr_options *both[] = {options, NULL};
    for (int k = 0; k < 2; k++) {
      assert_true(mr_options_get(both[k], row->id) == row->value);
      assert_string_equal(mr_options_get_text(both[k], row->id), row->text);
    }
  }
}

static void check_numeric(const mr_option *row) {
  const int64_t good[] = {row->minimum, row->maximum};
  const int64_t bad[] = {row->minimum - 1, row->maximum + 1, INT64_MIN, INT64_MAX};
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(mr_options_set(options, row->id, good[i]), MR_OK);
    assert_true(mr_options_get(options, row->id) == good[i]);
  }
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(mr_options_set(options, row->id, bad[i]), MR_ERR_RANGE);
    assert_true(mr_options_get(options, row->id) == row->maximum);
  }
  assert_int_equal(mr_options_set_text(options, row->id, "1"), MR_ERR_MISUSE);
  assert_string_equal(mr_options_get_text(options, row->id), "");
}

static void check_text(const mr_option *row) {
  char longest[300];
  assert_true(row->maximum + 2 < (int64_t)sizeof longest);
  memset(longest, 'x', sizeof longest);
  longest[row->maximum + 1] = '\0';
  assert_int_equal(mr_options_set_text(options, row->id, longest), MR_ERR_RANGE);
  longest[row->maximum] = '\0';
  assert_int_equal(mr_options_set_text(options, row->id, longest), MR_OK);
  assert_int_equal(mr_options_set_text(options, row->id, "a\r\nb"), MR_ERR_RANGE);
  assert_int_equal(mr_options_set_text(options, row->id, "a\x7f"), MR_ERR_RANGE);
  assert_string_equal(mr_options_get_text(options, row->id), longest);
  assert_int_equal(mr_options_set(options, row->id, 0), MR_ERR_MISUSE);
  assert_true(mr_options_get(options, row->id) == 0);
}

/* fault 100: every row at and beyond both ends of its range. */
static void ranges_are_exact(void **state) {
  (void)state;
  const mr_option *row;
  for (size_t i = 0; (row = mr_option_at(i)) != NULL; i++)
    if (row->type == MR_OPTION_TEXT)
      check_text(row);
    else
      check_numeric(row);
}

/* fault 100: NULL and unknown ids. */
static void misuse(void **state) {
  (void)state;
  static const int unknown[] = {0, -1, 6, 19, 155, 1000000, INT32_MIN, INT32_MAX};
  assert_int_equal(mr_options_new(NULL, NULL), MR_ERR_MISUSE);
  mr_options_free(NULL);
  for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
    assert_int_equal(mr_options_set(options, unknown[i], 1), MR_ERR_MISUSE);
    assert_int_equal(mr_options_set_text(options, unknown[i], "x"), MR_ERR_MISUSE);
    assert_true(mr_options_get(options, unknown[i]) == 0);
    assert_string_equal(mr_options_get_text(options, unknown[i]), "");
  }
  assert_int_equal(mr_options_set(NULL, MR_OPT_PORT, 1), MR_ERR_MISUSE);
  assert_int_equal(mr_options_set_text(NULL, MR_OPT_HELO_NAME, "x"), MR_ERR_MISUSE);
  assert_int_equal(mr_options_set_text(options, MR_OPT_HELO_NAME, NULL), MR_ERR_MISUSE);
  assert_int_equal(mr_options_set_name(NULL, "port", "1"), MR_ERR_MISUSE);
  assert_int_equal(mr_options_set_name(options, NULL, "1"), MR_ERR_MISUSE);
  assert_int_equal(mr_options_set_name(options, "port", NULL), MR_ERR_MISUSE);
  assert_int_equal(mr_options_set_name(options, "ports", "1"), MR_ERR_NOT_FOUND);
  assert_null(mr_option_at(SIZE_MAX));
}

static const struct {
  const char *name, *text;
  int rc, id;
  int64_t value;
} named[] = {
    {"port", "2525", MR_OK, MR_OPT_PORT, 2525},
    {"port", "0", MR_ERR_RANGE, MR_OPT_PORT, 25},
    {"port", "65536", MR_ERR_RANGE, MR_OPT_PORT, 25},
    {"port", "99999999999999999999", MR_ERR_RANGE, MR_OPT_PORT, 25},
    {"port", "9223372036854775808", MR_ERR_RANGE, MR_OPT_PORT, 25},
    {"port", "-1", MR_ERR_RANGE, MR_OPT_PORT, 25},
    {"port", "25s", MR_ERR_RANGE, MR_OPT_PORT, 25},
    {"port", "", MR_ERR_RANGE, MR_OPT_PORT, 25},
    {"timeout-dot", "90000", MR_OK, MR_OPT_TIMEOUT_DOT, 90000},
    {"timeout-dot", "1500ms", MR_OK, MR_OPT_TIMEOUT_DOT, 1500},
    {"timeout-dot", "45s", MR_OK, MR_OPT_TIMEOUT_DOT, 45000},
    {"timeout-dot", "10m", MR_OK, MR_OPT_TIMEOUT_DOT, 600000},
    {"timeout-dot", "2h", MR_OK, MR_OPT_TIMEOUT_DOT, 7200000},
    {"lifetime", "5d", MR_OK, MR_OPT_LIFETIME, 432000000},
    {"lifetime", "9223372036854775807d", MR_ERR_RANGE, MR_OPT_LIFETIME, 432000000},
    {"lifetime", "200000000000d", MR_ERR_RANGE, MR_OPT_LIFETIME, 432000000},
    {"timeout-dot", "s", MR_ERR_RANGE, MR_OPT_TIMEOUT_DOT, 600000},
    {"timeout-dot", "5 s", MR_ERR_RANGE, MR_OPT_TIMEOUT_DOT, 600000},
    {"timeout-dot", "5S", MR_ERR_RANGE, MR_OPT_TIMEOUT_DOT, 600000},
    {"timeout-dot", "5sm", MR_ERR_RANGE, MR_OPT_TIMEOUT_DOT, 600000},
    {"family", "alternate", MR_OK, MR_OPT_FAMILY, MR_FAMILY_ALTERNATE},
    {"family", "prefer4", MR_OK, MR_OPT_FAMILY, MR_FAMILY_PREFER4},
    {"family", "only6", MR_OK, MR_OPT_FAMILY, MR_FAMILY_ONLY6},
    {"family", "3", MR_OK, MR_OPT_FAMILY, MR_FAMILY_ONLY4},
    {"family", "5", MR_ERR_RANGE, MR_OPT_FAMILY, MR_FAMILY_ALTERNATE},
    {"family", "only", MR_ERR_RANGE, MR_OPT_FAMILY, MR_FAMILY_ALTERNATE},
    {"family", "only4|only6", MR_ERR_RANGE, MR_OPT_FAMILY, MR_FAMILY_ALTERNATE},
    {"family", "", MR_ERR_RANGE, MR_OPT_FAMILY, MR_FAMILY_ALTERNATE},
    {"tls-level", "verify", MR_OK, MR_OPT_TLS_LEVEL, 3},
    {"tls-fallback", "never", MR_OK, MR_OPT_TLS_FALLBACK, MR_TLS_FALLBACK_NEVER},
    {"after-dot", "assume", MR_OK, MR_OPT_AFTER_DOT, MR_AFTER_DOT_ASSUME},
    {"trace", "1", MR_OK, MR_OPT_TRACE, 1},
    {"trace", "2", MR_ERR_RANGE, MR_OPT_TRACE, 0},
    {"helo-name", "mx.example", MR_OK, MR_OPT_HELO_NAME, 0},
    {"helo-name", "mx\n", MR_ERR_RANGE, MR_OPT_HELO_NAME, 0},
};

static void by_name(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
    mr_options *o;
    assert_int_equal(mr_options_new(&o, &host.env), MR_OK);
    assert_int_equal(mr_options_set_name(o, named[i].name, named[i].text), named[i].rc);
    assert_true(mr_options_get(o, named[i].id) == named[i].value);
    if (named[i].id == MR_OPT_HELO_NAME)
      assert_string_equal(mr_options_get_text(o, MR_OPT_HELO_NAME),
                          named[i].rc == MR_OK ? named[i].text : "");
    mr_options_free(o);
  }
}

/* bug 59: two objects share nothing; one in use is frozen and outlives its maker. */
static void used_means_frozen(void **state) {
  (void)state;
  mr_options *other;
  assert_int_equal(mr_options_new(&other, &host.env), MR_OK);
  mr_options_set(other, MR_OPT_PORT, 26);
  mr_options_set_text(other, MR_OPT_HELO_NAME, "one");
  assert_int_equal(mr_options_get(options, MR_OPT_PORT), 25);
  const mr_options *used = mr__options_ref(other);
  assert_int_equal(mr_options_set(other, MR_OPT_PORT, 27), MR_ERR_STATE);
  assert_int_equal(mr_options_set_text(other, MR_OPT_HELO_NAME, "x"), MR_ERR_STATE);
  assert_int_equal(mr_options_set_name(other, "port", "28"), MR_ERR_STATE);
  assert_int_equal(mr_options_set_name(other, "helo-name", "x"), MR_ERR_STATE);
  mr_options_free(other);
  assert_int_equal(mr_options_get(used, MR_OPT_PORT), 26);
  assert_string_equal(mr_options_get_text(used, MR_OPT_HELO_NAME), "one");
  mr__options_drop(used);
  assert_null(mr__options_ref(NULL));
  mr__options_drop(NULL);
}

static int set_texts(const mr_env *env) {
  mr_options *o = NULL;
  int rc = mr_options_new(&o, env);
  if (rc != MR_OK) {
    assert_null(o);
    return rc;
  }
  const char *names[] = {"a", "bb", "ccc"}, *kept = "";
  for (int i = 0; i < 3; i++) {
    int set = mr_options_set_text(o, MR_OPT_HELO_NAME, names[i]);
    kept = set == MR_OK ? names[i] : kept;
    rc = set != MR_OK ? set : rc;
    assert_string_equal(mr_options_get_text(o, MR_OPT_HELO_NAME), kept);
  }
  mr_options_free(o);
  return rc;
}

/* fault 98 */
static void a_failed_set_keeps_the_old(void **state) {
  (void)state;
  torture(set_texts);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(everything_starts_at_its_default),
      TEST(ranges_are_exact),
      TEST(misuse),
      TEST(by_name),
      TEST(used_means_frozen),
      cmocka_unit_test(a_failed_set_keeps_the_old),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
