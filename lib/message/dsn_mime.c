/* SPDX-License-Identifier: MIT */
#include "message/dsn_mime.h"

#include <string.h>

enum { PARTS_FIRST = 8 };

/* A multipart that is open. */
typedef struct level {
  char text[MR__DSN_BOUNDARY + 1];
  size_t len;
} level;

typedef struct walk {
  mr__dsn_mime *mime;
  const char *p, *end;
  level levels[MR__DSN_DEPTH];
  int depth;   /* levels open */
  size_t open; /* part whose body is read, SIZE_MAX = none */
} walk;

static mr__slice line_at(const char *p, const char *end) {
  const char *lf = memchr(p, '\n', (size_t)(end - p));
  return mr__slice_of(p, lf != NULL ? (size_t)(lf - p) + 1 : (size_t)(end - p));
}

/* Level whose boundary the line is, -1 = none. *last: the closing one. */
static int level_of(const walk *w, mr__slice line, int *last) {
  if (line.len < 2 || line.p[0] != '-' || line.p[1] != '-')
    return -1;
  mr__slice text = mr__slice_of(line.p + 2, line.len - 2);
  while (text.len > 0 && mr__slice_is_space(text.p[text.len - 1]))
    text.len--;
  for (int i = w->depth - 1; i >= 0; i--) {
    const level *l = &w->levels[i];
    if (text.len < l->len || memcmp(text.p, l->text, l->len) != 0)
      continue;
    mr__slice rest = mr__slice_of(text.p + l->len, text.len - l->len);
    *last = rest.len == 2 && memcmp(rest.p, "--", 2) == 0;
    if (*last || rest.len == 0)
      return i;
  }
  return -1;
}

static void lower_copy(char *dst, size_t cap, mr__slice s) {
  size_t n = s.len < cap ? s.len : cap - 1;
  for (size_t i = 0; i < n; i++)
    dst[i] = (char)(s.p[i] > 0x20 && s.p[i] < 0x7F ? mr__lower(s.p[i]) : '?');
  dst[n] = '\0';
}

static void read_type(mr__dsn_part *part) {
  mr__slice value;
  memcpy(part->type, "text/plain", sizeof "text/plain");
  if (!mr__dsn_field(part->header, "Content-Type", &value))
    return;
  size_t n = 0;
  value = mr__slice_trim(value);
  while (n < value.len && value.p[n] != ';' && !mr__slice_is_space(value.p[n]))
    n++;
  if (memchr(value.p, '/', n) != NULL)
    lower_copy(part->type, sizeof part->type, mr__slice_of(value.p, n));
  char charset[MR__DSN_CHARSET];
  if (mr__dsn_param(value, "charset", charset, sizeof charset))
    lower_copy(part->charset, sizeof part->charset,
               mr__slice_of(charset, strlen(charset)));
}

static void read_encoding(mr__dsn_part *part) {
  mr__slice value;
  if (!mr__dsn_field(part->header, "Content-Transfer-Encoding", &value))
    return;
  value = mr__slice_trim(value);
  if (mr__slice_starts(value, "quoted-printable"))
    part->encoding = MR__DSN_QP;
  else if (mr__slice_starts(value, "base64"))
    part->encoding = MR__DSN_BASE64;
}

/* The header at w->p: up to a blank line, which is taken, or to a boundary. */
static mr__slice take_header(walk *w) {
  const char *start = w->p;
  int last;
  while (w->p < w->end) {
    mr__slice line = line_at(w->p, w->end);
    if (level_of(w, line, &last) >= 0)
      break;
    w->p += line.len;
    if (line.p[0] == '\n' || (line.len == 2 && line.p[0] == '\r' && line.p[1] == '\n'))
      return mr__slice_of(start, (size_t)(line.p - start));
  }
  return mr__slice_of(start, (size_t)(w->p - start));
}

static int grow(mr__dsn_mime *mime) {
  if (mime->count >= MR__DSN_PARTS)
    return MR_ERR_LIMIT;
  if (mime->count < mime->cap)
    return MR_OK;
  size_t cap = mime->cap > 0 ? mime->cap * 2 : PARTS_FIRST;
  mr__dsn_part *parts = mr__realloc(mime->env, mime->parts, cap * sizeof *parts);
  if (parts == NULL)
    return MR_ERR_NOMEM;
  mime->parts = parts;
  mime->cap = cap;
  return MR_OK;
}

static int push(walk *w, mr__slice header) {
  mr__slice value;
  level *l = &w->levels[w->depth < MR__DSN_DEPTH ? w->depth : 0];
  if (w->depth >= MR__DSN_DEPTH)
    return MR_ERR_DEPTH;
  l->len = 0;
  if (mr__dsn_field(header, "Content-Type", &value) &&
      mr__dsn_param(value, "boundary", l->text, sizeof l->text))
    l->len = strlen(l->text);
  w->depth += l->len > 0;
  return MR_OK;
}

/* A part starts here. Its body stays open unless it consists of parts. */
static int add_part(walk *w) {
  mr__dsn_mime *mime = w->mime;
  int err = grow(mime);
  if (err != MR_OK)
    return err;
  mr__dsn_part *part = &mime->parts[mime->count];
  memset(part, 0, sizeof *part);
  part->depth = w->depth;
  part->header = take_header(w);
  if (part->header.len > MR__DSN_HEADER)
    part->header.len = MR__DSN_HEADER;
  part->body = mr__slice_of(w->p, 0);
  read_type(part);
  read_encoding(part);
  w->open = mime->count++;
  if (!mr__slice_starts(mr__slice_of(part->type, strlen(part->type)), "multipart/"))
    return MR_OK;
  int before = w->depth;
  err = push(w, part->header);
  if (w->depth > before)
    w->open = SIZE_MAX;
  return err;
}

static void close_part(walk *w, const char *at, int trim) {
  if (w->open == SIZE_MAX)
    return;
  mr__slice *body = &w->mime->parts[w->open].body;
  size_t len = (size_t)(at - body->p);
  if (trim && len > 0 && body->p[len - 1] == '\n')
    len--;
  if (trim && len > 0 && body->p[len - 1] == '\r')
    len--;
  body->len = len;
  w->open = SIZE_MAX;
}

static int walk_lines(walk *w) {
  int err = MR_OK;
  while (err == MR_OK && w->depth > 0 && w->p < w->end) {
    mr__slice line = line_at(w->p, w->end);
    int last = 0;
    int at = level_of(w, line, &last);
    w->p += line.len;
    if (at < 0)
      continue;
    close_part(w, line.p, 1);
    w->depth = last ? at : at + 1;
    if (!last)
      err = add_part(w);
  }
  return err;
}

int mr__dsn_mime_read(mr__dsn_mime *mime, const mr_env *env, const void *data,
                      size_t len) {
  walk w = {mime, data, (const char *)data + len, {{{0}, 0}}, 0, SIZE_MAX};
  memset(mime, 0, sizeof *mime);
  mime->env = env;
  int err = add_part(&w);
  if (err == MR_OK)
    err = walk_lines(&w);
  if (err == MR_OK)
    close_part(&w, w.end, 0);
  return err;
}

void mr__dsn_mime_free(mr__dsn_mime *mime) {
  mr__free(mime->env, mime->parts);
  mime->parts = NULL;
  mime->count = 0;
}

const mr__dsn_part *mr__dsn_part_of(const mr__dsn_mime *mime, const char *type) {
  for (size_t i = 0; i < mime->count; i++)
    if (mr__streq(mime->parts[i].type, type))
      return &mime->parts[i];
  return NULL;
}
