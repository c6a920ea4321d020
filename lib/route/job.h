/* SPDX-License-Identifier: MIT */
/*
 * One query on its way to a plan: table (or ASK) → MX → addresses → build. Everything a
 * job collects lives in the arena of its plan.
 */
#ifndef MR_ROUTE_JOB_H
#define MR_ROUTE_JOB_H

#include "base/last_error.h"
#include "dns/resolver.h"
#include "route/dead.h"
#include "route/plan.h"
#include "route/route.h"
#include "route/table.h"
#include "text/event.h"
#include "text/ip.h"

enum { MR__SELF_MAX = 256, MR__LOOKUPS = 2 };

typedef struct mr__job mr__job;

/* A question of a job to the resolver. */
typedef struct mr__lookup {
  mr__job *job;
  struct mr__exchanger *exchanger; /* NULL: the MX question */
  uint64_t id;
  int type;
  int open;
} mr__lookup;

typedef struct mr__exchanger {
  const char *name;
  int preference;
  int port;
  int is_ip;
  int soft;    /* reason of a temporary failure of an address lookup, 0 = none */
  int is_self; /* R18 */
  mr__lookup lookups[MR__LOOKUPS];
  mr__arena_list addresses; /* const char * */
} mr__exchanger;

enum mr__job_kind { MR__JOB_MX, MR__JOB_IMPLICIT, MR__JOB_RELAY, MR__JOB_LITERAL };

struct mr__job {
  mr__job *prev, *next;
  mr_route *route;
  mr__plan *plan;
  mr_address *address;
  uint64_t age;
  mr__event_node ask_event, plan_event;
  mr__timer ask_timer;
  int asking;
  mr__target *answered; /* target of the host's answer, owned */
  int kind;             /* mr__job_kind */
  const char *domain;   /* whose mail exchangers are asked for */
  const char *relay;    /* text of a relay target */
  mr__lookup mx;
  mr__arena_list exchangers; /* mr__exchanger *, best preference first */
  unsigned open_lookups;
  unsigned queries;
  int done;
};

struct mr_route {
  mr__ctx *ctx;
  const mr_options *options;
  mr_resolver *resolver;
  mr__events answers; /* of the resolver, to be pumped */
  mr__events own;     /* plans, when nobody else takes them: unused if joined */
  mr__events *plans;
  mr_event event, answer_event;
  mr__last_error error;
  mr__table table;
  mr__dead dead;
  mr_trust *trust;
  char *self_names[MR__SELF_MAX];
  size_t self_name_count;
  mr__ip self_ips[MR__SELF_MAX];
  size_t self_ip_count;
  mr__ip refused[MR__SELF_MAX];
  size_t refused_count;
  mr__job *jobs;
  int freed;                 /* inside a service of the host */
  int inside;                /* functions of this route that have not returned */
  mr__event_node free_event; /* in ctx->deferred */
};

/* job.c */
void mr__job_start(mr__job *job); /* table, or the question to the host */
void mr__job_target(mr__job *job, const mr__target *target, const char *pattern);
void mr__job_answer(mr__lookup *lookup, const mr_answer *answer);
void mr__job_finish(mr__job *job); /* closes the plan and posts it */
void mr__job_free(mr__job *job);

/* exchangers.c: what the MX records say (R6-R12) */
void mr__exchangers_from_mx(mr__job *job, const mr_answer *answer);
mr__exchanger *mr__exchanger_add(mr__job *job, const char *name, int preference,
                                 int port);

/* build.c: from exchangers and their addresses to hops and a verdict (R13-R23) */
void mr__job_build(mr__job *job);

/* order.c */
int mr__hops_order(mr__job *job, mr_hop **hops, size_t count);   /* R20, R21, R23 */
void mr__hops_budget(mr__job *job, mr_hop **hops, size_t count); /* R21, R22 */

int mr__route_is_self_name(const mr_route *route, const char *name);
int mr__route_is_self_ip(const mr_route *route, const mr__ip *ip);
int mr__route_is_refused(const mr_route *route, const mr__ip *ip);

#endif
