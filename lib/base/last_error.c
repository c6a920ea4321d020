/* SPDX-License-Identifier: MIT */
#include "base/last_error.h"

#include <string.h>

#include "base/fmt.h"

void mr__last_error_init(mr__last_error *e) {
  memset(e, 0, sizeof *e);
  e->view.host = e->host;
  e->view.text = e->text;
}

/* A cut may not leave half a UTF-8 sequence at the end. */
static size_t whole_utf8(const char *text, size_t len) {
  size_t i = len, tail = 0;
  while (i > 0 && tail < 3 && ((uint8_t)text[i - 1] & 0xc0) == 0x80) {
    i--;
    tail++;
  }
  if (i == 0 || (uint8_t)text[i - 1] < 0xc0)
    return len;
  uint8_t lead = (uint8_t)text[i - 1];
  size_t need = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
  return tail < need ? i - 1 : len;
}

static void set_cut(char *dst, size_t cap, const char *text, size_t len) {
  if (len >= cap)
    len = whole_utf8(text, cap - 1);
  memmove(dst, text, len);
  dst[len] = '\0';
}

/* Formats apart: the arguments may point into the old text. */
static int store(mr__last_error *e, int code, const char *host, const char *format,
                 va_list args) {
  char text[sizeof e->text];
  size_t len = mr__vfmt_to(text, sizeof text, format, args);
  set_cut(e->text, sizeof e->text, text, len);
  set_cut(e->host, sizeof e->host, host != NULL ? host : "", mr__strlen(host));
  e->view.code = code;
  return code;
}

int mr__fail(mr__last_error *e, int code, int stage, const char *host, const char *format,
             ...) {
  va_list args;
  va_start(args, format);
  store(e, code, host, format, args);
  va_end(args);
  e->view.stage = stage;
  e->view.offset = 0;
  return code;
}

int mr__fail_at(mr__last_error *e, int code, size_t offset, const char *format, ...) {
  va_list args;
  va_start(args, format);
  store(e, code, NULL, format, args);
  va_end(args);
  e->view.stage = 0;
  e->view.offset = offset;
  return code;
}
