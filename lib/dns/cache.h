/* SPDX-License-Identifier: MIT */
/* Results by question, least recently used ones out first (RFC 1035 7.4, RFC 2308). */
#ifndef MR_DNS_CACHE_H
#define MR_DNS_CACHE_H

#include "base/map.h"
#include "dns/name.h"
#include "dns/result.h"

enum { MR__DNS_CACHE_OCTETS = 8192 }; /* a larger result is not kept */

typedef struct mr__dns_entry {
  struct mr__dns_entry *newer, *older;
  mr__dns_result *result;
  int type;
  mr__dname name;
} mr__dns_entry;

typedef struct mr__dns_cache {
  const mr_env *env;
  mr__map map;
  mr__dns_entry *newest, *oldest;
  size_t count, max;
} mr__dns_cache;

int mr__dns_cache_init(mr__dns_cache *cache, const mr_env *env, size_t max);
void mr__dns_cache_free(mr__dns_cache *cache);
/* A reference of yours, NULL = not known. */
mr__dns_result *mr__dns_cache_get(mr__dns_cache *cache, const mr__dname *name, int type,
                                  uint64_t now);
/* Takes a reference of its own, if it keeps it. Lack of memory only means: not kept. */
void mr__dns_cache_put(mr__dns_cache *cache, const mr__dname *name, int type,
                       mr__dns_result *result);

#endif
