/* SPDX-License-Identifier: MIT */
/**
 * @file queue.h
 * @brief The retry queue: takes messages, says what is due, keeps every recipient's fate.
 *
 * The queue knows no network. It takes a message into a store, hands out deliveries that
 * are due (MR_EVENT_DELIVERY), is told what became of each recipient, schedules retries,
 * makes bounces, and tells the host: exactly one MR_EVENT_OUTCOME for each recipient of
 * each attempt, after it is durable, and MR_EVENT_MESSAGE_DONE when all are final. A
 * router does the attempts; you may do them yourself instead.
 *
 * What is promised: once MR_EVENT_ACCEPTED came, every recipient reaches one recorded end
 * — delivered, failed, expired, cancelled — and it is told at least once. Delivery itself
 * is at least once: see docs/architecture.md for when a duplicate is possible.
 */
#ifndef MAILROUTE_QUEUE_H
#define MAILROUTE_QUEUE_H

#include <mailroute/event.h>
#include <mailroute/message.h>
#include <mailroute/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The engine. */
typedef struct mr_queue mr_queue;

/** A message to be taken in. Everything but the message is copied. */
typedef struct mr_submission {
  size_t size;         /**< sizeof(mr_submission) of the program that fills it */
  mr_message *message; /**< sealed; a reference is held until it is stored */
  const char *sender;  /**< reverse-path, "" = null path, NULL = the message's */
  const char *const *recipients; /**< addresses, NULL = the message's */
  size_t recipient_count;        /**< how many; 0 with NULL recipients */
  uint64_t tag;                  /**< yours, given back in every event */
  const void *key; /**< idempotency key: a second submission under it is the first one */
  size_t key_len;  /**< octets of key, 0 = none, at most 255 */
  int priority;    /**< 0 = first … 9 = last */
  uint64_t lifetime; /**< ms until it expires, 0 = MR_OPT_LIFETIME */
} mr_submission;

/** A claimed delivery: recipients of one message in one lane. Owned by the queue until
 * mr_queue_finish() or mr_queue_release(), also after MR_EVENT_LEASE_LOST. */
typedef struct mr_delivery {
  uint64_t id;        /**< names it in the calls below */
  uint64_t message;   /**< message id */
  uint64_t tag;       /**< the host's */
  const char *lane;   /**< routing domain, or the destination key given before */
  const char *domain; /**< domain of the recipients */
  const char *sender; /**< reverse-path, "" = null path */
  const char *const *recipients; /**< those still to be delivered to */
  size_t recipient_count;        /**< how many */
  uint64_t age;                  /**< ms since the message was accepted, at the claim */
  uint64_t attempts;             /**< attempts before this one */
  uint64_t message_size;         /**< octets */
  int priority;                  /**< as submitted */
  int uncertain; /**< 1: an earlier attempt may have delivered (R88, R105) */
} mr_delivery;

/**
 * A queue over a store.
 * @param out the engine @param env services, NULL = defaults
 * @param options NULL = defaults
 * @param store copied table; NULL = a memory store of its own (everything is volatile)
 * @return MR_OK; MR_ERR_MISUSE: a required operation is missing; MR_ERR_NOMEM;
 * MR_ERR_RANDOM
 */
MR_API int mr_queue_new(mr_queue **out, const mr_env *env, const mr_options *options,
                        const mr_store *store);

/** Frees it: operations under way are cancelled, leases run out by themselves. @param
 * queue or NULL */
MR_API void mr_queue_free(mr_queue *queue);

/** Last error. @param queue one @return owned by it */
MR_API const mr_error *mr_queue_error(const mr_queue *queue);

/**
 * Takes a message in. MR_EVENT_ACCEPTED or MR_EVENT_REFUSED follows with the ticket; only
 * ACCEPTED is a promise.
 * @param queue one @param ticket receives the number of this submission, NULL = not
 * wanted
 * @param submission copied @param now milliseconds
 * @return MR_OK; MR_ERR_ADDR…: a sender or recipient is no address; MR_ERR_MISUSE: no
 *   recipients, not sealed, NULL; MR_ERR_RANGE: priority, key_len; MR_ERR_LIMIT: over
 *   MR_OPT_SUBMIT_RECIPIENTS; MR_ERR_STATE: draining, or inside a service; MR_ERR_NOMEM
 */
MR_API int mr_queue_submit(mr_queue *queue, uint64_t *ticket,
                           const mr_submission *submission, uint64_t now);

/** The source of a message that is being taken in answered MR_ERR_PENDING and can go on.
 * @param queue one @param ticket of the submission @param now milliseconds @return MR_OK;
 * MR_ERR_NOT_FOUND; MR_ERR_MISUSE */
MR_API int mr_queue_source_done(mr_queue *queue, uint64_t ticket, uint64_t now);

/**
 * End of a store operation that answered MR_ERR_PENDING.
 * @param queue one @param token of the operation @param err MR_OK or why it failed
 * @param records its result @param count how many @param now milliseconds
 * @return MR_OK; MR_ERR_NOT_FOUND: completed, cancelled or never asked; MR_ERR_MISUSE
 */
MR_API int mr_queue_stored(mr_queue *queue, uint64_t token, int err,
                           const mr_record *const *records, size_t count, uint64_t now);

/** Says how many deliveries beyond those in hand may be handed out. A fresh queue hands
 * out none. @param queue one @param count how many more @param now milliseconds @return
 * MR_OK; MR_ERR_MISUSE; MR_ERR_STATE */
MR_API int mr_queue_take(mr_queue *queue, size_t count, uint64_t now);

