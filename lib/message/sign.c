/* SPDX-License-Identifier: MIT */
/* Signatures of a message: asked for before the seal, made as its last step. */
#include "message/sign.h"

#include <string.h>

#include <mailroute/options.h>

#include "base/config.h"
#include "message/dkim.h"
#include "text/utf8.h"

#if MR_WITH_TLS

int mr__signing_get(mr_message *m, mr__signing **out) {
  if (m->signing == NULL)
    m->signing = mr__calloc(&m->env, 1, sizeof *m->signing);
  *out = m->signing;
  return m->signing != NULL ? MR_OK : MR_ERR_NOMEM;
}

void mr__signing_free(mr_message *m) {
  mr__signing *s = m->signing;
  if (s == NULL)
    return;
  m->signing = NULL;
  for (size_t i = 0; i < s->count; i++)
    mr_dkim_free(s->signers[i]);
  mr_dkim_free(s->sealer);
  mr__free(&m->env, s->results);
  for (int i = 0; i < 2; i++)
    if (s->body[i].wanted)
      mr__digest_drop(&s->body[i].digest);
  mr__free(&m->env, s);
}

static int add_signer(mr_message *m, mr_dkim *k) {
  mr__signing *s;
  int err = mr__signing_get(m, &s);
  if (err != MR_OK)
    return err;
  if (s->count == MR__SIGNERS_MAX)
    return mr__message_fail(m, MR_ERR_LIMIT, 0, "more signers than allowed");
  err = mr__dkim_use(k);
  if (err != MR_OK)
    return mr__message_fail(m, err, 0, "the signer has no key");
  s->signers[s->count++] = k;
  return MR_OK;
}

int mr_message_sign(mr_message *message, mr_dkim *dkim) {
  int err = mr__message_enter(message, MR__MODE_ANY);
  if (err != MR_OK)
    return err;
  err = dkim != NULL ? add_signer(message, dkim) : MR_ERR_MISUSE;
  return mr__message_leave(message, err);
}

int mr__seal_is_signing(const mr_message *m) {
  return m->signing != NULL && m->signing->running;
}

static void to_digest(void *user, const void *data, size_t len) {
  (void)mr__digest_add(user, data, len);
}

int mr__hasher_begin(mr__hasher *h) {
  mr__dkim_out_init(&h->out, to_digest, &h->digest);
  return mr__digest_begin(&h->digest, MR__SHA256);
}

int mr__hasher_end(mr__hasher *h, uint8_t hash[MR__DIGEST_MAX]) {
  mr__dkim_flush(&h->out);
  return mr__digest_end(&h->digest, hash);
}

static int begin_body(mr__body_hash *b, int relaxed) {
  if (b->wanted)
    return MR_OK;
  b->wanted = 1;
  mr__dkim_body_init(&b->canon, relaxed, to_digest, &b->digest);
  return mr__digest_begin(&b->digest, MR__SHA256);
}

static int begin(mr_message *m, mr__signing *s) {
  int err = MR_OK;
  if (s->sealer != NULL && m->mode != MR__MODE_RAW)
    return mr__message_fail(m, MR_ERR_STATE, 0, "only raw input can be ARC sealed");
  for (size_t i = 0; i < s->count && err == MR_OK; i++)
    err = begin_body(&s->body[s->signers[i]->relaxed_body], s->signers[i]->relaxed_body);
  if (s->sealer != NULL && err == MR_OK)
    err = begin_body(&s->body[s->sealer->relaxed_body], s->sealer->relaxed_body);
  mr__message_lay(m);
  s->running = 1;
  return err;
}

static void add_body(mr__signing *s, const uint8_t *data, size_t len) {
  s->eight_bit = s->eight_bit || mr__eight_bit(data, len);
  for (int i = 0; i < 2; i++)
    if (s->body[i].wanted)
      mr__dkim_body_add(&s->body[i].canon, data, len);
}

static int fail_source(mr_message *m) {
  return mr__message_fail(m, MR_ERR_SOURCE, 0,
                          "the source failed, or gave other octets for the signature");
}

