/* SPDX-License-Identifier: MIT */
/* RSET, MAIL, RCPT and DATA: R65 to R80. */
#include "smtp/smtp.h"

static mr__smtp_cursor rcpt_from(const mr_session *s, size_t from) {
  const mr__smtp_txn *txn = s->running;
  mr__smtp_cursor at = {MR__SMTP_RCPT, from};
  while (at.rcpt < txn->count && txn->rcpts[at.rcpt].round != s->round)
    at.rcpt++;
  if (at.rcpt == txn->count) {
    at.state = MR__SMTP_DATA;
    at.rcpt = 0;
  }
  return at;
}

mr__smtp_cursor mr__smtp_behind(const mr_session *s, mr__smtp_cursor at) {
  mr__smtp_cursor none = {MR__SMTP_NONE, 0}, mail = {MR__SMTP_MAIL, 0};
  switch (at.state) {
  case MR__SMTP_RSET:
    return mail;
  case MR__SMTP_MAIL:
    return rcpt_from(s, s->running->first);
  case MR__SMTP_RCPT:
    return rcpt_from(s, at.rcpt + 1);
  default:
    return none;
  }
}

static int wrote(mr_session *s, int err) {
  if (err) {
    mr__smtp_fault(s, err);
    return 0;
  }
  s->send = mr__smtp_behind(s, s->send);
  return s->send.state != MR__SMTP_NONE;
}

int mr__smtp_write_rset(mr_session *s) {
  return wrote(s, mr__command_word(&s->batch, "RSET"));
}

/* R65: what was not offered is not used. */
int mr__smtp_write_mail(mr_session *s) {
  int with_size = (s->ehlo.keywords & MR__EHLO_SIZE) && !s->bare_mail;
  s->had_params = with_size;
  return wrote(s, mr__command_mail(&s->batch, s->running->sender,
                                   with_size ? s->size : MR_LENGTH_UNKNOWN,
                                   mr__reader_is_8bit(s->reader)));
}

int mr__smtp_write_rcpt(mr_session *s) {
  return wrote(s, mr__command_rcpt(&s->batch, s->running->rcpts[s->send.rcpt].address));
}

int mr__smtp_write_data(mr_session *s) {
  return wrote(s, mr__command_word(&s->batch, "DATA"));
}

/* R77: the server has a transaction open that will get no DATA. */
static void abandon(mr_session *s) {
  s->needs_rset = 1;
  mr__smtp_round_end(s);
}

static void step_on(mr_session *s) {
  mr__smtp_advance(s);
  if (mr__smtp_outstanding(s))
    return;
  if ((s->recv.state == MR__SMTP_RCPT && !s->mail_ok) ||
      (s->recv.state == MR__SMTP_DATA && s->accepted == 0))
    abandon(s);
}

static int class_of(const mr__reply *reply) { return reply->code / 100; }

/* Neither yes nor no: out of it, at once (R90; 421: R68, R76). */
static int breaks(mr_session *s, mr__reply *reply) {
  if (class_of(reply) != 3 && !mr__smtp_closing(reply))
    return 0;
  mr__smtp_refuse_reply(s, reply);
  return 1;
}

void mr__smtp_read_rset(mr_session *s, mr__reply *reply) {
  if (class_of(reply) != 2) {
    mr__smtp_drop(s, MR_REASON_SERVICE_CLOSING);
    return;
  }
  s->needs_rset = 0;
  step_on(s);
}

/* R70: codes that tell of parameters which the server does not know after all. */
static int blames_params(const mr_session *s, int code) {
  return s->had_params && (code == 501 || code == 503 || code == 504 || code == 555);
}

void mr__smtp_read_mail(mr_session *s, mr__reply *reply) {
  if (breaks(s, reply))
    return;
  if (class_of(reply) == 2) {
    s->mail_ok = 1;
  } else if (blames_params(s, reply->code)) {
    s->bare_mail = 1;
  } else {
    mr__smtp_verdict v = mr__smtp_judge(s, reply);
    mr__smtp_settle_all(s->running, &v);
  }
  step_on(s);
}

