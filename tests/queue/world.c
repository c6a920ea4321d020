/* SPDX-License-Identifier: MIT */
#include "queue/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set(mr_outcome *o, int fate, int reason, int stage, int code,
                const char *status, const char *text) {
  o->fate = fate;
  o->reason = reason;
  o->stage = stage;
  o->code = code;
  o->status = status;
  o->text = text;
  o->from_server = 1;
  o->host = "mx.example";
}

void script_deliver(world *w, const mr_delivery *d, size_t index, mr_outcome *o) {
  (void)w;
  (void)d;
  (void)index;
  set(o, MR_FATE_DELIVERED, MR_REASON_DELIVERED, MR_STAGE_DOT, 250, "2.0.0", "taken");
}

void script_defer(world *w, const mr_delivery *d, size_t index, mr_outcome *o) {
  (void)w;
  (void)d;
  (void)index;
  set(o, MR_FATE_DEFERRED, MR_REASON_RCPT_SOFT, MR_STAGE_RCPT, 451, "4.4.7",
      "come back later");
}

void script_fail(world *w, const mr_delivery *d, size_t index, mr_outcome *o) {
  (void)w;
  (void)d;
  (void)index;
  set(o, MR_FATE_FAILED, MR_REASON_RCPT_HARD, MR_STAGE_RCPT, 550, "5.1.1",
      "nobody of that name");
}

void script_by_name(world *w, const mr_delivery *d, size_t index, mr_outcome *o) {
  const char *name = d->recipients[index];
  script_deliver(w, d, index, o);
  if (strncmp(name, "soft", 4) == 0)
    script_defer(w, d, index, o);
  else if (strncmp(name, "hard", 4) == 0)
    script_fail(w, d, index, o);
  else if (strncmp(name, "hold", 4) == 0)
    set(o, MR_FATE_HELD, MR_REASON_ROUTE_HELD, MR_STAGE_ROUTE, 0, "4.2.1", "held");
  else if (strncmp(name, "drop", 4) == 0)
    set(o, MR_FATE_DISCARDED, MR_REASON_ROUTE_DISCARDED, MR_STAGE_ROUTE, 0, "2.0.0", "");
}

void world_init(world *w, kit_env *env, int mode) {
  memset(w, 0, sizeof *w);
  w->env = env;
  w->now = DAY;
  w->capacity = 1000;
  w->script = script_deliver;
  if (mr_memory_new(&w->memory, NULL, 0) != MR_OK ||
      mr_options_new(&w->options, NULL) != MR_OK)
    kit_die("world");
  async_store_init(&w->store, mr_memory_store(w->memory));
  w->store.mode = mode;
}

int world_start(world *w) {
  int rc = mr_queue_new(&w->queue, &w->env->env, w->options, &w->store.table);
  w->store.queue = w->queue;
  if (rc == MR_OK)
    rc = mr_queue_take(w->queue, w->capacity, w->now);
  return rc;
}

void world_stop(world *w) {
  mr_queue_free(w->queue);
  w->queue = NULL;
  w->store.queue = NULL;
  w->held_count = 0;
}

void world_done(world *w) {
  world_stop(w);
  async_store_done(&w->store);
  mr_memory_free(w->memory);
  mr_options_free(w->options);
}

mr_message *world_message(kit_env *env, const char *sender, const char *const *to) {
  mr_message *m = NULL;
  if (mr_message_new(&m, env != NULL ? &env->env : NULL, NULL) != MR_OK)
    return NULL;
  mr_message_set_from(m, "The Sender", "a@sender.example");
  mr_message_set_sender(m, sender);
  mr_message_set_subject(m, "hello");
  mr_message_set_text(m, "one line\n", 9);
  for (size_t i = 0; to != NULL && to[i] != NULL; i++)
    mr_message_add_recipient(m, to[i]);
  if (mr_message_seal(m) == MR_OK)
    return m;
  mr_message_free(m);
  return NULL;
}

int world_submit(world *w, const char *sender, const char *key, const char *const *to) {
  mr_message *m = world_message(NULL, sender, to);
  if (m == NULL)
    kit_die("message");
  mr_submission s = {.size = sizeof s,
                     .message = m,
                     .tag = 7,
                     .key = key,
                     .key_len = key != NULL ? strlen(key) : 0};
  int rc = mr_queue_submit(w->queue, &w->last_ticket, &s, w->now);
  mr_message_free(m);
  return rc;
}

static world_rcpt *find(world *w, uint64_t message, const char *address) {
  for (size_t i = 0; i < w->rcpt_count; i++)
    if (w->rcpts[i].message == message && strcmp(w->rcpts[i].address, address) == 0)
      return &w->rcpts[i];
  if (w->rcpt_count == WORLD_RECIPIENTS)
    kit_die("too many recipients");
  world_rcpt *r = &w->rcpts[w->rcpt_count++];
  r->message = message;
  snprintf(r->address, sizeof r->address, "%s", address);
  return r;
}

world_rcpt *world_find(world *w, const char *address) {
  for (size_t i = 0; i < w->rcpt_count; i++)
    if (strcmp(w->rcpts[i].address, address) == 0)
      return &w->rcpts[i];
  return NULL;
}

