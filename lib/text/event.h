/* SPDX-License-Identifier: MIT */
#ifndef MR_TEXT_EVENT_H
#define MR_TEXT_EVENT_H

#include <mailroute/event.h>

#include "base/buf.h"
#include "base/ctx.h"

/* Body of every `next`: takes the next node of ctx->events (or of `list`), clears *out,
 * sets the text members to "", lets the node fill it. Returns out, or NULL when empty. */
const mr_event *mr__event_next(mr__events *list, mr_event *out);
/* Clears an outcome and points all its text at "". */
void mr__outcome_clear(mr_outcome *outcome);
/* Owns the strings of an outcome: what a recipient keeps. Text is capped (1 KiB, host
 * 255, cut at the end). reserve once (at submit), then set never fails. */
typedef struct mr__outcome_store {
  mr_outcome view;
  char status[12];
  char tls_version[12];
  char tls_cipher[48];
  char address[46];
  char host[256];
  char text[1024];
} mr__outcome_store;
void mr__outcome_set(mr__outcome_store *store,
                     const mr_outcome *from); /* recipient: as is */
/* Writes the fields of an outcome as JSON members, without braces. */
void mr__outcome_json(mr__buf *buf, const mr_outcome *outcome);

#endif
