/* SPDX-License-Identifier: MIT */
#include "message/mime_stream.h"

#include <string.h>

enum { HEADER = 0, BODY, FILLER };

static void start(mr__mime *m) {
  m->begins = 1;
  m->next_starts = 1;
}

void mr__mime_init(mr__mime *m, const mr_env *env) {
  memset(m, 0, sizeof *m);
  mr__buf_init(&m->field, env, MR__MIME_FIELD_MAX);
  mr__buf_init(&m->boundaries, env, (MR__MIME_DEPTH + 1) * MR__MIME_BOUNDARY);
  start(m);
}

void mr__mime_free(mr__mime *m) {
  mr__buf_free(&m->field);
  mr__buf_free(&m->boundaries);
}

void mr__mime_rewind(mr__mime *m) {
  mr__buf field = m->field, boundaries = m->boundaries;
  memset(m, 0, sizeof *m);
  m->field = field;
  m->boundaries = boundaries;
  mr__buf_clear(&m->field);
  mr__buf_clear(&m->boundaries);
  start(m);
}

/* ---- lines, or what of a longer one is taken at a time ---- */

static void line_set(mr__mime *m, const uint8_t *p, size_t len, int ends) {
  m->line = p;
  m->line_len = len;
  m->held_len = 0;
  m->starts = m->next_starts;
  m->ends = m->next_starts = ends;
}

/* What is held and `take` octets more are a line, or as much of one as is taken. */
static int line_found(mr__mime *m, size_t take, int ends) {
  const uint8_t *p = m->in + m->in_at;
  m->in_at += take;
  if (m->held_len == 0) {
    line_set(m, p, take, ends);
    return 1;
  }
  memcpy(m->held + m->held_len, p, take);
  line_set(m, m->held, m->held_len + take, ends);
  return 1;
}

static int line_hold(mr__mime *m, size_t take) {
  if (take > 0)
    memcpy(m->held + m->held_len, m->in + m->in_at, take);
  m->in_at += take;
  m->held_len += take;
  if (!m->at_end || m->held_len == 0)
    return 0;
  line_set(m, m->held, m->held_len, 1);
  return 1;
}

/* 1 = there is one, 0 = not yet, or no more. */
static int line_next(mr__mime *m) {
  if (m->kept) {
    m->kept = 0;
    return 1;
  }
  size_t left = m->in_len - m->in_at;
  size_t room = MR__MIME_LINE - m->held_len;
  size_t take = left < room ? left : room;
  const uint8_t *lf = take > 0 ? memchr(m->in + m->in_at, '\n', take) : NULL;
  if (lf != NULL)
    return line_found(m, (size_t)(lf - (m->in + m->in_at)) + 1, 1);
  return take == room ? line_found(m, take, 0) : line_hold(m, take);
}

/* ---- delimiters ---- */

/* Octets of the line without its end and white space before that. */
static size_t trimmed(const mr__mime *m) {
  size_t n = m->line_len;
  while (n > 0 && (m->line[n - 1] == '\n' || m->line[n - 1] == '\r' ||
                   m->line[n - 1] == ' ' || m->line[n - 1] == '\t'))
    n--;
  return n;
}

/* Which level the line delimits, level_count = none; *close = the last of it. */
static size_t level_of(const mr__mime *m, int *close) {
  if (!m->starts || !m->ends || m->line_len < 3 || m->level_count == 0 ||
      m->line[0] != '-' || m->line[1] != '-')
    return m->level_count;
  size_t len = trimmed(m);
  for (size_t i = m->level_count; i-- > 0;) {
    const mr__mime_level *level = &m->levels[i];
    size_t whole = 2 + level->len;
    *close = len == whole + 2 && memcmp(m->line + whole, "--", 2) == 0;
    if ((len == whole || *close) &&
        memcmp(m->line + 2, m->boundaries.data + level->at, level->len) == 0)
      return i;
  }
  return m->level_count;
}

static void levels_drop(mr__mime *m, size_t count) {
  if (count < m->level_count)
    m->boundaries.len = m->levels[count].at;
  m->level_count = count;
  m->in_signed = count > 0 && m->levels[count - 1].in_signed;
}

static int delimit(mr__mime *m, size_t level, int close) {
  levels_drop(m, level + !close);
  m->state = close ? FILLER : HEADER;
  m->begins = !close;
  m->depth = m->levels[level].depth;
  return MR__MIME_DELIMITER;
}

/* ---- entities ---- */

