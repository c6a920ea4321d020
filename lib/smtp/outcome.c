/* SPDX-License-Identifier: MIT */
/* What a reply means: one row for each state and class of reply (R90: the first digit).
 */
#include "smtp/smtp.h"

typedef struct rule {
  int state, class;
  int reason, action, throttle;
} rule;

static const rule rules[] = {
    {MR__SMTP_GREETING, 4, MR_REASON_GREETING_SOFT, MR_ACTION_NEXT, 1},
    {MR__SMTP_GREETING, 5, MR_REASON_GREETING_HARD, MR_ACTION_NEXT, 1},
    {MR__SMTP_EHLO, 4, MR_REASON_EHLO_REFUSED, MR_ACTION_NEXT, 1},
    {MR__SMTP_EHLO, 5, MR_REASON_EHLO_REFUSED, MR_ACTION_NEXT, 1},
    {MR__SMTP_HELO, 4, MR_REASON_HELO_REFUSED, MR_ACTION_NEXT, 1},
    {MR__SMTP_HELO, 5, MR_REASON_HELO_REFUSED, MR_ACTION_NEXT, 1},
    {MR__SMTP_STARTTLS, 4, MR_REASON_TLS_REFUSED, MR_ACTION_NEXT, 1},
    {MR__SMTP_STARTTLS, 5, MR_REASON_TLS_REFUSED, MR_ACTION_NEXT, 1},
    {MR__SMTP_MAIL, 4, MR_REASON_MAIL_SOFT, MR_ACTION_NEXT, 0},
    {MR__SMTP_MAIL, 5, MR_REASON_MAIL_HARD, MR_ACTION_BOUNCE, 0},
    {MR__SMTP_RCPT, 4, MR_REASON_RCPT_SOFT, MR_ACTION_NEXT, 0},
    {MR__SMTP_RCPT, 5, MR_REASON_RCPT_HARD, MR_ACTION_BOUNCE, 0},
    {MR__SMTP_DATA, 4, MR_REASON_DATA_SOFT, MR_ACTION_NEXT, 0},
    {MR__SMTP_DATA, 5, MR_REASON_DATA_HARD, MR_ACTION_BOUNCE, 0},
    {MR__SMTP_BODY, 4, MR_REASON_DOT_SOFT, MR_ACTION_NEXT, 0},
    {MR__SMTP_BODY, 5, MR_REASON_DOT_HARD, MR_ACTION_BOUNCE, 0},
    {MR__SMTP_DOT, 2, MR_REASON_DELIVERED, MR_ACTION_NONE, 0},
    {MR__SMTP_DOT, 4, MR_REASON_DOT_SOFT, MR_ACTION_NEXT, 0},
    {MR__SMTP_DOT, 5, MR_REASON_DOT_HARD, MR_ACTION_BOUNCE, 0},
};

static const rule *rule_of(int state, int class) {
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
    if (rules[i].state == state && rules[i].class == class)
      return &rules[i];
  return NULL;
}

int mr__smtp_closing(const mr__reply *reply) { return reply->code == 421; }

mr__smtp_verdict mr__smtp_verdict_of(const mr_session *s, int reason, int action) {
  mr__smtp_verdict v = {0};
  v.reason = reason;
  v.action = action;
  v.stage = mr__smtp_stage(s);
  return v;
}

mr__smtp_verdict mr__smtp_not_attempted(const mr_session *s) {
  mr__smtp_verdict v = mr__smtp_verdict_of(s, MR_REASON_NOT_ATTEMPTED, MR_ACTION_NEXT);
  v.stage = MR_STAGE_IDLE;
  return v;
}

/* 421 in a transaction is about the connection, not about the mail (R35, R68, R76). */
static void refine_closing(mr__smtp_verdict *v, int state) {
  if (state == MR__SMTP_GREETING || state == MR__SMTP_BODY || state == MR__SMTP_DOT)
    return;
  v->reason = MR_REASON_SERVICE_CLOSING;
  v->action = MR_ACTION_NEXT;
}

static int mailbox_full(const mr__reply *reply) {
  return reply->status[1] == 2 && reply->status[2] == 2;
}

/* 552 to RCPT is an old form of 452, unless it says 5.2.2 (RFC 5321 4.5.3.1.10, R75). */
static void refine_rcpt(mr__smtp_verdict *v, const mr__reply *reply) {
  if (reply->code != 552 || mailbox_full(reply))
    return;
  v->reason = MR_REASON_RCPT_LIMIT;
  v->action = MR_ACTION_NEXT;
  v->own = mr_reason_status(v->reason);
}

/* Refused is what TLS needs, so that is what the status tells (R36, R47, R55). */
static void refine_secure(const mr_session *s, mr__smtp_verdict *v) {
  v->own = s->secure ? "4.7.5" : "4.7.4";
}

