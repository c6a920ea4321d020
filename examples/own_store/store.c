/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { IDS_OF_A_RUN = 1000000 };

/* --- shared by the operations ----------------------------------------------------- */

/* The calendar as of opening, moved on by the queue's clock: no leap while it runs. */
int64_t own_store_time(own_store *store, uint64_t now) {
  if (store->first_now == UINT64_MAX)
    store->first_now = store->now = now;
  if (now > store->now)
    store->now = now;
  return time_plus(store->opened, store->now - store->first_now);
}

int64_t time_plus(int64_t time, uint64_t ms) {
  return ms > (uint64_t)(INT64_MAX - time) ? INT64_MAX : time + (int64_t)ms;
}

static int make_room(own_store *store, mr_store_result *result) {
  if (result->count < store->room)
    return MR_OK;
  size_t room = store->room ? store->room * 2 : 16;
  const mr_record **listed = realloc(store->listed, room * sizeof *listed);
  if (!listed)
    return MR_ERR_NOMEM;
  store->listed = listed;
  mr_record *out = realloc(store->out, room * sizeof *out);
  if (!out)
    return MR_ERR_NOMEM;
  store->out = out;
  store->room = room;
  for (size_t i = 0; i < room; i++)
    listed[i] = &out[i];
  return MR_OK;
}

mr_record *own_store_show(own_store *store, const row *r, mr_store_result *result) {
  int64_t time = own_store_time(store, 0);
  int delivery = r->kind == MR_RECORD_DELIVERY, leased = r->state == MR_RECORD_LEASED;
  const row *message = table_find(&store->table, MR_RECORD_MESSAGE, r->message, 0);
  if (make_room(store, result))
    return NULL;
  mr_record *out = &store->out[result->count++];
  result->records = store->listed;
  *out = (mr_record){.size = sizeof *out,
                     .kind = r->kind,
                     .message = r->message,
                     .part = r->part,
                     .tag = r->tag,
                     .lane = delivery ? r->lane : "",
                     .priority = r->priority,
                     .age = message ? (uint64_t)(time - message->since) : 0,
                     .attempts = r->attempts,
                     .data = r->data ? r->data->octets : NULL,
                     .data_len = r->data ? r->data->len : 0};
  if (delivery) {
    out->state = r->state;
    out->lease_token = leased ? r->lease_token : 0;
    out->lease_left = leased && r->lease_end > time ? (uint64_t)(r->lease_end - time) : 0;
  }
  if (r->kind == MR_RECORD_TIME || (delivery && r->state != MR_RECORD_HELD))
    out->due_in = r->due - time;
  return out;
}

int own_store_finish(own_store *store, table *changed, int err) {
  err = err ? err : own_store_save(store, changed);
  if (!err) {
    table old = store->table;
    store->table = *changed;
    *changed = old;
  }
  table_free(changed);
  return err;
}

row *own_store_by_key(const table *t, int kind, const void *key, size_t len) {
  for (size_t i = 0; len > 0 && i < t->count; i++) {
    row *r = &t->rows[i];
    if (r->kind == kind && (kind != MR_RECORD_MESSAGE || r->state != BEGUN) && r->key &&
        r->key->len == len && !memcmp(r->key->octets, key, len))
      return r;
  }
  return NULL;
}

/* --- life ------------------------------------------------------------------------- */

static char *joined(const char *path, const char *end) {
  size_t len = strlen(path), more = strlen(end) + 1;
  char *text = malloc(len + more);
  if (text) {
    memcpy(text, path, len);
    memcpy(text + len, end, more);
  }
  return text;
}

static int take_lock(own_store *store) {
  char *name = joined(store->path, ".lock");
  store->lock = name ? open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
  free(name);
  if (store->lock < 0)
    return MR_ERR_IO;
  return lockf(store->lock, F_TLOCK, 0) ? MR_ERR_STATE : MR_OK;
}

static int start(own_store *store) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  store->opened = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
  int err = store->path && store->scratch ? take_lock(store) : MR_ERR_NOMEM;
  err = err ? err : own_store_load(store);
  store->last += IDS_OF_A_RUN; /* beyond what the last run gave and did not write down */
  return err ? err : own_store_save(store, &store->table);
}

int own_store_open(own_store *store, const char *path) {
  *store = (own_store){.path = joined(path, ""),
                       .scratch = joined(path, ".tmp"),
                       .lock = -1,
                       .first_now = UINT64_MAX};
  store->operations = (mr_store){.size = sizeof store->operations,
                                 .user = store,
                                 .durability = MR_DURABILITY_LOCAL,
                                 .begin = own_store_begin,
                                 .body_write = own_store_body_write,
                                 .body_read = own_store_body_read,
                                 .commit = own_store_commit,
                                 .claim = own_store_claim,
                                 .renew = own_store_renew,
                                 .release = own_store_release,
                                 .next_due = own_store_next_due,
                                 .list = own_store_list,
                                 .hint_put = own_store_hint_put,
                                 .hint_get = own_store_hint_get};
  int err = start(store);
  if (err)
    own_store_close(store);
  return err;
}

void own_store_close(own_store *store) {
  int saved = errno;
  table_free(&store->table);
  free(store->path);
  free(store->scratch);
  free(store->out);
  free(store->listed);
  if (store->lock >= 0)
    close(store->lock);
  *store = (own_store){.lock = -1};
  errno = saved;
}

size_t own_store_deliveries(const own_store *store) {
  size_t count = 0;
  for (size_t i = 0; i < store->table.count; i++)
    count += store->table.rows[i].kind == MR_RECORD_DELIVERY;
  return count;
}
