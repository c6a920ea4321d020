/* SPDX-License-Identifier: MIT */
/**
 * @file route.h
 * @brief From a recipient to an ordered list of addresses to try, or the reason why not.
 *
 * The routing table is asked first, then DNS (RFC 5321 section 5.1, RFC 7505). The result
 * is data: a plan with its hops, what was dropped and why, and every step on the way.
 * What mr_plan_text() prints is what a delivery uses.
 */
#ifndef MAILROUTE_ROUTE_H
#define MAILROUTE_ROUTE_H

#include <mailroute/event.h>
#include <mailroute/tls.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The engine. */
typedef struct mr_route mr_route;

/** What a plan says. */
enum mr_verdict {
  MR_VERDICT_DELIVER = 1, /**< try the hops in order */
  MR_VERDICT_DEFER = 2,   /**< nobody knows now: try again later */
  MR_VERDICT_BOUNCE = 3,  /**< it can never be delivered */
  MR_VERDICT_DISCARD = 4, /**< the routing table says: throw away */
  MR_VERDICT_HOLD = 5     /**< the routing table says: keep */
};

/** One address to try. */
typedef struct mr_hop {
  const char *host;        /**< exchanger or relay; the address itself for a literal */
  const char *address;     /**< IPv4 or IPv6 as text */
  int port;                /**< port to connect to */
  int preference;          /**< MX preference, 0 for relays and literals */
  int in_attempt;          /**< 1: among those that one attempt may try (R22) */
  int dead;                /**< 1: it failed lately and stands at the end (R23) */
  const mr_tls_need *need; /**< what the connection must have */
  const char *why;         /**< reason of the TLS level, in words */
} mr_hop;

/** What does not stand in the plan, and why. */
typedef struct mr_drop {
  const char *host;    /**< exchanger or relay, "" = the record itself */
  const char *address; /**< its address, "" = all of it */
  int preference;      /**< MX preference */
  int reason;          /**< #mr_reason */
  const char *text;    /**< in words */
} mr_drop;

/** A finished plan. Immutable and counted. */
typedef struct mr_plan {
  uint64_t id;           /**< of mr_route_query() */
  uint64_t tag;          /**< the host's */
  const char *recipient; /**< address as asked */
  const char *domain;    /**< its domain in A-labels, or the literal */
  int verdict;           /**< #mr_verdict */
  int reason;            /**< #mr_reason */
  const char *status;    /**< enhanced code "x.y.z" */
  const char *text;      /**< the verdict in words */
  const char *key;       /**< destination key: plans that share it share servers (R93) */
  size_t hop_count;      /**< addresses to try */
  const mr_hop *const *hops;   /**< in order */
  size_t drop_count;           /**< what was left out */
  const mr_drop *const *drops; /**< in the order in which it was found */
  size_t step_count;           /**< how it came about */
  const char *const *steps;    /**< one line each */
  uint64_t retry_in; /**< MR_REASON_HOST_DEAD: ms until one may be tried, else 0 */
} mr_plan;

/**
 * A route engine with an empty table: everything goes by MX.
 * @param out the engine @param env services, NULL = defaults
 * @param options NULL = defaults
 * @return MR_OK; MR_ERR_MISUSE; MR_ERR_NOMEM; MR_ERR_RANDOM
 */
MR_API int mr_route_new(mr_route **out, const mr_env *env, const mr_options *options);

/** Frees it; queries without a plan end in silence. Plans that were kept stay. @param
 * route or NULL */
MR_API void mr_route_free(mr_route *route);

/** Last error. @param route one @return owned by it */
MR_API const mr_error *mr_route_error(const mr_route *route);

/** Adds a recursive DNS server. @param route one @param address IP address @param port 0
 * = 53 @return as mr_resolver_add_server() */
MR_API int mr_route_add_server(mr_route *route, const char *address, int port);

/** Trust anchors for levels that check certificates. @param route one @param trust a
 * reference is held; NULL = none @return MR_OK; MR_ERR_MISUSE; MR_ERR_STATE */
MR_API int mr_route_set_trust(mr_route *route, mr_trust *trust);

/**
 * Adds an entry to the routing table. The most exact pattern wins (R1):
 * "user@domain", "domain", ".parent" (all names below it), "*".
 * Targets:
 * - "mx" or "mx:DOMAIN": the mail exchangers of the recipient's domain, or of another;
 * - "relay:HOST[:PORT][,HOST[:PORT]…]": these hosts in order, no MX lookup; an IP address
 *   stands in brackets if a port follows ("relay:[2001:db8::1]:587");
 * - "discard"; "hold"; "reject:TEXT", where TEXT may begin with "5.y.z ".
 * @param route one @param pattern copied @param target copied
 * @return MR_OK; MR_ERR_ADDR: the pattern is none; MR_ERR_RANGE: the target is none, the
 *   error tells where; MR_ERR_EXISTS: the pattern is there; MR_ERR_LIMIT: over 100000
 *   entries or 64 hosts; MR_ERR_MISUSE; MR_ERR_NOMEM; MR_ERR_STATE
 */
