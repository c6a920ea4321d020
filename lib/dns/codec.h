/* SPDX-License-Identifier: MIT */
/* The shim around the DNS library: the only file that includes it is codec.c. */
#ifndef MR_DNS_CODEC_H
#define MR_DNS_CODEC_H

#include "dns/prescan.h"

enum { MR__DNS_QUERY_MAX = MR__DNS_HEADER + MR__DNAME_WIRE + 4 };

/* A decoded packet. */
typedef struct mr__dns_reply {
  void *packet;
  unsigned answers, soas;
} mr__dns_reply;

/* One record of it; all pointers lie in the packet. */
typedef struct mr__dns_rr {
  int type;
  uint32_t ttl;
  const uint8_t *owner;
  size_t owner_len;
  const uint8_t *name; /* MX, CNAME: the target */
  size_t name_len;
  unsigned preference;    /* MX */
  const uint8_t *address; /* A, AAAA */
  uint32_t minimum;       /* SOA */
} mr__dns_rr;

/* A standard query with RD, id 0. MR_OK or MR_ERR_NOMEM. */
int mr__dns_encode(uint8_t out[MR__DNS_QUERY_MAX], size_t *len, const mr__dname *name,
                   int type);
/* Decodes scan->clean. What comes out must be as much as the scan counted: the library
 * drops records in silence when memory is short. MR_OK or MR_ERR_NOMEM. */
int mr__dns_decode(mr__dns_reply *out, const mr__dns_scan *scan);
void mr__dns_reply_free(mr__dns_reply *reply);
/* Answers first, then the SOA. i < answers + soas. */
void mr__dns_reply_get(const mr__dns_reply *reply, unsigned i, mr__dns_rr *out);

#endif
