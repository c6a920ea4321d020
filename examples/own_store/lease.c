/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "store.h"

static int is_left_out(const row *r, const mr_claim_limits *limits) {
  for (size_t i = 0; limits && i < limits->lane_count; i++) {
    if (!strcmp(r->lane, limits->lanes[i]))
      return 1;
  }
  for (size_t i = 0; limits && i < limits->tag_count; i++) {
    if (r->tag == limits->tags[i])
      return 1;
  }
  return r->kind != MR_RECORD_DELIVERY || r->state == MR_RECORD_HELD;
}

/* From when on it may be claimed. */
static int64_t ready(const row *r) {
  return r->state == MR_RECORD_LEASED ? r->lease_end : r->due;
}

/* The first by (priority, time) of those that are ready. */
static row *best(const table *t, const mr_claim_limits *limits, int64_t time) {
  row *first = NULL;
  for (size_t i = 0; i < t->count; i++) {
    row *r = &t->rows[i];
    if (is_left_out(r, limits) || ready(r) > time)
      continue;
    if (!first || r->priority < first->priority ||
        (r->priority == first->priority && ready(r) < ready(first)))
      first = r;
  }
  return first;
}

/* The record tells the state of before: one that was leased may have been delivered. */
static int lease_one(own_store *store, row *r, int64_t end, mr_store_result *result) {
  int before = r->state;
  r->attempts += before == MR_RECORD_LEASED;
  r->state = MR_RECORD_LEASED;
  r->lease_end = end;
  r->lease_token = ++store->last;
  mr_record *out = own_store_show(store, r, result);
  if (out)
    out->state = before;
  return out ? MR_OK : MR_ERR_NOMEM;
}

int own_store_claim(void *user, uint64_t token, const char *owner, uint64_t lease,
                    size_t max, const mr_claim_limits *limits, uint64_t now,
                    mr_store_result *result) {
  own_store *store = user;
  int64_t time = own_store_time(store, now);
  table changed;
  row *r;
  (void)token;
  (void)owner;
  result->count = 0;
  if (!best(&store->table, limits, time))
    return MR_OK;
  int err = table_copy(&changed, &store->table);
  while (!err && result->count < max && (r = best(&changed, limits, time)) != NULL)
    err = lease_one(store, r, time_plus(time, lease ? lease : 1), result);
  return own_store_finish(store, &changed, err);
}

static row *leased(const table *t, uint64_t message, uint64_t part, uint64_t token) {
  row *r = table_find(t, MR_RECORD_DELIVERY, message, part);
  return r && r->state == MR_RECORD_LEASED && r->lease_token == token ? r : NULL;
}

/* Not written: after a restart every lease has run out anyway. */
int own_store_renew(void *user, uint64_t token, uint64_t message, uint64_t part,
                    uint64_t lease_token, uint64_t lease, uint64_t now,
                    mr_store_result *result) {
  own_store *store = user;
  int64_t time = own_store_time(store, now);
  row *r = leased(&store->table, message, part, lease_token);
  (void)token;
  result->count = 0;
  if (!r)
    return MR_ERR_LEASE_LOST;
  r->lease_end = time_plus(time, lease ? lease : 1);
  return own_store_show(store, r, result) ? MR_OK : MR_ERR_NOMEM;
}

int own_store_release(void *user, uint64_t token, uint64_t message, uint64_t part,
                      uint64_t lease_token, uint64_t delay, uint64_t now) {
  own_store *store = user;
  int64_t time = own_store_time(store, now);
  table changed;
  (void)token;
  if (!leased(&store->table, message, part, lease_token))
    return MR_ERR_LEASE_LOST;
  int err = table_copy(&changed, &store->table);
  if (!err) {
    row *r = leased(&changed, message, part, lease_token);
    r->state = MR_RECORD_QUEUED;
    r->due = time_plus(time, delay);
  }
  return own_store_finish(store, &changed, err);
}

int own_store_next_due(void *user, uint64_t token, const mr_claim_limits *limits,
                       uint64_t now, mr_store_result *result) {
  own_store *store = user;
  int64_t next = INT64_MAX;
  (void)token;
  own_store_time(store, now);
  result->count = 0;
  for (size_t i = 0; i < store->table.count; i++) {
    const row *r = &store->table.rows[i];
    if (!is_left_out(r, limits) && ready(r) < next)
      next = ready(r);
  }
  if (next == INT64_MAX)
    return MR_OK;
  row answer = {.kind = MR_RECORD_TIME, .due = next};
  return own_store_show(store, &answer, result) ? MR_OK : MR_ERR_NOMEM;
}