MR_API int mr_route_add(mr_route *route, const char *pattern, const char *target);

/** Tells a name or address of this host, for loop detection (R18). @param route one
 * @param name host name or IP address @return MR_OK; MR_ERR_ADDR_DOMAIN: neither;
 * MR_ERR_LIMIT: over 256; MR_ERR_MISUSE; MR_ERR_NOMEM; MR_ERR_STATE */
MR_API int mr_route_add_self(mr_route *route, const char *name);

/** Never connect to this address (R13). @param route one @param address IP address
 * @return MR_OK; MR_ERR_ADDR; MR_ERR_LIMIT: over 256; MR_ERR_MISUSE; MR_ERR_NOMEM;
 * MR_ERR_STATE */
MR_API int mr_route_refuse(mr_route *route, const char *address);

/**
 * Asks for a plan: MR_EVENT_PLAN follows, always.
 * @param route one @param id receives the query's id, NULL = not wanted
 * @param recipient an address; one that is none gives a plan that says so
 * @param age ms since the message was accepted, for MR_OPT_NXDOMAIN_GRACE
 * @param tag yours @param now milliseconds
 * @return MR_OK; MR_ERR_MISUSE; MR_ERR_NOMEM; MR_ERR_STATE
 */
MR_API int mr_route_query(mr_route *route, uint64_t *id, const char *recipient,
                          uint64_t age, uint64_t tag, uint64_t now);

/** Forgets a query: no event follows. @param route one @param id of the query
 * @param now milliseconds @return MR_OK; MR_ERR_NOT_FOUND; MR_ERR_MISUSE; MR_ERR_STATE */
MR_API int mr_route_cancel(mr_route *route, uint64_t id, uint64_t now);

/** Answers MR_EVENT_ASK of kind MR_ASK_ROUTE. @param route one @param id of the ask event
 * @param target as in mr_route_add(); NULL or "" = go on with the table @param now
 * milliseconds @return MR_OK; MR_ERR_NOT_FOUND: answered, or too late; MR_ERR_RANGE: no
 * target, ask stands; MR_ERR_MISUSE; MR_ERR_NOMEM; MR_ERR_STATE */
MR_API int mr_route_answer(mr_route *route, uint64_t id, const char *target,
                           uint64_t now);

/** Tells how an address did, for later plans (R23, R92). @param route one @param address
 * IP address @param port its port @param reason MR_REASON_NONE = it works; else why it is
 * dead
 * @param now milliseconds @return MR_OK; MR_ERR_MISUSE; MR_ERR_NOMEM; MR_ERR_STATE */
MR_API int mr_route_report(mr_route *route, const char *address, int port, int reason,
                           uint64_t now);

/** The next event: PLAN, ASK, OPEN, UPDATE, CLOSE, TRACE. @param route one @return event
 * or NULL */
MR_API const mr_event *mr_route_next(mr_route *route);
/** When mr_route_expire() has something to do. @param route one @return milliseconds,
 * MR_NEVER = nothing */
MR_API uint64_t mr_route_deadline(const mr_route *route);
/** Time has passed. @param route one @param now milliseconds @return MR_OK;
 * MR_ERR_MISUSE; MR_ERR_STATE */
MR_API int mr_route_expire(mr_route *route, uint64_t now);

/** Keeps a plan beyond its event. @param plan one @return the same */
MR_API const mr_plan *mr_plan_ref(const mr_plan *plan);
/** Gives a reference back. @param plan or NULL */
MR_API void mr_plan_free(const mr_plan *plan);

/** The plan for people: verdict, hops, what was dropped, steps. @param plan one @param
 * dst text with a NUL if cap > 0 @param cap octets of dst @param needed octets of the
 * whole
 * @return MR_OK; MR_ERR_LIMIT: cut; MR_ERR_MISUSE; MR_ERR_NOMEM */
MR_API int mr_plan_text(const mr_plan *plan, char *dst, size_t cap, size_t *needed);
/** The plan as one JSON object with "schema":1. @param plan one @param dst text with a
 * NUL if cap > 0 @param cap octets of dst @param needed octets of the whole @return as
 * mr_plan_text() */
MR_API int mr_plan_json(const mr_plan *plan, char *dst, size_t cap, size_t *needed);
/** Name of a verdict ("deliver"). @param verdict #mr_verdict @return static text */
MR_API const char *mr_verdict_name(int verdict);

#ifdef __cplusplus
}
#endif
#endif
