/* SPDX-License-Identifier: MIT */
/* The channel's side: what the host hands in, cut into replies and kept in step (R33). */
#include "smtp/smtp.h"

int mr__smtp_send(mr_session *s, const uint8_t *data, size_t len) {
  if (mr__smtp_encrypting(s))
    return mr__smtp_encrypt(s, data, len);
  return mr__out_put(&s->channel->out, data, len);
}

/* A server may say 421 to a connection that rests, and nothing else (R91). */
static int may_be_farewell(const mr_session *s, int octet) {
  int resting =
      s->recv.state == MR__SMTP_IDLE || s->recv.state == MR__SMTP_PREPARE ||
      (s->fresh && (s->recv.state == MR__SMTP_RSET || s->recv.state == MR__SMTP_MAIL));
  return resting && octet == '4';
}

/* Whether a reply may begin now: only behind the first octet of its command. */
static int may_begin(mr_session *s, int octet) {
  int state = s->recv.state;
  s->seen = s->channel->out.exposed;
  s->unsolicited = 0;
  if (state == MR__SMTP_GREETING || state == MR__SMTP_QUIT)
    return 1;
  if (state != MR__SMTP_IDLE && state != MR__SMTP_HANDSHAKE &&
      s->seen > mr__smtp_begin(s)) {
    s->fresh = 0;
    return 1;
  }
  if (may_be_farewell(s, octet)) {
    s->unsolicited = 1;
    return 1;
  }
  mr__smtp_fail_reason(
      s, state == MR__SMTP_HANDSHAKE ? MR_REASON_TLS_INJECTION : MR_REASON_OUT_OF_STEP,
      MR_ACTION_NEXT, state != MR__SMTP_HANDSHAKE);
  return 0;
}

static void garbage(mr_session *s, int err) {
  if (err == MR_ERR_NOMEM) {
    mr__smtp_fault(s, err);
    return;
  }
  s->fault = err == MR_ERR_LIMIT ? err : MR_OK;
  mr__smtp_fail_reason(
      s, err == MR_ERR_LIMIT ? MR_REASON_REPLY_LIMIT : MR_REASON_REPLY_MALFORMED,
      MR_ACTION_NEXT, 1);
}

static void take_reply(mr_session *s) {
  mr__reply *reply = &s->parser.reply;
  mr__smtp_trace_reply(s, reply);
  if (++s->steps > MR__SMTP_STEPS_MAX)
    mr__smtp_fail_reason(s, MR_REASON_REPLY_LIMIT, MR_ACTION_NEXT, 1);
  else if (!s->unsolicited)
    mr__smtp_row_of(s->recv.state)->read(s, reply);
  else if (mr__smtp_closing(reply))
    mr__smtp_drop(s, MR_REASON_SERVICE_CLOSING);
  else
    mr__smtp_fail_reason(s, MR_REASON_OUT_OF_STEP, MR_ACTION_NEXT, 1);
}

void mr__smtp_feed(mr_session *s, const uint8_t *data, size_t len) {
  while (len > 0 && !s->ended && !s->farewell) {
    size_t used = 0;
    if (!mr__reply_partial(&s->parser) && !may_begin(s, *data))
      return;
    int got = mr__reply_feed(&s->parser, data, len, &used);
    data += used;
    len -= used;
    if (got < 0)
      garbage(s, got);
    else if (got > 0)
      take_reply(s);
    mr__smtp_go(s);
  }
}

static void on_opened(void *owner, mr_channel *c) {
  mr_session *s = owner;
  (void)c;
  mr__smtp_name_self(s);
  mr__smtp_goto(s, MR__SMTP_GREETING);
  mr__smtp_leave(s);
}

static int on_recv(void *owner, mr_channel *c, const uint8_t *data, size_t len,
                   const char *address, int port) {
  mr_session *s = owner;
  (void)c, (void)address, (void)port;
  if (mr__smtp_encrypting(s))
    mr__smtp_secure_recv(s, data, len);
  else
    mr__smtp_feed(s, data, len);
  int result = s->fault;
  mr__smtp_leave(s);
  return result;
}

static void on_sent(void *owner, mr_channel *c) {
  mr_session *s = owner;
  int state = s->recv.state;
  if (state == MR__SMTP_BODY || state == MR__SMTP_DOT || state == MR__SMTP_LONE_DOT)
    mr__smtp_arm(s);
  if (s->farewell && mr__out_unsent(&c->out) == 0)
    mr__smtp_end(s);
  mr__smtp_pump(s);
  mr__smtp_go(s);
  mr__smtp_leave(s);
}

static void on_closed(void *owner, mr_channel *c, int cause, uint64_t in_flight,
                      const char *text) {
  mr_session *s = owner;
  s->left = c->out.sent + in_flight;
  s->left_known = 1;
  mr__smtp_lost(s, cause, text);
  mr__smtp_leave(s);
}

const mr__channel_ops mr__smtp_channel_ops = {on_opened, on_recv, on_sent, on_closed};
