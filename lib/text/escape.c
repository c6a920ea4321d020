/* SPDX-License-Identifier: MIT */
#include "text/escape.h"

#include "text/utf8.h"

char mr__hex_digit(unsigned value) { return "0123456789ABCDEF"[value & 15u]; }

int mr__hex_value(int c) {
  if (mr__is_digit(c))
    return c - '0';
  c = mr__lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Octets of the character at p that may be shown as they are, 0 = escape the first. */
static size_t showable(const uint8_t *p, size_t len) {
  uint32_t point = 0;
  size_t n = mr__utf8_next(p, len, &point);
  return point < 0x20 || (point >= 0x7F && point < 0xA0) ? 0 : n;
}

static int unit_put(mr__buf *buf, const void *data, size_t len) {
  if (len > buf->max - buf->len) {
    buf->max = buf->len;
    return MR_OK;
  }
  return mr__buf_put(buf, data, len);
}

static int octet_put(mr__buf *buf, uint8_t octet) {
  static const char hex[] = "0123456789abcdef"; /* as %q of fmt.h */
  char text[4] = {'\\', 'x', hex[octet >> 4], hex[octet & 15]};
  return unit_put(buf, text, sizeof text);
}

/* Puts what fits of a run of showable characters. */
static int run_put(mr__buf *buf, const uint8_t *p, size_t len) {
  if (len <= buf->max - buf->len)
    return mr__buf_put(buf, p, len);
  size_t fits = 0;
  size_t n = showable(p, len);
  while (fits + n <= buf->max - buf->len) {
    fits += n;
    n = showable(p + fits, len - fits);
  }
  int err = mr__buf_put(buf, p, fits);
  buf->max = buf->len;
  return err;
}

int mr__escape_put(mr__buf *buf, const uint8_t *text, size_t len) {
  size_t at = 0;
  int err = MR_OK;
  while (err == MR_OK && at < len && buf->len < buf->max) {
    size_t start = at;
    size_t n;
    while (at < len && (n = showable(text + at, len - at)) > 0)
      at += n;
    if (at > start)
      err = run_put(buf, text + start, at - start);
    if (err == MR_OK && at < len)
      err = octet_put(buf, text[at++]);
  }
  return err;
}
