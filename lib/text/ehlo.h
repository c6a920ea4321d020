/* SPDX-License-Identifier: MIT */
#ifndef MR_TEXT_EHLO_H
#define MR_TEXT_EHLO_H

#include "base/buf.h"

enum mr__ehlo_keyword {
  MR__EHLO_PIPELINING = 1,
  MR__EHLO_SIZE = 2,
  MR__EHLO_8BITMIME = 4,
  MR__EHLO_STARTTLS = 8,
  MR__EHLO_ENHANCEDSTATUSCODES = 16,
  MR__EHLO_SMTPUTF8 = 32
};

typedef struct mr__ehlo {
  unsigned keywords;
  uint64_t size;  /* 0 = no limit told (RFC 1870: absent, 0, or not a number) */
  char name[256]; /* first word of the first line, cut */
} mr__ehlo;

/* text: lines of the 250 reply joined by LF (mr__reply.text). Keywords in any case,
 * unknown ones ignored, of duplicates the last one counts (R34). */
void mr__ehlo_parse(mr__ehlo *out, const char *text);

#endif