/* R74: the server takes no more in this transaction. */
static int is_limit(const mr_session *s, const mr__reply *reply) {
  return s->accepted > 0 && (reply->code == 452 || reply->code == 552) &&
         !(reply->status[1] == 2 && reply->status[2] == 2);
}

static void rcpt_refused(mr_session *s, mr__smtp_rcpt *rcpt, mr__reply *reply) {
  if (!s->mail_ok)
    return;
  if (is_limit(s, reply)) {
    s->rcpt_limit = s->accepted;
    return;
  }
  mr__smtp_verdict v = mr__smtp_judge(s, reply);
  mr__smtp_settle(rcpt, &v);
}

void mr__smtp_read_rcpt(mr_session *s, mr__reply *reply) {
  mr__smtp_rcpt *rcpt = &s->running->rcpts[s->recv.rcpt];
  if (breaks(s, reply))
    return;
  if (class_of(reply) != 2) {
    rcpt_refused(s, rcpt, reply);
  } else {
    s->round_yes++;
    if (s->mail_ok) {
      rcpt->state = MR__SMTP_ACCEPTED;
      s->accepted++;
    }
  }
  step_on(s);
}

static void settle_accepted(mr_session *s, mr__reply *reply) {
  mr__smtp_txn *txn = s->running;
  mr__smtp_verdict v = mr__smtp_judge(s, reply);
  for (size_t i = txn->first; i < txn->count; i++)
    if (txn->rcpts[i].state == MR__SMTP_ACCEPTED)
      mr__smtp_settle(&txn->rcpts[i], &v);
}

/* 354 although nobody is to get it: a lone dot (RFC 2920 3.1), unless the server took a
 * recipient behind a MAIL that it refused: it would deliver that dot. */
static void go_ahead(mr_session *s, mr__reply *reply) {
  if (s->accepted > 0)
    mr__smtp_goto(s, MR__SMTP_BODY);
  else if (s->round_yes == 0)
    mr__smtp_goto(s, MR__SMTP_LONE_DOT);
  else
    mr__smtp_refuse_reply(s, reply);
}

void mr__smtp_read_data(mr_session *s, mr__reply *reply) {
  int class = class_of(reply);
  if (reply->code == 354) {
    go_ahead(s, reply);
  } else if (class == 2 || class == 3 || mr__smtp_closing(reply)) {
    mr__smtp_refuse_reply(s, reply);
  } else {
    settle_accepted(s, reply);
    abandon(s);
  }
}

void mr__smtp_read_dot(mr_session *s, mr__reply *reply) {
  int class = class_of(reply);
  if (s->seen < s->dot_end) {
    mr__smtp_read_early(s, reply);
  } else if (class == 3) {
    mr__smtp_refuse_reply(s, reply);
  } else {
    settle_accepted(s, reply);
    if (mr__smtp_closing(reply))
      mr__smtp_drop(s, MR_REASON_SERVICE_CLOSING);
    else
      mr__smtp_round_end(s);
  }
}

/* Faults T5: a reply before the last octet of the dot was shown ends the transaction; a
 * promise to deliver what was not sent is none. */
void mr__smtp_read_early(mr_session *s, mr__reply *reply) {
  int class = class_of(reply);
  s->recv.state = MR__SMTP_BODY; /* judged as what it is: not a reply to the dot */
  if (class != 4 && class != 5) {
    mr__smtp_refuse_reply(s, reply);
    return;
  }
  settle_accepted(s, reply);
  mr__smtp_drop(s, MR_REASON_REPLY_UNEXPECTED);
}

int mr__smtp_write_lone_dot(mr_session *s) {
  mr__buf_put(&s->batch, ".\r\n", 3);
  if (s->batch.err)
    mr__smtp_fault(s, s->batch.err);
  s->send.state = MR__SMTP_NONE;
  return 0;
}

void mr__smtp_read_lone_dot(mr_session *s, mr__reply *reply) {
  if (mr__smtp_closing(reply))
    mr__smtp_drop(s, MR_REASON_SERVICE_CLOSING);
  else
    mr__smtp_round_end(s);
}
