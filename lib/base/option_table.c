/* SPDX-License-Identifier: MIT */
#include <mailroute/options.h>

#include "base/options.h"

#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define TIB (1024 * 1024 * MIB)
#define S INT64_C(1000)
#define MINUTE (60 * S)
#define H (60 * MINUTE)
#define D (24 * H)

#define NUMERIC(type, id, name, low, high, value, help)                                  \
  { id, type, low, high, value, name, "", help, "" }
#define NUMBER(id, name, low, high, value, help)                                         \
  NUMERIC(MR_OPTION_NUMBER, id, name, low, high, value, help)
#define OCTETS(id, name, low, high, value, help)                                         \
  NUMERIC(MR_OPTION_OCTETS, id, name, low, high, value, help)
#define TIME(id, name, low, high, value, help)                                           \
  NUMERIC(MR_OPTION_DURATION, id, name, low, high, value, help)
#define PERCENT(id, name, low, high, value, help)                                        \
  NUMERIC(MR_OPTION_PERCENT, id, name, low, high, value, help)
#define FLAG(id, name, value, help) NUMERIC(MR_OPTION_FLAG, id, name, 0, 1, value, help)
#define CHOICE(id, name, high, value, choices, help)                                     \
  { id, MR_OPTION_CHOICE, 0, high, value, name, "", help, choices }
#define TEXT(id, name, high, help)                                                       \
  { id, MR_OPTION_TEXT, 0, high, 0, name, "", help, "" }

