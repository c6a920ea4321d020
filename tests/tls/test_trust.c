/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after what it needs */
#include <cmocka.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

#include "kit/kit_alloc.h"
#include "kit/kit_buf.h"
#include "kit/kit_cert.h"
#include "kit/kit_torture.h"
#include "tls/pem.h"
#include "tls/trust.h"

typedef struct fixture {
  kit_env env;
  kit_cert *a, *b, *b2; /* b and b2 have one subject */
  mr_trust *trust;
} fixture;

static int setup(void **state) {
  fixture *f = kit_xalloc(NULL, sizeof *f);
  kit_env_init(&f->env, 1);
  f->a = kit_cert_root("Root A");
  f->b = kit_cert_root("Root B");
  f->b2 = kit_cert_root("Root B");
  assert_int_equal(mr_trust_new(&f->trust, &f->env.env), MR_OK);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  fixture *f = *state;
  mr_trust_free(f->trust);
  kit_cert_free(f->a);
  kit_cert_free(f->b);
  kit_cert_free(f->b2);
  assert_int_equal(kit_env_done(&f->env), 0);
  free(f);
  return 0;
}

static int add(fixture *f, const char *text) {
  void *exact = kit_exact(text, strlen(text));
  int rc = mr_trust_add_pem(f->trust, exact, strlen(text));
  free(exact);
  return rc;
}

static void bundle(kit_buf *buf, const fixture *f) {
  kit_buf_str(buf, "# a comment\n");
  kit_buf_str(buf, kit_cert_pem(f->a));
  kit_buf_str(buf, kit_cert_key(f->a)); /* other blocks are passed over */
  kit_buf_str(buf, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  kit_buf_str(buf, "-----BEGIN CERTIFICATE-----\nMIIB cut short\n");
  kit_buf_str(buf, kit_cert_pem(f->b));
  kit_buf_str(buf, kit_cert_pem(f->b2));
}

/* Anchors with the subject of this certificate. */
static size_t found(const fixture *f, const kit_cert *cert) {
  size_t n = 0, len;
  gnutls_datum_t subject, der = {(unsigned char *)(uintptr_t)kit_cert_der(cert, &len), 0};
  gnutls_x509_crt_t crt;
  der.size = (unsigned)len;
  assert_int_equal(gnutls_x509_crt_init(&crt), 0);
  assert_int_equal(gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER), 0);
  assert_int_equal(gnutls_x509_crt_get_raw_dn(crt, &subject), 0);
  const mr__anchor *a = mr__trust_find(f->trust, subject.data, subject.size);
  for (; a; a = a->next)
    n++;
  gnutls_free(subject.data);
  gnutls_x509_crt_deinit(crt);
  return n;
}

static void test_bundle(void **state) {
  fixture *f = *state;
  kit_buf buf = {0};
  bundle(&buf, f);
  assert_int_equal(add(f, buf.data), MR_OK);
  assert_int_equal(mr_trust_count(f->trust), 3);
  assert_int_equal(found(f, f->a), 1);
  assert_int_equal(found(f, f->b), 2);
  kit_cert *c = kit_cert_root("Root C");
  assert_int_equal(found(f, c), 0);
  kit_cert_free(c);
  assert_int_equal(add(f, buf.data), MR_OK); /* again: kept once */
  assert_int_equal(mr_trust_count(f->trust), 3);
  kit_buf_free(&buf);
}

