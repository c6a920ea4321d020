/* SPDX-License-Identifier: MIT */
/* message/feedback-report (RFC 5965 3). */
#include <string.h>

#include "base/fmt.h"
#include "message/dsn_find.h"
#include "message/dsn_read.h"

static const char *keep_path(mr_dsn *dsn, mr__slice value) {
  value = mr__slice_trim(value);
  if (value.len > 1 && value.p[0] == '<' && value.p[value.len - 1] == '>')
    value = mr__slice_of(value.p + 1, value.len - 2);
  return mr__dsn_keep(dsn, value);
}

static const char *keep_lower(mr_dsn *dsn, mr__slice value) {
  char text[64];
  value = mr__slice_trim(value);
  size_t n = value.len < sizeof text ? value.len : sizeof text;
  for (size_t i = 0; i < n; i++)
    text[i] = (char)mr__lower((uint8_t)value.p[i]);
  return mr__dsn_keep(dsn, mr__slice_of(text, n));
}

static void take_recipient(mr_dsn *dsn, mr__slice value) {
  mr_dsn_record *r = mr__dsn_add(dsn, MR__DSN_RECORDS);
  if (r == NULL)
    return;
  r->original_recipient = r->final_recipient = keep_path(dsn, value);
  r->original_type = r->final_type = "rfc822";
  r->confidence = 100;
}

static void take_number(mr_dsn_complaint *c, mr__slice value) {
  uint64_t n = 0;
  value = mr__slice_trim(value);
  if (mr__parse_u64(value.p, value.len, &n) == MR_OK && n > 0)
    c->incidents = n;
}

/* Fields that are text and count once. */
static const char **target_of(mr_dsn *dsn, mr__slice name) {
  mr_dsn_complaint *c = &dsn->complaint;
  struct {
    const char *name;
    const char **target;
  } const fields[] = {{"user-agent", &c->user_agent},
                      {"version", &c->version},
                      {"arrival-date", &c->arrival_date},
                      {"received-date", &c->arrival_date},
                      {"source-ip", &c->source_ip},
                      {"reported-domain", &c->reported_domain},
                      {"reported-uri", &c->reported_uri},
                      {"authentication-results", &c->authentication_results},
                      {"original-envelope-id", &dsn->info.envelope_id}};
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
    if (mr__slice_is(name, fields[i].name))
      return fields[i].target;
  return NULL;
}

static void take_field(mr_dsn *dsn, mr__slice name, mr__slice value) {
  mr_dsn_complaint *c = &dsn->complaint;
  const char **target = target_of(dsn, name);
  if (target != NULL && (*target)[0] == '\0')
    *target = mr__dsn_keep(dsn, value);
  else if (mr__slice_is(name, "feedback-type") && c->feedback_type[0] == '\0')
    c->feedback_type = keep_lower(dsn, value);
  else if (mr__slice_is(name, "original-mail-from"))
    c->original_mail_from = keep_path(dsn, value);
  else if (mr__slice_is(name, "original-rcpt-to"))
    take_recipient(dsn, value);
  else if (mr__slice_is(name, "incidents"))
    take_number(c, value);
  else if (mr__slice_is(name, "reporting-mta")) {
    size_t type = mr__slice_find(value, ";");
    value = mr__slice_from(value, type < value.len ? type + 1 : 0);
    dsn->info.reporting_mta = mr__dsn_keep(dsn, mr__slice_trim(value));
  }
}

void mr__dsn_abuse_read(mr_dsn *dsn, mr__slice text) {
  mr__cur cur = mr__cur_of(text.p, text.len);
  mr__slice name, value;
  while (mr__cur_left(&cur) > 0 && dsn->arena.err == MR_OK)
    if (mr__dsn_field_next(&cur, &name, &value))
      take_field(dsn, name, value);
  dsn->info.verdict = MR_VERDICT_ABUSE;
  dsn->info.style = "rfc5965";
  dsn->info.confidence = dsn->complaint.feedback_type[0] != '\0' ? 100 : 80;
}
