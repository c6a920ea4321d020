/* SPDX-License-Identifier: MIT */
/**
 * @file router.h
 * @brief Queue, route and session put together: messages in, outcomes out, bytes by you.
 *
 * The router claims what is due, plans, connects, speaks SMTP, tries the next exchanger,
 * keeps idle sessions for reuse, and reports. It does no I/O: move the octets of its
 * channels and call it when its deadline has come. driver.h does that on POSIX systems.
 */
#ifndef MAILROUTE_ROUTER_H
#define MAILROUTE_ROUTER_H

#include <mailroute/queue.h>
#include <mailroute/route.h>
#include <mailroute/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The engine. */
typedef struct mr_router mr_router;

/** Functions for mr_router_dispatch(); NULL members are skipped. No frame of the engine
 * is below them: every function of the library may be called, mr_router_free() too. */
typedef struct mr_host {
  size_t size; /**< sizeof(mr_host) of the program that fills it */
  void *user;  /**< passed to each function */
  /** MR_EVENT_OPEN: connect; the channel's reference is yours */
  void (*open)(void *user, mr_channel *channel);
  /** MR_EVENT_UPDATE: look at mr_channel_wants() */
  void (*update)(void *user, mr_channel *channel);
  /** MR_EVENT_CLOSE: close, then mr_channel_free() */
  void (*close)(void *user, mr_channel *channel);
  /** every other event */
  void (*event)(void *user, const mr_event *event);
} mr_host;

/**
 * A router.
 * @param out the engine @param env services, NULL = defaults
 * @param options NULL = defaults
 * @param store as for mr_queue_new(); NULL = memory, everything is volatile
 * @return MR_OK; MR_ERR_MISUSE; MR_ERR_NOMEM; MR_ERR_RANDOM
 */
MR_API int mr_router_new(mr_router **out, const mr_env *env, const mr_options *options,
                         const mr_store *store);

/** Frees it: connections are dropped, claims run out, what is in a store stays there.
 * Channels that you hold answer MR_ERR_CLOSED. @param router or NULL */
MR_API void mr_router_free(mr_router *router);

/** Last error. @param router one @return owned by it */
MR_API const mr_error *mr_router_error(const mr_router *router);

/** Its queue, for mr_queue_stored(), mr_queue_source_done() and mr_queue_ack(); do not
 * call its take, result, finish, release or next. @param router one @return borrowed */
MR_API mr_queue *mr_router_queue(mr_router *router);

/** Its route, for the table, servers, trust and own names; do not call its next.
 * @param router one @return borrowed */
MR_API mr_route *mr_router_route(mr_router *router);

/** Takes a message in: as mr_queue_submit(). @param router one @param ticket or NULL
 * @param submission copied @param now milliseconds @return as mr_queue_submit() */
MR_API int mr_router_submit(mr_router *router, uint64_t *ticket,
                            const mr_submission *submission, uint64_t now);

/** Plans without sending: MR_EVENT_PLAN with the id follows. @param router one @param id
 * receives the id, NULL = not wanted @param recipient address @param tag yours @param now
 * milliseconds @return as mr_route_query() */
MR_API int mr_router_explain(mr_router *router, uint64_t *id, const char *recipient,
                             uint64_t tag, uint64_t now);

/** Answers MR_EVENT_ASK. @param router one @param id of the ask @param answer depends on
 * its kind, see #mr_ask @param now milliseconds @return as mr_route_answer() */
MR_API int mr_router_answer(mr_router *router, uint64_t id, const char *answer,
                            uint64_t now);

/** Cancels a message: as mr_queue_cancel(). @param router one @param message id @param
 * now milliseconds @return as mr_queue_cancel() */
MR_API int mr_router_cancel(mr_router *router, uint64_t message, uint64_t now);

/** No new claims and connections; transactions under way finish until the deadline, then
 * are broken off (before the final dot where possible); leases go back; MR_EVENT_DRAINED
 * ends it. @param router one @param deadline milliseconds, MR_NEVER = as long as it takes
 * @param now milliseconds @return MR_OK; MR_ERR_MISUSE; MR_ERR_STATE */
MR_API int mr_router_drain(mr_router *router, uint64_t deadline, uint64_t now);

/** Messages that are accepted and not done, deliveries in hand, submissions under way: 0
 * means that nothing more will happen by itself. Counts what this router has seen.
 * @param router one @return count */
MR_API size_t mr_router_busy(const mr_router *router);

/** The next event. Nothing is claimed before some call has told the time:
 * mr_router_expire() will do. @param router one @return event or NULL */
MR_API const mr_event *mr_router_next(mr_router *router);
/** Hands all events that are there to the host's functions. @param router one @param host
 * table @param now milliseconds @return MR_OK; MR_ERR_STATE: called inside itself or
 * inside a service; MR_ERR_CLOSED: the router was freed by a callback; MR_ERR_MISUSE */
MR_API int mr_router_dispatch(mr_router *router, const mr_host *host, uint64_t now);
/** When mr_router_expire() has something to do. @param router one @return milliseconds,
 * MR_NEVER = nothing */
MR_API uint64_t mr_router_deadline(const mr_router *router);
/** Time has passed. @param router one @param now milliseconds @return MR_OK;
 * MR_ERR_MISUSE; MR_ERR_STATE */
MR_API int mr_router_expire(mr_router *router, uint64_t now);

#ifdef __cplusplus
}
#endif
#endif
