/* SPDX-License-Identifier: MIT */
#include "text/dsn.h"

#include <string.h>

#include "base/fmt.h"
#include "text/command.h"
#include "text/escape.h"
#include "text/header.h"
#include "text/utf8.h"

enum {
  MR__DSN_TEXT = 4096,     /* of one field */
  MR__DSN_PARAMETER = 500, /* of ENVID and ORCPT (RFC 3461 4.2, 4.4) */
  MR__DSN_WORD = 60        /* longer words get a space, so that they can be folded */
};

/* Puts text of any origin as ASCII words: what is not printable is escaped, line ends and
 * overlong words become a space. */
static int words_put(mr__buf *out, const char *text) {
  size_t word = 0;
  int err = MR_OK;
  for (; *text != 0 && err == MR_OK && out->max - out->len > 8; text++) {
    uint8_t octet = (uint8_t)*text;
    int space = octet == ' ' || octet == '\n';
    if (space || word >= MR__DSN_WORD)
      err = mr__buf_putc(out, ' ');
    word = space || word >= MR__DSN_WORD ? 0 : word + 1;
    if (err == MR_OK && !space)
      err = octet > 0x20 && octet < 0x7F ? mr__buf_putc(out, octet)
                                         : mr__fmt(out, "\\x%02x", octet);
  }
  return err;
}

/* Octets that stand for themselves in utf-8-addr-xtext (RFC 6533 3). */
static int is_quchar(uint32_t c) {
  return c > 0x20 && c < 0x7F && c != '+' && c != '=' && c != '\\';
}

/* "\x{HH}" with at least two upper-case digits. */
static int point_put(mr__buf *out, uint32_t point) {
  unsigned shift = 20;
  int err = mr__buf_puts(out, "\\x{");
  while (shift > 4 && point >> shift == 0)
    shift -= 4;
  for (int more = 1; more && err == MR_OK; shift -= 4) {
    err = mr__buf_putc(out, mr__hex_digit(point >> shift));
    more = shift > 0;
  }
  return err != MR_OK ? err : mr__buf_putc(out, '}');
}

/* utf-8-addr-xtext, or utf-8-addr-unitext if raw (RFC 6533 3). encoded: its ASCII is in
 * that form already. */
static int utf8_put(mr__buf *out, const char *text, size_t left, int raw, int encoded) {
  const uint8_t *p = (const uint8_t *)text;
  int err = MR_OK;
  while (left > 0 && err == MR_OK && out->max - out->len > 16) {
    uint32_t point = *p;
    size_t n = mr__utf8_next(p, left, &point);
    int kept = encoded ? point > 0x20 && point < 0x7F : is_quchar(point);
    if (n > 0 && (kept || (raw && point >= 0xA0)))
      err = mr__buf_put(out, p, n);
    else
      err = point_put(out, point);
    p += n == 0 ? 1 : n;
    left -= n == 0 ? 1 : n;
  }
  return err;
}

static int recipient_put(mr__buf *out, const char *recipient, int raw) {
  size_t len = strlen(recipient);
  if (mr__eight_bit((const uint8_t *)recipient, len)) {
    int err = mr__buf_puts(out, "utf-8; ");
    return err != MR_OK ? err : utf8_put(out, recipient, len, raw, 0);
  }
  int err = mr__buf_puts(out, "rfc822; ");
  return err != MR_OK ? err : words_put(out, recipient);
}

int mr__dsn_is_status(const char *text) {
  size_t dots = 0;
  size_t digits = 0;
  for (; *text != 0; text++) {
    if (*text == '.' ? digits == 0 : !mr__is_digit(*text))
      return 0;
    dots += *text == '.';
    digits = *text == '.' ? 0 : digits + 1;
    if (digits > 3)
      return 0;
  }
  return dots == 2 && digits > 0;
}

static int diagnostic_put(mr__buf *out, const mr_outcome *o) {
  int err = MR_OK;
  if (!o->from_server)
    err = mr__buf_puts(out, "X-Mailroute; ");
  else if (mr__dsn_is_status(o->status))
    err = mr__fmt(out, "smtp; %d %s ", o->code, o->status);
  else
    err = mr__fmt(out, "smtp; %d ", o->code);
  if (err != MR_OK)
    return err;
  return words_put(out, o->text[0] != 0 ? o->text : mr_reason_text(o->reason));
}

/* A field is made in `value`, then folded into out. */
static int field_put(mr__buf *out, const char *name, mr__buf *value, int err) {
  if (err == MR_OK)
    err = mr__buf_reserve(value, 1);
  if (err == MR_OK)
    err = mr__header_write_text(out, name, mr__buf_text(value));
  mr__buf_clear(value);
  return err;
}

static int date_field(mr__buf *out, const char *name, int64_t when) {
  char date[40];
  if (when < 0)
    return MR_OK;
  mr__date_print(when, date);
  return mr__header_write_text(out, name, date);
}

static int name_field(mr__buf *out, const char *name, mr__buf *value, const char *host) {
  if (host[0] == 0)
    return MR_OK;
  int err = mr__buf_puts(value, "dns; ");
  if (err == MR_OK)
    err = words_put(value, host);
  return field_put(out, name, value, err);
}

/* Printable ASCII decoded from xtext: 1 if it is that. */
static int xtext_get(mr__buf *value, const char *text, size_t len) {
  size_t before = value->len;
  if (mr__xtext_decode(value, text, len) != MR_OK)
    return 0;
  for (size_t i = before; i < value->len; i++)
    if (value->data[i] < ' ' || value->data[i] > '~')
      return 0;
  return value->len > before;
}

