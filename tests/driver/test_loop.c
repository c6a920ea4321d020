/* SPDX-License-Identifier: MIT */
/* Mail over real sockets, by epoll and by poll. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "driver/lab.h"

static void test_delivery(void **state) { /* R84 */
  (void)state;
  for (size_t i = 0; i < LAB_LOOPS; i++) {
    lab l;
    lab_init(&l, NULL);
    lab_start(&l, lab_loops[i]);
    lab_send(&l, "a@good.test");
    lab_run(&l, 1);
    lab_fate(&l, MR_FATE_DELIVERED, MR_REASON_DELIVERED);
    assert_int_equal(kit_net_wait_mails(l.net, l.host, 1, 1000), 1);
    lab_done(&l);
  }
}

static void test_many_messages(void **state) { /* R5, R91 */
  (void)state;
  for (size_t i = 0; i < LAB_LOOPS; i++) {
    lab l;
    lab_init(&l, NULL);
    lab_start(&l, lab_loops[i]);
    for (int k = 0; k < 60; k++) {
      lab_send(&l, "a@good.test");
    }
    lab_run(&l, 60);
    assert_int_equal(l.outcomes, 60);
    kit_net_lock(l.net);
    assert_int_equal(kit_smtp_ledger(l.host)->mail_count, 60);
    assert_in_range(kit_smtp_ledger(l.host)->connections, 1, 60);
    kit_net_unlock(l.net);
    lab_done(&l);
  }
}

static void test_large_message(void **state) { /* R81, bug 17 */
  enum { LINES = 60000 };
  (void)state;
  char *text = malloc(LINES * 70 + 1);
  size_t len = 0;
  for (int i = 0; i < LINES; i++) {
    len += (size_t)snprintf(text + len, 71, "%s line %06d of a message of some length\n",
                            i % 3 ? "" : ".", i);
  }
  for (size_t i = 0; i < LAB_LOOPS; i++) {
    lab l;
    lab_init(&l, NULL);
    lab_start(&l, lab_loops[i]);
    lab_send_text(&l, "a@good.test", text);
    lab_run(&l, 1);
    lab_fate(&l, MR_FATE_DELIVERED, MR_REASON_DELIVERED);
    kit_net_lock(l.net);
    assert_true(kit_smtp_ledger(l.host)->mails[0].len > len);
    kit_net_unlock(l.net);
    lab_done(&l);
  }
  free(text);
}

static void test_nobody_listens(void **state) { /* R25 */
  (void)state;
  for (size_t i = 0; i < LAB_LOOPS; i++) {
    lab l;
    lab_init(&l, NULL);
    lab_start(&l, lab_loops[i]);
    lab_send(&l, "a@none.test");
    lab_run(&l, 1);
    lab_fate(&l, MR_FATE_DEFERRED, MR_REASON_CONNECT_REFUSED);
    assert_non_null(strstr(l.text, "refused"));
    lab_send(&l, "a@both.test"); /* where another one does */
    lab_run(&l, 1);
    lab_done(&l);
  }
}

static void test_second_exchanger(void **state) { /* R22, R25 */
  (void)state;
  lab l;
  lab_init(&l, NULL);
  lab_start(&l, 0);
  lab_send(&l, "a@both.test");
  lab_run(&l, 1);
  lab_fate(&l, MR_FATE_DELIVERED, MR_REASON_DELIVERED);
  lab_done(&l);
}

static void test_servers_of_all_kinds(void **state) { /* R82, R88, fault 40, fault 51 */
  static const int who[] = {KIT_GARBAGE, KIT_CLOSER,   KIT_DOT_DROPPER,
                            KIT_REFUSER, KIT_DATA_250, KIT_NO_EHLO};
  (void)state;
  for (size_t i = 0; i < sizeof who / sizeof *who; i++) {
    lab l;
    lab_init(&l, NULL);
    kit_smtp_host *odd = kit_persona_new(who[i], NULL);
    int64_t port = mr_options_get(l.options, MR_OPT_PORT);
    assert_int_equal(kit_net_start_smtp(l.net, odd, "127.0.0.3", (uint16_t)port), port);
    lab_start(&l, lab_loops[i % LAB_LOOPS]);
    lab_send(&l, "a@none.test");
    lab_run(&l, 1);
    assert_int_equal(l.outcomes, 1);
    assert_int_equal(l.fate == MR_FATE_DELIVERED, who[i] == KIT_NO_EHLO);
    lab_done(&l);
    kit_smtp_host_free(odd);
  }
}

