/* SPDX-License-Identifier: MIT */
/*
 * The queue's own parts and how they work together. Whatever wants to go on is a task;
 * the run loop takes one after the other until none is awake, and a step starts at most
 * one operation of the store. So nothing recurses, and results are read before the next
 * operation.
 */
#ifndef MR_QUEUE_CORE_H
#define MR_QUEUE_CORE_H

#include <mailroute/options.h>
#include <mailroute/queue.h>

#include "base/ctx.h"
#include "base/last_error.h"
#include "base/map.h"
#include "base/options.h"
#include "queue/index.h"
#include "queue/op.h"
#include "queue/schedule.h"

enum {
  MR__PIECE = 32 * 1024,      /* octets of a body read or written at a time */
  MR__CLAIM_PAUSE = 1000,     /* ms before asking again what should have been there */
  MR__CLAIM_POLL = 30 * 1000, /* ms between looks at a store with other workers */
  MR__STEP_MIN = 60 * 1000,   /* ms that the calendar may move apart unnoticed */
  MR__LANE_MAX = 255,         /* octets of a lane */
  MR__KEY_MAX = 255,          /* octets of an idempotency key */
  MR__PRIORITY_MAX = 9,
  MR__NOTE_PAGE = 16,         /* unacknowledged outcomes read at a time */
  MR__COMMIT_TRIES = 3,       /* of a commit with a bounce before the bounce is put off */
  MR__SUBMISSIONS_MAX = 1000, /* under way at a time */
  MR__VERIFY_TRIES = 5        /* re-reads after an unknown result before giving up */
};

typedef struct mr__task mr__task;
struct mr__task {
  mr__task *prev, *next; /* NULL = asleep */
  void (*step)(mr__task *task);
};

/* A claim that nobody could take, to be released after delay. */
typedef struct mr__give_back {
  uint64_t message, part, lease_token, delay;
} mr__give_back;

typedef struct mr__claim {
  mr__task task;
  mr__op op;
  mr__timer timer;
  size_t capacity;   /* deliveries that may still be handed out */
  int wanted;        /* claim again */
  int asking;        /* nothing was found: when will there be? */
  uint64_t asked_at; /* `now` of the claim under way */
  uint64_t backoff;
  size_t max;          /* of one claim */
  mr__give_back *back; /* max of them */
  size_t back_count;
  const char **lanes; /* snapshot of the paused ones for the operation under way */
  size_t lanes_cap;
  mr_claim_limits limits;
  uint64_t late_until; /* until then late deliveries are spread; 0 = not started */
  size_t late_left;    /* late ones that are attempted at once */
} mr__claim;

typedef struct mr__lane {
  char *name;
  size_t place; /* in the array of paused lanes */
  mr__timer timer;
  mr_queue *queue;
  struct mr__lane *next_gone;
} mr__lane;

typedef struct mr__lanes {
  mr__map by_name;
  mr__lane **paused;
  size_t count, cap;
  mr__lane *gone; /* opened while an operation still has their names */
} mr__lanes;

/* Durable outcomes: notes. */
typedef struct mr__notes {
  mr__index by_id;
  mr__task task; /* reads what an earlier life left */
  mr__op op;
  mr__timer timer;
  int started, finished;
  uint64_t after_message, after_part;
  uint64_t backoff;
  size_t untold; /* of the page just read */
  mr_record_filter filter;
} mr__notes;

struct mr_queue {
  mr__ctx *ctx;
  const mr_options *options;
  mr_memory *memory; /* its own store, NULL = the host's */
  mr_store store;
  mr__events *work;
  mr_event event;
  mr__last_error error;
  mr__task awake; /* head of the ring */
  int running;
  int freed; /* freed inside a service: goes at the end of the call */
  unsigned in_store;
  int unflushed;
  uint64_t store_timeout, lease;
  char owner[33];
  mr__schedule schedule;
  mr__index ops;         /* by token */
  mr__index deliveries;  /* by id */
  mr__index messages;    /* the same by message */
  mr__index submissions; /* by ticket, under way */
  mr__index answered;    /* by ticket, the event waits */
  struct mr__cancel *cancels;
  struct mr__body *bodies;
  mr__claim claim;
  mr__lanes lanes;
  mr__notes notes;
  size_t in_hand;
  int draining, drained;
  mr__event_node drained_event, step_event;
  int64_t drift; /* calendar minus now */
  int drift_known;
};

/* queue.c */
int mr__queue_enter(mr_queue *q, uint64_t now); /* MR_ERR_MISUSE, MR_ERR_STATE */
int mr__queue_leave(mr_queue *q, int rc);       /* runs what is awake */
int mr__queue_back(mr_queue *q, int rc);        /* from an entry that wakes nothing */
void mr__queue_run(mr_queue *q);
void mr__queue_flush(mr_queue *q);
void mr__task_wake(mr_queue *q, mr__task *task);
void mr__task_stop(mr__task *task);
int64_t mr__queue_option(const mr_queue *q, int id);
uint64_t mr__queue_nonce(mr_queue *q); /* random; in need the next id */

/* claim.c */
int mr__claim_init(mr_queue *q);
void mr__claim_free(mr_queue *q);
void mr__claim_wake(mr_queue *q);                 /* something may be due now */
void mr__claim_wake_at(mr_queue *q, uint64_t at); /* or then */
void mr__claim_spread(mr_queue *q);               /* after a start or a step */
void mr__claim_give_back(mr_queue *q, const mr_record *record, uint64_t delay);

/* lanes.c */
int mr__lanes_init(mr_queue *q);
void mr__lanes_free(mr_queue *q);
int mr__lanes_snapshot(mr_queue *q); /* fills claim.limits; MR_ERR_NOMEM */
void mr__lanes_sweep(mr_queue *q);   /* no operation has their names any more */

/* submit.c */
void mr__submissions_free(mr_queue *q);

/* cancel.c */
void mr__cancels_free(mr_queue *q);

/* body.c */
void mr__bodies_leave(mr_queue *q); /* the queue goes; messages stay */

/* notes.c */
void mr__notes_init(mr_queue *q);
void mr__notes_start(mr_queue *q);
void mr__notes_free(mr_queue *q);

/* delivery.c */
void mr__deliveries_free(mr_queue *q);

#endif
