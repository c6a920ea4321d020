/* SPDX-License-Identifier: MIT */
/* Hints: octets that may be lost. */
#include <string.h>

#include "queue/memory.h"
#include "queue/schedule.h"

enum { SWEEP_MIN = 64 };

typedef struct hint {
  uint64_t until;
  size_t len;
  uint8_t data[];
} hint;

static void drop(mr_memory *m, hint *h) {
  if (h == NULL)
    return;
  m->used -= h->len;
  mr__free(&m->env, h);
}

/* What is over goes when the number has doubled: each costs two looks in its life. */
static void sweep(mr_memory *m) {
  if (m->hints.count < m->hint_sweep)
    return;
  size_t at = 0, len;
  mr__map_entry *entry;
  while (mr__map_each(&m->hints, &at, &entry)) {
    hint *h = mr__map_entry_value(entry);
    if (h->until > m->now)
      continue;
    const void *key = mr__map_entry_key(entry, &len);
    mr__map_remove(&m->hints, key, len);
    drop(m, h);
  }
  m->hint_sweep = m->hints.count * 2 > SWEEP_MIN ? m->hints.count * 2 : SWEEP_MIN;
}

int mr__memory_hint_put(void *user, uint64_t token, const void *key, size_t key_len,
                        const void *data, size_t len, uint64_t ttl, uint64_t now) {
  mr_memory *m = user;
  (void)token;
  if ((key == NULL && key_len > 0) || (data == NULL && len > 0))
    return MR_ERR_MISUSE;
  mr__memory_tick(m, now);
  sweep(m);
  if (m->used > m->capacity || len > m->capacity - m->used)
    return MR_OK; /* it may be lost */
  if (len > SIZE_MAX - sizeof(hint))
    return MR_ERR_NOMEM;
  hint *h = mr__realloc(&m->env, NULL, sizeof *h + len);
  if (h == NULL)
    return MR_ERR_NOMEM;
  h->until = mr__add_sat(m->now, ttl);
  h->len = len;
  if (len > 0)
    memcpy(h->data, data, len);
  void *old = NULL;
  if (mr__map_put(&m->hints, key, key_len, h, &old) != MR_OK) {
    mr__free(&m->env, h);
    return MR_ERR_NOMEM;
  }
  m->used += len;
  drop(m, old);
  return MR_OK;
}

int mr__memory_hint_get(void *user, uint64_t token, const void *key, size_t key_len,
                        uint64_t now, mr_store_result *result) {
  mr_memory *m = user;
  (void)token;
  if (key == NULL && key_len > 0)
    return MR_ERR_MISUSE;
  mr__memory_tick(m, now);
  if (mr__memory_rows(m, 1) != MR_OK)
    return MR_ERR_NOMEM;
  hint *h = mr__map_get(&m->hints, key, key_len);
  int there = h != NULL && h->until > m->now;
  if (there)
    m->rows[0] = (mr_record){.size = sizeof m->rows[0],
                             .kind = MR_RECORD_BYTES,
                             .lane = "",
                             .data = h->data,
                             .data_len = h->len};
  mr__memory_answer(m, result, (size_t)there);
  return MR_OK;
}

void mr__memory_hints_free(mr_memory *m) {
  size_t at = 0;
  mr__map_entry *entry;
  if (m->hints.env == NULL)
    return;
  while (mr__map_each(&m->hints, &at, &entry))
    drop(m, mr__map_entry_value(entry));
  mr__map_free(&m->hints);
}
