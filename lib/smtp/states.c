/* SPDX-License-Identifier: MIT */
#include "smtp/smtp.h"

static const mr__smtp_row rows[MR__SMTP_STATE_COUNT] = {
#define X(id, name, write, read, timeout, stage) {name, write, read, timeout, stage},
    MR__SMTP_STATES(X)
#undef X
};

const mr__smtp_row *mr__smtp_row_of(int state) { return &rows[state]; }

const char *mr_session_state_name(size_t index) {
  return index < MR__SMTP_STATE_COUNT ? rows[index].name : NULL;
}

/* As long as the dot is with us, we are at the message. */
int mr__smtp_stage(const mr_session *s) {
  if (s->recv.state == MR__SMTP_DOT && !mr__smtp_dot_left(s))
    return MR_STAGE_BODY;
  return rows[s->recv.state].stage;
}

uint64_t mr__smtp_timeout(const mr_session *s, int option) {
  uint64_t value = (uint64_t)mr_options_get(s->options, option);
  uint64_t scale = (uint64_t)mr_options_get(s->options, MR_OPT_TIMEOUT_SCALE);
  uint64_t scaled = value / 100 * scale + value % 100 * scale / 100;
  return scaled > 0 ? scaled : 1;
}

/* Whoever only wants to leave waits for no reply longer than for that to QUIT. */
void mr__smtp_arm(mr_session *s) {
  int leaving = s->quitting && s->running == NULL;
  int option = leaving ? MR_OPT_TIMEOUT_QUIT : rows[s->recv.state].timeout;
  uint64_t at = option ? s->ctx->now + mr__smtp_timeout(s, option) : MR_NEVER;
  mr__timer_set(s->ctx, &s->timer, at);
}

void mr__smtp_goto(mr_session *s, int state) {
  s->recv.state = s->send.state = state;
  s->recv.rcpt = s->send.rcpt = 0;
  mr__smtp_arm(s);
}

void mr__smtp_advance(mr_session *s) {
  s->recv = mr__smtp_behind(s, s->recv);
  mr__smtp_arm(s);
}

int mr__smtp_outstanding(const mr_session *s) {
  return s->send.state != s->recv.state || s->send.rcpt != s->recv.rcpt;
}

uint64_t mr__smtp_offset(const mr_session *s) {
  uint64_t queued = s->channel->out.queued;
  return mr__smtp_encrypting(s) ? queued : queued + s->batch.len;
}

uint64_t mr__smtp_begin(const mr_session *s) {
  if (s->recv.state == MR__SMTP_RCPT)
    return s->running->rcpts[s->recv.rcpt].begin;
  return s->begins[s->recv.state];
}

static void mark_begin(mr_session *s) {
  uint64_t at = mr__smtp_offset(s);
  if (s->send.state == MR__SMTP_RCPT)
    s->running->rcpts[s->send.rcpt].begin = at;
  else
    s->begins[s->send.state] = at;
}

static void trace_command(mr_session *s, int state, size_t from) {
  size_t len = s->batch.len - from;
  if (s->ended || s->batch.err || len < 2)
    return;
  mr__smtp_trace_line(s, MR_DIRECTION_SENT, rows[state].stage,
                      (const char *)s->batch.data + from, len - 2);
}

/* One group of commands (RFC 2920 3.1), in one write; without PIPELINING, one command. */
static void write_group(mr_session *s) {
  int more;
  mr__buf_clear(&s->batch);
  do {
    size_t from = s->batch.len;
    int state = s->send.state;
    mark_begin(s);
    more = rows[state].write(s);
    trace_command(s, state, from);
  } while (more && s->pipelining && !s->ended);
  if (s->ended || s->batch.len == 0)
    return;
  int err = mr__smtp_send(s, s->batch.data, s->batch.len);
  if (err)
    mr__smtp_fault(s, err);
}

void mr__smtp_go(mr_session *s) {
  while (!s->ended && !mr__smtp_outstanding(s) && rows[s->send.state].write)
    write_group(s);
}