/* One piece through a pass; it has to be what it was before (bug 29). */
static int pass_piece(mr_message *m, mr__signing *s, const mr__piece *piece) {
  mr__pass *p = &s->pass;
  size_t made = 0;
  if (!s->open)
    mr__pass_piece(p, piece);
  s->open = 1;
  do {
    int err = mr__pass_read(p, s->out, sizeof s->out, &made);
    if (err == MR_ERR_PENDING)
      return err;
    if (err != MR_OK || p->made > piece->size)
      return fail_source(m);
    add_body(s, s->out, made);
  } while (made > 0);
  mr__sip sip = p->sip;
  if (p->made != piece->size || (p->hashing && mr__sip_end(&sip) != piece->hash))
    return fail_source(m);
  s->open = 0;
  return MR_OK;
}

static int read_body(mr_message *m, mr__signing *s) {
  int err = MR_OK;
  for (; s->piece < m->piece_count && err == MR_OK; s->piece += err == MR_OK) {
    const mr__piece *piece = &m->pieces[s->piece];
    if (mr__piece_is_plain(piece))
      add_body(s, piece->data, (size_t)piece->len);
    else
      err = pass_piece(m, s, piece);
  }
  return err;
}

static int end_body(mr_message *m, mr__signing *s) {
  int err = MR_OK;
  for (int i = 0; i < 2 && err == MR_OK; i++) {
    if (!s->body[i].wanted)
      continue;
    mr__dkim_body_end(&s->body[i].canon);
    err = mr__digest_end(&s->body[i].digest, s->body[i].hash);
  }
  if (err != MR_OK || s->count == 0)
    return err;
  /* RFC 6376 5.3; a header in UTF-8 of our own making stays as it is (RFC 8616) */
  if (s->eight_bit || (m->mode == MR__MODE_RAW && m->is_8bit))
    return mr__message_fail(m, MR_ERR_NOTSUP, 0,
                            "8-bit input cannot be signed, as a server may need it "
                            "changed: encode it as quoted-printable or base64");
  return MR_OK;
}

/* Puts fields above the header section. */
static int put_on_top(mr_message *m, mr__buf *top) {
  int err = mr__buf_put(top, m->header.data, m->header.len);
  if (err == MR_ERR_LIMIT)
    return mr__message_fail(m, err, 0,
                            "the header section is longer than allowed with signatures");
  if (err == MR_OK) {
    mr__buf old = m->header;
    m->header = *top;
    *top = old;
  }
  return err;
}

static int put_signatures(mr_message *m, mr__buf *top) {
  mr__signing *s = m->signing;
  mr__fields fields;
  int err = mr__fields_read(m, &fields);
  for (size_t i = s->count; i > 0 && err == MR_OK; i--)
    err = mr__sign_field(m, top, s->signers[i - 1], &fields, 0);
  mr__free(&m->env, fields.list);
  return err;
}

static int put_arc(mr_message *m, mr__buf *top) {
  mr__fields fields;
  int err = mr__fields_read(m, &fields);
  if (err == MR_OK)
    err = mr__arc_put(m, top, &fields);
  mr__free(&m->env, fields.list);
  return err;
}

static int put_fields(mr_message *m, int (*make)(mr_message *m, mr__buf *top)) {
  mr__buf top;
  mr__buf_init(&top, &m->env, mr__message_limit(m, MR_OPT_HEADER_MAX));
  int err = mr__buf_reserve(&top, m->header.len); /* and growth makes room for more */
  if (err == MR_OK)
    err = make(m, &top);
  if (err == MR_OK)
    err = put_on_top(m, &top);
  mr__buf_free(&top);
  return err;
}

int mr__seal_sign(mr_message *m) {
  mr__signing *s = m->signing;
  if (s == NULL)
    return MR_OK;
  int err = s->running ? MR_OK : begin(m, s);
  if (err == MR_OK)
    err = read_body(m, s);
  if (err == MR_OK)
    err = end_body(m, s);
  if (err == MR_OK && s->count > 0)
    err = put_fields(m, put_signatures);
  if (err == MR_OK && s->sealer != NULL)
    err = put_fields(m, put_arc);
  if (err == MR_OK &&
      m->header.len + m->body_size > mr__message_limit(m, MR_OPT_MESSAGE_MAX))
    err = mr__message_fail(m, MR_ERR_LIMIT, 0,
                           "the message is larger than allowed with signatures");
  return err;
}

#endif
