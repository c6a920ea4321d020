/* SPDX-License-Identifier: MIT */
/*
 * Reference names against the subjectAltName of a certificate (RFC 6125, RFC 9525): its
 * dNSName and iPAddress entries and nothing else, the common name never.
 */
#ifndef MR_TLS_NAMES_H
#define MR_TLS_NAMES_H

#include "base/buf.h"
#include "text/domain.h"
#include "text/ip.h"

enum { MR__NAMES_MAX = 16 };

typedef struct mr__name {
  char text[MR__DOMAIN_TEXT]; /* A-labels, lower case; "" = an IP address, or no name */
  mr__ip ip;                  /* family 0: no IP address */
} mr__name;

/* From "mx.example", "192.0.2.1", "[192.0.2.1]" or "[IPv6:2001:db8::1]". What is neither
 * name nor address matches nothing. */
void mr__name_set(mr__name *name, const mr_env *env, const char *text);

/* 1 if the extension's value (DER) has an entry for one of the names. */
int mr__names_match(const mr__name *names, size_t count, const void *san, size_t len);

#endif
