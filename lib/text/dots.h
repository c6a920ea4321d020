/* SPDX-License-Identifier: MIT */
/*
 * The wire form of DATA (RFC 5321 4.5.2): dots at line starts doubled, ".CRLF" at the
 * end. Verifies again that the input is canonical; on a violation nothing more comes out
 * and the connection has to be closed without the dot (MR_ERR_INTERNAL).
 */
#ifndef MR_TEXT_DOTS_H
#define MR_TEXT_DOTS_H

#include "base/buf.h"

typedef struct mr__dots {
  int at_start; /* the next octet starts a line */
  int cr;       /* the last octet was CR */
  int bad;
  size_t line;
} mr__dots;

void mr__dots_init(mr__dots *d);
/* *used octets eaten, *made written; never more than cap. Makes progress whenever cap
 * >= 2. */
int mr__dots_encode(mr__dots *d, const uint8_t *in, size_t len, size_t *used,
                    uint8_t *out, size_t cap, size_t *made);
/* Writes ".\r\n" (3 octets). MR_ERR_INTERNAL: the input did not end with CRLF. */
int mr__dots_end(mr__dots *d, uint8_t out[3]);

#endif
