/* SPDX-License-Identifier: MIT */
/* The heap against a plain array. */
#include "base/heap.h"

#include "base/fail.h"

enum { ITEMS = 300, STEPS = 60000 };

typedef struct item {
  mr__heap_node node;
  uint32_t key;
  int in;
} item;

static const item *item_of(const mr__heap_node *node) {
  return (const item *)(const void *)((const char *)node - offsetof(item, node));
}

static int less(const mr__heap_node *a, const mr__heap_node *b) {
  return item_of(a)->key < item_of(b)->key;
}

/* Index of the least key, -1 when all are out. Keys are unique. */
static int least(const item *items) {
  int best = -1;
  for (int i = 0; i < ITEMS; i++)
    if (items[i].in && (best < 0 || items[i].key < items[best].key))
      best = i;
  return best;
}

static void check_top(const mr__heap *heap, const item *items) {
  int best = least(items);
  const mr__heap_node *top = mr__heap_top(heap);
  if (best < 0)
    assert_null(top);
  else
    assert_ptr_equal(top, &items[best].node);
}

static void toggle(mr__heap *heap, item *it, uint32_t key) {
  if (it->in) {
    mr__heap_remove(heap, &it->node);
  } else {
    it->key = key;
    mr__heap_add(heap, &it->node);
  }
  it->in = !it->in;
}

static void agrees_with_a_sorted_model(void **state) {
  (void)state;
  static item items[ITEMS];
  mr__heap heap;
  uint64_t seed = 7;
  mr__heap_init(&heap, less);
  for (uint32_t i = 0; i < STEPS; i++) {
    item *it = &items[next_random(&seed) % ITEMS];
    uint32_t key = (next_random(&seed) % 1000) * STEPS + i;
    if (next_random(&seed) % 3 == 0 && mr__heap_top(&heap) != NULL)
      it = MR__OWNER(mr__heap_top(&heap), item, node);
    toggle(&heap, it, key);
    check_top(&heap, items);
  }
}

static void a_million_ordered_items_need_no_stack(void **state) {
  (void)state;
  enum { MANY = 1000000 };
  item *items = calloc(MANY, sizeof *items);
  mr__heap heap;
  assert_non_null(items);
  mr__heap_init(&heap, less);
  for (uint32_t i = 0; i < MANY; i++) {
    items[i].key = MANY - i;
    mr__heap_add(&heap, &items[i].node);
  }
  for (uint32_t i = MANY; i-- > 0;) {
    assert_ptr_equal(mr__heap_top(&heap), &items[i].node);
    mr__heap_remove(&heap, &items[i].node);
  }
  assert_null(mr__heap_top(&heap));
  free(items);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(agrees_with_a_sorted_model),
      cmocka_unit_test(a_million_ordered_items_need_no_stack),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
