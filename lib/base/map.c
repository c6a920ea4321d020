/* SPDX-License-Identifier: MIT */
/* Open addressing with linear probes. A removed entry leaves a grave, so that a walk may
 * remove what it stands on. */
#include "base/map.h"

#include <string.h>

#define SLOTS_FIRST ((size_t)8)

struct mr__map_entry {
  uint64_t hash;
  void *value;
  size_t len;
  uint8_t key[];
};

static const char grave_mark;

static mr__map_entry *grave(void) { return (mr__map_entry *)(uintptr_t)&grave_mark; }

static int is_entry(const mr__map_entry *slot) { return slot != NULL && slot != grave(); }

int mr__map_init(mr__map *map, const mr_env *env) {
  *map = (mr__map){.env = env};
  return mr__random(env, map->key, sizeof map->key);
}

void mr__map_free(mr__map *map) {
  for (size_t i = 0; i < map->slot_count; i++)
    if (is_entry(map->slots[i]))
      mr__free(map->env, map->slots[i]);
  if (map->slots != NULL)
    mr__free(map->env, map->slots);
  map->slots = NULL;
  map->slot_count = map->count = map->used = 0;
}

static size_t step(const mr__map *map, size_t i) {
  return (i + 1) & (map->slot_count - 1);
}

/* Slot of the key, or slot_count. At least one slot is always empty. */
static size_t find(const mr__map *map, uint64_t hash, const void *key, size_t len) {
  if (map->count == 0)
    return map->slot_count;
  size_t i = (size_t)hash & (map->slot_count - 1);
  for (; map->slots[i] != NULL; i = step(map, i)) {
    const mr__map_entry *e = map->slots[i];
    if (e == grave() || e->hash != hash || e->len != len)
      continue;
    if (len == 0 || memcmp(e->key, key, len) == 0)
      return i;
  }
  return map->slot_count;
}

static size_t find_key(const mr__map *map, const void *key, size_t len) {
  if (map->count == 0)
    return map->slot_count;
  return find(map, mr__siphash(map->key, key, len), key, len);
}

void *mr__map_get(const mr__map *map, const void *key, size_t len) {
  size_t i = find_key(map, key, len);
  return i < map->slot_count ? map->slots[i]->value : NULL;
}

static void place(mr__map *map, mr__map_entry *entry) {
  size_t i = (size_t)entry->hash & (map->slot_count - 1);
  while (is_entry(map->slots[i]))
    i = step(map, i);
  if (map->slots[i] == NULL)
    map->used++;
  map->slots[i] = entry;
}

/* New slots, at most half full and without graves. */
static int rehash(mr__map *map) {
  size_t slot_count = SLOTS_FIRST;
  while (slot_count / 2 < map->count + 1)
    slot_count *= 2;
  mr__map_entry **slots = mr__calloc(map->env, slot_count, sizeof(mr__map_entry *));
  if (slots == NULL)
    return MR_ERR_NOMEM;
  mr__map_entry **old = map->slots;
  size_t old_count = map->slot_count;
  map->slots = slots;
  map->slot_count = slot_count;
  map->used = 0;
  for (size_t i = 0; i < old_count; i++)
    if (is_entry(old[i]))
      place(map, old[i]);
  mr__free(map->env, old);
  return MR_OK;
}

/* Without memory for more slots a fuller table will do, while one slot stays empty. */
static int make_room(mr__map *map) {
  if ((map->used + 1) <= map->slot_count - map->slot_count / 4 && map->slot_count > 0)
    return MR_OK;
  if (rehash(map) == MR_OK || map->used + 1 < map->slot_count)
    return MR_OK;
  return MR_ERR_NOMEM;
}

static mr__map_entry *entry_new(const mr__map *map, uint64_t hash, const void *key,
                                size_t len, void *value) {
  if (len > SIZE_MAX - sizeof(mr__map_entry))
    return NULL;
  mr__map_entry *e = mr__realloc(map->env, NULL, sizeof *e + len);
  if (e == NULL)
    return NULL;
  e->hash = hash;
  e->value = value;
  e->len = len;
  if (len > 0)
    memcpy(e->key, key, len);
  return e;
}

int mr__map_put(mr__map *map, const void *key, size_t len, void *value, void **old) {
  uint64_t hash = mr__siphash(map->key, key, len);
  size_t i = find(map, hash, key, len);
  if (old != NULL)
    *old = i < map->slot_count ? map->slots[i]->value : NULL;
  if (i < map->slot_count) {
    map->slots[i]->value = value;
    return MR_OK;
  }
  mr__map_entry *e = entry_new(map, hash, key, len, value);
  if (e == NULL)
    return MR_ERR_NOMEM;
  if (make_room(map) != MR_OK) {
    mr__free(map->env, e);
    return MR_ERR_NOMEM;
  }
  place(map, e);
  map->count++;
  return MR_OK;
}

/* A grave before an empty slot guides no probe: empties it and those before it. */
static void bury(mr__map *map, size_t i) {
  map->slots[i] = grave();
  if (map->slots[step(map, i)] != NULL)
    return;
  while (map->slots[i] == grave()) {
    map->slots[i] = NULL;
    map->used--;
    i = (i - 1) & (map->slot_count - 1);
  }
}

void *mr__map_remove(mr__map *map, const void *key, size_t len) {
  size_t i = find_key(map, key, len);
  if (i == map->slot_count)
    return NULL;
  mr__map_entry *e = map->slots[i];
  void *value = e->value;
  bury(map, i);
  map->count--;
  mr__free(map->env, e);
  return value;
}

int mr__map_each(const mr__map *map, size_t *position, mr__map_entry **entry) {
  while (*position < map->slot_count) {
    mr__map_entry *e = map->slots[(*position)++];
    if (is_entry(e)) {
      *entry = e;
      return 1;
    }
  }
  return 0;
}

const void *mr__map_entry_key(const mr__map_entry *entry, size_t *len) {
  if (len != NULL)
    *len = entry->len;
  return entry->key;
}

void *mr__map_entry_value(const mr__map_entry *entry) { return entry->value; }
