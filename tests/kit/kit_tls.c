/* SPDX-License-Identifier: MIT */
#include "kit/kit_tls.h"

#if MR_WITH_TLS
#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kit/kit_alloc.h"

typedef struct slot {
  char *name;
  gnutls_certificate_credentials_t cred;
} slot;

struct kit_tls_context {
  slot *slots;
  size_t count;
  char *priorities;
  gnutls_datum_t ticket_key;
};

struct kit_tls {
  kit_tls_context *context;
  gnutls_session_t session;
  kit_buf in;
  kit_buf *out; /* while a call is running */
  int state;
  char sni[256], version[16], error[128];
};

static void fill_slot(slot *s, const kit_tls_cert *cert) {
  gnutls_datum_t chain = {(unsigned char *)cert->chain_pem,
                          (unsigned)strlen(cert->chain_pem)};
  gnutls_datum_t key = {(unsigned char *)cert->key_pem, (unsigned)strlen(cert->key_pem)};
  s->name = kit_xdup(cert->name ? cert->name : "");
  if (gnutls_certificate_allocate_credentials(&s->cred) < 0 ||
      gnutls_certificate_set_x509_key_mem(s->cred, &chain, &key, GNUTLS_X509_FMT_PEM) < 0)
    kit_die("TLS: certificate and key do not load");
}

kit_tls_context *kit_tls_context_new(const kit_tls_cert *certs, size_t count,
                                     const char *priorities) {
  kit_tls_context *c = kit_xalloc(NULL, sizeof *c);
  c->slots = kit_xalloc(NULL, count * sizeof *c->slots);
  c->count = count;
  for (size_t i = 0; i < count; i++)
    fill_slot(&c->slots[i], &certs[i]);
  c->priorities = kit_xdup(priorities ? priorities : "NORMAL");
  if (gnutls_session_ticket_key_generate(&c->ticket_key) < 0)
    kit_die("TLS: ticket key");
  return c;
}

void kit_tls_context_free(kit_tls_context *context) {
  if (!context)
    return;
  for (size_t i = 0; i < context->count; i++) {
    gnutls_certificate_free_credentials(context->slots[i].cred);
    free(context->slots[i].name);
  }
  gnutls_free(context->ticket_key.data);
  free(context->slots);
  free(context->priorities);
  free(context);
}

static ssize_t push(gnutls_transport_ptr_t ptr, const void *data, size_t len) {
  kit_tls *tls = ptr;
  if (tls->out)
    kit_buf_add(tls->out, data, len);
  return (ssize_t)len;
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *data, size_t len) {
  kit_tls *tls = ptr;
  size_t left = kit_buf_left(&tls->in);
  if (!left) {
    gnutls_transport_set_errno(tls->session, EAGAIN);
    return -1;
  }
  size_t n = left < len ? left : len;
  memcpy(data, kit_buf_at(&tls->in), n);
  kit_buf_take(&tls->in, n);
  return (ssize_t)n;
}

static int pull_ready(gnutls_transport_ptr_t ptr, unsigned ms) {
  kit_tls *tls = ptr;
  (void)ms;
  return kit_buf_left(&tls->in) > 0;
}

static slot *slot_for(kit_tls_context *c, const char *sni) {
  slot *fallback = NULL;
  for (size_t i = 0; i < c->count; i++) {
    if (!strcasecmp(c->slots[i].name, sni) && *sni)
      return &c->slots[i];
    if (!c->slots[i].name[0] && !fallback)
      fallback = &c->slots[i];
  }
  return fallback ? fallback : c->count ? &c->slots[0] : NULL;
}

static int on_client_hello(gnutls_session_t session) {
  kit_tls *tls = gnutls_session_get_ptr(session);
  size_t len = sizeof tls->sni - 1;
  unsigned type;
  if (gnutls_server_name_get(session, tls->sni, &len, &type, 0) < 0)
    tls->sni[0] = '\0';
  slot *s = slot_for(tls->context, tls->sni);
  if (!s)
    return GNUTLS_E_NO_CERTIFICATE_FOUND;
  return gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, s->cred);
}

kit_tls *kit_tls_new(kit_tls_context *context) {
  kit_tls *tls = kit_xalloc(NULL, sizeof *tls);
  tls->context = context;
  if (gnutls_init(&tls->session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) <
          0 ||
      gnutls_priority_set_direct(tls->session, context->priorities, NULL) < 0 ||
      gnutls_session_ticket_enable_server(tls->session, &context->ticket_key) < 0)
    kit_die("TLS: session");
  gnutls_session_set_ptr(tls->session, tls);
  gnutls_transport_set_ptr(tls->session, tls);
  gnutls_transport_set_push_function(tls->session, push);
  gnutls_transport_set_pull_function(tls->session, pull);
  gnutls_transport_set_pull_timeout_function(tls->session, pull_ready);
  gnutls_handshake_set_post_client_hello_function(tls->session, on_client_hello);
  gnutls_certificate_server_set_request(tls->session, GNUTLS_CERT_IGNORE);
  return tls;
}

