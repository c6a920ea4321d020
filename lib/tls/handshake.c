/* SPDX-License-Identifier: MIT */
#include "base/config.h"
#include "tls/tls.h"

#if MR_WITH_TLS
#include <errno.h> /* EAGAIN and EIO: what GnuTLS wants to be told */
#include <string.h>

#include "crypto/digest.h"
#include "tls/priority.h"
#include "tls/state.h"

static ssize_t push(gnutls_transport_ptr_t ptr, const void *data, size_t len) {
  mr__tls *tls = ptr;
  if (!tls->out_failed && mr__out_put(tls->out, data, len) == MR_OK)
    return (ssize_t)len;
  tls->out_failed = 1;
  gnutls_transport_set_errno(tls->session, EIO);
  return -1;
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *data, size_t len) {
  mr__tls *tls = ptr;
  size_t n = len < tls->in_len ? len : tls->in_len;
  size_t max = tls->ready ? (size_t)MR__TLS_SILENT_MAX : (size_t)MR__TLS_HANDSHAKE_MAX;
  if (n > max - tls->silent_octets)
    tls->too_much = 1;
  if (n == 0 || tls->too_much) {
    gnutls_transport_set_errno(tls->session, tls->too_much ? EIO : EAGAIN);
    return -1;
  }
  memcpy(data, tls->in, n);
  tls->in += n;
  tls->in_len -= n;
  tls->silent_octets += n;
  return (ssize_t)n;
}

static int pull_ready(gnutls_transport_ptr_t ptr, unsigned ms) {
  const mr__tls *tls = ptr;
  (void)ms;
  return tls->in_len > 0;
}

/* Bounds what a peer can make us do without sending data: key updates, tickets. */
static int on_message(gnutls_session_t session, unsigned type, unsigned when,
                      unsigned incoming, const gnutls_datum_t *message) {
  mr__tls *tls = gnutls_session_get_ptr(session);
  (void)type;
  (void)when;
  (void)message;
  if (incoming && ++tls->messages > MR__TLS_MESSAGES_MAX)
    return GNUTLS_E_TOO_MANY_HANDSHAKE_PACKETS;
  return 0;
}

/* In the place of the library's own, which writes secrets where the environment says. */
static int no_key_log(gnutls_session_t session, const char *label,
                      const gnutls_datum_t *secret) {
  (void)session;
  (void)label;
  (void)secret;
  return 0;
}

/* Called while the peer waits for our Finished, so that a bad chain never sees it. */
static int judge(gnutls_session_t session) {
  mr__tls *tls = gnutls_session_get_ptr(session);
  mr__verify_job job = {.env = &tls->env,
                        .trust = tls->trust,
                        .names = tls->names,
                        .name_count = tls->name_count};
  mr__verdict verdict;
  if (gnutls_certificate_type_get2(session, GNUTLS_CTYPE_SERVER) == GNUTLS_CRT_X509)
    job.chain = gnutls_certificate_get_peers(session, &job.count);
  if (mr__verify(&job, &verdict)) {
    tls->judged = 1;
    return 0;
  }
  mr__tls_fail(tls, verdict.failure, verdict.text, "");
  return GNUTLS_E_CERTIFICATE_ERROR;
}

static int set_priority(mr__tls *tls) {
  if (tls->trust)
    return gnutls_priority_set(tls->session, mr__trust_priority(tls->trust));
  const char *text = tls->level == MR_TLS_VERIFY ? MR__PRIORITY_VERIFY : MR__PRIORITY_ANY;
  return gnutls_priority_set_direct(tls->session, text, NULL);
}

static int set_up(mr__tls *tls) {
  int rc = set_priority(tls);
  if (rc >= 0)
    rc = gnutls_certificate_allocate_credentials(&tls->credentials);
  if (rc >= 0)
    rc = gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE, tls->credentials);
  if (rc >= 0 && tls->sni[0])
    rc = gnutls_server_name_set(tls->session, GNUTLS_NAME_DNS, tls->sni,
                                mr__strlen(tls->sni));
  if (rc >= 0 && tls->level == MR_TLS_VERIFY)
    gnutls_certificate_set_verify_function(tls->credentials, judge);
  return rc;
}

