/* SPDX-License-Identifier: MIT */
#include "text/clean.h"

#include <string.h>

#define EACH(octet) (UINT64_C(0x0101010101010101) * (octet))
#define LOW EACH(0x7F)
#define HIGH EACH(0x80)

/* Octets looked at for a NUL at a time. */
enum { NUL_STEP = 8 * MR__CLEAN_BLOCK };

static uint64_t load(const uint8_t *p) {
  uint64_t word;
  memcpy(&word, p, sizeof word);
  return word;
}

/* The high bit of each octet that is not zero; exact for any octets. */
static uint64_t differs(uint64_t word) { return ((word & LOW) + LOW) | word; }

/* A block of any octets, and the two behind it: CR in front of every LF, LF behind every
 * CR, and no dot behind an LF unless dots do not matter. */
static int block_is_clean(const uint8_t *p, int dots) {
  uint64_t bad = 0;
  for (size_t i = 0; i < MR__CLEAN_BLOCK; i += 8) {
    uint64_t lf = differs(load(p + i + 1) ^ EACH('\n'));
    bad |= differs(load(p + i) ^ EACH('\r')) ^ lf;
    bad |= dots ? ~(lf | differs(load(p + i + 2) ^ EACH('.'))) : 0;
  }
  return (bad & HIGH) == 0;
}

/* The same where all is ASCII: additions cannot carry from one octet to the next. If it
 * is not, *bits shows it, and the answer means nothing. */
static int ascii_is_clean(const uint8_t *p, uint64_t *bits) {
  uint64_t bad = 0, all = 0;
  for (size_t i = 0; i < MR__CLEAN_BLOCK; i += 8) {
    uint64_t cr = load(p + i), lf = load(p + i + 1);
    bad |= ((cr ^ EACH('\r')) + LOW) ^ ((lf ^ EACH('\n')) + LOW);
    all |= cr | lf;
  }
  *bits = all & HIGH;
  return (bad & HIGH) == 0;
}

static int ascii_has_no_dot(const uint8_t *p, uint64_t *bits) {
  uint64_t bad = 0, all = 0, no_dot = HIGH;
  for (size_t i = 0; i < MR__CLEAN_BLOCK; i += 8) {
    uint64_t cr = load(p + i), next = load(p + i + 2);
    uint64_t lf = (load(p + i + 1) ^ EACH('\n')) + LOW;
    bad |= ((cr ^ EACH('\r')) + LOW) ^ lf;
    no_dot &= lf | ((next ^ EACH('.')) + LOW);
    all |= cr | next;
  }
  *bits = all & HIGH;
  return ((bad | ~no_dot) & HIGH) == 0;
}

/* Blocks of len octets, behind which there are two more. */
static size_t blocks(const uint8_t *p, size_t len, int dots, uint64_t *high) {
  size_t n = 0;
  while (len - n >= MR__CLEAN_BLOCK) {
    uint64_t bits = 0;
    int clean = dots ? ascii_has_no_dot(p + n, &bits) : ascii_is_clean(p + n, &bits);
    if (bits != 0)
      clean = block_is_clean(p + n, dots);
    if (!clean)
      break;
    *high |= bits;
    n += MR__CLEAN_BLOCK;
  }
  return n;
}

size_t mr__clean_run(const uint8_t *p, size_t len, int dots, unsigned *high) {
  size_t n = 0;
  uint64_t bits = 0;
  while (len - n >= MR__CLEAN_MIN) {
    size_t step = len - n - 2 < NUL_STEP ? len - n - 2 : NUL_STEP;
    const uint8_t *nul = memchr(p + n, 0, step);
    if (nul != NULL)
      step = (size_t)(nul - p) - n;
    size_t got = blocks(p + n, step, dots, &bits);
    n += got;
    if (got < NUL_STEP)
      break;
  }
  /* what was seen behind the run does no harm: at worst it is looked for again */
  *high |= bits != 0 ? 0x80u : 0;
  return n > 0 && p[n - 1] == '\r' ? n - 1 : n;
}

/* Behind the last LF in front of `to`, `from` = there is none. */
static size_t line_start(const uint8_t *p, size_t from, size_t to) {
  while (to > from && p[to - 1] != '\n')
    to--;
  return to;
}

int mr__clean_lines(const uint8_t *p, size_t len, size_t max, size_t *line) {
  size_t at = 0;
  while (at < len) {
    if (*line > max)
      return 0;
    size_t reach = max - *line + 2; /* its CRLF stands in there */
    size_t end = len - at < reach ? len : at + reach;
    size_t start = line_start(p, at, end);
    if (start == at) {
      *line += len - at;
      return end == len && *line <= max;
    }
    at = start;
    *line = 0;
  }
  return 1;
}
