/* SPDX-License-Identifier: MIT */
/* From a decision to its commit, through every way in which a store can fail, and then to
 * the outcomes: none is told before its commit (R84, R102). */
#include "queue/delivery.h"

void mr__settle_start(mr__delivery *d) {
  mr__delivery_phase(d, MR__PHASE_COMMIT);
  if (d->purpose == MR__PURPOSE_RESULTS && mr__bounce_due(d)) {
    if (mr__bounce_start(d) == MR_OK)
      mr__delivery_phase(d, MR__PHASE_HEADER);
    else
      mr__bounce_drop(d);
  }
  mr__delivery_wake(d);
}

/* ---- after the commit ---- */

/* Commits may end in another order than they began: the last one tells that all is done.
 */
static void message_done(mr__delivery *d) {
  mr_queue *q = d->queue;
  mr__link *link = mr__index_find(&q->messages, d->view.message);
  for (; link != NULL; link = mr__index_again(link)) {
    mr__delivery *other = MR__OWNER(link, mr__delivery, by_message);
    if (other != d && other->phase >= MR__PHASE_COMMIT &&
        other->phase <= MR__PHASE_ENDED) {
      other->message_done = 1;
      return;
    }
  }
  mr__delivery_post(d, &q->ctx->events, &d->done_event);
}

static void complete_outcome(const mr__delivery *d, mr__rcpt *r) {
  mr_outcome *o = &r->last.view;
  o->message = d->view.message;
  o->tag = d->view.tag;
  o->index = r->index;
  o->recipient = r->given;
  o->final = !r->keep;
  o->attempts = mr__add_sat(d->view.attempts, d->purpose == MR__PURPOSE_RESULTS);
  o->retry_in = r->keep && r->state != MR__RCPT_HELD ? d->delay : 0;
}

/* Its recipients are not known any more: one outcome stands for them all (fault 73). */
static void tell_damaged(mr__delivery *d) {
  mr_outcome *o = &d->damaged;
  mr__outcome_clear(o);
  o->message = d->view.message;
  o->tag = d->view.tag;
  o->fate = d->purpose == MR__PURPOSE_CANCEL ? MR_FATE_CANCELLED : MR_FATE_HELD;
  o->final = o->fate == MR_FATE_CANCELLED;
  o->reason = MR_REASON_RECORD_DAMAGED;
  o->stage = MR_STAGE_QUEUE;
  o->status = mr_reason_status(o->reason);
  o->text = mr_reason_text(o->reason);
  o->attempts = d->view.attempts;
  mr__delivery_post(d, &d->queue->ctx->events, &d->damaged_event);
}

static void tell(mr__delivery *d) {
  mr_queue *q = d->queue;
  if (d->rcpt_count == 0)
    tell_damaged(d);
  for (size_t i = 0; i < d->rcpt_count; i++) {
    mr__rcpt *r = &d->rcpts[i];
    if (r->told && r->note != NULL && !r->keep) {
      r->note_id = mr__note_id(r->note);
      mr__note_keep(r->note, q, d->view.message);
      r->note = NULL;
    }
    if (r->told) {
      complete_outcome(d, r);
      mr__delivery_post(d, &q->ctx->events, &r->event);
    }
  }
  if (d->bounce != NULL) {
    d->bounce_id = mr__bounce_id(d);
    mr__delivery_post(d, &q->ctx->events, &d->bounce_event);
    mr__claim_wake(q);
  }
  if (d->message_done)
    message_done(d);
  mr__claim_wake_at(q, mr__add_sat(q->ctx->now, d->delay));
  if (d->cancel != NULL)
    mr__cancel_done(d->cancel, 0);
  mr__delivery_gone(d);
}

/* A cancel does without: it looks again later. */
static void give_up(mr__delivery *d) {
  if (d->purpose != MR__PURPOSE_CANCEL) {
    mr__lease_lost(d);
    return;
  }
  mr__cancel_done(d->cancel, 1);
  if (d->message_done)
    mr__delivery_post(d, &d->queue->ctx->events, &d->done_event);
  mr__delivery_gone(d);
}

static void to_phase(mr__delivery *d, int phase) {
  mr__delivery_phase(d, phase);
  d->tries = 0;
  mr__delivery_wake(d);
}

static void try_again(mr__delivery *d) {
  if (d->purpose == MR__PURPOSE_CANCEL) {
    give_up(d);
  } else if (!mr__lease_over(d)) {
    mr__delivery_back_off(d);
  } else if (d->unknown) {
    d->refused = 1;
    to_phase(d, MR__PHASE_VERIFY);
  } else {
    mr__lease_lost(d);
  }
}

static void rebuild(mr__delivery *d) {
  mr__batch_free(&d->batch);
  mr__delivery_wake(d);
}

