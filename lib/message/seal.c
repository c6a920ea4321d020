/* SPDX-License-Identifier: MIT */
#include "message/seal.h"

#include <string.h>

#include <mailroute/options.h>

#include "message/raw_edit.h"
#include "message/raw_header.h"
#include "message/sign.h"

static int read_memory(void *user, uint64_t offset, void *buf, size_t cap, size_t *len) {
  const mr_message *m = user;
  size_t at = (size_t)offset;
  size_t n = m->raw_len - at < cap ? m->raw_len - at : cap;
  memcpy(buf, m->raw + at, n);
  *len = n;
  return MR_OK;
}

static int begin(mr_message *m) {
  if (m->source.read != NULL) {
    int err = mr__random(&m->env, m->hash_key, sizeof m->hash_key);
    if (err != MR_OK)
      return err;
  }
  struct mr__seal *s = mr__calloc(&m->env, 1, sizeof *s);
  if (s == NULL)
    return MR_ERR_NOMEM;
  s->memory = (mr_source){sizeof s->memory, m, read_memory, NULL, m->raw_len};
  mr__buf_init(&s->section, &m->env, mr__message_limit(m, MR_OPT_HEADER_MAX));
  mr__pass_init(&s->pass, m->source.read != NULL ? &m->source : &s->memory, 0);
  m->seal = s;
  return MR_OK;
}

void mr__seal_free(mr_message *m) {
  if (m->seal == NULL)
    return;
  mr__buf_free(&m->seal->section);
  mr__free(&m->env, m->seal);
  m->seal = NULL;
}

int mr__seal_fail_source(mr_message *m) {
  const mr__pass *p = &m->seal->pass;
  size_t offset = p->offset < SIZE_MAX ? (size_t)p->offset : SIZE_MAX;
  return mr__message_fail(m, MR_ERR_SOURCE, offset,
                          "the source failed, or is not as long as it says");
}

static int fill(mr_message *m) {
  int err = mr__pass_fill(&m->seal->pass);
  return err == MR_ERR_SOURCE ? mr__seal_fail_source(m) : err;
}

/* Octets of `in` up to and with the blank line; *found = 1 when it is there. */
static size_t scan(struct mr__seal *s, const uint8_t *in, size_t len, int *found) {
  size_t at = 0;
  *found = 0;
  while (at < len && !*found) {
    const uint8_t *lf = memchr(in + at, '\n', len - at);
    size_t n = (lf != NULL ? (size_t)(lf - in) : len) - at;
    if (s->line == 0 && n > 0)
      s->line_first = in[at];
    s->line += n;
    at += n;
    if (lf == NULL)
      break;
    *found = s->line == 0 || (s->line == 1 && s->line_first == '\r');
    s->line = 0;
    at++;
  }
  return at;
}

static int take_section(mr_message *m) {
  struct mr__seal *s = m->seal;
  mr__pass *p = &s->pass;
  int found = 0;
  while (!found) {
    int err = fill(m);
    if (err != MR_OK)
      return err;
    if (p->at_end)
      break;
    size_t n = scan(s, p->window + p->at, p->len - p->at, &found);
    err = mr__buf_put(&s->section, p->window + p->at, n);
    if (err == MR_ERR_LIMIT)
      return mr__raw_header_over(m, &s->section);
    if (err != MR_OK)
      return err;
    p->at += n;
  }
  m->body_start = s->section.len;
  s->has_section = 1;
  return MR_OK;
}

int mr__seal_section(mr_message *m) {
  int err = m->seal == NULL ? begin(m) : MR_OK;
  if (err == MR_OK && !m->seal->has_section)
    err = take_section(m);
  return err;
}

static int start_body(mr_message *m) {
  struct mr__seal *s = m->seal;
  int err = m->edit != NULL ? mr__edit_apply(m, &s->section) : MR_OK;
  if (err == MR_OK)
    err = mr__raw_header(m, &s->section);
  if (err != MR_OK)
    return err;
  m->is_altered |= mr__edit_changed(m);
  mr__buf_free(&s->section);
  mr__pass_body(&s->pass, (m->raw_flags & MR_RAW_STRICT) != 0,
                m->source.read != NULL ? m->hash_key : NULL);
  s->in_body = 1;
  return MR_OK;
}

static int fail_body(mr_message *m, int err) {
  uint64_t at = m->body_start + m->seal->pass.canon.taken;
  size_t offset = at < SIZE_MAX ? (size_t)at : SIZE_MAX;
  if (err == MR_ERR_SOURCE)
    return mr__seal_fail_source(m);
  if (err == MR_ERR_BODY_CHAR)
    return mr__message_fail(m, err, offset,
                            (m->raw_flags & MR_RAW_STRICT) != 0
                                ? "NUL, or a CR or LF alone, in the body"
                                : "NUL in the body");
  if (err == MR_ERR_LINE_LONG)
    return mr__message_fail(m, err, offset, "a body line over 998 octets");
  return err;
}

static int take_body(mr_message *m) {
  struct mr__seal *s = m->seal;
  uint64_t max = mr__message_limit(m, MR_OPT_MESSAGE_MAX);
  size_t made = 0;
  do {
    int err = mr__pass_read(&s->pass, s->out, sizeof s->out, &made);
    if (err != MR_OK)
      return err == MR_ERR_PENDING ? err : fail_body(m, err);
    if (m->header.len + s->pass.made > max)
      return mr__message_fail(m, MR_ERR_LIMIT, 0, "the message is larger than allowed");
    if (m->source.read == NULL && mr__buf_put(&m->body, s->out, made) != MR_OK)
      return m->body.err;
  } while (made > 0);
  return MR_OK;
}

int mr__seal_raw(mr_message *m) {
  int err = mr__seal_section(m);
  if (err == MR_OK && !m->seal->in_body)
    err = start_body(m);
  if (err == MR_OK)
    err = take_body(m);
  if (err != MR_OK)
    return err;
  mr__pass *p = &m->seal->pass;
  m->body_size = p->made;
  if (p->hashing)
    m->body_hash = mr__sip_end(&p->sip);
  m->is_8bit |= p->canon.eight_bit;
  m->is_altered = m->is_signed && (m->is_altered || p->canon.altered);
  return MR_OK;
}

int mr_message_seal(mr_message *message) {
  int err = mr__message_enter(message, MR__MODE_SEAL);
  if (err != MR_OK)
    return err;
  if (!mr__seal_is_signing(message))
    err = message->mode == MR__MODE_RAW ? mr__seal_raw(message) : mr__seal_built(message);
  if (err == MR_OK)
    err = mr__seal_sign(message);
  message->sealing = err == MR_ERR_PENDING;
  if (err == MR_OK)
    mr__message_settle(message);
  return mr__message_leave(message, err);
}
