/* SPDX-License-Identifier: MIT */
#include "message/object.h"

#include <string.h>

#include <mailroute/event.h>
#include <mailroute/options.h>

#include "base/options.h"
#include "message/raw_edit.h"
#include "message/seal.h"
#include "message/sign.h"

enum { TEXTS = MR__PEOPLE + MR_LIST_ARCHIVE + 5 };

static size_t texts_of(mr__parts *p, mr__buf *bufs[TEXTS]) {
  size_t n = 0;
  for (size_t i = 0; i < MR__PEOPLE; i++)
    bufs[n++] = &p->people[i].items;
  for (size_t i = 0; i < MR_LIST_ARCHIVE; i++)
    bufs[n++] = &p->list[i].items;
  bufs[n++] = &p->in_reply_to.items;
  bufs[n++] = &p->references.items;
  bufs[n++] = &p->subject;
  bufs[n++] = &p->list_id;
  bufs[n++] = &p->extra;
  return n;
}

static void parts_init(mr_message *m) {
  size_t header_max = mr__message_limit(m, MR_OPT_HEADER_MAX);
  mr__buf *bufs[TEXTS];
  size_t count = texts_of(&m->parts, bufs);
  for (size_t i = 0; i < count; i++)
    mr__buf_init(bufs[i], &m->env, header_max);
  mr__buf_init(&m->header, &m->env, header_max);
  mr__buf_init(&m->body, &m->env, mr__message_limit(m, MR_OPT_MESSAGE_MAX));
}

int mr_message_new(mr_message **out, const mr_env *env, const mr_options *options) {
  if (out == NULL)
    return MR_ERR_MISUSE;
  *out = NULL;
  mr_env own;
  mr__env_copy(&own, env);
  mr_message *m = mr__calloc(&own, 1, sizeof *m);
  if (m == NULL)
    return MR_ERR_NOMEM;
  m->env = own;
  m->options = mr__options_ref(options);
  atomic_init(&m->refs, 1);
  mr__last_error_init(&m->last);
  parts_init(m);
  *out = m;
  return MR_OK;
}

size_t mr__message_limit(const mr_message *m, int option) {
  int64_t value = mr_options_get(m->options, option);
  return (uint64_t)value < SIZE_MAX ? (size_t)value : SIZE_MAX - 1;
}

void mr__message_trim(mr_message *m) {
  mr__parts *p = &m->parts;
  mr__buf *bufs[TEXTS];
  char **const texts[] = {&p->from_address, &p->sender_address, &p->date, &p->message_id};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    mr__free(&m->env, *texts[i]);
    *texts[i] = NULL;
  }
  size_t count = texts_of(p, bufs);
  for (size_t i = 0; i < count; i++)
    mr__buf_free(bufs[i]);
  mr__free(&m->env, m->raw);
  m->raw = NULL;
  mr__edit_free(m);
  mr__seal_free(m);
  mr__signing_free(m);
  if (m->known.env != NULL)
    mr__map_free(&m->known);
  m->known.env = NULL;
}

void mr__message_lay(mr_message *m) {
  if (m->pieces != NULL)
    return;
  int raw = m->source.read != NULL && m->mode == MR__MODE_RAW;
  m->single.data = m->body.data;
  m->single.len = m->body.len;
  m->single.size = m->body_size;
  if (m->source.read != NULL) {
    m->single.source = &m->source;
    m->single.start = m->body_start;
    m->single.hash = m->body_hash;
  }
  m->single.canon = raw;
  m->single.strict = (m->raw_flags & MR_RAW_STRICT) != 0;
  m->single.key = raw ? m->hash_key : NULL;
  m->pieces = &m->single;
  m->piece_count = 1;
  m->mime_height = m->mime_count = 1;
}

void mr__message_settle(mr_message *m) {
  mr__message_lay(m);
  mr__message_trim(m);
  m->sealed = 1;
}