void kit_tls_free(kit_tls *tls) {
  if (!tls)
    return;
  gnutls_deinit(tls->session);
  kit_buf_free(&tls->in);
  free(tls);
}

static void failed(kit_tls *tls, int rc) {
  const char *text = gnutls_strerror(rc);
  if (rc == GNUTLS_E_FATAL_ALERT_RECEIVED)
    text = gnutls_alert_get_name(gnutls_alert_get(tls->session));
  snprintf(tls->error, sizeof tls->error, "%s", text ? text : "unknown");
  tls->state = KIT_TLS_FAILED;
}

static void shake(kit_tls *tls) {
  int rc;
  do
    rc = gnutls_handshake(tls->session);
  while (rc < 0 && rc != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(rc));
  if (rc == GNUTLS_E_AGAIN)
    return;
  if (rc < 0) {
    gnutls_alert_send_appropriate(tls->session, rc);
    failed(tls, rc);
    return;
  }
  tls->state = KIT_TLS_OPEN;
  snprintf(tls->version, sizeof tls->version, "%s",
           gnutls_protocol_get_name(gnutls_protocol_get_version(tls->session)));
}

static void decrypt(kit_tls *tls, kit_buf *plain) {
  char chunk[16384];
  while (tls->state == KIT_TLS_OPEN) {
    ssize_t n = gnutls_record_recv(tls->session, chunk, sizeof chunk);
    if (n > 0)
      kit_buf_add(plain, chunk, (size_t)n);
    else if (n == GNUTLS_E_AGAIN)
      return;
    else if (n == 0)
      tls->state = KIT_TLS_CLOSED;
    else if (gnutls_error_is_fatal((int)n))
      failed(tls, (int)n);
  }
}

int kit_tls_feed(kit_tls *tls, const void *data, size_t len, kit_buf *plain,
                 kit_buf *out) {
  kit_buf_add(&tls->in, data, len);
  tls->out = out;
  if (tls->state == KIT_TLS_SHAKING)
    shake(tls);
  if (tls->state == KIT_TLS_OPEN)
    decrypt(tls, plain);
  tls->out = NULL;
  return tls->state;
}

int kit_tls_state(const kit_tls *tls) { return tls->state; }

void kit_tls_send(kit_tls *tls, const void *data, size_t len, kit_buf *out) {
  const char *p = data;
  tls->out = out;
  while (len && tls->state != KIT_TLS_FAILED && tls->state != KIT_TLS_SHAKING) {
    ssize_t n = gnutls_record_send(tls->session, p, len);
    if (n > 0) {
      p += n;
      len -= (size_t)n;
    } else if (n != GNUTLS_E_AGAIN && n != GNUTLS_E_INTERRUPTED) {
      failed(tls, (int)n);
    }
  }
  tls->out = NULL;
}

void kit_tls_bye(kit_tls *tls, kit_buf *out) {
  tls->out = out;
  if (tls->state == KIT_TLS_OPEN || tls->state == KIT_TLS_CLOSED)
    gnutls_bye(tls->session, GNUTLS_SHUT_WR);
  tls->out = NULL;
}

void kit_tls_alert(kit_tls *tls, int description, kit_buf *out) {
  tls->out = out;
  gnutls_alert_send(tls->session, GNUTLS_AL_FATAL,
                    (gnutls_alert_description_t)description);
  tls->out = NULL;
  tls->state = KIT_TLS_FAILED;
  snprintf(tls->error, sizeof tls->error, "alert %d sent on purpose", description);
}

void kit_tls_rekey(kit_tls *tls, kit_buf *out) {
  tls->out = out;
  if (gnutls_session_key_update(tls->session, 0) < 0)
    kit_die("TLS: key update");
  tls->out = NULL;
}

void kit_tls_renegotiate(kit_tls *tls, kit_buf *out) {
  tls->out = out;
  if (gnutls_rehandshake(tls->session) < 0)
    kit_die("TLS: renegotiation");
  tls->out = NULL;
}

void kit_tls_tickets(kit_tls *tls, unsigned count, kit_buf *out) {
  tls->out = out;
  if (gnutls_session_ticket_send(tls->session, count, 0) < 0)
    kit_die("TLS: tickets");
  tls->out = NULL;
}

const char *kit_tls_sni(const kit_tls *tls) { return tls->sni; }
const char *kit_tls_version(const kit_tls *tls) { return tls->version; }
const char *kit_tls_error(const kit_tls *tls) { return tls->error; }

int kit_tls_resumed(const kit_tls *tls) {
  return gnutls_session_is_resumed(tls->session);
}

#endif
