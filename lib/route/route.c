/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/options.h"
#include "route/job.h"
#include "text/domain.h"

/* --- life ------------------------------------------------------------------------- */

static int init(mr_route *route) {
  const mr_env *env = &route->ctx->env;
  mr__last_error_init(&route->error);
  mr__events_init(&route->answers);
  int err = mr__table_init(&route->table, env);
  if (err) {
    return err;
  }
  err = mr__dead_init(&route->dead, env, route->options);
  if (err) {
    mr__table_free(&route->table);
    return err;
  }
  err = mr__resolver_join(&route->resolver, route->ctx, route->options, &route->answers);
  if (err) {
    mr__dead_free(&route->dead);
    mr__table_free(&route->table);
  }
  return err;
}

int mr__route_join(mr_route **out, mr__ctx *ctx, const mr_options *options,
                   mr__events *plans) {
  mr_route *route = mr__calloc(&ctx->env, 1, sizeof *route);
  if (!route) {
    return MR_ERR_NOMEM;
  }
  route->ctx = ctx;
  route->options = options;
  route->plans = plans;
  int err = init(route);
  if (err) {
    mr__free(&ctx->env, route);
    return err;
  }
  mr__ctx_ref(ctx);
  mr__options_ref(options);
  *out = route;
  return MR_OK;
}

int mr_route_new(mr_route **out, const mr_env *env, const mr_options *options) {
  mr__ctx *ctx = NULL;
  if (!out) {
    return MR_ERR_MISUSE;
  }
  *out = NULL;
  int err = mr__ctx_new(&ctx, env);
  if (err == MR_OK) {
    err = mr__route_join(out, ctx, options, &ctx->events);
    mr__ctx_drop(ctx);
  }
  return err;
}

static void destroy(mr_route *route) {
  mr__ctx *ctx = route->ctx;
  mr__event_remove(&ctx->deferred, &route->free_event);
  while (route->jobs) {
    mr__job_free(route->jobs);
  }
  mr_resolver_free(route->resolver);
  for (size_t i = 0; i < route->self_name_count; i++) {
    mr__free(&ctx->env, route->self_names[i]);
  }
  mr__dead_free(&route->dead);
  mr__table_free(&route->table);
  mr_trust_free(route->trust);
  mr__options_drop(route->options);
  mr__free(&ctx->env, route);
  mr__ctx_drop(ctx);
}

/* At the next input of the family, unless a function of ours returns before. */
static void free_deferred(mr__event_node *node) {
  mr_route *route = MR__OWNER(node, mr_route, free_event);
  if (route->inside == 0) {
    destroy(route);
  }
}

void mr_route_free(mr_route *route) {
  if (!route || route->freed) {
    return;
  }
  if (route->inside == 0 && route->ctx->busy == 0) {
    destroy(route);
    return;
  }
  route->freed = 1;
  route->free_event.done = free_deferred;
  if (route->inside == 0) {
    mr__event_post(&route->ctx->deferred, &route->free_event);
  }
}

/* MR_OK means that leave() must follow. */
static int enter(mr_route *route, uint64_t now) {
  int err = route->freed ? MR_ERR_CLOSED : mr__ctx_enter(route->ctx, now);
  route->inside += err == MR_OK;
  return err;
}

static int leave(mr_route *route, int result) {
  if (--route->inside > 0 || !route->freed) {
    return result;
  }
  destroy(route);
  return MR_ERR_CLOSED;
}

const mr_error *mr_route_error(const mr_route *route) {
  return route ? &route->error.view : NULL;
}

/* --- settings --------------------------------------------------------------------- */

int mr_route_add_server(mr_route *route, const char *address, int port) {
  if (!route) {
    return MR_ERR_MISUSE;
  }
  int err = enter(route, route->ctx->now);
  return err ? err : leave(route, mr_resolver_add_server(route->resolver, address, port));
}

int mr_route_set_trust(mr_route *route, mr_trust *trust) {
  if (!route) {
    return MR_ERR_MISUSE;
  }
  int err = enter(route, route->ctx->now);
  if (err) {
    return err;
  }
  mr_trust *old = route->trust;
  route->trust = trust ? mr_trust_ref(trust) : NULL;
  mr_trust_free(old);
  return leave(route, MR_OK);
}

int mr_route_add(mr_route *route, const char *pattern, const char *target) {
  if (!route || !pattern || !target) {
    return MR_ERR_MISUSE;
  }
  int err = enter(route, route->ctx->now);
  return err ? err
             : leave(route, mr__table_add(&route->table, pattern, target, &route->error));
}

