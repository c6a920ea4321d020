/* SPDX-License-Identifier: MIT */
/**
 * @file options.h
 * @brief The keys of the option table. Names, ranges and defaults: mr_option_at().
 */
#ifndef MAILROUTE_OPTIONS_H
#define MAILROUTE_OPTIONS_H

#ifdef __cplusplus
extern "C" {
#endif

/** Keys for mr_options_set(). Numbers never change. */
enum mr_option_id {
  /* every engine */
  MR_OPT_TRACE = 1,         /**< flag: MR_EVENT_TRACE events (transcripts), default 0 */
  MR_OPT_SEGMENT_SIZE = 2,  /**< octets of an output segment, 1 KiB to 1 MiB, 16 KiB */
  MR_OPT_TIMEOUT_SCALE = 3, /**< percent on every timeout, 1 to 10000, default 100 */
  MR_OPT_SOURCE_IPV4 = 4,   /**< text: local IPv4 address to bind, default "" = any */
  MR_OPT_SOURCE_IPV6 = 5,   /**< text: local IPv6 address to bind, default "" = any */

  /* message */
  MR_OPT_HEADER_MAX = 20,        /**< octets of a header section, default 256 KiB */
  MR_OPT_HEADERS_MAX = 21,       /**< header fields, default 10000 */
  MR_OPT_MESSAGE_MAX = 22,       /**< octets of a message, default 64 MiB */
  MR_OPT_MESSAGE_ID_DOMAIN = 23, /**< text behind the @ of a made Message-ID, default "":
                                  the domain of From */

  /* resolver */
  MR_OPT_DNS_TRY_TIMEOUT = 40,  /**< first wait for an answer, doubled per round, 2 s */
  MR_OPT_DNS_DEADLINE = 41,     /**< for one question with all its CNAMEs, 20 s */
  MR_OPT_DNS_TRIES = 42,        /**< rounds over the servers, default 3 */
  MR_OPT_DNS_QUERIES_MAX = 43,  /**< questions in flight, default 1000 */
  MR_OPT_DNS_CACHE_MAX = 44,    /**< cached answers, default 10000, 0 = no cache */
  MR_OPT_DNS_TTL_MAX = 45,      /**< longest a positive answer is kept, 1 d */
  MR_OPT_DNS_NEGATIVE_MAX = 46, /**< longest a negative answer is kept, 300 s (R17) */
  MR_OPT_DNS_ERROR_MAX = 47,    /**< longest a failure is kept, 30 s (R17) */
  MR_OPT_DNS_CNAME_MAX = 48,    /**< CNAMEs followed, default 8 (R10, R11) */

  /* route */
  MR_OPT_PORT = 60,              /**< port of mail exchangers, default 25 */
  MR_OPT_MX_MAX = 61,            /**< mail exchangers of a plan, default 16 (R12) */
  MR_OPT_ADDRESSES_MAX = 62,     /**< addresses of one exchanger, default 8 (R12) */
  MR_OPT_PLAN_QUERIES_MAX = 63,  /**< questions of a plan, default 64 (R12) */
  MR_OPT_ATTEMPT_ADDRESSES = 64, /**< addresses tried in an attempt, default 5 (R22) */
  MR_OPT_ATTEMPT_SESSIONS = 65,  /**< sessions completed in an attempt, default 2 (R22) */
  MR_OPT_ATTEMPT_TIME = 66,      /**< no new connection after this long, 15 min (R22) */
  MR_OPT_FAMILY = 67,            /**< #mr_family, default MR_FAMILY_ALTERNATE (R21) */
  MR_OPT_ALLOW_SPECIAL = 68,     /**< flag: loopback, link-local, … targets, 0 (R13) */
  MR_OPT_ALLOW_MX_IP = 69,       /**< flag: an MX target that is an address, 1 (R11) */
  MR_OPT_NXDOMAIN_GRACE = 70, /**< NXDOMAIN defers until a message is this old, 0 (R7) */
  MR_OPT_DEFER_NO_MX_ADDRESS = 71, /**< flag: no address of any MX defers, 0 (R14) */
  MR_OPT_DEAD_HOST_MIN = 72, /**< a dead address rests this long first, 300 s (R23) */
  MR_OPT_DEAD_HOST_MAX = 73, /**< and at most this long, 3600 s (R92) */
  MR_OPT_TLS_LEVEL = 74,     /**< #mr_tls_level for every exchanger, default MR_TLS_MAY */
  MR_OPT_ASK_ROUTE = 75,     /**< flag: MR_EVENT_ASK for each recipient's route, 0 (R1) */
  MR_OPT_ASK_TIMEOUT = 76,   /**< an ASK is answered by then or the default holds, 30 s */

  /* session */
  MR_OPT_HELO_NAME = 80,  /**< text: our name in EHLO; default "": the literal of the
                              local address, [127.0.0.1] if the host does not tell it */
  MR_OPT_LOOP_SAFE = 81,  /**< flag: a server with our own name is not us, 0 (R39) */
  MR_OPT_PIPELINING = 82, /**< flag: use PIPELINING where offered, 1 */
  MR_OPT_TRANSACTION_RECIPIENTS = 83, /**< recipients of a transaction, default 50 (R5) */
  MR_OPT_REPLY_LINE_MAX = 84,         /**< octets of a reply line, default 2048 (R31) */
  MR_OPT_REPLY_LINES_MAX = 85,        /**< lines of a reply, default 100 (R31) */
  MR_OPT_TIMEOUT_CONNECT = 86,        /**< 30 s (R25) */
  MR_OPT_TIMEOUT_GREETING = 87,       /**< 300 s (RFC 5321 4.5.3.2.1) */
  MR_OPT_TIMEOUT_EHLO = 88,           /**< 300 s */
  MR_OPT_TIMEOUT_TLS = 89,            /**< STARTTLS and handshake, 300 s (R49) */
  MR_OPT_TIMEOUT_MAIL = 90,           /**< 300 s (RFC 5321 4.5.3.2.2) */
  MR_OPT_TIMEOUT_RCPT = 91,           /**< 300 s (RFC 5321 4.5.3.2.3) */
  MR_OPT_TIMEOUT_DATA = 92,           /**< 120 s (RFC 5321 4.5.3.2.4) */
  MR_OPT_TIMEOUT_BLOCK = 93,          /**< 180 s for each block of the body (4.5.3.2.5) */
  MR_OPT_TIMEOUT_DOT = 94,            /**< 600 s (4.5.3.2.6): do not shorten (R88) */
  MR_OPT_TIMEOUT_RSET = 95,           /**< 20 s (R91) */
  MR_OPT_TIMEOUT_QUIT = 96,           /**< 2 s (R91) */
  MR_OPT_TIMEOUT_SESSION = 97,        /**< a transaction, whatever trickles in, 2 h */
  MR_OPT_TLS_FALLBACK = 98,           /**< #mr_tls_fallback, default delayed (R49) */
  MR_OPT_TLS_FALLBACK_DELAY = 99,     /**< message age for the delayed fallback (R49) */
  MR_OPT_AFTER_DOT = 100,             /**< #mr_after_dot, default defer (R88) */
  MR_OPT_MAIL5XX_NEXT = 101, /**< flag: 5xx to MAIL tries the next host, 0 (R69) */
  MR_OPT_GREETING5XX_LIFETIME = 102, /**< 5xx greetings defer until then, 24 h (R29) */
  MR_OPT_DOT_GATE = 103, /**< flag: MR_EVENT_BEFORE_DOT before the final dot, 0 */

  /* queue */
  MR_OPT_RETRY_MIN = 120,       /**< shortest time to the next attempt, 300 s (R98) */
  MR_OPT_RETRY_MAX = 121,       /**< longest, 4000 s (R98) */
  MR_OPT_RETRY_JITTER = 122,    /**< percent around it, 10 (R98) */
  MR_OPT_LIFETIME = 123,        /**< a message expires, 5 d (R99) */
  MR_OPT_BOUNCE_LIFETIME = 124, /**< a bounce expires, 1 d (R99) */
  MR_OPT_LEASE = 125,        /**< a claim is ours for, 30 min; renewed at half (R104) */
  MR_OPT_LEASE_MARGIN = 126, /**< lease left at the dot beyond its timeout, 60 s */
  MR_OPT_DELIVERY_RECIPIENTS = 127, /**< recipients of a delivery, default 100 */
  MR_OPT_CLAIM_MAX = 128,           /**< deliveries of one claim, default 20 */
  MR_OPT_EVENTS_DURABLE = 129, /**< flag: outcomes are repeated until mr_queue_ack(), 0 */
  MR_OPT_BOUNCES = 130,        /**< flag: make bounces, 1 */
  MR_OPT_STORE_TIMEOUT = 131,  /**< a store operation's result is unknown after 60 s */
  MR_OPT_SUBMIT_RECIPIENTS = 132, /**< recipients of a message, default 10000 */

  /* router */
  MR_OPT_SESSIONS_MAX = 150,         /**< connections at a time, default 100 */
  MR_OPT_DESTINATION_SESSIONS = 151, /**< connections to one destination key, default 5 */
  MR_OPT_IDLE_TIME = 152,            /**< an idle session is kept, 5 s */
  MR_OPT_SESSION_MESSAGES = 153,     /**< messages on a connection, default 100 */
  MR_OPT_BROKEN_TLS_TIME = 154 /**< broken TLS of an address is kept, 15 min (R50) */
};

/** Address families of a plan (R21). Never across preferences. */
enum mr_family {
  MR_FAMILY_ALTERNATE = 0, /**< IPv6 and IPv4 in turn inside a preference */
  MR_FAMILY_PREFER4 = 1,   /**< IPv4 first */
  MR_FAMILY_PREFER6 = 2,   /**< IPv6 first */
  MR_FAMILY_ONLY4 = 3,     /**< IPv4 alone */
  MR_FAMILY_ONLY6 = 4      /**< IPv6 alone */
};

/** What opportunistic TLS does after a failed handshake (R49). */
enum mr_tls_fallback {
  MR_TLS_FALLBACK_DELAYED = 0,   /**< in clear once the message has waited long enough */
  MR_TLS_FALLBACK_IMMEDIATE = 1, /**< in clear at once, on a new connection */
  MR_TLS_FALLBACK_NEVER = 2      /**< the next host */
};

/** What a lost reply to the final dot means (R88): the mail may have arrived. */
enum mr_after_dot {
  MR_AFTER_DOT_DEFER = 0, /**< try again later; a duplicate is possible */
  MR_AFTER_DOT_NEXT = 1,  /**< try the next host at once; a duplicate is possible */
  MR_AFTER_DOT_ASSUME = 2 /**< count it as delivered; a loss is possible */
};

#ifdef __cplusplus
}
#endif
#endif
