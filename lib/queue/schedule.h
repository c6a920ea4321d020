/* SPDX-License-Identifier: MIT */
/* When to try again, and when to give up: pure functions (R98, R99). */
#ifndef MR_QUEUE_SCHEDULE_H
#define MR_QUEUE_SCHEDULE_H

#include <stdint.h>

enum {
  MR__BACKOFF_MIN = 1000, /* first wait after a failed store operation, ms */
  MR__BACKOFF_MAX = 60000 /* longest */
};

typedef struct mr__schedule {
  uint64_t min, max; /* ms between attempts */
  unsigned jitter;   /* percent around it, but never below min */
} mr__schedule;

uint64_t mr__add_sat(uint64_t a, uint64_t b);
/* Wait before the next attempt. spin: random, uniform. A try at the end of the lifetime
 * is not put off beyond it, but never comes sooner than min. */
uint64_t mr__schedule_delay(const mr__schedule *schedule, uint64_t age, uint64_t lifetime,
                            uint32_t spin);
/* Whether a deferral for this reason was an attempt at all (R99). */
int mr__schedule_real(int reason);
int mr__schedule_expired(uint64_t age, uint64_t lifetime, int reason);
/* Doubles from MR__BACKOFF_MIN to MR__BACKOFF_MAX; before = 0: the first. */
uint64_t mr__schedule_backoff(uint64_t before);

#endif
