/* SPDX-License-Identifier: MIT */
#include "base/fmt.h"
#include "route/plan.h"
#include "text/json.h"

enum { EXPLAIN_MAX = 4 << 20 };

const char *mr_verdict_name(int verdict) {
  static const char *const names[] = {"none",   "deliver", "defer",
                                      "bounce", "discard", "hold"};
  return verdict >= 1 && verdict <= MR_VERDICT_HOLD ? names[verdict] : names[0];
}

static void put_reason(mr__buf *out, int reason) {
  const char *rule = mr_reason_rule(reason);
  mr__fmt(out, " (%s%s%s)", mr_reason_name(reason), rule[0] ? ", " : "", rule);
}

static void put_hop(mr__buf *out, size_t number, const mr_hop *hop) {
  mr__fmt(out, "%3zu. %s [%s]:%d", number, hop->host, hop->address, hop->port);
  mr__fmt(out, "  preference %d, tls %s%s%s\n", hop->preference,
          mr_tls_level_name(hop->need->level), hop->dead ? ", failed lately" : "",
          hop->in_attempt ? "" : ", only if the others change");
}

static void put_drop(mr__buf *out, const mr_drop *drop) {
  const char *host = drop->host[0] ? drop->host : "a record";
  mr__fmt(out, "  - %q%s%s%s: %q", host, drop->address[0] ? " [" : "", drop->address,
          drop->address[0] ? "]" : "", drop->text);
  put_reason(out, drop->reason);
  mr__buf_putc(out, '\n');
}

static void plan_text(mr__buf *out, const mr_plan *plan) {
  mr__fmt(out, "%q: %s", plan->recipient, mr_verdict_name(plan->verdict));
  if (plan->verdict != MR_VERDICT_DELIVER) {
    mr__fmt(out, " %s, %q", plan->status, plan->text);
    put_reason(out, plan->reason);
  }
  mr__fmt(out, "\n%s",
          plan->hop_count ? "addresses, in the order in which they are tried:\n" : "");
  for (size_t i = 0; i < plan->hop_count; i++) {
    put_hop(out, i + 1, plan->hops[i]);
  }
  mr__buf_puts(out, plan->drop_count ? "left out:\n" : "");
  for (size_t i = 0; i < plan->drop_count; i++) {
    put_drop(out, plan->drops[i]);
  }
  mr__buf_puts(out, plan->step_count ? "how it was found:\n" : "");
  for (size_t i = 0; i < plan->step_count; i++) {
    mr__fmt(out, "  %s\n", plan->steps[i]);
  }
}

int mr_plan_text(const mr_plan *plan, char *dst, size_t cap, size_t *needed) {
  mr__buf out;
  if (!plan || !needed || (!dst && cap)) {
    return MR_ERR_MISUSE;
  }
  mr__buf_init(&out, &((const mr__plan *)plan)->ctx->env, EXPLAIN_MAX);
  plan_text(&out, plan);
  return mr__text_out(&out, dst, cap, needed);
}

static void json_hop(mr__buf *out, const mr_hop *hop) {
  mr__json_open(out, '{');
  mr__json_put_text(out, "host", hop->host);
  mr__json_put_text(out, "address", hop->address);
  mr__json_put_number(out, "port", hop->port);
  mr__json_put_number(out, "preference", hop->preference);
  mr__json_put_text(out, "tls_level", mr_tls_level_name(hop->need->level));
  mr__json_put_text(out, "tls_why", hop->why);
  mr__json_put_flag(out, "in_attempt", hop->in_attempt);
  mr__json_put_flag(out, "dead", hop->dead);
  mr__json_close(out, '}');
}

static void json_drop(mr__buf *out, const mr_drop *drop) {
  mr__json_open(out, '{');
  mr__json_put_text(out, "host", drop->host);
  mr__json_put_text(out, "address", drop->address);
  mr__json_put_number(out, "preference", drop->preference);
  mr__json_put_text(out, "reason", mr_reason_name(drop->reason));
  mr__json_put_text(out, "rule", mr_reason_rule(drop->reason));
  mr__json_put_text(out, "text", drop->text);
  mr__json_close(out, '}');
}

static void json_lists(mr__buf *out, const mr_plan *plan) {
  mr__json_key(out, "hops");
  mr__json_open(out, '[');
  for (size_t i = 0; i < plan->hop_count; i++) {
    json_hop(out, plan->hops[i]);
  }
  mr__json_close(out, ']');
  mr__json_key(out, "dropped");
  mr__json_open(out, '[');
  for (size_t i = 0; i < plan->drop_count; i++) {
    json_drop(out, plan->drops[i]);
  }
  mr__json_close(out, ']');
  mr__json_key(out, "steps");
  mr__json_open(out, '[');
  for (size_t i = 0; i < plan->step_count; i++) {
    mr__json_text(out, plan->steps[i]);
  }
  mr__json_close(out, ']');
}

int mr_plan_json(const mr_plan *plan, char *dst, size_t cap, size_t *needed) {
  mr__buf out;
  if (!plan || !needed || (!dst && cap)) {
    return MR_ERR_MISUSE;
  }
  mr__buf_init(&out, &((const mr__plan *)plan)->ctx->env, EXPLAIN_MAX);
  mr__json_open(&out, '{');
  mr__json_put_number(&out, "schema", 1);
  mr__json_put_text(&out, "recipient", plan->recipient);
  mr__json_put_text(&out, "domain", plan->domain);
  mr__json_put_text(&out, "verdict", mr_verdict_name(plan->verdict));
  mr__json_put_text(&out, "reason", mr_reason_name(plan->reason));
  mr__json_put_text(&out, "rule", mr_reason_rule(plan->reason));
  mr__json_put_text(&out, "status", plan->status);
  mr__json_put_text(&out, "text", plan->text);
  mr__json_put_text(&out, "key", plan->key);
  json_lists(&out, plan);
  mr__json_close(&out, '}');
  return mr__text_out(&out, dst, cap, needed);
}
