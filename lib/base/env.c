/* SPDX-License-Identifier: MIT */
#include "base/env.h"

#include <string.h>

#include "base/fmt.h"

/* Longest log line; longer ones are cut. */
#define LOG_LINE_MAX 1024

#define HAS(host, member)                                                                \
  ((host)->size >= offsetof(mr_env, member) + sizeof((host)->member) &&                  \
   (host)->member != NULL)

void mr__env_copy(mr_env *out, const mr_env *host) {
  mr_env made = {sizeof made,      NULL, mr__default_alloc, mr__default_random,
                 mr__default_wall, NULL};
  if (host != NULL) {
    if (HAS(host, user))
      made.user = host->user;
    if (HAS(host, alloc))
      made.alloc = host->alloc;
    if (HAS(host, random))
      made.random = host->random;
    if (HAS(host, wall))
      made.wall = host->wall;
    if (HAS(host, log))
      made.log = host->log;
  }
  *out = made;
}

void *mr__realloc(const mr_env *env, void *ptr, size_t n) {
  if (n == 0) {
    mr__free(env, ptr);
    return NULL;
  }
  return env->alloc(env->user, ptr, n);
}

void *mr__calloc(const mr_env *env, size_t count, size_t size) {
  if (count == 0 || size == 0 || count > SIZE_MAX / size)
    return NULL;
  void *p = env->alloc(env->user, NULL, count * size);
  if (p != NULL)
    memset(p, 0, count * size);
  return p;
}

void mr__free(const mr_env *env, void *ptr) {
  if (ptr != NULL)
    (void)env->alloc(env->user, ptr, 0);
}

char *mr__strdup(const mr_env *env, const char *text) {
  return mr__memdup0(env, text, strlen(text));
}

char *mr__memdup0(const mr_env *env, const void *data, size_t len) {
  if (len == SIZE_MAX)
    return NULL;
  char *p = env->alloc(env->user, NULL, len + 1);
  if (p == NULL)
    return NULL;
  if (len > 0)
    memcpy(p, data, len);
  p[len] = '\0';
  return p;
}

int mr__random(const mr_env *env, void *buf, size_t len) {
  if (len == 0)
    return MR_OK;
  return env->random(env->user, buf, len) == MR_OK ? MR_OK : MR_ERR_RANDOM;
}

int mr__random_below(const mr_env *env, uint32_t n, uint32_t *out) {
  /* A sound source fails all tries of a draw with a chance below 2^-64. */
  enum { TRIES = 64 };
  if (n == 0)
    return MR_ERR_MISUSE;
  uint32_t excess = (uint32_t)((UINT64_C(1) << 32) % n);
  for (int i = 0; i < TRIES; i++) {
    uint32_t drawn;
    int rc = mr__random(env, &drawn, sizeof drawn);
    if (rc != MR_OK)
      return rc;
    if (drawn <= UINT32_MAX - excess) {
      *out = drawn % n;
      return MR_OK;
    }
  }
  return MR_ERR_RANDOM;
}

int mr__wall(const mr_env *env, int64_t *milliseconds) {
  int rc = env->wall(env->user, milliseconds);
  return rc == MR_OK ? MR_OK : MR_ERR_TIME_UNKNOWN;
}

void mr__log(const mr_env *env, int level, const char *format, ...) {
  char line[LOG_LINE_MAX];
  if (env->log == NULL)
    return;
  va_list args;
  va_start(args, format);
  size_t len = mr__vfmt_to(line, sizeof line, format, args);
  va_end(args);
  env->log(env->user, level, line, len < sizeof line ? len : sizeof line - 1);
}
