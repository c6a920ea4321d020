/* SPDX-License-Identifier: MIT */
#include "text/words_read.h"

#include <string.h>

#include "text/charset.h"
#include "text/escape.h"
#include "text/utf8.h"

/* "=?charset?Q?text?=" in its parts. */
typedef struct word {
  int charset;
  int base64;
  const uint8_t *text;
  size_t len;
} word;

void mr__decoder_init(mr__decoder *d, mr__buf *out) {
  memset(d, 0, sizeof *d);
  d->out = out;
  d->start = out->len;
}

/* Ends a run of words. */
static void clean(mr__decoder *d) {
  mr__buf *out = d->out;
  size_t at = d->run;
  while (d->after_word && out->err == MR_OK && at < out->len) {
    at += mr__utf8_clean(out->data + at, out->len - at, 1);
    if (at < out->len)
      out->data[at++] = '?';
  }
  d->after_word = 0;
}

static const uint8_t *find(const uint8_t *p, const uint8_t *end, int octet) {
  return p < end ? memchr(p, octet, (size_t)(end - p)) : NULL;
}

/* The language that RFC 2231 5 adds to the charset does not count. */
static int word_split(word *w, const char *text, size_t len) {
  const uint8_t *p = (const uint8_t *)text + 2;
  if (len < 8 || memcmp(text, "=?", 2) != 0 || memcmp(text + len - 2, "?=", 2) != 0)
    return 0;
  const uint8_t *end = (const uint8_t *)text + len - 2;
  const uint8_t *mark = find(p, end, '?');
  if (mark == NULL || end - mark < 3 || mark[2] != '?')
    return 0;
  const uint8_t *star = find(p, mark, '*');
  w->charset = mr__charset_find((const char *)p, (size_t)((star ? star : mark) - p));
  w->base64 = mr__lower(mark[1]) == 'b';
  w->text = mark + 3;
  w->len = (size_t)(end - w->text);
  return w->charset != MR__CHARSET_NONE && (w->base64 || mr__lower(mark[1]) == 'q') &&
         find(w->text, end, '?') == NULL;
}

/* 0: no such encoding. */
static int q_decode(mr__buf *out, const word *w) {
  for (size_t i = 0; i < w->len; i++) {
    int c = w->text[i] == '_' ? ' ' : w->text[i];
    if (c == '=') {
      int high = i + 2 < w->len ? mr__hex_value(w->text[i + 1]) : -1;
      int low = high >= 0 ? mr__hex_value(w->text[i + 2]) : -1;
      if (low < 0)
        return 0;
      c = high << 4 | low;
      i += 2;
    }
    mr__charset_put(out, w->charset, (unsigned)c);
  }
  return 1;
}

static int base64_value(int c) {
  if (mr__is_alpha(c))
    return c >= 'a' ? c - 'a' + 26 : c - 'A';
  if (mr__is_digit(c))
    return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static int b_decode(mr__buf *out, const word *w) {
  uint32_t held = 0;
  size_t len = w->len;
  while (len > 0 && w->len - len < 2 && w->text[len - 1] == '=')
    len--;
  for (size_t i = 0; i < len; i++) {
    int value = base64_value(w->text[i]);
    if (value < 0)
      return 0;
    held = held << 6 | (uint32_t)value;
    if (i % 4 > 0) /* the bits that no octet has got yet: 6, 4, 2 */
      mr__charset_put(out, w->charset, held >> (6 - i % 4 * 2) & 0xFF);
  }
  return 1;
}

static void space_put(mr__decoder *d, int space) {
  if (space && d->out->len > d->start)
    mr__buf_putc(d->out, ' ');
}

void mr__decoder_literal(mr__decoder *d, const char *text, size_t len, int space) {
  clean(d);
  space_put(d, space);
  mr__buf_put(d->out, text, len);
}

void mr__decoder_token(mr__decoder *d, const char *text, size_t len, int space) {
  word w;
  if (!word_split(&w, text, len)) {
    mr__decoder_literal(d, text, len, space);
    return;
  }
  size_t before = d->out->len;
  if (!d->after_word) {
    space_put(d, space);
    d->run = d->out->len;
  }
  if (w.base64 ? b_decode(d->out, &w) : q_decode(d->out, &w)) {
    d->after_word = 1;
    return;
  }
  if (d->out->err == MR_OK)
    d->out->len = before;
  mr__decoder_literal(d, text, len, space);
}

int mr__decoder_end(mr__decoder *d) {
  clean(d);
  return d->out->err;
}
