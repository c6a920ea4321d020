/* SPDX-License-Identifier: MIT */
/* A TLS client over memory: ciphertext in and out, plaintext in and out, no sockets. */
#ifndef MR_TLS_TLS_H
#define MR_TLS_TLS_H

#include <mailroute/tls.h>

#include "base/buf.h"
#include "base/out.h"

typedef struct mr__tls mr__tls;

typedef struct mr__tls_info {
  const char *version; /* "TLS1.3", "" before the handshake is done */
  const char *cipher;  /* "AES-256-GCM" and the like */
  int verified; /* the certificate was checked against names and anchors, and is good */
  char fingerprint[65]; /* SHA-256 of the peer's certificate, hex; "" = none */
} mr__tls_info;

/* Why a handshake or the stream failed: maps to mr_reason. */
enum mr__tls_failure {
  MR__TLS_FAIL_NONE = 0,
  MR__TLS_FAIL_HANDSHAKE,   /* alert, protocol mismatch, garbage, end in the handshake */
  MR__TLS_FAIL_CERTIFICATE, /* chain, name, purpose, algorithm */
  MR__TLS_FAIL_CLOCK,       /* not valid at env.wall, or that is unknown: text has both */
  MR__TLS_FAIL_NO_TRUST,    /* VERIFY without anchors */
  MR__TLS_FAIL_TRUNCATED,   /* stream ended without close_notify */
  MR__TLS_FAIL_MEMORY
};

/* Ciphertext for the peer is appended to `sink` (which must outlive the object) as soon
 * as it exists. The need is copied. MR_ERR_NOMEM, MR_ERR_TLS. */
int mr__tls_new(mr__tls **out, const mr_env *env, const mr_tls_need *need, mr__out *sink);
void mr__tls_free(mr__tls *tls);
/* Starts: writes the ClientHello. */
int mr__tls_start(mr__tls *tls);
/* All octets are taken and decrypted. MR_OK, MR_ERR_TLS (see failure and text; sticky),
 * MR_ERR_NOMEM. What came whole before a failure is read first: while it waits, recv
 * answers MR_OK, and the read that finds nothing more gives the error. MR_ERR_STATE: not
 * started. */
int mr__tls_recv(mr__tls *tls, const uint8_t *data, size_t len);
int mr__tls_ready(const mr__tls *tls); /* handshake done and certificate accepted */
/* Decrypted octets that wait: up to cap of them. *len = 0: none now. MR_ERR_TLS. */
int mr__tls_read(mr__tls *tls, uint8_t *buf, size_t cap, size_t *len);
/* Encrypts all; MR_ERR_NOMEM, MR_ERR_STATE (not ready). One call = at least one record.
 */
int mr__tls_write(mr__tls *tls, const uint8_t *data, size_t len);
void mr__tls_bye(mr__tls *tls); /* close_notify, if possible */
/* The transport ended: MR_OK if close_notify had come, else MR_ERR_TLS (truncated). */
int mr__tls_end(mr__tls *tls);
int mr__tls_failure(const mr__tls *tls);
const char *mr__tls_text(const mr__tls *tls); /* for people, never NULL */
const mr__tls_info *mr__tls_info_get(const mr__tls *tls);

#endif
