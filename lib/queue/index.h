/* SPDX-License-Identifier: MIT */
/* Objects by number: a chained table of embedded links, so that adding never fails. */
#ifndef MR_QUEUE_INDEX_H
#define MR_QUEUE_INDEX_H

#include "base/env.h"

enum { MR__INDEX_FIRST = 64 };

typedef struct mr__link {
  struct mr__link *next, **at; /* at NULL = in no index */
  uint64_t key;
} mr__link;

typedef struct mr__index {
  const mr_env *env;
  mr__link *first[MR__INDEX_FIRST]; /* until it has grown */
  mr__link **slots;                 /* NULL = first */
  size_t slot_count;                /* a power of two */
  size_t count;
} mr__index;

void mr__index_init(mr__index *index, const mr_env *env);
void mr__index_free(mr__index *index); /* the table, not the objects */
void mr__index_add(mr__index *index, mr__link *link, uint64_t key);
void mr__index_remove(mr__index *index, mr__link *link); /* nothing if it is in none */
mr__link *mr__index_find(const mr__index *index, uint64_t key);
mr__link *mr__index_again(const mr__link *link); /* the next one of the same key */
mr__link *mr__index_any(const mr__index *index); /* NULL = empty */

#endif
