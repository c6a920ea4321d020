/* SPDX-License-Identifier: MIT */
#include "route/plan.h"

#include "base/fmt.h"

enum { STEP_MAX = 1024 };

int mr__plan_new(mr__plan **out, mr__ctx *ctx, mr_trust *trust, const char *recipient) {
  mr__plan *plan = mr__calloc(&ctx->env, 1, sizeof *plan);
  if (!plan) {
    return MR_ERR_NOMEM;
  }
  mr__arena_init(&plan->arena, &ctx->env, MR__PLAN_MEMORY_MAX);
  plan->view.recipient = mr__arena_text(&plan->arena, recipient);
  if (plan->arena.err) {
    int err = plan->arena.err;
    mr__arena_free(&plan->arena);
    mr__free(&ctx->env, plan);
    return err;
  }
  plan->refs = 1;
  plan->ctx = mr__ctx_ref(ctx);
  plan->trust = trust ? mr_trust_ref(trust) : NULL;
  plan->view.domain = plan->view.status = plan->view.text = plan->view.key = "";
  *out = plan;
  return MR_OK;
}

const mr_plan *mr_plan_ref(const mr_plan *plan) {
  if (plan) {
    ((mr__plan *)(uintptr_t)plan)->refs++;
  }
  return plan;
}

void mr_plan_free(const mr_plan *view) {
  mr__plan *plan = (mr__plan *)(uintptr_t)view;
  if (!plan || --plan->refs > 0) {
    return;
  }
  mr__ctx *ctx = plan->ctx;
  mr_trust_free(plan->trust);
  mr__arena_free(&plan->arena);
  mr__free(&ctx->env, plan);
  mr__ctx_drop(ctx);
}

void mr__plan_step(mr__plan *plan, const char *format, ...) {
  mr__buf line;
  va_list args;
  if (plan->steps.count >= MR__PLAN_STEPS_MAX) {
    return;
  }
  mr__buf_init(&line, &plan->ctx->env, STEP_MAX);
  va_start(args, format);
  mr__vfmt(&line, format, args);
  va_end(args);
  mr__arena_push(&plan->arena, &plan->steps,
                 mr__arena_text(&plan->arena, mr__buf_text(&line)));
  mr__buf_free(&line);
}

void mr__plan_drop(mr__plan *plan, const char *host, const char *address, int preference,
                   int reason, const char *text) {
  if (plan->drops.count >= MR__PLAN_DROPS_MAX) {
    return;
  }
  mr_drop *drop = mr__arena_get(&plan->arena, sizeof *drop);
  if (!drop) {
    return;
  }
  drop->host = mr__arena_text(&plan->arena, host);
  drop->address = mr__arena_text(&plan->arena, address);
  drop->preference = preference;
  drop->reason = reason;
  drop->text = mr__arena_text(&plan->arena, text ? text : mr_reason_text(reason));
  mr__arena_push(&plan->arena, &plan->drops, drop);
}

void mr__plan_verdict(mr__plan *plan, int verdict, int reason, const char *status,
                      const char *text) {
  plan->view.verdict = verdict;
  plan->view.reason = reason;
  plan->view.status =
      status ? mr__arena_text(&plan->arena, status) : mr_reason_status(reason);
  plan->view.text = text ? mr__arena_text(&plan->arena, text) : mr_reason_text(reason);
}

void mr__plan_close(mr__plan *plan) {
  mr_plan *view = &plan->view;
  if (plan->arena.err) {
    view->verdict = MR_VERDICT_DEFER;
    view->reason = MR_REASON_NO_MEMORY;
    view->status = mr_reason_status(MR_REASON_NO_MEMORY);
    view->text = mr_reason_text(MR_REASON_NO_MEMORY);
    plan->hops.count = plan->drops.count = plan->steps.count = 0;
  }
  view->hops = (const mr_hop *const *)plan->hops.items;
  view->hop_count = plan->hops.count;
  view->drops = (const mr_drop *const *)plan->drops.items;
  view->drop_count = plan->drops.count;
  view->steps = (const char *const *)plan->steps.items;
  view->step_count = plan->steps.count;
}
