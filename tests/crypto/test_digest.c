/* SPDX-License-Identifier: MIT */
/* Vectors: FIPS 180 examples ("abc", empty), RFC 2202 and RFC 4231 cases 1, 2 and 6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after what it needs */
#include <cmocka.h>
#include <string.h>

#include "crypto/digest.h"

typedef struct vector {
  int kind;
  const char *data, *hex;
} vector;

static const vector DIGESTS[] = {
    {MR__SHA1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {MR__SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {MR__SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {MR__SHA256, "abc",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {MR__SHA256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {MR__SHA512, "abc",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
};

typedef struct mac_vector {
  int kind;
  int key_octet; /* -1: key is the text */
  size_t key_len;
  const char *key, *data, *hex;
} mac_vector;

static const mac_vector MACS[] = {
    {MR__SHA1, 0x0b, 20, NULL, "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00"},
    {MR__SHA1, -1, 4, "Jefe", "what do ya want for nothing?",
     "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
    {MR__SHA256, 0x0b, 20, NULL, "Hi There",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {MR__SHA256, -1, 4, "Jefe", "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {MR__SHA256, 0xaa, 131, NULL,
     "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {MR__SHA256, -1, 0, "", "",
     "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
    {MR__SHA512, -1, 4, "Jefe", "what do ya want for nothing?",
     "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
     "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
};

static void assert_hex(const uint8_t *got, size_t len, const char *hex) {
  static const char digits[] = "0123456789abcdef";
  assert_int_equal(strlen(hex), 2 * len);
  for (size_t i = 0; i < len; i++) {
    assert_int_equal(hex[2 * i], digits[got[i] >> 4]);
    assert_int_equal(hex[2 * i + 1], digits[got[i] & 15]);
  }
}

static void test_vectors(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof DIGESTS / sizeof *DIGESTS; i++) {
    const vector *v = &DIGESTS[i];
    uint8_t out[MR__DIGEST_MAX];
    assert_int_equal(mr__digest_of(v->kind, v->data, strlen(v->data), out), MR_OK);
    assert_hex(out, mr__digest_size(v->kind), v->hex);
  }
}

static void in_pieces(const vector *v, size_t step) {
  uint8_t out[MR__DIGEST_MAX];
  size_t len = strlen(v->data);
  mr__digest d;
  assert_int_equal(mr__digest_begin(&d, v->kind), MR_OK);
  for (size_t at = 0; at < len; at += step) {
    size_t n = len - at < step ? len - at : step;
    assert_int_equal(mr__digest_add(&d, v->data + at, n), MR_OK);
  }
  assert_int_equal(mr__digest_add(&d, NULL, 0), MR_OK);
  assert_int_equal(mr__digest_end(&d, out), MR_OK);
  assert_hex(out, d.size, v->hex);
  assert_int_equal(mr__digest_add(&d, "x", 1), MR_ERR_MISUSE);
  mr__digest_drop(&d);
}

static void test_every_step(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof DIGESTS / sizeof *DIGESTS; i++)
    for (size_t step = 1; step < 8; step++)
      in_pieces(&DIGESTS[i], step);
}

static void test_hmac(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof MACS / sizeof *MACS; i++) {
    const mac_vector *v = &MACS[i];
    uint8_t key[256], out[MR__DIGEST_MAX];
    memset(key, v->key_octet < 0 ? 0 : v->key_octet, sizeof key);
    if (v->key)
      memcpy(key, v->key, v->key_len);
    int rc = mr__hmac_of(v->kind, key, v->key_len, v->data, strlen(v->data), out);
    assert_int_equal(rc, MR_OK);
    assert_hex(out, mr__digest_size(v->kind), v->hex);
  }
}

/* fault 100: what is no kind, and a digest that never began. */
static void test_misuse(void **state) {
  (void)state;
  uint8_t out[MR__DIGEST_MAX];
  mr__digest d;
  assert_int_equal(mr__digest_size(0), 0);
  assert_int_equal(mr__digest_of(0, "", 0, out), MR_ERR_MISUSE);
  assert_int_equal(mr__hmac_of(99, "", 0, "", 0, out), MR_ERR_MISUSE);
  assert_int_equal(mr__digest_begin(&d, 99), MR_ERR_MISUSE);
  assert_int_equal(mr__digest_add(&d, "x", 1), MR_ERR_MISUSE);
  assert_int_equal(mr__digest_end(&d, out), MR_ERR_MISUSE);
  mr__digest_drop(&d);
  assert_int_equal(mr__digest_begin(&d, MR__SHA256), MR_OK);
  mr__digest_drop(&d);
  assert_int_equal(mr__digest_end(&d, out), MR_ERR_MISUSE);
}

static void test_secret_equal(void **state) {
  (void)state;
  uint8_t a[32], b[32];
  memset(a, 7, sizeof a);
  memset(b, 7, sizeof b);
  assert_true(mr__secret_equal(a, b, sizeof a));
  assert_true(mr__secret_equal(a, b, 0));
  for (size_t i = 0; i < sizeof a; i++) {
    b[i] ^= 0x80;
    assert_false(mr__secret_equal(a, b, sizeof a));
    assert_true(mr__secret_equal(a, b, i));
    b[i] ^= 0x80;
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_vectors),      cmocka_unit_test(test_every_step),
      cmocka_unit_test(test_hmac),         cmocka_unit_test(test_misuse),
      cmocka_unit_test(test_secret_equal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
