/* SPDX-License-Identifier: MIT */
#include "text/utf8.h"

#include <string.h>

/* Octets that the lead octet promises, and the bits it carries. */
static size_t lead(uint8_t octet, uint32_t *point) {
  if (octet < 0xC2 || octet > 0xF4)
    return 0;
  if (octet < 0xE0) {
    *point = octet & 0x1Fu;
    return 2;
  }
  if (octet < 0xF0) {
    *point = octet & 0x0Fu;
    return 3;
  }
  *point = octet & 0x07u;
  return 4;
}

static int wellformed(size_t n, uint32_t point) {
  static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
  if (point < least[n] || point > 0x10FFFF)
    return 0;
  return point < 0xD800 || point > 0xDFFF;
}

size_t mr__utf8_next(const uint8_t *p, size_t len, uint32_t *point) {
  uint32_t value = 0;
  size_t n = 1;
  if (p[0] < 0x80) {
    value = p[0];
  } else {
    n = lead(p[0], &value);
    if (n == 0 || n > len)
      return 0;
    for (size_t i = 1; i < n; i++) {
      if ((p[i] & 0xC0) != 0x80)
        return 0;
      value = value << 6 | (p[i] & 0x3Fu);
    }
    if (!wellformed(n, value))
      return 0;
  }
  if (point != NULL)
    *point = value;
  return n;
}

size_t mr__utf8_clean(const uint8_t *p, size_t len, int tab) {
  size_t at = 0;
  while (at < len) {
    uint32_t point = 0;
    size_t n = mr__utf8_next(p + at, len - at, &point);
    if (n == 0 || (point < 0x20 && !(tab && point == '\t')) ||
        (point >= 0x7F && point < 0xA0))
      return at;
    at += n;
  }
  return len;
}

int mr__eight_bit(const uint8_t *p, size_t len) {
  while (len >= 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    if ((word & UINT64_C(0x8080808080808080)) != 0)
      return 1;
    p += 8;
    len -= 8;
  }
  while (len > 0) {
    if ((*p & 0x80) != 0)
      return 1;
    p++;
    len--;
  }
  return 0;
}
