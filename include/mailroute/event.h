/* SPDX-License-Identifier: MIT */
/**
 * @file event.h
 * @brief What engines tell: events, the fate of recipients, and stable reason codes.
 *
 * Events are pulled: `mr_X_next(x)` gives one after the other until NULL. An event and all
 * that it points to belong to the library and are valid until the next `next`, dispatch or
 * free on that handle. Structs only ever grow at their end.
 */
#ifndef MAILROUTE_EVENT_H
#define MAILROUTE_EVENT_H

#include <mailroute/channel.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Kinds of events; the comment tells which members of #mr_event are set. */
enum mr_event_type {
  MR_EVENT_OPEN = 1,   /**< channel: connect or bind it; you own one reference */
  MR_EVENT_UPDATE = 2, /**< channel: mr_channel_wants() may have changed */
  MR_EVENT_CLOSE = 3,  /**< channel: the engine is done with it; close, then free it */

  MR_EVENT_ACCEPTED = 10, /**< id (ticket), message, tag, durability: it is in the store */
  MR_EVENT_REFUSED = 11,  /**< id (ticket), tag, reason, text: it is not in the store */
  MR_EVENT_OUTCOME = 12,  /**< outcome, message, tag; id when durable (mr_queue_ack) */
  MR_EVENT_MESSAGE_DONE = 13, /**< message, tag: every recipient has its final outcome */

  MR_EVENT_ANSWER = 20, /**< id, tag, answer: a DNS question is answered */
  MR_EVENT_PLAN = 21,   /**< id, tag, plan: a route is found, or why not */

  MR_EVENT_READY = 30,       /**< session: may take a transaction now; outcome has the facts */
  MR_EVENT_BEFORE_DOT = 31,  /**< session: id of the transaction; mr_session_proceed() */
  MR_EVENT_TRANSACTION = 32, /**< session: id, tag: its outcomes have all been told */
  MR_EVENT_SESSION_END = 33, /**< session: outcome tells why; nothing follows but CLOSE */

  MR_EVENT_DELIVERY = 40,   /**< queue: delivery is claimed; attempt it */
  MR_EVENT_LEASE_LOST = 41, /**< queue: id of a delivery that is no longer ours: stop */
  MR_EVENT_STEP = 42,       /**< the calendar and `now` moved apart by more than 60 s */
  MR_EVENT_DRAINED = 43,    /**< after a drain: nothing is in hand any more */

  MR_EVENT_ASK = 50,  /**< id, kind of question in ask, text: answer by mr_X_answer() */
  MR_EVENT_TRACE = 60 /**< text, text_len, direction, host: one line of a transcript */
};

/** What becomes of a recipient. */
enum mr_fate {
  MR_FATE_DELIVERED = 1, /**< the server took responsibility (2yz to the dot) */
  MR_FATE_DEFERRED = 2,  /**< not now; another attempt follows */
  MR_FATE_FAILED = 3,    /**< refused for good */
  MR_FATE_EXPIRED = 4,   /**< given up after the last attempt in its lifetime */
  MR_FATE_CANCELLED = 5, /**< cancelled by the host */
  MR_FATE_DISCARDED = 6, /**< the routing table says: throw away */
  MR_FATE_HELD = 7       /**< the routing table says: keep until the host decides */
};

/** What the outcome of one session asks for next (routing-rules: NEXT, CLEAR, …). */
enum mr_action {
  MR_ACTION_NONE = 0,      /**< delivered, or final */
  MR_ACTION_NEXT = 1,      /**< the next address of the plan, in this attempt */
  MR_ACTION_NEXT_HOST = 2, /**< the next exchanger: skip this one's other addresses */
  MR_ACTION_CLEAR = 3,     /**< the same address again on a new connection, without TLS */
  MR_ACTION_HELO = 4,      /**< the same address again, with HELO instead of EHLO (R37) */
  MR_ACTION_AGAIN = 5,     /**< the same connection, in a new transaction (R74) */
  MR_ACTION_DEFER = 6,     /**< wait for the retry time */
  MR_ACTION_BOUNCE = 7,    /**< permanent */
  MR_ACTION_LOCAL = 8      /**< a fault of our side: defer, stop the attempt, report */
};

