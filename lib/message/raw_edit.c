/* SPDX-License-Identifier: MIT */
#include "message/raw_edit.h"

#include <string.h>

#include <mailroute/options.h>

#include "message/raw_fields.h"
#include "message/seal.h"

/* Where a field is: in the section as it came, or among those made since. */
typedef struct entry {
  int made;
  size_t start, len;
} entry;

struct mr__edit {
  mr__buf made;
  mr__buf name, value; /* what was asked for last */
  entry *list;
  size_t count, cap;
  int changed;
};

/* ---- fields ---- */

static int entry_add(mr_message *m, size_t index, const entry *one) {
  struct mr__edit *e = m->edit;
  if (e->count == e->cap) {
    size_t cap = e->cap > 0 ? e->cap * 2 : 32;
    entry *list = mr__realloc(&m->env, e->list, cap * sizeof *list);
    if (list == NULL)
      return MR_ERR_NOMEM;
    e->list = list;
    e->cap = cap;
  }
  memmove(e->list + index + 1, e->list + index, (e->count - index) * sizeof *one);
  e->list[index] = *one;
  e->count++;
  return MR_OK;
}

static int read_fields(mr_message *m) {
  const mr__buf *section = &m->seal->section;
  mr__raw_fields fields;
  mr__header_field field;
  int err = mr__raw_fields_read(m, &fields, section);
  mr__cur cur = mr__cur_of(section->data, section->len);
  while (err == MR_OK && mr__header_next(&cur, &field) == 1) {
    entry one = {0, field.start, field.end - field.start};
    err = entry_add(m, m->edit->count, &one);
  }
  return err;
}

static int open_fields(mr_message *m) {
  if (m->mode != MR__MODE_RAW)
    return mr__message_fail(m, MR_ERR_STATE, 0, "there is no raw input");
  int err = mr__seal_section(m);
  if (err != MR_OK || m->edit != NULL)
    return err;
  m->edit = mr__calloc(&m->env, 1, sizeof *m->edit);
  if (m->edit == NULL)
    return MR_ERR_NOMEM;
  size_t max = mr__message_limit(m, MR_OPT_HEADER_MAX);
  mr__buf_init(&m->edit->made, &m->env, max);
  mr__buf_init(&m->edit->name, &m->env, max);
  mr__buf_init(&m->edit->value, &m->env, max);
  return read_fields(m);
}

/* While it waits for the source, nothing else may be called but this and the seal. */
int mr_message_open(mr_message *message) {
  int err = mr__message_enter(message, MR__MODE_SEAL);
  if (err != MR_OK)
    return err;
  err = open_fields(message);
  message->sealing = err == MR_ERR_PENDING;
  return mr__message_leave(message, err);
}

void mr__edit_free(mr_message *m) {
  struct mr__edit *e = m->edit;
  if (e == NULL)
    return;
  mr__buf_free(&e->made);
  mr__buf_free(&e->name);
  mr__buf_free(&e->value);
  mr__free(&m->env, e->list);
  mr__free(&m->env, e);
  m->edit = NULL;
}

static const char *octets(const mr_message *m, const entry *one) {
  const mr__buf *from = one->made ? &m->edit->made : &m->seal->section;
  return (const char *)from->data + one->start;
}

/* ---- looking ---- */

static int is_open(const mr_message *m) {
  return m != NULL && m->edit != NULL && !m->sealed && !m->busy && !m->sealing &&
         m->last.view.code == MR_OK;
}

size_t mr_message_field_count(const mr_message *message) {
  return is_open(message) ? message->edit->count : 0;
}

static int field_at(const mr_message *m, size_t index, mr__header_field *field) {
  if (index >= m->edit->count)
    return 0;
  const entry *one = &m->edit->list[index];
  mr__cur cur = mr__cur_of(octets(m, one), one->len);
  return mr__header_next(&cur, field) == 1;
}

const char *mr_message_field_name(mr_message *message, size_t index) {
  mr__header_field field;
  if (!is_open(message) || !field_at(message, index, &field))
    return "";
  mr__buf *name = &message->edit->name;
  mr__buf_clear(name);
  mr__buf_put(name, field.name, field.name_len);
  return mr__buf_text(name);
}

/* Unfolded: line ends go, the white space behind them stays (RFC 5322 2.2.3). */
const char *mr_message_field_value(mr_message *message, size_t index) {
  mr__header_field field;
  if (!is_open(message) || !field_at(message, index, &field))
    return "";
  mr__buf *value = &message->edit->value;
  const char *p = field.value, *end = p + field.value_len;
  while (p < end && (*p == ' ' || *p == '\t'))
    p++;
  mr__buf_clear(value);
  while (p < end) {
    const char *lf = memchr(p, '\n', (size_t)(end - p));
    const char *stop = lf != NULL ? lf : end;
    size_t len = (size_t)(stop - p);
    mr__buf_put(value, p, len > 0 && lf != NULL && p[len - 1] == '\r' ? len - 1 : len);
    p = lf != NULL ? lf + 1 : end;
  }
  return mr__buf_text(value);
}

