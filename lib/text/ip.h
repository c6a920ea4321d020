/* SPDX-License-Identifier: MIT */
/* IP addresses as text, without the operating system (RFC 4291, RFC 5952, RFC
 * 5321 4.1.3). */
#ifndef MR_TEXT_IP_H
#define MR_TEXT_IP_H

#include "base/buf.h"

enum { MR__IP_TEXT = 46 };

typedef struct mr__ip {
  int family; /* 4 or 6, 0 = none */
  uint8_t octets[16];
} mr__ip;

int mr__ip_parse(mr__ip *out, const char *text, size_t len); /* MR_OK or MR_ERR_ADDR */
void mr__ip_print(const mr__ip *ip, char dst[MR__IP_TEXT]);  /* canonical (RFC 5952) */
int mr__ip_equal(const mr__ip *a, const mr__ip *b);          /* v4-mapped v6 equals v4 */
/* Unspecified, loopback, multicast, link-local, broadcast; also inside v4-mapped, NAT64
 * (64:ff9b::/96) and 6to4 addresses (R13). */
int mr__ip_special(const mr__ip *ip);

#endif
