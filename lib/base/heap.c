/* SPDX-License-Identifier: MIT */
#include "base/heap.h"

void mr__heap_init(mr__heap *heap,
                   int (*less)(const mr__heap_node *a, const mr__heap_node *b)) {
  heap->root = NULL;
  heap->less = less;
}

static mr__heap_node *meld(const mr__heap *heap, mr__heap_node *a, mr__heap_node *b) {
  if (a == NULL)
    return b;
  if (b == NULL)
    return a;
  if (heap->less(b, a)) {
    mr__heap_node *top = b;
    b = a;
    a = top;
  }
  b->prev = a;
  b->next = a->child;
  if (b->next != NULL)
    b->next->prev = b;
  a->child = b;
  return a;
}

/* Two passes: melds neighbours from the left, then the pairs from the right. */
static mr__heap_node *meld_all(const mr__heap *heap, mr__heap_node *list) {
  mr__heap_node *pairs = NULL;
  while (list != NULL) {
    mr__heap_node *a = list, *b = a->next;
    list = b != NULL ? b->next : NULL;
    a->next = a->prev = NULL;
    if (b != NULL)
      b->next = b->prev = NULL;
    a = meld(heap, a, b);
    a->next = pairs;
    pairs = a;
  }
  mr__heap_node *top = NULL;
  while (pairs != NULL) {
    mr__heap_node *next = pairs->next;
    pairs->next = NULL;
    top = meld(heap, top, pairs);
    pairs = next;
  }
  return top;
}

void mr__heap_add(mr__heap *heap, mr__heap_node *node) {
  *node = (mr__heap_node){NULL, NULL, NULL};
  heap->root = meld(heap, heap->root, node);
}

static void cut(mr__heap_node *node) {
  if (node->prev->child == node)
    node->prev->child = node->next;
  else
    node->prev->next = node->next;
  if (node->next != NULL)
    node->next->prev = node->prev;
}

void mr__heap_remove(mr__heap *heap, mr__heap_node *node) {
  mr__heap_node *rest = meld_all(heap, node->child);
  if (heap->root == node) {
    heap->root = rest;
  } else {
    cut(node);
    heap->root = meld(heap, heap->root, rest);
  }
  *node = (mr__heap_node){NULL, NULL, NULL};
}

mr__heap_node *mr__heap_top(const mr__heap *heap) { return heap->root; }
