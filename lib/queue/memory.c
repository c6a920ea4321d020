/* SPDX-License-Identifier: MIT */
#include "queue/memory.h"

#include <string.h>

/* What was in them stays. */
int mr__memory_rows(mr_memory *m, size_t count) {
  if (count <= m->row_cap)
    return MR_OK;
  if (count < m->row_cap * 2)
    count = m->row_cap * 2;
  mr_record *rows = mr__calloc(&m->env, count, sizeof *rows);
  const mr_record **list = mr__calloc(&m->env, count, sizeof *list);
  if (rows == NULL || list == NULL) {
    mr__free(&m->env, rows);
    mr__free(&m->env, list);
    return MR_ERR_NOMEM;
  }
  if (m->row_cap > 0)
    memcpy(rows, m->rows, m->row_cap * sizeof *rows);
  mr__free(&m->env, m->rows);
  mr__free(&m->env, m->row_list);
  m->rows = rows;
  m->row_list = list;
  m->row_cap = count;
  for (size_t i = 0; i < count; i++)
    list[i] = &rows[i];
  return MR_OK;
}

void mr__memory_answer(mr_memory *m, mr_store_result *result, size_t count) {
  result->records = (const mr_record *const *)m->row_list;
  result->count = count;
}

void mr__memory_tick(mr_memory *m, uint64_t now) {
  if (now > m->now)
    m->now = now; /* a value below one that was given before counts as that (fault 85) */
}

mr__mmessage *mr__memory_message(const mr_memory *m, uint64_t id) {
  mr__node *node = mr__tree_find(&m->messages, id, 0);
  return node != NULL ? MR__OWNER(node, mr__mmessage, node) : NULL;
}

static void unbegin(mr_memory *m, mr__mmessage *message) {
  if (message->committed)
    return;
  *(message->prev != NULL ? &message->prev->next : &m->begun_first) = message->next;
  *(message->next != NULL ? &message->next->prev : &m->begun_last) = message->prev;
}

/* With its body, but not its deliveries, which are gone or go too. */
void mr__memory_message_free(mr_memory *m, mr__mmessage *message) {
  unbegin(m, message);
  mr__tree_remove(&m->messages, &message->node);
  for (size_t i = 0; i < message->chunk_count; i++)
    mr__free(&m->env, message->chunks[i].data);
  m->used -= message->body_len + message->data_len;
  mr__memory_key_leave(m, message->key);
  mr__free(&m->env, message->chunks);
  mr__free(&m->env, message->data);
  mr__free(&m->env, message);
}

void mr__memory_delivery_free(mr_memory *m, mr__mdelivery *d) {
  mr__mindex_remove(&m->index, d);
  mr__mindex_leave(&m->index, d->bin);
  mr__tree_remove(&m->deliveries, &d->node);
  m->used -= d->data_len;
  mr__free(&m->env, d->data);
  mr__free(&m->env, d);
}

/* ---- list ---- */

static void show_message(const mr_memory *m, const mr__mmessage *message,
                         mr_record *row) {
  *row = (mr_record){.size = sizeof *row,
                     .kind = MR_RECORD_MESSAGE,
                     .message = message->node.major,
                     .tag = message->tag,
                     .lane = "",
                     .age = m->now - message->at,
                     .data = message->data,
                     .data_len = message->data_len};
}

static void show_event(const mr__mevent *event, mr_record *row) {
  *row = (mr_record){.size = sizeof *row,
                     .kind = MR_RECORD_EVENT,
                     .message = event->node.major,
                     .part = event->node.minor,
                     .tag = event->tag,
                     .lane = "",
                     .data = event->data,
                     .data_len = event->data_len};
}

static int wanted(const mr_record_filter *f, const mr_record *row) {
  if (f->lane != NULL && f->lane[0] != 0 &&
      (strlen(f->lane) != strlen(row->lane) ||
       memcmp(f->lane, row->lane, strlen(f->lane)) != 0))
    return 0;
  return f->state == 0 || f->state == row->state;
}

/* 1: row is filled; a message that is only begun does not exist. */
static int show(const mr_memory *m, const mr_record_filter *f, mr__node *node,
                mr_record *row) {
  if (f->kind == MR_RECORD_EVENT) {
    show_event(MR__OWNER(node, mr__mevent, node), row);
  } else if (f->kind == MR_RECORD_DELIVERY) {
    mr__memory_show(m, MR__OWNER(node, mr__mdelivery, node), row);
    row->lease_token = 0;
  } else {
    const mr__mmessage *message = MR__OWNER(node, mr__mmessage, node);
    if (!message->committed)
      return 0;
    show_message(m, message, row);
  }
  return wanted(f, row);
}

