/* SPDX-License-Identifier: MIT */
#ifndef MR_TEXT_PHRASE_H
#define MR_TEXT_PHRASE_H

#include "base/buf.h"

/* Appends the text of a phrase (RFC 5322 3.2.5, 4.1): quoted strings without their
 * quotes, atoms, dots, encoded words; comments and folds are left out. `text` is one that
 * mr__list_next found. */
int mr__phrase_decode(mr__buf *out, const char *text, size_t len);
/* The same of a comment, from '(' to its ')'. */
int mr__comment_decode(mr__buf *out, const char *text, size_t len);

#endif
