/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/fmt.h"
#include "base/options.h"
#include "route/job.h"
#include "text/domain.h"

enum { HOPS_MAX = 1024, KEY_PLAIN_MAX = 160, KEY_MAX = 65536, NO_SELF = -1 };

static mr__exchanger *exchanger_at(const mr__job *job, size_t i) {
  return (mr__exchanger *)(uintptr_t)job->exchangers.items[i];
}

/* R18: our own name or address at preference p removes everything from p on. */
static int find_self(mr__job *job) {
  int preference = NO_SELF;
  for (size_t i = 0; i < job->exchangers.count; i++) {
    mr__exchanger *e = exchanger_at(job, i);
    e->is_self = mr__route_is_self_name(job->route, e->name);
    for (size_t k = 0; k < e->addresses.count && !e->is_self; k++) {
      mr__ip ip;
      const char *text = e->addresses.items[k];
      e->is_self = mr__ip_parse(&ip, text, strlen(text)) == MR_OK &&
                   mr__route_is_self_ip(job->route, &ip);
    }
    if (e->is_self && (preference == NO_SELF || e->preference < preference)) {
      preference = e->preference;
    }
  }
  return preference;
}

/* Drops by R18; 1: our own preference was the best one (R19). */
static int cut_loop(mr__job *job) {
  size_t kept = 0;
  int own = job->kind == MR__JOB_RELAY ? NO_SELF : find_self(job);
  if (own == NO_SELF || job->exchangers.count == 0) {
    return 0;
  }
  int best = exchanger_at(job, 0)->preference;
  for (size_t i = 0; i < job->exchangers.count; i++) {
    const mr__exchanger *e = exchanger_at(job, i);
    if (e->preference < own) {
      job->exchangers.items[kept++] = e;
    } else {
      mr__plan_drop(job->plan, e->name, "", e->preference,
                    e->is_self ? MR_REASON_DROP_OWN_HOST : MR_REASON_DROP_NOT_BETTER,
                    NULL);
    }
  }
  job->exchangers.count = kept;
  if (kept == 0) {
    mr__plan_verdict(job->plan, best == own ? MR_VERDICT_BOUNCE : MR_VERDICT_DEFER,
                     best == own ? MR_REASON_LOOP_BEST : MR_REASON_LOOP_BACKUP, NULL,
                     NULL);
  }
  return kept == 0;
}

/* Why an address may not be used, MR_REASON_NONE = it may (R13, R21). */
static int refusal(const mr__job *job, const char *address) {
  mr__ip ip;
  const mr_options *o = job->route->options;
  int64_t family = mr_options_get(o, MR_OPT_FAMILY);
  if (mr__ip_parse(&ip, address, strlen(address))) {
    return MR_REASON_DROP_MALFORMED;
  }
  if ((family == MR_FAMILY_ONLY4 && ip.family != 4) ||
      (family == MR_FAMILY_ONLY6 && ip.family != 6)) {
    return MR_REASON_DROP_FAMILY;
  }
  if (mr__route_is_refused(job->route, &ip)) {
    return MR_REASON_DROP_SPECIAL;
  }
  if (job->kind != MR__JOB_RELAY && mr__ip_special(&ip) &&
      !mr_options_get(o, MR_OPT_ALLOW_SPECIAL)) {
    return MR_REASON_DROP_SPECIAL;
  }
  return MR_REASON_NONE;
}

static const mr_tls_need *make_need(mr__job *job, const mr__exchanger *e) {
  mr__arena *arena = &job->plan->arena;
  mr_tls_need *need = mr__arena_get(arena, sizeof *need);
  const char **names = mr__arena_get(arena, sizeof *names);
  if (!need || !names) {
    return NULL;
  }
  names[0] = e->name;
  need->size = sizeof *need;
  need->level = (int)mr_options_get(job->route->options, MR_OPT_TLS_LEVEL);
  need->sni = e->is_ip ? "" : e->name;
  need->names = names;
  need->name_count = 1;
  need->trust = job->plan->trust;
  return need;
}

static int duplicate(mr_hop *const *hops, size_t count, const char *address, int port) {
  for (size_t i = 0; i < count; i++) {
    if (hops[i]->port == port && mr__streq(hops[i]->address, address)) {
      return 1;
    }
  }
  return 0;
}

