/* SPDX-License-Identifier: MIT */
/* Canonical forms of RFC 6376 3.4. */
#include <string.h>

#include "text/dkim.h"

void mr__dkim_out_init(mr__dkim_out *out,
                       void (*put)(void *user, const void *data, size_t len),
                       void *user) {
  out->put = put;
  out->user = user;
  out->len = 0;
}

void mr__dkim_flush(mr__dkim_out *out) {
  if (out->len > 0)
    out->put(out->user, out->data, out->len);
  out->len = 0;
}

void mr__dkim_put(mr__dkim_out *out, const void *data, size_t len) {
  if (len > sizeof out->data - out->len)
    mr__dkim_flush(out);
  if (len >= sizeof out->data) {
    out->put(out->user, data, len);
    return;
  }
  if (len > 0)
    memcpy(out->data + out->len, data, len);
  out->len += len;
}

static int is_wsp(int c) { return c == ' ' || c == '\t'; }

/* What may turn out to end a line or the body. */
static int is_held(const mr__dkim_body *b, int c) {
  return c == '\r' || c == '\n' || (b->relaxed && is_wsp(c));
}

void mr__dkim_body_init(mr__dkim_body *b, int relaxed,
                        void (*put)(void *user, const void *data, size_t len),
                        void *user) {
  mr__dkim_out_init(&b->out, put, user);
  b->relaxed = relaxed;
  b->any = 0;
  b->space = 0;
  b->cr = 0;
  b->breaks = 0;
}

/* Content comes: what was held back belongs in front of it. */
static void release(mr__dkim_body *b) {
  static const char lines[] = "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n";
  while (b->breaks > 0) {
    uint64_t n = b->breaks < 8 ? b->breaks : 8;
    mr__dkim_put(&b->out, lines, 2 * (size_t)n);
    b->breaks -= n;
  }
  if (b->space)
    mr__dkim_put(&b->out, " ", 1);
  b->space = 0;
  b->any = 1;
}

static void content(mr__dkim_body *b, const uint8_t *data, size_t len) {
  release(b);
  mr__dkim_put(&b->out, data, len);
}

/* One octet that is_held, or follows a CR. */
static void hold(mr__dkim_body *b, const uint8_t *p) {
  if (b->cr && *p == '\n') {
    b->cr = 0;
    b->space = 0;
    b->breaks++;
    return;
  }
  if (b->cr)
    content(b, (const uint8_t *)"\r", 1);
  b->cr = *p == '\r';
  if (b->relaxed && is_wsp(*p))
    b->space = 1;
  else if (*p != '\r')
    content(b, p, 1);
}

/* Whether none of the 32 octets needs a second look: white space in front of white space
 * or a CR, or a TAB. No branches, so that compilers make vector code of it. */
static int is_smooth(const uint8_t *p) {
  uint8_t odd = 0;
  for (size_t i = 0; i < 32; i++) {
    uint8_t c = p[i], next = p[i + 1];
    odd |= (uint8_t)(((c == ' ') & ((next == ' ') | (next == '\t') | (next == '\r'))) |
                     (c == '\t'));
  }
  return odd == 0;
}

/* First white space that does not stay as it is; content stands at end - 1. */
static const uint8_t *next_odd(const uint8_t *p, const uint8_t *end) {
  while (p < end) {
    if (end - p > 32 && is_smooth(p)) {
      p += 32;
      continue;
    }
    const uint8_t *stop = end - p > 32 ? p + 32 : end;
    for (; p < stop; p++)
      if (*p == '\t' || (*p == ' ' && (is_wsp(p[1]) || p[1] == '\r')))
        return p;
  }
  return end;
}

/* From content to content: every line end in it is followed by more. */
static void middle(mr__dkim_body *b, const uint8_t *p, const uint8_t *end) {
  release(b);
  while (p < end) {
    const uint8_t *odd = b->relaxed ? next_odd(p, end) : end;
    mr__dkim_put(&b->out, p, (size_t)(odd - p));
    p = odd;
    while (p < end && is_wsp(*p))
      p++;
    if (p > odd && !(p[0] == '\r' && p[1] == '\n'))
      mr__dkim_put(&b->out, " ", 1);
  }
}

void mr__dkim_body_add(mr__dkim_body *b, const void *data, size_t len) {
  if (len == 0)
    return; /* data may be NULL */
  const uint8_t *p = data, *end = p + len, *tail = end;
  while (tail > p && is_held(b, tail[-1]))
    tail--;
  while (p < tail && (b->cr || is_held(b, *p)))
    hold(b, p++);
  if (p < tail)
    middle(b, p, tail);
  for (p = tail; p < end; p++)
    hold(b, p);
}

void mr__dkim_body_end(mr__dkim_body *b) {
  if (b->cr)
    content(b, (const uint8_t *)"\r", 1);
  b->cr = 0;
  if (b->any || !b->relaxed)
    mr__dkim_put(&b->out, "\r\n", 2);
  mr__dkim_flush(&b->out);
}

static int is_fold(int c) { return is_wsp(c) || c == '\r' || c == '\n'; }

/* Words with one space between them. */
static void unfold(mr__dkim_out *out, const char *p, const char *end) {
  int first = 1;
  while (p < end) {
    const char *start = p;
    while (p < end && is_fold(*p))
      p++;
    const char *word = p;
    while (p < end && !is_fold(*p))
      p++;
    if (p > word && word > start && !first)
      mr__dkim_put(out, " ", 1);
    mr__dkim_put(out, word, (size_t)(p - word));
    first = 0;
  }
}

void mr__dkim_header(mr__dkim_out *out, const char *field, size_t len, int relaxed) {
  const char *end = field + len;
  const char *colon = memchr(field, ':', len);
  if (!relaxed || colon == NULL) {
    mr__dkim_put(out, field, len);
    return;
  }
  for (const char *p = field; p < colon && !is_wsp(*p); p++) {
    char c = (char)mr__lower((uint8_t)*p);
    mr__dkim_put(out, &c, 1);
  }
  mr__dkim_put(out, ":", 1);
  unfold(out, colon + 1, end);
  if (len >= 2 && end[-2] == '\r' && end[-1] == '\n')
    mr__dkim_put(out, "\r\n", 2);
}
