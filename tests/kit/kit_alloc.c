/* SPDX-License-Identifier: MIT */
#include "kit/kit_alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In front of each block; the tail guard follows the block. */
typedef struct head {
  uint64_t magic;
  size_t size;
  kit_env *owner;
  uint64_t guard;
} head;

static const uint64_t LIVE = UINT64_C(0x4b49544c49564521);
static const uint64_t DEAD = UINT64_C(0x4b49544445414421);
static const uint64_t GUARD = UINT64_C(0xfeedfacecafebeef);

void kit_die(const char *what) {
  fprintf(stderr, "kit: %s\n", what);
  abort();
}

void *kit_xalloc(void *ptr, size_t len) {
  void *p = realloc(ptr, len ? len : 1);
  if (!p)
    kit_die("out of memory");
  if (!ptr)
    memset(p, 0, len);
  return p;
}

char *kit_xdup_n(const void *data, size_t len) {
  char *copy = kit_xalloc(NULL, len + 1);
  if (len)
    memcpy(copy, data, len);
  return copy;
}

char *kit_xdup(const char *text) { return kit_xdup_n(text, strlen(text)); }

void *kit_exact(const void *data, size_t len) {
  void *copy = kit_xalloc(NULL, len);
  if (len)
    memcpy(copy, data, len);
  return copy;
}

static head *head_of(kit_env *k, void *ptr) {
  head *h = (head *)ptr - 1;
  if (h->magic == DEAD)
    kit_die("block freed twice or used after free");
  if (h->magic != LIVE || h->guard != GUARD)
    kit_die("not a block, or memory in front of it was overwritten");
  if (h->owner != k)
    kit_die("block of another environment");
  if (memcmp((char *)ptr + h->size, &GUARD, sizeof GUARD))
    kit_die("memory behind a block was overwritten");
  return h;
}

static void release(kit_env *k, void *ptr) {
  head *h = head_of(k, ptr);
  k->live_blocks--;
  k->live_bytes -= h->size;
  memset(ptr, 0xdd, h->size);
  h->magic = DEAD;
  free(h);
}

static void *obtain(kit_env *k, size_t size) {
  head *h = malloc(sizeof *h + size + sizeof GUARD);
  if (!h)
    kit_die("out of memory");
  *h = (head){LIVE, size, k, GUARD};
  memset(h + 1, 0xa5, size);
  memcpy((char *)(h + 1) + size, &GUARD, sizeof GUARD);
  k->live_blocks++;
  k->live_bytes += size;
  if (k->live_bytes > k->peak_bytes)
    k->peak_bytes = k->live_bytes;
  return h + 1;
}

static int refused(kit_env *k, size_t size) {
  k->calls++;
  int hit =
      k->fail_at && (k->calls == k->fail_at || (k->fail_from && k->calls > k->fail_at));
  if (!hit && !(k->fail_above && size > k->fail_above))
    return 0;
  k->failed++;
  return 1;
}

/* Keeps the address when it can: the block shrinks in place. */
static void *shrink(kit_env *k, void *ptr, size_t size) {
  head *h = head_of(k, ptr);
  k->live_bytes -= h->size - size;
  h->size = size;
  memcpy((char *)ptr + size, &GUARD, sizeof GUARD);
  return ptr;
}

static void *env_alloc(void *user, void *ptr, size_t size) {
  kit_env *k = user;
  if (!size) {
    if (ptr)
      release(k, ptr);
    return NULL;
  }
  size_t old = ptr ? head_of(k, ptr)->size : 0;
  if (refused(k, size))
    return NULL;
  if (ptr && !k->move && size <= old)
    return shrink(k, ptr, size);
  void *fresh = obtain(k, size);
  if (ptr) {
    memcpy(fresh, ptr, old < size ? old : size);
    release(k, ptr);
  }
  return fresh;
}

static int env_random(void *user, void *buf, size_t len) {
  kit_env *k = user;
  if (k->random_fails)
    return MR_ERR_RANDOM;
  kit_rng_fill(&k->rng, buf, len);
  return MR_OK;
}

static int env_wall(void *user, int64_t *milliseconds) {
  kit_env *k = user;
  if (k->wall_unknown)
    return MR_ERR_TIME_UNKNOWN;
  *milliseconds = k->wall;
  return MR_OK;
}

static void env_log(void *user, int level, const char *text, size_t len) {
  kit_env *k = user;
  char prefix[16];
  int n = snprintf(prefix, sizeof prefix, "%d ", level);
  size_t add = (size_t)n + len + 1;
  k->log = kit_xalloc(k->log, k->log_len + add + 1);
  memcpy(k->log + k->log_len, prefix, (size_t)n);
  if (len)
    memcpy(k->log + k->log_len + n, text, len);
  k->log_len += add;
  k->log[k->log_len - 1] = '\n';
  k->log[k->log_len] = '\0';
  k->log_lines++;
}

void kit_env_init(kit_env *k, uint64_t seed) {
  memset(k, 0, sizeof *k);
  k->env = (mr_env){sizeof k->env, k, env_alloc, env_random, env_wall, env_log};
  k->move = 1;
  k->wall = INT64_C(1767225600000);
  kit_rng_init(&k->rng, seed);
}

size_t kit_env_done(kit_env *k) {
  free(k->log);
  k->log = NULL;
  k->log_len = 0;
  return k->live_blocks;
}

void kit_env_fail(kit_env *k, uint64_t n, int from) {
  k->fail_at = n ? k->calls + n : 0;
  k->fail_from = from;
}

void kit_env_heal(kit_env *k) {
  k->fail_at = 0;
  k->fail_from = 0;
  k->fail_above = 0;
}

int kit_env_logged(const kit_env *k, const char *part) {
  return k->log && strstr(k->log, part) != NULL;
}
