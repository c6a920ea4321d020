/* SPDX-License-Identifier: MIT */
/* A built message: its parts first, which may pause; then all the rest at once. */
#include <string.h>

#include <mailroute/options.h>

#include "base/fmt.h"
#include "message/part_object.h"
#include "message/seal.h"
#include "text/header.h"
#include "text/utf8.h"

enum { LOOK = 0, BOUNDARY };

/* ---- the header section ---- */

static const char *const field_names[MR__PEOPLE] = {"From", "Sender", "Reply-To", "To",
                                                    "Cc"};
static const char *const list_names[MR_LIST_ARCHIVE] = {
    "List-Help", "List-Unsubscribe", "List-Subscribe",
    "List-Post", "List-Owner",       "List-Archive"};

static int put_items(mr_message *m, const char *name, const mr__people *p) {
  if (p->count == 0)
    return MR_OK;
  const char **list = mr__calloc(&m->env, p->count, sizeof *list);
  if (list == NULL)
    return MR_ERR_NOMEM;
  const char *at = (const char *)p->items.data;
  for (size_t i = 0; i < p->count; i++) {
    list[i] = at;
    at += mr__strlen(at) + 1;
  }
  int err = mr__header_write_items(&m->header, name, list, p->count);
  mr__free(&m->env, list);
  return err;
}

/* Ids one after the other, folded where there is need (RFC 5322 3.6.4). */
static int put_ids(mr_message *m, const char *name, const mr__people *p) {
  mr__buf text;
  if (p->count == 0)
    return MR_OK;
  mr__buf_init(&text, &m->env, p->items.max);
  mr__buf_put(&text, p->items.data, p->items.len - 1);
  for (size_t i = 0; i < text.len; i++)
    if (text.data[i] == '\0')
      text.data[i] = ' ';
  int err = text.err;
  if (err == MR_OK)
    err = mr__header_write_text(&m->header, name, mr__buf_text(&text));
  mr__buf_free(&text);
  return err;
}

static int put_date(mr_message *m) {
  if (m->parts.date == NULL)
    return mr__stamp_date(m);
  return mr__header_write_text(&m->header, "Date", m->parts.date);
}

static int put_people(mr_message *m) {
  int err = MR_OK;
  for (size_t i = 0; i < MR__PEOPLE && err == MR_OK; i++)
    err = put_items(m, field_names[i], &m->parts.people[i]);
  return err;
}

static int put_id(mr_message *m) {
  if (m->parts.message_id != NULL) {
    m->id = m->parts.message_id;
    m->parts.message_id = NULL;
  } else {
    int err = mr__stamp_id(m, m->parts.from_address);
    if (err != MR_OK)
      return err;
  }
  return mr__fmt(&m->header, "Message-ID: %s\r\n", m->id);
}

static int put_references(mr_message *m) {
  mr__parts *p = &m->parts;
  int err = put_ids(m, "In-Reply-To", &p->in_reply_to);
  if (err != MR_OK)
    return err;
  return put_ids(m, "References",
                 p->references.count > 0 ? &p->references : &p->in_reply_to);
}

