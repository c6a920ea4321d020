/* SPDX-License-Identifier: MIT */
/* A receiver's side of RFC 2047 and RFC 2045, written apart from the library's own. */
#ifndef TEXT_DECODE_H
#define TEXT_DECODE_H

#include <stdlib.h>
#include <string.h>

#include "kit/kit_grammar.h"

static inline int hex_of(char c) {
  static const char digits[] = "0123456789ABCDEF";
  const char *at = c != 0 ? strchr(digits, c) : NULL;
  return at != NULL ? (int)(at - digits) : -1;
}

/* The payload of a Q word, or a line of quoted-printable. Octets written. */
static inline size_t decode_q(const char *text, size_t len, char *out, int underscore) {
  size_t n = 0;
  for (size_t i = 0; i < len; i++) {
    if (text[i] == '=') {
      assert_true(i + 2 < len && hex_of(text[i + 1]) >= 0 && hex_of(text[i + 2]) >= 0);
      out[n++] = (char)(hex_of(text[i + 1]) * 16 + hex_of(text[i + 2]));
      i += 2;
    } else {
      out[n++] = underscore && text[i] == '_' ? ' ' : text[i];
    }
  }
  return n;
}

/* One encoded word of `len` octets; each must hold whole characters (RFC 2047 5). */
static inline size_t decode_word(const char *word, size_t len, char *out) {
  kit_buf plain = {NULL, 0, 0, 0};
  size_t n;
  assert_true(len <= 75 && len > 12);
  if (word[8] == 'Q') {
    n = decode_q(word + 10, len - 12, out, 1);
  } else {
    assert_true(kit_base64(word + 10, len - 12, &plain));
    n = plain.len;
    memcpy(out, plain.data, n);
  }
  assert_true(kit_is_utf8(out, n));
  kit_buf_free(&plain);
  return n;
}

/* A folded field body behind its colon. White space between two encoded words goes. */
static inline void decode_text(const char *text, char *out, size_t cap) {
  size_t n = 0;
  size_t space_at = 0; /* where the white space behind an encoded word begins in out */
  int after_word = 0;
  text += *text == ' ';
  while (*text != 0) {
    size_t len = strcspn(text, " \t\r\n");
    assert_true(n + len + 1 < cap);
    if (len == 0) {
      if (*text == ' ' || *text == '\t')
        out[n++] = *text;
      text++;
      continue;
    }
    int word = len > 4 && memcmp(text, "=?UTF-8?", 8) == 0;
    if (word && after_word)
      n = space_at;
    if (word)
      n += decode_word(text, len, out + n);
    else
      memcpy(out + n, text, len);
    n += word ? 0 : len;
    space_at = n;
    after_word = word;
    text += len;
  }
  out[n] = 0;
}

#endif
