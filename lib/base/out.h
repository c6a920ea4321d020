/* SPDX-License-Identifier: MIT */
/*
 * Output queue of a channel: segments that never move, so what the host was shown stays
 * where it is until it says that it is done. Offsets count all octets ever queued.
 */
#ifndef MR_BASE_OUT_H
#define MR_BASE_OUT_H

#include "base/env.h"

typedef struct mr__out_segment mr__out_segment;

typedef struct mr__out {
  const mr_env *env;
  size_t segment_size;
  int datagrams; /* each put is one segment and leaves whole */
  mr__out_segment *first, *last;
  mr__out_segment *shown; /* where the last peek ended: growing skips stay linear */
  uint64_t queued;        /* offset behind the last octet put */
  uint64_t exposed;       /* offset behind the last octet shown by peek */
  uint64_t sent;          /* offset behind the last octet the host is done with */
} mr__out;

void mr__out_init(mr__out *out, const mr_env *env, size_t segment_size, int datagrams);
void mr__out_free(mr__out *out);
int mr__out_put(mr__out *out, const void *data, size_t len); /* all or nothing: NOMEM */
/* Room at the end of the last segment (a new one if it is full), to be filled in place.
 */
int mr__out_room(mr__out *out, uint8_t **data, size_t *len);
void mr__out_filled(mr__out *out, size_t n);
void mr__out_peek(mr__out *out, size_t skip, const void **data, size_t *len);
int mr__out_sent(mr__out *out, size_t n); /* MR_ERR_MISUSE: more than was exposed */
size_t mr__out_unsent(const mr__out *out);

#endif
