/* SPDX-License-Identifier: MIT */
/*
 * The states of a session, one row each: what is written in it, what reads the reply, and
 * how long that may take. The enum, the names in traces and the diagram in docs/ come
 * from here. Two cursors walk over it: one writes commands ahead, one reads their
 * replies; with PIPELINING (RFC 2920) the first may be several rows further on.
 */
#ifndef MR_SMTP_STATES_H
#define MR_SMTP_STATES_H

#include <mailroute/options.h>
#include <mailroute/session.h>

#include "text/reply.h"

#define MR__SMTP_STATES(X)                                                               \
  /* id, name, write, read, timeout, stage */                                            \
  X(CONNECT, "connect", NULL, NULL, MR_OPT_TIMEOUT_CONNECT, MR_STAGE_CONNECT)            \
  X(GREETING, "greeting", NULL, mr__smtp_read_greeting, MR_OPT_TIMEOUT_GREETING,         \
    MR_STAGE_GREETING)                                                                   \
  X(EHLO, "ehlo", mr__smtp_write_ehlo, mr__smtp_read_ehlo, MR_OPT_TIMEOUT_EHLO,          \
    MR_STAGE_EHLO)                                                                       \
  X(HELO, "helo", mr__smtp_write_helo, mr__smtp_read_helo, MR_OPT_TIMEOUT_EHLO,          \
    MR_STAGE_EHLO)                                                                       \
  X(STARTTLS, "starttls", mr__smtp_write_starttls, mr__smtp_read_starttls,               \
    MR_OPT_TIMEOUT_TLS, MR_STAGE_STARTTLS)                                               \
  X(HANDSHAKE, "handshake", mr__smtp_write_handshake, NULL, MR_OPT_TIMEOUT_TLS,          \
    MR_STAGE_TLS)                                                                        \
  X(IDLE, "idle", NULL, NULL, 0, MR_STAGE_IDLE)                                          \
  X(PREPARE, "prepare", mr__smtp_write_prepare, NULL, MR_OPT_TIMEOUT_BLOCK,              \
    MR_STAGE_MAIL)                                                                       \
  X(RSET, "rset", mr__smtp_write_rset, mr__smtp_read_rset, MR_OPT_TIMEOUT_RSET,          \
    MR_STAGE_IDLE)                                                                       \
  X(MAIL, "mail", mr__smtp_write_mail, mr__smtp_read_mail, MR_OPT_TIMEOUT_MAIL,          \
    MR_STAGE_MAIL)                                                                       \
  X(RCPT, "rcpt", mr__smtp_write_rcpt, mr__smtp_read_rcpt, MR_OPT_TIMEOUT_RCPT,          \
    MR_STAGE_RCPT)                                                                       \
  X(DATA, "data", mr__smtp_write_data, mr__smtp_read_data, MR_OPT_TIMEOUT_DATA,          \
    MR_STAGE_DATA)                                                                       \
  X(BODY, "body", mr__smtp_write_body, mr__smtp_read_early, MR_OPT_TIMEOUT_BLOCK,        \
    MR_STAGE_BODY)                                                                       \
  X(DOT, "dot", mr__smtp_write_dot, mr__smtp_read_dot, MR_OPT_TIMEOUT_DOT, MR_STAGE_DOT) \
  X(LONE_DOT, "lone-dot", mr__smtp_write_lone_dot, mr__smtp_read_lone_dot,               \
    MR_OPT_TIMEOUT_DOT, MR_STAGE_DOT)                                                    \
  X(QUIT, "quit", mr__smtp_write_quit, mr__smtp_read_quit, MR_OPT_TIMEOUT_QUIT,          \
    MR_STAGE_IDLE)                                                                       \
  X(END, "end", NULL, NULL, 0, MR_STAGE_IDLE)

enum mr__smtp_state {
  MR__SMTP_NONE = -1, /* of the writing cursor: a group has ended, its replies decide */
#define X(id, name, write, read, timeout, stage) MR__SMTP_##id,
  MR__SMTP_STATES(X)
#undef X
      MR__SMTP_STATE_COUNT
};

typedef struct mr__smtp_row {
  const char *name;
  int (*write)(mr_session *s); /* 1: the group may go on behind this command */
  void (*read)(mr_session *s, mr__reply *reply);
  int timeout; /* mr_option_id, 0 = none */
  int stage;   /* mr_stage */
} mr__smtp_row;

const mr__smtp_row *mr__smtp_row_of(int state);

typedef struct mr__smtp_cursor {
  int state;
  size_t rcpt; /* which recipient, in RCPT */
} mr__smtp_cursor;

/* Both cursors to one state: what comes next is decided, nothing is outstanding. */
void mr__smtp_goto(mr_session *s, int state);
/* The reading cursor to the row behind, in a transaction. */
void mr__smtp_advance(mr_session *s);
/* Commands are written whose replies have not been read yet. */
int mr__smtp_outstanding(const mr_session *s);
/* Writes all that can be written now. After every change of the cursors. */
void mr__smtp_go(mr_session *s);
/* Offset in the output behind what was written so far. */
uint64_t mr__smtp_offset(const mr_session *s);
/* Offset of the first octet of the command whose reply is read next. */
uint64_t mr__smtp_begin(const mr_session *s);
/* Restarts the timer of the reading cursor's state. */
void mr__smtp_arm(mr_session *s);
uint64_t mr__smtp_timeout(const mr_session *s, int option);
int mr__smtp_stage(const mr_session *s);

/* Rows: greet.c, secure.c, envelope.c, body.c, end.c. */
int mr__smtp_write_ehlo(mr_session *s);
int mr__smtp_write_helo(mr_session *s);
int mr__smtp_write_starttls(mr_session *s);
int mr__smtp_write_handshake(mr_session *s);
int mr__smtp_write_prepare(mr_session *s);
int mr__smtp_write_rset(mr_session *s);
int mr__smtp_write_mail(mr_session *s);
int mr__smtp_write_rcpt(mr_session *s);
int mr__smtp_write_data(mr_session *s);
int mr__smtp_write_body(mr_session *s);
int mr__smtp_write_dot(mr_session *s);
int mr__smtp_write_lone_dot(mr_session *s);
int mr__smtp_write_quit(mr_session *s);

void mr__smtp_read_greeting(mr_session *s, mr__reply *reply);
void mr__smtp_read_ehlo(mr_session *s, mr__reply *reply);
void mr__smtp_read_helo(mr_session *s, mr__reply *reply);
void mr__smtp_read_starttls(mr_session *s, mr__reply *reply);
void mr__smtp_read_rset(mr_session *s, mr__reply *reply);
void mr__smtp_read_mail(mr_session *s, mr__reply *reply);
void mr__smtp_read_rcpt(mr_session *s, mr__reply *reply);
void mr__smtp_read_data(mr_session *s, mr__reply *reply);
void mr__smtp_read_early(mr_session *s, mr__reply *reply);
void mr__smtp_read_dot(mr_session *s, mr__reply *reply);
void mr__smtp_read_lone_dot(mr_session *s, mr__reply *reply);
void mr__smtp_read_quit(mr_session *s, mr__reply *reply);

#endif
