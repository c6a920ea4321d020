/* SPDX-License-Identifier: MIT */
/**
 * @file resolver.h
 * @brief DNS questions over channels: matching, retries, TCP after truncation, cache.
 *
 * A stub resolver: it asks the recursive servers you name, over channels that you move.
 * An answer counts only if it comes from the address and port that was asked, with the
 * random id and the question that was sent (RFC 5452). Answers come as MR_EVENT_ANSWER.
 */
#ifndef MAILROUTE_RESOLVER_H
#define MAILROUTE_RESOLVER_H

#include <mailroute/event.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The engine. */
typedef struct mr_resolver mr_resolver;

/** Record types that can be asked for (RFC 1035, RFC 3596). */
enum mr_dns_type {
  MR_DNS_A = 1,     /**< IPv4 addresses */
  MR_DNS_CNAME = 5, /**< alias */
  MR_DNS_MX = 15,   /**< mail exchangers */
  MR_DNS_AAAA = 28  /**< IPv6 addresses */
};

/** What an answer says. */
enum mr_dns_status {
  MR_DNS_OK = 1,       /**< there are records */
  MR_DNS_NODATA = 2,   /**< the name exists, not with this type */
  MR_DNS_NXDOMAIN = 3, /**< the name does not exist */
  MR_DNS_FAILURE = 4   /**< nobody knows now: reason and text tell; never "no such" */
};

/** One record of an answer. */
typedef struct mr_dns_record {
  int type;         /**< #mr_dns_type */
  uint64_t ttl;     /**< seconds left */
  int preference;   /**< MX: preference, else 0 */
  const char *text; /**< A, AAAA: address; MX, CNAME: host name in lower case without the
                         last dot, "." = root. A name with octets that no host name has
                         is given with them as a backslash and three digits */
  int is_host;      /**< MX, CNAME: 1 if text is a possible host name */
} mr_dns_record;

/** An answer. Belongs to the event that carries it. */
typedef struct mr_answer {
  uint64_t id;           /**< of mr_resolver_query() */
  uint64_t tag;          /**< the host's */
  const char *name;      /**< as asked, lower case */
  const char *canonical; /**< behind the CNAMEs; name itself if there are none */
  int type;              /**< #mr_dns_type asked */
  int status;            /**< #mr_dns_status */
  int reason;            /**< #mr_reason of a failure, else MR_REASON_NONE */
  const char *text;      /**< of a failure: who was asked, what came */
  const char *server;    /**< address that answered, "" = none, or from the cache */
  int cached;            /**< 1: from the cache */
  uint64_t ttl;          /**< seconds the whole answer may be kept */
  size_t record_count;   /**< records of the type asked, malformed ones left out */
  const mr_dns_record *const *records; /**< the records */
  size_t alias_count;                  /**< CNAMEs on the way */
  const mr_dns_record *const *aliases; /**< the CNAMEs, in order */
  size_t malformed; /**< records skipped because their data is broken */
} mr_answer;

/**
 * A resolver without servers.
 * @param out the engine @param env services, NULL = defaults
 * @param options NULL = defaults
 * @return MR_OK; MR_ERR_MISUSE; MR_ERR_NOMEM; MR_ERR_RANDOM
 */
MR_API int mr_resolver_new(mr_resolver **out, const mr_env *env,
                           const mr_options *options);

/** Frees it; questions without answer end in silence, channels are closed. @param
 * resolver or NULL */
MR_API void mr_resolver_free(mr_resolver *resolver);

/** Last error. @param resolver one @return owned by it */
MR_API const mr_error *mr_resolver_error(const mr_resolver *resolver);

/**
 * Adds a recursive server; they are asked in this order, at most 8.
 * @param resolver one @param address IPv4 or IPv6 as text @param port 0 = 53
 * @return MR_OK; MR_ERR_ADDR: no IP address; MR_ERR_RANGE: port; MR_ERR_LIMIT: over 8;
 *   MR_ERR_MISUSE; MR_ERR_NOMEM; MR_ERR_STATE: inside a service
 */
MR_API int mr_resolver_add_server(mr_resolver *resolver, const char *address, int port);

/**
 * Asks. The answer comes as an event, also when it is known at once.
 * @param resolver one @param id receives the question's id, NULL = not wanted
 * @param name host name or domain, ASCII, trailing dot allowed @param type #mr_dns_type
 * @param tag yours, given back @param now milliseconds
 * @return MR_OK; MR_ERR_ADDR_DOMAIN: no DNS name; MR_ERR_MISUSE: NULL, unknown type;
 *   MR_ERR_LIMIT: MR_OPT_DNS_QUERIES_MAX in flight; MR_ERR_NOMEM; MR_ERR_STATE
 */
MR_API int mr_resolver_query(mr_resolver *resolver, uint64_t *id, const char *name,
                             int type, uint64_t tag, uint64_t now);

/** Forgets a question: no event follows. @param resolver one @param id of the question
 * @param now milliseconds @return MR_OK; MR_ERR_NOT_FOUND; MR_ERR_MISUSE; MR_ERR_STATE */
MR_API int mr_resolver_cancel(mr_resolver *resolver, uint64_t id, uint64_t now);

/** The next event: OPEN, UPDATE, CLOSE, ANSWER, TRACE. @param resolver one @return event
 * or NULL */
MR_API const mr_event *mr_resolver_next(mr_resolver *resolver);
/** When mr_resolver_expire() has something to do. @param resolver one @return
 * milliseconds, MR_NEVER = nothing */
MR_API uint64_t mr_resolver_deadline(const mr_resolver *resolver);
/** Time has passed. @param resolver one @param now milliseconds @return MR_OK;
 * MR_ERR_MISUSE; MR_ERR_STATE */
MR_API int mr_resolver_expire(mr_resolver *resolver, uint64_t now);

#ifdef __cplusplus
}
#endif
#endif
