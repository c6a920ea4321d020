/* SPDX-License-Identifier: MIT */
/* A TLS server over memory buffers (GnuTLS). Only with MR_WITH_TLS. */
#ifndef KIT_TLS_H
#define KIT_TLS_H

#include <stddef.h>

#include "kit/kit_buf.h"

/* One certificate; given to clients whose SNI equals name (NULL or "" = the default). */
typedef struct kit_tls_cert {
  const char *name;
  const char *chain_pem;
  const char *key_pem;
} kit_tls_cert;

typedef struct kit_tls_context
    kit_tls_context;            /* certificates and ticket key of a host */
typedef struct kit_tls kit_tls; /* one connection */

/* priorities: a GnuTLS priority string, NULL = "NORMAL". The texts are copied. */
kit_tls_context *kit_tls_context_new(const kit_tls_cert *certs, size_t count,
                                     const char *priorities);
void kit_tls_context_free(kit_tls_context *context);

kit_tls *kit_tls_new(kit_tls_context *context);
void kit_tls_free(kit_tls *tls);

/* Takes ciphertext; appends ciphertext to send to out and decrypted octets to plain. */
enum kit_tls_state { KIT_TLS_SHAKING, KIT_TLS_OPEN, KIT_TLS_CLOSED, KIT_TLS_FAILED };
int kit_tls_feed(kit_tls *tls, const void *data, size_t len, kit_buf *plain,
                 kit_buf *out);
int kit_tls_state(const kit_tls *tls);
void kit_tls_send(kit_tls *tls, const void *data, size_t len, kit_buf *out);
void kit_tls_bye(kit_tls *tls, kit_buf *out);                    /* close_notify */
void kit_tls_alert(kit_tls *tls, int description, kit_buf *out); /* fatal alert */

/* Odd things that a server may do. */
void kit_tls_rekey(kit_tls *tls, kit_buf *out);       /* TLS 1.3 key update */
void kit_tls_renegotiate(kit_tls *tls, kit_buf *out); /* TLS 1.2 HelloRequest */
void kit_tls_tickets(kit_tls *tls, unsigned count, kit_buf *out); /* TLS 1.3 */

const char *kit_tls_sni(const kit_tls *tls);     /* "" = none was sent */
const char *kit_tls_version(const kit_tls *tls); /* "TLS1.3", "" before the handshake */
const char *kit_tls_error(const kit_tls *tls);   /* why it failed, "" */
int kit_tls_resumed(const kit_tls *tls);

#endif
