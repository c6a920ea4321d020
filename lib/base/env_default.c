/* SPDX-License-Identifier: MIT */
/* The one place of the core that calls the C library and the system. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/types.h>
#include <time.h>

#include "base/env.h"

/* getrandom(2) gives up to 256 octets whole and without being interrupted. */
#define RANDOM_CHUNK ((size_t)256)

void *mr__default_alloc(void *user, void *ptr, size_t size) {
  (void)user;
  if (size == 0) {
    free(ptr);
    return NULL;
  }
  return realloc(ptr, size);
}

int mr__default_random(void *user, void *buf, size_t len) {
  (void)user;
  uint8_t *p = buf;
  while (len > 0) {
    ssize_t got = getrandom(p, len < RANDOM_CHUNK ? len : RANDOM_CHUNK, 0);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return MR_ERR_RANDOM;
    p += got;
    len -= (size_t)got;
  }
  return MR_OK;
}

int mr__default_wall(void *user, int64_t *milliseconds) {
  struct timespec ts;
  (void)user;
  if (clock_gettime(CLOCK_REALTIME, &ts) != 0)
    return MR_ERR_TIME_UNKNOWN;
  *milliseconds = (int64_t)ts.tv_sec * 1000 + (int64_t)(ts.tv_nsec / 1000000);
  return MR_OK;
}
