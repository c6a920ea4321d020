/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "message/object.h"
#include "message/pass.h"

struct mr_reader {
  mr_message *message;
  uint64_t at;     /* octets of a message in memory, or of the header, given out */
  int busy;        /* inside the source */
  int dead;        /* freed meanwhile */
  mr__pass pass[]; /* one if the body comes from a source */
};

int mr_reader_new(mr_reader **out, mr_message *message) {
  if (out == NULL)
    return MR_ERR_MISUSE;
  *out = NULL;
  if (message == NULL)
    return MR_ERR_MISUSE;
  if (!message->sealed)
    return MR_ERR_STATE;
  int has_source = message->source.read != NULL;
  size_t size = sizeof(mr_reader) + (has_source ? sizeof(mr__pass) : 0);
  mr_reader *r = mr__calloc(&message->env, 1, size);
  if (r == NULL)
    return MR_ERR_NOMEM;
  r->message = mr_message_ref(message);
  if (has_source) {
    int strict = (message->raw_flags & MR_RAW_STRICT) != 0;
    int stored = message->mode == MR__MODE_STORED;
    mr__pass_init(r->pass, &message->source, message->body_start);
    mr__pass_body(r->pass, strict, stored ? NULL : message->hash_key);
    r->pass->canonical = stored;
  }
  *out = r;
  return MR_OK;
}

/* Copies what fits of a section that starts `base` octets into the message. */
static size_t copy(mr_reader *r, const mr__buf *from, uint64_t base, uint8_t *out,
                   size_t cap) {
  size_t at = (size_t)(r->at - base);
  size_t n = from->len - at < cap ? from->len - at : cap;
  if (n > 0)
    memcpy(out, from->data + at, n);
  r->at += n;
  return n;
}

/* The end counts only if all was as at the seal (bug 29, R83). */
static int check(const mr_reader *r, size_t made) {
  const mr_message *m = r->message;
  const mr__pass *p = r->pass;
  if (p->made > m->body_size)
    return MR_ERR_SOURCE;
  if (made > 0)
    return MR_OK;
  mr__sip sip = p->sip;
  if (p->made != m->body_size || (p->hashing && mr__sip_end(&sip) != m->body_hash))
    return MR_ERR_SOURCE;
  return MR_OK;
}

static int read_source(mr_reader *r, uint8_t *out, size_t cap, size_t *made) {
  r->busy = 1;
  int err = mr__pass_read(r->pass, out, cap, made);
  r->busy = 0;
  if (err == MR_OK)
    err = check(r, *made);
  /* what was sound at the seal and now is not: another message */
  if (err != MR_OK && err != MR_ERR_PENDING)
    err = MR_ERR_SOURCE;
  if (err != MR_OK)
    *made = 0;
  return err;
}

int mr_reader_read(mr_reader *reader, void *buf, size_t cap, size_t *len) {
  if (len != NULL)
    *len = 0;
  if (reader == NULL || buf == NULL || len == NULL || cap < 2)
    return MR_ERR_MISUSE;
  if (reader->busy)
    return MR_ERR_STATE;
  const mr_message *m = reader->message;
  int err = MR_OK;
  if (reader->at < m->header.len)
    *len = copy(reader, &m->header, 0, buf, cap);
  else if (m->source.read != NULL)
    err = read_source(reader, buf, cap, len);
  else
    *len = copy(reader, &m->body, m->header.len, buf, cap);
  if (reader->dead)
    mr_reader_free(reader);
  return err;
}

void mr_reader_free(mr_reader *reader) {
  if (reader == NULL)
    return;
  if (reader->busy) {
    reader->dead = 1;
    return;
  }
  mr_message *message = reader->message;
  mr_env env = message->env;
  mr__free(&env, reader);
  mr_message_free(message);
}
