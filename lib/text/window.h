/* SPDX-License-Identifier: MIT */
/*
 * Looks for CR, LF and NUL in a stretch of octets. Each is searched once: what was found
 * ahead is remembered, so no mixture of them makes the search longer than linear.
 */
#ifndef MR_TEXT_WINDOW_H
#define MR_TEXT_WINDOW_H

#include <stddef.h>
#include <stdint.h>

typedef struct mr__window {
  const uint8_t *end;
  const uint8_t
      *next[3]; /* the next CR, LF, NUL, or end; behind the place = look again */
} mr__window;

void mr__window_init(mr__window *w, const uint8_t *start, size_t len);
/* Octets from `from` up to the next CR, LF or NUL, or to the end. from never moves back.
 */
size_t mr__window_run(mr__window *w, const uint8_t *from);

#endif
