/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "text/header.h"
#include "text/utf8.h"

enum { MR__ID_MAX = 900 };

static int is_name_octet(int c) { return c > 0x20 && c < 0x7F && c != ':'; }

int mr__header_name_check(const char *name, size_t len) {
  if (len == 0)
    return MR_ERR_HDR_NAME;
  for (size_t i = 0; i < len; i++)
    if (!is_name_octet((uint8_t)name[i]))
      return MR_ERR_HDR_NAME;
  return MR_OK;
}

int mr__header_value_check(const char *value, size_t len, size_t *offset) {
  size_t clean = mr__utf8_clean((const uint8_t *)value, len, 1);
  if (clean == len)
    return MR_OK;
  if (offset != NULL)
    *offset = clean;
  return MR_ERR_HDR_CHAR;
}

int mr__is_message_id(const char *text, size_t len) {
  if (len < 3 || len > MR__ID_MAX || text[0] != '<' || text[len - 1] != '>')
    return 0;
  for (size_t i = 1; i + 1 < len; i++)
    if (text[i] <= ' ' || text[i] > '~' || text[i] == '<' || text[i] == '>')
      return 0;
  return 1;
}

/* One line with its end; *len is without it. Bare CR and NUL belong to no header. */
static int line_next(mr__cur *cur, const uint8_t **line, size_t *len) {
  size_t left = mr__cur_left(cur);
  const uint8_t *lf = memchr(cur->p, '\n', left);
  size_t whole = lf != NULL ? (size_t)(lf - cur->p) + 1 : left;
  size_t n = lf != NULL ? whole - 1 : left;
  if (lf != NULL && n > 0 && cur->p[n - 1] == '\r')
    n--;
  if (memchr(cur->p, '\r', n) != NULL || memchr(cur->p, 0, n) != NULL)
    return MR_ERR_HDR_CHAR;
  *line = mr__cur_get(cur, whole);
  *len = n;
  return MR_OK;
}

static int is_folded(const mr__cur *cur) {
  int c = mr__cur_peek(cur);
  return c == ' ' || c == '\t';
}

/* The first line of a field: name, colon, start of the value. */
static int start_parse(mr__header_field *f, const uint8_t *line, size_t len) {
  const uint8_t *colon = memchr(line, ':', len);
  if (colon == NULL)
    return MR_ERR_HDR_NAME;
  f->name = (const char *)line;
  f->name_len = (size_t)(colon - line);
  f->value = (const char *)colon + 1;
  f->value_len = len - f->name_len - 1;
  return mr__header_name_check(f->name, f->name_len);
}

int mr__header_next(mr__cur *cur, mr__header_field *field) {
  const uint8_t *line;
  size_t len;
  mr__cur start = *cur;
  memset(field, 0, sizeof *field);
  if (mr__cur_left(cur) == 0)
    return 0;
  int err = line_next(cur, &line, &len);
  if (err == MR_OK && len == 0)
    return 0;
  if (err == MR_OK)
    err = start_parse(field, line, len);
  while (err == MR_OK && is_folded(cur)) {
    err = line_next(cur, &line, &len);
    if (err == MR_OK)
      field->value_len = (size_t)((const char *)line - field->value) + len;
  }
  if (err == MR_ERR_HDR_NAME)
    *cur = start;
  if (err != MR_OK)
    return err;
  field->start = mr__cur_offset(&start);
  field->end = mr__cur_offset(cur);
  return 1;
}
