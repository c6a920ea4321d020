/* SPDX-License-Identifier: MIT */
#include "store/async_store.h"

#include <stdlib.h>
#include <string.h>

#include "kit/kit_alloc.h"

static int execute(async_store *s, const async_call *c, mr_store_result *r) {
  const mr_store *in = s->inner;
  void *u = in->user;
  s->done_of[c->kind]++;
  switch (c->kind) {
  case OP_BEGIN:
    return in->begin(u, c->token, c->data, c->len, s->now, r);
  case OP_WRITE:
    return in->body_write(u, c->token, c->message, c->a, c->data, c->len, s->now);
  case OP_READ:
    return in->body_read(u, c->token, c->message, c->a, (size_t)c->b, s->now, r);
  case OP_COMMIT:
    return in->commit(u, c->token, c->data, c->len, s->now, r);
  case OP_CLAIM:
    return in->claim(u, c->token, c->data, c->a, (size_t)c->b, c->more, s->now, r);
  case OP_RENEW:
    return in->renew(u, c->token, c->message, c->part, c->a, c->b, s->now, r);
  case OP_RELEASE:
    return in->release(u, c->token, c->message, c->part, c->a, c->b, s->now);
  case OP_DUE:
    return in->next_due(u, c->token, c->more, s->now, r);
  case OP_LIST:
    return in->list(u, c->token, c->more, (size_t)c->b, s->now, r);
  case OP_HINT_PUT:
    return in->hint_put(u, c->token, c->data, c->len, c->more, c->more_len, c->a, s->now);
  default:
    return in->hint_get(u, c->token, c->data, c->len, s->now, r);
  }
}

static int fails(async_store *s, const async_call *c) {
  if (s->fail_kind >= 0 && s->fail_kind != c->kind)
    return 0;
  s->calls++;
  return s->fail_at != 0 &&
         (s->calls == s->fail_at || (s->fail_from && s->calls > s->fail_at));
}

/* With its fault, if it has one. */
static int perform(async_store *s, const async_call *c, mr_store_result *r) {
  if (!fails(s, c))
    return execute(s, c, r);
  if (s->fault == FAULT_ERROR)
    return MR_ERR_STORE;
  if (s->fault == FAULT_LIMIT)
    return MR_ERR_LIMIT;
  if (s->fault == FAULT_DONE_SILENT)
    (void)execute(s, c, r);
  r->records = NULL;
  r->count = 0;
  return MR_ERR_TIMEOUT;
}

static int tell(async_store *s, uint64_t token, int err, const mr_store_result *r) {
  if (s->complete != NULL)
    return s->complete(s->user, token, err, r->records, r->count, s->now);
  return mr_queue_stored(s->queue, token, err, r->records, r->count, s->now);
}

static void commit_early(async_store *s, async_call *c) {
  mr_store_result r = {sizeof r, NULL, 0};
  c->done = 1;
  c->err = perform(s, c, &r);
  if (r.count > 0)
    c->ended = *r.records[0];
}

static void finish(async_store *s, const async_call *c) {
  const mr_record *ended[] = {&c->ended};
  mr_store_result r = {sizeof r, ended, c->ended.message != 0};
  int err = c->done ? c->err : perform(s, c, &r);
  (void)tell(s, c->token, err, &r);
  if (s->mode == ASYNC_TWICE && tell(s, c->token, err, &r) == MR_ERR_NOT_FOUND)
    s->refused_twice++;
}

static int start(async_store *s, async_call call, uint64_t now, mr_store_result *r) {
  s->now = now;
  if (s->mode == ASYNC_OFF)
    return perform(s, &call, r);
  if (s->mode == ASYNC_INSIDE) {
    finish(s, &call);
    return MR_ERR_PENDING;
  }
  async_call *c = kit_xalloc(NULL, sizeof *c);
  *c = call;
  c->due = s->mode == ASYNC_NEVER ? UINT64_MAX : now + s->delay;
  if (s->mode == ASYNC_MIXED && c->kind == OP_COMMIT)
    commit_early(s, c);
  int newest_first = s->mode == ASYNC_REVERSE || s->mode == ASYNC_MIXED;
  async_call **at = &s->first;
  while (!newest_first && *at != NULL)
    at = &(*at)->next;
  c->next = *at;
  *at = c;
  return MR_ERR_PENDING;
}

static int begin(void *user, uint64_t token, const void *key, size_t key_len,
                 uint64_t now, mr_store_result *r) {
  return start(
      user, (async_call){.kind = OP_BEGIN, .token = token, .data = key, .len = key_len},
      now, r);
}

static int body_write(void *user, uint64_t token, uint64_t message, uint64_t offset,
                      const void *data, size_t len, uint64_t now) {
  mr_store_result none = {sizeof none, NULL, 0};
  return start(user,
               (async_call){.kind = OP_WRITE,
                            .token = token,
                            .message = message,
                            .a = offset,
                            .data = data,
                            .len = len},
               now, &none);
}

