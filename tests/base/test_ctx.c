/* SPDX-License-Identifier: MIT */
#include "base/ctx.h"

#include "base/fail.h"

static failing host;
static mr__ctx *ctx;
static int inside[4]; /* what mr__ctx_enter said inside each service */

static void *alloc_enters(void *user, void *ptr, size_t size) {
  if (ctx != NULL)
    inside[0] = mr__ctx_enter(ctx, 0);
  return failing_alloc(user, ptr, size);
}

static int random_enters(void *user, void *buf, size_t len) {
  inside[1] = mr__ctx_enter(ctx, 0);
  return failing_random(user, buf, len);
}

static int wall_enters(void *user, int64_t *milliseconds) {
  (void)user;
  inside[2] = mr__ctx_enter(ctx, 0);
  *milliseconds = 5;
  return MR_OK;
}

static void log_enters(void *user, int level, const char *text, size_t len) {
  (void)user;
  (void)level;
  (void)text;
  (void)len;
  inside[3] = mr__ctx_enter(ctx, 0);
}

static int setup(void **state) {
  (void)state;
  failing_init(&host);
  host.env.alloc = alloc_enters;
  host.env.random = random_enters;
  host.env.wall = wall_enters;
  host.env.log = log_enters;
  memset(inside, 0, sizeof inside);
  ctx = NULL;
  return mr__ctx_new(&ctx, &host.env);
}

static int teardown(void **state) {
  (void)state;
  mr__ctx *last = ctx;
  ctx = NULL;
  mr__ctx_drop(last);
  return host.live != 0;
}

/* fault 101: each service of the host calls back into the family. */
static void services_shut_the_door(void **state) {
  (void)state;
  int64_t wall;
  uint8_t byte;
  void *p = mr__realloc(&ctx->env, NULL, 10);
  assert_int_equal(mr__random(&ctx->env, &byte, 1), MR_OK);
  assert_int_equal(mr__wall(&ctx->env, &wall), MR_OK);
  mr__log(&ctx->env, MR_LOG_INFO, "x");
  for (int i = 0; i < 4; i++)
    assert_int_equal(inside[i], MR_ERR_STATE);
  mr__free(&ctx->env, p);
  assert_int_equal(mr__ctx_enter(ctx, 0), MR_OK);
  mr__ctx_service_begin(ctx);
  mr__ctx_service_begin(ctx);
  mr__ctx_service_end(ctx);
  assert_int_equal(mr__ctx_enter(ctx, 0), MR_ERR_STATE);
  mr__ctx_service_end(ctx);
  assert_int_equal(mr__ctx_enter(ctx, 0), MR_OK);
}

static void time_never_goes_back(void **state) {
  (void)state;
  static const struct {
    uint64_t given, kept;
  } cases[] = {{10, 10},
               {5, 10},
               {11, 11},
               {MR_NEVER, MR__NOW_MAX},
               {MR__NOW_MAX + 1, MR__NOW_MAX}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(mr__ctx_enter(ctx, cases[i].given), MR_OK);
    assert_true(ctx->now == cases[i].kept);
  }
}

static void without_log_there_is_none(void **state) {
  (void)state;
  mr__ctx *quiet;
  failing f;
  failing_init(&f);
  assert_int_equal(mr__ctx_new(&quiet, &f.env), MR_OK);
  assert_null(quiet->env.log);
  assert_ptr_equal(mr__ctx_ref(quiet), quiet);
  mr__ctx_drop(quiet);
  assert_int_equal(f.live, 1);
  mr__ctx_drop(quiet);
  mr__ctx_drop(NULL);
  assert_int_equal(f.live, 0);
}

static void ids_are_never_used_twice(void **state) {
  (void)state;
  uint64_t first = mr__ctx_id(ctx);
  assert_true(first != 0);
  assert_true(mr__ctx_id(ctx) == first + 1);
}

static char fired[32];
static mr__timer timers[6];

static void note(mr__timer *timer, void *owner) {
  size_t n = strlen(fired);
  assert_true(n + 1 < sizeof fired);
  fired[n] = (char)('a' + (timer - timers));
  if (owner != NULL)
    mr__timer_set(ctx, timer, *(const uint64_t *)owner);
}

static void make_timers(void *owner) {
  memset(timers, 0, sizeof timers);
  memset(fired, 0, sizeof fired);
  for (size_t i = 0; i < 6; i++) {
    timers[i].fire = note;
    timers[i].owner = owner;
  }
}