static mr_hop *make_hop(mr__job *job, const mr__exchanger *e, const char *address) {
  mr_hop *hop = mr__arena_get(&job->plan->arena, sizeof *hop);
  const mr_tls_need *need = make_need(job, e);
  if (!hop || !need) {
    return NULL;
  }
  hop->host = e->name;
  hop->address = address;
  hop->port = e->port;
  hop->preference = e->preference;
  hop->need = need;
  hop->why = "configured level";
  return hop;
}

/* Of more addresses than the limit, takes both families in turn, so that neither is lost
 * to the other (R12, R21). */
static const char *pick(const mr__exchanger *e, char *taken, int family) {
  for (int any = 0; any < 2; any++) {
    for (size_t i = 0; i < e->addresses.count; i++) {
      const char *address = e->addresses.items[i];
      int is6 = memchr(address, ':', strlen(address)) != NULL;
      if (!taken[i] && (any || is6 == (family == 6))) {
        taken[i] = 1;
        return address;
      }
    }
  }
  return NULL;
}

static size_t add_hops(mr__job *job, mr__exchanger *e, mr_hop **hops, size_t count) {
  size_t limit = (size_t)mr_options_get(job->route->options, MR_OPT_ADDRESSES_MAX);
  size_t kept = 0;
  char *taken = mr__arena_get(&job->plan->arena, e->addresses.count + 1);
  for (size_t i = 0; taken && i < e->addresses.count; i++) {
    const char *address = pick(e, taken, i % 2 ? 4 : 6);
    int reason = refusal(job, address);
    if (reason == MR_REASON_NONE && duplicate(hops, count, address, e->port)) {
      reason = MR_REASON_DROP_DUPLICATE;
    }
    if (reason == MR_REASON_NONE && (kept >= limit || count >= HOPS_MAX)) {
      reason = MR_REASON_DROP_ADDRESS_LIMIT;
    }
    mr_hop *hop = reason == MR_REASON_NONE ? make_hop(job, e, address) : NULL;
    if (hop) {
      hops[count++] = hop;
      kept++;
    } else {
      mr__plan_drop(job->plan, e->name, address, e->preference, reason, NULL);
    }
  }
  return count;
}

static int first_soft(const mr__job *job) {
  for (size_t i = 0; i < job->exchangers.count; i++) {
    if (exchanger_at(job, i)->soft) {
      return exchanger_at(job, i)->soft;
    }
  }
  return 0;
}

static int dropped_special(const mr__plan *plan) {
  for (size_t i = 0; i < plan->drops.count; i++) {
    if (((const mr_drop *)plan->drops.items[i])->reason == MR_REASON_DROP_SPECIAL) {
      return 1;
    }
  }
  return 0;
}

/* Nothing to connect to: R13-R16. */
static void no_hops(mr__job *job) {
  mr__plan *plan = job->plan;
  int soft = first_soft(job);
  if (job->kind == MR__JOB_RELAY) {
    mr__plan_verdict(plan, MR_VERDICT_DEFER, MR_REASON_RELAY_UNRESOLVED, NULL, NULL);
  } else if (soft && job->kind == MR__JOB_IMPLICIT) {
    mr__plan_verdict(plan, MR_VERDICT_DEFER, soft, "4.4.3", NULL);
  } else if (soft) {
    mr__plan_verdict(plan, MR_VERDICT_DEFER, MR_REASON_NO_ADDRESS_NOW, NULL, NULL);
  } else if (dropped_special(plan)) {
    mr__plan_verdict(plan, MR_VERDICT_BOUNCE, MR_REASON_ALL_SPECIAL, NULL, NULL);
  } else if (job->kind == MR__JOB_MX &&
             mr_options_get(job->route->options, MR_OPT_DEFER_NO_MX_ADDRESS)) {
    mr__plan_verdict(plan, MR_VERDICT_DEFER, MR_REASON_NO_ADDRESS, "4.4.4", NULL);
  } else {
    mr__plan_verdict(plan, MR_VERDICT_BOUNCE, MR_REASON_NO_ADDRESS, NULL, NULL);
  }
}

