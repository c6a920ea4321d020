/* SPDX-License-Identifier: MIT */
#include "tls/der.h"

enum { MR__DER_LENGTH_OCTETS = 3 }; /* 16 MiB is more than a handshake carries */

static size_t length(mr__cur *cur) {
  unsigned first = mr__cur_get8(cur);
  if (first < 0x80)
    return first;
  unsigned count = first & 0x7F;
  size_t len = 0;
  if (count == 0 || count > MR__DER_LENGTH_OCTETS)
    cur->err = MR_ERR_PROTO;
  for (unsigned i = 0; i < count && !cur->err; i++)
    len = len << 8 | mr__cur_get8(cur);
  if (len < 0x80 || (count > 1 && len >> (8 * (count - 1)) == 0))
    cur->err = MR_ERR_PROTO; /* not the shortest form */
  return len;
}

int mr__der_next(mr__cur *cur, unsigned *tag, mr__cur *content) {
  if (cur->err || mr__cur_left(cur) == 0)
    return 0;
  *tag = mr__cur_get8(cur);
  if ((*tag & 0x1F) == 0x1F)
    cur->err = MR_ERR_PROTO; /* tags above 30: in no extension that we read */
  size_t len = length(cur);
  const uint8_t *data = mr__cur_get(cur, len);
  if (!data)
    return 0;
  *content = mr__cur_of(data, len);
  return 1;
}
