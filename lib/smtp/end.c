/* SPDX-License-Identifier: MIT */
/* Every way in which a session ends: in order, by refusal, by loss, by time, by our
 * fault. */
#include "smtp/smtp.h"

void mr__smtp_give_back(mr_session *s, const mr__smtp_verdict *v) {
  while (s->waiting) {
    mr__smtp_txn *txn = s->waiting;
    s->waiting = txn->next;
    s->waiting_count--;
    mr__smtp_settle_all(txn, v);
    mr__smtp_txn_close(txn);
  }
}

/* R88: whether they have it nobody knows. */
static void settle_uncertain(mr_session *s) {
  mr__smtp_verdict v = mr__smtp_verdict_of(s, MR_REASON_UNCERTAIN, MR_ACTION_DEFER);
  int64_t how = mr_options_get(s->options, MR_OPT_AFTER_DOT);
  v.stage = MR_STAGE_DOT;
  v.uncertain = v.throttle = 1;
  if (how == MR_AFTER_DOT_NEXT)
    v.action = MR_ACTION_NEXT;
  else if (how == MR_AFTER_DOT_ASSUME)
    v.action = MR_ACTION_NONE;
  for (size_t i = s->running->first; i < s->running->count; i++)
    if (s->running->rcpts[i].state == MR__SMTP_ACCEPTED)
      mr__smtp_settle(&s->running->rcpts[i], &v);
}

static void settle_running(mr_session *s, const mr__smtp_verdict *v) {
  mr__smtp_txn *txn = s->running;
  if (txn == NULL)
    return;
  if (mr__smtp_dot_left(s))
    settle_uncertain(s);
  mr__smtp_settle_all(txn, v);
  mr__event_remove(s->results, &txn->gate_node);
  mr__smtp_txn_close(txn);
  s->running = NULL;
}

/* Those in line share the fate of a session that never stood, or of our own fault. */
static void settle_waiting(mr_session *s, const mr__smtp_verdict *v, int stood) {
  mr__smtp_verdict untried = mr__smtp_not_attempted(s);
  int ours = v->reason == MR_REASON_NO_MEMORY || v->reason == MR_REASON_LOCAL_RESOURCES;
  mr__smtp_give_back(s, stood && !ours ? &untried : v);
}

static void settle_everything(mr_session *s, const mr__smtp_verdict *v) {
  int stood = s->reused || s->running;
  settle_running(s, v);
  settle_waiting(s, v, stood);
  mr__smtp_result_set(s, &s->end, v, 0);
}

static int code_of_reason(int reason) {
  switch (reason) {
  case MR_REASON_NO_MEMORY:
    return MR_ERR_NOMEM;
  case MR_REASON_SOURCE_FAILED:
    return MR_ERR_SOURCE;
  case MR_REASON_TLS_CERTIFICATE:
    return MR_ERR_CERT;
  case MR_REASON_REPLY_TIMEOUT:
  case MR_REASON_SESSION_TIMEOUT:
  case MR_REASON_CONNECT_TIMEOUT:
    return MR_ERR_TIMEOUT;
  case MR_REASON_TLS_HANDSHAKE:
  case MR_REASON_TLS_TRUNCATED:
  case MR_REASON_TLS_CLOCK:
  case MR_REASON_TLS_NO_TRUST:
  case MR_REASON_TLS_UNAVAILABLE:
    return MR_ERR_TLS;
  default:
    return MR_ERR_PROTO;
  }
}

static void note_error(mr_session *s, const mr__smtp_verdict *v) {
  mr__log(&s->ctx->env, v->fallback ? MR_LOG_WARNING : MR_LOG_INFO, "%q[%s]: %s: %q%s",
          s->host, s->address, mr_stage_name(v->stage), s->end.text,
          v->fallback ? "; clear may be tried (R49)" : "");
  mr__fail(&s->error, code_of_reason(v->reason), v->stage, s->host, "%s", s->end.text);
}

void mr__smtp_fail(mr_session *s, const mr__smtp_verdict *v) {
  if (s->ended)
    return;
  if (s->recv.state != MR__SMTP_QUIT) {
    settle_everything(s, v);
    note_error(s, v);
  }
  mr__smtp_end(s);
}

void mr__smtp_refuse(mr_session *s, const mr__smtp_verdict *v) {
  settle_everything(s, v);
  note_error(s, v);
  s->quitting = 1;
  mr__smtp_goto(s, MR__SMTP_QUIT);
}

