/* SPDX-License-Identifier: MIT */
/**
 * @file store.h
 * @brief What a queue asks of persistence: a table of operations, synchronous or not.
 *
 * An operation answers MR_OK (done, and as durable as the store claims to be), an error,
 * or MR_ERR_PENDING; then mr_queue_stored() tells the end, once, from the host's loop or
 * even inside the operation. An operation whose completion does not come within
 * MR_OPT_STORE_TIMEOUT counts as failed with its result unknown and is cancelled. A store
 * that cannot know whether its transaction went through answers MR_ERR_TIMEOUT itself,
 * and MR_ERR_STORE only when surely nothing was done. A binding must turn exceptions into
 * errors: a callback that raised and left 0 behind would look like success.
 *
 * The store speaks in durations; only it knows a calendar. `now` is the queue's monotonic
 * clock, for stores that live as long as the process. Data that is passed in stays valid
 * until the completion. Results belong to the store and must stay valid until its next
 * operation (or, when asynchronous, until mr_queue_stored() returns).
 *
 * Rules that keep mail: begin + body_write + commit make a message; before that commit it
 * does not exist, after it all of it does. A commit is all or nothing. Whatever names a
 * lease token fails as a whole with MR_ERR_LEASE_LOST if that token is not the current
 * one (also when the record is gone). When a commit removes the last delivery of a
 * message, the store removes the message and its body and tells so in the result. What
 * was begun and not committed is reaped after 24 hours; an idempotency key is remembered
 * for a day beyond its message. A list that names a message waits for older commits of it
 * to end. `tests/store` judges every store.
 */
#ifndef MAILROUTE_STORE_H
#define MAILROUTE_STORE_H

#include <mailroute/event.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Kinds of records. */
enum mr_record_kind {
  MR_RECORD_MESSAGE = 1,  /**< one accepted message */
  MR_RECORD_DELIVERY = 2, /**< the unit of schedule and lease: some of its recipients */
  MR_RECORD_EVENT = 3,    /**< an outcome that the host has not acknowledged */
  MR_RECORD_BYTES = 4,    /**< a piece of body, or a hint */
  MR_RECORD_TIME = 5      /**< the answer of next_due */
};

/** States of a delivery. */
enum mr_record_state {
  MR_RECORD_QUEUED = 1, /**< waits for its due time */
  MR_RECORD_LEASED = 2, /**< claimed by a worker */
  MR_RECORD_HELD = 3    /**< waits for the host, has no due time */
};

/**
 * One record. The index fields are the store's to look at; data is opaque octets, kept as
 * they are. Each kind uses the fields that its comment in #mr_record_op and #mr_store
 * names; others are 0.
 */
typedef struct mr_record {
  size_t size;      /**< sizeof(mr_record) of whoever made it */
  int kind;         /**< #mr_record_kind */
  uint64_t message; /**< id of the message, given by begin; never 0, never reused */
  uint64_t part;    /**< DELIVERY, EVENT: number inside the message, given by the queue */
  uint64_t tag;     /**< the host's */
  const char *lane; /**< DELIVERY: destination, at most 255 octets; else "" */
  int priority;     /**< DELIVERY: 0 = first, up to 9 */
  int state;        /**< DELIVERY: #mr_record_state; MESSAGE from begin: 1 = committed
                         before under this key, 0 = new */
  int64_t due_in;   /**< DELIVERY, TIME: ms until due, negative = late by */
  uint64_t age;     /**< ms since the message was committed */
  uint64_t attempts;    /**< DELIVERY: leases that ended other than by release */
  uint64_t lease_token; /**< DELIVERY, claimed: names this claim */
  uint64_t lease_left;  /**< DELIVERY, claimed: ms, counted from the `now` of the claim */
  const void *data;     /**< opaque octets */
  size_t data_len;      /**< how many */
} mr_record;

/** What a commit does with a record. */
enum mr_record_action {
  /** MESSAGE (message, tag, data), DELIVERY (all index fields, due_in, data) or EVENT
   * (message, part, tag, data): make it */
  MR_RECORD_PUT = 1,
  /** DELIVERY under a lease token: new lane, priority, state, due_in, data; the lease
   * ends unless state is MR_RECORD_LEASED; attempts count one up when the lease ends */
  MR_RECORD_UPDATE = 2,
  /** DELIVERY under a lease token (0 = only if nobody leases it), or EVENT: delete it */
  MR_RECORD_REMOVE = 3
};

/** One step of a commit. */
typedef struct mr_record_op {
  size_t size;             /**< sizeof(mr_record_op) of whoever made it */
  int action;              /**< #mr_record_action */
  uint64_t lease_token;    /**< see #mr_record_action */
  const mr_record *record; /**< the record */
} mr_record_op;

/** What list() should give. */
typedef struct mr_record_filter {
  size_t size;      /**< sizeof(mr_record_filter) of whoever made it */
  int kind;         /**< MESSAGE, DELIVERY or EVENT */
  uint64_t message; /**< only this message, 0 = all */
  uint64_t
      after_message;   /**< cursor: records behind (after_message, after_part) in order */
  uint64_t after_part; /**< second half of the cursor */
  const char *lane;    /**< only this lane, NULL or "" = all */
  int state;           /**< only this state, 0 = all */
} mr_record_filter;

