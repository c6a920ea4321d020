/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "store.h"

static int fill(row *r, const mr_record *record, int64_t time) {
  blob *data = blob_new(record->data, record->data_len);
  if (!data)
    return MR_ERR_NOMEM;
  blob_free(r->data);
  r->data = data;
  if (r->kind != MR_RECORD_DELIVERY)
    return MR_OK;
  memcpy(r->lane, record->lane, strlen(record->lane) + 1); /* is_sound measured it */
  r->priority = record->priority;
  r->due = record->due_in > INT64_MAX - time ? INT64_MAX : time + record->due_in;
  r->due = r->due < 0 ? 0 : r->due;
  return MR_OK;
}

/* Another message may have been committed under its key since it was begun. */
static int is_taken(const table *t, const blob *key) {
  for (size_t i = 0; key && i < t->count; i++) {
    const row *r = &t->rows[i];
    if (r->kind == MR_RECORD_MESSAGE && r->state != BEGUN && r->key &&
        r->key->len == key->len && !memcmp(r->key->octets, key->octets, key->len))
      return 1;
  }
  return 0;
}

static int put(table *t, const mr_record *record, int64_t time) {
  row *message = table_find(t, MR_RECORD_MESSAGE, record->message, 0), *r = message;
  int err = MR_OK;
  if (record->kind != MR_RECORD_MESSAGE) {
    if (record->kind == MR_RECORD_DELIVERY && (!message || message->state != COMMITTED))
      return MR_ERR_NOT_FOUND;
    err = table_add(t, &r, record->kind, record->message, record->part);
  } else if (!message) {
    return MR_ERR_NOT_FOUND;
  } else if (message->state != BEGUN || is_taken(t, message->key)) {
    return MR_ERR_EXISTS;
  }
  if (err)
    return err;
  r->state = record->kind == MR_RECORD_MESSAGE ? COMMITTED : record->state;
  r->tag = record->tag;
  r->since = time;
  return fill(r, record, time);
}

/* The row of an update or a remove, if the lease token is the right one. */
static int find(const table *t, row **out, const mr_record_op *op, int64_t time) {
  const mr_record *record = op->record;
  row *r = table_find(t, record->kind, record->message, record->part);
  *out = r;
  if (record->kind == MR_RECORD_EVENT)
    return r ? MR_OK : MR_ERR_NOT_FOUND;
  int leased = r && r->state == MR_RECORD_LEASED;
  if (op->lease_token != 0)
    return leased && r->lease_token == op->lease_token ? MR_OK : MR_ERR_LEASE_LOST;
  if (!r)
    return MR_ERR_NOT_FOUND;
  return op->action == MR_RECORD_UPDATE || (leased && r->lease_end > time)
             ? MR_ERR_LEASE_LOST
             : MR_OK;
}

static int apply(table *t, const mr_record_op *op, int64_t time) {
  row *r;
  if (op->action == MR_RECORD_PUT)
    return put(t, op->record, time);
  int err = find(t, &r, op, time);
  if (err)
    return err;
  if (op->action == MR_RECORD_REMOVE) {
    table_remove(t, r);
    return MR_OK;
  }
  if (op->record->state != MR_RECORD_LEASED) {
    r->state = op->record->state;
    r->attempts++;
  }
  return fill(r, op->record, time);
}

static int is_sound(const mr_record_op *op) {
  const mr_record *r = op->record;
  if (op->action == MR_RECORD_REMOVE)
    return r->kind == MR_RECORD_DELIVERY || r->kind == MR_RECORD_EVENT;
  if (r->kind == MR_RECORD_DELIVERY)
    return r->lane && strlen(r->lane) < sizeof((row *)0)->lane && r->part != 0 &&
           r->priority >= 0 && r->priority <= 9 && r->state >= MR_RECORD_QUEUED &&
           r->state <= MR_RECORD_HELD &&
           (op->action == MR_RECORD_UPDATE || r->state != MR_RECORD_LEASED);
  return op->action == MR_RECORD_PUT &&
         (r->kind == MR_RECORD_MESSAGE || r->kind == MR_RECORD_EVENT);
}

/* With its last delivery a message ends: the body goes; its key stays for a day. */
static int end_message(own_store *store, table *t, uint64_t id, int64_t time,
                       mr_store_result *result) {
  row *r = table_find(t, MR_RECORD_MESSAGE, id, 0);
  const row *delivery = table_after(t, MR_RECORD_DELIVERY, id, 0);
  if (!r || r->state != COMMITTED || (delivery && delivery->message == id))
    return MR_OK;
  mr_record *out = own_store_show(store, r, result);
  if (!out)
    return MR_ERR_NOMEM;
  out->data = NULL;
  out->data_len = 0;
  blob_free(r->body);
  blob_free(r->data);
  r->body = r->data = NULL;
  r->state = ENDED;
  r->since = time;
  if (!r->key)
    table_remove(t, r);
  return MR_OK;
}

int own_store_commit(void *user, uint64_t token, const mr_record_op *const *ops,
                     size_t count, uint64_t now, mr_store_result *result) {
  own_store *store = user;
  int64_t time = own_store_time(store, now);
  table changed;
  (void)token;
  result->count = 0;
  for (size_t i = 0; i < count; i++) {
    if (!is_sound(ops[i]))
      return MR_ERR_MISUSE;
  }
  int err = table_copy(&changed, &store->table);
  for (size_t i = 0; i < count && !err; i++)
    err = apply(&changed, ops[i], time);
  for (size_t i = 0; i < count && !err; i++) {
    if (ops[i]->action == MR_RECORD_REMOVE && ops[i]->record->kind == MR_RECORD_DELIVERY)
      err = end_message(store, &changed, ops[i]->record->message, time, result);
  }
  return own_store_finish(store, &changed, err);
}
