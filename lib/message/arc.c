/* SPDX-License-Identifier: MIT */
/* Sealing forwarded messages (RFC 8617 5.1). */
#include "message/dkim.h"

#include <string.h>

#include "base/config.h"
#include "base/fmt.h"

#if MR_WITH_TLS

/* The fields of a set, in the order in which they are sealed. */
enum { AAR, AMS, AS, SET_FIELDS };

static const char *const set_names[SET_FIELDS] = {"ARC-Authentication-Results",
                                                  "ARC-Message-Signature", "ARC-Seal"};

/* The sets that a message carries: index of each field + 1, 0 = none. */
typedef struct chain {
  size_t at[MR__ARC_SETS_MAX + 1][SET_FIELDS];
  unsigned highest;
  int broken; /* not well-formed: cannot have passed */
  int ended;  /* cv=fail: no set may follow */
} chain;

static int check_results(mr_message *m, const char *text) {
  size_t len = mr__strlen(text), offset = 0, word = 0;
  int any = 0;
  if (len > MR__ARC_RESULTS_MAX)
    return mr__message_fail(m, MR_ERR_LIMIT, 0, "results are longer than allowed");
  if (mr__header_value_check(text, len, &offset) != MR_OK)
    return mr__message_fail(m, MR_ERR_HDR_CHAR, offset,
                            "a control character, or no UTF-8, in results");
  for (size_t i = 0; i < len; i++) {
    word = text[i] == ' ' || text[i] == '\t' ? 0 : word + 1;
    any |= word > 0;
    if (word > MR__DKIM_TOKEN_MAX)
      return mr__message_fail(m, MR_ERR_LINE_LONG, i, "a word in results is too long");
  }
  return any ? MR_OK : MR_ERR_MISUSE;
}

static int want(mr_message *m, mr_dkim *k, int passed, const char *results) {
  mr__signing *s;
  if (m->mode == MR__MODE_BUILT)
    return mr__message_fail(m, MR_ERR_STATE, 0, "only raw input can be ARC sealed");
  if (k->algorithm == MR_DKIM_ED25519_SHA256)
    return mr__message_fail(m, MR_ERR_NOTSUP, 0, "ARC knows RSA keys only");
  int err = check_results(m, results);
  if (err == MR_OK)
    err = mr__signing_get(m, &s);
  if (err != MR_OK)
    return err;
  if (s->sealer != NULL)
    return mr__message_fail(m, MR_ERR_EXISTS, 0, "the message has an ARC signer");
  s->results = mr__strdup(&m->env, results);
  if (s->results == NULL)
    return MR_ERR_NOMEM;
  err = mr__dkim_use(k);
  if (err != MR_OK)
    return mr__message_fail(m, err, 0, "the signer has no key");
  s->sealer = k;
  s->chain_passed = passed != 0;
  return MR_OK;
}

int mr_message_arc_seal(mr_message *message, mr_dkim *dkim, int chain_passed,
                        const char *results) {
  int err = mr__message_enter(message, MR__MODE_ANY);
  if (err != MR_OK)
    return err;
  err = dkim != NULL && results != NULL ? want(message, dkim, chain_passed, results)
                                        : MR_ERR_MISUSE;
  return mr__message_leave(message, err);
}

int mr_message_arc_instance(const mr_message *message) {
  return message != NULL && message->sealed ? (int)message->arc_instance : 0;
}

static int kind_of(const mr__header_field *f) {
  int kind = 0;
  while (kind < SET_FIELDS && !(mr__strlen(set_names[kind]) == f->name_len &&
                                mr__memcaseeq(set_names[kind], f->name, f->name_len)))
    kind++;
  return kind;
}

/* i= of a set's field: it stands first (RFC 8617 4.2.1). 0 = there is none. */
static unsigned instance_of(const mr__header_field *f) {
  mr__cur cur = mr__cur_of(f->value, f->value_len);
  mr__dkim_tag tag;
  uint64_t value = 0;
  if (mr__dkim_tag_next(&cur, &tag) != 1 || tag.name_len != 1 || tag.name[0] != 'i' ||
      mr__parse_u64(tag.value, tag.value_len, &value) != MR_OK ||
      value > MR__ARC_SETS_MAX)
    return 0;
  return (unsigned)value;
}

static int is_failed(const mr__header_field *f) {
  mr__dkim_tag tag;
  return mr__dkim_tag_find(f->value, f->value_len, "cv", &tag) == 1 &&
         tag.value_len == 4 && mr__memcaseeq(tag.value, "fail", 4);
}

