/* SPDX-License-Identifier: MIT */
/*
 * Canonical line endings of a message body (docs: line endings C1-C9): CRLF stays, bare
 * LF becomes CRLF, bare CR becomes SP; NUL is an error; lines over 998 octets are an
 * error; the end gets a CRLF if it has none. strict: bare CR or LF is an error instead.
 */
#ifndef MR_TEXT_CANON_H
#define MR_TEXT_CANON_H

#include "base/buf.h"

enum { MR__LINE_MAX = 998 };

typedef struct mr__canon {
  int strict;
  int any_line;   /* set it after init: lines of any length, for what gets encoded */
  int cr;         /* a CR is held back: CRLF or bare? */
  size_t line;    /* octets of the line so far */
  uint64_t made;  /* octets given out so far */
  uint64_t taken; /* octets read so far */
  int eight_bit;  /* saw an octet above 0x7F */
  int altered;    /* the output differs from the input */
  int last;       /* last octet given out, -1 = none */
} mr__canon;

void mr__canon_init(mr__canon *c, int strict);
/* Converts what fits: *used octets eaten, *made octets written. Output may be one octet
 * longer per LF than the input; cap >= 2. Errors: MR_ERR_BODY_CHAR, MR_ERR_LINE_LONG,
 * with c->taken at the offending octet. */
int mr__canon_feed(mr__canon *c, const uint8_t *in, size_t len, size_t *used,
                   uint8_t *out, size_t cap, size_t *made);
/* Octets that close the body (0 to 3 of them). */
int mr__canon_end(mr__canon *c, uint8_t out[3], size_t *made);

#endif