static int put_list(mr_message *m) {
  mr__parts *p = &m->parts;
  int err = mr__buf_put(&m->header, p->list_id.data, p->list_id.len);
  for (size_t i = 0; i < MR_LIST_ARCHIVE && err == MR_OK; i++)
    err = put_items(m, list_names[i], &p->list[i]);
  if (err != MR_OK || !p->one_click)
    return err;
  return mr__buf_puts(&m->header,
                      "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
}

static int put_head(mr_message *m) {
  int err = put_date(m);
  if (err == MR_OK)
    err = put_people(m);
  if (err == MR_OK)
    err = mr__buf_put(&m->header, m->parts.subject.data, m->parts.subject.len);
  if (err == MR_OK)
    err = put_id(m);
  if (err == MR_OK)
    err = put_references(m);
  return err;
}

static int put_all(mr_message *m) {
  int err = put_head(m);
  if (err == MR_OK)
    err = mr__buf_puts(&m->header, "MIME-Version: 1.0\r\n");
  if (err == MR_OK)
    err = mr__seal_parts(m);
  if (err == MR_OK)
    err = put_list(m);
  if (err != MR_OK)
    return err;
  mr__buf_put(&m->header, m->parts.extra.data, m->parts.extra.len);
  return mr__buf_puts(&m->header, "\r\n");
}

/* ---- the whole ---- */

static int check_fields(mr_message *m) {
  const mr__parts *p = &m->parts;
  if (p->from_address == NULL)
    return mr__message_fail(m, MR_ERR_ADDR, 0, "the message has no From");
  if (p->people[MR_FIELD_FROM - 1].count > 1 && p->sender_address == NULL)
    return mr__message_fail(m, MR_ERR_ADDR, 0, "several From, and no Sender");
  if (p->one_click && !p->https)
    return mr__message_fail(m, MR_ERR_HDR_CHAR, 0,
                            "one click needs an https URI in List-Unsubscribe");
  return MR_OK;
}

static int check_part(mr_message *m, mr_part *p) {
  if (p->busy)
    return MR_ERR_STATE;
  if (p->error.code != MR_OK)
    return mr__message_fail(m, p->error.code, p->error.offset, p->error.text);
  if (p->kind == MR__PART_MULTI && p->first == NULL)
    return mr__message_fail(m, MR_ERR_MISUSE, 0, "a multipart without parts");
  if (p->kind == MR__PART_MESSAGE && p->message == NULL)
    return mr__message_fail(m, MR_ERR_MISUSE, 0, "a message part without a message");
  return MR_OK;
}

/* Nothing changes the parts from here on. */
static int freeze(mr_message *m, int *sources) {
  for (mr_part *p = m->parts.root; p != NULL; p = mr__part_next(p)) {
    int err = check_part(m, p);
    if (err != MR_OK)
      return err;
    p->frozen = 1;
    *sources |= p->source.read != NULL;
  }
  return MR_OK;
}

static int begin(mr_message *m) {
  int sources = 0;
  int err = check_fields(m);
  if (err == MR_OK)
    err = mr__seal_tree(m);
  if (err == MR_OK)
    err = freeze(m, &sources);
  if (err == MR_OK && sources)
    err = mr__random(&m->env, m->hash_key, sizeof m->hash_key);
  if (err != MR_OK)
    return err;
  m->seal = mr__calloc(&m->env, 1, sizeof *m->seal);
  if (m->seal == NULL)
    return MR_ERR_NOMEM;
  mr__buf_init(&m->seal->section, &m->env, 0);
  m->seal->part = m->parts.root;
  return MR_OK;
}

/* Who sends is the sender unless it was set. */
static void take_sender(mr_message *m) {
  mr__parts *p = &m->parts;
  char **from = p->sender_address != NULL ? &p->sender_address : &p->from_address;
  if (m->sender != NULL)
    return;
  m->sender = *from;
  *from = NULL;
}

static int finish(mr_message *m) {
  int err = put_all(m);
  if (err != MR_OK)
    return err;
  take_sender(m);
  if (m->header.len + m->body_size > mr__message_limit(m, MR_OPT_MESSAGE_MAX))
    return mr__message_fail(m, MR_ERR_LIMIT, 0, "the message is larger than allowed");
  m->is_8bit |= mr__eight_bit(m->header.data, m->header.len);
  return MR_OK;
}

int mr__seal_built(mr_message *m) {
  int err = m->seal == NULL ? begin(m) : MR_OK;
  if (err == MR_OK && m->seal->phase == LOOK)
    err = mr__seal_look(m);
  if (err != MR_OK)
    return err;
  m->seal->phase = BOUNDARY;
  err = mr__seal_boundary(m);
  return err == MR_OK ? finish(m) : err;
}
