/* SPDX-License-Identifier: MIT */
/* One pass through octets of a source or of memory: as they come, made canonical, coded.
 */
#ifndef MR_MESSAGE_PASS_H
#define MR_MESSAGE_PASS_H

#include "base/map.h"
#include "message/piece.h"
#include "text/canon.h"

enum {
  MR__PASS_CHUNK = 4096, /* octets of a source that are held at a time */
  MR__PASS_MID = 1024    /* canonical octets that wait for the coder */
};

typedef struct mr__pass {
  const mr_source *source; /* NULL: memory */
  uint64_t offset;         /* of the next octet to ask for */
  int at_end;
  int err; /* MR_ERR_SOURCE, …: sticks */
  const uint8_t *window;
  size_t at, len; /* what is left of the window */
  uint8_t in[MR__PASS_CHUNK];
  /* the body */
  int canonical; /* 1: the octets stay as they are */
  int hashing;
  mr__canon canon;
  mr__sip sip;
  uint64_t made; /* octets given out */
  size_t tail_at, tail_len;
  int ended; /* the tail is made */
  uint8_t tail[3];
  mr__coder coder; /* .coding MR__CODING_NONE: none */
  size_t mid_at, mid_len;
  uint8_t mid[MR__PASS_MID];
} mr__pass;

void mr__pass_init(mr__pass *pass, const mr_source *source, uint64_t offset);
/* Before the first body octet: key NULL = no hash. */
void mr__pass_body(mr__pass *pass, int strict, const uint8_t *key);
/* A whole pass through one piece. */
void mr__pass_piece(mr__pass *pass, const mr__piece *piece);
/* Makes pass->window[at..len) not empty, or sets at_end. MR_OK, MR_ERR_PENDING,
 * MR_ERR_SOURCE. */
int mr__pass_fill(mr__pass *pass);
/* Next octets of the body, cap >= 2; MR_OK with 0 = the end. The source is not
 * asked when octets were made already, so that PENDING never hides behind them. Errors as
 * fill and mr__canon_feed (with canon.taken at the place). */
int mr__pass_read(mr__pass *pass, uint8_t *out, size_t cap, size_t *made);

#endif
