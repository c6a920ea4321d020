/* SPDX-License-Identifier: MIT */
/* Encoded words read (RFC 2047): what people are shown. */
#ifndef MR_TEXT_WORDS_READ_H
#define MR_TEXT_WORDS_READ_H

#include "base/buf.h"

/*
 * Text in the making: literal text and encoded words into UTF-8. What words decode to is
 * cleaned when the run of words ends, because writers split characters between words:
 * controls but TAB, and octets that are not UTF-8, become '?'.
 */
typedef struct mr__decoder {
  mr__buf *out;
  size_t start;   /* of the text in out */
  size_t run;     /* where the octets of the last words begin in out */
  int after_word; /* nothing but space came since */
} mr__decoder;

void mr__decoder_init(mr__decoder *d, mr__buf *out);
/* A stretch without white space. `space`: there was some in front of it, of which one
 * space stays, but none between two encoded words. */
void mr__decoder_token(mr__decoder *d, const char *text, size_t len, int space);
/* Literal text; `space` as above. */
void mr__decoder_literal(mr__decoder *d, const char *text, size_t len, int space);
/* Ends the text. Returns the error of out. */
int mr__decoder_end(mr__decoder *d);

#endif
