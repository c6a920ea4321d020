/* SPDX-License-Identifier: MIT */
/* The signer itself: names, settings, keys of ours and of the host. */
#include "base/config.h"
#include "kit/kit_dkim.h"
#include "message/help.h"

#if MR_WITH_TLS
#include <mailroute/dkim.h>

#include "crypto/key.h"
#include "message/verify.h"

static const char mail[] = "From: a@b\r\nSubject: s\r\n\r\nbody\r\n";

/* What goes wrong with names: bug 47 has its own test. */
static void test_new(void **state) {
  fixture *f = *state;
  char label[65] = {0}, long_domain[260] = {0};
  memset(label, 'a', 64);
  for (size_t i = 0; i < 247; i++)
    long_domain[i] = i % 50 == 49 ? '.' : 'a';
  const struct {
    const char *domain, *selector;
    int err;
    const char *name;
  } rows[] = {
      {"Example.ORG", "S1", MR_OK, "S1._domainkey.example.org"},
      {"example.org.", "a.b", MR_OK, "a.b._domainkey.example.org"},
      {"", "s", MR_ERR_ADDR_DOMAIN, NULL},
      {"a b.example", "s", MR_ERR_ADDR_CHAR, NULL},
      {"example.org", "", MR_ERR_ADDR_DOMAIN, NULL},
      {"example.org", "a;b", MR_ERR_ADDR_CHAR, NULL},
      {"example.org", "s\r\nX: y", MR_ERR_ADDR_CHAR, NULL},
      {"example.org", label, MR_ERR_ADDR_DOMAIN, NULL},
      {long_domain, "s", MR_ERR_ADDR_DOMAIN, NULL},
      {NULL, "s", MR_ERR_MISUSE, NULL},
      {"example.org", NULL, MR_ERR_MISUSE, NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    mr_dkim *k = NULL;
    int err = mr_dkim_new(&k, &f->env.env, rows[i].domain, rows[i].selector);
    if (rows[i].err == MR_ERR_ADDR_CHAR && err == MR_ERR_ADDR_DOMAIN)
      err = MR_ERR_ADDR_CHAR; /* either says it */
    assert_int_equal(err, rows[i].err);
    assert_int_equal(k != NULL, rows[i].err == MR_OK);
    assert_string_equal(mr_dkim_name(k), rows[i].name != NULL ? rows[i].name : "");
    mr_dkim_free(k);
  }
  assert_int_equal(mr_dkim_new(NULL, NULL, "a.example", "s"), MR_ERR_MISUSE);
}

static mr_dkim *bare(fixture *f) {
  mr_dkim *k = NULL;
  assert_int_equal(mr_dkim_new(&k, &f->env.env, "football.example.com", "brisbane"),
                   MR_OK);
  return k;
}

#if MR_WITH_IDN
static void test_idn(void **state) {
  fixture *f = *state;
  mr_dkim *k = NULL;
  assert_int_equal(mr_dkim_new(&k, &f->env.env,
                               "b\xc3\xbc"
                               "cher.example",
                               "s"),
                   MR_OK);
  assert_string_equal(mr_dkim_name(k), "s._domainkey.xn--bcher-kva.example");
  mr_dkim_free(k);
}
#endif

/* RFC 8463 A.2 */
static void test_txt(void **state) {
  fixture *f = *state;
  static const char *const want[] = {KIT_DKIM_8463_RSA_TXT, KIT_DKIM_8463_ED25519_TXT};
  for (int i = 0; i < 2; i++) {
    mr_dkim *k = bare(f);
    char txt[1024] = "x";
    size_t needed = 0, len = strlen(want[i]);
    assert_int_equal(mr_dkim_txt(k, txt, sizeof txt, &needed), MR_ERR_STATE);
    if (i == 0)
      assert_int_equal(
          mr_dkim_set_key_pem(k, KIT_DKIM_8463_RSA, strlen(KIT_DKIM_8463_RSA)), MR_OK);
    else
      assert_int_equal(mr_dkim_set_key_ed25519(k, KIT_DKIM_8463_SEED, 32), MR_OK);
    assert_int_equal(mr_dkim_txt(k, NULL, 0, &needed), MR_ERR_RANGE);
    assert_int_equal(needed, len + 1);
    assert_int_equal(mr_dkim_txt(k, txt, len, NULL), MR_ERR_RANGE);
    assert_string_equal(txt, "x");
    char *exact = malloc(len + 1);
    assert_int_equal(mr_dkim_txt(k, exact, len + 1, NULL), MR_OK);
    assert_string_equal(exact, want[i]);
    free(exact);
    assert_int_equal(mr_dkim_txt(k, NULL, 1, NULL), MR_ERR_MISUSE);
    mr_dkim_free(k);
  }
  assert_int_equal(mr_dkim_txt(NULL, NULL, 0, NULL), MR_ERR_MISUSE);
}

static void test_settings(void **state) {
  fixture *f = *state;
  static const struct {
    int setting;
    int64_t value;
    int err;
  } rows[] = {
      {MR_DKIM_HEADER_CANON, 0, MR_OK},
      {MR_DKIM_HEADER_CANON, 2, MR_ERR_RANGE},
      {MR_DKIM_BODY_CANON, 1, MR_OK},
      {MR_DKIM_BODY_CANON, -1, MR_ERR_RANGE},
      {MR_DKIM_LIFETIME, 315360000, MR_OK},
      {MR_DKIM_LIFETIME, 315360001, MR_ERR_RANGE},
      {MR_DKIM_LIFETIME, INT64_MIN, MR_ERR_RANGE},
      {MR_DKIM_TIMESTAMP, 2, MR_ERR_RANGE},
      {0, 0, MR_ERR_MISUSE},
      {5, 0, MR_ERR_MISUSE},
  };
  mr_dkim *k = bare(f);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    assert_int_equal(mr_dkim_set(k, rows[i].setting, rows[i].value), rows[i].err);
    if (rows[i].err != MR_OK)
      assert_int_equal(mr_dkim_error(k)->code, rows[i].err);
  }
  assert_int_equal(mr_dkim_set(NULL, 1, 0), MR_ERR_MISUSE);
  assert_int_equal(mr_dkim_error(NULL)->code, MR_ERR_MISUSE);
  mr_dkim_free(k);
  mr_dkim_free(NULL);
  assert_null(mr_dkim_ref(NULL));
}

