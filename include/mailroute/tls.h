/* SPDX-License-Identifier: MIT */
/**
 * @file tls.h
 * @brief Levels of transport security, what a connection needs, and trust anchors.
 */
#ifndef MAILROUTE_TLS_H
#define MAILROUTE_TLS_H

#include <mailroute/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How much TLS a connection must have (routing rules F). */
enum mr_tls_level {
  MR_TLS_NONE = 0,    /**< never use STARTTLS (R46) */
  MR_TLS_MAY = 1,     /**< use it where offered; certificates are not checked (R52) */
  MR_TLS_ENCRYPT = 2, /**< no mail in clear; certificates are not checked */
  MR_TLS_VERIFY = 3   /**< no mail unless the certificate is valid for one of the names */
};

/** Trust anchors. Counted; may be shared between handles and threads once filled. */
typedef struct mr_trust mr_trust;

/** What one connection needs: filled by a route or by you, read by a session. */
typedef struct mr_tls_need {
  size_t size;              /**< sizeof(mr_tls_need) of the program that fills it */
  int level;                /**< #mr_tls_level */
  const char *sni;          /**< server name to indicate (RFC 6066), NULL or "" = none */
  const char *const *names; /**< names of which the certificate must have one (VERIFY) */
  size_t name_count;        /**< how many, at most 16 */
  mr_trust *trust;          /**< anchors for VERIFY, NULL = none: VERIFY then fails */
} mr_tls_need;

/**
 * An empty trust store.
 * @param out the store @param env services, NULL = defaults
 * @return MR_OK; MR_ERR_NOTSUP: built without TLS; MR_ERR_MISUSE; MR_ERR_NOMEM;
 *   MR_ERR_RANDOM: the environment's random source failed
 */
MR_API int mr_trust_new(mr_trust **out, const mr_env *env);

/**
 * Adds CA certificates. One that is there already is kept once; blocks that
 * are no certificate are passed over. After an error nothing was added.
 * @param trust not in use yet @param data PEM, one or more certificates @param len octets
 * @return MR_OK: see mr_trust_count(); MR_ERR_CERT: nothing usable in it; MR_ERR_STATE:
 * in
 * use by a session; MR_ERR_LIMIT: over 16 MiB; MR_ERR_MISUSE; MR_ERR_NOMEM; MR_ERR_NOTSUP
 */
MR_API int mr_trust_add_pem(mr_trust *trust, const void *data, size_t len);

/** Number of anchors. @param trust one @return count */
MR_API size_t mr_trust_count(const mr_trust *trust);
/** One more reference. @param trust one @return the same */
MR_API mr_trust *mr_trust_ref(mr_trust *trust);
/** Gives a reference back. @param trust or NULL */
MR_API void mr_trust_free(mr_trust *trust);

/** Name of a level ("verify"). @param level #mr_tls_level @return static text */
MR_API const char *mr_tls_level_name(int level);

#ifdef __cplusplus
}
#endif
#endif
