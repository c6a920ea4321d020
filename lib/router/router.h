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
  const mr_plan *plan;         /* of the group in hand, NULL = none */
  size_t hop;                  /* of plan */
  int hop_tried;               /* a session to it has been started */
  int again_clear, again_helo; /* the same hop once more (R37, R49) */
  int skip_host;               /* NEXT_HOST */
  int local_fault;             /* LOCAL: no more connections */
  unsigned addresses_tried;    /* R22 */
  unsigned sessions_completed;
  uint64_t until;

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
  size_t attempt_count, taken;
  mr__peer *peers;
  size_t peer_count;
  mr__explain *explains;
  size_t explain_count;
  size_t submitting;
  mr__map messages;   /* ids of messages accepted here and not done */
  mr__map lanes;      /* lane → number in hand, as uintptr_t */
  mr__map broken_tls; /* address → time until which it is spared TLS (R50) */
  mr__timer drain_timer;
  int draining, dead;
  int queue_drained;              /* nothing in hand, connections may still close */
  mr__event_node drained_event;
  int in_dispatch;
  int changed; /* something was carried in this round of the pump */
  int kick;    /* a place or a connection became free: look at the attempts */
};

/* attempt.c */
int mr__attempt_new(mr_router *router, const mr_delivery *delivery);
void mr__attempt_plan(mr__attempt *attempt, const mr_plan *plan);
void mr__attempt_go(mr__attempt *attempt); /* whatever comes next */
void mr__attempt_outcome(mr__attempt *attempt, const mr_outcome *outcome);
void mr__attempt_lost(mr__attempt *attempt); /* its lease is gone: forget it */
void mr__attempt_free(mr__attempt *attempt);
void mr__attempt_defer(mr__attempt *attempt, int reason, int uncertain);

/* peer.c */
/* 1: the group is on its way; 0: no connection is free, wait; < 0: error. */
int mr__peer_use(mr__attempt *attempt, const mr_hop *hop, int level, int helo);
void mr__peer_pump(mr__peer *peer);
void mr__peer_lease(mr_router *router, uint64_t delivery, int ours);
void mr__peer_source(mr_router *router, uint64_t delivery);
void mr__peers_sweep(mr_router *router);
void mr__peers_quit_idle(mr_router *router);
void mr__peer_free(mr__peer *peer);
mr__attempt *mr__attempt_find(mr_router *router, uint64_t delivery);

/* lanes.c */
void mr__lane_add(mr_router *router, const char *lane);
void mr__lane_drop(mr_router *router, const char *lane);
int mr__tls_is_broken(mr_router *router, const char *address);
void mr__tls_mark_broken(mr_router *router, const char *address);

/* router.c */
void mr__router_pump(mr_router *router);

#endif
