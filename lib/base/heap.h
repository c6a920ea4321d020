/* SPDX-License-Identifier: MIT */
/* Pairing heap, intrusive: no allocation, so no operation fails. */
#ifndef MR_BASE_HEAP_H
#define MR_BASE_HEAP_H

#include <stddef.h>

typedef struct mr__heap_node {
  struct mr__heap_node *child, *next, *prev; /* prev = parent for a first child */
} mr__heap_node;

typedef struct mr__heap {
  mr__heap_node *root;
  int (*less)(const mr__heap_node *a, const mr__heap_node *b);
} mr__heap;

void mr__heap_init(mr__heap *heap,
                   int (*less)(const mr__heap_node *a, const mr__heap_node *b));
void mr__heap_add(mr__heap *heap, mr__heap_node *node);
void mr__heap_remove(mr__heap *heap, mr__heap_node *node);
mr__heap_node *mr__heap_top(const mr__heap *heap);

/* Owner of an embedded node. */
#define MR__OWNER(node, type, member)                                                    \
  ((type *)(void *)((char *)(node)-offsetof(type, member)))

#endif
