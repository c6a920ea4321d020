/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <mailroute/event.h>

#include "queue/schedule.h"

#define MINUTE ((uint64_t)60000)
#define DAY (1440 * MINUTE)

static const mr__schedule usual = {300000, 4000000, 10};

/* R98: clamp(age, min, max), +- jitter, the first retry not before min. */
static void delay_grows_with_age_r98(void **state) {
  static const struct {
    uint64_t age, low, high;
  } rows[] = {{0, 300000, 330000},
              {299999, 300000, 330000},
              {1000000, 900000, 1100000},
              {4000000, 3600000, 4400000},
              {DAY, 3600000, 4400000}};
  static const uint32_t spins[] = {0, 1, 0x7FFFFFFF, 0x80000000, UINT32_MAX};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    for (size_t k = 0; k < sizeof spins / sizeof *spins; k++) {
      uint64_t delay = mr__schedule_delay(&usual, rows[i].age, 5 * DAY, spins[k]);
      assert_in_range(delay, rows[i].low, rows[i].high);
    }
  }
  assert_int_equal(mr__schedule_delay(&usual, 1000000, 5 * DAY, 0), 900000);
  assert_in_range(mr__schedule_delay(&usual, 1000000, 5 * DAY, UINT32_MAX), 1099990,
                  1100000);
}

/* fault 87, bug 56: no overflow at any age, and the delay keeps its bounds. */
static void delay_saturates_fault_87_bug_56(void **state) {
  static const uint64_t ages[] = {UINT64_MAX, UINT64_MAX - 1, (uint64_t)1 << 63,
                                  (uint64_t)1 << 31};
  mr__schedule wild = {UINT64_MAX, UINT64_MAX, 50};
  (void)state;
  for (size_t i = 0; i < sizeof ages / sizeof *ages; i++) {
    assert_in_range(mr__schedule_delay(&usual, ages[i], 5 * DAY, UINT32_MAX), 3600000,
                    4400000);
    assert_true(mr__schedule_delay(&wild, ages[i], 0, 77) == UINT64_MAX);
  }
  assert_true(mr__add_sat(UINT64_MAX, 1) == UINT64_MAX);
  assert_true(mr__add_sat(1, 2) == 3);
}

/* The last attempt falls on the end of the lifetime, but not sooner than min. */
static void delay_meets_the_end(void **state) {
  (void)state;
  assert_int_equal(mr__schedule_delay(&usual, DAY - 600000, DAY, 0), 600000);
  assert_int_equal(mr__schedule_delay(&usual, DAY - 1, DAY, 0), 300000);
}

/* R99, fault 87: exactly at the boundary, and only after a real attempt. */
static void expiry_r99_fault_87(void **state) {
  static const int unreal[] = {
      MR_REASON_HOST_DEAD,     MR_REASON_BUDGET,        MR_REASON_DRAINING,
      MR_REASON_NOT_ATTEMPTED, MR_REASON_DNS_NO_SERVER, MR_REASON_LOCAL_RESOURCES,
      MR_REASON_NO_MEMORY,     MR_REASON_SOURCE_FAILED, MR_REASON_TLS_NO_TRUST};
  (void)state;
  assert_int_equal(mr__schedule_expired(DAY - 1, DAY, MR_REASON_RCPT_SOFT), 0);
  assert_int_equal(mr__schedule_expired(DAY, DAY, MR_REASON_RCPT_SOFT), 1);
  for (size_t i = 0; i < sizeof unreal / sizeof *unreal; i++)
    assert_int_equal(mr__schedule_expired(UINT64_MAX, DAY, unreal[i]), 0);
}

static void backoff_doubles_to_a_limit(void **state) {
  uint64_t wait = 0;
  (void)state;
  static const uint64_t expected[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    wait = mr__schedule_backoff(wait);
    assert_int_equal(wait, expected[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(delay_grows_with_age_r98),
      cmocka_unit_test(delay_saturates_fault_87_bug_56),
      cmocka_unit_test(delay_meets_the_end),
      cmocka_unit_test(expiry_r99_fault_87),
      cmocka_unit_test(backoff_doubles_to_a_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