static void test_headers(void **state) {
  fixture *f = *state;
  char many[1024] = {0}, big[9000] = {0};
  for (int i = 0; i < 101; i++)
    strcat(many, "A:");
  memset(big, ' ', sizeof big - 1);
  const struct {
    const char *over, *present;
    int err;
  } rows[] = {
      {NULL, NULL, MR_OK},
      {"", "", MR_OK},
      {"Subject", "Bcc", MR_ERR_HDR_NAME},
      {"dkim-signature", NULL, MR_ERR_HDR_NAME},
      {"Received:To", NULL, MR_ERR_HDR_NAME},
      {NULL, "Return-Path", MR_ERR_HDR_NAME},
      {NULL, "Arc-Seal", MR_ERR_HDR_NAME},
      {NULL, "a b", MR_ERR_HDR_NAME},
      {NULL, "a; l=5", MR_ERR_HDR_NAME},
      {NULL, "a;l=5", MR_ERR_HDR_NAME},
      {NULL, "a\r\n", MR_OK},
      {many, NULL, MR_ERR_LIMIT},
      {NULL, big, MR_ERR_LIMIT},
  };
  mr_dkim *k = bare(f);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    assert_int_equal(mr_dkim_set_headers(k, rows[i].over, rows[i].present), rows[i].err);
  }
  mr_dkim_free(k);
}

