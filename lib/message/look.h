/* SPDX-License-Identifier: MIT */
/* What the octets of a part are like, seen piece by piece: decides how it is encoded. */
#ifndef MR_MESSAGE_LOOK_H
#define MR_MESSAGE_LOOK_H

#include "text/encode.h"

enum {
  MR__LOOK_TEXT_LINE = 78, /* line length up to which text stays (RFC 5322 2.1.1) */
  MR__LOOK_SHORT = 256     /* shorter text is never base64: people read it as it is */
};

typedef struct mr__look {
  uint64_t len;     /* octets so far */
  uint64_t line;    /* … of the line */
  uint64_t longest; /* line */
  int last;         /* octet, -1 = none */
  int bare;         /* a CR or LF alone */
  int odd;          /* a control but TAB, CR, LF; or above 0x7E */
  int marker;       /* a line starts with "--=_", as our boundaries do */
  uint64_t no_utf8; /* offset of the first octet that is not UTF-8, … */
  int is_utf8;      /* … if this is 0 */
  int counting;     /* the quoted-printable form is counted */
  uint64_t qp_size;
  mr__coder qp;
  size_t start_len; /* first octets of the line */
  uint8_t start[4];
  size_t cut_len; /* of a character that a piece cut */
  uint8_t cut[4];
} mr__look;

/* counting: 1 = also tells how long it gets in quoted-printable. */
void mr__look_init(mr__look *look, int counting);
void mr__look_feed(mr__look *look, const uint8_t *p, size_t len);
void mr__look_end(mr__look *look);

/* Whether it can go out as it is, in lines within line_max octets. */
int mr__look_is_plain(const mr__look *look, uint64_t line_max);

#endif
