/* SPDX-License-Identifier: MIT */
#include <mailroute/resolver.h>

#include <string.h>

#include "base/options.h"
#include "dns/internal.h"
#include "text/event.h"

enum { PORT_MAX = 65535 };

static int resolver_init(mr_resolver *r, mr__ctx *ctx, const mr_options *options) {
  int64_t cache_max = mr_options_get(options, MR_OPT_DNS_CACHE_MAX);
  int err = mr__map_init(&r->by_id, &ctx->env);
  if (!err)
    err = mr__dns_cache_init(&r->cache, &ctx->env, (size_t)cache_max);
  if (err)
    return err;
  r->ctx = mr__ctx_ref(ctx);
  r->options = mr__options_ref(options);
  mr__last_error_init(&r->error);
  return MR_OK;
}

int mr__resolver_join(mr_resolver **out, mr__ctx *ctx, const mr_options *options,
                      mr__events *answers) {
  *out = NULL;
  mr_resolver *r = mr__calloc(&ctx->env, 1, sizeof *r);
  if (!r)
    return MR_ERR_NOMEM;
  int err = resolver_init(r, ctx, options);
  if (err) {
    mr__map_free(&r->by_id);
    mr__free(&ctx->env, r);
    return err;
  }
  r->answers = answers;
  *out = r;
  return MR_OK;
}

int mr_resolver_new(mr_resolver **out, const mr_env *env, const mr_options *options) {
  mr__ctx *ctx;
  if (!out)
    return MR_ERR_MISUSE;
  *out = NULL;
  int err = mr__ctx_new(&ctx, env);
  if (err)
    return err;
  err = mr__resolver_join(out, ctx, options, &ctx->events);
  mr__ctx_drop(ctx);
  return err;
}

static void destroy(mr_resolver *resolver) {
  mr__ctx *ctx = resolver->ctx;
  while (resolver->questions)
    mr__question_free(resolver->questions);
  mr__dns_trace_free(resolver);
  mr__dns_cache_free(&resolver->cache);
  mr__map_free(&resolver->by_id);
  mr__options_drop(resolver->options);
  mr__free(&ctx->env, resolver);
  mr__ctx_drop(ctx);
}

void mr_resolver_free(mr_resolver *resolver) {
  if (!resolver)
    return;
  if (resolver->ctx->busy > 0)
    resolver->doomed = 1;
  else
    destroy(resolver);
}

void mr__resolver_leave(mr_resolver *r) {
  if (r->doomed)
    destroy(r);
}

const mr_error *mr_resolver_error(const mr_resolver *resolver) {
  return resolver ? &resolver->error.view : NULL;
}

static int fail(mr_resolver *r, int code, const char *what, const char *about) {
  return mr__fail(&r->error, code, MR_STAGE_ROUTE, NULL, "%s: %q", what, about);
}

int mr_resolver_add_server(mr_resolver *resolver, const char *address, int port) {
  if (!resolver || !address)
    return MR_ERR_MISUSE;
  if (resolver->ctx->busy > 0)
    return MR_ERR_STATE;
  mr__dns_server *server = &resolver->servers[resolver->server_count];
  mr__ip ip;
  if (mr__ip_parse(&ip, address, mr__strlen(address)) != MR_OK)
    return fail(resolver, MR_ERR_ADDR, "a DNS server needs an IP address", address);
  if (port < 0 || port > PORT_MAX)
    return fail(resolver, MR_ERR_RANGE, "no such port of a DNS server", address);
  if (resolver->server_count == MR__DNS_SERVERS_MAX)
    return fail(resolver, MR_ERR_LIMIT, "8 DNS servers are enough", address);
  server->ip = ip;
  server->port = port ? port : MR__DNS_PORT;
  mr__ip_print(&ip, server->address);
  resolver->server_count++;
  return MR_OK;
}

static int is_type(int type) {
  return type == MR_DNS_A || type == MR_DNS_AAAA || type == MR_DNS_MX ||
         type == MR_DNS_CNAME;
}

int mr_resolver_query(mr_resolver *resolver, uint64_t *id, const char *name, int type,
                      uint64_t tag, uint64_t now) {
  mr__dname dname;
  mr__question *q;
  if (!resolver || !name || !is_type(type))
    return MR_ERR_MISUSE;
  int err = mr__ctx_enter(resolver->ctx, now);
  if (err)
    return err;
  if (mr__dname_from_text(&dname, name, mr__strlen(name)) != MR_OK)
    return fail(resolver, MR_ERR_ADDR_DOMAIN, "no DNS name", name);
  int64_t most = mr_options_get(resolver->options, MR_OPT_DNS_QUERIES_MAX);
  if (resolver->by_id.count >= (size_t)most)
    return fail(resolver, MR_ERR_LIMIT, "too many questions in flight", name);
  err = mr__question_new(&q, resolver, &dname, type);
  if (err) {
    fail(resolver, err, "no memory for a question", name);
  } else {
    q->tag = tag;
    if (id)
      *id = q->id;
    mr__question_start(q);
  }
  mr__resolver_leave(resolver);
  return err;
}

int mr_resolver_cancel(mr_resolver *resolver, uint64_t id, uint64_t now) {
  if (!resolver)
    return MR_ERR_MISUSE;
  int err = mr__ctx_enter(resolver->ctx, now);
  if (err)
    return err;
  mr__question *q = mr__map_get(&resolver->by_id, &id, sizeof id);
  if (!q)
    return MR_ERR_NOT_FOUND;
  mr__question_free(q);
  mr__resolver_leave(resolver);
  return MR_OK;
}

const mr_event *mr_resolver_next(mr_resolver *resolver) {
  if (!resolver || resolver->ctx->busy > 0)
    return NULL;
  const mr_event *event = mr__event_next(&resolver->ctx->events, &resolver->event);
  if (!resolver->doomed)
    return event;
  destroy(resolver);
  return NULL;
}

uint64_t mr_resolver_deadline(const mr_resolver *resolver) {
  return resolver ? mr__ctx_deadline(resolver->ctx) : MR_NEVER;
}

int mr_resolver_expire(mr_resolver *resolver, uint64_t now) {
  if (!resolver)
    return MR_ERR_MISUSE;
  int err = mr__ctx_enter(resolver->ctx, now);
  if (err)
    return err;
  mr__ctx_expire(resolver->ctx, now);
  mr__resolver_leave(resolver);
  return MR_OK;
}
