/* SPDX-License-Identifier: MIT */
#include "base/env.h"

#include "base/fail.h"

static void gaps_are_filled(void **state) {
  (void)state;
  static const size_t sizes[] = {0, sizeof(size_t), offsetof(mr_env, alloc),
                                 offsetof(mr_env, random) + 1};
  failing host;
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    mr_env env;
    failing_init(&host);
    host.env.size = sizes[i];
    mr__env_copy(&env, &host.env);
    assert_int_equal(env.size, sizeof env);
    assert_true((env.user == &host) == (sizes[i] >= offsetof(mr_env, alloc)));
    assert_true((env.alloc == failing_alloc) == (sizes[i] > offsetof(mr_env, random)));
    assert_true(env.random == mr__default_random);
    assert_true(env.wall == mr__default_wall);
    assert_null(env.log);
  }
}

/* A table of a later release: longer than ours, of which we take what we know. */
static void a_longer_table_is_fine(void **state) {
  (void)state;
  struct {
    mr_env known;
    void *later;
  } table;
  failing host;
  mr_env env;
  failing_init(&host);
  table.known = host.env;
  table.known.size = sizeof table;
  table.later = NULL;
  mr__env_copy(&env, &table.known);
  assert_true(env.alloc == failing_alloc && env.random == failing_random);
  assert_int_equal(env.size, sizeof env);
}

static void defaults_work(void **state) {
  (void)state;
  mr_env env;
  uint8_t bytes[1000] = {0};
  int64_t wall = 0;
  size_t zeros = 0;
  mr__env_copy(&env, NULL);
  assert_int_equal(mr__random(&env, bytes, sizeof bytes), MR_OK);
  for (size_t i = 0; i < sizeof bytes; i++)
    zeros += bytes[i] == 0;
  assert_true(zeros < 50);
  assert_int_equal(mr__wall(&env, &wall), MR_OK);
  assert_true(wall > INT64_C(1600000000000) && wall < INT64_C(10000000000000));
  char *copy = mr__strdup(&env, "text");
  assert_string_equal(copy, "text");
  mr__free(&env, copy);
  mr__free(&env, NULL);
  mr__log(&env, MR_LOG_INFO, "nobody listens");
}

/* fault 99: sizes that overflow are refused before the allocator sees them. */
static void sizes_are_checked(void **state) {
  (void)state;
  failing host;
  failing_init(&host);
  assert_null(mr__calloc(&host.env, SIZE_MAX / 2, 3));
  assert_null(mr__calloc(&host.env, 0, 3));
  assert_null(mr__memdup0(&host.env, "", SIZE_MAX));
  assert_null(mr__realloc(&host.env, NULL, 0));
  assert_int_equal(host.calls, 0);
  uint8_t *p = mr__calloc(&host.env, 3, 5);
  for (size_t i = 0; i < 15; i++)
    assert_int_equal(p[i], 0);
  host.fail_at = 2;
  assert_null(mr__realloc(&host.env, p, 100));
  assert_int_equal(host.live, 1);
  assert_null(mr__realloc(&host.env, p, 0));
  char *copy = mr__memdup0(&host.env, "a\0b", 3);
  assert_memory_equal(copy, "a\0b", 4);
  mr__free(&host.env, copy);
  copy = mr__memdup0(&host.env, NULL, 0);
  assert_string_equal(copy, "");
  mr__free(&host.env, copy);
  assert_int_equal(host.live, 0);
}

static void random_below_is_uniform(void **state) {
  (void)state;
  enum { DRAWS = 60000 };
  failing host;
  uint32_t counts[6] = {0}, drawn;
  failing_init(&host);
  for (int i = 0; i < DRAWS; i++) {
    assert_int_equal(mr__random_below(&host.env, 6, &drawn), MR_OK);
    assert_true(drawn < 6);
    counts[drawn]++;
  }
  for (int i = 0; i < 6; i++)
    assert_in_range(counts[i], DRAWS / 6 - 500, DRAWS / 6 + 500);
  assert_int_equal(mr__random_below(&host.env, 1, &drawn), MR_OK);
  assert_int_equal(drawn, 0);
  assert_int_equal(mr__random_below(&host.env, 0, &drawn), MR_ERR_MISUSE);
}

static int only_ones(void *user, void *buf, size_t len) {
  (void)user;
  memset(buf, 0xff, len);
  return MR_OK;
}

static int broken(void *user, void *buf, size_t len) {
  (void)user;
  (void)buf;
  (void)len;
  return -77;
}

static int no_wall(void *user, int64_t *milliseconds) {
  (void)user;
  (void)milliseconds;
  return 1;
}

/* fault 101: a service that answers nonsense, or always the same, ends the call. */
static void odd_services(void **state) {
  (void)state;
  failing host;
  uint32_t drawn;
  int64_t wall;
  failing_init(&host);
  host.env.random = only_ones;
  assert_int_equal(mr__random_below(&host.env, 4, &drawn), MR_OK);
  assert_int_equal(mr__random_below(&host.env, 0x80000001u, &drawn), MR_ERR_RANDOM);
  host.env.random = broken;
  assert_int_equal(mr__random_below(&host.env, 3, &drawn), MR_ERR_RANDOM);
  assert_int_equal(mr__random(&host.env, &drawn, 4), MR_ERR_RANDOM);
  assert_int_equal(mr__random(&host.env, NULL, 0), MR_OK);
  host.env.wall = no_wall;
  assert_int_equal(mr__wall(&host.env, &wall), MR_ERR_TIME_UNKNOWN);
}

static char logged[2048];
static size_t logged_len;

static void log_line(void *user, int level, const char *text, size_t len) {
  (void)user;
  assert_int_equal(level, MR_LOG_WARNING);
  assert_true(len < sizeof logged);
  memcpy(logged, text, len);
  logged_len = len;
}

static void log_lines_are_finished_and_cut(void **state) {
  (void)state;
  failing host;
  failing_init(&host);
  host.env.log = log_line;
  mr__log(&host.env, MR_LOG_WARNING, "%s said %q", "mx", "no\n");
  assert_int_equal(logged_len, 14);
  assert_memory_equal(logged, "mx said no\\x0a", 14);
  mr__log(&host.env, MR_LOG_WARNING, "%1000s%1000s", "a", "b");
  assert_int_equal(logged_len, 1023);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gaps_are_filled),
      cmocka_unit_test(a_longer_table_is_fine),
      cmocka_unit_test(defaults_work),
      cmocka_unit_test(sizes_are_checked),
      cmocka_unit_test(random_below_is_uniform),
      cmocka_unit_test(odd_services),
      cmocka_unit_test(log_lines_are_finished_and_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