static void read_chain(chain *c, const mr__fields *fields) {
  memset(c, 0, sizeof *c);
  for (size_t i = 0; i < fields->count; i++) {
    int kind = kind_of(&fields->list[i]);
    if (kind == SET_FIELDS)
      continue;
    unsigned n = instance_of(&fields->list[i]);
    c->broken |= n == 0 || c->at[n][kind] != 0;
    c->at[n][kind] = i + 1;
    c->highest = n > c->highest ? n : c->highest;
  }
  for (unsigned n = 1; n <= c->highest; n++)
    for (int kind = 0; kind < SET_FIELDS; kind++)
      c->broken |= c->at[n][kind] == 0;
  size_t last = c->at[c->highest][AS];
  c->ended = c->highest > 0 && last > 0 && is_failed(&fields->list[last - 1]);
}

/* A set in the making: its fields in one text, one after the other. */
typedef struct set {
  mr_message *message;
  const mr_dkim *dkim;
  const mr__fields *fields;
  const chain *chain;
  unsigned instance;
  const char *cv;
  mr__buf text;
  size_t start[SET_FIELDS + 1];
} set;

static int put_results(set *s) {
  mr__dkim_field f;
  const char *results = s->message->signing->results;
  mr__dkim_field_begin(&f, &s->text, set_names[AAR]);
  mr__dkim_field_number(&f, "i", s->instance);
  mr__dkim_field_text(&f, results, mr__strlen(results));
  mr__dkim_field_end(&f);
  return s->text.err;
}

/* All sets below, unless the chain failed (RFC 8617 5.1.2); then this one. */
static void hash_sets(set *s, mr__hasher *hasher) {
  unsigned first = mr__streq(s->cv, "pass") ? 1 : s->instance;
  for (unsigned n = first; n < s->instance; n++)
    for (int kind = 0; kind < SET_FIELDS; kind++) {
      const mr__header_field *f = &s->fields->list[s->chain->at[n][kind] - 1];
      mr__dkim_header(&hasher->out, (const char *)s->message->header.data + f->start,
                      f->end - f->start, 1);
    }
  for (int kind = AAR; kind < AS; kind++)
    mr__dkim_header(&hasher->out, (const char *)s->text.data + s->start[kind],
                    s->start[kind + 1] - s->start[kind], 1);
}

static int put_seal(set *s) {
  mr__hasher hasher;
  mr__dkim_field f;
  int err = mr__hasher_begin(&hasher);
  if (err != MR_OK)
    return err;
  hash_sets(s, &hasher);
  mr__dkim_field_begin(&f, &s->text, set_names[AS]);
  mr__dkim_field_number(&f, "i", s->instance);
  err = mr__sign_tags(s->message, &f, s->dkim, 1);
  mr__dkim_field_tag(&f, "cv", s->cv, mr__strlen(s->cv));
  if (err == MR_OK)
    return mr__sign_finish(s->message, &f, s->start[AS], s->dkim, &hasher, 1);
  mr__digest_drop(&hasher.digest);
  return err;
}

static int put_set(set *s, mr__buf *out) {
  int err = put_results(s);
  s->start[AMS] = s->text.len;
  if (err == MR_OK)
    err = mr__sign_field(s->message, &s->text, s->dkim, s->fields, s->instance);
  s->start[AS] = s->text.len;
  if (err == MR_OK)
    err = put_seal(s);
  s->start[SET_FIELDS] = s->text.len;
  for (int kind = AS; kind >= AAR && err == MR_OK; kind--)
    err = mr__buf_put(out, s->text.data + s->start[kind],
                      s->start[kind + 1] - s->start[kind]);
  return err;
}

int mr__arc_put(mr_message *m, mr__buf *out, const mr__fields *fields) {
  chain c;
  set s;
  const mr__signing *signing = m->signing;
  read_chain(&c, fields);
  if (c.ended || c.highest == MR__ARC_SETS_MAX)
    return MR_OK;
  memset(&s, 0, sizeof s);
  s.message = m;
  s.dkim = signing->sealer;
  s.fields = fields;
  s.chain = &c;
  s.instance = c.highest + 1;
  s.cv = "fail";
  if (!c.broken && (c.highest == 0 || signing->chain_passed))
    s.cv = c.highest == 0 ? "none" : "pass";
  mr__buf_init(&s.text, &m->env, out->max);
  int err = put_set(&s, out);
  mr__buf_free(&s.text);
  if (err == MR_OK) {
    m->arc_instance = s.instance;
    m->is_signed = 1; /* a change of its octets breaks the seal */
  }
  return err;
}

#endif
