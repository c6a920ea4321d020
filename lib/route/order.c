/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/options.h"
#include "route/job.h"

static int is6(const mr_hop *hop) {
  return memchr(hop->address, ':', strlen(hop->address)) != NULL;
}

/* Fisher-Yates over all addresses of one preference, across exchangers (R20). */
static int shuffle(const mr_env *env, mr_hop **hops, size_t n) {
  for (size_t i = n; i > 1; i--) {
    uint32_t j = 0;
    int err = mr__random_below(env, (uint32_t)i, &j);
    if (err) {
      return err;
    }
    mr_hop *swap = hops[i - 1];
    hops[i - 1] = hops[j];
    hops[j] = swap;
  }
  return MR_OK;
}

/* Moves those that `wanted` likes to the front, both halves in their order. */
static size_t partition(mr_hop **hops, size_t n, mr_hop **scratch,
                        int (*wanted)(const mr_hop *hop)) {
  size_t front = 0, back = 0;
  for (size_t i = 0; i < n; i++) {
    if (wanted(hops[i])) {
      hops[front++] = hops[i];
    } else {
      scratch[back++] = hops[i];
    }
  }
  if (back) {
    memcpy(hops + front, scratch, back * sizeof *hops);
  }
  return front;
}

static int is4(const mr_hop *hop) { return !is6(hop); }
static int is_alive(const mr_hop *hop) { return !hop->dead; }

/* hops: n6 of IPv6, then the others; becomes 6, 4, 6, 4, … */
static void alternate(mr_hop **hops, size_t n6, size_t n, mr_hop **scratch) {
  size_t a = 0, b = n6;
  for (size_t i = 0; i < n; i++) {
    int take6 = a < n6 && (i % 2 == 0 || b == n);
    scratch[i] = take6 ? hops[a++] : hops[b++];
  }
  memcpy(hops, scratch, n * sizeof *hops);
}

static void by_family(const mr__job *job, mr_hop **hops, size_t n, mr_hop **scratch) {
  switch (mr_options_get(job->route->options, MR_OPT_FAMILY)) {
  case MR_FAMILY_PREFER4:
    partition(hops, n, scratch, is4);
    break;
  case MR_FAMILY_PREFER6:
    partition(hops, n, scratch, is6);
    break;
  default:
    alternate(hops, partition(hops, n, scratch, is6), n, scratch);
    break;
  }
}

static size_t group_end(mr_hop *const *hops, size_t start, size_t count) {
  size_t end = start;
  while (end < count && hops[end]->preference == hops[start]->preference) {
    end++;
  }
  return end;
}

int mr__hops_order(mr__job *job, mr_hop **hops, size_t count) {
  const mr_route *route = job->route;
  mr_hop **scratch = mr__arena_get(&job->plan->arena, count * sizeof *scratch);
  if (!scratch) {
    return MR_ERR_NOMEM;
  }
  for (size_t i = 0; i < count; i++) {
    hops[i]->dead = mr__dead_reason(&route->dead, hops[i]->address, hops[i]->port,
                                    route->ctx->now) != MR_REASON_NONE;
  }
  for (size_t start = 0; start < count;) {
    size_t end = group_end(hops, start, count);
    int err = shuffle(&route->ctx->env, hops + start, end - start);
    if (err) {
      return err;
    }
    by_family(job, hops + start, end - start, scratch);
    partition(hops + start, end - start, scratch, is_alive);
    start = end;
  }
  return MR_OK;
}

/* First hop that is not in the attempt yet and satisfies `other` against hop 0. */
static mr_hop *first_other(mr_hop *const *hops, size_t count,
                           int (*other)(const mr_hop *a, const mr_hop *b)) {
  for (size_t i = 1; i < count; i++) {
    if (other(hops[0], hops[i])) {
      return hops[i];
    }
  }
  return NULL;
}

static int other_host(const mr_hop *a, const mr_hop *b) {
  return !mr__streq(a->host, b->host);
}

static int other_family(const mr_hop *a, const mr_hop *b) { return is6(a) != is6(b); }

/* The last of the chosen ones gives way, unless it is needed itself. */
static void make_room(mr_hop *const *hops, size_t count, const mr_hop *keep) {
  for (size_t i = count; i > 1; i--) {
    if (hops[i - 1] != keep && hops[i - 1]->in_attempt) {
      hops[i - 1]->in_attempt = 0;
      return;
    }
  }
}

void mr__hops_budget(mr__job *job, mr_hop **hops, size_t count) {
  size_t budget = (size_t)mr_options_get(job->route->options, MR_OPT_ATTEMPT_ADDRESSES);
  for (size_t i = 0; i < count; i++) {
    hops[i]->in_attempt = i < budget;
  }
  mr_hop *host = first_other(hops, count, other_host);
  mr_hop *family = first_other(hops, count, other_family);
  if (budget < 2) {
    return;
  }
  if (host && !host->in_attempt) {
    make_room(hops, count, NULL);
    host->in_attempt = 1;
  }
  if (family && !family->in_attempt && budget > 2) {
    make_room(hops, count, host);
    family->in_attempt = 1;
  }
}