static int final_error(int err) {
  return err == MR_ERR_LIMIT || err == MR_ERR_EXISTS || err == MR_ERR_NOT_FOUND ||
         err == MR_ERR_NOTSUP || err == MR_ERR_RANGE;
}

static void commit_failed(mr__delivery *d, int err) {
  mr_queue *q = d->queue;
  mr__log(&q->ctx->env, MR_LOG_WARNING, "queue: commit of %llu/%llu: %s",
          (unsigned long long)d->view.message, (unsigned long long)d->part,
          mr_strerror(err));
  if (d->bounce != NULL && (final_error(err) || ++d->tries >= MR__COMMIT_TRIES)) {
    mr__bounce_drop(d);
    rebuild(d);
  } else if (err == MR_ERR_NOT_FOUND) {
    give_up(d);
  } else {
    for (size_t i = 0; err == MR_ERR_EXISTS && i < d->rcpt_count; i++)
      if (d->rcpts[i].note != NULL)
        mr__note_renew(d->rcpts[i].note, q);
    mr__batch_free(&d->batch);
    try_again(d);
  }
}

static void committed(mr__op *op, int err, const mr_record *const *records,
                      size_t count) {
  mr__delivery *d = MR__OWNER(op, mr__delivery, op);
  for (size_t i = 0; i < count; i++)
    d->message_done |= records[i]->message == d->view.message;
  if (err == MR_OK) {
    tell(d);
  } else if (err == MR_ERR_TIMEOUT || (err == MR_ERR_NOT_FOUND && d->unknown) ||
             (err == MR_ERR_LEASE_LOST && d->unknown)) {
    d->refused = err != MR_ERR_TIMEOUT;
    d->unknown = 1;
    to_phase(d, MR__PHASE_VERIFY);
  } else if (err == MR_ERR_LEASE_LOST) {
    give_up(d);
  } else {
    commit_failed(d, err);
  }
}

void mr__settle_commit(mr__delivery *d) {
  int rc = d->batch.ops == NULL ? mr__commit_build(d) : MR_OK;
  if (rc != MR_OK) {
    mr__batch_free(&d->batch);
    try_again(d);
    return;
  }
  d->op.done = committed;
  mr__op_commit(&d->op, (const mr_record_op *const *)d->batch.ops, d->batch.count);
}

/* ---- after a commit without an answer: asked until the store tells, for what it did
 * may be the last that is heard of a recipient ---- */

/* Whether the record that is there now is the one that we wrote. */
static int is_ours(const mr__delivery *d, const mr_record *record) {
  mr__cur cur;
  mr__record_head head;
  return mr__record_open(&cur, record->data, record->data_len, &head) == MR_OK &&
         head.nonce == d->nonce;
}

int mr__settle_found(mr__delivery *d, const mr_record *record) {
  if (!is_ours(d, record))
    return 0;
  mr__op_cancel(&d->op);
  to_phase(d, MR__PHASE_ENDED);
  return 1;
}

static void verified(mr__op *op, int err, const mr_record *const *records, size_t count) {
  mr__delivery *d = MR__OWNER(op, mr__delivery, op);
  int there =
      count > 0 && records[0]->part == d->part && records[0]->message == d->view.message;
  if (err != MR_OK) {
    mr__delivery_back_off(d);
  } else if (!there || (d->purpose == MR__PURPOSE_RESULTS && is_ours(d, records[0]))) {
    to_phase(d, MR__PHASE_ENDED);
  } else if (d->refused || d->purpose == MR__PURPOSE_CANCEL) {
    d->unknown = 0;
    give_up(d);
  } else {
    to_phase(d, MR__PHASE_COMMIT);
    mr__delivery_back_off(d);
  }
}

void mr__settle_verify(mr__delivery *d) {
  mr_record_filter filter = {.size = sizeof filter,
                             .kind = MR_RECORD_DELIVERY,
                             .message = d->view.message,
                             .after_message = d->view.message,
                             .after_part = d->part - 1};
  d->filter = filter;
  d->op.done = verified;
  mr__op_list(&d->op, &d->filter, 1);
}

static void ended(mr__op *op, int err, const mr_record *const *records, size_t count) {
  mr__delivery *d = MR__OWNER(op, mr__delivery, op);
  (void)records;
  if (err != MR_OK) {
    mr__delivery_back_off(d);
    return;
  }
  d->message_done |= count == 0;
  tell(d);
}

void mr__settle_ended(mr__delivery *d) {
  mr_record_filter filter = {
      .size = sizeof filter, .kind = MR_RECORD_MESSAGE, .message = d->view.message};
  d->filter = filter;
  d->op.done = ended;
  mr__op_list(&d->op, &d->filter, 1);
}
