/* SPDX-License-Identifier: MIT */
/* Judges a server's certificate chain (RFC 5280 section 6, RFC 6125). */
#ifndef MR_TLS_VERIFY_H
#define MR_TLS_VERIFY_H

#include <gnutls/gnutls.h>

#include "tls/names.h"
#include "tls/trust.h"

enum { MR__CHAIN_MAX = 16 }; /* certificates that a server may send */
enum { MR__TLS_TEXT = 512 };

typedef struct mr__verify_job {
  const mr_env *env;
  const mr_trust *trust;
  const mr__name *names;
  size_t name_count;
  const gnutls_datum_t *chain; /* DER, as the server sent it, its own first */
  unsigned count;
} mr__verify_job;

typedef struct mr__verdict {
  int failure; /* enum mr__tls_failure; anything but a finished check is a failure */
  char text[MR__TLS_TEXT];
} mr__verdict;

/* Returns 1 and failure NONE if all is good. */
int mr__verify(const mr__verify_job *job, mr__verdict *verdict);

#endif
