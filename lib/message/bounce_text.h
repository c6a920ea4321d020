/* SPDX-License-Identifier: MIT */
/* The part of a bounce that a person reads. */
#ifndef MR_MESSAGE_BOUNCE_TEXT_H
#define MR_MESSAGE_BOUNCE_TEXT_H

#include "base/buf.h"
#include "message/message.h"

/* Appends UTF-8 text with LF line ends; what came from a server is escaped. when: of the
 * decision, ms since 1970. */
int mr__bounce_text(mr__buf *out, const mr__bounce *bounce, const char *mta,
                    int64_t when);

#endif