static void refine(const mr_session *s, mr__smtp_verdict *v, const mr__reply *reply) {
  int state = s->recv.state;
  if (mr__smtp_closing(reply))
    refine_closing(v, state);
  else if (state == MR__SMTP_GREETING && reply->code == 521)
    v->reason = MR_REASON_GREETING_NO_MAIL;
  else if (state == MR__SMTP_EHLO || state == MR__SMTP_STARTTLS)
    refine_secure(s, v);
  else if (state == MR__SMTP_RCPT)
    refine_rcpt(v, reply);
  else if (v->reason == MR_REASON_MAIL_HARD &&
           mr_options_get(s->options, MR_OPT_MAIL5XX_NEXT))
    v->action = MR_ACTION_NEXT;
}

mr__smtp_verdict mr__smtp_judge(const mr_session *s, mr__reply *reply) {
  const rule *r = rule_of(s->recv.state, reply->code / 100);
  mr__smtp_verdict v = mr__smtp_verdict_of(s, MR_REASON_REPLY_UNEXPECTED, MR_ACTION_NEXT);
  v.throttle = 1;
  v.code = reply->code;
  v.text = mr__buf_text(&reply->text);
  memcpy(v.status, reply->status, sizeof v.status);
  if (r == NULL) {
    v.own = mr_reason_status(v.reason);
    return v;
  }
  v.reason = r->reason;
  v.action = r->action;
  v.throttle = r->throttle;
  refine(s, &v, reply);
  return v;
}

/* Refused for good here, but another host may take it: "bounce if no host is left". */
static int hard_but_next(int reason) {
  return reason == MR_REASON_GREETING_HARD || reason == MR_REASON_GREETING_NO_MAIL ||
         reason == MR_REASON_LOOP_GREETING || reason == MR_REASON_NEEDS_SMTPUTF8 ||
         reason == MR_REASON_MAIL_HARD;
}

static int fate_of(int action, int reason) {
  if (action == MR_ACTION_NONE)
    return MR_FATE_DELIVERED;
  if (action == MR_ACTION_BOUNCE || hard_but_next(reason))
    return MR_FATE_FAILED;
  return MR_FATE_DEFERRED;
}

static int fallback_action(const mr_session *s, uint64_t age) {
  int64_t how = mr_options_get(s->options, MR_OPT_TLS_FALLBACK);
  uint64_t delay = (uint64_t)mr_options_get(s->options, MR_OPT_TLS_FALLBACK_DELAY);
  if (how == MR_TLS_FALLBACK_NEVER || (how == MR_TLS_FALLBACK_DELAYED && age < delay))
    return MR_ACTION_NEXT;
  return MR_ACTION_CLEAR;
}

static void copy_text(char *dst, size_t cap, const char *text) {
  size_t len = strlen(text);
  if (len >= cap) {
    len = cap - 1;
    while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
      len--;
  }
  memcpy(dst, text, len);
  dst[len] = '\0';
}

static void set_status(mr__smtp_result *result, const mr__smtp_verdict *v) {
  const char *own = v->own ? v->own : mr_reason_status(v->reason);
  int class = v->code / 100;
  if (v->code && !v->own && v->status[0])
    mr__fmt_to(result->status, sizeof result->status, "%d.%d.%d", v->status[0],
               v->status[1], v->status[2]);
  else if (v->code && !v->own && own[0] != '0' + class)
    mr__fmt_to(result->status, sizeof result->status, "%d.0.0", class);
  else
    copy_text(result->status, sizeof result->status, own);
}

void mr__smtp_result_set(const mr_session *s, mr__smtp_result *result,
                         const mr__smtp_verdict *v, uint64_t age) {
  result->reason = v->reason;
  result->action = v->fallback ? fallback_action(s, age) : v->action;
  result->fate = v->fate ? v->fate : fate_of(result->action, v->reason);
  result->stage = v->stage;
  result->throttle = v->throttle;
  result->uncertain = v->uncertain;
  result->code = v->code;
  set_status(result, v);
  copy_text(result->text, sizeof result->text,
            v->text && v->text[0] ? v->text : mr_reason_text(v->reason));
}

static void set_facts(const mr_session *s, mr_outcome *out) {
  out->host = s->host;
  out->address = s->address;
  out->port = s->port;
  out->tls_level = s->need.level;
  out->tls_version = s->tls_version;
  out->tls_cipher = s->tls_cipher;
  out->tls_verified = s->tls_verified;
}

const mr_outcome *mr__smtp_outcome(mr_session *s, const mr__smtp_result *result) {
  mr_outcome *out = &s->view;
  mr__outcome_clear(out);
  set_facts(s, out);
  if (result == NULL)
    return out;
  out->fate = result->fate;
  out->action = result->action;
  out->reason = result->reason;
  out->stage = result->stage;
  out->code = result->code;
  out->from_server = result->code != 0;
  out->throttle = result->throttle;
  out->uncertain = result->uncertain;
  out->status = result->status;
  out->text = result->text;
  return out;
}
