/* SPDX-License-Identifier: MIT */
#include "base/buf.h"
#include "text/command.h"
#include "text/escape.h"

static int is_xchar(int c) { return c >= '!' && c <= '~' && c != '+' && c != '='; }

int mr__xtext_encode(mr__buf *out, const void *data, size_t len) {
  const uint8_t *p = data;
  size_t before = out->len;
  int err = out->err;
  for (size_t i = 0; i < len && err == MR_OK; i++) {
    char hex[3] = {'+', mr__hex_digit(p[i] >> 4), mr__hex_digit(p[i])};
    err = is_xchar(p[i]) ? mr__buf_putc(out, p[i]) : mr__buf_put(out, hex, 3);
  }
  if (err != MR_OK)
    out->len = before;
  return err;
}

/* One upper-case digit, as RFC 3461 4 has it. */
static int digit(int c) {
  return c == mr__lower(c) && !mr__is_digit(c) ? -1 : mr__hex_value(c);
}

static int octet_next(mr__cur *cur, int *octet) {
  *octet = mr__cur_next(cur);
  if (*octet != '+')
    return is_xchar(*octet) ? MR_OK : MR_ERR_PROTO;
  int high = digit(mr__cur_next(cur));
  int low = digit(mr__cur_next(cur));
  if (high < 0 || low < 0)
    return MR_ERR_PROTO;
  *octet = high * 16 + low;
  return *octet != 0 ? MR_OK : MR_ERR_PROTO;
}

int mr__xtext_decode(mr__buf *out, const char *text, size_t len) {
  mr__cur cur = mr__cur_of(text, len);
  size_t before = out->len;
  int err = out->err;
  while (err == MR_OK && mr__cur_left(&cur) > 0) {
    int octet;
    err = octet_next(&cur, &octet);
    if (err == MR_OK)
      err = mr__buf_putc(out, octet);
  }
  if (err != MR_OK)
    out->len = before;
  return err;
}
