/* SPDX-License-Identifier: MIT */
/* The interface and the life of a session. */
#include "smtp/smtp.h"

static void fill_ready(mr__event_node *node, struct mr_event *out) {
  out->outcome = mr__smtp_outcome(MR__OWNER(node, mr_session, ready_node), NULL);
}

static void fill_end(mr__event_node *node, struct mr_event *out) {
  mr_session *s = MR__OWNER(node, mr_session, end_node);
  out->outcome = mr__smtp_outcome(s, &s->end);
  out->reason = s->end.reason;
}

static void timer_init(mr_session *s, mr__timer *timer,
                       void (*fire)(mr__timer *timer, void *owner)) {
  timer->fire = fire;
  timer->owner = s;
}

static void init(mr_session *s) {
  const mr_env *env = &s->ctx->env;
  mr__last_error_init(&s->error);
  s->recv.state = s->send.state = MR__SMTP_CONNECT;
  s->ready_node.type = MR_EVENT_READY;
  s->ready_node.fill = fill_ready;
  s->end_node.type = MR_EVENT_SESSION_END;
  s->end_node.fill = fill_end;
  timer_init(s, &s->timer, mr__smtp_late);
  timer_init(s, &s->total, mr__smtp_too_long);
  timer_init(s, &s->wake, mr__smtp_wake);
  mr__buf_init(&s->batch, env, MR__SMTP_BATCH_MAX);
  mr__reply_init(&s->parser, env,
                 (size_t)mr_options_get(s->options, MR_OPT_REPLY_LINE_MAX),
                 (unsigned)mr_options_get(s->options, MR_OPT_REPLY_LINES_MAX));
}

int mr__session_join(mr_session **out, mr__ctx *ctx, const mr_options *options,
                     mr__events *results) {
  mr_session *s = mr__calloc(&ctx->env, 1, sizeof *s);
  *out = s;
  if (s == NULL)
    return MR_ERR_NOMEM;
  s->ctx = mr__ctx_ref(ctx);
  s->options = mr__options_ref(options);
  s->results = results;
  init(s);
  return MR_OK;
}

int mr_session_new(mr_session **out, const mr_env *env, const mr_options *options) {
  mr__ctx *ctx;
  if (out == NULL)
    return MR_ERR_MISUSE;
  *out = NULL;
  int err = mr__ctx_new(&ctx, env);
  if (err)
    return err;
  err = mr__session_join(out, ctx, options, &ctx->events);
  mr__ctx_drop(ctx);
  return err;
}

static void destroy(mr_session *s) {
  mr__ctx *ctx = s->ctx;
  mr__smtp_end(s);
  while (s->all)
    mr__smtp_txn_free(s->all);
  mr__event_remove(s->results, &s->ready_node);
  mr__event_remove(s->results, &s->end_node);
  mr__smtp_trace_free(s);
  mr__smtp_target_clear(s);
  mr__reply_free(&s->parser);
  mr__buf_free(&s->batch);
  mr__options_drop(s->options);
  mr__free(&ctx->env, s);
  mr__ctx_drop(ctx);
}

/* Freed inside a service, it goes when that has returned through us. */
void mr_session_free(mr_session *session) {
  if (session == NULL)
    return;
  if (session->ctx->busy)
    session->doomed = 1;
  else
    destroy(session);
}

void mr__smtp_leave(mr_session *s) {
  if (s->doomed) {
    destroy(s);
    return;
  }
  if (s->channel == NULL || s->channel->out.queued == s->updated)
    return;
  s->updated = s->channel->out.queued;
  mr__channel_update(s->channel);
}

const mr_error *mr_session_error(const mr_session *session) {
  return session ? &session->error.view : NULL;
}

static int failed(mr_session *s, int err, const char *what) {
  return mr__fail(&s->error, err, MR_STAGE_SUBMIT, s->host, "%s: %s", what,
                  mr_strerror(err));
}

static int open_channel(mr_session *s, const char *source) {
  size_t segment = (size_t)mr_options_get(s->options, MR_OPT_SEGMENT_SIZE);
  int err = mr__channel_open(&s->channel, s->ctx, &mr__smtp_channel_ops, s,
                             MR_CHANNEL_TCP, s->address, s->port, source, 0, segment);
  if (err)
    return err;
  mr__smtp_arm(s);
  mr__timer_set(s->ctx, &s->total,
                s->ctx->now + mr__smtp_timeout(s, MR_OPT_TIMEOUT_SESSION));
  return MR_OK;
}

int mr_session_connect(mr_session *session, const mr_session_target *target,
                       uint64_t now) {
  char source[46];
  if (session == NULL || target == NULL)
    return MR_ERR_MISUSE;
  int err = mr__ctx_enter(session->ctx, now);
  if (err == MR_OK && (session->channel || session->ended))
    err = MR_ERR_STATE;
  if (err)
    return err;
  err = mr__smtp_target_set(session, target, source);
  if (err == MR_OK && (err = open_channel(session, source)) != MR_OK)
    mr__smtp_target_clear(session);
  if (err)
    failed(session, err, "connect");
  mr__smtp_leave(session);
  return err;
}