static int text_order(const char *a, const char *b) {
  size_t n = strlen(a), m = strlen(b);
  return memcmp(a, b, (n < m ? n : m) + 1);
}

static const char *least_above(const mr__job *job, const char *last) {
  const char *least = NULL;
  for (size_t i = 0; i < job->exchangers.count; i++) {
    const char *name = exchanger_at(job, i)->name;
    if ((!last || text_order(name, last) > 0) &&
        (!least || text_order(name, least) < 0)) {
      least = name;
    }
  }
  return least;
}

/* R93: who shares servers, source and policy shares the key. A long host set is shortened
 * to a hash; the key of the hash is fixed, for the lane must be the same after a restart.
 */
static void make_key(mr__job *job) {
  static const uint8_t fixed[16] = "mailroute lanes";
  const mr_options *o = job->route->options;
  mr__buf key;
  mr__buf_init(&key, &job->route->ctx->env, KEY_MAX);
  if (job->kind == MR__JOB_RELAY) {
    mr__fmt(&key, "relay:%s", job->relay);
  } else {
    const char *separator = "mx:";
    for (const char *n = least_above(job, NULL); n; n = least_above(job, n)) {
      mr__fmt(&key, "%s%s", separator, n);
      separator = ",";
    }
  }
  if (key.len > KEY_PLAIN_MAX) {
    uint64_t hash = mr__siphash(fixed, key.data, key.len);
    key.len = KEY_PLAIN_MAX;
    mr__fmt(&key, "#%llx", (unsigned long long)hash);
  }
  mr__fmt(&key, "|%s|%s|%s", mr_tls_level_name((int)mr_options_get(o, MR_OPT_TLS_LEVEL)),
          mr_options_get_text(o, MR_OPT_SOURCE_IPV4),
          mr_options_get_text(o, MR_OPT_SOURCE_IPV6));
  if (key.err) {
    job->plan->arena.err = key.err; /* without its key a plan could pass for another's */
  }
  job->plan->view.key = mr__arena_text(&job->plan->arena, mr__buf_text(&key));
  mr__buf_free(&key);
}

static int any_alive(mr_hop *const *hops, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (!hops[i]->dead) {
      return 1;
    }
  }
  return 0;
}

static void all_dead(mr__job *job, mr_hop *const *hops, size_t count) {
  const mr__dead *dead = &job->route->dead;
  uint64_t now = job->route->ctx->now, least = MR_NEVER;
  int reason = mr__dead_reason(dead, hops[0]->address, hops[0]->port, now);
  for (size_t i = 0; i < count; i++) {
    uint64_t left = mr__dead_left(dead, hops[i]->address, hops[i]->port, now);
    least = left < least ? left : least;
  }
  job->plan->view.retry_in = least;
  mr__plan_verdict(job->plan, MR_VERDICT_DEFER, MR_REASON_HOST_DEAD, NULL,
                   mr__arena_fmt(&job->plan->arena, "%s The last word on %s [%s]: %s",
                                 mr_reason_text(MR_REASON_HOST_DEAD), hops[0]->host,
                                 hops[0]->address, mr_reason_text(reason)));
}

void mr__job_build(mr__job *job) {
  mr__plan *plan = job->plan;
  mr_hop **hops = mr__arena_get(&plan->arena, HOPS_MAX * sizeof *hops);
  size_t count = 0;
  int looped = cut_loop(job);
  for (size_t i = 0; hops && i < job->exchangers.count; i++) {
    count = add_hops(job, exchanger_at(job, i), hops, count);
  }
  if (!looped && count == 0) {
    no_hops(job);
  }
  if (count > 0 && mr__hops_order(job, hops, count) == MR_OK) {
    mr__hops_budget(job, hops, count);
    for (size_t i = 0; i < count; i++) {
      mr__arena_push(&plan->arena, &plan->hops, hops[i]);
    }
    make_key(job);
    mr__plan_verdict(plan, MR_VERDICT_DELIVER, MR_REASON_NONE, "2.0.0", "deliver");
    if (!any_alive(hops, count)) {
      all_dead(job, hops, count);
    }
  } else if (count > 0) {
    mr__plan_verdict(plan, MR_VERDICT_DEFER, MR_REASON_DNS_LOCAL, NULL, NULL);
  }
  mr__job_finish(job);
}
