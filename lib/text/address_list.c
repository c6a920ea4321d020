/* SPDX-License-Identifier: MIT */
#include "text/address_list.h"

#include <string.h>

#include "text/atext.h"

enum { MR__LIST_DEPTH = 100 };

/* Folding white space, with any line ends that a white space follows (RFC 5322 3.2.2). */
static int space_skip(mr__cur *cur) {
  size_t before = mr__cur_left(cur);
  for (;;) {
    mr__cur at = *cur;
    int folded = mr__cur_skip_if(cur, '\r');
    int line_end = mr__cur_skip_if(cur, '\n');
    int space = mr__cur_skip_if(cur, ' ') || mr__cur_skip_if(cur, '\t');
    if (!space || (folded && !line_end)) {
      *cur = at;
      return mr__cur_left(cur) < before;
    }
  }
}

/* A comment, which may nest; iterative (bug 15). */
static int comment_skip(mr__cur *cur) {
  int depth = 0;
  do {
    int c = mr__cur_peek(cur);
    if (c <= 0)
      return MR_ERR_ADDR;
    if (c == '(' && ++depth > MR__LIST_DEPTH)
      return MR_ERR_DEPTH;
    depth -= c == ')';
    mr__cur_next(cur);
    if (c == '\\' && mr__cur_next(cur) < 0)
      return MR_ERR_ADDR;
  } while (depth > 0);
  return MR_OK;
}

/* White space and comments. 1 = there was some. */
static int cfws_skip(mr__cur *cur) {
  int found = 0;
  for (;;) {
    if (space_skip(cur)) {
      found = 1;
    } else if (mr__cur_peek(cur) == '(') {
      int err = comment_skip(cur);
      if (err != MR_OK)
        return err;
      found = 1;
    } else {
      return found;
    }
  }
}

/* From an opening octet to its closing one, `\` quoting. */
static int span_skip(mr__cur *cur, int close) {
  mr__cur_next(cur);
  for (;;) {
    int c = mr__cur_peek(cur);
    if (c <= 0)
      return MR_ERR_ADDR;
    mr__cur_next(cur);
    if (c == close)
      return MR_OK;
    if (c == '\\' && mr__cur_next(cur) < 0)
      return MR_ERR_ADDR;
  }
}

/* One piece of a phrase or of an address without white space around it. */
static int piece_skip(mr__cur *cur) {
  int c = mr__cur_peek(cur);
  if (c == '"')
    return span_skip(cur, '"');
  if (c == '[')
    return span_skip(cur, ']');
  if (!mr__is_atext(c) && c != '.' && c != '@')
    return MR_ERR_ADDR;
  mr__cur_next(cur);
  return MR_OK;
}

/* What stands before a delimiter: words of a display name, or an address. */
typedef struct words {
  const uint8_t *start, *end; /* of all words, without space around them */
  size_t count;               /* stretches without white space */
  int at;                     /* an '@' outside quotes is in it */
} words;

static int words_skip(mr__cur *cur, words *w) {
  static const char delimiters[] = "<,;:";
  int gap = 1;
  memset(w, 0, sizeof *w);
  for (;;) {
    int found = cfws_skip(cur);
    if (found < 0)
      return found;
    gap |= found;
    int c = mr__cur_peek(cur);
    if (c < 0 || (c > 0 && memchr(delimiters, c, 4) != NULL))
      return MR_OK;
    if (w->count == 0)
      w->start = cur->p;
    w->count += (size_t)gap;
    w->at |= c == '@';
    int err = piece_skip(cur);
    if (err != MR_OK)
      return err;
    w->end = cur->p;
    gap = 0;
  }
}

/* An address in angle brackets: the brackets are part of what is found. */
static int angle_take(mr__cur *cur, const char **found, size_t *len) {
  const uint8_t *start = cur->p;
  int c = '<';
  mr__cur_next(cur);
  while (c != '>') {
    c = mr__cur_peek(cur);
    int err = c == ',' || c == ':' || c == '>' ? MR_OK : piece_skip(cur);
    if (err != MR_OK)
      return err;
    if (c == ',' || c == ':' || c == '>')
      mr__cur_next(cur);
  }
  *found = (const char *)start;
  *len = (size_t)(cur->p - start);
  int space = cfws_skip(cur);
  if (space < 0)
    return space;
  c = mr__cur_peek(cur);
  return c == ',' || c == ';' || c < 0 ? 1 : MR_ERR_ADDR;
}

/* "a@b" with nothing around but comments. */
static int bare_take(const words *w, const char **found, size_t *len) {
  if (w->count != 1)
    return MR_ERR_ADDR;
  *found = (const char *)w->start;
  *len = (size_t)(w->end - w->start);
  return 1;
}

int mr__address_list_next(mr__cur *cur, const char **found, size_t *len) {
  unsigned depth = 0;
  *found = "";
  *len = 0;
  for (;;) {
    words w;
    int err = words_skip(cur, &w);
    if (err != MR_OK)
      return err;
    int c = mr__cur_peek(cur);
    if (c == '<')
      return w.at ? MR_ERR_ADDR : angle_take(cur, found, len);
    if (c == ':') {
      if (w.count == 0 || w.at)
        return MR_ERR_ADDR;
      if (++depth > MR__LIST_DEPTH)
        return MR_ERR_DEPTH;
    } else if (w.count > 0) {
      return bare_take(&w, found, len);
    } else if (c < 0) {
      return 0;
    } else if (c == ';' && depth > 0) {
      depth--;
    }
    mr__cur_next(cur);
  }
}