static void drop_parts(mr__parts *p) {
  mr_part **const parts[] = {&p->text, &p->html, &p->related, &p->mixed, &p->root};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
    mr_part_free(*parts[i]);
}

static void destroy(mr_message *m) {
  mr_env env = m->env;
  mr__message_trim(m);
  drop_parts(&m->parts);
  mr__buf_free(&m->header);
  mr__buf_free(&m->body);
  if (m->pieces != &m->single)
    mr__free(&env, m->pieces);
  for (size_t i = 0; i < m->recipient_count; i++)
    mr__free(&env, m->recipients[i]);
  mr__free(&env, m->recipients);
  mr__free(&env, m->sender);
  mr__free(&env, m->id);
  mr__options_drop(m->options);
  if (m->source.read != NULL && m->source.release != NULL)
    m->source.release(m->source.user);
  mr__free(&env, m);
}

mr_message *mr_message_ref(mr_message *message) {
  if (message == NULL || !message->sealed)
    return NULL;
  atomic_fetch_add_explicit(&message->refs, 1, memory_order_relaxed);
  return message;
}

void mr_message_free(mr_message *message) {
  if (message == NULL)
    return;
  if (message->busy) {
    message->dead = 1;
    return;
  }
  if (atomic_fetch_sub_explicit(&message->refs, 1, memory_order_acq_rel) == 1) {
    message->busy = 1; /* a service that calls back from here finds no open door */
    destroy(message);
  }
}

/* A built message cannot take raw input, nor the other way; raw input comes once. */
static int mode_fits(mr_message *m, int mode) {
  if (mode == MR__MODE_ANY || mode == MR__MODE_SEAL)
    return 1;
  if (m->mode != MR__MODE_ANY && (m->mode != mode || mode == MR__MODE_RAW))
    return 0;
  return 1;
}

int mr__message_enter(mr_message *m, int mode) {
  if (m == NULL)
    return MR_ERR_MISUSE;
  if (m->sealed || m->busy || (m->sealing && mode != MR__MODE_SEAL))
    return MR_ERR_STATE;
  if (m->last.view.code != MR_OK)
    return m->last.view.code;
  if (!mode_fits(m, mode))
    return mr__message_fail(m, MR_ERR_STATE, 0,
                            "the builder and raw input do not mix, raw input comes once");
  if (mode == MR__MODE_BUILT || mode == MR__MODE_RAW)
    m->mode = mode;
  m->busy = 1;
  return MR_OK;
}

int mr__message_leave(mr_message *m, int code) {
  if (code != MR_OK && code != MR_ERR_PENDING)
    (void)mr__message_fail(m, code, 0, mr_strerror(code));
  m->busy = 0;
  if (m->dead)
    mr_message_free(m);
  return code;
}

int mr__message_fail(mr_message *m, int code, size_t offset, const char *text) {
  if (m->last.view.code == MR_OK) {
    (void)mr__fail_at(&m->last, code, offset, "%s", text);
    m->last.view.stage = MR_STAGE_SUBMIT;
  }
  return code;
}

const mr_error *mr_message_error(const mr_message *message) {
  static const mr_error none = {MR_ERR_MISUSE, 0, 0, "", "there is no message"};
  return message != NULL ? &message->last.view : &none;
}

uint64_t mr_message_size(const mr_message *message) {
  if (message == NULL || !message->sealed)
    return 0;
  return message->header.len + message->body_size;
}

int mr_message_is_8bit(const mr_message *message) {
  return message != NULL && message->sealed && message->is_8bit;
}

int mr_message_is_altered(const mr_message *message) {
  return message != NULL && message->sealed && message->is_altered;
}

const char *mr_message_id(const mr_message *message) {
  return message != NULL && message->sealed && message->id != NULL ? message->id : "";
}

const char *mr_message_header(const mr_message *message, size_t *len) {
  int has = message != NULL && message->sealed && message->header.len > 0;
  if (len != NULL)
    *len = has ? message->header.len : 0;
  return has ? (const char *)message->header.data : NULL;
}
