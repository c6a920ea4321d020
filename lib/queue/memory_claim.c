/* SPDX-License-Identifier: MIT */
/* Claims and leases of the memory store. */
#include <string.h>

#include "queue/memory.h"
#include "queue/schedule.h"

static int64_t until(uint64_t now, uint64_t then) {
  uint64_t left = then > now ? then - now : now - then;
  int64_t signed_left = left > INT64_MAX ? INT64_MAX : (int64_t)left;
  return then > now ? signed_left : -signed_left;
}

void mr__memory_show(const mr_memory *m, const mr__mdelivery *d, mr_record *row) {
  uint64_t left =
      d->state == MR_RECORD_LEASED && d->ready > m->now ? d->ready - m->now : 0;
  *row = (mr_record){.size = sizeof *row,
                     .kind = MR_RECORD_DELIVERY,
                     .message = d->node.major,
                     .part = d->node.minor,
                     .tag = d->bin->tag->tag,
                     .lane = d->bin->lane->name,
                     .priority = d->bin->priority,
                     .state = d->state,
                     .due_in = d->state == MR_RECORD_HELD ? 0 : until(m->now, d->due),
                     .age = m->now - d->message->at,
                     .attempts = d->attempts,
                     .lease_token = d->state == MR_RECORD_LEASED ? d->lease_token : 0,
                     .lease_left = left,
                     .data = d->data,
                     .data_len = d->data_len};
}

static void set_ready(mr_memory *m, mr__mdelivery *d, uint64_t ready) {
  mr__mindex_remove(&m->index, d);
  d->ready = ready;
  mr__mindex_add(&m->index, d);
}

/* The row shows the state as it was before: an expired lease may have delivered (R105).
 */
static void lease_one(mr_memory *m, mr__mdelivery *d, uint64_t lease, mr_record *row) {
  int before = d->state;
  if (before == MR_RECORD_LEASED)
    d->attempts = mr__add_sat(d->attempts, 1);
  d->state = MR_RECORD_LEASED;
  d->lease_token = ++m->last_lease;
  set_ready(m, d, mr__add_sat(m->now, lease));
  mr__memory_show(m, d, row);
  row->state = before;
}

int mr__memory_claim(void *user, uint64_t token, const char *owner, uint64_t lease,
                     size_t max, const mr_claim_limits *limits, uint64_t now,
                     mr_store_result *result) {
  mr_memory *m = user;
  (void)token;
  (void)owner;
  mr__memory_tick(m, now);
  size_t count = 0;
  int rc = MR_OK;
  mr__mindex_limit(&m->index, limits);
  while (count < max) {
    mr__mdelivery *d = mr__mindex_best(&m->index, m->now);
    if (d == NULL)
      break;
    rc = mr__memory_rows(m, count + 1);
    if (rc != MR_OK)
      break;
    lease_one(m, d, lease > 0 ? lease : 1, &m->rows[count++]);
  }
  mr__mindex_restore(&m->index);
  mr__memory_answer(m, result, count);
  return count > 0 ? MR_OK : rc; /* fewer than max is fine */
}

static mr__mdelivery *leased(const mr_memory *m, uint64_t message, uint64_t part,
                             uint64_t lease_token) {
  mr__node *node = mr__tree_find(&m->deliveries, message, part);
  mr__mdelivery *d = node != NULL ? MR__OWNER(node, mr__mdelivery, node) : NULL;
  if (d == NULL || d->state != MR_RECORD_LEASED || d->lease_token != lease_token)
    return NULL;
  return d;
}

int mr__memory_renew(void *user, uint64_t token, uint64_t message, uint64_t part,
                     uint64_t lease_token, uint64_t lease, uint64_t now,
                     mr_store_result *result) {
  mr_memory *m = user;
  (void)token;
  mr__memory_tick(m, now);
  mr__mdelivery *d = leased(m, message, part, lease_token);
  if (d == NULL)
    return MR_ERR_LEASE_LOST;
  if (mr__memory_rows(m, 1) != MR_OK)
    return MR_ERR_NOMEM;
  set_ready(m, d, mr__add_sat(m->now, lease > 0 ? lease : 1));
  mr__memory_show(m, d, &m->rows[0]);
  mr__memory_answer(m, result, 1);
  return MR_OK;
}

int mr__memory_release(void *user, uint64_t token, uint64_t message, uint64_t part,
                       uint64_t lease_token, uint64_t delay, uint64_t now) {
  mr_memory *m = user;
  (void)token;
  mr__memory_tick(m, now);
  mr__mdelivery *d = leased(m, message, part, lease_token);
  if (d == NULL)
    return MR_ERR_LEASE_LOST;
  d->state = MR_RECORD_QUEUED;
  d->due = mr__add_sat(m->now, delay);
  set_ready(m, d, d->due);
  return MR_OK;
}

int mr__memory_next_due(void *user, uint64_t token, const mr_claim_limits *limits,
                        uint64_t now, mr_store_result *result) {
  mr_memory *m = user;
  (void)token;
  mr__memory_tick(m, now);
  if (mr__memory_rows(m, 1) != MR_OK)
    return MR_ERR_NOMEM;
  mr__mindex_limit(&m->index, limits);
  uint64_t next = mr__mindex_next(&m->index);
  mr__mindex_restore(&m->index);
  mr_record *row = &m->rows[0];
  *row = (mr_record){.size = sizeof *row,
                     .kind = MR_RECORD_TIME,
                     .lane = "",
                     .due_in = until(m->now, next)};
  mr__memory_answer(m, result, next != UINT64_MAX);
  return MR_OK;
}
