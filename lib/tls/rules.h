/* SPDX-License-Identifier: MIT */
/* Rules for one certificate, whatever chain it stands in. Each gives NULL, or what is
 * wrong, in words. */
#ifndef MR_TLS_RULES_H
#define MR_TLS_RULES_H

#include <gnutls/x509.h>

#include "tls/names.h"

/* Key type and size. */
const char *mr__rule_key(gnutls_x509_crt_t crt);
/* No MD5, no SHA-1, no DSA. */
const char *mr__rule_signature(gnutls_x509_crt_t crt);
/* No critical extension that nobody here understands; none of excessive size. */
const char *mr__rule_extensions(gnutls_x509_crt_t crt);
/* Extended key usage: serverAuth, any, or none at all. */
const char *mr__rule_purpose(gnutls_x509_crt_t crt);
const char *mr__rule_names(gnutls_x509_crt_t crt, const mr__name *names, size_t count);

#endif
