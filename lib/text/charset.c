/* SPDX-License-Identifier: MIT */
#include "text/charset.h"

#include <string.h>

static const struct {
  const char *name;
  int charset;
} names[] = {
    {"utf-8", MR__CHARSET_UTF8},           {"utf8", MR__CHARSET_UTF8},
    {"us-ascii", MR__CHARSET_UTF8},        {"ascii", MR__CHARSET_UTF8},
    {"iso-8859-1", MR__CHARSET_LATIN1},    {"latin1", MR__CHARSET_LATIN1},
    {"iso-8859-15", MR__CHARSET_LATIN9},   {"latin-9", MR__CHARSET_LATIN9},
    {"windows-1252", MR__CHARSET_WINDOWS}, {"cp1252", MR__CHARSET_WINDOWS},
};

/* 0x80 to 0x9F; 0 = none. */
static const uint16_t windows[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
    0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

/* What ISO-8859-15 has instead of ISO-8859-1's. */
static const struct {
  uint8_t octet;
  uint16_t point;
} latin9[] = {{0xA4, 0x20AC}, {0xA6, 0x0160}, {0xA8, 0x0161}, {0xB4, 0x017D},
              {0xB8, 0x017E}, {0xBC, 0x0152}, {0xBD, 0x0153}, {0xBE, 0x0178}};

int mr__charset_find(const char *name, size_t len) {
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strlen(names[i].name) == len && mr__memcaseeq(names[i].name, name, len))
      return names[i].charset;
  return MR__CHARSET_NONE;
}

static unsigned point_of(int charset, unsigned octet) {
  if (charset == MR__CHARSET_WINDOWS && octet >= 0x80 && octet < 0xA0)
    return windows[octet - 0x80] != 0 ? windows[octet - 0x80] : '?';
  for (size_t i = 0; charset == MR__CHARSET_LATIN9 && i < 8; i++)
    if (latin9[i].octet == octet)
      return latin9[i].point;
  return octet;
}

void mr__charset_put(mr__buf *out, int charset, unsigned octet) {
  uint8_t text[3];
  size_t n = 0;
  unsigned point = charset == MR__CHARSET_UTF8 ? octet : point_of(charset, octet);
  if (charset == MR__CHARSET_UTF8 || point < 0x80) {
    text[n++] = (uint8_t)point;
  } else if (point < 0x800) {
    text[n++] = (uint8_t)(0xC0 | point >> 6);
    text[n++] = (uint8_t)(0x80 | (point & 0x3F));
  } else {
    text[n++] = (uint8_t)(0xE0 | point >> 12);
    text[n++] = (uint8_t)(0x80 | (point >> 6 & 0x3F));
    text[n++] = (uint8_t)(0x80 | (point & 0x3F));
  }
  mr__buf_put(out, text, n);
}
