/* SPDX-License-Identifier: MIT */
/*
 * A store around another one that answers MR_ERR_PENDING and does the work when it
 * completes, so that ASan sees whoever lets data go too early. It can also fail at the
 * n-th operation.
 */
#ifndef ASYNC_STORE_H
#define ASYNC_STORE_H

#include <mailroute/queue.h>

enum async_mode {
  ASYNC_OFF,     /* at once, as the store inside does */
  ASYNC_ORDER,   /* later, in order */
  ASYNC_REVERSE, /* later, the newest first */
  ASYNC_INSIDE,  /* pending, but completed inside the call */
  ASYNC_TWICE,   /* later, and once more */
  ASYNC_NEVER,   /* no completion */
  ASYNC_MIXED    /* as ASYNC_REVERSE, but commits are done at once and only told later */
};

enum async_fault {
  FAULT_ERROR,       /* MR_ERR_STORE, and nothing is done */
  FAULT_DONE_SILENT, /* it is done, but the answer is MR_ERR_TIMEOUT */
  FAULT_SILENT,      /* nothing is done, and the answer is MR_ERR_TIMEOUT */
  FAULT_LIMIT        /* MR_ERR_LIMIT, and nothing is done */
};

enum async_kind {
  OP_BEGIN,
  OP_WRITE,
  OP_READ,
  OP_COMMIT,
  OP_CLAIM,
  OP_RENEW,
  OP_RELEASE,
  OP_DUE,
  OP_LIST,
  OP_HINT_PUT,
  OP_HINT_GET,
  OP_KINDS
};

typedef struct async_call {
  struct async_call *next;
  int kind;
  uint64_t token, due;
  const void *data; /* key, octets, ops, owner */
  size_t len;       /* of it, or how many ops */
  uint64_t message, part, a, b;
  const void *more; /* limits, filter, octets of a hint */
  size_t more_len;
  int done, err; /* ASYNC_MIXED: it is done; err and the message that ended */
  mr_record ended;
} async_call;

typedef struct async_store {
  mr_store table;
  const mr_store *inner;
  int mode;
  uint64_t delay; /* of each completion, ms */
  uint64_t now;
  async_call *first;
  int effect_at_cancel; /* what is cancelled is done all the same */
  /* where completions go; by default to the queue */
  mr_queue *queue;
  int (*complete)(void *user, uint64_t token, int err, const mr_record *const *records,
                  size_t count, uint64_t now);
  void *user;
  /* faults */
  uint64_t calls, fail_at; /* from 1; 0 = none */
  int fail_from, fault;
  int fail_kind; /* only operations of this kind count; -1 = all */
  /* what happened */
  unsigned cancels, flushes, refused_twice, done_of[OP_KINDS];
} async_store;

void async_store_init(async_store *s, const mr_store *inner);
void async_store_done(async_store *s);
uint64_t async_store_next(const async_store *s);    /* UINT64_MAX = nothing pending */
void async_store_run(async_store *s, uint64_t now); /* completes what is due */

#endif