static int level_add(mr__mime *m) {
  const mr__mime_entity *e = &m->entity;
  mr__mime_level *level = &m->levels[m->level_count];
  level->at = m->boundaries.len;
  level->len = e->boundary_len;
  level->depth = m->depth;
  level->in_signed = m->in_signed || e->is_signed;
  level->in_digest = e->is_digest;
  int err = mr__buf_put(&m->boundaries, e->boundary, e->boundary_len);
  if (err != MR_OK)
    return err;
  m->level_count++;
  m->in_signed = level->in_signed;
  return MR_OK;
}

static int begin(mr__mime *m) {
  int nested = m->count > 0, message = m->begins == 2;
  m->begins = 0;
  if (++m->count > MR__MIME_ENTITIES)
    return MR_ERR_LIMIT;
  m->depth += nested ? 1u : 0u;
  if (m->depth > MR__MIME_DEPTH)
    return MR_ERR_DEPTH;
  memset(&m->entity, 0, sizeof m->entity);
  m->entity.is_root = !nested;
  m->entity.is_message = !nested || message;
  m->entity.is_text = 1;
  m->entity.in_signed = m->in_signed;
  return MR_OK;
}

static int header_end(mr__mime *m) {
  mr__mime_entity *e = &m->entity;
  int part = !e->is_message && m->level_count > 0;
  int err = MR_OK;
  mr__mime_settle(e, part && m->levels[m->level_count - 1].in_digest);
  if (e->kind == MR__MIME_MULTIPART)
    err = level_add(m);
  if (err != MR_OK)
    return err;
  m->begins = e->kind == MR__MIME_MESSAGE ? 2 : 0;
  m->state = e->kind == MR__MIME_MESSAGE     ? HEADER
             : e->kind == MR__MIME_MULTIPART ? FILLER
                                             : BODY;
  return MR__MIME_HEADER_END;
}

/* ---- header fields ---- */

static int field_end(mr__mime *m) {
  size_t name_len, value;
  if (mr__mime_split(m->field.data, m->field.len, &name_len, &value))
    mr__mime_field(&m->entity, (const char *)m->field.data, name_len,
                   (const char *)m->field.data + value, m->field.len - value);
  m->field_told = 1;
  return MR__MIME_FIELD_END;
}

static int field_add(mr__mime *m) {
  int err = mr__buf_put(&m->field, m->line, m->line_len);
  return err != MR_OK ? err : MR__MIME_MORE;
}

static int is_blank(const mr__mime *m) {
  return m->line[0] == '\n' ||
         (m->line_len == 2 && m->line[0] == '\r' && m->line[1] == '\n');
}

/* A line of an mbox file before the header of a message: some mailers leave it there. */
static int is_mbox(const mr__mime *m) {
  size_t quoted = m->line[0] == '>';
  return m->entity.is_message && m->line_len >= 5 + quoted &&
         memcmp(m->line + quoted, "From ", 5) == 0;
}

static int is_field(const mr__mime *m) {
  size_t name_len, value;
  return mr__mime_split(m->line, m->line_len, &name_len, &value) || is_mbox(m);
}

/* MR__MIME_MORE = the line went into a field. */
static int header_line(mr__mime *m) {
  int close = 0, folded = m->line[0] == ' ' || m->line[0] == '\t';
  if (m->field.len > 0 && (!m->starts || folded))
    return field_add(m);
  if (m->field.len > 0) {
    m->kept = 1;
    return field_end(m);
  }
  if (is_blank(m))
    return header_end(m);
  if (level_of(m, &close) == m->level_count && is_field(m))
    return field_add(m);
  m->kept = 1;
  return header_end(m);
}

/* The header is all there is. */
static int header_last(mr__mime *m) {
  return m->field.len > 0 ? field_end(m) : header_end(m);
}

static int take_line(mr__mime *m) {
  int close = 0;
  if (m->state == HEADER)
    return header_line(m);
  size_t level = level_of(m, &close);
  if (level < m->level_count)
    return delimit(m, level, close);
  return m->state == BODY ? MR__MIME_BODY : MR__MIME_FILLER;
}

static int next(mr__mime *m) {
  int event = MR__MIME_MORE;
  while (event == MR__MIME_MORE) {
    if (m->begins && (event = begin(m)) != MR_OK)
      return event;
    if (line_next(m))
      event = take_line(m);
    else if (!m->at_end)
      return MR__MIME_MORE;
    else
      return m->state == HEADER ? header_last(m) : MR__MIME_END;
  }
  return event;
}

int mr__mime_next(mr__mime *m) {
  if (m->err != MR_OK)
    return m->err;
  if (m->field_told)
    mr__buf_clear(&m->field);
  m->field_told = 0;
  m->line_len = m->kept ? m->line_len : 0;
  int event = next(m);
  if (event < 0)
    m->err = event;
  m->piece = m->line;
  m->piece_len = m->kept ? 0 : m->line_len;
  return event;
}
