/* SPDX-License-Identifier: MIT */
/* Tag lists of RFC 6376 3.2 and 3.5. */
#include "text/dkim.h"

#include <string.h>

#include "base/fmt.h"
#include "text/encode.h"
#include "text/header.h"

static int is_fws(int c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static void trim(const char **text, size_t *len) {
  while (*len > 0 && is_fws(**text)) {
    (*text)++;
    (*len)--;
  }
  while (*len > 0 && is_fws((*text)[*len - 1]))
    (*len)--;
}

static int is_tag_name(const char *name, size_t len) {
  if (len == 0 || !mr__is_alpha((uint8_t)name[0]))
    return 0;
  for (size_t i = 1; i < len; i++)
    if (!mr__is_alnum((uint8_t)name[i]) && name[i] != '_')
      return 0;
  return 1;
}

/* Up to the separator, which is passed over; *found = 1 if it was there. */
static size_t cut(mr__cur *cur, int separator, const char **text, int *found) {
  size_t left = mr__cur_left(cur);
  const uint8_t *stop = memchr(cur->p, separator, left);
  size_t len = stop != NULL ? (size_t)(stop - cur->p) : left;
  *found = stop != NULL;
  *text = (const char *)mr__cur_get(cur, len + (stop != NULL));
  return len;
}

int mr__dkim_tag_next(mr__cur *cur, mr__dkim_tag *tag) {
  if (mr__cur_left(cur) == 0)
    return 0;
  const char *text;
  int more;
  size_t len = cut(cur, ';', &text, &more);
  trim(&text, &len);
  if (len == 0 && !more) /* white space behind the last ';' */
    return 0;
  const char *equals = len > 0 ? memchr(text, '=', len) : NULL;
  if (equals == NULL)
    return MR_ERR_PROTO;
  tag->name = text;
  tag->name_len = (size_t)(equals - text);
  tag->value = equals + 1;
  tag->value_len = len - tag->name_len - 1;
  trim(&tag->name, &tag->name_len);
  trim(&tag->value, &tag->value_len);
  return is_tag_name(tag->name, tag->name_len) ? 1 : MR_ERR_PROTO;
}

int mr__dkim_tag_find(const char *list, size_t len, const char *name,
                      mr__dkim_tag *found) {
  mr__cur cur = mr__cur_of(list, len);
  mr__dkim_tag tag;
  int count = 0, more;
  while ((more = mr__dkim_tag_next(&cur, &tag)) == 1) {
    if (tag.name_len != mr__strlen(name) || memcmp(tag.name, name, tag.name_len) != 0)
      continue;
    *found = tag;
    if (++count > 1)
      return MR_ERR_PROTO;
  }
  return more < 0 ? more : count;
}

int mr__dkim_name_next(mr__cur *cur, const char **name, size_t *len) {
  if (mr__cur_left(cur) == 0)
    return 0;
  int more;
  *len = cut(cur, ':', name, &more);
  trim(name, len);
  /* ';' may be in a field name, and would end the tag */
  if (*len > MR__DKIM_LINE - 2 || memchr(*name, ';', *len) != NULL)
    return MR_ERR_HDR_NAME;
  return mr__header_name_check(*name, *len) == MR_OK ? 1 : MR_ERR_HDR_NAME;
}

static void write(mr__dkim_field *f, const char *text, size_t len) {
  (void)mr__buf_put(f->out, text, len);
  f->column += len;
}

/* Folds, or puts the glue, so that len octets more may follow. */
static void make_room(mr__dkim_field *f, const char *glue, size_t len) {
  size_t glue_len = mr__strlen(glue);
  if (f->column > 1 && f->column + glue_len + len > MR__DKIM_LINE) {
    (void)mr__buf_puts(f->out, "\r\n");
    f->column = 0;
    glue = " ";
    glue_len = 1;
  }
  write(f, glue, glue_len);
}

void mr__dkim_field_begin(mr__dkim_field *f, mr__buf *out, const char *name) {
  f->out = out;
  f->column = 0;
  f->names = 0;
  write(f, name, mr__strlen(name));
  write(f, ":", 1);
}

void mr__dkim_field_tag(mr__dkim_field *f, const char *tag, const char *value,
                        size_t len) {
  size_t tag_len = mr__strlen(tag);
  make_room(f, " ", tag_len + 1 + len + 1);
  write(f, tag, tag_len);
  write(f, "=", 1);
  write(f, value, len);
  write(f, ";", 1);
}

void mr__dkim_field_number(mr__dkim_field *f, const char *tag, uint64_t value) {
  char text[24];
  size_t len = mr__fmt_to(text, sizeof text, "%llu", (unsigned long long)value);
  mr__dkim_field_tag(f, tag, text, len);
}

void mr__dkim_field_name(mr__dkim_field *f, const char *name, size_t len) {
  if (f->names > 0)
    write(f, ":", 1);
  /* behind the name comes one octet, ':' or ';' */
  make_room(f, f->names > 0 ? "" : " ", len + 1 + (f->names > 0 ? 0 : 2));
  if (f->names == 0)
    write(f, "h=", 2);
  write(f, name, len);
  f->names++;
}

void mr__dkim_field_names_end(mr__dkim_field *f) { write(f, ";", 1); }

void mr__dkim_field_b(mr__dkim_field *f) {
  make_room(f, " ", 2 + 4);
  write(f, "b=", 2);
}

void mr__dkim_field_signature(mr__dkim_field *f, const void *data, size_t len) {
  const uint8_t *p = data;
  char digits[MR__DKIM_LINE + 3];
  while (len > 0) {
    if (f->column + 4 > MR__DKIM_LINE)
      make_room(f, "", 4);
    size_t step = (MR__DKIM_LINE - f->column) / 4 * 3;
    size_t n = len < step ? len : step;
    write(f, digits, mr__base64_write(digits, p, n));
    p += n;
    len -= n;
  }
  mr__dkim_field_end(f);
}

void mr__dkim_field_text(mr__dkim_field *f, const char *text, size_t len) {
  size_t at = 0;
  while (at < len) {
    size_t start = at;
    while (at < len && !is_fws(text[at]))
      at++;
    if (at > start) {
      make_room(f, " ", at - start);
      write(f, text + start, at - start);
    }
    at += at < len;
  }
}

void mr__dkim_field_end(mr__dkim_field *f) { (void)mr__buf_puts(f->out, "\r\n"); }
