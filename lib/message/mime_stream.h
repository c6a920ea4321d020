/* SPDX-License-Identifier: MIT */
/*
 * A message cut into header fields, lines of content, and what stands between the parts
 * (RFC 2046 5.1.1), as its octets come: in bounded memory, in linear time, and always
 * into the same pieces however the octets were split. Nothing is lost or changed: all
 * pieces together are the message.
 *
 * A part ends at a line of "--", a boundary that is open (the innermost that fits), and
 * maybe "--"; white space may follow, nothing else. A boundary that never comes leaves
 * the part open to the end. A header ends at an empty line, at such a line, or before a
 * line that can be no field.
 */
#ifndef MR_MESSAGE_MIME_STREAM_H
#define MR_MESSAGE_MIME_STREAM_H

#include "message/mime_type.h"

enum {
  MR__MIME_DEPTH = 100, /* entities inside each other (bug 45) */
  MR__MIME_ENTITIES = 10000,
  MR__MIME_LINE = 1024,           /* octets of a line that come as one piece */
  MR__MIME_FIELD_MAX = 256 * 1024 /* octets of a header field */
};

enum mr__mime_event {
  MR__MIME_MORE = 0,   /* hand in more, or say that there is no more */
  MR__MIME_FIELD_END,  /* a whole header field in `field` */
  MR__MIME_HEADER_END, /* `entity` is known; the piece is its empty line, or nothing */
  MR__MIME_BODY,       /* a piece of the content of a leaf */
  MR__MIME_FILLER,     /* a piece of preamble or epilogue */
  MR__MIME_DELIMITER,  /* a delimiter line: the leaf in front of it, if any, is over */
  MR__MIME_END
};

typedef struct mr__mime_level {
  size_t at, len; /* of the boundary, in `boundaries` */
  unsigned depth; /* of its entity */
  int in_signed, in_digest;
} mr__mime_level;

typedef struct mr__mime {
  /* input, set by whoever drives it after MR__MIME_MORE */
  const uint8_t *in;
  size_t in_at, in_len;
  int at_end; /* with no input left */
  /* output: valid until the next call */
  const uint8_t *piece;
  size_t piece_len;
  mr__buf field;
  mr__mime_entity entity;
  size_t count;  /* entities so far, with this one */
  int in_signed; /* what comes now is inside multipart/signed */
  /* its own */
  int state;
  int err;
  int begins;     /* an entity: 1 = a part, 2 = what a message/rfc822 holds */
  int field_told; /* the field goes with the next call */
  const uint8_t *line;
  size_t line_len;
  int starts, ends, next_starts; /* the line: from its start, to its end */
  int kept;                      /* it has to be looked at again */
  unsigned depth;
  size_t held_len;
  uint8_t held[MR__MIME_LINE];
  mr__buf boundaries;
  size_t level_count;
  mr__mime_level levels[MR__MIME_DEPTH + 1];
} mr__mime;

void mr__mime_init(mr__mime *m, const mr_env *env);
void mr__mime_free(mr__mime *m);
/* Back to the start of the message. */
void mr__mime_rewind(mr__mime *m);
/* An event, or MR_ERR_DEPTH, MR_ERR_LIMIT, MR_ERR_NOMEM, which stick. */
int mr__mime_next(mr__mime *m);

#endif
