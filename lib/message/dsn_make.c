/* SPDX-License-Identifier: MIT */
/* The facts of a report: checked, and reduced to those that the sender wants to hear. */
#include <string.h>

#include "message/dsn_report.h"
#include "message/object.h"
#include "text/dsn.h"

enum { FULL_DEFAULT = 1024 * 1024 };

int mr_dsn_wanted(int notify, int action) {
  if ((notify & MR_NOTIFY_NEVER) != 0)
    return 0;
  switch (action) {
  case MR_DSN_FAILED:
    return notify == MR_NOTIFY_DEFAULT || (notify & MR_NOTIFY_FAILURE) != 0;
  case MR_DSN_DELAYED:
    return notify == MR_NOTIFY_DEFAULT || (notify & MR_NOTIFY_DELAY) != 0;
  case MR_DSN_DELIVERED:
  case MR_DSN_RELAYED:
  case MR_DSN_EXPANDED:
    return (notify & MR_NOTIFY_SUCCESS) != 0;
  default:
    return 0;
  }
}

static int recipient_check(const mr_dsn_recipient *r) {
  return r != NULL && r->size >= sizeof *r && r->outcome != NULL &&
         r->action >= MR_DSN_FAILED && r->action <= MR_DSN_EXPANDED;
}

static int facts_check(const mr_dsn_facts *f) {
  if (f == NULL || f->size < sizeof *f || f->to == NULL || f->recipients == NULL ||
      f->recipient_count == 0 || (f->original == NULL && f->original_len > 0))
    return MR_ERR_MISUSE;
  for (size_t i = 0; i < f->recipient_count; i++)
    if (!recipient_check(f->recipients[i]))
      return MR_ERR_MISUSE;
  return MR_OK;
}

static const char *text_of(const char *text) { return text != NULL ? text : ""; }

/* A copy in which no text is NULL. */
static mr_outcome outcome_copy(const mr_outcome *from) {
  mr_outcome o = *from;
  o.recipient = text_of(o.recipient);
  o.status = text_of(o.status);
  o.text = text_of(o.text);
  o.host = text_of(o.host);
  o.address = text_of(o.address);
  return o;
}

/* Those that are wanted. */
static void select_wanted(mr__dsn_report *r, const mr_dsn_facts *f) {
  size_t count = 0;
  for (size_t i = 0; i < f->recipient_count; i++) {
    const mr_dsn_recipient *from = f->recipients[i];
    if (!mr_dsn_wanted(from->notify, from->action))
      continue;
    mr__dsn_slot *slot = &r->slots[count];
    slot->recipient = *from;
    slot->recipient.size = sizeof slot->recipient;
    slot->outcome = outcome_copy(from->outcome);
    slot->recipient.outcome = &slot->outcome;
    r->list[count++] = &slot->recipient;
  }
  r->facts.recipients = r->list;
  r->facts.recipient_count = count;
}

static int report_init(mr__dsn_report *r, const mr_dsn_facts *f) {
  r->facts = *f;
  r->facts.size = sizeof r->facts;
  if (f->reporting_mta == NULL || f->reporting_mta[0] == '\0')
    r->facts.reporting_mta = MR__FALLBACK_DOMAIN;
  if (f->full_max == 0)
    r->facts.full_max = FULL_DEFAULT;
  r->slots = mr__calloc(r->env, f->recipient_count, sizeof *r->slots);
  r->list = mr__calloc(r->env, f->recipient_count, sizeof *r->list);
  if (r->slots == NULL || r->list == NULL)
    return MR_ERR_NOMEM;
  select_wanted(r, f);
  if (r->facts.recipient_count == 0)
    return MR_ERR_NOT_FOUND;
  return mr__wall(r->env, &r->when) == MR_OK ? MR_OK : MR_ERR_TIME_UNKNOWN;
}

static void report_free(mr__dsn_report *r) {
  mr__free(r->env, r->slots);
  mr__free(r->env, r->list);
  mr_address_free(r->from);
  mr_address_free(r->to);
}

/* Our own address as sender of the report, and the reader's. */
static int set_addresses(mr__dsn_report *r) {
  const char *to = r->facts.to;
  mr__buf text;
  mr__buf_init(&text, r->env, 512);
  mr__buf_puts(&text, "MAILER-DAEMON@");
  int err = mr__buf_puts(&text, r->facts.reporting_mta);
  if (err == MR_OK)
    err = mr_address_parse(&r->from, r->env, (const char *)text.data, text.len, 0, NULL);
  mr__buf_free(&text);
  if (err == MR_ERR_LIMIT)
    err = MR_ERR_ADDR_LONG;
  if (err == MR_OK)
    err = mr_address_parse(&r->to, r->env, to, mr__strlen(to), 0, NULL);
  if (err == MR_OK)
    r->utf8 = r->facts.utf8 != 0 || mr_address_needs_utf8(r->to);
  return err;
}

/* The octets become a message like any that a host gives. */
static int seal(mr_message *m, const mr__dsn_report *r, const mr__buf *octets) {
  int err = mr_message_set_raw(m, octets->data, octets->len, 0);
  if (err == MR_OK)
    err = mr_message_set_sender(m, "");
  if (err == MR_OK)
    err = mr_message_add_recipient(m, mr_address_text(r->to));
  return err == MR_OK ? mr_message_seal(m) : err;
}

static int make(mr_message *m, mr__dsn_report *r, const mr_dsn_facts *facts) {
  mr__buf octets;
  mr__buf_init(&octets, r->env, mr__message_limit(m, MR_OPT_MESSAGE_MAX));
  int err = report_init(r, facts);
  if (err == MR_OK)
    err = set_addresses(r);
  if (err == MR_OK)
    err = mr__dsn_report_write(&octets, r);
  if (err == MR_OK)
    err = seal(m, r, &octets);
  mr__buf_free(&octets);
  return err;
}

int mr_dsn_make(mr_message **out, const mr_env *env, const mr_options *options,
                const mr_dsn_facts *facts) {
  if (out == NULL)
    return MR_ERR_MISUSE;
  *out = NULL;
  if (facts_check(facts) != MR_OK)
    return MR_ERR_MISUSE;
  mr_message *m = NULL;
  mr_env own;
  mr__env_copy(&own, env);
  int err = mr_message_new(&m, &own, options);
  if (err != MR_OK)
    return err;
  mr__dsn_report report = {.env = &own, .options = options};
  err = make(m, &report, facts);
  report_free(&report);
  if (err != MR_OK)
    mr_message_free(m);
  else
    *out = m;
  return err;
}
