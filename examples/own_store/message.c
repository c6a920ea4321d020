/* SPDX-License-Identifier: MIT */
/* Messages that begin, and their bodies. */
#include <stdlib.h>
#include <string.h>

#include "store.h"

enum { DAY = 24 * 3600 * 1000 };

static void reap(own_store *store, int64_t time) {
  for (size_t i = store->table.count; i > 0; i--) {
    row *r = &store->table.rows[i - 1];
    if (r->kind == MR_RECORD_MESSAGE && r->state != COMMITTED && time - r->since > DAY)
      table_remove(&store->table, r);
  }
}

int own_store_begin(void *user, uint64_t token, const void *key, size_t key_len,
                    uint64_t now, mr_store_result *result) {
  own_store *store = user;
  int64_t time = own_store_time(store, now);
  blob *copy = NULL;
  (void)token;
  reap(store, time);
  row *r = own_store_by_key(&store->table, MR_RECORD_MESSAGE, key, key_len);
  int known = r != NULL;
  result->count = 0;
  if (!known) {
    if (key_len && !(copy = blob_new(key, key_len)))
      return MR_ERR_NOMEM;
    if (table_add(&store->table, &r, MR_RECORD_MESSAGE, ++store->last, 0)) {
      blob_free(copy);
      return MR_ERR_NOMEM;
    }
    r->key = copy;
    r->since = time;
  }
  mr_record *out = own_store_show(store, r, result);
  if (out)
    out->state = known;
  return out ? MR_OK : MR_ERR_NOMEM;
}

int own_store_body_write(void *user, uint64_t token, uint64_t message, uint64_t offset,
                         const void *data, size_t len, uint64_t now) {
  own_store *store = user;
  (void)token;
  own_store_time(store, now);
  row *r = table_find(&store->table, MR_RECORD_MESSAGE, message, 0);
  size_t old = r && r->body ? r->body->len : 0;
  if (!r)
    return MR_ERR_NOT_FOUND;
  if (r->state != BEGUN || offset != old)
    return MR_ERR_STATE;
  if (!r->body && !(r->body = blob_new(NULL, 0)))
    return MR_ERR_NOMEM;
  blob *body = realloc(r->body, sizeof *body + old + len);
  if (!body)
    return MR_ERR_NOMEM;
  if (len)
    memcpy(body->octets + old, data, len);
  body->len = old + len;
  r->body = body;
  return MR_OK;
}

int own_store_body_read(void *user, uint64_t token, uint64_t message, uint64_t offset,
                        size_t cap, uint64_t now, mr_store_result *result) {
  own_store *store = user;
  (void)token;
  own_store_time(store, now);
  result->count = 0;
  row *r = table_find(&store->table, MR_RECORD_MESSAGE, message, 0);
  if (!r || r->state != COMMITTED)
    return MR_ERR_NOT_FOUND;
  row answer = {.kind = MR_RECORD_BYTES, .message = message};
  mr_record *out = own_store_show(store, &answer, result);
  if (!out)
    return MR_ERR_NOMEM;
  if (r->body && offset < r->body->len) {
    size_t left = r->body->len - (size_t)offset;
    out->data = r->body->octets + offset;
    out->data_len = left < cap ? left : cap;
  }
  return MR_OK;
}
