/* SPDX-License-Identifier: MIT */
/* The field that signs: tags, names of fields, hash over both (RFC 6376 3.5, 3.7). */
#include "message/dkim.h"

#include <string.h>

#include "base/config.h"
#include "text/encode.h"

#if MR_WITH_TLS

int mr__fields_read(mr_message *m, mr__fields *fields) {
  mr__header_field field;
  mr__cur cur = mr__cur_of(m->header.data, m->header.len);
  size_t count = 0;
  fields->list = NULL;
  fields->count = 0;
  while (mr__header_next(&cur, &field) == 1)
    count++;
  if (count == 0)
    return MR_OK;
  fields->list = mr__calloc(&m->env, count, sizeof *fields->list);
  if (fields->list == NULL)
    return MR_ERR_NOMEM;
  cur = mr__cur_of(m->header.data, m->header.len);
  while (fields->count < count &&
         mr__header_next(&cur, &fields->list[fields->count]) == 1)
    fields->count++;
  return MR_OK;
}

/* A field with the list that it and the hash are made from. */
typedef struct draft {
  const mr_dkim *dkim;
  const mr__buf *header;
  const mr__fields *fields;
  mr__dkim_field field;
  mr__hasher hasher;
} draft;

/* Names and hashes every field of a name, the lowest first (RFC 6376 5.4.2). */
static size_t put_all(draft *d, const char *name, size_t len) {
  size_t found = 0;
  for (size_t i = d->fields->count; i > 0; i--) {
    const mr__header_field *f = &d->fields->list[i - 1];
    if (f->name_len != len || !mr__memcaseeq(f->name, name, len))
      continue;
    mr__dkim_field_name(&d->field, name, len);
    mr__dkim_header(&d->hasher.out, (const char *)d->header->data + f->start,
                    f->end - f->start, d->dkim->relaxed_header);
    found++;
  }
  return found;
}

static void put_list(draft *d, const mr__buf *list, int once_more) {
  mr__cur cur = mr__cur_of(list->data, list->len);
  const char *name;
  size_t len;
  while (mr__dkim_name_next(&cur, &name, &len) == 1) {
    (void)put_all(d, name, len);
    if (once_more)
      mr__dkim_field_name(&d->field, name, len);
  }
}

static void put_text_tag(mr__dkim_field *f, const char *tag, const char *value) {
  mr__dkim_field_tag(f, tag, value, mr__strlen(value));
}

static int put_times(mr_message *m, mr__dkim_field *f, const mr_dkim *k, int is_seal) {
  int64_t now = -1;
  int known = mr__wall(&m->env, &now) == MR_OK && now >= 0;
  int64_t lifetime = is_seal ? 0 : k->lifetime; /* RFC 8617 4.1.3: no x= */
  if (!known && lifetime > 0)
    return mr__message_fail(m, MR_ERR_TIME_UNKNOWN, 0,
                            "without the time a signature cannot expire");
  if (known && k->timestamp)
    mr__dkim_field_number(f, "t", (uint64_t)now / 1000);
  if (lifetime > 0)
    mr__dkim_field_number(f, "x", (uint64_t)now / 1000 + (uint64_t)lifetime);
  return MR_OK;
}

int mr__sign_tags(mr_message *m, mr__dkim_field *f, const mr_dkim *k, int is_seal) {
  static const char *const canons[] = {"simple/simple", "simple/relaxed",
                                       "relaxed/simple", "relaxed/relaxed"};
  int rsa = k->algorithm == MR_DKIM_RSA_SHA256;
  put_text_tag(f, "a", rsa ? "rsa-sha256" : "ed25519-sha256");
  if (!is_seal)
    put_text_tag(f, "c", canons[2 * k->relaxed_header + k->relaxed_body]);
  put_text_tag(f, "d", k->domain);
  put_text_tag(f, "s", k->selector);
  return put_times(m, f, k, is_seal);
}

static void put_body_hash(mr_message *m, draft *d) {
  char text[4 * (MR__KEY_HASH / 3 + 1)];
  const mr__body_hash *body = &m->signing->body[d->dkim->relaxed_body];
  mr__dkim_field_tag(&d->field, "bh", text,
                     mr__base64_write(text, body->hash, MR__KEY_HASH));
}

int mr__sign_finish(mr_message *m, mr__dkim_field *f, size_t start, const mr_dkim *k,
                    mr__hasher *hasher, int relaxed) {
  uint8_t hash[MR__DIGEST_MAX], signature[MR__SIGNATURE_MAX];
  size_t len = 0;
  mr__dkim_field_b(f);
  if (f->out->err == MR_OK)
    mr__dkim_header(&hasher->out, (const char *)f->out->data + start, f->out->len - start,
                    relaxed);
  int err = mr__hasher_end(hasher, hash);
  if (f->out->err != MR_OK)
    return f->out->err;
  if (err == MR_OK)
    err = mr__dkim_sign_hash(k, hash, signature, &len);
  if (err == MR_ERR_KEY)
    return mr__message_fail(m, err, 0, "the key did not sign");
  if (err == MR_OK)
    mr__dkim_field_signature(f, signature, len);
  return err != MR_OK ? err : f->out->err;
}

/* Everything between the name of the field and b=. */
static int put_tags(mr_message *m, draft *d, unsigned instance) {
  if (instance > 0)
    mr__dkim_field_number(&d->field, "i", instance);
  else
    put_text_tag(&d->field, "v", "1");
  int err = mr__sign_tags(m, &d->field, d->dkim, 0);
  put_list(d, &d->dkim->oversigned, 1);
  put_list(d, &d->dkim->present, 0);
  if (instance > 0)
    (void)put_all(d, "DKIM-Signature", 14);
  mr__dkim_field_names_end(&d->field);
  put_body_hash(m, d);
  return err;
}

static int has_from(const mr__fields *fields) {
  for (size_t i = 0; i < fields->count; i++)
    if (fields->list[i].name_len == 4 && mr__memcaseeq(fields->list[i].name, "From", 4))
      return 1;
  return 0;
}

int mr__sign_field(mr_message *m, mr__buf *out, const mr_dkim *k,
                   const mr__fields *fields, unsigned instance) {
  draft d;
  size_t start = out->len;
  if (!has_from(fields))
    return mr__message_fail(m, MR_ERR_NOT_FOUND, 0,
                            "a signature needs a From field, and there is none");
  d.dkim = k;
  d.header = &m->header;
  d.fields = fields;
  int err = mr__hasher_begin(&d.hasher);
  if (err != MR_OK)
    return err;
  mr__dkim_field_begin(&d.field, out,
                       instance > 0 ? "ARC-Message-Signature" : "DKIM-Signature");
  err = put_tags(m, &d, instance);
  if (err == MR_OK)
    return mr__sign_finish(m, &d.field, start, k, &d.hasher, k->relaxed_header);
  mr__digest_drop(&d.hasher.digest);
  return err;
}

#endif
