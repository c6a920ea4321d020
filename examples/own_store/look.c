/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "store.h"

static int is_wanted(const row *r, const mr_record_filter *f) {
  return !(r->kind == MR_RECORD_MESSAGE && r->state != COMMITTED) &&
         (!f->lane || !f->lane[0] || !strcmp(f->lane, r->lane)) &&
         (!f->state || f->state == r->state) && (!f->message || f->message == r->message);
}

int own_store_list(void *user, uint64_t token, const mr_record_filter *filter, size_t max,
                   uint64_t now, mr_store_result *result) {
  own_store *store = user;
  (void)token;
  own_store_time(store, now);
  result->count = 0;
  const row *r =
      table_after(&store->table, filter->kind, filter->after_message, filter->after_part);
  const row *end = store->table.rows + store->table.count;
  for (; r && r < end && r->kind == filter->kind && result->count < max; r++) {
    mr_record *out = is_wanted(r, filter) ? own_store_show(store, r, result) : NULL;
    if (is_wanted(r, filter) && !out)
      return MR_ERR_NOMEM;
    if (out)
      out->lease_token = 0;
  }
  return MR_OK;
}

int own_store_hint_put(void *user, uint64_t token, const void *key, size_t key_len,
                       const void *data, size_t len, uint64_t ttl, uint64_t now) {
  own_store *store = user;
  int64_t time = own_store_time(store, now);
  row *r = own_store_by_key(&store->table, MR_RECORD_BYTES, key, key_len);
  (void)token;
  if (r)
    table_remove(&store->table, r);
  if (table_add(&store->table, &r, MR_RECORD_BYTES, ++store->last, 0))
    return MR_ERR_NOMEM;
  r->key = blob_new(key, key_len);
  r->data = blob_new(data, len);
  r->due = time_plus(time, ttl);
  if (r->key && r->data)
    return MR_OK;
  table_remove(&store->table, r);
  return MR_ERR_NOMEM;
}

int own_store_hint_get(void *user, uint64_t token, const void *key, size_t key_len,
                       uint64_t now, mr_store_result *result) {
  own_store *store = user;
  int64_t time = own_store_time(store, now);
  (void)token;
  result->count = 0;
  row *r = own_store_by_key(&store->table, MR_RECORD_BYTES, key, key_len);
  if (r && r->due <= time)
    table_remove(&store->table, r);
  else if (r && !own_store_show(store, r, result))
    return MR_ERR_NOMEM;
  return MR_OK;
}