static int envid_field(mr__buf *out, mr__buf *value, const char *envid) {
  if (envid == NULL || strlen(envid) > MR__DSN_PARAMETER ||
      !xtext_get(value, envid, strlen(envid))) {
    int err = value->err == MR_ERR_NOMEM ? MR_ERR_NOMEM : MR_OK;
    mr__buf_clear(value);
    return err;
  }
  return field_put(out, "Original-Envelope-Id", value, MR_OK);
}

/* UTF-8 cannot be folded, and RFC 2047 words have no place here. */
static int address_field(mr__buf *out, const char *name, mr__buf *value, int err) {
  if (err != MR_OK || !mr__eight_bit(value->data, value->len))
    return field_put(out, name, value, err);
  err = mr__fmt(out, "%s: ", name);
  if (err == MR_OK)
    err = mr__buf_put(out, value->data, value->len);
  mr__buf_clear(value);
  return err != MR_OK ? err : mr__buf_put(out, "\r\n", 2);
}

static size_t type_len(const char *orcpt) {
  size_t n = 0;
  while (mr__is_alnum((uint8_t)orcpt[n]) || orcpt[n] == '-')
    n++;
  return orcpt[n] == ';' && orcpt[n + 1] != 0 ? n : 0;
}

/* ORCPT of RCPT as Original-Recipient; one that cannot be read is left out. */
static int original_field(mr__buf *out, mr__buf *value, const mr__dsn_group *g) {
  size_t type = g->orcpt != NULL ? type_len(g->orcpt) : 0;
  if (type == 0 || strlen(g->orcpt) > MR__DSN_PARAMETER)
    return MR_OK;
  const char *text = g->orcpt + type + 1;
  int err = mr__fmt(value, "%.*s; ", (int)type, g->orcpt);
  int good = 0;
  if (type == 5 && mr__memcaseeq(g->orcpt, "utf-8", 5)) {
    good = mr__utf8_clean((const uint8_t *)text, strlen(text), 0) == strlen(text);
    if (err == MR_OK && good && mr__eight_bit((const uint8_t *)text, strlen(text)))
      err = utf8_put(value, text, strlen(text), g->utf8, 1);
    else if (err == MR_OK && good)
      err = words_put(value, text);
  } else if (err == MR_OK) {
    good = xtext_get(value, text, strlen(text));
    err = value->err == MR_ERR_NOMEM ? MR_ERR_NOMEM : MR_OK;
  }
  if (good && err == MR_OK)
    return address_field(out, "Original-Recipient", value, err);
  mr__buf_clear(value);
  return err;
}

static int finish(mr__buf *out, mr__buf *value, size_t before, int err) {
  mr__buf_free(value);
  if (err == MR_OK)
    err = mr__buf_put(out, "\r\n", 2);
  if (err != MR_OK)
    out->len = before;
  return err;
}

int mr__dsn_head_put(mr__buf *out, const mr__dsn_head *head) {
  mr__buf value;
  size_t before = out->len;
  mr__buf_init(&value, out->env, MR__DSN_TEXT);
  int err = envid_field(out, &value, head->envid);
  if (err == MR_OK)
    err = name_field(out, "Reporting-MTA", &value, head->reporting_mta);
  if (err == MR_OK && head->received_from != NULL)
    err = name_field(out, "Received-From-MTA", &value, head->received_from);
  if (err == MR_OK)
    err = date_field(out, "Arrival-Date", head->arrival);
  return finish(out, &value, before, err);
}

static const char *action_of(int fate) {
  if (fate == MR_FATE_DELIVERED)
    return "delivered";
  return fate == MR_FATE_DEFERRED || fate == MR_FATE_HELD ? "delayed" : "failed";
}

static int fixed_fields(mr__buf *out, const mr__dsn_group *g) {
  const mr_outcome *o = g->outcome;
  const char *action = g->action != NULL ? g->action : action_of(o->fate);
  const char *status = g->status;
  if (status == NULL)
    status = mr__dsn_is_status(o->status) ? o->status : mr_reason_status(o->reason);
  int err = mr__header_write_text(out, "Action", action);
  return err != MR_OK ? err : mr__header_write_text(out, "Status", status);
}

static int diagnostic_field(mr__buf *out, mr__buf *value, const mr__dsn_group *g) {
  if (!g->outcome->from_server && g->outcome->text[0] == 0 && g->status != NULL &&
      g->status[0] == '2')
    return MR_OK; /* our own words for a failure would be wrong */
  int err = diagnostic_put(value, g->outcome);
  return field_put(out, "Diagnostic-Code", value, err);
}

int mr__dsn_group_put(mr__buf *out, const mr__dsn_group *g) {
  mr__buf value;
  size_t before = out->len;
  mr__buf_init(&value, out->env, MR__DSN_TEXT);
  int err = original_field(out, &value, g);
  if (err == MR_OK) {
    err = recipient_put(&value, g->outcome->recipient, g->utf8);
    err = address_field(out, "Final-Recipient", &value, err);
  }
  if (err == MR_OK)
    err = fixed_fields(out, g);
  if (err == MR_OK)
    err = name_field(out, "Remote-MTA", &value, g->outcome->host);
  if (err == MR_OK)
    err = diagnostic_field(out, &value, g);
  if (err == MR_OK)
    err = date_field(out, "Last-Attempt-Date", g->when);
  if (err == MR_OK)
    err = date_field(out, "Will-Retry-Until", g->retry_until);
  return finish(out, &value, before, err);
}
