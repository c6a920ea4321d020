/* SPDX-License-Identifier: MIT */
/* Keys and certificates made in memory (ECDSA P-256, SHA-256 unless told otherwise). Only
 * with MR_WITH_TLS. */
#ifndef KIT_CERT_H
#define KIT_CERT_H

#include <stddef.h>
#include <stdint.h>

typedef struct kit_cert kit_cert;

/* All members may be 0 / NULL. */
typedef struct kit_cert_spec {
  const char *cn;         /* subject common name; NULL = "kit" */
  const char *const *dns; /* NULL-terminated DNS names of the SAN */
  const char *const *ip;  /* NULL-terminated IPv4/IPv6 addresses of the SAN */
  const void *dns_raw;    /* one more DNS name, may hold NUL */
  size_t dns_raw_len;
  int64_t not_before;     /* seconds since 1970; 0 = 2025-01-01 */
  int64_t not_after;      /* 0 = 2035-01-01 */
  int ca;                 /* 1: may issue */
  const kit_cert *key_of; /* same key as this one (cross-signed issuers) */
  unsigned rsa_bits;      /* an RSA key of that size; 0 = P-256 */
  int sha1;               /* 1: signed over SHA-1 */
  const char *purpose;    /* extended key usage, an OID; NULL = TLS server for leaves */
  const char *permit_dns; /* name constraint: only names below this */
  const char *critical;   /* OID of a critical extension that nobody knows */
} kit_cert_spec;

/* issuer NULL = self-signed. The issuer may be freed before the certificate. */
kit_cert *kit_cert_new(const kit_cert *issuer, const kit_cert_spec *spec);
void kit_cert_free(kit_cert *cert);
/* In short: a root named `cn`; a leaf with one DNS name. */
kit_cert *kit_cert_root(const char *cn);
kit_cert *kit_cert_leaf(const kit_cert *issuer, const char *dns);

const char *kit_cert_pem(const kit_cert *cert);   /* this certificate alone */
const char *kit_cert_chain(const kit_cert *cert); /* it, then issuers without the root */
const char *kit_cert_full(const kit_cert *cert);  /* the chain with the root */
const char *kit_cert_key(const kit_cert *cert);   /* private key, PKCS#8 PEM */
const void *kit_cert_der(const kit_cert *cert, size_t *len);
const void *kit_cert_spki(const kit_cert *cert,
                          size_t *len); /* DER, for TLSA selector 1 */

#endif
