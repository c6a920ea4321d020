/* SPDX-License-Identifier: MIT */
/*
 * A router in a world without sockets: channels lead to kit_dns and kit_smtp_host
 * objects, time is virtual, so days of retries run in milliseconds. Everything that the
 * router told is kept for the test to look at.
 */
#ifndef KIT_WORLD_H
#define KIT_WORLD_H

#include <mailroute/router.h>

#include "kit/kit_alloc.h"
#include "kit/kit_dns.h"
#include "kit/kit_smtp.h"
#include "kit/kit_split.h"

#define KIT_WORLD_DNS "10.0.0.53"

enum { KIT_WORLD_HOSTS = 32, KIT_WORLD_STEPS = 200000 };

typedef struct kit_told {
  int type; /* mr_event_type */
  uint64_t id, message, tag, now;
  /* of MR_EVENT_OUTCOME */
  char *recipient, *text, *host, *status;
  int fate, final, reason, stage, code, uncertain;
  uint64_t attempts, retry_in;
} kit_told;

typedef struct kit_world_conn kit_world_conn;

typedef struct kit_world {
  kit_env *env;
  mr_router *router;
  uint64_t now;
  kit_dns *dns;
  struct {
    char address[46];
    kit_smtp_host *host; /* NULL = connections are refused */
    int silent;          /* 1: connections never come about */
  } hosts[KIT_WORLD_HOSTS];
  size_t host_count;
  kit_world_conn *conns;
  unsigned opened; /* TCP connections to mail servers so far */
  kit_pieces pieces;
  /* The n-th mail connection breaks (0 = none) after so many octets in one direction. */
  unsigned cut_conn;
  uint64_t cut_out, cut_in;     /* from the router / to it; UINT64_MAX = not */
  int cut_cause;                /* mr_close_cause */
  uint64_t moved_out, moved_in; /* octets that passed on connection cut_conn */
  int by_dispatch; /* 1: events come by mr_router_dispatch() instead of _next() */
  void (*on_channel)(struct kit_world *world, int type, mr_channel *channel);
  kit_told *told;
  size_t told_count;
  void (*on_event)(struct kit_world *world, const mr_event *event); /* NULL = none */
  void *user;
} kit_world;

/* The world with an empty DNS; seed for pieces. */
void kit_world_init(kit_world *world, kit_env *env, uint64_t seed);
/* Makes the router and names the DNS server: MR_OK or an error of the library. */
int kit_world_router(kit_world *world, const mr_options *options, const mr_store *store);
void kit_world_host(kit_world *world, const char *address, kit_smtp_host *host);
void kit_world_silent(kit_world *world, const char *address);
/* Everything, hosts and DNS included. */
void kit_world_done(kit_world *world);

/* Runs until the router has nothing to do or `now` would pass `until`. 1 = nothing to do,
 * 0 = time is over. Aborts after KIT_WORLD_STEPS rounds: a spin. */
int kit_world_run(kit_world *world, uint64_t until);

/* Built message from sender to recipients, submitted; the library's result. */
int kit_world_send(kit_world *world, const char *from, const char *const *to,
                   size_t count, const char *text, uint64_t tag);

/* The last outcome of a recipient, NULL = none; how many outcomes; how many final ones.
 */
const kit_told *kit_world_last(const kit_world *world, const char *recipient);
size_t kit_world_outcomes(const kit_world *world, const char *recipient);
size_t kit_world_finals(const kit_world *world, const char *recipient);
size_t kit_world_count(const kit_world *world, int type);

#endif
