/* SPDX-License-Identifier: MIT */
/*
 * What is known not to work is not tried: R62, R63, R64. An 8-bit message is read before
 * MAIL, to see in which form this server can take it, and how large it is then.
 */
#include "smtp/smtp.h"

static void settle_reason(mr__smtp_txn *txn, int reason, int action) {
  mr__smtp_verdict v = mr__smtp_verdict_of(txn->session, reason, action);
  v.stage = MR_STAGE_MAIL;
  mr__smtp_settle_all(txn, &v);
}

/* R63, one by one. */
static void check_utf8(mr__smtp_txn *txn) {
  mr__smtp_verdict v =
      mr__smtp_verdict_of(txn->session, MR_REASON_NEEDS_SMTPUTF8, MR_ACTION_NEXT);
  v.stage = MR_STAGE_MAIL;
  int all = mr_address_needs_utf8(txn->sender);
  for (size_t i = 0; i < txn->count; i++)
    if (all || mr_address_needs_utf8(txn->rcpts[i].address))
      mr__smtp_settle(&txn->rcpts[i], &v);
}

static void check(mr__smtp_txn *txn) {
  const mr_session *s = txn->session;
  if (s->ehlo.size > 0 && s->size > s->ehlo.size)
    settle_reason(txn, MR_REASON_SIZE_EXCEEDED, MR_ACTION_BOUNCE);
  else
    check_utf8(txn);
}

static int has_8bitmime(const mr_session *s) {
  return (s->ehlo.keywords & MR__EHLO_8BITMIME) != 0;
}

/* The header section would have to become ASCII, and may not (R63). */
static void refuse_header(mr__smtp_txn *txn) {
  mr__smtp_verdict v =
      mr__smtp_verdict_of(txn->session, MR_REASON_NEEDS_SMTPUTF8, MR_ACTION_BOUNCE);
  v.stage = MR_STAGE_MAIL;
  v.own = mr_reason_status(MR_REASON_NEEDS_8BITMIME);
  v.text = "The header is not ASCII and may not be converted, and the server has no "
           "SMTPUTF8.";
  mr__smtp_settle_all(txn, &v);
}

/* There is no form that this server takes. */
static void refuse(mr_session *s, int err) {
  if (err == MR_ERR_SOURCE)
    settle_reason(s->running, MR_REASON_SOURCE_FAILED, MR_ACTION_LOCAL);
  else if (err == MR_ERR_ADDR)
    settle_reason(s->running, MR_REASON_NEEDS_SMTPUTF8, MR_ACTION_NEXT);
  else if (has_8bitmime(s))
    refuse_header(s->running);
  else
    settle_reason(s->running, MR_REASON_NEEDS_8BITMIME, MR_ACTION_BOUNCE);
}

static int measure(mr_session *s) {
  int err = MR_OK;
  if (s->reader == NULL)
    err = mr__reader_for_server(&s->reader, s->running->message, has_8bitmime(s));
  if (err)
    return err;
  s->source_woken = 0;
  mr__ctx_service_begin(s->ctx);
  err = mr_reader_size(s->reader, &s->size);
  mr__ctx_service_end(s->ctx);
  return err;
}

static void prepared(mr_session *s, int err) {
  s->source_waits = 0;
  if (err)
    refuse(s, err);
  else
    check(s->running);
  mr__smtp_begin_or_close(s);
}

int mr__smtp_write_prepare(mr_session *s) {
  s->send.state = MR__SMTP_NONE;
  int err = measure(s);
  if (err == MR_ERR_PENDING)
    mr__smtp_wait_for_source(s);
  else if (err == MR_ERR_NOMEM)
    mr__smtp_fault(s, err);
  else
    prepared(s, err);
  return 0;
}

void mr__smtp_unprepared(mr_session *s) {
  prepared(s, MR_ERR_SOURCE);
  mr__smtp_go(s);
}
