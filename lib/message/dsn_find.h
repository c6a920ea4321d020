/* SPDX-License-Identifier: MIT */
/* Addresses, codes and hosts in free text. Offsets and pieces, nothing is allocated. */
#ifndef MR_MESSAGE_DSN_FIND_H
#define MR_MESSAGE_DSN_FIND_H

#include "message/dsn_slice.h"

enum { MR__DSN_STATUS = 12 }; /* "5.123.456" and a NUL */

/* First address in s that a person would take for one: 1 = found. */
int mr__find_address(mr__slice s, mr__slice *address);
/* Whether the whole of s is one. */
int mr__is_address(mr__slice s);
/* First SMTP reply code (200-599 at the start of a word), 0 = none. */
int mr__find_code(mr__slice s);
/* First enhanced status of classes 2, 4 and 5, "" = none. */
void mr__find_status(mr__slice s, char dst[MR__DSN_STATUS]);
/* Host that a diagnostic names as the one that spoke: 1 = found. */
int mr__find_host(mr__slice s, mr__slice *host);
/* A word that can be a host name or an IP address, with what encloses it taken off. */
mr__slice mr__host_at(mr__slice s);

#endif