static void note_outcome(world *w, const mr_event *e) {
  const mr_outcome *o = e->outcome;
  world_rcpt *r = find(w, e->message, o->recipient);
  r->outcomes++;
  r->finals += o->final != 0;
  r->deferred += o->fate == MR_FATE_DEFERRED;
  r->fate = o->fate;
  r->reason = o->reason;
  r->retry_in = o->retry_in;
  r->index = o->index;
  r->tag = o->tag;
  r->id = e->id;
  snprintf(r->status, sizeof r->status, "%s", o->status);
  snprintf(r->text, sizeof r->text, "%s", o->text);
  for (unsigned i = 0; i < w->done && i < WORLD_MESSAGES; i++)
    w->after_done += w->done_ids[i] == e->message;
}

/* A bounce's body, if it can be read at once. */
static void read_body(world *w, const mr_delivery *d) {
  mr_message *m = NULL;
  mr_reader *reader = NULL;
  size_t len = 0;
  w->body_len = 0;
  if (mr_queue_message(w->queue, d->id, &m) != MR_OK)
    return;
  if (mr_reader_new(&reader, m) == MR_OK) {
    while (w->body_len < sizeof w->body - 1 &&
           mr_reader_read(reader, w->body + w->body_len, sizeof w->body - 1 - w->body_len,
                          &len) == MR_OK &&
           len > 0)
      w->body_len += len;
  }
  w->body[w->body_len] = 0;
  mr_reader_free(reader);
  mr_message_free(m);
}

static void attempt(world *w, const mr_delivery *d) {
  w->deliveries++;
  if (w->first_claim == 0)
    w->first_claim = w->now;
  w->last_claim = w->now;
  if (w->hold_deliveries) {
    w->held[w->held_count++] = d;
    return;
  }
  if (d->sender[0] == 0)
    read_body(w, d);
  for (size_t i = 0; i < d->recipient_count; i++) {
    mr_outcome o = {.recipient = "",
                    .status = "",
                    .text = "",
                    .host = "",
                    .address = "",
                    .tls_version = "",
                    .tls_cipher = ""};
    find(w, d->message, d->recipients[i])->attempts++;
    w->script(w, d, i, &o);
    if (o.fate != 0 && mr_queue_result(w->queue, d->id, i, &o, w->now) != MR_OK)
      kit_die("result");
  }
  if (mr_queue_finish(w->queue, d->id, w->now) != MR_OK)
    kit_die("finish");
}

static void take_event(world *w, const mr_event *e) {
  w->events++;
  switch (e->type) {
  case MR_EVENT_ACCEPTED:
    w->accepted[w->accepted_count++] = e->message;
    w->accepted_reason = e->reason;
    break;
  case MR_EVENT_REFUSED:
    w->refused++;
    w->refused_reason = e->reason;
    break;
  case MR_EVENT_OUTCOME:
    note_outcome(w, e);
    break;
  case MR_EVENT_MESSAGE_DONE:
    w->done_ids[w->done++ % WORLD_MESSAGES] = e->message;
    break;
  case MR_EVENT_DELIVERY:
    attempt(w, e->delivery);
    break;
  case MR_EVENT_LEASE_LOST:
    w->lost++;
    break;
  case MR_EVENT_READY:
    w->ready++;
    break;
  case MR_EVENT_STEP:
    w->steps++;
    break;
  case MR_EVENT_DRAINED:
    w->drained++;
    break;
  default:
    w->updates++;
  }
}

void world_events(world *w) {
  const mr_event *e;
  do {
    async_store_run(&w->store, w->now);
    while ((e = mr_queue_next(w->queue)) != NULL)
      take_event(w, e);
  } while (async_store_next(&w->store) <= w->now);
}

void world_run(world *w, uint64_t until) {
  for (unsigned turns = 0; turns < 200000; turns++) {
    if (w->capacity > 0)
      mr_queue_take(w->queue, w->capacity, w->now);
    world_events(w);
    uint64_t next = mr_queue_deadline(w->queue);
    if (async_store_next(&w->store) < next)
      next = async_store_next(&w->store);
    if (next > until) {
      w->now = until > w->now ? until : w->now;
      return;
    }
    if (next > w->now)
      w->now = next;
    async_store_run(&w->store, w->now);
    mr_queue_expire(w->queue, w->now);
    if (mr_queue_deadline(w->queue) <= w->now)
      kit_die("deadline did not move");
  }
  kit_die("the world spins");
}

size_t world_stored(world *w, int kind, int state) {
  const mr_store *s = mr_memory_store(w->memory);
  mr_record_filter filter = {.size = sizeof filter, .kind = kind, .state = state};
  mr_store_result r = {sizeof r, NULL, 0};
  if (s->list(s->user, 1, &filter, 10000, w->now, &r) != MR_OK)
    kit_die("list");
  return r.count;
}

void world_forget(world *w) {
  memset(w->rcpts, 0, sizeof w->rcpts);
  w->rcpt_count = 0;
}