void mr__smtp_fail_reason(mr_session *s, int reason, int action, int throttle) {
  mr__smtp_verdict v = mr__smtp_verdict_of(s, reason, action);
  v.throttle = throttle;
  mr__smtp_fail(s, &v);
}

void mr__smtp_refuse_reply(mr_session *s, mr__reply *reply) {
  int class = reply->code / 100;
  mr__smtp_verdict v = mr__smtp_judge(s, reply);
  if ((class == 4 || class == 5) && !mr__smtp_closing(reply))
    mr__smtp_refuse(s, &v);
  else
    mr__smtp_fail(s, &v);
}

void mr__smtp_fault(mr_session *s, int err) {
  int nomem = err == MR_ERR_NOMEM;
  if (nomem && !s->ended)
    s->fault = err;
  mr__smtp_fail_reason(s, nomem ? MR_REASON_NO_MEMORY : MR_REASON_MESSAGE_INVALID,
                       MR_ACTION_LOCAL, 0);
}

void mr__smtp_drop(mr_session *s, int reason) {
  mr__smtp_verdict v = mr__smtp_not_attempted(s);
  if (s->ended)
    return;
  settle_running(s, &v);
  mr__smtp_give_back(s, &v);
  v.reason = reason;
  v.action = MR_ACTION_NONE;
  mr__smtp_result_set(s, &s->end, &v, 0);
  s->end.fate = 0;
  mr__smtp_end(s);
}

static void stop(mr_session *s) {
  mr__timer_stop(s->ctx, &s->timer);
  mr__timer_stop(s->ctx, &s->total);
  mr__timer_stop(s->ctx, &s->wake);
  mr_reader_free(s->reader);
  s->reader = NULL;
  mr__free(&s->ctx->env, s->block);
  s->block = NULL;
  mr__smtp_secure_free(s);
}

void mr__smtp_end(mr_session *s) {
  mr_channel *c = s->channel;
  if (s->ended)
    return;
  s->ended = 1;
  stop(s);
  s->send.state = s->recv.state = MR__SMTP_END;
  mr__event_remove(s->results, &s->ready_node);
  mr__event_post(s->results, &s->end_node);
  s->channel = NULL;
  mr__channel_close(c);
}

int mr__smtp_write_quit(mr_session *s) {
  mr__timer_stop(s->ctx, &s->total);
  int err = mr__command_word(&s->batch, "QUIT");
  if (err)
    mr__smtp_fault(s, err);
  s->send.state = MR__SMTP_NONE;
  return 0;
}

/* What it says changes nothing (R91). Under TLS the end is told once more, in its way. */
void mr__smtp_read_quit(mr_session *s, mr__reply *reply) {
  (void)reply;
  mr__smtp_bye(s);
  if (mr__out_unsent(&s->channel->out) > 0)
    s->farewell = 1;
  else
    mr__smtp_end(s);
}

static mr__smtp_verdict connect_verdict(const mr_session *s, int cause) {
  int reason = MR_REASON_CONNECT_FAILED;
  if (cause == MR_CLOSE_REFUSED)
    reason = MR_REASON_CONNECT_REFUSED;
  else if (cause == MR_CLOSE_TIMEOUT)
    reason = MR_REASON_CONNECT_TIMEOUT;
  else if (cause == MR_CLOSE_UNREACHABLE)
    reason = MR_REASON_CONNECT_UNREACHABLE;
  else if (cause == MR_CLOSE_NO_LOCAL_ADDRESS)
    reason = MR_REASON_LOCAL_ADDRESS;
  mr__smtp_verdict v = mr__smtp_verdict_of(s, reason, MR_ACTION_NEXT);
  v.throttle = reason != MR_REASON_LOCAL_ADDRESS;
  return v;
}

static int in_tls_setup(const mr_session *s) {
  return s->recv.state == MR__SMTP_STARTTLS || s->recv.state == MR__SMTP_HANDSHAKE;
}

/* Loss or silence: what TLS has to do with it decides whether clear is tried (R49, R56).
 */
static mr__smtp_verdict stream_verdict(const mr_session *s, int reason) {
  mr__smtp_verdict v = mr__smtp_verdict_of(s, reason, MR_ACTION_NEXT);
  v.throttle = 1;
  if (!in_tls_setup(s))
    return v;
  v.fallback = s->need.level == MR_TLS_MAY;
  if (s->recv.state == MR__SMTP_HANDSHAKE) {
    v.reason = MR_REASON_TLS_HANDSHAKE;
    v.throttle = 0;
  }
  return v;
}

