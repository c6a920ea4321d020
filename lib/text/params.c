/* SPDX-License-Identifier: MIT */
#include "text/params.h"

#include <string.h>

#include "base/fmt.h"
#include "text/escape.h"
#include "text/utf8.h"

enum {
  TYPE_NAME = 127,              /* RFC 6838 4.2 */
  PARAM_LINE = MR__FOLD_AT - 1, /* a ';' may follow */
  FALLBACK = 56,                /* octets of an ASCII stand-in */
  SUFFIX = 8,                   /* … of which its end may take so many */
  CHARACTER = 12                /* octets of an encoded character at most */
};

static int is_token_octet(int c) {
  static const char specials[] = "()<>@,;:\\\"/[]?=";
  return c > ' ' && c < 0x7F && memchr(specials, c, sizeof specials - 1) == NULL;
}

int mr__is_token(const char *text, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (!is_token_octet((uint8_t)text[i]))
      return 0;
  return len > 0;
}

int mr__type_check(const char *type) {
  size_t len = strlen(type);
  const char *slash = memchr(type, '/', len);
  size_t n = slash != NULL ? (size_t)(slash - type) : 0;
  if (slash == NULL || n > TYPE_NAME || len - n - 1 > TYPE_NAME)
    return MR_ERR_HDR_CHAR;
  return mr__is_token(type, n) && mr__is_token(slash + 1, len - n - 1) ? MR_OK
                                                                       : MR_ERR_HDR_CHAR;
}

int mr__param_name_check(const char *name) {
  size_t len = strlen(name);
  if (len > MR__PARAM_NAME)
    return MR_ERR_LIMIT;
  if (!mr__is_token(name, len))
    return MR_ERR_HDR_NAME;
  for (size_t i = 0; i < len; i++)
    if (name[i] == '*' || name[i] == '\'' || name[i] == '%')
      return MR_ERR_HDR_NAME;
  return MR_OK;
}

/* Printable ASCII that no reader takes for an encoded word. */
static int is_quotable(const char *value, size_t len) {
  for (size_t i = 0; i < len; i++) {
    int c = (uint8_t)value[i];
    if (c < ' ' || c > '~' || (c == '=' && i + 1 < len && value[i + 1] == '?'))
      return 0;
  }
  return 1;
}

static size_t quoted_len(const char *value, size_t len) {
  size_t n = len + 2;
  for (size_t i = 0; i < len; i++)
    n += value[i] == '"' || value[i] == '\\';
  return n;
}

static void part_put(mr__fold *f, const char *text, size_t len) {
  mr__fold_put(f, ";", 1);
  mr__fold_word(f, " ", 1, text, len, PARAM_LINE);
}

/* name="value", or name=token; len <= a line */
static void quoted_put(mr__fold *f, const char *name, const char *value, size_t len,
                       int quote) {
  char text[MR__FOLD_AT + 4];
  size_t at = mr__fmt_to(text, sizeof text, "%s=", name);
  int token = !quote && mr__is_token(value, len);
  if (!token)
    text[at++] = '"';
  for (size_t i = 0; i < len; i++) {
    if (value[i] == '"' || value[i] == '\\')
      text[at++] = '\\';
    text[at++] = value[i];
  }
  if (!token)
    text[at++] = '"';
  part_put(f, text, at);
}

/* attribute-char of RFC 2231 7 */
static int is_attribute(int c) {
  return is_token_octet(c) && c != '*' && c != '\'' && c != '%';
}

/* Octets written for one character of n octets. */
static size_t percent(char dst[CHARACTER], const uint8_t *p, size_t n) {
  size_t at = 0;
  for (size_t i = 0; i < n; i++) {
    if (is_attribute(p[i])) {
      dst[at++] = (char)p[i];
    } else {
      dst[at++] = '%';
      dst[at++] = mr__hex_digit(p[i] >> 4);
      dst[at++] = mr__hex_digit(p[i]);
    }
  }
  return at;
}

/* Appends characters to text while the line has room; octets of the value eaten. */
static size_t encode(char *text, size_t *at, const uint8_t *p, size_t len) {
  size_t eaten = 0;
  while (eaten < len) {
    char one[CHARACTER];
    size_t n = mr__utf8_next(p + eaten, len - eaten, NULL);
    n = n > 0 ? n : 1;
    size_t made = percent(one, p + eaten, n);
    if (*at + made > PARAM_LINE - 1)
      break;
    memcpy(text + *at, one, made);
    *at += made;
    eaten += n;
  }
  return eaten;
}

static void extended_put(mr__fold *f, const char *name, const char *value, size_t len) {
  const uint8_t *p = (const uint8_t *)value;
  char text[MR__FOLD_AT + MR__PARAM_NAME];
  size_t at = mr__fmt_to(text, sizeof text, "%s*=UTF-8''", name);
  size_t eaten = encode(text, &at, p, len);
  if (eaten == len) {
    part_put(f, text, at);
    return;
  }
  for (unsigned i = 0; len > 0; i++) {
    at = mr__fmt_to(text, sizeof text, "%s*%u*=%s", name, i, i == 0 ? "UTF-8''" : "");
    eaten = encode(text, &at, p, len);
    part_put(f, text, at);
    p += eaten;
    len -= eaten;
  }
}

/* One '_' for each character that is not plain ASCII. */
static size_t to_ascii(char *dst, size_t cap, const uint8_t *p, size_t len) {
  size_t at = 0;
  for (size_t i = 0; i < len && at < cap;) {
    size_t n = mr__utf8_next(p + i, len - i, NULL);
    int keep = p[i] >= ' ' && p[i] <= '~' && p[i] != '"' && p[i] != '\\' &&
               !(p[i] == '=' && i + 1 < len && p[i + 1] == '?');
    dst[at++] = keep ? (char)p[i] : '_';
    i += n > 0 ? n : 1;
  }
  return at;
}

/* Where ".pdf" starts, len = there is none that is short. */
static size_t suffix_at(const char *value, size_t len) {
  for (size_t n = 1; n <= SUFFIX && n <= len; n++)
    if (value[len - n] == '.')
      return len - n;
  return len;
}

static void fallback_put(mr__fold *f, const char *name, const char *value, size_t len) {
  char text[FALLBACK];
  const uint8_t *p = (const uint8_t *)value;
  size_t at = to_ascii(text, sizeof text, p, len);
  size_t dot = suffix_at(value, len);
  if (at == sizeof text && dot < len) {
    at = to_ascii(text, sizeof text - SUFFIX, p, dot);
    at += to_ascii(text + at, SUFFIX, p + dot, len - dot);
  }
  quoted_put(f, name, text, at, 1);
}

void mr__param_put(mr__fold *f, const char *name, const char *value, int fallback) {
  size_t len = strlen(value);
  if (is_quotable(value, len) &&
      1 + strlen(name) + 1 + quoted_len(value, len) <= PARAM_LINE) {
    quoted_put(f, name, value, len, fallback);
    return;
  }
  extended_put(f, name, value, len);
  if (fallback)
    fallback_put(f, name, value, len);
}
