/* SPDX-License-Identifier: MIT */
/*
 * Our own bounded walk over a packet. Only what it found whole and wants is written into
 * a new packet, without compression, and nothing else ever reaches the DNS library.
 */
#ifndef MR_DNS_PRESCAN_H
#define MR_DNS_PRESCAN_H

#include "base/buf.h"
#include "dns/name.h"

enum {
  MR__DNS_PACKET_MAX = 65535, /* octets of a packet */
  MR__DNS_RECORDS_MAX = 512,  /* records of all sections together */
  MR__DNS_HOPS_MAX = 16384,   /* compression pointers followed in one packet */
  MR__DNS_CLEAN_MAX = 512 * 1024,
  MR__DNS_CLASS_IN = 1,
  MR__DNS_NS = 2,
  MR__DNS_SOA = 6
};

enum mr__dns_rcode {
  MR__DNS_NOERROR = 0,
  MR__DNS_FORMERR = 1,
  MR__DNS_SERVFAIL = 2,
  MR__DNS_NXNAME = 3,
  MR__DNS_NOTIMP = 4,
  MR__DNS_REFUSED = 5
};

typedef struct mr__dns_head {
  unsigned id, opcode, rcode;
  int response, truncated;
  unsigned questions;
  unsigned counts[3]; /* answer, authority, additional */
} mr__dns_head;

typedef struct mr__dns_scan {
  mr__dns_head head;
  mr__buf clean;        /* the new packet */
  mr__buf broken;       /* type, length, owner of each record left out for its RDATA */
  unsigned answers;     /* records in the answer section of the new packet */
  unsigned soas;        /* records in its authority section, 0 or 1 */
  unsigned nameservers; /* NS records in the authority section of the old one */
} mr__dns_scan;

int mr__dns_head_read(mr__dns_head *out, const uint8_t *data, size_t len); /* or PROTO */
void mr__dns_scan_init(mr__dns_scan *scan, const mr_env *env);
void mr__dns_scan_free(mr__dns_scan *scan);
/* MR_OK; MR_ERR_PROTO: not a DNS packet; MR_ERR_LIMIT: too much in it; MR_ERR_NOMEM.
 * `type` is the one that was asked for. */
int mr__dns_prescan(mr__dns_scan *scan, const uint8_t *data, size_t len, int type);
/* How many records of that owner and type were left out. */
size_t mr__dns_scan_broken(const mr__dns_scan *scan, const mr__dname *owner, int type);
/* Fields that RDATA of a type decodes to; 0 = never in the new packet. */
unsigned mr__dns_field_count(int type);

#endif
