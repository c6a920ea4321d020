/* SPDX-License-Identifier: MIT */
/* The steps of one commit: what stays, what goes, the bounce, the durable outcomes. */
#include "queue/delivery.h"

static int any_kept(const mr__delivery *d) {
  for (size_t i = 0; i < d->rcpt_count; i++)
    if (d->rcpts[i].keep)
      return 1;
  return 0;
}

/* Held only when nobody else waits in it. */
static int kept_state(const mr__delivery *d) {
  for (size_t i = 0; i < d->rcpt_count; i++)
    if (d->rcpts[i].keep && d->rcpts[i].state != MR__RCPT_HELD)
      return MR_RECORD_QUEUED;
  return MR_RECORD_HELD;
}

static void put_kept(mr__delivery *d) {
  mr__buf *buf = &d->batch.data;
  size_t start = buf->len;
  mr__record_head head = d->head;
  head.nonce = d->nonce;
  head.count = 0;
  for (size_t i = 0; i < d->rcpt_count; i++) {
    head.count += d->rcpts[i].keep != 0;
    if (d->rcpts[i].keep && d->rcpts[i].uncertain)
      head.flags |= MR__RECORD_UNCERTAIN;
  }
  if (d->view.uncertain)
    head.flags |= MR__RECORD_UNCERTAIN;
  mr__record_put_head(buf, &head);
  for (size_t i = 0; i < d->rcpt_count; i++) {
    const mr__rcpt *r = &d->rcpts[i];
    if (r->keep)
      mr__record_put_rcpt(buf, r->state, r->index, r->address, r->given, &r->best.view);
  }
  mr__record_end(buf, start);
}

static mr_record *add(mr__delivery *d, int action) {
  mr_record *record = mr__batch_add(&d->batch, action, d->lease_token, MR_RECORD_DELIVERY,
                                    d->view.message, d->part);
  record->tag = d->view.tag;
  record->lane = d->new_lane != NULL ? d->new_lane : d->lane;
  record->priority = d->view.priority;
  return record;
}

static void add_update(mr__delivery *d) {
  mr_record *record = add(d, MR_RECORD_UPDATE);
  record->state = kept_state(d);
  record->due_in = record->state == MR_RECORD_HELD ? 0 : (int64_t)d->delay;
  put_kept(d);
}

static void add_hold(mr__delivery *d) {
  add(d, MR_RECORD_UPDATE)->state = MR_RECORD_HELD;
  mr__buf_put(&d->batch.data, d->data, d->data_len);
}

static void add_event(mr__delivery *d, mr__rcpt *r) {
  mr_record *record = mr__batch_add(&d->batch, MR_RECORD_PUT, 0, MR_RECORD_EVENT,
                                    d->view.message, mr__note_id(r->note));
  mr_outcome o = r->last.view;
  o.index = r->index;
  o.recipient = r->given;
  o.final = 1;
  o.attempts = mr__add_sat(d->view.attempts, d->purpose == MR__PURPOSE_RESULTS);
  record->tag = d->view.tag;
  mr__record_put_event(&d->batch.data, &o);
}

int mr__commit_build(mr__delivery *d) {
  enum { OWN_STEP = 1, BOUNCE_STEPS = 2 };
  int rc = mr__batch_init(&d->batch, &d->queue->ctx->env,
                          OWN_STEP + BOUNCE_STEPS + d->rcpt_count);
  if (rc == MR_OK && d->bounce != NULL)
    rc = mr__bounce_put(d);
  if (rc != MR_OK)
    return rc;
  if (d->purpose == MR__PURPOSE_HOLD)
    add_hold(d);
  else if (any_kept(d))
    add_update(d);
  else
    add(d, MR_RECORD_REMOVE);
  for (size_t i = 0; i < d->rcpt_count; i++) {
    mr__rcpt *r = &d->rcpts[i];
    if (r->told && !r->keep && r->note != NULL)
      add_event(d, r);
  }
  return mr__batch_seal(&d->batch);
}
