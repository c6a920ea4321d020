/* SPDX-License-Identifier: MIT */
#include "kit/kit_rng.h"

static uint64_t splitmix(uint64_t *x) {
  uint64_t z = (*x += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

void kit_rng_init(kit_rng *rng, uint64_t seed) {
  for (size_t i = 0; i < 4; i++)
    rng->s[i] = splitmix(&seed);
}

void kit_rng_fork(kit_rng *out, uint64_t seed, const char *name) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
  for (; *name; name++)
    hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
  kit_rng_init(out, seed ^ hash);
}

static uint64_t rotl(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

uint64_t kit_rng_next(kit_rng *rng) {
  uint64_t *s = rng->s;
  uint64_t result = rotl(s[1] * 5, 7) * 9;
  uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotl(s[3], 45);
  return result;
}

uint64_t kit_rng_below(kit_rng *rng, uint64_t n) {
  uint64_t limit = UINT64_MAX - UINT64_MAX % n;
  uint64_t x;
  do
    x = kit_rng_next(rng);
  while (x >= limit);
  return x % n;
}

void kit_rng_fill(kit_rng *rng, void *buf, size_t len) {
  unsigned char *p = buf;
  while (len) {
    uint64_t x = kit_rng_next(rng);
    for (size_t i = 0; i < 8 && len; i++, len--, x >>= 8)
      *p++ = (unsigned char)x;
  }
}