static void test_nothing_usable(void **state) {
  fixture *f = *state;
  static const char *const texts[] = {
      "",
      "hello",
      "-----BEGIN CERTIFICATE-----",
      "-----END CERTIFICATE-----",
      "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
      "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
      "-----------------------------------------------------------",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    assert_int_equal(add(f, texts[i]), MR_ERR_CERT);
  assert_int_equal(add(f, kit_cert_key(f->a)), MR_ERR_CERT);
  assert_int_equal(mr_trust_count(f->trust), 0);
}

/* Every cut of a certificate: no overrun (exact blocks), nothing is added. */
static void test_cuts(void **state) {
  fixture *f = *state;
  const char *pem = kit_cert_pem(f->a);
  size_t len = strlen(strstr(pem, "-----END"));
  len = strlen(pem) - len + strlen("-----END CERTIFICATE-----");
  for (size_t cut = 0; cut < len; cut++) {
    void *exact = kit_exact(pem, cut);
    assert_int_equal(mr_trust_add_pem(f->trust, exact, cut), MR_ERR_CERT);
    free(exact);
  }
  assert_int_equal(mr_trust_add_pem(f->trust, pem, len), MR_OK);
}

/* fault 100, and the limit: long input without certificates is passed over in one go. */
static void test_misuse(void **state) {
  fixture *f = *state;
  size_t max = 16U * 1024 * 1024;
  char *dashes = kit_xalloc(NULL, max);
  memset(dashes, '-', max);
  assert_int_equal(mr_trust_add_pem(f->trust, NULL, 1), MR_ERR_MISUSE);
  assert_int_equal(mr_trust_add_pem(f->trust, NULL, 0), MR_ERR_CERT);
  assert_int_equal(mr_trust_add_pem(f->trust, dashes, max), MR_ERR_CERT);
  assert_int_equal(mr_trust_add_pem(f->trust, dashes, max + 1), MR_ERR_LIMIT);
  free(dashes);
}

/* In use means for good: other threads may read it. */
static void test_frozen(void **state) {
  fixture *f = *state;
  assert_int_equal(add(f, kit_cert_pem(f->a)), MR_OK);
  mr_trust *other = mr_trust_ref(f->trust);
  assert_ptr_equal(other, f->trust);
  mr_trust_free(other);
  assert_int_equal(add(f, kit_cert_pem(f->b)), MR_OK);
  mr_trust_free(mr__trust_use(f->trust));
  assert_int_equal(add(f, kit_cert_pem(f->b2)), MR_ERR_STATE);
  assert_int_equal(mr_trust_count(f->trust), 2);
  assert_null(mr__trust_use(NULL));
}

static void test_random_fails(void **state) {
  fixture *f = *state;
  mr_trust *trust = f->trust;
  f->env.random_fails = 1;
  assert_int_equal(mr_trust_new(&trust, &f->env.env), MR_ERR_RANDOM);
  assert_null(trust);
}

/* A refused call leaves what was there before it. */
static int tortured(kit_env *env, void *arg) {
  fixture *f = arg;
  mr_trust *trust = NULL;
  kit_buf buf = {0};
  int rc = mr_trust_new(&trust, &env->env), count = 0;
  if (rc == MR_OK && (rc = mr_trust_add_pem(trust, kit_cert_pem(f->b),
                                            strlen(kit_cert_pem(f->b)))) == MR_OK) {
    bundle(&buf, f);
    rc = mr_trust_add_pem(trust, buf.data, buf.len);
    count = (int)mr_trust_count(trust);
    kit_buf_free(&buf);
    if (count != (rc == MR_OK ? 3 : 1))
      rc = MR_ERR_INTERNAL;
  }
  mr_trust_free(trust);
  return rc == MR_OK || (env->failed && rc == MR_ERR_NOMEM) ? 0 : 1;
}

/* fault 98, fault 99 */
static void test_torture(void **state) {
  assert_true(kit_torture(tortured, *state, 200) > 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_bundle, setup, teardown),
      cmocka_unit_test_setup_teardown(test_nothing_usable, setup, teardown),
      cmocka_unit_test_setup_teardown(test_cuts, setup, teardown),
      cmocka_unit_test_setup_teardown(test_misuse, setup, teardown),
      cmocka_unit_test_setup_teardown(test_frozen, setup, teardown),
      cmocka_unit_test_setup_teardown(test_random_fails, setup, teardown),
      cmocka_unit_test_setup_teardown(test_torture, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
