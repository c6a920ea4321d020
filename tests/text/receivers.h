/* SPDX-License-Identifier: MIT */
/*
 * How mail servers find the end of DATA, rightly and wrongly: each accepts the RFC's form
 * and what its name says. Used to prove that none of them sees an end before the real
 * one.
 */
#ifndef TEXT_RECEIVERS_H
#define TEXT_RECEIVERS_H

#include <stddef.h>
#include <stdint.h>

enum { RECEIVERS = 7 };

static inline int is_cr(const uint8_t *wire, size_t len, size_t at) {
  return at < len && wire[at] == '\r';
}

static inline int is_lf(const uint8_t *wire, size_t len, size_t at) {
  return at < len && wire[at] == '\n';
}

static inline int is_crlf(const uint8_t *wire, size_t len, size_t at) {
  return is_cr(wire, len, at) && is_lf(wire, len, at + 1);
}

/* What stands before octet `at`. The stream starts behind the CRLF of the DATA command.
 */
static inline int after_lf(const uint8_t *wire, size_t at) {
  return at == 0 || wire[at - 1] == '\n';
}

static inline int after_crlf(const uint8_t *wire, size_t at) {
  return at == 0 || (at > 1 && wire[at - 1] == '\n' && wire[at - 2] == '\r');
}

static inline int after_cr(const uint8_t *wire, size_t at) {
  return at > 0 && wire[at - 1] == '\r';
}

/* One CR or more, then LF. */
static inline int is_crs_lf(const uint8_t *wire, size_t len, size_t at) {
  size_t n = 0;
  while (is_cr(wire, len, at + n))
    n++;
  return n > 0 && is_lf(wire, len, at + n);
}

/* Whether a receiver takes the dot at `at` for the end of the data. */
static inline int ends_at(int receiver, const uint8_t *wire, size_t len, size_t at) {
  if (wire[at] != '.')
    return 0;
  if (after_crlf(wire, at) && is_crlf(wire, len, at + 1))
    return 1;
  switch (receiver) {
  case 0: /* strict: CRLF.CRLF */
    return 0;
  case 1: /* LF.LF */
    return after_lf(wire, at) && is_lf(wire, len, at + 1);
  case 2: /* LF.CRLF */
    return after_lf(wire, at) && is_crlf(wire, len, at + 1);
  case 3: /* CRLF.LF */
    return after_crlf(wire, at) && is_lf(wire, len, at + 1);
  case 4: /* any LF: old Postfix, sendmail */
    return after_lf(wire, at) && (is_lf(wire, len, at + 1) || is_crlf(wire, len, at + 1));
  case 5: /* CR ends a line too: Cisco */
    return (after_lf(wire, at) || after_cr(wire, at)) &&
           (is_lf(wire, len, at + 1) || is_cr(wire, len, at + 1));
  default: /* CRLF.CR+LF */
    return after_crlf(wire, at) && is_crs_lf(wire, len, at + 1);
  }
}

/* Where a receiver sees the end: offset of the dot, len = nowhere. */
static inline size_t end_seen(int receiver, const uint8_t *wire, size_t len) {
  for (size_t at = 0; at < len; at++)
    if (ends_at(receiver, wire, len, at))
      return at;
  return len;
}

#endif