/* The kernel tells that nobody listens there; the second server is asked at once. */
static void test_dns_server_that_is_not_there(void **state) { /* R8 */
  (void)state;
  for (size_t i = 0; i < LAB_LOOPS; i++) {
    char server[64];
    lab l;
    lab_init(&l, NULL);
    mr_options_set(l.options, MR_OPT_DNS_TRY_TIMEOUT, 10000);
    assert_int_equal(mr_driver_new(&l.driver, NULL, l.options, NULL,
                                   lab_loops[i] | MR_DRIVER_NO_RESOLV_CONF),
                     MR_OK);
    snprintf(server, sizeof server, "127.0.0.77:%d", l.dns_port);
    assert_int_equal(mr_driver_add_server(l.driver, server), MR_OK);
    snprintf(server, sizeof server, "127.0.0.1:%d", l.dns_port);
    assert_int_equal(mr_driver_add_server(l.driver, server), MR_OK);
    uint64_t start = mr_driver_now(l.driver);
    lab_send(&l, "a@good.test");
    lab_run(&l, 1);
    lab_fate(&l, MR_FATE_DELIVERED, MR_REASON_DELIVERED);
    assert_true(mr_driver_now(l.driver) - start < 8000);
    lab_done(&l);
  }
}

static void test_sessions_say_goodbye(void **state) { /* R91 */
  (void)state;
  lab l;
  lab_init(&l, NULL);
  lab_start(&l, 0);
  lab_send(&l, "a@good.test");
  lab_run(&l, 1);
  while (mr_driver_next(l.driver, 0)) { /* MESSAGE_DONE */
  }
  mr_driver_free(l.driver);
  l.driver = NULL;
  kit_net_lock(l.net);
  assert_int_equal(kit_smtp_ledger(l.host)->counts[KIT_AT_QUIT], 1);
  kit_net_unlock(l.net);
  lab_done(&l);
}

/* --- waiting ---------------------------------------------------------------------- */

static void mute_dns(lab *l) {
  static const kit_dns_rule mute = {.name = "*", .drop = 1};
  kit_net_lock(l->net);
  kit_dns_rule_add(l->dns, &mute);
  kit_net_unlock(l->net);
}

static void next_after_accepted(lab *l) {
  const mr_event *e = mr_driver_next(l->driver, 1000);
  assert_non_null(e);
  assert_int_equal(e->type, MR_EVENT_ACCEPTED);
}

static void test_waits_no_longer_than_told(void **state) {
  (void)state;
  for (size_t i = 0; i < LAB_LOOPS; i++) {
    lab l;
    lab_init(&l, NULL);
    lab_start(&l, lab_loops[i]);
    assert_null(mr_driver_next(l.driver, MR_NEVER)); /* nothing to wait for */
    mute_dns(&l);
    lab_send(&l, "a@good.test");
    next_after_accepted(&l);
    uint64_t start = mr_driver_now(l.driver);
    assert_null(mr_driver_next(l.driver, 120));
    assert_in_range(mr_driver_now(l.driver) - start, 119, 15000);
    assert_null(mr_driver_next(l.driver, 0));
    lab_done(&l);
  }
}

static void *wake_soon(void *driver) {
  usleep(100000);
  mr_driver_wake(driver);
  return NULL;
}

static void test_wake_from_another_thread(void **state) {
  (void)state;
  for (size_t i = 0; i < LAB_LOOPS; i++) {
    pthread_t thread;
    lab l;
    lab_init(&l, NULL);
    lab_start(&l, lab_loops[i]);
    mute_dns(&l);
    lab_send(&l, "a@good.test");
    next_after_accepted(&l);
    uint64_t start = mr_driver_now(l.driver);
    assert_int_equal(pthread_create(&thread, NULL, wake_soon, l.driver), 0);
    assert_null(mr_driver_next(l.driver, MR_NEVER));
    assert_in_range(mr_driver_now(l.driver) - start, 90, 15000);
    pthread_join(thread, NULL);
    for (int k = 0; k < 100000; k++) { /* more than a pipe holds */
      mr_driver_wake(l.driver);
    }
    assert_null(mr_driver_next(l.driver, MR_NEVER));
    assert_null(mr_driver_next(l.driver, 50));
    mr_driver_wake(NULL);
    lab_done(&l);
  }
}

