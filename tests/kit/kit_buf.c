/* SPDX-License-Identifier: MIT */
#include "kit/kit_buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/kit_alloc.h"

enum { KIT_BUF_FIRST = 256, KIT_BUF_COMPACT = 4096 };

static void reserve(kit_buf *buf, size_t more) {
  size_t need = buf->len + more + 1;
  if (need <= buf->cap)
    return;
  size_t cap = buf->cap ? buf->cap : KIT_BUF_FIRST;
  while (cap < need)
    cap *= 2;
  buf->data = kit_xalloc(buf->data, cap);
  buf->cap = cap;
}

void kit_buf_add(kit_buf *buf, const void *data, size_t len) {
  reserve(buf, len);
  if (len)
    memcpy(buf->data + buf->len, data, len);
  buf->len += len;
  buf->data[buf->len] = '\0';
}

void kit_buf_str(kit_buf *buf, const char *text) { kit_buf_add(buf, text, strlen(text)); }

void kit_buf_printf(kit_buf *buf, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int n = vsnprintf(NULL, 0, format, args);
  va_end(args);
  if (n < 0)
    kit_die("format");
  reserve(buf, (size_t)n);
  va_start(args, format);
  vsnprintf(buf->data + buf->len, (size_t)n + 1, format, args);
  va_end(args);
  buf->len += (size_t)n;
}

void kit_buf_take(kit_buf *buf, size_t n) {
  if (n > kit_buf_left(buf))
    kit_die("took more than there is");
  buf->pos += n;
  if (buf->pos < KIT_BUF_COMPACT || buf->pos < buf->len / 2)
    return;
  buf->len -= buf->pos;
  memmove(buf->data, buf->data + buf->pos, buf->len + 1);
  buf->pos = 0;
}

size_t kit_buf_left(const kit_buf *buf) { return buf->len - buf->pos; }

const char *kit_buf_at(const kit_buf *buf) {
  return buf->data ? buf->data + buf->pos : "";
}

void kit_buf_clear(kit_buf *buf) {
  buf->len = buf->pos = 0;
  if (buf->data)
    buf->data[0] = '\0';
}

void kit_buf_free(kit_buf *buf) {
  free(buf->data);
  *buf = (kit_buf){0};
}