static const mr_option rows[] = {
    FLAG(MR_OPT_TRACE, "trace", 0, "events with a transcript of every session"),
    OCTETS(MR_OPT_SEGMENT_SIZE, "segment-size", KIB, MIB, 16 * KIB,
           "size of an output segment"),
    PERCENT(MR_OPT_TIMEOUT_SCALE, "timeout-scale", 1, 10000, 100,
            "scales every timeout of the protocols"),
    TEXT(MR_OPT_SOURCE_IPV4, "source-ipv4", 15, "local IPv4 address; empty = any"),
    TEXT(MR_OPT_SOURCE_IPV6, "source-ipv6", 45, "local IPv6 address; empty = any"),

    OCTETS(MR_OPT_HEADER_MAX, "header-max", KIB, 64 * MIB, 256 * KIB,
           "largest header section"),
    NUMBER(MR_OPT_HEADERS_MAX, "headers-max", 1, 1000000, 10000, "most header fields"),
    OCTETS(MR_OPT_MESSAGE_MAX, "message-max", KIB, TIB, 64 * MIB, "largest message"),
    TEXT(MR_OPT_MESSAGE_ID_DOMAIN, "message-id-domain", 255,
         "domain of a made Message-ID; empty = the one of From"),

    TIME(MR_OPT_DNS_TRY_TIMEOUT, "dns-try-timeout", 10, MINUTE, 2 * S,
         "first wait for a DNS answer, doubled per round"),
    TIME(MR_OPT_DNS_DEADLINE, "dns-deadline", 100, 10 * MINUTE, 20 * S,
         "longest time for one DNS question"),
    NUMBER(MR_OPT_DNS_TRIES, "dns-tries", 1, 20, 3, "rounds over the DNS servers"),
    NUMBER(MR_OPT_DNS_QUERIES_MAX, "dns-queries-max", 1, 60000, 1000,
           "most DNS questions in flight"),
    NUMBER(MR_OPT_DNS_CACHE_MAX, "dns-cache-max", 0, 10000000, 10000,
           "most cached DNS answers; 0 = no cache"),
    TIME(MR_OPT_DNS_TTL_MAX, "dns-ttl-max", 0, 7 * D, D,
         "longest time that a DNS answer is kept"),
    TIME(MR_OPT_DNS_NEGATIVE_MAX, "dns-negative-max", 0, D, 300 * S,
         "longest time that a negative DNS answer is kept"),
    TIME(MR_OPT_DNS_ERROR_MAX, "dns-error-max", 0, 300 * S, 30 * S,
         "longest time that a DNS failure is kept"),
    NUMBER(MR_OPT_DNS_CNAME_MAX, "dns-cname-max", 0, 16, 8, "most CNAMEs followed"),

    NUMBER(MR_OPT_PORT, "port", 1, 65535, 25, "port of mail exchangers"),
    NUMBER(MR_OPT_MX_MAX, "mx-max", 1, 100, 16, "most mail exchangers of a plan"),
    NUMBER(MR_OPT_ADDRESSES_MAX, "addresses-max", 1, 100, 8,
           "most addresses of one exchanger"),
    NUMBER(MR_OPT_PLAN_QUERIES_MAX, "plan-queries-max", 1, 1000, 64,
           "most DNS questions of a plan"),
    NUMBER(MR_OPT_ATTEMPT_ADDRESSES, "attempt-addresses", 1, 100, 5,
           "most addresses tried in an attempt"),
    NUMBER(MR_OPT_ATTEMPT_SESSIONS, "attempt-sessions", 1, 100, 2,
           "most sessions completed in an attempt"),
    TIME(MR_OPT_ATTEMPT_TIME, "attempt-time", S, D, 15 * MINUTE,
         "no new connection of an attempt after this long"),
    CHOICE(MR_OPT_FAMILY, "family", MR_FAMILY_ONLY6, MR_FAMILY_ALTERNATE,
           "alternate|prefer4|prefer6|only4|only6", "address families of a plan"),
    FLAG(MR_OPT_ALLOW_SPECIAL, "allow-special", 0,
         "allow loopback, link-local and other special targets"),
    FLAG(MR_OPT_ALLOW_MX_IP, "allow-mx-ip", 1, "allow an MX target that is an address"),
    TIME(MR_OPT_NXDOMAIN_GRACE, "nxdomain-grace", 0, 30 * D, 0,
         "a missing domain defers until the message is this old"),
    FLAG(MR_OPT_DEFER_NO_MX_ADDRESS, "defer-no-mx-address", 0,
         "defer when no exchanger has an address"),
    TIME(MR_OPT_DEAD_HOST_MIN, "dead-host-min", 0, D, 300 * S,
         "first rest of a dead address"),
    TIME(MR_OPT_DEAD_HOST_MAX, "dead-host-max", 0, 7 * D, 3600 * S,
         "longest rest of a dead address"),
    CHOICE(MR_OPT_TLS_LEVEL, "tls-level", 3, 1, "none|may|encrypt|verify",
           "TLS for every exchanger"),
    FLAG(MR_OPT_ASK_ROUTE, "ask-route", 0, "ask the host for the route of a recipient"),
    TIME(MR_OPT_ASK_TIMEOUT, "ask-timeout", 1, H, 30 * S,
         "the default holds when the host has not answered by then"),

    TEXT(MR_OPT_HELO_NAME, "helo-name", 255,
         "our name in EHLO; empty = our address as a literal"),
    FLAG(MR_OPT_LOOP_SAFE, "loop-safe", 0, "a server that has our own name is not us"),
    FLAG(MR_OPT_PIPELINING, "pipelining", 1, "use PIPELINING where it is offered"),
    NUMBER(MR_OPT_TRANSACTION_RECIPIENTS, "transaction-recipients", 1, 1000, 50,
           "most recipients of a transaction"),
    OCTETS(MR_OPT_REPLY_LINE_MAX, "reply-line-max", 512, 64 * KIB, 2048,
           "longest line of a reply"),
    NUMBER(MR_OPT_REPLY_LINES_MAX, "reply-lines-max", 1, 10000, 100,
           "most lines of a reply"),
    TIME(MR_OPT_TIMEOUT_CONNECT, "timeout-connect", 1, H, 30 * S,
         "wait for a connection"),
    TIME(MR_OPT_TIMEOUT_GREETING, "timeout-greeting", 1, D, 300 * S,
         "wait for the greeting"),
    TIME(MR_OPT_TIMEOUT_EHLO, "timeout-ehlo", 1, D, 300 * S,
         "wait for the reply to EHLO"),
    TIME(MR_OPT_TIMEOUT_TLS, "timeout-tls", 1, D, 300 * S,
         "wait for STARTTLS and the handshake"),
    TIME(MR_OPT_TIMEOUT_MAIL, "timeout-mail", 1, D, 300 * S,
         "wait for the reply to MAIL"),
    TIME(MR_OPT_TIMEOUT_RCPT, "timeout-rcpt", 1, D, 300 * S,
         "wait for the reply to RCPT"),
    TIME(MR_OPT_TIMEOUT_DATA, "timeout-data", 1, D, 120 * S,
         "wait for the reply to DATA"),
    TIME(MR_OPT_TIMEOUT_BLOCK, "timeout-block", 1, D, 180 * S,
         "wait for each block of the body to leave"),
    TIME(MR_OPT_TIMEOUT_DOT, "timeout-dot", 1, D, 600 * S,
         "wait for the reply to the final dot; do not shorten"),
    TIME(MR_OPT_TIMEOUT_RSET, "timeout-rset", 1, D, 20 * S, "wait for the reply to RSET"),
    TIME(MR_OPT_TIMEOUT_QUIT, "timeout-quit", 1, D, 2 * S, "wait for the reply to QUIT"),
    TIME(MR_OPT_TIMEOUT_SESSION, "timeout-session", 1, 7 * D, 2 * H,
         "longest transaction, whatever trickles in"),
    CHOICE(MR_OPT_TLS_FALLBACK, "tls-fallback", MR_TLS_FALLBACK_NEVER,
           MR_TLS_FALLBACK_DELAYED, "delayed|immediate|never",
           "opportunistic TLS after a failed handshake"),
    TIME(MR_OPT_TLS_FALLBACK_DELAY, "tls-fallback-delay", 0, 30 * D, 300 * S,
         "message age for the delayed fallback"),
    CHOICE(MR_OPT_AFTER_DOT, "after-dot", MR_AFTER_DOT_ASSUME, MR_AFTER_DOT_DEFER,
           "defer|next|assume", "what a lost reply to the final dot means"),
    FLAG(MR_OPT_MAIL5XX_NEXT, "mail5xx-next", 0, "5xx to MAIL tries the next host"),
    TIME(MR_OPT_GREETING5XX_LIFETIME, "greeting5xx-lifetime", 0, 30 * D, 24 * H,
         "5xx greetings defer until the message is this old"),
    FLAG(MR_OPT_DOT_GATE, "dot-gate", 0, "ask the host before the final dot"),

    TIME(MR_OPT_RETRY_MIN, "retry-min", S, 7 * D, 300 * S, "shortest time to a retry"),
    TIME(MR_OPT_RETRY_MAX, "retry-max", S, 7 * D, 4000 * S, "longest time to a retry"),
    PERCENT(MR_OPT_RETRY_JITTER, "retry-jitter", 0, 50, 10,
            "spread of the time to a retry"),
    TIME(MR_OPT_LIFETIME, "lifetime", 0, 100 * D, 5 * D, "a message expires"),
    TIME(MR_OPT_BOUNCE_LIFETIME, "bounce-lifetime", 0, 100 * D, D, "a bounce expires"),
    TIME(MR_OPT_LEASE, "lease", 10 * S, D, 30 * MINUTE, "a claimed delivery is ours"),
    TIME(MR_OPT_LEASE_MARGIN, "lease-margin", 0, H, 60 * S,
         "lease left at the final dot beyond its timeout"),
    NUMBER(MR_OPT_DELIVERY_RECIPIENTS, "delivery-recipients", 1, 1000, 100,
           "most recipients of a delivery"),
    NUMBER(MR_OPT_CLAIM_MAX, "claim-max", 1, 1000, 20, "most deliveries of one claim"),
    FLAG(MR_OPT_EVENTS_DURABLE, "events-durable", 0,
         "outcomes are repeated until they are acknowledged"),
    FLAG(MR_OPT_BOUNCES, "bounces", 1, "make bounces"),
    TIME(MR_OPT_STORE_TIMEOUT, "store-timeout", S, H, 60 * S,
         "the result of a store operation is unknown after this"),
    NUMBER(MR_OPT_SUBMIT_RECIPIENTS, "submit-recipients", 1, 1000000, 10000,
           "most recipients of a message"),

    NUMBER(MR_OPT_SESSIONS_MAX, "sessions-max", 1, 100000, 100,
           "most connections at a time"),
    NUMBER(MR_OPT_DESTINATION_SESSIONS, "destination-sessions", 1, 10000, 5,
           "most connections to one destination"),
    TIME(MR_OPT_IDLE_TIME, "idle-time", 0, H, 5 * S, "an idle session is kept"),
    NUMBER(MR_OPT_SESSION_MESSAGES, "session-messages", 1, 1000000, 100,
           "most messages on a connection"),
    TIME(MR_OPT_BROKEN_TLS_TIME, "broken-tls-time", 0, D, 15 * MINUTE,
         "an address with broken TLS is remembered"),
};

const mr_option *mr__option_rows(size_t *count) {
  *count = sizeof rows / sizeof rows[0];
  return rows;
}

const mr_option *mr_option_at(size_t index) {
  return index < sizeof rows / sizeof rows[0] ? &rows[index] : NULL;
}
