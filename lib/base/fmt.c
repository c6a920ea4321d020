/* SPDX-License-Identifier: MIT */
#include "base/fmt.h"

#include <string.h>

/* Widest field and longest literal precision in a format of ours. */
#define FIELD_MAX 1024

/* Either a buffer, or an array that counts on when it is full. */
typedef struct sink {
  mr__buf *buf;
  char *dst;
  size_t cap;
  size_t len;
} sink;

typedef struct spec {
  int zero;
  int left;
  size_t width;
  size_t precision; /* SIZE_MAX = none */
  char length;      /* 0, 'l' for ll, 'z' */
  char kind;
} spec;

/* A va_list may be an array type, which cannot be passed on by address. */
typedef struct arguments {
  va_list list;
} arguments;

static void emit(sink *out, const void *data, size_t len) {
  if (out->buf != NULL) {
    mr__buf_put(out->buf, data, len);
    return;
  }
  if (out->len + 1 < out->cap && len > 0) {
    size_t room = out->cap - 1 - out->len;
    memcpy(out->dst + out->len, data, len < room ? len : room);
  }
  out->len = len > SIZE_MAX - out->len ? SIZE_MAX : out->len + len;
}

static void emit_fill(sink *out, char octet, size_t count) {
  while (count-- > 0)
    emit(out, &octet, 1);
}

static void emit_field(sink *out, const spec *s, const char *text, size_t len) {
  size_t pad = s->width > len ? s->width - len : 0;
  if (!s->left)
    emit_fill(out, ' ', pad);
  emit(out, text, len);
  if (s->left)
    emit_fill(out, ' ', pad);
}

static void emit_number(sink *out, const spec *s, uint64_t value, int negative) {
  char digits[20];
  unsigned base = s->kind == 'x' ? 16 : 10;
  size_t len = 0;
  do {
    digits[sizeof digits - ++len] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value > 0);
  size_t total = len + (negative ? 1 : 0);
  size_t pad = s->width > total ? s->width - total : 0;
  if (!s->zero && !s->left)
    emit_fill(out, ' ', pad);
  if (negative)
    emit(out, "-", 1);
  if (s->zero && !s->left)
    emit_fill(out, '0', pad);
  emit(out, digits + sizeof digits - len, len);
  if (s->left)
    emit_fill(out, ' ', pad);
}

static size_t text_len(const char *text, size_t precision) {
  if (precision == SIZE_MAX)
    return strlen(text);
  const char *end = precision > 0 ? memchr(text, '\0', precision) : text;
  return end != NULL ? (size_t)(end - text) : precision;
}

static int is_plain(uint8_t octet) {
  return octet >= 0x20 && octet <= 0x7e && octet != '\\';
}

static void emit_quoted(sink *out, const char *text, size_t len) {
  size_t start = 0;
  for (size_t i = 0; i < len; i++) {
    uint8_t octet = (uint8_t)text[i];
    if (is_plain(octet))
      continue;
    emit(out, text + start, i - start);
    start = i + 1;
    char escape[4] = {'\\', 'x', "0123456789abcdef"[octet >> 4],
                      "0123456789abcdef"[octet & 15]};
    emit(out, escape, sizeof escape);
  }
  emit(out, text + start, len - start);
}

static size_t take_digits(const char **p) {
  size_t value = 0;
  for (; mr__is_digit(**p); (*p)++)
    if (value <= FIELD_MAX)
      value = value * 10 + (size_t)(**p - '0');
  return value < FIELD_MAX ? value : FIELD_MAX;
}

static void take_precision(const char **p, spec *s, arguments *args) {
  (*p)++;
  if (**p != '*') {
    s->precision = take_digits(p);
    return;
  }
  (*p)++;
  int given = va_arg(args->list, int);
  s->precision = given < 0 ? SIZE_MAX : (size_t)given;
}