/** Lanes and tags that a claim leaves out, because nothing more fits there now. */
typedef struct mr_claim_limits {
  size_t size;              /**< sizeof(mr_claim_limits) of whoever made it */
  const char *const *lanes; /**< lanes left out */
  size_t lane_count;        /**< how many */
  const uint64_t *tags;     /**< tags left out */
  size_t tag_count;         /**< how many */
} mr_claim_limits;

/** Results of an operation that answered MR_OK at once. */
typedef struct mr_store_result {
  size_t size;                     /**< sizeof(mr_store_result) of the queue */
  const mr_record *const *records; /**< the store sets it */
  size_t count;                    /**< and this, always; left untouched it is an error */
} mr_store_result;

/** The table. All members but cancel and flush are required. */
typedef struct mr_store {
  size_t size;    /**< sizeof(mr_store) of the program that fills it */
  void *user;     /**< passed to each function */
  int durability; /**< #mr_durability: what MR_OK of a commit means */

  /** A new message id, or the one that was committed under this key before.
   * key_len 0 = no key. Result: one MESSAGE record (message, state; if committed: tag).
   */
  int (*begin)(void *user, uint64_t token, const void *key, size_t key_len, uint64_t now,
               mr_store_result *result);
  /** Octets of the body at an offset; written in order, each offset once. */
  int (*body_write)(void *user, uint64_t token, uint64_t message, uint64_t offset,
                    const void *data, size_t len, uint64_t now);
  /** Up to cap octets of the body. Result: one BYTES record; 0 octets = the end.
   * MR_ERR_NOT_FOUND: no such message. */
  int (*body_read)(void *user, uint64_t token, uint64_t message, uint64_t offset,
                   size_t cap, uint64_t now, mr_store_result *result);
  /** All of the steps or none. Result: a MESSAGE record (message, tag) for every message
   * that ended with it. MR_ERR_LEASE_LOST, MR_ERR_NOT_FOUND, MR_ERR_EXISTS. */
  int (*commit)(void *user, uint64_t token, const mr_record_op *const *ops, size_t count,
                uint64_t now, mr_store_result *result);
  /** Leases up to max due deliveries of state QUEUED, or LEASED with an expired lease, by
   * (priority, due), to owner. Result: DELIVERY records with all fields, state as it was
   * before (LEASED = a lease ran out). Fewer than max, or none, is fine. limits may be
   * NULL. */
  int (*claim)(void *user, uint64_t token, const char *owner, uint64_t lease, size_t max,
               const mr_claim_limits *limits, uint64_t now, mr_store_result *result);
  /** Prolongs a lease to `lease` from now. Result: one DELIVERY record (lease_left).
   * MR_ERR_LEASE_LOST. */
  int (*renew)(void *user, uint64_t token, uint64_t message, uint64_t part,
               uint64_t lease_token, uint64_t lease, uint64_t now,
               mr_store_result *result);
  /** Gives a lease back: due again after delay; counts no attempt. MR_ERR_LEASE_LOST. */
  int (*release)(void *user, uint64_t token, uint64_t message, uint64_t part,
                 uint64_t lease_token, uint64_t delay, uint64_t now);
  /** When the next claim with these limits may find something. Result: one TIME record
   * (due_in), or none if nothing waits. */
  int (*next_due)(void *user, uint64_t token, const mr_claim_limits *limits, uint64_t now,
                  mr_store_result *result);
  /** Up to max records by (message, part), both unsigned. Result: records with all fields
   * but the lease token. */
  int (*list)(void *user, uint64_t token, const mr_record_filter *filter, size_t max,
              uint64_t now, mr_store_result *result);
  /** Keeps octets that may be lost, for ttl ms. */
  int (*hint_put)(void *user, uint64_t token, const void *key, size_t key_len,
                  const void *data, size_t len, uint64_t ttl, uint64_t now);
  /** Result: one BYTES record, or none. */
  int (*hint_get)(void *user, uint64_t token, const void *key, size_t key_len,
                  uint64_t now, mr_store_result *result);
  /** The queue no longer waits for this token; its data may go away. NULL = nothing to do
   */
  void (*cancel)(void *user, uint64_t token);
  /** Called after each input of the queue: what answered MR_ERR_PENDING since the last
   * call may share one transaction. A store may gather for longer, and may call
   * mr_queue_stored() inside. NULL = nothing to do */
  void (*flush)(void *user);
} mr_store;

/** The store that keeps everything in memory: for tests, and for mail that may be lost.
 */
typedef struct mr_memory mr_memory;

/**
 * An empty memory store.
 * @param out the store @param env services, NULL = defaults
 * @param capacity octets of bodies and records at most, 0 = no limit
 * @return MR_OK; MR_ERR_MISUSE; MR_ERR_NOMEM; MR_ERR_RANDOM
 */
MR_API int mr_memory_new(mr_memory **out, const mr_env *env, uint64_t capacity);

/** Its table, to be given to mr_queue_new() or mr_router_new(). @param memory outlives
 * all queues on it @return the table, owned by the store */
MR_API const mr_store *mr_memory_store(mr_memory *memory);

/** Frees it and all it holds. @param memory or NULL */
MR_API void mr_memory_free(mr_memory *memory);

#ifdef __cplusplus
}
#endif
#endif