static void timers_fire_in_order(void **state) {
  (void)state;
  static const uint64_t at[] = {30, 10, 20, 10, 10, 40};
  make_timers(NULL);
  assert_true(mr__ctx_deadline(ctx) == MR_NEVER);
  for (size_t i = 0; i < 6; i++)
    mr__timer_set(ctx, &timers[i], at[i]);
  assert_true(mr__ctx_deadline(ctx) == 10);
  mr__ctx_expire(ctx, 9);
  assert_string_equal(fired, "");
  mr__ctx_expire(ctx, 30);
  assert_string_equal(fired, "bdeca");
  assert_true(mr__ctx_deadline(ctx) == 40);
  mr__ctx_expire(ctx, 100);
  assert_string_equal(fired, "bdecaf");
  assert_true(mr__ctx_deadline(ctx) == MR_NEVER);
}

/* Ties go by the order of the last arming. */
static void set_again_moves(void **state) {
  (void)state;
  make_timers(NULL);
  for (size_t i = 0; i < 4; i++)
    mr__timer_set(ctx, &timers[i], 10);
  mr__timer_set(ctx, &timers[0], 10);
  mr__timer_set(ctx, &timers[1], MR_NEVER);
  mr__timer_stop(ctx, &timers[2]);
  mr__timer_stop(ctx, &timers[2]);
  assert_false(timers[1].armed || timers[2].armed);
  mr__ctx_expire(ctx, 10);
  assert_string_equal(fired, "da");
}

/* No handle spins: what is armed again for a past time waits until now + 1. */
static void deadline_is_later_after_expire(void **state) {
  (void)state;
  static const uint64_t past = 3, never = MR_NEVER, huge = MR_NEVER - 1;
  static const struct {
    uint64_t now;
    const uint64_t *again;
    uint64_t deadline;
  } cases[] = {{50, &past, 51},
               {60, &huge, MR_NEVER - 1},
               {70, &never, MR_NEVER},
               {MR_NEVER, &past, MR__NOW_MAX + 1}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    make_timers((void *)(uintptr_t)cases[i].again);
    mr__timer_set(ctx, &timers[0], 0);
    mr__timer_set(ctx, &timers[1], 1);
    mr__ctx_expire(ctx, cases[i].now);
    assert_string_equal(fired, "ab");
    assert_true(mr__ctx_deadline(ctx) == cases[i].deadline);
    assert_true(ctx->now < mr__ctx_deadline(ctx));
    mr__timer_stop(ctx, &timers[0]);
    mr__timer_stop(ctx, &timers[1]);
  }
}

static void stop_second(mr__timer *timer, void *owner) {
  (void)timer;
  mr__timer_stop(ctx, owner);
  mr__ctx_expire(ctx, MR__NOW_MAX); /* inside itself it does nothing */
}

static void a_timer_stops_another(void **state) {
  (void)state;
  make_timers(NULL);
  timers[0].fire = stop_second;
  timers[0].owner = &timers[1];
  for (size_t i = 0; i < 3; i++)
    mr__timer_set(ctx, &timers[i], 5);
  mr__ctx_expire(ctx, 5);
  assert_string_equal(fired, "c");
  assert_true(ctx->now == 5);
}

static void release(mr__event_node *node) { ++*(int *)node->object; }

static void deferred_is_done_at_the_next_enter(void **state) {
  (void)state;
  int done = 0;
  mr__event_node nodes[2] = {{.object = &done, .done = release},
                             {.object = &done, .done = release}};
  mr__ctx_service_begin(ctx);
  mr__event_post(&ctx->deferred, &nodes[0]);
  mr__event_post(&ctx->deferred, &nodes[1]);
  assert_int_equal(mr__ctx_enter(ctx, 0), MR_ERR_STATE);
  mr__ctx_service_end(ctx);
  assert_int_equal(done, 0);
  assert_int_equal(mr__ctx_enter(ctx, 0), MR_OK);
  assert_int_equal(done, 2);
  assert_int_equal(mr__ctx_enter(ctx, 0), MR_OK);
  assert_int_equal(done, 2);
}

static int make_and_drop(const mr_env *env) {
  mr__ctx *made = NULL;
  int rc = mr__ctx_new(&made, env);
  mr__ctx_drop(made);
  return rc;
}

static void no_memory(void **state) {
  (void)state;
  torture(make_and_drop);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(services_shut_the_door),
      TEST(time_never_goes_back),
      TEST(without_log_there_is_none),
      TEST(ids_are_never_used_twice),
      TEST(timers_fire_in_order),
      TEST(set_again_moves),
      TEST(deadline_is_later_after_expire),
      TEST(a_timer_stops_another),
      TEST(deferred_is_done_at_the_next_enter),
      cmocka_unit_test(no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
