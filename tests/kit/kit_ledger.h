/* SPDX-License-Identifier: MIT */
/* What a kit_smtp_host saw: accepted mail, violations of the grammar, counters. */
#ifndef KIT_LEDGER_H
#define KIT_LEDGER_H

#include "kit/kit_buf.h"

/* Where in a connection something happens; also the index of the counters. */
enum kit_at {
  KIT_AT_ANY = 0,  /* rules only: every stage except GREETING, TLS and BODY */
  KIT_AT_GREETING, /* the connection stands */
  KIT_AT_EHLO,
  KIT_AT_HELO,
  KIT_AT_LHLO,
  KIT_AT_STARTTLS,
  KIT_AT_TLS, /* first octets of a handshake */
  KIT_AT_AUTH,
  KIT_AT_AUTH_LINE, /* the answer to a 334 */
  KIT_AT_MAIL,
  KIT_AT_RCPT,
  KIT_AT_DATA,
  KIT_AT_BODY, /* in the message: see kit_rule.octets */
  KIT_AT_DOT,  /* the final dot was read whole */
  KIT_AT_RSET,
  KIT_AT_NOOP,
  KIT_AT_VRFY,
  KIT_AT_QUIT,
  KIT_AT_OTHER, /* a verb the server does not know */
  KIT_AT_COUNT
};
const char *kit_at_name(int at);

/* What a client may never send. */
enum kit_violation_kind {
  KIT_BAD_NONE = 0,
  KIT_BAD_BARE_CR,   /* CR without LF in a command */
  KIT_BAD_BARE_LF,   /* LF without CR in a command */
  KIT_BAD_NUL,       /* NUL in a command */
  KIT_BAD_CONTROL,   /* another control character in a command */
  KIT_BAD_8BIT,      /* octet >= 0x80 in a command without SMTPUTF8, or bad UTF-8 */
  KIT_BAD_LINE_LONG, /* command over 512 octets plus what its parameters allow */
  KIT_BAD_SPACE,     /* leading, trailing or doubled space */
  KIT_BAD_VERB,      /* unknown command, or of an extension that was not offered */
  KIT_BAD_SYNTAX,    /* arguments wrong for the verb */
  KIT_BAD_PATH,      /* not <local@domain> */
  KIT_BAD_PARAM,     /* parameter of an extension that was not offered */
  KIT_BAD_PARAM_VALUE,
  KIT_BAD_PARAM_TWICE,
  KIT_BAD_SEQUENCE, /* wrong order (RFC 5321 4.1.4), EHLO skipped after TLS */
  KIT_BAD_BEFORE_GREETING,
  KIT_BAD_PIPELINED, /* sent before the last reply was read, PIPELINING not offered */
  KIT_BAD_SYNC,      /* beyond EHLO, DATA, STARTTLS, AUTH, NOOP, VRFY (RFC 2920 3.1) */
  KIT_BAD_AFTER_QUIT,
  KIT_BAD_CLEAR_AFTER_TLS, /* clear octets behind STARTTLS */
  KIT_BAD_AUTH_CLEAR,      /* a mechanism that shows the password, without TLS */
  KIT_BAD_DATA_BARE_CR,
  KIT_BAD_DATA_BARE_LF,
  KIT_BAD_DATA_NUL,
  KIT_BAD_DATA_LINE_LONG,   /* over 1000 octets with CRLF, stuffed dot not counted */
  KIT_BAD_DATA_8BIT,        /* octet >= 0x80 without BODY=8BITMIME */
  KIT_BAD_DATA_HEADER_8BIT, /* the same in the header section without SMTPUTF8 */
  KIT_BAD_DATA_DOT, /* a line that begins with one dot and goes on with another octet */
  KIT_BAD_DATA_NO_RCPT,  /* content although no recipient was accepted (R77) */
  KIT_BAD_SIZE,          /* SIZE= is not the number of canonical octets (RFC 1870) */
  KIT_BAD_SIZE_EXCEEDED, /* more than the SIZE that was offered */
  KIT_BAD_COUNT
};
const char *kit_bad_name(int kind);

typedef struct kit_violation {
  int kind;
  int at;        /* enum kit_at in which it was seen */
  unsigned conn; /* number of the connection, from 1 */
  char *text;    /* the line or a note, controls escaped */
} kit_violation;

typedef struct kit_rcpt {
  char *path;   /* without angle brackets */
  char *params; /* text behind the path, "" = none */
  int code;     /* reply to the dot for it (LMTP: its own; SMTP: the common one) */
} kit_rcpt;

/* One transaction whose final dot was answered 2yz by the server (also if that reply was
 * stalled, dropped or lost on the way: `replied` tells). */
typedef struct kit_mail {
  unsigned conn;           /* from 1 */
  unsigned transaction;    /* on that connection, from 1 */
  uint64_t now;            /* time of the dot */
  char *helo;              /* name given last */
  int esmtp;               /* 1: EHLO or LHLO */
  int tls;                 /* 1: under TLS */
  char *sni, *tls_version; /* "" = none */
  int tls_resumed;
  char *auth;      /* user authenticated, "" = none */
  char *sender;    /* without angle brackets, "" = null path */
  char *params;    /* of MAIL, "" = none */
  kit_rcpt *rcpts; /* the accepted ones */
  size_t rcpt_count;
  char *data; /* canonical unstuffed octets, then a NUL */
  size_t len;
  int replied; /* 1: the 2yz reply went into the output */
} kit_mail;

typedef struct kit_ledger {
  kit_mail *mails;
  size_t mail_count;
  kit_violation *violations;
  size_t violation_count;
  unsigned counts[KIT_AT_COUNT]; /* commands (or moments) of each kind */
  unsigned bad[KIT_BAD_COUNT];   /* violations of each kind */
  unsigned connections;
  unsigned handshakes, handshakes_failed, resumed;
  unsigned replies; /* sent */
  unsigned rcpt_accepted, rcpt_refused;
  unsigned unfinished; /* connections that ended inside a transaction or a command */
  uint64_t octets_in, octets_out;
} kit_ledger;

/* "kind at: text" of each violation, one per line; "" = a clean client. free() it. */
char *kit_ledger_report(const kit_ledger *ledger);
/* Copies of mail with this recipient (exact) / with this text in its data. */
size_t kit_ledger_copies(const kit_ledger *ledger, const char *rcpt);
size_t kit_ledger_containing(const kit_ledger *ledger, const char *text);

/* Used by the server. */
void kit_ledger_violate(kit_ledger *ledger, unsigned conn, int at, int kind,
                        const char *text, size_t len);
void kit_mail_free(kit_mail *mail); /* its members */
void kit_ledger_free(kit_ledger *ledger);

#endif