static int body_read(void *user, uint64_t token, uint64_t message, uint64_t offset,
                     size_t cap, uint64_t now, mr_store_result *r) {
  return start(
      user,
      (async_call){
          .kind = OP_READ, .token = token, .message = message, .a = offset, .b = cap},
      now, r);
}

static int commit(void *user, uint64_t token, const mr_record_op *const *ops,
                  size_t count, uint64_t now, mr_store_result *r) {
  return start(user,
               (async_call){.kind = OP_COMMIT, .token = token, .data = ops, .len = count},
               now, r);
}

static int claim(void *user, uint64_t token, const char *owner, uint64_t lease,
                 size_t max, const mr_claim_limits *limits, uint64_t now,
                 mr_store_result *r) {
  return start(user,
               (async_call){.kind = OP_CLAIM,
                            .token = token,
                            .data = owner,
                            .a = lease,
                            .b = max,
                            .more = limits},
               now, r);
}

static int renew(void *user, uint64_t token, uint64_t message, uint64_t part,
                 uint64_t lease_token, uint64_t lease, uint64_t now, mr_store_result *r) {
  return start(user,
               (async_call){.kind = OP_RENEW,
                            .token = token,
                            .message = message,
                            .part = part,
                            .a = lease_token,
                            .b = lease},
               now, r);
}

static int release(void *user, uint64_t token, uint64_t message, uint64_t part,
                   uint64_t lease_token, uint64_t delay, uint64_t now) {
  mr_store_result none = {sizeof none, NULL, 0};
  return start(user,
               (async_call){.kind = OP_RELEASE,
                            .token = token,
                            .message = message,
                            .part = part,
                            .a = lease_token,
                            .b = delay},
               now, &none);
}

static int next_due(void *user, uint64_t token, const mr_claim_limits *limits,
                    uint64_t now, mr_store_result *r) {
  return start(user, (async_call){.kind = OP_DUE, .token = token, .more = limits}, now,
               r);
}

static int list(void *user, uint64_t token, const mr_record_filter *filter, size_t max,
                uint64_t now, mr_store_result *r) {
  return start(user,
               (async_call){.kind = OP_LIST, .token = token, .more = filter, .b = max},
               now, r);
}

static int hint_put(void *user, uint64_t token, const void *key, size_t key_len,
                    const void *data, size_t len, uint64_t ttl, uint64_t now) {
  mr_store_result none = {sizeof none, NULL, 0};
  return start(user,
               (async_call){.kind = OP_HINT_PUT,
                            .token = token,
                            .data = key,
                            .len = key_len,
                            .more = data,
                            .more_len = len,
                            .a = ttl},
               now, &none);
}

static int hint_get(void *user, uint64_t token, const void *key, size_t key_len,
                    uint64_t now, mr_store_result *r) {
  return start(
      user,
      (async_call){.kind = OP_HINT_GET, .token = token, .data = key, .len = key_len}, now,
      r);
}

static void cancel(void *user, uint64_t token) {
  async_store *s = user;
  s->cancels++;
  for (async_call **at = &s->first; *at != NULL; at = &(*at)->next) {
    async_call *c = *at;
    if (c->token != token)
      continue;
    mr_store_result r = {sizeof r, NULL, 0};
    if (s->effect_at_cancel)
      (void)execute(s, c, &r);
    *at = c->next;
    free(c);
    return;
  }
}

static void flush(void *user) { ((async_store *)user)->flushes++; }

void async_store_init(async_store *s, const mr_store *inner) {
  memset(s, 0, sizeof *s);
  s->inner = inner;
  s->fail_kind = -1;
  s->table = (mr_store){.size = sizeof s->table,
                        .user = s,
                        .durability = inner->durability,
                        .begin = begin,
                        .body_write = body_write,
                        .body_read = body_read,
                        .commit = commit,
                        .claim = claim,
                        .renew = renew,
                        .release = release,
                        .next_due = next_due,
                        .list = list,
                        .hint_put = hint_put,
                        .hint_get = hint_get,
                        .cancel = cancel,
                        .flush = flush};
}

void async_store_done(async_store *s) {
  while (s->first != NULL) {
    async_call *c = s->first;
    s->first = c->next;
    free(c);
  }
}

uint64_t async_store_next(const async_store *s) {
  uint64_t next = UINT64_MAX;
  for (const async_call *c = s->first; c != NULL; c = c->next)
    next = c->due < next ? c->due : next;
  return next;
}

static async_call *take_due(async_store *s) {
  for (async_call **at = &s->first; *at != NULL; at = &(*at)->next) {
    async_call *c = *at;
    if (c->due > s->now)
      continue;
    *at = c->next;
    return c;
  }
  return NULL;
}

void async_store_run(async_store *s, uint64_t now) {
  async_call *c;
  s->now = now > s->now ? now : s->now;
  while ((c = take_due(s)) != NULL) {
    finish(s, c);
    free(c);
  }
}
