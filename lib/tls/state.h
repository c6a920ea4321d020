/* SPDX-License-Identifier: MIT */
/* What the files of a TLS connection share: life (tls.c), handshake (handshake.c) and
 * records (record.c). */
#ifndef MR_TLS_STATE_H
#define MR_TLS_STATE_H

#include <gnutls/gnutls.h>

#include "tls/tls.h"
#include "tls/verify.h"

enum {
  MR__TLS_HANDSHAKE_MAX =
      256 * 1024,                 /* octets from the peer until the handshake is done */
  MR__TLS_PACKET_MAX = 64 * 1024, /* one handshake message, such as a chain */
  MR__TLS_MESSAGES_MAX = 64,      /* handshake messages, tickets, key updates, warnings */
  MR__TLS_PLAIN_MAX = 64 * 1024,  /* decrypted and not read yet */
  MR__TLS_SILENT_MAX = 64 * 1024  /* octets from the peer that carry no data in between */
};

struct mr__tls {
  mr_env env;
  mr__out *out;
  gnutls_session_t session;
  gnutls_certificate_credentials_t credentials;
  mr_trust *trust;
  int level;
  mr__name *names;
  size_t name_count;
  char sni[MR__DOMAIN_TEXT];

  const uint8_t *in; /* what recv was given and GnuTLS has not taken yet */
  size_t in_len;
  mr__buf plain; /* decrypted, from plain_read on for the caller */
  size_t plain_read;

  int started, ready;
  int peer_done; /* close_notify came */
  int judged;    /* the certificate was checked; without it VERIFY is never ready */
  int out_failed;
  int too_much;         /* from the peer: a limit was reached */
  size_t silent_octets; /* since the start, then since the last data */
  unsigned messages;

  int err; /* sticky */
  mr__verdict verdict;
  mr__tls_info info;
};

/* Session, credentials, transport and limits. MR_ERR_NOMEM, MR_ERR_TLS. */
int mr__tls_session_init(mr__tls *tls);
/* Goes on with the handshake as far as the input carries it. */
int mr__tls_shake(mr__tls *tls);
/* Decrypts all input into `plain`. */
int mr__tls_decrypt(mr__tls *tls);

/* The first failure sticks; its text is what, then detail. Returns the error that the
 * object answers from now on. */
int mr__tls_fail(mr__tls *tls, int failure, const char *what, const char *detail);
/* The same for a result of GnuTLS; tells the peer by an alert if that is due. */
int mr__tls_fail_rc(mr__tls *tls, int rc, const char *what);

#endif
