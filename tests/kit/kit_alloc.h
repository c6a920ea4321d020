/* SPDX-License-Identifier: MIT */
/*
 * An mr_env for tests: counting and failing allocator, seeded random, settable calendar,
 * captured log. Give `&k.env` to the library. Blocks are checked for overruns at free,
 * freed memory is poisoned, and realloc always moves (unless `move` is cleared).
 */
#ifndef KIT_ALLOC_H
#define KIT_ALLOC_H

#include <mailroute/base.h>

#include "kit/kit_rng.h"

typedef struct kit_env {
  mr_env env; /* user = this struct: do not move it after init */

  /* counters, read only */
  size_t live_blocks, live_bytes, peak_bytes;
  uint64_t calls;  /* requests for memory so far (new blocks and reallocs, not frees) */
  uint64_t failed; /* how many of them were refused on purpose */

  /* faults, set at any time */
  uint64_t
      fail_at;   /* refuse request number fail_at (from 1; compare with calls); 0 = off */
  int fail_from; /* 1: and every later one */
  size_t fail_above; /* refuse every request above this size; 0 = off */
  int move;          /* 1 (default): realloc always gives another address */
  int random_fails;  /* 1: env.random answers MR_ERR_RANDOM */

  kit_rng rng;      /* behind env.random */
  int64_t wall;     /* milliseconds; init: 2026-01-01 00:00:00 UTC */
  int wall_unknown; /* 1: env.wall answers MR_TIME_UNKNOWN */

  char *log; /* captured lines, each "LEVEL text\n"; NUL-terminated or NULL */
  size_t log_len;
  unsigned log_lines;
} kit_env;

void kit_env_init(kit_env *k, uint64_t seed);
/* Frees the captured log. Returns the number of live blocks: 0 = no leak. */
size_t kit_env_done(kit_env *k);
/* Refuses the n-th request from now on (1 = the next), once or `from` then on. 0 = off.
 */
void kit_env_fail(kit_env *k, uint64_t n, int from);
void kit_env_heal(kit_env *k);
int kit_env_logged(const kit_env *k, const char *part); /* 1: some line contains it */

/* A heap copy of exactly len octets (len 0: a block of 1), so that ASan sees overreads.
 */
void *kit_exact(const void *data, size_t len); /* free() it */

/* Prints and aborts: for the kit's own impossible cases. */
void kit_die(const char *what);
void *kit_xalloc(void *ptr, size_t len); /* realloc or die; zero-fills if ptr is NULL */
char *kit_xdup(const char *text);
char *kit_xdup_n(const void *data, size_t len); /* adds a NUL */

#endif
