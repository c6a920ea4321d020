/* SPDX-License-Identifier: MIT */
/*
 * Which transaction comes next, and its rounds: each is a MAIL transaction with as many
 * of the open recipients as we or the server take at a time (R5, R74).
 */
#include "smtp/smtp.h"

static void idle(mr_session *s) {
  mr__timer_stop(s->ctx, &s->total);
  mr__smtp_goto(s, MR__SMTP_IDLE);
  s->reused = 1;
  mr__event_post(s->results, &s->ready_node);
}

static size_t round_limit(const mr_session *s) {
  size_t limit = (size_t)mr_options_get(s->options, MR_OPT_TRANSACTION_RECIPIENTS);
  return s->rcpt_limit && s->rcpt_limit < limit ? s->rcpt_limit : limit;
}

static void choose_rcpts(mr_session *s) {
  mr__smtp_txn *txn = s->running;
  size_t room = round_limit(s);
  while (txn->first < txn->count && txn->rcpts[txn->first].state == MR__SMTP_DECIDED)
    txn->first++;
  for (size_t i = txn->first; room > 0 && i < txn->count; i++) {
    mr__smtp_rcpt *rcpt = &txn->rcpts[i];
    if (rcpt->state == MR__SMTP_DECIDED)
      continue;
    rcpt->round = s->round;
    room--;
  }
}

static int prepare(mr_session *s) {
  size_t size = (size_t)MR__SMTP_BLOCK * (s->secure ? 2 : 1);
  if (s->block == NULL && (s->block = mr__realloc(&s->ctx->env, NULL, size)) == NULL)
    return MR_ERR_NOMEM;
  if (s->reader != NULL)
    return MR_OK;
  return mr_reader_new(&s->reader, s->running->message);
}

static void round_begin(mr_session *s) {
  int err = prepare(s);
  if (err) {
    mr__smtp_fault(s, err);
    return;
  }
  s->round++;
  s->mail_ok = 0;
  s->round_yes = s->accepted = 0;
  s->dot_end = 0;
  choose_rcpts(s);
  mr__smtp_goto(s, s->needs_rset ? MR__SMTP_RSET : MR__SMTP_MAIL);
}

static void close_running(mr_session *s) {
  mr__smtp_txn *txn = s->running;
  mr_reader_free(s->reader);
  s->reader = NULL;
  s->running = NULL;
  s->reused = 1;
  mr__smtp_txn_close(txn);
}

static void start(mr_session *s) {
  mr__smtp_txn *txn = s->waiting;
  s->waiting = txn->next;
  s->waiting_count--;
  s->running = txn;
  s->fresh = s->reused;
  s->steps = 0;
  mr__event_remove(s->results, &s->ready_node);
  mr__timer_set(s->ctx, &s->total,
                s->ctx->now + mr__smtp_timeout(s, MR_OPT_TIMEOUT_SESSION));
  mr__smtp_goto(s, MR__SMTP_PREPARE);
}

void mr__smtp_begin_or_close(mr_session *s) {
  if (s->running->left > 0) {
    round_begin(s);
    return;
  }
  close_running(s);
  mr__smtp_next(s);
}

void mr__smtp_next(mr_session *s) {
  while (!s->ended && !s->running && s->waiting && !s->quitting)
    start(s);
  if (s->ended || s->running)
    return;
  if (s->quitting)
    mr__smtp_goto(s, MR__SMTP_QUIT);
  else
    idle(s);
}

void mr__smtp_round_end(mr_session *s) {
  mr__reader_again(s->reader);
  s->dot_end = 0;
  mr__smtp_begin_or_close(s);
}
