/* SPDX-License-Identifier: MIT */
/*
 * The message: reader, dots, output; a few segments at a time, going on as they leave.
 * The final dot is written when all of it was read without fault, and the gate is open.
 */
#include "smtp/smtp.h"

int mr__smtp_write_body(mr_session *s) {
  s->send.state = MR__SMTP_NONE;
  s->block_at = s->block_len = 0;
  s->body_done = s->source_waits = s->source_woken = s->gate = 0;
  mr__dots_init(&s->dots);
  mr__smtp_pump(s);
  return 0;
}

static void source_failed(mr_session *s, int err) {
  if (err == MR_ERR_NOMEM)
    mr__smtp_fault(s, err);
  else
    mr__smtp_fail_reason(s, MR_REASON_SOURCE_FAILED, MR_ACTION_LOCAL, 0);
}

static int read_source(mr_session *s) {
  s->block_at = s->block_len = 0;
  s->source_woken = 0;
  mr__ctx_service_begin(s->ctx);
  int err = mr_reader_read(s->reader, s->block, MR__SMTP_BLOCK, &s->block_len);
  mr__ctx_service_end(s->ctx);
  return err;
}

void mr__smtp_wait_for_source(mr_session *s) {
  s->source_waits = 1;
  s->block_len = 0;
  mr__smtp_arm(s);
  if (s->source_woken)
    mr__timer_set(s->ctx, &s->wake, s->ctx->now);
}

/* 1 = go on */
static int refill(mr_session *s) {
  int err = read_source(s);
  if (err == MR_OK) {
    s->source_waits = 0;
    s->body_done = s->block_len == 0;
    return 1;
  }
  if (err == MR_ERR_PENDING)
    mr__smtp_wait_for_source(s);
  else
    source_failed(s, err);
  return 0;
}

static int encode(mr_session *s, uint8_t *out, size_t cap, size_t *made) {
  size_t used = 0;
  int err = mr__dots_encode(&s->dots, s->block + s->block_at, s->block_len - s->block_at,
                            &used, out, cap, made);
  s->block_at += used;
  return err;
}

static int encode_secure(mr_session *s) {
  uint8_t *wire = s->block + MR__SMTP_BLOCK;
  size_t made = 0;
  int err = encode(s, wire, MR__SMTP_BLOCK, &made);
  return err || made == 0 ? err : mr__smtp_encrypt(s, wire, made);
}

/* Straight into the segments; the encoder needs two octets, which one may not have left.
 */
static int encode_clear(mr_session *s) {
  mr__out *out = &s->channel->out;
  uint8_t two[2], *room = NULL;
  size_t len = 0, made = 0;
  int err = mr__out_room(out, &room, &len);
  if (err)
    return err;
  if (len < sizeof two) {
    err = encode(s, two, sizeof two, &made);
    return err ? err : mr__out_put(out, two, made);
  }
  err = encode(s, room, len, &made);
  if (err == MR_OK)
    mr__out_filled(out, made);
  return err;
}

static void write_block(mr_session *s) {
  int err = mr__smtp_encrypting(s) ? encode_secure(s) : encode_clear(s);
  if (err)
    mr__smtp_fault(s, err);
}

static void end_of_body(mr_session *s) {
  if (s->gate == 2 || !mr_options_get(s->options, MR_OPT_DOT_GATE)) {
    mr__smtp_goto(s, MR__SMTP_DOT);
  } else if (s->gate == 0 && mr__out_unsent(&s->channel->out) == 0) {
    s->gate = 1;
    mr__smtp_arm(s);
    mr__event_post(s->results, &s->running->gate_node);
  }
}

static size_t room_for(const mr_session *s) {
  size_t most = MR__SMTP_UNSENT_SEGMENTS * s->channel->out.segment_size;
  size_t unsent = mr__out_unsent(&s->channel->out);
  return unsent < most ? most - unsent : 0;
}

void mr__smtp_pump(mr_session *s) {
  int more = s->recv.state == MR__SMTP_BODY && !s->source_waits;
  while (more && !s->ended && !s->body_done && room_for(s) > 0) {
    if (s->block_at < s->block_len)
      write_block(s);
    else
      more = refill(s);
  }
  if (!s->ended && s->recv.state == MR__SMTP_BODY && s->body_done)
    end_of_body(s);
}

void mr__smtp_wake(mr__timer *timer, void *owner) {
  mr_session *s = owner;
  (void)timer;
  s->source_waits = 0;
  if (s->recv.state == MR__SMTP_PREPARE)
    mr__smtp_goto(s, MR__SMTP_PREPARE);
  mr__smtp_pump(s);
  mr__smtp_go(s);
  mr__smtp_leave(s);
}

static void trace_body(mr_session *s) {
  char note[64];
  size_t len = mr__fmt_to(note, sizeof note, "[%llu octets of message]",
                          (unsigned long long)s->size);
  mr__smtp_trace_line(s, MR_DIRECTION_NOTE, MR_STAGE_BODY, note, len);
  mr__smtp_trace_line(s, MR_DIRECTION_SENT, MR_STAGE_DOT, ".", 1);
}

/* The command whose reply the dot's may be mistaken for is the body: T5 parts them. */
int mr__smtp_write_dot(mr_session *s) {
  uint8_t dot[3];
  s->send.state = MR__SMTP_NONE;
  s->begins[MR__SMTP_DOT] = s->begins[MR__SMTP_BODY];
  int err = mr__dots_end(&s->dots, dot);
  if (err == MR_OK)
    err = mr__smtp_send(s, dot, sizeof dot);
  if (err) {
    mr__smtp_fault(s, err);
    return 0;
  }
  s->dot_end = s->channel->out.queued;
  trace_body(s);
  return 0;
}

/* Where R82 and R88 divide. What the host was shown may have left, unless it says more.
 */
int mr__smtp_dot_left(const mr_session *s) {
  if (s->dot_end == 0)
    return 0;
  return (s->left_known ? s->left : s->channel->out.exposed) >= s->dot_end;
}