static const char *take_spec(const char *p, spec *s, arguments *args) {
  *s = (spec){.precision = SIZE_MAX};
  for (; *p == '0' || *p == '-'; p++) {
    s->zero |= *p == '0';
    s->left |= *p == '-';
  }
  s->width = take_digits(&p);
  if (*p == '.')
    take_precision(&p, s, args);
  if (p[0] == 'l' && p[1] == 'l') {
    s->length = 'l';
    p += 2;
  } else if (p[0] == 'z') {
    s->length = 'z';
    p++;
  }
  s->kind = *p;
  return *p != '\0' ? p + 1 : p;
}

static void put_signed(sink *out, const spec *s, arguments *args) {
  int64_t value = s->length == 'l'   ? va_arg(args->list, long long)
                  : s->length == 'z' ? (int64_t)va_arg(args->list, ptrdiff_t)
                                     : va_arg(args->list, int);
  uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  emit_number(out, s, size, value < 0);
}

static void put_unsigned(sink *out, const spec *s, arguments *args) {
  uint64_t value = s->length == 'l'   ? va_arg(args->list, unsigned long long)
                   : s->length == 'z' ? va_arg(args->list, size_t)
                                      : va_arg(args->list, unsigned);
  emit_number(out, s, value, 0);
}

static void put_text(sink *out, const spec *s, arguments *args) {
  const char *text = va_arg(args->list, const char *);
  if (text == NULL)
    text = "";
  size_t len = text_len(text, s->precision);
  if (s->kind == 'q')
    emit_quoted(out, text, len);
  else
    emit_field(out, s, text, len);
}

static int put_one(sink *out, const spec *s, arguments *args) {
  char octet;
  switch (s->kind) {
  case 's':
  case 'q':
    put_text(out, s, args);
    return MR_OK;
  case 'c':
    octet = (char)va_arg(args->list, int);
    emit_field(out, s, &octet, 1);
    return MR_OK;
  case 'd':
    put_signed(out, s, args);
    return MR_OK;
  case 'u':
  case 'x':
    put_unsigned(out, s, args);
    return MR_OK;
  case '%':
    emit(out, "%", 1);
    return MR_OK;
  default:
    return MR_ERR_MISUSE;
  }
}

static int format_all(sink *out, const char *format, va_list list) {
  arguments args;
  int rc = MR_OK;
  va_copy(args.list, list);
  while (*format != '\0' && rc == MR_OK) {
    const char *p = format;
    while (*p != '\0' && *p != '%')
      p++;
    emit(out, format, (size_t)(p - format));
    format = p;
    if (*p == '%') {
      spec s;
      format = take_spec(p + 1, &s, &args);
      rc = put_one(out, &s, &args);
    }
  }
  va_end(args.list);
  return rc;
}

int mr__vfmt(mr__buf *buf, const char *format, va_list args) {
  sink out = {buf, NULL, 0, 0};
  int rc = format_all(&out, format, args);
  return rc != MR_OK ? rc : buf->err;
}

int mr__fmt(mr__buf *buf, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int rc = mr__vfmt(buf, format, args);
  va_end(args);
  return rc;
}

size_t mr__vfmt_to(char *dst, size_t cap, const char *format, va_list args) {
  sink out = {NULL, dst, cap, 0};
  format_all(&out, format, args);
  if (cap > 0)
    dst[out.len < cap ? out.len : cap - 1] = '\0';
  return out.len;
}

size_t mr__fmt_to(char *dst, size_t cap, const char *format, ...) {
  va_list args;
  va_start(args, format);
  size_t len = mr__vfmt_to(dst, cap, format, args);
  va_end(args);
  return len;
}

int mr__parse_u64(const char *text, size_t len, uint64_t *out) {
  uint64_t value = 0;
  for (size_t i = 0; i < len; i++) {
    if (!mr__is_digit((uint8_t)text[i]))
      return MR_ERR_RANGE;
    uint64_t digit = (uint64_t)(text[i] - '0');
    if (value > (UINT64_MAX - digit) / 10)
      return MR_ERR_RANGE;
    value = value * 10 + digit;
  }
  if (len == 0)
    return MR_ERR_RANGE;
  *out = value;
  return MR_OK;
}
