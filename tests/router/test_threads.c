/* SPDX-License-Identifier: MIT */
/*
 * Distinct handles on distinct threads, with a sealed message and options shared (fault
 * 103, bug 59). CMocka's assertions belong to the main thread: the others count.
 */
#include <pthread.h>

#include "router/lab.h"

enum { THREADS = 4, MAILS = 20 };

typedef struct worker {
  pthread_t thread;
  mr_message *message;
  mr_options *options;
  uint64_t seed;
  size_t delivered, mails, violations, leaked;
} worker;

static void submit(kit_world *world, mr_message *message) {
  mr_submission s;
  memset(&s, 0, sizeof s);
  s.size = sizeof s;
  s.message = message;
  mr_router_submit(world->router, NULL, &s, world->now);
}

static void *work(void *arg) {
  worker *w = arg;
  kit_env env;
  kit_world world;
  kit_env_init(&env, w->seed);
  kit_world_init(&world, &env, w->seed);
  kit_smtp_host *host = kit_persona_new(KIT_GREYLIST, NULL);
  kit_dns_zone(world.dns, lab_zone);
  kit_world_host(&world, "10.0.0.2", host);
  if (kit_world_router(&world, w->options, NULL) == MR_OK) {
    for (int i = 0; i < MAILS; i++) {
      submit(&world, w->message);
      kit_world_run(&world, (uint64_t)LAB_FOREVER * LAB_DAY);
    }
  }
  w->delivered = kit_world_finals(&world, "a@one.test");
  w->mails = kit_smtp_ledger(host)->mail_count;
  w->violations = kit_smtp_ledger(host)->violation_count;
  kit_world_done(&world);
  w->leaked = kit_env_done(&env);
  return NULL;
}

static mr_message *make_message(void) {
  mr_message *m = NULL;
  assert_int_equal(mr_message_new(&m, NULL, NULL), MR_OK);
  mr_message_set_from(m, NULL, "me@origin.test");
  mr_message_add_to(m, NULL, "a@one.test");
  mr_message_set_text(m, "Shared.\n", 8);
  assert_int_equal(mr_message_seal(m), MR_OK);
  return m;
}

static void test_handles_on_threads_share_sealed_things(void **state) { /* fault 103 */
  worker workers[THREADS];
  mr_options *options = NULL;
  (void)state;
  memset(workers, 0, sizeof workers);
  mr_message *message = make_message();
  assert_int_equal(mr_options_new(&options, NULL), MR_OK);
  mr_options_set(options, MR_OPT_RETRY_JITTER, 0);
  for (size_t i = 0; i < THREADS; i++) {
    workers[i].message = message;
    workers[i].options = options;
    workers[i].seed = i + 1;
    assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
  }
  for (size_t i = 0; i < THREADS; i++) {
    pthread_join(workers[i].thread, NULL);
    assert_int_equal(workers[i].delivered, MAILS);
    assert_int_equal(workers[i].mails, MAILS);
    assert_int_equal(workers[i].violations, 0);
    assert_int_equal(workers[i].leaked, 0);
  }
  assert_int_equal(mr_options_set(options, MR_OPT_PORT, 26), MR_ERR_STATE); /* bug 59 */
  mr_options_free(options);
  mr_message_free(message);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_handles_on_threads_share_sealed_things),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
