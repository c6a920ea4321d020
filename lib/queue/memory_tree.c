/* SPDX-License-Identifier: MIT */
/* A treap: ordered by key, heap by a pseudo-random weight, so that its depth is
 * logarithmic whatever the order of keys. */
#include <stddef.h>

#include "queue/memory.h"

static int before(uint64_t major, uint64_t minor, const mr__node *node) {
  return major != node->major ? major < node->major : minor < node->minor;
}

static int is(const mr__node *node, uint64_t major, uint64_t minor) {
  return node->major == major && node->minor == minor;
}

static uint64_t draw(mr__tree *tree) { /* xorshift64* */
  uint64_t x = tree->seed != 0 ? tree->seed : 1;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  tree->seed = x;
  return x * UINT64_C(0x2545F4914F6CDD1D);
}

/* Splits at (major, minor): what comes before it to *left, the rest to *right. */
static void split(mr__node *node, uint64_t major, uint64_t minor, mr__node **left,
                  mr__node **right) {
  while (node != NULL) {
    if (before(major, minor, node)) {
      *right = node;
      right = &node->left;
      node = node->left;
    } else {
      *left = node;
      left = &node->right;
      node = node->right;
    }
  }
  *left = NULL;
  *right = NULL;
}

int mr__tree_add(mr__tree *tree, mr__node *node) {
  if (mr__tree_find(tree, node->major, node->minor) != NULL)
    return MR_ERR_EXISTS;
  node->weight = draw(tree);
  mr__node **at = &tree->root;
  while (*at != NULL && (*at)->weight >= node->weight)
    at = before(node->major, node->minor, *at) ? &(*at)->left : &(*at)->right;
  split(*at, node->major, node->minor, &node->left, &node->right);
  *at = node;
  return MR_OK;
}

static void merge(mr__node **at, mr__node *left, mr__node *right) {
  while (left != NULL && right != NULL) {
    if (left->weight >= right->weight) {
      *at = left;
      at = &left->right;
      left = left->right;
    } else {
      *at = right;
      at = &right->left;
      right = right->left;
    }
  }
  *at = left != NULL ? left : right;
}

void mr__tree_remove(mr__tree *tree, mr__node *node) {
  mr__node **at = &tree->root;
  while (*at != node)
    at = before(node->major, node->minor, *at) ? &(*at)->left : &(*at)->right;
  merge(at, node->left, node->right);
}

mr__node *mr__tree_find(const mr__tree *tree, uint64_t major, uint64_t minor) {
  mr__node *node = tree->root;
  while (node != NULL && !is(node, major, minor))
    node = before(major, minor, node) ? node->left : node->right;
  return node;
}

mr__node *mr__tree_after(const mr__tree *tree, uint64_t major, uint64_t minor) {
  mr__node *node = tree->root, *best = NULL;
  while (node != NULL) {
    if (before(major, minor, node)) {
      best = node;
      node = node->left;
    } else {
      node = node->right;
    }
  }
  return best;
}
