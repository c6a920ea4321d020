/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

mr__cur mr__cur_of(const void *data, size_t len) {
  static const uint8_t nothing[1] = {0};
  const uint8_t *p = data != NULL ? data : nothing;
  return (mr__cur){p, p, p + (data != NULL ? len : 0), MR_OK};
}

size_t mr__cur_left(const mr__cur *cur) { return (size_t)(cur->end - cur->p); }

size_t mr__cur_offset(const mr__cur *cur) { return (size_t)(cur->p - cur->start); }

int mr__cur_peek(const mr__cur *cur) { return cur->p < cur->end ? *cur->p : -1; }

int mr__cur_next(mr__cur *cur) { return cur->p < cur->end ? *cur->p++ : -1; }

int mr__cur_skip_if(mr__cur *cur, int octet) {
  if (cur->p == cur->end || *cur->p != octet)
    return 0;
  cur->p++;
  return 1;
}

const uint8_t *mr__cur_get(mr__cur *cur, size_t n) {
  if (cur->err != MR_OK || n > mr__cur_left(cur)) {
    cur->err = MR_ERR_PROTO;
    return NULL;
  }
  const uint8_t *p = cur->p;
  cur->p += n;
  return p;
}

unsigned mr__cur_get8(mr__cur *cur) {
  const uint8_t *p = mr__cur_get(cur, 1);
  return p != NULL ? p[0] : 0;
}

unsigned mr__cur_get16(mr__cur *cur) {
  const uint8_t *p = mr__cur_get(cur, 2);
  return p != NULL ? (unsigned)p[0] << 8 | p[1] : 0;
}

uint32_t mr__cur_get32(mr__cur *cur) {
  const uint8_t *p = mr__cur_get(cur, 4);
  if (p == NULL)
    return 0;
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
