/* SPDX-License-Identifier: MIT */
/* A growing byte buffer with a read position. Zero-initialise. */
#ifndef KIT_BUF_H
#define KIT_BUF_H

#include <stddef.h>
#include <stdint.h>

typedef struct kit_buf {
  char *data; /* data[len] is NUL whenever data is not NULL */
  size_t len, cap;
  size_t pos; /* octets before it were taken */
} kit_buf;

void kit_buf_add(kit_buf *buf, const void *data, size_t len);
void kit_buf_str(kit_buf *buf, const char *text);
void kit_buf_printf(kit_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void kit_buf_take(kit_buf *buf,
                  size_t n);             /* moves pos; memory is reclaimed now and then */
size_t kit_buf_left(const kit_buf *buf); /* octets from pos on */
const char *kit_buf_at(const kit_buf *buf); /* first octet not taken, never NULL */
void kit_buf_clear(kit_buf *buf);
void kit_buf_free(kit_buf *buf);

#endif
