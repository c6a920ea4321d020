/* SPDX-License-Identifier: MIT */
/* Memory that is freed all at once: for objects built piece by piece, then kept whole. */
#ifndef MR_BASE_ARENA_H
#define MR_BASE_ARENA_H

#include "base/env.h"

typedef struct mr__arena_chunk mr__arena_chunk;

typedef struct mr__arena {
  const mr_env *env;
  mr__arena_chunk *chunks;
  size_t left;  /* of the newest chunk */
  size_t total; /* octets taken from env */
  size_t max;   /* named limit of whoever made it */
  int err;      /* MR_OK, MR_ERR_NOMEM or MR_ERR_LIMIT: sticky */
} mr__arena;

void mr__arena_init(mr__arena *arena, const mr_env *env, size_t max);
void mr__arena_free(mr__arena *arena);
void *mr__arena_get(mr__arena *arena, size_t size); /* zeroed; NULL: see err */
const char *mr__arena_text(mr__arena *arena, const char *text);
const char *mr__arena_fmt(mr__arena *arena, const char *format, ...);

/* A growing list of pointers inside an arena. */
typedef struct mr__arena_list {
  const void **items;
  size_t count, cap;
} mr__arena_list;

int mr__arena_push(mr__arena *arena, mr__arena_list *list, const void *item);

#endif
