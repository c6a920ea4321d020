/* SPDX-License-Identifier: MIT */
/*
 * The router inside. Three kinds of things live here:
 *   attempt  one delivery in hand: plan its recipients, walk the hops, collect outcomes
 *   peer     one session with what it is connected to, busy for one attempt or idle
 *   asker    who waits for a plan: an attempt, or a host's explain
 * Everything moves in mr__router_pump, which carries the events of queue, route and
 * sessions from one to the other until nothing is left to carry.
 */
#ifndef MR_ROUTER_ROUTER_H
#define MR_ROUTER_ROUTER_H

#include <mailroute/router.h>

#include "base/ctx.h"
#include "base/last_error.h"
#include "base/map.h"
#include "queue/queue.h"
#include "route/route.h"
#include "smtp/session.h"
#include "text/event.h"

typedef struct mr__peer mr__peer;
typedef struct mr__attempt mr__attempt;

typedef struct mr__asker {
  mr_router *router;
  mr__attempt *attempt; /* NULL: an explain */
  uint64_t tag;         /* the host's */
} mr__asker;

typedef struct mr__explain {
  mr__asker asker; /* first */
  struct mr__explain *prev, *next;
  const mr_plan *plan;
  mr__event_node event;
} mr__explain;

enum mr__recipient_state {
  MR__RECIPIENT_UNPLANNED = 0,
  MR__RECIPIENT_PLANNED, /* has a plan, its group's turn has not come */
  MR__RECIPIENT_OPEN,    /* in the group that is being tried now */
  MR__RECIPIENT_DONE
};

typedef struct mr__recipient {
  int state;
  const mr_plan *plan;
  int soft_seen; /* a host of this attempt was merely unavailable */
} mr__recipient;

struct mr__attempt {
  mr__asker asker; /* first */
  mr__attempt *prev, *next;
  mr_router *router;
  const mr_delivery *delivery;
  mr_message *message;
  mr__recipient *recipients; /* as many as the delivery has */
  size_t *sent;              /* recipient numbers of the running transaction, in order */
  const char **addresses;    /* their addresses */
  size_t planning;           /* recipient whose plan is asked for */
  uint64_t plan_id;
  const mr_plan *keyed; /* its key is a lane that counts this attempt too, NULL = none */
  const mr_plan *plan;  /* of the group in hand, NULL = none */
  size_t hop;           /* of plan */
  int hop_tried;        /* a session to it has been started */
  int again_clear, again_helo; /* the same hop once more (R37, R49) */
  int again_new;               /* the same, for a connection that rested was gone (R91) */
  int renewed;                 /* that happened at this hop already */
  int skip_host;               /* NEXT_HOST */
  int local_fault;             /* LOCAL: no more connections */
  unsigned addresses_tried;    /* R22 */
  unsigned sessions_completed;
  uint64_t until; /* no new connection from then on; counts from the first one (R22) */
  int told;       /* the queue heard of a result */

  int waiting;    /* for a connection to become free */
  int go;         /* its transaction is over: what comes next? */
  mr__peer *peer; /* in use */
};

struct mr__peer {
  mr__peer *prev, *next;
  mr_router *router;
  mr_session *session;
  mr__events results;
  const mr_plan *plan; /* owns hop */
  const mr_hop *hop;
  int level; /* as connected: hop's, or none after R49 */
  mr__attempt *attempt;
  uint64_t gate; /* transaction that waits for its lease, 0 = none */
  int idle, ready, ended, quitting;
  unsigned messages;
  mr__timer idle_timer;
};

enum mr__drained {
  MR__DRAINED_NOT = 0,
  MR__DRAINED_QUEUE, /* nothing is in hand, connections may still close */
  MR__DRAINED_TOLD
};

struct mr_router {
  mr__ctx *ctx;
  const mr_options *options;
  mr_queue *queue;
  mr_route *route;
  mr__events work;  /* of the queue */
  mr__events plans; /* of the route */
  mr_event event, inner;
  mr__last_error error;
  mr__attempt *attempts;
  size_t attempt_count;
  size_t taken; /* places for more deliveries, as the queue knows them */
  mr__peer *peers;
  size_t peer_count;
  mr__explain *explains;
  size_t explain_count;
  size_t submitting;
  mr__map messages;   /* ids of messages accepted here and not done */
  size_t unlisted;    /* more of them, whose ids there was no memory to note */
  mr__map lanes;      /* lane → number in hand, as uintptr_t */
  mr__map broken_tls; /* address → time until which it is spared TLS (R50) */
  mr__timer drain_timer;
  int draining;
  int drained; /* mr__drained */
  mr__event_node drained_event;
  int dead;                  /* freed by the host while a frame of ours was below */
  int inside;                /* functions of this router that have not returned */
  mr__event_node free_event; /* in ctx->deferred: freed inside a service */
  int giving;                /* 1: a callback of dispatch runs */
  int timed;   /* an input has told the time: before that nothing is claimed */
  int changed; /* something was carried in this round of the pump */
  int kick;    /* a place or a connection became free: look at the attempts */
};

/* attempt.c */
int mr__attempt_new(mr_router *router, const mr_delivery *delivery);
mr__attempt *mr__attempt_find(mr_router *router, uint64_t delivery);
void mr__attempt_plan(mr__attempt *attempt, const mr_plan *plan);
void mr__attempt_go(mr__attempt *attempt);    /* whatever comes next */
void mr__attempt_lost(mr__attempt *attempt);  /* its lease is gone: forget it */
void mr__attempt_break(mr__attempt *attempt); /* the time to finish is over */
void mr__attempt_free(mr__attempt *attempt);

/* result.c */
void mr__attempt_outcome(mr__attempt *attempt, const mr_outcome *outcome);
void mr__attempt_verdict(mr__attempt *a, size_t i, const mr_plan *plan);
void mr__attempt_defer(mr__attempt *attempt, int reason);
void mr__attempt_uncertain(mr__attempt *attempt); /* those in the running transaction */
size_t mr__attempt_following_hop(const mr__attempt *attempt); /* hop_count = none */

/* peer.c */
/* 1: the group is on its way; 0: no connection is free, wait; < 0: error. The attempt's
 * again_helo and again_new ask for a new connection. */
int mr__peer_use(mr__attempt *attempt, const mr_hop *hop, int level);
void mr__peer_pump(mr__peer *peer);
void mr__peer_lease(mr_router *router, uint64_t delivery, int ours);
void mr__peer_source(mr_router *router, uint64_t delivery);
void mr__peers_sweep(mr_router *router);
void mr__peers_quit_idle(mr_router *router);
void mr__peer_free(mr__peer *peer);

/* lanes.c */
void mr__lane_add(mr_router *router, const char *lane);
void mr__lane_drop(mr_router *router, const char *lane);
int mr__lane_is_full(const mr_router *router, const char *lane);
int mr__tls_is_broken(mr_router *router, const char *address);
void mr__tls_mark_broken(mr_router *router, const char *address);

/* explain.c */
int mr__explain_new(mr_router *router, uint64_t *id, const char *recipient, uint64_t tag);
void mr__explain_plan(mr__explain *explain, const mr_plan *plan);
void mr__explain_free(mr__explain *explain);

/* pump.c */
void mr__router_pump(mr_router *router);
void mr__router_count(mr_router *router, const mr_event *event); /* for busy */

#endif
