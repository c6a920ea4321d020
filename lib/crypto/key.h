/* SPDX-License-Identifier: MIT */
/* Private keys that sign a SHA-256 hash as DKIM does: RSA with PKCS #1 v1.5 (RFC 6376
 * 3.3.1), Ed25519 over the hash itself (RFC 8463 3). Both always give the same octets. */
#ifndef MR_CRYPTO_KEY_H
#define MR_CRYPTO_KEY_H

#include <mailroute/base.h>

enum mr__key_kind { MR__KEY_RSA = 1, MR__KEY_ED25519 = 2 };

enum {
  MR__KEY_HASH = 32,          /* octets of the hash that is signed */
  MR__KEY_SEED = 32,          /* of an Ed25519 seed, and of its public key */
  MR__ED25519_SIGNATURE = 64, /* of its signature */
  MR__RSA_BITS_MIN = 1024,    /* RFC 8301 3.2 */
  MR__RSA_BITS_MAX = 4096,    /* what every verifier takes */
  MR__SIGNATURE_MAX = MR__RSA_BITS_MAX / 8,
  MR__PUBLIC_MAX = MR__RSA_BITS_MAX / 8 + 64, /* with the DER around it */
  MR__KEY_PEM_MAX = 64 * 1024
};

typedef struct mr__key {
  void *handle; /* NULL: none. May sign on several threads at once */
  int kind;
  unsigned bits; /* of RSA */
} mr__key;

/* A key from PEM: PKCS #1 or unencrypted PKCS #8. On error the key is none. MR_ERR_KEY:
 * no such key; MR_ERR_RANGE: RSA of another size; MR_ERR_LIMIT; MR_ERR_NOMEM. */
int mr__key_pem(mr__key *key, const void *pem, size_t len);
/* A key from its seed (RFC 8032 5.1.5). */
int mr__key_ed25519(mr__key *key, const uint8_t seed[MR__KEY_SEED]);
void mr__key_drop(mr__key *key);

/* MR_OK; MR_ERR_KEY; MR_ERR_NOMEM. */
int mr__key_sign(const mr__key *key, const uint8_t hash[MR__KEY_HASH],
                 uint8_t out[MR__SIGNATURE_MAX], size_t *len);
/* The public half: SubjectPublicKeyInfo of RSA, 32 octets of Ed25519. */
int mr__key_public(const mr__key *key, uint8_t out[MR__PUBLIC_MAX], size_t *len);
/* MR_OK = the signature is right; MR_ERR_KEY. */
int mr__key_verify(int kind, const uint8_t *public_key, size_t public_len,
                   const uint8_t hash[MR__KEY_HASH], const uint8_t *signature,
                   size_t len);

#endif
