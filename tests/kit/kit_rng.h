/* SPDX-License-Identifier: MIT */
/* xoshiro256** with named sub-streams: same seed, same numbers, on every machine. */
#ifndef KIT_RNG_H
#define KIT_RNG_H

#include <stddef.h>
#include <stdint.h>

typedef struct kit_rng {
  uint64_t s[4];
} kit_rng;

void kit_rng_init(kit_rng *rng, uint64_t seed);
/* A stream of its own for a purpose, so that draws in one do not shift another. */
void kit_rng_fork(kit_rng *out, uint64_t seed, const char *name);
uint64_t kit_rng_next(kit_rng *rng);
uint64_t kit_rng_below(kit_rng *rng, uint64_t n); /* 0..n-1, unbiased; n > 0 */
void kit_rng_fill(kit_rng *rng, void *buf, size_t len);

#endif
