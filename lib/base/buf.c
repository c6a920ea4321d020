/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <string.h>

/* First allocation of a buffer. */
#define BUF_FIRST ((size_t)64)

void mr__buf_init(mr__buf *buf, const mr_env *env, size_t max) {
  *buf = (mr__buf){env, NULL, 0, 0, max, MR_OK};
}

void mr__buf_free(mr__buf *buf) {
  mr__free(buf->env, buf->data);
  mr__buf_init(buf, buf->env, buf->max);
}

void mr__buf_clear(mr__buf *buf) {
  buf->len = 0;
  buf->err = MR_OK;
}

/* Always leaves room for the NUL of mr__buf_text. */
static size_t wanted_cap(const mr__buf *buf, size_t more) {
  size_t need = buf->len + more + 1;
  size_t cap = buf->cap > 0 ? buf->cap : BUF_FIRST;
  while (cap < need)
    cap = cap > SIZE_MAX / 2 ? need : cap * 2;
  if (cap - 1 > buf->max)
    cap = buf->max + 1;
  return cap;
}

int mr__buf_reserve(mr__buf *buf, size_t more) {
  if (buf->err != MR_OK)
    return buf->err;
  if (more > buf->max - buf->len)
    return buf->err = MR_ERR_LIMIT;
  if (more == 0 || more < buf->cap - buf->len)
    return MR_OK;
  if (more >= SIZE_MAX - buf->len)
    return buf->err = MR_ERR_NOMEM;
  size_t cap = wanted_cap(buf, more);
  uint8_t *data = mr__realloc(buf->env, buf->data, cap);
  if (data == NULL)
    return buf->err = MR_ERR_NOMEM;
  buf->data = data;
  buf->cap = cap;
  return MR_OK;
}

int mr__buf_put(mr__buf *buf, const void *data, size_t len) {
  if (mr__buf_reserve(buf, len) != MR_OK)
    return buf->err;
  if (len > 0)
    memcpy(buf->data + buf->len, data, len);
  buf->len += len;
  return MR_OK;
}

int mr__buf_puts(mr__buf *buf, const char *text) {
  return mr__buf_put(buf, text, strlen(text));
}

int mr__buf_putc(mr__buf *buf, int octet) {
  uint8_t o = (uint8_t)octet;
  return mr__buf_put(buf, &o, 1);
}

int mr__buf_put16(mr__buf *buf, unsigned value) {
  uint8_t o[2] = {(uint8_t)(value >> 8), (uint8_t)value};
  return mr__buf_put(buf, o, sizeof o);
}

int mr__buf_put32(mr__buf *buf, uint32_t value) {
  uint8_t o[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                  (uint8_t)value};
  return mr__buf_put(buf, o, sizeof o);
}

void mr__buf_consume(mr__buf *buf, size_t n) {
  if (n == 0)
    return;
  if (n >= buf->len) {
    buf->len = 0;
    return;
  }
  memmove(buf->data, buf->data + n, buf->len - n);
  buf->len -= n;
}

const char *mr__buf_text(mr__buf *buf) {
  if (buf->err != MR_OK || buf->data == NULL)
    return "";
  buf->data[buf->len] = '\0';
  return (const char *)buf->data;
}
