/* SPDX-License-Identifier: MIT */
/**
 * @file session.h
 * @brief The SMTP client state machine (RFC 5321): one connection, many transactions.
 *
 * A session is told an address, a need for TLS and transactions; it opens one channel,
 * greets, upgrades, pipelines, and tells the fate of every recipient of every
 * transaction: exactly one MR_EVENT_OUTCOME each, whatever the server or the network
 * does. It knows no DNS and tries one connection only: what should be tried next is in
 * the outcome's action.
 *
 * Life: new → connect → submit (any time from then on; transactions wait in order) →
 * events → quit → SESSION_END → free. Outcomes of a transaction come before its
 * MR_EVENT_TRANSACTION, all of them before MR_EVENT_SESSION_END.
 *
 * An outcome's action is what to do next, its fate what it is if nothing is left to do:
 * DEFERRED, or FAILED for a refusal that another host may not share (greeting 5yz, our
 * own name in the greeting, SMTPUTF8 missing, 5yz to MAIL with MR_OPT_MAIL5XX_NEXT; the
 * action is MR_ACTION_NEXT). MR_REASON_NOT_ATTEMPTED at MR_STAGE_IDLE: the connection
 * ended, in order or while it rested, before the server answered anything of the
 * transaction; a new connection to the same address may take it (count them: a server may
 * do so for ever). A SESSION_END that is no failure has MR_ACTION_NONE.
 */
#ifndef MAILROUTE_SESSION_H
#define MAILROUTE_SESSION_H

#include <mailroute/event.h>
#include <mailroute/message.h>
#include <mailroute/tls.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The engine. */
typedef struct mr_session mr_session;

/** Where to connect. Everything is copied. */
typedef struct mr_session_target {
  size_t size;         /**< sizeof(mr_session_target) of the program that fills it */
  const char *host;    /**< name for events and traces, NULL = the address */
  const char *address; /**< IPv4 or IPv6 as text */
  int port;            /**< 1 to 65535 */
  const char
      *source; /**< local address to bind, NULL or "" = MR_OPT_SOURCE_IPV4 / _IPV6 */
  const mr_tls_need *need; /**< NULL = MR_TLS_MAY with host as server name */
  int use_helo; /**< 1: HELO at once, for a server that hangs up on EHLO (R37) */
} mr_session_target;

/** One message to some recipients. Everything but the message is copied. */
typedef struct mr_transaction {
  size_t size;         /**< sizeof(mr_transaction) of the program that fills it */
  mr_message *message; /**< sealed; the session holds a reference */
  const char *sender;  /**< reverse-path, "" = null path, NULL = the message's */
  const char *const *recipients; /**< addresses, NULL = the message's */
  size_t recipient_count;        /**< how many; 0 with NULL recipients */
  uint64_t tag;                  /**< yours, given back in events */
  uint64_t waited; /**< milliseconds since the message was submitted (R49, R29) */
} mr_transaction;

/**
 * A session that is not connected.
 * @param out the engine @param env services, NULL = defaults
 * @param options NULL = defaults
 * @return MR_OK; MR_ERR_MISUSE; MR_ERR_NOMEM
 */
MR_API int mr_session_new(mr_session **out, const mr_env *env, const mr_options *options);

/** Frees it: the channel is closed without a word, no event follows. @param session or
 * NULL */
MR_API void mr_session_free(mr_session *session);

/** Last error. @param session one @return owned by it */
MR_API const mr_error *mr_session_error(const mr_session *session);

/**
 * Opens the connection: an MR_EVENT_OPEN follows.
 * @param session fresh @param target copied @param now milliseconds
 * @return MR_OK; MR_ERR_ADDR: address; MR_ERR_RANGE: port; MR_ERR_NOTSUP: the need asks
 * for TLS that this build lacks; MR_ERR_STATE: connected before, or inside a service;
 *   MR_ERR_MISUSE; MR_ERR_NOMEM
 */
MR_API int mr_session_connect(mr_session *session, const mr_session_target *target,
                              uint64_t now);

/**
 * Hands over a transaction; it starts when those before it are done.
 * @param session connected, not quitting @param id receives the transaction's id, NULL =
 * not wanted @param transaction copied @param now milliseconds
 * @return MR_OK: one outcome per recipient will follow; MR_ERR_ADDR…: an address is not
 *   one; MR_ERR_STATE: not connected, quitting, or inside a service; MR_ERR_CLOSED: the
 *   session has ended; MR_ERR_LIMIT: more than 1000 recipients, or 16 transactions wait;
 *   MR_ERR_MISUSE: no recipients, message not sealed, NULL; MR_ERR_NOMEM
 */
MR_API int mr_session_submit(mr_session *session, uint64_t *id,
                             const mr_transaction *transaction, uint64_t now);

/**
 * Answers MR_EVENT_BEFORE_DOT (MR_OPT_DOT_GATE): the last octets of the message wait for
 * it.
 * @param session one @param id of the transaction @param go 1 = send the final dot, 0 =
 * close without it: the recipients are deferred @param now milliseconds
 * @return MR_OK; MR_ERR_NOT_FOUND: nothing waits there; MR_ERR_MISUSE; MR_ERR_STATE
 */
MR_API int mr_session_proceed(mr_session *session, uint64_t id, int go, uint64_t now);

/** The source of the running transaction answered MR_ERR_PENDING and can go on. May be
 * called inside the source. @param session one @param now milliseconds @return MR_OK;
 * MR_ERR_NOT_FOUND: nothing waits; MR_ERR_MISUSE */
MR_API int mr_session_source_done(mr_session *session, uint64_t now);

/** Ends in order: what is running finishes, what waits gets its outcomes unattempted
 * (MR_REASON_NOT_ATTEMPTED, MR_ACTION_NEXT), then QUIT. @param session one @param now
 * milliseconds @return MR_OK; MR_ERR_STATE; MR_ERR_CLOSED: over already; MR_ERR_MISUSE */
MR_API int mr_session_quit(mr_session *session, uint64_t now);

/** The next event: OPEN, UPDATE, CLOSE, READY, OUTCOME, TRANSACTION, BEFORE_DOT,
 * SESSION_END, TRACE. @param session one @return event or NULL */
MR_API const mr_event *mr_session_next(mr_session *session);
/** When mr_session_expire() has something to do. @param session one @return milliseconds,
 * MR_NEVER = nothing */
MR_API uint64_t mr_session_deadline(const mr_session *session);
/** Time has passed. @param session one @param now milliseconds @return MR_OK;
 * MR_ERR_MISUSE; MR_ERR_STATE */
MR_API int mr_session_expire(mr_session *session, uint64_t now);

/** Name of a state of the machine, for traces and diagrams. @param index 0, 1, … @return
 * static text, NULL past the last state */
MR_API const char *mr_session_state_name(size_t index);

#ifdef __cplusplus
}
#endif
#endif
