/* SPDX-License-Identifier: MIT */
/* Base64 and quoted-printable (RFC 2045 6.7, 6.8). */
#include "text/encode.h"

#include <string.h>

#include "text/escape.h"
#include "text/header.h"

enum { MR__QP_LINE = 76, MR__BASE64_LINE = 76 };

size_t mr__base64_write(char *dst, const void *data, size_t len) {
  static const char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const uint8_t *p = data;
  char *start = dst;
  for (size_t i = 0; i < len; i += 3) {
    unsigned second = i + 1 < len ? p[i + 1] : 0;
    unsigned third = i + 2 < len ? p[i + 2] : 0;
    unsigned value = (unsigned)p[i] << 16 | second << 8 | third;
    *dst++ = digits[value >> 18];
    *dst++ = digits[value >> 12 & 63];
    *dst++ = i + 1 < len ? digits[value >> 6 & 63] : '=';
    *dst++ = i + 2 < len ? digits[value & 63] : '=';
  }
  return (size_t)(dst - start);
}

int mr__base64_encode(mr__buf *out, const void *data, size_t len, size_t line) {
  const uint8_t *p = data;
  char text[MR__BASE64_LINE + 2];
  int lines = line > 0;
  size_t before = out->len;
  size_t width = line >= 4 && line < MR__BASE64_LINE ? line : MR__BASE64_LINE;
  size_t step = width / 4 * 3;
  int err = out->err;
  for (size_t at = 0; at < len && err == MR_OK; at += step) {
    size_t made = mr__base64_write(text, p + at, len - at < step ? len - at : step);
    if (lines) {
      memcpy(text + made, "\r\n", 2);
      made += 2;
    }
    err = mr__buf_put(out, text, made);
  }
  if (err != MR_OK)
    out->len = before;
  return err;
}

/* One line of output, put at once. */
typedef struct qp {
  mr__buf *out;
  char line[MR__QP_LINE + 2];
  size_t len;
} qp;

static int qp_flush(qp *q, int soft) {
  if (soft)
    q->line[q->len++] = '=';
  memcpy(q->line + q->len, "\r\n", 2);
  int err = mr__buf_put(q->out, q->line, q->len + 2);
  q->len = 0;
  return err;
}

/* Whether an octet may stand for itself here; rest: octets of the text line from it on.
 */
static int qp_literal(const qp *q, const uint8_t *p, size_t rest) {
  if (*p == ' ' || *p == '\t')
    return rest > 1;
  if (*p <= 0x20 || *p >= 0x7F || *p == '=')
    return 0;
  if (q->len > 0)
    return 1;
  /* C8: nothing at a line start that a relay would touch */
  return *p != '.' && !(rest >= 5 && memcmp(p, "From ", 5) == 0);
}

/* A line break needs one octet more, unless the text line ends here. */
static int qp_octet(qp *q, const uint8_t *p, size_t rest) {
  size_t limit = rest > 1 ? MR__QP_LINE - 1 : MR__QP_LINE;
  int err = MR_OK;
  if (q->len + (qp_literal(q, p, rest) ? 1u : 3u) > limit)
    err = qp_flush(q, 1);
  if (qp_literal(q, p, rest)) {
    q->line[q->len++] = (char)*p;
    return err;
  }
  q->line[q->len++] = '=';
  q->line[q->len++] = mr__hex_digit(*p >> 4);
  q->line[q->len++] = mr__hex_digit(*p);
  return err;
}

static int qp_line(qp *q, const uint8_t *p, size_t len) {
  int err = MR_OK;
  for (size_t i = 0; i < len && err == MR_OK; i++)
    err = qp_octet(q, p + i, len - i);
  return err != MR_OK ? err : qp_flush(q, 0);
}

int mr__qp_encode(mr__buf *out, const char *text, size_t len) {
  const uint8_t *p = (const uint8_t *)text;
  qp q = {out, {0}, 0};
  size_t before = out->len;
  int err = out->err;
  while (len > 0 && err == MR_OK) {
    const uint8_t *lf = memchr(p, '\n', len);
    size_t whole = lf != NULL ? (size_t)(lf - p) + 1 : len;
    size_t n = lf != NULL ? whole - 1 : len;
    if (lf != NULL && n > 0 && p[n - 1] == '\r')
      n--;
    err = qp_line(&q, p, n);
    p += whole;
    len -= whole;
  }
  if (err != MR_OK)
    out->len = before;
  return err;
}
