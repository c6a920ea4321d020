/* SPDX-License-Identifier: MIT */
/* Inside of kit_smtp: host, connection, and what its files call of each other. */
#ifndef KIT_SMTP_IMPL_H
#define KIT_SMTP_IMPL_H

#include "kit/kit_alloc.h"
#include "kit/kit_grammar.h"
#include "kit/kit_smtp.h"

enum {
  KIT_COMMAND_MAX = 512,     /* RFC 5321 4.5.3.1.4 */
  KIT_AUTH_LINE_MAX = 12288, /* RFC 4954 4 */
  KIT_TEXT_LINE_MAX = 1000,  /* RFC 5321 4.5.3.1.6 */
  KIT_LINE_KEEP = 65536      /* an endless command line is cut here */
};

struct kit_smtp_host {
  kit_smtp_config config;
  kit_rule *rules;
  unsigned *hits; /* of each rule */
  size_t rule_count;
  char **kept; /* copies of the configuration's texts */
  size_t kept_count;
  kit_ledger ledger;
  void *stored_user; /* of config.stored */
  size_t mail_cap;
  char **pairs; /* greylist, sorted */
  size_t pair_count;
  kit_buf transcript;
  kit_tls_context *tls;
};

enum kit_phase {
  KIT_PHASE_COMMAND, /* also while the greeting is due */
  KIT_PHASE_AUTH,    /* the next line answers a 334 */
  KIT_PHASE_DATA,
  KIT_PHASE_TLS,   /* 220 to STARTTLS is out: the next octets are a ClientHello */
  KIT_PHASE_SHAKE, /* in the handshake */
  KIT_PHASE_STUB,  /* the caller does TLS */
  KIT_PHASE_DEAD   /* closing, or never answers again */
};

enum kit_line_state { KIT_BOL, KIT_DOT, KIT_DOT_CR, KIT_TEXT, KIT_CR };

/* One reply on its way out. Input waits while it is active. */
typedef struct kit_pending {
  int active;
  kit_buf text;
  size_t reply_len; /* the rest is `extra` */
  size_t sent;
  uint64_t due, dribble;
  int action;  /* enum kit_do of what follows */
  int counts;  /* 1: the client must read it before it goes on */
  int next;    /* phase after it */
  size_t mail; /* index + 1 of the mail it confirms; 0 = none */
} kit_pending;

struct kit_smtp {
  kit_smtp_host *host;
  unsigned number;
  uint64_t now;
  int phase, wants_close;
  kit_buf wire, in, out; /* octets for a handshake to come; clear input; output */
  uint64_t out_total, out_read;
  uint64_t reply_end; /* out_total behind the last reply that counts */
  int at;             /* stage of the last command */
  int ahead;          /* the command in hand came before that reply was read */
  int ahead_checked;
  kit_pending pending;
  kit_tls *tls;
  int greeted, hello_seen, under_tls, resumed, quit;
  char *tls_version, *sni;

  /* from the last EHLO */
  int esmtp;
  char *helo;      /* NULL = none yet */
  kit_buf offered; /* lines of the reply that was really sent */

  char *mechanism, *user; /* of AUTH */
  unsigned login_step;

  /* transaction */
  unsigned transaction;
  int mail_tried, mail_ok, rcpt_tried;
  int utf8, body8;
  uint64_t size; /* SIZE=, UINT64_MAX = none */
  kit_mail mail; /* sender, recipients and data as they come */

  /* message */
  int line;
  int in_header;
  size_t line_len;
  uint64_t raw;
  unsigned long told; /* kinds of violations recorded in this message */
  kit_buf body;
  const kit_rule *body_rule;
};

/* kit_smtp.c */
void kit__smtp_bad(kit_smtp *s, int kind, const char *text, size_t len);
void kit__smtp_log(kit_smtp *s, char who, const char *text, size_t len);
void kit__smtp_reset(kit_smtp *s); /* the transaction */

/* kit_smtp_reply.c. `honest` = complete reply lines. Returns the first digit that the
 * server goes by: '2'..'5', 0 = none of them. */
int kit__smtp_reply(kit_smtp *s, int at, const char *arg, const char *honest);
/* As one of several replies to one command (LMTP): appended to the pending one. */
int kit__smtp_reply_more(kit_smtp *s, int at, const char *arg, const char *honest,
                         int *discard);
const kit_rule *kit__smtp_rule(kit_smtp *s, int at, const char *arg);
void kit__smtp_play(kit_smtp *s, const kit_rule *rule, const char *honest, int counts);
void kit__smtp_progress(kit_smtp *s);
int kit__smtp_outstanding(const kit_smtp *s);
const char *kit__smtp_offers(const kit_smtp *s, const char *keyword); /* its arguments */
uint64_t kit__smtp_size_limit(const kit_smtp *s); /* UINT64_MAX = none */

/* kit_smtp_command.c */
int kit__smtp_line(kit_smtp *s); /* one step; 0 = needs more input */
void kit__smtp_check_ahead(kit_smtp *s);

/* kit_smtp_mail.c */
void kit__smtp_mail_command(kit_smtp *s, char *arg, size_t len);
void kit__smtp_rcpt_command(kit_smtp *s, char *arg, size_t len);

/* kit_smtp_data.c */
void kit__smtp_data_command(kit_smtp *s, size_t len);
int kit__smtp_data(kit_smtp *s);

/* kit_smtp_auth.c */
void kit__smtp_auth_command(kit_smtp *s, const char *arg, size_t len);
void kit__smtp_auth_line(kit_smtp *s, const char *line);

/* kit_smtp_tls.c */
void kit__smtp_emit(kit_smtp *s, const char *data, size_t len);
int kit__smtp_tls_start(kit_smtp *s); /* one step */
void kit__smtp_tls_feed(kit_smtp *s, const void *data, size_t len);
void kit__smtp_tls_up(kit_smtp *s, const char *version, const char *sni);
void kit__smtp_shut(kit_smtp *s, int how); /* enum kit_close */
void kit__smtp_tls_context(kit_smtp_host *host, const kit_tls_cert *certs, size_t count);
void kit__smtp_tls_context_drop(kit_smtp_host *host);
void kit__smtp_tls_free(kit_smtp *s);

#endif
