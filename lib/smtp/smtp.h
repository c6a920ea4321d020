/* SPDX-License-Identifier: MIT */
/* The inside of a session, for the files of this folder. */
#ifndef MR_SMTP_SMTP_H
#define MR_SMTP_SMTP_H

#include <string.h>

#include <mailroute/address.h>
#include <mailroute/options.h>

#include "base/channel.h"
#include "base/fmt.h"
#include "base/last_error.h"
#include "base/options.h"
#include "message/message.h"
#include "smtp/session.h"
#include "smtp/states.h"
#include "text/command.h"
#include "text/dots.h"
#include "text/ehlo.h"
#include "text/event.h"
#if MR_WITH_TLS
#include "tls/tls.h"
#endif

enum {
  MR__SMTP_RECIPIENTS_MAX = 1000, /* of a submitted transaction */
  MR__SMTP_WAITING_MAX = 16,      /* transactions in line */
  MR__SMTP_BATCH_MAX = 1 << 20,   /* octets of a group of commands */
  MR__SMTP_BLOCK = 8192,          /* octets asked of the message at a time */
  MR__SMTP_UNSENT_SEGMENTS = 2,   /* body that waits in the channel */
  MR__SMTP_TEXT = 1024,           /* text kept of a result, with NUL */
  MR__SMTP_HOST_MAX = 256,        /* host name, with NUL */
  MR__SMTP_HELO_MAX = 256,        /* our name, with NUL */
  MR__SMTP_NAMES_MAX = 16,        /* names of an mr_tls_need */
  MR__SMTP_TRACE_MAX = 256,       /* trace lines that wait for the host */
  MR__SMTP_STEPS_MAX = 20000 /* replies of a transaction, or until the first (bug 57) */
};

/* What a reply or an event means for those whom it concerns. */
typedef struct mr__smtp_verdict {
  int reason, action, stage, throttle;
  int fate;         /* 0 = by action */
  int uncertain;    /* R88 */
  int fallback;     /* action by MR_OPT_TLS_FALLBACK and age (R49) */
  int code;         /* of a reply, 0 = none */
  int status[3];    /* of the reply, 0,0,0 = none */
  const char *text; /* NULL = the reason's */
  const char *own;  /* a status that goes before the reply's, NULL = none */
} mr__smtp_verdict;

/* A verdict that was passed. Setting one never fails. */
typedef struct mr__smtp_result {
  int reason, action, stage, throttle, fate, uncertain, code;
  char status[12];
  char text[MR__SMTP_TEXT];
} mr__smtp_result;

enum mr__smtp_rcpt_state {
  MR__SMTP_OPEN = 0, /* nothing decided */
  MR__SMTP_ACCEPTED, /* the server took it in this round */
  MR__SMTP_DECIDED   /* its outcome is posted */
};

typedef struct mr__smtp_txn mr__smtp_txn;

typedef struct mr__smtp_rcpt {
  mr__event_node node; /* OUTCOME */
  mr__smtp_txn *txn;
  mr_address *address;
  char *given;
  uint64_t begin; /* offset of its RCPT */
  size_t round;   /* the last one it took part in, from 1 */
  int state;
  mr__smtp_result result;
} mr__smtp_rcpt;

/* What the host submitted. On the wire it is one or more rounds MAIL, RCPT..., DATA. */
struct mr__smtp_txn {
  mr__smtp_txn *prev, *next; /* all of the session, in order */
  mr_session *session;
  mr__event_node over_node; /* TRANSACTION */
  mr__event_node gate_node; /* BEFORE_DOT */
  uint64_t id, tag, waited, submitted;
  mr_message *message;
  mr_address *sender;
  mr__smtp_rcpt *rcpts;
  size_t count;
  size_t left;  /* recipients that are not decided */
  size_t first; /* all before this one are decided */
};

typedef struct mr__smtp_trace {
  mr__event_node node;
  struct mr__smtp_trace *prev, *next;
  mr_session *session;
  int direction, stage;
  uint64_t id, tag; /* of the transaction, 0 = none */
  size_t len;
  char text[];
} mr__smtp_trace;

struct mr_session {
  mr__ctx *ctx;
  const mr_options *options;
  mr__events *results;
  mr__last_error error;
  mr_event event;
  mr_outcome view; /* what the last outcome event points to */

  /* the peer (target.c) */
  mr_channel *channel; /* NULL before and after */
  char host[MR__SMTP_HOST_MAX];
  char address[46];
  int port;
  int use_helo;
  mr_tls_need need; /* ours, with all that it points to */
  char helo[MR__SMTP_HELO_MAX];

  /* the connection */
  mr__smtp_cursor send, recv;
  uint64_t begins[MR__SMTP_STATE_COUNT]; /* offset of the last command of each state */
  mr__timer timer, total;
  size_t steps;
  mr__buf batch; /* commands of the group in hand */
  mr__reply_parser parser;
  uint64_t seen;   /* what was exposed when the reply in hand began */
  int unsolicited; /* the reply in hand answers nothing */
  mr__ehlo ehlo;
  int pipelining;
  int secure;   /* TLS stands */
  int reused;   /* was idle, or a transaction is done: a close now is no failure (R91) */
  int farewell; /* close_notify is on its way */
#if MR_WITH_TLS
  mr__tls *tls;
#endif
  char tls_version[12];
  char tls_cipher[48];
  int tls_verified;
  uint64_t updated; /* out.queued when the host was told */

  /* transactions (transaction.c, round.c) */
  mr__smtp_txn *all, *last;
  mr__smtp_txn *waiting; /* first that waits: so do all behind it */
  size_t waiting_count;
  mr__smtp_txn *running;
  int fresh;         /* nothing came back for the running one on a reused connection */
  int needs_rset;    /* the server may think that a transaction is open */
  int bare_mail;     /* no optional parameters (R70) */
  size_t rcpt_limit; /* what the server took at a time (R74), 0 = not known */

