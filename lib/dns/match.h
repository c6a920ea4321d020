/* SPDX-License-Identifier: MIT */
/* Whether a packet answers what was asked (RFC 5452 section 9.1). */
#ifndef MR_DNS_MATCH_H
#define MR_DNS_MATCH_H

#include "dns/prescan.h"
#include "text/ip.h"

typedef struct mr__dns_expect {
  unsigned id;
  const mr__dname *name;
  int type;
  const mr__ip *ip;
  int port;
} mr__dns_expect;

/* 1: the datagram comes from where the question went. */
int mr__dns_from(const mr__dns_expect *expect, const char *address, int port);
/* 1: id, QR, opcode and the one question are ours, the name in the very case it was sent.
 */
int mr__dns_matches(const mr__dns_expect *expect, const uint8_t *data, size_t len,
                    mr__dns_head *head);

#endif
