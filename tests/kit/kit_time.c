/* SPDX-License-Identifier: MIT */
#include "kit/kit_time.h"

#include <stdlib.h>

#include "kit/kit_alloc.h"

typedef struct event {
  uint64_t when, id; /* ids rise: they order equal times */
  kit_time_fn *fn;   /* NULL = cancelled */
  void *user;
} event;

struct kit_time {
  uint64_t now, last_id;
  event *heap;
  size_t len, cap, live;
};

kit_time *kit_time_new(uint64_t start) {
  kit_time *time = kit_xalloc(NULL, sizeof *time);
  time->now = start;
  return time;
}

void kit_time_free(kit_time *time) {
  if (time)
    free(time->heap);
  free(time);
}

uint64_t kit_time_now(const kit_time *time) { return time->now; }
size_t kit_time_count(const kit_time *time) { return time->live; }

static int before(const event *a, const event *b) {
  return a->when < b->when || (a->when == b->when && a->id < b->id);
}

static void swap(event *a, event *b) {
  event t = *a;
  *a = *b;
  *b = t;
}

static void sift_up(event *heap, size_t i) {
  for (; i && before(&heap[i], &heap[(i - 1) / 2]); i = (i - 1) / 2)
    swap(&heap[i], &heap[(i - 1) / 2]);
}

static void sift_down(event *heap, size_t len, size_t i) {
  for (;;) {
    size_t least = i;
    for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < len; child++)
      if (before(&heap[child], &heap[least]))
        least = child;
    if (least == i)
      return;
    swap(&heap[i], &heap[least]);
    i = least;
  }
}

static event pop(kit_time *time) {
  event top = time->heap[0];
  time->heap[0] = time->heap[--time->len];
  sift_down(time->heap, time->len, 0);
  return top;
}

static void drop_cancelled(kit_time *time) {
  while (time->len && !time->heap[0].fn)
    pop(time);
}

uint64_t kit_time_at(kit_time *time, uint64_t when, kit_time_fn *fn, void *user) {
  if (time->len == time->cap) {
    time->cap = time->cap ? time->cap * 2 : 64;
    time->heap = kit_xalloc(time->heap, time->cap * sizeof *time->heap);
  }
  event e = {when < time->now ? time->now : when, ++time->last_id, fn, user};
  time->heap[time->len] = e;
  sift_up(time->heap, time->len++);
  time->live++;
  return e.id;
}

uint64_t kit_time_after(kit_time *time, uint64_t delay, kit_time_fn *fn, void *user) {
  return kit_time_at(time, time->now + delay, fn, user);
}

int kit_time_cancel(kit_time *time, uint64_t id) {
  for (size_t i = 0; i < time->len; i++) {
    if (time->heap[i].id != id || !time->heap[i].fn)
      continue;
    time->heap[i].fn = NULL;
    time->live--;
    drop_cancelled(time);
    return 1;
  }
  return 0;
}

uint64_t kit_time_next(const kit_time *time) {
  return time->len ? time->heap[0].when : UINT64_MAX;
}

int kit_time_step(kit_time *time) {
  if (!time->len)
    return 0;
  event e = pop(time);
  time->live--;
  drop_cancelled(time);
  time->now = e.when;
  e.fn(e.user, time->now);
  return 1;
}

void kit_time_run_until(kit_time *time, uint64_t when) {
  while (kit_time_next(time) <= when && time->len)
    kit_time_step(time);
  if (time->now < when)
    time->now = when;
}

size_t kit_time_run(kit_time *time, size_t steps) {
  size_t made = 0;
  while (made < steps && kit_time_step(time))
    made++;
  return made;
}
