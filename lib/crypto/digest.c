/* SPDX-License-Identifier: MIT */
#include "crypto/digest.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

static int algorithm(int kind) {
  switch (kind) {
  case MR__SHA1:
    return GNUTLS_DIG_SHA1;
  case MR__SHA256:
    return GNUTLS_DIG_SHA256;
  case MR__SHA512:
    return GNUTLS_DIG_SHA512;
  default:
    return GNUTLS_DIG_UNKNOWN;
  }
}

/* Digest and MAC algorithms have the same numbers. */
static gnutls_mac_algorithm_t mac(int kind) {
  return (gnutls_mac_algorithm_t)algorithm(kind);
}

static int result(int rc) {
  if (rc >= 0)
    return MR_OK;
  return rc == GNUTLS_E_MEMORY_ERROR ? MR_ERR_NOMEM : MR_ERR_NOTSUP;
}

size_t mr__digest_size(int kind) {
  int id = algorithm(kind);
  return id == GNUTLS_DIG_UNKNOWN
             ? 0
             : (size_t)gnutls_hash_get_len((gnutls_digest_algorithm_t)id);
}

int mr__digest_begin(mr__digest *d, int kind) {
  gnutls_hash_hd_t handle = NULL;
  d->handle = NULL;
  d->size = mr__digest_size(kind);
  d->err = MR_ERR_MISUSE;
  if (d->size)
    d->err =
        result(gnutls_hash_init(&handle, (gnutls_digest_algorithm_t)algorithm(kind)));
  if (!d->err)
    d->handle = handle;
  return d->err;
}

int mr__digest_add(mr__digest *d, const void *data, size_t len) {
  if (!d->err && !d->handle)
    d->err = MR_ERR_MISUSE;
  if (!d->err && len)
    d->err = result(gnutls_hash(d->handle, data, len));
  return d->err;
}

int mr__digest_end(mr__digest *d, uint8_t out[MR__DIGEST_MAX]) {
  if (!d->err && !d->handle)
    d->err = MR_ERR_MISUSE;
  if (d->handle)
    gnutls_hash_deinit(d->handle, d->err ? NULL : out);
  d->handle = NULL;
  return d->err;
}

void mr__digest_drop(mr__digest *d) {
  if (d->handle)
    gnutls_hash_deinit(d->handle, NULL);
  d->handle = NULL;
}

int mr__digest_of(int kind, const void *data, size_t len, uint8_t out[MR__DIGEST_MAX]) {
  if (!mr__digest_size(kind))
    return MR_ERR_MISUSE;
  gnutls_digest_algorithm_t id = (gnutls_digest_algorithm_t)algorithm(kind);
  return result(gnutls_hash_fast(id, len ? data : "", len, out));
}

int mr__hmac_of(int kind, const void *key, size_t key_len, const void *data, size_t len,
                uint8_t out[MR__DIGEST_MAX]) {
  if (!mr__digest_size(kind))
    return MR_ERR_MISUSE;
  return result(gnutls_hmac_fast(mac(kind), key_len ? key : "", key_len, len ? data : "",
                                 len, out));
}

int mr__secret_equal(const void *a, const void *b, size_t len) {
  return !len || gnutls_memcmp(a, b, len) == 0;
}
