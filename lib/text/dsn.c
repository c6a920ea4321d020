/* SPDX-License-Identifier: MIT */
#include "text/dsn.h"

#include <string.h>

#include "base/fmt.h"
#include "text/escape.h"
#include "text/header.h"
#include "text/utf8.h"

enum {
  MR__DSN_TEXT = 4096, /* of one field */
  MR__DSN_WORD = 60    /* longer words get a space, so that they can be folded */
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

static int recipient_put(mr__buf *out, const char *recipient) {
  const uint8_t *p = (const uint8_t *)recipient;
  size_t left = strlen(recipient);
  int err;
  if (!mr__eight_bit(p, left)) {
    err = mr__buf_puts(out, "rfc822; ");
    return err != MR_OK ? err : words_put(out, recipient);
  }
  err = mr__buf_puts(out, "utf-8; ");
  while (left > 0 && err == MR_OK && out->max - out->len > 16) {
    uint32_t point = *p;
    size_t n = mr__utf8_next(p, left, &point);
    n = n == 0 ? 1 : n;
    err = is_quchar(point) ? mr__buf_putc(out, (int)point) : point_put(out, point);
    p += n;
    left -= n;
  }
  return err;
}

static int is_status(const char *text) {
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
  else if (is_status(o->status))
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

static int finish(mr__buf *out, mr__buf *value, size_t before, int err) {
  mr__buf_free(value);
  if (err == MR_OK)
    err = mr__buf_put(out, "\r\n", 2);
  if (err != MR_OK)
    out->len = before;
  return err;
}

int mr__dsn_message(mr__buf *out, const char *reporting_mta, int64_t arrival) {
  mr__buf value;
  size_t before = out->len;
  mr__buf_init(&value, out->env, MR__DSN_TEXT);
  int err = name_field(out, "Reporting-MTA", &value, reporting_mta);
  if (err == MR_OK)
    err = date_field(out, "Arrival-Date", arrival);
  return finish(out, &value, before, err);
}

static const char *action_of(int fate) {
  if (fate == MR_FATE_DELIVERED)
    return "delivered";
  return fate == MR_FATE_DEFERRED || fate == MR_FATE_HELD ? "delayed" : "failed";
}

static int fixed_fields(mr__buf *out, const mr_outcome *o) {
  const char *status = is_status(o->status) ? o->status : mr_reason_status(o->reason);
  int err = mr__header_write_text(out, "Action", action_of(o->fate));
  return err != MR_OK ? err : mr__header_write_text(out, "Status", status);
}

int mr__dsn_recipient(mr__buf *out, const mr_outcome *outcome, int64_t when) {
  mr__buf value;
  size_t before = out->len;
  mr__buf_init(&value, out->env, MR__DSN_TEXT);
  int err = recipient_put(&value, outcome->recipient);
  err = field_put(out, "Final-Recipient", &value, err);
  if (err == MR_OK)
    err = fixed_fields(out, outcome);
  if (err == MR_OK)
    err = name_field(out, "Remote-MTA", &value, outcome->host);
  if (err == MR_OK) {
    err = diagnostic_put(&value, outcome);
    err = field_put(out, "Diagnostic-Code", &value, err);
  }
  if (err == MR_OK)
    err = date_field(out, "Last-Attempt-Date", when);
  return finish(out, &value, before, err);
}
