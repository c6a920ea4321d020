/* SPDX-License-Identifier: MIT */
/* Encoded words (RFC 2047 2, 4, 5). */
#include "text/words.h"

#include <string.h>

#include "text/encode.h"
#include "text/escape.h"
#include "text/utf8.h"

enum {
  MR__WORD_OVERHEAD = 7, /* =??Q?…?= without the charset */
  MR__WORD_ROOM = 40     /* a word shorter than this is not worth starting on a line */
};

void mr__fold_put(mr__fold *f, const char *text, size_t len) {
  if (f->err == MR_OK && f->column + len > MR__HEADER_LINE_MAX)
    f->err = MR_ERR_LINE_LONG;
  if (f->err == MR_OK)
    f->err = mr__buf_put(f->out, text, len);
  f->column += len;
}

void mr__fold_break(mr__fold *f) {
  if (f->err == MR_OK)
    f->err = mr__buf_put(f->out, "\r\n", 2);
  f->column = 0;
}

void mr__fold_word(mr__fold *f, const char *space, size_t space_len, const char *word,
                   size_t len, size_t at) {
  if (space_len > 0 && f->column + space_len + len > at)
    mr__fold_break(f);
  mr__fold_put(f, space, space_len);
  mr__fold_put(f, word, len);
}

/* Octets that stand for themselves in Q, also in a phrase (RFC 2047 5 (3)). */
static int is_plain(int c) {
  return mr__is_alnum(c) || c == '!' || c == '*' || c == '+' || c == '-' || c == '/';
}

static size_t q_cost(const uint8_t *p, size_t n) {
  size_t cost = 0;
  for (size_t i = 0; i < n; i++)
    cost += is_plain(p[i]) || p[i] == ' ' ? 1 : 3;
  return cost;
}

static size_t q_write(char *dst, const uint8_t *p, size_t n) {
  size_t at = 0;
  for (size_t i = 0; i < n; i++) {
    if (is_plain(p[i])) {
      dst[at++] = (char)p[i];
    } else if (p[i] == ' ') {
      dst[at++] = '_';
    } else {
      dst[at++] = '=';
      dst[at++] = mr__hex_digit(p[i] >> 4);
      dst[at++] = mr__hex_digit(p[i]);
    }
  }
  return at;
}

/* Octets of whole characters whose encoding fits into room. If more follows, base64 ends
 * without padding where it can: a reader that puts words together before it decodes them
 * (GMime does) stops at padding. */
static size_t take(const uint8_t *p, size_t len, size_t room, int q) {
  size_t taken = 0;
  size_t cost = 0;
  size_t whole = 0;
  while (taken < len) {
    size_t n = mr__utf8_next(p + taken, len - taken, NULL);
    n = n == 0 ? 1 : n;
    cost = q ? cost + q_cost(p + taken, n) : (taken + n + 2) / 3 * 4;
    if (cost > room)
      break;
    taken += n;
    whole = taken % 3 == 0 ? taken : whole;
  }
  return q || taken == len || whole == 0 ? taken : whole;
}

static size_t word_write(char dst[MR__WORD_MAX], const char *charset, const uint8_t *p,
                         size_t n, int q) {
  size_t at = 2 + strlen(charset);
  memcpy(dst, "=?", 2);
  memcpy(dst + 2, charset, at - 2);
  memcpy(dst + at, q ? "?Q?" : "?B?", 3);
  at += 3;
  at += q ? q_write(dst + at, p, n) : mr__base64_write(dst + at, p, n);
  memcpy(dst + at, "?=", 2);
  return at + 2;
}

void mr__words_put(mr__fold *f, const char *space, size_t space_len, const char *text,
                   size_t len, int fold) {
  mr__words_put_as(f, MR__WORDS_UTF8, space, space_len, text, len, fold);
}

void mr__words_put_as(mr__fold *f, const char *charset, const char *space,
                      size_t space_len, const char *text, size_t len, int fold) {
  const uint8_t *p = (const uint8_t *)text;
  size_t overhead = MR__WORD_OVERHEAD + strlen(charset);
  int q = q_cost(p, len) <= (len + 2) / 3 * 4;
  char word[MR__WORD_MAX];
  while (len > 0 && f->err == MR_OK) {
    size_t used = fold ? f->column + space_len : 0;
    size_t room = MR__WORD_MAX;
    if (used + MR__WORD_ROOM <= MR__WORD_LINE && MR__WORD_LINE - used < room)
      room = MR__WORD_LINE - used;
    size_t n = take(p, len, room - overhead, q);
    mr__fold_word(f, space, space_len, word, word_write(word, charset, p, n, q),
                  fold ? MR__WORD_LINE : SIZE_MAX);
    p += n;
    len -= n;
    space = " ";
    space_len = 1;
  }
}

const char *mr__words_charset(const char *text, size_t len) {
  const uint8_t *p = (const uint8_t *)text;
  for (size_t at = 0; at < len;) {
    size_t n = mr__utf8_next(p + at, len - at, NULL);
    if (n == 0)
      return MR__WORDS_UNKNOWN;
    at += n;
  }
  return MR__WORDS_UTF8;
}
