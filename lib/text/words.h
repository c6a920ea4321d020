/* SPDX-License-Identifier: MIT */
#ifndef MR_TEXT_WORDS_H
#define MR_TEXT_WORDS_H

#include "base/buf.h"

#define MR__WORDS_UTF8 "UTF-8"
#define MR__WORDS_UNKNOWN "unknown-8bit" /* RFC 1428: nobody said which */

/* A header line in the making: where it stands decides where it is folded. */
typedef struct mr__fold {
  mr__buf *out;
  size_t column;
  int err;
} mr__fold;

enum {
  MR__FOLD_AT = 78,
  MR__WORD_LINE = 76, /* RFC 2047 2: of a line that has an encoded word */
  MR__WORD_MAX = 75,
  MR__HEADER_LINE_MAX = 998
};

/* No fold before it. MR_ERR_LINE_LONG when the line gets too long. */
void mr__fold_put(mr__fold *f, const char *text, size_t len);
void mr__fold_break(mr__fold *f); /* CRLF */
/* White space and a word; the line is folded in front of the white space when the word
 * would end past `at`. */
void mr__fold_word(mr__fold *f, const char *space, size_t space_len, const char *word,
                   size_t len, size_t at);

/* RFC 2047 words of UTF-8 text, with a single space or a fold between them; `space` in
 * front of the first one. fold 0: one line, for what is folded later. */
void mr__words_put(mr__fold *f, const char *space, size_t space_len, const char *text,
                   size_t len, int fold);
/* Charset that words of such octets are labelled with: UTF-8, or nobody knows. */
const char *mr__words_charset(const char *text, size_t len);
/* The same of text in another charset, whose name has at most 12 octets. */
void mr__words_put_as(mr__fold *f, const char *charset, const char *space,
                      size_t space_len, const char *text, size_t len, int fold);

#endif