/** Where in a delivery something happened, in the order of progress. */
enum mr_stage {
  MR_STAGE_NONE = 0,
  MR_STAGE_SUBMIT = 1,   /**< taking the message in */
  MR_STAGE_QUEUE = 2,    /**< schedule, lease, expiry */
  MR_STAGE_ROUTE = 3,    /**< routing table, DNS, plan */
  MR_STAGE_CONNECT = 4,  /**< until the connection stands */
  MR_STAGE_GREETING = 5, /**< the server's first reply */
  MR_STAGE_EHLO = 6,     /**< EHLO or HELO */
  MR_STAGE_STARTTLS = 7, /**< the STARTTLS command */
  MR_STAGE_TLS = 8,      /**< handshake and certificate */
  MR_STAGE_MAIL = 9,     /**< MAIL FROM */
  MR_STAGE_RCPT = 10,    /**< RCPT TO */
  MR_STAGE_DATA = 11,    /**< the DATA command */
  MR_STAGE_BODY = 12,    /**< the message itself */
  MR_STAGE_DOT = 13,     /**< the final dot and its reply */
  MR_STAGE_IDLE = 14     /**< between transactions */
};

/** Direction of an MR_EVENT_TRACE line. */
enum mr_direction {
  MR_DIRECTION_NOTE = 0,    /**< our own remark */
  MR_DIRECTION_SENT = 1,    /**< from us to the peer */
  MR_DIRECTION_RECEIVED = 2 /**< from the peer to us */
};

/** Kinds of questions of MR_EVENT_ASK. */
enum mr_ask {
  MR_ASK_ROUTE = 1 /**< text = recipient: answer a target as in mr_route_add() */
};

/** How durable an accepted message is (faults: what "accepted" means). */
enum mr_durability {
  MR_DURABILITY_VOLATILE = 1, /**< in memory: lost with the process */
  MR_DURABILITY_LOCAL = 2,    /**< on this machine's disk */
  MR_DURABILITY_SHARED = 3    /**< in a database that several workers share */
};

