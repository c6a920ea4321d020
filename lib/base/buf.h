/* SPDX-License-Identifier: MIT */
/*
 * Capped growing buffer and read cursor. All parsing goes through the cursor. Errors
 * stick: write on, look at `err` once.
 */
#ifndef MR_BASE_BUF_H
#define MR_BASE_BUF_H

#include "base/env.h"

typedef struct mr__buf {
  const mr_env *env;
  uint8_t *data;
  size_t len;
  size_t cap;
  size_t max; /* named limit of whoever made it */
  int err;    /* MR_OK, MR_ERR_NOMEM or MR_ERR_LIMIT: sticky */
} mr__buf;

void mr__buf_init(mr__buf *buf, const mr_env *env, size_t max);
void mr__buf_free(mr__buf *buf);  /* back to empty, usable again */
void mr__buf_clear(mr__buf *buf); /* len = 0, err = MR_OK; keeps the memory */
int mr__buf_reserve(mr__buf *buf, size_t more); /* returns err */
int mr__buf_put(mr__buf *buf, const void *data, size_t len);
int mr__buf_puts(mr__buf *buf, const char *text);
int mr__buf_putc(mr__buf *buf, int octet);
int mr__buf_put16(mr__buf *buf, unsigned value); /* network order */
int mr__buf_put32(mr__buf *buf, uint32_t value);
void mr__buf_consume(mr__buf *buf, size_t n); /* drops the first n octets */
/* The content with a NUL behind it (not counted); "" when empty or on error. */
const char *mr__buf_text(mr__buf *buf);

typedef struct mr__cur {
  const uint8_t *start, *p, *end;
  int err; /* MR_OK or MR_ERR_PROTO (read past the end): sticky */
} mr__cur;

mr__cur mr__cur_of(const void *data, size_t len);
size_t mr__cur_left(const mr__cur *cur);
size_t mr__cur_offset(const mr__cur *cur);
int mr__cur_peek(const mr__cur *cur); /* octet, -1 at the end */
int mr__cur_next(mr__cur *cur);       /* octet and step, -1 at the end (no error) */
int mr__cur_skip_if(mr__cur *cur, int octet); /* 1 if it was there */
unsigned mr__cur_get8(mr__cur *cur);
unsigned mr__cur_get16(mr__cur *cur);
uint32_t mr__cur_get32(mr__cur *cur);
const uint8_t *mr__cur_get(mr__cur *cur, size_t n); /* NULL and err past the end */

/* Octet classes and comparison without locale. */
int mr__is_digit(int c);
int mr__is_alpha(int c);
int mr__is_alnum(int c);
int mr__lower(int c);
size_t mr__strlen(const char *s);
int mr__streq(const char *a, const char *b);
int mr__strcaseeq(const char *a, const char *b);             /* ASCII */
int mr__memcaseeq(const void *a, const void *b, size_t len); /* ASCII */

#endif