  /* the round on the wire (envelope.c) */
  size_t round;
  int mail_ok;
  size_t round_yes; /* RCPTs answered with 2yz */
  size_t accepted;
  int had_params;

  /* the body (body.c) */
  mr_reader *reader;
  uint64_t size;  /* octets it gives */
  uint8_t *block; /* MR__SMTP_BLOCK to read into, and as much to encrypt from */
  size_t block_at, block_len;
  mr__dots dots;
  int body_done;
  int source_waits;
  int source_woken;
  int gate; /* 0, 1 = BEFORE_DOT was posted, 2 = go */
  mr__timer wake;
  uint64_t dot_end; /* offset behind the final dot, 0 = not written */
  uint64_t left;    /* octets that may have left, said by the host at the end */
  int left_known;

  /* the end (end.c) */
  int quitting;
  int ended;
  int fault;  /* MR_ERR_NOMEM or MR_ERR_LIMIT, for the host's recv */
  int doomed; /* freed inside a service: goes when that returns */
  mr__smtp_result end;
  mr__event_node ready_node, end_node;

  mr__smtp_trace *traces;
  size_t trace_count;
};

/* session.c */
void mr__smtp_leave(mr_session *s); /* end of every input; s may be gone behind it */

/* target.c */
int mr__smtp_target_set(mr_session *s, const mr_session_target *target, char source[46]);
void mr__smtp_target_clear(mr_session *s);
void mr__smtp_name_self(mr_session *s); /* s->helo, once the local address is known */

/* wire.c */
extern const mr__channel_ops mr__smtp_channel_ops;
int mr__smtp_send(mr_session *s, const uint8_t *data, size_t len);
void mr__smtp_feed(mr_session *s, const uint8_t *data, size_t len);

/* greet.c */
void mr__smtp_greeted(mr_session *s); /* EHLO is done: TLS or transactions */

/* secure.c */
int mr__smtp_secure_recv(mr_session *s, const uint8_t *data, size_t len);
int mr__smtp_encrypting(const mr_session *s);
int mr__smtp_encrypt(mr_session *s, const uint8_t *data, size_t len);
int mr__smtp_truncated(mr_session *s); /* the stream ended without close_notify */
void mr__smtp_bye(mr_session *s);
void mr__smtp_secure_free(mr_session *s);

/* transaction.c */
int mr__smtp_txn_new(mr__smtp_txn **out, mr_session *s, const mr_transaction *from);
void mr__smtp_txn_free(mr__smtp_txn *txn);
void mr__smtp_txn_close(mr__smtp_txn *txn); /* all decided: posts TRANSACTION */
void mr__smtp_settle(mr__smtp_rcpt *rcpt, const mr__smtp_verdict *v);
void mr__smtp_settle_all(mr__smtp_txn *txn, const mr__smtp_verdict *v);

/* round.c */
void mr__smtp_next(mr_session *s); /* the next transaction, READY or QUIT */
/* A round for the recipients that are open; without any, the transaction is over. */
void mr__smtp_begin_or_close(mr_session *s);

/* prepare.c */
void mr__smtp_unprepared(mr_session *s); /* the source gave nothing in time */
void mr__smtp_round_end(mr_session *s);

/* envelope.c */
mr__smtp_cursor mr__smtp_behind(const mr_session *s, mr__smtp_cursor at);

/* body.c */
void mr__smtp_wait_for_source(mr_session *s);
void mr__smtp_pump(mr_session *s);
void mr__smtp_wake(mr__timer *timer, void *owner);
int mr__smtp_dot_left(const mr_session *s);

/* outcome.c */
mr__smtp_verdict mr__smtp_verdict_of(const mr_session *s, int reason, int action);
mr__smtp_verdict mr__smtp_judge(const mr_session *s, mr__reply *reply);
mr__smtp_verdict mr__smtp_not_attempted(const mr_session *s);
/* age: milliseconds that the message has waited */
void mr__smtp_result_set(const mr_session *s, mr__smtp_result *result,
                         const mr__smtp_verdict *v, uint64_t age);
const mr_outcome *mr__smtp_outcome(mr_session *s, const mr__smtp_result *result);
int mr__smtp_closing(const mr__reply *reply);

/* end.c */
/* Settles all that is open and closes at once / after QUIT. */
void mr__smtp_fail(mr_session *s, const mr__smtp_verdict *v);
void mr__smtp_refuse(mr_session *s, const mr__smtp_verdict *v);
void mr__smtp_fail_reason(mr_session *s, int reason, int action, int throttle);
/* By a reply: 421 and what is no 4yz or 5yz closes at once, the rest says QUIT. */
void mr__smtp_refuse_reply(mr_session *s, mr__reply *reply);
void mr__smtp_fault(mr_session *s, int err);   /* ours: R26 */
void mr__smtp_drop(mr_session *s, int reason); /* silently: nothing was attempted (R91) */
void mr__smtp_give_back(mr_session *s, const mr__smtp_verdict *v); /* what waits */
void mr__smtp_lost(mr_session *s, int cause, const char *text);
void mr__smtp_late(mr__timer *timer, void *owner);
void mr__smtp_too_long(mr__timer *timer, void *owner);
void mr__smtp_end(mr_session *s);

/* trace.c */
void mr__smtp_trace_line(mr_session *s, int direction, int stage, const char *text,
                         size_t len);
void mr__smtp_trace_reply(mr_session *s, mr__reply *reply);
void mr__smtp_trace_free(mr_session *s);

#endif