/** Stable reasons for every drop, defer, bounce and failure. Names: mr_reason_name(). */
enum mr_reason {
  MR_REASON_NONE = 0,
  MR_REASON_DELIVERED = 1,
  /* addresses and routing table */
  MR_REASON_ADDRESS_SYNTAX = 10,
  MR_REASON_DOMAIN_SYNTAX = 11,
  MR_REASON_IDN_INVALID = 12,
  MR_REASON_LITERAL_SYNTAX = 13,
  MR_REASON_ROUTE_REJECTED = 14,
  MR_REASON_ROUTE_DISCARDED = 15,
  MR_REASON_ROUTE_HELD = 16,
  MR_REASON_ROUTE_TARGET = 17,
  /* DNS */
  MR_REASON_DNS_NXDOMAIN = 20,
  MR_REASON_DNS_NODATA = 21,
  MR_REASON_DNS_SERVFAIL = 22,
  MR_REASON_DNS_REFUSED = 23,
  MR_REASON_DNS_FORMERR = 24,
  MR_REASON_DNS_TIMEOUT = 25,
  MR_REASON_DNS_NO_SERVER = 26,
  MR_REASON_DNS_MALFORMED = 27,
  MR_REASON_DNS_CNAME_LOOP = 28,
  MR_REASON_DNS_LIMIT = 29,
  MR_REASON_DNS_LOCAL = 30,
  MR_REASON_NULL_MX = 31,
  MR_REASON_NO_ADDRESS = 32,
  MR_REASON_NO_ADDRESS_NOW = 33,
  MR_REASON_RELAY_UNRESOLVED = 34,
  /* dropped from a plan */
  MR_REASON_DROP_NULL_MX = 40,
  MR_REASON_DROP_SPECIAL = 41,
  MR_REASON_DROP_OWN_HOST = 42,
  MR_REASON_DROP_NOT_BETTER = 43,
  MR_REASON_DROP_MX_LIMIT = 44,
  MR_REASON_DROP_ADDRESS_LIMIT = 45,
  MR_REASON_DROP_QUERY_LIMIT = 46,
  MR_REASON_DROP_NAME = 47,
  MR_REASON_DROP_LOCALHOST = 48,
  MR_REASON_DROP_NUMERIC = 49,
  MR_REASON_DROP_DUPLICATE = 50,
  MR_REASON_DROP_FAMILY = 51,
  MR_REASON_DROP_MALFORMED = 52,
  MR_REASON_ALL_SPECIAL = 53,
  MR_REASON_LOOP_BEST = 54,
  MR_REASON_LOOP_BACKUP = 55,
  MR_REASON_HOST_DEAD = 56,
  MR_REASON_BUDGET = 57,
  /* connection */
  MR_REASON_CONNECT_REFUSED = 60,
  MR_REASON_CONNECT_TIMEOUT = 61,
  MR_REASON_CONNECT_UNREACHABLE = 62,
  MR_REASON_CONNECT_FAILED = 63,
  MR_REASON_LOCAL_RESOURCES = 64,
  MR_REASON_LOCAL_ADDRESS = 65,
  MR_REASON_NO_MEMORY = 66,
  MR_REASON_CONNECTION_LOST = 67,
  MR_REASON_REPLY_TIMEOUT = 68,
  MR_REASON_SESSION_TIMEOUT = 69,
  MR_REASON_REPLY_MALFORMED = 70,
  MR_REASON_REPLY_UNEXPECTED = 71,
  MR_REASON_REPLY_LIMIT = 72,
  MR_REASON_OUT_OF_STEP = 73,
  MR_REASON_SERVICE_CLOSING = 74,
  /* greeting and EHLO */
  MR_REASON_GREETING_SOFT = 80,
  MR_REASON_GREETING_HARD = 81,
  MR_REASON_GREETING_NO_MAIL = 82,
  MR_REASON_EHLO_REFUSED = 83,
  MR_REASON_HELO_REFUSED = 84,
  MR_REASON_LOOP_GREETING = 85,
  /* TLS */
  MR_REASON_TLS_NOT_OFFERED = 90,
  MR_REASON_TLS_REFUSED = 91,
  MR_REASON_TLS_INJECTION = 92,
  MR_REASON_TLS_HANDSHAKE = 93,
  MR_REASON_TLS_CERTIFICATE = 94,
  MR_REASON_TLS_CLOCK = 95,
  MR_REASON_TLS_TRUNCATED = 96,
  MR_REASON_TLS_UNAVAILABLE = 97,
  MR_REASON_TLS_NO_TRUST = 98,
  /* transaction */
  MR_REASON_SIZE_EXCEEDED = 100,
  MR_REASON_NEEDS_SMTPUTF8 = 101,
  MR_REASON_NEEDS_8BITMIME = 102,
  MR_REASON_MAIL_SOFT = 103,
  MR_REASON_MAIL_HARD = 104,
  MR_REASON_RCPT_SOFT = 105,
  MR_REASON_RCPT_HARD = 106,
  MR_REASON_RCPT_LIMIT = 107,
  MR_REASON_RCPT_NONE = 108,
  MR_REASON_DATA_SOFT = 109,
  MR_REASON_DATA_HARD = 110,
  MR_REASON_DOT_SOFT = 111,
  MR_REASON_DOT_HARD = 112,
  MR_REASON_UNCERTAIN = 113,
  MR_REASON_SOURCE_FAILED = 114,
  MR_REASON_SOURCE_CHANGED = 115,
  MR_REASON_MESSAGE_INVALID = 116,
  MR_REASON_GATE_REFUSED = 117,
  /* queue and router */
  MR_REASON_EXPIRED = 130,
  MR_REASON_CANCELLED = 131,
  MR_REASON_STORE_FAILED = 132,
  MR_REASON_LEASE_LOST = 133,
  MR_REASON_DRAINING = 134,
  MR_REASON_NOT_ATTEMPTED = 135,
  MR_REASON_RECORD_DAMAGED = 136,
  MR_REASON_BOUNCE_FAILED = 137
};