int mr_message_field_find(const mr_message *message, const char *name, size_t from,
                          size_t *index) {
  mr__header_field field;
  if (name == NULL || index == NULL)
    return MR_ERR_MISUSE;
  if (!is_open(message))
    return MR_ERR_STATE;
  size_t len = strlen(name);
  for (size_t i = from; field_at(message, i, &field); i++)
    if (field.name_len == len && mr__memcaseeq(field.name, name, len)) {
      *index = i;
      return MR_OK;
    }
  return MR_ERR_NOT_FOUND;
}

/* ---- changing ---- */

static int make(mr_message *m, const char *name, const char *value, entry *one) {
  if (name == NULL || value == NULL)
    return MR_ERR_MISUSE;
  if (mr__header_name_check(name, strlen(name)) != MR_OK)
    return mr__message_fail(m, MR_ERR_HDR_NAME, 0, "not a header field name");
  size_t offset = 0;
  int err = mr__header_value_check(value, strlen(value), &offset);
  if (err != MR_OK)
    return mr__message_fail(m, err, offset,
                            "control character or no UTF-8 in a header field");
  mr__buf *made = &m->edit->made;
  *one = (entry){1, made->len, 0};
  err = mr__header_write_text(made, name, value);
  one->len = made->len - one->start;
  return err;
}

static int check_open(mr_message *m) {
  return m->edit != NULL
             ? MR_OK
             : mr__message_fail(m, MR_ERR_STATE, 0, "mr_message_open() comes first");
}

static int add(mr_message *m, const char *name, const char *value) {
  entry one;
  int err = check_open(m);
  if (err == MR_OK)
    err = make(m, name, value, &one);
  return err == MR_OK ? entry_add(m, 0, &one) : err;
}

int mr_message_field_add(mr_message *message, const char *name, const char *value) {
  int err = mr__message_enter(message, MR__MODE_ANY);
  if (err != MR_OK)
    return err;
  return mr__message_leave(message, add(message, name, value));
}

static void note_change(struct mr__edit *e, size_t index) {
  e->changed |= !e->list[index].made;
}

static int replace(mr_message *m, size_t index, const char *value) {
  entry one;
  int err = check_open(m);
  if (err != MR_OK)
    return err;
  mr__header_field field;
  if (!field_at(m, index, &field))
    return MR_ERR_MISUSE;
  char *name = mr__memdup0(&m->env, field.name, field.name_len);
  if (name == NULL)
    return MR_ERR_NOMEM;
  err = make(m, name, value, &one);
  mr__free(&m->env, name);
  if (err != MR_OK)
    return err;
  note_change(m->edit, index);
  m->edit->list[index] = one;
  return MR_OK;
}

int mr_message_field_replace(mr_message *message, size_t index, const char *value) {
  int err = mr__message_enter(message, MR__MODE_ANY);
  if (err != MR_OK)
    return err;
  return mr__message_leave(message, replace(message, index, value));
}

static int erase(mr_message *m, size_t index) {
  int err = check_open(m);
  if (err != MR_OK)
    return err;
  struct mr__edit *e = m->edit;
  if (index >= e->count)
    return MR_ERR_MISUSE;
  note_change(e, index);
  e->count--;
  memmove(e->list + index, e->list + index + 1, (e->count - index) * sizeof *e->list);
  return MR_OK;
}

int mr_message_field_remove(mr_message *message, size_t index) {
  int err = mr__message_enter(message, MR__MODE_ANY);
  if (err != MR_OK)
    return err;
  return mr__message_leave(message, erase(message, index));
}

/* ---- at the seal ---- */

int mr__edit_changed(const mr_message *m) { return m->edit != NULL && m->edit->changed; }

int mr__edit_apply(mr_message *m, mr__buf *section) {
  mr__buf now;
  mr__buf_init(&now, &m->env, section->max);
  for (size_t i = 0; i < m->edit->count; i++)
    mr__buf_put(&now, octets(m, &m->edit->list[i]), m->edit->list[i].len);
  if (now.err != MR_OK) {
    int err = now.err;
    mr__buf_free(&now);
    return err == MR_ERR_LIMIT ? mr__message_fail(m, err, 0,
                                                  "the header section is longer than "
                                                  "allowed")
                               : err;
  }
  mr__buf_free(section);
  *section = now;
  return MR_OK;
}
