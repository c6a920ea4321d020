/* SPDX-License-Identifier: MIT */
/*
 * Grammar of DKIM (RFC 6376) and ARC (RFC 8617): canonical forms of header and body,
 * tag lists read and written. No cryptography.
 */
#ifndef MR_TEXT_DKIM_H
#define MR_TEXT_DKIM_H

#include "base/buf.h"

enum { MR__DKIM_GATHER = 512, MR__DKIM_LINE = 78 };

/* Where canonical octets go. Small pieces are gathered; flush gives the rest. put has no
 * result: an error has to stick behind it. */
typedef struct mr__dkim_out {
  void (*put)(void *user, const void *data, size_t len);
  void *user;
  size_t len;
  uint8_t data[MR__DKIM_GATHER];
} mr__dkim_out;

void mr__dkim_out_init(mr__dkim_out *out,
                       void (*put)(void *user, const void *data, size_t len), void *user);
void mr__dkim_put(mr__dkim_out *out, const void *data, size_t len);
void mr__dkim_flush(mr__dkim_out *out);

/* Canonical body (RFC 6376 3.4.3, 3.4.4), fed in pieces of any size. */
typedef struct mr__dkim_body {
  mr__dkim_out out;
  int relaxed;
  int any;         /* something was given out */
  int space;       /* white space held back: it may end a line */
  int cr;          /* a CR held back: it may begin a line end */
  uint64_t breaks; /* line ends held back: they may end the body */
} mr__dkim_body;

void mr__dkim_body_init(mr__dkim_body *body, int relaxed,
                        void (*put)(void *user, const void *data, size_t len),
                        void *user);
void mr__dkim_body_add(mr__dkim_body *body, const void *data, size_t len);
void mr__dkim_body_end(mr__dkim_body *body);

/* Canonical form of one whole field (RFC 6376 3.4.1, 3.4.2), with a line end if the input
 * has one. */
void mr__dkim_header(mr__dkim_out *out, const char *field, size_t len, int relaxed);

/* Tag lists (RFC 6376 3.2). Slices without the white space around them. */
typedef struct mr__dkim_tag {
  const char *name, *value;
  size_t name_len, value_len;
} mr__dkim_tag;

/* The next tag: 1; 0 = the end; MR_ERR_PROTO: no tag list. */
int mr__dkim_tag_next(mr__cur *cur, mr__dkim_tag *tag);
/* The tag of that name: 1; 0 = there is none; MR_ERR_PROTO: no tag list, or the tag
 * twice. */
int mr__dkim_tag_find(const char *list, size_t len, const char *name,
                      mr__dkim_tag *found);

/* One name of a list "A : B", white space around each: 1; 0 = the end; MR_ERR_HDR_NAME.
 */
int mr__dkim_name_next(mr__cur *cur, const char **name, size_t *len);

/* A field in the making: folded between tags, between the names of h= and inside b=, at
 * MR__DKIM_LINE wherever that can be. Errors stick in `out`. */
typedef struct mr__dkim_field {
  mr__buf *out;
  size_t column;
  size_t names; /* of a list so far */
} mr__dkim_field;

void mr__dkim_field_begin(mr__dkim_field *field, mr__buf *out, const char *name);
void mr__dkim_field_tag(mr__dkim_field *field, const char *tag, const char *value,
                        size_t len);
void mr__dkim_field_number(mr__dkim_field *field, const char *tag, uint64_t value);
/* h=: names one by one, then the end. */
void mr__dkim_field_name(mr__dkim_field *field, const char *name, size_t len);
void mr__dkim_field_names_end(mr__dkim_field *field);
/* "b=", the last tag: what is written up to here is what gets signed. */
void mr__dkim_field_b(mr__dkim_field *field);
/* Base64 behind it, and the line end. */
void mr__dkim_field_signature(mr__dkim_field *field, const void *data, size_t len);
/* Text of several words, folded between them (an Authentication-Results value). */
void mr__dkim_field_text(mr__dkim_field *field, const char *text, size_t len);
void mr__dkim_field_end(mr__dkim_field *field);

#endif
