/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/options.h"
#include "route/job.h"

static void fill_plan(mr__event_node *node, mr_event *out) {
  const mr__job *job = MR__OWNER(node, mr__job, plan_event);
  out->plan = &job->plan->view;
  out->id = job->plan->view.id;
  out->tag = job->plan->view.tag;
}

static void plan_told(mr__event_node *node) {
  mr__job_free(MR__OWNER(node, mr__job, plan_event));
}

void mr__job_finish(mr__job *job) {
  if (job->done) {
    return;
  }
  job->done = 1;
  mr__plan_close(job->plan);
  job->plan_event.type = MR_EVENT_PLAN;
  job->plan_event.fill = fill_plan;
  job->plan_event.done = plan_told;
  mr__event_post(job->route->plans, &job->plan_event);
}

static void stop_lookups(mr__job *job) {
  mr_resolver *resolver = job->route->resolver;
  uint64_t now = job->route->ctx->now;
  if (job->mx.open) {
    mr_resolver_cancel(resolver, job->mx.id, now);
  }
  for (size_t i = 0; i < job->exchangers.count; i++) {
    mr__exchanger *e = (mr__exchanger *)(uintptr_t)job->exchangers.items[i];
    for (size_t k = 0; k < MR__LOOKUPS; k++) {
      if (e->lookups[k].open) {
        mr_resolver_cancel(resolver, e->lookups[k].id, now);
      }
    }
  }
}

void mr__job_free(mr__job *job) {
  mr_route *route = job->route;
  stop_lookups(job);
  mr__timer_stop(route->ctx, &job->ask_timer);
  mr__event_remove(&route->ctx->events, &job->ask_event);
  mr__event_remove(route->plans, &job->plan_event);
  if (job->prev) {
    job->prev->next = job->next;
  } else {
    route->jobs = job->next;
  }
  if (job->next) {
    job->next->prev = job->prev;
  }
  mr__target_free(&route->ctx->env, job->answered);
  mr_address_free(job->address);
  mr_plan_free(&job->plan->view);
  mr__free(&route->ctx->env, job);
}

static int ask(mr__job *job, mr__lookup *lookup, mr__exchanger *e, const char *name,
               int type) {
  mr_route *route = job->route;
  lookup->job = job;
  lookup->exchanger = e;
  lookup->type = type;
  int err = mr_resolver_query(route->resolver, &lookup->id, name, type,
                              (uint64_t)(uintptr_t)lookup, route->ctx->now);
  if (err == MR_OK) {
    lookup->open = 1;
    job->open_lookups++;
    job->queries++;
  }
  return err;
}

static void fail_dns(mr__job *job, int reason, const char *text) {
  const char *status = reason == MR_REASON_DNS_LOCAL ? NULL : "4.4.3";
  if (job->kind == MR__JOB_RELAY) {
    reason = MR_REASON_RELAY_UNRESOLVED;
    status = NULL;
  }
  mr__plan_verdict(job->plan, MR_VERDICT_DEFER, reason, status, text);
  mr__job_finish(job);
}

static void ask_mx(mr__job *job) {
  int err = ask(job, &job->mx, NULL, job->domain, MR_DNS_MX);
  if (err == MR_ERR_ADDR_DOMAIN) {
    mr__plan_verdict(job->plan, MR_VERDICT_BOUNCE, MR_REASON_DOMAIN_SYNTAX, NULL, NULL);
    mr__job_finish(job);
  } else if (err) {
    fail_dns(job, MR_REASON_DNS_LOCAL, NULL);
  }
}

/* A or AAAA of one exchanger; what cannot be asked is a soft failure of that one (R12).
 */
static void ask_address(mr__job *job, mr__exchanger *e, size_t slot, int type) {
  unsigned limit = (unsigned)mr_options_get(job->route->options, MR_OPT_PLAN_QUERIES_MAX);
  if (job->queries >= limit) {
    mr__plan_drop(job->plan, e->name, "", e->preference, MR_REASON_DROP_QUERY_LIMIT,
                  NULL);
    e->soft = MR_REASON_DROP_QUERY_LIMIT;
    return;
  }
  int err = ask(job, &e->lookups[slot], e, e->name, type);
  if (err == MR_ERR_ADDR_DOMAIN) {
    mr__plan_drop(job->plan, e->name, "", e->preference, MR_REASON_DROP_NAME, NULL);
  } else if (err) {
    e->soft = MR_REASON_DNS_LOCAL;
  }
}

