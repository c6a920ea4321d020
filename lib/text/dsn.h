/* SPDX-License-Identifier: MIT */
/* Text of message/delivery-status (RFC 3464 2.1-2.3). */
#ifndef MR_TEXT_DSN_H
#define MR_TEXT_DSN_H

#include <mailroute/event.h>

#include "base/buf.h"

/* The per-message fields and the blank line; arrival in ms since 1970, < 0 = unknown. */
int mr__dsn_message(mr__buf *out, const char *reporting_mta, int64_t arrival);
/* One recipient group: Final-Recipient, Action (failed, or delayed), Status, Remote-MTA,
 * Diagnostic-Code, Last-Attempt-Date; then a blank line. Everything that came from a
 * server is escaped and folded. */
int mr__dsn_recipient(mr__buf *out, const mr_outcome *outcome, int64_t when);

#endif
