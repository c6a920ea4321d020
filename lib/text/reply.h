/* SPDX-License-Identifier: MIT */
/*
 * SMTP replies, incrementally (RFC 5321 4.2, RFC 2034). Accepts CRLF or LF; CR elsewhere,
 * NUL and 8-bit octets are text. Strict in the rest: three digits 2-5 first, then '-', SP
 * or the end of the line; all lines carry one code.
 */
#ifndef MR_TEXT_REPLY_H
#define MR_TEXT_REPLY_H

#include "base/buf.h"

typedef struct mr__reply {
  int code;      /* 200..599, 0 while none is complete */
  int status[3]; /* x, y, z of the first line that has one; 0,0,0 = none, or its
                  * class is not the code's (R90) */
  unsigned lines;
  mr__buf text; /* lines joined by LF, code and enhanced code removed; every
                 * octet outside printable ASCII and valid UTF-8 escaped \xHH */
  mr__buf raw;  /* the lines as they came, code included, joined by LF, escaped:
                 * for transcripts */
} mr__reply;

typedef struct mr__reply_parser {
  mr__reply reply;
  mr__buf line;
  size_t line_max, text_max;
  unsigned lines_max;
  int done;
} mr__reply_parser;

enum { MR__REPLY_RAW_MAX = 8192 }; /* kept for transcripts; what is beyond is dropped */

void mr__reply_init(mr__reply_parser *p, const mr_env *env, size_t line_max,
                    unsigned lines_max);
void mr__reply_free(mr__reply_parser *p);
/* Eats octets up to the end of one reply: *used tells how many. 1 = p->reply is complete
 * (valid until the next feed), 0 = more is needed; MR_ERR_PROTO (not a reply),
 * MR_ERR_LIMIT (line or count), MR_ERR_NOMEM: sticky. */
int mr__reply_feed(mr__reply_parser *p, const uint8_t *data, size_t len, size_t *used);
/* Whether part of a reply has been eaten. */
int mr__reply_partial(const mr__reply_parser *p);

#endif
