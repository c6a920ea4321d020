/* SPDX-License-Identifier: MIT */
#include "base/config.h"
#include "tls/tls.h"

#if MR_WITH_TLS
#include <string.h>

#include "tls/state.h"
enum { MR__TLS_STEP = 2048 }; /* octets decrypted at a time, on the stack */

static int keep(mr__tls *tls, const uint8_t *data, size_t len) {
  tls->silent_octets = 0;
  if (tls->plain_read) {
    mr__buf_consume(&tls->plain, tls->plain_read);
    tls->plain_read = 0;
  }
  int rc = mr__buf_put(&tls->plain, data, len);
  if (rc == MR_ERR_NOMEM)
    return mr__tls_fail(tls, MR__TLS_FAIL_MEMORY, "no memory for decrypted data", "");
  if (rc)
    return mr__tls_fail(tls, MR__TLS_FAIL_HANDSHAKE,
                        "the server sent more data than was read", "");
  return MR_OK;
}

/* RFC 5746 section 4: there is nothing that a second handshake could be good for here. */
static int odd_record(mr__tls *tls, int rc) {
  if (rc == GNUTLS_E_REHANDSHAKE)
    return mr__tls_fail_rc(tls, rc, "TLS, renegotiation is refused: ");
  if (gnutls_error_is_fatal(rc))
    return mr__tls_fail_rc(tls, rc, "TLS: ");
  if (++tls->messages > MR__TLS_MESSAGES_MAX)
    return mr__tls_fail_rc(tls, GNUTLS_E_TOO_MANY_HANDSHAKE_PACKETS, "TLS: ");
  return MR_OK;
}

int mr__tls_decrypt(mr__tls *tls) {
  uint8_t step[MR__TLS_STEP];
  while (!tls->err && !tls->peer_done) {
    ssize_t n = gnutls_record_recv(tls->session, step, sizeof step);
    if (n > 0)
      keep(tls, step, (size_t)n);
    else if (n == 0)
      tls->peer_done = 1;
    else if (n != GNUTLS_E_AGAIN && n != GNUTLS_E_INTERRUPTED)
      odd_record(tls, (int)n);
    else if (tls->in_len == 0)
      return MR_OK;
  }
  return tls->err;
}

static size_t waiting(const mr__tls *tls) { return tls->plain.len - tls->plain_read; }

int mr__tls_recv(mr__tls *tls, const uint8_t *data, size_t len) {
  if (!tls->started)
    return tls->err ? tls->err : MR_ERR_STATE;
  tls->in = data;
  tls->in_len = tls->err || tls->peer_done ? 0 : len;
  if (!tls->err && !tls->ready)
    mr__tls_shake(tls);
  if (!tls->err && tls->ready)
    mr__tls_decrypt(tls);
  tls->in = NULL;
  tls->in_len = 0;
  return tls->ready && waiting(tls) ? MR_OK : tls->err;
}

int mr__tls_read(mr__tls *tls, uint8_t *buf, size_t cap, size_t *len) {
  size_t n = waiting(tls) < cap ? waiting(tls) : cap;
  *len = n;
  if (n == 0)
    return waiting(tls) ? MR_OK : tls->err;
  memcpy(buf, tls->plain.data + tls->plain_read, n);
  tls->plain_read += n;
  if (waiting(tls) == 0) {
    mr__buf_clear(&tls->plain);
    tls->plain_read = 0;
  }
  return MR_OK;
}

int mr__tls_write(mr__tls *tls, const uint8_t *data, size_t len) {
  if (tls->err)
    return tls->err;
  if (!tls->ready)
    return MR_ERR_STATE;
  while (len > 0) {
    ssize_t n = gnutls_record_send(tls->session, data, len);
    if (n <= 0)
      return mr__tls_fail_rc(tls, n ? (int)n : GNUTLS_E_INTERNAL_ERROR, "TLS: ");
    data += n;
    len -= (size_t)n;
  }
  return MR_OK;
}

void mr__tls_bye(mr__tls *tls) {
  if (tls->ready && !tls->err)
    gnutls_bye(tls->session, GNUTLS_SHUT_WR);
}

int mr__tls_end(mr__tls *tls) {
  if (tls->err || tls->peer_done)
    return tls->err;
  if (!tls->ready)
    return mr__tls_fail(tls, MR__TLS_FAIL_HANDSHAKE,
                        "the connection ended during the TLS handshake", "");
  return mr__tls_fail(tls, MR__TLS_FAIL_TRUNCATED,
                      "the connection ended without a TLS close_notify", "");
}

#endif