static const mr__tree *tree_of(const mr_memory *m, int kind) {
  if (kind == MR_RECORD_MESSAGE)
    return &m->messages;
  if (kind == MR_RECORD_DELIVERY)
    return &m->deliveries;
  return kind == MR_RECORD_EVENT ? &m->events : NULL;
}

/* First node that the filter may want. */
static mr__node *start_of(const mr__tree *tree, const mr_record_filter *f) {
  if (f->message > f->after_message)
    return mr__tree_after(tree, f->message - 1, UINT64_MAX);
  return mr__tree_after(tree, f->after_message, f->after_part);
}

static int list(void *user, uint64_t token, const mr_record_filter *filter, size_t max,
                uint64_t now, mr_store_result *result) {
  mr_memory *m = user;
  (void)token;
  if (filter == NULL || tree_of(m, filter->kind) == NULL)
    return MR_ERR_MISUSE;
  mr__memory_tick(m, now);
  const mr__tree *tree = tree_of(m, filter->kind);
  mr__node *node = start_of(tree, filter);
  size_t count = 0;
  while (node != NULL && count < max) {
    if (filter->message != 0 && node->major != filter->message)
      break;
    if (mr__memory_rows(m, count + 1) != MR_OK)
      return MR_ERR_NOMEM;
    count += (size_t)show(m, filter, node, &m->rows[count]);
    node = mr__tree_after(tree, node->major, node->minor);
  }
  mr__memory_answer(m, result, count);
  return MR_OK;
}

/* ---- the object ---- */

static void fill_table(mr_memory *m) {
  m->table = (mr_store){.size = sizeof m->table,
                        .user = m,
                        .durability = MR_DURABILITY_VOLATILE,
                        .begin = mr__memory_begin,
                        .body_write = mr__memory_write,
                        .body_read = mr__memory_read,
                        .commit = mr__memory_commit,
                        .claim = mr__memory_claim,
                        .renew = mr__memory_renew,
                        .release = mr__memory_release,
                        .next_due = mr__memory_next_due,
                        .list = list,
                        .hint_put = mr__memory_hint_put,
                        .hint_get = mr__memory_hint_get};
}

int mr_memory_new(mr_memory **out, const mr_env *env, uint64_t capacity) {
  mr_env filled;
  if (out == NULL)
    return MR_ERR_MISUSE;
  mr__env_copy(&filled, env);
  mr_memory *m = mr__calloc(&filled, 1, sizeof *m);
  *out = m;
  if (m == NULL)
    return MR_ERR_NOMEM;
  m->env = filled;
  m->capacity = capacity != 0 ? capacity : UINT64_MAX;
  fill_table(m);
  uint64_t seed[3];
  int rc = mr__random(&m->env, seed, sizeof seed);
  m->messages.seed = seed[0];
  m->deliveries.seed = seed[1];
  m->events.seed = seed[2];
  if (rc == MR_OK)
    rc = mr__mindex_init(&m->index, &m->env);
  if (rc == MR_OK)
    rc = mr__map_init(&m->keys, &m->env);
  if (rc == MR_OK)
    rc = mr__map_init(&m->hints, &m->env);
  if (rc != MR_OK) {
    mr_memory_free(m);
    *out = NULL;
  }
  return rc;
}

const mr_store *mr_memory_store(mr_memory *memory) {
  return memory != NULL ? &memory->table : NULL;
}

static void free_records(mr_memory *m) {
  mr__node *node;
  while ((node = m->deliveries.root) != NULL)
    mr__memory_delivery_free(m, MR__OWNER(node, mr__mdelivery, node));
  while ((node = m->messages.root) != NULL)
    mr__memory_message_free(m, MR__OWNER(node, mr__mmessage, node));
  while ((node = m->events.root) != NULL) {
    mr__mevent *event = MR__OWNER(node, mr__mevent, node);
    mr__tree_remove(&m->events, node);
    mr__free(&m->env, event->data);
    mr__free(&m->env, event);
  }
}

void mr_memory_free(mr_memory *memory) {
  if (memory == NULL)
    return;
  mr_env env = memory->env;
  free_records(memory);
  mr__memory_keys_free(memory);
  mr__memory_hints_free(memory);
  mr__mindex_free(&memory->index);
  mr__free(&env, memory->rows);
  mr__free(&env, memory->row_list);
  mr__free(&env, memory);
}
