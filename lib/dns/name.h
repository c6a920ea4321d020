/* SPDX-License-Identifier: MIT */
/* Domain names in wire form: uncompressed, lower case, so that equal is equal octets. */
#ifndef MR_DNS_NAME_H
#define MR_DNS_NAME_H

#include <stddef.h>
#include <stdint.h>

enum {
  MR__DNAME_WIRE = 255,  /* octets of a name with its root label (RFC 1035 2.3.4) */
  MR__DNAME_LABEL = 63,  /* octets of a label */
  MR__DNAME_HOPS = 127,  /* compression pointers of one name */
  MR__DNAME_TEXT = 1024, /* every octet as \DDD, dots and the NUL */
  MR__DNS_HEADER = 12    /* octets in front of which no name can lie */
};

typedef struct mr__dname {
  size_t len;
  uint8_t octets[MR__DNAME_WIRE];
} mr__dname;

/* Where names are read from. `hops` is what the whole packet may still cost. */
typedef struct mr__dns_walk {
  const uint8_t *data;
  size_t len;
  unsigned hops;
} mr__dns_walk;

/* Letters, digits, '-' and '_', a trailing dot allowed, "." = root. MR_OK or
 * MR_ERR_ADDR_DOMAIN. */
int mr__dname_from_text(mr__dname *out, const char *text, size_t len);
/* Reads the name at *pos, which moves behind it. Pointers go strictly backward. MR_OK,
 * MR_ERR_PROTO (no name) or MR_ERR_LIMIT (the packet used up its hops). */
int mr__dname_read(mr__dns_walk *walk, size_t *pos, mr__dname *out);
int mr__dname_equal(const mr__dname *name, const uint8_t *wire, size_t len);
/* 1: `name` is `zone` or lies below it. */
int mr__dname_below(const mr__dname *name, const uint8_t *zone, size_t zone_len);
int mr__dname_copy(mr__dname *out, const uint8_t *wire,
                   size_t len); /* MR_ERR_PROTO: no */
/* Text without the last dot, what no host name has as \DDD. Returns the length. */
size_t mr__dname_text(const uint8_t *wire, size_t len, char dst[MR__DNAME_TEXT]);

#endif