static void ask_addresses(mr__job *job) {
  int64_t family = mr_options_get(job->route->options, MR_OPT_FAMILY);
  for (size_t i = 0; i < job->exchangers.count; i++) {
    mr__exchanger *e = (mr__exchanger *)(uintptr_t)job->exchangers.items[i];
    if (e->is_ip) {
      continue;
    }
    if (family != MR_FAMILY_ONLY6) {
      ask_address(job, e, 0, MR_DNS_A);
    }
    if (family != MR_FAMILY_ONLY4) {
      ask_address(job, e, 1, MR_DNS_AAAA);
    }
  }
  if (job->open_lookups == 0) {
    mr__job_build(job);
  }
}

static void mx_nxdomain(mr__job *job, const mr_answer *answer) {
  uint64_t grace = (uint64_t)mr_options_get(job->route->options, MR_OPT_NXDOMAIN_GRACE);
  mr__plan_step(job->plan, "MX %s: no such domain", answer->name);
  if (job->age < grace) {
    mr__plan_verdict(job->plan, MR_VERDICT_DEFER, MR_REASON_DNS_NXDOMAIN, "4.4.3", NULL);
  } else {
    mr__plan_verdict(job->plan, MR_VERDICT_BOUNCE, MR_REASON_DNS_NXDOMAIN, NULL, NULL);
  }
  mr__job_finish(job);
}

static void take_mx(mr__job *job, const mr_answer *answer) {
  switch (answer->status) {
  case MR_DNS_OK:
    mr__exchangers_from_mx(job, answer);
    break;
  case MR_DNS_NODATA: /* the implicit MX (R6, RFC 5321 5.1) */
    mr__plan_step(job->plan, "MX %s: none, so the domain itself is the exchanger",
                  answer->name);
    job->kind = MR__JOB_IMPLICIT;
    mr__exchanger_add(job, job->domain, 0,
                      (int)mr_options_get(job->route->options, MR_OPT_PORT));
    break;
  case MR_DNS_NXDOMAIN:
    mx_nxdomain(job, answer);
    return;
  default:
    mr__plan_step(job->plan, "MX %s: failed, %q", answer->name, answer->text);
    fail_dns(job, answer->reason, answer->text);
    return;
  }
  if (job->plan->view.verdict) {
    mr__job_finish(job);
  } else {
    ask_addresses(job);
  }
}

static void note_addresses(mr__job *job, const mr_answer *answer) {
  const char *type = answer->type == MR_DNS_A ? "A" : "AAAA";
  for (size_t i = 0; i < answer->alias_count; i++) {
    mr__plan_step(job->plan, "%s is an alias: %q", answer->name,
                  answer->aliases[i]->text);
  }
  for (size_t i = 0; i < answer->record_count; i++) {
    mr__plan_step(job->plan, "%s %s: %s", type, answer->name, answer->records[i]->text);
  }
  if (answer->status == MR_DNS_NODATA || answer->status == MR_DNS_NXDOMAIN) {
    mr__plan_step(job->plan, "%s %s: %s", type, answer->name,
                  answer->status == MR_DNS_NODATA ? "none" : "no such name");
  } else if (answer->status == MR_DNS_FAILURE) {
    mr__plan_step(job->plan, "%s %s: failed, %q", type, answer->name, answer->text);
  }
}

static void take_addresses(mr__job *job, mr__exchanger *e, const mr_answer *answer) {
  mr__arena *arena = &job->plan->arena;
  note_addresses(job, answer);
  if (answer->status == MR_DNS_FAILURE) {
    e->soft = answer->reason ? answer->reason : MR_REASON_DNS_SERVFAIL;
  }
  for (size_t i = 0; i < answer->record_count; i++) {
    mr__arena_push(arena, &e->addresses, mr__arena_text(arena, answer->records[i]->text));
  }
  if (job->open_lookups == 0) {
    mr__job_build(job);
  }
}

void mr__job_answer(mr__lookup *lookup, const mr_answer *answer) {
  mr__job *job = lookup->job;
  lookup->open = 0;
  job->open_lookups--;
  if (lookup->exchanger) {
    take_addresses(job, lookup->exchanger, answer);
  } else {
    take_mx(job, answer);
  }
}

