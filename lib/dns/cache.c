/* SPDX-License-Identifier: MIT */
#include "dns/cache.h"

#include <string.h>

typedef struct key {
  uint8_t octets[2 + MR__DNAME_WIRE];
  size_t len;
} key;

static key key_of(const mr__dname *name, int type) {
  key k = {.len = 2 + name->len};
  k.octets[0] = (uint8_t)((unsigned)type >> 8);
  k.octets[1] = (uint8_t)((unsigned)type & 0xff);
  memcpy(k.octets + 2, name->octets, name->len);
  return k;
}

int mr__dns_cache_init(mr__dns_cache *cache, const mr_env *env, size_t max) {
  memset(cache, 0, sizeof *cache);
  cache->env = env;
  cache->max = max;
  return mr__map_init(&cache->map, env);
}

static void unlink_entry(mr__dns_cache *cache, mr__dns_entry *entry) {
  *(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
  *(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
  entry->newer = entry->older = NULL;
}

static void link_newest(mr__dns_cache *cache, mr__dns_entry *entry) {
  entry->older = cache->newest;
  *(cache->newest ? &cache->newest->newer : &cache->oldest) = entry;
  cache->newest = entry;
}

static void entry_free(mr__dns_cache *cache, mr__dns_entry *entry) {
  mr__dns_result_drop(entry->result);
  mr__free(cache->env, entry);
}

static void forget(mr__dns_cache *cache, mr__dns_entry *entry) {
  key k = key_of(&entry->name, entry->type);
  mr__map_remove(&cache->map, k.octets, k.len);
  unlink_entry(cache, entry);
  cache->count--;
  entry_free(cache, entry);
}

void mr__dns_cache_free(mr__dns_cache *cache) {
  while (cache->oldest) {
    mr__dns_entry *entry = cache->oldest;
    unlink_entry(cache, entry);
    entry_free(cache, entry);
  }
  mr__map_free(&cache->map);
}

mr__dns_result *mr__dns_cache_get(mr__dns_cache *cache, const mr__dname *name, int type,
                                  uint64_t now) {
  key k = key_of(name, type);
  mr__dns_entry *entry = mr__map_get(&cache->map, k.octets, k.len);
  if (!entry)
    return NULL;
  if (mr__dns_result_left(entry->result, now) == 0) {
    forget(cache, entry);
    return NULL;
  }
  unlink_entry(cache, entry);
  link_newest(cache, entry);
  return mr__dns_result_ref(entry->result);
}

static mr__dns_entry *entry_new(mr__dns_cache *cache, const mr__dname *name, int type) {
  mr__dns_entry *entry = mr__calloc(cache->env, 1, sizeof *entry);
  if (!entry)
    return NULL;
  entry->name = *name;
  entry->type = type;
  return entry;
}

void mr__dns_cache_put(mr__dns_cache *cache, const mr__dname *name, int type,
                       mr__dns_result *result) {
  if (cache->max == 0 || result->ttl == 0 ||
      mr__dns_result_octets(result) > MR__DNS_CACHE_OCTETS)
    return;
  key k = key_of(name, type);
  mr__dns_entry *old = mr__map_get(&cache->map, k.octets, k.len);
  if (old)
    forget(cache, old);
  while (cache->count >= cache->max)
    forget(cache, cache->oldest);
  mr__dns_entry *entry = entry_new(cache, name, type);
  if (!entry)
    return;
  if (mr__map_put(&cache->map, k.octets, k.len, entry, NULL) != MR_OK) {
    mr__free(cache->env, entry);
    return;
  }
  entry->result = mr__dns_result_ref(result);
  link_newest(cache, entry);
  cache->count++;
}
