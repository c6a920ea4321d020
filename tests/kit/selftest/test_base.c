/* SPDX-License-Identifier: MIT */
/* Allocator, torture, splitter, random numbers, virtual time. */
#include "kit/selftest/selftest.h"

#include <stdio.h>

#include "kit/kit_split.h"
#include "kit/kit_time.h"
#include "kit/kit_torture.h"

static void *ask(kit_env *k, void *ptr, size_t size) {
  return k->env.alloc(k->env.user, ptr, size);
}

static void test_counts_and_moves(void **state) {
  (void)state;
  kit_env k;
  kit_env_init(&k, 1);
  char *a = ask(&k, NULL, 10);
  memcpy(a, "123456789", 10);
  char *b = ask(&k, a, 20);
  assert_ptr_not_equal(a, b);
  assert_string_equal(b, "123456789");
  k.move = 0;
  char *c = ask(&k, b, 5);
  assert_ptr_equal(b, c);
  assert_int_equal(k.live_blocks, 1);
  assert_int_equal(k.live_bytes, 5);
  assert_int_equal(k.peak_bytes, 30);
  assert_int_equal(k.calls, 3);
  ask(&k, c, 0);
  ask(&k, NULL, 0);
  assert_int_equal(kit_env_done(&k), 0);
  assert_int_equal(k.live_bytes, 0);
}

static void test_faults(void **state) {
  (void)state;
  kit_env k;
  kit_env_init(&k, 1);
  kit_env_fail(&k, 2, 0);
  void *a = ask(&k, NULL, 1);
  assert_non_null(a);
  assert_null(ask(&k, a, 2)); /* and a stays valid */
  a = ask(&k, a, 3);
  assert_non_null(a);
  kit_env_fail(&k, 1, 1);
  assert_null(ask(&k, NULL, 1));
  assert_null(ask(&k, NULL, 1));
  kit_env_heal(&k);
  k.fail_above = 100;
  assert_null(ask(&k, NULL, 101));
  a = ask(&k, a, 100);
  assert_non_null(a);
  assert_int_equal(k.failed, 4);
  ask(&k, a, 0);
  assert_int_equal(kit_env_done(&k), 0);
}

static void test_services(void **state) {
  (void)state;
  kit_env k, same;
  uint8_t x[13], y[13];
  int64_t wall;
  kit_env_init(&k, 42);
  kit_env_init(&same, 42);
  assert_int_equal(k.env.random(&k, x, sizeof x), MR_OK);
  assert_int_equal(same.env.random(&same, y, sizeof y), MR_OK);
  assert_memory_equal(x, y, sizeof x);
  assert_int_equal(k.env.random(&k, y, sizeof y), MR_OK);
  assert_memory_not_equal(x, y, sizeof x);
  k.random_fails = 1;
  assert_int_equal(k.env.random(&k, x, 1), MR_ERR_RANDOM);
  assert_int_equal(k.env.wall(&k, &wall), MR_OK);
  assert_int_equal(wall, 1767225600000);
  k.wall_unknown = 1;
  assert_int_equal(k.env.wall(&k, &wall), MR_ERR_TIME_UNKNOWN);
  k.env.log(&k, 2, "one", 3);
  k.env.log(&k, 3, "two", 3);
  assert_string_equal(k.log, "2 one\n3 two\n");
  assert_int_equal(k.log_lines, 2);
  assert_int_equal(kit_env_logged(&k, "two"), 1);
  assert_int_equal(kit_env_logged(&k, "three"), 0);
  kit_env_done(&k);
}

/* xoshiro256** of seed 0 through splitmix64: the published first numbers. */
static void test_rng_is_the_published_one(void **state) {
  (void)state;
  kit_rng rng;
  kit_rng_init(&rng, 0);
  assert_true(rng.s[0] == UINT64_C(0xe220a8397b1dcdaf));
  assert_true(kit_rng_next(&rng) == UINT64_C(0x99ec5f36cb75f2b4));
  kit_rng a, b;
  kit_rng_fork(&a, 7, "net");
  kit_rng_fork(&b, 7, "dns");
  assert_true(kit_rng_next(&a) != kit_rng_next(&b));
  for (int i = 0; i < 1000; i++)
    assert_true(kit_rng_below(&a, 3) < 3);
}

typedef struct count {
  unsigned runs;
  uint64_t once, from;
} count;

/* Three allocations, undone cleanly on failure. */
static int three(kit_env *k, void *arg) {
  count *c = arg;
  void *p[3] = {0};
  c->runs++;
  c->once += k->fail_at && !k->fail_from ? k->fail_at : 0;
  c->from += k->fail_from ? k->fail_at : 0;
  for (int i = 0; i < 3; i++)
    p[i] = ask(k, NULL, 8);
  int whole = p[0] && p[1] && p[2];
  for (int i = 0; i < 3; i++)
    ask(k, p[i], 0);
  return whole == !k->failed ? 0 : 1;
}

