/* SPDX-License-Identifier: MIT */
/* Digests, HMAC and comparison of secrets. Their state is the crypto library's own. */
#ifndef MR_CRYPTO_DIGEST_H
#define MR_CRYPTO_DIGEST_H

#include <mailroute/base.h>

enum mr__digest_kind { MR__SHA1 = 1, MR__SHA256 = 2, MR__SHA512 = 3 };
enum { MR__DIGEST_MAX = 64 }; /* octets of the longest one */

typedef struct mr__digest {
  void *handle; /* NULL: not begun, or ended */
  size_t size;
  int err; /* sticky */
} mr__digest;

/* Octets of a digest, 0 = no such kind. */
size_t mr__digest_size(int kind);

/* Begin, add..., end. Errors stick, so that looking at `end` is enough: MR_ERR_MISUSE (no
 * such kind, not begun), MR_ERR_NOTSUP (refused by the crypto library's policy),
 * MR_ERR_NOMEM. end frees; drop frees without a result and may follow end. */
int mr__digest_begin(mr__digest *d, int kind);
int mr__digest_add(mr__digest *d, const void *data, size_t len);
int mr__digest_end(mr__digest *d, uint8_t out[MR__DIGEST_MAX]);
void mr__digest_drop(mr__digest *d);

/* In one go. */
int mr__digest_of(int kind, const void *data, size_t len, uint8_t out[MR__DIGEST_MAX]);
int mr__hmac_of(int kind, const void *key, size_t key_len, const void *data, size_t len,
                uint8_t out[MR__DIGEST_MAX]);

/* 1 if equal; the time taken depends on len only. */
int mr__secret_equal(const void *a, const void *b, size_t len);

#endif