static int add_self(mr_route *route, const char *name) {
  mr__ip ip;
  char domain[MR__DOMAIN_TEXT];
  if (route->self_ip_count >= MR__SELF_MAX || route->self_name_count >= MR__SELF_MAX) {
    return mr__fail(&route->error, MR_ERR_LIMIT, MR_STAGE_ROUTE, NULL,
                    "too many own names or addresses");
  }
  if (mr__ip_parse(&ip, name, strlen(name)) == MR_OK) {
    route->self_ips[route->self_ip_count++] = ip;
    return MR_OK;
  }
  int err = mr__domain_ascii(&route->ctx->env, name, strlen(name), domain, NULL);
  if (err) {
    return err == MR_ERR_NOMEM
               ? err
               : mr__fail(&route->error, MR_ERR_ADDR_DOMAIN, MR_STAGE_ROUTE, NULL,
                          "\"%q\" is no host name and no address", name);
  }
  char *copy = mr__strdup(&route->ctx->env, domain);
  if (!copy) {
    return MR_ERR_NOMEM;
  }
  route->self_names[route->self_name_count++] = copy;
  return MR_OK;
}

int mr_route_add_self(mr_route *route, const char *name) {
  if (!route || !name) {
    return MR_ERR_MISUSE;
  }
  int err = enter(route, route->ctx->now);
  return err ? err : leave(route, add_self(route, name));
}

static int refuse(mr_route *route, const char *address) {
  mr__ip ip;
  if (mr__ip_parse(&ip, address, strlen(address))) {
    return mr__fail(&route->error, MR_ERR_ADDR, MR_STAGE_ROUTE, NULL,
                    "\"%q\" is no IP address", address);
  }
  if (route->refused_count >= MR__SELF_MAX) {
    return mr__fail(&route->error, MR_ERR_LIMIT, MR_STAGE_ROUTE, NULL,
                    "too many refused addresses");
  }
  route->refused[route->refused_count++] = ip;
  return MR_OK;
}

int mr_route_refuse(mr_route *route, const char *address) {
  if (!route || !address) {
    return MR_ERR_MISUSE;
  }
  int err = enter(route, route->ctx->now);
  return err ? err : leave(route, refuse(route, address));
}

int mr__route_is_self_name(const mr_route *route, const char *name) {
  for (size_t i = 0; i < route->self_name_count; i++) {
    if (mr__domain_equal(route->self_names[i], name)) {
      return 1;
    }
  }
  return 0;
}

static int has_ip(const mr__ip *list, size_t count, const mr__ip *ip) {
  for (size_t i = 0; i < count; i++) {
    if (mr__ip_equal(&list[i], ip)) {
      return 1;
    }
  }
  return 0;
}

int mr__route_is_self_ip(const mr_route *route, const mr__ip *ip) {
  return has_ip(route->self_ips, route->self_ip_count, ip);
}

int mr__route_is_refused(const mr_route *route, const mr__ip *ip) {
  return has_ip(route->refused, route->refused_count, ip);
}

/* --- queries ---------------------------------------------------------------------- */

/* An address that is none makes a plan that says so (R2-R4). */
static void bad_address(mr__job *job, int err, const char *text, size_t offset) {
  const char *at = memchr(text, '@', strlen(text));
  int reason = MR_REASON_ADDRESS_SYNTAX;
  for (const char *p = at; p; p = memchr(p + 1, '@', strlen(p + 1))) {
    at = p;
  }
  if (err == MR_ERR_ADDR_DOMAIN || err == MR_ERR_NOTSUP) {
    int ascii = 1;
    for (const char *p = at ? at : text; *p; p++) {
      ascii = ascii && (unsigned char)*p < 0x80;
    }
    reason = ascii ? MR_REASON_DOMAIN_SYNTAX : MR_REASON_IDN_INVALID;
  } else if (at && at[1] == '[') {
    reason = MR_REASON_LITERAL_SYNTAX;
  }
  mr__plan_step(job->plan, "not an address: %s (at octet %zu)", mr_strerror(err), offset);
  mr__plan_verdict(job->plan, MR_VERDICT_BOUNCE, reason, NULL, NULL);
  mr__job_finish(job);
}

static mr__job *new_job(mr_route *route, const char *recipient) {
  const mr_env *env = &route->ctx->env;
  mr__job *job = mr__calloc(env, 1, sizeof *job);
  if (!job) {
    return NULL;
  }
  if (mr__plan_new(&job->plan, route->ctx, route->trust, recipient)) {
    mr__free(env, job);
    return NULL;
  }
  job->route = route;
  job->next = route->jobs;
  if (route->jobs) {
    route->jobs->prev = job;
  }
  route->jobs = job;
  return job;
}