/** Short stable name, as in JSON ("connect-refused"). @param reason #mr_reason @return text */
MR_API const char *mr_reason_name(int reason);
/** One sentence for people. @param reason #mr_reason @return static text */
MR_API const char *mr_reason_text(int reason);
/** Enhanced status code (RFC 3463) used when no server gave one. @param reason #mr_reason
 * @return "x.y.z" */
MR_API const char *mr_reason_status(int reason);
/** Rule of the decision table in docs/ behind a reason ("R25"). @param reason #mr_reason
 * @return text, "" = none */
MR_API const char *mr_reason_rule(int reason);
/** Name of a stage ("rcpt"). @param stage #mr_stage @return static text */
MR_API const char *mr_stage_name(int stage);
/** Name of a fate ("delivered"). @param fate #mr_fate @return static text */
MR_API const char *mr_fate_name(int fate);
/** Name of an event type ("outcome"). @param type #mr_event_type @return static text */
MR_API const char *mr_event_name(int type);

/** The record of what happened to one recipient, or to a session as a whole. */
typedef struct mr_outcome {
  uint64_t message;      /**< message id, 0 outside a queue */
  uint64_t tag;          /**< the host's */
  uint64_t index;        /**< which recipient of the submission, from 0 */
  const char *recipient; /**< address as it was given, "" for a session as a whole */
  int fate;              /**< #mr_fate */
  int final;             /**< 1: nothing follows for this recipient */
  int action;            /**< #mr_action, in outcomes of a session */
  int reason;            /**< #mr_reason */
  int stage;             /**< #mr_stage reached */
  int code;              /**< SMTP reply code, 0 = no reply was involved */
  const char *status;    /**< enhanced code "x.y.z" (RFC 3463) */
  const char *text;      /**< the server's text, or ours; may hold line feeds */
  int from_server;       /**< 1: text and code are a reply */
  int throttle;          /**< 1: the destination as a whole had trouble (R92) */
  int uncertain;         /**< 1: it may have been delivered; a retry may duplicate (R88) */
  const char *host;      /**< exchanger, "" = none */
  const char *address;   /**< its address, "" = none */
  int port;              /**< its port, 0 = none */
  int tls_level;         /**< #mr_tls_level that was required */
  const char *tls_version; /**< "TLS1.3", "" = in clear */
  const char *tls_cipher;  /**< cipher suite, "" = in clear */
  int tls_verified;        /**< 1: the certificate was checked and good */
  uint64_t attempts;       /**< attempts made so far, in a queue */
  uint64_t retry_in;       /**< milliseconds until the next attempt, 0 = none */
} mr_outcome;

struct mr_answer;
struct mr_plan;
struct mr_delivery;

/** One event. Members that its type does not name are 0, NULL or "". */
typedef struct mr_event {
  int type;                           /**< #mr_event_type */
  uint64_t id;                        /**< ticket, question, transaction or durable id */
  uint64_t message;                   /**< message id */
  uint64_t tag;                       /**< the host's */
  mr_channel *channel;                /**< see #mr_event_type */
  const mr_outcome *outcome;          /**< see #mr_event_type */
  const struct mr_answer *answer;     /**< resolver.h */
  const struct mr_plan *plan;         /**< route.h */
  const struct mr_delivery *delivery; /**< queue.h */
  int reason;                         /**< #mr_reason */
  int ask;                            /**< #mr_ask */
  int direction;                      /**< #mr_direction */
  int durability;                     /**< #mr_durability */
  int stage;                          /**< #mr_stage of a trace line */
  const char *host;                   /**< peer of a trace line, never NULL */
  const char *text;                   /**< never NULL */
  size_t text_len;                    /**< octets of text */
} mr_event;

/**
 * The event as one line of JSON without line end; the object carries "schema":1, the same
 * names as the functions above, and text with control characters escaped.
 * @param event any @param dst receives the text, NUL-terminated if cap > 0; NULL if cap = 0
 * @param cap octets of dst @param needed octets of the whole text without the NUL
 * @return MR_OK; MR_ERR_LIMIT: cut, dst is too small; MR_ERR_MISUSE: NULL; MR_ERR_NOMEM
 */
MR_API int mr_event_json(const mr_event *event, char *dst, size_t cap, size_t *needed);

#ifdef __cplusplus
}
#endif
#endif
