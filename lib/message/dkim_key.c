/* SPDX-License-Identifier: MIT */
/* The key of a signer, ours or the host's. */
#include "message/dkim.h"

#include <string.h>

#include "base/config.h"
#include "base/fmt.h"
#include "text/encode.h"

#if MR_WITH_TLS

static int may_take(mr_dkim *k) {
  int err = mr__dkim_may_change(k);
  if (err == MR_OK && k->algorithm != 0)
    err = mr__fail(&k->last, MR_ERR_EXISTS, 0, NULL, "%s", "the signer has a key");
  return err;
}

static const char *reason(int err) {
  if (err == MR_ERR_RANGE)
    return "the size of the key is not allowed: RSA 1024 to 4096 bits, Ed25519 32 octets";
  if (err == MR_ERR_KEY)
    return "no RSA or Ed25519 private key in PEM without a password";
  return mr_strerror(err);
}

/* Takes the key over, or tells why there is none. */
static int adopt(mr_dkim *k, const mr__key *key, int err) {
  if (err != MR_OK)
    return mr__fail(&k->last, err, 0, NULL, "%s", reason(err));
  k->key = *key;
  k->algorithm = key->kind == MR__KEY_RSA ? MR_DKIM_RSA_SHA256 : MR_DKIM_ED25519_SHA256;
  return MR_OK;
}

int mr_dkim_set_key_pem(mr_dkim *dkim, const void *pem, size_t len) {
  mr__key key;
  int err = may_take(dkim);
  if (err != MR_OK)
    return err;
  if (pem == NULL)
    return mr__fail(&dkim->last, MR_ERR_MISUSE, 0, NULL, "%s", "no PEM text");
  err = mr__key_pem(&key, pem, len);
  return adopt(dkim, &key, err);
}

int mr_dkim_set_key_ed25519(mr_dkim *dkim, const void *seed, size_t len) {
  mr__key key;
  int err = may_take(dkim);
  if (err != MR_OK)
    return err;
  if (seed == NULL)
    return mr__fail(&dkim->last, MR_ERR_MISUSE, 0, NULL, "%s", "no seed");
  err = len == MR__KEY_SEED ? mr__key_ed25519(&key, seed) : MR_ERR_RANGE;
  return adopt(dkim, &key, err);
}

int mr_dkim_set_callback(mr_dkim *dkim, int algorithm, const mr_dkim_key *key) {
  int err = may_take(dkim);
  if (err != MR_OK)
    return err;
  if (key == NULL || key->size < sizeof *key || key->sign == NULL ||
      (algorithm != MR_DKIM_RSA_SHA256 && algorithm != MR_DKIM_ED25519_SHA256))
    return mr__fail(&dkim->last, MR_ERR_MISUSE, 0, NULL, "%s",
                    "no function that signs, or no such algorithm");
  dkim->host = *key;
  dkim->algorithm = algorithm;
  return MR_OK;
}

static int is_length(int algorithm, size_t len) {
  if (algorithm == MR_DKIM_ED25519_SHA256)
    return len == MR__ED25519_SIGNATURE;
  return len >= MR__RSA_BITS_MIN / 8 && len <= MR__RSA_BITS_MAX / 8;
}

int mr__dkim_sign_hash(const mr_dkim *k, const uint8_t hash[MR__KEY_HASH],
                       uint8_t out[MR__SIGNATURE_MAX], size_t *len) {
  *len = 0;
  if (k->host.sign == NULL)
    return mr__key_sign(&k->key, hash, out, len);
  int rc = k->host.sign(k->host.user, k->algorithm, hash, MR__KEY_HASH, out,
                        MR__SIGNATURE_MAX, len);
  if (rc == MR_ERR_NOMEM)
    return rc;
  return rc == MR_OK && is_length(k->algorithm, *len) ? MR_OK : MR_ERR_KEY;
}

int mr_dkim_txt(const mr_dkim *dkim, char *dst, size_t cap, size_t *needed) {
  uint8_t key[MR__PUBLIC_MAX];
  char text[4 * (MR__PUBLIC_MAX / 3 + 1) + 1];
  size_t len = 0;
  if (needed != NULL)
    *needed = 0;
  if (dkim == NULL || (dst == NULL && cap > 0))
    return MR_ERR_MISUSE;
  if (dkim->algorithm == 0)
    return MR_ERR_STATE;
  if (dkim->host.sign != NULL)
    return MR_ERR_NOT_FOUND;
  int err = mr__key_public(&dkim->key, key, &len);
  if (err != MR_OK)
    return err;
  text[mr__base64_write(text, key, len)] = '\0';
  const char *kind = dkim->algorithm == MR_DKIM_RSA_SHA256 ? "rsa" : "ed25519";
  size_t total = mr__fmt_to(NULL, 0, "v=DKIM1; k=%s; p=%s", kind, text) + 1;
  if (needed != NULL)
    *needed = total;
  if (total > cap)
    return MR_ERR_RANGE;
  (void)mr__fmt_to(dst, cap, "v=DKIM1; k=%s; p=%s", kind, text);
  return MR_OK;
}

#endif
