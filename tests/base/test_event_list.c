/* SPDX-License-Identifier: MIT */
#include "base/event_list.h"

#include "base/fail.h"

typedef struct thing {
  mr__event_node node;
  int taken, done;
} thing;

static void on_taken(mr__event_node *node) { ((thing *)node->object)->taken++; }
static void on_done(mr__event_node *node) { ((thing *)node->object)->done++; }

static mr__events list;
static thing things[3];

static int setup(void **state) {
  (void)state;
  mr__events_init(&list);
  memset(things, 0, sizeof things);
  for (size_t i = 0; i < 3; i++) {
    things[i].node.object = &things[i];
    things[i].node.taken = on_taken;
    things[i].node.done = on_done;
  }
  return 0;
}

static void in_order_and_once(void **state) {
  (void)state;
  assert_true(mr__events_empty(&list));
  for (size_t i = 0; i < 3; i++)
    mr__event_post(&list, &things[i].node);
  mr__event_post(&list, &things[0].node);
  assert_false(mr__events_empty(&list));
  for (size_t i = 0; i < 3; i++) {
    assert_true(mr__event_linked(&things[i].node));
    assert_ptr_equal(mr__events_take(&list), &things[i].node);
    assert_false(mr__event_linked(&things[i].node));
    assert_int_equal(things[i].taken, 1);
    assert_int_equal(things[i].done, 0);
    assert_int_equal(i == 0 || things[i - 1].done == 1, 1);
  }
  assert_null(mr__events_take(&list));
  assert_int_equal(things[2].done, 1);
  assert_null(mr__events_take(&list));
  assert_int_equal(things[2].done, 1);
}

static void removed_is_forgotten(void **state) {
  (void)state;
  mr__event_remove(&list, &things[0].node); /* not linked: nothing */
  for (size_t i = 0; i < 3; i++)
    mr__event_post(&list, &things[i].node);
  mr__event_remove(&list, &things[1].node);
  assert_ptr_equal(mr__events_take(&list), &things[0].node);
  mr__event_remove(&list, &things[0].node); /* the current one: no done */
  assert_ptr_equal(mr__events_take(&list), &things[2].node);
  assert_int_equal(things[0].done, 0);
  assert_int_equal(things[1].taken, 0);
}

static void posted_again_while_given_out(void **state) {
  (void)state;
  mr__event_post(&list, &things[0].node);
  assert_ptr_equal(mr__events_take(&list), &things[0].node);
  mr__event_post(&list, &things[0].node);
  assert_ptr_equal(mr__events_take(&list), &things[0].node);
  assert_int_equal(things[0].taken, 2);
  assert_int_equal(things[0].done, 1);
  assert_null(mr__events_take(&list));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(in_order_and_once, setup),
      cmocka_unit_test_setup(removed_is_forgotten, setup),
      cmocka_unit_test_setup(posted_again_while_given_out, setup),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
