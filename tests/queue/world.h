/* SPDX-License-Identifier: MIT */
/* A queue over a memory store in virtual time, whose attempts a script decides, with a
 * ledger of every outcome. */
#ifndef QUEUE_WORLD_H
#define QUEUE_WORLD_H

#include <mailroute/options.h>
#include <mailroute/queue.h>

#include "kit/kit_alloc.h"
#include "store/async_store.h"

#define SECOND ((uint64_t)1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

enum { WORLD_RECIPIENTS = 64, WORLD_MESSAGES = 64 };

typedef struct world_rcpt {
  uint64_t message;
  char address[64];
  unsigned outcomes, finals, deferred, attempts; /* attempts: handed out for it */
  int fate, reason;
  char status[12], text[256];
  uint64_t retry_in, index, tag, id;
} world_rcpt;

typedef struct world world;
/* The fate of a recipient; o is cleared. */
typedef void world_script(world *w, const mr_delivery *d, size_t index, mr_outcome *o);

struct world {
  kit_env *env;
  mr_memory *memory;
  async_store store;
  mr_options *options;
  mr_queue *queue;
  uint64_t now;
  size_t capacity;
  world_script *script;
  int hold_deliveries; /* 1: they are kept, not attempted */
  const mr_delivery *held[WORLD_RECIPIENTS];
  size_t held_count;
  world_rcpt rcpts[WORLD_RECIPIENTS];
  size_t rcpt_count;
  uint64_t accepted[WORLD_MESSAGES];
  size_t accepted_count;
  unsigned refused, done, lost, ready, steps, drained, updates, deliveries;
  int refused_reason, accepted_reason; /* of the last one */
  uint64_t last_ticket;
  uint64_t first_claim, last_claim;
  char body[4096]; /* of the last bounce that was attempted */
  size_t body_len;
  int nomem;                   /* a call answered MR_ERR_NOMEM */
  unsigned events, after_done; /* outcomes after MESSAGE_DONE of their message */
  uint64_t done_ids[WORLD_MESSAGES];
};

void world_init(world *w, kit_env *env, int mode); /* #async_mode; options may be set */
int world_start(world *w); /* makes the queue; MR_OK or MR_ERR_NOMEM */
void world_stop(world *w); /* frees the queue, keeps the store */
void world_done(world *w);
/* One message from a@sender.example (or the null path); recipients end with NULL. */
mr_message *world_message(kit_env *env, const char *sender, const char *const *to);
int world_submit(world *w, const char *sender, const char *key, const char *const *to);
void world_events(world *w); /* takes all events, attempts what is handed out */
void world_run(world *w, uint64_t until);              /* virtual time up to `until` */
world_rcpt *world_find(world *w, const char *address); /* NULL = no outcome yet */
size_t world_stored(world *w, int kind, int state);    /* records in the store; 0 = any */
void world_forget(world *w);

/* Scripts. */
void script_deliver(world *w, const mr_delivery *d, size_t index, mr_outcome *o);
void script_defer(world *w, const mr_delivery *d, size_t index, mr_outcome *o);
void script_fail(world *w, const mr_delivery *d, size_t index, mr_outcome *o);
/* By the local part: ok…, soft…, hard…, hold…, drop…; anything else is delivered. */
void script_by_name(world *w, const mr_delivery *d, size_t index, mr_outcome *o);

#endif
