/* SPDX-License-Identifier: MIT */
#include "text/phrase.h"

#include <string.h>

#include "text/address_list.h"
#include "text/words_read.h"

/* White space, and comments if they are to be left out. 1 = there was some. */
static int space_skip(mr__cur *cur, int comments) {
  int found = 0;
  while (mr__list_space(cur) || (comments && mr__list_comment(cur) > 0))
    found = 1;
  return found;
}

/* Octets up to a line end, a backslash or `close`. */
static size_t plain_len(const mr__cur *cur, int close) {
  const uint8_t *p = cur->p;
  while (p < cur->end && *p != '\r' && *p != '\n' && *p != '\\' && *p != close)
    p++;
  return (size_t)(p - cur->p);
}

/* Behind a backslash. A fold there is one still. */
static void escaped_put(mr__decoder *d, mr__cur *cur, int space) {
  int c = mr__cur_peek(cur);
  if (c < 0 || c == '\r' || c == '\n')
    return;
  mr__decoder_literal(d, (const char *)cur->p, 1, space);
  mr__cur_next(cur);
}

static void quoted_put(mr__decoder *d, mr__cur *cur, int space) {
  mr__cur_next(cur);
  mr__decoder_literal(d, "", 0, space);
  while (mr__cur_left(cur) > 0) {
    size_t n = plain_len(cur, '"');
    mr__decoder_literal(d, (const char *)cur->p, n, 0);
    mr__cur_get(cur, n);
    int c = mr__cur_next(cur);
    if (c == '"')
      return;
    if (c == '\\')
      escaped_put(d, cur, 0);
  }
}

/* A stretch up to white space or one of `ends`. */
static size_t token_len(const mr__cur *cur, const char *ends, size_t count) {
  const uint8_t *p = cur->p;
  while (p < cur->end && memchr(ends, *p, count) == NULL)
    p++;
  return (size_t)(p - cur->p);
}

int mr__phrase_decode(mr__buf *out, const char *text, size_t len) {
  static const char ends[] = " \t\r\n\"(";
  mr__cur cur = mr__cur_of(text, len);
  mr__decoder d;
  mr__decoder_init(&d, out);
  for (;;) {
    int space = space_skip(&cur, 1);
    if (mr__cur_left(&cur) == 0)
      return mr__decoder_end(&d);
    if (mr__cur_peek(&cur) == '"') {
      quoted_put(&d, &cur, space);
      continue;
    }
    size_t n = token_len(&cur, ends, sizeof ends - 1);
    n = n > 0 ? n : 1;
    mr__decoder_token(&d, (const char *)cur.p, n, space);
    mr__cur_get(&cur, n);
  }
}

int mr__comment_decode(mr__buf *out, const char *text, size_t len) {
  static const char ends[] = " \t\r\n\\()";
  mr__cur cur = mr__cur_of(text + 1, len - 2);
  mr__decoder d;
  mr__decoder_init(&d, out);
  for (;;) {
    int space = space_skip(&cur, 0);
    if (mr__cur_left(&cur) == 0)
      return mr__decoder_end(&d);
    if (mr__cur_skip_if(&cur, '\\') || mr__cur_peek(&cur) == '(' ||
        mr__cur_peek(&cur) == ')') {
      escaped_put(&d, &cur, space);
      continue;
    }
    size_t n = token_len(&cur, ends, sizeof ends - 1);
    n = n > 0 ? n : 1;
    mr__decoder_token(&d, (const char *)cur.p, n, space);
    mr__cur_get(&cur, n);
  }
}