static void test_silent_server_times_out(void **state) { /* R25, R32 */
  (void)state;
  lab l;
  lab_init(&l, NULL);
  kit_smtp_host *silent = kit_persona_new(KIT_SILENT, NULL);
  int64_t port = mr_options_get(l.options, MR_OPT_PORT);
  assert_int_equal(kit_net_start_smtp(l.net, silent, "127.0.0.3", (uint16_t)port), port);
  mr_options_set(l.options, MR_OPT_TIMEOUT_GREETING, 300);
  lab_start(&l, 0);
  lab_send(&l, "a@none.test");
  lab_run(&l, 1);
  lab_fate(&l, MR_FATE_DEFERRED, MR_REASON_REPLY_TIMEOUT);
  lab_done(&l);
  kit_smtp_host_free(silent);
}

/* --- no descriptors --------------------------------------------------------------- */

/* All below it are in use. */
static rlim_t open_files(void) {
  int fd = dup(0);
  assert_true(fd > 0);
  close(fd);
  return (rlim_t)fd;
}

static void test_out_of_descriptors(void **state) { /* R26, fault 75 */
  struct rlimit before, none;
  (void)state;
  for (size_t i = 0; i < LAB_LOOPS; i++) {
    lab l;
    lab_init(&l, NULL);
    lab_start(&l, lab_loops[i]);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = open_files();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    lab_send(&l, "a@good.test");
    lab_run(&l, 1);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(l.fate, MR_FATE_DEFERRED);
    assert_true(l.reason == MR_REASON_DNS_LOCAL || l.reason == MR_REASON_LOCAL_RESOURCES);
    for (int k = 0; k < 20 && l.fate != MR_FATE_DELIVERED; k++) {
      lab_run(&l, 1); /* by its retries, once there are descriptors again */
    }
    lab_fate(&l, MR_FATE_DELIVERED, MR_REASON_DELIVERED);
    lab_done(&l);
  }
}

static void test_no_descriptors_for_a_driver(void **state) { /* fault 75 */
  struct rlimit before, none;
  mr_driver *driver = NULL;
  (void)state;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  for (rlim_t extra = 0; extra < 3; extra++) {
    none = before;
    none.rlim_cur = open_files() + extra;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int err = mr_driver_new(&driver, NULL, NULL, NULL,
                            MR_DRIVER_NO_RESOLV_CONF | MR_DRIVER_NO_SYSTEM_CA);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(err, extra < 3 ? MR_ERR_IO : MR_OK);
    assert_null(driver);
  }
}

/* --- memory ----------------------------------------------------------------------- */

static int make_and_free(kit_env *env, void *arg) {
  mr_driver *driver = NULL;
  unsigned flags = *(unsigned *)arg | MR_DRIVER_NO_RESOLV_CONF | MR_DRIVER_NO_SYSTEM_CA;
  int err = mr_driver_new(&driver, &env->env, NULL, NULL, flags);
  if (err == MR_OK) {
    err = mr_driver_add_server(driver, "127.0.0.1:53");
  }
  mr_driver_free(driver);
  return err == MR_OK || (env->failed && err == MR_ERR_NOMEM) ? 0 : err;
}

static void test_every_allocation_of_a_driver(void **state) { /* fault 98 */
  (void)state;
  for (size_t i = 0; i < LAB_LOOPS; i++) {
    unsigned flags = lab_loops[i];
    kit_env *env = kit_xalloc(NULL, sizeof *env);
    kit_env_init(env, 1);
    assert_int_equal(make_and_free(env, &flags), 0);
    uint64_t calls = env->calls;
    assert_int_equal(kit_env_done(env), 0);
    for (uint64_t k = 1; k <= calls; k++) {
      kit_env_init(env, 1);
      kit_env_fail(env, k, 0);
      assert_int_equal(make_and_free(env, &flags), 0);
      assert_int_equal(kit_env_done(env), 0);
    }
    free(env);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_delivery),
      cmocka_unit_test(test_many_messages),
      cmocka_unit_test(test_large_message),
      cmocka_unit_test(test_nobody_listens),
      cmocka_unit_test(test_second_exchanger),
      cmocka_unit_test(test_servers_of_all_kinds),
      cmocka_unit_test(test_dns_server_that_is_not_there),
      cmocka_unit_test(test_sessions_say_goodbye),
      cmocka_unit_test(test_waits_no_longer_than_told),
      cmocka_unit_test(test_wake_from_another_thread),
      cmocka_unit_test(test_silent_server_times_out),
      cmocka_unit_test(test_out_of_descriptors),
      cmocka_unit_test(test_no_descriptors_for_a_driver),
      cmocka_unit_test(test_every_allocation_of_a_driver),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
