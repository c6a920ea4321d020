/* SPDX-License-Identifier: MIT */
#include "queue/index.h"

#include <string.h>

static size_t slot_of(uint64_t key, size_t slot_count) {
  return (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (slot_count - 1);
}

static mr__link **slots_of(const mr__index *index) {
  return index->slots != NULL ? index->slots : (mr__link **)(uintptr_t)index->first;
}

static void push(mr__link **slot, mr__link *link) {
  link->next = *slot;
  link->at = slot;
  if (link->next != NULL)
    link->next->at = &link->next;
  *slot = link;
}

static void pull(mr__link *link) {
  *link->at = link->next;
  if (link->next != NULL)
    link->next->at = link->at;
  link->next = NULL;
  link->at = NULL;
}

/* Growing is a favour: without memory the chains get longer. */
static void grow(mr__index *index) {
  size_t count = index->slot_count * 4;
  mr__link **slots = mr__calloc(index->env, count, sizeof *slots);
  if (slots == NULL)
    return;
  mr__link **old = slots_of(index);
  for (size_t i = 0; i < index->slot_count; i++) {
    while (old[i] != NULL) {
      mr__link *link = old[i];
      pull(link);
      push(&slots[slot_of(link->key, count)], link);
    }
  }
  mr__free(index->env, index->slots);
  index->slots = slots;
  index->slot_count = count;
}

void mr__index_init(mr__index *index, const mr_env *env) {
  memset(index, 0, sizeof *index);
  index->env = env;
  index->slot_count = MR__INDEX_FIRST;
}

void mr__index_free(mr__index *index) {
  mr__free(index->env, index->slots);
  index->slots = NULL;
  index->slot_count = MR__INDEX_FIRST;
}

void mr__index_add(mr__index *index, mr__link *link, uint64_t key) {
  if (index->count >= index->slot_count * 2)
    grow(index);
  link->key = key;
  push(&slots_of(index)[slot_of(key, index->slot_count)], link);
  index->count++;
}

void mr__index_remove(mr__index *index, mr__link *link) {
  if (link->at == NULL)
    return;
  pull(link);
  index->count--;
}

static mr__link *same(mr__link *link, uint64_t key) {
  while (link != NULL && link->key != key)
    link = link->next;
  return link;
}

mr__link *mr__index_find(const mr__index *index, uint64_t key) {
  return same(slots_of(index)[slot_of(key, index->slot_count)], key);
}

mr__link *mr__index_again(const mr__link *link) { return same(link->next, link->key); }

mr__link *mr__index_any(const mr__index *index) {
  for (size_t i = 0; index->count > 0 && i < index->slot_count; i++) {
    if (slots_of(index)[i] != NULL)
      return slots_of(index)[i];
  }
  return NULL;
}
