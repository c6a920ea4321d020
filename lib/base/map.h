/* SPDX-License-Identifier: MIT */
/* Map from octet strings to pointers. SipHash with a key of its own: names come from
 * peers. */
#ifndef MR_BASE_MAP_H
#define MR_BASE_MAP_H

#include "base/env.h"

typedef struct mr__map_entry mr__map_entry;

typedef struct mr__map {
  const mr_env *env;
  uint8_t key[16];
  mr__map_entry **slots;
  size_t slot_count;
  size_t count;
  size_t used; /* slots that are not empty: entries and graves */
} mr__map;

int mr__map_init(mr__map *map, const mr_env *env); /* draws the key; MR_ERR_RANDOM */
void mr__map_free(mr__map *map);                   /* entries, not what they point to */
void *mr__map_get(const mr__map *map, const void *key, size_t len); /* NULL = none */
/* Copies the key. Replaces the value if there is one (*old gets it; old may be NULL). */
int mr__map_put(mr__map *map, const void *key, size_t len, void *value, void **old);
void *mr__map_remove(mr__map *map, const void *key,
                     size_t len); /* the value, NULL = none */
/* Walks all: start with *position = 0; returns 0 at the end. Removing the entry just
 * given is allowed, adding is not. */
int mr__map_each(const mr__map *map, size_t *position, mr__map_entry **entry);
const void *mr__map_entry_key(const mr__map_entry *entry, size_t *len);
void *mr__map_entry_value(const mr__map_entry *entry);

typedef struct mr__sip {
  uint64_t v0, v1, v2, v3, tail;
  size_t len;
} mr__sip; /* SipHash-2-4 */
void mr__sip_init(mr__sip *sip, const uint8_t key[16]);
void mr__sip_add(mr__sip *sip, const void *data, size_t len);
uint64_t mr__sip_end(mr__sip *sip);
uint64_t mr__siphash(const uint8_t key[16], const void *data, size_t len);

#endif
