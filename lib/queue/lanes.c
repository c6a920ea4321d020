/* SPDX-License-Identifier: MIT */
/* Lanes that claims leave out for a while. */
#include <string.h>

#include "queue/core.h"

int mr__lanes_init(mr_queue *q) { return mr__map_init(&q->lanes.by_name, &q->ctx->env); }

static void lane_free(mr_queue *q, mr__lane *lane) {
  mr__free(&q->ctx->env, lane->name);
  mr__free(&q->ctx->env, lane);
}

void mr__lanes_sweep(mr_queue *q) {
  while (q->lanes.gone != NULL) {
    mr__lane *lane = q->lanes.gone;
    q->lanes.gone = lane->next_gone;
    lane_free(q, lane);
  }
}

void mr__lanes_free(mr_queue *q) {
  mr__lanes *lanes = &q->lanes;
  mr__lanes_sweep(q);
  for (size_t i = 0; i < lanes->count; i++) {
    mr__timer_stop(q->ctx, &lanes->paused[i]->timer);
    lane_free(q, lanes->paused[i]);
  }
  mr__free(&q->ctx->env, lanes->paused);
  if (lanes->by_name.env != NULL)
    mr__map_free(&lanes->by_name);
}

static int grow(mr_queue *q, void **array, size_t *cap, size_t need, size_t size) {
  if (need <= *cap)
    return MR_OK;
  size_t more = *cap > 0 ? *cap * 2 : 16;
  if (more < need)
    more = need;
  void *grown =
      more < SIZE_MAX / size ? mr__realloc(&q->ctx->env, *array, more * size) : NULL;
  if (grown == NULL)
    return MR_ERR_NOMEM;
  *array = grown;
  *cap = more;
  return MR_OK;
}

int mr__lanes_snapshot(mr_queue *q) {
  mr__claim *c = &q->claim;
  void *array = (void *)c->lanes;
  int rc = grow(q, &array, &c->lanes_cap, q->lanes.count, sizeof *c->lanes);
  c->lanes = array;
  if (rc != MR_OK)
    return rc;
  for (size_t i = 0; i < q->lanes.count; i++)
    c->lanes[i] = q->lanes.paused[i]->name;
  c->limits = (mr_claim_limits){
      .size = sizeof c->limits, .lanes = c->lanes, .lane_count = q->lanes.count};
  return MR_OK;
}

static void open_lane(mr_queue *q, mr__lane *lane) {
  mr__lanes *lanes = &q->lanes;
  mr__timer_stop(q->ctx, &lane->timer);
  mr__map_remove(&lanes->by_name, lane->name, strlen(lane->name));
  lanes->paused[lane->place] = lanes->paused[--lanes->count];
  lanes->paused[lane->place]->place = lane->place;
  lane->next_gone = lanes->gone;
  lanes->gone = lane;
  if (!mr__op_busy(&q->claim.op))
    mr__lanes_sweep(q);
  mr__claim_wake(q);
}

static void fire(mr__timer *timer, void *owner) {
  mr__lane *lane = owner;
  mr_queue *q = lane->queue;
  (void)timer;
  open_lane(q, lane);
  mr__queue_run(q);
}

static int add_lane(mr_queue *q, const char *name, mr__lane **out) {
  mr__lanes *lanes = &q->lanes;
  void *array = (void *)lanes->paused;
  int rc = grow(q, &array, &lanes->cap, lanes->count + 1, sizeof(mr__lane *));
  lanes->paused = array;
  mr__lane *lane = rc == MR_OK ? mr__calloc(&q->ctx->env, 1, sizeof *lane) : NULL;
  if (lane == NULL)
    return MR_ERR_NOMEM;
  lane->name = mr__strdup(&q->ctx->env, name);
  if (lane->name == NULL ||
      mr__map_put(&lanes->by_name, name, strlen(name), lane, NULL) != MR_OK) {
    lane_free(q, lane);
    return MR_ERR_NOMEM;
  }
  lane->queue = q;
  lane->timer.fire = fire;
  lane->timer.owner = lane;
  lane->place = lanes->count;
  lanes->paused[lanes->count++] = lane;
  *out = lane;
  return MR_OK;
}

static int pause_lane(mr_queue *q, const char *name, uint64_t until) {
  mr__lane *lane = mr__map_get(&q->lanes.by_name, name, strlen(name));
  if (until <= q->ctx->now) {
    if (lane != NULL)
      open_lane(q, lane);
    return MR_OK;
  }
  int rc = lane == NULL ? add_lane(q, name, &lane) : MR_OK;
  if (rc == MR_OK)
    mr__timer_set(q->ctx, &lane->timer, until);
  return rc;
}

int mr_queue_pause_lane(mr_queue *queue, const char *lane, uint64_t until, uint64_t now) {
  if (lane == NULL)
    return MR_ERR_MISUSE;
  int rc = mr__queue_enter(queue, now);
  if (rc != MR_OK)
    return rc;
  return mr__queue_leave(queue, pause_lane(queue, lane, until));
}
