/* SPDX-License-Identifier: MIT */
#include "base/event_list.h"

#include <stddef.h>

void mr__events_init(mr__events *list) {
  *list = (mr__events){.current = NULL};
  list->head.prev = &list->head;
  list->head.next = &list->head;
}

int mr__events_empty(const mr__events *list) { return list->head.next == &list->head; }

int mr__event_linked(const mr__event_node *node) { return node->next != NULL; }

void mr__event_post(mr__events *list, mr__event_node *node) {
  if (mr__event_linked(node))
    return;
  node->prev = list->head.prev;
  node->next = &list->head;
  node->prev->next = node;
  list->head.prev = node;
}

static void unlink_node(mr__event_node *node) {
  if (!mr__event_linked(node))
    return;
  node->prev->next = node->next;
  node->next->prev = node->prev;
  node->prev = NULL;
  node->next = NULL;
}

void mr__event_remove(mr__events *list, mr__event_node *node) {
  unlink_node(node);
  if (list->current == node)
    list->current = NULL;
}

mr__event_node *mr__events_take(mr__events *list) {
  mr__event_node *before = list->current;
  list->current = NULL;
  if (before != NULL && before->done != NULL)
    before->done(before);
  if (mr__events_empty(list))
    return NULL;
  mr__event_node *node = list->head.next;
  unlink_node(node);
  list->current = node;
  if (node->taken != NULL)
    node->taken(node);
  return node;
}
