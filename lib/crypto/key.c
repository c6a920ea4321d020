/* SPDX-License-Identifier: MIT */
#include "crypto/key.h"

#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

static int result(int rc) {
  if (rc >= 0)
    return MR_OK;
  return rc == GNUTLS_E_MEMORY_ERROR ? MR_ERR_NOMEM : MR_ERR_KEY;
}

static gnutls_datum_t datum(const void *data, size_t len) {
  gnutls_datum_t d = {(unsigned char *)(uintptr_t)data, (unsigned)len};
  return d;
}

/* Kind and size of what was read. */
static int judge(mr__key *key) {
  unsigned bits = 0;
  switch (gnutls_privkey_get_pk_algorithm(key->handle, &bits)) {
  case GNUTLS_PK_RSA:
    key->kind = MR__KEY_RSA;
    key->bits = bits;
    return bits < MR__RSA_BITS_MIN || bits > MR__RSA_BITS_MAX ? MR_ERR_RANGE : MR_OK;
  case GNUTLS_PK_EDDSA_ED25519:
    key->kind = MR__KEY_ED25519;
    return MR_OK;
  default:
    return MR_ERR_KEY;
  }
}

/* Takes the X.509 form over. */
static int adopt(mr__key *key, gnutls_x509_privkey_t x509) {
  gnutls_privkey_t handle = NULL;
  int err = result(gnutls_privkey_init(&handle));
  if (err == MR_OK)
    err = result(
        gnutls_privkey_import_x509(handle, x509, GNUTLS_PRIVKEY_IMPORT_AUTO_RELEASE));
  if (err != MR_OK) {
    gnutls_x509_privkey_deinit(x509);
    if (handle != NULL)
      gnutls_privkey_deinit(handle);
    return err;
  }
  key->handle = handle;
  err = judge(key);
  if (err != MR_OK)
    mr__key_drop(key);
  return err;
}

int mr__key_pem(mr__key *key, const void *pem, size_t len) {
  gnutls_x509_privkey_t x509 = NULL;
  memset(key, 0, sizeof *key);
  if (len > MR__KEY_PEM_MAX)
    return MR_ERR_LIMIT;
  int err = len > 0 ? result(gnutls_x509_privkey_init(&x509)) : MR_ERR_KEY;
  if (err != MR_OK)
    return err;
  gnutls_datum_t text = datum(pem, len);
  err = result(gnutls_x509_privkey_import2(x509, &text, GNUTLS_X509_FMT_PEM, NULL,
                                           GNUTLS_PKCS_PLAIN));
  if (err != MR_OK) {
    gnutls_x509_privkey_deinit(x509);
    return err;
  }
  return adopt(key, x509);
}

/* The PKCS #8 form of a seed (RFC 8410 7), from which the public half is derived. */
int mr__key_ed25519(mr__key *key, const uint8_t seed[MR__KEY_SEED]) {
  static const uint8_t head[16] = {0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                   0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
  uint8_t der[sizeof head + MR__KEY_SEED];
  gnutls_x509_privkey_t x509 = NULL;
  memset(key, 0, sizeof *key);
  memcpy(der, head, sizeof head);
  memcpy(der + sizeof head, seed, MR__KEY_SEED);
  gnutls_datum_t text = datum(der, sizeof der);
  int err = result(gnutls_x509_privkey_init(&x509));
  if (err == MR_OK) {
    err = result(gnutls_x509_privkey_import_pkcs8(x509, &text, GNUTLS_X509_FMT_DER, NULL,
                                                  GNUTLS_PKCS_PLAIN));
    if (err != MR_OK)
      gnutls_x509_privkey_deinit(x509);
  }
  gnutls_memset(der, 0, sizeof der);
  return err == MR_OK ? adopt(key, x509) : err;
}

void mr__key_drop(mr__key *key) {
  if (key->handle != NULL)
    gnutls_privkey_deinit(key->handle);
  memset(key, 0, sizeof *key);
}

int mr__key_sign(const mr__key *key, const uint8_t hash[MR__KEY_HASH],
                 uint8_t out[MR__SIGNATURE_MAX], size_t *len) {
  gnutls_datum_t in = datum(hash, MR__KEY_HASH), made = {NULL, 0};
  int rc =
      key->kind == MR__KEY_RSA
          ? gnutls_privkey_sign_hash2(key->handle, GNUTLS_SIGN_RSA_SHA256, 0, &in, &made)
          : gnutls_privkey_sign_data2(key->handle, GNUTLS_SIGN_EDDSA_ED25519, 0, &in,
                                      &made);
  int err = result(rc);
  if (err == MR_OK && made.size > MR__SIGNATURE_MAX)
    err = MR_ERR_KEY;
  if (err == MR_OK) {
    memcpy(out, made.data, made.size);
    *len = made.size;
  }
  gnutls_free(made.data);
  return err;
}

static int put_public(const gnutls_datum_t *from, uint8_t out[MR__PUBLIC_MAX],
                      size_t *len) {
  if (from->size > MR__PUBLIC_MAX)
    return MR_ERR_KEY;
  memcpy(out, from->data, from->size);
  *len = from->size;
  return MR_OK;
}

int mr__key_public(const mr__key *key, uint8_t out[MR__PUBLIC_MAX], size_t *len) {
  gnutls_pubkey_t public_key = NULL;
  gnutls_datum_t x = {NULL, 0}, y = {NULL, 0};
  gnutls_ecc_curve_t curve;
  int err = result(gnutls_pubkey_init(&public_key));
  if (err != MR_OK)
    return err;
  err = result(gnutls_pubkey_import_privkey(public_key, key->handle, 0, 0));
  if (err == MR_OK && key->kind == MR__KEY_RSA)
    err = result(gnutls_pubkey_export2(public_key, GNUTLS_X509_FMT_DER, &x));
  else if (err == MR_OK)
    err = result(gnutls_pubkey_export_ecc_raw2(public_key, &curve, &x, &y, 0));
  if (err == MR_OK)
    err = put_public(&x, out, len);
  gnutls_free(x.data);
  gnutls_free(y.data);
  gnutls_pubkey_deinit(public_key);
  return err;
}

int mr__key_verify(int kind, const uint8_t *public_key, size_t public_len,
                   const uint8_t hash[MR__KEY_HASH], const uint8_t *signature,
                   size_t len) {
  gnutls_pubkey_t handle = NULL;
  gnutls_datum_t key = datum(public_key, public_len), in = datum(hash, MR__KEY_HASH);
  gnutls_datum_t given = datum(signature, len);
  int err = result(gnutls_pubkey_init(&handle));
  if (err != MR_OK)
    return err;
  if (kind == MR__KEY_RSA) {
    err = result(gnutls_pubkey_import(handle, &key, GNUTLS_X509_FMT_DER));
    if (err == MR_OK)
      err = result(
          gnutls_pubkey_verify_hash2(handle, GNUTLS_SIGN_RSA_SHA256, 0, &in, &given));
  } else {
    err = result(
        gnutls_pubkey_import_ecc_raw(handle, GNUTLS_ECC_CURVE_ED25519, &key, NULL));
    if (err == MR_OK)
      err = result(
          gnutls_pubkey_verify_data2(handle, GNUTLS_SIGN_EDDSA_ED25519, 0, &in, &given));
  }
  gnutls_pubkey_deinit(handle);
  return err;
}
