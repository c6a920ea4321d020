/* SPDX-License-Identifier: MIT */
#include "message/dsn_slice.h"

#include <string.h>

#include "text/header.h"

mr__slice mr__slice_of(const char *p, size_t len) { return (mr__slice){p, len}; }

int mr__slice_is_space(int c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

mr__slice mr__slice_from(mr__slice s, size_t n) {
  n = n < s.len ? n : s.len;
  return n == 0 ? s : mr__slice_of(s.p + n, s.len - n);
}

mr__slice mr__slice_trim(mr__slice s) {
  while (s.len > 0 && mr__slice_is_space(s.p[0]))
    s = mr__slice_from(s, 1);
  while (s.len > 0 && mr__slice_is_space(s.p[s.len - 1]))
    s.len--;
  return s;
}

int mr__slice_starts(mr__slice s, const char *text) {
  size_t len = strlen(text);
  return s.len >= len && mr__memcaseeq(s.p, text, len);
}

int mr__slice_is(mr__slice s, const char *text) {
  return s.len == strlen(text) && mr__slice_starts(s, text);
}

int mr__slice_equal(mr__slice a, mr__slice b) {
  return a.len == b.len && (a.len == 0 || mr__memcaseeq(a.p, b.p, a.len));
}

size_t mr__slice_find(mr__slice s, const char *text) {
  size_t len = strlen(text);
  for (size_t i = 0; i + len <= s.len; i++)
    if (mr__lower((uint8_t)s.p[i]) == text[0] && mr__memcaseeq(s.p + i, text, len))
      return i;
  return s.len;
}

int mr__slice_line(mr__slice *s, mr__slice *line) {
  if (s->len == 0)
    return 0;
  const char *lf = memchr(s->p, '\n', s->len);
  size_t n = lf != NULL ? (size_t)(lf - s->p) : s->len;
  *line = mr__slice_of(s->p, n);
  *s = mr__slice_from(*s, n + (lf != NULL));
  return 1;
}

mr__slice mr__dsn_header(mr__slice text) {
  mr__slice rest = text, line;
  while (mr__slice_line(&rest, &line))
    if (line.len == 0 || (line.len == 1 && line.p[0] == '\r'))
      return mr__slice_of(text.p, (size_t)(line.p - text.p));
  return text;
}

static void skip_line(mr__cur *cur) {
  size_t left = mr__cur_left(cur);
  const uint8_t *lf = memchr(cur->p, '\n', left);
  (void)mr__cur_get(cur, lf != NULL ? (size_t)(lf - cur->p) + 1 : left);
}

int mr__dsn_field_next(mr__cur *cur, mr__slice *name, mr__slice *value) {
  mr__header_field field;
  int got = mr__header_next(cur, &field);
  while (got < 0) {
    skip_line(cur);
    got = mr__header_next(cur, &field);
  }
  *name = mr__slice_of(field.name, field.name_len);
  *value = mr__slice_of(field.value, field.value_len);
  return got;
}

int mr__dsn_field(mr__slice header, const char *name, mr__slice *value) {
  mr__cur cur = mr__cur_of(header.p, header.len);
  mr__slice got;
  while (mr__dsn_field_next(&cur, &got, value))
    if (mr__slice_is(got, name))
      return 1;
  *value = mr__slice_of("", 0);
  return 0;
}

/* A token or a quoted string at the start of s; octets taken. */
static size_t param_value(mr__slice s, char *dst, size_t cap) {
  size_t at = 0, len = 0;
  int quoted = s.len > 0 && s.p[0] == '"';
  at += (size_t)quoted;
  while (at < s.len) {
    char c = s.p[at];
    if (quoted ? c == '"' : c == ';' || mr__slice_is_space(c))
      break;
    if (quoted && c == '\\' && at + 1 < s.len)
      c = s.p[++at];
    if (len + 1 < cap && c != '\r' && c != '\n' && c != '\0')
      dst[len++] = c;
    at++;
  }
  dst[len] = '\0';
  return at + (quoted && at < s.len);
}

int mr__dsn_param(mr__slice s, const char *name, char *dst, size_t cap) {
  for (int i = 0; i < MR__DSN_PARAMS; i++) {
    const char *semicolon = s.len > 0 ? memchr(s.p, ';', s.len) : NULL;
    if (semicolon == NULL)
      break;
    s = mr__slice_trim(mr__slice_from(s, (size_t)(semicolon - s.p) + 1));
    size_t n = 0;
    while (n < s.len && s.p[n] != '=' && s.p[n] != ';')
      n++;
    if (n == s.len || s.p[n] == ';') {
      s = mr__slice_from(s, n);
      continue;
    }
    mr__slice got = mr__slice_trim(mr__slice_of(s.p, n));
    s = mr__slice_trim(mr__slice_from(s, n + 1));
    size_t used = param_value(s, dst, cap);
    if (mr__slice_is(got, name))
      return 1;
    s = mr__slice_from(s, used);
  }
  dst[0] = '\0';
  return 0;
}
