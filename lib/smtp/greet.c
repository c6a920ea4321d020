/* SPDX-License-Identifier: MIT */
/* Greeting, EHLO and HELO (RFC 5321 3.1, 3.2): R27 to R39. */
#include "smtp/smtp.h"
#include "text/domain.h"

static int is_class(const mr__reply *reply, int class) {
  return reply->code / 100 == class;
}

void mr__smtp_read_greeting(mr_session *s, mr__reply *reply) {
  if (!is_class(reply, 2))
    mr__smtp_refuse_reply(s, reply);
  else if (s->quitting)
    mr__smtp_goto(s, MR__SMTP_QUIT);
  else
    mr__smtp_goto(s, s->use_helo ? MR__SMTP_HELO : MR__SMTP_EHLO);
}

static int write_hello(mr_session *s, const char *word) {
  int err = mr__command_hello(&s->batch, word, s->helo);
  if (err)
    mr__smtp_fault(s, err);
  s->send.state = MR__SMTP_NONE;
  return 0;
}

int mr__smtp_write_ehlo(mr_session *s) { return write_hello(s, "EHLO"); }
int mr__smtp_write_helo(mr_session *s) { return write_hello(s, "HELO"); }

/* R39: who calls itself by our name is us. */
static int is_ourselves(const mr_session *s) {
  return !mr_options_get(s->options, MR_OPT_LOOP_SAFE) &&
         mr__domain_equal(s->ehlo.name, s->helo);
}

static void choose_pipelining(mr_session *s) {
  s->pipelining = (s->ehlo.keywords & MR__EHLO_PIPELINING) &&
                  mr_options_get(s->options, MR_OPT_PIPELINING);
}

void mr__smtp_read_ehlo(mr_session *s, mr__reply *reply) {
  int refused = is_class(reply, 4) || is_class(reply, 5);
  if (is_class(reply, 2)) {
    mr__ehlo_parse(&s->ehlo, mr__buf_text(&reply->text));
    choose_pipelining(s);
    mr__smtp_greeted(s);
  } else if (refused && !mr__smtp_closing(reply) && !s->secure &&
             s->need.level <= MR_TLS_MAY) {
    mr__smtp_goto(s, MR__SMTP_HELO);
  } else {
    mr__smtp_refuse_reply(s, reply);
  }
}

void mr__smtp_read_helo(mr_session *s, mr__reply *reply) {
  if (!is_class(reply, 2)) {
    mr__smtp_refuse_reply(s, reply);
    return;
  }
  mr__ehlo_parse(&s->ehlo, mr__buf_text(&reply->text));
  s->ehlo.keywords = 0;
  s->ehlo.size = 0;
  choose_pipelining(s);
  mr__smtp_greeted(s);
}

static void refuse_reason(mr_session *s, int reason, int throttle) {
  mr__smtp_verdict v = mr__smtp_verdict_of(s, reason, MR_ACTION_NEXT);
  v.throttle = throttle;
  mr__smtp_refuse(s, &v);
}

void mr__smtp_greeted(mr_session *s) {
  int offered = (s->ehlo.keywords & MR__EHLO_STARTTLS) && MR_WITH_TLS;
  if (is_ourselves(s))
    refuse_reason(s, MR_REASON_LOOP_GREETING, 0);
  else if (s->quitting)
    mr__smtp_goto(s, MR__SMTP_QUIT);
  else if (!s->secure && offered && s->need.level != MR_TLS_NONE)
    mr__smtp_goto(s, MR__SMTP_STARTTLS);
  else if (!s->secure && s->need.level > MR_TLS_MAY)
    refuse_reason(s, MR_REASON_TLS_NOT_OFFERED, 1);
  else
    mr__smtp_next(s);
}
