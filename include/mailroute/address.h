/* SPDX-License-Identifier: MIT */
/**
 * @file address.h
 * @brief Mail addresses as SMTP has them: RFC 5321 mailbox, null path, address literal.
 */
#ifndef MAILROUTE_ADDRESS_H
#define MAILROUTE_ADDRESS_H

#include <mailroute/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A parsed address. Immutable. */
typedef struct mr_address mr_address;

/** Flags of mr_address_parse(). */
enum mr_address_flag {
  MR_ADDRESS_ALLOW_NULL = 1, /**< "" and "<>" are the null reverse-path */
  MR_ADDRESS_ALLOW_LOCAL = 2 /**< a local part without a domain ("postmaster") */
};

/** Kinds of domains. */
enum mr_domain_kind {
  MR_DOMAIN_NONE = 0, /**< the null path, or a local part alone */
  MR_DOMAIN_NAME = 1, /**< a host name */
  MR_DOMAIN_IPV4 = 2, /**< [192.0.2.1] */
  MR_DOMAIN_IPV6 = 3  /**< [IPv6:2001:db8::1] */
};

/**
 * Parses one address, with or without angle brackets (RFC 5321 4.1.2, RFC 6531 3.3). A
 * source route in front ("<@a,@b:c@d>") is dropped (RFC 5321 appendix C). U-labels are
 * converted to A-labels (RFC 5891, non-transitional) if the build has IDN; a domain that
 * is ASCII passes untouched. A trailing dot of the domain is dropped.
 * @param out the address @param env allocator, NULL = defaults
 * @param text octets, need no NUL @param len how many
 * @param flags bits of #mr_address_flag
 * @param offset NULL, or receives where it broke, on error
 * @return MR_OK; MR_ERR_ADDR: syntax; MR_ERR_ADDR_LONG: local part > 64, domain > 255 or
 *   path > 254 octets; MR_ERR_ADDR_CHAR: control character; MR_ERR_ADDR_DOMAIN: a label
 *   that DNS cannot have or that has no A-label; MR_ERR_NOTSUP: U-label without IDN;
 *   MR_ERR_MISUSE; MR_ERR_NOMEM
 */
MR_API int mr_address_parse(mr_address **out, const mr_env *env, const char *text,
                            size_t len, unsigned flags, size_t *offset);

/** Frees an address. @param address or NULL */
MR_API void mr_address_free(mr_address *address);

/** Whether it is the null path. @param address one @return 1 or 0 */
MR_API int mr_address_is_null(const mr_address *address);
/** Kind of its domain. @param address one @return #mr_domain_kind */
MR_API int mr_address_domain_kind(const mr_address *address);
/** Local part with quoting removed: what the receiver compares. @param address one
 * @return text, "" for the null path */
MR_API const char *mr_address_local(const mr_address *address);
/** Domain in lower case ASCII (A-labels), or the literal with brackets. @param address
 * one
 * @return text, "" if there is none */
MR_API const char *mr_address_domain(const mr_address *address);
/** Canonical form for the wire without angle brackets: local part quoted only if it must
 * be, domain as in mr_address_domain(). @param address one @return text, "" = null path
 */
MR_API const char *mr_address_text(const mr_address *address);
/** Whether the local part is not ASCII, so that only SMTPUTF8 can carry it (RFC 6531).
 * @param address one @return 1 or 0 */
MR_API int mr_address_needs_utf8(const mr_address *address);
/** Whether two addresses are one recipient: equal local parts (exact) and domains (any
 * case). @param a one @param b another @return 1 or 0 */
MR_API int mr_address_equal(const mr_address *a, const mr_address *b);

#ifdef __cplusplus
}
#endif
#endif
