/* SPDX-License-Identifier: MIT */
/* SipHash-2-4 (Aumasson and Bernstein, 2012). */
#include "base/map.h"

static uint64_t load64(const uint8_t *p) {
  uint64_t value = 0;
  for (int i = 7; i >= 0; i--)
    value = value << 8 | p[i];
  return value;
}

static uint64_t rotate(uint64_t x, int n) { return x << n | x >> (64 - n); }

static void sip_rounds(mr__sip *s, int rounds) {
  while (rounds-- > 0) {
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 = rotate(s->v2, 32);
  }
}

static void sip_word(mr__sip *s, uint64_t word) {
  s->v3 ^= word;
  sip_rounds(s, 2);
  s->v0 ^= word;
}

void mr__sip_init(mr__sip *sip, const uint8_t key[16]) {
  uint64_t k0 = load64(key), k1 = load64(key + 8);
  sip->v0 = k0 ^ UINT64_C(0x736f6d6570736575);
  sip->v1 = k1 ^ UINT64_C(0x646f72616e646f6d);
  sip->v2 = k0 ^ UINT64_C(0x6c7967656e657261);
  sip->v3 = k1 ^ UINT64_C(0x7465646279746573);
  sip->tail = 0;
  sip->len = 0;
}

void mr__sip_add(mr__sip *sip, const void *data, size_t len) {
  const uint8_t *p = data;
  for (size_t i = 0; i < len; i++) {
    sip->tail |= (uint64_t)p[i] << (8 * (sip->len % 8));
    if (++sip->len % 8 == 0) {
      sip_word(sip, sip->tail);
      sip->tail = 0;
    }
  }
}

uint64_t mr__sip_end(mr__sip *sip) {
  sip_word(sip, sip->tail | (uint64_t)(sip->len & 0xff) << 56);
  sip->v2 ^= 0xff;
  sip_rounds(sip, 4);
  return sip->v0 ^ sip->v1 ^ sip->v2 ^ sip->v3;
}

uint64_t mr__siphash(const uint8_t key[16], const void *data, size_t len) {
  mr__sip sip;
  mr__sip_init(&sip, key);
  mr__sip_add(&sip, data, len);
  return mr__sip_end(&sip);
}