static int query(mr_route *route, uint64_t *id, const char *recipient, uint64_t age,
                 uint64_t tag) {
  size_t offset = 0;
  mr__job *job = new_job(route, recipient);
  if (!job) {
    return MR_ERR_NOMEM;
  }
  job->age = age;
  job->plan->view.id = mr__ctx_id(route->ctx);
  job->plan->view.tag = tag;
  int err = mr_address_parse(&job->address, &route->ctx->env, recipient,
                             strlen(recipient), 0, &offset);
  if (err == MR_ERR_NOMEM || err == MR_ERR_STATE) {
    mr__job_free(job);
    return err;
  }
  if (id) {
    *id = job->plan->view.id;
  }
  if (err) {
    bad_address(job, err, recipient, offset);
  } else {
    job->plan->view.domain =
        mr__arena_text(&job->plan->arena, mr_address_domain(job->address));
    mr__job_start(job);
  }
  return MR_OK;
}

int mr_route_query(mr_route *route, uint64_t *id, const char *recipient, uint64_t age,
                   uint64_t tag, uint64_t now) {
  if (!route || !recipient) {
    return MR_ERR_MISUSE;
  }
  int err = enter(route, now);
  return err ? err : leave(route, query(route, id, recipient, age, tag));
}

static mr__job *find_job(mr_route *route, uint64_t id) {
  mr__job *job = route->jobs;
  while (job && job->plan->view.id != id) {
    job = job->next;
  }
  return job;
}

static int cancel(mr_route *route, uint64_t id) {
  mr__job *job = find_job(route, id);
  if (!job) {
    return MR_ERR_NOT_FOUND;
  }
  mr__job_free(job);
  return MR_OK;
}

int mr_route_cancel(mr_route *route, uint64_t id, uint64_t now) {
  if (!route) {
    return MR_ERR_MISUSE;
  }
  int err = enter(route, now);
  return err ? err : leave(route, cancel(route, id));
}

static int answer(mr_route *route, uint64_t id, const char *target) {
  mr__job *job = find_job(route, id);
  if (!job || !job->asking) {
    return MR_ERR_NOT_FOUND;
  }
  const char *pattern = "the host's answer";
  const mr__target *use = NULL;
  int err = MR_OK;
  if (target && target[0]) {
    err = mr__target_parse(&job->answered, &route->ctx->env, target, &route->error);
    use = job->answered;
  } else {
    use = mr__table_find(&route->table, job->address, &pattern);
  }
  if (err) {
    return err;
  }
  job->asking = 0;
  mr__timer_stop(route->ctx, &job->ask_timer);
  mr__event_remove(&route->ctx->events, &job->ask_event);
  mr__job_target(job, use, pattern);
  return MR_OK;
}

int mr_route_answer(mr_route *route, uint64_t id, const char *target, uint64_t now) {
  if (!route) {
    return MR_ERR_MISUSE;
  }
  int err = enter(route, now);
  return err ? err : leave(route, answer(route, id, target));
}

int mr_route_report(mr_route *route, const char *address, int port, int reason,
                    uint64_t now) {
  if (!route || !address) {
    return MR_ERR_MISUSE;
  }
  int err = enter(route, now);
  if (err) {
    return err;
  }
  err = mr__dead_report(&route->dead, address, port, reason, route->ctx->now);
  return leave(route, err);
}

int mr__route_tells_recipients_apart(const mr_route *route) {
  return route->table.addresses > 0 || mr_options_get(route->options, MR_OPT_ASK_ROUTE);
}

/* --- events ----------------------------------------------------------------------- */

void mr__route_pump(mr_route *route) {
  const mr_event *event;
  while ((event = mr__event_next(&route->answers, &route->answer_event)) != NULL) {
    mr__job_answer((mr__lookup *)(uintptr_t)event->answer->tag, event->answer);
  }
}

const mr_event *mr_route_next(mr_route *route) {
  if (!route || enter(route, route->ctx->now)) {
    return NULL;
  }
  mr__route_pump(route);
  const mr_event *event = mr__event_next(&route->ctx->events, &route->event);
  return leave(route, MR_OK) ? NULL : event;
}

uint64_t mr_route_deadline(const mr_route *route) {
  return route ? mr__ctx_deadline(route->ctx) : MR_NEVER;
}

int mr_route_expire(mr_route *route, uint64_t now) {
  if (!route) {
    return MR_ERR_MISUSE;
  }
  int err = enter(route, now);
  if (err) {
    return err;
  }
  mr__ctx_expire(route->ctx, route->ctx->now);
  return leave(route, MR_OK);
}