/* No tickets: a session that is never resumed cannot be resumed under another policy. */
int mr__tls_session_init(mr__tls *tls) {
  const unsigned flags =
      GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS;
  int rc = gnutls_init(&tls->session, flags);
  if (rc < 0) {
    tls->session = NULL;
  } else {
    gnutls_session_set_ptr(tls->session, tls);
    gnutls_session_set_keylog_function(tls->session, no_key_log);
    gnutls_transport_set_ptr(tls->session, tls);
    gnutls_transport_set_push_function(tls->session, push);
    gnutls_transport_set_pull_function(tls->session, pull);
    gnutls_transport_set_pull_timeout_function(tls->session, pull_ready);
    gnutls_handshake_set_max_packet_length(tls->session, MR__TLS_PACKET_MAX);
    gnutls_handshake_set_hook_function(tls->session, GNUTLS_HANDSHAKE_ANY,
                                       GNUTLS_HOOK_PRE, on_message);
    rc = set_up(tls);
  }
  if (rc >= 0)
    return MR_OK;
  return rc == GNUTLS_E_MEMORY_ERROR ? MR_ERR_NOMEM : MR_ERR_TLS;
}

/* RFC 8446 section 6.2; the library's own words are for no reader. */
static const char *alert_text(gnutls_session_t session) {
  const char *text = gnutls_alert_get_strname(gnutls_alert_get(session));
  return text ? text : "unknown alert";
}

int mr__tls_fail_rc(mr__tls *tls, int rc, const char *what) {
  if (tls->out_failed || rc == GNUTLS_E_MEMORY_ERROR)
    return mr__tls_fail(tls, MR__TLS_FAIL_MEMORY, what, "no memory");
  if (rc == GNUTLS_E_FATAL_ALERT_RECEIVED)
    return mr__tls_fail(tls, MR__TLS_FAIL_HANDSHAKE, what, alert_text(tls->session));
  mr__tls_fail(tls, MR__TLS_FAIL_HANDSHAKE, what,
               tls->too_much ? "too much without data" : gnutls_strerror(rc));
  gnutls_alert_send_appropriate(tls->session, rc);
  return tls->err;
}

static int note_peer(mr__tls *tls) {
  static const char digits[] = "0123456789abcdef";
  uint8_t digest[MR__DIGEST_MAX];
  unsigned count = 0;
  const gnutls_datum_t *chain = gnutls_certificate_get_peers(tls->session, &count);
  if (!chain || !count)
    return MR_OK;
  int rc = mr__digest_of(MR__SHA256, chain[0].data, chain[0].size, digest);
  if (rc)
    return mr__tls_fail(tls, MR__TLS_FAIL_MEMORY, "the certificate's digest failed", "");
  for (size_t i = 0; i < 32; i++) {
    tls->info.fingerprint[2 * i] = digits[digest[i] >> 4];
    tls->info.fingerprint[2 * i + 1] = digits[digest[i] & 15];
  }
  return MR_OK;
}

static int finish(mr__tls *tls) {
  const char *version =
      gnutls_protocol_get_name(gnutls_protocol_get_version(tls->session));
  const char *cipher = gnutls_cipher_get_name(gnutls_cipher_get(tls->session));
  if (tls->level == MR_TLS_VERIFY && !tls->judged)
    return mr__tls_fail(tls, MR__TLS_FAIL_CERTIFICATE,
                        "the server's certificate was not checked", "");
  tls->info.version = version ? version : "";
  tls->info.cipher = cipher ? cipher : "";
  tls->info.verified = tls->judged;
  int rc = note_peer(tls);
  if (!rc)
    tls->ready = 1;
  tls->silent_octets = 0;
  return rc;
}

int mr__tls_shake(mr__tls *tls) {
  for (;;) {
    int rc = gnutls_handshake(tls->session);
    if (rc == GNUTLS_E_SUCCESS)
      return tls->err ? tls->err : finish(tls);
    if (tls->err || gnutls_error_is_fatal(rc))
      return mr__tls_fail_rc(tls, rc, "TLS handshake: ");
    if (rc == GNUTLS_E_AGAIN && tls->in_len == 0)
      return MR_OK;
    if (rc != GNUTLS_E_AGAIN && ++tls->messages > MR__TLS_MESSAGES_MAX)
      return mr__tls_fail_rc(tls, GNUTLS_E_TOO_MANY_HANDSHAKE_PACKETS, "TLS handshake: ");
  }
}

#endif
