/* SPDX-License-Identifier: MIT */
#include "message/object.h"

#include <string.h>

#include <mailroute/event.h>
#include <mailroute/options.h>

#include "base/options.h"
#include "message/seal.h"

static void parts_init(mr_message *m) {
  size_t header_max = mr__message_limit(m, MR_OPT_HEADER_MAX);
  mr__buf *const bufs[] = {&m->parts.from,    &m->parts.to,    &m->parts.cc,
                           &m->parts.subject, &m->parts.extra, &m->header};
  for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
    mr__buf_init(bufs[i], &m->env, header_max);
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
  char **const texts[] = {&p->from_address, &p->date, &p->message_id};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    mr__free(&m->env, *texts[i]);
    *texts[i] = NULL;
  }
  mr__buf *const bufs[] = {&p->from, &p->to, &p->cc, &p->subject, &p->extra};
  for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
    mr__buf_free(bufs[i]);
  mr__free(&m->env, m->raw);
  m->raw = NULL;
  mr__seal_free(m);
  if (m->known.env != NULL)
    mr__map_free(&m->known);
  m->known.env = NULL;
}

void mr__message_settle(mr_message *m) {
  mr__message_trim(m);
  m->sealed = 1;
}

static void destroy(mr_message *m) {
  mr_env env = m->env;
  mr__message_trim(m);
  mr__buf_free(&m->header);
  mr__buf_free(&m->body);
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
  if (m->sealed || m->busy || (m->seal != NULL && mode != MR__MODE_SEAL))
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
