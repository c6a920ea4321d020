/* SPDX-License-Identifier: MIT */
/* JSON writer: one flat cursor that knows whether a comma is due. Errors stick in buf. */
#ifndef MR_TEXT_JSON_H
#define MR_TEXT_JSON_H

#include "base/buf.h"

void mr__json_open(mr__buf *buf, int bracket);  /* '{' or '[' ; comma before if due */
void mr__json_close(mr__buf *buf, int bracket); /* '}' or ']' */
void mr__json_key(mr__buf *buf, const char *key);
/* Values: text is UTF-8; octets that are not become U+FFFD, controls are escaped. */
void mr__json_text(mr__buf *buf, const char *text);
void mr__json_text_len(mr__buf *buf, const char *text, size_t len);
void mr__json_number(mr__buf *buf, int64_t value);
void mr__json_u64(mr__buf *buf, uint64_t value);
void mr__json_flag(mr__buf *buf, int value);
/* key and value in one */
void mr__json_put_text(mr__buf *buf, const char *key, const char *text);
void mr__json_put_number(mr__buf *buf, const char *key, int64_t value);
void mr__json_put_flag(mr__buf *buf, const char *key, int value);

/* Copies buf to (dst, cap) with a NUL, sets *needed; MR_OK, MR_ERR_LIMIT when cut. Frees
 * the buffer. For every public "text into dst" function. */
int mr__text_out(mr__buf *buf, char *dst, size_t cap, size_t *needed);

#endif