static void use_relay(mr__job *job, const mr__target *target) {
  int port = (int)mr_options_get(job->route->options, MR_OPT_PORT);
  job->kind = MR__JOB_RELAY;
  job->relay = mr__arena_text(&job->plan->arena, target->text);
  for (size_t i = 0; i < target->host_count; i++) {
    const mr__relay_host *host = &target->hosts[i];
    mr__exchanger_add(job, host->name, (int)i, host->port ? host->port : port);
  }
  ask_addresses(job);
}

static void use_literal(mr__job *job) {
  const char *domain = mr_address_domain(job->address);
  size_t len = strlen(domain);
  size_t skip = mr_address_domain_kind(job->address) == MR_DOMAIN_IPV6 ? 6 : 1;
  char text[MR__IP_TEXT] = "";
  if (len > skip && len - skip - 1 < sizeof text) {
    memcpy(text, domain + skip, len - skip - 1);
    text[len - skip - 1] = '\0';
  }
  mr__plan_step(job->plan, "%s is an address literal: no DNS", domain);
  job->kind = MR__JOB_LITERAL;
  mr__exchanger_add(job, text, 0, (int)mr_options_get(job->route->options, MR_OPT_PORT));
  mr__job_build(job);
}

static void use_mx(mr__job *job, const char *domain) {
  job->kind = MR__JOB_MX;
  job->domain = mr__arena_text(&job->plan->arena, domain);
  ask_mx(job);
}

void mr__job_target(mr__job *job, const mr__target *target, const char *pattern) {
  mr__plan *plan = job->plan;
  if (target) {
    mr__plan_step(plan, "routing table: %s", pattern);
  }
  if (!target || (target->kind == MR__TARGET_MX && target->text[0] == '\0')) {
    if (mr_address_domain_kind(job->address) == MR_DOMAIN_NAME) {
      use_mx(job, mr_address_domain(job->address));
    } else {
      use_literal(job);
    }
    return;
  }
  switch (target->kind) {
  case MR__TARGET_MX:
    use_mx(job, target->text);
    return;
  case MR__TARGET_RELAY:
    use_relay(job, target);
    return;
  case MR__TARGET_DISCARD:
    mr__plan_verdict(plan, MR_VERDICT_DISCARD, MR_REASON_ROUTE_DISCARDED, NULL, NULL);
    break;
  case MR__TARGET_HOLD:
    mr__plan_verdict(plan, MR_VERDICT_HOLD, MR_REASON_ROUTE_HELD, NULL, NULL);
    break;
  default:
    mr__plan_verdict(plan, MR_VERDICT_BOUNCE, MR_REASON_ROUTE_REJECTED,
                     target->status[0] ? target->status : NULL,
                     target->text[0] ? target->text : NULL);
    break;
  }
  mr__job_finish(job);
}

static void ask_expired(mr__timer *timer, void *owner) {
  mr__job *job = owner;
  (void)timer;
  job->asking = 0;
  mr__event_remove(&job->route->ctx->events, &job->ask_event);
  mr__plan_step(job->plan, "the host did not answer in time");
  const char *pattern = "";
  const mr__target *target = mr__table_find(&job->route->table, job->address, &pattern);
  mr__job_target(job, target, pattern);
}

static void fill_ask(mr__event_node *node, mr_event *out) {
  const mr__job *job = MR__OWNER(node, mr__job, ask_event);
  out->id = job->plan->view.id;
  out->tag = job->plan->view.tag;
  out->ask = MR_ASK_ROUTE;
  out->text = job->plan->view.recipient;
  out->text_len = strlen(out->text);
}

void mr__job_start(mr__job *job) {
  mr_route *route = job->route;
  if (!mr_options_get(route->options, MR_OPT_ASK_ROUTE)) {
    const char *pattern = "";
    const mr__target *target = mr__table_find(&route->table, job->address, &pattern);
    mr__job_target(job, target, pattern);
    return;
  }
  job->asking = 1;
  job->ask_event.type = MR_EVENT_ASK;
  job->ask_event.fill = fill_ask;
  mr__event_post(&route->ctx->events, &job->ask_event);
  job->ask_timer.fire = ask_expired;
  job->ask_timer.owner = job;
  uint64_t wait = (uint64_t)mr_options_get(route->options, MR_OPT_ASK_TIMEOUT);
  mr__timer_set(route->ctx, &job->ask_timer, route->ctx->now + wait);
}
