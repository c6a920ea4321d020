/* SPDX-License-Identifier: MIT */
/* Lives under a failing allocator: nothing leaks, nobody is forgotten (fault 98). */
#include "kit/kit_torture.h"
#include "router/lab.h"

enum { TROUBLE = 20 * 60 * 1000, POINTS = 250 };

/* One recipient of each kind: taken, refused (with a bounce), told to come again. */
static const char *const to[] = {"ann@one.test", "bob@one.test", "cyd@one.test",
                                 "dan@null.test"};

enum { TO = sizeof to / sizeof *to };

static const kit_rule rules[] = {
    {.at = KIT_AT_RCPT, .match = "bob@*", .reply = "550 5.1.1 no bob here\r\n"},
    {.at = KIT_AT_RCPT, .match = "cyd@*", .last = 1, .reply = "451 4.7.1 come again\r\n"},
};

typedef struct life {
  kit_world world;
  mr_options *options;
  kit_smtp_host *origin, *one;
  int by_dispatch, one_place;
} life;

static kit_smtp_host *add_host(life *f, const char *address, const kit_rule *r,
                               size_t count) {
  const kit_smtp_config config = {.rules = r, .rule_count = count};
  kit_smtp_host *host = kit_smtp_host_new(&config);
  kit_world_host(&f->world, address, host);
  return host;
}

static int begin(life *f, kit_env *env) {
  kit_world_init(&f->world, env, 3);
  kit_dns_zone(f->world.dns, lab_zone);
  f->options = NULL;
  f->origin = add_host(f, "10.0.0.1", NULL, 0);
  f->one = add_host(f, "10.0.0.2", rules, sizeof rules / sizeof *rules);
  f->world.by_dispatch = f->by_dispatch;
  int err = mr_options_new(&f->options, &env->env);
  if (err == MR_OK && f->one_place) {
    err = mr_options_set(f->options, MR_OPT_SESSIONS_MAX, 1);
  }
  return err ? err : kit_world_router(&f->world, f->options, NULL);
}

/* Exactly one end for each, whenever the memory was gone. */
static int judge(const life *f) {
  const kit_world *w = &f->world;
  for (size_t i = 0; i < TO; i++) {
    const kit_told *last = kit_world_last(w, to[i]);
    size_t copies = lab_copies(f->one, to[i]);
    if (kit_world_finals(w, to[i]) != 1) {
      return 1;
    }
    if (last->fate == MR_FATE_DELIVERED ? copies < 1 : i != 1 && i != 3) {
      return 2;
    }
  }
  return kit_world_count(w, MR_EVENT_MESSAGE_DONE) < kit_world_count(w, MR_EVENT_ACCEPTED)
             ? 3
             : 0;
}

static int live(life *f, kit_env *env) {
  int err = begin(f, env);
  if (err == MR_OK) {
    err = kit_world_send(&f->world, "me@origin.test", to, TO, "Hello.\n", 9);
  }
  if (err) {
    return err == MR_ERR_NOMEM && env->failed ? 0 : 10;
  }
  kit_world_run(&f->world, TROUBLE);
  kit_env_heal(env); /* and now memory is there again */
  if (!kit_world_run(&f->world, 30 * (uint64_t)LAB_DAY)) {
    return 11;
  }
  if (kit_world_count(&f->world, MR_EVENT_REFUSED) == 1) {
    return env->failed ? 0 : 12;
  }
  return judge(f);
}

static int whole_life(kit_env *env, void *arg) {
  life f;
  memset(&f, 0, sizeof f);
  f.by_dispatch = *(const int *)arg;
  int result = live(&f, env);
  kit_world_done(&f.world);
  mr_options_free(f.options);
  return result;
}

static void test_every_allocation_of_a_life(void **state) { /* fault 98, bug 60 */
  int by_dispatch = 0;
  (void)state;
  assert_true(kit_torture(whole_life, &by_dispatch, POINTS) > 100);
}

static void test_the_same_by_callbacks(void **state) { /* fault 98 */
  int by_dispatch = 1;
  (void)state;
  kit_torture(whole_life, &by_dispatch, POINTS / 4);
}

/* Submitted while there is memory, starved afterwards: nothing may be lost any more. */
static int starved(kit_env *env, void *arg) {
  life f;
  uint64_t fail_at = env->fail_at;
  (void)arg;
  memset(&f, 0, sizeof f);
  env->fail_at = 0;
  f.one_place = 1; /* whoever keeps it by mistake stops everything */
  int result = begin(&f, env);
  if (result == 0) {
    result = kit_world_send(&f.world, "me@origin.test", to, TO, "Hello.\n", 9);
  }
  if (result == 0) {
    env->calls = 0;
    env->fail_at = fail_at;
    kit_world_run(&f.world, TROUBLE);
    kit_env_heal(env);
    result = kit_world_run(&f.world, 30 * (uint64_t)LAB_DAY) ? judge(&f) : 11;
    result = kit_world_count(&f.world, MR_EVENT_REFUSED) ? 0 : result;
  }
  kit_world_done(&f.world);
  mr_options_free(f.options);
  return result;
}

static void test_nobody_is_lost_for_lack_of_memory(void **state) { /* fault 98, R102 */
  (void)state;
  assert_true(kit_torture(starved, NULL, POINTS) > 100);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_allocation_of_a_life),
      cmocka_unit_test(test_the_same_by_callbacks),
      cmocka_unit_test(test_nobody_is_lost_for_lack_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