static mr__smtp_verdict lost_verdict(mr_session *s, int cause) {
  int broken =
      cause == MR_CLOSE_EOF || cause == MR_CLOSE_RESET || cause == MR_CLOSE_WRITE;
  mr__smtp_verdict v = stream_verdict(s, MR_REASON_CONNECTION_LOST);
  if (mr__smtp_truncated(s))
    v.reason = MR_REASON_TLS_TRUNCATED;
  if (s->secure && broken)
    v.fallback = s->need.level == MR_TLS_MAY;
  if (s->recv.state == MR__SMTP_EHLO && !s->secure && broken &&
      s->need.level <= MR_TLS_MAY) { /* R37 */
    v.action = MR_ACTION_HELO;
    v.throttle = 0;
  }
  return v;
}

static mr__smtp_verdict closed_verdict(mr_session *s, int cause) {
  if (cause == MR_CLOSE_NO_RESOURCES)
    return mr__smtp_verdict_of(s, MR_REASON_LOCAL_RESOURCES, MR_ACTION_LOCAL);
  if (cause == MR_CLOSE_CANCELLED)
    return mr__smtp_verdict_of(s, MR_REASON_CANCELLED, MR_ACTION_DEFER);
  if (s->recv.state == MR__SMTP_CONNECT)
    return connect_verdict(s, cause);
  return lost_verdict(s, cause);
}

/* The peer let go of a connection that rested, perhaps while we woke it up. */
static int was_resting(const mr_session *s, int cause) {
  int peer = cause == MR_CLOSE_EOF || cause == MR_CLOSE_RESET ||
             cause == MR_CLOSE_WRITE || cause == MR_CLOSE_TIMEOUT;
  return s->recv.state == MR__SMTP_IDLE || (s->fresh && peer);
}

static void add_detail(char *dst, size_t cap, int reason, const char *text) {
  if (text[0])
    mr__fmt_to(dst, cap, "%s (%q)", mr_reason_text(reason), text);
  else
    mr__fmt_to(dst, cap, "%s", mr_reason_text(reason));
}

void mr__smtp_lost(mr_session *s, int cause, const char *text) {
  char detail[256];
  if (s->recv.state == MR__SMTP_QUIT) {
    mr__smtp_end(s);
  } else if (was_resting(s, cause)) {
    mr__smtp_drop(s, MR_REASON_CONNECTION_LOST);
  } else {
    mr__smtp_verdict v = closed_verdict(s, cause);
    add_detail(detail, sizeof detail, v.reason, text);
    v.text = detail;
    mr__smtp_fail(s, &v);
  }
}

static void late_body(mr_session *s) {
  if (s->gate == 1)
    mr__smtp_fail_reason(s, MR_REASON_GATE_REFUSED, MR_ACTION_DEFER, 0);
  else if (s->source_waits && mr__out_unsent(&s->channel->out) == 0)
    mr__smtp_fail_reason(s, MR_REASON_SOURCE_FAILED, MR_ACTION_LOCAL, 0);
  else
    mr__smtp_fail_reason(s, MR_REASON_REPLY_TIMEOUT, MR_ACTION_NEXT, 1);
}

void mr__smtp_late(mr__timer *timer, void *owner) {
  mr_session *s = owner;
  (void)timer;
  mr__smtp_verdict v = stream_verdict(s, MR_REASON_REPLY_TIMEOUT);
  if (s->recv.state == MR__SMTP_CONNECT)
    v.reason = MR_REASON_CONNECT_TIMEOUT;
  if (s->quitting && s->running == NULL)
    mr__smtp_end(s);
  else if (s->recv.state == MR__SMTP_RSET)
    mr__smtp_drop(s, MR_REASON_REPLY_TIMEOUT);
  else if (s->recv.state == MR__SMTP_BODY)
    late_body(s);
  else if (s->recv.state == MR__SMTP_PREPARE)
    mr__smtp_unprepared(s);
  else
    mr__smtp_fail(s, &v);
  mr__smtp_leave(s);
}

void mr__smtp_too_long(mr__timer *timer, void *owner) {
  mr_session *s = owner;
  (void)timer;
  mr__smtp_fail_reason(s, MR_REASON_SESSION_TIMEOUT, MR_ACTION_NEXT, 1);
  mr__smtp_leave(s);
}
