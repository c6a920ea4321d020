/* SPDX-License-Identifier: MIT */
#include "message/part.h"

#include "text/header.h"
#include "text/utf8.h"

size_t mr__part_text_check(const char *text, size_t len) {
  const uint8_t *p = (const uint8_t *)text;
  size_t at = 0;
  while (at < len && p[at] != 0) {
    size_t n = mr__utf8_next(p + at, len - at, NULL);
    if (n == 0)
      break;
    at += n;
  }
  return at;
}

/* Octets up to the next CR or LF. */
static size_t run(const char *text, size_t len) {
  size_t n = 0;
  while (n < len && text[n] != '\r' && text[n] != '\n')
    n++;
  return n;
}

/* Line ends CRLF, no bare CR, CRLF at the end unless empty. */
static int put_lines(mr__buf *out, const char *text, size_t len) {
  size_t at = 0;
  int open = 0; /* the last line has no end yet */
  while (at < len) {
    size_t n = run(text + at, len - at);
    mr__buf_put(out, text + at, n);
    open |= n > 0;
    at += n;
    if (at == len)
      break;
    int pair = text[at] == '\r' && at + 1 < len && text[at + 1] == '\n';
    open = text[at] == '\r' && !pair;
    mr__buf_put(out, open ? " " : "\r\n", open ? 1 : 2);
    at += pair ? 2 : 1;
  }
  if (open)
    mr__buf_put(out, "\r\n", 2);
  return out->err;
}

/* Canonical lines that need no encoding. */
static int is_plain(const uint8_t *p, size_t len, size_t line_max) {
  size_t line = 0;
  for (size_t i = 0; i < len; i++) {
    if (p[i] == '\r' && i + 1 < len && p[i + 1] == '\n') {
      line = 0;
      i++;
      continue;
    }
    if (p[i] >= 0x7F || (p[i] < 0x20 && p[i] != '\t') || ++line > line_max)
      return 0;
  }
  return 1;
}

int mr__part_text(mr__buf *out, const char *text, size_t len, size_t line_max, int *qp) {
  *qp = 0;
  int err = put_lines(out, text, len);
  if (err != MR_OK || is_plain(out->data, out->len, line_max))
    return err;
  *qp = 1;
  mr__buf lines = *out;
  mr__buf_init(out, lines.env, lines.max);
  err = mr__qp_encode(out, (const char *)lines.data, lines.len);
  mr__buf_free(&lines);
  return err;
}

const char *mr__part_encoding(int qp) { return qp ? "quoted-printable" : "7bit"; }
