/* SPDX-License-Identifier: MIT */
/* Pieces of text that belong to somebody else, and header fields in them. */
#ifndef MR_MESSAGE_DSN_SLICE_H
#define MR_MESSAGE_DSN_SLICE_H

#include "base/buf.h"

enum { MR__DSN_PARAMS = 64 }; /* parameters of a field that are looked at */

typedef struct mr__slice {
  const char *p;
  size_t len;
} mr__slice;

mr__slice mr__slice_of(const char *p, size_t len);
mr__slice mr__slice_trim(mr__slice s);           /* white space and line ends */
mr__slice mr__slice_from(mr__slice s, size_t n); /* without the first n octets */
int mr__slice_is_space(int c);
/* ASCII case does not count in these; text is in lower case. */
int mr__slice_is(mr__slice s, const char *text);
int mr__slice_starts(mr__slice s, const char *text);
int mr__slice_equal(mr__slice a, mr__slice b);
size_t mr__slice_find(mr__slice s, const char *text); /* s.len = none */
/* Takes one line off, without its end: 1, or 0 = nothing is left. */
int mr__slice_line(mr__slice *s, mr__slice *line);

/* Header section at the start of a text, without its blank line. */
mr__slice mr__dsn_header(mr__slice text);
/* Next field: 1, or 0 at a blank line (which is taken) or at the end; lines that are no
 * fields are passed over. */
int mr__dsn_field_next(mr__cur *cur, mr__slice *name, mr__slice *value);
/* First field of that name, still folded: 1 = it is there. */
int mr__dsn_field(mr__slice header, const char *name, mr__slice *value);
/* Parameter of a field's value s, cut to cap; 1 = it is there. */
int mr__dsn_param(mr__slice s, const char *name, char *dst, size_t cap);

#endif
