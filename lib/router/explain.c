/* SPDX-License-Identifier: MIT */
/* Plans that the host asked for itself. */
#include "router/router.h"

void mr__explain_free(mr__explain *e) {
  mr_router *r = e->asker.router;
  mr__event_remove(&r->ctx->events, &e->event);
  if (e->prev) {
    e->prev->next = e->next;
  } else {
    r->explains = e->next;
  }
  if (e->next) {
    e->next->prev = e->prev;
  }
  r->explain_count--;
  mr_plan_free(e->plan);
  mr__free(&r->ctx->env, e);
}

static void fill(mr__event_node *node, mr_event *out) {
  const mr__explain *e = MR__OWNER(node, mr__explain, event);
  out->plan = e->plan;
  out->id = e->plan->id;
  out->tag = e->asker.tag;
}

static void told(mr__event_node *node) {
  mr__explain_free(MR__OWNER(node, mr__explain, event));
}

void mr__explain_plan(mr__explain *e, const mr_plan *plan) {
  e->plan = mr_plan_ref(plan);
  e->event.type = MR_EVENT_PLAN;
  e->event.fill = fill;
  e->event.done = told;
  mr__event_post(&e->asker.router->ctx->events, &e->event);
}

int mr__explain_new(mr_router *r, uint64_t *id, const char *recipient, uint64_t tag) {
  mr__explain *e = mr__calloc(&r->ctx->env, 1, sizeof *e);
  if (!e) {
    return MR_ERR_NOMEM;
  }
  e->asker.router = r;
  e->asker.tag = tag;
  e->next = r->explains;
  if (e->next) {
    e->next->prev = e;
  }
  r->explains = e;
  r->explain_count++;
  int err = mr_route_query(r->route, id, recipient, 0, (uint64_t)(uintptr_t)&e->asker,
                           r->ctx->now);
  if (err) {
    mr__explain_free(e);
  }
  return err;
}
