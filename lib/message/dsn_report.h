/* SPDX-License-Identifier: MIT */
/* A report in the making, and its octets. */
#ifndef MR_MESSAGE_DSN_REPORT_H
#define MR_MESSAGE_DSN_REPORT_H

#include <mailroute/address.h>
#include <mailroute/dsn.h>

#include "base/buf.h"

typedef struct mr__dsn_slot {
  mr_dsn_recipient recipient;
  mr_outcome outcome; /* no text in it is NULL */
} mr__dsn_slot;

typedef struct mr__dsn_report {
  const mr_env *env;
  const mr_options *options;
  mr_dsn_facts facts; /* complete, with the wanted recipients only */
  mr__dsn_slot *slots;
  const mr_dsn_recipient **list;
  mr_address *from, *to;
  int utf8;     /* 1: the types of RFC 6533 */
  int64_t when; /* ms since 1970 */
} mr__dsn_report;

/* Header and body in canonical form. */
int mr__dsn_report_write(mr__buf *out, const mr__dsn_report *report);

#endif
