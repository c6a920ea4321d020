/* SPDX-License-Identifier: MIT */
/*
 * What a sealed message is made of behind its header section: octets in memory or from a
 * source, with what is done to them on the way out. Read by mr_reader, one after the
 * other.
 */
#ifndef MR_MESSAGE_PIECE_H
#define MR_MESSAGE_PIECE_H

#include <mailroute/message.h>

#include "text/encode.h"

typedef struct mr__piece {
  const uint8_t *data;     /* octets in memory, NULL = none */
  const mr_source *source; /* NULL: memory */
  uint64_t start;          /* of its octets in the source */
  uint64_t len;            /* of memory */
  int canon;               /* line ends are made canonical, … */
  int strict;              /* … and a bare CR or LF is an error, … */
  int any_line;            /* … and lines may have any length: they get coded */
  int coding;              /* #mr__coding, done last */
  uint64_t size;           /* octets that come out of it */
  const uint8_t *key;      /* hashes what a source gave, before coding; NULL = not */
  uint64_t hash;
} mr__piece;

/* Octets that go out as they lie in memory. */
static inline int mr__piece_is_plain(const mr__piece *piece) {
  return piece->source == NULL && !piece->canon && piece->coding == MR__CODING_NONE;
}

#endif
