/* SPDX-License-Identifier: MIT */
/* Keys of RFC 6376 and RFC 8463; what is no key; signatures that are wrong in one bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after what it needs */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/key.h"
#include "kit/kit_alloc.h"
#include "kit/kit_cert.h"
#include "kit/kit_dkim.h"

/* SHA-256 of "abc" */
static const uint8_t HASH[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
                               0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
                               0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
                               0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};

static int load(mr__key *key, const char *pem) {
  size_t len = strlen(pem);
  void *exact = kit_exact(pem, len);
  int err = mr__key_pem(key, exact, len);
  free(exact);
  return err;
}

/* Signs, verifies, signs again with the same result; then flips bits. */
static void round_trip(mr__key *key, size_t signature_len) {
  uint8_t signature[MR__SIGNATURE_MAX], again[MR__SIGNATURE_MAX], hash[32];
  uint8_t public_key[MR__PUBLIC_MAX];
  size_t len = 0, len2 = 0, public_len = 0;
  assert_int_equal(mr__key_sign(key, HASH, signature, &len), MR_OK);
  assert_int_equal(mr__key_sign(key, HASH, again, &len2), MR_OK);
  assert_int_equal(len, signature_len);
  assert_int_equal(len2, len);
  assert_memory_equal(signature, again, len);
  assert_int_equal(mr__key_public(key, public_key, &public_len), MR_OK);
  assert_int_equal(
      mr__key_verify(key->kind, public_key, public_len, HASH, signature, len), MR_OK);
  memcpy(hash, HASH, sizeof hash);
  for (size_t bit = 0; bit < 8 * len; bit += 13) {
    signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
    hash[bit / 8 % 32] ^= (uint8_t)(1u << bit % 8);
    assert_int_equal(
        mr__key_verify(key->kind, public_key, public_len, HASH, signature, len),
        MR_ERR_KEY);
    assert_int_equal(mr__key_verify(key->kind, public_key, public_len, hash, again, len),
                     MR_ERR_KEY);
    signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
    hash[bit / 8 % 32] ^= (uint8_t)(1u << bit % 8);
  }
  assert_int_equal(
      mr__key_verify(key->kind, public_key, public_len, HASH, signature, len - 1),
      MR_ERR_KEY);
}

/* PKCS #1 */
static void test_rsa(void **state) {
  (void)state;
  static const char *const pems[] = {KIT_DKIM_6376_RSA, KIT_DKIM_8463_RSA};
  for (size_t i = 0; i < 2; i++) {
    mr__key key;
    assert_int_equal(load(&key, pems[i]), MR_OK);
    assert_int_equal(key.kind, MR__KEY_RSA);
    assert_int_equal(key.bits, 1024);
    round_trip(&key, 128);
    mr__key_drop(&key);
    assert_null(key.handle);
  }
}

static const char ED25519_PEM[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";

/* The seed and its PKCS #8 form are the same key (RFC 8410 7); RFC 8032 7.1. */
static void test_ed25519(void **state) {
  (void)state;
  static const uint8_t want[] = {0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7,
                                 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
                                 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25,
                                 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a};
  for (int from_pem = 0; from_pem < 2; from_pem++) {
    uint8_t public_key[MR__PUBLIC_MAX];
    size_t len = 0;
    mr__key key;
    if (from_pem)
      assert_int_equal(load(&key, ED25519_PEM), MR_OK);
    else
      assert_int_equal(mr__key_ed25519(&key, (const uint8_t *)KIT_DKIM_8463_SEED), MR_OK);
    assert_int_equal(key.kind, MR__KEY_ED25519);
    assert_int_equal(mr__key_public(&key, public_key, &len), MR_OK);
    assert_int_equal(len, sizeof want);
    assert_memory_equal(public_key, want, sizeof want);
    round_trip(&key, MR__ED25519_SIGNATURE);
    mr__key_drop(&key);
  }
}

/* PKCS #8 as tools of today write it; sizes outside RFC 8301; a key that cannot sign. */
static void test_sizes(void **state) {
  (void)state;
  static const struct {
    unsigned bits;
    int err;
  } rows[] = {{2048, MR_OK}, {1008, MR_ERR_RANGE}, {0, MR_ERR_KEY}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    kit_cert_spec spec = {.rsa_bits = rows[i].bits};
    kit_cert *cert = kit_cert_new(NULL, &spec);
    mr__key key;
    assert_int_equal(load(&key, kit_cert_key(cert)), rows[i].err);
    if (rows[i].err == MR_OK)
      round_trip(&key, rows[i].bits / 8);
    assert_int_equal(key.handle != NULL, rows[i].err == MR_OK);
    mr__key_drop(&key);
    kit_cert_free(cert);
  }
}

/* fault 100: what is no key, cut short anywhere, or too long. */
static void test_no_key(void **state) {
  (void)state;
  static const char *const bad[] = {
      "", "x", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----",
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrg==\n"
      "-----END PRIVATE KEY-----\n"};
  mr__key key;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_int_equal(load(&key, bad[i]), MR_ERR_KEY);
    assert_null(key.handle);
  }
  for (size_t cut = 0; cut + 30 < strlen(KIT_DKIM_6376_RSA); cut += 17) {
    char *part = kit_xdup_n(KIT_DKIM_6376_RSA, cut);
    assert_int_equal(load(&key, part), MR_ERR_KEY);
    free(part);
  }
  char *big = malloc(MR__KEY_PEM_MAX + 1);
  assert_non_null(big);
  memset(big, '-', MR__KEY_PEM_MAX + 1);
  assert_int_equal(mr__key_pem(&key, big, MR__KEY_PEM_MAX + 1), MR_ERR_LIMIT);
  assert_int_equal(mr__key_pem(&key, big, MR__KEY_PEM_MAX), MR_ERR_KEY);
  free(big);
  assert_int_equal(mr__key_verify(MR__KEY_RSA, HASH, 32, HASH, HASH, 32), MR_ERR_KEY);
  assert_int_equal(mr__key_verify(MR__KEY_ED25519, HASH, 31, HASH, HASH, 32), MR_ERR_KEY);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rsa),
      cmocka_unit_test(test_ed25519),
      cmocka_unit_test(test_sizes),
      cmocka_unit_test(test_no_key),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
