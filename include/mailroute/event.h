/* SPDX-License-Identifier: MIT */
/**
 * @file event.h
 * @brief What engines tell: events, the fate of recipients, and stable reason codes.
 *
 * Events are pulled: `mr_X_next(x)` gives one after the other until NULL. An event and
 * all that it points to belong to the library and are valid until the next `next`,
 * dispatch or free on that handle. Structs only ever grow at their end.
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
  MR_EVENT_UPDATE = 2, /**< channel: mr_channel_wants() may have changed; without one: id
                            of a delivery whose body can be read on (mr_queue_message) */
  MR_EVENT_CLOSE = 3,  /**< channel: the engine is done with it; close, then free it */

  MR_EVENT_ACCEPTED = 10, /**< id (ticket; 0 = a bounce made by the queue, with the tag of
                               what failed), message, tag, durability: it is stored.
                               reason MR_REASON_KNOWN_KEY: it was submitted before, and
                               may be done already */
  MR_EVENT_REFUSED = 11,  /**< id (ticket), tag, reason, text: it is not in the store, but
                               with MR_REASON_STORE_UNKNOWN it may be: submit again under
                               the same key */
  MR_EVENT_OUTCOME = 12,  /**< outcome, message, tag; id: queue: when durable
                               (mr_queue_ack), session: of the transaction */
  MR_EVENT_MESSAGE_DONE = 13, /**< message, tag: every recipient has its final outcome */

  MR_EVENT_ANSWER = 20, /**< id, tag, answer: a DNS question is answered */
  MR_EVENT_PLAN = 21,   /**< id, tag, plan: a route is found, or why not */

  MR_EVENT_READY = 30, /**< session: may take a transaction now; outcome has the facts.
                            queue: id of a delivery whose lease is long enough */
  MR_EVENT_BEFORE_DOT = 31,  /**< session: id of the transaction; mr_session_proceed() */
  MR_EVENT_TRANSACTION = 32, /**< session: id, tag: its outcomes have all been told */
  MR_EVENT_SESSION_END = 33, /**< session: outcome tells why; nothing follows but CLOSE */

  MR_EVENT_DELIVERY = 40,   /**< queue: delivery is claimed; attempt it */
  MR_EVENT_LEASE_LOST = 41, /**< queue: id of a delivery that is no longer ours: stop */
  MR_EVENT_STEP = 42,       /**< the calendar and `now` moved apart by more than 60 s */
  MR_EVENT_DRAINED = 43,    /**< after a drain: nothing is in hand any more */

  MR_EVENT_ASK = 50,  /**< id, kind of question in ask, text: answer by mr_X_answer() */
  MR_EVENT_TRACE = 60 /**< text, text_len, direction, stage, host; id and tag of the
                          transaction, if one runs: one line of a transcript */
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
  MR_STAGE_NONE = 0,     /**< nowhere yet */
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
  MR_REASON_NONE = 0,      /**< nothing happened yet */
  MR_REASON_DELIVERED = 1, /**< the server took the message (R84) */
  /* addresses and routing table */
  MR_REASON_ADDRESS_SYNTAX = 10,  /**< the address is not a mail address (R3) */
  MR_REASON_DOMAIN_SYNTAX = 11,   /**< the domain cannot exist in DNS (R4) */
  MR_REASON_IDN_INVALID = 12,     /**< a label that cannot be written in ASCII (R2) */
  MR_REASON_LITERAL_SYNTAX = 13,  /**< the address literal is no IP address (R3) */
  MR_REASON_ROUTE_REJECTED = 14,  /**< the routing table refuses the recipient (R1) */
  MR_REASON_ROUTE_DISCARDED = 15, /**< the routing table says: throw it away (R1) */
  MR_REASON_ROUTE_HELD = 16,      /**< the routing table says: keep it (R1) */
  /* DNS */
  MR_REASON_DNS_NXDOMAIN = 20, /**< the domain does not exist (R7) */
  MR_REASON_DNS_SERVFAIL = 22, /**< the name server failed (R8) */
  MR_REASON_DNS_REFUSED = 23,  /**< the name server refused the question (R8) */
  MR_REASON_DNS_FORMERR = 24, /**< the name server did not understand the question (R8) */
  MR_REASON_DNS_TIMEOUT = 25, /**< no name server answered in time (R8) */
  MR_REASON_DNS_NO_SERVER = 26,  /**< there is no name server to ask (R8) */
  MR_REASON_DNS_MALFORMED = 27,  /**< the answer of the name server is damaged (R8) */
  MR_REASON_DNS_CNAME_LOOP = 28, /**< aliases in a circle, or too many (R10) */
  MR_REASON_DNS_LIMIT = 29,  /**< the lookup took more queries than are allowed (R12) */
  MR_REASON_DNS_LOCAL = 30,  /**< the lookup failed on this side (R26) */
  MR_REASON_NULL_MX = 31,    /**< the domain says that it takes no mail (R9) */
  MR_REASON_NO_ADDRESS = 32, /**< no mail server of the domain has an address (R14) */
  MR_REASON_NO_ADDRESS_NOW = 33,   /**< no mail server's address can be found now (R14) */
  MR_REASON_RELAY_UNRESOLVED = 34, /**< the configured relay has no address (R16) */
  /* dropped from a plan */
  MR_REASON_DROP_NULL_MX = 40,    /**< a null MX beside real exchangers (R9) */
  MR_REASON_DROP_SPECIAL = 41,    /**< loopback, link-local, multicast, … (R13) */
  MR_REASON_DROP_OWN_HOST = 42,   /**< the exchanger is this host (R18) */
  MR_REASON_DROP_NOT_BETTER = 43, /**< the exchanger is no better than this host (R18) */
  MR_REASON_DROP_MX_LIMIT = 44, /**< the domain has more exchangers than are used (R12) */
  MR_REASON_DROP_ADDRESS_LIMIT = 45, /**< more addresses than are used (R12) */
  MR_REASON_DROP_QUERY_LIMIT = 46,   /**< the queries of the plan were used up (R12) */
  MR_REASON_DROP_NAME = 47,      /**< the name of the exchanger is no host name (R11) */
  MR_REASON_DROP_LOCALHOST = 48, /**< the exchanger is "localhost" (R11) */
  MR_REASON_DROP_NUMERIC = 49,   /**< an IP address where a name belongs (R11) */
  MR_REASON_DROP_DUPLICATE = 50, /**< the address is in the plan already (R12) */
  MR_REASON_DROP_FAMILY = 51,    /**< addresses of this family are not used (R21) */
  MR_REASON_DROP_MALFORMED = 52, /**< the record is damaged (R8) */
  MR_REASON_ALL_SPECIAL = 53, /**< all mail servers of the domain have addresses that no
                                 mail may go to (R13) */
  MR_REASON_LOOP_BEST = 54, /**< this host is the best mail server of the domain, but does
                               not take mail for it (R19) */
  MR_REASON_LOOP_BACKUP = 55, /**< no mail server better than this host is left (R19) */
  MR_REASON_HOST_DEAD = 56,   /**< all failed lately, not tried again yet (R23) */
  MR_REASON_BUDGET = 57, /**< the attempt used up its connections or its time (R22) */
  /* connection */
  MR_REASON_CONNECT_REFUSED = 60,     /**< the host refused the connection (R25) */
  MR_REASON_CONNECT_TIMEOUT = 61,     /**< the host did not answer in time (R25) */
  MR_REASON_CONNECT_UNREACHABLE = 62, /**< the host cannot be reached (R25) */
  MR_REASON_CONNECT_FAILED = 63,      /**< the connection could not be made (R25) */
  MR_REASON_LOCAL_RESOURCES = 64,  /**< out of descriptors, buffers or the like (R26) */
  MR_REASON_LOCAL_ADDRESS = 65,    /**< the local address cannot be used (R26) */
  MR_REASON_NO_MEMORY = 66,        /**< this side is out of memory (R26) */
  MR_REASON_CONNECTION_LOST = 67,  /**< the connection was lost (R82) */
  MR_REASON_REPLY_TIMEOUT = 68,    /**< the server did not reply in time (R32) */
  MR_REASON_SESSION_TIMEOUT = 69,  /**< the session took longer than is allowed (R22) */
  MR_REASON_REPLY_MALFORMED = 70,  /**< the server sent what is no SMTP reply (R90) */
  MR_REASON_REPLY_UNEXPECTED = 71, /**< a reply that has no place here (R80) */
  MR_REASON_REPLY_LIMIT = 72,      /**< the server sent too long a reply (R31) */
  MR_REASON_OUT_OF_STEP = 73,     /**< the server replied to what it was not told (R33) */
  MR_REASON_SERVICE_CLOSING = 74, /**< the server closes the session (421) (R68) */
  /* greeting and EHLO */
  MR_REASON_GREETING_SOFT = 80,    /**< the server takes no mail now (R28) */
  MR_REASON_GREETING_HARD = 81,    /**< the server refuses to talk to this host (R29) */
  MR_REASON_GREETING_NO_MAIL = 82, /**< the host takes no mail at all (521) (R30) */
  MR_REASON_EHLO_REFUSED = 83,     /**< the server refused EHLO (R36) */
  MR_REASON_HELO_REFUSED = 84,     /**< the server refused HELO (R38) */
  MR_REASON_LOOP_GREETING = 85,    /**< the server has the name of this host (R39) */
  /* TLS */
  MR_REASON_TLS_NOT_OFFERED = 90, /**< no STARTTLS, and TLS is required (R45) */
  MR_REASON_TLS_REFUSED = 91,     /**< STARTTLS refused, and TLS is required (R47) */
  MR_REASON_TLS_INJECTION = 92,   /**< clear octets behind the reply to STARTTLS (R48) */
  MR_REASON_TLS_HANDSHAKE = 93,   /**< the TLS handshake failed (R51) */
  MR_REASON_TLS_CERTIFICATE = 94, /**< the certificate is not acceptable (R53) */
  MR_REASON_TLS_CLOCK = 95, /**< certificates cannot be checked: this side's clock is not
                               set, or wrong (R52) */
  MR_REASON_TLS_TRUNCATED = 96,   /**< the TLS session was cut off (R56) */
  MR_REASON_TLS_UNAVAILABLE = 97, /**< this build or host has no TLS (R45) */
  MR_REASON_TLS_NO_TRUST = 98,    /**< there are no trust anchors to check with (R52) */
  /* transaction */
  MR_REASON_SIZE_EXCEEDED = 100, /**< the message is larger than the server takes (R62) */
  MR_REASON_NEEDS_SMTPUTF8 = 101, /**< not an ASCII address, and no SMTPUTF8 (R63) */
  MR_REASON_NEEDS_8BITMIME = 102, /**< the message is 8-bit and may not be converted, and
                                     the server has no 8BITMIME (R64) */
  MR_REASON_MAIL_SOFT = 103,      /**< the server does not take the sender now (R67) */
  MR_REASON_MAIL_HARD = 104,      /**< the server refuses the sender (R69) */
  MR_REASON_RCPT_SOFT = 105,      /**< the server does not take the recipient now (R72) */
  MR_REASON_RCPT_HARD = 106,      /**< the server refuses the recipient (R73) */
  MR_REASON_RCPT_LIMIT = 107, /**< the server takes fewer recipients at a time (R74) */
  MR_REASON_DATA_SOFT = 109,  /**< the server does not take the message now (R80) */
  MR_REASON_DATA_HARD = 110,  /**< the server refuses to take a message (R80) */
  MR_REASON_DOT_SOFT = 111,   /**< the server did not accept the message now (R85) */
  MR_REASON_DOT_HARD = 112,   /**< the server refused the message (R86) */
  MR_REASON_UNCERTAIN = 113,  /**< the connection was lost after the message was sent; it
                                 may be sent more than once (R88) */
  MR_REASON_SOURCE_FAILED = 114,   /**< the message could not be read (R83) */
  MR_REASON_MESSAGE_INVALID = 116, /**< a line too long, or a forbidden octet (R81) */
  MR_REASON_GATE_REFUSED = 117,    /**< the host kept the final dot back (R104) */
  /* queue and router */
  MR_REASON_EXPIRED = 130,        /**< not delivered in its lifetime (R99) */
  MR_REASON_CANCELLED = 131,      /**< the host cancelled the message */
  MR_REASON_STORE_FAILED = 132,   /**< the store failed (R104) */
  MR_REASON_LEASE_LOST = 133,     /**< another worker has the delivery (R104) */
  MR_REASON_DRAINING = 134,       /**< this side is shutting down */
  MR_REASON_NOT_ATTEMPTED = 135,  /**< the attempt did not come to this recipient (R95) */
  MR_REASON_RECORD_DAMAGED = 136, /**< the record of the message is damaged (R106) */
  MR_REASON_BOUNCE_FAILED = 137,  /**< the bounce could not be queued (R102) */
  MR_REASON_STORE_UNKNOWN = 138,  /**< the store never said whether it took the message */
  MR_REASON_KNOWN_KEY = 139       /**< the idempotency key was used before */
};

/** Short stable name, as in JSON ("connect-refused"). @param reason #mr_reason @return
 * text */
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
  int uncertain;       /**< 1: it may have been delivered; a retry may duplicate (R88) */
  const char *host;    /**< exchanger, "" = none */
  const char *address; /**< its address, "" = none */
  int port;            /**< its port, 0 = none */
  int tls_level;       /**< #mr_tls_level that was required */
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
 * @param event any @param dst receives the text and a NUL, or NULL with cap 0
 * @param cap octets of dst @param needed octets of the whole text without the NUL
 * @return MR_OK; MR_ERR_LIMIT: cut, dst is too small; MR_ERR_MISUSE: NULL; MR_ERR_NOMEM
 */
MR_API int mr_event_json(const mr_event *event, char *dst, size_t cap, size_t *needed);

#ifdef __cplusplus
}
#endif
#endif
