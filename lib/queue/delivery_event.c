/* SPDX-License-Identifier: MIT */
/* The events of a delivery, written when the host asks for them. */
#include "queue/delivery.h"

static void fill_common(const mr__delivery *d, mr_event *out) {
  out->id = d->view.id;
  out->message = d->view.message;
  out->tag = d->view.tag;
}

static void fill_delivery(mr__event_node *node, mr_event *out) {
  mr__delivery *d = MR__OWNER(node, mr__delivery, event);
  fill_common(d, out);
  out->delivery = &d->view;
}

static void fill_lost(mr__event_node *node, mr_event *out) {
  fill_common(MR__OWNER(node, mr__delivery, lost_event), out);
  out->reason = MR_REASON_LEASE_LOST;
}

static void fill_ready(mr__event_node *node, mr_event *out) {
  fill_common(MR__OWNER(node, mr__delivery, ready_event), out);
}

static void fill_bounce(mr__event_node *node, mr_event *out) {
  const mr__delivery *d = MR__OWNER(node, mr__delivery, bounce_event);
  out->message = d->bounce_id;
  out->tag = d->view.tag;
  out->durability = d->queue->store.durability;
}

static void fill_damaged(mr__event_node *node, mr_event *out) {
  const mr__delivery *d = MR__OWNER(node, mr__delivery, damaged_event);
  fill_common(d, out);
  out->id = 0;
  out->outcome = &d->damaged;
  out->reason = d->damaged.reason;
}

static void fill_done(mr__event_node *node, mr_event *out) {
  fill_common(MR__OWNER(node, mr__delivery, done_event), out);
  out->id = 0;
}

static void fill_outcome(mr__event_node *node, mr_event *out) {
  mr__rcpt *r = MR__OWNER(node, mr__rcpt, event);
  fill_common(r->delivery, out);
  out->id = r->note_id;
  out->outcome = &r->last.view;
  out->reason = r->last.view.reason;
}

static void done_delivery(mr__event_node *node) {
  mr__delivery_unpin(MR__OWNER(node, mr__delivery, event));
}

static void done_lost(mr__event_node *node) {
  mr__delivery_unpin(MR__OWNER(node, mr__delivery, lost_event));
}

static void done_ready(mr__event_node *node) {
  mr__delivery_unpin(MR__OWNER(node, mr__delivery, ready_event));
}

static void done_bounce(mr__event_node *node) {
  mr__delivery_unpin(MR__OWNER(node, mr__delivery, bounce_event));
}

static void done_damaged(mr__event_node *node) {
  mr__delivery_unpin(MR__OWNER(node, mr__delivery, damaged_event));
}

static void done_done(mr__event_node *node) {
  mr__delivery_unpin(MR__OWNER(node, mr__delivery, done_event));
}

static void done_outcome(mr__event_node *node) {
  mr__delivery_unpin(MR__OWNER(node, mr__rcpt, event)->delivery);
}

void mr__delivery_init_events(mr__delivery *d) {
  d->event = (mr__event_node){
      .type = MR_EVENT_DELIVERY, .fill = fill_delivery, .done = done_delivery};
  d->lost_event =
      (mr__event_node){.type = MR_EVENT_LEASE_LOST, .fill = fill_lost, .done = done_lost};
  d->ready_event =
      (mr__event_node){.type = MR_EVENT_READY, .fill = fill_ready, .done = done_ready};
  d->bounce_event = (mr__event_node){
      .type = MR_EVENT_ACCEPTED, .fill = fill_bounce, .done = done_bounce};
  d->damaged_event = (mr__event_node){
      .type = MR_EVENT_OUTCOME, .fill = fill_damaged, .done = done_damaged};
  d->done_event = (mr__event_node){
      .type = MR_EVENT_MESSAGE_DONE, .fill = fill_done, .done = done_done};
  for (size_t i = 0; i < d->rcpt_count; i++)
    d->rcpts[i].event = (mr__event_node){
        .type = MR_EVENT_OUTCOME, .fill = fill_outcome, .done = done_outcome};
}
