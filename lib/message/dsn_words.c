/* SPDX-License-Identifier: MIT */
/* Encoded words read (RFC 2047). */
#include <string.h>

#include "message/dsn_decode.h"

enum { WORD_MAX = 1024 };

/* An encoded word at the start of a text. */
typedef struct word {
  char charset[MR__DSN_CHARSET];
  int base64;
  mr__slice text;
  size_t len; /* of the whole, 0 = there is none */
} word;

/* Length up to the next '?' within the word, SIZE_MAX = none. */
static size_t until_mark(mr__slice s) {
  size_t n = 0;
  while (n < s.len && n < WORD_MAX && s.p[n] != '?' && !mr__slice_is_space(s.p[n]))
    n++;
  return n < s.len && s.p[n] == '?' ? n : SIZE_MAX;
}

static word word_at(mr__slice s) {
  word w = {{0}, 0, {NULL, 0}, 0};
  if (!mr__slice_starts(s, "=?"))
    return w;
  mr__slice rest = mr__slice_from(s, 2);
  size_t charset = until_mark(rest);
  if (charset == SIZE_MAX || charset >= sizeof w.charset || rest.len < charset + 3)
    return w;
  for (size_t i = 0; i < charset; i++)
    w.charset[i] = (char)mr__lower((uint8_t)rest.p[i]);
  int kind = mr__lower((uint8_t)rest.p[charset + 1]);
  if ((kind != 'q' && kind != 'b') || rest.p[charset + 2] != '?')
    return w;
  rest = mr__slice_from(rest, charset + 3);
  size_t text = until_mark(rest);
  if (text == SIZE_MAX || text + 1 >= rest.len || rest.p[text + 1] != '=')
    return w;
  w.base64 = kind == 'b';
  w.text = mr__slice_of(rest.p, text);
  w.len = (size_t)(rest.p - s.p) + text + 2;
  return w;
}

/* '_' stands for a space in Q. */
static int decode(mr__buf *out, const word *w) {
  mr__buf raw;
  mr__buf_init(&raw, out->env, WORD_MAX);
  int err = mr__dsn_decode(&raw, w->text, w->base64 ? MR__DSN_BASE64 : MR__DSN_QP);
  for (size_t i = 0; i < raw.len; i++) {
    int gap = (!w->base64 && raw.data[i] == '_') || raw.data[i] < 0x20;
    raw.data[i] = gap ? ' ' : raw.data[i];
  }
  if (err == MR_OK)
    err = mr__dsn_clean(out, mr__slice_of((const char *)raw.data, raw.len), w->charset);
  mr__buf_free(&raw);
  return err;
}

/* White space between two encoded words is not shown. */
static size_t gap_before_word(mr__slice s) {
  size_t n = 0;
  while (n < s.len && mr__slice_is_space(s.p[n]))
    n++;
  return n > 0 && word_at(mr__slice_from(s, n)).len > 0 ? n : 0;
}

/* Everything up to the next word or fold. */
static size_t plain_len(mr__slice s) {
  size_t n = 1;
  while (n < s.len && s.p[n] != '=' && s.p[n] != '\r' && s.p[n] != '\n')
    n++;
  return n;
}

int mr__dsn_words(mr__buf *out, mr__slice value) {
  mr__slice s = mr__slice_trim(value);
  while (s.len > 0 && out->err == MR_OK && out->len < out->max) {
    word w = word_at(s);
    if (w.len > 0) {
      decode(out, &w);
      s = mr__slice_from(s, w.len);
      s = mr__slice_from(s, gap_before_word(s));
    } else if (s.p[0] == '\r' || s.p[0] == '\n') {
      s = mr__slice_from(s, 1); /* what folds it starts the next line */
    } else {
      size_t n = plain_len(s);
      (void)mr__dsn_clean(out, mr__slice_of(s.p, n), "");
      s = mr__slice_from(s, n);
    }
    if (out->max - out->len < 4)
      break;
  }
  return out->err;
}
