/* SPDX-License-Identifier: MIT */
#include "text/json.h"

#include <string.h>

#include "base/fmt.h"
#include "text/utf8.h"

/* A comma is due behind a value: it ends in anything but an opening or a separator. */
static void comma(mr__buf *buf) {
  if (buf->err != MR_OK || buf->len == 0)
    return;
  if (memchr("{[:,\n", buf->data[buf->len - 1], 5) == NULL)
    mr__buf_putc(buf, ',');
}

void mr__json_open(mr__buf *buf, int bracket) {
  comma(buf);
  mr__buf_putc(buf, bracket);
}

void mr__json_close(mr__buf *buf, int bracket) { mr__buf_putc(buf, bracket); }

void mr__json_key(mr__buf *buf, const char *key) {
  mr__json_text(buf, key);
  mr__buf_putc(buf, ':');
}

static void escape(mr__buf *buf, uint32_t point) {
  static const char from[] = "\"\\\b\f\n\r\t";
  static const char to[] = "\"\\bfnrt";
  const char *found = point < 0x80 ? memchr(from, (int)point, sizeof from - 1) : NULL;
  if (found != NULL)
    mr__fmt(buf, "\\%c", to[found - from]);
  else
    mr__fmt(buf, "\\u%04x", (unsigned)point);
}

/* Controls, and the two separators that end a line in JavaScript. */
static int must_escape(uint32_t point) {
  return point < 0x20 || point == '"' || point == '\\' ||
         (point >= 0x7F && point < 0xA0) || point == 0x2028 || point == 0x2029;
}

void mr__json_text_len(mr__buf *buf, const char *text, size_t len) {
  const uint8_t *p = (const uint8_t *)text;
  size_t start = 0;
  size_t at = 0;
  comma(buf);
  mr__buf_putc(buf, '"');
  while (at < len) {
    uint32_t point = 0;
    size_t n = mr__utf8_next(p + at, len - at, &point);
    if (n > 0 && !must_escape(point)) {
      at += n;
      continue;
    }
    mr__buf_put(buf, p + start, at - start);
    if (n == 0)
      mr__buf_puts(buf, "\xEF\xBF\xBD");
    else
      escape(buf, point);
    at += n == 0 ? 1 : n;
    start = at;
  }
  mr__buf_put(buf, p + start, at - start);
  mr__buf_putc(buf, '"');
}

void mr__json_text(mr__buf *buf, const char *text) {
  mr__json_text_len(buf, text, strlen(text));
}

void mr__json_number(mr__buf *buf, int64_t value) {
  comma(buf);
  mr__fmt(buf, "%lld", (long long)value);
}

void mr__json_u64(mr__buf *buf, uint64_t value) {
  comma(buf);
  mr__fmt(buf, "%llu", (unsigned long long)value);
}

void mr__json_flag(mr__buf *buf, int value) {
  comma(buf);
  mr__buf_puts(buf, value ? "true" : "false");
}

void mr__json_put_text(mr__buf *buf, const char *key, const char *text) {
  mr__json_key(buf, key);
  mr__json_text(buf, text);
}

void mr__json_put_number(mr__buf *buf, const char *key, int64_t value) {
  mr__json_key(buf, key);
  mr__json_number(buf, value);
}

void mr__json_put_flag(mr__buf *buf, const char *key, int value) {
  mr__json_key(buf, key);
  mr__json_flag(buf, value);
}

int mr__text_out(mr__buf *buf, char *dst, size_t cap, size_t *needed) {
  int err = buf->err;
  size_t len = err == MR_OK ? buf->len : 0;
  size_t copied = cap == 0 || len < cap ? len : cap - 1;
  if (cap > 0) {
    if (copied > 0)
      memcpy(dst, buf->data, copied);
    dst[copied] = 0;
  }
  if (needed != NULL)
    *needed = len;
  mr__buf_free(buf);
  if (err != MR_OK)
    return err;
  return len < cap ? MR_OK : MR_ERR_LIMIT;
}
