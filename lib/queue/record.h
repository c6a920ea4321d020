/* SPDX-License-Identifier: MIT */
/*
 * The octets of a record: a version, fields of fixed size in network order, strings with
 * a 16-bit length before and a NUL behind them, a check sum at the end. What is read may
 * be anything: it is taken whole or not at all (bug 21, fault 73).
 */
#ifndef MR_QUEUE_RECORD_H
#define MR_QUEUE_RECORD_H

#include <mailroute/event.h>

#include "base/buf.h"

enum {
  MR__RECORD_VERSION = 1,
  MR__RECORD_STRING = 2048,     /* longest string */
  MR__RECORD_MAX = 64 << 20,    /* octets of all records of one commit */
  MR__RECORD_RECIPIENTS = 10000 /* most recipients of one record that is read */
};

enum mr__record_flag {
  MR__RECORD_8BIT = 1,     /* the message has octets above 0x7F */
  MR__RECORD_UNCERTAIN = 2 /* an earlier attempt may have delivered */
};

/* What a recipient of a record waits for. */
enum mr__rcpt_state {
  MR__RCPT_PENDING = 1,   /* an attempt */
  MR__RCPT_UNBOUNCED = 2, /* failed; the bounce is not made yet (R102) */
  MR__RCPT_HELD = 3       /* the host */
};

typedef struct mr__record_head {
  uint64_t nonce;      /* of the commit that wrote it: tells it from others (bug 55) */
  uint64_t size;       /* octets of the message */
  uint64_t header_len; /* of these: header section with its blank line */
  uint64_t lifetime;   /* ms */
  unsigned flags;      /* #mr__record_flag */
  uint32_t count;      /* recipients that follow */
  const char *sender;  /* "" = null path */
  const char *domain;  /* of the recipients */
} mr__record_head;

typedef struct mr__record_rcpt {
  int state; /* #mr__rcpt_state */
  uint64_t index;
  const char *address; /* canonical */
  const char *given;   /* as the host wrote it, "" = the same */
  mr_outcome best;     /* what a bounce will quote (R97); reason 0 = nothing yet */
} mr__record_rcpt;

/* Writing: head, then head->count recipients (best NULL = none), then the end. start:
 * buf->len before the head. */
void mr__record_put_head(mr__buf *buf, const mr__record_head *head);
void mr__record_put_rcpt(mr__buf *buf, int state, uint64_t index, const char *address,
                         const char *given, const mr_outcome *best);
void mr__record_end(mr__buf *buf, size_t start);
/* One outcome alone: the data of an EVENT record. */
void mr__record_put_event(mr__buf *buf, const mr_outcome *outcome);

/* Reading: strings point into data. MR_OK or MR_ERR_PROTO. */
int mr__record_open(mr__cur *cur, const void *data, size_t len, mr__record_head *head);
int mr__record_next(mr__cur *cur, mr__record_rcpt *rcpt);
int mr__record_close(const mr__cur *cur); /* nothing may be left */
int mr__record_event(const void *data, size_t len, mr_outcome *outcome);

#endif
