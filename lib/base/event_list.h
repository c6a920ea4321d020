/* SPDX-License-Identifier: MIT */
/*
 * Events are not allocated when they happen: each object that can have something to say
 * embeds a node, links it when that is so, and `fill` writes the event when the host
 * asks. So nothing is lost for lack of memory, and what is linked twice is said once.
 */
#ifndef MR_BASE_EVENT_LIST_H
#define MR_BASE_EVENT_LIST_H

struct mr_event; /* <mailroute/event.h>, one floor up */

typedef struct mr__event_node {
  struct mr__event_node *prev, *next; /* NULL = not linked */
  int type;                           /* mr_event.type */
  void *object; /* mr_event.channel, when fill is NULL (events of channels) */
  /* Writes the rest of the event (zeroed before, type set). NULL for channels. */
  void (*fill)(struct mr__event_node *node, struct mr_event *out);
  /* It was just given out by mr__events_take. NULL = none */
  void (*taken)(struct mr__event_node *node);
  /* The host has let go of the event (at the next next()): may free the owner. NULL =
   * none */
  void (*done)(struct mr__event_node *node);
} mr__event_node;

typedef struct mr__events {
  mr__event_node head;     /* circular, initialised by mr__events_init */
  mr__event_node *current; /* given out, done() still to be called */
} mr__events;

void mr__events_init(mr__events *list);
int mr__events_empty(const mr__events *list);
int mr__event_linked(const mr__event_node *node);
/* At the end; does nothing if the node is linked already. */
void mr__event_post(mr__events *list, mr__event_node *node);
/* Out of the list; forgets it also as the current one, without calling done. */
void mr__event_remove(mr__events *list, mr__event_node *node);
/* Calls done() of the one given out before, unlinks and returns the next, NULL = none.
 * mr__event_next (text/event.h) turns it into an mr_event. */
mr__event_node *mr__events_take(mr__events *list);

#endif
