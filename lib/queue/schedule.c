/* SPDX-License-Identifier: MIT */
#include "queue/schedule.h"

#include <mailroute/event.h>

uint64_t mr__add_sat(uint64_t a, uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t clamp(uint64_t value, uint64_t min, uint64_t max) {
  if (value > max)
    value = max;
  return value < min ? min : value;
}

/* width * spin / 2^32 without overflow; only the upper 16 bits of spin count. */
static uint64_t scale(uint64_t width, uint32_t spin) {
  uint64_t part = spin >> 16;
  return (width >> 16) * part + (((width & 0xFFFF) * part) >> 16);
}

static uint64_t jittered(uint64_t base, unsigned percent, uint32_t spin) {
  uint64_t span = base / 100 * percent + base % 100 * percent / 100;
  return mr__add_sat(base - span, scale(mr__add_sat(span, span), spin));
}

uint64_t mr__schedule_delay(const mr__schedule *schedule, uint64_t age, uint64_t lifetime,
                            uint32_t spin) {
  uint64_t delay = clamp(age, schedule->min, schedule->max);
  delay = jittered(delay, schedule->jitter > 100 ? 100 : schedule->jitter, spin);
  if (age < lifetime && delay > lifetime - age)
    delay = lifetime - age;
  return delay < schedule->min ? schedule->min : delay;
}

/* What says nothing about the destination: we did not get so far, or the fault is ours.
 * No message expires on it (R26, R95, R99). */
int mr__schedule_real(int reason) {
  static const int ours[] = {
      MR_REASON_HOST_DEAD,       MR_REASON_BUDGET,          MR_REASON_DRAINING,
      MR_REASON_NOT_ATTEMPTED,   MR_REASON_DNS_NO_SERVER,   MR_REASON_DNS_LOCAL,
      MR_REASON_LOCAL_RESOURCES, MR_REASON_LOCAL_ADDRESS,   MR_REASON_NO_MEMORY,
      MR_REASON_SOURCE_FAILED,   MR_REASON_MESSAGE_INVALID, MR_REASON_GATE_REFUSED,
      MR_REASON_TLS_NO_TRUST,    MR_REASON_TLS_UNAVAILABLE, MR_REASON_TLS_CLOCK,
      MR_REASON_STORE_FAILED,    MR_REASON_BOUNCE_FAILED,   MR_REASON_CANCELLED};
  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
    if (reason == ours[i])
      return 0;
  return 1;
}

int mr__schedule_expired(uint64_t age, uint64_t lifetime, int reason) {
  return age >= lifetime && mr__schedule_real(reason);
}

uint64_t mr__schedule_backoff(uint64_t before) {
  if (before == 0)
    return MR__BACKOFF_MIN;
  return before >= MR__BACKOFF_MAX / 2 ? MR__BACKOFF_MAX : before * 2;
}
