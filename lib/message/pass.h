/* SPDX-License-Identifier: MIT */
/* One pass through a source: octets as they come, and the canonical body made of them. */
#ifndef MR_MESSAGE_PASS_H
#define MR_MESSAGE_PASS_H

#include <mailroute/message.h>

#include "base/map.h"
#include "text/canon.h"

/* Octets of a source that are held at a time. */
enum { MR__PASS_CHUNK = 4096 };

typedef struct mr__pass {
  const mr_source *source;
  uint64_t offset; /* of the next octet to ask for */
  int at_end;
  int err;        /* MR_ERR_SOURCE, …: sticks */
  size_t at, len; /* what is left of `in` */
  uint8_t in[MR__PASS_CHUNK];
  /* the body */
  int canonical; /* 1: the octets are in canonical form already */
  int hashing;
  mr__canon canon;
  mr__sip sip;
  uint64_t made; /* octets given out */
  size_t tail_at, tail_len;
  int ended; /* the tail is made */
  uint8_t tail[3];
} mr__pass;

void mr__pass_init(mr__pass *pass, const mr_source *source, uint64_t offset);
/* Before the first body octet: key NULL = no hash. */
void mr__pass_body(mr__pass *pass, int strict, const uint8_t *key);
/* Makes pass->in[at..len) not empty, or sets at_end. MR_OK, MR_ERR_PENDING,
 * MR_ERR_SOURCE. */
int mr__pass_fill(mr__pass *pass);
/* Next canonical octets of the body, cap >= 2; MR_OK with 0 = the end. Errors as fill and
 * mr__canon_feed (with canon.taken at the place). */
int mr__pass_read(mr__pass *pass, uint8_t *out, size_t cap, size_t *made);

#endif
