/* SPDX-License-Identifier: MIT */
/* A submitted transaction: taken in whole, so that telling its outcome cannot fail. */
#include "smtp/smtp.h"

static void fill_outcome(mr__event_node *node, struct mr_event *out) {
  mr__smtp_rcpt *rcpt = MR__OWNER(node, mr__smtp_rcpt, node);
  mr__smtp_txn *txn = rcpt->txn;
  mr_session *s = txn->session;
  mr__smtp_outcome(s, &rcpt->result);
  s->view.tag = txn->tag;
  s->view.index = (uint64_t)(rcpt - txn->rcpts);
  s->view.recipient = rcpt->given;
  s->view.final =
      rcpt->result.action == MR_ACTION_NONE || rcpt->result.action == MR_ACTION_BOUNCE;
  out->id = txn->id;
  out->tag = txn->tag;
  out->outcome = &s->view;
}

static void fill_over(mr__event_node *node, struct mr_event *out) {
  mr__smtp_txn *txn = MR__OWNER(node, mr__smtp_txn, over_node);
  out->id = txn->id;
  out->tag = txn->tag;
}

static void fill_gate(mr__event_node *node, struct mr_event *out) {
  mr__smtp_txn *txn = MR__OWNER(node, mr__smtp_txn, gate_node);
  out->id = txn->id;
  out->tag = txn->tag;
}

static void over_told(mr__event_node *node) {
  mr__smtp_txn_free(MR__OWNER(node, mr__smtp_txn, over_node));
}

static void set_nodes(mr__smtp_txn *txn) {
  txn->over_node.type = MR_EVENT_TRANSACTION;
  txn->over_node.fill = fill_over;
  txn->over_node.done = over_told;
  txn->gate_node.type = MR_EVENT_BEFORE_DOT;
  txn->gate_node.fill = fill_gate;
}

static int take_rcpt(mr__smtp_txn *txn, mr__smtp_rcpt *rcpt, const char *text) {
  const mr_env *env = &txn->session->ctx->env;
  if (text == NULL)
    return MR_ERR_MISUSE;
  rcpt->txn = txn;
  rcpt->node.type = MR_EVENT_OUTCOME;
  rcpt->node.fill = fill_outcome;
  rcpt->given = mr__strdup(env, text);
  if (rcpt->given == NULL)
    return MR_ERR_NOMEM;
  return mr_address_parse(&rcpt->address, env, text, strlen(text), 0, NULL);
}

static int take_rcpts(mr__smtp_txn *txn, const mr_transaction *from) {
  int own = from->recipients == NULL;
  size_t count = own ? mr_message_recipient_count(from->message) : from->recipient_count;
  if (count == 0)
    return MR_ERR_MISUSE;
  if (count > MR__SMTP_RECIPIENTS_MAX)
    return MR_ERR_LIMIT;
  txn->rcpts = mr__calloc(&txn->session->ctx->env, count, sizeof *txn->rcpts);
  if (txn->rcpts == NULL)
    return MR_ERR_NOMEM;
  txn->count = txn->left = count;
  int err = MR_OK;
  for (size_t i = 0; err == MR_OK && i < count; i++)
    err = take_rcpt(txn, &txn->rcpts[i],
                    own ? mr_message_recipient(from->message, i) : from->recipients[i]);
  return err;
}

static int take(mr__smtp_txn *txn, const mr_transaction *from) {
  txn->message = mr_message_ref(from->message);
  if (txn->message == NULL)
    return MR_ERR_MISUSE;
  const char *sender = from->sender ? from->sender : mr_message_sender(from->message);
  int err = mr_address_parse(&txn->sender, &txn->session->ctx->env, sender,
                             strlen(sender), MR_ADDRESS_ALLOW_NULL, NULL);
  return err ? err : take_rcpts(txn, from);
}

static void link_last(mr_session *s, mr__smtp_txn *txn) {
  txn->prev = s->last;
  if (s->last)
    s->last->next = txn;
  else
    s->all = txn;
  s->last = txn;
  if (s->waiting == NULL)
    s->waiting = txn;
  s->waiting_count++;
}

int mr__smtp_txn_new(mr__smtp_txn **out, mr_session *s, const mr_transaction *from) {
  mr__smtp_txn *txn = mr__calloc(&s->ctx->env, 1, sizeof *txn);
  if (txn == NULL)
    return MR_ERR_NOMEM;
  txn->session = s;
  txn->tag = from->tag;
  txn->waited = from->waited;
  txn->submitted = s->ctx->now;
  set_nodes(txn);
  int err = take(txn, from);
  txn->id = mr__ctx_id(s->ctx);
  link_last(s, txn);
  if (err) {
    s->waiting_count--;
    mr__smtp_txn_free(txn);
    return err;
  }
  *out = txn;
  return MR_OK;
}

static void unchain(mr__smtp_txn *txn) {
  mr_session *s = txn->session;
  if (s->waiting == txn)
    s->waiting = txn->next;
  if (txn->prev)
    txn->prev->next = txn->next;
  else
    s->all = txn->next;
  if (txn->next)
    txn->next->prev = txn->prev;
  else
    s->last = txn->prev;
}

void mr__smtp_txn_free(mr__smtp_txn *txn) {
  mr_session *s = txn->session;
  const mr_env *env = &s->ctx->env;
  unchain(txn);
  mr__event_remove(s->results, &txn->over_node);
  mr__event_remove(s->results, &txn->gate_node);
  for (size_t i = 0; i < txn->count; i++) {
    mr__event_remove(s->results, &txn->rcpts[i].node);
    mr_address_free(txn->rcpts[i].address);
    mr__free(env, txn->rcpts[i].given);
  }
  mr__free(env, txn->rcpts);
  mr_address_free(txn->sender);
  mr_message_free(txn->message);
  mr__free(env, txn);
}

void mr__smtp_txn_close(mr__smtp_txn *txn) {
  mr__event_post(txn->session->results, &txn->over_node);
}

void mr__smtp_settle(mr__smtp_rcpt *rcpt, const mr__smtp_verdict *v) {
  mr__smtp_txn *txn = rcpt->txn;
  mr_session *s = txn->session;
  if (rcpt->state == MR__SMTP_DECIDED)
    return;
  mr__smtp_result_set(s, &rcpt->result, v, txn->waited + (s->ctx->now - txn->submitted));
  rcpt->state = MR__SMTP_DECIDED;
  txn->left--;
  mr__event_post(s->results, &rcpt->node);
}

void mr__smtp_settle_all(mr__smtp_txn *txn, const mr__smtp_verdict *v) {
  for (size_t i = txn->first; i < txn->count; i++)
    mr__smtp_settle(&txn->rcpts[i], v);
}