/**
 * Somebody else put something into a shared store (LISTEN/NOTIFY and the like): looks
 * there now instead of at the next poll.
 * @param queue one
 * @param now milliseconds
 * @return MR_OK; MR_ERR_MISUSE; MR_ERR_STATE
 */
MR_API int mr_queue_wake(mr_queue *queue, uint64_t now);

/**
 * Leaves a lane out of claims for a while.
 * @param queue one @param lane as in #mr_delivery
 * @param until milliseconds; at or before now = open again; MR_NEVER = until opened
 * @param now milliseconds @return MR_OK; MR_ERR_MISUSE; MR_ERR_STATE; MR_ERR_NOMEM */
MR_API int mr_queue_pause_lane(mr_queue *queue, const char *lane, uint64_t until,
                               uint64_t now);

/** The message of a claimed delivery, reading from the store: for a session. A pending
 * read is completed for a router by itself; if you attempt deliveries yourself over an
 * asynchronous store, MR_EVENT_UPDATE without channel tells to call
 * mr_session_source_done(). @param queue one @param delivery id @param out yours
 * @return MR_OK; MR_ERR_NOT_FOUND; MR_ERR_MISUSE; MR_ERR_NOMEM */
MR_API int mr_queue_message(mr_queue *queue, uint64_t delivery, mr_message **out);

/**
 * What became of one recipient in this attempt. The last word before finish counts; more
 * progress wins over less for what a bounce will quote (R97).
 * @param queue one @param delivery id @param index of the recipient in #mr_delivery
 * @param outcome copied: fate DELIVERED, FAILED, DEFERRED, DISCARDED or HELD, reason, …
 * @param now milliseconds
 * @return MR_OK; MR_ERR_NOT_FOUND: no such delivery or recipient; MR_ERR_MISUSE;
 *   MR_ERR_STATE
 */
MR_API int mr_queue_result(mr_queue *queue, uint64_t delivery, size_t index,
                           const mr_outcome *outcome, uint64_t now);

/** Names the destination key of a delivery, its lane from the next commit on (R93).
 * @param queue one @param delivery id @param lane copied, at most 255 octets
 * @return MR_OK; MR_ERR_NOT_FOUND; MR_ERR_RANGE; MR_ERR_MISUSE; MR_ERR_NOMEM */
MR_API int mr_queue_set_lane(mr_queue *queue, uint64_t delivery, const char *lane);

/** The attempt is over: results are committed, then told. Recipients without a result are
 * deferred as MR_REASON_NOT_ATTEMPTED. @param queue one @param delivery id
 * @param now milliseconds @return MR_OK; MR_ERR_NOT_FOUND; MR_ERR_STATE; MR_ERR_MISUSE */
MR_API int mr_queue_finish(mr_queue *queue, uint64_t delivery, uint64_t now);

/** Gives a delivery back unattempted: no attempt is counted (R95). @param queue one
 * @param delivery id @param delay ms until it is due again @param now milliseconds
 * @return MR_OK; MR_ERR_NOT_FOUND; MR_ERR_STATE; MR_ERR_MISUSE */
MR_API int mr_queue_release(mr_queue *queue, uint64_t delivery, uint64_t delay,
                            uint64_t now);

/** Makes sure that the lease outlasts `need` ms; the answer is MR_EVENT_READY (id =
 * delivery) or MR_EVENT_LEASE_LOST. @param queue one @param delivery id @param need ms
 * @param now milliseconds @return MR_OK; MR_ERR_NOT_FOUND; MR_ERR_STATE; MR_ERR_MISUSE */
MR_API int mr_queue_ensure_lease(mr_queue *queue, uint64_t delivery, uint64_t need,
                                 uint64_t now);

/** Cancels what is still to be delivered of a message: each recipient gets the outcome
 * MR_FATE_CANCELLED. One being attempted now gets its result first. @param queue one
 * @param message id @param now milliseconds @return MR_OK: it is looked up, events
 * follow; MR_ERR_STATE; MR_ERR_MISUSE; MR_ERR_NOMEM */
MR_API int mr_queue_cancel(mr_queue *queue, uint64_t message, uint64_t now);

/** The host has taken note of a durable outcome (MR_OPT_EVENTS_DURABLE; the final ones
 * are, and have an id): it is not repeated after a restart. @param queue one @param id of
 * the event @param now milliseconds
 * @return MR_OK; MR_ERR_NOT_FOUND; MR_ERR_STATE; MR_ERR_MISUSE; MR_ERR_NOMEM */
MR_API int mr_queue_ack(mr_queue *queue, uint64_t id, uint64_t now);

/** No new claims and no submissions; MR_EVENT_DRAINED follows when nothing is in hand and
 * no operation is under way. @param queue one @param now milliseconds @return MR_OK;
 * MR_ERR_STATE; MR_ERR_MISUSE */
MR_API int mr_queue_drain(mr_queue *queue, uint64_t now);

/** The next event: ACCEPTED, REFUSED, DELIVERY, OUTCOME, MESSAGE_DONE, LEASE_LOST, READY,
 * STEP, DRAINED, UPDATE. @param queue one @return event or NULL */
MR_API const mr_event *mr_queue_next(mr_queue *queue);
/** When mr_queue_expire() has something to do. @param queue one @return milliseconds,
 * MR_NEVER = nothing */
MR_API uint64_t mr_queue_deadline(const mr_queue *queue);
/** Time has passed. @param queue one @param now milliseconds @return MR_OK;
 * MR_ERR_MISUSE; MR_ERR_STATE */
MR_API int mr_queue_expire(mr_queue *queue, uint64_t now);

#ifdef __cplusplus
}
#endif
#endif
