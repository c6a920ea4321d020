/* SPDX-License-Identifier: MIT */
/* What the header of a message says about who wrote it, and why. */
#include <string.h>

#include "message/dsn_find.h"
#include "message/dsn_read.h"

static int starts_with_one_of(mr__slice s, const char *const *list, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (mr__slice_starts(s, list[i]))
      return 1;
  return 0;
}

/* Where the first of them stands, s.len = none. */
static size_t first_of(mr__slice s, const char *const *list, size_t count) {
  size_t first = s.len;
  for (size_t i = 0; i < count; i++) {
    size_t at = mr__slice_find(s, list[i]);
    first = at < first ? at : first;
  }
  return first;
}

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static int is_daemon(mr__slice header) {
  static const char *const names[] = {
      "mailer-daemon@", "mailer_daemon@",   "mailerdaemon@", "mail-daemon@",
      "maildaemon@",    "postmaster@",      "mdaemon@",      "mail-delivery@",
      "maildelivery@",  "microsoftexchange"};
  mr__slice from, address;
  if (!mr__dsn_field(header, "From", &from))
    return 0;
  if (mr__find_address(from, &address))
    return starts_with_one_of(address, names, COUNT(names));
  from = mr__slice_trim(from); /* "MAILER-DAEMON", of a host without a name */
  return mr__slice_is(from, "mailer-daemon") || mr__slice_is(from, "postmaster");
}

static int has_null_path(mr__slice header) {
  mr__slice value;
  return mr__dsn_field(header, "Return-Path", &value) &&
         mr__slice_is(mr__slice_trim(value), "<>");
}

/* Fields that only programs that answer for a person write. */
static int is_reply(mr__slice header) {
  static const char *const fields[] = {
      "X-Autoreply",    "X-Auto-Reply", "X-Autorespond",    "X-Autoresponder",
      "X-Auto-Respond", "X-Vacation",   "X-Autoreply-From", "X-Mail-Autoreply"};
  mr__slice value;
  for (size_t i = 0; i < COUNT(fields); i++)
    if (mr__dsn_field(header, fields[i], &value) &&
        !mr__slice_is(mr__slice_trim(value), "no"))
      return 1;
  if (!mr__dsn_field(header, "Precedence", &value))
    return 0;
  value = mr__slice_trim(value);
  return mr__slice_is(value, "auto_reply") || mr__slice_is(value, "auto-reply");
}

static int is_submitted(mr__slice header) {
  mr__slice value;
  return mr__dsn_field(header, "Auto-Submitted", &value) &&
         mr__slice_starts(mr__slice_trim(value), "auto-replied");
}

static unsigned subject_kind(mr__slice subject) {
  static const char *const replies[] = {"out of office",
                                        "out of the office",
                                        "out-of-office",
                                        "automatic reply",
                                        "auto reply",
                                        "auto-reply",
                                        "autoreply",
                                        "auto:",
                                        "auto response",
                                        "autoresponse",
                                        "vacation",
                                        "on vacation",
                                        "away from",
                                        "abwesen",
                                        "automatische antwort",
                                        "r\xc3\xa9ponse automatique",
                                        "absence",
                                        "respuesta autom",
                                        "risposta autom"};
  static const char *const delays[] = {
      "delayed",     "(delay)",           "delivery delay",     "warning:",
      "still being", "still undelivered", "delivery incomplete"};
  static const char *const failures[] = {"undeliver",
                                         "failure notice",
                                         "returned mail",
                                         "(failure)",
                                         "delivery failed",
                                         "delivery failure",
                                         "delivery has failed",
                                         "delivery failing",
                                         "non-delivery",
                                         "nondelivery",
                                         "not delivered",
                                         "mail system error",
                                         "could not be delivered",
                                         "couldn't be delivered",
                                         "returning message",
                                         "mail failed",
                                         "delivery problem",
                                         "delivery error",
                                         "message not delivered",
                                         "returned to sender",
                                         "unzustellbar"};
  if (starts_with_one_of(subject, replies, COUNT(replies)))
    return MR__DSN_REPLY;
  /* behind the first of them may stand the Subject of the original */
  size_t delay = first_of(subject, delays, COUNT(delays));
  size_t failure = first_of(subject, failures, COUNT(failures));
  if (delay < failure)
    return MR__DSN_SAYS_DELAY;
  return failure < subject.len ? MR__DSN_SAYS_FAIL : 0;
}

int mr__dsn_kind(mr_dsn *dsn, unsigned *kind) {
  mr__slice value;
  mr__buf subject;
  mr__buf_init(&subject, &dsn->env, MR__DSN_VALUE);
  *kind = 0;
  (void)mr__dsn_field(dsn->header, "Subject", &value);
  int err = mr__dsn_words(&subject, value);
  if (err == MR_OK)
    *kind = subject_kind(mr__slice_of((const char *)subject.data, subject.len));
  mr__buf_free(&subject);
  *kind |= is_daemon(dsn->header) ? MR__DSN_DAEMON : 0;
  *kind |= has_null_path(dsn->header) ? MR__DSN_NULL_PATH : 0;
  *kind |= is_reply(dsn->header) ? MR__DSN_REPLY : 0;
  *kind |= is_submitted(dsn->header) ? MR__DSN_SUBMITTED : 0;
  if (mr__dsn_field(dsn->header, "X-Failed-Recipients", &value))
    *kind |= MR__DSN_DAEMON;
  return err;
}

static int is_known(const mr_dsn *dsn, mr__slice address) {
  for (size_t i = 0; i < dsn->count; i++) {
    const char *known = dsn->records[i].final_recipient;
    if (mr__slice_equal(address, mr__slice_of(known, strlen(known))))
      return 1;
  }
  return 0;
}

void mr__dsn_failed_field(mr_dsn *dsn, unsigned kind) {
  mr__slice value, address;
  (void)mr__dsn_field(dsn->header, "X-Failed-Recipients", &value);
  while (dsn->arena.err == MR_OK && mr__find_address(value, &address)) {
    value = mr__slice_from(value, (size_t)(address.p - value.p) + address.len);
    mr_dsn_record *r =
        is_known(dsn, address) ? NULL : mr__dsn_add(dsn, MR__DSN_TEXT_RECORDS);
    if (r == NULL)
      continue;
    r->action = (kind & MR__DSN_SAYS_DELAY) != 0  ? MR_DSN_DELAYED
                : (kind & MR__DSN_SAYS_FAIL) != 0 ? MR_DSN_FAILED
                                                  : MR_DSN_NONE;
    r->final_type = "rfc822";
    r->final_recipient = mr__dsn_keep(dsn, address);
    r->confidence = 75;
  }
}