static void test_keys(void **state) {
  fixture *f = *state;
  mr_dkim *k = bare(f);
  assert_int_equal(mr_dkim_set_key_pem(k, NULL, 0), MR_ERR_MISUSE);
  assert_int_equal(mr_dkim_set_key_pem(k, "no", 2), MR_ERR_KEY);
  assert_non_null(strstr(mr_dkim_error(k)->text, "PEM"));
  assert_int_equal(mr_dkim_set_key_ed25519(k, KIT_DKIM_8463_SEED, 31), MR_ERR_RANGE);
  assert_int_equal(mr_dkim_set_key_ed25519(k, NULL, 32), MR_ERR_MISUSE);
  assert_int_equal(mr_dkim_set_key_ed25519(k, KIT_DKIM_8463_SEED, 32), MR_OK);
  assert_int_equal(mr_dkim_set_key_ed25519(k, KIT_DKIM_8463_SEED, 32), MR_ERR_EXISTS);
  assert_int_equal(mr_dkim_set_key_pem(k, KIT_DKIM_8463_RSA, 1), MR_ERR_EXISTS);
  assert_int_equal(mr_message_sign(f->m, k), MR_OK);
  /* in use: nothing changes any more */
  assert_int_equal(mr_dkim_set(k, MR_DKIM_LIFETIME, 1), MR_ERR_STATE);
  assert_int_equal(mr_dkim_set_headers(k, NULL, NULL), MR_ERR_STATE);
  assert_int_equal(mr_dkim_set_key_ed25519(k, KIT_DKIM_8463_SEED, 32), MR_ERR_STATE);
  assert_int_equal(mr_dkim_set_callback(k, 1, NULL), MR_ERR_STATE);
  mr_dkim *again = mr_dkim_ref(k);
  assert_ptr_equal(again, k);
  mr_dkim_free(k);
  mr_dkim_free(again);
}

/* A host with a key of its own. */
typedef struct hsm {
  fixture *f;
  mr__key key;
  int answer;    /* of sign */
  size_t length; /* 0 = the right one */
  int frees;     /* the message, inside the call */
  unsigned signs, released;
} hsm;

static int hsm_sign(void *user, int algorithm, const void *hash, size_t hash_len,
                    void *signature, size_t cap, size_t *len) {
  hsm *h = user;
  h->signs++;
  assert_int_equal(algorithm == MR_DKIM_RSA_SHA256, h->key.kind == MR__KEY_RSA);
  assert_int_equal(hash_len, 32);
  assert_true(cap >= 512);
  assert_int_equal(mr_message_seal(h->f->m), MR_ERR_STATE);
  assert_int_equal(mr_message_set_sender(h->f->m, "a@b.example"), MR_ERR_STATE);
  if (h->frees)
    mr_message_free(h->f->m);
  assert_int_equal(mr__key_sign(&h->key, hash, signature, len), MR_OK);
  if (h->length > 0)
    *len = h->length;
  return h->answer;
}

static void hsm_release(void *user) { ((hsm *)user)->released++; }

static int sign_with(fixture *f, hsm *h) {
  mr_dkim *k = bare(f);
  mr_dkim_key table = {sizeof table, h, hsm_sign, hsm_release};
  int algorithm =
      h->key.kind == MR__KEY_RSA ? MR_DKIM_RSA_SHA256 : MR_DKIM_ED25519_SHA256;
  h->f = f;
  fixture_message(f);
  assert_int_equal(mr_dkim_set_callback(k, algorithm, &table), MR_OK);
  assert_int_equal(mr_dkim_set_callback(k, algorithm, &table), MR_ERR_EXISTS);
  assert_int_equal(mr_dkim_txt(k, NULL, 0, NULL), MR_ERR_NOT_FOUND);
  assert_int_equal(mr_message_set_raw(f->m, mail, sizeof mail - 1, MR_RAW_KEEP), MR_OK);
  assert_int_equal(mr_message_sign(f->m, k), MR_OK);
  mr_dkim_free(k);
  return mr_message_seal(f->m);
}

