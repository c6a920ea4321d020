/* SPDX-License-Identifier: MIT */
/* The content of one leaf on its way into seven bits. */
#ifndef MR_MESSAGE_RENDER_LEAF_H
#define MR_MESSAGE_RENDER_LEAF_H

#include "base/buf.h"
#include "text/encode.h"

/* What is done with an entity. */
enum mr__action {
  MR__ACTION_LEAVE = 0, /* it stays as it is */
  MR__ACTION_LABEL,     /* … but for its label: it is 7bit */
  MR__ACTION_QP,
  MR__ACTION_BASE64,
  MR__ACTION_MEND_QP,    /* it is encoded, with raw octets in between: they go as =XX */
  MR__ACTION_MEND_BASE64 /* … they go: a decoder does not count them (RFC 2045 6.8) */
};

typedef struct mr__leaf {
  int action;
  mr__coder coder;
  size_t held; /* octets of a line end, which may be the delimiter's */
  char hold[2];
  size_t column; /* MEND_QP: of the output line */
  int escape;    /* … octets of =XX to come */
  int mended;    /* … something was put into the line */
} mr__leaf;

/* action: not LEAVE, not LABEL. */
void mr__leaf_begin(mr__leaf *leaf, int action);
/* A piece of content, a line or less; what comes of it is appended. */
int mr__leaf_put(mr__leaf *leaf, const uint8_t *p, size_t len, mr__buf *out);
/* Its end. delimited: a delimiter follows, to which the last line end belongs (RFC 2046
 * 5.1.1); what was appended ends with one. */
int mr__leaf_end(mr__leaf *leaf, int delimited, mr__buf *out);

#endif