static void test_torture_hits_each(void **state) {
  (void)state;
  count c = {0};
  assert_int_equal(kit_torture(three, &c, 100), 3);
  assert_int_equal(c.runs, 1 + 2 * 3);
  assert_int_equal(c.once, 1 + 2 + 3);
  assert_int_equal(c.from, 1 + 2 + 3);
  c = (count){0};
  assert_int_equal(kit_torture(three, &c, 2), 3);
  assert_int_equal(c.runs, 1 + 2 * 2);
  assert_int_equal(c.once, 1 + 3);
}

typedef struct seen {
  kit_buf data, how;
  unsigned pieces, runs;
} seen;

static void begin(void *user, const char *how) {
  seen *s = user;
  kit_buf_clear(&s->data);
  kit_buf_printf(&s->how, "%s;", how);
  s->runs++;
}

static void feed(void *user, const void *data, size_t len) {
  seen *s = user;
  kit_buf_add(&s->data, data, len);
  s->pieces++;
}

static void end(void *user) {
  seen *s = user;
  assert_string_equal(kit_buf_at(&s->data), "hello");
}

static void test_split(void **state) {
  (void)state;
  seen s = {0};
  kit_split_ops ops = {&s, begin, feed, end};
  kit_split_run("hello", 5, 2, 1, &ops);
  assert_string_equal(s.how.data, "whole;bytes;random 0;random 1;");
  assert_true(s.pieces >= 1 + 5 + 2);
  kit_buf_clear(&s.how);
  s.pieces = s.runs = 0;
  kit_split_cuts("hello", 5, &ops);
  assert_string_equal(s.how.data, "cut 1;cut 2;cut 3;cut 4;");
  assert_int_equal(s.pieces, 8);
  kit_buf_free(&s.how);
  kit_buf_free(&s.data);
}

typedef struct agenda {
  kit_time *time;
  kit_buf log;
} agenda;

static void note_a(void *user, uint64_t now) {
  agenda *a = user;
  kit_buf_printf(&a->log, "a%llu ", (unsigned long long)now);
}

static void note_b(void *user, uint64_t now) {
  agenda *a = user;
  kit_buf_printf(&a->log, "b%llu ", (unsigned long long)now);
  kit_time_at(a->time, 0, note_a, a); /* the past: now, behind what is due now */
}

static void test_time(void **state) {
  (void)state;
  agenda a = {kit_time_new(5), {0}};
  kit_time_at(a.time, 30, note_a, &a);
  kit_time_at(a.time, 10, note_b, &a);
  uint64_t id = kit_time_at(a.time, 10, note_a, &a);
  kit_time_at(a.time, 10, note_b, &a);
  assert_int_equal(kit_time_count(a.time), 4);
  assert_int_equal(kit_time_cancel(a.time, id), 1);
  assert_int_equal(kit_time_cancel(a.time, id), 0);
  assert_int_equal(kit_time_next(a.time), 10);
  kit_time_run_until(a.time, 20);
  assert_string_equal(a.log.data, "b10 b10 a10 a10 ");
  assert_int_equal(kit_time_now(a.time), 20);
  assert_int_equal(kit_time_run(a.time, 10), 1);
  assert_int_equal(kit_time_now(a.time), 30);
  assert_true(kit_time_next(a.time) == UINT64_MAX);
  assert_int_equal(kit_time_step(a.time), 0);
  kit_time_free(a.time);
  kit_buf_free(&a.log);
}

static void append(void *user, uint64_t now) {
  kit_buf_printf(((void **)user)[0], "%d", *(int *)((void **)user)[1]);
  (void)now;
}

static void test_equal_times_keep_their_order(void **state) {
  (void)state;
  enum { N = 9 };
  kit_time *time = kit_time_new(0);
  kit_buf log = {0};
  int digits[N];
  void *users[N][2];
  for (int i = 0; i < N; i++) {
    digits[i] = i;
    users[i][0] = &log;
    users[i][1] = &digits[i];
    kit_time_after(time, 7, append, users[i]);
  }
  assert_int_equal(kit_time_run(time, 100), N);
  assert_string_equal(log.data, "012345678");
  kit_buf_free(&log);
  kit_time_free(time);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_counts_and_moves),
      cmocka_unit_test(test_faults),
      cmocka_unit_test(test_services),
      cmocka_unit_test(test_rng_is_the_published_one),
      cmocka_unit_test(test_torture_hits_each),
      cmocka_unit_test(test_split),
      cmocka_unit_test(test_time),
      cmocka_unit_test(test_equal_times_keep_their_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
