/* SPDX-License-Identifier: MIT */
/*
 * A strict scripted SMTP (or LMTP) server without I/O. A kit_smtp_host is a server with
 * its configuration, rules and ledger; each kit_smtp is one connection to it:
 *
 *   s = kit_smtp_connect(host, now)          the greeting is in the output
 *   kit_smtp_output(s, &data, &len), kit_smtp_consumed(s, n)   what the client has READ
 *   kit_smtp_feed(s, data, len, now)         what the client sent
 *   kit_smtp_deadline(s), kit_smtp_tick(s, now)      for rules with a delay
 *   kit_smtp_wants_close(s)
 *   kit_smtp_closed(s, now)                  the client closed; then kit_smtp_free(s)
 *
 * Pipelining is judged by what was consumed: a caller that models a slow link calls
 * consumed only when the octets reach the client. Time is the caller's, in milliseconds.
 */
#ifndef KIT_SMTP_H
#define KIT_SMTP_H

#include "kit/kit_ledger.h"
#include "kit/kit_tls.h"

/* What a rule does. The honest reply is what the server would say without the rule. */
enum kit_do {
  KIT_DO_REPLY = 0,   /* send `reply` (NULL: the honest one), then `extra` */
  KIT_DO_CLOSE_AFTER, /* the same, then close */
  KIT_DO_CLOSE,       /* close without a reply */
  KIT_DO_RESET,       /* the same, as a connection reset: output not consumed is lost */
  KIT_DO_STALL /* never say anything again (a dot is still stored if it would be) */
};

enum kit_where { KIT_ANYWHERE = 0, KIT_IN_CLEAR, KIT_IN_TLS };

/* First rule that fits is taken. Zero members restrict nothing. All texts are copied. */
typedef struct kit_rule {
  int at;               /* enum kit_at */
  unsigned first, last; /* n-th..m-th time that this rule fits on the host, from 1;
                           last 0 = no end */
  unsigned conn_first, conn_last; /* on connections numbered so, from 1 */
  const char *match; /* glob (*, ?) over the arguments: the path without <> for MAIL and
                        RCPT, the mechanism for AUTH, the name for EHLO; any case */
  int where;         /* enum kit_where */
  int action;        /* enum kit_do */
  const char *reply; /* raw octets with line ends, may be garbage; its first digit decides
                        what the server then believes. NULL = honest, "" = no
                          reply, but it goes on */
  size_t reply_len;  /* 0 = strlen(reply) */
  const char *extra; /* octets right behind the reply: injection, surplus replies. At
                        STARTTLS they go out in clear before the handshake */
  size_t extra_len;  /* 0 = strlen(extra) */
  uint64_t delay;    /* milliseconds before it happens; input waits meanwhile */
  uint64_t dribble;  /* > 0: the reply comes one octet per this many milliseconds */
  uint64_t octets;   /* KIT_AT_BODY: when so many raw octets of the message were read; the
                        reply is sent in the midst of the message (early-250) */
  int discard;       /* KIT_AT_DOT: a 2yz reply although nothing is stored */
} kit_rule;

typedef struct kit_smtp_host kit_smtp_host;
typedef struct kit_smtp kit_smtp;

/* All members may be 0 / NULL. Copied, except `user` and the functions. */
typedef struct kit_smtp_config {
  const char *name;        /* host name in greeting and EHLO; NULL = "mx.test" */
  const char *const *ehlo; /* EHLO keyword lines, NULL-terminated. NULL = PIPELINING, SIZE
                              10485760, 8BITMIME, ENHANCEDSTATUSCODES, and STARTTLS if
                              certs or stub_tls are set */
  const char *const *ehlo_tls; /* the lines after STARTTLS; NULL = ehlo minus STARTTLS */
  const kit_rule *rules;
  size_t rule_count;
  const kit_tls_cert *certs; /* none = a handshake fails with an alert */
  size_t cert_count;
  const char *priorities; /* GnuTLS priority string */
  int tls_alert;          /* > 0: answer every ClientHello by this fatal alert */
  int tls_no_bye;         /* 1: close TLS connections without close_notify */
  int tls_at_once;        /* 1: TLS from the first octet (port 465) */
  int stub_tls;           /* 1: after the 220 to STARTTLS wait for kit_smtp_stub_tls() */
  int lmtp;               /* 1: LHLO, one reply per recipient after the dot */
  int greylist;           /* 1: 451 the first time for a pair (sender, recipient) */
  unsigned rcpt_max;      /* 452 for recipients after so many accepted; 0 = none */
  uint64_t delay;         /* before every reply (tarpit) */
  int transcript;         /* 1: keep kit_smtp_transcript() */
  const char *user_name, *password; /* for AUTH PLAIN and LOGIN */
  /* For other mechanisms: line = decoded by nobody, "" at the start without initial
   * response. Writes the reply line ("334 ...\r\n", "235 ...\r\n") and, with a 235, the
   * user's name. Returns 0; nonzero = 504. */
  int (*auth)(void *user, kit_smtp *conn, const char *mechanism, const char *line,
              kit_buf *reply, kit_buf *name);
  /* Each mail when it was stored. */
  void (*stored)(void *user, const kit_mail *mail);
  void *user;
} kit_smtp_config;

kit_smtp_host *kit_smtp_host_new(const kit_smtp_config *config); /* NULL = defaults */
void kit_smtp_host_free(kit_smtp_host *host); /* after its connections */
const kit_ledger *kit_smtp_ledger(const kit_smtp_host *host);
void kit_smtp_rules(kit_smtp_host *host, const kit_rule *rules,
                    size_t count); /* replaces */
void kit_smtp_certs(kit_smtp_host *host, const kit_tls_cert *certs, size_t count);
/* Replaces config.stored; `user` of config.auth stays. */
void kit_smtp_on_stored(kit_smtp_host *host, void (*stored)(void *, const kit_mail *),
                        void *user);
/* "N C: line" and "N S: line" of all connections; message octets are left out. */
const char *kit_smtp_transcript(const kit_smtp_host *host);

kit_smtp *kit_smtp_connect(kit_smtp_host *host, uint64_t now);
unsigned kit_smtp_number(const kit_smtp *s); /* of the connection, from 1 */
void kit_smtp_feed(kit_smtp *s, const void *data, size_t len, uint64_t now);
void kit_smtp_output(const kit_smtp *s, const void **data, size_t *len);
void kit_smtp_consumed(kit_smtp *s, size_t n);
uint64_t kit_smtp_deadline(const kit_smtp *s); /* UINT64_MAX = none */
void kit_smtp_tick(kit_smtp *s, uint64_t now);
/* KIT_CLOSE_EOF: once the output was consumed; KIT_CLOSE_RESET: now, as a reset. */
enum kit_close { KIT_CLOSE_NO = 0, KIT_CLOSE_EOF, KIT_CLOSE_RESET };
int kit_smtp_wants_close(const kit_smtp *s);
void kit_smtp_closed(kit_smtp *s, uint64_t now);
void kit_smtp_free(kit_smtp *s);

/* With stub_tls: the host's own TLS is done. version "" = it failed. */
int kit_smtp_wants_stub_tls(const kit_smtp *s);
void kit_smtp_stub_tls(kit_smtp *s, const char *version, const char *sni, uint64_t now);

#endif