static void test_callback(void **state) {
  fixture *f = *state;
  hsm rsa = {0}, ed = {0};
  static const char *const txt[] = {KIT_DKIM_8463_RSA_TXT, KIT_DKIM_8463_ED25519_TXT};
  hsm *const hosts[] = {&rsa, &ed};
  assert_int_equal(mr__key_pem(&rsa.key, KIT_DKIM_8463_RSA, strlen(KIT_DKIM_8463_RSA)),
                   MR_OK);
  assert_int_equal(mr__key_ed25519(&ed.key, (const uint8_t *)KIT_DKIM_8463_SEED), MR_OK);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(sign_with(f, hosts[i]), MR_OK);
    kit_buf wire = pass_of(f->m, 512);
    assert_true(verify_signature(wire.data, wire.len, "DKIM-Signature", 0, txt[i]));
    assert_int_equal(hosts[i]->signs, 1);
    assert_int_equal(hosts[i]->released, 1);
    kit_buf_free(&wire);
    mr__key_drop(&hosts[i]->key);
  }
}

/* fault 101: a service that fails, lies, or frees what it serves. */
static void test_callback_faults(void **state) {
  fixture *f = *state;
  static const struct {
    int answer;
    size_t length;
    int want;
  } rows[] = {{MR_ERR_IO, 0, MR_ERR_KEY},      {1, 0, MR_ERR_KEY},
              {MR_ERR_PENDING, 0, MR_ERR_KEY}, {MR_ERR_NOMEM, 0, MR_ERR_NOMEM},
              {MR_OK, 63, MR_ERR_KEY},         {MR_OK, 513, MR_ERR_KEY},
              {MR_OK, SIZE_MAX, MR_ERR_KEY}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    hsm h = {.answer = rows[i].answer, .length = rows[i].length};
    assert_int_equal(mr__key_ed25519(&h.key, (const uint8_t *)KIT_DKIM_8463_SEED), MR_OK);
    assert_int_equal(sign_with(f, &h), rows[i].want);
    assert_int_equal(mr_message_error(f->m)->code, rows[i].want);
    fixture_message(f);
    assert_int_equal(h.released, 1);
    mr__key_drop(&h.key);
  }
  hsm h = {.frees = 1};
  assert_int_equal(mr__key_ed25519(&h.key, (const uint8_t *)KIT_DKIM_8463_SEED), MR_OK);
  assert_int_equal(sign_with(f, &h), MR_OK);
  assert_int_equal(h.released, 1);
  f->m = NULL;
  mr__key_drop(&h.key);
}

static void test_callback_misuse(void **state) {
  fixture *f = *state;
  mr_dkim *k = bare(f);
  mr_dkim_key table = {sizeof table, NULL, hsm_sign, NULL};
  assert_int_equal(mr_dkim_set_callback(k, 3, &table), MR_ERR_MISUSE);
  assert_int_equal(mr_dkim_set_callback(k, 1, NULL), MR_ERR_MISUSE);
  table.size--;
  assert_int_equal(mr_dkim_set_callback(k, 1, &table), MR_ERR_MISUSE);
  table.size++;
  table.sign = NULL;
  assert_int_equal(mr_dkim_set_callback(k, 1, &table), MR_ERR_MISUSE);
  assert_int_equal(mr_dkim_set_callback(NULL, 1, &table), MR_ERR_MISUSE);
  mr_dkim_free(k);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    FIXTURE_TEST(test_new),
#if MR_WITH_IDN
    FIXTURE_TEST(test_idn),
#endif
    FIXTURE_TEST(test_txt),
    FIXTURE_TEST(test_settings),
    FIXTURE_TEST(test_headers),
    FIXTURE_TEST(test_keys),
    FIXTURE_TEST(test_callback),
    FIXTURE_TEST(test_callback_faults),
    FIXTURE_TEST(test_callback_misuse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
int main(void) { return 0; } /* test_dkim.c */
#endif
