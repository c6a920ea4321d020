/* SPDX-License-Identifier: MIT */
/* The client's side of the SMTP grammar, written apart from the library's own. */
#ifndef KIT_GRAMMAR_H
#define KIT_GRAMMAR_H

#include <stddef.h>

#include "kit/kit_buf.h"

/* All answer 1 = good, 0 = bad. `utf8`: SMTPUTF8 forms are allowed (RFC 6531). */
int kit_is_domain(const char *text, size_t len, int utf8);
int kit_is_literal(const char *text, size_t len);           /* [192.0.2.1], [IPv6:...] */
int kit_is_mailbox(const char *text, size_t len, int utf8); /* local@domain */
int kit_is_xtext(const char *text, size_t len);             /* RFC 3461 4 */
int kit_is_utf8(const char *text, size_t len);
int kit_is_digits(const char *text, size_t len, size_t most);

/* `<path>` at the start of text: its length with brackets, 0 = none. Quoted strings may
 * hold '>'. */
size_t kit_path_span(const char *text, size_t len);

int kit_glob(const char *pattern, const char *text); /* * and ?, any case; NULL = all */
int kit_same_word(const char *word, const char *text, size_t len); /* any case */
/* Appends the decoded octets; 0 = not base64. */
int kit_base64(const char *text, size_t len, kit_buf *out);

/* Parameters of MAIL and RCPT. */
typedef struct kit_param {
  const char *name;                           /* "SIZE" */
  const char *extension;                      /* EHLO keyword that allows it */
  int rcpt;                                   /* 1: of RCPT, 0: of MAIL */
  int octets;                                 /* what it adds to the 512 of a command */
  int (*good)(const char *value, size_t len); /* value NULL = no '=' */
} kit_param;
const kit_param *kit_param_find(const char *name, size_t len, int rcpt);
const kit_param *kit_param_at(size_t index); /* NULL past the end */

#endif
