/* SPDX-License-Identifier: MIT */
/* A part from the inside. */
#ifndef MR_MESSAGE_PART_OBJECT_H
#define MR_MESSAGE_PART_OBJECT_H

#include <stdatomic.h>

#include <mailroute/mime.h>

#include "base/buf.h"

enum {
  MR__PART_DEPTH = 100,
  MR__PART_COUNT = 10000,
  MR__PART_PARAMS = 256,
  MR__PART_FIELDS = 64 * 1024,
  MR__BOUNDARY_TEXT = 64
};

enum mr__part_kind {
  MR__PART_DATA = 0,
  MR__PART_TEXT,    /* text/… */
  MR__PART_MULTI,   /* multipart/… */
  MR__PART_MESSAGE, /* message/rfc822, message/global */
  MR__PART_STATUS   /* message/…: text that may not be encoded (RFC 2046 5.2) */
};

struct mr_part {
  mr_env env;
  atomic_uint refs;
  int busy;       /* inside a public call */
  int dead;       /* freed meanwhile */
  int used;       /* a message has it as root */
  int frozen;     /* a seal has begun */
  mr_error error; /* the first one; texts are static */
  int kind;
  char *type;
  char *charset; /* NULL = not said */
  char *id;      /* with angle brackets */
  char *filename;
  int disposition;
  mr__buf params; /* name NUL value NUL … */
  size_t param_count;
  mr__buf fields; /* whole, folded */

  int has_content;
  uint8_t *data;
  size_t len;
  mr_source source; /* read NULL: none */
  mr_message *message;

  struct mr_part *parent, *next;
  struct mr_part *first, *last; /* of the parts inside */
  size_t height;                /* levels, this one included */
  size_t count;                 /* parts, this one included */

  /* what the seal found */
  int is_utf8;
  int eight_bit; /* something inside is */
  int canon;
  int coding;
  uint64_t size; /* encoded */
  uint64_t hash;
};

/* Begins a public call: MR_OK, or what it has to answer. */
int mr__part_enter(mr_part *part);
/* Ends it: records the first error; returns code. */
int mr__part_leave(mr_part *part, int code);
/* Records an error with a static text; returns code. */
int mr__part_fail(mr_part *part, int code, size_t offset, const char *text);
int mr__source_usable(const mr_source *source);
mr_part *mr__part_ref(mr_part *part);
/* Puts a part in front of the others, or behind. */
int mr__part_insert(mr_part *part, mr_part *child, int in_front);
/* Levels and parts come in below a part: MR_ERR_DEPTH, MR_ERR_LIMIT. */
int mr__part_grow(mr_part *part, size_t height, size_t count);
/* The next part of the tree, parents first; NULL = that was the last. */
mr_part *mr__part_next(const mr_part *part);
/* Text whose line ends are made canonical. */
int mr__part_is_text(const mr_part *part);
/* Appends the fields of a part, without the blank line. boundary: of a multipart. */
int mr__part_put(const mr_part *part, mr__buf *out, const char *boundary);

#endif
