/* SPDX-License-Identifier: MIT */
/* Text of message/delivery-status (RFC 3464 2.1-2.3), and of its form for UTF-8 (RFC 6533
 * 4). */
#ifndef MR_TEXT_DSN_H
#define MR_TEXT_DSN_H

#include <mailroute/event.h>

#include "base/buf.h"

typedef struct mr__dsn_head {
  const char *envid; /* xtext, NULL = none */
  const char *reporting_mta;
  const char *received_from; /* NULL = none */
  int64_t arrival;           /* ms since 1970, < 0 = unknown */
} mr__dsn_head;

typedef struct mr__dsn_group {
  const mr_outcome *outcome;
  const char *action; /* NULL = by the outcome's fate */
  const char *status; /* NULL = the outcome's, or its reason's */
  const char *orcpt;  /* type and xtext, NULL = none */
  int utf8;           /* 1: addresses may be UTF-8 as it is */
  int64_t when;       /* of the last attempt; these two < 0 = not told */
  int64_t retry_until;
} mr__dsn_group;

/* The per-message fields and the blank line. An ENVID that is not xtext of printable
 * ASCII is left out. */
int mr__dsn_head_put(mr__buf *out, const mr__dsn_head *head);
/* One recipient group: Original-Recipient, Final-Recipient, Action, Status, Remote-MTA,
 * Diagnostic-Code, Last-Attempt-Date, Will-Retry-Until; then a blank line. Everything
 * that came from a server is escaped and folded. */
int mr__dsn_group_put(mr__buf *out, const mr__dsn_group *group);
/* Whether it is "x.y.z". */
int mr__dsn_is_status(const char *text);

#endif