static int may_submit(const mr_session *s) {
  if (s->ended)
    return MR_ERR_CLOSED;
  if (s->channel == NULL || s->quitting)
    return MR_ERR_STATE;
  return s->waiting_count < MR__SMTP_WAITING_MAX ? MR_OK : MR_ERR_LIMIT;
}

int mr_session_submit(mr_session *session, uint64_t *id,
                      const mr_transaction *transaction, uint64_t now) {
  mr_transaction t = {0};
  mr__smtp_txn *txn;
  if (session == NULL || transaction == NULL || transaction->size < sizeof t.size)
    return MR_ERR_MISUSE;
  size_t size = transaction->size < sizeof t ? transaction->size : sizeof t;
  memcpy(&t, transaction, size);
  int err = t.message ? mr__ctx_enter(session->ctx, now) : MR_ERR_MISUSE;
  if (err == MR_OK)
    err = may_submit(session);
  if (err)
    return err;
  err = mr__smtp_txn_new(&txn, session, &t);
  if (err)
    failed(session, err, "submit");
  else if (id)
    *id = txn->id;
  if (err == MR_OK && session->recv.state == MR__SMTP_IDLE) {
    mr__smtp_next(session);
    mr__smtp_go(session);
  }
  mr__smtp_leave(session);
  return err;
}

static int enter_connected(mr_session *s, uint64_t now) {
  int err = mr__ctx_enter(s->ctx, now);
  if (err == MR_OK && s->ended)
    err = MR_ERR_CLOSED;
  if (err == MR_OK && s->channel == NULL)
    err = MR_ERR_STATE;
  return err;
}

int mr_session_proceed(mr_session *session, uint64_t id, int go, uint64_t now) {
  if (session == NULL)
    return MR_ERR_MISUSE;
  int err = mr__ctx_enter(session->ctx, now);
  if (err)
    return err;
  if (session->running == NULL || session->running->id != id || session->gate != 1 ||
      session->recv.state != MR__SMTP_BODY)
    return MR_ERR_NOT_FOUND;
  if (go) {
    session->gate = 2;
    mr__event_remove(session->results, &session->running->gate_node);
    mr__smtp_pump(session);
    mr__smtp_go(session);
  } else {
    mr__smtp_fail_reason(session, MR_REASON_GATE_REFUSED, MR_ACTION_DEFER, 0);
  }
  mr__smtp_leave(session);
  return MR_OK;
}

/* Inside the source it is heard when that has returned; inside another service, soon. */
static void woken_inside(mr_session *s) {
  s->source_woken = 1;
  if (s->source_waits)
    mr__timer_set(s->ctx, &s->wake, s->ctx->now);
}

int mr_session_source_done(mr_session *session, uint64_t now) {
  if (session == NULL)
    return MR_ERR_MISUSE;
  if (session->running == NULL ||
      (session->recv.state != MR__SMTP_BODY && session->recv.state != MR__SMTP_PREPARE))
    return MR_ERR_NOT_FOUND;
  if (session->ctx->busy) {
    woken_inside(session);
    return MR_OK;
  }
  int err = mr__ctx_enter(session->ctx, now);
  if (err)
    return err;
  if (session->ended || !session->source_waits)
    return MR_ERR_NOT_FOUND;
  mr__timer_stop(session->ctx, &session->wake);
  mr__smtp_wake(&session->wake, session);
  return MR_OK;
}

int mr_session_quit(mr_session *session, uint64_t now) {
  if (session == NULL)
    return MR_ERR_MISUSE;
  int err = enter_connected(session, now);
  if (err || session->quitting)
    return err;
  mr__smtp_verdict v = mr__smtp_not_attempted(session);
  session->quitting = 1;
  mr__smtp_give_back(session, &v);
  if (session->recv.state == MR__SMTP_CONNECT ||
      session->recv.state == MR__SMTP_HANDSHAKE)
    mr__smtp_end(session);
  else if (session->recv.state == MR__SMTP_IDLE)
    mr__smtp_next(session);
  else if (session->running == NULL)
    mr__smtp_arm(session);
  mr__smtp_go(session);
  mr__smtp_leave(session);
  return MR_OK;
}

const mr_event *mr_session_next(mr_session *session) {
  if (session == NULL || session->ctx->busy)
    return NULL;
  const mr_event *event = mr__event_next(&session->ctx->events, &session->event);
  if (!session->doomed)
    return event;
  destroy(session);
  return NULL;
}

uint64_t mr_session_deadline(const mr_session *session) {
  return session ? mr__ctx_deadline(session->ctx) : MR_NEVER;
}

int mr_session_expire(mr_session *session, uint64_t now) {
  if (session == NULL)
    return MR_ERR_MISUSE;
  int err = mr__ctx_enter(session->ctx, now);
  if (err == MR_OK)
    mr__ctx_expire(session->ctx, now);
  return err;
}
