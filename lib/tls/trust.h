/* SPDX-License-Identifier: MIT */
/*
 * Anchors are kept as octets, not as objects of the TLS library: sharing its trust lists
 * between threads that verify has corrupted memory (its issue 1277), and a parsed bundle
 * takes twenty times the memory. A verification parses the few anchors that it needs.
 */
#ifndef MR_TLS_TRUST_H
#define MR_TLS_TRUST_H

#include <gnutls/gnutls.h>

#include <mailroute/tls.h>

typedef struct mr__anchor {
  struct mr__anchor *next;   /* same subject */
  struct mr__anchor *before; /* added before this one */
  size_t subject_len;
  size_t der_len;
  uint8_t octets[]; /* subject, then the certificate */
} mr__anchor;

/* Takes a reference and freezes the store: from now on it is only read. NULL-safe. */
mr_trust *mr__trust_use(mr_trust *trust);
/* First anchor with this subject (DER), NULL = none. */
const mr__anchor *mr__trust_find(const mr_trust *trust, const void *subject, size_t len);
gnutls_datum_t mr__anchor_der(const mr__anchor *anchor);
/* Parsed once for all connections that verify with this store. */
gnutls_priority_t mr__trust_priority(const mr_trust *trust);

#endif
