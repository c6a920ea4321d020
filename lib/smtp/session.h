/* SPDX-License-Identifier: MIT */
#ifndef MR_SMTP_SESSION_H
#define MR_SMTP_SESSION_H

#include <mailroute/session.h>

#include "base/ctx.h"

/* A session inside another engine: channel and trace events go to ctx->events, its own
 * (READY, OUTCOME, TRANSACTION, BEFORE_DOT, SESSION_END) to `results`. */
int mr__session_join(mr_session **out, mr__ctx *ctx, const mr_options *options,
                     mr__events *results);

#endif
