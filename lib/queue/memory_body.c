/* SPDX-License-Identifier: MIT */
/* Messages that begin, their idempotency keys, and bodies. */
#include <string.h>

#include "queue/memory.h"

/* ---- keys ---- */

static mr__mkey *key_get(mr_memory *m, const void *bytes, size_t len) {
  mr__mkey *key = mr__map_get(&m->keys, bytes, len);
  if (key != NULL)
    return key;
  key = mr__calloc(&m->env, 1, sizeof *key);
  char *copy = key != NULL ? mr__memdup0(&m->env, bytes, len) : NULL;
  if (copy == NULL || mr__map_put(&m->keys, bytes, len, key, NULL) != MR_OK) {
    mr__free(&m->env, copy);
    mr__free(&m->env, key);
    return NULL;
  }
  key->bytes = copy;
  key->len = len;
  return key;
}

static void key_free(mr_memory *m, mr__mkey *key) {
  mr__map_remove(&m->keys, key->bytes, key->len);
  mr__free(&m->env, key->bytes);
  mr__free(&m->env, key);
}

void mr__memory_key_leave(mr_memory *m, mr__mkey *key) {
  if (key != NULL && --key->users == 0 && key->message == 0)
    key_free(m, key);
}

/* The committed message is over; a host that asks again within a day is still told so. */
void mr__memory_key_ended(mr_memory *m, mr__mkey *key, uint64_t message) {
  if (key == NULL || key->message != message)
    return;
  key->until = m->now + MR__REAP_AFTER;
  key->next = NULL;
  *(m->ended_last != NULL ? &m->ended_last->next : &m->ended_first) = key;
  m->ended_last = key;
}

static void forget_first(mr_memory *m) {
  mr__mkey *key = m->ended_first;
  m->ended_first = key->next;
  if (m->ended_first == NULL)
    m->ended_last = NULL;
  key->message = 0;
  if (key->users == 0)
    key_free(m, key);
}

void mr__memory_keys_free(mr_memory *m) {
  while (m->ended_first != NULL)
    forget_first(m);
  size_t at = 0;
  mr__map_entry *entry;
  while (m->keys.env != NULL && mr__map_each(&m->keys, &at, &entry))
    key_free(m, mr__map_entry_value(entry));
  if (m->keys.env != NULL)
    mr__map_free(&m->keys);
}

/* ---- begin ---- */

static void reap(mr_memory *m) {
  while (m->begun_first != NULL && m->begun_first->at + MR__REAP_AFTER < m->now)
    mr__memory_message_free(m, m->begun_first);
  while (m->ended_first != NULL && m->ended_first->until < m->now)
    forget_first(m);
}

static void answer(mr_memory *m, mr_store_result *result, uint64_t id, uint64_t tag,
                   int state) {
  m->rows[0] = (mr_record){.size = sizeof m->rows[0],
                           .kind = MR_RECORD_MESSAGE,
                           .message = id,
                           .tag = tag,
                           .lane = "",
                           .state = state};
  mr__memory_answer(m, result, 1);
}

static mr__mmessage *message_new(mr_memory *m, mr__mkey *key) {
  mr__mmessage *message = mr__calloc(&m->env, 1, sizeof *message);
  if (message == NULL)
    return NULL;
  message->node.major = ++m->last_id;
  message->at = m->now;
  message->key = key;
  if (key != NULL)
    key->users++;
  (void)mr__tree_add(&m->messages, &message->node); /* a fresh id: never there */
  message->prev = m->begun_last;
  *(m->begun_last != NULL ? &m->begun_last->next : &m->begun_first) = message;
  m->begun_last = message;
  return message;
}

int mr__memory_begin(void *user, uint64_t token, const void *key, size_t key_len,
                     uint64_t now, mr_store_result *result) {
  mr_memory *m = user;
  (void)token;
  mr__memory_tick(m, now);
  reap(m);
  if (mr__memory_rows(m, 1) != MR_OK)
    return MR_ERR_NOMEM;
  mr__mkey *known = key_len > 0 ? key_get(m, key, key_len) : NULL;
  if (key_len > 0 && known == NULL)
    return MR_ERR_NOMEM;
  if (known != NULL && known->message != 0) {
    answer(m, result, known->message, known->tag, 1);
    return MR_OK;
  }
  mr__mmessage *message = message_new(m, known);
  if (message == NULL) {
    if (known != NULL && known->users == 0)
      key_free(m, known);
    return MR_ERR_NOMEM;
  }
  answer(m, result, message->node.major, 0, 0);
  return MR_OK;
}

/* ---- bodies ---- */

static int chunk_room(mr_memory *m, mr__mmessage *message) {
  if (message->chunk_count < message->chunk_cap)
    return MR_OK;
  size_t cap = message->chunk_cap > 0 ? message->chunk_cap * 2 : 1;
  mr__mchunk *chunks = cap < SIZE_MAX / sizeof *chunks
                           ? mr__realloc(&m->env, message->chunks, cap * sizeof *chunks)
                           : NULL;
  if (chunks == NULL)
    return MR_ERR_NOMEM;
  message->chunks = chunks;
  message->chunk_cap = cap;
  return MR_OK;
}

int mr__memory_write(void *user, uint64_t token, uint64_t message, uint64_t offset,
                     const void *data, size_t len, uint64_t now) {
  mr_memory *m = user;
  (void)token;
  mr__memory_tick(m, now);
  mr__mmessage *found = mr__memory_message(m, message);
  if (found == NULL)
    return MR_ERR_NOT_FOUND;
  if (found->committed || offset != found->body_len)
    return MR_ERR_STATE;
  if (len == 0)
    return MR_OK;
  if (m->used > m->capacity || len > m->capacity - m->used)
    return MR_ERR_LIMIT;
  if (chunk_room(m, found) != MR_OK)
    return MR_ERR_NOMEM;
  uint8_t *copy = mr__realloc(&m->env, NULL, len);
  if (copy == NULL)
    return MR_ERR_NOMEM;
  memcpy(copy, data, len);
  found->chunks[found->chunk_count++] = (mr__mchunk){offset, len, copy};
  found->body_len += len;
  m->used += len;
  return MR_OK;
}

/* The chunk that holds an offset within the body. */
static const mr__mchunk *chunk_at(const mr__mmessage *message, uint64_t offset) {
  size_t low = 0, high = message->chunk_count;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (message->chunks[middle].offset <= offset)
      low = middle;
    else
      high = middle;
  }
  return &message->chunks[low];
}

int mr__memory_read(void *user, uint64_t token, uint64_t message, uint64_t offset,
                    size_t cap, uint64_t now, mr_store_result *result) {
  mr_memory *m = user;
  (void)token;
  mr__memory_tick(m, now);
  const mr__mmessage *found = mr__memory_message(m, message);
  if (found == NULL || !found->committed)
    return MR_ERR_NOT_FOUND;
  if (mr__memory_rows(m, 1) != MR_OK)
    return MR_ERR_NOMEM;
  mr_record *row = &m->rows[0];
  *row = (mr_record){
      .size = sizeof *row, .kind = MR_RECORD_BYTES, .message = message, .lane = ""};
  if (offset < found->body_len) {
    const mr__mchunk *chunk = chunk_at(found, offset);
    size_t skip = (size_t)(offset - chunk->offset);
    row->data = chunk->data + skip;
    row->data_len = chunk->len - skip < cap ? chunk->len - skip : cap;
  }
  mr__memory_answer(m, result, 1);
  return MR_OK;
}
